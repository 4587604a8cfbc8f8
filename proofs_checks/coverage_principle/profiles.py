"""Pairs of laws on a few responses, in rationals, and their coverage profile from its definition.

``Cov_N(first || second) = P_first[first/second >= N]``: what `first` says and `second` says `N` times more
rarely. With ``>`` in place of ``>=`` it is smaller where a ratio is exactly `N`; a claim states the stronger
of the two. Where `second` has no mass the ratio is infinite.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from explore_theory.claims import Bound, Measurement, Trial, ball, precision

Law = tuple[Fraction, ...]
BITS = 128
ZERO, ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True)
class Pair:
    """Two laws on the same responses, and a level `N`."""

    first: Law
    second: Law
    level: Fraction


def laws(responses: int, grid: int, least: int = 0) -> Iterator[Law]:
    """All laws whose masses are multiples of ``1/grid``, each at least ``least/grid``."""
    spare = grid - least * responses
    for cuts in itertools.combinations(range(spare + responses - 1), responses - 1):
        ends = (-1, *cuts, spare + responses - 1)
        yield tuple(Fraction(b - a - 1 + least, grid) for a, b in itertools.pairwise(ends))


def coverage(first: Law, second: Law, level: Fraction, *, strict: bool = False) -> Fraction:
    """``Cov_N``; with `strict`, where the ratio exceeds `level`."""
    terms = (
        t
        for t, p in zip(first, second, strict=True)
        if t > 0 and (t > level * p if strict else t >= level * p)
    )
    return sum(terms, ZERO)


def divergence(first: Sequence[Fraction], second: Sequence[Fraction]) -> Any:
    """``KL(first || second)``, a ball at the working precision; infinite where `second` misses something."""
    if any(t > 0 and p == 0 for t, p in zip(first, second, strict=True)):
        return ball(float("inf"))
    ratios = [(t, t / p) for t, p in zip(first, second, strict=True) if t > 0]
    return sum((ball(t) * ball(ratio).log() for t, ratio in ratios), ball(0))


def hellinger(first: Law, second: Law) -> Any:
    """``D_H^2 = (1/2) sum (sqrt(first) - sqrt(second))^2``, a ball; exactly zero for equal laws."""
    terms = ((ball(t).sqrt() - ball(p).sqrt()) ** 2 / 2 for t, p in zip(first, second, strict=True) if t != p)
    return sum(terms, ball(0))


def pairs(trial: Trial) -> tuple[Pair, ...]:
    """All pairs of laws on a grid at some levels; of the second, with no mass below ``least/grid``."""
    params = trial.case.params
    size, grid, least = (int(params[name]) for name in ("responses", "grid", "least"))
    levels = [Fraction(level) for level in str(params["levels"]).split()]
    both = itertools.product(laws(size, grid), laws(size, grid, least))
    return tuple(Pair(t, p, level) for (t, p), level in itertools.product(both, levels))


def rare(trial: Trial) -> tuple[Pair, ...]:
    """A response of mass ``p`` that the second law says exactly `N` times more rarely, `p` small."""
    mass = Fraction(str(trial.case.params["mass"]))
    levels = [Fraction(level) for level in str(trial.case.params["levels"]).split()]
    return tuple(Pair((mass, 1 - mass), (mass / n, 1 - mass / n), n) for n in levels)


def text(law: Law) -> str:
    """Masses with commas between them."""
    return ", ".join(map(str, law))


def covered(world: tuple[Pair, ...], *, strict: bool = False) -> Measurement:
    """``Cov_N`` of every pair."""
    values = [coverage(each.first, each.second, each.level, strict=strict) for each in world]
    return Measurement.exact(values, unit="pairs of laws", witness=lambda k: told(world[k]))


def told(pair: Pair) -> dict[str, Any]:
    """A pair in words."""
    return {"first": text(pair.first), "second": text(pair.second), "N": str(pair.level)}


def each(value: Callable[[Pair], Any]) -> Callable[[tuple[Pair, ...]], Bound]:
    """`value` of every pair as what is stated."""

    def bound(world: tuple[Pair, ...]) -> Bound:
        with precision(BITS):
            return Bound.of([value(pair) for pair in world])

    return bound
