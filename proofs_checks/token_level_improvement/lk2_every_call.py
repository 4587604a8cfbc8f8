"""LK2: all calls of UncertainStateAction in MTSS find what is not rare, whatever it learns between them.

Statement. If each of `K` calls fails with probability at most `f` given all that went before, all succeed
with probability at least ``(1 - f)^K``, which is attained. With LK1 and ``K = H T`` calls of `N` rollouts and
`n` base draws at the end of each: with probability ``1 - delta/2``, in every call and from every stored pair,
what is longer than the longest found has probability less than ``p = log(2 H T/delta)/N`` under the policy,
and states where it has ``1/n`` or more under the base policy have probability less than ``1.582 p``.

Why. Probabilities of success given the past multiply; ``1 - (1 - f)^K <= K f`` and ``(1 - p)^N <= e^{-p N}``.

As printed (Lemma K.2), ``8 log(32 H T/(lambda delta nu^2))/N`` for `p` and for states, and
``8 log(16 H T/(lambda delta nu^2))/n`` for the base policy. True, since larger. It does not follow from Lemma
K.1, whose probability of bad states has `N` in its logarithm: at the parameters of J.1.4
``4 log(32 H N |C|/(lambda delta' zeta))`` exceeds ``8 log(32 H T/(lambda delta nu^2))``.

What is checked. An adversary that chooses what is stored and reached in each call from all that was found
before, by backward induction over histories, in rationals; the rate in balls.

What is not. That the adversary's menu is everything: LK1 is a bound for all worlds.

Why trust it. The game knows laws of what is found, and no probability of failing.
"""

from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    PrintedForm,
    Trial,
)
from proofs_checks.token_level_improvement import lk1_missed_mass as lk1
from proofs_checks.token_level_improvement import rollout_maxima as maxima
from proofs_checks.token_level_improvement.lk1_missed_mass import Question
from proofs_checks.token_level_improvement.rollout_maxima import Pair, Rollouts, State, law

#: Pairs from which the adversary builds what is stored.
QUARTER, THIRD = (
    (State(Fraction(1), law("3/4", "1/4", "0"), maxima.IDLE),),
    (State(Fraction(1), law("2/3", "0", "1/3"), law("1/2", "1/2", "0")),),
)
HIDDEN: Pair = (
    State(Fraction(1, 3), maxima.IDLE, law("3/4", "0", "1/4")),
    State(Fraction(2, 3), maxima.IDLE, maxima.IDLE),
)
MENU: tuple[tuple[Pair, ...], ...] = ((QUARTER,), (THIRD,), (HIDDEN,), (QUARTER, HIDDEN), (THIRD, THIRD))
#: What may be missed: `p`, and `q` and `b` for states.
MISSED = ((Fraction(1, 4), Fraction(1, 3), Fraction(1, 4)), (Fraction(1, 3), Fraction(1, 2), Fraction(1, 2)))
SIZES = tuple(
    (calls, rollouts, draws, missed)
    for calls in (1, 2, 4)
    for rollouts in (1, 2, 3)
    for draws in (1, 2)
    for missed in MISSED
)


def question(stored: tuple[Pair, ...], rollouts: int, draws: int, missed: tuple[Fraction, ...]) -> Question:
    """What is asked of one call."""
    return Question(Rollouts(stored, rollouts, draws), *missed)


def game_value(
    calls: int, rollouts: int, draws: int, missed: tuple[Fraction, ...], *, least: bool = False
) -> Fraction:
    """The largest probability that some call fails, over all ways to choose calls by what was found.

    A false variant has an adversary that does its `least`.
    """
    best = min if least else max
    laws = [(q, maxima.longest_of_all(q.world)) for q in (question(m, rollouts, draws, missed) for m in MENU)]

    @cache
    def value(history: tuple[int, ...], failed: bool) -> Fraction:
        if len(history) == calls:
            return Fraction(int(failed))
        return best(
            sum(
                (
                    chance * value((*history, level), failed or lk1.fails(q, level))
                    for level, chance in enumerate(found)
                ),
                Fraction(0),
            )
            for q, found in laws
        )

    return value((), False)


def played(_: Trial, *, least: bool = False) -> Measurement:
    """The value of every game."""
    values = [game_value(*size, least=least) for size in SIZES]
    names = ("calls", "N", "n", "p, q, b")
    return Measurement.exact(
        values, unit="games", witness=lambda k: dict(zip(names, map(str, SIZES[k]), strict=True))
    )


