"""Drawing the figures that claims ask for, from stored cases, as SVG text."""

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas
from matplotlib.transforms import ScaledTranslation

from explore_theory.errors import StoreError
from explore_theory.harness.judging.outcomes import CaseResult, Result
from explore_theory.harness.measures.columns import as_float
from explore_theory.reporting import text
from explore_theory.reporting.axes import fit, plain_powers
from explore_theory.reporting.symbols import plain_signs

#: Okabe and Ito's colours, told apart by most readers with a colour vision deficiency.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
MARKERS = "osD^v<>"
_FULLEST = "full"
#: How many names a caption spells out.
_NAMED = 6
_SLUG = re.compile(r"[a-z]{2,}(?:-[a-z]+)+")

STYLE = {
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "svg.hashsalt": "explore-theory",
}


@dataclass(frozen=True, kw_only=True)
class Series:
    """What is drawn under one label: points in order of `x`, `lo` to `hi` the interval of each `y`."""

    label: str
    style: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    lo: tuple[float, ...]
    hi: tuple[float, ...]


def series(curve: Mapping[str, Any], result: Result) -> list[Series]:
    """The series of one declared curve; a case without one of the coordinates has no point."""
    groups: dict[str, list[tuple[float, float, float, float]]] = {}
    for case in _cases_of(curve, result):
        label = _label(curve, case.params)
        groups.setdefault(label, []).extend(_points(case, curve["x"], curve["y"]))
    found = []
    for label, points in groups.items():
        if points:
            x, y, lo, hi = zip(*sorted(points), strict=True)
            found.append(Series(label=label, style=curve["style"], x=x, y=y, lo=lo, hi=hi))
    return found


def _cases_of(curve: Mapping[str, Any], result: Result) -> list[CaseResult]:
    """The cases that `curve` is drawn through."""
    return [
        case
        for case in result.cases
        if case.check == curve["check"]
        and all(case.params.get(name) == value for name, value in curve["only"].items())
    ]


def undrawn(figure: Mapping[str, Any], result: Result) -> str:
    """What `figure` declares and `result` has no point of, in a sentence: a caption cannot know it.

    Curves by their labels, and of those that are drawn the cases that only the full tier runs.
    """
    curves: dict[str, None] = {}
    cases: dict[str, None] = {}
    for curve in figure["curves"]:
        drawn = {
            _label(curve, case.params)
            for case in _cases_of(curve, result)
            if any(True for _ in _points(case, curve["x"], curve["y"]))
        }
        (check,) = [check for check in result.record["checks"] if check["slug"] == curve["check"]]
        for case in check["cases"]:
            right = all(case["params"].get(name) == value for name, value in curve["only"].items())
            # What only the quick tier runs is there for want of time.
            if not right or _FULLEST not in case["rows"]:
                continue
            if (label := _label(curve, case["params"])) not in drawn:
                curves[label or curve["check"]] = None
            elif result.tier not in case["rows"]:
                cases[case["slug"]] = None
    parts = [f"the {one}" for one in (_named("curve", curves), _named("case", cases)) if one]
    return f"At the {result.tier} tier there are no points of {' nor of '.join(parts)}." if parts else ""


def _named(what: str, names: Mapping[str, None]) -> str:
    first = ", ".join(list(names)[:_NAMED])
    if len(names) > _NAMED:
        return f"{len(names)} {what}s {first}, .."
    return f"{what}{'s' * (len(names) > 1)} {first}" if names else ""


def _label(curve: Mapping[str, Any], params: Mapping[str, Any]) -> str:
    """The label of the series that a case with `params` belongs to."""
    value = params.get(curve["by"]) if curve["by"] else None
    if value is None:
        return str(curve["label"])
    # A name of code is words in a legend.
    words = text.value(value)
    return f"{curve['label']} {words.replace('-', ' ') if _SLUG.fullmatch(words) else words}".strip()


def draw(figure: Mapping[str, Any], result: Result) -> str | None:
    """`figure` of a claim's record as SVG text; None if the store has no points for it yet.

    Raises
    ------
    StoreError
        If a label holds mathematics that does not parse, or no point has a place on the axes.
    """
    drawn = [s for curve in figure["curves"] for s in series(curve, result)]
    if not drawn:
        return None
    try:
        return svg(figure, drawn)
    except ValueError as error:
        reason = str(error).strip().splitlines()[-1]
        raise StoreError(f"figure {figure['slug']!r} of {result.id} cannot be drawn: {reason}") from None


