"""Curves, points and intervals as SVG text, without a drawing library: a page has hundreds of figures.

What is closer than the page can show is drawn once, so a figure of a million points is no larger than one of
a few thousand, and looks the same. Lengths are printer's points.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from html import escape

import numpy as np
import numpy.typing as npt

from explore_theory.reporting.scales import Axis, Floats

#: Okabe and Ito's colours, told apart by most readers with a colour vision deficiency.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
WIDTH, HEIGHT = 532.8, 273.6
#: The least width of what is drawn in; a longer legend makes the figure wider.
LEAST = 220.0
#: Curves of more points are drawn by what they show in each of `COLUMNS` parts of a point.
DENSE, COLUMNS = 2000, 2.0
#: Width of a letter, in units of its size.
_LETTER = 0.6
_SIZE, _SMALL = 9.0, 8.0
_TOP, _BOTTOM, _SAMPLE = 8.0, 36.0, 20.0
_GRID, _INK = "#b0b0b0", "#222222"

#: Outlines of marks around their middle: round, square, on a corner, and triangles.
MARKS = (
    "m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0z",
    "m-2-2h4v4h-4z",
    "m0-2.8l2.8 2.8l-2.8 2.8l-2.8-2.8z",
    "m0-2.3l2.3 4.3h-4.6z",
    "m0 2.3l2.3-4.3h-4.6z",
    "m-2.3 0l4.3-2.3v4.6z",
    "m2.3 0l-4.3-2.3v4.6z",
)


@dataclass(frozen=True, kw_only=True)
class Series:
    """What is drawn under one label: points in order of `x`, `lo` to `hi` the interval of each `y`."""

    label: str
    style: str
    x: Sequence[float]
    y: Sequence[float]
    lo: Sequence[float]
    hi: Sequence[float]


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """A place on the horizontal axis, the interval `low` to `high` it lies in, and what it is called."""

    place: float
    low: float
    high: float
    label: str


@dataclass(frozen=True, kw_only=True)
class Axes:
    """What stands beside the axes, and which are logarithmic."""

    x_label: str
    y_label: str
    x_log: bool
    y_log: bool


def plotted(drawn: Sequence[Series], axes: Axes, crossings: Sequence[Crossing] = ()) -> str:
    """An SVG element of `drawn` over shared axes, with its legend; the same for the same content.

    Raises
    ------
    ValueError
        If the numbers cannot be shown on one axis.
    """
    labels = [label for label in (*(s.label for s in drawn), *(c.label for c in crossings)) if label]
    legend = 14 + _SAMPLE + max((_wide(label, _SMALL) for label in labels), default=0.0)
    heights = np.concatenate(
        [np.asarray(ends, dtype=np.float64) for s in drawn for ends in (s.y, s.lo, s.hi)]
    )
    across = np.concatenate([np.asarray(s.x, dtype=np.float64) for s in drawn])
    up = Axis.over(heights, log=axes.y_log, start=HEIGHT - _BOTTOM, end=_TOP)
    left = 26 + max((_wide(words, _SIZE) for _, words in up.ticks()), default=0.0)
    right = max(left + LEAST, WIDTH - legend)
    along = Axis.over(across, log=axes.x_log, start=left, end=right)
    inside = "".join(_crossing(one, along, up) for one in crossings) + _all(drawn, along, up)
    body = _frame(along, up, axes)
    name = "c" + blake2b((inside + body).encode("utf-8", "replace"), digest_size=8).hexdigest()
    frame = f'x="{left:.1f}" y="{_TOP:g}" width="{right - left:.1f}" height="{HEIGHT - _TOP - _BOTTOM:.1f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {right + legend:.1f} {HEIGHT:g}"'
        f' font-family="DejaVu Sans, Verdana, sans-serif" font-size="{_SIZE:g}" fill="{_INK}">'
        f'<clipPath id="{name}"><rect {frame}/></clipPath>'
        f'{body}<g clip-path="url(#{name})">{inside}</g>{_legend(drawn, crossings, right + 10)}</svg>'
    )


def _wide(words: str, size: float) -> float:
    return _LETTER * size * len(words)


def _frame(along: Axis, up: Axis, axes: Axes) -> str:
    """Both axes with their grid, numbers and labels."""
    left, right, low, top = along.start, along.end, up.start, up.end
    lines, marks, words = [], [], []
    for place, text in along.ticks():
        lines.append(f"M{place:.1f} {low:.1f}V{top:.1f}")
        marks.append(f"M{place:.1f} {low:.1f}v3.5")
        words.append(f'<text x="{place:.1f}" y="{low + 13:.1f}" text-anchor="middle">{escape(text)}</text>')
    for place, text in up.ticks():
        lines.append(f"M{left:.1f} {place:.1f}H{right:.1f}")
        marks.append(f"M{left:.1f} {place:.1f}h-3.5")
        words.append(f'<text x="{left - 6:.1f}" y="{place + 3:.1f}" text-anchor="end">{escape(text)}</text>')
    marks += [f"M{place:.1f} {low:.1f}v2" for place in along.minor()]
    marks += [f"M{left:.1f} {place:.1f}h-2" for place in up.minor()]
    middle = (low + top) / 2
    words.append(
        f'<text x="{(left + right) / 2:.1f}" y="{HEIGHT - 7:.1f}" text-anchor="middle">'
        f"{escape(axes.x_label)}</text>"
    )
    words.append(
        f'<text transform="translate(11 {middle:.1f}) rotate(-90)" text-anchor="middle">'
        f"{escape(axes.y_label)}</text>"
    )
    return (
        f'<path d="{"".join(lines)}" stroke="{_GRID}" stroke-width=".8" stroke-opacity=".3"/>'
        f'<path d="M{left:.1f} {top:.1f}V{low:.1f}H{right:.1f}{"".join(marks)}" stroke="{_INK}"'
        f' stroke-width=".8" fill="none"/>{"".join(words)}'
    )


def _all(drawn: Sequence[Series], along: Axis, up: Axis) -> str:
    """Bands below curves below points."""
    bands, lines, marks = [], [], []
    side_by_side = [one for one in drawn if one.style == "points"]
    for number, one in enumerate(drawn):
        x, y, lo, hi = along.at(one.x), *(up.at(ends) for ends in (one.y, one.lo, one.hi))
        finite = np.isfinite(np.asarray(one.x, dtype=np.float64) + np.asarray(one.y, dtype=np.float64))
        colour = COLOURS[number % len(COLOURS)]
        if one.style == "points":
            # Points at one place are set side by side, so that every interval can be read.
            place = next(k for k, other in enumerate(side_by_side) if other is one)
            shift = 5.0 * (place - (len(side_by_side) - 1) / 2)
            x, y, lo, hi = (ends[finite] for ends in (x + shift, y, lo, hi))
            marks.append(_points(x, y, lo, hi, number, colour))
            continue
        if tuple(one.lo) != tuple(one.hi):
            bands += [_band(x[run], lo[run], hi[run], colour) for run in _runs(finite)]
        lines += [_line(x[run], y[run], colour, one.style) for run in _runs(finite)]
    return "".join([*bands, *lines, *marks])


def _runs(finite: npt.NDArray[np.bool_]) -> list[slice]:
    """Where points follow each other without a gap."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], finite, [False]]).astype(np.int8)))
    return [slice(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2], strict=True)]


