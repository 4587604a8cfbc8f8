"""X8: a step of a token policy, drawn literally or at once, has the joint law of its definition.

Statement. At a prefix in state `s`, a step draws a base token `a'`; `draws` base tokens, whose largest
score relative to `a'` is the ceiling `B`; and candidates, each accepted with chance ``alpha(a) = min(1,
exp((f(a) - B)/beta))``, at most `cap` of them; if none is accepted it returns one more base token. Every
base token is one call. It reports ``log alpha(a) + H_{N-1}`` if candidate `N` was accepted, and 0 else.
The joint law of token, calls and report is that of this process (a) under the literal law, (b) under the
exact law, (c) in the alias tables of rollouts; and (d) the law by which policies are evaluated is that of
its token.

What is checked. (1) ``evaluation``: `token_law` against the process, branch by branch in rationals: six
states, with and without tokens outside the support, ceilings from 1 to 4 draws, caps from 1 to 5, three
radii. (2) ``tables``: the joint law of accepted token, number of candidates and acceptance that the
tables of a rollout hold, against the process. (3) ``simulator``: prompts drawn, one token drawn, one step
taken, on an oracle of either law, against the process.

What is not. Scores of other than whole powers of two (the tables do not know it).

Why trust it. The enumeration branches at every base token and every coin; it knows no law of a maximum,
no geometric law and no table.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, partial
from itertools import product
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
    Resolution,
    Sample,
    Trial,
    agreement,
)
from explore_theory.oracles.constants import WINDOW
from explore_theory.oracles.tokens.sampler import step_law, token_law
from explore_theory.oracles.tokens.walks import PolicyTables
from proofs_checks.exact_law import comparison
from proofs_checks.exact_law.token_enumeration import (
    HONEST,
    OFF,
    PLACES,
    Changes,
    Policy,
    marginal,
    placed,
    step,
)
from proofs_checks.exact_law.token_sessions import (
    BETA,
    POLICY,
    WORLD,
    Sessions,
    seen_states,
    sessions,
    to_law,
)

#: A few dozen roundings of numbers below one, and what is shown.
ROUNDING, ACCURACY = 1e-14, 1e-13
Place = tuple[Policy, int, int]


# --- what is computed --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Places:
    """Policies, layers and states in which a step is taken."""

    places: tuple[Place, ...]


def places(trial: Trial) -> Places:
    """All of the case's tier: every state, number of draws, cap and radius."""
    full = trial.case.params["grid"] == "full"
    found = []
    for draws, cap, square in product(
        (1, 2, 3, 4) if full else (1, 3),
        (1, 2, 3, 5) if full else (1, 2),
        (Fraction(1, 5), Fraction(7, 10), Fraction(20)),
    ):
        policy = replace(POLICY, draws=draws, cap=cap, square=square)
        found += [(policy, h, s) for h, states in enumerate(WORLD.layers) for s in range(len(states))]
    return Places(tuple(found))


def described(place: Place) -> dict[str, Any]:
    """A witness."""
    policy, h, s = place
    return {"draws": policy.draws, "cap": policy.cap, "square": str(policy.square), "layer": h, "state": s}


