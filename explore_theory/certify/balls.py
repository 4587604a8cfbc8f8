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

Ball = Any

_LARGEST = math.nextafter(math.inf, 0.0)


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Work with `bits` bits inside the block."""
    with ctx.workprec(bits):
        yield


def ball(value: Any) -> Ball:
    """The ball around one number: a float or an integer taken exactly, a fraction to working precision."""
    return arb(fmpq(value.numerator, value.denominator)) if isinstance(value, Fraction) else arb(value)


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
