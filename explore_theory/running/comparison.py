"""Whether two records of a run hold the same, bit for bit, when one of them is about many replicates.

Letters: `R` replicates.
"""

from collections import deque
from dataclasses import fields, is_dataclass
from enum import Enum
from types import BuiltinFunctionType, CellType, FunctionType, ModuleType
from typing import Any

import numpy as np

from explore_theory.foundation.streams import Streams

_WORDS = (int, str, bytes, type(None), Enum, type)
_CODE = (BuiltinFunctionType, ModuleType)


def same(one: Any, other: Any, place: int = 0, rows: int = 1) -> bool:
    """Whether replicate number `place` of the record `one` for `rows` replicates is the only one of `other`.

    Arrays and lists with an entry per replicate have it first. A row that has as many entries as the fullest
    of its peers may end in zeros where it has fewer alone, and the number of replicates may be its own.
    Numbers are compared bit for bit, records by all that they hold, functions by their code and what they
    close over. What shows none of its contents (a lock, an iterator) is not compared.
    """
    return _Pair(place, rows).same(one, other)


class _Pair:
    def __init__(self, place: int, rows: int) -> None:
        self._place, self._rows = place, rows
        # What is being compared already, since records may hold themselves. It is kept alive: another object
        # could get the place of one that is gone, and would pass for compared.
        self._begun: dict[tuple[int, int], tuple[Any, Any]] = {}

    def same(self, one: Any, other: Any) -> bool:
        """Whether the two hold the same, whatever an `__eq__` of theirs would say."""
        if type(one) is not type(other):
            return False
        if isinstance(one, np.ndarray):
            return self._same_arrays(one, other)
        if isinstance(one, float | complex | np.generic):
            return np.asarray(one).tobytes() == np.asarray(other).tobytes()
        if isinstance(one, _WORDS):
            return bool(one == other) or (type(one) is int and (one, other) == (self._rows, 1))
        return self._same_parts(one, other)

    def _same_parts(self, one: Any, other: Any) -> bool:
        if (id(one), id(other)) in self._begun:
            return True
        self._begun[id(one), id(other)] = one, other
        if isinstance(one, list | tuple | deque) and (len(one), len(other)) == (self._rows, 1):
            return self.same(one[self._place], other[0])
        parts, others = _parts(one), _parts(other)
        return parts.keys() == others.keys() and all(
            self.same(part, others[key]) for key, part in parts.items()
        )

    def _same_arrays(self, one: Any, other: Any) -> bool:
        if one.ndim == other.ndim > 0 and (len(one), len(other)) == (self._rows, 1):
            shape = (1, *np.maximum(one.shape, other.shape)[1:])
            one, other = (_padded(values, shape) for values in (one[self._place : self._place + 1], other))
        if one.dtype != other.dtype or one.shape != other.shape:
            return False
        if one.dtype == object:
            return all(self.same(a, b) for a, b in zip(one.ravel(), other.ravel(), strict=True))
        return bool(one.tobytes() == other.tobytes())


def _parts(value: Any) -> dict[Any, Any]:
    """What a container, a record or a function holds, by place or name."""
    if isinstance(value, dict):
        return value
    if isinstance(value, set | frozenset):
        return dict.fromkeys(value)
    if isinstance(value, list | tuple | deque):
        return dict(enumerate(value))
    if isinstance(value, np.random.Generator | Streams):
        return _standing(value)
    if isinstance(value, FunctionType):
        cells = tuple(map(_content, value.__closure__ or ()))
        return {"code": id(value.__code__), "defaults": value.__defaults__, "cells": cells}
    return {} if isinstance(value, _CODE) else _held(value)


def _standing(stream: np.random.Generator | Streams) -> dict[str, Any]:
    """Where it stands; what streams have read ahead depends on how many rows move together."""
    if isinstance(stream, Streams):
        return {name: getattr(stream, name) for name in ("path", "rows", "reseed", "position")}
    return {"state": stream.bit_generator.state}


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        # What it closes over has no value yet.
        return None


def _held(value: Any) -> dict[str, Any]:
    """All attributes of an object: fields, slots and whatever else it was given."""
    slots = (getattr(kind, "__slots__", ()) for kind in type(value).__mro__)
    named = {name for some in slots for name in ([some] if isinstance(some, str) else some)}
    if is_dataclass(value):
        named |= {field.name for field in fields(value)}
    found = {name: getattr(value, name) for name in sorted(named) if hasattr(value, name)}
    found.pop("__weakref__", None)
    return found | getattr(value, "__dict__", {})


def _padded(values: Any, shape: tuple[int, ...]) -> Any:
    if values.dtype == object and values.shape != shape:
        return values
    return np.pad(values, [(0, more - have) for more, have in zip(shape, values.shape, strict=True)])
