"""The law of an average, by enumeration and by counts, and that of counts one after another, in rationals."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_checks.exact_law.sampler_enumeration import ONE, compositions


@dataclass(frozen=True)
class Draws:
    """`count` draws from `law`, whose responses have `weights`."""

    law: tuple[Fraction, ...]
    weights: tuple[int, ...]
    count: int

    def averages(self) -> dict[Fraction, Fraction]:
        """The law of the average weight, by enumeration of all sequences."""
        found: dict[Fraction, Fraction] = {}
        for drawn in itertools.product(range(len(self.law)), repeat=self.count):
            average = Fraction(sum(self.weights[y] for y in drawn), self.count)
            mass = math.prod((self.law[y] for y in drawn), start=ONE)
            found[average] = found.get(average, Fraction(0)) + mass
        return found

    def by_counts(self, mass: Callable[[tuple[int, ...], tuple[Fraction, ...]], Fraction]) -> dict[Any, Any]:
        """The law of the average weight, if counts have probability `mass`."""
        found: dict[Fraction, Fraction] = {}
        for counts in compositions(self.count, len(self.law)):
            average = Fraction(sum(n * w for n, w in zip(counts, self.weights, strict=True)), self.count)
            found[average] = found.get(average, Fraction(0)) + mass(counts, self.law)
        return found


def one_by_one(counts: tuple[int, ...], law: tuple[Fraction, ...]) -> Fraction:
    """The product of conditional binomial probabilities, rarest atom first."""
    return product(counts, law, lambda own, tail: own / tail)


def product(
    counts: tuple[int, ...], law: tuple[Fraction, ...], share: Callable[[Fraction, Fraction], Fraction]
) -> Fraction:
    """The same with another chance of an atom than its `share` of its mass and the tail."""
    order = sorted(range(len(law)), key=lambda y: law[y])
    left, total = sum(counts), ONE
    for place, y in enumerate(order):
        tail = sum((law[z] for z in order[place:]), Fraction(0))
        p = share(law[y], tail) if place < len(order) - 1 else ONE
        total *= math.comb(left, counts[y]) * p ** counts[y] * (1 - p) ** (left - counts[y])
        left -= counts[y]
    return total
