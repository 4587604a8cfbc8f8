"""JSON that people write by hand or from another language: read within limits, one object or one a line."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import real_array, whole_array

Floats = npt.NDArray[Any]

#: Lists and objects, and values, that a document may have: what they take in memory is many times the text.
MOST_LISTS, MOST_VALUES = 1 << 22, 1 << 25
_BOM = b"\xef\xbb\xbf"
_WHOLE_FLOATS = 2**53
#: How minus infinity is written where JSON has none.
_MINUS_INFINITY = ("-inf", "-Infinity", "-infinity")

_DTYPES: dict[str, Any] = {"float64": np.float64, "float32": np.float32, "float16": np.float16}
PRECISIONS = tuple(_DTYPES)
#: How many nats each unit of log-probability is.
LOG_UNITS = {"nats": 1.0, "bits": float(np.log(2.0)), "dits": float(np.log(10.0))}


def parsed(data: bytes) -> tuple[dict[str, Any], list[Any]]:
    """The object of a JSON text, or the first one of JSON lines, and those of the lines after it.

    Raises
    ------
    InvalidProblem
        With the line at fault, if it is no such text, names something twice, or is too large.
    """
    if data.count(b"[") + data.count(b"{") > MOST_LISTS or data.count(b",") > MOST_VALUES:
        raise InvalidProblem(
            f"a document must hold at most {MOST_LISTS} lists and {MOST_VALUES} values, got more; write .npz"
        )
    try:
        text = data.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InvalidProblem(f"line {line}: the file must hold UTF-8 text") from None
    found, end = _value(text, 0)
    records = []
    while end < len(text):
        value, end = _value(text, end)
        records.append(value)
    if not isinstance(found, dict):
        raise InvalidProblem(f"the document must be an object {{..}}, got {_kind(found)}")
    return found, records


def _value(text: str, start: int) -> tuple[Any, int]:
    """The value at `start`, and where the next one begins."""
    begin = len(text) - len(text[start:].lstrip(" \t\r\n")) if start == 0 else start
    try:
        found, end = _DECODER.raw_decode(text, begin)
    except json.JSONDecodeError as error:
        raise InvalidProblem(f"line {error.lineno}: the file must be JSON, got {error.msg[:80]}") from None
    except RecursionError:
        raise InvalidProblem("the file must be JSON of few levels, got too many") from None
    except ValueError as error:
        raise InvalidProblem(f"the file must be JSON, got {str(error)[:80]}") from None
    stop = end
    while stop < len(text) and text[stop] in " \t\r\n":
        stop += 1
    if stop < len(text) and "\n" not in text[end:stop]:
        line = text.count("\n", 0, end) + 1
        raise InvalidProblem(f"line {line}: there must be one JSON value a line, got {text[stop:][:20]!r}")
    return found, stop


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the name {name[:40]!r} twice in one object")
        found[name] = value
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_object)


def numbers(name: str, value: Any, *, precision: str = "float64", logs: bool = False) -> Floats:
    """Nested lists of numbers as an array, of the type that `precision` says.

    With `logs`, ``null`` and ``"-inf"`` are minus infinity.

    Raises
    ------
    InvalidProblem
        If something in it is no number, or rows differ in length.
    """
    kinds = _kinds(value)
    if logs and kinds & {type(None), str}:
        value = _infinite(name, value)
        kinds = _kinds(value)
    if not kinds <= {int, float}:
        wrong = ", ".join(sorted(_KINDS.get(kind, kind.__name__) for kind in kinds - {int, float}))
        raise InvalidProblem(f"{name} must hold numbers, got {wrong}")
    try:
        array = np.asarray(value, dtype=np.float64)
    except (ValueError, OverflowError):
        raise InvalidProblem(f"{name} must have rows of one length, got {name}={value!r:.60}") from None
    if int in kinds and array.size and np.abs(array[np.isfinite(array)]).max(initial=0) >= _WHOLE_FLOATS:
        # Whole numbers that doubles do not hold: refused by their place.
        array = real_array(name, value)
    with np.errstate(over="ignore"):
        return array.astype(_DTYPES[precision], copy=False)


def whole_numbers(name: str, value: Any, *, least: int = 0, most: int = 2**31) -> npt.NDArray[np.int64]:
    """Nested lists of whole numbers as an array.

    Raises
    ------
    InvalidProblem
        If something in it is none, or out of range.
    """
    if not _kinds(value) <= {int}:
        raise InvalidProblem(f"{name} must hold whole numbers, got {name}={value!r:.60}")
    return whole_array(name, value, least=least, most=most)


_KINDS = {bool: "true or false", str: "text", dict: "an object", type(None): "null"}


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list) else _KINDS.get(type(value), "a number")


def _kinds(value: Any) -> set[type]:
    if not isinstance(value, list):
        return {type(value)}
    kinds = set(map(type, value))
    if list in kinds:
        kinds.remove(list)
        for part in value:
            if isinstance(part, list):
                kinds |= _kinds(part)
    return kinds


def _infinite(name: str, value: Any) -> Any:
    """`value` with minus infinity for what says so."""
    if isinstance(value, list):
        return [_infinite(name, part) for part in value]
    if value is None or value in _MINUS_INFINITY:
        return -np.inf
    if isinstance(value, str):
        raise InvalidProblem(f'{name} must hold numbers, null or "-inf", got {value[:40]!r}')
    return value
