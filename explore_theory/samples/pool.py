"""Draws of many tasks as arrays: what is measured, and where it came from.

Letters: `n` draws of `T` tasks.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.samples.draws import Draw, Law, Source

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
#: Rows that wait in Python lists before they become arrays.
_PIECE = 1 << 14
#: What a pool has one of for each draw.
COLUMNS = (
    "task",
    "rewards",
    "text",
    "told",
    "logprobs",
    "sampled",
    "tokens",
    "finished",
    "origin",
    "batch",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Origin:
    """A file of a pool: how many draws came from it, and what it says of them all."""

    path: str
    format: str
    draws: int
    skipped: int
    law: Law
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Pool:
    """Draws of tasks, with one reward.

    Parameters
    ----------
    tasks
        `[T]`, their names in the order in which they first occur.
    reward
        The name of the reward that was taken; `others` are those that were not.
    binary
        Whether it is "passed" or "failed" by its format: 0 or 1, and nothing else.
    task
        `[n]`, which task each is a draw of.
    rewards
        `[n]`, finite.
    text
        `[n, 2]`, a digest of each response, zeros where there is none.
    told
        `[n]`, whether there is a response.
    logprobs
        `[n]`, natural logarithms, NaN where there is none.
    sampled
        `[n]`, the same by the law that was drawn from, NaN where it is not told apart.
    tokens
        `[n]`, -1 where it is not told.
    finished
        `[n]`, 1 for ended, 0 for cut, -1 where it is not told.
    origin, batch
        `[n]`, which of `origins` and which batch (in the order in which they first occur) it is from.
    unscored
        Draws that were left out because they have no reward, by task, `[T]`.
    """

    tasks: tuple[str, ...]
    reward: str
    others: tuple[str, ...]
    binary: bool
    task: Ints
    rewards: Floats
    text: npt.NDArray[np.uint64]
    told: npt.NDArray[np.bool_]
    logprobs: Floats
    sampled: Floats
    tokens: Ints
    finished: npt.NDArray[np.int8]
    origin: npt.NDArray[np.int32]
    batch: npt.NDArray[np.int32]
    batches: tuple[str, ...]
    origins: tuple[Origin, ...]
    unscored: Ints

    def __len__(self) -> int:
        return len(self.task)

    @property
    def starts(self) -> Ints:
        """`[T + 1]`: the draws of task `i` stand at ``order[starts[i]:starts[i + 1]]``."""
        return np.concatenate(([0], np.cumsum(np.bincount(self.task, minlength=len(self.tasks)))))

    @property
    def order(self) -> Ints:
        """`[n]`: the draws task by task, within a task as they were read."""
        return np.argsort(self.task, kind="stable")

    @property
    def log_weights(self) -> Floats | None:
        """`[n]`: ``log pi(y)/mu(y)`` of the model's law and the one that was drawn; None where none is told.

        Raises
        ------
        InvalidProblem
            If some draws tell both and others do not.
        """
        told = np.isfinite(self.sampled)
        if not told.any():
            return None
        both = told & np.isfinite(self.logprobs)
        if not both.all():
            raise InvalidProblem(
                "samples must all have logprob and sampling_logprob for weights, or none sampling_logprob, "
                f"got both for {int(both.sum())} of {len(self)}"
            )
        return self.logprobs - self.sampled

    def by_task(self) -> list[Floats]:
        """The rewards of each task, `[n_i]`, as they were read."""
        return self.split(self.rewards)

    def split(self, values: Floats) -> list[Floats]:
        """`values` `[n]` by task, `[n_i]` each, as they were read."""
        return np.split(values[self.order], self.starts[1:-1]) if len(self.tasks) else []


def pooled(
    sources: Sequence[Source],
    *,
    reward: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Pool:
    """All draws of `sources`, with the reward called `reward`, else the first that each of them has.

    Raises
    ------
    InvalidProblem
        If a source does not have that reward, sources differ in the reward that is taken unnamed, or nothing
        was drawn or scored.
    """
    name = _chosen(sources, reward)
    building = _Building(progress)
    for number, source in enumerate(sources):
        building.read(number, source, source.rewards.index(name))
    return building.pool(name, sources)


def _chosen(sources: Sequence[Source], reward: str | None) -> str:
    if not sources:
        raise InvalidProblem("samples must be one file at least, got none")
    if reward is None:
        reward = sources[0].rewards[0]
        for source in sources:
            if source.rewards[0] != reward:
                raise InvalidProblem(
                    f"files with different rewards need one named, got {reward!r} in {sources[0].path} "
                    f"and {source.rewards[0]!r} in {source.path}"
                )
    for source in sources:
        if reward not in source.rewards:
            there = ", ".join(source.rewards)
            raise InvalidProblem(
                f"reward must be among those of {source.path}: {there}; got reward={reward!r}"
            )
    return reward


class _Building:
    """Columns that grow by pieces, so that a draw costs its numbers and not its objects."""

    def __init__(self, progress: Callable[[int], None] | None) -> None:
        self._progress = progress
        self._tasks: dict[str, int] = {}
        self._batches: dict[str, int] = {}
        self._unscored: dict[int, int] = {}
        self._pieces: list[tuple[npt.NDArray[np.generic], ...]] = []
        self._origins: list[int] = []
        self._seen = 0

    def read(self, number: int, source: Source, which: int) -> None:
        before, waiting = self._seen, []
        for draw in source.draws():
            waiting.append(draw)
            if len(waiting) == _PIECE:
                self._take(number, waiting, which)
                waiting = []
        self._take(number, waiting, which)
        self._origins.append(self._seen - before)

    def _take(self, number: int, draws: list[Draw], which: int) -> None:
        kept, tasks = [], self._tasks
        for draw in draws:
            task = tasks.setdefault(draw.task, len(tasks))
            if draw.rewards[which] == draw.rewards[which]:  # NaN: it was not scored
                kept.append((task, draw))
            else:
                self._unscored[task] = self._unscored.get(task, 0) + 1
        self._seen += len(draws)
        if self._progress is not None:
            self._progress(self._seen)
        if not kept:
            return
        batches = self._batches
        none = bytes(16)
        digests = b"".join(
            none
            if d.response is None
            else blake2b(d.response.encode("utf-8", "surrogatepass"), digest_size=16).digest()
            for _, d in kept
        )
        self._pieces.append(
            (
                np.array([task for task, _ in kept], dtype=np.int64),
                np.array([d.rewards[which] for _, d in kept], dtype=np.float64),
                np.frombuffer(digests, dtype=np.uint64).reshape(-1, 2),
                np.array([d.response is not None for _, d in kept]),
                np.array([np.nan if d.logprob is None else d.logprob for _, d in kept], dtype=np.float64),
                np.array(
                    [np.nan if d.sampling_logprob is None else d.sampling_logprob for _, d in kept],
                    dtype=np.float64,
                ),
                np.array([-1 if d.tokens is None else d.tokens for _, d in kept], dtype=np.int64),
                np.array([-1 if d.finished is None else d.finished for _, d in kept], dtype=np.int8),
                np.full(len(kept), number, dtype=np.int32),
                np.array([batches.setdefault(d.batch, len(batches)) for _, d in kept], dtype=np.int32),
            )
        )

    def pool(self, reward: str, sources: Sequence[Source]) -> Pool:
        if not self._pieces:
            what = "none has a reward" if self._seen else "there is none"
            raise InvalidProblem(
                f"samples must be draws with a reward {reward!r}, got {self._seen} of which {what}"
            )
        columns = [np.concatenate(pieces) for pieces in zip(*self._pieces, strict=True)]
        self._pieces.clear()
        column: dict[str, Any] = dict(zip(COLUMNS, columns, strict=True))
        rewards = column["rewards"]
        if not np.all(np.isfinite(rewards)):
            raise InvalidProblem(f"rewards must be finite, got {rewards[~np.isfinite(rewards)][0]}")
        return Pool(
            tasks=tuple(self._tasks),
            reward=reward,
            others=tuple(_unique(name for source in sources for name in source.rewards if name != reward)),
            binary=all(reward in source.binary for source in sources),
            **column,
            batches=tuple(self._batches),
            origins=tuple(
                Origin(
                    path=str(source.path),
                    format=source.format,
                    draws=draws,
                    skipped=source.skipped,
                    law=source.law,
                    notes=tuple(source.notes),
                )
                for source, draws in zip(sources, self._origins, strict=True)
            ),
            unscored=np.array([self._unscored.get(i, 0) for i in range(len(self._tasks))], dtype=np.int64),
        )


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
