"""STr: how SpannerSampling's gap, data and computation scale, with the laws that its data reject.

Statement. On problems whose best response is rare,

1. the gap of the policy falls like ``1/T_exp``, the fast rate, once exploration outweighs the spanner phase;
2. so the rounds to reach a gap `eps` grow like ``1/eps``, not ``1/eps^2``;
3. the smallest sampler ratio `M` that succeeds grows like ``C_cov``: below it the algorithm fails, so linear
   coverage is what it needs as well as what it is proved to need;
4. the smallest purse of oracle calls with which it succeeds grows like ``C_cov``. The learner is told the
   purse, not ``C_cov``: it takes the largest coverage for which the purse pays in the worst case.

Past the burn-in (1) has a constant: where the base policy shows everything, the gap has the law of ``<e, S
e>/(2 beta)``, `e` Gaussian of covariance ``c sigma^2 (T V)^{-1}``, `V` the information of a pair from ``pi* x
pi_ref``, `S` the covariance of features under ``pi*``. The policy mixes estimates of all rounds, whose errors
are averages of the same data, so `c` is near two where the last estimate has one: `limit_laws`.

What is checked. Exponents from simultaneous bands at the session's level, by the rules of the engine: medians
of exact gaps, and thresholds of success probability one half, over four decades of ``T_exp`` and ``1/eps``
and six of ``C_cov``. The runs follow a practical schedule (`practical`), rarely switching. Grids of ratios
and of purses are powers of two that do not know ``C_cov``; each run counts at one rung only. *constant* holds
the law of the gap itself against the limit law, with rare updates and with updates in every round.

*Burn-in* of (1): until ``T_exp`` is about a hundred times the pairs that the spanner takes, the regression
feeds on those as well, and the gap falls more slowly. Rounds start where that is past.

What is not. Constants of the theorem: those are ST's. The theorem's factor ``d^2`` is in STd, other learners
are in STc.

Why trust it. Gaps are sums over the law of the policy, calls are what the ledger charged, intervals are the
engine's; limit laws are drawn from normals, without learner or oracle.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from explore_theory import exact, oracles
from explore_theory.algorithms import SpannerSampling
from explore_theory.foundation.streams import Streams
from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Curve,
    Evidence,
    FalseVariant,
    Figure,
    OneSample,
    Resolution,
    Rungs,
    Trial,
)
from explore_theory.policies import Base
from explore_theory.problems import TabularProblem
from explore_theory.problems.protocol import Floats
from explore_theory.statistics import power
from proofs_checks.spanner_sampling import limit_laws
from proofs_checks.spanner_sampling.contrasts import uneven
from proofs_checks.spanner_sampling.limit_laws import LimitLaw
from proofs_checks.spanner_sampling.practical import gaps_after_one_spanner_phase, run, schedule_of
from proofs_checks.spanner_sampling.rare_best import rare_best

EXPONENT = Resolution(absolute=0.05)
#: Gaps of single runs spread over a decade, so that a median takes thousands of runs to be told to .05.
WIDE = Resolution(absolute=0.1)
WHY_WIDE = "medians of gaps that spread over a decade, told to a tenth; the rivals are halves away"
#: Thresholds of rounds are looked for on a grid of this ratio, so far to either side of the limit law's.
GRID, SIDE = math.sqrt(2.0), 3


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """A problem per rung, and the streams of its rows."""

    x: tuple[float, ...]
    problems: tuple[TabularProblem, ...]
    trial: Trial

    def streams(self, rung: int, part: int = 0) -> Streams:
        """Streams of the rows of the block, for one rung and part of it."""
        return self.trial.streams.child(f"rung {rung} part {part}")


def problem_of(trial: Trial, coverage: float) -> TabularProblem:
    """The problem of the case at a given coverage: the same geometry at each."""
    params = trial.case.params
    streams = Streams((*trial.streams.path, "world"), (0,), trial.streams.reseed)
    return rare_best(
        streams,
        d=int(params["d"]),
        beta=float(params["beta"]),
        sigma=float(params["sigma"]),
        coverage=coverage,
        prompts=1,
        others=4,
    )


def steps(trial: Trial) -> tuple[float, ...]:
    """`count` points from `first` to `last`, evenly in logarithms."""
    params = trial.case.params
    ends = math.log10(float(params["first"])), math.log10(float(params["last"]))
    return tuple(float(v) for v in np.logspace(*ends, int(params["count"])))


def by_rounds(trial: Trial) -> Ladder:
    """Rungs are numbers of rounds."""
    problem = problem_of(trial, float(trial.case.params["coverage"]))
    asked = [schedule_of(problem, round(t)).explore_rounds for t in steps(trial)]
    return Ladder(x=tuple(map(float, asked)), problems=(problem,) * len(asked), trial=trial)


def by_coverage(trial: Trial) -> Ladder:
    """Rungs are coverages."""
    x = steps(trial)
    return Ladder(x=x, problems=tuple(problem_of(trial, c) for c in x), trial=trial)


# --- measurements ------------------------------------------------------------------------------------------


def gaps_of(problem: TabularProblem, learner: SpannerSampling, streams: Streams) -> Floats:
    """Exact gaps, one for each run, `[R]`."""
    return exact.gap(problem, learner.run(oracles.open(problem, law="exact-law", streams=streams)))


def rarely(problem: TabularProblem, rounds: int) -> SpannerSampling:
    """With rare updates, by a practical schedule of so many rounds."""
    return SpannerSampling(schedule=schedule_of(problem, rounds), update="rarely-switching")


def gaps(world: Ladder) -> Rungs:
    """Medians of exact gaps."""
    values = [
        gaps_of(problem, rarely(problem, round(t)), world.streams(k))
        for k, (t, problem) in enumerate(zip(world.x, world.problems, strict=True))
    ]
    # A gap that rounding makes zero is no point of a curve in logarithms.
    return Rungs.quantiles(world.x, np.maximum(np.array(values), 1e-300))


def powers_of_two(least: float, step: float, count: int) -> list[float]:
    """`count` powers of ``2^step`` from the first that is at least `least`."""
    first = math.ceil(math.log2(least) / step)
    return [2.0 ** (step * (first + j)) for j in range(count)]


def ratios(world: Ladder) -> Rungs:
    """The smallest ratio `M` at which half of the runs get within a quarter of the base policy's gap."""
    budgets, successes = [], []
    for k, problem in enumerate(world.problems):
        goal = exact.gap(problem, Base())[0] / 4
        grid = powers_of_two(float(problem.coverage or 1) / 100, 0.25, 10)
        budgets.append(grid)
        schedules = [schedule_of(problem, 1000, radius_factor=3.0, ratio=ratio) for ratio in grid]
        found = gaps_after_one_spanner_phase(problem, schedules, world.streams(k))
        successes.append([(gap <= goal).sum() for gap in found])
    return Rungs.thresholds(world.x, np.array(budgets), np.array(successes), len(world.trial.rows))


