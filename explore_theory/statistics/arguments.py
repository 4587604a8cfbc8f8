"""Arguments that every statistic takes: error levels and counts, refused with one line."""

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import real_array

Floats = npt.NDArray[np.float64]


def error_level(alpha: float) -> float:
    """`alpha` as a float in (0, 1)."""
    return share("alpha", alpha)


def share(name: str, value: float) -> float:
    """`value` as a float in (0, 1): a share of one, never of a hundred."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.floating) or not 0 < value < 1:
        raise InvalidProblem(f"{name} must lie in (0, 1), got {name}={value!r}")
    return float(value)


def counts(
    successes: npt.ArrayLike, trials: npt.ArrayLike, *, least_trials: int = 1
) -> tuple[Floats, Floats]:
    """`successes` and `trials`, broadcast together, as float64: ``0 <= successes <= trials``.

    Raises
    ------
    InvalidProblem
        If an entry is not a whole number or out of range, or there are none.
    """
    k, n = _wholes("successes", successes), _wholes("trials", trials)
    try:
        k, n = np.broadcast_arrays(k, n)
    except ValueError:
        raise InvalidProblem(
            f"successes and trials must have shapes that go together, got {k.shape} and {n.shape}"
        ) from None
    wrong = (n < least_trials) | (k < 0) | (k > n)
    if np.any(wrong):
        worst = int(np.argmax(wrong))
        raise InvalidProblem(
            f"successes must lie in [0, trials] and trials must be at least {least_trials}, "
            f"got successes={k.flat[worst]:g}, trials={n.flat[worst]:g}"
        )
    return k, n


def _wholes(name: str, values: npt.ArrayLike) -> Floats:
    array = real_array(name, values)
    if not np.all(np.isfinite(array) & (array == np.floor(array))):
        raise InvalidProblem(f"{name} must be whole numbers, got {name}={values!r:.80}")
    if array.size == 0:
        raise InvalidProblem(f"{name} must not be empty, got {name}.shape={array.shape}")
    return array
