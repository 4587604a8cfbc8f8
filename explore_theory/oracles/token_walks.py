"""Many rollouts of a token policy at once, by the exact law of its steps.

A rollout is a row of a *batch*: it starts in a state of layer `first` and takes the steps of layers
``first .. H - 1``. Its randomness is its own: word `i` of the row is a hash (SplitMix64: Steele, Lea and
Flood 2014) of the batch's key, the row and `i`, five words per layer, so a row does not depend on how many
there are, on threads, or on which of the two paths below computes it: compiled, or NumPy.

Letters: `n` rows, `H` layers, `S` states, `A` tokens, `K` ranks (see `token_sampler`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.compiled import kernel_name
from explore_theory.errors import InvalidProblem
from explore_theory.oracles.token_sampler import MOST_NUMBERS, StepLaw
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem
from explore_theory.problems.protocol import Floats, Ints

Words = npt.NDArray[np.uint64]

WORDS = 5
#: Harmonic numbers below this are read from a table; beyond, four terms of Euler and Maclaurin give 1e-16.
HARMONIC = 1 << 12
EULER = 0.5772156649015329
_GOLDEN, _MIX1, _MIX2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
#: Below this many steps the threads cost more than they save.
PARALLEL = 1 << 21
#: Rows are cut into this many blocks, whose counts of calls are added in order.
BLOCKS = 64


@dataclass(frozen=True, eq=False)
class Walks:
    """What happened: mean reward and summed log-ratios from the start on, `[n]`, and calls per layer `[H]`.

    If they were asked for: `states` `[n, H]` (-1 before the start) and `gains` `[n, H]`, the rewards of the
    steps before each layer.
    """

    reward: Floats
    log_ratio: Floats
    calls: Floats
    states: Ints | None
    gains: Floats | None


class PolicyTables:
    """The step laws of all layers of one policy, stacked; layers can be replaced one at a time."""

    def __init__(self, problem: AutoregressiveProblem, draws: int, cap: int) -> None:
        steps, tokens = problem.horizon, problem.vocabulary
        states = max(layer.states for layer in problem.layers)
        if steps * states * tokens**3 > MOST_NUMBERS:
            raise InvalidProblem(
                f"step tables must hold at most {MOST_NUMBERS} numbers, got "
                f"{steps} layers x {states} states x {tokens}^3"
            )
        self.draws, self.cap = draws, cap
        self.base_cdf = np.ones((steps, states, tokens))
        self.miss = np.zeros((steps, states, tokens, tokens))
        self.log_accept = np.zeros((steps, states, tokens, tokens, tokens))
        self.cdf = np.ones((steps, states, tokens, tokens, tokens))
        self.log_reject = np.zeros((steps, states, tokens, tokens))
        self.reject = np.ones((steps, states, tokens, tokens))
        self.reward = np.zeros((steps, states, tokens))
        self.next = np.zeros((steps, states, tokens), dtype=np.int64)
        for h, layer in enumerate(problem.layers):
            self.reward[h, : layer.states] = layer.reward
            self.next[h, : layer.states] = np.maximum(layer.next, 0)

    def put(self, h: int, law: StepLaw) -> None:
        """Take `law` for layer `h`."""
        states = len(law.base_cdf)
        for name in ("base_cdf", "miss", "log_accept", "cdf", "log_reject"):
            getattr(self, name)[h, :states] = getattr(law, name)
        self.reject[h, :states] = np.exp(law.log_reject)


def mixed(values: Words) -> Words:
    """The finaliser of SplitMix64, a bijection of 64-bit words that scatters them."""
    with np.errstate(over="ignore"):
        z = values
        z = (z ^ (z >> np.uint64(30))) * np.uint64(_MIX1)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(_MIX2)
        return z ^ (z >> np.uint64(31))


@cache
def harmonic_table() -> Floats:
    """``H_n`` for n below `HARMONIC`."""
    return np.concatenate([[0.0], np.cumsum(1 / np.arange(1.0, HARMONIC))])


def walk(
    tables: PolicyTables,
    start: Ints,
    first: int,
    key: int,
    *,
    keep_states: bool = False,
    compiled: bool = True,
) -> Walks:
    """Rollouts from the states `start` `[n]` of layer `first`, with the randomness of `key`.

    Parameters
    ----------
    tables
        The policy; layers below `first` are not read.
    key
        A 64-bit number.
    keep_states
        Whether to return the states and rewards so far of each layer.
    compiled
        False for the NumPy path, which agrees to 1e-12 and is several times slower; it is also what runs
        without Numba.
    """
    steps = tables.reward.shape[0]
    count = start.size
    reward, ratio = np.zeros(count), np.zeros(count)
    calls = np.zeros((BLOCKS, steps))
    states = np.full((count if keep_states else 1, steps), -1, dtype=np.int64)
    gains = np.zeros(states.shape)
    run: Callable[..., None] = _by_columns
    if compiled and kernel_name() == "numba":
        run = _compiled(count * (steps - first) >= PARALLEL)
    run(
        *(getattr(tables, name) for name in _TABLES),
        harmonic_table(),
        np.array(start, dtype=np.int64),  # a copy, so that one compiled version serves all
        first,
        np.uint64(key),
        float(tables.draws),
        float(tables.cap),
        reward,
        ratio,
        calls,
        states,
        gains,
        keep_states,
    )
    kept = (states, gains) if keep_states else (None, None)
    return Walks(reward, ratio, calls.sum(axis=0), *kept)


_TABLES = ("base_cdf", "miss", "log_accept", "cdf", "log_reject", "reject", "reward", "next")


def _by_columns(
    base_cdf: Floats,
    miss: Floats,
    log_accept: Floats,
    cdf: Floats,
    log_reject: Floats,
    reject: Floats,
    gain: Floats,
    following: Ints,
    harmonic: Floats,
    start: Ints,
    first: int,
    key: Any,
    draws: float,
    cap: float,
    reward: Floats,
    ratio: Floats,
    calls: Floats,
    states: Ints,
    gains: Floats,
    keep: bool,
) -> None:
    """All rows together, layer by layer."""
    steps = gain.shape[0]
    with np.errstate(over="ignore"):
        seed = mixed(key + np.arange(1, start.size + 1, dtype=np.uint64) * np.uint64(_GOLDEN))
        stride = mixed(seed ^ np.uint64(_MIX1)) | np.uint64(1)
    state = start
    for h in range(first, steps):
        with np.errstate(over="ignore"):
            words = [mixed(seed + stride * np.uint64(WORDS * h + j + 1)) for j in range(WORDS)]
        u = [((w >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52 for w in words]
        if keep:
            states[:, h], gains[:, h] = state, reward
        anchor = (u[0][:, None] >= base_cdf[h, state]).sum(axis=-1)
        rank = (u[1][:, None] < miss[h, state, anchor]).sum(axis=-1) - 1
        token = (u[2][:, None] >= cdf[h, state, anchor, rank]).sum(axis=-1)
        survive = log_reject[h, state, anchor, rank]
        # A first candidate is mostly accepted, and needs no logarithm.
        later = u[3] < reject[h, state, anchor, rank]
        tries = np.ones(start.size)
        tries[later] = np.maximum(np.ceil(np.log(u[3][later]) / survive[later]), 1.0)
        failed = ~(tries <= cap)
        fallback = (u[4][:, None] >= base_cdf[h, state]).sum(axis=-1)
        before = np.where(failed, 1.0, tries) - 1
        ratio += np.where(
            failed, 0.0, log_accept[h, state, anchor, rank, token] + _harmonic(before, harmonic)
        )
        token = np.where(failed, fallback, token)
        calls[0, h] += float((1.0 + draws + np.where(failed, cap + 1.0, tries)).sum())
        reward += gain[h, state, token]
        state = following[h, state, token]


def _harmonic(n: Floats, table: Floats) -> Floats:
    low = np.minimum(n, HARMONIC - 1).astype(np.int64)
    x = np.maximum(n, 1.0)
    far = np.log(x) + EULER + 1 / (2 * x) - 1 / (12 * x * x)
    return np.where(n < HARMONIC, table[low], far)


@cache
def _compiled(parallel: bool) -> Callable[..., None]:  # noqa: PLR0915
    """The same, row by row, compiled on first use; on all cores if `parallel`."""
    from numba import njit, prange

    golden, mix1, mix2 = np.uint64(_GOLDEN), np.uint64(_MIX1), np.uint64(_MIX2)
    s30, s27, s31, s12 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(12)
    per_layer, table_size, euler = np.uint64(WORDS), HARMONIC, EULER
    # A constant of the code as well: the cache on disk tells the two versions apart by their constants.
    blocks = BLOCKS if parallel else 1

    @njit(inline="always")  # type: ignore[untyped-decorator, unused-ignore]
    def scattered(z):  # type: ignore[no-untyped-def]
        z = (z ^ (z >> s30)) * mix1
        z = (z ^ (z >> s27)) * mix2
        return z ^ (z >> s31)

    @njit(inline="always")  # type: ignore[untyped-decorator, unused-ignore]
    def uniform(seed, stride, index):  # type: ignore[no-untyped-def]
        return (np.float64(scattered(seed + stride * index) >> s12) + 0.5) * 2.0**-52

    @njit(parallel=parallel, nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
    def rows(  # type: ignore[no-untyped-def]  # noqa: PLR0912
        base_cdf, miss, log_accept, cdf, log_reject, reject, gain, following, harmonic, start, first, key,
        draws, cap, reward, ratio, calls, states, gains, keep,
    ):  # fmt: skip
        steps, tokens, count = gain.shape[0], gain.shape[2], start.size
        for block in prange(blocks):
            for i in range(block * count // blocks, (block + 1) * count // blocks):
                seed = scattered(key + np.uint64(i + 1) * golden)
                stride = scattered(seed ^ mix1) | np.uint64(1)
                state, total, log_ratio = start[i], 0.0, 0.0
                for h in range(first, steps):
                    index = per_layer * np.uint64(h) + np.uint64(1)
                    if keep:
                        states[i, h] = state
                        gains[i, h] = total
                    u = uniform(seed, stride, index)
                    anchor = 0
                    while u >= base_cdf[h, state, anchor]:
                        anchor += 1
                    u = uniform(seed, stride, index + np.uint64(1))
                    rank = 0
                    while rank + 1 < tokens and u < miss[h, state, anchor, rank + 1]:
                        rank += 1
                    u = uniform(seed, stride, index + np.uint64(3))
                    tries = 1.0
                    if u < reject[h, state, anchor, rank]:
                        tries = max(np.ceil(np.log(u) / log_reject[h, state, anchor, rank]), 1.0)
                    if tries <= cap:
                        u = uniform(seed, stride, index + np.uint64(2))
                        token = 0
                        while u >= cdf[h, state, anchor, rank, token]:
                            token += 1
                        before = tries - 1.0
                        if before < table_size:
                            log_ratio += log_accept[h, state, anchor, rank, token] + harmonic[int(before)]
                        else:
                            log_ratio += log_accept[h, state, anchor, rank, token] + (
                                np.log(before) + euler + 1 / (2 * before) - 1 / (12 * before * before)
                            )
                        calls[block, h] += 1.0 + draws + tries
                    else:
                        u = uniform(seed, stride, index + np.uint64(4))
                        token = 0
                        while u >= base_cdf[h, state, token]:
                            token += 1
                        calls[block, h] += 2.0 + draws + cap
                    total += gain[h, state, token]
                    state = following[h, state, token]
                reward[i], ratio[i] = total, log_ratio

    compiled: Callable[..., None] = rows
    return compiled
