"""LK1: what UncertainStateAction has not found is rare, whatever is stored and however long features are.

Statement. From each of any number of stored pairs `N` rollouts are made, and at the end of each `n` actions
of the base policy are drawn; ``found`` is the longest of all. For all ``p, q, b`` in (0, 1], except with
probability at most
    ``max{(1 - p)^N, (1 - q s)^N}``, ``s = 1 - (1 - b)^n``,
from every stored pair at once the policy's action is longer than ``found`` with probability less than `p`,
and states where the base policy's is with probability `b` or more have probability less than `q`. Either part
alone has its own term. Both are attained. So with probability ``1 - delta``: ``p = log(1/delta)/N``,
``b = 1/n`` and ``q = 1.582 log(1/delta)/N`` (``1/(1 - 1/e) < 1.582``).

Why. What is missed falls with the length found. So there is one level, the highest at which some stored pair
still misses `p` (or `q`), and the call fails only if nothing that long was found; for this the rollouts of
*that* pair must all have missed it. A rollout misses it with probability at most ``1 - p``, or ``1 - q s``:
it must avoid the bad states, or all base draws there must miss. No union over pairs, lengths, states or the
two parts is needed, since one number, ``found``, decides all. *Attained* by one pair: long with probability
`p`; or one bad state of probability `q` where the base policy is long with probability `b`.

As printed (Lemma K.1), ``4 log(16 H |C|/(lambda delta zeta))/N`` for `p`, and as much over `n` for `b`, for
lengths beyond twice what was found and ``2 zeta``. True, and wide. Its proof has ``>= gamma`` on the left of
(86) with ``> gamma`` on the right, which fails where lengths have an atom, as lengths do; and its set of good
states (page 87) is written as that of the bad ones. Its (89) has `N` in the logarithm, (85) does not; (85) is
true all the same. Where all lengths are zero Algorithm 6 returns nothing (``kappa = 0``, ``>``): take the
anchor.

What is checked. 18 laws of pairs on three lengths, in rationals, with up to two stored pairs (one, where both
parts are asked for at once), one or three rollouts, one or two base draws, and every critical value of p, q
and b; the rates in balls.

What is not. Laws without atoms: limits of those with.

Why trust it. The law of what is found is summed outcome by outcome; no power of ``1 - p`` is in it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    Trial,
    best_constant,
)
from proofs_checks.token_level_improvement import best_constants, missed_mass_printed
from proofs_checks.token_level_improvement import rollout_maxima as maxima
from proofs_checks.token_level_improvement.rollout_maxima import Rollouts

#: A little above ``1/(1 - 1/e)``.
BASE_FACTOR = Fraction(1582, 1000)
ZERO = Fraction(0)


@dataclass(frozen=True)
class Question:
    """A world and what may be missed; `p` is zero where only states are asked for, `q` where only actions."""

    world: Rollouts
    p: Fraction = ZERO
    q: Fraction = ZERO
    b: Fraction = ZERO

    def describe(self) -> dict[str, str]:
        """In words."""
        return {**self.world.describe(), "p": str(self.p), "q": str(self.q), "b": str(self.b)}


def questions(trial: Trial) -> list[Question]:
    """Every critical `p`, every critical `q` and `b`, or both at once, of every world of the case."""
    part, most = trial.case.params["part"], int(trial.case.params["pairs"])
    found = []
    for world in maxima.worlds(most):
        levels = range(len(world.stored[0][0].policy))
        ps = sorted({maxima.beyond(pair, level) for pair in world.stored for level in levels} - {ZERO})
        bs = {maxima.tail(s.base, level) for pair in world.stored for s in pair for level in levels} - {ZERO}
        qs = sorted({(s.chance, b) for pair in world.stored for s in pair for b in bs})
        if part == "actions":
            found += [Question(world, p=p) for p in ps]
        elif part == "states":
            found += [Question(world, q=q, b=b) for q, b in qs]
        else:
            found += [Question(world, p, q, b) for p in ps for q, b in qs]
    return found


def fails(question: Question, level: int) -> bool:
    """Whether some stored pair misses too much once that length was found."""
    stored = question.world.stored
    actions = question.p and any(maxima.beyond(pair, level) >= question.p for pair in stored)
    states = question.q and any(maxima.bad_states(pair, level, question.b) >= question.q for pair in stored)
    return bool(actions or states)


def chances(found: list[Question]) -> Measurement:
    """The probability that a call fails."""
    values = [
        sum((c for level, c in enumerate(maxima.longest_of_all(q.world)) if fails(q, level)), ZERO)
        for q in found
    ]
    return Measurement.exact(values, unit="questions", witness=lambda k: found[k].describe())


Exponent = Callable[[Rollouts], int]


def each_pair(world: Rollouts) -> int:
    """`N`: only one pair need miss."""
    return world.rollouts


def at_most(
    found: list[Question],
    *,
    exponent: Exponent = each_pair,
    base: Callable[[Rollouts], int] = lambda w: w.base_draws,
    sure: bool = False,
) -> Bound:
    """``max{(1 - p)^N, (1 - q s)^N}``; false variants have other powers, or ``s = 1``."""
    values = []
    for question in found:
        power = exponent(question.world)
        s = Fraction(1) if sure else 1 - (1 - question.b) ** base(question.world)
        terms = [(1 - question.p) ** power] if question.p else []
        terms += [(1 - question.q * s) ** power] if question.q else []
        values.append(max(terms))
    return Bound.of(values)


# --- the rates ----------------------------------------------------------------------------------------------

DELTAS = tuple(map(Fraction, ("9/10", "1/2", "1/100", "1/1000000")))
SIZES = (10, 1000, 10**5)


def rates(trial: Trial, *, factor: Fraction = BASE_FACTOR, one: Fraction = Fraction(1)) -> Measurement:
    """``(1 - p)^N/delta`` and ``(1 - q s)^N/delta`` at the stated rates, or with other factors."""
    from explore_theory.certify.balls import ball, ends, precision

    rows, names = [], []
    with precision(128):
        for delta in DELTAS:
            for size in SIZES:
                log = ball(1 / delta).log()
                n = int(trial.case.params["n"])
                s = 1 - ball(1 - Fraction(1, n)) ** n
                for name, rate in (("p", ball(one) * log), ("q", ball(factor) * log * s)):
                    rows.append((1 - rate / size) ** size / ball(delta))
                    names.append({"part": name, "delta": str(delta), "N": str(size), "n": str(n)})
        lows, highs = zip(*map(ends, rows), strict=True)
        says = [log_fits(names[k]) for k in range(len(rows))]
    return Measurement(
        lo=np.array(lows),
        hi=np.array(highs),
        effort=len(rows),
        unit="rates",
        applicable=np.array(says),
        witness=lambda k: names[k],
    )


def log_fits(name: dict[str, str]) -> bool:
    """Whether the rates are probabilities: ``1.582 log(1/delta) <= N``."""
    from explore_theory.certify.balls import ball, ends

    return ends(ball(BASE_FACTOR) * ball(1 / Fraction(name["delta"])).log())[1] <= int(name["N"])


def missed(name: str) -> Check:
    """One part of the statement, or both at once."""
    return Check(
        slug=name,
        evidence=Evidence.EXHAUSTIVE,
        cases=(
            Case(slug="one-pair", params={"part": name, "pairs": 1}, tight=True),
            *(
                (Case(slug="two-pairs", params={"part": name, "pairs": 2}, tight=True),)
                if name != "either"
                else ()
            ),
        ),
        instance=questions,
        measure=chances,
        bound=at_most,
    )


ONE = Bound.of(1.0)

CLAIM = Claim(
    id="LK1",
    slug="missed-mass",
    theorem="token_level_improvement",
    title="What UncertainStateAction has not found is rare, whatever is stored",
    statement=(
        "After N rollouts from each of any number of stored pairs and n base draws at the end of each, but "
        "for a chance of max{(1-p)^N, (1-q s)^N}, s = 1 - (1-b)^n, from every pair at once: the policy's "
        "action is longer than the longest found with probability less than p, and states where the base "
        "policy's is with probability b or more have probability less than q. Both are attained."
    ),
    formula=(
        r"\mathbb{P}[\exists\, \mathrm{pair}: P(|\varphi| > \hat L) \ge p \text{ or } "
        r"P(x: P_{\mathrm{ref}}(|\varphi| > \hat L \mid x) \ge b) \ge q] \le "
        r"\max\{(1-p)^N, (1 - q(1 - (1-b)^n))^N\}"
    ),
    relation="<=",
    scope=(
        "18 laws on three lengths with one or two stored pairs, in rationals, at each critical p, q and b; "
        "rates in balls. Implies Lemma K.1 without H, |C|, lambda, zeta and its factors."
    ),
    source="Lemma K.1 (pages 85-87) of Foster, Mhammedi and Rohatgi (COLT 2025), sharper: ours.",
    checks=(
        missed("actions"),
        missed("states"),
        missed("either"),
        Check(
            slug="rates",
            evidence=Evidence.CERTIFIED,
            cases=tuple(Case(slug=f"n{n}", params={"n": n}, tight=n == 1000) for n in (1, 3, 1000)),
            measure=rates,
            bound=lambda _: ONE,
            share=0.5,
        ),
        best_constant(best_constants.RATE),
    ),
    false_variants=(
        FalseVariant(
            slug="all-pairs-must-miss",
            why="(1 - p)^(N m) with m stored pairs: one of them may be alone in what it reaches",
            check="actions",
            bound=lambda found: at_most(found, exponent=lambda w: w.rollouts * len(w.stored)),
            cases=("two-pairs",),
        ),
        FalseVariant(
            slug="one-rollout-more",
            why="(1 - p)^(N + 1)",
            check="actions",
            bound=lambda found: at_most(found, exponent=lambda w: w.rollouts + 1),
            cases=("one-pair",),
        ),
        FalseVariant(
            slug="bad-states-found-at-once",
            why="s = 1: a rollout that ends in a bad state finds it out",
            check="states",
            bound=lambda found: at_most(found, sure=True),
            cases=("one-pair",),
        ),
        FalseVariant(
            slug="base-draws-of-all-rollouts",
            why="n N in place of n: as if every rollout's base draws were made in one state",
            check="states",
            bound=lambda found: at_most(found, base=lambda w: w.base_draws * w.rollouts),
            cases=("one-pair",),
        ),
        FalseVariant(
            slug="one-base-draw-more",
            why="n + 1 base draws",
            check="either",
            bound=lambda found: at_most(found, base=lambda w: w.base_draws + 1),
        ),
        FalseVariant(
            slug="three-halves",
            why="1.5 log(1/delta)/N for states, below e/(e - 1)",
            check="rates",
            measure=lambda trial: rates(trial, factor=Fraction(3, 2)),
            cases=("n1000",),
        ),
        FalseVariant(
            slug="nine-tenths-of-the-log",
            why=".9 log(1/delta)/N for actions",
            check="rates",
            measure=lambda trial: rates(trial, one=Fraction(9, 10)),
            cases=("n1000",),
        ),
    ),
    printed=missed_mass_printed.PRINTED,
)
