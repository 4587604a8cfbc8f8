"""Short representations: what a record is and its key numbers, in a line, whatever arrays it holds."""

from collections.abc import Mapping, Sized
from dataclasses import fields
from enum import Enum
from typing import Any, TypeVar

Record = TypeVar("Record", bound=type)

#: Characters of a representation, and of one part of it.
LONGEST = 200
_PART = 48
_BITS = 140


def brief(record: Record) -> Record:
    """Class decorator, above `dataclass`: its records are shown in at most `LONGEST` characters.

    Numbers and words stand as they are, arrays by their shape, other records by their kind.
    """
    record.__repr__ = _shown  # type: ignore[assignment, method-assign]
    return record


def shown(path: object) -> str:
    """A path as it is written into a line: as it stands, or in quotes if it would break the line."""
    text = str(path)
    return text if text.isprintable() and text.strip() else repr(text)


def _shown(record: Any) -> str:
    parts = [f"{f.name}={_part(getattr(record, f.name))}" for f in fields(record) if f.repr]
    text = f"{type(record).__name__}({', '.join(parts)})"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 4]} ..)"


def _part(value: Any) -> str:
    if value is None or isinstance(value, int | Enum):
        # Integers of thousands of digits have no text at all.
        bits = value.bit_length() if isinstance(value, int) else 0
        text = f"an integer of {bits} bits" if bits > _BITS else str(value)
    elif isinstance(value, float):
        text = f"{value:.6g}"
    elif isinstance(value, str):
        text = repr(_cut(value))
    elif getattr(value, "shape", ()):
        text = f"[{_shape(value.shape)}]"
    elif isinstance(value, Sized):
        text = f"{{{len(value)} items}}" if isinstance(value, Mapping) else f"({len(value)} items)"
    elif not (text := str(getattr(value, "__name__", ""))):
        said: Any = type(value).__str__
        text = f"{type(value).__name__}(..)" if said is object.__str__ else _cut(str(value))
    return text


def _shape(shape: tuple[int, ...]) -> str:
    """``3 x 200``; one length alone would read as a list of that one number."""
    sizes = " x ".join(map(str, shape))
    return sizes if len(shape) > 1 else f"{sizes} value{'s' * (shape[0] != 1)}"


def _cut(text: str) -> str:
    return text if len(text) <= _PART else f"{text[: _PART - 2]}.."
