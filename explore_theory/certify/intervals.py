"""Intervals with ends of any precision and any magnitude, rounded outwards by ball arithmetic.

A ball stores its radius with 30 bits, so it cannot represent ``[e^-1000, 1]`` without reaching below zero.
Branch and bound meets such sets all the time; an `Interval` keeps both ends instead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flint import arb

from explore_theory.certify.balls import Ball, ball, ends


@dataclass(frozen=True, slots=True)
class Interval:
    """All real numbers from `lo` to `hi`, both exact balls (plus or minus infinity allowed)."""

    lo: Ball
    hi: Ball

    def __neg__(self) -> "Interval":
        return Interval(-self.hi, -self.lo)

    def __add__(self, other: "Interval") -> "Interval":
        return hull(self.lo + other.lo, self.hi + other.hi)

    def __sub__(self, other: "Interval") -> "Interval":
        return hull(self.lo - other.hi, self.hi - other.lo)

    def __mul__(self, other: "Interval") -> "Interval":
        a, b = self, other
        return hull(a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi)

    def reciprocal(self) -> "Interval":
        """``1 / x``; the whole line if zero is inside."""
        if self.lo <= 0 <= self.hi:
            return WHOLE
        return hull(1 / self.lo, 1 / self.hi)

    def floats(self) -> tuple[float, float]:
        """The ends in float64, rounded outwards."""
        lo = ends(self.lo)[0] if self.lo.is_finite() else float(self.lo)
        return lo, ends(self.hi)[1] if self.hi.is_finite() else float(self.hi)


WHOLE = Interval(arb.neg_inf(), arb.pos_inf())
UNIT = Interval(arb(1), arb(1))


def interval(value: Any) -> Interval:
    """The smallest interval around a number, a fraction or a ball."""
    return value if isinstance(value, Interval) else hull(ball(value))


def hull(*balls: Ball) -> Interval:
    """The smallest interval that contains all `balls`; the whole line if one of them is not a number."""
    if any(b.is_nan() for b in balls):
        return WHOLE
    lows, highs = [b.lower() for b in balls], [b.upper() for b in balls]
    return Interval(min(lows), max(highs))


def increasing(function: Callable[..., Ball], *arguments: Interval) -> Interval:
    """The image under a `function` of balls that increases in every argument."""
    low = function(*(a.lo for a in arguments))
    return hull(low, function(*(a.hi for a in arguments)))
