"""Verdicts: pure functions of stored statistics."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.brief import brief
from explore_theory.harness.measures.columns import Number, as_float, difference, digits, is_nan, quotient
from explore_theory.harness.measures.measurement import Resolution
from explore_theory.harness.verdicts.summary import Row, Summary

RELATIONS = ("<=", ">=", "==")

#: A tight claim must break when its bound moves by this factor.
TIGHT_FACTOR = Fraction(105, 100)

#: The part of a case's comparisons that must say something before it HOLDS, unless its check states another.
LEAST_SHARE = 0.5


class Status(StrEnum):
    """The words a verdict can say."""

    HOLDS = "HOLDS"
    REFUTED = "REFUTED"
    INCONCLUSIVE = "INCONCLUSIVE"
    NOT_APPLICABLE = "NOT APPLICABLE"
    POWERLESS = "POWERLESS"
    ERROR = "ERROR"


@brief
@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A status, the comparison it rests on (if any) and one sentence computed from it."""

    status: Status
    reason: str
    row: Row | None = None


def decide(
    summary: Summary,
    relation: str,
    resolution: Resolution,
    *,
    share: float = LEAST_SHARE,
    beyond: bool = False,
) -> Verdict:
    """The verdict on one case: ``measured relation bound`` for every comparison that is not left out.

    For ``<=``: REFUTED if some ``lo > bound_hi``; HOLDS if every ``hi <= bound_lo + resolution``; otherwise
    INCONCLUSIVE. ``>=`` mirrors it and ``==`` asks both. A NaN is never HOLDS. Where less than `share` of the
    comparisons say anything, nothing HOLDS: what would is NOT APPLICABLE.

    Parameters
    ----------
    beyond
        For statements that must be caught: REFUTED only beyond the resolution, since what a claim would not
        notice in itself is no evidence that it notices anything.
    """
    if relation not in RELATIONS:
        raise InvalidClaim(f"relation must be one of {', '.join(RELATIONS)}, got relation={relation!r}")
    rows = summary.rows
    sides = {"<=": ("above",), ">=": ("below",), "==": ("above", "below")}[relation]
    for side in sides:
        row = rows.get("beyond_" + side if beyond else side)
        if row is not None and _outside(row, side, resolution if beyond else None):
            sign = ">" if side == "above" else "<"
            return Verdict(status=Status.REFUTED, row=row, reason=_compared(row, sign))
    # What is open stays open however few comparisons apply: other cases must not cover it up.
    if "invalid" in rows:
        row = rows["invalid"]
        return Verdict(
            status=Status.INCONCLUSIVE, row=row, reason="not a number: " + _compared(row, relation)
        )
    for side in sides:
        row = rows.get("loose_" + side)
        if row is not None and not _inside(row, side, resolution):
            return Verdict(
                status=Status.INCONCLUSIVE,
                row=row,
                reason=_compared(row, "is not separated from"),
            )
    if summary.applicable == 0 or summary.applicable < share * summary.count:
        return Verdict(status=Status.NOT_APPLICABLE, reason=_says_little(summary, share))
    if any("loose_" + side not in rows for side in sides):
        return Verdict(status=Status.INCONCLUSIVE, reason="no comparison was stored")
    row = _representative(summary, relation)
    reason = _compared(row, relation) + _within(resolution) + _partly(summary)
    return Verdict(status=Status.HOLDS, row=row, reason=reason)


def _within(resolution: Resolution) -> str:
    return f", to a resolution of {resolution}" if resolution else ""


def _partly(summary: Summary) -> str:
    """How many comparisons say something, where not all do."""
    if not summary.left_out or summary.applicable == summary.count:
        return ""
    return f"; {summary.applicable:,} of {summary.count:,} comparisons apply ({_left_out(summary)})"


def _left_out(summary: Summary) -> str:
    return ", ".join(f"{number:,} left out: {name}" for name, number in summary.left_out.items())


def _says_little(summary: Summary, share: float) -> str:
    if summary.count == 1 and summary.applicable == 0:
        return f"nothing to compare: {', '.join(summary.left_out) or 'one assumption or another fails'}"
    least = f", and {share:.3g} of them must" if summary.applicable else ""
    return f"only {summary.applicable:,} of {summary.count:,} comparisons apply{least} ({_left_out(summary)})"


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """The conjunction over cases: REFUTED wins, then ERROR, then INCONCLUSIVE.

    Cases that are NOT APPLICABLE say nothing; if all are, the claim is INCONCLUSIVE.
    """
    found = list(verdicts)
    for status in (Status.REFUTED, Status.ERROR, Status.INCONCLUSIVE):
        for verdict in found:
            if verdict.status is status:
                return verdict
    for verdict in found:
        if verdict.status is Status.HOLDS:
            return verdict
    reason = f"no case is applicable: {found[0].reason}" if found else "no case is applicable"
    return Verdict(status=Status.INCONCLUSIVE, reason=reason)


