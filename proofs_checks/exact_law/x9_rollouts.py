"""X9: rollouts have one joint law of path, rewards, report and bill, drawn literally or from tables.

Statement. A rollout takes the steps of X8 one after another; the calls of a step are charged to its
layer. `walks` returns the prefixes that rollouts visit, down to the last layer, which is not left and not
paid for; `returns` completes two batches of prefixes, each rollout by draws of its own, and compares
noisy rewards, each with noise of its own, and summed reports. The joint law of what they show and of the
bill is that of this process under either law, for rollouts that share a batch, a prompt drawn from
``rho``, or a row; under the exact law also for rows that are drawn together.

What is checked. (1) ``walks``: two rollouts from one prompt, drawn from three of unequal mass: their
states, the calls of each layer, and noisy rewards of both responses. (2) ``returns``: two pairs of
prefixes one token from the end: rewards and reports of each, of both together, and the bill. (3)
``rounds``: the same two tokens from the end, two calls in a row, two rounds of two pairs in one call. (4)
``long``: one step with up to 100 candidates, many of them beyond the window of the tables, on the compiled
path and on NumPy's. (5) ``purse``: the fewest calls that pay for a session of all that can be asked are those
of its bill.

What is not. Long horizons: the steps are those of X8.

Why trust it. The joint laws are those of X8's enumeration, step after step; the two laws share nothing
but the problem.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, partial
from typing import Any

import numpy as np

from explore_theory.errors import BudgetExceeded
from explore_theory.foundation.streams import Streams
from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Largest,
    Measurement,
    Resolution,
    Sample,
    Trial,
)
from explore_theory.oracles.tokens.literal import TokenOracle
from explore_theory.oracles.tokens.opening import open_tokens
from explore_theory.oracles.tokens.sampler import step_law
from explore_theory.oracles.tokens.walks import PolicyTables, walk
from proofs_checks.exact_law import comparison
from proofs_checks.exact_law.rollout_laws import KINDS_OF_SESSIONS, TRUE, Lies, played
from proofs_checks.exact_law.token_enumeration import (
    HONEST,
    OFF,
    PLACES,
    Changes,
    Policy,
    State,
    Tokens,
    placed,
    step,
)
from proofs_checks.exact_law.token_sessions import BETA, POLICY, WORLD, in_one_order, sessions


def shown(trial: Trial, kind: str) -> dict[str, comparison.Outcomes]:
    """What the sessions of the case showed, in parts."""
    return played(sessions(trial), kind)


def simulated(drawn: Mapping[str, comparison.Outcomes], kind: str, lies: Lies = TRUE) -> Sample:
    """Distances of the parts of what sessions showed from their laws."""
    stated = KINDS_OF_SESSIONS[kind][2](lies)
    return Largest(
        parts={name: in_one_order(drawn[name], law) for name, law in stated.items()}, unit="sessions"
    )


# --- many candidates ---------------------------------------------------------------------------------------

#: A rare token that all ceilings know: 1/32 of the candidates are accepted, about.
_RARE = State(
    base=(Fraction(1, 64), Fraction(39, 64), Fraction(24, 64)),
    features=((Fraction(3, 4),), (Fraction(0),), (Fraction(1, 8),)),
    reward=(Fraction(0),) * 3,
    next=(0, 0, 0),
)
_LONG = Policy(
    slope=((Fraction(8),),), precision=(((Fraction(1),),),), square=Fraction(2), draws=256, cap=100
)


@dataclass(frozen=True)
class Long:
    """So many rollouts of one step, on one path of the code."""

    compiled: bool
    draws: int
    key: int


def long(trial: Trial) -> Long:
    """The rollouts of the case; their key is its stream's."""
    params = trial.case.params
    return Long(params["path"] == "compiled", int(params["draws"]), int(trial.streams.words(1)[0, 0]))


