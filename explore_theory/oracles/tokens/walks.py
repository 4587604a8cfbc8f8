"""Many rollouts of a token policy at once, by the exact law of its steps.

A rollout is a row of a *batch*: it starts in a state of layer `first` and takes the steps of layers
``first .. H - 1``. A step takes two looks into alias tables: one for base token, ceiling and accepted token
together, one for the number of candidates, of which `WINDOW` or more are counted by a logarithm. Its
randomness is the row's own: word `i` is a hash (SplitMix64: Steele, Lea and Flood 2014) of the batch's key,
the row and `i`, four words per layer, so a row does not depend on how many there are, on threads, or on which
of the two paths below computes it: compiled, or NumPy.

Batches of several policies are walked together (`walk_each`): tables hold a *copy* of the problem's states
for each policy, and each batch keeps its key and the numbers of its rows, so that it is what it is alone.

Letters: `n` rows, `G` copies, `H` layers, `S` states of all copies, `A` tokens, `K` ranks (see `sampler`),
``C = A K A`` cells, ``P = A K`` pairs of base token and rank, `W` the window.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.compiled import kernel_name, threads
from explore_theory.oracles.constants import EULER, GOLDEN, HARMONIC, MIX1, MIX2, WINDOW, WORDS
from explore_theory.oracles.tokens.sampler import MOST_NUMBERS, StepLaw
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem
from explore_theory.problems.protocol import Floats, Ints

Words = npt.NDArray[np.uint64]
Cells = npt.NDArray[np.int32]

#: Below this many steps threads cost more than they save.
PARALLEL = 1 << 18
#: Rows are cut into this many blocks, whose counts of calls are added in order.
BLOCKS = 64


@dataclass(frozen=True, eq=False)
class Walks:
    """What happened: mean reward and summed log-ratios from the start on, `[n]`, and calls per layer `[H]`,
    or `[G, H]` where copies walk.

    If they were asked for: `states` `[n, H]` (-1 before the start) and `gains` `[n, H]`, the rewards of the
    steps before each layer.
    """

    reward: Floats
    log_ratio: Floats
    calls: Floats
    states: Ints | None
    gains: Floats | None


class PolicyTables:
    """The step laws of all layers of a policy as alias tables; layers can be replaced one at a time.

    With `copies`, those of as many policies: state `s` of policy `g` is number ``g each + s``, where `each`
    is the largest number of states of a layer.

    `keep`, `other`, `log_accept` `[H, S, C]`: of base token, rank and accepted token together; `try_keep`,
    `try_other` `[H, S, P, W]`: of the number of candidates less one, the last cell standing for all larger
    numbers; `log_reject` `[H, S, P]`, `base_cdf`, `reward` and `next` `[H, S, A]`.
    """

    def __init__(self, problem: AutoregressiveProblem, draws: int, cap: int, copies: int = 1) -> None:
        steps, tokens = problem.horizon, problem.vocabulary
        self.each, self.copies = max(layer.states for layer in problem.layers), copies
        states = self.each * copies
        numbers = steps * states * tokens * tokens * max(tokens, WINDOW)
        if numbers > MOST_NUMBERS:
            raise InvalidProblem(
                f"step tables must hold at most {MOST_NUMBERS} numbers, got "
                f"{steps} layers x {states} states x {tokens}^2 x {max(tokens, WINDOW)}"
            )
        self.draws, self.cap = draws, cap
        pairs, cells = (steps, states, tokens**2), (steps, states, tokens**3)
        self.keep, self.other = np.ones(cells), np.zeros(cells, dtype=np.int32)
        self.log_accept = np.zeros(cells)
        self.try_keep, self.try_other = np.ones((*pairs, WINDOW)), np.zeros((*pairs, WINDOW), dtype=np.int32)
        self.log_reject = np.zeros(pairs)
        self.base_cdf = np.ones((steps, states, tokens))
        self.reward = np.zeros((steps, states, tokens))
        self.next = np.zeros((steps, states, tokens), dtype=np.int64)
        for h, layer in enumerate(problem.layers):
            self.reward[h, : layer.states] = layer.reward
            self.next[h, : layer.states] = np.maximum(layer.next, 0)
        for g in range(1, copies):
            here = slice(g * self.each, (g + 1) * self.each)
            self.reward[:, here] = self.reward[:, : self.each]
            self.next[:, here] = self.next[:, : self.each] + g * self.each

    def put(self, h: int, law: StepLaw, copies: Ints | None = None) -> None:
        """Take `law` for layer `h`; with `copies` `[g]`, the laws ``[g, S, ...]`` of those policies."""
        from explore_theory.oracles.kernels.alias import fill_tables

        states = len(law.base_cdf)
        which = np.zeros(1, dtype=np.int64) if copies is None else copies
        place = (which[:, None] * self.each + np.arange(states)).ravel()
        self.base_cdf[h, place] = np.tile(law.base_cdf, (which.size, 1))
        self.log_accept[h, place] = law.log_accept.reshape(place.size, -1)
        self.log_reject[h, place] = law.log_reject.reshape(place.size, -1)
        base = np.diff(law.base_cdf, axis=-1, prepend=0.0)
        rank = law.miss - np.concatenate([law.miss[..., 1:], np.zeros_like(law.miss[..., :1])], axis=-1)
        joint = (base[..., None, None] * rank[..., None]) * law.accepted
        joint = joint.reshape(place.size, -1)
        keep, other = np.empty(joint.shape), np.empty(joint.shape, dtype=np.int32)
        fill_tables(joint, keep, other)
        self.keep[h, place], self.other[h, place] = keep, other
        # Powers by products: a few units in the last place off, and much faster than `np.power`.
        waiting = np.empty((law.log_reject.size, WINDOW))
        waiting[:, 0], waiting[:, 1:] = 1.0, np.exp(law.log_reject.reshape(-1, 1))
        np.multiply.accumulate(waiting, axis=-1, out=waiting)
        waiting[:, :-1] *= -np.expm1(law.log_reject.reshape(-1, 1))
        keep, other = np.empty(waiting.shape), np.empty(waiting.shape, dtype=np.int32)
        fill_tables(waiting, keep, other)
        self.try_keep[h, place] = keep.reshape(place.size, -1, WINDOW)
        self.try_other[h, place] = other.reshape(place.size, -1, WINDOW)


def mixed(values: Words) -> Words:
    """The finaliser of SplitMix64, a bijection of 64-bit words that scatters them."""
    with np.errstate(over="ignore"):
        z = values
        z = (z ^ (z >> np.uint64(30))) * np.uint64(MIX1)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(MIX2)
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
    count = start.size
    work = count * (tables.reward.shape[0] - first)
    # The calls of blocks are added in order, however many there are: they are whole numbers.
    blocks = BLOCKS if work >= PARALLEL and threads() > 1 else 1
    edges = np.arange(blocks + 1) * count // blocks
    done = _walked(tables, start, first, edges, np.full(blocks, key, dtype=np.uint64), keep_states, compiled)
    return replace(done, calls=done.calls.sum(axis=0))


def walk_each(
    tables: PolicyTables,
    start: Ints,
    counts: Ints,
    first: int,
    keys: Words,
    *,
    keep_states: bool = False,
    compiled: bool = True,
) -> Walks:
    """A batch for each copy of `tables`: what `walk` gives for each alone, one after another.

    Parameters
    ----------
    start
        `[n]`: states, those of a copy as `PolicyTables` numbers them; the states that are returned, too.
    counts
        `[G]`: how many of the rows are each copy's; they stand in the order of the copies.
    keys
        `[G]`: 64-bit numbers.
    """
    edges = np.concatenate([[0], np.cumsum(counts)])
    # Rows of a block are hashed by their place in the whole, which the key takes back.
    with np.errstate(over="ignore"):
        own = keys - edges[:-1].astype(np.uint64) * np.uint64(GOLDEN)
    return _walked(tables, start, first, edges, own, keep_states, compiled)


def _walked(
    tables: PolicyTables,
    start: Ints,
    first: int,
    edges: Ints,
    keys: Words,
    keep_states: bool,
    compiled: bool,
) -> Walks:
    """The rows of each block by its key, with the calls of each `[blocks, H]`."""
    steps, tokens = tables.reward.shape[0], tables.reward.shape[2]
    count = start.size
    reward, ratio = np.zeros(count), np.zeros(count)
    calls = np.zeros((keys.size, steps))
    states = np.full((count if keep_states else 1, steps), -1, dtype=np.int64)
    gains = np.zeros(states.shape)
    cell = np.arange(tokens**3)
    arguments = (
        *(getattr(tables, name) for name in _TABLES),
        cell // tokens,
        cell % tokens,
        harmonic_table(),
        start.astype(np.int64),
        first,
        edges,
        keys,
        float(tables.draws),
        float(tables.cap),
        reward,
        ratio,
        calls,
        states,
        gains,
        keep_states,
    )
    if compiled and kernel_name() == "numba":
        _by_blocks(arguments, parallel=count * (steps - first) >= PARALLEL)
    else:
        _by_columns(*arguments)
    kept = (states, gains) if keep_states else (None, None)
    return Walks(reward, ratio, calls, *kept)


_TABLES = (
    "keep", "other", "log_accept", "try_keep", "try_other", "log_reject", "base_cdf", "reward", "next",
)  # fmt: skip
#: Where the keys of blocks stand among a kernel's arguments.
_KEYS = len(_TABLES) + 6


def _by_blocks(arguments: tuple[Any, ...], parallel: bool) -> None:
    """The compiled path, on all processors of this process if `parallel`."""
    from explore_theory.oracles.kernels.walks import take_steps

    def take(blocks: Ints) -> None:
        take_steps(blocks, *arguments)

    # Of copies, some may have no rows.
    blocks, many = np.flatnonzero(np.diff(arguments[_KEYS - 1])), threads()
    if not parallel or many <= 1:
        take(blocks)
        return
    # The first one compiles.
    take(blocks[:1])
    with ThreadPoolExecutor(many) as pool:
        for _ in pool.map(take, [blocks[1 + i :: many].copy() for i in range(many)]):
            pass


def _by_columns(
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
    keys: Words,
    draws: float,
    cap: float,
    reward: Floats,
    ratio: Floats,
    calls: Floats,
    states: Ints,
    gains: Floats,
    keep_states: bool,
) -> None:
    """All rows together, layer by layer."""
    from explore_theory.oracles.kernels.alias import chosen

    steps, pairs = gain.shape[0], log_reject.shape[2]
    sizes = np.diff(edges)
    block, key = np.repeat(np.arange(keys.size), sizes), np.repeat(keys, sizes)
    with np.errstate(over="ignore"):
        seed = mixed(key + np.arange(1, start.size + 1, dtype=np.uint64) * np.uint64(GOLDEN))
        stride = mixed(seed ^ np.uint64(MIX1)) | np.uint64(1)
    state = start
    for h in range(first, steps):
        with np.errstate(over="ignore"):
            words = [mixed(seed + stride * np.uint64(WORDS * h + j + 1)) for j in range(WORDS)]
        u = [((w >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52 for w in words]
        if keep_states:
            states[:, h], gains[:, h] = state, reward
        cell = chosen(keep[h], other[h], state, u[0])
        pair, token = pair_of[cell], token_of[cell]
        tables = (-1, WINDOW)
        before = chosen(
            try_keep[h].reshape(tables), try_other[h].reshape(tables), state * pairs + pair, u[1]
        ).astype(np.float64)
        later = before == WINDOW - 1
        more = np.log(u[2][later]) / log_reject[h][state, pair][later]
        before[later] += np.maximum(np.ceil(more), 1.0) - 1
        failed = before + 1 > cap
        fallback = (u[3][:, None] >= base_cdf[h, state]).sum(axis=-1)
        before[failed] = cap
        ratio += np.where(failed, 0.0, log_accept[h][state, cell] + _harmonic(before, harmonic))
        token = np.where(failed, fallback, token)
        # A failure costs its candidates and the token that is returned: cap + 1 in all.
        calls[:, h] += np.bincount(block, weights=2.0 + draws + before, minlength=keys.size)
        reward += gain[h, state, token]
        state = following[h, state, token]


def _harmonic(n: Floats, table: Floats) -> Floats:
    low = np.minimum(n, HARMONIC - 1).astype(np.int64)
    x = np.maximum(n, 1.0)
    far = np.log(x) + EULER + 1 / (2 * x) - 1 / (12 * x * x)
    return np.where(n < HARMONIC, table[low], far)
