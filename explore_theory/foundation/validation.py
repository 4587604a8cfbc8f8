"""Checks of arguments: each either returns a clean value or raises one clear line.

`real_array` and `whole_array` decide for the whole package what an array of numbers is. NumPy converts nearly
anything, and what the conversion loses (a mask, an imaginary part, a unit, the last digits of a long integer)
is lost without a word.
"""

import math
from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: A row of probabilities may miss one by this much: a sum of 10^6 doubles is good to about 1e-10.
SUM_TOLERANCE = 1e-9
#: Rows that sum to one this closely are kept bit for bit, so that what is saved is what is loaded.
SETTLED = 2.0**-50
#: What the rounding of shorter types does to sums of masses, to sums of masses given by logarithms, and to
#: lengths of vectors. Met with 152,000 tokens: 6e-6 where a float32 softmax sums in 16 lanes, 2e-6 in its
#: logarithms less a rounded log-sum, 2e-7 in lengths; 4e-4, 4e-3 and 5e-4 in float16.
_SLACK: dict[type[Any], dict[str, float]] = {
    np.float32: {"masses": 1e-5, "logs": 1e-5, "length": 1e-6},
    np.float16: {"masses": 1e-3, "logs": 1e-2, "length": 1e-3},
}
#: A law that misses one by more was no law before it was rounded either, whatever the type.
_NEARLY = 1e-2


#: Python's numbers with an exact value, which float64 may or may not hold.
_EXACT = (int, float, np.integer, np.floating, Fraction, Decimal)
#: Subclasses of arrays that mean no more than their numbers.
_PLAIN = (np.ndarray, np.memmap, np.matrix)
_WHOLE_FLOATS = 2**53


def real_array(name: str, values: Any) -> Floats:
    """`values` as float64, if they are real numbers that float64 holds exactly; not copied if it need not be.

    Floats, integers, and sequences or object arrays of these, of `Fraction` and of `Decimal`; infinities and
    NaN are left to the caller. Nothing is rounded, parsed or stripped.

    Raises
    ------
    InvalidProblem
        If they are truth values, text, dates, complex, masked or carry a unit, if a number is none of
        float64, or if they have no shape.
    """
    array = _plain_array(name, values)
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind == "f" and size <= 8:
        return np.asarray(array, dtype=np.float64)
    if kind in "iu" and (size < 8 or not array.size or _within(array, _WHOLE_FLOATS)):
        return array.astype(np.float64)
    if kind not in "fiuO":
        raise InvalidProblem(f"{name} must hold real numbers, got {name}.dtype={str(array.dtype)!r}")
    out = np.empty(array.shape)
    for where, value in np.ndenumerate(array):
        # Most are plain, and to name the place of each takes longer than all else.
        plain = type(value) is float or (type(value) is int and abs(value) <= _WHOLE_FLOATS)
        out[where] = value if plain else _exact_float(f"{name}[{_index(where)}]" if where else name, value)
    return out


def _within(array: npt.NDArray[Any], most: int) -> bool:
    """Whether all of some integers are at most `most` in absolute value, as Python compares integers."""
    return int(array.max()) <= most and int(array.min()) >= -most


def whole_array(name: str, values: Any, *, least: int, most: int = 2**63 - 1) -> Ints:
    """`values` as int64, if they are integers in ``[least, most]``: held against the range before any cast.

    Raises
    ------
    InvalidProblem
        As `real_array`, and if a number is not an integer by its type, or is out of range.
    """
    array = _plain_array(name, values)
    if array.size == 0:
        return np.empty(array.shape, dtype=np.int64)
    if array.dtype.kind not in "iuO":
        raise InvalidProblem(f"{name} must be whole numbers, got {name}.dtype={str(array.dtype)!r}")
    # As Python's integers: NumPy compares an unsigned one with a negative one by converting either.
    if array.dtype.kind == "O" or int(array.min()) < least or int(array.max()) > most:
        for where, value in np.ndenumerate(array):
            given = value if array.dtype.kind == "O" else int(value)
            whole(f"{name}[{_index(where)}]" if where else name, given, least=least, most=most)
    return array.astype(np.int64)


def _plain_array(name: str, values: Any) -> npt.NDArray[Any]:
    """`values` as an array whose elements are what was given; of objects where NumPy would mix kinds."""
    if isinstance(values, list | tuple):
        kinds = _kinds(name, values)
        if any(issubclass(kind, np.timedelta64 | np.datetime64) for kind in kinds):
            raise InvalidProblem(f"{name} must hold numbers without a unit, got {name}={values!r:.80}")
        if kinds == {int}:
            # As they are; those that int64 has not, or rows of several lengths, are for the lines below.
            with suppress(OverflowError, ValueError):
                return np.array(values, dtype=np.int64)
        # A list of floats only needs no second look; others stay what they are, one by one.
        alike = all(issubclass(kind, float | np.float32 | np.float16) for kind in kinds)
        try:
            return np.array(values, dtype=np.float64 if alike else object)
        except (TypeError, ValueError):
            raise InvalidProblem(f"{name} must have rows of one length, got {name}={values!r:.80}") from None
    if isinstance(values, np.ndarray) and type(values) not in _PLAIN:
        raise InvalidProblem(
            f"{name} must be a plain array, got a {type(values).__name__} (its mask or unit would be lost)"
        )
    return np.asarray(values)


