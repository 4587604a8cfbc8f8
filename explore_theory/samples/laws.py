"""Which law a pool was drawn by, as its files tell: one, several, bent, cut off, or untold."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.samples.draws import Law
from explore_theory.samples.pool import Pool

#: What of a law makes it another one.
_TELLING = ("model", "temperature", "top_p", "top_k", "min_p")


def apart(laws: Sequence[Law]) -> str:
    """In which settings `laws` differ that each of them tells, ``"temperature 0.5 and 1"``; else ``""``."""
    found = []
    for name in _TELLING:
        told = dict.fromkeys(getattr(law, name) for law in laws)
        told.pop(None, None)
        if len(told) > 1:
            values = [f"{value:g}" if isinstance(value, float) else str(value) for value in told]
            found.append(f"{name.replace('_', '-')} {', '.join(values[:-1])} and {values[-1]}")
    return "; ".join(found)


def require_one_law(pool: Pool) -> None:
    """Refuse a task whose draws are of several laws, or scored by several functions.

    No number is about a mixture that nobody chose.

    Raises
    ------
    InvalidProblem
        Where files tell different settings, or functions, and have draws of one task.
    """
    laws = [origin.law for origin in pool.origins]
    if not apart(laws) and not _judges(laws):
        return
    pairs = np.unique(np.stack([pool.task, pool.origin.astype(np.int64)], axis=1), axis=0)
    starts = np.searchsorted(pairs[:, 0], np.arange(len(pool.tasks) + 1))
    for task, (a, b) in enumerate(pairwise(starts)):
        here, place = [laws[i] for i in pairs[a:b, 1]], f"in task {pool.tasks[task]!r}"
        if told := apart(here):
            raise InvalidProblem(
                f"samples of a task must be drawn by one law, got {told} {place} (measure the files apart)"
            )
        if told := _judges(here):
            raise InvalidProblem(
                f"samples of a task must be scored by one function, got {told} {place} "
                "(measure the files apart, or score all of them by one)"
            )


def _judges(laws: Sequence[Law]) -> str:
    """The functions that scored, where there are several; else ``""``. Files may not tell."""
    told = sorted({law.judge for law in laws if law.judge is not None})
    return " and ".join(told) if len(told) > 1 else ""


def bent(law: Law) -> str:
    """How decoding settings bend the model's law, or ``""``."""
    tempered = law.temperature is not None and law.temperature != 1
    parts = [f"temperature {law.temperature:g}"] if tempered else []
    return ", ".join([*parts, *_cuts(law)])


def cut_off(law: Law) -> str:
    """By which settings responses that the model can give are never drawn, or ``""``."""
    greedy = ["temperature 0"] if law.temperature == 0 else []
    return ", ".join([*greedy, *_cuts(law)])


def _cuts(law: Law) -> list[str]:
    parts = []
    if law.top_p is not None and law.top_p < 1:
        parts.append(f"top-p {law.top_p:g}")
    if law.top_k is not None and law.top_k > 0:
        parts.append(f"top-k {law.top_k}")
    if law.min_p is not None and law.min_p > 0:
        parts.append(f"min-p {law.min_p:g}")
    return parts


def untold(laws: Sequence[Law]) -> str:
    """Which settings that could bend the law are not told, in a sentence; else ``""``."""
    names = {"temperature": "temperature", "top_p": "top-p", "top_k": "top-k"}
    missing = [name for name in names if any(getattr(law, name) is None for law in laws)]
    if not missing:
        return ""
    silent = all(getattr(law, name) is None for law in laws for name in missing)
    *first, last = [names[name] for name in missing]
    listed = f"{', '.join(first)} and {last}" if first else last
    return f"{'No file says' if silent else 'Not every file says'} at which {listed} it was sampled."
