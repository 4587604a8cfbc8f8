"""How far the law of simulated outcomes is from an exact law, or from that of another simulation.

The engine encloses the distance at the session's error level. A check that two laws are equal states as its
resolution how far apart they may still be, and refutes equality if zero is below the interval. Outcomes are
rows of whole numbers `[n, c]`; letters: `n` draws, `c` columns.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Evidence,
    Largest,
    OneSample,
    Resolution,
    Sample,
    Trial,
    TwoSamples,
)
from explore_theory.statistics.equivalence import Cdf

Outcomes = npt.NDArray[np.int64]
Places = npt.NDArray[np.int64]
Law = Mapping[Any, Fraction]
#: Rows are numbered below this.
_WHOLE = 2**62
#: Numbers that lie this closely, by how many there are, are ranked by a table.
_ROOM = 8
#: Outcomes are stored in about so many groups.
_GROUPS = 64
#: A distance told to this needs no reason (`Check`), and why others are told to more.
_FINE = 0.02
_COARSE = "a band for the distance of two laws, from as many draws as the literal law affords"


@dataclass(frozen=True, eq=False)
class Drawn:
    """A world that is there to be read: what was `asked`, and the outcomes `[n, c]`.

    A check and its false variants share it, so that what takes long is drawn once.
    """

    asked: Any
    outcomes: Outcomes


@dataclass(frozen=True, eq=False)
class TwoDrawn:
    """`Drawn` twice: outcomes `found` by a simulator, and those `defined` by the text, whose columns have
    `names`.
    """

    asked: Any
    found: Outcomes
    defined: Outcomes
    names: tuple[str, ...]

    def apart(self, *, found: Outcomes | None = None, defined: Outcomes | None = None) -> Largest:
        """Distance of the two laws; outcomes that are given take the place of those that are there."""
        return of_samples(
            self.found if found is None else found,
            self.defined if defined is None else defined,
            self.names,
        )


def alike(world: TwoDrawn) -> Largest:
    """Distance of the laws of a simulator and of the text."""
    return world.apart()


def one_law(
    *,
    slug: str,
    cases: tuple[Case, ...],
    measure: Callable[[Any], Sample],
    resolution: Resolution,
    instance: Callable[[Trial], Any] = lambda trial: trial,
) -> Check:
    """A check that two laws are one: their distance, a sample's, is zero to `resolution`.

    It says why it is coarse where it is, at either tier.
    """
    return Check(
        slug=slug,
        evidence=Evidence.STATISTICAL,
        cases=cases,
        instance=instance,
        measure=measure,
        bound=lambda _: Bound.of(0.0),
        resolution=resolution,
        coarse=_COARSE if resolution.absolute > _FINE else "",
    )


def whole(columns: npt.ArrayLike) -> Outcomes:
    """`columns` `[n, c]` as whole numbers, the nearest ones."""
    return np.asarray(np.rint(np.asarray(columns)), dtype=np.int64)


def to_law(outcomes: Outcomes, law: Law) -> Sample:
    """Total variation distance of the law of `outcomes` `[n, c]` from `law`, keyed by tuples of `c`."""
    found, numbers = different(outcomes)
    return counts_to_law(dict(zip(map(tuple, found.tolist()), numbers.tolist(), strict=True)), law)


def counts_to_law(found: Mapping[tuple[int, ...], int], law: Law) -> Sample:
    """`to_law` of outcomes that were `found` so many times each."""
    # What the law does not have is one outcome more, however many there are of it.
    counts: dict[tuple[int, ...] | None, int] = {}
    for outcome, number in found.items():
        key = outcome if law.get(outcome) else None
        counts[key] = counts.get(key, 0) + number
    parts = (OneSample.finite([o], law, unit="draws").times(number) for o, number in counts.items())
    return reduce(lambda one, other: one.plus(other), parts)


def to_cdf(draws: npt.NDArray[np.int64], cdf: Cdf) -> OneSample:
    """Largest difference of the distribution functions of `draws` `[n]` and of a law on whole numbers."""
    return OneSample.real(draws, cdf, unit="draws")


def of_samples(first: Outcomes, second: Outcomes, names: Sequence[str]) -> Largest:
    """Distance of the laws of two samples `[n, c]`, the largest over columns, called `names`.

    The largest difference of probabilities that an outcome comes no later in the lexicographic order, with
    the named column first and behind it, in turn, as many others as one whole number holds.
    """
    ranks, sizes = _ranked(np.concatenate([first, second]))
    parts = {}
    for column, name in enumerate(names):
        place, room = ranks[column], sizes[column]
        for turn in range(1, len(ranks)):
            other = (column + turn) % len(ranks)
            if (room := room * sizes[other]) >= _WHOLE:
                break
            place = place * sizes[other] + ranks[other]
        parts[name] = _apart(place[: len(first)], place[len(first) :])
    return Largest(parts=parts, unit="draws")


def different(outcomes: Outcomes) -> tuple[Outcomes, Places]:
    """The different rows of `outcomes` `[n, c]`, in lexicographic order, and how many there are of each."""
    if not outcomes.size:
        return np.unique(outcomes, axis=0, return_counts=True)
    ranks, sizes = _ranked(outcomes)
    if math.prod(sizes) >= _WHOLE:
        return np.unique(outcomes, axis=0, return_counts=True)
    place = np.zeros(len(outcomes), dtype=np.int64)
    for rank, size in zip(ranks, sizes, strict=True):
        place = place * size + rank
    _, first, counts = np.unique(place, return_index=True, return_counts=True)
    return outcomes[first], counts


def _ranked(outcomes: Outcomes) -> tuple[list[Places], list[int]]:
    """The ranks of every column of `outcomes`, and how many there are."""
    ranks = [_ranks(column) for column in outcomes.T]
    return ranks, [int(rank.max()) + 1 for rank in ranks]


def _ranks(column: Outcomes) -> Places:
    """The numbers of `column` `[n]`, in order and without those that do not occur."""
    least, room = int(column.min()), int(np.ptp(column)) + 1
    if room > _ROOM * column.size:
        return np.asarray(np.unique(column, return_inverse=True)[1]).ravel()
    there = np.zeros(room, dtype=np.int64)
    there[column - least] = 1
    return np.asarray((np.cumsum(there) - 1)[column - least])


def _apart(first: Places, second: Places) -> TwoSamples:
    """Draws of two orders, those between a few places joined: the largest difference stays what it is.

    The margins hold for all places at once, so those that are kept may depend on the draws.
    """
    # A draw's place, and behind it which sample it is of: one order of numbers for both.
    draws = np.sort(np.concatenate([2 * first, 2 * second + 1]))
    ends = np.flatnonzero(np.append(draws[1:] >> 1 != draws[:-1] >> 1, True))
    theirs = np.cumsum(draws & 1)[ends]
    mine = ends + 1 - theirs
    ahead, last = mine / first.size - theirs / second.size, ends.size - 1
    kept = np.unique([int(ahead.argmax()), int(ahead.argmin()), *range(0, last, last // _GROUPS + 1), last])
    counts = [np.diff(below[kept], prepend=0).tolist() for below in (mine, theirs)]
    return TwoSamples(
        distance="sup",
        counts={float(at): pair for at, pair in enumerate(zip(*counts, strict=True))},
        sizes=(first.size, second.size),
    )