def evaluated(world: Places) -> Measurement:
    """`token_law` at every token of every place."""
    problem, values = WORLD.problem(BETA), []
    for policy, h, s in world.places:
        values += np.exp(token_law(problem.layers[h], policy.data(BETA), h, BETA)[s]).tolist()
    tokens = len(values) // len(world.places)
    return Measurement.exact(
        values,
        error=ROUNDING,
        effort=len(world.places),
        unit="steps",
        witness=lambda k: described(world.places[k // tokens]) | {"token": k % tokens},
    )


def by_tokens(world: Places, changes: Changes = HONEST) -> Bound:
    """The law of the token in the process."""
    values = []
    for policy, h, s in world.places:
        state = WORLD.layers[h][s]
        law = marginal(step(state, policy, h, changes), lambda one: one.token)
        values += [law.get(a, Fraction(0)) for a in range(len(state.base))]
    return Bound.of(column(values))


def column(values: list[Fraction]) -> Any:
    """Fractions as a column."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


Taken = tuple[int, int, int]


@cache
def in_tables(place: Place) -> dict[Taken, float]:
    """Masses of (accepted token, candidates, ``log2 alpha``) that the tables of a rollout hold."""
    policy, h, s = place
    problem, data = WORLD.problem(BETA), policy.data(BETA)
    tables = PolicyTables(problem, policy.draws, policy.cap)
    tables.put(h, step_law(problem.layers[h], data, h, BETA))
    tokens = problem.vocabulary
    cells = _implied(tables.keep[h, s], tables.other[h, s])
    found: dict[Taken, float] = defaultdict(float)
    for cell, mass in enumerate(cells):
        pair, token = divmod(cell, tokens)
        power = round(float(tables.log_accept[h, s, cell]) / np.log(2.0))
        tries = _implied(tables.try_keep[h, s, pair], tables.try_other[h, s, pair])
        for n in range(1, min(policy.cap, WINDOW - 1) + 1):
            found[token, n, power] += mass * tries[n - 1]
    return found


def _implied(keep: Any, other: Any) -> Any:
    """The law that an alias table states."""
    law = np.array(keep, dtype=np.float64)
    np.add.at(law, other, 1 - keep)
    return law / law.size


def taken(place: Place, changes: Changes = HONEST) -> dict[Taken, Fraction]:
    """The same masses in the process."""
    policy, h, s = place
    law = marginal(
        step(WORLD.layers[h][s], policy, h, changes), lambda one: (one.token, one.tries, one.power)
    )
    return {outcome: mass for outcome, mass in law.items() if outcome[1]}


def held_in_tables(world: Places) -> Measurement:
    """What the tables hold of every outcome of the process, and of all others together."""
    rows = []
    for place in world.places:
        law, known = in_tables(place), taken(place)
        rows += [(place, str(outcome), law.get(outcome, 0.0)) for outcome in known]
        rows.append((place, "others", sum(mass for outcome, mass in law.items() if outcome not in known)))
    return Measurement.exact(
        [mass for *_, mass in rows],
        error=ROUNDING,
        effort=len(world.places),
        unit="steps",
        witness=lambda k: described(rows[k][0]) | {"token, candidates, log2 alpha": rows[k][1]},
    )


def by_process(world: Places, changes: Changes = HONEST) -> Bound:
    """The masses of the process, and zero for all else."""
    values = []
    for place in world.places:
        stated = taken(place, changes)
        values += [*(stated.get(outcome, Fraction(0)) for outcome in taken(place)), Fraction(0)]
    return Bound.of(column(values))


# --- what is drawn -----------------------------------------------------------------------------------------

NAMES = ("first token", "state", "token", "calls", "report")
#: What the quick tier's draws tell.
BAND = Resolution(absolute=0.04)


@cache
def drawn(world: Sessions) -> comparison.Outcomes:
    """A token of the base policy, the state it shows, and token, calls and report of a step."""
    found = []
    for oracle in world.oracles():
        start = oracle.prompts(np.arange(oracle.R))
        first = oracle.draw(start)
        before = oracle.ledger.total("token")
        taken = oracle.step(start, POLICY.data(BETA))
        found.append(
            np.column_stack(
                [
                    first.tokens[:, 0],
                    seen_states(0, first.tokens[:, 0], first.features[:, 0]),
                    taken.token,
                    oracle.ledger.total("token") - before + 100 * before,
                    np.rint(taken.log_ratio * PLACES + OFF),
                ]
            )
        )
    return comparison.whole(np.concatenate(found))


@cache
def enumerated(changes: Changes = HONEST) -> dict[tuple[int, ...], Fraction]:
    """The law of `drawn`: calls are those of the step, and a hundred for the one before."""
    law: dict[tuple[int, ...], Fraction] = defaultdict(Fraction)
    for mass, s in zip(WORLD.rho, WORLD.start, strict=True):
        state = WORLD.layers[0][s]
        for one, chance in step(state, POLICY, 0, changes).items():
            for first, base in enumerate(state.base):
                if base:
                    outcome = (first, s, one.token, 100 + one.calls, placed(one.power, one.harmonic))
                    law[outcome] += mass * base * chance
    return dict(law)


def simulated(world: Sessions, changes: Changes = HONEST) -> Sample:
    """Distance of what was drawn from the process."""
    return to_law(drawn(world), enumerated(changes), NAMES)


# --- the claim ---------------------------------------------------------------------------------------------


def _grids() -> tuple[Case, ...]:
    return (
        Case(slug="few", params={"grid": "quick"}),
        Case(slug="all", params={"grid": "full"}, tiers=("full",)),
    )


def _simulated(law: str, draws: int, tier: str) -> Case:
    return Case(slug=law, params={"law": law, "draws": draws}, tiers=(tier,))


def _lie(slug: str, why: str, check: str, **how: Any) -> FalseVariant:
    """A process that differs as `how` says."""
    changes = Changes(**how)
    measures: dict[str, Callable[[Any], Any]] = {
        "evaluation": agreement(evaluated, partial(by_tokens, changes=changes), ACCURACY),
        "tables": agreement(held_in_tables, partial(by_process, changes=changes), ACCURACY),
    }
    cases = ("few",) if check in measures else ("exact-law",)
    measure = measures.get(check, partial(simulated, changes=changes))
    return FalseVariant(slug=slug, why=why, check=check, measure=measure, cases=cases)


CLAIM = Claim(
    id="X8",
    slug="token-steps",
    theorem="exact_law",
    title="A step of a token policy has the joint law of its definition, drawn literally or at once",
    statement=(
        "A base token, a ceiling from draws base tokens, at most cap candidates accepted with chance "
        "min(1, exp((f - B)/beta)), one more base token if none is; one call each. The joint law of token, "
        "calls and report (log alpha + H_{N-1}, or 0) is that of this process under either law and in the "
        "alias tables of rollouts, and policies are evaluated by the law of its token."
    ),
    formula=r"P(a, N) = \sum_{a'} \pi_h(a') \sum_B P(B \mid a')\, (1-p)^{N-1}\, \pi_h(a)\, \alpha(a),"
    r" \qquad P(\text{none}) = (1-p)^{\mathrm{cap}}",
    relation="==",
    scope=(
        "Six states of three tokens, ceilings of 1 to 4 draws, caps 1 to 5, three radii, to 1e-13; the "
        "simulators to a distance of .04 (quick) and .01 (full)."
    ),
    source="Ours; rejection sampling is von Neumann's (1951).",
    uses=("X4", "X7"),
    loose="computed laws are held to a stated accuracy, drawn ones to a distance",
    checks=(
        Check(
            slug="evaluation",
            evidence=Evidence.EXHAUSTIVE,
            cases=_grids(),
            instance=places,
            measure=agreement(evaluated, by_tokens, ACCURACY),
            bound=lambda _: Bound.of(1.0),
            relation="<=",
        ),
        Check(
            slug="tables",
            evidence=Evidence.EXHAUSTIVE,
            cases=_grids(),
            instance=places,
            measure=agreement(held_in_tables, by_process, ACCURACY),
            bound=lambda _: Bound.of(1.0),
            relation="<=",
        ),
        comparison.one_law(
            slug="simulator",
            cases=(_simulated("literal", 16_384, "quick"), _simulated("exact-law", 16_384, "quick")),
            instance=sessions,
            measure=simulated,
            resolution=BAND,
        ),
        comparison.one_law(
            slug="simulator-many",
            cases=(_simulated("literal", 300_000, "full"), _simulated("exact-law", 300_000, "full")),
            instance=sessions,
            measure=simulated,
            resolution=Resolution(absolute=0.01),
        ),
    ),
    false_variants=(
        _lie(
            "evaluated-without-failures",
            "The last candidate is returned when all fail.",
            "evaluation",
            last_returned=True,
        ),
        _lie("ceiling-of-one-draw-fewer", "The ceiling is that of one draw fewer.", "tables", fewer_draws=1),
        _lie(
            "ceiling-of-one-draw-fewer-drawn",
            "The ceiling is that of one draw fewer.",
            "simulator",
            fewer_draws=1,
        ),
        _lie("one-candidate-more", "One candidate more than the cap is drawn.", "simulator", more_tries=1),
        _lie("free-base-token", "The base token is not charged.", "simulator", free=1),
        _lie(
            "free-fallback", "The token returned on failure is not charged.", "simulator", free_fallback=True
        ),
        _lie(
            "accepted-counted", "The report counts the accepted candidate too.", "simulator", counts_all=True
        ),
        _lie("free-base-token-of-many", "The base token is not charged.", "simulator-many", free=1),
    ),
)
