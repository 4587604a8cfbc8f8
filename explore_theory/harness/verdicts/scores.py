"""By what a comparison can be extreme: exact scores of a measured interval against that of its bound."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explore_theory.harness.measures.columns import Number, difference, is_nan, quotient
from explore_theory.harness.measures.measurement import Resolution


@dataclass(frozen=True)
class Sides:
    """Both intervals of a comparison, and how far a measurement may pass each end of its bound."""

    lo: Number
    hi: Number
    bound_lo: Number
    bound_hi: Number
    allowed_lo: Number
    allowed_hi: Number

    @classmethod
    def of(cls, ends: Sequence[Number], resolution: Resolution) -> "Sides":
        """From `lo`, `hi`, `bound_lo` and `bound_hi`, with the allowances of `resolution`."""
        lo, hi, bound_lo, bound_hi = ends
        return cls(lo, hi, bound_lo, bound_hi, resolution.at(bound_lo), resolution.at(bound_hi))

    @property
    def is_nan(self) -> bool:
        """Whether some end is not a number."""
        return any(map(is_nan, (self.lo, self.hi, self.bound_lo, self.bound_hi)))

    @property
    def finite(self) -> bool:
        """Whether all ends are finite."""
        return all(abs(end) != float("inf") for end in (self.lo, self.hi, self.bound_lo, self.bound_hi))

    @property
    def size(self) -> Number:
        """Of the bound, by its lower end."""
        return self.bound_lo if self.bound_lo >= 0 else -self.bound_lo

    @property
    def positive(self) -> bool:
        """Whether both sides are finite and positive."""
        return self.lo > 0 and self.bound_lo > 0 and self.finite


#: The score of a comparison under each name, None where it has none; not for what is not a number.
SCORES: Mapping[str, Callable[[Sides], Number | None]] = {
    "above": lambda of: difference(of.lo, of.bound_hi),
    "below": lambda of: difference(of.bound_lo, of.hi),
    "beyond_above": lambda of: difference(of.lo, of.bound_hi + of.allowed_hi),
    "beyond_below": lambda of: difference(of.bound_lo - of.allowed_lo, of.hi),
    "loose_above": lambda of: difference(of.hi, of.bound_lo + of.allowed_lo),
    "loose_below": lambda of: difference(of.bound_hi - of.allowed_hi, of.lo),
    "largest": lambda of: of.size if of.finite else None,
    "ratio_above": lambda of: quotient(of.lo, of.bound_hi) if of.positive else None,
    "ratio_below": lambda of: quotient(of.bound_lo, of.hi) if of.positive else None,
}


def scores_of_doubles(ends: Sequence[Any], resolution: Resolution) -> dict[str, Number | None]:
    """`SCORES` of finite doubles, whose differences need no care: the same operations, and less asked."""
    lo, hi, bound_lo, bound_hi = ends
    size, far = abs(bound_lo), abs(bound_hi)
    allowed_lo = resolution.absolute + resolution.relative * size
    allowed_hi = resolution.absolute + resolution.relative * far
    positive = lo > 0 and bound_lo > 0
    return {
        "above": lo - bound_hi,
        "below": bound_lo - hi,
        "beyond_above": lo - (bound_hi + allowed_hi),
        "beyond_below": (bound_lo - allowed_lo) - hi,
        "loose_above": hi - (bound_lo + allowed_lo),
        "loose_below": (bound_hi - allowed_hi) - lo,
        "largest": size,
        "ratio_above": lo / bound_hi if positive else None,
        "ratio_below": bound_lo / hi if positive else None,
    }
