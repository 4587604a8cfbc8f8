"""The compiled loop of `tokens.walks`: some rows of a batch at a time, layer by layer.

Letters as there, where a NumPy path computes the same numbers.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.compiled import compiled
from explore_theory.oracles.constants import EULER, GOLDEN, HARMONIC, MIX1, MIX2, WINDOW, WORDS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Cells = npt.NDArray[np.int32]

_GOLD, _FIRST, _SECOND = np.uint64(GOLDEN), np.uint64(MIX1), np.uint64(MIX2)
_S30, _S27, _S31, _S12, _ONE = (np.uint64(n) for n in (30, 27, 31, 12, 1))
_PER_LAYER = np.uint64(WORDS)
#: So many rows take a layer together, while its tables are at hand.
_TOGETHER = 1024


@compiled
def scattered(z: Any) -> Any:
    """`tokens.walks.mixed` of one word."""
    z = (z ^ (z >> _S30)) * _FIRST
    z = (z ^ (z >> _S27)) * _SECOND
    return z ^ (z >> _S31)


@compiled
def uniform(seed: Any, stride: Any, index: Any) -> float:
    """Word number `index` of a row as a midpoint of a grid of 2^52."""
    # Signed integers become doubles in one instruction.
    return (float(np.int64(scattered(seed + stride * index) >> _S12)) + 0.5) * 2.0**-52


@compiled
def take_steps(  # noqa: PLR0912, PLR0915 - a kernel is one loop
    blocks: Ints,
    keep: Floats,
    other: Cells,
    log_accept: Floats,
    try_keep: Floats,
    try_other: Cells,
    log_reject: Floats,
    base_cdf: Floats,
    gain: Floats,
    following: Ints,
    pair_of: Ints,
    token_of: Ints,
    harmonic: Floats,
    start: Ints,
    first: int,
    edges: Ints,
    keys: Any,
    draws: float,
    cap: float,
    reward: Floats,
    ratio: Floats,
    calls: Floats,
    states: Ints,
    gains: Floats,
    keep_states: bool,
) -> None:
    """Of each of `blocks` the rows ``edges[block] .. edges[block + 1] - 1``, by ``keys[block]``; calls go to
    ``calls[block]``. A call from outside takes longer than a short block.
    """
    steps, tokens, cells, pairs = gain.shape[0], gain.shape[2], keep.shape[2], log_reject.shape[2]
    seed, stride = np.empty(_TOGETHER, dtype=np.uint64), np.empty(_TOGETHER, dtype=np.uint64)
    state = np.empty(_TOGETHER, dtype=np.int64)
    total, log_ratio = np.empty(_TOGETHER), np.empty(_TOGETHER)
    # Fewer rejections than this are cut off neither by the table nor by the cap.
    plain = min(WINDOW - 1, int(cap))
    for block in blocks:
        low, end, key = edges[block], edges[block + 1], keys[block]
        while low < end:
            size = min(_TOGETHER, end - low)
            for i in range(size):
                seed[i] = scattered(key + np.uint64(low + i + 1) * _GOLD)
                stride[i] = scattered(seed[i] ^ _FIRST) | _ONE
                state[i], total[i], log_ratio[i] = start[low + i], 0.0, 0.0
            for h in range(first, steps):
                index = _PER_LAYER * np.uint64(h) + _ONE
                # One axis each: reading a table by four indices costs more than the hash.
                kept, others, accepts = keep[h].ravel(), other[h].ravel(), log_accept[h].ravel()
                tried, tries_else = try_keep[h].ravel(), try_other[h].ravel()
                gained, leads = gain[h].ravel(), following[h].ravel()
                spent = 0.0
                for i in range(size):
                    s = state[i]
                    if keep_states:
                        states[low + i, h] = s
                        gains[low + i, h] = total[i]
                    place = uniform(seed[i], stride[i], index) * cells
                    cell = np.int64(place)
                    at = s * cells + cell
                    # Both are read before one is taken: a branch here could not be predicted.
                    instead = np.int64(others[at])
                    cell = cell if place - cell < kept[at] else instead
                    pair, token = pair_of[cell], token_of[cell]
                    place = uniform(seed[i], stride[i], index + _ONE) * WINDOW
                    tries = np.int64(place)
                    at = (s * pairs + pair) * WINDOW + tries
                    instead = np.int64(tries_else[at])
                    tries = tries if place - tries < tried[at] else instead
                    before = float(tries)
                    if tries < plain:
                        log_ratio[i] += accepts[s * cells + cell] + harmonic[tries]
                    else:
                        if tries == WINDOW - 1:
                            u = uniform(seed[i], stride[i], index + _ONE + _ONE)
                            before += max(np.ceil(math.log(u) / log_reject[h, s, pair]), 1.0) - 1.0
                        if before + 1.0 > cap:
                            before = cap
                            u = uniform(seed[i], stride[i], index + _ONE + _ONE + _ONE)
                            token = 0
                            while u >= base_cdf[h, s, token]:
                                token += 1
                        elif before < HARMONIC:
                            log_ratio[i] += accepts[s * cells + cell] + harmonic[int(before)]
                        else:
                            log_ratio[i] += accepts[s * cells + cell] + (
                                math.log(before) + EULER + 1 / (2 * before) - 1 / (12 * before * before)
                            )
                    spent += before
                    total[i] += gained[s * tokens + token]
                    state[i] = leads[s * tokens + token]
                # A failure costs its candidates and the token that is returned: cap + 1 in all.
                calls[block, h] += spent + size * (2.0 + draws)
            reward[low : low + size] = total[:size]
            ratio[low : low + size] = log_ratio[:size]
            low += size
