"""The laws of rejection sampling and of SoftmaxSampler, twice, in rationals: draw by draw and as X4 says."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from explore_theory.oracles.answers import Status

#: Status, response (None if none), candidates drawn, whether its weight is above the cap.
Tried = tuple[Status, int | None, int, bool]
#: Response, weak calls, whether its weight is above the cap, whether it is the answer to no acceptance.
Answer = tuple[int, int, bool, bool]
ONE = Fraction(1)


@dataclass(frozen=True)
class Rejection:
    """Candidates from `base`, accepted with chance ``min(1, weight/cap)``; budget and purse as in X1."""

    base: tuple[Fraction, ...]
    weights: tuple[Fraction, ...]
    cap: Fraction
    budget: int
    purse: int

    @property
    def most(self) -> int:
        """The most candidates."""
        return min(self.budget, self.purse)

    @property
    def given_up(self) -> Status:
        """The status if none is accepted."""
        return Status.MISS if self.budget <= self.purse else Status.EXHAUSTED

    def chance(self, y: int) -> Fraction:
        """``alpha(y)``."""
        return min(ONE, self.weights[y] / self.cap)

    def clips(self, y: int) -> bool:
        """Whether the weight of `y` is above the cap."""
        return self.weights[y] > self.cap

    @property
    def acceptance(self) -> Fraction:
        """``p = E_{pi_ref} alpha``."""
        return sum((q * self.chance(y) for y, q in enumerate(self.base)), Fraction(0))

    def tilted(self, y: int) -> Fraction:
        """``pi_f(y)``."""
        total = sum((q * w for q, w in zip(self.base, self.weights, strict=True)), Fraction(0))
        return self.base[y] * self.weights[y] / total


@cache
def candidate_by_candidate(world: Rejection) -> dict[Tried, Fraction]:
    """The law of the process, by enumeration of every sequence of candidates and coins."""
    law: dict[Tried, Fraction] = {}

    def go(used: int, mass: Fraction) -> None:
        if used == world.most:
            outcome = (world.given_up, None, used, False)
            law[outcome] = law.get(outcome, Fraction(0)) + mass
            return
        for y, q in enumerate(world.base):
            accepted = (Status.OK, y, used + 1, world.clips(y))
            law[accepted] = law.get(accepted, Fraction(0)) + mass * q * world.chance(y)
            if rejected := q * (1 - world.chance(y)):
                go(used + 1, mass * rejected)

    go(0, ONE)
    return {outcome: mass for outcome, mass in law.items() if mass}


def at_once(world: Rejection) -> dict[Tried, Fraction]:
    """The law of the statement."""
    p = world.acceptance
    law = {
        (Status.OK, y, n, world.clips(y)): (1 - p) ** (n - 1) * q * world.chance(y)
        for y, q in enumerate(world.base)
        for n in range(1, world.most + 1)
    }
    return law | {(world.given_up, None, world.most, False): (1 - p) ** world.most}


@dataclass(frozen=True)
class Sampler:
    """SoftmaxSampler: `normaliser` draws for the estimate, at most `tries` candidates, cap ``Zhat ratio``."""

    base: tuple[Fraction, ...]
    weights: tuple[Fraction, ...]
    ratio: Fraction
    normaliser: int
    tries: int

    def rejection(self, mean: Fraction) -> Rejection:
        """What follows an estimate `mean`."""
        return Rejection(self.base, self.weights, mean * self.ratio, self.tries, self.tries)

    def sequences(self) -> Iterator[tuple[tuple[int, ...], Fraction]]:
        """Every sequence of draws for the estimate, with its probability."""
        for drawn in itertools.product(range(len(self.base)), repeat=self.normaliser):
            if mass := math.prod((self.base[y] for y in drawn), start=ONE):
                yield drawn, mass

    def mean(self, drawn: tuple[int, ...]) -> Fraction:
        """The average weight of `drawn`."""
        return sum((self.weights[y] for y in drawn), Fraction(0)) / len(drawn)


@cache
def draw_by_draw(world: Sampler, fallback: str = "fresh", reuse: bool = False) -> dict[Answer, Fraction]:
    """The law of the answer and its calls, by enumeration of every sequence of draws and coins.

    Two samplers that are not SoftmaxSampler: `fallback` ``"last"`` answers with the candidate that was
    rejected last, and `reuse` takes the draws of the estimate for the first candidates.
    """
    law: dict[Answer, Fraction] = {}

    def note(answer: Answer, mass: Fraction) -> None:
        law[answer] = law.get(answer, Fraction(0)) + mass

    def go(step: Rejection, first: tuple[int, ...], used: int, calls: int, last: int, mass: Fraction) -> None:
        if used == step.budget:
            answers = enumerate(step.base) if fallback == "fresh" else [(last, ONE)]
            for y, q in answers:
                note((y, calls + 1, False, True), mass * q)
            return
        # A draw that is made already costs no call.
        known = used < len(first)
        candidates = [(first[used], ONE)] if known else enumerate(step.base)
        for y, q in candidates:
            after = calls + (not known)
            note((y, after, step.clips(y), False), mass * q * step.chance(y))
            if rejected := q * (1 - step.chance(y)):
                go(step, first, used + 1, after, y, mass * rejected)

    for drawn, mass in world.sequences():
        go(world.rejection(world.mean(drawn)), drawn if reuse else (), 0, len(drawn), -1, mass)
    return {answer: mass for answer, mass in law.items() if mass}


def answered(world: Sampler, known: bool = False) -> dict[Answer, Fraction]:
    """The law of the statement: multinomial counts, then rejection given the estimate, then a fresh draw.

    With `known` the estimate is replaced by the true normaliser.
    """
    law: dict[Answer, Fraction] = {}
    for counts in compositions(world.normaliser, len(world.base)):
        mass = multinomial_mass(counts, world.base)
        weights = world.base if known else [Fraction(c, world.normaliser) for c in counts]
        mean = sum((q * w for q, w in zip(weights, world.weights, strict=True)), Fraction(0))
        for (status, y, used, clipped), chance in at_once(world.rejection(mean)).items():
            calls = world.normaliser + used
            if status is Status.OK:
                assert y is not None
                answers = [((y, calls, clipped, False), chance)]
            else:
                answers = [((z, calls + 1, False, True), chance * q) for z, q in enumerate(world.base)]
            for answer, share in answers:
                law[answer] = law.get(answer, Fraction(0)) + mass * share
    return law


def compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    """Tuples of `parts` numbers >= 0 with sum `total`."""
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in compositions(total - first, parts - 1):
            yield (first, *rest)


def multinomial_mass(counts: tuple[int, ...], law: tuple[Fraction, ...]) -> Fraction:
    """``P(Multinomial(sum counts, law) = counts)``."""
    orders = math.factorial(sum(counts)) // math.prod(math.factorial(c) for c in counts)
    return orders * math.prod((q**c for q, c in zip(law, counts, strict=True)), start=ONE)
