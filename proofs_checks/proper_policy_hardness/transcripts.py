"""Whole transcripts of proper learners on a small formula, by definition: nothing is taken to be equal.

A strategy names ``theta, theta'`` for every round from whether `star` has been seen in each round before.
Its transcript holds prompts, responses and rewards of all rounds; the law in either world is enumerated.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction

from proofs_checks.proper_policy_hardness.proper_games import Game
from proofs_checks.proper_policy_hardness.rational import Scaled, inner, star_at, violated

Pair = tuple[Scaled, Scaled]
#: What a round shows: prompt, both responses, both rewards.
Shown = tuple[int, int, int, Fraction, Fraction]
ZERO = Fraction(0)


def laws(
    game: Game, rounds: int, null_pays: Fraction = ZERO, *, constant: bool = False
) -> Iterator[tuple[Fraction, Fraction]]:
    """``(TV, P(star))`` of every strategy; `null_pays` is what `null` is worth in the planted world.

    Where it is `constant`, of one only: ``sigma*`` twice in every round.
    """
    grid = list(itertools.product((-1, 0, 1), repeat=game.world.formula.n))
    pairs = [(game.signs,) * 2] if constant else list(itertools.combinations_with_replacement(grid, 2))
    pasts = [past for t in range(rounds) for past in itertools.product((False, True), repeat=t)]
    for chosen in itertools.product(pairs, repeat=len(pasts)):
        strategy = dict(zip(pasts, chosen, strict=True))
        flat, planted = (_law(game, strategy, rounds, pays) for pays in (None, null_pays))
        variation = sum((abs(flat.get(h, ZERO) - planted.get(h, ZERO)) for h in {*flat, *planted}), ZERO) / 2
        star = sum((mass for h, mass in flat.items() if any(y or z for _, y, z, _, _ in h)), ZERO)
        yield variation, star


def _law(
    game: Game, strategy: dict[tuple[bool, ...], Pair], rounds: int, null_pays: Fraction | None
) -> dict[tuple[Shown, ...], Fraction]:
    """The law of the transcript; None for `null_pays` is the flat world, where nothing pays."""
    law: dict[tuple[Shown, ...], Fraction] = {(): Fraction(1)}
    for _ in range(rounds):
        longer: dict[tuple[Shown, ...], Fraction] = defaultdict(Fraction)
        for history, mass in law.items():
            pair = strategy[tuple(bool(y or z) for _, y, z, _, _ in history)]
            for shown, part in _round(game, pair, null_pays):
                longer[(*history, shown)] += mass * part
        law = longer
    return law


def _round(game: Game, pair: Pair, null_pays: Fraction | None) -> Iterator[tuple[Shown, Fraction]]:
    formula, k = game.world.formula, game.world.formula.k
    for j, term in enumerate(formula.literals.tolist()):
        first, second = (star_at(k, game.world.eta, Fraction(inner(term, theta))) for theta in pair)
        worth = ZERO if null_pays is None else 1 - Fraction(2 * violated(term, game.signs), k)
        for y, z in itertools.product((0, 1), repeat=2):
            mass = (first if y else 1 - first) * (second if z else 1 - second) / formula.m
            means = [worth if response else null_pays or ZERO for response in (y, z)]
            for (r, p), (s, q) in itertools.product(game.noise.items(), repeat=2):
                yield (j, y, z, means[0] + r, means[1] + s), mass * p * q
