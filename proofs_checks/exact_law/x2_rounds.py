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
``spanner-phase``: a whole spanner phase, where `Sigma` and so ``A_x`` change with every pair accepted: phases
of the exact law, of prompts in a list and in blocks, and of the literal oracle, against phases drawn as they
are defined (`literal_rounds`), joint law of meters, acceptances, `Sigma` and the moments of the regression.

What is not. Learners that remember what was rejected.

Why trust it. The enumeration knows nothing of geometric laws, and the definition shares no line with either
simulator. What (2) and (3) leave open is stated.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
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
from explore_theory.problems import TabularProblem
from proofs_checks.exact_law import comparison
from proofs_checks.exact_law.rounds_enumeration import Law, Rounds, at_once, found, round_by_round, tiny
from proofs_checks.exact_law.spanner_phases import (
    PLAN,
    frozen,
    half_of_the_noise,
    phase,
    planned,
)

#: What the quick tier can tell: 65,536 draws have a margin of .016 from a law.
BAND = Resolution(absolute=0.03)
#: What 30,000 phases of a simulator and four times as many by the definition tell.
PHASES = Resolution(absolute=0.045)
#: What the full tier can tell of both.
FINE = Resolution(absolute=0.015)
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

_BASE = np.array([[0.75, 0.25], [0.875, 0.125], [0.5, 0.5]])
_FEATURES = np.array([[[1.0], [0.0]], [[-0.5], [0.5]], [[0.25], [0.25]]])
#: Pairs of two different responses to the first two prompts are apart by more, those to the third never.
_APART = 0.5


@dataclass(frozen=True)
class Simulation:
    """Rounds of searching on a problem: the same world in rationals and as an oracle, drawn `draws` times."""

    world: Rounds
    law: str
    draws: int
    limited: bool
    path: tuple[str, ...]
    reseed: int


def simulation(trial: Trial) -> comparison.Drawn:
    """The rounds of the case, as an oracle plays them."""
    asked = simulation_of(trial)
    return comparison.Drawn(asked, drawn(asked))


def simulation_of(trial: Trial) -> Simulation:
    """Pairs of two responses at three prompts; limited purses run out in some round."""
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
        rho=(Fraction(1, 2), Fraction(1, 8), Fraction(3, 8)),
        laws=pairs,
        targets=(apart, apart, frozenset()),
        rounds=3,
        per_round=2,
        prompts=3,
        calls=9 if limited else 12,
        per=2,
    )
    path = (*trial.streams.path, str(trial.streams.rows[0]))
    return Simulation(world, str(params["law"]), int(params["draws"]), limited, path, trial.streams.reseed)


def simulated(world: comparison.Drawn, law: Callable[[Rounds], Law] = round_by_round) -> Sample:
    """Distance of what `search_rounds` does from the enumerated law, or from another `law`."""
    return comparison.to_law(world.outcomes, coded(law(world.asked.world)))


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
        reward=np.zeros(_BASE.shape),
        beta=1.0,
    )
    budgets = {"prompt": world.prompts, "weak": world.calls} if sim.limited else None
    oracle: Any = None
    for first in range(0, sim.draws, TOGETHER):
        if oracle is None or sim.limited:
            rows = Streams(sim.path, range(first, min(first + TOGETHER, sim.draws)), sim.reseed)
            oracle = oracles.open(problem, law=sim.law, budgets=budgets, streams=rows)
        before = [oracle.ledger.total(kind) for kind in ("prompt", "weak")]
        rounds = oracle.search_rounds(Norm() > _APART, world.rounds, world.per_round, pair=True)
        spent = [oracle.ledger.total(kind) - b for kind, b in zip(("prompt", "weak"), before, strict=True)]
        status, response = rounds.found.status, rounds.found.response
        batches.append(np.column_stack([status, rounds.ctx.prompts, response, *spent]))
    return comparison.whole(np.concatenate(batches)[: sim.draws])


# --- false variants ----------------------------------------------------------------------------------------


def shifted(world: Rounds) -> Law:
    """The geometric law counts rounds from zero: the first round is skipped with probability ``1 - S``.

    What is missing goes to the outcome without a hit.
    """
    law = at_once(world) | {o: mass * (1 - world.accepted) for o, mass in found(world).items()}
    last = next(outcome for outcome in law if outcome[0] is not Status.OK)
    return law | {last: law[last] + 1 - sum(law.values())}


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