def svg(figure: Mapping[str, Any], drawn: list[Series]) -> str:
    """The series `drawn` with the scales, labels and crossings of `figure`, as SVG text.

    Raises
    ------
    ValueError
        If a label holds mathematics that does not parse, or no point has a place on the axes.
    """
    with mpl.rc_context(STYLE):
        canvas = Canvas(figsize=(7.4, 3.8))
        axes = canvas.add_axes((0.1, 0.14, 0.65, 0.83))
        out = StringIO()
        paint(axes, figure, drawn)
        axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
        fit(canvas, axes)
        FigureCanvasSVG(canvas).print_svg(out, metadata={"Date": None, "Creator": None})
    drawing = out.getvalue()
    return drawing[drawing.index("<svg") :]


def paint(axes: Any, figure: Mapping[str, Any], drawn: list[Series]) -> None:
    """The series `drawn` on `axes`, with the scales, labels and crossings of `figure`; no legend yet.

    Raises
    ------
    ValueError
        If none of the points has a place on the axes.
    """
    if not any(here for one in drawn for here in _placed(one, figure)):
        raise ValueError("none of its points has a place on its axes")
    points = [one for one in drawn if one.style == "points"]
    for number, one in enumerate(drawn):
        # Points at one place are set side by side, so that every interval can be read.
        shift = 5.0 * (points.index(one) - (len(points) - 1) / 2) if one in points else 0.0
        _draw_series(axes, one, number, shift, _placed(one, figure))
    axes.set_xlabel(plain_signs(figure["x_label"]))
    axes.set_ylabel(plain_signs(figure["y_label"]))
    if figure["x_log"]:
        axes.set_xscale("log")
        plain_powers(axes.xaxis)
    if figure["y_log"]:
        axes.set_yscale("log")
        plain_powers(axes.yaxis)
    for pair in figure.get("crossings", ()):
        for place, low, high in _crossings(pair, figure, drawn):
            label = f"{' = '.join(pair)} at {place:.3g}, in [{low:g}, {high:g}]"
            axes.axvline(place, color="0.35", lw=1.0, ls=":", label=label)
            axes.axvspan(low, high, color="0.35", alpha=0.07, lw=0)


def _crossings(
    pair: Sequence[str], figure: Mapping[str, Any], drawn: list[Series]
) -> list[tuple[float, float, float]]:
    """Where two curves pass each other, along straight lines as the axes show them, and between which places.

    The places are the nearest at which their intervals lie apart, or the ends.
    """
    found = [one for label in pair for one in drawn if one.label == label]
    if len(found) != 2:
        return []
    first, second = (
        {x: ends for x, *ends in zip(one.x, one.y, one.lo, one.hi, strict=True)} for one in found
    )
    places = sorted(first.keys() & second.keys())
    if figure["y_log"]:
        places = [x for x in places if min(first[x][0], second[x][0]) > 0]

    def apart(x: float) -> int:
        """1 where the first curve lies above for certain, -1 where below, else 0."""
        return int(first[x][1] > second[x][2]) - int(first[x][2] < second[x][1])

    def gap(x: float) -> float:
        one, two = first[x][0], second[x][0]
        return math.log(one / two) if figure["y_log"] else one - two

    crossed = []
    for left, right in itertools.pairwise(places):
        before, after = gap(left), gap(right)
        if before * after < 0 or (before == 0 and after != 0):
            ends = (math.log(left), math.log(right)) if figure["x_log"] else (left, right)
            place = ends[0] + (ends[1] - ends[0]) * before / (before - after)
            side = 1 if after < 0 else -1
            certain = [x for x in places if x <= left and apart(x) == side] or places[:1]
            later = [x for x in places if x >= right and apart(x) == -side] or places[-1:]
            crossed.append((math.exp(place) if figure["x_log"] else place, certain[-1], later[0]))
    return crossed


