"""Counter-based random streams, one per replicate.

Row `r` of every array drawn here is a function of (path, reseed, r) and of what row `r` itself has drawn
before: it does not depend on how many rows move together, on which they are, or on the order of jobs.
The generator is NumPy's Philox (Salmon et al., *Parallel random numbers: as easy as 1, 2, 3*, SC 2011),
keyed by a hash of the path, so no seed is ever picked by hand.

Shapes: `R` rows, `m` draws per row.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.foundation import philox
from explore_theory.foundation.row_generators import RowGenerators
from explore_theory.foundation.validation import whole

Words = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]

#: Words that a row has ready: at first, once it needs more, and from then on.
_CHUNKS = (16, 64, 256)
#: So many rows get theirs computed side by side, up to this many each; else each has a generator.
_MANY, _SHORT = 32, 64
_TO_UNIT = 2.0**-52


def derived_key(path: Sequence[str], row: int, reseed: int) -> int:
    """The 128-bit Philox key of replicate `row` of the stream named `path`."""
    return int.from_bytes(_digest(_common(path, reseed), row), "little")


def _derived_keys(path: Sequence[str], rows: Sequence[int], reseed: int) -> Words:
    """`[R, 2]`: the `derived_key` of every row, its low word first."""
    common = _common(path, reseed)
    digests = b"".join(_digest(common, row) for row in rows)
    return np.frombuffer(digests, dtype="<u8").reshape(-1, 2).astype(np.uint64)


def _common(path: Sequence[str], reseed: int) -> Any:
    """The part of a key's hash that all rows have in common."""
    return blake2b("\x1f".join((*path, str(reseed), "")).encode(), digest_size=16)


def _digest(common: Any, row: int) -> bytes:
    own = common.copy()
    own.update(b"%d" % row)
    digest: bytes = own.digest()
    return digest


class _Rows(tuple[int, ...]):
    """Rows of streams: plain whole numbers."""

    __slots__ = ()


