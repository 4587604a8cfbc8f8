"""Runs of the library beside runs of a program of its own (`plain_run`), on one problem, for STa."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory import oracles
from explore_theory.algorithms import Schedule, SpannerSampling
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Case, Largest, Trial, TwoSamples
from explore_theory.problems import Gaussian, TabularProblem
from proofs_checks.spanner_sampling import plain_run
from proofs_checks.spanner_sampling.plain_run import Numbers, Outcome

Floats = npt.NDArray[np.float64]

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
        parameter_radius=5.0,
        coverage=2.4,
        noise=Gaussian(0.4),
    )


def plan_of(update: str) -> Schedule:
    """Some twenty rounds, at a radius that truncates some pairs and a ratio that clips some."""
    return Schedule.of(
        problem().facts,
        eps=100.0,
        delta=0.9,
        update=UPDATES[update],
        growth=1.4,
        span_factor=0.15,
        explore_factor=0.6,
        ratio_factor=0.02,
        radius_factor=3.0,
    )


def runs(trial: Trial, change: Callable[[Schedule], Schedule] = lambda plan: plan, *, fewer: int = 1) -> Runs:
    """The runs of the case, `fewer` times as few; the library plays a `change` of the plan."""
    plan = plan_of(str(trial.case.params["update"]))
    return Runs(plan, change(plan), int(trial.case.params["draws"]) // fewer, trial.streams)


def plain(world: Runs) -> Outcome:
    """By the program of its own."""
    p, s = problem(), world.plan
    numbers = Numbers(
        mass=p.prompt_mass,
        base=p.base,
        features=p.features,
        reward=p.reward,
        beta=p.beta,
        ridge=(max(np.ptp(p.reward, axis=-1)) / 5.0) ** 2,
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
