"""Worlds that a measurement cannot move: what `instance` returns is one for `measure`, `bound` and `witness`.

Arrays are made read-only, however deep they lie in tuples, lists, mappings and objects, so that normalising
one in place raises where it is written. Lists, mappings and attributes cannot be locked; they are compared
afterwards. What lives by changing (random streams, oracles with their ledgers) says so by the attribute
``changes_in_use``.
"""

from array import array
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.streams import Streams

_LEAVES = (
    str,
    bytes,
    int,
    float,
    complex,
    type,
    type(None),
    FunctionType,
    BuiltinFunctionType,
    MethodType,
    ModuleType,
)
_GENERATORS = (np.random.Generator, np.random.RandomState, np.random.BitGenerator)
_PLAIN = (str, bytes, int, float, complex, bool, type(None))


class Kept:
    """A world with its arrays locked, and what else of it must stay as it is.

    It `stands` while nothing in it has moved that could, so that it may be read once more. Of what lives by
    changing only random streams say where they are; with anything else in it a world never stands.
    """

    def __init__(self, world: Any) -> None:
        self._restless = False
        self._streams: list[tuple[Any, Any]] = []
        self._found: list[tuple[Any, Any]] = []
        self._seen: dict[int, Any] = {}
        pending = [world]
        while pending:
            pending.extend(self._enter(pending.pop()))

    def require_unchanged(self) -> None:
        """Refuse a claim that changed a list, a mapping or an attribute of its world.

        Raises
        ------
        InvalidClaim
            If it did.
        """
        for thing, before in self._found:
            if not _same(thing, before):
                raise InvalidClaim(
                    f"measure and bound must leave their world as it is, got a changed "
                    f"{type(thing).__name__}; change a copy"
                )

    @property
    def stands(self) -> bool:
        """Whether nothing in it has been used up since it was built."""
        return not self._restless and all(
            np.array_equal(streams.position, before) for streams, before in self._streams
        )

    def as_built(self) -> None:
        """Take away what objects have kept beside themselves since: who reads next meets the same world."""
        for thing, before in self._found:
            if isinstance(before, dict) and not isinstance(thing, dict):
                for name in _attributes(thing).keys() - before.keys():
                    object.__delattr__(thing, name)

    def _note_moving(self, thing: Any) -> None:
        if isinstance(thing, Streams):
            self._streams.append((thing, thing.position))
        elif _may_change(thing):
            self._restless = True

    def _enter(self, thing: Any) -> Iterator[Any]:
        """Lock or remember `thing`, and give what lies inside it."""
        self._note_moving(thing)
        if isinstance(thing, _LEAVES) or id(thing) in self._seen or getattr(thing, "changes_in_use", False):
            return
        self._seen[id(thing)] = thing  # kept alive, so that no other object gets its id
        if isinstance(thing, np.ma.MaskedArray):
            raise InvalidClaim("a world must hold plain arrays, got a masked array: keep its mask beside it")
        if isinstance(thing, Iterator):
            raise InvalidClaim(
                f"a world must not hold what reading uses up, got a {type(thing).__name__}; make a list of it"
            )
        if isinstance(thing, np.ndarray):
            yield from _lock(thing)
        elif isinstance(thing, _GENERATORS):
            return
        elif isinstance(thing, dict):
            self._found.append((thing, dict(thing)))
            yield from (value for value in thing.values() if not isinstance(value, _PLAIN))
        elif isinstance(thing, list | tuple | set | frozenset | deque | bytearray | array):
            if not isinstance(thing, tuple | frozenset):
                self._found.append((thing, copy(thing)))
            yield from (value for value in thing if not isinstance(value, _PLAIN))
        else:
            inside = _attributes(thing)
            if inside or hasattr(thing, "__dict__"):
                self._found.append((thing, inside))
            yield from inside.values()
            if isinstance(thing, Mapping):
                yield from thing.values()


def _may_change(thing: Any) -> bool:
    """Whether using `thing` may change it unseen: ledgers, generators, functions that can hold a state."""
    if isinstance(thing, FunctionType):
        return thing.__closure__ is not None
    if isinstance(thing, BuiltinFunctionType):
        return not isinstance(thing.__self__, ModuleType | type | None)
    return isinstance(thing, (*_GENERATORS, MethodType, partial)) or bool(
        getattr(thing, "changes_in_use", False)
    )


def _lock(values: Any) -> Sequence[Any]:
    values.flags.writeable = False
    return values.ravel().tolist() if values.dtype == object else ()


def _same(thing: Any, before: Any) -> bool:
    """Whether what was in a container is there still; what an object keeps beside it since is no change."""
    if isinstance(before, dict):
        now = thing if isinstance(thing, dict) else _attributes(thing)
        grown = isinstance(thing, dict) and len(now) > len(before)
        return not grown and all(name in now and _equal(now[name], value) for name, value in before.items())
    if isinstance(before, list | deque):
        return len(thing) == len(before) and all(map(_equal, thing, before))
    return bool(thing == before)


def _equal(now: Any, before: Any) -> bool:
    """One object, or equal plain values: ``x += 0`` makes another number of the same value."""
    return now is before or (isinstance(before, _PLAIN) and type(now) is type(before) and bool(now == before))


def _attributes(thing: Any) -> dict[str, Any]:
    """What `thing` holds by name: its dictionary, if it has one, and its slots."""
    inside = getattr(thing, "__dict__", None)
    found = dict(inside) if isinstance(inside, dict) else {}
    for base in type(thing).__mro__:
        slots = base.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            # A name of two underscores is private to its class.
            private = name.startswith("__") and not name.endswith("__")
            full = f"_{base.__name__.lstrip('_')}{name}" if private else name
            if full != "__dict__" and hasattr(thing, full):
                found[full] = getattr(thing, full)
    return found
