"""SpannerSampling on whole responses with rewards linear in token features: runs, and what is allowed.

Letters: `K` horizons, `R` runs at each.
"""

from dataclasses import dataclass, fields, replace
from fractions import Fraction
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from explore_theory import exact, oracles
from explore_theory.algorithms import PrintedSpannerSampling, SpannerSampling
from explore_theory.harness import Measurement, Tally, Trial
from explore_theory.oracles import Oracle
from explore_theory.policies import Base
from explore_theory.problems import TabularProblem
from proofs_checks.spanner_sampling import printed_runs
from proofs_checks.spanner_sampling.stated_schedule import Stated
from proofs_checks.token_level_improvement.horizon import weights
from proofs_checks.token_level_improvement.learners import Rows
from proofs_checks.token_level_improvement.linear_tokens import linear_tokens, whole_responses

Floats = npt.NDArray[np.float64]

#: Noise of a reward difference, failure probability, and `c` of the printed schedule in `spent`.
SIGMA, DELTA, CONSTANT = 0.1, 0.25, 0.1
RARELY = "rarely-switching"


@dataclass(frozen=True, kw_only=True)
class World:
    """A problem over whole responses, a learner, an oracle, and pairs and token calls that are allowed."""

    problem: TabularProblem
    learner: SpannerSampling
    oracle: Oracle
    horizon: int
    data: float
    tokens: float


def problem_of(params: dict[str, float | str], horizon: int) -> TabularProblem:
    """The problem of a case at one horizon."""
    coverage = float(params["coverage"])
    problem, theta = linear_tokens(
        horizon=horizon,
        d=int(params["d"]),
        ratio=float(params["ratio"]),
        coverage=coverage,
        sigma=SIGMA,
        reward_range=float(params.get("R", 1.0)),
    )
    return whole_responses(problem, theta, coverage)


def stated(problem: TabularProblem, learner: SpannerSampling, dimension: int) -> Stated:
    """The numbers of ST for features of that `dimension`."""
    assert problem.parameter_radius is not None
    assert problem.coverage is not None
    return Stated(
        d=dimension,
        beta=Fraction(problem.beta),
        reward_range=Fraction(float(np.ptp(problem.reward, axis=-1).max())),
        parameter_radius=Fraction(problem.parameter_radius),
        sigma=Fraction(problem.noise.sigma),
        coverage=Fraction(problem.coverage),
        eps=Fraction(learner.eps),
        delta=Fraction(learner.delta),
        growth=Fraction(learner.growth) if learner.update == RARELY else None,
    )


def world(trial: Trial, *, per_token: bool = False) -> World:
    """The world of a case; false variants count the dimension `per_token`: `d` in place of ``d H``."""
    params = dict(trial.case.params)
    horizon, d = int(params["horizon"]), int(params["d"])
    problem = problem_of(params, horizon)
    learner = SpannerSampling(eps=float(params["eps"]), delta=DELTA, update=str(params["update"]))
    most = stated(problem, learner, d if per_token else d * horizon)
    return World(
        problem=problem,
        learner=learner,
        oracle=oracles.open(problem, law="exact-law", streams=trial.streams.child("oracle")),
        horizon=horizon,
        data=float(most.data),
        tokens=horizon * float(most.compute()),
    )


def without_spanner(trial: Trial) -> World:
    """The same world, and a learner without a spanner phase."""
    honest = world(trial)
    schedule = replace(honest.learner.plan(honest.oracle), span_factor=0.0)
    return replace(honest, learner=replace(honest.learner, schedule=schedule))


def base_policy_misses(w: World) -> bool:
    """``gap(pi_ref) > eps``: otherwise there is nothing to learn."""
    return bool(exact.gap(w.problem, Base())[0] > w.learner.eps)


def successes(w: World) -> Tally:
    """Runs with a gap of at most `eps`, within the pairs and the token calls that are allowed."""
    policy = w.learner.run(w.oracle)
    ledger = w.oracle.ledger
    fine = (
        (exact.gap(w.problem, policy) <= w.learner.eps)
        & (ledger.data <= w.data)
        & (w.horizon * ledger.compute <= w.tokens)
    )
    return Tally(successes=int(fine.sum()), trials=fine.size)


# --- the printed schedule ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Printed:
    """The printed learner on whole responses, and the token calls that the corollary allows."""

    sequences: printed_runs.World
    horizon: int
    tokens: float


def printed_world(trial: Trial) -> Printed:
    """The printed schedule for the problem of the case."""
    params = dict(trial.case.params)
    horizon = int(params["horizon"])
    problem = problem_of(params, horizon)
    learner = PrintedSpannerSampling(
        eps=float(params["eps"]), delta=DELTA, constant=float(params["constant"])
    )
    most = printed_runs.allowed(problem, learner)
    sequences = printed_runs.World(
        problem=problem,
        learner=learner,
        oracle=oracles.open(problem, law="exact-law", streams=trial.streams.child("oracle")),
        allowed=most,
    )
    return Printed(sequences=sequences, horizon=horizon, tokens=horizon * most.calls)


