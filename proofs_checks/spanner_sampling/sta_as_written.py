"""STa: the code of SpannerSampling is the algorithm of the statement: its schedule, its rounds, its output.

Statement. `explore_theory.algorithms.Schedule` has the numbers of ST for every ``d``, ``beta``, `R`, `B`,
``sigma``, ``C_cov``, ``eps``, ``delta`` and update rule; a run has the joint law of theory section 2's
*Algorithm*, drawn as it is written; the policy returned has the law of *Output*, and its gap is that law's.

What is checked. ``schedule``: nineteen numbers against `stated_schedule`, typed from the statement, in balls
and whole numbers, on inputs of which no two are alike and none is one. ``runs``: calls, acceptances, misses,
estimates, determinants and a response of the policy, against a program of its own (`plain_run`) that draws
every sample, on a problem with three prompts, uneven masses, ``R, B, lambda != 1``, Gaussian noise and two
responses that share features; with estimates in every round and rarely. ``output``: laws and gaps against
sums over responses, with and without clipping and truncation.

What is not. Long runs (a program that draws everything affords a dozen rounds); problems without a table.

Why trust it. Neither second route uses the code that it is held against; what they share is the statement.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory import exact, oracles
from explore_theory.algorithms import Schedule, SpannerSampling
from explore_theory.algorithms.spanner.truncated import TruncatedSoftmax
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
    Trial,
    TwoSamples,
    agreement,
)
from explore_theory.oracles import SoftmaxSampler
from explore_theory.problems import Gaussian, TabularProblem
from proofs_checks.spanner_sampling import plain_law, plain_run, schedule_cases
from proofs_checks.spanner_sampling.plain_run import Numbers, Outcome
from proofs_checks.spanner_sampling.stated_schedule import Stated

Floats = npt.NDArray[np.float64]

# --- the schedule ------------------------------------------------------------------------------------------

#: Responses of the output that ``T_comp`` counts here, and a number of pairs for ``gamma``.
RESPONSES, PAIRS = 17, 1000
#: Float64 may change a number of the schedule by this, relatively; no count here reaches its inverse.
_ROUNDING = 1e-13


def numbers(trial: Trial) -> tuple[Stated, Schedule]:
    """Both schedules of the case."""
    return schedule_cases.both(trial)


def coded(both: tuple[Stated, Schedule]) -> Measurement:
    """The numbers of the code, each over that of the statement."""
    stated, s = both
    found: list[float] = [
        s.ridge,
        s.kappa,
        s.delta_rej,
        s.gamma(PAIRS),
        s.gamma(s.pairs),
        s.radius,
        s.most_accepted,
        s.explore_rounds,
        s.pairs,
        s.span_rounds,
        s.per_round,
        s.sampler.ratio,
        s.sampler.normaliser,
        s.sampler.tries,
        s.sampler.most_calls,
        s.segments if stated.growth is not None else 1,
        s.data_bound,
        s.compute_bound(),
        s.compute_bound(RESPONSES),
    ]
    values = [Fraction(value) for value in found]
    return Measurement(
        lo=[value * (1 - Fraction(_ROUNDING)) for value in values],
        hi=[value * (1 + Fraction(_ROUNDING)) for value in values],
        effort=len(values),
        unit="numbers",
        witness=lambda k: {"number": NAMES[k], "in the code": float(values[k])},
    )


NAMES = (
    "lambda", "kappa", "delta_rej", "gamma(1000)", "gamma(n)", "nu", "n_acc", "T_exp", "n", "T_span", "N_span",
    "M", "m", "tries", "calls of the sampler", "segments", "T_data", "T_comp", "T_comp with output",
)  # fmt: skip


def stated_numbers(both: tuple[Stated, Schedule]) -> Bound:
    """The numbers of the statement, in the order of `NAMES`."""
    from explore_theory.certify.balls import ends, precision

    stated, _ = both
    with precision(256):
        radius, ratio = stated.radius(), stated.ratio
        gammas = [ends(stated.gamma(n)) for n in (PAIRS, stated.data)]
        balls = [ends(radius), ends(ratio)]
    accepted, explored = stated.fixed_point
    calls = stated.calls_for_estimate
    exactly = [
        stated.ridge, stated.kappa, stated.delta_rej, *gammas, balls[0], accepted, explored, stated.data,
        stated.span_rounds, stated.pairs_a_round, balls[1], calls, calls, 2 * calls + 1, stated.segments,
        stated.data, stated.compute(), stated.compute(RESPONSES),
    ]  # fmt: skip
    pairs = [value if isinstance(value, tuple) else (value, value) for value in exactly]
    return Bound(lo=[Fraction(lo) for lo, _ in pairs], hi=[Fraction(hi) for _, hi in pairs])


def apart(both: tuple[Stated, Schedule]) -> Measurement:
    """How far the numbers are apart, relatively, over 1e-12; above one where they are proved to differ."""
    size = stated_numbers(both).lo
    found, stated = coded(both), stated_numbers(both)
    return agreement(
        lambda _: replace(found, lo=found.lo / size, hi=found.hi / size),
        lambda _: Bound(lo=stated.lo / size, hi=stated.hi / size),
        1e-12,
    )(both)


# --- runs --------------------------------------------------------------------------------------------------

UPDATES = {"every": "every-round", "rarely": "rarely-switching"}
#: What of a run is compared.
COLUMNS = (
    "span_calls",
    "explore_calls",
    "output_calls",
    "accepted",
    "missed",
    "estimate",
    "log_det",
    "response",
)


@dataclass(frozen=True)
class Runs:
    """`draws` runs of either program, each with streams of its own; the `plan` is the library's."""

    plan: Schedule
    played: Schedule
    draws: int
    streams: Streams


