"""What a measurement of speed is, and what it finds: ratios of two times, and times that grow with a size."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from explore_theory.bench.growth import PowerLaw, power_law
from explore_theory.bench.ratios import Ratio, ratio
from explore_theory.bench.timing import Clock, Effort, Work, in_turn


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One time over another, of one run on one machine.

    Parameters
    ----------
    name
        In words, "this over that".
    found
        The ratio.
    at_most
        What is aimed at; None where nothing is.
    """

    name: str
    found: Ratio
    at_most: float | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the median is what is aimed at; None where nothing is."""
        return None if self.at_most is None else self.found.median <= self.at_most


@dataclass(frozen=True, kw_only=True)
class Growth:
    """Median seconds `[K]` of `name` at `sizes` `[K]` of what is called `of`, and the power law of them."""

    name: str
    of: str
    sizes: tuple[float, ...]
    seconds: tuple[float, ...]
    law: PowerLaw


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A measurement: its name on the command line, what it says, and how it is taken."""

    name: str
    says: str
    measure: Callable[[Effort], Iterator[Figure | Growth]]


def compared(
    name: str,
    *,
    head: Work,
    base: Work,
    effort: Effort,
    at_most: float | None = None,
    units: tuple[float, float] = (1.0, 1.0),
    clock: Clock = time.process_time,
) -> Figure:
    """The time of `head` over that of `base`, each for one of the `units` that it does."""
    taken = in_turn({"head": head, "base": base}, effort, clock)
    each = [[one / units[place] for one in taken[side]] for place, side in enumerate(("head", "base"))]
    return Figure(name=name, found=ratio(*each), at_most=at_most)


def grown(
    name: str, of: str, works: Mapping[float, Work], effort: Effort, clock: Clock = time.process_time
) -> Growth:
    """How the time of works grows with their sizes."""
    taken = in_turn({str(size): work for size, work in works.items()}, effort, clock)
    sizes: Sequence[float] = tuple(works)
    seconds = tuple(statistics.median(taken[str(size)]) for size in sizes)
    return Growth(name=name, of=of, sizes=tuple(sizes), seconds=seconds, law=power_law(sizes, seconds))
