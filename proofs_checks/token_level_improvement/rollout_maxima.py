"""UncertainStateAction in small: every law of lengths on a grid, and the law of the longest it finds.

From each stored pair it makes `N` rollouts. One rollout ends in a state and an action of the policy; there it
draws `n` actions of the base policy. The longest of all is what it returns, ``found``.

A length is a whole number, 0 for the anchor. Laws are tuples of probabilities, by length.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

Law = tuple[Fraction, ...]


def law(*words: str) -> Law:
    """A law from its probabilities."""
    return tuple(map(Fraction, words))


@dataclass(frozen=True)
class State:
    """A state at which rollouts end: its probability, and the lengths of what both policies do there."""

    chance: Fraction
    policy: Law
    base: Law


#: A stored pair: where its rollouts end.
Pair = tuple[State, ...]

IDLE = law("1", "0", "0")
POLICIES = (IDLE, law("3/4", "1/4", "0"), law("2/3", "0", "1/3"), law("1/2", "1/4", "1/4"))
BASES = (IDLE, law("1/2", "1/2", "0"), law("3/4", "0", "1/4"))


def pairs() -> tuple[Pair, ...]:
    """One state, or two of which the policy, or the base policy, is at the anchor in one."""
    third = Fraction(1, 3)
    one = [(State(Fraction(1), p, b),) for p in POLICIES for b in BASES]
    two = [(State(third, IDLE, b), State(1 - third, p, IDLE)) for p in POLICIES[1:] for b in BASES[1:]]
    return (*one, *two)


@dataclass(frozen=True)
class Rollouts:
    """Stored pairs, `N` rollouts of each, and `n` base draws at the end of each."""

    stored: tuple[Pair, ...]
    rollouts: int
    base_draws: int

    def describe(self) -> dict[str, str]:
        """In words."""
        names = [
            "; ".join(
                f"state {s.chance}: policy {[*map(str, s.policy)]} base {[*map(str, s.base)]}" for s in pair
            )
            for pair in self.stored
        ]
        return {"pairs": " | ".join(names), "N": str(self.rollouts), "n": str(self.base_draws)}


def tail(lengths: Law, level: int) -> Fraction:
    """``P[length > level]``."""
    return sum(lengths[level + 1 :], Fraction(0))


def beyond(pair: Pair, level: int) -> Fraction:
    """``P[length of the policy's action > level]`` at the end of a rollout."""
    return sum((s.chance * tail(s.policy, level) for s in pair), Fraction(0))


def bad_states(pair: Pair, level: int, allowed: Fraction) -> Fraction:
    """The probability of a state where the base policy is longer with a probability of at least `allowed`."""
    return sum((s.chance for s in pair if tail(s.base, level) >= allowed), Fraction(0))


@cache
def longest_of_one(pair: Pair, base_draws: int) -> Law:
    """The law of the longest action of one rollout and its base draws, outcome by outcome."""
    size = len(pair[0].policy)
    found = [Fraction(0)] * size
    for s in pair:
        for first in range(size):
            for rest in itertools.product(range(size), repeat=base_draws):
                chance = s.chance * s.policy[first]
                for action in rest:
                    chance *= s.base[action]
                found[max((first, *rest))] += chance
    return tuple(found)


@cache
def longest_of_pair(pair: Pair, rollouts: int, base_draws: int) -> Law:
    """The law of the longest of all rollouts of one pair."""
    return longest_of([longest_of_one(pair, base_draws)] * rollouts)


def longest_of(laws: list[Law]) -> Law:
    """The law of the longest of independent lengths, by enumeration of all of them."""
    size = len(laws[0])
    found = [Fraction(0)] * size
    for lengths in itertools.product(range(size), repeat=len(laws)):
        chance = Fraction(1)
        for one, length in zip(laws, lengths, strict=True):
            chance *= one[length]
        found[max(lengths)] += chance
    return tuple(found)


def longest_of_all(world: Rollouts) -> Law:
    """The law of what is found."""
    return longest_of([longest_of_pair(pair, world.rollouts, world.base_draws) for pair in world.stored])


def worlds(most_pairs: int) -> Iterator[Rollouts]:
    """All lists of up to so many stored pairs, with few rollouts and few base draws."""
    for size in range(1, most_pairs + 1):
        for stored in itertools.combinations_with_replacement(pairs(), size):
            for rollouts, base_draws in itertools.product((1, 3), (1, 2)):
                yield Rollouts(stored, rollouts, base_draws)