def purses(world: Ladder) -> Rungs:
    """The smallest purse with which half of the runs get within a quarter of the base policy's gap.

    A learner with a purse claims the coverage for which it pays, whatever the calls come to.
    """
    budgets, successes = [], []
    for k, problem in enumerate(world.problems):
        goal = exact.gap(problem, Base())[0] / 4
        plain = schedule_of(problem, 1000, radius_factor=3.0)
        claims = powers_of_two(float(problem.coverage or 1) / 4000, 0.25, 16)
        schedules = [replace(plain, coverage=claim) for claim in claims]
        budgets.append([schedule.compute_bound() for schedule in schedules])
        good = []
        for j, schedule in enumerate(schedules):
            gap, _, oracle = run(problem, schedule, world.streams(k, j))
            good.append(((gap <= goal) & (oracle.ledger.compute <= budgets[-1][j])).sum())
        successes.append(good)
    return Rungs.thresholds(world.x, np.array(budgets), np.array(successes), len(world.trial.rows))


def limit_law(problem: TabularProblem, rounds: int, scale: Floats) -> LimitLaw:
    """The law of the gap after `rounds` rounds, for a mixture of the given scale `c`."""
    best = limit_laws.best_law(problem)
    return LimitLaw(
        information=rounds * limit_laws.information(problem, best, problem.base),
        spread=limit_laws.spread(problem),
        sigma=problem.noise.sigma,
        beta=problem.beta,
        scale=scale,
    )


def by_accuracy(trial: Trial) -> Ladder:
    """Rungs are inverse accuracies."""
    x = steps(trial)
    return Ladder(
        x=x, problems=(problem_of(trial, float(trial.case.params["coverage"])),) * len(x), trial=trial
    )