def allowed(_: Trial, *, fewer: int = 0, states: bool = True) -> Bound:
    """``1 - (1 - f)^K``; false variants count `fewer` calls, or forget states."""
    values = []
    for calls, rollouts, draws, (p, q, b) in SIZES:
        f = (1 - p) ** rollouts
        if states:
            f = max(f, (1 - q * (1 - (1 - b) ** draws)) ** rollouts)
        values.append(1 - (1 - f) ** (calls - fewer))
    return Bound.of(values)


# --- the rate -----------------------------------------------------------------------------------------------

CALLS = (1, 12, 10**4)
DELTAS = tuple(map(Fraction, ("9/10", "1/10", "1/1000000")))
ROLLOUTS = (100, 10**5)
RATES = tuple((calls, delta, size) for calls in CALLS for delta in DELTAS for size in ROLLOUTS)


def enclosed(rows: list[Any], unit: str, witness: Any) -> Measurement:
    """Balls as a measurement."""
    from explore_theory.certify.balls import ends

    lows, highs = zip(*map(ends, rows), strict=True)
    return Measurement(lo=np.array(lows), hi=np.array(highs), effort=len(rows), unit=unit, witness=witness)


def failures(_: Trial, *, union: bool = True) -> Measurement:
    """``(1 - (1 - f)^K)/(delta/2)``, ``f = (1 - p)^N``, at the stated `p`; or without the union."""
    from explore_theory.certify.balls import ball, precision

    rows = []
    with precision(128):
        for calls, delta, size in RATES:
            p = ball(2 * (calls if union else 1) / delta).log() / size
            f = (1 - p) ** size
            rows.append((1 - (1 - f) ** calls) / ball(delta / 2))
    names = ("K", "delta", "N")
    return enclosed(rows, "rates", lambda k: dict(zip(names, map(str, RATES[k]), strict=True)))


# --- as printed ---------------------------------------------------------------------------------------------

#: `H`, `d`, `c`, `B`, ``eps_reg^2``, `delta`; `C_cond` is 2.
SETTINGS = (
    (3, 1, 1, 1, "1/16", "1/2"),
    (5, 2, 10, 2, "1/100", "1/10"),
    (20, 10, 1000, 5, "1/10000", "1/100"),
)
NU_SQUARED = Fraction(1, 4)


def schedule(setting: tuple[Any, ...]) -> tuple[int, Fraction, Fraction, Fraction]:
    """``T``, ``1/(lambda delta nu^2)``, ``N`` and ``n`` of J.1.4."""
    horizon, d, c, size, eps, delta = setting
    accuracy, prompts = Fraction(eps), d * horizon**2 * c
    ridge = accuracy / (c * size**2)
    rollouts = prompts * horizon**2 * size**4 * c / accuracy
    draws = prompts * horizon**4 * size**4 * 2 * c / accuracy
    return prompts, 1 / (ridge * Fraction(delta) * NU_SQUARED), rollouts, draws


def printed_failures(_: Trial, *, states: bool) -> Measurement:
    """``H T f`` over ``delta/2`` where what is missed is as printed."""
    from explore_theory.certify.balls import ball, precision

    rows = []
    with precision(256):
        for setting in SETTINGS:
            prompts, inverse, rollouts, draws = schedule(setting)
            calls = setting[0] * prompts
            hit = 8 * ball(32 * calls * inverse).log() / ball(rollouts)
            if states:
                base = 8 * ball(16 * calls * inverse).log() / ball(draws)
                hit = hit * (1 - (1 - base) ** int(draws))
            rows.append(calls * (1 - hit) ** int(rollouts) / ball(Fraction(setting[5]) / 2))
    return enclosed(rows, "settings", setting_of)


def setting_of(k: int) -> dict[str, str]:
    """In words."""
    names = ("H", "d", "c", "B", "eps_reg^2", "delta")
    return dict(zip(names, map(str, SETTINGS[k]), strict=True))


def substituted(_: Trial) -> Measurement:
    """``4 log(32 H N |C|/(lambda delta' zeta))``: `C` has 2T pairs, zeta is ``nu^2/2``."""
    from explore_theory.certify.balls import ball, precision

    rows = []
    with precision(128):
        for setting in SETTINGS:
            prompts, inverse, rollouts, _draws = schedule(setting)
            inside = 32 * setting[0] * rollouts * (2 * prompts) * inverse * (2 * setting[0] * prompts) * 2
            rows.append(4 * ball(inside).log())
    return enclosed(rows, "settings", setting_of)


