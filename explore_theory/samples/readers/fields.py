"""One field of a record as what it means: a reward, a text, a log-probability. Each raises `BadRecord`."""

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from explore_theory.samples.readers.records import BadRecord, Record

#: What Python's own texts of truth values mean; loggers that fall back on `str` write them.
_TRUTH = {"True": 1.0, "False": 0.0, "true": 1.0, "false": 0.0}
#: A token that ends a response and is no text of it: ``</s>``, ``<|im_end|>``, ``[EOS]``.
_END = re.compile(r"<[^<>\s]+>|\[[A-Z_]+\]")
#: Log-probabilities are at most zero, up to the rounding of a sum of float32's.
_ROUNDING = 1e-3
_SHOWN = 40


def present(record: Record, name: str) -> Any:
    """The field `name`, which must be there."""
    try:
        return record[name]
    except KeyError:
        raise BadRecord(f"field {name!r} is missing") from None


def reward(name: str, value: Any, *, nan: bool = False, quoted: bool = False) -> float:
    """A finite number; NaN for null, and where `nan` says that NaN means "not scored".

    `quoted` takes the text of a number or of a truth value for it, as loggers write that know no NumPy.
    """
    if type(value) is float and math.isfinite(value):
        return value
    if value is None:
        return math.nan
    if isinstance(value, bool | int | float):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
    elif quoted and isinstance(value, str):
        number = _quoted(name, value)
    else:
        raise BadRecord(f"reward {name!r} must be a number, got {shown(value)}")
    if math.isinf(number) or (math.isnan(number) and not nan):
        raise BadRecord(f"reward {name!r} must be finite, or null where there is none, got {shown(value)}")
    return number


def _quoted(name: str, value: str) -> float:
    text = value.strip()
    if text in _TRUTH:
        return _TRUTH[text]
    try:
        return float(text)
    except ValueError:
        raise BadRecord(f"reward {name!r} must be a number, got the text {shown(value)}") from None


def passed(name: str, value: Any) -> float:
    """0 or 1, from a truth value or from these numbers; NaN for null."""
    if value is None:
        return math.nan
    if isinstance(value, bool | int | float) and value in (0, 1):
        return float(value)
    raise BadRecord(f"{name!r} must be true or false, got {shown(value)}")


def part(name: str, value: Any) -> Record:
    """An object, empty for null."""
    if value is None or isinstance(value, dict):
        return value or {}
    raise BadRecord(f"field {name!r} must be an object, got {shown(value)}")


def text(name: str, value: Any) -> str:
    """A text."""
    if isinstance(value, str):
        return value
    raise BadRecord(f"field {name!r} must be a text, got {shown(value)}")


def spoken(name: str, value: Any) -> str:
    """A text, or messages of a chat as one: the content of a single one, else role and content of each."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        said = [(str(one.get("role", "")), _content(one.get("content"))) for one in value]
        if len(said) == 1:
            return said[0][1]
        return "\n".join(f"{role}: {content}" for role, content in said)
    raise BadRecord(f"field {name!r} must be a text or messages, got {shown(value)}")


def _content(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def task(name: str, value: Any) -> str:
    """The name of a task: a text or a whole number."""
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    return spoken(name, value)


def count(name: str, value: Any) -> int | None:
    """How many, at least zero; None for null."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return value
    raise BadRecord(f"field {name!r} must be a whole number of at least 0, got {shown(value)}")


def flag(name: str, value: Any) -> bool | None:
    """A truth value; None for null."""
    if value is None or isinstance(value, bool):
        return value
    raise BadRecord(f"field {name!r} must be true, false or null, got {shown(value)}")


def finite(value: Any) -> float | None:
    """A finite number, or None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def log_probability(name: str, value: Any) -> float:
    """A finite natural logarithm of a probability."""
    number = finite(value)
    if number is None:
        raise BadRecord(f"{name!r} must be a finite log-probability, got {shown(value)}")
    if number > _ROUNDING:
        raise BadRecord(f"{name!r} must be at most 0, the logarithm of a probability, got {shown(value)}")
    return min(number, 0.0)


def spelled(response: str, tokens: Sequence[str], logs: Sequence[Any]) -> float:
    """The log-probability of `response`, summed over tokens that spell it; one that ends it may follow.

    Logged log-probabilities may belong to other tokens than were drawn, and only their texts show it.

    Raises
    ------
    BadRecord
        At the first token that is not what the response has there, or if the two lists differ in length.
    """
    if len(tokens) != len(logs):
        raise BadRecord(f"tokens and log-probabilities must be as many, got {len(tokens)} and {len(logs)}")
    at = 0
    for number, token in enumerate(tokens):
        if not isinstance(token, str):
            raise BadRecord(f"tokens must be texts, got {shown(token)}")
        if response.startswith(token, at):
            at += len(token)
        elif not (at == len(response) and number == len(tokens) - 1 and _END.fullmatch(token)):
            there = response[at : at + len(token)]
            raise BadRecord(
                f"tokens must spell the response, got {shown(token)} as token {number}, where it has"
                f" {shown(there)} (log-probabilities of other tokens than were drawn?)"
            )
    if at != len(response):
        raise BadRecord(f"tokens must spell the response, got them ending before {shown(response[at:])}")
    return math.fsum(log_probability("logprob", log) for log in logs)


def shown(value: Any) -> str:
    """A value in at most some forty characters, on one line."""
    words = repr(value)
    return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 2]}.."
