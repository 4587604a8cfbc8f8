"""Figures that a claim asks for, as data: which numbers of which cases to draw.

The points of a curve are the cases of a check. A coordinate is named: a parameter of the case, one of its
stored notes (a number, or a list that gives the case several points), or ``measured`` or ``bound``, which are
the stored intervals of the comparison that the case's verdict rests on. The rungs of a rate are ``x``,
``estimate`` (drawn with its band), ``at least`` and ``at most``. A list of notes called ``calls``, say, is
drawn with the band from ``calls at least`` to ``calls at most`` if there are notes of these names. Reports
draw figures from the store.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.brief import brief

STYLES = ("line", "points", "dashed")


@brief
@dataclass(frozen=True, kw_only=True)
class Curve:
    """One curve, or one per value of the parameter `by`.

    Parameters
    ----------
    label
        For the legend; with `by`, the value is appended.
    check
        The check whose cases are the points.
    x, y
        Names of the coordinates. ``measured`` is drawn with its interval.
    style
        ``"line"``, ``"dashed"`` or ``"points"``.
    by
        A parameter: one curve for each of its values.
    only
        Parameters and the values that cases must have to be points.
    """

    label: str
    check: str
    x: str
    y: str
    style: str = "line"
    by: str | None = None
    only: Mapping[str, int | float | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.style not in STYLES:
            raise InvalidClaim(f"style must be one of {', '.join(STYLES)}, got style={self.style!r}")


@brief
@dataclass(frozen=True, kw_only=True)
class Figure:
    """Curves over shared axes; `caption` says what to see in them.

    `crossings` are pairs of curves, by their labels: a vertical line is drawn wherever one passes the other
    between two places that both have a point at, and its place, and where else it may be by the intervals of
    the points, is shaded and written in the legend.
    """

    slug: str
    title: str
    x_label: str
    y_label: str
    curves: tuple[Curve, ...]
    caption: str = ""
    x_log: bool = False
    y_log: bool = False
    crossings: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        known = [curve.label for curve in self.curves]
        for pair in self.crossings:
            if len(pair) != 2 or not set(pair) <= set(known):
                raise InvalidClaim(f"crossings must be pairs of the curves {known}, got {pair!r}")
