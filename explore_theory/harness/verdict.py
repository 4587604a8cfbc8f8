"""Verdicts: pure functions of stored statistics."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from explore_theory.errors import InvalidClaim
from explore_theory.harness.measurement import Number, Resolution
from explore_theory.harness.summary import Row, Summary

RELATIONS = ("<=", ">=", "==")

#: A tight claim must break when its bound moves by this factor.
TIGHT_FACTOR = Fraction(105, 100)


class Status(StrEnum):
    """The words a verdict can say."""

    HOLDS = "HOLDS"
    REFUTED = "REFUTED"
    INCONCLUSIVE = "INCONCLUSIVE"
    NOT_APPLICABLE = "NOT APPLICABLE"
    POWERLESS = "POWERLESS"
    ERROR = "ERROR"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A status, the comparison it rests on (if any) and one sentence computed from it."""

    status: Status
    reason: str
    row: Row | None = None


def decide(summary: Summary, relation: str, resolution: Resolution) -> Verdict:
    """The verdict on one case: ``measured relation bound`` for every applicable comparison.

    For ``<=``: REFUTED if some ``lo > bound_hi``; HOLDS if every ``hi <= bound_lo + resolution``; otherwise
    INCONCLUSIVE. ``>=`` mirrors it and ``==`` asks both. A NaN is never HOLDS.
    """
    if relation not in RELATIONS:
        raise InvalidClaim(f"relation must be one of {', '.join(RELATIONS)}, got relation={relation!r}")
    if summary.applicable == 0:
        which = ", ".join(summary.broken) or "one or another"
        reason = f"an assumption fails in every comparison: {which}"
        return Verdict(status=Status.NOT_APPLICABLE, reason=reason)
    rows = summary.rows
    sides = {"<=": ("above",), ">=": ("below",), "==": ("above", "below")}[relation]
    for side in sides:
        row = rows.get(side)
        if row is not None and _outside(row, side):
            sign = ">" if side == "above" else "<"
            return Verdict(status=Status.REFUTED, row=row, reason=_compared(row, sign))
    if "invalid" in rows:
        row = rows["invalid"]
        return Verdict(
            status=Status.INCONCLUSIVE, row=row, reason="not a number: " + _compared(row, relation)
        )
    for side in sides:
        row = rows.get("loose_" + side)
        if row is None:
            return Verdict(status=Status.INCONCLUSIVE, reason="no comparison was stored")
        if not _inside(row, side, resolution):
            return Verdict(
                status=Status.INCONCLUSIVE,
                row=row,
                reason=_compared(row, "is not separated from"),
            )
    row = _representative(summary, relation)
    return Verdict(status=Status.HOLDS, row=row, reason=_compared(row, relation))


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
    return Verdict(status=Status.INCONCLUSIVE, reason="no case is applicable")


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
            "above": max(rows.values(), key=lambda r: _gap(r.lo, r.bound_hi), default=None),
            "below": max(rows.values(), key=lambda r: _gap(r.bound_lo, r.hi), default=None),
        }
        changed = rows | {name: row for name, row in worst.items() if row is not None}
        verdicts.append(
            decide(
                Summary(
                    count=summary.count,
                    applicable=summary.applicable,
                    effort=summary.effort,
                    unit=summary.unit,
                    rows=changed,
                ),
                relation,
                resolution,
            )
        )
    # Moved either way, an equality must break both times: the survivor, if any, is the answer.
    survivors = [v for v in verdicts if v.status is not Status.REFUTED]
    return survivors[0] if survivors else verdicts[0]


def slack(summary: Summary, relation: str) -> float | None:
    """How far the bound is from what was measured, as a ratio >= 1 at the tightest comparison.

    Bound over measured for ``<=``, measured over bound for ``>=``; None for ``==`` and where a ratio says
    nothing (no comparison with both numbers positive and finite).
    """
    if relation == "<=" and (row := summary.rows.get("ratio_above")) is not None:
        return float(row.bound_hi / row.lo)
    if relation == ">=" and (row := summary.rows.get("ratio_below")) is not None:
        return float(row.hi / row.bound_lo)
    return None


def _outside(row: Row, side: str) -> bool:
    return bool(row.lo > row.bound_hi) if side == "above" else bool(row.hi < row.bound_lo)


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


def _gap(value: Number, limit: Number) -> float:
    if value == limit:
        return 0.0
    difference = float(value - limit)
    return float("-inf") if math.isnan(difference) else difference


def _scaled(row: Row, scale: Number) -> Row:
    ends = [_times(end, scale) for end in (row.bound_lo, row.bound_hi)]
    return Row(
        index=row.index, lo=row.lo, hi=row.hi, bound_lo=min(ends), bound_hi=max(ends), witness=row.witness
    )


def _times(value: Number, scale: Number) -> Number:
    return value * scale if isinstance(value, Fraction) else value * float(scale)


def _compared(row: Row, sign: str) -> str:
    """``measured a sign bound b`` with as many digits as it takes to tell two different numbers apart."""
    for digits in (6, 9, 12, 17):
        measured, bound = _range(row.lo, row.hi, digits), _range(row.bound_lo, row.bound_hi, digits)
        if measured != bound or (row.lo, row.hi) == (row.bound_lo, row.bound_hi):
            break
    return f"measured {measured} {sign} bound {bound}"


def _range(lo: Number, hi: Number, digits: int) -> str:
    if isinstance(lo, Fraction) and lo == hi and len(text := str(lo)) <= 24:
        return text
    ends = f"{float(lo):.{digits}g}", f"{float(hi):.{digits}g}"
    return ends[0] if ends[0] == ends[1] else f"[{ends[0]}, {ends[1]}]"
