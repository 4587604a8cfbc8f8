"""Many rollouts of a token policy at once, by the exact law of its steps.

A rollout is a row of a *batch*: it starts in a state of layer `first` and takes the steps of layers
``first .. H - 1``. A step takes two looks into alias tables: one for base token, ceiling and accepted token
together, one for the number of candidates, of which `WINDOW` or more are counted by a logarithm. Its
randomness is the row's own: word `i` is a hash (SplitMix64: Steele, Lea and Flood 2014) of the batch's key,
the row and `i`, four words per layer, so a row does not depend on how many there are, on threads, or on which
of the two paths below computes it: compiled, or NumPy.

Letters: `n` rows, `H` layers, `S` states, `A` tokens, `K` ranks (see `sampler`), ``C = A K A`` cells,
``P = A K`` pairs of base token and rank, `W` the window.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
    """The step laws of all layers of one policy as alias tables; layers can be replaced one at a time.

    `keep`, `other`, `log_accept` `[H, S, C]`: of base token, rank and accepted token together; `try_keep`,
    `try_other` `[H, S, P, W]`: of the number of candidates less one, the last cell standing for all larger
    numbers; `log_reject` `[H, S, P]`, `base_cdf`, `reward` and `next` `[H, S, A]`.
    """

    def __init__(self, problem: AutoregressiveProblem, draws: int, cap: int) -> None:
        steps, tokens = problem.horizon, problem.vocabulary
        states = max(layer.states for layer in problem.layers)
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

    def put(self, h: int, law: StepLaw) -> None:
        """Take `law` for layer `h`."""
        from explore_theory.oracles.kernels.alias import fill_tables

        states = len(law.base_cdf)
        self.base_cdf[h, :states] = law.base_cdf
        self.log_accept[h, :states] = law.log_accept.reshape(states, -1)
        self.log_reject[h, :states] = law.log_reject.reshape(states, -1)
        base = np.diff(law.base_cdf, axis=-1, prepend=0.0)
        rank = law.miss - np.concatenate([law.miss[..., 1:], np.zeros_like(law.miss[..., :1])], axis=-1)
        accepted = np.diff(law.cdf, axis=-1, prepend=0.0)
        joint = base[..., None, None] * rank[..., None] * accepted
        fill_tables(joint.reshape(states, -1), self.keep[h, :states], self.other[h, :states])
        reject = np.exp(law.log_reject.reshape(-1, 1))
        waiting: Floats = np.power(reject, np.arange(float(WINDOW)))
        waiting[:, :-1] *= -np.expm1(law.log_reject.reshape(-1, 1))
        keep = self.try_keep[h, :states].reshape(-1, WINDOW)
        fill_tables(waiting, keep, self.try_other[h, :states].reshape(-1, WINDOW))


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
    steps, tokens = tables.reward.shape[0], tables.reward.shape[2]
    count = start.size
    reward, ratio = np.zeros(count), np.zeros(count)
    calls = np.zeros((BLOCKS, steps))
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
    if compiled and kernel_name() == "numba":
        _by_blocks(arguments, parallel=count * (steps - first) >= PARALLEL)
    else:
        _by_columns(*arguments)
    kept = (states, gains) if keep_states else (None, None)
    return Walks(reward, ratio, calls.sum(axis=0), *kept)


_TABLES = (
    "keep", "other", "log_accept", "try_keep", "try_other", "log_reject", "base_cdf", "reward", "next",
)  # fmt: skip


def _by_blocks(arguments: tuple[Any, ...], parallel: bool) -> None:
    """The compiled path, on all processors of this process if `parallel`."""
    from explore_theory.oracles.kernels.walks import take_steps

    blocks = BLOCKS if parallel else 1
    take_steps(0, blocks, *arguments)
    if parallel:
        with ThreadPoolExecutor(threads()) as pool:
            for _ in pool.map(lambda block: take_steps(block, blocks, *arguments), range(1, blocks)):
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
    key: Any,
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
        calls[0, h] += float((2.0 + draws + before).sum())
        reward += gain[h, state, token]
        state = following[h, state, token]


def _harmonic(n: Floats, table: Floats) -> Floats:
    low = np.minimum(n, HARMONIC - 1).astype(np.int64)
    x = np.maximum(n, 1.0)
    far = np.log(x) + EULER + 1 / (2 * x) - 1 / (12 * x * x)
    return np.where(n < HARMONIC, table[low], far)
