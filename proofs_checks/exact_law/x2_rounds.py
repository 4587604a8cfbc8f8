"""X2: rounds of searching can be drawn at once, with the joint law of result and meters of the rounds.

Statement. A round draws a prompt ``x ~ rho`` and then tries from a law ``pi_x`` until one lies in a set
``A_x``, ``p_x = pi_x(A_x)``, at most `N` of them; rounds follow until one finds something, at most `T` of
them. With ``s_x = 1 - (1 - p_x)^N`` and ``S = E_x s_x``,

    P(round j + 1 accepts, at prompt x, after k tries, with y)
        = (1 - S)^j S * rho_x s_x / S * (1 - p_x)^(k-1) p_x / s_x * pi_x(y) / p_x

for `y` in ``A_x``, ``k <= N`` and ``j < T``, at ``j + 1`` prompts and ``j N + k`` tries, two calls each if
tries are pairs: the accepting round is geometric and capped, its prompt is not distributed as ``rho``, and
every round before it cost all its tries. A purse that ends sooner cuts this off: rounds paid for in full come
first, and if a prompt but not `N` tries can be paid for after them, one more round begins and ends with
nothing after ``r < N`` tries, with probability ``(1 - S)^j E_x (1 - p_x)^r``.

What is checked. (1) ``joint-law``: the law of (status, prompt, what was found, prompts, calls) by enumeration
of every sequence of prompts and tries, in rationals, against the formula: two prompts, all sets ``A``, up to
3 responses, 3 rounds and 3 tries, pairs too, and purses of prompts and calls that run out everywhere. (2)
``simulator``: `search_rounds` of both laws against the enumerated law, in total variation. (3)
``spanner-phase``: a whole spanner phase, where `Sigma` and so ``A_x`` change with every pair accepted: the
compiled phase of the exact law against the pair-by-pair one, joint law of meters, acceptances, `Sigma` and
the moments of the regression.

What is not. Learners that remember what was rejected.

Why trust it. The enumeration knows nothing of geometric laws, and the literal simulator none of either. What
(2) and (3) leave open is stated: distances up to `BAND`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, partial
from typing import Any

import numpy as np

from explore_theory import oracles
from explore_theory.foundation.streams import Streams
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
)
from explore_theory.oracles.answers import NO_RESPONSE, Status
from explore_theory.oracles.expressions import Norm
from explore_theory.oracles.plans import Ridge, Span
from explore_theory.problems import TabularProblem
from explore_theory.problems.noise import Bernoulli
from proofs_checks.exact_law import comparison
from proofs_checks.exact_law.rounds_enumeration import Law, Rounds, at_once, found, round_by_round, tiny

#: What the quick tier can tell: 8192 draws have a margin of .05 from a law, 4096 of .1 from each other.
BAND = Resolution(absolute=0.15)
#: Replicates that move side by side.
TOGETHER = 8192


# --- the joint law, in rationals ---------------------------------------------------------------------------


def worlds(trial: Trial) -> list[Rounds]:
    """All worlds of the case."""
    params = trial.case.params
    responses, rounds, tries = (int(params[name]) for name in ("responses", "rounds", "tries"))
    return list(tiny(responses, rounds, tries, bool(params["pairs"])))


def enumerated(world: list[Rounds]) -> Measurement:
    """The probability of every outcome in the process itself."""
    rows = [(w, outcome, mass) for w in world for outcome, mass in round_by_round(w).items()]
    return Measurement.exact(
        [mass for _, _, mass in rows],
        effort=len(rows),
        unit="outcomes",
        witness=lambda k: {
            "rho": ", ".join(map(str, rows[k][0].rho)),
            "sets": str([sorted(target) for target in rows[k][0].targets]),
            "purse": f"{rows[k][0].prompts} prompts, {rows[k][0].calls} calls",
            "outcome": f"{rows[k][1][0].name} {rows[k][1][1:]}",
        },
    )


def stated_by(formula: Callable[[Rounds], Law]) -> Callable[[list[Rounds]], Bound]:
    """What `formula` gives to the outcomes of the process; it sums to one, so no other has mass."""

    def bound(world: list[Rounds]) -> Bound:
        laws = [(formula(w), round_by_round(w)) for w in world]
        return Bound.of([stated.get(o, Fraction(0)) for stated, own in laws for o in own])

    return bound


# --- the simulators ----------------------------------------------------------------------------------------

_BASE = np.array([[0.75, 0.25], [0.875, 0.125]])
_FEATURES = np.array([[[1.0], [0.0]], [[-0.5], [0.5]]])
#: Pairs of two different responses are apart by more.
_APART = 0.5


@dataclass(frozen=True)
class Simulation:
    """Rounds of searching on a problem: the same world in rationals and as an oracle, drawn `draws` times."""

    world: Rounds
    law: str
    draws: int
    limited: bool
    streams: Streams


def simulation(trial: Trial) -> Simulation:
    """Pairs of two responses at two prompts; limited purses run out in some round."""
    params = trial.case.params
    limited = params["purse"] == "limited"
    pairs = tuple(
        tuple(
            ((y, z), Fraction(float(base[y])) * Fraction(float(base[z]))) for y in range(2) for z in range(2)
        )
        for base in _BASE
    )
    apart = frozenset({(0, 1), (1, 0)})
    world = Rounds(
        rho=(Fraction(3, 4), Fraction(1, 4)),
        laws=pairs,
        targets=(apart, apart),
        rounds=3,
        per_round=2,
        prompts=3,
        calls=9 if limited else 12,
        per=2,
    )
    return Simulation(world, str(params["law"]), int(params["draws"]), limited, trial.streams)


def simulated(sim: Simulation) -> Sample:
    """Distance of what `search_rounds` does from the enumerated law."""
    return comparison.to_law(drawn(sim), coded(round_by_round(sim.world)))


def coded(law: Law) -> comparison.Law:
    """Outcomes as whole numbers: status, prompt, the pair, prompts drawn, calls."""
    none = (NO_RESPONSE, NO_RESPONSE)
    return {
        (int(status), NO_RESPONSE if x is None else x, *(pair or none), rounds, calls): mass
        for (status, x, pair, rounds, calls), mass in law.items()
    }


def drawn(sim: Simulation) -> comparison.Outcomes:
    """Outcomes of `search_rounds`, coded; limited purses take an oracle of their own for every batch."""
    world, batches = sim.world, []
    problem = TabularProblem(
        prompt_mass=np.array([float(mass) for mass in world.rho]),
        base=_BASE,
        features=_FEATURES,
        reward=np.zeros((2, 2)),
        beta=1.0,
    )
    budgets = {"prompt": world.prompts, "weak": world.calls} if sim.limited else None
    oracle: Any = None
    for first in range(0, sim.draws, TOGETHER):
        if oracle is None or sim.limited:
            path = (*sim.streams.path, str(sim.streams.rows[0]))
            rows = Streams(path, range(first, min(first + TOGETHER, sim.draws)), sim.streams.reseed)
            oracle = oracles.open(problem, law=sim.law, budgets=budgets, streams=rows)
        before = [oracle.ledger.total(kind) for kind in ("prompt", "weak")]
        rounds = oracle.search_rounds(Norm() > _APART, world.rounds, world.per_round, pair=True)
        spent = [oracle.ledger.total(kind) - b for kind, b in zip(("prompt", "weak"), before, strict=True)]
        status, response = rounds.found.status, rounds.found.response
        batches.append(np.column_stack([status, rounds.ctx.prompts, response, *spent]))
    return comparison.whole(np.concatenate(batches)[: sim.draws])


# --- a spanner phase ---------------------------------------------------------------------------------------

#: What of a spanner phase is compared.
SPANNED = ("calls", "accepted", "rounds", "rewards", "sigma 1", "sigma 2", "moment 1")
_PLAN = Span(radius=0.45, rounds=3, per_round=2)


@dataclass(frozen=True)
class Phase:
    """A spanner phase, `draws` times, with purses that may cut it off if it is `limited`."""

    draws: int
    limited: bool
    path: tuple[str, ...]
    reseed: int


def phase(trial: Trial) -> Phase:
    """The phase of the case."""
    params, streams = trial.case.params, trial.streams
    path = (*streams.path, str(streams.rows[0]))
    return Phase(int(params["draws"]), params["purse"] == "limited", path, streams.reseed)


@cache
def spanned(world: Phase, law: str, plan: Span = _PLAN) -> comparison.Outcomes:
    """Outcomes under `law`, by the columns of `SPANNED`; `Sigma` and moments in sixteenths."""
    problem = TabularProblem(
        prompt_mass=np.array([0.625, 0.375]),
        base=_BASE[::-1],
        features=np.array([[[1.0, 0.0], [0.0, 0.5]], [[0.5, 0.5], [0.0, 0.0]]]),
        reward=np.array([[0.75, 0.25], [0.5, 0.25]]),
        beta=1.0,
        noise=Bernoulli(),
    )
    budgets = {"weak": 9, "prompt": 3, "reward": 2} if world.limited else None
    batches = []
    for first in range(0, world.draws, TOGETHER):
        rows = range(first, min(first + TOGETHER, world.draws))
        streams = Streams((*world.path, law), rows, world.reseed)
        oracle = oracles.open(problem, law=law, budgets=budgets, streams=streams)
        done = oracle.span(Ridge.start(len(rows), 2, 1.0), plan)
        calls, prompts, rewards = (oracle.ledger.total(kind) for kind in ("weak", "prompt", "reward"))
        sigma, moment = done.ridge.covariance[:, [0, 1], [0, 1]], done.ridge.moment[:, 0]
        batches.append(np.column_stack([calls, done.accepted, prompts, rewards, 16 * sigma, 16 * moment]))
    return comparison.whole(np.concatenate(batches))


def spanned_alike(world: Phase, plan: Span = _PLAN) -> Sample:
    """Distance of the two laws' spanner phases; the exact law plays `plan`."""
    return comparison.of_samples(spanned(world, "literal"), spanned(world, "exact-law", plan), SPANNED)