def _kinds(name: str, values: Any) -> set[type]:
    """The types of the numbers in nested sequences and arrays."""
    kinds: set[type] = set()
    for kind in set(map(type, values)):
        if issubclass(kind, list | tuple | np.ndarray):
            for part in values:
                if type(part) is kind:
                    kinds |= (
                        _kinds(name, part)
                        if issubclass(kind, list | tuple)
                        else {_plain_array(name, part).dtype.type}
                    )
        else:
            kinds.add(kind)
    return kinds


def _exact_float(name: str, value: Any) -> float:
    """One number as the double that equals it."""
    if isinstance(value, bool | np.timedelta64) or not isinstance(value, _EXACT):
        raise InvalidProblem(f"{name} must be a real number, got {name}={value!r:.80}")
    if isinstance(value, np.integer):
        value = int(value)  # NumPy would compare it with a double as a double
    try:
        number = float(value)
    except (OverflowError, ValueError):
        number = math.nan
    # NaN differs from itself, whatever its type.
    if number != value and value == value:  # noqa: PLR0124
        raise InvalidProblem(f"{name} must be a number that float64 holds exactly, got {name}={value!r:.80}")
    return number


def slack(values: Any, of: str) -> float:
    """How far `values` may be off because of their type: zero unless all of it is float32 or float16.

    `of` is ``"masses"`` for rows of probabilities, ``"logs"`` for their logarithms, ``"length"`` for vectors.
    """
    kinds = _kinds("", values) if isinstance(values, list | tuple) else {np.asarray(values).dtype.type}
    if not kinds or not kinds <= _SLACK.keys():
        return 0.0
    return max(_SLACK[kind][of] for kind in kinds)


def if_rounded(miss: float) -> str:
    """For a message about a law that misses one by `miss`: what to do if rounding is why."""
    if not abs(miss) <= _NEARLY:
        return ""
    return " (if rounding is why: give float32 as float32, or divide the rows by their sums)"


def frozen(values: npt.ArrayLike) -> Floats:
    """A read-only float64 copy of `values`, which have been checked."""
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
    array = frozen(real_array(name, values))
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
    """Like `floats`, and every row along the last axis is a probability vector.

    Rows are divided by their sums; those that sum to one up to rounding (`SETTLED`) are not touched.

    Raises
    ------
    InvalidProblem
        If an entry is negative, or a row misses one by more than `SUM_TOLERANCE` and the `slack` of its type.
    """
    array = floats(name, values, shape)
    tolerance = max(SUM_TOLERANCE, slack(values, "masses"))
    if np.any(array < 0):
        where = tuple(int(i) for i in np.argwhere(array < 0)[0])
        raise InvalidProblem(
            f"{name} must hold probabilities >= 0, got {name}[{_index(where)}]={float(array[where])!r}"
        )
    totals = array.sum(axis=-1, keepdims=True)
    if np.any(np.abs(totals - 1) > tolerance):
        flat = totals.reshape(-1)
        row = int(np.argmax(np.abs(flat - 1)))
        place = "" if array.ndim == 1 else f" in row {row}"
        raise InvalidProblem(
            f"{name} must sum to one along its last axis, got sum({name})={float(flat[row])!r}{place}"
            f"{if_rounded(float(flat[row]) - 1)}"
        )
    return frozen(np.where(np.abs(totals - 1) <= SETTLED, array, array / totals))


def require_normal(name: str, masses: Floats, instead: str) -> None:
    """Refuse positive masses below the normal doubles: ``e^-735`` has four digits left, ``e^-750`` none.

    Raises
    ------
    InvalidProblem
        One line that names the first such mass, and what to give `instead`.
    """
    tiny = (masses > 0) & (masses < np.finfo(np.float64).tiny)
    if np.any(tiny):
        where = tuple(int(i) for i in np.argwhere(tiny)[0])
        raise InvalidProblem(
            f"{name} must hold masses of at least 2.2e-308 or {instead}, "
            f"got {name}[{_index(where)}]={float(masses[where])!r}"
        )


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
    # A timedelta is an integer to NumPy.
    if isinstance(value, bool | np.timedelta64) or not isinstance(value, int | np.integer):
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
    if isinstance(value, Fraction | Decimal):
        raise InvalidProblem(f"{name} must be a real number, got {name}={value!r}")
    return _exact_float(name, value)


def _index(where: tuple[int, ...]) -> str:
    return ", ".join(map(str, where))
