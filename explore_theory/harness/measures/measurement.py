"""What a check measures and what the statement allows: arrays of intervals, or samples of what chance gave.

The kinds of samples are in `samples`, `equivalence` and `rungs`; a claim imports all of them from here.

Letters: `K` simultaneous comparisons. Numbers are float64, or `fractions.Fraction` in object arrays; see
`columns` for what is accepted.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.brief import brief
from explore_theory.harness.measures import columns
from explore_theory.harness.measures.columns import Column, Number
from explore_theory.harness.measures.equivalence import TwoSamples
from explore_theory.harness.measures.known_law import OneSample
from explore_theory.harness.measures.largest import Largest
from explore_theory.harness.measures.rungs import Rungs
from explore_theory.harness.measures.samples import Mean, Sample, Tally

__all__ = [
    "EXACT",
    "Bound",
    "Interval",
    "Largest",
    "Mean",
    "Measurement",
    "Number",
    "OneSample",
    "Resolution",
    "Rungs",
    "Sample",
    "Tally",
    "TwoSamples",
    "Witness",
    "agreement",
]

Witness = Mapping[str, Any]


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class Interval:
    """`K` enclosures ``lo <= value <= hi``, read-only."""

    lo: Column
    hi: Column

    def __post_init__(self) -> None:
        lo, hi = columns.ends("lo", self.lo)[0], columns.ends("hi", self.hi)[1]
        if lo.shape != hi.shape:
            raise InvalidClaim(f"lo and hi must have one shape, got {lo.shape} and {hi.shape}")
        if not lo.size:
            raise InvalidClaim("lo and hi must have at least one entry, got none")
        for name, end in (("lo", lo), ("hi", hi)):
            mine = end.copy()
            mine.flags.writeable = False
            object.__setattr__(self, name, mine)
        with np.errstate(invalid="ignore"):
            crossed = np.flatnonzero(np.asarray(lo > hi, dtype=bool))
        if crossed.size:
            k = int(crossed[0])
            raise InvalidClaim(f"lo must not exceed hi, got lo[{k}]={lo[k]!r}, hi[{k}]={hi[k]!r}")

    @property
    def size(self) -> int:
        """The number of comparisons, `K`."""
        return int(self.lo.size)


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class Bound(Interval):
    """What the statement allows, one enclosure per comparison (or one for all)."""

    @classmethod
    def of(cls, value: Any, error: Any = 0) -> "Bound":
        """The bound `value`, known to within `error` (or as well as a ball that it is)."""
        lo, hi = columns.widened(*columns.ends("bound", value), columns.column("error", error))
        return cls(lo=lo, hi=hi)


@brief
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
        Further numbers or lists worth storing and plotting, by name; the same in every block of a case.
    """

    effort: int
    unit: str = "cases"
    applicable: npt.NDArray[np.bool_] | None = None
    witness: Callable[[int], Witness] | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "effort", columns.whole_number("effort", self.effort, least=1))
        if self.applicable is not None:
            says = columns.truth("applicable", self.applicable).copy()
            says.flags.writeable = False
            object.__setattr__(self, "applicable", says)
            if says.shape != (self.size,):
                raise InvalidClaim(f"applicable must have shape {(self.size,)}, got shape={says.shape}")

    @classmethod
    def exact(cls, value: Any, *, error: Any = 0, effort: int | None = None, **more: Any) -> "Measurement":
        """A value known from its definition to within `error` (rounding, or a proved truncation).

        A ball keeps its radius. The ends are rounded outwards.
        """
        lo, hi = columns.widened(*columns.ends("measured", value), columns.column("error", error))
        return cls(lo=lo, hi=hi, effort=len(lo) if effort is None else effort, **more)


def agreement(
    measure: Callable[[Any], Measurement], formula: Callable[[Any], Bound], accuracy: float
) -> Callable[[Any], Measurement]:
    """How two certified numbers agree, as the `measure` of a check whose bound is 1 and relation ``"<="``.

    Enclosures that overlap prove no equality: they prove that the numbers are within so much of each other.
    What is measured is at most that distance over the stated `accuracy`, and above one where the enclosures
    are disjoint, since there the numbers are proved to differ.

    Raises
    ------
    InvalidClaim
        If `accuracy` is not positive and finite.
    """
    if not 0 < accuracy < float("inf"):
        raise InvalidClaim(f"accuracy must be positive and finite, got accuracy={accuracy!r}")

    def measured(world: Any) -> Measurement:
        found, stated = measure(world), formula(world)
        c, d = (np.broadcast_to(end, found.lo.shape) for end in (stated.lo, stated.hi))
        pairs = [_apart(ends, accuracy) for ends in zip(found.lo, found.hi, c, d, strict=True)]
        lo, hi = (columns.column("measured", [pair[side] for pair in pairs]) for side in (0, 1))
        return replace(found, lo=lo, hi=hi)

    # What a claim that forgets it is refused by: "at least 1" would say that the two disagree.
    measured.relation = "<="  # type: ignore[attr-defined]
    return measured


def _apart(ends: tuple[Number, ...], accuracy: float) -> tuple[Number, Number]:
    """The distance of two enclosed numbers over `accuracy`; above one if they are proved to differ."""
    if not all(isinstance(end, Fraction) or np.isfinite(end) for end in ends):
        return np.nan, np.nan
    a, b, c, d = (Fraction(end) for end in ends)
    between, far = max(c - b, a - d), max(b - c, d - a)
    if between > 0:
        return 1 + between / Fraction(accuracy), 1 + far / Fraction(accuracy)
    return 0.0, far / Fraction(accuracy)


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

    def __bool__(self) -> bool:
        return bool(self.absolute or self.relative)

    def __str__(self) -> str:
        parts = [f"{self.absolute:g}"] if self.absolute else []
        parts += [f"{self.relative:g} of the bound"] if self.relative else []
        return " + ".join(parts) or "0"

    def at(self, bound: Number) -> Number:
        """The allowance at `bound`; exactly zero for an exact claim, and exact at fractions."""
        if not self:
            return 0
        if isinstance(bound, Fraction):
            return Fraction(self.absolute) + Fraction(self.relative) * abs(bound)
        size = abs(bound)
        return self.absolute + (self.relative * size if math.isfinite(size) else 0.0)


#: No allowance at all: for evidence that is proved.
EXACT = Resolution()
