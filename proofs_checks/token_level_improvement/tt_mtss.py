"""TT: MTSS reaches the accuracy asked for, with calls linear in C_cond and blind to C_cov.

Statement. On autoregressive problems whose ``Q_h`` is linear in the features, at ``beta = 1/(1.5 H)``, MTSS
with its practical schedule has ``gap <= eps`` with probability at least 3/4, for `eps` a quarter of the base
policy's gap (a thirtieth on *forced*). At fixed `H` and `eps`, with probability at least 3/4, the slope of
``T_comp`` in ``C_cond`` is at most 1, and that in ``C_cov`` at most .05.

What is checked. (1) ``success``: the frequency of ``gap > eps`` on the families markov, forced, ladder and
product, to ``H = 32`` (at the quick tier against 1/2, to 16). (2) ``conditional-coverage`` and
``sequence-coverage``: each row runs MTSS at every coverage, and the frequency of rows is counted whose
least-squares slope in log-log exceeds the exponent: in ``C_cond`` over a factor of twelve (vocabularies of 2
to 32), in ``C_cov`` over eight decades at fixed ``C_cond`` (more and more layers rewarded). At the quick tier
against 1/2, at smaller `H`, and ``C_cov`` to 207.

What is not. A proof: that the practical schedule suffices is heuristic, see `algorithms.tokens.mtss`.
Growth in `H`: that is TTh's. Slopes of (2) are those of the stated grids, whose points lie on no line to the
last per cent: calls are a constant plus a multiple of ``C_cond``. Other values of ``beta``; families on which
``Q_h`` is not linear (TTm).

Why trust it. Gaps are computed from the exact law of the learned policy, its sampler's failures included, by
the soft dynamic programme; calls are what the ledger charged. The exact law of rollouts is compared with
literal draws in the tests.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.algorithms.tokens.mtss import MTSS
from explore_theory.exact import soft_dynamics
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
    Tally,
    Trial,
)
from explore_theory.problems import Gaussian
from explore_theory.problems.autoregressive import AutoregressiveProblem, product_problem
from proofs_checks.token_level_improvement import learners
from proofs_checks.token_level_improvement.horizon import weights
from proofs_checks.token_level_improvement.learners import Run

Floats = npt.NDArray[np.float64]

# --- success -----------------------------------------------------------------------------------------------


def failures(pair: tuple[Run, float]) -> Tally:
    """How often ``gap > eps``."""
    found = pair[0].relative_gap
    return Tally(successes=int((found > 1).sum()), trials=found.size)


def runs(kind: type[MTSS] = MTSS, **how: Any) -> Callable[[Trial], tuple[Run, float]]:
    """The runs of a case, by a learner that may be broken, and the failure probability allowed."""
    return lambda trial: (learners.world(trial, kind, **how), float(trial.case.params["delta"]))


def success(
    family: str, horizon: int, rows: int, *, tier: str, fraction: float = 0.25, **more: float
) -> Case:
    """Runs of one family at one horizon, against failure probability 1/2, or 1/4 at the full tier."""
    return Case(
        slug=f"{family}-h{horizon}-{'half' if tier == 'quick' else 'quarter'}",
        params={
            "family": family,
            "horizon": horizon,
            "fraction": fraction,
            "delta": 0.5 if tier == "quick" else 0.25,
            **more,
        },
        rows=rows,
        block=24,
        tiers=("quick", "full") if tier == "quick" else ("full",),
    )


SUCCESS = (
    success("markov", 4, 48, tier="quick"),
    success("ladder", 8, 48, tier="quick"),
    success("ladder", 16, 48, tier="quick"),
    success("forced", 8, 48, tier="quick", fraction=1 / 30, quality=0.3),
    success("markov", 4, 96, tier="full"),
    success("markov", 16, 96, tier="full"),
    success("ladder", 32, 96, tier="full"),
    success("markov", 32, 96, tier="full"),
    success("product", 16, 96, tier="full"),
    success("product", 32, 96, tier="full"),
    success("forced", 8, 96, tier="full", fraction=1 / 30, quality=0.3),
    success("forced", 32, 96, tier="full", fraction=1 / 30, quality=0.3),
)


# --- coverages ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """Calls `[K, R]` of each row at coverages `x` `[K]`, what is drawn of them, the failure probability
    allowed.
    """

    x: Floats
    calls: Floats
    drawn: Mapping[str, Any]
    delta: float


def by_coverage(trial: Trial) -> Grid:
    """Every row at all values of ``C_cond`` or ``C_cov``, at fixed `H` and `eps`."""
    params, streams = trial.case.params, trial.streams
    which = str(params["coverage"]), int(params["horizon"])
    x, calls = _calls(*which, streams)
    drawn = _drawn(*which, streams.path, streams.reseed)
    return Grid(x=x, calls=calls, drawn=drawn, delta=float(params["delta"]))


def _calls(coverage: str, horizon: int, streams: Streams) -> tuple[Floats, Floats]:
    """Coverages `[K]` and calls `[K, R]`."""
    x, calls = [], []
    for setting in VOCABULARIES if coverage == "conditional" else _rewarded_layers(horizon):
        if coverage == "conditional":
            problem = vocabulary(horizon, setting)
            x.append(float(np.exp(soft_dynamics.log_conditional_coverage(problem))))
        else:
            problem = rewarded(horizon, setting)
            x.append(float(np.exp(soft_dynamics.log_coverage(problem))))
        learner = MTSS.practical(problem.facts, ACCURACY)
        calls.append(learners.run(problem, learner, streams.child(f"{coverage} {setting}")).calls)
    return np.array(x), np.array(calls)


@lru_cache(maxsize=8)
def _drawn(coverage: str, horizon: int, path: tuple[str, ...], reseed: int) -> Mapping[str, Any]:
    """Medians and extremes of `DRAWN` runs of their own, so that all blocks agree."""
    x, calls = _calls(coverage, horizon, Streams((*path, "drawn"), range(DRAWN), reseed))
    return {
        "x": x.tolist(),
        "calls": np.median(calls, axis=1).tolist(),
        "calls at least": calls.min(axis=1).tolist(),
        "calls at most": calls.max(axis=1).tolist(),
    }


def steeper(exponent: float) -> Callable[[Grid], Tally]:
    """How often the slope of a row's calls in log-log exceeds `exponent`."""

    def count(world: Grid) -> Tally:
        # A sum over the rungs, the same for a row whatever rows are beside it.
        pairs = zip(weights(world.x), world.calls, strict=True)
        slopes = np.asarray(sum(weight * np.log(each) for weight, each in pairs))
        return Tally(successes=int((slopes > exponent).sum()), trials=slopes.size, notes=world.drawn)

    return count


