"""Runs of Algorithm 3 as printed, what Theorem 3.1 allows them, and ours beside them on the same meters.

Letters: `R` replicates, `S` policies kept.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from explore_theory import exact, oracles
from explore_theory.algorithms import PrintedSchedule, PrintedSpannerSampling, SpannerPolicy, SpannerSampling
from explore_theory.algorithms.spanner.truncated import TruncatedSoftmax
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Trial
from explore_theory.oracles import Oracle
from explore_theory.policies import Base
from explore_theory.problems import TabularProblem
from proofs_checks.spanner_sampling.rare_best import rare_best

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """Theorem 3.1 with the constant of the learner, typed from page 44 and pages 52 to 58.

    Pairs, weak calls while learning, prompts, and weak calls of one response.
    """

    data: float
    calls: float
    prompts: float
    response: float


def allowed(problem: TabularProblem, learner: PrintedSpannerSampling) -> Allowed:
    """The numbers for a problem, whatever the learner runs."""
    assert problem.parameter_radius is not None
    assert problem.coverage is not None
    d, beta, width = problem.features.shape[-1], problem.beta, problem.parameter_radius
    reward = float(np.ptp(problem.reward, axis=-1).max())

    def log(rounds: float) -> float:
        return math.log(width * rounds / (reward * learner.delta))

    most = 1.0
    for _ in range(200):
        most = math.ceil(learner.constant * (d * reward * log(most)) ** 2 / (beta * learner.eps))
    radius = beta / math.sqrt(learner.constant * d * reward**2 * log(most))
    # Lemma G.8 before it is loosened, iterated from above: k log(1 + nu^2) <= d log(1 + 4 k/(d lambda)).
    pairs = 1e15
    for _ in range(200):
        pairs = d * math.log1p(4 * pairs * (width / reward) ** 2 / d) / math.log1p(radius**2)
    tries = math.ceil(4 * 8 * math.e**2 * problem.coverage * math.log(4 * most))
    prompts, each = math.ceil((reward / beta) ** 2 * most), math.ceil(problem.coverage * most)
    return Allowed(
        data=pairs + most,
        calls=2.0 * prompts * each + most * (2 + 2 * tries),
        prompts=prompts + most,
        response=2 + 2 * tries,
    )


@dataclass(frozen=True, kw_only=True)
class World:
    """A problem, the learner, an oracle over the rows of the block, and what is allowed."""

    problem: TabularProblem
    learner: PrintedSpannerSampling
    oracle: Oracle
    allowed: Allowed


def world(trial: Trial) -> World:
    """The problem of the case, the same for all of its rows."""
    params = trial.case.params
    streams = Streams((*trial.streams.path, "world"), (0,), trial.streams.reseed)
    problem = rare_best(
        streams,
        d=int(params["d"]),
        beta=float(params["beta"]),
        sigma=float(params["sigma"]),
        coverage=float(params["coverage"]),
        reward_range=float(params.get("R", 1.0)),
        parameter_radius=float(params.get("B", 1.0)),
    )
    learner = PrintedSpannerSampling(
        eps=float(params["eps"]), delta=float(params["delta"]), constant=float(params["constant"])
    )
    return World(
        problem=problem,
        learner=learner,
        oracle=oracles.open(problem, law="exact-law", streams=trial.streams.child("oracle")),
        allowed=allowed(problem, learner),
    )


def with_schedule(trial: Trial, **changes: float) -> World:
    """The same world, and a learner that follows another schedule."""
    honest = world(trial)
    schedule: PrintedSchedule = replace(honest.learner.plan(honest.oracle), **changes)  # type: ignore[arg-type]
    return replace(honest, learner=replace(honest.learner, schedule=schedule))


def base_policy_misses(w: World) -> bool:
    """``gap(pi_ref) > eps``: otherwise there is nothing to learn."""
    return bool(exact.gap(w.problem, Base())[0] > w.learner.eps)


def each_gap(problem: TabularProblem, policy: SpannerPolicy) -> Floats:
    """The gap of every policy that was kept by itself, `[R, S]`."""
    rows, kept, d = policy.thetas.shape
    assert policy.inverse is not None
    alone = TruncatedSoftmax(
        thetas=policy.thetas.reshape(rows * kept, 1, d),
        weights=np.ones((rows * kept, 1)),
        inverse=np.repeat(policy.inverse, kept, axis=0),
        radius=policy.radius,
        sampler=policy.sampler,
    )
    return np.asarray(exact.gap(problem, alone)).reshape(rows, kept)


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What runs came to, `[R]` each: average gap, pairs, calls while learning, prompts, calls to answer."""

    average: Floats
    data: Floats
    calls: Floats
    prompts: Floats
    response: Floats


def ran(w: World) -> Ran:
    """Both phases, and one response of the policy."""
    policy = w.learner.run(w.oracle)
    ledger = w.oracle.ledger
    found = {
        "data": ledger.data.copy(),
        "calls": ledger.compute.copy(),
        "prompts": ledger.total("prompt").copy(),
    }
    with w.oracle.phase("output"):
        policy.sample(w.oracle, w.oracle.prompt())
    return Ran(
        average=each_gap(w.problem, policy).mean(axis=-1),
        response=w.oracle.ledger.total("weak", phase="output"),
        **found,
    )


def ours(w: World, trial: Trial) -> Ran:
    """SpannerSampling by its own theorem, for the same `eps` and ``delta`` on the same problem."""
    oracle = oracles.open(w.problem, law="exact-law", streams=trial.streams.child("ours"))
    policy = SpannerSampling(eps=w.learner.eps, delta=w.learner.delta).run(oracle)
    ledger = oracle.ledger
    return Ran(
        average=each_gap(w.problem, policy).mean(axis=-1),
        data=ledger.data,
        calls=ledger.compute,
        prompts=ledger.total("prompt"),
        response=np.zeros_like(ledger.data),
    )
