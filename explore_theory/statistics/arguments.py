"""Arguments that every statistic takes: error levels and counts, refused with one line."""

import math

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem

Floats = npt.NDArray[np.float64]


def error_level(alpha: float) -> float:
    """`alpha` as a float in (0, 1)."""
    if isinstance(alpha, bool) or not isinstance(alpha, int | float | np.floating) or not 0 < alpha < 1:
        raise InvalidProblem(f"alpha must lie in (0, 1), got alpha={alpha!r}")
    return float(alpha)


def counts(
    successes: npt.ArrayLike, trials: npt.ArrayLike, *, least_trials: int = 1
) -> tuple[Floats, Floats]:
    """`successes` and `trials`, broadcast together, as float64: ``0 <= successes <= trials``.

    Raises
    ------
    InvalidProblem
        If an entry is not a whole number or out of range, or there are none.
    """
    k, n = np.broadcast_arrays(_wholes("successes", successes), _wholes("trials", trials))
    wrong = (n < least_trials) | (k < 0) | (k > n)
    if np.any(wrong):
        worst = int(np.argmax(wrong))
        raise InvalidProblem(
            f"successes must lie in [0, trials] and trials must be at least {least_trials}, "
            f"got successes={k.flat[worst]:g}, trials={n.flat[worst]:g}"
        )
    return k, n


def _wholes(name: str, values: npt.ArrayLike) -> Floats:
    array = np.asarray(values)
    if array.dtype.kind not in "iuf" or not np.all(np.isfinite(array) & (array == np.floor(array))):
        raise InvalidProblem(f"{name} must be whole numbers, got {name}={values!r}")
    if math.prod(array.shape) == 0:
        raise InvalidProblem(f"{name} must not be empty, got {name}.shape={array.shape}")
    return array.astype(np.float64)
