"""Laws, unit vectors and linear rewards as they come: checked, and mended where they are of a rounded type.

What a language model gives in float32 or float16 misses its own rules by a rounding of that type, see
`validation.slack`. It is mended in float64, so that the rules hold as for anything else: rows are divided by
their sums, vectors longer than one are shortened, rewards get the nearest differences that are linear. In
float64 nothing but the rounding of float64 is forgiven.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation import laws
from explore_theory.foundation.validation import (
    SETTLED,
    SUM_TOLERANCE,
    floats,
    frozen,
    probabilities,
    real_array,
    require_normal,
    slack,
)
from explore_theory.problems.protocol import BOUNDARY, Floats


def log_distribution(name: str, values: npt.ArrayLike, shape: tuple[int | None, int | None]) -> Floats:
    """Rows of logarithms of probabilities; rows that already sum to one up to rounding are not touched."""
    given = real_array(name, values)
    wanted = "(" + ", ".join("any" if size is None else str(size) for size in shape) + ")"
    if given.ndim != 2 or any(
        want not in (None, have) for have, want in zip(given.shape, shape, strict=True)
    ):
        raise InvalidProblem(f"{name} must have shape {wanted}, got {name}.shape={given.shape}")
    laws.masses(name, given, tolerance=max(SUM_TOLERANCE, slack(values, "logs")))
    total = laws.log_sum_exp(given)[..., None]
    return frozen(np.where(np.abs(total) <= SETTLED, given, given - total))


def given_base(base: Any, log_base: Any) -> tuple[str, Any]:
    """The name and value of the one of the two that is given."""
    if (base is None) == (log_base is None):
        got = "neither" if base is None else "both"
        raise InvalidProblem(f"exactly one of base and log_base must be given, got {got}")
    return ("log_base", log_base) if base is None else ("base", base)


def base_policy(
    base: npt.ArrayLike | None,
    log_base: npt.ArrayLike | None,
    shape: tuple[int | None, int | None],
) -> tuple[Floats, Floats, bool]:
    """The masses and logarithms of a base policy given as either, and whether it was given in logarithms.

    Both may be given if they are what this returned, as `dataclasses.replace` gives them.

    Raises
    ------
    InvalidProblem
        If neither is given, both are and differ, or what is given is no law.
    """
    if log_base is None:
        masses = probabilities("base", given_base(base, None)[1], shape)
        require_normal("base", masses, "zeros, or give log_base")
        return masses, frozen(_log(masses)), False
    logs = log_distribution("log_base", log_base, shape)
    masses = frozen(np.exp(logs))
    if base is None:
        return masses, logs, True
    given = real_array("base", base)
    if np.array_equal(given, masses):
        return masses, logs, True
    if given.shape == logs.shape and np.array_equal(_log(np.maximum(given, 0.0)), logs):
        return frozen(given), logs, False
    raise InvalidProblem("exactly one of base and log_base must be given, got both")


def unit_vectors(name: str, values: npt.ArrayLike, shape: tuple[int | None, ...]) -> Floats:
    """Like `floats`, and vectors along the last axis have norm at most one."""
    vectors = floats(name, values, shape)
    norms = np.sqrt((vectors * vectors).sum(axis=-1))
    allowed = max(BOUNDARY, slack(values, "length"))
    if np.any(norms > 1 + allowed):
        where = tuple(int(i) for i in np.argwhere(norms > 1 + allowed)[0])
        raise InvalidProblem(
            f"{name} must have norm at most 1, got |{name}[{', '.join(map(str, where))}]|="
            f"{float(norms[where])!r}{_unless_rounded(float(norms[where]) - 1)}"
        )
    if allowed == BOUNDARY:
        return vectors
    return frozen(vectors / np.maximum(norms, 1.0)[..., None])


def linear_rewards(reward: Floats, features: Floats, theta: Floats) -> Floats:
    """``<theta, phi(x, y)>`` `[X, N]`, shifted in each prompt to lie about `reward` `[X, N]`."""
    linear = (features * theta).sum(axis=-1)
    residual = reward - linear
    middle = (residual.max(axis=-1, keepdims=True) + residual.min(axis=-1, keepdims=True)) / 2
    return frozen(linear + middle)


def _log(masses: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(masses))


def _unless_rounded(miss: float) -> str:
    return (
        " (give float32 as float32, or divide by the norm)" if miss <= slack(np.float16(1), "length") else ""
    )
