"""What a reader of any format hands over: draws of a model, and what its file says of them all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple


class Draw(NamedTuple):
    """One response that was drawn for a task, as its file tells of it.

    Parameters
    ----------
    task
        Which prompt: the name that the file gives it, or the prompt itself where it gives none.
    rewards
        One for each of `Source.rewards`, NaN where this draw has none: an unscored sample.
    response
        The text, or None where the file holds none.
    logprob
        Natural logarithm of the probability of the response, as logged; None where it is not. By the model's
        own law, if `sampling_logprob` is given as well.
    tokens
        How many tokens the response has, where that is told.
    finished
        Whether it ended by itself (True) or was cut at a limit (False); None where that is not told.
    batch
        What was drawn together: a step of training, a filter, an epoch; "" where there is one batch only.
    place
        Where it stands, for messages: ``samples.jsonl:17``.
    sampling_logprob
        The same by the law that it was drawn from; None where it is not logged apart.
    """

    task: str
    rewards: tuple[float, ...]
    response: str | None = None
    logprob: float | None = None
    tokens: int | None = None
    finished: bool | None = None
    batch: str = ""
    place: str = ""
    sampling_logprob: float | None = None


@dataclass(frozen=True, kw_only=True)
class Law:
    """The decoding settings that a file tells of, None for each that it does not.

    And `judge`: which function scored its responses, by a name that changes as the function does.
    """

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    max_tokens: int | None = None
    model: str | None = None
    seed: int | None = None
    judge: str | None = None


@dataclass(kw_only=True)
class Source:
    """One file of samples, opened: its format, the names of its rewards, its draws.

    Parameters
    ----------
    path, format
        Where it lies, and which of `readers.FORMATS` it is.
    rewards
        Names of the rewards that each draw has, at least one; the first is taken unless another is named.
    binary
        Those of them that are "passed" or "failed" by the format itself: 0 or 1, and nothing else.
    draws
        Called once; an iterator that holds no more than a small piece of the file in memory.
    law
        What the file says of how it was sampled.
    notes
        One line each, of what a reader noticed and the user must know; complete once `draws` is exhausted.
    skipped
        Malformed records passed over (with `skip_bad`); complete once `draws` is exhausted.
    """

    path: Path
    format: str
    rewards: tuple[str, ...]
    draws: Callable[[], Iterator[Draw]]
    binary: frozenset[str] = frozenset()
    law: Law = Law()
    notes: list[str] = field(default_factory=list)
    skipped: int = 0


def many(count: int, noun: str) -> str:
    """A number with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