class Streams:
    """`R` independent streams of random words that move side by side.

    Parameters
    ----------
    path
        What the stream is for, e.g. ``("F1", "adversarial", "n-8")``; part of the key.
    rows
        The identities of the replicates, not their positions: rows 5..9 of one run equal rows 5..9 of any.
    reseed
        Zero by default; any other number gives fresh, again reproducible, streams.
    """

    #: It advances with every draw; see `harness.isolation.worlds`.
    changes_in_use = True

    def __init__(self, path: Sequence[str], rows: Sequence[int], reseed: int = 0) -> None:
        self.path = tuple(path)
        # Those of a range, or of other streams, are whole numbers already.
        known = isinstance(rows, range | _Rows)
        self.rows: tuple[int, ...] = _Rows(rows if known else (int(row) for row in rows))
        self.reseed = whole("reseed", reseed, least=0)
        self._keys: Words | None = None
        #: By row: its generator, and the word of its stream that comes next.
        self._generators: dict[int, tuple[np.random.Philox, int]] = {}
        self._buffer: Words = np.empty((len(self.rows), 0), dtype=np.uint64)
        self._cursor = np.zeros(len(self.rows), dtype=np.int64)
        self._position = np.zeros(len(self.rows), dtype=np.int64)

    def child(self, name: str) -> "Streams":
        """Streams of the same replicates for another purpose, independent of this one."""
        return Streams((*self.path, name), self.rows, self.reseed)

    def generators(self) -> list[np.random.Generator]:
        """One NumPy generator per row, keyed like the row's words and independent of them.

        For draws that take a variable number of words; a row's generator serves that row only.
        """
        return [np.random.Generator(philox.generator(key)) for key in self._generator_keys()]

    def row_generators(self) -> RowGenerators:
        """`generators`, for many rows that draw one after another."""
        return RowGenerators(self._generator_keys())

    def words(self, m: int, active: Bools | None = None) -> Words:
        """`[R, m]` uniform 64-bit words; rows outside `active` get zeros and do not advance."""
        count = len(self.rows)
        live = np.arange(count) if active is None else np.flatnonzero(active)
        out = np.zeros((count, m), dtype=np.uint64)
        if m == 0 or live.size == 0:
            return out
        self._refill(live[self._cursor[live] + m > self._buffer.shape[1]], m)
        start = int(self._cursor[0])
        if live.size == count and np.all(self._cursor == start):
            out[:] = self._buffer[:, start : start + m]
        else:
            out[live] = self._buffer[live[:, None], self._cursor[live, None] + np.arange(m)]
        self._cursor[live] += m
        self._position[live] += m
        return out

    @property
    def position(self) -> npt.NDArray[np.int64]:
        """`[R]`: how many words each row has read."""
        return self._position.copy()

    def put_back(self, count: npt.NDArray[np.int64]) -> None:
        """Let each row read its last `count` `[R]` words again, at most those of the last call of `words`."""
        # A call leaves its words in the buffer, whether or not it had to refill it.
        self._cursor -= count
        self._position -= count

    def uniform(self, m: int, active: Bools | None = None) -> npt.NDArray[np.float64]:
        """`[R, m]` uniforms on the 2^52 midpoints of (0, 1): never 0, never 1."""
        # 52 bits, not 53: k + 1/2 is a double for every k < 2^52, but 2^53 - 1/2 would round up to one.
        return ((self.words(m, active) >> np.uint64(12)).astype(np.float64) + 0.5) * _TO_UNIT

    def normal(self, m: int, active: Bools | None = None) -> npt.NDArray[np.float64]:
        """`[R, m]` standard Gaussians by inverse CDF (one word each)."""
        from scipy.special import ndtri

        return np.asarray(ndtri(self.uniform(m, active)), dtype=np.float64)

    def integers(
        self, n: int | npt.NDArray[np.int64], m: int, active: Bools | None = None
    ) -> npt.NDArray[np.int64]:
        """`[R, m]` integers uniform on ``range(n)``, ``n <= 2**63``, or `n` `[R]` with one per row.

        Two words each, ``floor(n (w1 2^64 + w2) / 2^128)``: off uniform by a relative ``n / 2^128`` at most.
        """
        size: Any
        if isinstance(n, np.ndarray):
            size = n.astype(np.uint64)[:, None]
        else:
            size = np.uint64(whole("n", n, least=1, most=2**63))
        pair = self.words(2 * m, active)
        first, second = pair[:, 0::2], pair[:, 1::2]
        high, low = philox.multiply(first, size)
        carry, _ = philox.multiply(second, size)
        overflow = (low + carry < low).astype(np.uint64)
        return (high + overflow).astype(np.int64)

    def _generator_keys(self) -> Words:
        path = (*self.path, "generator")
        return _derived_keys(path, self.rows, self.reseed)

    def _refill(self, short: npt.NDArray[np.intp], m: int) -> None:
        """Give each row of `short` at least `m` unread words; the other rows are left as they are."""
        if short.size == 0:
            return
        if self._keys is None:
            self._keys = _derived_keys(self.path, self.rows, self.reseed)
        width = self._buffer.shape[1]
        chunk = next((size for size in _CHUNKS if size > width), _CHUNKS[-1])
        if (width := max(chunk if short.size >= _MANY else _CHUNKS[-1], m)) > self._buffer.shape[1]:
            # Unread words stay at the right-hand end, so every cursor moves by what was put before them.
            pad = np.zeros((len(self.rows), width - self._buffer.shape[1]), dtype=np.uint64)
            self._buffer = np.concatenate([pad, self._buffer], axis=1)
            self._cursor += pad.shape[1]
        width = self._buffer.shape[1]
        if short.size >= _MANY and width <= _SHORT:
            # Those that are unread are computed again.
            self._buffer[short] = philox.words(self._keys[short], self._position[short], width)
            self._cursor[short] = 0
            return
        for row in short.tolist():
            unread = width - int(self._cursor[row])
            self._buffer[row, :unread] = self._buffer[row, self._cursor[row] :].copy()
            self._buffer[row, unread:] = self._next_words(row, width - unread, unread)
            self._cursor[row] = 0

    def _next_words(self, row: int, count: int, unread: int) -> Words:
        """`count` words of `row`, behind the `unread` ones that it has."""
        assert self._keys is not None
        first = int(self._position[row]) + unread
        bits, place = self._generators.get(row, (None, -1))
        if bits is None or place != first:
            bits = philox.generator(self._keys[row], first)
        self._generators[row] = bits, first + count
        return bits.random_raw(count)
