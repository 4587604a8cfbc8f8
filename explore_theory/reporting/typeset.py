"""Figures whose labels hold mathematics: drawn by matplotlib, which sets ``$x^2$``, as SVG text."""

from collections.abc import Sequence
from io import StringIO
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure as Canvas
from matplotlib.transforms import ScaledTranslation

from explore_theory.reporting.plot import COLOURS, Axes, Crossing, Series

MARKERS = "osD^v<>"

_STYLE = {
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "explore-theory",
}


def typeset(drawn: Sequence[Series], words: Axes, crossings: Sequence[Crossing]) -> str:
    """As `plot.plotted`, with mathematics between dollar signs.

    Raises
    ------
    ValueError
        If a label holds mathematics that does not parse.
    """
    with mpl.rc_context(_STYLE):
        canvas = Canvas(figsize=(7.4, 3.8), layout="constrained")
        axes = canvas.subplots()
        points = [one for one in drawn if one.style == "points"]
        for number, one in enumerate(drawn):
            # Points at one place are set side by side, so that every interval can be read.
            shift = 5.0 * (points.index(one) - (len(points) - 1) / 2) if one in points else 0.0
            _draw_series(axes, one, number, shift)
        axes.set_xlabel(words.x_label)
        axes.set_ylabel(words.y_label)
        if words.x_log:
            axes.set_xscale("log")
        if words.y_log:
            axes.set_yscale("log")
        for found in crossings:
            axes.axvline(found.place, color="0.35", lw=1.0, ls=":", label=found.label)
            axes.axvspan(found.low, found.high, color="0.35", alpha=0.07, lw=0)
        axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
        out = StringIO()
        canvas.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    svg = out.getvalue()
    return svg[svg.index("<svg") :]


def _draw_series(axes: Any, one: Series, number: int, shift: float) -> None:
    """One series; points moved right by `shift` printer's points."""
    colour = COLOURS[number % len(COLOURS)]
    if one.style == "points":
        # An interval may miss its middle by rounding.
        below = [max(0.0, y - lo) for y, lo in zip(one.y, one.lo, strict=True)]
        above = [max(0.0, hi - y) for y, hi in zip(one.y, one.hi, strict=True)]
        axes.errorbar(
            one.x,
            one.y,
            yerr=[below, above],
            fmt=MARKERS[number % len(MARKERS)],
            ms=4,
            capsize=2,
            lw=1,
            color=colour,
            label=one.label,
            transform=axes.transData + ScaledTranslation(shift / 72, 0, axes.figure.dpi_scale_trans),
        )
        # What is drawn in shifted coordinates does not count for the limits by itself.
        axes.update_datalim([*zip(one.x, one.lo, strict=True), *zip(one.x, one.hi, strict=True)])
        axes.autoscale_view()
        return
    axes.plot(one.x, one.y, color=colour, lw=1.6, ls="--" if one.style == "dashed" else "-", label=one.label)
    if one.lo != one.hi:
        axes.fill_between(one.x, one.lo, one.hi, color=colour, alpha=0.18, lw=0)
