"""NumPy's Philox for many keys at once, and without a seed that it does not need; bit for bit the same.

Philox4x64-10 (Salmon et al., *Parallel random numbers: as easy as 1, 2, 3*, SC 2011) maps a key of two words
and a counter of four to four words of output. Word `i` of a stream comes from counter ``i // 4 + 1``, so any
words of any keys can be computed side by side, in an order of their own.

Shapes: `R` keys, `m` words each.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.random.bit_generator import ISeedSequence

Words = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

_LOW, _32 = np.uint64(0xFFFFFFFF), np.uint64(32)
#: The multipliers of the counter's first and third word, and what the key grows by in every round.
_FACTORS = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
_WEYL = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)
_ROUNDS, _LANES = 10, 4
#: So many blocks are computed together: what they need stays in the processor's cache.
_TOGETHER = 4096


class _Key(ISeedSequence):
    """A key as NumPy asks for it; for `Philox(key=...)` the system is asked for a seed first, in vain."""

    def __init__(self, key: Words) -> None:
        self._key = key

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> Any:
        """The key, which Philox asks for as two 64-bit words."""
        return self._key


def generator(key: Words, first: int = 0) -> np.random.Philox:
    """NumPy's Philox under `key` `[2]`, at word `first` of its stream."""
    block, lane = divmod(first, _LANES)
    # NumPy takes any such sequence; its annotations know its own one only.
    seed: Any = _Key(key)
    bits = np.random.Philox(seed, counter=block or None)
    if lane:
        bits.random_raw(lane)
    return bits


def words(keys: Words, first: Places, m: int) -> Words:
    """`[R, m]`: words ``first[r] .. first[r] + m - 1`` of the streams under `keys` `[R, 2]`."""
    block, lane = first // _LANES, first % _LANES
    blocks = -(-(int(lane.max(initial=0)) + m) // _LANES)
    out = np.empty((len(keys), m), dtype=np.uint64)
    step = max(1, _TOGETHER // blocks)
    for start in range(0, len(keys), step):
        here = slice(start, start + step)
        counter = (block[here, None] + np.arange(1, blocks + 1)).astype(np.uint64)
        made = _blocks(keys[here], counter).reshape(-1, _LANES * blocks)
        if np.all(lane[here] == lane[start]):
            out[here] = made[:, lane[start] : lane[start] + m]
        else:
            out[here] = np.take_along_axis(made, lane[here, None] + np.arange(m), axis=1)
    return out


def multiply(a: Words, b: Any) -> tuple[Words, Words]:
    """High and low halves of the 128-bit products ``a * b``; `b` is a number, or an array beside `a`."""
    with np.errstate(over="ignore"):
        a0, a1 = a & _LOW, a >> _32
        b0, b1 = b & _LOW, b >> _32
        low = a0 * b0
        middle = a1 * b0 + (low >> _32)
        other = a0 * b1 + (middle & _LOW)
        high: Any = a1 * b1 + (middle >> _32) + (other >> _32)
        return high, a * b


def _blocks(keys: Words, counter: Words) -> Words:
    """`[R, B, 4]`: what Philox makes of the counters `[R, B]` (their higher words are zero)."""
    zero = np.zeros_like(counter)
    one, two, three, four = counter, zero, zero, zero
    k0, k1 = keys[:, :1], keys[:, 1:]
    for _ in range(_ROUNDS):
        high, low = multiply(one, _FACTORS[0])
        upper, lower = multiply(three, _FACTORS[1])
        one, two, three, four = upper ^ two ^ k0, lower, high ^ four ^ k1, low
        with np.errstate(over="ignore"):
            k0, k1 = k0 + _WEYL[0], k1 + _WEYL[1]
    return np.stack([one, two, three, four], axis=-1)
