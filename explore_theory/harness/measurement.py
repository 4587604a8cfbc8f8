"""What a check measures and what the statement allows: arrays of intervals, or samples of what chance gave.

The kinds of samples are in `samples`, `equivalence` and `rungs`; a claim imports all of them from here.

Letters: `K` simultaneous comparisons. Numbers are float64, or `fractions.Fraction` in object arrays where the
evidence is exact.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidClaim
from explore_theory.harness.equivalence import TwoSamples
from explore_theory.harness.known_law import Largest, OneSample
from explore_theory.harness.rungs import Rungs
from explore_theory.harness.samples import Mean, Number, Sample, Tally

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
]

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
        Further numbers or lists worth storing and plotting, by name; the same in every block of a case.
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