# --- false variants ----------------------------------------------------------------------------------------


def shifted(world: Rounds) -> Law:
    """The geometric law counts rounds from zero: the first round is skipped with probability ``1 - S``."""
    law = {o: mass * (1 - world.accepted) for o, mass in found(world).items()}
    return at_once(world) | law


def uncapped(world: Rounds) -> Law:
    """A round goes on until it finds something, so it accepts at once if it can."""
    return found(replace(world, rounds=min(world.rounds, 1)))


def by_try(world: Rounds) -> Law:
    """The prompt of the accepting round has mass proportional to ``rho_x p_x``."""
    total = sum((rho * world.hit(x) for x, rho in enumerate(world.rho)), Fraction(0))
    law = at_once(world)
    for outcome, mass in found(world).items():
        x = outcome[1]
        assert x is not None
        law[outcome] = mass * world.hit(x) / total * world.accepted / world.accepting(x)
    return law


def by_rho(world: Rounds) -> Law:
    """The prompt of the accepting round has law ``rho``."""
    law = at_once(world)
    for outcome, mass in found(world).items():
        x = outcome[1]
        assert x is not None
        law[outcome] = mass * world.accepted / world.accepting(x)
    return law


def all_or_nothing(world: Rounds) -> Law:
    """A round is only begun if all its tries can be paid for."""
    whole = world.per * world.per_round
    rounds = min(world.prompts, world.calls // whole)
    return at_once(replace(world, prompts=rounds, calls=rounds * whole))


def from_the_second(world: Rounds) -> Law:
    """`shifted`, with what is missing given to the last outcome without a hit, so that it is a law."""
    law = shifted(world)
    last = next(outcome for outcome in law if outcome[0] is not Status.OK)
    return law | {last: law[last] + 1 - sum(law.values())}


CLAIM = Claim(
    id="X2",
    slug="rounds-at-once",
    theorem="exact_law",
    title="Rounds of searching can be drawn at once with the joint law of result and meters",
    statement=(
        "For all rho, laws pi_x, sets A_x, rounds T, tries N and purses: the accepting round is Geometric(S) "
        "capped at T, S = E_x s_x, s_x = 1 - (1 - p_x)^N; its prompt has mass proportional to rho_x s_x, its "
        "number of tries is geometric given that it is at most N, and skipped rounds cost N tries each. The "
        "simulator's rounds, and its spanner phase, have the law of the literal ones."
    ),
    formula=(
        r"P(j, x, k, y) = (1-S)^{j} S \cdot \frac{\rho_x s_x}{S} \cdot \frac{(1-p_x)^{k-1} p_x}{s_x} \cdot "
        r"\frac{\pi_x(y)}{p_x}"
    ),
    relation="==",
    scope=(
        "Joint law by enumeration in rationals, 2 prompts, N <= 3 responses, 3 rounds of 3 tries, pairs, all "
        "purses of a grid; the simulator to a distance of .15 (quick: margins to .1; full: .04, and .005 "
        "for 10^6 draws)."
    ),
    source="Ours; the inverse-CDF method for geometric laws is Devroye (1986), section X.2.",
    uses=("X1",),
    checks=(
        Check(
            slug="joint-law",
            evidence=Evidence.EXHAUSTIVE,
            cases=tuple(
                Case(
                    slug=f"{'pairs' if pairs else 'n'}-{n}-rounds-{rounds}-tries-{tries}",
                    params={"responses": n, "rounds": rounds, "tries": tries, "pairs": pairs},
                    tight=True,
                    tiers=tiers,
                )
                for n, rounds, tries, pairs, tiers in (
                    (2, 3, 2, 0, ("quick", "full")),
                    (2, 2, 2, 1, ("full",)),
                    (3, 2, 2, 0, ("full",)),
                    (2, 3, 3, 0, ("full",)),
                    (3, 3, 2, 0, ("full",)),
                )
            ),
            instance=worlds,
            measure=enumerated,
            bound=stated_by(at_once),
        ),
        Check(
            slug="simulator",
            evidence=Evidence.STATISTICAL,
            cases=(
                Case(slug="literal", params={"law": "literal", "purse": "limited", "draws": 8192}),
                Case(slug="purse", params={"law": "exact-law", "purse": "limited", "draws": 8192}),
                Case(slug="free", params={"law": "exact-law", "purse": "none", "draws": 65_536}),
                Case(
                    slug="free-many",
                    params={"law": "exact-law", "purse": "none", "draws": 1_000_000},
                    tiers=("full",),
                ),
            ),
            instance=simulation,
            measure=simulated,
            bound=lambda _: Bound.of(0.0),
            resolution=BAND,
            coarse=comparison.COARSE,
        ),
        Check(
            slug="spanner-phase",
            evidence=Evidence.STATISTICAL,
            cases=(
                Case(slug="purse", params={"purse": "limited", "draws": 4096}),
                Case(slug="free-many", params={"purse": "none", "draws": 32_768}, tiers=("full",)),
            ),
            instance=phase,
            measure=spanned_alike,
            bound=lambda _: Bound.of(0.0),
            resolution=BAND,
            coarse=comparison.COARSE,
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="shifted",
            why="The geometric law counts skipped rounds where it should count rounds.",
            check="joint-law",
            bound=stated_by(shifted),
        ),
        FalseVariant(
            slug="uncapped",
            why="A round goes on until it finds something.",
            check="joint-law",
            bound=stated_by(uncapped),
        ),
        FalseVariant(
            slug="prompt-by-try",
            why="The accepting prompt has mass proportional to rho_x p_x.",
            check="joint-law",
            bound=stated_by(by_try),
        ),
        FalseVariant(
            slug="prompt-by-rho",
            why="The accepting prompt has law rho.",
            check="joint-law",
            bound=stated_by(by_rho),
        ),
        FalseVariant(
            slug="all-or-nothing",
            why="A round that cannot be paid for to its end is not begun.",
            check="joint-law",
            bound=stated_by(all_or_nothing),
        ),
        FalseVariant(
            slug="simulator-shifted",
            why="The simulator is held against the law that counts rounds from zero.",
            check="simulator",
            measure=lambda sim: comparison.to_law(drawn(sim), coded(from_the_second(sim.world))),
            cases=("free",),
        ),
        FalseVariant(
            slug="phase-uncapped",
            why="The exact law's spanner rounds go on until they find a pair.",
            check="spanner-phase",
            measure=partial(spanned_alike, plan=replace(_PLAN, per_round=1_000_000)),
        ),
        FalseVariant(
            slug="phase-one-more",
            why="The exact law's spanner rounds make one try more than they may.",
            check="spanner-phase",
            measure=partial(spanned_alike, plan=replace(_PLAN, per_round=_PLAN.per_round + 1)),
        ),
    ),
)
