"""What a check measures and what the statement allows: arrays of intervals, and their stored summary.

Letters: `K` simultaneous comparisons. Numbers are float64, or `fractions.Fraction` in object arrays where the
evidence is exact. A `Summary` keeps the few comparisons that decide the verdict on all `K` of them, so a
verdict can be recomputed from the store at any time.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidClaim

Number = float | Fraction
Witness = Mapping[str, Any]


def _column(values: Any) -> npt.NDArray[Any]:
    """`values` as a one-dimensional float64 array, or an object array if any entry is a Fraction."""
    array = np.atleast_1d(np.asarray(values))
    if array.ndim != 1:
        raise InvalidClaim(f"measured values must be one-dimensional, got shape={array.shape}")
    if array.dtype == object:
        return array
    return array.astype(np.float64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Interval:
    """`K` enclosures ``lo <= value <= hi``."""

    lo: npt.NDArray[Any]
    hi: npt.NDArray[Any]

    def __post_init__(self) -> None:
        lo, hi = _column(self.lo), _column(self.hi)
        if lo.shape != hi.shape:
            raise InvalidClaim(f"lo and hi must have one shape, got {lo.shape} and {hi.shape}")
        object.__setattr__(self, "lo", lo)
        object.__setattr__(self, "hi", hi)
        crossed = [k for k in range(lo.size) if lo[k] > hi[k]]
        if crossed:
            k = crossed[0]
            raise InvalidClaim(f"lo must not exceed hi, got lo[{k}]={lo[k]!r}, hi[{k}]={hi[k]!r}")

    @property
    def size(self) -> int:
        """The number of comparisons, `K`."""
        return int(self.lo.size)


@dataclass(frozen=True, kw_only=True, eq=False)
class Bound(Interval):
    """What the statement allows, one enclosure per comparison (or one for all)."""

    @classmethod
    def of(cls, value: Any, error: Any = 0) -> "Bound":
        """The bound `value`, known to within `error`."""
        centre = _column(value)
        return cls(lo=centre - error, hi=centre + error)


@dataclass(frozen=True, kw_only=True, eq=False)
class Measurement(Interval):
    """What was measured.

    Parameters
    ----------
    effort, unit
        How much was examined, e.g. ``20_000`` ``"instances"``; printed with the verdict.
    applicable
        `[K]`: False where an assumption of the statement fails, so the comparison says nothing.
    witness
        Called with an index `k` to describe comparison `k` by its parameters.
    notes
        Further statistics worth storing and showing, by name.
    """

    effort: int
    unit: str = "cases"
    applicable: npt.NDArray[np.bool_] | None = None
    witness: Callable[[int], Witness] | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def exact(cls, value: Any, *, error: Any = 0, effort: int | None = None, **more: Any) -> "Measurement":
        """A value known from its definition to within `error` (rounding, or a proved truncation)."""
        centre = _column(value)
        return cls(lo=centre - error, hi=centre + error, effort=effort or centre.size, **more)


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """How far a measurement may pass the bound and still count as equal to it: rounding, declared once.

    The allowance at a bound `b` is ``absolute + relative * |b|``, in the units of the measurement.
    """

    absolute: float = 0.0
    relative: float = 0.0

    def __post_init__(self) -> None:
        for name in ("absolute", "relative"):
            value = getattr(self, name)
            if not 0 <= value < float("inf"):
                raise InvalidClaim(f"resolution {name} must be >= 0 and finite, got {name}={value!r}")
        if self.relative >= 0.05:
            raise InvalidClaim(
                f"a relative resolution must stay below .05, the factor a tight claim is tested with, "
                f"got relative={self.relative!r}"
            )

    def at(self, bound: Number) -> Number:
        """The allowance at `bound`; exactly zero for an exact claim."""
        if self.absolute == 0 and self.relative == 0:
            return 0.0
        size = abs(float(bound))
        return self.absolute + (self.relative * size if np.isfinite(size) else 0.0)


#: No allowance at all: for evidence that is proved.
EXACT = Resolution()


@dataclass(frozen=True, kw_only=True)
class Row:
    """One comparison kept for the record: global index, measured interval, bound interval, witness."""

    index: int
    lo: Number
    hi: Number
    bound_lo: Number
    bound_hi: Number
    witness: Witness = field(default_factory=dict)


#: Which rows a summary keeps, each the extreme of one score; ties go to the lowest index.
KEPT = (
    "invalid",
    "above",
    "below",
    "loose_above",
    "loose_below",
    "largest",
    "ratio_above",
    "ratio_below",
)


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The sufficient statistics of one case (or block of it) for every verdict and display.

    ``rows`` maps a name of `KEPT` to the comparison that is extreme in that sense:
    ``invalid`` first NaN; ``above``/``below`` furthest outside the bound by its nearer end; ``loose_above``/
    ``loose_below`` furthest outside by its farther end; ``largest`` the largest finite bound in size;
    ``ratio_above`` the largest ratio of measured to bound, ``ratio_below`` of bound to measured.
    """

    count: int
    applicable: int
    effort: int
    unit: str
    rows: Mapping[str, Row]
    notes: Mapping[str, Any] = field(default_factory=dict)


def _excess(value: Number, limit: Number) -> Number:
    """``value - limit`` where equal infinities differ by zero."""
    return 0.0 if value == limit else value - limit


