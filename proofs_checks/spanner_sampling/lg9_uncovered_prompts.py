"""LG9: on how few prompts the spanner leaves anything uncovered, without a logarithm of the rounds.

Statement. The spanner phase of Algorithm 3 has `T` rounds of a fresh prompt and up to `m` base pairs; the
first pair longer than ``nu`` joins, and in all at most `K` can ever join (G.8, S2). Let ``p_end`` be the mass
of prompts on which, at the end, a base pair is longer than ``nu`` with probability more than ``eps``. Then
for every ``0 < p <= 1``, with ``s = 1 - (1 - eps)^m``,
    ``P[p_end >= p] <= P[Bin(T, p s) <= K - 1]``,
which is attained, and so with probability at least ``1 - delta``
    ``p_end <= (2 (K - 1) + 1.256 log(1/delta))/(T s)``.
With ``eps = 1/m`` this has ``s >= 1 - 1/e``: no ``eps`` of order ``log(T/delta)/m`` is needed, as in Lemma
G.9, where ``eps_span = 8 log(4 T/delta)/m`` and ``p_end <= (2 K + 8 log(4/delta))/T``.

Why. Lengths only shrink, so the mass of bad prompts only falls: where ``p_end >= p`` it was at least `p` in
every round, and in each a pair joined with probability at least ``p s``, whatever went before. And fewer than
`K` joined, since one more could. *Attained* by one kind of bad prompt, of mass `p`, with a long pair of
probability ``eps`` until `K` have joined. *The rate* is Chernoff's bound: ``P[Bin(T, q) <= k]`` is at most
``exp(u k - T q (1 - e^{-u}))`` for every ``u >= 0``, here with ``u = 2 (1 - e^{-u})``, which makes
``1/(1 - e^{-u})`` less than 1.256. The paper asks of every round that what was not found has mass at most
``eps_span``, by a union over rounds; here a round may miss it.

What is checked. The value of the game against an adversary who chooses the chance of joining in each round
from all that went before, by dynamic programming over fractions, against the binomial law; the rate, against
that law in ball arithmetic; the phase itself, drawn prompt by prompt, against both.

What is not. `K`: S2, S2s.

Why trust it. The dynamic programme knows no binomial law, and the drawn phase knows neither.
"""

from fractions import Fraction
from itertools import product
from math import comb

import numpy as np

from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    Resolution,
    Tally,
    Trial,
)

#: ``u/(1 - e^{-u}) = 2`` at ``u = 1.5936..``, and ``1/(1 - e^{-u})`` there, rounded up.
KEPT = Fraction(2)
RARE = Fraction(1256, 1000)


def below(rounds: int, chance: Fraction, most: int) -> Fraction:
    """``P[Bin(rounds, chance) <= most]``."""
    return sum(
        (comb(rounds, k) * chance**k * (1 - chance) ** (rounds - k) for k in range(min(most, rounds) + 1)),
        Fraction(0),
    )


def game_value(rounds: int, chance: Fraction, most: int, *, less: bool = False) -> Fraction:
    """The largest probability that fewer than `most` pairs have joined after `rounds` rounds.

    In each round the adversary may choose the chance of joining: `chance`, twice or half-way to certainty,
    from how many have joined; a false variant lets it take half of `chance` once two have, which is less.
    """
    choices = {chance, min(Fraction(1), 2 * chance), (1 + chance) / 2}
    later = {*choices, chance / 2} if less else choices
    value = [Fraction(int(joined < most)) for joined in range(rounds + 1)]
    for left in range(rounds):
        played = rounds - left - 1
        value = [
            max(q * value[joined + 1] + (1 - q) * value[joined] for q in (later if joined > 1 else choices))
            for joined in range(played + 1)
        ]
    return value[0]


#: Rounds, limits and chances of joining in a round.
GAMES = tuple(
    product((1, 2, 5, 9, 14), (1, 2, 4), (Fraction(1, 10), Fraction(1, 3), Fraction(1, 2), Fraction(9, 10)))
)


def played(trial: Trial, *, less: bool = False) -> Measurement:
    """The value of each game."""
    values = [game_value(rounds, chance, most, less=less) for rounds, most, chance in GAMES]
    return Measurement.exact(np.array(values, dtype=object), unit="games", witness=_game)


def _game(k: int) -> dict[str, str]:
    rounds, most, chance = GAMES[k]
    return {"T": str(rounds), "K": str(most), "p s": str(chance)}


def joined_fewer(trial: Trial, *, most: int = 1) -> Bound:
    """``P[Bin(T, p s) <= K - 1]``; a false variant allows `most` fewer, or none fewer."""
    values = [below(rounds, chance, limit - most) for rounds, limit, chance in GAMES]
    return Bound.of(np.array(values, dtype=object))


#: Rounds, limits, pairs of a round and error levels, at ``eps = 1/m``.
TAILS = tuple(product((50, 400, 3000), (1, 3, 20), (1, 2, 10, 1000), (Fraction(1, 2), Fraction(1, 1000))))


