"""A NumPy generator for each of many rows, kept as states: one object draws for one row after another.

A `Generator` of its own for every row takes longer to make, and to hand to compiled code, than the few words
that a short row draws. What a row draws is the same, bit for bit.

Letters: `R` rows; a state is 13 words: a Philox' counter (4), key (2) and buffer (4), the place in its
buffer, and whether half a word is left over, and which.
"""

import ctypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from explore_theory.foundation import philox

Words = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]

_LANES, _WIDTH = 4, 13
_COUNTER, _KEY, _BUFFER = slice(0, 4), slice(4, 6), slice(6, 10)
_PLACE, _HAS_HALF, _HALF = 10, 11, 12


class Seat(NamedTuple):
    """A generator that rows take turns at, and its state as arrays that show, and change, what it draws next.

    `counter` `[4]`, `key` `[2]`, `buffer` `[4]`, `place` `[1]` in the buffer, `has_half` `[1]` and `half`
    `[1]`, as in a state. Without a generator of known layout they are room for a state, and nothing more.
    """

    generator: np.random.Generator
    counter: Words
    key: Words
    buffer: Words
    place: npt.NDArray[np.int32]
    has_half: npt.NDArray[np.int32]
    half: npt.NDArray[np.uint32]


#: What is done for `rows` `[m]`, one after another: each takes its state from the table `[R, 13]`, and leaves
#: it there.
Turns = Callable[[Seat, Words, Rows], None]


class _Layout(ctypes.Structure):
    """NumPy's `philox_state` (numpy/random/src/philox/philox.h)."""

    _fields_ = (
        ("counter", ctypes.POINTER(ctypes.c_uint64 * 4)),
        ("key", ctypes.POINTER(ctypes.c_uint64 * 2)),
        ("place", ctypes.c_int32 * 1),
        ("buffer", ctypes.c_uint64 * 4),
        ("has_half", ctypes.c_int32 * 1),
        ("half", ctypes.c_uint32 * 1),
    )


class RowGenerators:
    """Generators of rows, by the Philox keys `[R, 2]` of their streams.

    ``generators[row]`` is at the row's own place, and stands for it until another row is asked for.
    """

    def __init__(self, keys: Words) -> None:
        # All begin with nothing in the buffer.
        self._states = np.zeros((len(keys), _WIDTH), dtype=np.uint64)
        self._states[:, _KEY] = keys
        self._states[:, _PLACE] = _LANES
        self._row = -1
        self._shared: np.random.Generator | None = None

    def __len__(self) -> int:
        return len(self._states)

    def __getitem__(self, row: int) -> np.random.Generator:
        if self._shared is None:
            self._shared = _new()
        if row != self._row:
            self._put_down()
            _set(self._shared, self._states[row])
            self._row = row
        return self._shared

    def take_turns(self, turns: Turns, rows: Rows, workers: int = 1) -> None:
        """Run `turns` for `rows`, all at once, or each of them alone, on so many `workers` side by side."""
        self._put_down()
        if workers <= 1 or rows.size <= 1:
            self._turns(turns, rows)
            return
        # Compiles before threads start.
        self._turns(turns, rows[:1])
        with ThreadPoolExecutor(workers) as pool:
            for _ in pool.map(lambda row: self._turns(turns, np.array([row])), rows[1:].tolist()):
                pass

    def _turns(self, turns: Turns, rows: Rows) -> None:
        generator = _new()
        if layout_is_known():
            turns(_seat(generator), self._states, rows)
            return
        for row in rows.tolist():
            _set(generator, self._states[row])
            turns(_room(generator), self._states, np.array([row]))
            self._states[row] = _got(generator)

    def _put_down(self) -> None:
        """Keep the state of the row that drew last."""
        if self._row >= 0 and self._shared is not None:
            self._states[self._row] = _got(self._shared)
            self._row = -1


@cache
def layout_is_known() -> bool:
    """Whether this NumPy keeps the state of a Philox as `_Layout` says; its headers do not promise that."""
    generator, asked = _new(), np.arange(1, _WIDTH + 1, dtype=np.uint64)
    asked[[_PLACE, _HAS_HALF]] = 2, 1
    _set(generator, asked)
    seat = _seat(generator)
    seen = np.concatenate([seat.counter, seat.key, seat.buffer, seat.place, seat.has_half, seat.half])
    seat.counter[0], seat.place[0] = 77, 3
    after = _got(generator)
    return bool(np.all(seen == asked)) and bool(after[0] == 77 and after[_PLACE] == 3)


def _new() -> np.random.Generator:
    return np.random.Generator(philox.generator(np.zeros(2, dtype=np.uint64)))


def _seat(generator: np.random.Generator) -> Seat:
    """The generator with the state that it has; the arrays are valid as long as it is there."""
    known: Any = generator.bit_generator
    state = _Layout.from_address(known.ctypes.state_address)
    return Seat(
        generator,
        np.frombuffer(state.counter.contents, dtype=np.uint64),
        np.frombuffer(state.key.contents, dtype=np.uint64),
        np.frombuffer(state.buffer, dtype=np.uint64),
        np.frombuffer(state.place, dtype=np.int32),
        np.frombuffer(state.has_half, dtype=np.int32),
        np.frombuffer(state.half, dtype=np.uint32),
    )


def _room(generator: np.random.Generator) -> Seat:
    """The generator, whose state is set from outside."""
    words = [np.zeros(size, dtype=np.uint64) for size in (4, 2, 4)]
    whole = [np.zeros(1, dtype=np.int32) for _ in range(2)]
    return Seat(generator, words[0], words[1], words[2], whole[0], whole[1], np.zeros(1, dtype=np.uint32))


def _set(generator: np.random.Generator, state: Words) -> None:
    bits: Any = generator.bit_generator
    bits.state = {
        "bit_generator": "Philox",
        "state": {"counter": state[_COUNTER], "key": state[_KEY]},
        "buffer": state[_BUFFER],
        "buffer_pos": int(state[_PLACE]),
        "has_uint32": int(state[_HAS_HALF]),
        "uinteger": int(state[_HALF]),
    }


def _got(generator: np.random.Generator) -> Words:
    bits: Any = generator.bit_generator
    state = bits.state
    own, half = state["state"], (state["buffer_pos"], state["has_uint32"], state["uinteger"])
    return np.concatenate([own["counter"], own["key"], state["buffer"], np.array(half, dtype=np.uint64)])