# --- the claim ---------------------------------------------------------------------------------------------


def _drawn(slug: str, law: str, purse: str, draws: int, *tiers: str) -> Case:
    params: dict[str, Any] = {"law": law, "purse": purse, "draws": draws}
    return Case(slug=slug, params=params, tiers=tiers or ("quick", "full"))


def _phase(
    slug: str, draws: int, *tiers: str, drawn: str = "from a list", law: str = "exact-law", **given: Any
) -> Case:
    params: dict[str, Any] = {"noise": "gaussian", "purse": "none"} | given
    more: dict[str, Any] = {"law": law, "prompts drawn": drawn, "draws": draws}
    return Case(slug=slug, params={**params, **more}, tiers=tiers or ("quick", "full"))


def _simulated(slug: str, resolution: Resolution, *cases: Case) -> Check:
    return comparison.one_law(
        slug=slug,
        cases=cases,
        instance=simulation,
        measure=simulated,
        resolution=resolution,
    )


def _phases(slug: str, resolution: Resolution, *cases: Case) -> Check:
    return comparison.one_law(
        slug=slug,
        cases=cases,
        instance=phase,
        measure=comparison.alike,
        resolution=resolution,
    )


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
        "Joint law by enumeration in rationals, 2 prompts, 2 responses, 3 rounds of 2 tries (full: 3 of "
        "each, and pairs), all purses of a grid; rounds of an oracle to a distance of .03 (full: .015), "
        "spanner phases of 8 rounds with many prompts and Gaussian noise to .045 (full: .015)."
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
        _simulated(
            "simulator",
            BAND,
            _drawn("literal", "literal", "limited", 32_768),
            _drawn("purse", "exact-law", "limited", 65_536),
            _drawn("free", "exact-law", "none", 65_536),
        ),
        _simulated(
            "simulator-fine",
            FINE,
            _drawn("literal", "literal", "limited", 100_000, "full"),
            _drawn("purse", "exact-law", "limited", 300_000, "full"),
            _drawn("free", "exact-law", "none", 300_000, "full"),
        ),
        _phases(
            "spanner-phase",
            PHASES,
            _phase("free", 30_000, prompts=9),
            _phase("purses", 30_000, prompts=9, noise="coins", purse="drawn"),
            _phase("blocks", 30_000, prompts=2, purse="drawn", drawn="by the problem"),
            _phase("literal", 30_000, "full", prompts=9, purse="drawn", law="literal"),
        ),
        _phases(
            "spanner-phase-fine",
            FINE,
            _phase("free", 300_000, "full", prompts=9),
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
            measure=partial(simulated, law=shifted),
            cases=("free",),
        ),
        FalseVariant(
            slug="simulator-fine-shifted",
            why="The same, as finely as the full tier tells.",
            check="simulator-fine",
            measure=partial(simulated, law=shifted),
            cases=("free",),
        ),
        FalseVariant(
            slug="phase-uncapped",
            why="The simulator's spanner rounds go on until they find a pair.",
            check="spanner-phase",
            measure=partial(planned, plan=replace(PLAN, per_round=1_000_000)),
            cases=("free",),
        ),
        FalseVariant(
            slug="phase-one-more",
            why="The simulator's spanner rounds make one try more than they may.",
            check="spanner-phase",
            measure=partial(planned, plan=replace(PLAN, per_round=PLAN.per_round + 1)),
            cases=("free", "purses"),
        ),
        FalseVariant(
            slug="phase-frozen",
            why="Pairs are held against the Sigma that the phase began with.",
            check="spanner-phase",
            measure=frozen,
            cases=("free", "blocks"),
        ),
        FalseVariant(
            slug="phase-noise-halved",
            why="The simulated reward differences have half their variance.",
            check="spanner-phase",
            measure=half_of_the_noise,
            cases=("free",),
        ),
        FalseVariant(
            slug="phase-fine-frozen",
            why="Frozen, as finely as the full tier tells.",
            check="spanner-phase-fine",
            measure=frozen,
            cases=("free",),
        ),
    ),
)
