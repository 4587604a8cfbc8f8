"""Intervals with ends of any precision and any magnitude, rounded outwards by ball arithmetic.

A ball stores its radius with 30 bits, so it cannot represent ``[e^-1000, 1]`` without reaching below zero.
Branch and bound meets such sets all the time; an `Interval` keeps both ends instead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flint import arb

from explore_theory.certify.balls import Ball, ball, ends, power
from explore_theory.foundation.brief import brief


@brief
@dataclass(frozen=True, slots=True)
class Interval:
    """All real numbers from `lo` to `hi`, both exact balls (plus or minus infinity allowed).

    What is made from an interval that `moves` with the coordinates of a box moves too: it is no constant,
    although it brings no slopes.
    """

    lo: Ball
    hi: Ball
    moves: bool = False

    def __neg__(self) -> "Interval":
        return Interval(-self.hi, -self.lo, self.moves)

    def __add__(self, other: "Interval") -> "Interval":
        return hull(self.lo + other.lo, self.hi + other.hi, moves=self.moves or other.moves)

    def __sub__(self, other: "Interval") -> "Interval":
        return hull(self.lo - other.hi, self.hi - other.lo, moves=self.moves or other.moves)

    def __mul__(self, other: "Interval") -> "Interval":
        a, b = self, other
        products = a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi
        return hull(*products, moves=a.moves or b.moves)

    def __pow__(self, exponent: int) -> "Interval":
        """The whole power of every member: a square is not negative; the whole line at a pole."""
        if exponent < 0:
            return (self**-exponent).reciprocal()
        ends = [power(self.lo, exponent), power(self.hi, exponent)]
        if exponent % 2 == 0 and exponent > 0 and not (self.lo > 0 or self.hi < 0):
            ends.append(arb(0))
        return hull(*ends, moves=self.moves)

    def reciprocal(self) -> "Interval":
        """``1 / x``; the whole line if zero is inside."""
        if not (self.lo > 0 or self.hi < 0):
            return Interval(WHOLE.lo, WHOLE.hi, self.moves)
        return hull(1 / self.lo, 1 / self.hi, moves=self.moves)

    def floats(self) -> tuple[float, float]:
        """The ends in float64, rounded outwards; infinite where an end is not a number."""
        if self.lo.is_nan() or self.hi.is_nan():
            return float("-inf"), float("inf")
        lo = ends(self.lo)[0] if self.lo.is_finite() else float(self.lo)
        return lo, ends(self.hi)[1] if self.hi.is_finite() else float(self.hi)


WHOLE = Interval(arb.neg_inf(), arb.pos_inf())
UNIT = Interval(arb(1), arb(1))


def interval(value: Any) -> Interval:
    """The smallest interval around a number, a fraction or a ball."""
    return value if isinstance(value, Interval) else hull(ball(value))


def hull(first: Ball, *others: Ball, moves: bool = False) -> Interval:
    """The smallest interval that contains all balls; the whole line if one of them is not a number."""
    if first.is_nan():
        return Interval(WHOLE.lo, WHOLE.hi, moves)
    lo, hi = first.lower(), first.upper()
    # Branch and bound calls this more than anything else: one pass, without lists.
    for other in others:
        if other.is_nan():
            return Interval(WHOLE.lo, WHOLE.hi, moves)
        lo, hi = min(lo, other.lower()), max(hi, other.upper())
    return Interval(lo, hi, moves)


def increasing(function: Callable[..., Ball], *arguments: Interval) -> Interval:
    """The image under a `function` of balls that increases in every argument."""
    low = function(*(a.lo for a in arguments))
    high = function(*(a.hi for a in arguments))
    return hull(low, high, moves=any(a.moves for a in arguments))
