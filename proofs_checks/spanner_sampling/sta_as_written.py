"""STa: the code of SpannerSampling is the algorithm of the statement: its schedule, its rounds, its output.

Statement. `explore_theory.algorithms.Schedule` has the numbers of ST for every ``d``, ``beta``, `R`, `B`,
``sigma``, ``C_cov``, ``eps``, ``delta`` and update rule; a run has the joint law of theory section 2's
*Algorithm*, drawn as it is written; the policy returned has the law of *Output*, and its gap is that law's.

What is checked. ``schedule``: nineteen numbers against `stated_schedule`, typed from the statement, in balls
and whole numbers, on inputs of which no two are alike and none is one. ``runs``: calls, acceptances,
estimates, determinants and a response of the policy, against a program of its own (`plain_run`) that draws
every sample, on a problem with three prompts, uneven masses, ``R, B, lambda != 1``, Gaussian noise and two
responses that share features; with estimates in every round and rarely. ``output``: laws and gaps against
sums over responses, with and without clipping and truncation.

What is not. Long runs (a program that draws everything affords some twenty rounds of either phase); rounds
that are missed, which the schedule makes too rare to occur here; problems without a table.

Why trust it. Neither second route uses the code that it is held against; what they share is the statement.
"""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from explore_theory.algorithms import Schedule
from explore_theory.harness import (
    Bound,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    Resolution,
    Trial,
    agreement,
)
from proofs_checks.spanner_sampling import schedule_cases
from proofs_checks.spanner_sampling.stated_schedule import Stated
from proofs_checks.spanner_sampling.written_output import evaluated, output_case, outputs, summed
from proofs_checks.spanner_sampling.written_runs import COARSE, UPDATES, alike, run_case, runs

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
        lo=_column([value * (1 - Fraction(_ROUNDING)) for value in values]),
        hi=_column([value * (1 + Fraction(_ROUNDING)) for value in values]),
        effort=len(values),
        unit="numbers",
        witness=lambda k: {"number": NAMES[k], "in the code": float(values[k])},
    )


NAMES = (
    "lambda", "kappa", "delta_rej", "gamma(1000)", "gamma(n)", "nu", "n_acc", "T_exp", "n", "T_span",
    "N_span", "M", "m", "tries", "calls of the sampler", "segments", "T_data", "T_comp", "T_comp with output",
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
    return Bound(lo=_column([Fraction(lo) for lo, _ in pairs]), hi=_column([Fraction(hi) for _, hi in pairs]))


def _column(values: list[Fraction]) -> npt.NDArray[np.object_]:
    return np.array(values, dtype=object)


def apart(both: tuple[Stated, Schedule]) -> Measurement:
    """How far the numbers are apart, relatively, over 1e-12; above one where they are proved to differ."""
    size = stated_numbers(both).lo
    found, stated = coded(both), stated_numbers(both)
    return agreement(
        lambda _: replace(found, lo=found.lo / size, hi=found.hi / size),
        lambda _: Bound(lo=stated.lo / size, hi=stated.hi / size),
        1e-12,
    )(both)


CLAIM = Claim(
    id="STa",
    slug="spanner-sampling-as-written",
    theorem="spanner_sampling",
    title="SpannerSampling's code is the algorithm of the statement",
    statement=(
        "Schedule has the numbers of ST; runs have the joint law of the algorithm drawn as it is written: "
        "weak calls of each phase and of a response, pairs accepted, estimates, det Sigma, "
        "and the response; the policy returned has the law and the gap of the statement's output."
    ),
    formula=(
        r"\mathcal{L}_{\mathrm{code}}(T_{\mathrm{comp}}, \hat\theta, \Sigma, y) = "
        r"\mathcal{L}_{\mathrm{algorithm}}(T_{\mathrm{comp}}, \hat\theta, \Sigma, y)"
    ),
    relation="==",
    scope=(
        "Nineteen numbers of ten schedules; runs of some twenty rounds a phase on one problem with three "
        "prompts, to .1 (quick) and .04 (full) in distribution functions; laws of random policies on random "
        "problems."
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
            cases=tuple(run_case(update, 8_000, "quick") for update in UPDATES),
            instance=runs,
            measure=alike,
            bound=lambda _: Bound.of(0.0),
            resolution=Resolution(absolute=0.1),
            coarse=COARSE,
        ),
        Check(
            slug="long-runs",
            evidence=Evidence.STATISTICAL,
            cases=tuple(run_case(update, 60_000, "full") for update in UPDATES),
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
                trial, lambda plan: replace(plan, radius_factor=2 * plan.radius_factor), fewer=8
            ),
            cases=("every-quick",),
        ),
        FalseVariant(
            slug="fewer-draws",
            why="nine tenths of the draws for the normaliser and of the candidates",
            check="long-runs",
            instance=lambda trial: runs(
                trial, lambda plan: replace(plan, ratio_factor=0.9 * plan.ratio_factor)
            ),
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