def printed_log(_: Trial) -> Bound:
    """``8 log(32 H T/(lambda delta nu^2))``."""
    from explore_theory.certify.balls import ball, precision

    with precision(128):
        found = []
        for setting in SETTINGS:
            prompts, inverse, *_rest = schedule(setting)
            found.append(8 * ball(32 * setting[0] * prompts * inverse).log())
        return Bound.of(found)


ONE = Bound.of(1.0)


def printed(slug: str, says: str, mended: str, measure: Any, bound: Any, *, holds: bool) -> PrintedForm:
    """A form of Lemma K.2 at the parameters of J.1.4."""
    return PrintedForm(
        slug=slug,
        item="Lemma K.2",
        page=87,
        says=says,
        holds=holds,
        step=not holds,
        mended=mended,
        check=Check(
            slug=f"{slug}-as-printed",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="parameters"),),
            measure=measure,
            bound=bound,
        ),
    )


CLAIM = Claim(
    id="LK2",
    slug="every-call",
    theorem="token_level_improvement",
    title="All calls of UncertainStateAction find what is not rare, whatever is learned between them",
    statement=(
        "K calls that fail with probability at most f each, given the past, all succeed with probability "
        "(1-f)^K or more, which is attained. So MTSS's H T calls with N rollouts and n base draws leave, at "
        "probability 1 - delta/2, less than p = log(2HT/delta)/N unfound under the policy, and states with "
        "1/n or more unfound under the base policy have less than 1.582 p."
    ),
    formula=(
        r"\mathbb{P}[\text{some call fails}] \le 1 - (1-f)^K, \qquad "
        r"p = \frac{\log(2HT/\delta)}{N}, \; b = \frac1n, \; q = 1.582\, p"
    ),
    relation="<=",
    scope=(
        "Adaptive adversaries with a menu of five stores over up to four calls, in rationals; the rate in "
        "balls. Implies Lemma K.2 without lambda and nu."
    ),
    source="Lemma K.2 (page 87) of Foster, Mhammedi and Rohatgi (COLT 2025), sharper: ours.",
    uses=("LK1",),
    checks=(
        Check(
            slug="adaptive",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="games", tight=True),),
            measure=played,
            bound=allowed,
        ),
        Check(
            slug="rate",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="grid", tight=True),),
            measure=failures,
            bound=lambda _: ONE,
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="one-call-less",
            why="K - 1 calls",
            check="adaptive",
            bound=lambda trial: allowed(trial, fewer=1),
        ),
        FalseVariant(
            slug="actions-only",
            why="f = (1 - p)^N: as if bad states were never missed",
            check="adaptive",
            bound=lambda trial: allowed(trial, states=False),
        ),
        FalseVariant(
            slug="no-union",
            why="p = log(2/delta)/N for all calls together",
            check="rate",
            measure=lambda trial: failures(trial, union=False),
        ),
    ),
    printed=(
        printed(
            "actions-in-every-call",
            "in all calls at once the policy has at most 8 log(32 H T/(lambda delta nu^2))/N beyond",
            "log(2 H T/delta)/N, beyond the longest found itself: no lambda, nu, and no factor 8.",
            lambda trial: printed_failures(trial, states=False),
            lambda _: ONE,
            holds=True,
        ),
        printed(
            "states-in-every-call",
            "states with more than 8 log(16 H T/(lambda delta nu^2))/n beyond have probability at most "
            "8 log(32 H T/(lambda delta nu^2))/N, in all calls",
            "1/n, and 1.582 log(2 H T/delta)/N.",
            lambda trial: printed_failures(trial, states=True),
            lambda _: ONE,
            holds=True,
        ),
        printed(
            "from-lemma-k1",
            "4 log(32 H N|C|/(lambda delta' zeta)) of Lemma K.1 is at most 8 log(32 H T/(lambda delta nu^2))",
            "It has N in the logarithm, and is larger once N > 4/(lambda delta nu^2). LK1 gives the lemma "
            "without it; Lemma K.2 survives.",
            substituted,
            printed_log,
            holds=False,
        ),
    ),
)