def moved(summary: Summary, relation: str, resolution: Resolution, factor: Number) -> Verdict:
    """The verdict if the bound were `factor` times tighter (for ``==``: moved either way).

    Computed from the stored rows alone, so it costs nothing to ask.
    """
    if factor <= 0:
        raise InvalidClaim(f"factor must be positive, got factor={factor!r}")
    scales: Sequence[Number] = {
        "<=": (1 / Fraction(factor),),
        ">=": (Fraction(factor),),
        "==": (1 / Fraction(factor), Fraction(factor)),
    }[relation]
    verdicts = []
    for scale in scales:
        rows = {name: _scaled(row, scale) for name, row in summary.rows.items()}
        # A moved bound reorders the rows: the row that was tightest may now be the one furthest outside.
        worst = {
            "beyond_above": max(
                rows.values(), key=lambda r: _gap(r.lo, r.bound_hi + resolution.at(r.bound_hi)), default=None
            ),
            "beyond_below": max(
                rows.values(), key=lambda r: _gap(r.bound_lo - resolution.at(r.bound_lo), r.hi), default=None
            ),
        }
        changed = rows | {name: row for name, row in worst.items() if row is not None}
        verdicts.append(decide(replace(summary, rows=changed), relation, resolution, beyond=True))
    # Moved either way, an equality must break both times: the survivor, if any, is the answer.
    survivors = [v for v in verdicts if v.status is not Status.REFUTED]
    return survivors[0] if survivors else verdicts[0]


def slack(summary: Summary, relation: str) -> float | None:
    """How far the bound is from what was measured, as a ratio >= 1 at the tightest comparison.

    Bound over measured for ``<=``, measured over bound for ``>=``; None for ``==`` and where a ratio says
    nothing (no comparison with both numbers positive and finite).
    """
    if relation == "<=" and (row := summary.rows.get("ratio_above")) is not None:
        return as_float(quotient(row.bound_hi, row.lo))
    if relation == ">=" and (row := summary.rows.get("ratio_below")) is not None:
        return as_float(quotient(row.hi, row.bound_lo))
    return None


def _outside(row: Row, side: str, margin: Resolution | None) -> bool:
    """Whether the near end lies outside the bound, by more than `margin` if there is one."""
    if side == "above":
        allowed = margin.at(row.bound_hi) if margin else 0
        return bool(row.lo > row.bound_hi + allowed)
    allowed = margin.at(row.bound_lo) if margin else 0
    return bool(row.hi < row.bound_lo - allowed)


def _inside(row: Row, side: str, resolution: Resolution) -> bool:
    if side == "above":
        return bool(row.hi <= row.bound_lo or row.hi <= row.bound_lo + resolution.at(row.bound_lo))
    return bool(row.lo >= row.bound_hi or row.lo >= row.bound_hi - resolution.at(row.bound_hi))


def _representative(summary: Summary, relation: str) -> Row:
    order = {
        "<=": ("ratio_above", "loose_above"),
        ">=": ("ratio_below", "loose_below"),
        "==": ("largest", "loose_above"),
    }
    return next(summary.rows[name] for name in order[relation] if name in summary.rows)


def _gap(value: Number, limit: Number) -> Number:
    gap = difference(value, limit)
    return float("-inf") if is_nan(gap) else gap


def _scaled(row: Row, scale: Number) -> Row:
    ends = [_times(end, scale) for end in (row.bound_lo, row.bound_hi)]
    return Row(
        index=row.index, lo=row.lo, hi=row.hi, bound_lo=min(ends), bound_hi=max(ends), witness=row.witness
    )


def _times(value: Number, scale: Number) -> Number:
    return value * scale if isinstance(value, Fraction) else value * as_float(scale)


def _compared(row: Row, sign: str) -> str:
    """``measured a sign bound b`` with as many digits as it takes to tell two different numbers apart."""
    # Beside a fraction, which is written out, a whole number is written out too.
    whole = isinstance(row.lo, Fraction) or isinstance(row.bound_lo, Fraction)
    for number in (6, 9, 12, 17):
        measured = _range(row.lo, row.hi, number, whole=whole)
        bound = _range(row.bound_lo, row.bound_hi, number, whole=whole)
        if measured != bound or (row.lo, row.hi) == (row.bound_lo, row.bound_hi):
            break
    return f"measured {measured} {sign} bound {bound}"


def _range(lo: Number, hi: Number, number: int, *, whole: bool) -> str:
    written = isinstance(lo, Fraction) or (whole and lo.is_integer())
    if written and lo == hi:
        exact = Fraction(lo)
        few = max(exact.numerator.bit_length(), exact.denominator.bit_length()) < 100
        if few and len(text := str(exact)) <= 24:
            return text
    ends = digits(lo, number), digits(hi, number)
    return ends[0] if ends[0] == ends[1] else f"[{ends[0]}, {ends[1]}]"
