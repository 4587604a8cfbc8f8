"""The law of rounds of searching, twice, in rationals: by enumeration of all draws, and as X2 states it."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Any

from explore_theory.oracles.answers import Status

#: Status, prompt (None if nothing was found), what was found, prompts drawn, calls made.
Outcome = tuple[Status, int | None, Any, int, int]
Law = dict[Outcome, Fraction]
Try = tuple[tuple[Any, Fraction], ...]


@dataclass(frozen=True)
class Rounds:
    """Prompts with mass `rho`, at each a law of one try and a set that is looked for.

    At most `rounds` rounds of at most `per_round` tries, each of `per` calls; no more than `prompts` prompts
    and `calls` calls are paid for.
    """

    rho: tuple[Fraction, ...]
    laws: tuple[Try, ...]
    targets: tuple[frozenset[Any], ...]
    rounds: int
    per_round: int
    prompts: int
    calls: int
    per: int = 1

    def hit(self, x: int) -> Fraction:
        """``p_x``."""
        return sum((mass for y, mass in self.laws[x] if y in self.targets[x]), Fraction(0))

    def accepting(self, x: int) -> Fraction:
        """``s_x = 1 - (1 - p_x)^N``."""
        return 1 - (1 - self.hit(x)) ** self.per_round

    @property
    def accepted(self) -> Fraction:
        """``S = E_x s_x``."""
        return sum((self.rho[x] * self.accepting(x) for x in range(len(self.rho))), Fraction(0))


@cache
def round_by_round(world: Rounds) -> Law:
    """The law of the process itself, by enumeration of every sequence of prompts and tries."""
    law: Law = {}

    def note(outcome: Outcome, mass: Fraction) -> None:
        law[outcome] = law.get(outcome, Fraction(0)) + mass

    def begin(rounds: int, calls: int, mass: Fraction) -> None:
        if rounds == world.rounds:
            note((Status.MISS, None, None, rounds, calls), mass)
        elif rounds == world.prompts:
            note((Status.EXHAUSTED, None, None, rounds, calls), mass)
        else:
            for x, chance in enumerate(world.rho):
                if chance:
                    search(x, 0, rounds + 1, calls, mass * chance)

    def search(x: int, tries: int, rounds: int, calls: int, mass: Fraction) -> None:
        if tries == world.per_round:
            begin(rounds, calls, mass)
        elif calls + world.per > world.calls:
            note((Status.EXHAUSTED, None, None, rounds, calls), mass)
        else:
            for y, chance in world.laws[x]:
                if y in world.targets[x]:
                    note((Status.OK, x, y, rounds, calls + world.per), mass * chance)
                elif chance:
                    search(x, tries + 1, rounds, calls + world.per, mass * chance)

    begin(0, 0, Fraction(1))
    return {outcome: mass for outcome, mass in law.items() if mass}


def at_once(world: Rounds) -> Law:
    """The law of the statement."""
    law = found(world)
    total, whole = world.accepted, world.per * world.per_round
    skipped = min(world.rounds, world.prompts, world.calls // whole)
    if skipped == world.rounds:
        law[Status.MISS, None, None, skipped, skipped * whole] = (1 - total) ** skipped
    elif skipped == world.prompts:
        law[Status.EXHAUSTED, None, None, skipped, skipped * whole] = (1 - total) ** skipped
    else:
        # One more round begins, and its calls run out after `tries`.
        tries = (world.calls - skipped * whole) // world.per
        none = sum((rho * (1 - world.hit(x)) ** tries for x, rho in enumerate(world.rho)), Fraction(0))
        calls = skipped * whole + tries * world.per
        law[Status.EXHAUSTED, None, None, skipped + 1, calls] = (1 - total) ** skipped * none
    return law


def found(world: Rounds) -> Law:
    """The part of the statement where something is found."""
    law: Law = {}
    total = world.accepted
    chances = [(world.hit(x), world.accepting(x)) for x in range(len(world.rho))]
    for skipped, (x, rho), tries in itertools.product(
        range(min(world.rounds, world.prompts)), enumerate(world.rho), range(1, world.per_round + 1)
    ):
        calls = world.per * (skipped * world.per_round + tries)
        p, s = chances[x]
        if calls > world.calls or not rho * s:
            continue
        number = (1 - total) ** skipped * total
        prompt = rho * s / total
        after = (1 - p) ** (tries - 1) * p / s
        for y, mass in world.laws[x]:
            if y in world.targets[x] and mass:
                law[Status.OK, x, y, skipped + 1, calls] = number * prompt * after * mass / p
    return law


def tiny(responses: int, rounds: int, per_round: int, pairs: bool) -> Iterator[Rounds]:
    """Two prompts with laws of denominator 6, all sets looked for, purses that run out in many ways."""
    half, third = (Fraction(1, 2), Fraction(1, 2)), (Fraction(1, 3), Fraction(2, 3))
    weights = {2: ((1, 5), (3, 3)), 3: ((1, 2, 3), (4, 0, 2))}[responses]
    laws = tuple(_law(w, pairs) for w in weights)
    sets = [_sets(law, pairs) for law in laws]
    per = 2 if pairs else 1
    most = rounds * per_round * per
    for rho, targets in itertools.product((half, third), itertools.product(*sets)):
        base = Rounds(rho, laws, targets, rounds, per_round, rounds, most, per)
        yield base
        for prompts, calls in ((rounds - 1, most), (rounds, most - 1), (rounds + 1, most // 2), (1, 1)):
            yield replace(base, prompts=prompts, calls=calls)


def _law(weights: tuple[int, ...], pairs: bool) -> Try:
    single = {y: Fraction(w, 6) for y, w in enumerate(weights)}
    if not pairs:
        return tuple(single.items())
    return tuple(((y, z), single[y] * single[z]) for y, z in itertools.product(single, repeat=2))


def _sets(law: Try, pairs: bool) -> list[frozenset[Any]]:
    points = [y for y, _ in law]
    if pairs:
        # Sets of pairs that do not depend on their order.
        return [
            frozenset(p for p in points if frozenset(p) in chosen)
            for chosen in _subsets(sorted({frozenset(p) for p in points}, key=sorted))
        ]
    return list(_subsets(points))


def _subsets(points: list[Any]) -> Iterator[frozenset[Any]]:
    for size in range(len(points) + 1):
        yield from map(frozenset, itertools.combinations(points, size))
