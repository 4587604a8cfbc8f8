"""What TTh reads off runs at growing horizons: slopes, fits, prices and mean gaps.

Letters: `K` horizons, `R` runs at each.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.harness import Measurement
from proofs_checks.token_level_improvement import horizon
from proofs_checks.token_level_improvement.horizon import Runs

Floats = npt.NDArray[np.float64]

TOKEN_NUMBERS = (
    "exponent of calls", "exponent of rounds", "mean gap over eps, at its largest",
    "misfit of a power law over that of an exponential law, calls",
)  # fmt: skip
SEQUENCE_NUMBERS = (
    "4 e^2 C_cov T_data over calls, at its largest", "mean gap over eps, at its largest",
    "misfit of an exponential law over that of a power law, calls",
)  # fmt: skip

#: The sampler's ratio of SpannerSampling over ``C_cov``: its mean number of candidates in a round.
RATIO = 4 * math.e**2


def token_numbers(first: int) -> Callable[[Runs], Measurement]:
    """`TOKEN_NUMBERS`, exponents over all ways to take one run at each horizon from `first` on."""

    def measured(world: Runs) -> Measurement:
        kept = np.array(world.horizons) >= first
        x = np.array(world.horizons, dtype=np.float64)[kept]
        calls = np.log(world.calls / world.scale[:, None])[kept]
        rounds = np.log(world.rounds)[kept]
        ends = [_slope_range(x, calls), _slope_range(x, rounds)]
        rest = [_mean_gap(world), _power_over_exponential(world)]
        lo = [ends[0][0], ends[1][0], *rest]
        hi = [ends[0][1], ends[1][1], *rest]
        return _measurement(world, lo, hi, TOKEN_NUMBERS)

    return measured


def sequence_numbers(world: Runs) -> Measurement:
    """`SEQUENCE_NUMBERS`."""
    numbers = [
        float((RATIO * world.rounds * np.exp(world.log_coverage)[:, None] / world.calls).max()),
        _mean_gap(world),
        1 / _power_over_exponential(world),
    ]
    return _measurement(world, numbers, numbers, SEQUENCE_NUMBERS)


def price_and_gap(world: Runs) -> Measurement:
    """The first two of `SEQUENCE_NUMBERS`: few horizons do not tell laws apart."""
    found = sequence_numbers(world)
    return replace(found, lo=found.lo[:2], hi=found.hi[:2])


def _slope_range(x: Floats, y: Floats) -> tuple[float, float]:
    """The least and the steepest slope in log-log through one of `y` ``[K, R]`` at each of `x` ``[K]``."""
    weight = horizon.weights(x)
    # The slope is linear in the ordinates, so its extremes are at their ends.
    ends = weight[:, None] * np.stack([y.min(axis=1), y.max(axis=1)], axis=1)
    return float(ends.min(axis=1).sum()), float(ends.max(axis=1).sum())


def _mean_gap(world: Runs) -> float:
    """The largest of the mean gaps at the horizons."""
    return float(world.gap.mean(axis=1).max())


def _power_over_exponential(world: Runs) -> float:
    """The misfit of a power law in `H` over that of an exponential law, to mean logarithms of calls."""
    x, middle = _mean_calls(world)
    return horizon.misfit(np.log(x), middle) / horizon.misfit(x, middle)


def _mean_calls(world: Runs) -> tuple[Floats, Floats]:
    """Horizons and mean logarithms of calls, `[K]` each."""
    return np.array(world.horizons, dtype=np.float64), np.log(world.calls).mean(axis=1)


def _measurement(world: Runs, lo: list[float], hi: list[float], names: tuple[str, ...]) -> Measurement:
    calls, rounds = (np.median(part, axis=1) for part in (world.calls, world.rounds))
    x, middle = _mean_calls(world)
    steps = np.diff(np.log(world.horizons))
    return Measurement(
        lo=np.array(lo),
        hi=np.array(hi),
        effort=world.calls.size,
        unit="runs",
        witness=lambda k: {"number": names[k]},
        notes={
            "x": x.tolist(),
            **_with_ends("calls", world.calls, calls),
            **_with_ends("rounds", world.rounds, rounds),
            "power law": np.exp(horizon.fitted(np.log(x), middle)).tolist(),
            "exponential law": np.exp(horizon.fitted(x, middle)).tolist(),
            "C_cov": np.exp(world.log_coverage).tolist(),
            "local exponents of calls": (np.diff(np.log(calls / world.scale)) / steps).tolist(),
            "local exponents of rounds": (np.diff(np.log(rounds)) / steps).tolist(),
            **_student(world.gap),
        },
    )


def _with_ends(name: str, values: Floats, middle: Floats) -> dict[str, Any]:
    return {
        name: middle.tolist(),
        f"{name} at least": values.min(axis=1).tolist(),
        f"{name} at most": values.max(axis=1).tolist(),
    }


def _student(gap: Floats) -> dict[str, Any]:
    """Means of `gap` ``[K, R]`` with Student's 95% interval."""
    from scipy.stats import t

    middle, runs = gap.mean(axis=1), gap.shape[1]
    wide = t.ppf(0.975, runs - 1) * gap.std(axis=1, ddof=1) / np.sqrt(runs)
    return {
        "mean gap": middle.tolist(),
        "mean gap at least": (middle - wide).tolist(),
        "mean gap at most": (middle + wide).tolist(),
    }
