"""FitValue's least squares in small: pairs of one or two dimensions, targets of two values, all outcomes.

The target of a pair is the mean of `N` independent draws. A draw is worth one of two values, which differ by
``width``; its mean is ``<phi, theta*>`` plus ``bias``. Everything is a fraction.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

Vector = tuple[Fraction, ...]


def vector(words: str) -> Vector:
    """A vector from its entries."""
    return tuple(map(Fraction, words.split()))


def dot(first: Sequence[Fraction], second: Sequence[Fraction]) -> Fraction:
    """The inner product."""
    return sum((a * b for a, b in zip(first, second, strict=True)), Fraction(0))


@dataclass(frozen=True)
class Pair:
    """Features relative to the anchor; a draw's chance of the larger value, the width, and the bias."""

    feature: Vector
    chance: Fraction
    width: Fraction
    bias: Fraction


@dataclass(frozen=True)
class Fit:
    """Pairs, ``theta*``, `N`, and `Theta`: all, or (one dimension) an interval ``[-radius, radius]``."""

    pairs: tuple[Pair, ...]
    truth: Vector
    rollouts: int
    radius: Fraction | None = None

    def describe(self) -> dict[str, str]:
        """In words."""
        pairs = [
            f"phi {[*map(str, p.feature)]}, chance {p.chance}, width {p.width}, bias {p.bias}"
            for p in self.pairs
        ]
        truth = str([*map(str, self.truth)])
        return {"pairs": "; ".join(pairs), "theta*": truth, "N": str(self.rollouts), "B": str(self.radius)}

    @cached_property
    def values(self) -> Vector:
        """``<phi, theta*>`` of every pair."""
        return tuple(dot(p.feature, self.truth) for p in self.pairs)

    def outcomes(self) -> Iterator[tuple[Fraction, Vector]]:
        """The chance and the targets of every outcome of all draws, by how many are the larger value."""
        n = self.rollouts
        for counts in itertools.product(range(n + 1), repeat=len(self.pairs)):
            chance, targets = Fraction(1), []
            for pair, value, count in zip(self.pairs, self.values, counts, strict=True):
                p = pair.chance
                chance *= math.comb(n, count) * p**count * (1 - p) ** (n - count)
                targets.append(value + pair.bias + pair.width * (Fraction(count, n) - p))
            yield chance, tuple(targets)

    def estimate(self, targets: Vector) -> Vector:
        """The least squares estimate, from the normal equations; in one dimension cut to `Theta`."""
        columns = list(zip(*(p.feature for p in self.pairs), strict=True))
        right = [dot(column, targets) for column in columns]
        if len(columns) == 1:
            theta = right[0] / dot(columns[0], columns[0])
            if self.radius is not None:
                theta = max(-self.radius, min(self.radius, theta))
            return (theta,)
        first, second = columns
        a, b, d = dot(first, first), dot(first, second), dot(second, second)
        det = a * d - b * b
        return ((d * right[0] - b * right[1]) / det, (a * right[1] - b * right[0]) / det)

    def error(self, theta: Vector) -> Fraction:
        """``sum_i <phi_i, theta - theta*>^2``."""
        off = [t - truth for t, truth in zip(theta, self.truth, strict=True)]
        return sum((dot(p.feature, off) ** 2 for p in self.pairs), Fraction(0))

    @cached_property
    def span(self) -> list[Vector]:
        """Orthogonal vectors, one entry a pair, that span what ``<phi_i, theta>`` can be."""
        found: list[Vector] = []
        for column in zip(*(p.feature for p in self.pairs), strict=True):
            rest = list(column)
            for q in found:
                share = dot(column, q) / dot(q, q)
                rest = [x - share * y for x, y in zip(rest, q, strict=True)]
            found.append(tuple(rest))
        return found

    def leverage(self, i: int) -> Fraction:
        """The share of pair `i` in the projection on the span."""
        return sum((q[i] ** 2 / dot(q, q) for q in self.span), Fraction(0))

    def projected(self, errors: Sequence[Fraction]) -> Fraction:
        """The square of the length of the projection of errors of all pairs on the span."""
        return sum((dot(errors, q) ** 2 / dot(q, q) for q in self.span), Fraction(0))


#: Features of core sets, with a theta*.
CORES = (
    (("1",), "1/3"),
    (("1", "1/2"), "1/3"),
    (("1", "-2", "1/2"), "-1/2"),
    (("1 0", "0 1"), "1/4 -1/3"),
    (("1 0", "1 1", "0 1/2"), "1/4 -1/3"),
    (("1 1", "2 1"), "1/2 1/8"),
)
CHANCES = tuple(map(Fraction, ("1/2", "1/4", "9/10")))
WIDTHS = tuple(map(Fraction, ("1", "2", "1/2")))
BIASES = (vector("0 0 0"), vector("1/4 1/4 1/4"), vector("-1/2 1/3 0"))


def fits(*, constrained: bool) -> list[Fit]:
    """Fits with and without bias, from one and two draws; constrained ones are of one dimension."""
    found = []
    for features, words in CORES:
        truth = vector(words)
        if constrained and len(truth) > 1:
            continue
        radii = (abs(truth[0]), 2 * abs(truth[0])) if constrained else (None,)
        for biases, rollouts, radius in itertools.product(BIASES, (1, 2), radii):
            pairs = tuple(
                Pair(vector(f), c, w, b)
                for f, c, w, b in zip(features, CHANCES, WIDTHS, biases, strict=False)
            )
            found.append(Fit(pairs, truth, rollouts, radius))
    return found


def coins(rollouts: int, chance: Fraction) -> list[Fit]:
    """Fits of coins, without bias."""
    return [
        Fit(
            tuple(Pair(vector(f), chance, Fraction(1), Fraction(0)) for f in features),
            vector(words),
            rollouts,
        )
        for features, words in CORES
        if len(features) <= 2
    ]