@cache
def reports(world: Long) -> comparison.Outcomes:
    """`[n, 1]`: what the steps reported."""
    problem = Tokens((Fraction(1),), (0,), ((_RARE,),)).problem(BETA)
    tables = PolicyTables(problem, _LONG.draws, _LONG.cap)
    tables.put(0, step_law(problem.layers[0], _LONG.data(BETA), 0, BETA))
    start = np.zeros(world.draws, dtype=np.int64)
    done = walk(tables, start, 0, world.key, compiled=world.compiled)
    return comparison.whole(np.rint(done.log_ratio * PLACES + OFF)[:, None])


@cache
def reports_law(changes: Changes = HONEST, cap: int = _LONG.cap) -> dict[tuple[int, ...], float]:
    """The law of `reports`."""
    found: dict[tuple[int, ...], float] = {}
    for one, mass in step(_RARE, replace(_LONG, cap=cap), 0, changes).items():
        place = (placed(one.power, one.harmonic),)
        found[place] = found.get(place, 0.0) + float(mass)
    return found


def simulated_long(world: Long, cap: int = _LONG.cap) -> Sample:
    """Distance of what was reported from the process."""
    return in_one_order(reports(world), reports_law(cap=cap))


# --- purses ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Purses:
    """Sessions of everything that can be asked, under `law`."""

    law: str
    sessions: int
    path: tuple[str, ...]
    reseed: int


def purses(trial: Trial) -> Purses:
    """The sessions of the case."""
    params, streams = trial.case.params, trial.streams
    return Purses(str(params["law"]), int(params["sessions"]), streams.path, streams.reseed)


def _everything(oracle: TokenOracle) -> float:
    """Draw, step, walk, compare, search; the token calls."""
    policy = POLICY.data(BETA)
    start = oracle.prompts([0])
    here = oracle.extend(start, oracle.draw(start).tokens[:, 0])
    oracle.step(here, policy)
    visited = oracle.walks(start.repeated(2), policy)
    oracle.returns(here, here, policy, 2)
    oracle.far_pairs(visited[1], np.eye(2), 0.5, 3)
    return float(oracle.ledger.total("token")[0])


@cache
def paid(world: Purses) -> tuple[list[float], list[float]]:
    """The bill of each session, and the fewest calls that paid for it: one less, exactly, or one more."""
    problem, bills, fewest = WORLD.problem(BETA), [], []
    for row in range(world.sessions):

        def price(purse: float | None, row: int = row) -> float:
            streams = Streams((*world.path, world.law), [row], world.reseed)
            budgets = None if purse is None else {"token": purse}
            return _everything(open_tokens(problem, law=world.law, streams=streams, budgets=budgets))

        bill = price(None)
        least = bill + 1
        for purse in (bill, bill - 1):
            try:
                price(purse)
            except BudgetExceeded:
                break
            least = purse
        bills.append(bill)
        fewest.append(least)
    return bills, fewest


def least_purses(world: Purses) -> Measurement:
    """The fewest calls that pay for each session."""
    return Measurement.exact(np.array(paid(world)[1]), unit="sessions", witness=lambda k: {"session": k})


def bills(world: Purses, short: float = 0.0) -> Bound:
    """The bill of each session; false variant: `short` of it."""
    return Bound.of(np.array(paid(world)[0]) - short)


# --- the claim ---------------------------------------------------------------------------------------------

_QUICK, _FULL = Resolution(absolute=0.08), Resolution(absolute=0.04)


def _simulated(kind: str, slug: str, tier: str, resolution: Resolution, draws: int) -> Check:
    return comparison.one_law(
        slug=slug,
        cases=tuple(
            # The literal law moves many rows at once, and affords more of them.
            Case(slug=law, params={"law": law, "draws": more * draws}, tiers=(tier,))
            for law, more in (("literal", 2), ("exact-law", 1))
        ),
        instance=partial(shown, kind=kind),
        measure=partial(simulated, kind=kind),
        resolution=resolution,
    )


