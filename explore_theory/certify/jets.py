"""Intervals with slopes: forward-mode automatic differentiation, rounded outwards.

A `Jet` carries an enclosure of a function over a box and of its partial derivatives there, so that branch and
bound can see where the function is monotone. A formula is written once, with the methods below, and is
evaluated on points and on boxes.

Letters: `D` coordinates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flint import arb

from explore_theory.certify.intervals import UNIT, WHOLE, Interval, increasing, interval
from explore_theory.foundation.validation import whole


@dataclass(frozen=True, slots=True)
class Jet:
    """A value and `D` slopes, each an interval over the same box; no slopes for a constant or a point.

    A value that moves with the coordinates and brings no slopes (`Interval.moves`) may have any.
    """

    value: Interval
    slopes: tuple[Interval, ...] = ()

    def __neg__(self) -> "Jet":
        return Jet(-self.value, tuple(-s for s in self.slopes))

    def __add__(self, other: Any) -> "Jet":
        a, b = _with_slopes(self, jet(other))
        return Jet(a.value + b.value, _sum(a.slopes, b.slopes))

    def __sub__(self, other: Any) -> "Jet":
        return self + -jet(other)

    def __mul__(self, other: Any) -> "Jet":
        a, b = _with_slopes(self, jet(other))
        return Jet(a.value * b.value, _sum(_times(a.slopes, b.value), _times(b.slopes, a.value)))

    def __pow__(self, exponent: int) -> "Jet":
        """A whole power, tight around zero; the whole line where it has a pole in the box."""
        n = whole("exponent", exponent, least=-(1 << 20), most=1 << 20)
        if n == 0:
            return jet(1)
        return self._chain(self.value**n, interval(n) * self.value ** (n - 1))

    def __truediv__(self, other: Any) -> "Jet":
        return self * jet(other).reciprocal()

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: Any) -> "Jet":
        return jet(other) - self

    def __rtruediv__(self, other: Any) -> "Jet":
        return jet(other) * self.reciprocal()

    def reciprocal(self) -> "Jet":
        """``1 / x``; the whole line where the box meets zero."""
        inverse = self.value.reciprocal()
        return self._chain(inverse, -(inverse * inverse))

    def exp(self) -> "Jet":
        """``e^x``."""
        value = increasing(lambda x: x.exp(), self.value)
        return self._chain(value, value)

    def expm1(self) -> "Jet":
        """``e^x - 1``, accurate near zero."""
        return self._chain(
            increasing(lambda x: x.expm1(), self.value), increasing(lambda x: x.exp(), self.value)
        )

    def log(self) -> "Jet":
        """``log x``; the whole line where the box meets zero."""
        return self._chain(increasing(lambda x: x.log(), self.value), self.value.reciprocal())

    def log1p(self) -> "Jet":
        """``log(1 + x)``, accurate near zero; the whole line where the box meets -1."""
        return self._chain(increasing(lambda x: x.log1p(), self.value), (UNIT + self.value).reciprocal())

    def _chain(self, value: Interval, derivative: Interval) -> "Jet":
        return Jet(value, _times(self.slopes, derivative))


def jet(value: Any) -> Jet:
    """`value` itself if it is a jet, otherwise the constant (a number, a fraction, a ball or an interval)."""
    return value if isinstance(value, Jet) else Jet(interval(value))


def coordinates(box: Sequence[tuple[float, float]]) -> list[Jet]:
    """The `D` coordinates of a box as jets: coordinate `i` has slope one in direction `i`."""
    size = len(box)
    return [
        Jet(Interval(arb(lo), arb(hi), True), tuple(interval(int(i == j)) for j in range(size)))
        for i, (lo, hi) in enumerate(box)
    ]


def log_add_exp(first: Any, second: Any) -> Jet:
    """``log(e^x + e^y)``; its slopes are ``sigmoid(x - y)`` and ``sigmoid(y - x)``."""
    x, y = _with_slopes(jet(first), jet(second))
    value = increasing(lambda a, b: (a.exp() + b.exp()).log(), x.value, y.value)
    difference = x.value - y.value
    return Jet(value, _sum(_times(x.slopes, _sigmoid(difference)), _times(y.slopes, _sigmoid(-difference))))


def _sigmoid(x: Interval) -> Interval:
    return increasing(lambda a: 1 / (1 + (-a).exp()), x)


def _with_slopes(first: Jet, second: Jet) -> tuple[Jet, Jet]:
    """Both, with unknown slopes for one that moves and has none where the other one has some."""
    size = len(first.slopes or second.slopes)
    a, b = (Jet(x.value, (WHOLE,) * size) if x.value.moves and not x.slopes else x for x in (first, second))
    return a, b


def _sum(first: tuple[Interval, ...], second: tuple[Interval, ...]) -> tuple[Interval, ...]:
    if not first or not second:
        return first or second
    return tuple(a + b for a, b in zip(first, second, strict=True))


def _times(slopes: tuple[Interval, ...], factor: Interval) -> tuple[Interval, ...]:
    return tuple(factor * s for s in slopes)