def linear_in_data(trial: Trial) -> Printed:
    """With what ours is allowed for the same problem and accuracy, every round estimated."""
    honest = printed_world(trial)
    w = honest.sequences
    learner = SpannerSampling(eps=w.learner.eps, delta=DELTA)
    most = stated(w.problem, learner, int(trial.case.params["d"]) * honest.horizon)
    return replace(honest, tokens=honest.horizon * float(most.compute()))


def printed_successes(w: Printed) -> Tally:
    """Runs of the printed schedule with an average gap of at most `eps`, within all that is allowed."""
    found, most = printed_runs.ran(w.sequences), w.sequences.allowed
    fine = (
        (found.average <= w.sequences.learner.eps)
        & (found.data <= most.data)
        & (w.horizon * found.calls <= w.tokens)
        & (found.prompts == most.prompts)
    )
    return Tally(successes=int(fine.sum()), trials=fine.size)


# --- growth ------------------------------------------------------------------------------------------------

#: Coverages of `spent` beside the one at which `H` grows, at the least horizon.
COVERAGES = (64.0, 256.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Spent:
    """Gaps over ``eps``, pairs and token calls, `[K, R]`."""

    gap: Floats
    pairs: Floats
    tokens: Floats


@dataclass(frozen=True, kw_only=True)
class Grown:
    """What runs spent at growing horizons, ours and printed, and ours at growing coverages."""

    horizons: tuple[int, ...]
    ours: Spent
    printed: Spent
    coverages: tuple[float, ...]
    covered: Spent


def grown(trial: Trial) -> Grown:
    """Runs of both learners at the horizons of the case, at one range and accuracy."""
    params = trial.case.params
    runs = Rows((*trial.streams.path, "runs"), tuple(range(int(params["runs"]))), trial.streams.reseed)
    return _grown(tuple(sorted(params.items())), runs)


@lru_cache(maxsize=4)
def _grown(params: tuple[tuple[str, float | str], ...], runs: Rows) -> Grown:
    known = dict(params)
    horizons = tuple(int(h) for h in str(known["horizons"]).split())
    first = float(known["coverage"])
    eps = float(known["eps"])
    ours = SpannerSampling(eps=eps, delta=DELTA, update=RARELY)
    printed = PrintedSpannerSampling(eps=eps, delta=DELTA, constant=CONSTANT)

    def spend(learner: SpannerSampling | PrintedSpannerSampling, horizon: int, coverage: float) -> Spent:
        problem = problem_of({**known, "coverage": coverage}, horizon)
        streams = runs.streams(f"{type(learner).__name__} at H = {horizon}, C = {coverage:g}")
        oracle = oracles.open(problem, law="exact-law", streams=streams)
        gap = np.broadcast_to(exact.gap(problem, learner.run(oracle)) / eps, (oracle.R,))
        return Spent(gap=gap, pairs=oracle.ledger.data, tokens=horizon * oracle.ledger.compute)

    at_horizons = [spend(ours, h, first) for h in horizons]
    return Grown(
        horizons=horizons,
        ours=_stacked(at_horizons),
        printed=_stacked([spend(printed, h, first) for h in horizons]),
        coverages=(first, *COVERAGES),
        covered=_stacked([at_horizons[0], *(spend(ours, horizons[0], c) for c in COVERAGES)]),
    )


def _stacked(parts: list[Spent]) -> Spent:
    return Spent(**{f.name: np.array([getattr(part, f.name) for part in parts]) for f in fields(Spent)})


#: What `spent` compares with one.
SPENT = (
    "largest gap over eps, ours", "largest gap over eps, printed",
    "exponent of pairs in H over 2, ours", "exponent of token calls in H over 3, ours",
    "5 over the exponent of token calls in H, printed", "2 over the exponent of the ratio of both in H",
    "exponent of token calls in C_cov, ours",
)  # fmt: skip


def spent(w: Grown, *, pairs: float = 2.0, tokens: float = 3.0, coverage: float = 1.0) -> Measurement:
    """`SPENT`: least-squares slopes in log-log through the medians of the runs."""

    def slope(x: tuple[float, ...], values: Floats) -> float:
        return float((weights(x) * np.log(np.median(values, axis=1))).sum())

    numbers = [
        float(w.ours.gap.max()),
        float(w.printed.gap.max()),
        slope(w.horizons, w.ours.pairs) / pairs,
        slope(w.horizons, w.ours.tokens) / tokens,
        5 / slope(w.horizons, w.printed.tokens),
        2 / slope(w.horizons, w.printed.tokens / w.ours.tokens),
        slope(w.coverages, w.covered.tokens) / coverage,
    ]
    return Measurement.exact(
        numbers,
        effort=w.ours.gap.size + w.printed.gap.size + w.covered.gap[1:].size,
        unit="runs",
        witness=lambda k: {"number": SPENT[k]},
        notes={
            "x": list(map(float, w.horizons)),
            **{
                f"{who}, {what}": np.median(values, axis=1).tolist()
                for who, found in (("SpannerSampling", w.ours), ("printed schedule", w.printed))
                for what, values in (("pairs", found.pairs), ("token calls", found.tokens))
            },
        },
    )