#: Runs that are drawn.
DRAWN = 8
#: ``C_cond`` from 1.33 to 16.3.
VOCABULARIES = (2, 4, 8, 16, 32)
#: ``eps``, in units of reward.
ACCURACY = 0.05


def _rewarded_layers(horizon: int) -> list[int]:
    """Powers of two up to the horizon."""
    return [2**i for i in range(horizon.bit_length())]


def vocabulary(horizon: int, tokens: int) -> AutoregressiveProblem:
    """Product tokens over a vocabulary: ``C_cond`` is about half its size."""
    beta = learners.HEAT / horizon
    weight = beta * float(np.log(tokens))
    noise = Gaussian(learners.SCALE)
    return learners.told(
        product_problem(horizon=horizon, weight=weight, beta=beta, vocabulary=tokens, noise=noise)
    )


def rewarded(horizon: int, layers: int) -> AutoregressiveProblem:
    """Product tokens that are rewarded in the first `layers` layers only: ``C_cov = C_cond^layers``."""
    beta = learners.HEAT / horizon
    whole = product_problem(
        horizon=horizon, weight=4 * beta, beta=beta, vocabulary=4, noise=Gaussian(learners.SCALE)
    )
    plain = tuple(
        layer if h < layers else replace(layer, reward=np.zeros_like(layer.reward))
        for h, layer in enumerate(whole.layers)
    )
    assert whole.theta is not None
    theta = np.where(np.arange(horizon)[:, None] < layers, whole.theta, 0.0)
    return learners.told(replace(whole, layers=plain, theta=theta))


def coverage_cases(coverage: str, quick: int, full: int) -> tuple[Case, ...]:
    """One horizon for each tier: against 1/2, and against 1/4 at the full tier."""
    return tuple(
        Case(
            slug=f"h{horizon}-{'half' if tier == 'quick' else 'quarter'}",
            params={
                "coverage": coverage,
                "horizon": horizon,
                "delta": 0.5 if tier == "quick" else 0.25,
            },
            rows=48 if tier == "quick" else 96,
            block=24,
            tiers=("quick", "full") if tier == "quick" else ("full",),
        )
        for tier, horizon in (("quick", quick), ("full", full))
    )


