"""Attempts that pass with chance `p` each, and estimators of the chance that one of `k` does, in rationals.

An estimator is a table over the number `c` of passes among `n` attempts. Letters: ``q = 1 - p``,
``theta = 1 - q^k``.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from explore_theory.claims import Bound, Measurement

Table = Sequence[Fraction]


@dataclass(frozen=True)
class Question:
    """`n` attempts, of which each passes with chance `p`; asked for pass@k."""

    n: int
    k: int
    p: Fraction

    @property
    def theta(self) -> Fraction:
        """``1 - (1 - p)^k``: what is estimated."""
        return 1 - (1 - self.p) ** self.k

    def words(self) -> dict[str, Any]:
        """The question for a reader."""
        return {"n": self.n, "k": self.k, "p": str(self.p)}


def without_replacement(n: int, k: int) -> Table:
    """``1 - C(n - c, k)/C(n, k)``, ``k <= n``: the chance that `k` of the attempts hold a pass."""
    return [1 - Fraction(math.comb(n - c, k), math.comb(n, k)) for c in range(n + 1)]


def plug_in(n: int, k: int) -> Table:
    """``1 - (1 - c/n)^k``."""
    return [1 - Fraction(n - c, n) ** k for c in range(n + 1)]


def guarded(n: int, k: int) -> Table:
    """The usual code: 1 where fewer than `k` attempts failed, else ``1 - prod_{i = n-c+1}^{n} (1 - k/i)``."""
    found = []
    for c in range(n + 1):
        if n - c < k:
            found.append(Fraction(1))
        else:
            kept = (1 - Fraction(k, i) for i in range(n - c + 1, n + 1))
            found.append(1 - math.prod(kept, start=Fraction(1)))
    return found


def chances(n: int, p: Fraction) -> list[Fraction]:
    """The binomial law of `c`."""
    return [math.comb(n, c) * p**c * (1 - p) ** (n - c) for c in range(n + 1)]


def mean(table: Table, p: Fraction) -> Fraction:
    """The mean of an estimator."""
    return sum((a * g for a, g in zip(chances(len(table) - 1, p), table, strict=True)), Fraction(0))


def variance(table: Table, p: Fraction) -> Fraction:
    """Its variance."""
    return mean([g * g for g in table], p) - mean(table, p) ** 2


def questions(most: int, points: int, least: int = 1) -> tuple[Question, ...]:
    """All ``k <= n <= most``, ``n >= least``, at `p` in multiples of ``1/points``, ends included."""
    return tuple(
        Question(n, k, Fraction(j, points))
        for n in range(least, most + 1)
        for k in range(1, n + 1)
        for j in range(points + 1)
    )


def outcomes(n: int) -> Iterator[tuple[int, ...]]:
    """All ways in which `n` attempts may end, 1 for a pass."""
    return itertools.product((0, 1), repeat=n)


def measured(
    value: Callable[[Question], Fraction], unit: str = "questions"
) -> Callable[[tuple[Question, ...]], Measurement]:
    """`value` of every question."""

    def measure(world: tuple[Question, ...]) -> Measurement:
        return Measurement.exact(
            [value(each) for each in world], unit=unit, witness=lambda k: world[k].words()
        )

    return measure


def bounds(value: Callable[[Question], Fraction]) -> Callable[[tuple[Question, ...]], Bound]:
    """`value` of every question, as what is stated."""
    return lambda world: Bound.of([value(each) for each in world])
