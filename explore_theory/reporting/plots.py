"""A figure of a claim in characters, for a terminal: the same series that the report draws.

Each series has a letter, which stands where its points are; a line between them is dots, an interval a bar. A
cell that belongs to several series has a ``#``. What the axes cannot show is counted below.
"""

import itertools
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from string import ascii_letters
from typing import Any

from matplotlib.ticker import MaxNLocator

from explore_theory.harness.judging.outcomes import Result
from explore_theory.reporting.figures import Series, series

#: Columns with which there is room for a plot, and beyond which it gets no wider.
NARROWEST, WIDEST = 40, 80
_ROWS = 15
_LARGE, _LARGEST = 1e300, sys.float_info.max
#: What stands in more than one series.
_SEVERAL = "#"


@dataclass(frozen=True, kw_only=True)
class Signs:
    """The characters of a plot: a line between points, an interval, the axes and their corner."""

    line: str = "·"
    interval: str = "│"
    up: str = "│"
    across: str = "─"
    corner: str = "└"
    tick: str = "┤"
    below: str = "┴"


UNICODE = Signs()
ASCII = Signs(line=".", interval="|", up="|", across="-", corner="+", tick="+", below="+")


@dataclass(frozen=True, kw_only=True)
class Axis:
    """From `low` to `high` over `cells` cells, logarithmic or not."""

    low: float
    high: float
    cells: int
    log: bool

    def cell(self, value: float) -> int:
        """The cell of a value between the ends."""
        low, high, here = (_place(one, log=self.log) for one in (self.low, self.high, value))
        return round((here - low) / (high - low) * (self.cells - 1))

    def shows(self, value: float) -> bool:
        """Whether it has a place at all."""
        return _shown(value, log=self.log)

    def ticks(self, number: int) -> list[float]:
        """About so many round numbers between the ends: powers of ten where there are two at least."""
        found: list[float] = []
        if self.log:
            first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
            stride = max(1, -(-(last - first) // number))
            found = [float(f"1e{power}") for power in range(first, last + 1) if power % stride == 0]
        if len(found) < 2:
            # Of the largest doubles the locator would overflow.
            scale = 1e-30 if max(abs(self.low), abs(self.high)) > _LARGE else 1.0
            locator = MaxNLocator(nbins=number, steps=[1, 2, 5, 10])
            found = [float(tick) / scale for tick in locator.tick_values(self.low * scale, self.high * scale)]
        return [tick for tick in found if self.low <= tick <= self.high and self.shows(tick)]


def plot(
    figure: Mapping[str, Any], result: Result, *, width: int = WIDEST, signs: Signs = UNICODE
) -> list[str] | None:
    """`figure` of a claim's record in lines of at most `width` characters; labels, as they are, come last.

    None if there are no points of it, or fewer than `NARROWEST` columns.
    """
    drawn = [one for curve in figure["curves"] for one in series(curve, result)]
    width = min(width, WIDEST)
    flat = [point for one in drawn for point in _points(one)]
    kept = [p for p in flat if _shown(p[0], log=figure["x_log"]) and _shown(p[1], log=figure["y_log"])]
    if not kept or width < NARROWEST:
        return None
    across = _axis([x for x, *_ in kept], width, log=figure["x_log"])
    ends = [end for _, *ends in kept for end in ends if _shown(end, log=figure["y_log"])]
    up = _axis(ends, _ROWS, log=figure["y_log"])
    labels = {up.cell(tick): _number(tick) for tick in up.ticks(4)}
    gutter = max(map(len, labels.values()), default=0) + 1
    across = Axis(low=across.low, high=across.high, cells=width - gutter - 1, log=across.log)
    canvas = _Canvas(across=across, up=up)
    for letter, one in zip(itertools.cycle(ascii_letters), drawn, strict=False):
        canvas.draw(one, letter, signs)
    lines = [figure["y_label"]] if figure["y_label"] else []
    for row in reversed(range(_ROWS)):
        edge = signs.tick if row in labels else signs.up
        lines.append(f"{labels.get(row, ''):>{gutter}}{edge}{canvas.row(row)}".rstrip())
    marks, numbers = _below(across, signs)
    lines.append(" " * gutter + signs.corner + marks)
    lines.append(" " * (gutter + 1) + numbers)
    if figure["x_label"]:
        lines.append(f"{figure['x_label']:>{width}}")
    for letter, one in zip(itertools.cycle(ascii_letters), drawn, strict=False):
        lines.append(f"{letter}  {one.label or one.style}{_told(one)}")
    if canvas.shared:
        lines.append(f"{_SEVERAL}  several of these")
    if left := len(flat) - len(kept):
        lines.append(f"not shown: {left} point{'s' * (left != 1)} without a place on these axes")
    return lines


def places(figure: Mapping[str, Any], result: Result) -> int:
    """How many places along the horizontal axis have points: with one alone there is little to see."""
    return len({x for curve in figure["curves"] for one in series(curve, result) for x in one.x})


@dataclass(kw_only=True)
class _Canvas:
    """Cells and the series that they belong to; a letter goes over bars and dots."""

    across: Axis
    up: Axis
    cells: dict[tuple[int, int], tuple[int, str, str]] = field(default_factory=dict)

    @property
    def shared(self) -> bool:
        """Whether some cell belongs to several series."""
        return any(sign == _SEVERAL for _, _, sign in self.cells.values())

    def draw(self, one: Series, letter: str, signs: Signs) -> None:
        """Put the points, intervals and lines of one series."""
        points = [point for point in _points(one) if self.across.shows(point[0]) and self.up.shows(point[1])]
        for x, y, lo, hi in points:
            self._put(self.across.cell(x), self.up.cell(y), 2, letter, letter)
            if lo < hi:
                first, last = self._row(lo, 0), self._row(hi, _ROWS - 1)
                for row in range(first, last + 1):
                    self._put(self.across.cell(x), row, 1, letter, signs.interval)
        if one.style != "points":
            for column, row in _between([(self.across.cell(x), self.up.cell(y)) for x, y, *_ in points]):
                self._put(column, row, 0, letter, signs.line)

    def row(self, row: int) -> str:
        """One line of the canvas."""
        return "".join(self.cells.get((at, row), (0, "", " "))[2] for at in range(self.across.cells))

    def _row(self, end: float, edge: int) -> int:
        """The row of the end of an interval; the edge that it lies beyond where it has no place."""
        return self.up.cell(end) if self.up.shows(end) else edge

    def _put(self, column: int, row: int, rank: int, letter: str, sign: str) -> None:
        before, owner, _ = self.cells.get((column, row), (-1, letter, " "))
        if owner != letter and rank == before == 2:
            sign = _SEVERAL
        if rank > before or sign == _SEVERAL:
            self.cells[column, row] = rank, letter, sign


def _between(places: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The cells on the way from each place to the next."""
    for (left, low), (right, high) in itertools.pairwise(places):
        steps = max(abs(right - left), abs(high - low))
        for step in range(1, steps):
            yield left + round(step * (right - left) / steps), low + round(step * (high - low) / steps)


def _points(one: Series) -> Iterator[tuple[float, float, float, float]]:
    yield from zip(one.x, one.y, one.lo, one.hi, strict=True)


def _shown(value: float, *, log: bool) -> bool:
    return math.isfinite(value) and (value > 0 or not log)


def _axis(values: Sequence[float], cells: int, *, log: bool) -> Axis:
    """An axis over all `values`; around a single one where they are all the same."""
    low, high = min(values), max(values)
    if _place(low, log=log) == _place(high, log=log):
        about = abs(high) / 2 or 1.0
        low, high = (low / 2, high * 2) if log else (low - about, high + about)
        low, high = max(low, sys.float_info.min if log else -_LARGEST), min(high, _LARGEST)
    return Axis(low=low, high=high, cells=cells, log=log)


def _place(value: float, *, log: bool) -> float:
    # Halved, so that no difference of two doubles overflows.
    return math.log(value) if log else value / 2


def _below(axis: Axis, signs: Signs) -> tuple[str, str]:
    """The horizontal axis with its ticks, and their numbers below it, none over another."""
    marks, numbers = [signs.across] * axis.cells, ""
    for tick in axis.ticks(max(2, axis.cells // 14)):
        at, said = axis.cell(tick), _number(tick)
        start = max(0, min(at - len(said) // 2, axis.cells - len(said)))
        if not numbers or start > len(numbers):
            marks[at] = signs.below
            numbers = f"{numbers:<{start}}{said}"
    return "".join(marks), numbers


def _number(value: float) -> str:
    """``1000``, ``1e4``, ``2.5e-7``: the shorter of two ways to write it, to six digits."""
    forms = (f"{value:.6g}", f"{value:.0e}")
    said, short = (form.replace("e+0", "e").replace("e-0", "e-").replace("e+", "e") for form in forms)
    return short if len(short) < len(said) - 1 and float(short) == float(said) else said


def _told(one: Series) -> str:
    """What of a series is more than points."""
    ends = any(lo < hi for lo, hi in zip(one.lo, one.hi, strict=True))
    return " (with intervals)" if ends else ""
