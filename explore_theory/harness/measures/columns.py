"""Numbers as claims give them: kept exactly, or refused. Nothing is rounded, parsed or dropped in silence.

A float64 stays one. Whole numbers beyond 2^53, decimals, fractions, rationals of SymPy and binary floats of
mpmath become `fractions.Fraction`, which is exact; a ball of python-flint becomes its two ends. Anything else
is refused in one line: complex and masked arrays, durations, text, truth values, numbers of SymPy that are no
rationals.
"""

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Rational
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidClaim

Number = float | Fraction
#: `K` numbers: float64, or fractions (and infinities) in an object array.
Column = npt.NDArray[Any]

#: Whole numbers up to this size are float64 numbers.
_EXACT = 2**53

#: Binary exponents beyond this are not written out as fractions.
_LARGEST_EXPONENT = 100_000


def ends(name: str, values: Any) -> tuple[Column, Column]:
    """The lower and the upper ends of `values`, each one-dimensional; equal but for balls.

    Raises
    ------
    InvalidClaim
        If some value is no real number, cannot be kept exactly, or there is more than one dimension.
    """
    array = _array(name, values)
    if array.ndim != 1:
        raise InvalidClaim(f"{name} must be one-dimensional, got shape={array.shape}")
    if array.dtype != object:
        return array, array
    pairs = [_pair(name, value) for value in array]
    lo, hi = (_column([pair[side] for pair in pairs]) for side in (0, 1))
    return lo, hi


def column(name: str, values: Any) -> Column:
    """`values` as `K` exact numbers; balls are refused, since they are two numbers each."""
    lo, hi = ends(name, values)
    # A NaN, which differs from itself, is a number here.
    if lo is not hi and any(a < b for a, b in zip(lo, hi, strict=True)):
        raise InvalidClaim(f"{name} must be numbers, got balls; give them to Measurement.exact or Bound.of")
    return lo


def widened(lo: Column, hi: Column, error: Column) -> tuple[Column, Column]:
    """``[lo - error, hi + error]``, rounded outwards where it is float64; exact where everything is exact."""
    if np.any(error < 0):
        raise InvalidClaim(f"error must be at least 0, got error={min(error)!r}")
    if not np.any(error):
        return lo, hi
    if object in (lo.dtype, hi.dtype, error.dtype):
        low, high, more = (
            list(map(exact, np.broadcast_to(a, np.broadcast_shapes(a.shape, lo.shape))))
            for a in (lo, hi, error)
        )
        return (
            _column([_sum(a, -e) for a, e in zip(low, more, strict=True)]),
            _column([_sum(b, e) for b, e in zip(high, more, strict=True)]),
        )
    with np.errstate(over="ignore"):  # an end beyond the range of doubles is infinite, which encloses
        down, up = lo - error, hi + error
    # A sum of two doubles may be rounded inwards by half a unit in its last place; an infinity is exact.
    out_down, out_up = ((error > 0) & np.isfinite(end) for end in (down, up))
    return (
        np.where(out_down, np.nextafter(down, -np.inf), down),
        np.where(out_up, np.nextafter(up, np.inf), up),
    )


def is_nan(value: Number) -> bool:
    """Whether `value` is NaN; `math.isnan` fails for fractions beyond the range of doubles."""
    return isinstance(value, float) and math.isnan(value)


def exact(value: Number) -> Number:
    """`value` as a fraction if it is finite, so that sums and ratios with fractions are not rounded."""
    return Fraction(value) if isinstance(value, Fraction) or math.isfinite(value) else value


def difference(first: Number, second: Number) -> Number:
    """``first - second``: zero for equal infinities, and never rounded to zero where the two differ."""
    if first == second:
        return 0.0
    if isinstance(first, Fraction) or isinstance(second, Fraction):
        return _sum(exact(first), -exact(second))
    return first - second


