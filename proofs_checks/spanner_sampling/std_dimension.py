"""STd: SpannerSampling's gap grows no faster than the square of the dimension.

Statement. At fixed ``beta``, `R`, noise, coverage and rounds past the burn-in, the gap grows at most like
``d^2``; since it falls like ``1/T_exp`` (STr), the rounds to reach an accuracy grow no faster either.

What is checked. Medians of exact gaps over a decade of ``d``, by a practical schedule, with an interval for
the exponent by the rules of the engine. It is about one, what `d` directions of noise cost: the square of the
theorem is rejected on this family, and the report says so.

What is not. Families on which the square would be needed: none is known to us.

Why trust it. As for STr.
"""

import numpy as np

from explore_theory.foundation.streams import Streams
from explore_theory.harness import Bound, Case, Check, Claim, Evidence, FalseVariant, Resolution, Rungs, Trial
from explore_theory.problems import TabularProblem
from explore_theory.statistics import power
from proofs_checks.spanner_sampling.practical import run, schedule_of
from proofs_checks.spanner_sampling.rare_best import rare_best
from proofs_checks.spanner_sampling.str_rates import Ladder


def problem_of(trial: Trial, d: int) -> TabularProblem:
    """One prompt, ``d + 1`` responses: relative features in all directions."""
    streams = Streams((*trial.streams.path, f"world {d}"), (0,), trial.streams.reseed)
    return rare_best(streams, d=d, beta=0.1, sigma=0.3, coverage=100.0, prompts=1, others=d)


def by_dimension(trial: Trial) -> Ladder:
    """Rungs are dimensions."""
    x = tuple(int(part) for part in str(trial.case.params["d"]).split(" "))
    return Ladder(x=tuple(map(float, x)), problems=tuple(problem_of(trial, d) for d in x), trial=trial)


def gaps(world: Ladder) -> Rungs:
    """Medians of exact gaps after the rounds of the case."""
    rounds = int(world.trial.case.params["rounds"])
    values = [
        run(problem, schedule_of(problem, rounds, radius_factor=12.0), world.streams(k))[0]
        for k, problem in enumerate(world.problems)
    ]
    return Rungs.quantiles(world.x, np.maximum(np.array(values), 1e-300))


CLAIM = Claim(
    id="STd",
    slug="spanner-sampling-dimension",
    theorem="spanner_sampling",
    title="SpannerSampling's gap grows at most like the square of the dimension",
    statement=(
        "At fixed beta, R, noise, coverage and T_exp past the burn-in the gap grows at most like d^2, and "
        "so do the rounds to reach an accuracy."
    ),
    formula=r"\mathrm{gap}(d) \lesssim d^{2}",
    relation="<=",
    scope="d from 2 to 32 on one family, by a practical schedule.",
    source=("The exponent of d in Theorem 3.1 of Foster, Mhammedi, Rohatgi, COLT 2025, arXiv 2503.07453v2."),
    explicit=False,
    uses=("ST",),
    loose="The exponent measured is about one; the square is what the confidence ellipsoid costs the proof.",
    checks=(
        Check(
            slug="gap-by-dimension",
            evidence=Evidence.RATE,
            cases=(
                Case(
                    slug="quick",
                    params={"d": "2 6 20", "rounds": 50_000},
                    rows=256,
                    block=64,
                    tiers=("quick",),
                ),
                Case(
                    slug="full",
                    params={"d": "2 4 8 16 32", "rounds": 200_000},
                    rows=256,
                    block=64,
                    tiers=("full",),
                ),
            ),
            instance=by_dimension,
            measure=gaps,
            bound=lambda _: Bound.of(2.0),
            resolution=Resolution(absolute=0.05),
            rivals=(power(2.0), power(3.0)),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="free-of-dimension",
            why="The gap does not depend on d.",
            check="gap-by-dimension",
            bound=lambda _: Bound.of(0.0),
        ),
        FalseVariant(
            slug="root-of-dimension",
            why="The gap grows like d^(1/4).",
            check="gap-by-dimension",
            bound=lambda _: Bound.of(0.25),
        ),
        FalseVariant(
            slug="dimension-reversed",
            why="The gap falls with d.",
            check="gap-by-dimension",
            bound=lambda _: Bound.of(-1.0),
        ),
    ),
)