def rounds_needed(world: Ladder) -> Rungs:
    """The smallest ``T_exp`` at which half of the runs have a gap of `eps`; rungs are ``1/eps``."""
    problem = world.problems[0]
    # The grid of a rung is laid around where the limit law has its median.
    law = limit_law(problem, 1, limit_laws.rarely(len(problem.features[0, 0]), 2.0))
    middle = float(np.median(law.draws()))
    budgets, successes = [], []
    for k, inverse in enumerate(world.x):
        grid = [round(middle * inverse * GRID**j) for j in range(-SIDE, SIDE + 1)]
        budgets.append(grid)
        found = [gaps_of(problem, rarely(problem, t), world.streams(k, j)) for j, t in enumerate(grid)]
        successes.append([(gap <= 1 / inverse).sum() for gap in found])
    return Rungs.thresholds(world.x, np.array(budgets), np.array(successes), len(world.trial.rows))


# --- the constant ------------------------------------------------------------------------------------------

#: Estimates that a policy mixes over where every round has one.
OUTPUTS = 64


@dataclass(frozen=True, kw_only=True)
class Settled:
    """SpannerSampling on the uneven family, and the limit law of its gap."""

    learner: SpannerSampling
    problem: TabularProblem
    law: LimitLaw
    trial: Trial


def settled(trial: Trial, scale: float = 1.0) -> Settled:
    """After the rounds of the case; `scale` is for laws that are false."""
    params = trial.case.params
    problem, update, rounds = uneven(), str(params["update"]), int(params["rounds"])
    schedule = replace(schedule_of(problem, rounds), update=update)
    # Without the factor of rare updates rounds are asked for anew.
    for _ in range(6):
        schedule = replace(
            schedule, explore_factor=schedule.explore_factor * rounds / schedule.explore_rounds
        )
    if update == "every-round":
        mixed = limit_laws.at_once(schedule.explore_rounds, OUTPUTS)
    else:
        mixed = limit_laws.rarely(schedule.d, schedule.growth)
    return Settled(
        learner=SpannerSampling(schedule=schedule, update=update, outputs=OUTPUTS),
        problem=problem,
        law=limit_law(problem, schedule.explore_rounds, scale * mixed),
        trial=trial,
    )


def from_limit(world: Settled) -> OneSample:
    """Exact gaps against the limit law."""
    return OneSample.real(gaps_of(world.problem, world.learner, world.trial.streams), world.law.cdf())


def exponent(value: float) -> Callable[[object], Bound]:
    """The exponent of the statement."""
    return lambda _: Bound.of(value)


def case(slug: str, tier: str, rows: int, block: int, **params: float | str) -> Case:
    """A case of one tier."""
    return Case(slug=f"{slug}-{tier}", params=params, rows=rows, block=block, tiers=(tier,))


def both(
    slug: str, rows: tuple[int, int], block: int, counts: tuple[int, int], **params: float
) -> tuple[Case, ...]:
    """A case per tier, with fewer rungs in the quick one."""
    tiers = zip(("quick", "full"), rows, counts, strict=True)
    return tuple(case(slug, tier, number, block, count=count, **params) for tier, number, count in tiers)


SETTING = {"d": 3, "beta": 0.1, "sigma": 0.5, "coverage": 100.0}
#: Where a policy misses the best response now and then, `beta` times the entropy of that makes its gap less,
#: and more so the higher the coverage; at .03 it bends the exponent of `ratios` to .99.
RARE = {"d": 3, "beta": 0.01, "sigma": 0.1}


# --- false variants ----------------------------------------------------------------------------------------


def covered_by_the_root(trial: Trial) -> Ladder:
    """The base policy covers the best response like the root of what is claimed."""
    x = steps(trial)
    return Ladder(x=x, problems=tuple(problem_of(trial, math.sqrt(c)) for c in x), trial=trial)


