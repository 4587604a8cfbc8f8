"""Laws of rounds in bulk, twice each, in rationals: step by step, and as X5 states them.

The order of rounds in time, sums of capped waiting times, and rounds of a sampler while ``theta`` is frozen.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from explore_theory.oracles.answers import Status
from proofs_checks.exact_law.sampler_enumeration import (
    ONE,
    Rejection,
    Sampler,
    candidate_by_candidate,
    compositions,
    multinomial_mass,
)

ZERO = Fraction(0)
Counts = tuple[int, ...]
Sums = dict[int, Fraction]


def add(law: dict, outcome: object, mass: Fraction) -> None:  # type: ignore[type-arg]
    """Add `mass` to `outcome`."""
    law[outcome] = law.get(outcome, ZERO) + mass


def binomial(k: int, n: int, p: Fraction) -> Fraction:
    """``P(Binomial(n, p) = k)``."""
    return math.comb(n, k) * p**k * (1 - p) ** (n - k)


# --- the order of rounds -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Order:
    """Rounds of several cells, `counts` of each; a round adds its cell's gain; they stop above `limit`."""

    counts: Counts
    gains: Counts
    limit: int

    def gain(self, counts: Counts) -> int:
        """What `counts` rounds add."""
        return sum(n * g for n, g in zip(counts, self.gains, strict=True))


@cache
def in_order(world: Order) -> dict[Counts, Fraction]:
    """The law of the counts up to and with the round that exceeds the limit, over all orders in time."""
    law: dict[Counts, Fraction] = {}
    cells = [cell for cell, n in enumerate(world.counts) for _ in range(n)]
    # Rounds of one cell are told apart, so all orders are equally likely.
    orders = math.factorial(len(cells))
    for order in itertools.permutations(cells):
        prefix = [0] * len(world.counts)
        for cell in order:
            prefix[cell] += 1
            if world.gain(tuple(prefix)) > world.limit:
                break
        add(law, tuple(prefix), Fraction(1, orders))
    return law


def by_halves(world: Order, whole_half: bool = False) -> dict[Counts, Fraction]:
    """The law of the statement: halves in time, the one with the last round split again.

    With `whole_half` the first half that exceeds the limit is kept as it is.
    """

    @cache
    def split(counts: Counts, kept: Counts) -> dict[Counts, Fraction]:
        if sum(counts) == 1:
            return {tuple(a + b for a, b in zip(counts, kept, strict=True)): ONE}
        law: dict[Counts, Fraction] = {}
        for first in itertools.product(*(range(n + 1) for n in counts)):
            # A half without rounds changes nothing, and is split again: what is left is renormalised.
            if sum(first) in (0, sum(counts)):
                continue
            mass = math.prod((binomial(k, n, Fraction(1, 2)) for k, n in zip(first, counts, strict=True)))
            mass /= 1 - 2 * Fraction(1, 2) ** sum(counts)
            joined = tuple(a + b for a, b in zip(first, kept, strict=True))
            if world.gain(joined) > world.limit:
                parts = {joined: ONE} if whole_half else split(first, kept)
            else:
                parts = split(tuple(n - k for k, n in zip(first, counts, strict=True)), joined)
            for outcome, share in parts.items():
                add(law, outcome, mass * share)
        return law

    return split(world.counts, (0,) * len(world.counts))


# --- sums of capped waiting times --------------------------------------------------------------------------


@dataclass(frozen=True)
class Waits:
    """`count` waiting times ``Geometric(p)``, each given that it is at most `cap`."""

    count: int
    p: Fraction
    cap: int


@cache
def by_convolution(world: Waits) -> Sums:
    """The law of their sum, one waiting time after another."""
    r = 1 - world.p
    within = 1 - r**world.cap
    one = {k: r ** (k - 1) * world.p / within for k in range(1, world.cap + 1)}
    law: Sums = {0: ONE}
    for _ in range(world.count):
        longer: Sums = {}
        for total, mass in law.items():
            for k, chance in one.items():
                add(longer, total + k, mass * chance)
        law = longer
    return {total: mass for total, mass in law.items() if mass}


@cache
def by_bits(world: Waits) -> Sums:
    """The law of the statement: intervals from the binary digits of the cap, independent bits within each."""
    if not world.count:
        return {0: ONE}
    r = 1 - world.p
    states: dict[tuple[int, int], Fraction] = {(world.count, world.count): ONE}
    start, rest = 0, world.cap
    while rest:
        bits = rest.bit_length() - 1
        size = 1 << bits
        share = (1 - r**size) / (1 - r**rest)
        after: dict[tuple[int, int], Fraction] = {}
        for (left, total), mass in states.items():
            for here in range(left + 1):
                if not (chance := binomial(here, left, share)):
                    continue
                for extra, own in _bits(here, r, bits).items():
                    add(after, (left - here, total + here * start + extra), mass * chance * own)
        states, start, rest = after, start + size, rest - size
    law: Sums = {}
    for (_, total), mass in states.items():
        add(law, total, mass)
    return law


def _bits(count: int, r: Fraction, bits: int) -> Sums:
    law: Sums = {0: ONE}
    for bit in range(bits):
        ratio = r ** (1 << bit)
        law = {
            total: sum(
                (
                    law.get(total - (k << bit), ZERO) * binomial(k, count, ratio / (1 + ratio))
                    for k in range(count + 1)
                ),
                ZERO,
            )
            for total in range(max(law) + (count << bit) + 1)
        }
    return {total: mass for total, mass in law.items() if mass}