def problem() -> TabularProblem:
    """Three prompts of uneven mass and four responses, two of which share their features at one prompt."""
    theta = np.array([1.5, -0.8])
    features = np.array(
        [
            [[0.9, 0.1], [0.0, 0.6], [-0.5, 0.3], [0.0, 0.0]],
            [[0.4, -0.7], [-0.6, -0.2], [0.4, -0.7], [0.1, 0.8]],
            [[0.2, 0.2], [0.7, 0.6], [-0.3, -0.9], [0.5, 0.0]],
        ]
    )
    return TabularProblem(
        prompt_mass=np.array([0.2, 0.3, 0.5]),
        base=np.array([[0.4, 0.3, 0.2, 0.1], [0.15, 0.35, 0.3, 0.2], [0.25, 0.1, 0.05, 0.6]]),
        features=features,
        reward=features @ theta + 0.2,
        beta=0.6,
        theta_star=theta,
        parameter_radius=2.5,
        coverage=2.4,
        noise=Gaussian(0.4),
    )


def plan_of(update: str) -> Schedule:
    """A dozen rounds, at a radius that truncates some pairs and a ratio that clips some."""
    return Schedule.of(
        problem().facts,
        eps=100.0,
        delta=0.9,
        update=UPDATES[update],
        growth=1.4,
        span_factor=0.05,
        explore_factor=0.6,
        ratio_factor=0.02,
        radius_factor=3.0,
    )


def runs(trial: Trial, change: Callable[[Schedule], Schedule] = lambda plan: plan) -> Runs:
    """The runs of the case; the library plays a `change` of the plan."""
    plan = plan_of(str(trial.case.params["update"]))
    return Runs(plan, change(plan), int(trial.case.params["draws"]), trial.streams)


def plain(world: Runs) -> Outcome:
    """By the program of its own."""
    p, s = problem(), world.plan
    numbers = Numbers(
        mass=p.prompt_mass,
        base=p.base,
        features=p.features,
        reward=p.reward,
        beta=p.beta,
        ridge=(max(np.ptp(p.reward, axis=-1)) / 2.5) ** 2,
        noise=0.4 * math.sqrt(2),
        nu=s.radius,
        span_rounds=s.span_rounds,
        pairs_a_round=3,
        explore_rounds=s.explore_rounds,
        ratio=s.sampler.ratio,
        draws=s.sampler.normaliser,
        growth=s.growth if s.rarely else None,
    )
    return plain_run.runs(numbers, world.draws, world.streams.child("plain").generators()[0])


