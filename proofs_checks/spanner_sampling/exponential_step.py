"""``e^u`` against ``1 + u + kappa u^2`` for ``u <= c``, written so that branch and bound can settle it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Ball = Any
Jet = Any


@dataclass(frozen=True)
class Quadratic:
    """``F(u) = log(e^u / (1 + u + kappa u^2))`` for ``u <= c``, in two charts; all numbers are balls.

    Its slope is ``u (kappa u + 1 - 2 kappa) / (1 + u + kappa u^2)``, which is written down in this form
    because intervals would not see its zero at ``u = 0``. Near `c` the variable is ``v = c - u``, and
    ``1 + u + kappa u^2 = e^c - v (1 + 2 kappa c - kappa v) - shortfall`` with
    ``shortfall = (psi(c) - kappa) c^2``: so both ends where the two sides agree are met without rounding.
    """

    c: Ball
    kappa: Ball
    shortfall: Ball

    def from_zero(self, x: Sequence[Jet]) -> Jet:
        """``F(u)`` as a jet in `u`."""
        (u,) = x
        return _with_slope(u - (u * (1 + self.kappa * u)).log1p(), self._slope(u), u)

    def from_the_end(self, x: Sequence[Jet]) -> Jet:
        """``F(c - v)`` as a jet in `v`."""
        from explore_theory.certify.jets import jet

        (v,) = x
        less = v * (1 + 2 * self.kappa * self.c - self.kappa * v) + self.shortfall
        return _with_slope(-v - (-(less / self.c.exp())).log1p(), -self._slope(jet(self.c) - v), v)

    def _slope(self, u: Jet) -> Jet:
        return u * (self.kappa * u + (1 - 2 * self.kappa)) / (1 + u + self.kappa * u * u)


def _with_slope(value: Jet, slope: Jet, x: Jet) -> Jet:
    """The jet with this value and, by the chain rule, this slope in `x`."""
    from explore_theory.certify import jets

    return jets.Jet(value.value, tuple(slope.value * s for s in x.slopes))


def quadratic(c: float, share: float = 1.0) -> Quadratic:
    """The statement has ``kappa = psi(c)`` and no shortfall; a false variant has a share of it."""
    from explore_theory.certify.balls import ball, precision

    with precision(128):
        end = ball(c)
        kappa = (end.exp() - 1 - end) / end**2
        if share == 1:
            return Quadratic(end, kappa, ball(0))
        return Quadratic(end, ball(share) * kappa, (1 - ball(share)) * kappa * end**2)
