"""Instances as JSON, without loss: what is read back is the same bit for bit, on any machine.

Numbers, words, sequences, mappings by words, arrays, and the records of this package in `RECORDS` by name
with their parts. Finite floats stand as Python writes them, the shortest text that reads back as the same
double. Reading builds records by their own constructors, which refuse what is no instance; nothing is ever
unpickled, evaluated or imported by name.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from fractions import Fraction
from typing import Any

import numpy as np

from explore_theory import formulas, policies, problems
from explore_theory.errors import InvalidProblem

FORMAT = "explore-theory instance"
VERSION = 1

#: The records that have a name in a file.
RECORDS: dict[str, type[Any]] = {
    record.__name__: record
    for record in (
        problems.AutoregressiveProblem,
        problems.Bernoulli,
        problems.BlankNeedle,
        problems.DNF,
        problems.DecisionProcess,
        problems.Gaussian,
        problems.HiddenNeedle,
        problems.Layer,
        problems.NoNoise,
        problems.SinglePromptDNF,
        problems.Stage,
        problems.TabularProblem,
        formulas.Conjunctions,
        formulas.Formula,
        formulas.MixedFormula,
        policies.Base,
        policies.BestOf,
        policies.Mixture,
        policies.PointMass,
        policies.Softmax,
        policies.Tabular,
    )
}
#: Kinds of arrays, by their names in NumPy; ``object`` holds fractions and whole numbers of any size.
DTYPES = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16",
          "float32", "float64", "object")  # fmt: skip
#: Python reads whole numbers of so many digits, and no more.
_MOST_DIGITS = 4000
_MOST_ENTRIES = 1 << 24


def to_json(instance: Any) -> str:
    """`instance` as a text that `of_json` reads.

    Raises
    ------
    InvalidProblem
        If it has a part of another kind than this module names.
    """
    return json.dumps({"format": FORMAT, "version": VERSION, "instance": encode(instance)}, allow_nan=False)


def of_json(text: str) -> Any:
    """The instance that `to_json` wrote.

    Raises
    ------
    InvalidProblem
        If `text` is none: one line that says what is wrong.
    """
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidProblem(f"text must be an instance in JSON, got {_line(error)}") from None
    if not isinstance(found, dict) or set(found) != {"format", "version", "instance"}:
        raise InvalidProblem(f"text must hold format, version and instance, got {_shown(found)}")
    if found["format"] != FORMAT:
        raise InvalidProblem(f"format must be {FORMAT!r}, got format={_shown(found['format'])}")
    if found["version"] != VERSION or isinstance(found["version"], bool):
        raise InvalidProblem(f"version must be {VERSION}, got version={_shown(found['version'])}")
    return decode(found["instance"])


def encode(instance: Any) -> Any:
    """`instance` as what JSON holds; `decode` gives it back bit for bit.

    Raises
    ------
    InvalidProblem
        If it has a part of another kind than this module names.
    """
    try:
        return _encoded(instance)
    except RecursionError:
        raise InvalidProblem("instance must not hold itself, got one that does") from None


def decode(plain: Any) -> Any:
    """The instance that `encode` told.

    Raises
    ------
    InvalidProblem
        If it tells none: one line that says what is wrong.
    """
    try:
        return _decoded(plain)
    except RecursionError:
        raise InvalidProblem("instance must be nested less deeply, got one beyond Python's limit") from None


def _encoded(thing: Any) -> Any:  # noqa: PLR0911 -- one line for each kind
    kind = type(thing)
    if thing is None or kind in (bool, str):
        return thing
    if kind is int:
        return _whole(thing)
    if kind is float:
        return thing if math.isfinite(thing) else {"float": repr(thing)}
    if kind is Fraction:
        return {"fraction": f"{_digits(thing.numerator)}/{_digits(thing.denominator)}"}
    if kind is list:
        return [_encoded(part) for part in thing]
    if kind is tuple:
        return {"tuple": [_encoded(part) for part in thing]}
    if isinstance(thing, dict | Mapping) and all(type(name) is str for name in thing):
        return {"mapping": {name: _encoded(part) for name, part in thing.items()}}
    if kind is np.ndarray or isinstance(thing, np.generic):
        return _encoded_array(thing)
    if RECORDS.get(kind.__name__) is kind:
        return {"record": kind.__name__, "parts": {name: _encoded(part) for name, part in _parts(thing)}}
    raise InvalidProblem(
        f"instance must be made of numbers, words, sequences, arrays and records of this package, "
        f"got a {kind.__name__}"
    )


def _parts(record: Any) -> list[tuple[str, Any]]:
    """What its constructor takes.

    Of masses and their logarithms only what was given: machines differ in the last bit of a logarithm.
    """
    names = [field.name for field in fields(record) if field.init]
    if "log_base" in names:
        given_in_logs = getattr(record, "in_logs", getattr(record, "log_base", None) is not None)
        names.remove("base" if given_in_logs else "log_base")
    parts = {name: getattr(record, name) for name in names}
    if isinstance(record, formulas.Conjunctions):
        # Contradictory clauses are kept without their literals: any others do that contradict each other.
        literals = record.literals.copy()
        if record.never.any():
            literals[record.never, :2] = (1, -1)
        parts["literals"] = literals
    return list(parts.items())


def _encoded_array(array: Any) -> Any:
    dtype = array.dtype.name
    if dtype not in DTYPES:
        raise InvalidProblem(f"arrays must be of one of {', '.join(DTYPES)}, got dtype={dtype!r}")
    if isinstance(array, np.generic):
        return {"scalar": dtype, "value": _encoded(array.item())}
    values = [_encoded(value) for value in array.reshape(-1).tolist()]
    return {"array": dtype, "shape": list(array.shape), "values": values}


def _whole(number: int) -> Any:
    return number if abs(number) < 10**18 else {"whole": _digits(number)}


def _digits(number: int) -> str:
    # 3.33 bits are a digit.
    if number.bit_length() > 3 * _MOST_DIGITS:
        raise InvalidProblem(
            f"whole numbers must have at most {_MOST_DIGITS} digits, got {number.bit_length()} bits"
        )
    return str(number)


def _decoded(plain: Any) -> Any:
    if plain is None or isinstance(plain, bool | str | int):
        return plain
    if isinstance(plain, float):
        # A literal such as 1e999 is an infinity to Python.
        if not math.isfinite(plain):
            raise InvalidProblem("a float must be a finite double, got one beyond its range")
        return plain
    if isinstance(plain, list):
        return [_decoded(part) for part in plain]
    if isinstance(plain, dict):
        for name, (others, read) in _READ.items():
            if name in plain:
                if set(plain) != {name, *others}:
                    raise InvalidProblem(
                        f"a {name} must hold {', '.join((name, *others))}, got {_shown(sorted(plain))}"
                    )
                return read(*(plain[each] for each in (name, *others)))
    raise InvalidProblem(f"a part must be one of {', '.join(_READ)}, got {_shown(plain)}")


def _float(text: Any) -> float:
    if text not in ("inf", "-inf", "nan"):
        raise InvalidProblem(f"float must be inf, -inf or nan, got {_shown(text)}")
    return float(text)


def _integer(text: Any) -> int:
    digits = text.removeprefix("-") if isinstance(text, str) else ""
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS):
        raise InvalidProblem(f"whole must be a whole number in digits, got {_shown(text)}")
    return int(text)


def _fraction(text: Any) -> Fraction:
    numerator, _, denominator = text.partition("/") if isinstance(text, str) else ("", "", "")
    below = _integer(denominator)
    if below <= 0:
        raise InvalidProblem(f"fraction must be p/q with q > 0, got {_shown(text)}")
    return Fraction(_integer(numerator), below)


def _tuple(parts: Any) -> tuple[Any, ...]:
    if not isinstance(parts, list):
        raise InvalidProblem(f"tuple must be a list of parts, got {_shown(parts)}")
    return tuple(_decoded(part) for part in parts)


def _mapping(parts: Any) -> dict[str, Any]:
    if not isinstance(parts, dict):
        raise InvalidProblem(f"mapping must be parts by name, got {_shown(parts)}")
    return {name: _decoded(part) for name, part in parts.items()}


def _array(dtype: Any, shape: Any, values: Any) -> Any:
    if dtype not in DTYPES:
        raise InvalidProblem(f"array must be of one of {', '.join(DTYPES)}, got {_shown(dtype)}")
    sizes = isinstance(shape, list) and all(type(n) is int and 0 <= n <= _MOST_ENTRIES for n in shape)
    if not sizes or not isinstance(values, list) or math.prod(shape) != len(values):
        count = len(values) if isinstance(values, list) else _shown(values)
        raise InvalidProblem(f"values must be as many as the shape {_shown(shape)} says, got {count}")
    array = np.empty(len(values), dtype=dtype)
    for place, value in enumerate(values):
        array[place] = _entry(dtype, _decoded(value))
    # A read-only array, like those of every record.
    array.flags.writeable = False
    try:
        return array.reshape(shape)
    except ValueError:
        raise InvalidProblem(f"shape must have at most 64 axes, got {len(shape)}") from None


def _scalar(dtype: Any, value: Any) -> Any:
    return _array(dtype, [], [value])[()]


def _entry(dtype: str, value: Any) -> Any:
    """`value`, if an array of `dtype` holds it as it is."""
    if dtype == "object":
        fits = isinstance(value, int | float | Fraction)
    elif dtype == "bool":
        fits = isinstance(value, bool)
    elif dtype.startswith("float"):
        with np.errstate(over="ignore"):
            fits = isinstance(value, float) and (
                math.isnan(value) or float(np.dtype(dtype).type(value)) == value
            )
    else:
        limits = np.iinfo(dtype)
        fits = type(value) is int and limits.min <= value <= limits.max
    if not fits:
        raise InvalidProblem(f"values must be those of {dtype}, got {_shown(value)}")
    return value


def _record(name: Any, parts: Any) -> Any:
    if not isinstance(name, str) or name not in RECORDS:
        raise InvalidProblem(f"record must be one of {', '.join(RECORDS)}, got {_shown(name)}")
    known = {field.name for field in fields(RECORDS[name]) if field.init}
    if not isinstance(parts, dict) or not set(parts) <= known:
        raise InvalidProblem(
            f"parts of {name} must be some of {', '.join(sorted(known))}, got {_shown(parts)}"
        )
    given = {part: _decoded(value) for part, value in parts.items()}
    try:
        return RECORDS[name](**given)
    except InvalidProblem as error:
        raise InvalidProblem(f"{name}: {error}") from None
    except Exception as error:  # of parts of another kind: a constructor may trip over them in any way
        raise InvalidProblem(f"{name} must be made of parts of its kinds, got {_line(error)}") from None


#: What a mapping with such a name stands for: the other names in it, and how it is read.
_READ: dict[str, tuple[tuple[str, ...], Callable[..., Any]]] = {
    "float": ((), _float),
    "whole": ((), _integer),
    "fraction": ((), _fraction),
    "tuple": ((), _tuple),
    "mapping": ((), _mapping),
    "array": (("shape", "values"), _array),
    "scalar": (("value",), _scalar),
    "record": (("parts",), _record),
}


def _no_constant(name: str) -> Any:
    raise ValueError(f"the constant {name}")


def _shown(thing: Any) -> str:
    return (
        f"{thing!r:.80}"
        if not isinstance(thing, dict | list)
        else f"a {type(thing).__name__} of {len(thing)}"
    )


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split()):.120}"
