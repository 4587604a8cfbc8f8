"""Break points: how far the bound of a case can be moved before the stored comparisons refute it.

All of it is computed from what a store holds of a case, so it costs no run. Of the comparisons of a case only
the extreme ones are stored (see `verdicts.summary`): a break point found here is one at which the case breaks
for certain, and a comparison that was not stored might break it earlier.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from explore_theory.foundation.brief import brief
from explore_theory.harness.measures.columns import Number, as_float
from explore_theory.harness.measures.measurement import Resolution
from explore_theory.harness.verdicts.summary import Row, Summary
from explore_theory.harness.verdicts.verdict import Status, decide, moved

#: Excesses ``factor - 1`` between which a break point is looked for, and how exactly it is found.
SMALLEST, LARGEST, FINE = 1e-12, 1e12, 1.005

#: Which way a relation is turned.
REVERSED = {"<=": ">=", ">=": "<="}


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

    def by_factor(excess: float) -> bool:
        return _refuted(moved(summary, relation, resolution, 1 + Fraction(excess)).status)

    def by_shift(amount: float) -> bool:
        return all(
            _refuted(_shifted(summary, side, resolution, amount))
            for side in ({"<=", ">="} if relation == "==" else {relation})
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
    found = [
        m for side in ("<=", ">=") if relation in (side, "==") if (m := _margin(summary, side, resolution))
    ]
    return max(found, default=None)


def _margin(summary: Summary, relation: str, resolution: Resolution) -> float | None:
    if not _refuted(decide(summary, relation, resolution, beyond=True).status):
        return None

    def survives(excess: float) -> bool:
        return not _refuted(moved(summary, relation, resolution, 1 / (1 + Fraction(excess))).status)

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


def _refuted(status: Status) -> bool:
    return status is Status.REFUTED


def _shifted(summary: Summary, side: str, resolution: Resolution, amount: float) -> Status:
    """The verdict with the bound moved by `amount` towards what was measured."""
    change = -Fraction(amount) if side == "<=" else Fraction(amount)
    rows = {name: _moved_by(row, change) for name, row in summary.rows.items()}
    name = "beyond_above" if side == "<=" else "beyond_below"
    for row in rows.values():
        status = decide(replace(summary, rows={name: row}), side, resolution, beyond=True).status
        if _refuted(status):
            return status
    return Status.HOLDS


def _moved_by(row: Row, change: Fraction) -> Row:
    lo, hi = (_plus(end, change) for end in (row.bound_lo, row.bound_hi))
    return replace(row, bound_lo=lo, bound_hi=hi)


def _plus(value: Number, change: Fraction) -> Number:
    return value + change if isinstance(value, Fraction) else value + as_float(change)
