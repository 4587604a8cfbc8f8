"""How often a call of the softmax sampler is not good, or its density ratio is off: exactly, and as bounded.

Letters as in `sampler_law`; `w = Zhat/Z`.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from explore_theory.harness import Bound, Measurement
from proofs_checks.spanner_sampling.rejection import Sampler
from proofs_checks.technical_tools import sampler_law
from proofs_checks.technical_tools.sampler_law import BITS, World, enclosures, outcome


def failing(world: World) -> Measurement:
    """The chance that a call is not good, for every sampler."""
    from explore_theory.certify.balls import precision

    with precision(BITS):
        return sampler_law.measured(world, [outcome(s).fails for s in world.samplers])


def decays(world: World, *exponents: Fraction) -> Bound:
    """``sum e^{-exponent N/M}`` for every sampler."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        sums = [sum((-ball(e * s.samples / s.multiplier)).exp() for e in exponents) for s in world.samplers]
        lo, hi = enclosures(sums)
    return Bound(lo=lo, hi=hi)


def beyond(accuracy: Any, s: Sampler) -> Callable[[Fraction], bool]:
    """Whether ``|log w| > accuracy C/sqrt(M)``, of an estimate `w`."""
    from explore_theory.certify.balls import ball

    size = accuracy * (ball(s.ratio**2 / s.multiplier)).sqrt()
    low, high = (-size).exp(), size.exp()

    def far(w: Fraction) -> bool:
        return bool(ball(w) < low or ball(w) > high)

    return far


def far_or_failing(world: World) -> Measurement:
    """The chance that a call is not good or its log-ratio is off by more than ``C sqrt(2/M)``."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        root = ball(2).sqrt()
        return sampler_law.measured(world, [outcome(s, beyond(root, s)).fails for s in world.samplers])


def inaccurate(world: World, accuracy: Fraction) -> Measurement:
    """The chance that the log-ratio is off by more than ``accuracy C/sqrt(M)``."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        found = [outcome(s, beyond(ball(accuracy), s)).clipped for s in world.samplers]
        return sampler_law.measured(world, found)


def delta_times(world: World, factor: Fraction) -> Bound:
    """``factor delta``."""
    return Bound.of([factor * world.delta])