def tails(trial: Trial, *, kept: Fraction = KEPT, rare: Fraction = RARE) -> Measurement:
    """``P[Bin(T, p s) <= K - 1]/delta`` where `p` is what the statement says, in ball arithmetic.

    Where that exceeds one nothing is said. A false variant has other constants.
    """
    from explore_theory.certify.balls import ball, ends, precision

    lows, highs, says = [], [], []
    with precision(128):
        for rounds, most, pairs, delta in TAILS:
            missed = (1 - Fraction(1, pairs)) ** pairs
            product_ps = (ball(kept) * (most - 1) + ball(rare) * ball(1 / delta).log()) / rounds
            # ``p s`` is all that matters; p itself must not exceed one.
            says.append(ends(product_ps / ball(1 - missed))[1] <= 1)
            chance = product_ps if says[-1] else ball(Fraction(1, 2))
            total = ball(0)
            for k in range(min(most - 1, rounds) + 1):
                total = total + comb(rounds, k) * chance**k * (1 - chance) ** (rounds - k)
            low, high = ends(total / ball(delta))
            lows.append(low)
            highs.append(high)
    return Measurement(
        lo=np.array(lows),
        hi=np.array(highs),
        effort=len(TAILS),
        unit="tails",
        applicable=np.array(says),
        witness=lambda k: dict(zip(("T", "K", "m", "delta"), map(str, TAILS[k]), strict=True)),
    )


def drawn(trial: Trial) -> Tally:
    """Runs of the phase, prompt by prompt, after which the bad prompts are still bad.

    A prompt is bad with probability `p`; on bad prompts each of `m` pairs is long with probability ``eps``
    until `K` have joined.
    """
    params = trial.case.params
    rounds, most, pairs = int(params["T"]), int(params["K"]), int(params["m"])
    p, eps = float(params["p"]), float(params["eps"])
    uniform = trial.streams.uniform(rounds * (1 + pairs)).reshape(len(trial.rows), rounds, 1 + pairs)
    found = (uniform[:, :, 0] < p) & (uniform[:, :, 1:] < eps).any(axis=-1)
    return Tally(successes=int((found.sum(axis=-1) < most).sum()), trials=len(trial.rows))


def law_of_phase(trial: Trial, *, most: int = 1) -> Bound:
    """``P[Bin(T, p s) <= K - 1]`` of the case."""
    params = trial.case.params
    miss = (1 - Fraction(str(params["eps"]))) ** int(params["m"])
    chance = Fraction(str(params["p"])) * (1 - miss)
    return Bound.of(float(below(int(params["T"]), chance, int(params["K"]) - most)), error=1e-12)


CLAIM = Claim(
    id="LG9",
    slug="uncovered-prompts",
    theorem="spanner_sampling",
    title="Prompts that the spanner leaves uncovered have a binomial tail, without a logarithm of the rounds",
    statement=(
        "If at most K pairs can ever join, prompts on which more than eps is uncovered have mass p or more "
        "at the end with probability at most P[Bin(T, p s) <= K - 1], s = 1 - (1 - eps)^m, which is "
        "attained; so their mass is at most (2 (K - 1) + 1.256 log(1/delta))/(T s), and eps = 1/m will do."
    ),
    formula=(
        r"\mathbb{P}[p_{\mathrm{end}} \ge p] \le \mathbb{P}[\mathrm{Bin}(T, p\,(1 - (1 - \varepsilon)^m)) "
        r"\le K - 1]"
    ),
    relation="<=",
    scope=(
        "Adaptive adversaries by exact dynamic programming to 14 rounds; the rate in ball arithmetic over a "
        "grid to 3000 rounds; the phase drawn. Implies Lemma G.9 with explicit constants."
    ),
    source="A sharper form of Lemma G.9 (pages 52-53) of Foster, Mhammedi and Rohatgi (COLT 2025).",
    uses=("S2",),
    checks=(
        Check(
            slug="game",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="adaptive", tight=True),),
            measure=played,
            bound=joined_fewer,
        ),
        Check(
            slug="rate",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="grid"),),
            measure=tails,
            bound=lambda _: Bound.of(1.0),
            share=0.5,
        ),
        Check(
            slug="phase",
            evidence=Evidence.STATISTICAL,
            cases=(
                Case(
                    slug="m4",
                    params={"T": 60, "K": 3, "m": 4, "p": 0.1, "eps": 0.25},
                    rows={"quick": 40_000, "full": 400_000},
                    block=4000,
                ),
            ),
            measure=drawn,
            bound=law_of_phase,
            relation="==",
            resolution=Resolution(absolute=0.02),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="one-more-joins",
            why="Bin <= K - 2: as if one had joined already",
            check="game",
            bound=lambda trial: joined_fewer(trial, most=2),
        ),
        FalseVariant(
            slug="less-once-two-have-joined",
            why="an adversary who may go below p s once two have joined",
            check="game",
            measure=lambda trial: played(trial, less=True),
        ),
        FalseVariant(
            slug="half-the-limit",
            why="one in place of 2 before K - 1",
            check="rate",
            measure=lambda trial: tails(trial, kept=Fraction(1), rare=Fraction(1, 2)),
        ),
        FalseVariant(
            slug="half-the-log",
            why="log(1/delta)/2",
            check="rate",
            measure=lambda trial: tails(trial, rare=Fraction(1, 2)),
        ),
        FalseVariant(
            slug="found-at-once",
            why="every bad prompt adds a pair: s = 1",
            check="phase",
            bound=lambda trial: Bound.of(float(below(60, Fraction(1, 10), 2)), error=1e-12),
        ),
    ),
)