def _columns(x: Floats) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """First and last place of the points in each column of the page, for `x` in order."""
    column = np.floor(COLUMNS * x)
    first = np.flatnonzero(np.concatenate([[True], column[1:] != column[:-1]]))
    return first, np.concatenate([first[1:], [x.size]]) - 1


def _line(x: Floats, y: Floats, colour: str, style: str) -> str:
    """A polyline; of a dense one the first, lowest, highest and last point of each column."""
    if x.size > DENSE:
        first, last = _columns(x)
        lowest, highest = (reduce.reduceat(y, first) for reduce in (np.minimum, np.maximum))
        x = np.repeat(x[first], 4)
        y = np.stack([y[first], lowest, highest, y[last]], axis=1).ravel()
    dashes = ' stroke-dasharray="5.9 2.6"' if style == "dashed" else ""
    return f'<path d="{_path(x, y)}" fill="none" stroke="{colour}" stroke-width="1.6"{dashes}/>'


def _band(x: Floats, lo: Floats, hi: Floats, colour: str) -> str:
    """From `lo` to `hi`, the widest in each column of a dense one."""
    if x.size > DENSE:
        first, _ = _columns(x)
        # Places are counted downwards.
        lo, hi, x = np.maximum.reduceat(lo, first), np.minimum.reduceat(hi, first), x[first]
    outline = _path(np.concatenate([x, x[::-1]]), np.concatenate([lo, hi[::-1]]))
    return f'<path d="{outline}z" fill="{colour}" fill-opacity=".18"/>'


