"""Drawing a map as SVG: boxes in layers, a line from each to what it rests on. How it looks is the page's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from explore_theory.reporting.layered import laid_out

#: Of a box, the space between layers and the edge, in units of the drawing.
_WIDTH, _HEIGHT, _BETWEEN, _EDGE = 116.0, 40.0, 40.0, 4.0
#: As wide as the page, so that letters have the same size in every map.
_PAGE = 1010.0
#: How far the slanted sides of a box reach inwards.
_SLANT = 9.0

#: The outline of a box by its shape, as corners in units of its width and height and of the slant.
_CORNERS: Mapping[str, tuple[tuple[float, float, float], ...]] = {
    "hexagon": ((0, 0.5, 0), (0, 0, 1), (1, 0, -1), (1, 0.5, 0), (1, 1, -1), (0, 1, 1)),
    "octagon": (
        (0, 0.3, 0),
        (0, 0, 1),
        (1, 0, -1),
        (1, 0.3, 0),
        (1, 0.7, 0),
        (1, 1, -1),
        (0, 1, 1),
        (0, 0.7, 0),
    ),
    "slanted": ((0, 0, 1), (1, 0, 0), (1, 1, -1), (0, 1, 0)),
    "cut": ((0, 0, 0), (1, 0, -1), (1, 0.25, 0), (1, 1, 0), (0, 1, 0)),
}
SHAPES = ("plain", "round", "double", *_CORNERS)

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Box:
    """One box of a map.

    Parameters
    ----------
    name
        What it is called, its first line.
    words
        Its second line.
    href
        The id that it leads to on the page.
    told
        All of it in a sentence, for readers who do not see the drawing.
    classes
        For the style of the page.
    shape
        One of `SHAPES`.
    """

    name: str
    words: str
    href: str
    told: str
    classes: str
    shape: str = "plain"


def drawn(
    title: str,
    boxes: Sequence[Box],
    below: Mapping[str, Sequence[str]],
    dotted: frozenset[tuple[str, str]] = frozenset(),
) -> Markup:
    """The map of `boxes`, with what is `below` each of them by name; edges in `dotted` are marked so."""
    layout = laid_out([box.name for box in boxes], below)
    across = max(_PAGE, layout.width * _WIDTH + 2 * _EDGE)
    down = layout.layers * (_HEIGHT + _BETWEEN) - _BETWEEN + 2 * _EDGE
    shift = (across - layout.width * _WIDTH) / 2

    def at(point: Point) -> Point:
        """The middle of the upper side of what is at `point`."""
        return shift + point[0] * _WIDTH, _EDGE + point[1] * (_HEIGHT + _BETWEEN)

    lines = [
        Markup('<path class="{}" d="{}"/>').format("unnamed" if edge in dotted else "", _line(points, at))
        for edge, points in layout.lines.items()
    ]
    placed = [_box(box, *at(layout.nodes[box.name])) for box in boxes]
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {:.0f} {:.0f}" role="group" '
        'aria-label="{}">\n<g class="lines" aria-hidden="true">{}</g>\n{}\n</svg>'
    ).format(across, down, title, Markup("").join(lines), Markup("\n").join(placed))


def outline(shape: str, x: float, y: float, width: float, height: float, slant: float = _SLANT) -> Markup:
    """The outline of `shape` with its upper left corner at ``(x, y)``."""
    if corners := _CORNERS.get(shape):
        points = " ".join(
            f"{x + across * width + lean * slant:.1f},{y + down * height:.1f}"
            for across, down, lean in corners
        )
        return Markup('<polygon points="{}"/>').format(points)
    rectangle = Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.0f}" height="{:.0f}" rx="{:.0f}"/>')
    around = rectangle.format(x, y, width, height, height / 2 if shape == "round" else 5)
    if shape == "double":
        return around + rectangle.format(x + 3, y + 3, width - 6, height - 6, 3)
    return around


def _line(points: Sequence[Point], at: Callable[[Point], Point]) -> str:
    """A line from the lower side of the first of `points` to the upper side of the last."""
    x, top = at(points[0])
    y = top + _HEIGHT
    path = [f"M{x:.1f} {y:.1f}"]
    for k, point in enumerate(points[1:], 1):
        across, down = at(point)
        half = (down - y) / 2
        path.append(f"C{x:.1f} {y + half:.1f} {across:.1f} {down - half:.1f} {across:.1f} {down:.1f}")
        x, y = across, down
        if k < len(points) - 1:
            # Straight past the nodes of a layer.
            y += _HEIGHT
            path.append(f"V{y:.1f}")
    return "".join(path)


def _box(box: Box, x: float, y: float) -> Markup:
    return Markup(
        '<a href="#{}" class="{}" aria-label="{}"><title>{}</title>{}'
        '<text x="{:.1f}" y="{:.1f}" class="number">{}</text><text x="{:.1f}" y="{:.1f}">{}</text></a>'
    ).format(
        box.href,
        box.classes,
        box.told,
        box.told,
        outline(box.shape, x - _WIDTH / 2, y, _WIDTH, _HEIGHT),
        x,
        y + 16,
        box.name,
        x,
        y + 32,
        box.words,
    )
