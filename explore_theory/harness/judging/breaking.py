"""Break points: how far the bound of a case can be moved before the stored comparisons refute it.

All of it is computed from what a store holds of a case, so it costs no run. Of the comparisons of a case only
the extreme ones are stored (see `verdicts.summary`): a break point found here is one at which the case breaks
for certain, and a comparison that was not stored might break it earlier.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from explore_theory.foundation.brief import brief
from explore_theory.harness.measures.columns import Number, as_float
from explore_theory.harness.measures.measurement import Resolution
from explore_theory.harness.verdicts.summary import Summary
from explore_theory.harness.verdicts.verdict import Status, decide

#: Excesses ``factor - 1`` between which a break point is looked for, and how exactly it is found.
SMALLEST, LARGEST, FINE = 1e-12, 1e12, 1.005

#: Which way a relation is turned.
REVERSED = {"<=": ">=", ">=": "<="}
#: On which sides a measurement may lie outside its bound, as inequalities.
SIDES = {"<=": ("<=",), ">=": (">=",), "==": ("<=", ">=")}

#: A comparison: `lo` and `hi` of what was measured, then of its bound.
Ends = tuple[Number, Number, Number, Number]
#: From the ends of a bound to those of the bound that is asked about.
Move = Callable[[Number, Number], tuple[Number, Number]]


@brief
@dataclass(frozen=True, kw_only=True)
class Breaks:
    """Where a case breaks.

    Parameters
    ----------
    factor
        The smallest factor found by which the bound, moved towards what was measured, is refuted; at least
        ``1 + SMALLEST``. None where no factor does (of a bound that is not positive, say).
    shift
        The smallest amount found by which it is, in the units of the measurement; None where none does.
    reverse
        What the case says of the reversed relation; None for an equality, which has none.
    """

    factor: float | None
    shift: float | None
    reverse: Status | None


def breaks(summary: Summary, relation: str, resolution: Resolution) -> Breaks:
    """Where a case of this summary breaks (of a sample: as `resolved`)."""
    if not summary.rows:
        return Breaks(factor=None, shift=None, reverse=None)
    rows = _ends(summary)

    def by_factor(excess: float) -> bool:
        return all(
            _beyond(rows, sides, resolution, _times(scale)) for scale, sides in _scales(relation, excess)
        )

    def by_shift(amount: float) -> bool:
        return all(
            _beyond(rows, side, resolution, _plus(-Fraction(amount) if side == "<=" else Fraction(amount)))
            for side in SIDES[relation]
        )

    excess = least(by_factor)
    reverse = None
    if relation in REVERSED:
        reverse = decide(summary, REVERSED[relation], resolution, beyond=True).status
    return Breaks(factor=None if excess is None else 1 + excess, shift=least(by_shift), reverse=reverse)


def margin(summary: Summary, relation: str, resolution: Resolution) -> float | None:
    """The factor, to within `FINE`, by which a refuted case's bound can be loosened and is refuted still.

    None where the case is not refuted, or no factor loosens its bound.
    """
    found = [m for side in SIDES[relation] if (m := _margin(summary, side, resolution))]
    return max(found, default=None)


def _margin(summary: Summary, relation: str, resolution: Resolution) -> float | None:
    if decide(summary, relation, resolution, beyond=True).status is not Status.REFUTED:
        return None
    rows = _ends(summary)

    def survives(excess: float) -> bool:
        factor = 1 + Fraction(excess)
        scale = factor if relation == "<=" else 1 / factor
        return not _beyond(rows, relation, resolution, _times(scale))

    excess = least(survives)
    return None if excess is None else 1 + excess


def least(breaks_at: Callable[[float], bool]) -> float | None:
    """By bisection, a number at which ``breaks_at`` is true and just below which (by `FINE`) it is not.

    Looked for between `SMALLEST` and `LARGEST`; None if it is false at the largest.
    """
    if breaks_at(SMALLEST):
        return SMALLEST
    if not breaks_at(LARGEST):
        return None
    low, high = SMALLEST, LARGEST
    while high / low > FINE:
        middle = math.sqrt(low * high)
        if breaks_at(middle):
            high = middle
        else:
            low = middle
    return high


def exponents(
    points: Iterable[tuple[Mapping[str, object], float | None]], relation: str = "<="
) -> dict[str, tuple[float | None, float | None]]:
    """How much the exponent of each parameter could be lowered, and raised, before some case breaks.

    `points` are the parameters of the cases of one check with the factor at which each breaks. The bound at
    `x` is moved towards what was measured by ``(x/smallest)^s``, or by ``(largest/x)^s``. A bound from above
    is divided by them, so that its exponent is lowered, or raised; one from below is multiplied, so that it
    is raised, or lowered. A parameter with fewer than two positive values says nothing and is left out; None
    where no case breaks.
    """
    known = [(params, factor) for params, factor in points if factor is not None]
    found = {}
    for name in dict.fromkeys(name for params, _ in known for name in params):
        values = [
            (float(x), factor)
            for params, factor in known
            if isinstance(x := params.get(name), int | float) and x > 0
        ]
        low, high = (end(x for x, _ in values) if values else 1.0 for end in (min, max))
        if high > low:
            upwards = [math.log(factor) / math.log(x / low) for x, factor in values if x > low]
            downwards = [math.log(factor) / math.log(high / x) for x, factor in values if x < high]
            ends = (min(upwards, default=None), min(downwards, default=None))
            found[name] = ends if relation != ">=" else ends[::-1]
    return found


def _ends(summary: Summary) -> list[Ends]:
    """The stored comparisons as numbers, each once."""
    rows = {id(row): row for row in summary.rows.values()}
    return [(row.lo, row.hi, row.bound_lo, row.bound_hi) for row in rows.values()]


def _scales(relation: str, excess: float) -> list[tuple[Fraction, str]]:
    """What a bound is multiplied by to be ``1 + excess`` times tighter, and on which sides it may then fail.

    An equality is moved either way, and breaks where it fails on one side or the other both times.
    """
    factor = 1 + Fraction(excess)
    return [(1 / factor if side == "<=" else factor, relation) for side in SIDES[relation]]


def _beyond(rows: Sequence[Ends], relation: str, resolution: Resolution, move: Move) -> bool:
    """Whether `decide` would say REFUTED, beyond the resolution, with each bound changed by `move`.

    REFUTED says that the comparison furthest outside its bound lies outside, which is to say that some
    comparison does; so no verdict is made, and there are thousands of them to an audit.
    """
    for lo, hi, bound_lo, bound_hi in rows:
        low, high = move(bound_lo, bound_hi)
        if relation != ">=" and lo > high + resolution.at(high):
            return True
        if relation != "<=" and hi < low - resolution.at(low):
            return True
    return False


def _times(scale: Fraction) -> Move:
    """Both ends of a bound times `scale`: exact at fractions, a product of doubles at doubles."""
    rounded = as_float(scale)

    def move(low: Number, high: Number) -> tuple[Number, Number]:
        ends = [end * scale if isinstance(end, Fraction) else end * rounded for end in (low, high)]
        return min(ends), max(ends)

    return move


def _plus(change: Fraction) -> Move:
    """Both ends of a bound plus `change`: exact at fractions, a sum of doubles at doubles."""
    rounded = as_float(change)

    def move(low: Number, high: Number) -> tuple[Number, Number]:
        first, second = (end + change if isinstance(end, Fraction) else end + rounded for end in (low, high))
        return first, second

    return move
