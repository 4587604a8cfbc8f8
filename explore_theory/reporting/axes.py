"""Axes of figures: powers of ten as text, and all that hangs on the axes inside the canvas."""

import re

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import LogFormatterSciNotation

#: Free space around what is drawn, in units of the canvas, 72 to the inch.
_MARGIN = 4.0


def plain_powers(axis: Axis) -> None:
    """Label a logarithmic `axis` without mathematics to typeset."""
    axis.set_major_formatter(_PlainPowers())
    axis.set_minor_formatter(_PlainPowers())


class _PlainPowers(LogFormatterSciNotation):
    """Powers as plain text, ``2×10³``: typesetting each takes longer than drawing all the rest."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        said = super().__call__(x, pos)
        found = _POWER.fullmatch(said)
        if not found:
            return said
        return found["times"].replace(r"\times", "×") + found["base"] + found["power"].translate(_RAISED)


_POWER = re.compile(
    r"\$\\mathdefault\{(?P<times>(?:[\d.]+\\times)?)(?P<base>\d+)\^\{(?P<power>[-−\d]+)\}\}\$"
)
_RAISED = str.maketrans("-−0123456789", "⁻⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def fit(canvas: Canvas, axes: Axes) -> None:
    """Set the axes into the canvas so that what hangs on them, the legend too, just finds its place.

    One look at the sizes, where Matplotlib's layouts take several, and draw twice.
    """
    inside = axes.get_window_extent()
    whole = axes.get_tightbbox(FigureCanvasAgg(canvas).get_renderer())
    if whole is None:
        return
    size = canvas.bbox
    left = inside.x0 - whole.x0 + _MARGIN
    below = inside.y0 - whole.y0 + _MARGIN
    width = size.width - left - (whole.x1 - inside.x1) - _MARGIN
    height = size.height - below - (whole.y1 - inside.y1) - _MARGIN
    # A legend of long labels is cut off before the curves have no room.
    width = max(width, _LEAST * size.width)
    axes.set_position((left / size.width, below / size.height, width / size.width, height / size.height))


#: Of the canvas, what is always left to the curves.
_LEAST = 0.2
