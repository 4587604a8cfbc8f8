"""What MTSS pays at one horizon and one accuracy as either coverage grows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.algorithms.tokens.mtss import MTSS
from explore_theory.exact import soft_dynamics
from explore_theory.harness import Case, Tally, Trial
from explore_theory.problems import Gaussian
from explore_theory.problems.autoregressive import AutoregressiveProblem, product_problem
from proofs_checks.token_level_improvement import learners
from proofs_checks.token_level_improvement.horizon import weights
from proofs_checks.token_level_improvement.learners import Rows

Floats = npt.NDArray[np.float64]

#: Runs that are drawn.
DRAWN = 8
#: ``C_cond`` from 1.33 to 16.3.
VOCABULARIES = (2, 4, 8, 16, 32)
#: ``eps``, as a part of the base policy's gap at the least coverage of the grid, which is the least gap.
FRACTION = 0.25
#: Failure probability.
DELTA = 0.25


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """Calls and gaps over ``eps`` `[K, R]` of each row at coverages `x` `[K]`, and what is drawn of them."""

    x: Floats
    calls: Floats
    gap: Floats
    drawn: Mapping[str, Any]


def by_coverage(trial: Trial) -> Grid:
    """Every row at all values of ``C_cond`` or ``C_cov``, at fixed `H` and `eps`."""
    params = trial.case.params
    which = str(params["coverage"]), int(params["horizon"])
    rows = Rows.of(trial.streams)
    x, calls, gap = _runs(*which, rows)
    drawn_rows = Rows((*rows.path, "drawn"), tuple(range(DRAWN)), rows.reseed)
    return Grid(x=x, calls=calls, gap=gap, drawn=_drawn(*which, drawn_rows))


@lru_cache(maxsize=8)
def _runs(coverage: str, horizon: int, rows: Rows) -> tuple[Floats, Floats, Floats]:
    """Coverages `[K]`, calls and gaps over ``eps`` `[K, R]`."""
    x, calls, gaps = [], [], []
    problems = problems_of(coverage, horizon)
    eps = learners.accuracy(next(iter(problems.values())), FRACTION)
    for setting, problem in problems.items():
        log = (
            soft_dynamics.log_conditional_coverage
            if coverage == "conditional"
            else soft_dynamics.log_coverage
        )
        x.append(float(np.exp(log(problem))))
        streams = rows.streams(f"{coverage} {setting}")
        done = learners.run(problem, MTSS.practical(problem.facts, eps), streams)
        calls.append(done.calls)
        gaps.append(done.relative_gap)
    return np.array(x), np.array(calls), np.array(gaps)


def _drawn(coverage: str, horizon: int, rows: Rows) -> Mapping[str, Any]:
    """Medians and extremes of `DRAWN` runs of their own, so that all blocks agree."""
    x, calls, _ = _runs(coverage, horizon, rows)
    return {
        "x": x.tolist(),
        "calls": np.median(calls, axis=1).tolist(),
        "calls at least": calls.min(axis=1).tolist(),
        "calls at most": calls.max(axis=1).tolist(),
    }


def steeper(exponent: float) -> Callable[[Grid], Tally]:
    """How often the slope of a row's calls in log-log exceeds `exponent`, or one of its gaps ``eps``."""

    def count(world: Grid) -> Tally:
        # A sum over the rungs, the same for a row whatever rows are beside it.
        pairs = zip(weights(world.x), world.calls, strict=True)
        slopes = np.asarray(sum(weight * np.log(each) for weight, each in pairs))
        failed = (slopes > exponent) | (world.gap > 1).any(axis=0)
        return Tally(successes=int(failed.sum()), trials=slopes.size, notes=world.drawn)

    return count


def problems_of(coverage: str, horizon: int) -> dict[int, AutoregressiveProblem]:
    """Problems by vocabulary, or by the number of rewarded layers (powers of two up to the horizon)."""
    if coverage == "conditional":
        return {tokens: vocabulary(horizon, tokens) for tokens in VOCABULARIES}
    return {2**i: rewarded(horizon, 2**i) for i in range(horizon.bit_length())}


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
    """One horizon for each tier."""
    return tuple(
        Case(
            slug=f"h{horizon}",
            params={"coverage": coverage, "horizon": horizon},
            # One horizon of the full tier misses eps at some coverage in one run of eight.
            rows=1080,
            block=36,
            tiers=("quick", "full") if tier == "quick" else ("full",),
        )
        for tier, horizon in (("quick", quick), ("full", full))
    )