# --- rounds under a frozen theta ---------------------------------------------------------------------------

#: Anchor, response, whether no candidate was accepted.
Cell = tuple[int, int, bool]
#: Cells with how often they occur, sorted; weak calls.
Played = tuple[tuple[tuple[Cell, int], ...], int]


@dataclass(frozen=True)
class Segment:
    """`rounds` rounds at one prompt: a sampler per anchor, one estimate per anchor that is met."""

    samplers: tuple[Sampler, ...]
    rounds: int

    @property
    def base(self) -> tuple[Fraction, ...]:
        """``pi_ref``, of anchors too."""
        return self.samplers[0].base


@cache
def round_by_round(world: Segment) -> dict[Played, Fraction]:
    """The law of cells and calls, by enumeration of every sequence of draws in every round."""
    law: dict[Played, Fraction] = {}

    def estimates(a: int, known: tuple[Rejection | None, ...]) -> Iterator[tuple[Rejection, int, Fraction]]:
        sampler = world.samplers[a]
        if (met := known[a]) is not None:
            yield met, 0, ONE
            return
        for drawn, mass in sampler.sequences():
            yield sampler.rejection(sampler.mean(drawn)), sampler.normaliser, mass

    def go(cells: tuple[Cell, ...], calls: int, known: tuple[Rejection | None, ...], mass: Fraction) -> None:
        if len(cells) == world.rounds:
            counts = tuple(sorted((cell, cells.count(cell)) for cell in set(cells)))
            add(law, (counts, calls), mass)
            return
        for a, q in enumerate(world.base):
            for step, cost, chance in estimates(a, known):
                after = (*known[:a], step, *known[a + 1 :])
                for cell, used, share in answers(step, a):
                    go((*cells, cell), calls + 1 + cost + used, after, mass * q * chance * share)

    go((), 0, (None,) * len(world.base), ONE)
    return {played: mass for played, mass in law.items() if mass}


def answers(step: Rejection, a: int) -> Iterator[tuple[Cell, int, Fraction]]:
    """Cells and calls of one answer given the estimate."""
    for (status, y, used, _), mass in candidate_by_candidate(step).items():
        if status is Status.OK:
            assert y is not None
            yield (a, y, False), used, mass
        else:
            for z, q in enumerate(step.base):
                yield (a, z, True), used + 1, mass * q


def in_bulk(
    world: Segment, sums: Callable[[Waits], Sums] = by_bits, estimates: Callable[[int], int] = bool
) -> dict[Played, Fraction]:
    """The law of the statement: multinomial counts of cells, and the calls of all rounds of a cell together.

    An anchor met `n` times pays for ``estimates(n)`` estimates: one, if `n` is not zero.
    """
    law: dict[Played, Fraction] = {}
    for anchors in compositions(world.rounds, len(world.base)):
        parts: dict[Played, Fraction] = {((), world.rounds): multinomial_mass(anchors, world.base)}
        for a, n in enumerate(anchors):
            joined: dict[Played, Fraction] = {}
            for (cells, calls), mass in parts.items():
                for (own, extra), chance in _of_anchor(world, a, n, sums).items():
                    paid = estimates(n) * world.samplers[a].normaliser
                    add(joined, (tuple(sorted(cells + own)), calls + extra + paid), mass * chance)
            parts = joined
        for played, mass in parts.items():
            add(law, played, mass)
    return law


def _of_anchor(world: Segment, a: int, n: int, sums: Callable[[Waits], Sums]) -> dict[Played, Fraction]:
    """Cells and calls of the `n` rounds with anchor `a`, but for the estimate and the anchors."""
    sampler = world.samplers[a]
    law: dict[Played, Fraction] = {}
    if not n:
        return {((), 0): ONE}
    for drawn, mass in _estimates(sampler).items():
        step = sampler.rejection(drawn)
        p = step.acceptance
        output = tuple(q * step.chance(y) / p for y, q in enumerate(step.base))
        for missed in range(n + 1):
            chance = mass * binomial(missed, n, (1 - p) ** step.budget)
            for yes, no in itertools.product(
                compositions(n - missed, len(output)), compositions(missed, len(output))
            ):
                own = chance * multinomial_mass(yes, output) * multinomial_mass(no, step.base)
                cells = _cells(a, yes, False) + _cells(a, no, True)
                for calls, share in sums(Waits(n - missed, p, step.budget)).items():
                    add(law, (cells, calls + missed * (step.budget + 1)), own * share)
    return law


def _estimates(sampler: Sampler) -> dict[Fraction, Fraction]:
    """The law of the average weight, by counts."""
    law: dict[Fraction, Fraction] = {}
    for counts in compositions(sampler.normaliser, len(sampler.base)):
        total = sum((n * w for n, w in zip(counts, sampler.weights, strict=True)), ZERO)
        add(law, total / sampler.normaliser, multinomial_mass(counts, sampler.base))
    return law


def _cells(a: int, counts: Counts, missed: bool) -> tuple[tuple[Cell, int], ...]:
    return tuple(((a, y, missed), n) for y, n in enumerate(counts) if n)
