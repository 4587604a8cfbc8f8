"""X10: a survey for pairs that are far apart has the joint law of its definition, drawn literally or at
once.

Statement. `far_pairs` visits prefixes in turn. After each it draws pairs of base tokens, at most `tries`,
until ``phi(a) - phi(a')`` is longer than `radius` in the norm of the inverse covariance, which the pairs
that were found before have joined; it ends with pair number `most`. A pair costs two calls, charged to
the layer. The joint law of what is found, where, and of the calls is that of this process under either
law.

What is checked. Three prefixes after a prompt drawn from three of unequal mass, in states that differ;
two tries; all pairs, and the first one only. ``simulator``: draws of either law against the process, pair
by pair in rationals. The features that are told are those of the tokens found.

What is not. Many prefixes: each visit is the same process with another covariance.

Why trust it. The enumeration draws one pair after another, and inverts the covariance anew for each pair
that joins; it knows no geometric law and no update of an inverse.
"""

from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial
from typing import Any

import numpy as np

from explore_theory.harness import (
    Case,
    Check,
    Claim,
    FalseVariant,
    Resolution,
    Sample,
    Trial,
)
from explore_theory.oracles.ledger import KINDS
from explore_theory.oracles.tokens.literal import TokenOracle
from explore_theory.oracles.tokens.protocol import Prefixes
from explore_theory.problems.protocol import Ints
from proofs_checks.exact_law import comparison
from proofs_checks.exact_law.token_enumeration import Matrix, search
from proofs_checks.exact_law.token_sessions import WORLD, seen_states, sessions, to_law

#: The inverse covariance to begin with: most pairs are far apart in it, and fewer after every find.
PRECISION: Matrix = ((Fraction(4), Fraction(1)), (Fraction(1), Fraction(2)))
SQUARE = Fraction(37, 64)
TRIES, PREFIXES = 2, 3
NAMES = ("number", "first pair", "second pair", "third pair", "calls")
#: A place without a pair.
NOTHING = -1
_TOKEN = KINDS.index("token")
#: `[S, A, d]`: of the layer that is searched.
_FEATURES = np.array([state.features for state in WORLD.layers[1]], dtype=np.float64)


def survey(oracle: TokenOracle, rows: Ints, most: int | None) -> comparison.Outcomes:
    """`[k, 5]`: how many pairs were found, the pairs as numbers, and the calls; a search for each row."""
    start = oracle.prompts(rows).repeated(PREFIXES)
    prefixes = oracle.extend(start, np.tile(np.arange(PREFIXES), rows.size))
    precision, radius = np.array(PRECISION, dtype=np.float64), float(SQUARE) ** 0.5
    surveys = [
        oracle.far_pairs(prefixes.pick(slice(first, first + PREFIXES)), precision, radius, TRIES, most)
        for first in range(0, prefixes.count, PREFIXES)
    ]
    # Once all rows have searched: a row draws in this order, whoever is beside it.
    states, bills = _states(oracle, prefixes), oracle.ledger.counts[rows, _TOKEN, 0]
    # What is charged to other layers is an outcome that no law has.
    calls = np.where(bills[:, [0, 2]].sum(axis=1) == 0, bills[:, 1] - PREFIXES, -1)
    found = []
    for pairs, state, bill in zip(surveys, states.reshape(-1, PREFIXES), calls.tolist(), strict=True):
        code = [NOTHING] * PREFIXES
        for i, pair in enumerate(pairs):
            features = _FEATURES[state[pair.place], list(pair.tokens)]
            # Other features than those of the tokens are an outcome that no law has.
            code[i] = _number(pair.place, *pair.tokens) if np.array_equal(features, pair.features) else -2
        found.append([len(pairs), *code, bill])
    return comparison.whole(found)


def _states(oracle: TokenOracle, prefixes: Prefixes) -> Ints:
    """The states of `prefixes`, by the features of one token each, which costs a call each."""
    shown = oracle.draw(prefixes)
    return seen_states(1, shown.tokens[:, 0], shown.features[:, 0])


