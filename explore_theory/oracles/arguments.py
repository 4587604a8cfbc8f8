"""Arguments of calls as arrays with an entry per replicate, each refused in one line.

Rows that will not be served (not `live`) hold zeros, whatever was given for them. Letters: `R` replicates,
`d` feature dimension.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem, OracleMisuse
from explore_theory.problems.protocol import Bools, Facts, Floats, Ints


def asked_rows(rows: Bools | None, replicates: int) -> Bools:
    """`rows` as `[R]` truth values of its own; all of them for None."""
    if rows is None:
        return np.ones(replicates, dtype=bool)
    array = np.asarray(rows)
    if array.dtype != bool or array.shape != (replicates,):
        raise InvalidProblem(
            f"rows must be {replicates} booleans, got rows of type {array.dtype} and shape {array.shape}"
        )
    return array.copy()


def per_row(name: str, values: npt.ArrayLike, live: Bools) -> Floats:
    """`values`, a number or `[R]`, as `[R]`; not NaN in `live` rows, zero in the others."""
    array = np.asarray(values)
    if array.dtype.kind not in "iuf" or array.shape not in ((), (live.size,)):
        raise OracleMisuse(f"{name} must be a number, or {live.size} numbers, got {name}={values!r}")
    array = np.where(live, array.astype(np.float64), 0.0)
    if np.any(np.isnan(array)):
        raise OracleMisuse(f"{name} must not be NaN, got NaN in replicate {int(np.argmax(np.isnan(array)))}")
    return array


def limits(budget: npt.ArrayLike, live: Bools) -> Floats:
    """`budget` as `[R]`; zero in rows that will not be served."""
    array = np.asarray(budget)
    if array.dtype == object and array.ndim == 0 and isinstance(number := array.item(), int):
        # Beyond 2^63 an int is no number to NumPy; beyond 1e308 it is none to a float64 either.
        array = np.asarray(float(number)) if abs(number) < 10**308 else array
    if array.dtype.kind not in "iuf" or array.shape not in ((), (live.size,)):
        raise OracleMisuse(f"budget must be a number, or {live.size} numbers, got budget={budget!r}")
    array = np.where(live, array.astype(np.float64), 0.0)
    bad: Bools = ~(array >= 0) | (np.floor(array) != array)
    if np.any(bad):
        row = int(np.argmax(bad))
        raise OracleMisuse(
            f"budget must be a whole number of tries >= 0, got {float(array[row])!r} in replicate {row}"
        )
    return array


def admitted(theta: npt.ArrayLike, facts: Facts, live: Bools) -> Floats:
    """`theta` as `[R, d]` inside ``Theta``; rows that will not be served hold zeros."""
    if (allowed := facts.parameters) is None:
        raise OracleMisuse(f"theta must be None, since the problem declares no parameters, got {theta!r}")
    try:
        array = np.array(theta, dtype=np.float64)
    except (TypeError, ValueError):
        raise OracleMisuse(f"theta must be an array of real numbers, got theta={theta!r}") from None
    d = facts.d
    if array.shape not in ((d,), (live.size, d)):
        raise OracleMisuse(
            f"theta must have shape ({d},) or ({live.size}, {d}), got theta.shape={array.shape}"
        )
    array = np.where(live[:, None], np.broadcast_to(array, (live.size, d)), 0.0)
    if np.any(outside := ~allowed.contains(array)):
        row = int(np.argmax(outside))
        with np.errstate(over="ignore", invalid="ignore"):
            length = float(np.linalg.norm(array[row]))
        raise OracleMisuse(
            f"theta must satisfy {allowed}, got |theta|_2={length!r}, "
            f"max_i |theta_i|={float(np.max(np.abs(array[row])))!r} in replicate {row}"
        )
    return array


def named(name: str, response: npt.ArrayLike, facts: Facts, live: Bools) -> Ints:
    """`response` as `[R]` indices of responses that exist; rows that will not be served hold zeros."""
    array = np.asarray(response)
    if array.dtype.kind not in "iu" or array.shape not in ((), (live.size,)):
        raise OracleMisuse(
            f"{name} must be {live.size} response indices, got {array.dtype} of shape {array.shape}"
        )
    array = np.where(live, array, 0)
    count = facts.responses
    if np.any(unknown := (array < 0) | (False if count is None else array > count - 1)):
        row = int(np.argmax(unknown))
        limit = "" if count is None else f" and below {count}"
        raise OracleMisuse(
            f"{name} must be a response, at least 0{limit}, got {name}={int(array[row])} in replicate {row}"
        )
    return array.astype(np.int64)


def picked(count: int, which: Any, what: str) -> Ints:
    """Places among `count` things called `what`, by indices, slice or mask, ``[k]``.

    Raises
    ------
    OracleMisuse
        If `which` is none of these, or has more than one axis.
    """
    # What is asked for is looked at once, whatever it is.
    try:
        places = np.array(np.arange(count)[which], ndmin=1)
    except IndexError:
        raise OracleMisuse(
            f"which must be a slice, a mask or indices of {count} {what}, got {which!r:.80}"
        ) from None
    if places.ndim != 1:
        raise OracleMisuse(f"which must have one axis, got {places.ndim}")
    return places