def _sum(first: Number, second: Number) -> Number:
    """``first + second`` of `exact` numbers: a fraction beyond the range of doubles meets infinities too."""
    for number, other in ((first, second), (second, first)):
        if isinstance(number, float) and isinstance(other, Fraction):
            return number  # not finite, or it would be a fraction
    return first + second


def quotient(first: Number, second: Number) -> Number:
    """``first / second`` of finite positive numbers, exact where one is a fraction."""
    if isinstance(first, Fraction) or isinstance(second, Fraction):
        return Fraction(first) / Fraction(second)
    return first / second


def as_float(value: Number) -> float:
    """The nearest double; infinite beyond the range of doubles."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def digits(value: Number, number: int) -> str:
    """`value` in at most `number` significant digits, also beyond the range of doubles."""
    if not isinstance(value, Fraction) or value == 0 or 1e-300 < abs(value) < 1e300:
        return f"{float(value):.{number}g}"
    from decimal import localcontext

    with localcontext() as context:
        context.prec = number
        found = Decimal(value.numerator) / Decimal(value.denominator)
        return f"{found.normalize():e}".replace("E", "e")


def whole_number(name: str, value: Any, *, least: int) -> int:
    """`value` as an int of at least `least`; truth values, halves and text are refused.

    Raises
    ------
    InvalidClaim
        If it is none.
    """
    if isinstance(value, bool | np.bool_) or not isinstance(value, Integral) or int(value) < least:
        raise InvalidClaim(f"{name} must be a whole number of at least {least}, got {name}={value!r}")
    return int(value)


def real_numbers(name: str, values: Any) -> npt.NDArray[np.float64]:
    """A float64 copy of `values` of any shape: what chance gave is kept as doubles, or refused.

    Raises
    ------
    InvalidClaim
        If something in it is no real number, or a double cannot hold it.
    """
    array = np.asanyarray(values)
    # What NumPy has not yet made one type of is looked at number by number.
    flat = _array(name, values if array.ndim == 1 else array.ravel())
    if flat.dtype == object:
        numbers = [_scalar(name, value) for value in flat]
        flat = np.array([as_float(number) for number in numbers])
        if any(number != kept for number, kept in zip(numbers, flat.tolist(), strict=True)):
            raise InvalidClaim(f"{name} must fit into float64, got numbers that do not")
    return flat.reshape(array.shape).copy()


def truth(name: str, values: Any, size: int | None = None) -> npt.NDArray[np.bool_]:
    """`values` as truth values, `[n]`; numbers and words, which would all be true, are refused."""
    array = np.atleast_1d(truths(name, values))
    if array.ndim != 1 or (size is not None and array.size not in (1, size)):
        want = "one-dimensional" if size is None else f"one truth value or {size}"
        raise InvalidClaim(f"{name} must be {want}, got shape={array.shape}")
    return array


def truths(name: str, values: Any) -> npt.NDArray[np.bool_]:
    """`values` as truth values of any shape."""
    array = np.asarray(values)
    if isinstance(values, np.ma.MaskedArray) or array.dtype != np.bool_:
        raise InvalidClaim(f"{name} must be truth values, got {_kind(values)}")
    return array


def _array(name: str, values: Any) -> Column:
    listed = isinstance(values, Sequence) and not isinstance(values, str)
    if isinstance(values, np.ma.MaskedArray) or (listed and any(value is np.ma.masked for value in values)):
        raise InvalidClaim(
            f"{name} must be plain numbers, got a masked array; say which count by applicable="
        )
    try:
        array = np.atleast_1d(np.asarray(values))
    except ValueError as error:
        raise InvalidClaim(f"{name} must be numbers in a row, got {error}") from None
    if listed and array.ndim == 1 and array.dtype != object:
        # NumPy makes one type of a list: [2**53 + 1, 0.5] becomes floats, [1, "2"] text, [True, 2] numbers.
        kinds = {type(value) for value in values}
        if len(kinds) > 1 and not all(issubclass(kind, float | np.floating) for kind in kinds):
            array = np.empty(len(values), dtype=object)
            array[:] = values
    if array.dtype.kind == "f":
        return _floats(name, array)
    if array.dtype.kind in "iu":
        small = array.size == 0 or max(abs(int(array.max())), abs(int(array.min()))) <= _EXACT
        return array.astype(np.float64) if small else array.astype(object)
    if array.dtype == object:
        return array
    raise InvalidClaim(f"{name} must be real numbers, got {_kind(values)}")


def _floats(name: str, array: Column) -> Column:
    found = array.astype(np.float64)
    if array.dtype.itemsize > found.dtype.itemsize and not np.array_equal(found, array, equal_nan=True):
        raise InvalidClaim(
            f"{name} must fit into float64, got {array.dtype} numbers that do not; give fractions"
        )
    return found


def _column(numbers: Sequence[Number]) -> Column:
    """An object array if there are fractions, other than a few whole numbers among floats; else float64."""
    fractions = [number for number in numbers if isinstance(number, Fraction)]
    mixed = len(fractions) < len(numbers)
    if fractions and not (mixed and all(f.denominator == 1 and abs(f) <= _EXACT for f in fractions)):
        array = np.empty(len(numbers), dtype=object)
        array[:] = numbers
        return array
    return np.array(numbers, dtype=np.float64)


def _pair(name: str, value: Any) -> tuple[Number, Number]:
    if hasattr(value, "mid") and hasattr(value, "rad") and hasattr(value, "man_exp"):
        return _ball_ends(name, value)
    number = _scalar(name, value)
    return number, number


def _scalar(name: str, value: Any) -> Number:
    if isinstance(value, bool | np.bool_):
        raise InvalidClaim(f"{name} must be real numbers, got the truth value {value!r}")
    if isinstance(value, float | np.floating):
        return float(_floats(name, np.asarray(value)))
    if isinstance(value, Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    return _foreign(name, value)


def _foreign(name: str, value: Any) -> Number:
    """Exact numbers of libraries that do not register them with `numbers`."""
    library = type(value).__module__.partition(".")[0]
    if isinstance(value, Decimal):
        if not value.is_finite():
            return math.nan if value.is_nan() else float(value)
        _require_range(name, value.adjusted() * 10 // 3)
        return Fraction(value)
    if library == "flint" and hasattr(value, "q"):
        return Fraction(int(value.p), int(value.q))
    if library == "flint" and hasattr(value, "__int__") and type(value).__name__ == "fmpz":
        return Fraction(int(value))
    # mpmath's pi and e have a `func` that gives them to any precision: they are no binary floats.
    if library == "mpmath" and hasattr(value, "_mpf_") and not hasattr(value, "func"):
        sign, mantissa, exponent, _ = value._mpf_
        finite = mantissa or not exponent
        return (-1) ** sign * _dyadic(name, int(mantissa), int(exponent)) if finite else float(value)
    raise InvalidClaim(f"{name} must be real numbers that can be kept exactly, got {_kind(value)}")


def _ball_ends(name: str, value: Any) -> tuple[Number, Number]:
    """Both ends of a python-flint ball; infinite where it is not finite."""
    if not value.is_finite():
        return -math.inf, math.inf
    lo, hi = (_dyadic(name, *map(int, end.man_exp())) for end in (value.lower(), value.upper()))
    return lo, hi


def _dyadic(name: str, mantissa: int, exponent: int) -> Fraction:
    _require_range(name, exponent)
    return Fraction(mantissa) * Fraction(2) ** exponent


def _require_range(name: str, exponent: int) -> None:
    """Refuse what would fill the memory with its digits."""
    if abs(exponent) > _LARGEST_EXPONENT:
        raise InvalidClaim(
            f"{name} must be at most 2^{_LARGEST_EXPONENT} and not below its reciprocal; take logarithms"
        )


def _kind(value: Any) -> str:
    if isinstance(value, np.ma.MaskedArray):
        return "a masked array"
    if isinstance(value, np.ndarray | np.generic):
        return f"{value.dtype}: {value!r:.60}"
    return f"{type(value).__name__}: {value!r:.60}"