def _number(place: int, first: int, second: int) -> int:
    return 9 * place + 3 * first + second


@cache
def enumerated(
    most: int | None, price: int = 2, frozen: bool = False, tries: int = TRIES
) -> dict[tuple[int, ...], Fraction]:
    """The law of `survey`."""
    law: dict[tuple[int, ...], Fraction] = defaultdict(Fraction)
    for mass, s in zip(WORLD.rho, WORLD.start, strict=True):
        states = WORLD.layers[0][s].next
        for (found, calls), part in search(
            WORLD, 1, states, PRECISION, SQUARE, tries, most, price=price, frozen=frozen
        ).items():
            code = [_number(*pair) for pair in found] + [NOTHING] * (PREFIXES - len(found))
            law[len(found), *code, calls] += mass * part
    return dict(law)


def simulated(world: comparison.Drawn, **lies: Any) -> Sample:
    """Distance of what was found from the process."""
    return to_law(world.outcomes, enumerated(world.asked, **lies), NAMES)


def instance(trial: Trial) -> comparison.Drawn:
    """After how many pairs the surveys of the case end, and the surveys of all sessions."""
    most = int(trial.case.params["most"]) or None
    return comparison.Drawn(most, sessions(trial).played(partial(survey, most=most), few=True))


def _cases(draws: int, tier: str) -> tuple[Case, ...]:
    return tuple(
        Case(slug=f"{law}-{name}", params={"law": law, "draws": draws, "most": most}, tiers=(tier,))
        for law in ("literal", "exact-law")
        for name, most in (("all", 0), ("first", 1))
        # Under the literal law the first find is that of all of them, stopped.
        if (law, name) != ("literal", "first")
    )


def _check(slug: str, draws: int, tier: str, width: float) -> Check:
    resolution = Resolution(absolute=width)
    return comparison.one_law(
        slug=slug,
        cases=_cases(draws, tier),
        instance=instance,
        measure=simulated,
        resolution=resolution,
    )


def _lie(slug: str, why: str, case: str, check: str = "simulator", **how: Any) -> FalseVariant:
    measure: Callable[[Any], Any] = partial(simulated, **how)
    return FalseVariant(slug=slug, why=why, check=check, measure=measure, cases=(case,))


CLAIM = Claim(
    id="X10",
    slug="surveys",
    theorem="exact_law",
    title="A survey for pairs that are far apart has the joint law of its definition under either law",
    statement=(
        "Prefixes in turn, pairs of base tokens until one is longer than the radius in the inverse "
        "covariance that earlier finds have joined, tries pairs at most, two calls a pair, until the most-th "
        "find. The "
        "joint law of finds, their places and the calls is that of this process under either law."
    ),
    formula=r"P(\text{find } (a, a') \text{ at pair } n) = (1-p)^{n-1} \pi_h(a)\, \pi_h(a')\,"
    r" 1\{\|\phi(a) - \phi(a')\|_{\Sigma^{-1}} > \nu\}, \quad n \le \mathrm{tries}",
    relation="==",
    scope=(
        "Three prefixes in two states of three tokens, two tries, all finds and the first; to a distance of "
        ".08 (quick) and .05 (full)."
    ),
    source="Ours.",
    uses=("X1",),
    loose="the laws of draws are held to a distance",
    checks=(_check("simulator", 3584, "quick", 0.08), _check("simulator-many", 10_240, "full", 0.05)),
    false_variants=(
        _lie("one-call-a-pair", "A pair costs one call.", "exact-law-all", price=1),
        _lie(
            "frozen-covariance",
            "Pairs that were found do not join the covariance.",
            "exact-law-all",
            frozen=True,
        ),
        _lie("one-try-more", "One pair more is drawn after each prefix.", "exact-law-all", tries=TRIES + 1),
        _lie(
            "frozen-covariance-of-many",
            "Pairs that were found do not join the covariance.",
            "exact-law-all",
            "simulator-many",
            frozen=True,
        ),
    ),
)
