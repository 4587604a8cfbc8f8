"""Rollouts over later layers with a softmax sampler in every state: values and visits, as balls.

A game has layers of states of two actions. At a state the sampler (`rejection.Sampler`) draws an action and
returns ``rho``, its estimate of ``pi_theta/pi_ref``; the next state depends on the action. Rollouts begin in
the first layer, by one law after the pair that is looked at and by another after its anchor.

Letters: ``b(x)`` is the bias of ``log rho`` at `x` (LF2), ``C = sup pi_theta/pi_ref``; temperature `beta`.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from explore_theory.harness import Bound, Measurement
from proofs_checks.spanner_sampling import binomial
from proofs_checks.spanner_sampling.binomial import BITS
from proofs_checks.spanner_sampling.rejection import Sampler
from proofs_checks.technical_tools import sampler_law

Law = tuple[Fraction, ...]


@dataclass(frozen=True)
class Node:
    """A state: its sampler, what its two actions are paid, and the laws of the next state after each."""

    sampler: Sampler
    rewards: tuple[Fraction, Fraction]
    after: tuple[Law, Law]

    @cached_property
    def drawn(self) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        """For each action: its probability, and the mean of ``log rho`` where it is drawn."""
        from flint import arb

        from explore_theory.certify.balls import ball

        s = self.sampler
        found = [[arb(0), arb(0)], [arb(0), arb(0)]]
        logs = (ball(s.ratio).log(), ball(s.other).log())
        for k, chance in enumerate(binomial.chances(s.samples, s.mass)):
            one, other = s.draw(k)
            none = ball(1 - one - other) ** s.cap
            log_estimate = ball(s.estimate(k)).log()
            for i, (accepted, base) in enumerate(((one, s.mass), (other, 1 - s.mass))):
                p = chance * ((1 - none) * ball(accepted / (one + other)) + none * ball(base))
                found[i][0] += p
                found[i][1] += p * (logs[i] - log_estimate)
        return (found[0][0], found[0][1]), (found[1][0], found[1][1])

    @cached_property
    def outcome(self) -> sampler_law.Outcome:
        """What one call does."""
        return sampler_law.outcome(self.sampler)


@dataclass(frozen=True, kw_only=True)
class Game:
    """Layers of states, the laws of the first after the pair and after its anchor, and `beta`."""

    layers: tuple[tuple[Node, ...], ...]
    starts: tuple[Law, Law]
    beta: Fraction = Fraction(1, 2)

    def describe(self) -> dict[str, str]:
        """In words."""
        names = {
            f"layer {i + 1}, state {j + 1}": str(node.sampler.describe())
            for i, layer in enumerate(self.layers)
            for j, node in enumerate(layer)
        }
        return {"after the pair": str([*map(str, self.starts[0])]), **names}

    def visits(self, start: int) -> list[list[Any]]:
        """The probability of every state of every layer."""
        from explore_theory.certify.balls import ball

        found = [[ball(p) for p in self.starts[start]]]
        for layer, following in itertools.pairwise(self.layers):
            found.append(
                [
                    sum(
                        mass * node.drawn[i][0] * ball(node.after[i][j])
                        for mass, node in zip(found[-1], layer, strict=True)
                        for i in range(2)
                    )
                    for j in range(len(following))
                ]
            )
        return found

    def mean(self, start: int, value: Callable[[Node], Any]) -> Any:
        """The mean over rollouts of the sum over layers of a value of the state."""
        return sum(
            mass * value(node)
            for masses, layer in zip(self.visits(start), self.layers, strict=True)
            for mass, node in zip(masses, layer, strict=True)
        )

    def target(self, start: int) -> Any:
        """The mean of ``sum (r - beta log rho)`` of a rollout, backwards."""
        return self._backwards(start, lambda node, i: node.drawn[i][1])

    def value(self, start: int) -> Any:
        """The mean of ``sum (r - beta log(pi^/pi_ref))``, ``pi^`` the law of what samplers draw."""
        from explore_theory.certify.balls import ball

        def cost(node: Node, i: int) -> Any:
            p, mass = node.drawn[i][0], node.sampler.mass
            return p * (p / ball(mass if i == 0 else 1 - mass)).log()

        return self._backwards(start, cost)

    def _backwards(self, start: int, cost: Callable[[Node, int], Any]) -> Any:
        from explore_theory.certify.balls import ball

        later: list[Any] = []
        for layer in reversed(self.layers):
            worth = []
            for node in layer:
                total = ball(0)
                for i in range(2):
                    ahead = sum((ball(p) * v for p, v in zip(node.after[i], later, strict=False)), ball(0))
                    total += node.drawn[i][0] * (ball(node.rewards[i]) + ahead)
                    total -= ball(self.beta) * cost(node, i)
                worth.append(total)
            later = worth
        return sum(ball(p) * v for p, v in zip(self.starts[start], later, strict=True))


#: Laws of the second layer after either action of the first.
AFTER = (tuple(map(Fraction, ("3/4", "1/4"))), tuple(map(Fraction, ("1/3", "2/3"))))
REWARDS = ((Fraction(1), Fraction(0)), (Fraction(1, 3), Fraction(3, 4)))
NOWHERE: tuple[Law, Law] = ((), ())
#: The first layer after the pair and after the anchor: apart, or overlapping.
STARTS = (
    ((Fraction(1), Fraction(0)), (Fraction(0), Fraction(1))),
    ((Fraction(3, 4), Fraction(1, 4)), (Fraction(1, 4), Fraction(3, 4))),
)


def games(samplers: Sequence[Sampler]) -> list[Game]:
    """One layer of two states with different samplers; two layers with every two samplers in the first."""
    first = [[Node(s, REWARDS[j], AFTER) for s in samplers] for j in range(2)]
    second = [[Node(s, REWARDS[1 - j], NOWHERE) for s in samplers] for j in range(2)]
    found = []
    for i, j in itertools.product(range(len(samplers)), repeat=2):
        last = (second[0][i - 1], second[1][(i + j) % len(samplers)])
        found += [Game(layers=((first[0][i], first[1][j]), last), starts=starts) for starts in STARTS]
        if i != j:
            found.append(Game(layers=((second[0][i], second[1][j]),), starts=STARTS[0]))
    return found


# --- values as balls, to measurements and bounds ------------------------------------------------------------


def measuring(*values: Callable[[Game], Any]) -> Callable[[list[Game]], Measurement]:
    """The measurement of some values of every game, lists after one another."""

    def measure(found: list[Game]) -> Measurement:
        from explore_theory.certify.balls import ends, precision

        with precision(BITS):
            lows, highs = zip(*(ends(value(game)) for game in found for value in values), strict=True)
        return Measurement(
            lo=np.array(lows),
            hi=np.array(highs),
            effort=len(lows),
            unit="rollout laws",
            witness=lambda k: found[k // len(values)].describe(),
        )

    return measure


def bounding(*values: Callable[[Game], Any]) -> Callable[[list[Game]], Bound]:
    """The bound by some values."""

    def bound(found: list[Game]) -> Bound:
        from explore_theory.certify.balls import ends, precision

        with precision(BITS):
            lows, highs = zip(*(ends(value(game)) for game in found for value in values), strict=True)
        return Bound(lo=np.array(lows), hi=np.array(highs))

    return bound
