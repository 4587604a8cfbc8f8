"""The proof map of a paper: its own dependency chain, each item with the verdict of what carries it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from explore_theory.harness.claims.chain import PaperProof, used_by
from explore_theory.harness.claims.statements import PaperItem
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.layered import laid_out

#: How an item is marked: a sign, and what it means. A colour, and the frame of a node, go with each.
SIGNS = {
    "holds": ("✓", "holds as printed"),
    "form": ("≈", "an explicit form of it holds: no constants are printed"),
    "refuted": ("✗", "refuted as printed; the form that was mended holds"),
    "open": ("?", "open, undecided or not verified here"),
    "fails": ("!", "a claim that carries it is REFUTED, POWERLESS or in ERROR"),
    "taken": ("·", "quoted or assumed, nothing to verify"),
}
#: Of a node, the space between layers and the edge, in units of the drawing.
_WIDTH, _HEIGHT, _BETWEEN, _EDGE = 116.0, 40.0, 40.0, 4.0
#: As wide as the page, so that letters have the same size in every map.
_PAGE = 1010.0

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Mark:
    """How an item stands: a key of `SIGNS`, and in a few words."""

    kind: str
    words: str

    @property
    def short(self) -> str:
        """Its sign and words as they fit into a node."""
        words = self.words.replace("in part; a step refuted", "in part")
        words = words.replace("our form holds", "our form").replace("; a step refuted", ", step ✗")
        return f"{SIGNS[self.kind][0]} {words}"


@dataclass(frozen=True, kw_only=True)
class Node:
    """An item in a map: its mark, what of the map it uses, and what uses it.

    Parameters
    ----------
    item, mark
        The row of the ledger, and how it stands.
    below
        Items that are drawn and that it uses.
    assumed
        Definitions, assumptions and algorithms that it uses.
    above
        All items whose proofs use it.
    unnamed
        What of `below` and `assumed` its proof does not name.
    outside
        Whether its proof belongs to another part.
    """

    item: PaperItem
    mark: Mark
    below: tuple[str, ...]
    assumed: tuple[str, ...]
    above: tuple[str, ...]
    unnamed: tuple[str, ...]
    outside: bool

    @property
    def told(self) -> str:
        """All of it in a sentence, for readers who do not see the drawing."""
        parts = [self.mark.words]
        if self.outside:
            parts.append("proved in another part")
        else:
            parts.append(f"uses {', '.join(self.below) or 'no other result'}")
            parts += [f"with {', '.join(self.assumed)}"] if self.assumed else []
        parts += [f"used by {', '.join(self.above)}"] if self.above else []
        return f"{self.item.number}: {'; '.join(parts)}"


@dataclass(frozen=True, kw_only=True)
class Map:
    """The map of one part of the paper."""

    part: str
    nodes: tuple[Node, ...]
    svg: Markup


def anchor(number: str) -> str:
    """The id of an item's row: ``item-lemma-g-7``."""
    return "item-" + re.sub("[^a-z0-9]+", "-", number.lower()).strip("-")


def marked(item: PaperItem, said: str, statuses: Mapping[str, Status]) -> Mark:
    """The mark of an item of which the report says `said`, given the verdicts of claims by their ids."""
    found = {statuses[id] for id in item.ids if id in statuses}
    kind, words = "", ""
    if found & {Status.REFUTED, Status.POWERLESS, Status.ERROR}:
        kind, words = "fails", "its claim fails"
    elif item.stands in ("convention", "cited"):
        kind, words = "taken", item.stands
    elif item.stands == "open" or not item.ids:
        kind, words = "open", "open"
    elif found - {Status.HOLDS}:
        kind, words = "open", "undecided here"
    elif not statuses.keys() >= set(item.ids) or said == "not verified here":
        kind, words = "open", "not verified here"
    if kind:
        return Mark(kind=kind, words=words)
    words = said.replace("REFUTED", "refuted").replace("HOLDS", "holds")
    if item.stands == "no constants":
        words = words.replace(item.stands, "our form holds" + " in part" * bool(item.open))
        return Mark(kind="form", words=words)
    return Mark(kind=item.stands, words=words)


def maps(
    proofs: Sequence[PaperProof], items: Sequence[PaperItem], marks: Mapping[str, Mark]
) -> tuple[Map, ...]:
    """A map of each part that has an edge between items to verify, in the order of `proofs`."""
    rows = {item.number: item for item in items}
    mine = {proof.number: proof for proof in proofs}
    found = []
    for part in dict.fromkeys(proof.part for proof in proofs):
        inside = [proof.number for proof in proofs if proof.part == part]
        drawn = dict.fromkeys(inside)
        for number in inside:
            drawn |= dict.fromkeys(n for n in mine[number].rests_on if n in mine)
        nodes = tuple(_node(rows[n], mine[n], marks[n], mine, proofs, n not in inside) for n in drawn)
        if any(node.below for node in nodes):
            found.append(Map(part=part, nodes=nodes, svg=_draw(part, nodes)))
    return tuple(found)


def _node(
    item: PaperItem,
    proof: PaperProof,
    mark: Mark,
    mine: Mapping[str, PaperProof],
    proofs: Sequence[PaperProof],
    outside: bool,
) -> Node:
    # What is used by an item from elsewhere is drawn in the map of its own part.
    rests = () if outside else proof.rests_on
    return Node(
        item=item,
        mark=mark,
        below=tuple(number for number in rests if number in mine),
        assumed=tuple(number for number in rests if number not in mine),
        above=used_by(proofs, item.number),
        unnamed=proof.unnamed,
        outside=outside,
    )


def _draw(part: str, nodes: Sequence[Node]) -> Markup:
    layout = laid_out([n.item.number for n in nodes], {n.item.number: n.below for n in nodes})
    across = max(_PAGE, layout.width * _WIDTH + 2 * _EDGE)
    down = layout.layers * (_HEIGHT + _BETWEEN) - _BETWEEN + 2 * _EDGE
    shift = (across - layout.width * _WIDTH) / 2

    def at(point: Point) -> Point:
        """The middle of the upper side of what is at `point`."""
        return shift + point[0] * _WIDTH, _EDGE + point[1] * (_HEIGHT + _BETWEEN)

    unnamed = {(node.item.number, number) for node in nodes for number in node.unnamed}
    lines = [
        Markup('<path class="{}" d="{}"/>').format("unnamed" if edge in unnamed else "", _line(points, at))
        for edge, points in layout.lines.items()
    ]
    boxes = [_box(node, *at(layout.nodes[node.item.number])) for node in nodes]
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {:.0f} {:.0f}" role="group" '
        'aria-label="Proof map. {}">\n<g class="lines" aria-hidden="true">{}</g>\n{}\n</svg>'
    ).format(across, down, part, Markup("").join(lines), Markup("\n").join(boxes))


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


def _box(node: Node, x: float, y: float) -> Markup:
    mark = node.mark
    return Markup(
        '<a href="#{}" class="{}{}" aria-label="{}"><title>{}</title>'
        '<rect x="{:.1f}" y="{:.1f}" width="{:.0f}" height="{:.0f}" rx="5"/>'
        '<text x="{:.1f}" y="{:.1f}" class="number">{}</text><text x="{:.1f}" y="{:.1f}">{}</text></a>'
    ).format(
        anchor(node.item.number),
        mark.kind,
        " outside" * node.outside,
        node.told,
        node.told,
        x - _WIDTH / 2,
        y,
        _WIDTH,
        _HEIGHT,
        x,
        y + 16,
        node.item.number,
        x,
        y + 32,
        mark.short,
    )
