"""Seconds of pieces of work, taken in turn, so that a noisy machine is noisy for all of them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from explore_theory.foundation.validation import positive, whole

#: Does it once.
Work = Callable[[], object]
Clock = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much is run.

    Parameters
    ----------
    repeats
        Timings of each piece of work.
    least
        Seconds that one timing takes at least; shorter work is done several times within it.
    quick
        Whether sizes are small: figures of such a run show that the machinery works, and little else.
    """

    repeats: int = 5
    least: float = 0.05
    quick: bool = False

    def __post_init__(self) -> None:
        whole("repeats", self.repeats, least=1)
        positive("least", self.least)

    @classmethod
    def short(cls) -> "Effort":
        """Of a quick run."""
        return cls(repeats=3, least=0.002, quick=True)


def in_turn(
    works: Mapping[str, Work], effort: Effort, clock: Clock = time.process_time
) -> dict[str, list[float]]:
    """Seconds of each work by `clock`, one for each repeat.

    Each is done once before, which compiles and fills caches, and then until one timing is long enough to be
    told by the clock. Every other turn goes backwards. The clock tells processor time of all threads of this
    process unless another is given.
    """
    times = {name: _enough(work, effort.least, clock) for name, work in works.items()}
    taken: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(effort.repeats):
        for name in list(works)[:: -1 if turn % 2 else 1]:
            taken[name].append(_seconds(works[name], times[name], clock) / times[name])
    return taken


def _enough(work: Work, least: float, clock: Clock) -> int:
    """How many times `work` is done for one timing of at least `least` seconds."""
    work()
    times = 1
    while (spent := _seconds(work, times, clock)) < least:
        # At most tenfold, since the first timings of short work are mostly noise.
        times *= min(10, max(2, round(1.2 * least / max(spent, 1e-9))))
    return times


def _seconds(work: Work, times: int, clock: Clock) -> float:
    start = clock()
    for _ in range(times):
        work()
    return clock() - start