def library(world: Runs) -> Outcome:
    """By the library, under the exact law."""
    path = (*world.streams.path, "library", str(world.streams.rows[0]))
    streams = Streams(path, range(world.draws), world.streams.reseed)
    oracle = oracles.open(problem(), law="exact-law", streams=streams)
    policy = SpannerSampling(schedule=world.played, outputs=1).run(oracle)
    with oracle.phase("answer"):
        ctx = oracle.prompt()
        answer = policy.sample(oracle, ctx)

    def calls(phase: str) -> Any:
        return oracle.ledger.total("weak", phase=phase)

    def averaged(values: Floats) -> Floats:
        return np.asarray((policy.weights * values).sum(axis=-1))

    return Outcome(
        span_calls=calls("span"),
        explore_calls=calls("explore"),
        output_calls=calls("answer"),
        accepted=np.asarray(policy.accepted, dtype=np.int64),
        missed=np.asarray(policy.missed, dtype=np.int64),
        estimate=averaged(plain_run.image(policy.thetas)),
        log_det=averaged(_log_dets(policy.covariances)),
        response=ctx.prompts * problem().base.shape[1] + answer.response,
    )


def _log_dets(covariances: Floats) -> Floats:
    """``log det`` of `[R, S, d, d]`; zero where a run has no estimate."""
    sign, found = np.linalg.slogdet(covariances)
    return np.where(sign > 0, found, 0.0)


#: Why the bands of these checks are wider than a probability's.
COARSE = "a band for the distance of two laws, from as many runs as a program that draws everything affords"
#: Equal numbers come out of the two programs with different last digits.
_PLACES = 9


def alike(world: Runs) -> Largest:
    """The largest distance of distribution functions, over `COLUMNS`."""
    first, second = plain(world), library(world)
    return Largest(
        parts={
            name: TwoSamples.real(
                *(np.round(np.asarray(getattr(o, name), dtype=float), _PLACES) for o in (first, second))
            )
            for name in COLUMNS
        },
        unit="runs",
    )


def run_case(update: str, draws: int, tier: str) -> Case:
    """`draws` runs of each program at one tier."""
    return Case(slug=f"{update}-{tier}", params={"update": update, "draws": draws}, tiers=(tier,))


# --- the output --------------------------------------------------------------------------------------------

#: Estimates from so many draws are exact, to 1e-6.
_MANY = 10**14
SAMPLERS = {
    "unclipped": SoftmaxSampler(ratio=40.0, normaliser=_MANY, tries=60),
    "clipped": SoftmaxSampler(ratio=1.2, normaliser=_MANY, tries=3),
}


@dataclass(frozen=True)
class Outputs:
    """A problem and a policy for each row."""

    worlds: list[tuple[TabularProblem, TruncatedSoftmax]]


def outputs(trial: Trial) -> Outputs:
    """Problems and policies at random."""
    sampler = SAMPLERS[str(trial.case.params["sampler"])]
    found = []
    for row in trial.rows:
        streams = Streams((*trial.streams.path, "world"), (row,), trial.streams.reseed)
        policy = plain_law.policy(streams, sampler, truncate=bool(trial.case.params["truncate"]))
        found.append((plain_law.problem(streams), policy))
    return Outputs(found)


def evaluated(world: Outputs) -> Measurement:
    """Laws at every prompt and gaps, by the library."""
    found: list[float] = []
    for p, q in world.worlds:
        atoms = p.atoms(np.arange(len(p.prompt_mass))[None])
        found.extend(np.exp(q.log_law(atoms, p.beta)).ravel().tolist())
        found.append(float(exact.gap(p, q)[0]))
    return Measurement.exact(found, error=1e-12, effort=len(world.worlds), unit="policies")


def summed(world: Outputs, *, uniform: bool = False) -> Bound:
    """The same by sums over responses."""
    found: list[float] = []
    for p, q in world.worlds:
        for x in range(len(p.prompt_mass)):
            found.extend(plain_law.law(p, q, x, uniform=uniform))
        found.append(plain_law.gap(p, q, uniform=uniform))
    return Bound.of(found, error=1e-12)