CLAIM = Claim(
    id="STr",
    slug="spanner-sampling-rates",
    theorem="spanner_sampling",
    title="SpannerSampling's gap falls like 1/T, and its computation grows like coverage",
    statement=(
        "On problems whose best response is rare, from 2e4 rounds on the gap falls like T_exp^-1, the "
        "rounds to reach eps grow like (1/eps)^1, and the smallest sampler ratio that succeeds and the "
        "smallest purse of oracle calls that suffices grow like C_cov^1. Where all responses are shown the "
        "gap is close to the limit law of least squares on its own data."
    ),
    formula=(
        r"\mathrm{gap} \propto T_{\exp}^{-1}, \qquad T_{\exp}(\varepsilon) \propto \varepsilon^{-1}, \qquad "
        r"M_{\min} \propto C_{\mathrm{cov}}, \qquad T_{\mathrm{comp}} \propto C_{\mathrm{cov}}"
    ),
    relation="==",
    scope=(
        "One family, d = 3; a practical schedule with rare switching. Exponents over at most four decades of "
        "T_exp from 2e4, to .1, and of 1/eps from 5e5, to .2; over at most six of C_cov, from 1e2 (ratio) or "
        "1e4 (purse), to .05. The limit law on another family, d = 2: its distance is at most .09."
    ),
    source=(
        "The exponents of Theorem 3.1 of Foster, Mhammedi, Rohatgi, COLT 2025, arXiv 2503.07453v2; its "
        "T_comp is quoted with T_data squared, and is linear in T_data in the explicit form (ST)."
    ),
    explicit=False,
    uses=("ST",),
    loose=(
        "Exponents are told to a twentieth or a tenth, wider than the five per cent by which a tight bound "
        "is moved."
    ),
    checks=(
        Check(
            slug="gap-by-rounds",
            evidence=Evidence.RATE,
            cases=both("gap", (1024, 2048), 64, (3, 6), first=2e4, last=2e8, **SETTING),
            instance=by_rounds,
            measure=gaps,
            bound=exponent(-1.0),
            resolution=WIDE,
            coarse=WHY_WIDE,
            rivals=(power(-0.5), power(-2.0)),
        ),
        Check(
            slug="constant",
            evidence=Evidence.STATISTICAL,
            cases=(
                *(
                    Case(
                        slug=update,
                        params={"update": update, "rounds": rounds},
                        rows={"quick": 2048, "full": 4096},
                        block=512,
                    )
                    for update, rounds in (("rarely-switching", 100_000), ("every-round", 1000))
                ),
            ),
            instance=settled,
            measure=from_limit,
            bound=exponent(0.09),
            relation="<=",
            resolution=Resolution(absolute=0.02),
        ),
        Check(
            slug="rounds-by-accuracy",
            evidence=Evidence.RATE,
            cases=both("rounds", (512, 1024), 64, (3, 5), first=5e5, last=5e9, **SETTING),
            instance=by_accuracy,
            measure=rounds_needed,
            bound=exponent(1.0),
            resolution=Resolution(absolute=0.2),
            coarse="thresholds on a grid of ratio sqrt 2, told to a fifth; the rivals are halves away",
            rivals=(power(0.5), power(2.0)),
        ),
        Check(
            slug="ratio-by-coverage",
            evidence=Evidence.RATE,
            cases=both("ratio", (64, 64), 32, (4, 7), first=1e2, last=1e8, **RARE),
            instance=by_coverage,
            measure=ratios,
            bound=exponent(1.0),
            resolution=EXPONENT,
            rivals=(power(0.5), power(2.0)),
        ),
        Check(
            slug="purse-by-coverage",
            evidence=Evidence.RATE,
            cases=both("purse", (64, 64), 32, (4, 7), first=1e4, last=1e10, **RARE),
            instance=by_coverage,
            measure=purses,
            bound=exponent(1.0),
            resolution=EXPONENT,
            rivals=(power(0.5), power(2.0)),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="slow-rate",
            why="A gap like T^(-1/2).",
            check="gap-by-rounds",
            bound=exponent(-0.5),
        ),
        FalseVariant(
            slug="the-last-estimate-alone",
            why="A mixture over all estimates is as good as the last: c is one.",
            check="constant",
            instance=lambda trial: settled(trial, 0.45),
            cases=("rarely-switching",),
        ),
        FalseVariant(
            slug="accuracy-squared",
            why="Rounds like 1/eps^2, the slow rate.",
            check="rounds-by-accuracy",
            bound=exponent(2.0),
        ),
        FalseVariant(
            slug="covered-by-the-root",
            why="The base policy covers the best response like the root of what is claimed.",
            check="ratio-by-coverage",
            instance=covered_by_the_root,
        ),
        FalseVariant(
            slug="calls-like-the-root",
            why="Calls like the root of coverage.",
            check="purse-by-coverage",
            bound=exponent(0.5),
        ),
    ),
    figures=(
        Figure(
            slug="gap-by-rounds",
            title="The gap falls like 1/T past the burn-in",
            x_label="rounds of exploration",
            y_label="median gap",
            x_log=True,
            y_log=True,
            curves=(
                Curve(label="SpannerSampling", check="gap-by-rounds", x="x", y="estimate", style="points"),
            ),
        ),
        Figure(
            slug="computation-by-coverage",
            title="Computation grows like coverage",
            x_label="coverage",
            y_label="smallest sampler ratio, smallest purse of calls",
            x_log=True,
            y_log=True,
            curves=(
                Curve(label="smallest M", check="ratio-by-coverage", x="x", y="estimate", style="points"),
                Curve(label="smallest purse", check="purse-by-coverage", x="x", y="estimate", style="points"),
            ),
        ),
    ),
)
