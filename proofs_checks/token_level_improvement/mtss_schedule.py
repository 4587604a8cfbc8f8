"""MTSS's schedules, and the same numbers from what defines them, by another route.

Counts are the least whole numbers that satisfy an inequality, and the number of tuples solves its equation by
Lambert's function, in place of formulas that are rounded up and iterated.
"""

import math
from collections.abc import Callable
from itertools import product

import numpy as np
import numpy.typing as npt

from explore_theory.algorithms.tokens.mtss import MTSS
from explore_theory.harness import Bound, Measurement, Trial
from explore_theory.problems.autoregressive.layers import TokenFacts

Floats = npt.NDArray[np.float64]
Numbers = dict[str, float]

NAMES = (
    "ridge", "draws", "cap", "tries", "episodes", "excursions", "quality", "fewest", "radius", "most_epochs",
)  # fmt: skip
#: Horizons, coverages of tokens, dimensions; everything else differs from one, and from each other.
HORIZONS, COVERAGES, DIMENSIONS = (1, 3, 17), (1.3, 2.7, 40.0), (1, 5)
#: Failure probability of the derived schedule.
DELTA = 0.07
#: Relative, of either route.
ROUNDING = 1e-10


def told() -> list[tuple[TokenFacts, float]]:
    """What learners might be told, with the accuracy asked for."""
    found = []
    for k, (horizon, coverage, d) in enumerate(product(HORIZONS, COVERAGES, DIMENSIONS)):
        beta = 0.9 / (horizon + k)
        facts = TokenFacts(
            d=d,
            beta=beta,
            reward_range=1.7 + k / 10,
            parameter_radius=0.6 + k / 7,
            parameters=None,
            sigma=0.2 + k / 20,
            coverage=None,
            prompts=1,
            responses=None,
            horizon=horizon,
            vocabulary=4,
            conditional_coverage=coverage,
        )
        found.append((facts, 0.3 * beta))
    return found


def stated(trial: Trial) -> Measurement:
    """The numbers of `MTSS.practical` or `MTSS.derived`, `NAMES` for each of `told`."""
    which = str(trial.case.params["schedule"])
    rows = []
    for facts, eps in told():
        learner = MTSS.practical(facts, eps) if which == "practical" else MTSS.derived(facts, eps, DELTA)
        rows.append([float(getattr(learner, name)) for name in NAMES])
    values = np.array(rows).reshape(-1)
    return Measurement.exact(
        values,
        error=ROUNDING * values,
        effort=len(values),
        unit="numbers",
        witness=lambda k: {"number": NAMES[k % len(NAMES)], "told": repr(told()[k // len(NAMES)])},
    )


def by_definition(coverage: float = 1.0, power: float = 1.0) -> Callable[[Trial], Bound]:
    """The same numbers from what defines them.

    False variants: ``C_cond`` is replaced by `coverage` times its `power`-th power.
    """

    def numbers(trial: Trial) -> Bound:
        which = practical if str(trial.case.params["schedule"]) == "practical" else derived
        rows = []
        for facts, eps in told():
            assert facts.conditional_coverage is not None
            found = which(facts, eps, coverage * facts.conditional_coverage**power)
            rows.append([found[name] for name in NAMES])
        values = np.array(rows).reshape(-1)
        return Bound.of(values, error=ROUNDING * values)

    return numbers


def practical(facts: TokenFacts, eps: float, coverage: float) -> Numbers:
    """A ceiling fails in one of ``4 H`` at most where a quarter of the mass would do, a sampler in ``400 H``
    at a sixteenth.
    """
    assert facts.parameter_radius is not None
    steps = facts.horizon
    draws = _least(lambda n: math.exp(-n / (4 * coverage)) * 4 * steps)
    return {
        # (3 nu B)^2 lambda = eps beta/H, nu = 1/2.
        "ridge": 4 * eps * facts.beta / (9 * steps * facts.parameter_radius**2),
        "draws": draws,
        "cap": _least(lambda n: math.exp(-n / (16 * coverage)) * 400 * steps),
        "tries": draws,
        "episodes": 8 * (8 + steps),
        "excursions": 16,
        "quality": 0.25,
        "fewest": 50,
        "radius": 0.5,
        "most_epochs": 1000,
    }


def derived(facts: TokenFacts, eps: float, coverage: float) -> Numbers:
    """Section 4 of the theory: ``M = 4 e^2 C_cond``, ``nu = 1/2``, `n` where the determinant's bound ends."""
    from scipy.optimize import brentq

    assert facts.parameter_radius is not None
    steps, beta, d, length = facts.horizon, facts.beta, facts.d, facts.parameter_radius

    def error(log: float) -> float:
        return min(math.sqrt(eps * beta / steps), beta / (3 * steps * math.sqrt(d * log)))

    def tuples(log: float) -> float:
        return _tuples(4 / (d * _ridge(error(log), length)), math.log(1.25) / d)

    def epochs(log: float) -> float:
        return 1 + steps * tuples(log)

    def excess(log: float) -> float:
        potential = math.log1p(4 * tuples(log) / (d * _ridge(error(log), length)))
        return log - potential - math.log(steps * epochs(log) / DELTA)

    log = float(brentq(excess, 1e-3, 1e3, xtol=1e-13, rtol=1e-14))
    # Differences of two noisy returns; a return in an interval of length R has variance R^2/4 at most.
    variance = 2 * (facts.sigma**2 + steps * (math.pi * beta) ** 2 / 6 + (facts.reward_range / 2) ** 2)
    ceiling = _least(lambda n: 4 * math.exp(2) * coverage / n if n else math.inf)
    sampled = _least(lambda n: 4 * math.exp(-n / ceiling) / DELTA)
    return {
        "ridge": _ridge(error(log), length),
        "draws": sampled,
        "cap": sampled,
        "tries": ceiling,
        "episodes": _least(
            lambda n: 4 * steps * epochs(log) / DELTA * math.exp(-n * eps / (16 * steps * facts.reward_range))
        ),
        "excursions": 16,
        "quality": 0.25,
        "fewest": _least(lambda n: 2.25 * variance * d * log / (n * error(log) ** 2) if n else math.inf),
        "radius": 0.5,
        "most_epochs": 1000,
    }


def _ridge(error: float, length: float) -> float:
    """``lambda = (e/(3 nu B))^2``."""
    return 4 * error * error / (9 * length * length)


def _tuples(a: float, b: float) -> float:
    """The positive solution `n` of ``exp(b n) = 1 + a n``, at least one."""
    from scipy.special import lambertw

    ratio = b / a
    return max(1.0, float((-lambertw(-ratio * math.exp(-ratio), -1).real / ratio - 1) / a))


def _least(over: Callable[[float], float]) -> float:
    """The least whole number at which the falling function `over` is at most one."""
    low, high = -1.0, 1.0
    while over(high) > 1:
        low, high = high, 2 * high
    while high - low > 1:
        middle = math.floor((low + high) / 2)
        low, high = (low, middle) if over(middle) <= 1 else (middle, high)
    return high
