"""The law of a search, twice, in rationals: by enumeration of all sequences of draws, and as X1 states it."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from explore_theory.oracles.answers import Status

#: Status, response (None if none was found), tries.
Outcome = tuple[Status, Any, int]
Law = dict[Outcome, Fraction]


@dataclass(frozen=True)
class Search:
    """A law on outcomes of one try, the set that is looked for, tries allowed and tries paid for."""

    law: dict[Any, Fraction]
    target: frozenset[Any]
    budget: int
    purse: int

    @property
    def cap(self) -> int:
        """The most tries."""
        return min(self.budget, self.purse)

    @cached_property
    def process(self) -> "Law":
        """The law of the process itself, see `draw_by_draw`."""
        return _enumerated(self)

    @property
    def given_up(self) -> Status:
        """The status if nothing is found."""
        return Status.MISS if self.budget <= self.purse else Status.EXHAUSTED


def searches_of(count: int, most: int, pairs: bool) -> list[Search]:
    """Every law, set, budget and purse up to `most` tries; a try is one of `count` responses, or a pair."""
    found = []
    for weights in partitions(6, count):
        single = [Fraction(w, 6) for w in weights]
        law: dict[Any, Fraction] = dict(enumerate(single))
        if pairs:
            law = {(y, z): single[y] * single[z] for y, z in itertools.product(law, repeat=2)}
        for target, budget in itertools.product(_subsets(list(law)), range(most + 1)):
            # A purse beyond the budget makes no difference; the last one is.
            found += [Search(law, target, budget, purse) for purse in range(0, budget + 2, 2)]
    return found


def draw_by_draw(search: Search) -> Law:
    """The law of the process itself, by enumeration of every sequence of draws; not to be changed."""
    return search.process


def _enumerated(search: Search) -> Law:
    law: Law = {}

    def go(used: int, mass: Fraction) -> None:
        if used == search.budget or used + 1 > search.purse:
            status = Status.MISS if used == search.budget else Status.EXHAUSTED
            law[status, None, used] = law.get((status, None, used), Fraction(0)) + mass
            return
        for drawn, chance in search.law.items():
            if drawn in search.target:
                outcome = (Status.OK, drawn, used + 1)
                law[outcome] = law.get(outcome, Fraction(0)) + mass * chance
            elif chance:
                go(used + 1, mass * chance)

    go(0, Fraction(1))
    return law


def at_once(search: Search) -> Law:
    """The law of the statement."""
    p = sum((search.law[y] for y in search.target), Fraction(0))
    law: Law = {
        (Status.OK, y, k): (1 - p) ** (k - 1) * p * (search.law[y] / p if p else Fraction(0))
        for y in search.target
        for k in range(1, search.cap + 1)
    }
    return law | {(search.given_up, None, search.cap): (1 - p) ** search.cap}


def partitions(total: int, parts: int, most: int | None = None) -> Iterator[tuple[int, ...]]:
    """Decreasing tuples of `parts` numbers >= 0 with sum `total`."""
    most = total if most is None else most
    if parts == 1:
        if total <= most:
            yield (total,)
        return
    for first in range(min(total, most), -1, -1):
        for rest in partitions(total - first, parts - 1, first):
            yield (first, *rest)


def _subsets(points: list[Any]) -> Iterator[frozenset[Any]]:
    for size in range(len(points) + 1):
        yield from map(frozenset, itertools.combinations(points, size))
