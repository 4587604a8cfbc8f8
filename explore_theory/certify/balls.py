"""Ball arithmetic (Arb through python-flint): numbers with a proved error, and their way back to float64.

A ball is a midpoint and a radius; every operation returns a ball that contains all exact results. Conversions
to float64 round outwards by as little as they can, so an interval that leaves this module still encloses the
truth, and one whose ends are doubles leaves it unchanged.

Source: F. Johansson, *Arb: efficient arbitrary-precision midpoint-radius interval arithmetic*, IEEE
Transactions on Computers 66 (2017).
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

from flint import arb, ctx, fmpq

from explore_theory.foundation.validation import whole

Ball = Any

_LARGEST = math.nextafter(math.inf, 0.0)


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Work with `bits` bits inside the block."""
    whole("bits", bits, least=2, most=1 << 20)
    with ctx.workprec(bits):
        yield


def ball(value: Any) -> Ball:
    """The ball around one number: a float or an integer taken exactly, a fraction to working precision."""
    return arb(fmpq(value.numerator, value.denominator)) if isinstance(value, Fraction) else arb(value)


def power(base: Ball, exponent: int) -> Ball:
    """``base^exponent`` for a whole `exponent`, as close as a ball can be; not a number where it has a pole.

    Not ``**``: where the midpoint is zero, python-flint takes ``exp(exponent log base)``, which is not a
    number though every power of every member is; and it gives even powers of balls around zero negative
    members.
    """
    n = whole("exponent", exponent, least=-(1 << 40), most=1 << 40)
    if n == 0:
        return arb(1)
    if n < 0:
        return 1 / power(base, -n)
    if not base.contains(0) or base.is_zero() or not base.is_finite():
        return base**n
    low, high = base.lower() ** n, base.upper() ** n
    # An even power is zero at zero and largest at an end; an odd one increases.
    return low.union(high) if n % 2 else arb(0).union(low).union(high)


def ends(enclosure: Ball) -> tuple[float, float]:
    """``(lo, hi)`` in float64 with ``lo <= every number of the ball <= hi``, as close as float64 allows."""
    if not enclosure.is_finite():
        return -math.inf, math.inf
    return _outwards(enclosure.lower(), -math.inf), _outwards(enclosure.upper(), math.inf)


def _outwards(end: Ball, towards: float) -> float:
    """The double nearest to the exact number `end` on the side of `towards`."""
    value = max(-_LARGEST, min(_LARGEST, float(end)))
    while (arb(value) > end) if towards < 0 else (arb(value) < end):
        value = math.nextafter(value, towards)
    return value
