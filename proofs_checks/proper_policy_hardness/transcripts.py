"""Whole transcripts of proper learners on a small formula, by definition: nothing is taken to be equal.

A strategy names ``theta, theta'`` for every round from whether `star` has been seen in each round before.
Its transcript holds prompts, responses and rewards of all rounds; the law in either world is enumerated.
"""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from proofs_checks.proper_policy_hardness.proper_games import Game
from proofs_checks.proper_policy_hardness.rational import Scaled, inner, star_at, violated

Pair = tuple[Scaled, Scaled]
#: What a round shows: prompt, both responses, both rewards.
Shown = tuple[int, int, int, Fraction, Fraction]
ZERO = Fraction(0)
#: What a round may show, by its number, and with what mass.
Masses = list[tuple[int, int]]


@dataclass(frozen=True)
class Rounds:
    """One round of each pair in either world: `flat` and `planted`, in masses of one over `whole`.

    `stars` says of what is shown, by number, whether a star is among it.
    """

    flat: dict[Pair, Masses]
    planted: dict[Pair, Masses]
    stars: list[bool]
    whole: int


def laws(
    game: Game, rounds: int, null_pays: Fraction = ZERO, *, constant: bool = False
) -> Iterator[tuple[Fraction, Fraction]]:
    """``(TV, P(star))`` of every strategy; `null_pays` is what `null` is worth in the planted world.

    Where it is `constant`, of one only: ``sigma*`` twice in every round.
    """
    grid = list(itertools.product((-1, 0, 1), repeat=game.world.formula.n))
    every = itertools.combinations_with_replacement(grid, 2)
    pairs: list[Pair] = [(game.signs, game.signs)] if constant else list(every)
    pasts = [past for t in range(rounds) for past in itertools.product((False, True), repeat=t)]
    single = _rounds(game, pairs, null_pays)
    whole = single.whole**rounds
    for chosen in itertools.product(pairs, repeat=len(pasts)):
        strategy = dict(zip(pasts, chosen, strict=True))
        flat, planted = (_law(side, single.stars, strategy, rounds) for side in (single.flat, single.planted))
        apart = sum(abs(flat.get(h, 0) - planted.get(h, 0)) for h in {*flat, *planted})
        star = sum(mass for h, mass in flat.items() if any(single.stars[shown] for shown in h))
        yield Fraction(apart, 2 * whole), Fraction(star, whole)


def _law(
    single: dict[Pair, Masses], stars: list[bool], strategy: dict[tuple[bool, ...], Pair], rounds: int
) -> dict[tuple[int, ...], int]:
    """The law of the transcript, rounds by their numbers."""
    law: dict[tuple[int, ...], int] = {(): 1}
    for _ in range(rounds):
        longer: dict[tuple[int, ...], int] = defaultdict(int)
        for history, mass in law.items():
            for shown, part in single[strategy[tuple(stars[before] for before in history)]]:
                longer[(*history, shown)] += mass * part
        law = longer
    return law


def _rounds(game: Game, pairs: list[Pair], null_pays: Fraction) -> Rounds:
    """What the rounds of all strategies consist of, brought to one denominator."""
    sides = [{pair: list(_round(game, pair, pays)) for pair in pairs} for pays in (None, null_pays)]
    parts = [part for side in sides for shown in side.values() for part in shown]
    number = {shown: i for i, shown in enumerate(dict.fromkeys(shown for shown, _ in parts))}
    whole = math.lcm(*(mass.denominator for _, mass in parts))
    flat, planted = (
        {
            pair: [(number[one], mass.numerator * (whole // mass.denominator)) for one, mass in shown]
            for pair, shown in side.items()
        }
        for side in sides
    )
    return Rounds(flat, planted, [bool(y or z) for _, y, z, _, _ in number], whole)


def _round(game: Game, pair: Pair, null_pays: Fraction | None) -> Iterator[tuple[Shown, Fraction]]:
    """What a round of a pair may show; None for `null_pays` is the flat world, where nothing pays."""
    formula, k = game.world.formula, game.world.formula.k
    for j, term in enumerate(formula.literals.tolist()):
        first, second = (star_at(k, game.world.eta, Fraction(inner(term, theta))) for theta in pair)
        worth = ZERO if null_pays is None else 1 - Fraction(2 * violated(term, game.signs), k)
        for y, z in itertools.product((0, 1), repeat=2):
            mass = (first if y else 1 - first) * (second if z else 1 - second) / formula.m
            means = [worth if response else null_pays or ZERO for response in (y, z)]
            for (r, p), (s, q) in itertools.product(game.noise.items(), repeat=2):
                yield (j, y, z, means[0] + r, means[1] + s), mass * p * q
