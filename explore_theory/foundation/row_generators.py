"""A NumPy generator for each of many rows, kept as states: one object draws for one row after another.

A `Generator` of its own for every row takes longer to make, and to hand to compiled code, than the few words
that a short row draws. What a row draws is the same, bit for bit.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.foundation import philox

_LANES = 4


class RowGenerators:
    """Generators of rows, by the Philox keys `[R, 2]` of their streams.

    ``generators[row]`` is at the row's own place, and stands for it until another row is asked for. Where
    several threads draw at once each row needs its own one, see `own`.
    """

    def __init__(self, keys: npt.NDArray[np.uint64]) -> None:
        self._keys = keys
        self._states: dict[int, Any] = {}
        self._own: dict[int, np.random.Generator] = {}
        self._row = -1
        self._shared: np.random.Generator | None = None

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, row: int) -> np.random.Generator:
        if (own := self._own.get(row)) is not None:
            return own
        if self._shared is None:
            self._shared = np.random.Generator(philox.generator(self._keys[row]))
            self._row = row
        if row != self._row:
            bits: Any = self._shared.bit_generator
            self._states[self._row] = bits.state
            bits.state = self._states.pop(row, None) or self._start(row)
            self._row = row
        return self._shared

    def own(self, row: int) -> np.random.Generator:
        """The generator of `row`, which serves no other row from now on."""
        if row not in self._own:
            bits: Any = philox.generator(self._keys[row])
            bits.state = self[row].bit_generator.state
            self._own[row] = np.random.Generator(bits)
        return self._own[row]

    def _start(self, row: int) -> dict[str, Any]:
        """The state in which a Philox under the row's key begins: nothing is buffered."""
        return {
            "bit_generator": "Philox",
            "state": {"counter": np.zeros(_LANES, dtype=np.uint64), "key": self._keys[row]},
            "buffer": np.zeros(_LANES, dtype=np.uint64),
            "buffer_pos": _LANES,
            "has_uint32": 0,
            "uinteger": 0,
        }