def _draw_series(axes: Any, one: Series, number: int, shift: float, placed: Sequence[bool]) -> None:
    """One series, of a line those points that are `placed`; points moved by `shift` printer's points."""
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
            label=plain_signs(one.label),
            transform=axes.transData + ScaledTranslation(shift / 72, 0, axes.figure.dpi_scale_trans),
        )
        # What is drawn in shifted coordinates does not count for the limits by itself.
        axes.update_datalim([*zip(one.x, one.lo, strict=True), *zip(one.x, one.hi, strict=True)])
        axes.autoscale_view()
        return
    alone = _alone(one, placed)
    axes.plot(
        one.x,
        [y if here else math.nan for y, here in zip(one.y, placed, strict=True)],
        color=colour,
        marker="_" if alone else None,
        markersize=7.0,
        markevery=alone or None,
        lw=1.6,
        ls="--" if one.style == "dashed" else "-",
        label=plain_signs(one.label),
    )
    if one.lo != one.hi:
        axes.fill_between(one.x, one.lo, one.hi, color=colour, alpha=0.18, lw=0)


def _placed(one: Series, figure: Mapping[str, Any]) -> list[bool]:
    """For each point whether the axes of `figure` have a place for it."""
    return [
        math.isfinite(x)
        and math.isfinite(y)
        and (x > 0 or not figure["x_log"])
        and (y > 0 or not figure["y_log"])
        for x, y in zip(one.x, one.y, strict=True)
    ]


def _alone(one: Series, placed: Sequence[bool]) -> list[int]:
    """Which points have no neighbour elsewhere that a line could lead to: it has no length to be seen by."""
    points = [*zip(one.x, one.y, strict=True)]
    around = [None, *(point if here else None for point, here in zip(points, placed, strict=True)), None]
    return [
        k
        for k, here in enumerate(placed)
        if here and around[k] in (None, points[k]) and around[k + 2] in (None, points[k])
    ]


def unplaced(figure: Mapping[str, Any], drawn: Iterable[Series]) -> str:
    """How many points of `drawn` the axes of `figure` have no place for, in a sentence."""
    places = [here for one in drawn for here in _placed(one, figure)]
    number = places.count(False)
    on = " on logarithmic axes" * bool(figure["x_log"] or figure["y_log"])
    have = "has" if number == 1 else "have"
    return f"{number} of {len(places)} points {have} no place{on}." if number else ""


def _points(case: CaseResult, x: str, y: str) -> Iterator[tuple[float, float, float, float]]:
    across, up = _values(case, x), _values(case, y)
    if len(across) == 1 and len(up) > 1:
        across = [across[0]] * len(up)
    for (place, _, _), (value, lo, hi) in zip(across, up, strict=False):
        yield place, value, lo, hi


def _values(case: CaseResult, name: str) -> list[tuple[float, float, float]]:
    """``(value, lo, hi)`` for each point that `name` gives this case."""
    if name in ("measured", "bound"):
        row = case.verdict.row
        if row is None:
            return []
        ends = (row.lo, row.hi) if name == "measured" else (row.bound_lo, row.bound_hi)
        lo, hi = as_float(ends[0]), as_float(ends[1])
        middle = 0.5 * (lo + hi)
        return [(_frequency(case, middle) if name == "measured" else middle, lo, hi)]
    notes = case.summary.notes if case.summary else {}
    found = case.params.get(name, notes.get(name))
    prefix = "" if name == "estimate" else f"{name} "
    if isinstance(found, list) and f"{prefix}at least" in notes and f"{prefix}at most" in notes:
        # A band that is open has no end to draw; infinities are stored as text.
        bands = (
            (float(value), float(lo), float(hi))
            for value, lo, hi in zip(
                found, notes[f"{prefix}at least"], notes[f"{prefix}at most"], strict=True
            )
        )
        return [(value, lo, hi if hi < math.inf else value) for value, lo, hi in bands]
    items = found if isinstance(found, list) else [] if found is None else [found]
    return [(float(item), float(item), float(item)) for item in items]


def _frequency(case: CaseResult, middle: float) -> float:
    """The observed frequency where there is one: it is not the middle of its interval."""
    counts = case.summary.counts if case.summary else None
    return counts.successes / counts.trials if counts else middle
