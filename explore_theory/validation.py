"""Checks of arguments: each either returns a clean read-only value or raises one clear line."""

import math
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem

Floats = npt.NDArray[np.float64]

#: A row of probabilities may miss one by this much: a sum of 10^6 doubles is good to about 1e-10.
SUM_TOLERANCE = 1e-9


def frozen(values: npt.ArrayLike) -> Floats:
    """A read-only float64 copy of `values`."""
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array


def floats(name: str, values: npt.ArrayLike, shape: tuple[int | None, ...]) -> Floats:
    """A read-only float64 copy of `values` whose shape is `shape` (``None`` for any positive length).

    Raises
    ------
    InvalidProblem
        If `values` are not numbers, have another shape, or contain NaN or an infinity.
    """
    try:
        array = frozen(values)
    except (TypeError, ValueError) as error:
        raise InvalidProblem(f"{name} must be an array of real numbers, got {error}") from None
    wanted = "(" + ", ".join("any" if size is None else str(size) for size in shape) + ")"
    right = array.ndim == len(shape) and all(
        have > 0 if want is None else have == want for have, want in zip(array.shape, shape, strict=True)
    )
    if not right:
        raise InvalidProblem(f"{name} must have shape {wanted}, got {name}.shape={array.shape}")
    if not np.all(np.isfinite(array)):
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise InvalidProblem(f"{name} must be finite, got {name}[{_index(where)}]={float(array[where])!r}")
    return array


def probabilities(name: str, values: npt.ArrayLike, shape: tuple[int | None, ...]) -> Floats:
    """Like `floats`, and every row along the last axis is a probability vector (renormalised exactly).

    Raises
    ------
    InvalidProblem
        If an entry is negative, or a row misses one by more than `SUM_TOLERANCE`.
    """
    array = floats(name, values, shape)
    if np.any(array < 0):
        where = tuple(int(i) for i in np.argwhere(array < 0)[0])
        raise InvalidProblem(
            f"{name} must hold probabilities >= 0, got {name}[{_index(where)}]={float(array[where])!r}"
        )
    totals = array.sum(axis=-1, keepdims=True)
    if np.any(np.abs(totals - 1) > SUM_TOLERANCE):
        flat = totals.reshape(-1)
        row = int(np.argmax(np.abs(flat - 1)))
        place = "" if array.ndim == 1 else f" in row {row}"
        raise InvalidProblem(
            f"{name} must sum to one along its last axis, got sum({name})={float(flat[row])!r}{place}"
        )
    return frozen(array / totals)


def positive(name: str, value: float, *, below: float = math.inf) -> float:
    """`value` as a float in (0, below]."""
    number = _number(name, value)
    if not 0 < number <= below or math.isinf(number):
        rule = "be positive and finite" if math.isinf(below) else f"lie in (0, {below:g}]"
        raise InvalidProblem(f"{name} must {rule}, got {name}={value!r}")
    return number


def above(name: str, value: float, lowest: float) -> float:
    """`value` as a finite float strictly above `lowest`."""
    number = _number(name, value)
    if not lowest < number < math.inf:
        raise InvalidProblem(f"{name} must be finite and above {lowest:g}, got {name}={value!r}")
    return number


def whole(name: str, value: int, *, least: int, most: int | None = None) -> int:
    """`value` as an int in [least, most]."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise InvalidProblem(f"{name} must be a whole number, got {name}={value!r}")
    number = int(value)
    if number < least or (most is not None and number > most):
        rule = f"be at least {least}" if most is None else f"lie in [{least}, {most}]"
        raise InvalidProblem(f"{name} must {rule}, got {name}={value!r}")
    return number


def one_of(name: str, value: str, choices: Iterable[str]) -> str:
    """`value` if it is one of `choices`; otherwise an error that names the nearest."""
    known = list(choices)
    if value in known:
        return value
    near = get_close_matches(value, known, n=1)
    advice = f"; did you mean {near[0]!r}?" if near else ""
    raise InvalidProblem(f"{name} must be one of {', '.join(known)}, got {name}={value!r}{advice}")


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise InvalidProblem(f"{name} must be a real number, got {name}={value!r}")
    return float(value)


def _index(where: tuple[int, ...]) -> str:
    return ", ".join(map(str, where))