def _scores(row: Row, resolution: Resolution) -> dict[str, Number | None]:
    """The score of `row` under each name of `KEPT`; None where the name does not apply."""
    numbers = (row.lo, row.hi, row.bound_lo, row.bound_hi)
    if any(math.isnan(number) for number in numbers):
        return {"invalid": 0.0}
    finite = all(abs(number) != float("inf") for number in numbers)
    positive = finite and row.lo > 0 and row.bound_lo > 0
    size = row.bound_lo if row.bound_lo >= 0 else -row.bound_lo
    scores: dict[str, Number | None] = {
        "above": _excess(row.lo, row.bound_hi),
        "below": _excess(row.bound_lo, row.hi),
        "loose_above": _excess(row.hi, row.bound_lo + resolution.at(row.bound_lo)),
        "loose_below": _excess(row.bound_hi - resolution.at(row.bound_hi), row.lo),
        "largest": size if finite else None,
        "ratio_above": row.lo / row.bound_hi if positive else None,
        "ratio_below": row.bound_lo / row.hi if positive else None,
    }
    return scores


def summarise(measurement: Measurement, bound: Bound, resolution: Resolution, *, first: int = 0) -> Summary:
    """Reduce `K` comparisons to a `Summary`; `first` is the global index of comparison 0."""
    size = measurement.size
    if bound.size not in (1, size):
        raise InvalidClaim(f"a bound must have one entry or {size}, got bound.size={bound.size}")
    applicable = np.ones(size, dtype=bool) if measurement.applicable is None else measurement.applicable
    if applicable.shape != (size,):
        raise InvalidClaim(f"applicable must have shape {(size,)}, got shape={applicable.shape}")
    bound_lo, bound_hi = (np.broadcast_to(end, (size,)) for end in (bound.lo, bound.hi))
    rows = []
    for k in _candidates(measurement, bound_lo, bound_hi, applicable, resolution):
        lo, hi, b_lo, b_hi = (_number(a[k]) for a in (measurement.lo, measurement.hi, bound_lo, bound_hi))
        witness = dict(measurement.witness(k)) if measurement.witness else {}
        rows.append(Row(index=first + k, lo=lo, hi=hi, bound_lo=b_lo, bound_hi=b_hi, witness=witness))
    return Summary(
        count=size,
        applicable=int(applicable.sum()),
        effort=measurement.effort,
        unit=measurement.unit,
        rows=_extremes(rows, resolution),
        notes=dict(measurement.notes),
    )


def merge(parts: Iterable[Summary], resolution: Resolution) -> Summary:
    """The summary of the union of disjoint blocks; does not depend on how the blocks were cut."""
    blocks = list(parts)
    unique = {row.index: row for part in blocks for row in part.rows.values()}
    return Summary(
        count=sum(part.count for part in blocks),
        applicable=sum(part.applicable for part in blocks),
        effort=sum(part.effort for part in blocks),
        unit=blocks[0].unit,
        rows=_extremes([unique[index] for index in sorted(unique)], resolution),
        notes=_merge_notes([part.notes for part in blocks]),
    )


def _extremes(rows: list[Row], resolution: Resolution) -> dict[str, Row]:
    best: dict[str, tuple[Number, Row]] = {}
    for row in rows:
        for name, score in _scores(row, resolution).items():
            if score is not None and (name not in best or score > best[name][0]):
                best[name] = (score, row)
    return {name: best[name][1] for name in KEPT if name in best}


def _candidates(
    measurement: Measurement,
    bound_lo: npt.NDArray[Any],
    bound_hi: npt.NDArray[Any],
    applicable: npt.NDArray[np.bool_],
    resolution: Resolution,
) -> list[int]:
    """Indices that can be extreme: all of them for exact numbers, a vectorised shortlist for floats."""
    live = np.flatnonzero(applicable)
    arrays = (measurement.lo, measurement.hi, bound_lo, bound_hi)
    if live.size <= 64 or any(a.dtype == object for a in arrays):
        return [int(k) for k in live]
    lo, hi, b_lo, b_hi = (a[live] for a in arrays)
    nan = np.isnan(lo) | np.isnan(hi) | np.isnan(b_lo) | np.isnan(b_hi)
    finite = np.isfinite(lo) & np.isfinite(hi) & np.isfinite(b_lo) & np.isfinite(b_hi)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        # The expressions of `_scores`, operation by operation, so both paths round alike.
        b_lo_slack, b_hi_slack = (
            resolution.absolute + resolution.relative * np.where(np.isfinite(b), np.abs(b), 0.0)
            for b in (b_lo, b_hi)
        )
        scores = [
            np.where(value == limit, 0.0, value - limit)
            for value, limit in (
                (lo, b_hi),
                (b_lo, hi),
                (hi, b_lo + b_lo_slack),
                (b_hi - b_hi_slack, lo),
            )
        ]
        scores.append(np.where(finite, np.abs(b_lo), -np.inf))
        positive = finite & (lo > 0) & (b_lo > 0)
        scores.append(np.where(positive, lo / b_hi, -np.inf))
        scores.append(np.where(positive, b_lo / hi, -np.inf))
    chosen = {int(live[int(np.argmax(np.where(nan, -np.inf, score)))]) for score in scores}
    if nan.any():
        chosen.add(int(live[int(np.argmax(nan))]))
    return sorted(chosen)


def _number(value: Any) -> Number:
    return value if isinstance(value, Fraction) else float(value)


def _merge_notes(notes: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Notes of the first block that has each name: blocks of one case are expected to agree on them."""
    merged: dict[str, Any] = {}
    for part in notes:
        for name, value in part.items():
            merged.setdefault(name, value)
    return merged
