"""Drawing responses, many side by side, by inversion of the law that scores them.

Letters: `R` rows that are drawn together, `T` tokens of a response at most, `A` tokens in the vocabulary.
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.streams import Streams
from explore_theory.models.causal.decoding import Decoding
from explore_theory.models.causal.network import Network

Floats = npt.NDArray[np.float64]
#: Rows go on with those that have ended until so few of them are left.
_CARRIED = 0.75
Prefix = Sequence[int]


class Response(NamedTuple):
    """One response that was drawn.

    Parameters
    ----------
    prompt
        Which of the prompts it answers, from zero.
    number
        Which of the draws for that prompt it is: with prompt and seed it names the uniforms.
    tokens
        The tokens that were drawn, the one that ends it included.
    logs
        Natural logarithm of the probability of each, by the model's own law.
    drawn_logs
        The same by the law that was drawn from.
    finished
        Whether a token that ends responses was drawn; else it was cut at the limit.
    """

    prompt: int
    number: int
    tokens: tuple[int, ...]
    logs: Floats
    drawn_logs: Floats
    finished: bool


class Job(NamedTuple):
    """A response that is wanted: which prompt, and which of its draws."""

    prompt: int
    number: int


def uniforms(prefix: Prefix, numbers: Sequence[int], most: int, seed: int) -> Floats:
    """`[numbers, most]`: the uniforms of draws after `prefix`, whatever else is drawn beside them."""
    name = blake2b(np.asarray(prefix, dtype="<i8").tobytes(), digest_size=16).hexdigest()
    streams = Streams(("causal model", "draws", name), numbers, seed)
    return streams.uniform(most)


def drawn(
    network: Network,
    prefixes: Sequence[Prefix],
    jobs: Sequence[Job],
    *,
    most: int,
    decoding: Decoding,
    ends: Sequence[int],
    seed: int,
    together: int,
) -> Iterator[list[Response]]:
    """The responses of `jobs`, `together` at a time and in their order.

    A token is the first whose cumulated mass exceeds a uniform, all in float64 of the network's logits.
    """
    for first in range(0, len(jobs), together):
        yield _batch(network, prefixes, jobs[first : first + together], most, decoding, ends, seed)


def _batch(
    network: Network,
    prefixes: Sequence[Prefix],
    jobs: Sequence[Job],
    most: int,
    decoding: Decoding,
    ends: Sequence[int],
    seed: int,
) -> list[Response]:
    import torch

    asked = list(dict.fromkeys(job.prompt for job in jobs))
    place = {prompt: i for i, prompt in enumerate(asked)}
    mine = [prefixes[prompt] for prompt in asked]
    numbers: list[list[int]] = [[] for _ in asked]
    for job in jobs:
        numbers[place[job.prompt]].append(job.number)
    coins = {prompt: iter(uniforms(mine[i], numbers[i], most, seed)) for prompt, i in place.items()}
    coin = torch.as_tensor(np.stack([next(coins[job.prompt]) for job in jobs]), device=network.device)
    rows = [place[job.prompt] for job in jobs]
    run = _Growing(network, mine, rows, most)
    over = network.tensor(ends)
    # Of every job: its tokens so far and their logarithms; columns beyond its end stay empty.
    token = torch.zeros((len(jobs), most), dtype=torch.int64, device=network.device)
    logs = torch.zeros((2, len(jobs), most), dtype=torch.float64, device=network.device)
    length = network.tensor(np.full(len(jobs), most))
    finished = torch.zeros(len(jobs), dtype=torch.bool, device=network.device)
    # Which jobs still run: a job that has ended is carried along until enough have.
    running = network.tensor(range(len(jobs)))
    for t in range(most):
        here, own, bent = _chosen(run.logits, coin[running, t], decoding)
        token[running, t] = here
        logs[0, running, t], logs[1, running, t] = own, bent
        ended = running[torch.isin(here, over)]
        length[ended] = torch.where(finished[ended], length[ended], t + 1)
        finished[ended] = True
        left = ~finished[running]
        count = int(left.sum())
        if count == 0 or t + 1 == most:
            break
        if count <= _CARRIED * len(running):
            run.keep(left.nonzero()[:, 0])
            running, here = running[left], here[left]
        run.follow(here)
    length, finished = length.cpu().numpy(), finished.cpu().numpy()
    tokens, (own_logs, bent_logs) = token.cpu().numpy(), logs.cpu().numpy()
    network.counts["drawn"] += int(length.sum())
    return [
        Response(
            job.prompt,
            job.number,
            tuple(tokens[i, : length[i]].tolist()),
            own_logs[i, : length[i]],
            bent_logs[i, : length[i]],
            bool(finished[i]),
        )
        for i, job in enumerate(jobs)
    ]


def _chosen(logits: Any, coin: Any, decoding: Decoding) -> tuple[Any, Any, Any]:
    """Tokens `[R]` by inversion, and their logarithms by the model's law and by the one drawn from."""
    import torch

    logits = logits.double()
    bent = logits if decoding.neutral else decoding.bent(logits)
    ends = bent.softmax(dim=-1).cumsum(dim=-1)
    # The last entry is one but for rounding; whatever it is, no coin falls behind it.
    whole = ends[:, -1:]
    level = torch.minimum(coin[:, None] * whole, torch.nextafter(whole, torch.zeros_like(whole)))
    token = torch.searchsorted(ends, level, right=True)
    own = (logits.gather(-1, token) - logits.logsumexp(dim=-1, keepdim=True))[:, 0]
    if decoding.neutral:
        return token[:, 0], own, own
    return token[:, 0], own, (bent.gather(-1, token) - bent.logsumexp(dim=-1, keepdim=True))[:, 0]


class _Growing:
    """Rows that grow: from the network's memory where it has one, else by reading each again."""

    def __init__(self, network: Network, prefixes: Sequence[Prefix], rows: Sequence[int], most: int) -> None:
        self._network = network
        self._run = network.begin(prefixes, most) if network.remembers else None
        self._rows = [list(prefixes[row]) for row in rows]
        if self._run is None:
            self.logits = network.last(self._rows)[0]
        else:
            # A prompt is read once, however many responses are drawn to it.
            if rows != list(range(len(prefixes))):
                self._run.keep(network.tensor(rows))
            self.logits = self._run.logits

    def follow(self, tokens: Any) -> None:
        if self._run is not None:
            self.logits = self._run.follow(tokens)
            return
        for row, token in zip(self._rows, tokens.tolist(), strict=True):
            row.append(token)
        self.logits = self._network.last(self._rows)[0]

    def keep(self, which: Any) -> None:
        if self._run is not None:
            self._run.keep(which)
        else:
            self._rows = [self._rows[i] for i in which.tolist()]