def output_case(sampler: str, *, truncate: bool = True) -> Case:
    """Eight policies."""
    return Case(
        slug=sampler if truncate else f"{sampler}-not-truncated",
        params={"sampler": sampler, "truncate": int(truncate)},
        rows={"quick": 4, "full": 32},
        tight=True,
    )


CLAIM = Claim(
    id="STa",
    slug="spanner-sampling-as-written",
    theorem="spanner_sampling",
    title="SpannerSampling's code is the algorithm of the statement",
    statement=(
        "Schedule has the numbers of ST; runs have the joint law of the algorithm drawn as it is written: weak "
        "calls of each phase and of a response, pairs accepted, rounds missed, estimates, det Sigma, and the "
        "response; the policy returned has the law and the gap of the statement's output."
    ),
    formula=(
        r"\mathcal{L}_{\mathrm{code}}(T_{\mathrm{comp}}, \hat\theta, \Sigma, y) = "
        r"\mathcal{L}_{\mathrm{algorithm}}(T_{\mathrm{comp}}, \hat\theta, \Sigma, y)"
    ),
    relation="==",
    scope=(
        "Nineteen numbers of ten schedules; runs of a dozen rounds on one problem with three prompts, to .1 "
        "(quick) and .04 (full) in distribution functions; laws of random policies on random problems."
    ),
    source="Ours; the algorithm is that of section 3 of Foster, Mhammedi, Rohatgi, COLT 2025, with a ridge.",
    uses=("S8",),
    checks=(
        Check(
            slug="schedule",
            evidence=Evidence.CERTIFIED,
            cases=schedule_cases.cases("every", "rarely"),
            instance=numbers,
            measure=apart,
            bound=lambda _: Bound.of(1.0),
            relation="<=",
        ),
        Check(
            slug="runs",
            evidence=Evidence.STATISTICAL,
            cases=tuple(run_case(update, 6_000, "quick") for update in UPDATES),
            instance=runs,
            measure=alike,
            bound=lambda _: Bound.of(0.0),
            resolution=Resolution(absolute=0.1),
            coarse=COARSE,
        ),
        Check(
            slug="long-runs",
            evidence=Evidence.STATISTICAL,
            cases=tuple(run_case(update, 40_000, "full") for update in UPDATES),
            instance=runs,
            measure=alike,
            bound=lambda _: Bound.of(0.0),
            resolution=Resolution(absolute=0.04),
            coarse=COARSE,
        ),
        Check(
            slug="output",
            evidence=Evidence.ADVERSARIAL,
            cases=(
                output_case("unclipped"),
                output_case("clipped"),
                output_case("unclipped", truncate=False),
            ),
            instance=outputs,
            measure=evaluated,
            bound=summed,
            # What 1e14 draws leave unknown of a normaliser.
            resolution=Resolution(relative=1e-5),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="range-one",
            why="kappa, delta_rej, lambda and gamma for rewards in [0, 1], whatever R is",
            check="schedule",
            measure=lambda both: apart((replace(both[0], reward_range=Fraction(1)), both[1])),
        ),
        FalseVariant(
            slug="radius-one",
            why="parameters of norm one at most, whatever B is",
            check="schedule",
            measure=lambda both: apart((replace(both[0], parameter_radius=Fraction(1)), both[1])),
        ),
        FalseVariant(
            slug="wider-radius",
            why="pairs and responses may be twice as long",
            check="runs",
            instance=lambda trial: runs(
                trial, lambda plan: replace(plan, radius_factor=2 * plan.radius_factor)
            ),
            cases=("every-quick",),
        ),
        FalseVariant(
            slug="fewer-draws",
            why="nine tenths of the draws for the normaliser and of the candidates",
            check="long-runs",
            instance=lambda trial: runs(trial, lambda plan: replace(plan, ratio_factor=0.9 * plan.ratio_factor)),
            cases=("every-full",),
        ),
        FalseVariant(
            slug="comparison-uniform",
            why="y' uniform over the responses and not from the base policy",
            check="output",
            bound=lambda world: summed(world, uniform=True),
        ),
    ),
)
