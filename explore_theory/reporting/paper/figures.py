"""The figures that claims declare, for print: at the width of a column, without titles."""

from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas
from matplotlib.legend import Legend

from explore_theory.harness.judging.outcomes import Result
from explore_theory.reporting.figures import STYLE, Series, paint, series

#: Inches.
WIDTHS = {"single": 3.25, "double": 6.75}
#: Inches from the lowest to the highest point of the axes.
_HEIGHTS = {"single": 1.9, "double": 2.7}

#: Dots to the inch in which sizes are measured: at a printer's 72 letters are rounded to whole dots.
_DOTS = 288.0

#: Letters stay letters, of a font that lies in the file; points are a printer's.
_PRINT = STYLE | {
    "font.size": 8.0,
    "axes.labelsize": 8.0,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "legend.fontsize": 7.0,
    "axes.linewidth": 0.6,
    "grid.linewidth": 0.4,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "figure.dpi": _DOTS,
    "axes.labelpad": 2.0,
    "legend.handlelength": 1.8,
    "legend.columnspacing": 1.2,
    "legend.borderpad": 0.0,
    "legend.borderaxespad": 0.0,
}
#: Dots around what is drawn, and between the axes with all that hangs on them and the legend.
_MARGIN, _GAP = 8.0, 16.0
_MOST_COLUMNS = 4


def printed(figure: Mapping[str, Any], result: Result) -> Iterator[tuple[str, bytes]]:
    """`figure` of a claim's record at every width: ``("single.pdf", ..)``; nothing without points.

    The same result gives the same bytes.

    Raises
    ------
    ValueError
        If a label holds mathematics that does not parse, or no point has a place on the axes.
    """
    drawn = [one for curve in figure["curves"] for one in series(curve, result)]
    if not drawn:
        return
    for name, width in WIDTHS.items():
        with mpl.rc_context(_PRINT):
            canvas = _composed(figure, drawn, width, _HEIGHTS[name])
            for ending, write in _WRITERS.items():
                out = BytesIO()
                write(canvas, out)
                yield f"{name}.{ending}", out.getvalue()


def _svg(canvas: Canvas, out: BytesIO) -> None:
    FigureCanvasSVG(canvas).print_svg(out, metadata={"Date": None, "Creator": None})


def _pdf(canvas: Canvas, out: BytesIO) -> None:
    FigureCanvasPdf(canvas).print_pdf(out, metadata={"CreationDate": None, "Creator": None, "Producer": None})


_WRITERS: dict[str, Callable[[Canvas, BytesIO], None]] = {"svg": _svg, "pdf": _pdf}


def _composed(figure: Mapping[str, Any], drawn: list[Series], width: float, height: float) -> Canvas:
    """The axes over their legend, both inside a canvas as high as they need."""
    canvas = Canvas(figsize=(width, 2 * height))
    axes = canvas.add_axes((0.2, 0.4, 0.7, height / (2 * height)))
    paint(axes, figure, drawn)
    renderer = FigureCanvasAgg(canvas).get_renderer()
    legend = _legend(canvas, axes, renderer)
    size = mpl.rcParams["axes.labelsize"]
    axes.set_xlabel(_folded(figure["x_label"], 0.8 * width * _DOTS, canvas, size, renderer))
    axes.set_ylabel(_folded(figure["y_label"], 1.1 * height * _DOTS, canvas, size, renderer))
    # What hangs on the axes, and what it takes on each side; once more, since fewer ticks may fit then.
    below = legend.get_window_extent(renderer).height + _GAP
    for _ in range(2):
        inside, whole = axes.get_window_extent(renderer), axes.get_tightbbox(renderer)
        assert whole is not None
        left, right = inside.x0 - whole.x0 + _MARGIN, whole.x1 - inside.x1 + _MARGIN
        under, over = inside.y0 - whole.y0 + _MARGIN + below, whole.y1 - inside.y1 + _MARGIN
        total = under + height * _DOTS + over
        canvas.set_size_inches(width, total / _DOTS)
        wide = width * _DOTS
        axes.set_position((left / wide, under / total, (wide - left - right) / wide, height * _DOTS / total))
        legend.set_bbox_to_anchor((0.5, _MARGIN / total), canvas.transFigure)
    return canvas


def _legend(canvas: Canvas, axes: Axes, renderer: Any) -> Legend:
    """Below the axes, in as many columns as the width allows; labels that are wider than it are folded."""
    handles, labels = axes.get_legend_handles_labels()
    most = canvas.get_figwidth() * _DOTS - 4 * _MARGIN
    letters = mpl.rcParams["legend.fontsize"]
    # A handle and the space after it, in units of the size of the letters.
    handle = mpl.rcParams["legend.handlelength"] + mpl.rcParams["legend.handletextpad"]
    room = most - letters * handle * _DOTS / 72
    labels = [_folded(label, room, canvas, letters, renderer) for label in labels]
    for columns in range(min(_MOST_COLUMNS, len(labels)), 0, -1):
        legend = canvas.legend(handles, labels, loc="lower center", ncols=columns)
        if columns == 1 or legend.get_window_extent(renderer).width <= most:
            break
        legend.remove()
    return legend


def _folded(label: str, most: float, canvas: Canvas, size: float, renderer: Any) -> str:
    """`label` in lines of at most `most` dots; mathematics, ``$a + b$``, stays in one piece."""
    words: list[str] = []
    for word in label.split(" "):
        # An odd number of dollars so far: inside of mathematics.
        if words and words[-1].count("$") % 2:
            words[-1] += f" {word}"
        else:
            words.append(word)
    lines = words[:1]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if _wide(longer, canvas, size, renderer) <= most:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)


def _wide(words: str, canvas: Canvas, size: float, renderer: Any) -> float:
    """Dots that `words` take in a line."""
    artist = canvas.text(0, 0, words, fontsize=size)
    found = artist.get_window_extent(renderer).width
    artist.remove()
    return float(found)