def _points(x: Floats, y: Floats, lo: Floats, hi: Floats, number: int, colour: str) -> str:
    """Marks with their intervals; of a dense set those that differ on the page."""
    # An interval may miss its middle by rounding.
    lo, hi = np.maximum(lo, y), np.minimum(hi, y)
    if x.size > DENSE:
        cells = np.floor(COLUMNS * np.stack([x, y], axis=1))
        _, first, which = np.unique(cells, axis=0, return_index=True, return_inverse=True)
        low, high = lo[first], hi[first]
        np.maximum.at(low, which.ravel(), lo)
        np.minimum.at(high, which.ravel(), hi)
        x, y, lo, hi = x[first], y[first], low, high
    bars = "".join(
        f"M{a:.1f} {b:.1f}V{c:.1f}M{a - 2:.1f} {b:.1f}h4M{a - 2:.1f} {c:.1f}h4"
        for a, b, c in zip(x.tolist(), lo.tolist(), hi.tolist(), strict=True)
    )
    outline = MARKS[number % len(MARKS)]
    marks = "".join(f"M{a:.1f} {b:.1f}{outline}" for a, b in zip(x.tolist(), y.tolist(), strict=True))
    return f'<path d="{bars}" stroke="{colour}" fill="none"/><path d="{marks}" fill="{colour}"/>'


def _path(x: Floats, y: Floats) -> str:
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True))


def _crossing(one: Crossing, along: Axis, up: Axis) -> str:
    place, low, high = along.at([one.place, one.low, one.high]).tolist()
    return (
        f'<rect x="{low:.1f}" y="{up.end:.1f}" width="{high - low:.1f}" height="{up.start - up.end:.1f}"'
        f' fill="#595959" fill-opacity=".07"/>'
        f'<path d="M{place:.1f} {up.start:.1f}V{up.end:.1f}" stroke="#595959" stroke-dasharray="1 1.7"/>'
    )


def _legend(drawn: Sequence[Series], crossings: Sequence[Crossing], left: float) -> str:
    """A sample and a label for everything that has one, in the middle of the right side."""
    entries = []
    for number, one in enumerate(drawn):
        colour = COLOURS[number % len(COLOURS)]
        if one.style == "points":
            sample = f'<path d="M{_SAMPLE / 2:g} 0{MARKS[number % len(MARKS)]}" fill="{colour}"/>'
        else:
            dashes = ' stroke-dasharray="5.9 2.6"' if one.style == "dashed" else ""
            sample = f'<path d="M0 0H{_SAMPLE:g}" stroke="{colour}" stroke-width="1.6"{dashes}/>'
        entries.append((sample, one.label))
    sample = f'<path d="M0 0H{_SAMPLE:g}" stroke="#595959" stroke-dasharray="1 1.7"/>'
    entries += [(sample, one.label) for one in crossings]
    named = [(sample, label) for sample, label in entries if label]
    top = (_TOP + HEIGHT - _BOTTOM) / 2 - 6.5 * (len(named) - 1)
    return (
        f'<g font-size="{_SMALL:g}">'
        + "".join(
            f'<g transform="translate({left:.1f} {top + 13 * k:.1f})">{sample}'
            f'<text x="{_SAMPLE + 4:g}" y="2.8">{escape(label)}</text></g>'
            for k, (sample, label) in enumerate(named)
        )
        + "</g>"
    )
