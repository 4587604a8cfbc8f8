"""What the softmax sampler does given the estimate of the normaliser, in rationals.

Theory section 2, S8, on two responses.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from explore_theory.harness import Measurement, Trial
from proofs_checks.spanner_sampling.rejection import Sampler

HALF, TWO = Fraction(1, 2), Fraction(2)

TARGETS = (HALF, Fraction(9, 10), Fraction(999, 1000), 1 - Fraction(1, 10**6))


@dataclass(frozen=True, kw_only=True)
class World:
    """Samplers, and the failure probability they were given."""

    samplers: Sequence[Sampler]
    delta: Fraction = Fraction(1)

    def describe(self, k: int) -> dict[str, Any]:
        """Sampler `k` (lists of two comparisons a sampler repeat them)."""
        return self.samplers[k % len(self.samplers)].describe()


def enclosures(balls: Sequence[Any]) -> tuple[Any, Any]:
    """Lower and upper ends of `balls`."""
    from explore_theory.certify.balls import ends

    found = np.array([ends(ball) for ball in balls])
    return found[:, 0], found[:, 1]


def small(trial: Trial, multiplier: int = 2) -> World:
    """Few samples and candidates; ``M`` is `multiplier` times the largest density ratio."""
    most = int(trial.case.params["most draws"])
    return World(
        samplers=[
            Sampler(target=t, ratio=r, multiplier=multiplier * r, samples=m, cap=cap)
            for t in (HALF, Fraction(9, 10))
            for r in (Fraction(6, 5), TWO, Fraction(10))
            for m, cap in itertools.product(range(1, most + 1), (1, 2, most))
        ]
    )


def half_estimates(trial: Trial, multiplier: int = 2) -> World:
    """The same, and one sampler whose estimate can be exactly half the normaliser."""
    exact = Sampler(target=Fraction(9, 10), ratio=TWO, multiplier=multiplier * TWO, samples=40, cap=1)
    return World(samplers=[*small(trial, multiplier).samplers, exact])


def estimates(s: Sampler) -> range:
    """Counts at which ``Zhat >= Z/2``."""
    return range(max(0, s.first_at_least(HALF)), s.samples + 1)


def clipping(world: World) -> Measurement:
    """The largest ``e^{f/beta}/(Zhat M)`` of each sampler over its counts."""
    largest = [max(s.ratio / (s.estimate(k) * s.multiplier) for k in estimates(s)) for s in world.samplers]
    effort = sum(len(estimates(s)) for s in world.samplers)
    return Measurement.exact(largest, effort=effort, unit="counts", witness=world.describe)


def fresh_law(s: Sampler, k: int, *, rejected: bool = False) -> tuple[Fraction, Fraction]:
    """Chances that the output is the first response, and that nothing was accepted; drawn one by one.

    With `rejected`, exhaustion returns the last rejected draw.
    """
    accept = s.acceptance(k)
    mass = (s.mass, 1 - s.mass)
    output, alive = Fraction(0), Fraction(1)
    for _ in range(s.cap):
        output += alive * mass[0] * accept[0]
        dead_first, dead_second = (q * (1 - a) for q, a in zip(mass, accept, strict=True))
        last = alive * dead_first
        alive *= dead_first + dead_second
    return output + (last if rejected else alive * s.mass), alive


def last_rejected_law(s: Sampler, k: int) -> tuple[Fraction, Fraction]:
    """The same if exhaustion returns the last rejected draw."""
    return fresh_law(s, k, rejected=True)


def reused_law(s: Sampler, k: int) -> tuple[Fraction, Fraction]:
    """The same if the candidates are the weak samples themselves, in their random order."""
    accept = s.acceptance(k)

    def go(firsts: int, others: int) -> tuple[Fraction, Fraction]:
        left = firsts + others
        if left == 0:
            return s.mass, Fraction(1)
        output, none = Fraction(0), Fraction(0)
        for chance, take, accepted, is_first in (
            (Fraction(firsts, left), (1, 0), accept[0], 1),
            (Fraction(others, left), (0, 1), accept[1], 0),
        ):
            if chance:
                below = go(firsts - take[0], others - take[1])
                output += chance * (accepted * is_first + (1 - accepted) * below[0])
                none += chance * (1 - accepted) * below[1]
        return output, none

    return go(k, s.samples - k)


def law(world: World, find: Any = fresh_law) -> Measurement:
    """Total variation between the output law and ``(1-e) pi_f + e pi_ref``, for every sampler and count."""
    distances, where = [], []
    for s in world.samplers:
        for k in estimates(s):
            output, none = find(s, k)
            distances.append(abs(output - ((1 - none) * s.target + none * s.mass)))
            where.append({**s.describe(), "count": k})
    return Measurement.exact(distances, unit="counts", witness=lambda i: where[i])
