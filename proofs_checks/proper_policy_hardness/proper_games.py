"""All adaptive proper learners on a small formula at once, in rationals.

In a round a learner that knows everything but the world names ``theta, theta'`` before the prompt is drawn,
and sees prompt, responses and rewards. Until `star` is first returned its data have one law in both worlds,
so all it can use of them is that `star` has not been returned; from then on it remembers the likelihood
ratio of the worlds, and nothing else matters to it. So the best of a linear functional of (total variation,
``P(star)``, what is charged per round) over all learners is a dynamic program over (rounds left, likelihood
ratio).

Learners choose from ``{-1, 0, 1}^n``, the vertices and centres of the box. Letters: `m` terms, `k` literals.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from proofs_checks.proper_policy_hardness.rational import Scaled, World, value, violated

ZERO, ONE, HALF = Fraction(0), Fraction(1), Fraction(1, 2)
#: Probabilities of reward noise, by offset.
Noise = Mapping[Fraction, Fraction]
#: The larger value of a round's two assignments -> what the learner is charged for the round.
Charge = Callable[[Fraction], Fraction]

NO_NOISE: Noise = {ZERO: ONE}
#: Likelihood ratio (None: the flat world never shows it), flat and planted mass.
Shown = list[tuple[Fraction | None, Fraction, Fraction]]


@dataclass(frozen=True)
class Choice:
    """What one pair ``theta, theta'`` does at one prompt or on average over prompts.

    ``outcomes``: pairs of probabilities (flat world, planted world) of data with a `star`, by likelihood
    ratio; ``star`` their sum; ``value`` the larger value of the two assignments.
    """

    value: Fraction
    star: Fraction
    outcomes: tuple[tuple[Fraction, Fraction], ...]


@dataclass(frozen=True, eq=False)
class Game:
    """A formula in its two worlds, ``T`` rounds.

    Parameters
    ----------
    world, signs, noise
        The problem, ``sigma*``, and the law of the noise of each reward.
    peeking
        Let the learner see the prompt before it chooses, as no proper learner may.
    until_star
        Redraw each response until it is `star`, as no proper learner may.
    """

    world: World
    signs: Scaled
    noise: Noise
    peeking: bool = False
    until_star: bool = False

    def best(self, rounds: int, *, variation: int, star: Fraction, charge: Charge) -> Fraction:
        """The largest ``variation * TV - star * P(star) - E sum of charges until star`` of any learner."""
        situations = self._situations(data=variation != 0)

        @cache
        def after(left: int, ratio: Fraction) -> Fraction:
            """Total variation still to come per unit of flat probability, at a likelihood ratio."""
            if left == 0:
                return abs(1 - ratio) / 2
            return sum(
                (
                    max(
                        sum((total(f, g, left - 1, ratio) for f, g in choice.outcomes), ZERO)
                        + (1 - choice.star) * after(left - 1, ratio)
                        for choice in choices
                    )
                    for choices in situations
                ),
                ZERO,
            ) / len(situations)

        def total(flat: Fraction, planted: Fraction, left: int, ratio: Fraction) -> Fraction:
            if flat == 0:
                return planted * ratio / 2
            return flat * after(left, planted * ratio / flat)

        @cache
        def before(left: int) -> Fraction:
            if left == 0:
                return ZERO

            def worth(choice: Choice) -> Fraction:
                found = -star * choice.star - charge(choice.value) + (1 - choice.star) * before(left - 1)
                if variation:
                    found += variation * sum((total(f, g, left - 1, ONE) for f, g in choice.outcomes), ZERO)
                return found

            return sum((max(map(worth, choices)) for choices in situations), ZERO) / len(situations)

        return before(rounds)

    def _situations(self, data: bool) -> list[list[Choice]]:
        """What the learner may choose among: once for all prompts, or prompt by prompt if it peeks."""
        n, prompts = self.world.formula.n, range(self.world.formula.m)
        grid = list(itertools.product((-1, 0, 1), repeat=n))
        star = {theta: [ONE] * len(prompts) if self.until_star else self.world.star(theta) for theta in grid}
        worth = {theta: value(self.world.formula, theta) for theta in grid}
        # What a pair does depends on its chances of a star at each prompt, and on its larger value.
        pairs = list(
            dict.fromkeys(
                (tuple(star[first]), tuple(star[second]), max(worth[first], worth[second]))
                for first, second in itertools.combinations_with_replacement(grid, 2)
            )
        )

        @cache
        def shown(j: int, first: Fraction, second: Fraction) -> Shown:
            """Data with a `star` at prompt `j`: likelihood ratio, and mass in either world."""
            return [
                (planted / flat if flat else None, mass * flat, mass * planted)
                for (flat, planted), mass in self._data(j, first, second).items()
            ]

        def choice(pair: tuple[Any, Any, Fraction], among: range) -> Choice:
            first, second, best = pair
            if not data:
                miss = sum(((1 - first[j]) * (1 - second[j]) for j in among), ZERO)
                return Choice(best, 1 - miss / len(among), ())
            seen: dict[Fraction | None, list[Fraction]] = {}
            for j in among:
                for ratio, flat, planted in shown(j, first[j], second[j]):
                    total = seen.setdefault(ratio, [ZERO, ZERO])
                    total[0] += flat
                    total[1] += planted
            outcomes = tuple((f / len(among), g / len(among)) for f, g in seen.values())
            return Choice(best, sum((f for f, _ in outcomes), ZERO), outcomes)

        if self.peeking:
            return [_distinct([choice(pair, range(j, j + 1)) for pair in pairs]) for j in prompts]
        return [_distinct([choice(pair, range(prompts.stop)) for pair in pairs])]

    def _data(self, j: int, first: Fraction, second: Fraction) -> dict[tuple[Fraction, Fraction], Fraction]:
        """Data with a `star` at prompt `j`: (probability of its rewards flat, planted) -> mass."""
        one = self._rewards(j)
        both = [(f * f2, g * g2) for (f, g), (f2, g2) in itertools.product(one, repeat=2)]
        found: dict[tuple[Fraction, Fraction], Fraction] = {}
        single = first * (1 - second) + (1 - first) * second
        for rewards, mass in ((one, single), (both, first * second)):
            for pair in rewards:
                found[pair] = found.get(pair, ZERO) + mass
        return found

    def _rewards(self, j: int) -> list[tuple[Fraction, Fraction]]:
        """The probabilities of each reward of `star` at prompt `j`, flat and planted."""
        k = self.world.formula.k
        u = violated(self.world.formula.literals[j].tolist(), self.signs)
        shift = 1 - Fraction(2 * u, k)
        seen = dict.fromkeys([*self.noise, *(offset + shift for offset in self.noise)])
        return [(self.noise.get(r, ZERO), self.noise.get(r - shift, ZERO)) for r in seen]


def _distinct(choices: list[Choice]) -> list[Choice]:
    return list(dict.fromkeys(choices))


def best_star(
    world: World, rounds: int, pairs: list[tuple[Scaled, Scaled]] | None = None
) -> dict[Fraction, Fraction]:
    """``tau`` -> the largest ``P(star within T rounds)`` of a learner with assignments of value <= ``tau``.

    For each ``tau`` that is a value; learners choose from `pairs`, by default all of ``{-1, 0, 1}^n``. What
    they see before a star tells them nothing, so the best plays its best pair in every round.
    """
    grid = list(itertools.product((-1, 0, 1), repeat=world.formula.n))
    best: dict[Fraction, Fraction] = {}
    star = {theta: world.star(theta) for theta in (grid if pairs is None else {t for p in pairs for t in p})}
    for first, second in itertools.combinations_with_replacement(grid, 2) if pairs is None else pairs:
        worth = max(value(world.formula, first), value(world.formula, second))
        miss = sum(((1 - p) * (1 - q) for p, q in zip(star[first], star[second], strict=True)), ZERO)
        best[worth] = max(best.get(worth, ZERO), 1 - miss / world.formula.m)
    limits = sorted(best)
    return {tau: 1 - (1 - max(best[v] for v in limits if v <= tau)) ** rounds for tau in limits}