CLAIM = Claim(
    id="TT",
    slug="mtss",
    theorem="token_level_improvement",
    title="MTSS end to end: linear in C_cond, blind to C_cov",
    statement=(
        "MTSS (practical schedule) has gap <= eps with probability at least 3/4 on the Markov, forced, "
        "ladder and product families at beta = 1/(1.5 H); with probability at least 3/4 the log-log slope of "
        "T_comp is at most 1 in C_cond, and at most .05 in C_cov."
    ),
    formula=r"P(\mathrm{gap} > \varepsilon) \le \tfrac14, \qquad T_{\mathrm{comp}} = \tilde "
    r"O(C_{\mathrm{cond}})",
    relation="<=",
    scope="Four families, H to 32; slopes in coverages are those of stated grids. The schedule is heuristic.",
    source=(
        "Theorem 5.1 of Foster, Mhammedi, Rohatgi, COLT 2025, arXiv 2503.07453v2, on our instantiation; "
        "exponents registered before they were measured."
    ),
    explicit=False,
    uses=("T1", "T4", "T5", "T8"),
    loose="upper bounds on exponents and failure probabilities, which runs are free to beat",
    checks=(
        Check(
            slug="success",
            evidence=Evidence.STATISTICAL,
            cases=SUCCESS,
            instance=runs(),
            measure=failures,
            bound=lambda pair: Bound.of(pair[1]),
        ),
        Check(
            slug="conditional-coverage",
            evidence=Evidence.STATISTICAL,
            cases=coverage_cases("conditional", 2, 4),
            instance=by_coverage,
            measure=steeper(1.0),
            bound=lambda world: Bound.of(world.delta),
        ),
        Check(
            slug="sequence-coverage",
            evidence=Evidence.STATISTICAL,
            cases=coverage_cases("sequence", 4, 16),
            instance=by_coverage,
            measure=steeper(0.05),
            bound=lambda world: Bound.of(world.delta),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="no-correction",
            why="Returns without the log-ratios: the learner is drawn to where the optimal policy pays KL.",
            check="success",
            instance=runs(learners.WithoutCorrection),
            cases=("forced-h8-half",),
        ),
        FalseVariant(
            slug="features-that-do-not-realise-q",
            why="Two of four features are lost.",
            check="success",
            instance=runs(change=learners.two_features),
            cases=("markov-h4-half",),
        ),
        FalseVariant(
            slug="ceiling-below-coverage",
            why="One draw for the ceiling and one candidate, fewer than C_cond.",
            check="success",
            instance=runs(draws=1, cap=1),
            cases=("markov-h4-half",),
        ),
        FalseVariant(
            slug="first-layer-first",
            why="Layers are fitted forwards: values do not come down the ladder.",
            check="success",
            instance=runs(learners.FirstLayerFirst),
            cases=("ladder-h16-half",),
        ),
        FalseVariant(
            slug="one-step-lookahead",
            why="Completions by the base policy.",
            check="success",
            instance=runs(learners.OneStepLookahead),
            cases=("ladder-h8-half",),
        ),
        FalseVariant(
            slug="no-test-along-rollouts",
            why="Coverage is tested along episodes only, which never reach the top of the ladder.",
            check="success",
            instance=runs(excursions=0),
            cases=("ladder-h16-half",),
        ),
        FalseVariant(
            slug="blind-to-conditional-coverage",
            why="T_comp does not grow with C_cond.",
            check="conditional-coverage",
            measure=steeper(0.0),
            cases=("h2-half",),
        ),
        FalseVariant(
            slug="shrinking-in-coverage",
            why="T_comp falls like the cube root of C_cov.",
            check="sequence-coverage",
            measure=steeper(-1 / 3),
            cases=("h4-half",),
        ),
    ),
    figures=(
        Figure(
            slug="failures-by-horizon",
            title="How often the gap is above eps",
            x_label="H",
            y_label="frequency",
            x_log=True,
            caption="Intervals at the error level of the session; horizons to 32 at the full tier.",
            curves=(
                Curve(label="", check="success", x="horizon", y="measured", by="family", style="points"),
            ),
        ),
        Figure(
            slug="calls-by-coverage",
            title="Calls at one horizon and eps, against either coverage",
            x_label="coverage",
            y_label="calls",
            x_log=True,
            y_log=True,
            caption="Medians and extremes of eight runs, against C_cond and against C_cov.",
            curves=(
                Curve(label="C_cond, H =", check="conditional-coverage", x="x", y="calls", by="horizon"),
                Curve(
                    label="C_cov, H =",
                    check="sequence-coverage",
                    x="x",
                    y="calls",
                    by="horizon",
                    style="dashed",
                ),
            ),
        ),
    ),
)