def _lie(slug: str, why: str, check: str, **how: Any) -> FalseVariant:
    """A process that differs as `how` says."""
    kind = check.removesuffix("-many")
    measure: Callable[[Any], Any] = partial(simulated, kind=kind, lies=Lies(**how))
    return FalseVariant(slug=slug, why=why, check=check, measure=measure, cases=("literal",))


CLAIM = Claim(
    id="X9",
    slug="rollouts",
    theorem="exact_law",
    title="Rollouts have one joint law of path, rewards, report and bill, drawn literally or from tables",
    statement=(
        "A rollout takes the steps of X8, each charged to its layer; walks stop before the last layer; "
        "returns complete two batches, each rollout by draws of its own and each reward with noise of its "
        "own. The joint law of states, noisy rewards, reports and calls is that of this process under either "
        "law, also for rollouts that share a batch, a prompt or a row; a purse pays for a session if and "
        "only if it holds its bill."
    ),
    formula=r"P(\text{path}, \text{report}, \text{bill}) = \prod_h P_h(a_h, N_h \mid a_{<h})",
    relation="==",
    scope=(
        "Three layers of two states and three tokens, two rollouts or pairs at a time, to a distance of .08 "
        "(quick) and .04 (full); up to 100 candidates to .005; purses of whole sessions to the call."
    ),
    source="Ours.",
    uses=("X7", "X8"),
    checks=(
        *(
            check
            for kind in KINDS_OF_SESSIONS
            for check in (
                _simulated(kind, kind, "quick", _QUICK, 3584),
                _simulated(kind, f"{kind}-many", "full", _FULL, 16_384),
            )
        ),
        comparison.one_law(
            slug="long",
            cases=tuple(
                Case(slug=path, params={"path": path, "draws": 1_000_000}, tiers=tiers)
                for path, tiers in (("compiled", ("quick", "full")), ("numpy", ("full",)))
            ),
            instance=long,
            measure=simulated_long,
            resolution=Resolution(absolute=0.005),
        ),
        Check(
            slug="purse",
            evidence=Evidence.ADVERSARIAL,
            cases=tuple(
                Case(slug=law, params={"law": law, "sessions": 24}, tight=True)
                for law in ("literal", "exact-law")
            ),
            instance=purses,
            measure=least_purses,
            bound=bills,
        ),
    ),
    false_variants=(
        _lie("even-prompts", "Prompts are drawn evenly.", "walks", even_prompts=True),
        _lie(
            "one-candidate-more",
            "One candidate more than the cap is drawn.",
            "walks",
            step=Changes(more_tries=1),
        ),
        _lie("free-first-layer", "The first layer of a walk is not charged.", "walks", free_layer=0),
        _lie("one-stream", "Both rollouts share their draws.", "walks", shared_draws=True),
        _lie(
            "ceiling-of-one-draw-fewer",
            "The ceiling is that of one draw fewer.",
            "returns",
            step=Changes(fewer_draws=1),
        ),
        _lie(
            "free-fallback",
            "The token returned on failure is not charged.",
            "returns",
            step=Changes(free_fallback=True),
        ),
        _lie("one-noise", "Both rewards of a round share their noise.", "rounds", shared_noise=True),
        _lie("same-again", "A second call repeats the draws of the first.", "rounds", repeated=True),
        _lie("even-prompts-of-many", "Prompts are drawn evenly.", "walks-many", even_prompts=True),
        _lie(
            "one-stream-of-pairs",
            "The two rollouts of a pair share their draws.",
            "returns-many",
            shared_draws=True,
        ),
        _lie(
            "accepted-counted",
            "The report counts the accepted candidate too.",
            "rounds-many",
            step=Changes(counts_all=True),
        ),
        FalseVariant(
            slug="window-is-the-cap",
            why="No more candidates are drawn than the tables' window has.",
            check="long",
            measure=partial(simulated_long, cap=31),
        ),
        FalseVariant(
            slug="one-call-short",
            why="One call less than the bill pays for a session.",
            check="purse",
            bound=partial(bills, short=1.0),
        ),
    ),
)
