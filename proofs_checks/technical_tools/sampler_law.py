"""What one call of the softmax sampler does on two responses: its events and its output law, as balls.

The sampler is `rejection.Sampler`: normalised so that ``E_{pi_ref} e^{f/beta} = 1``, so that weights are the
density ratios ``pi_f/pi_ref`` and ``w = Zhat/Z`` is the average of the weak samples' weights.

Letters: `k` of the ``N`` weak samples are the first response; ``C = sup pi_f/pi_ref``; ``a = N/M``.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from explore_theory.harness import Measurement, Trial
from proofs_checks.spanner_sampling import binomial, rejection
from proofs_checks.spanner_sampling.binomial import BITS
from proofs_checks.spanner_sampling.given_estimate import World, enclosures
from proofs_checks.spanner_sampling.rejection import Sampler

__all__ = ["BITS", "Outcome", "World", "enclosures", "exact_outcome", "outcome", "rounded"]

#: ``pi_f`` of the response that it prefers.
TARGETS = (Fraction(1, 2), Fraction(9, 10), 1 - Fraction(1, 10**6))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Balls around what one call does.

    `clipped`: that some weight exceeds ``Zhat M``, or the estimate is `far`; `exhausted`: neither, but no
    candidate is accepted; `first`: the chance that the output is the first response.
    """

    clipped: Any
    exhausted: Any
    first: Any

    @property
    def fails(self) -> Any:
        """The chance that the call is not an exact draw from ``pi_f``."""
        return self.clipped + self.exhausted


def outcome(s: Sampler, far: Callable[[Fraction], bool] = lambda _: False) -> Outcome:
    """Summed over all counts; `far` says of which estimates ``Zhat/Z`` the call fails too."""
    from flint import arb

    from explore_theory.certify.balls import ball

    clipped, exhausted, first = arb(0), arb(0), arb(0)
    mass = ball(s.mass)
    for k, chance in enumerate(binomial.chances(s.samples, s.mass)):
        one, other = s.draw(k)
        none = ball(1 - one - other) ** s.cap
        first += chance * ((1 - none) * ball(one / (one + other)) + none * mass)
        if s.ratio > s.estimate(k) * s.multiplier or far(s.estimate(k)):
            clipped += chance
        else:
            exhausted += chance * none
    return Outcome(clipped=clipped, exhausted=exhausted, first=first)


def exact_outcome(s: Sampler) -> tuple[Fraction, Fraction]:
    """The chances that the output is the first response, and that the call fails, in rationals."""
    first, fails = Fraction(0), Fraction(0)
    for k in range(s.samples + 1):
        chance = math.comb(s.samples, k) * s.mass**k * (1 - s.mass) ** (s.samples - k)
        one, other = s.draw(k)
        none = (1 - one - other) ** s.cap
        first += chance * ((1 - none) * one / (one + other) + none * s.mass)
        fails += chance * (1 if s.ratio > s.estimate(k) * s.multiplier else none)
    return first, fails


def rounded(
    target: Fraction, ratio: Fraction, multiplier: Fraction, delta: Fraction, *, down: bool = False
) -> Sampler:
    """The sampler with ``N = 4 M log(4/delta)`` rounded up, or down."""
    count = rejection.budget(multiplier, delta) - down
    return Sampler(target=target, ratio=ratio, multiplier=multiplier, samples=count, cap=count)


def stated(trial: Trial, *, multiple: Fraction = Fraction(4), power: int = 1) -> World:
    """Samplers with ``M = multiple C^power`` and both roundings of ``N``."""
    params = trial.case.params
    delta, most = Fraction(str(params["delta"])), int(params["most ratio"])
    ratios = [ratio for ratio in (Fraction(21, 20), Fraction(2), Fraction(5), Fraction(20)) if ratio <= most]
    return World(
        samplers=[
            rounded(target, ratio, multiple * ratio**power, delta, down=down)
            for target in TARGETS
            for ratio in ratios
            for down in (False, True)
        ],
        delta=delta,
    )


def measured(world: World, found: list[Any], unit: str = "counts") -> Measurement:
    """Balls, one for each sampler (or several lists of them after one another), as a measurement."""
    lo, hi = enclosures(found)
    effort = sum(s.samples + 1 for s in world.samplers)
    return Measurement(lo=lo, hi=hi, effort=effort, unit=unit, witness=world.describe)
