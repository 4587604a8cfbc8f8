"""Two laws held against each other: how far apart they are at most, with a margin.

Letters: `k` outcomes, `S` events, `R` rows.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.brief import brief
from explore_theory.harness.measures.columns import real_numbers, truths
from explore_theory.harness.measures.samples import Enclosed, Question, Sample, require_same

Distances = Literal["sup", "total variation", "events"]


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class TwoSamples(Sample):
    """Draws from two laws, made by `real`, `finite` or `events`; the engine encloses the laws' distance.

    A statement ``distance <= width`` HOLDS if the observed distance and its margin stay within the width, and
    is REFUTED if the distance exceeds it by more than the margin; that no difference was found says nothing.
    The margins hold at one size, so the error level is divided by the number of planned looks.

    Parameters
    ----------
    distance
        Which.
    counts
        By outcome, how often the first and the second law gave it.
    sizes
        Draws from each.
    cells
        The number of possible outcomes, for the total variation.
    """

    distance: Distances
    counts: dict[Any, tuple[int, int]] = field(repr=False)
    sizes: tuple[int, int]
    cells: int = 0

    kind = "two samples"
    tells = "a distance of laws"
    planned = True

    def __post_init__(self) -> None:
        if min(self.sizes) < 1:
            raise InvalidClaim(f"each law must be drawn from at least once, got sizes={self.sizes!r}")
        if self.distance == "total variation" and not 2 <= self.cells >= len(self.counts):
            raise InvalidClaim(
                f"cells must be the number of possible outcomes and at least 2, got cells={self.cells!r} "
                f"with {len(self.counts)} outcomes seen"
            )

    @classmethod
    def real(cls, first: npt.ArrayLike, second: npt.ArrayLike, **more: Any) -> Self:
        """Draws of real numbers: the largest difference of distribution functions.

        Margins are those of Dvoretzky, Kiefer, Wolfowitz and Massart (`statistics.dkw_margin`).
        """
        draws = [real_numbers("draws", values).ravel() for values in (first, second)]
        if not all(np.isfinite(values).all() for values in draws):
            raise InvalidClaim("draws must be finite real numbers; give other outcomes to TwoSamples.finite")
        return cls(
            distance="sup",
            counts=_paired(*(Counter(values.tolist()) for values in draws)),
            sizes=(draws[0].size, draws[1].size),
            **more,
        )

    @classmethod
    def finite(cls, first: Iterable[Any], second: Iterable[Any], *, cells: int, **more: Any) -> Self:
        """Draws among `cells` possible outcomes, fixed beforehand: the total variation distance.

        Parameters
        ----------
        first, second
            Outcomes: words, numbers, or tuples of them, such as ``(output, calls)``.
        cells
            How many outcomes are possible, under either law; margins grow with it.
        """
        counts = [Counter(outcome_key(outcome) for outcome in draws) for draws in (first, second)]
        return cls(
            distance="total variation",
            counts=_paired(*counts),
            sizes=(counts[0].total(), counts[1].total()),
            cells=cells,
            **more,
        )

    @classmethod
    def events(cls, first: npt.ArrayLike, second: npt.ArrayLike, names: Sequence[str], **more: Any) -> Self:
        """Which of `S` events, fixed beforehand, happened: the largest difference of their probabilities.

        For joint laws with more outcomes than could be counted: a family of sets of outcomes, which may
        overlap, with Hoeffding's margins for all of them at once (`statistics.event_distance`).

        Parameters
        ----------
        first, second
            `[R, S]` truth values for each law.
        names
            `S` different names.
        """
        happened = [truths("events", values) for values in (first, second)]
        if any(values.ndim != 2 or values.shape[1] != len(names) for values in happened):
            raise InvalidClaim(
                f"events must be truth values [R, {len(names)}], got {[v.shape for v in happened]}"
            )
        if not names or len(set(names)) != len(names):
            raise InvalidClaim(f"names of events must differ, got names={list(names)!r}")
        mine, theirs = (values.sum(axis=0).tolist() for values in happened)
        return cls(
            distance="events",
            counts={name: (a, b) for name, a, b in zip(names, mine, theirs, strict=True)},
            sizes=(len(happened[0]), len(happened[1])),
            **more,
        )

    @property
    def runs(self) -> int:
        """Draws from both laws."""
        return sum(self.sizes)

    def plus(self, other: Self) -> Self:
        """Counts add up."""
        require_same([(self.distance, self.cells), (other.distance, other.cells)], "the distance of laws")
        if self.distance == "events":
            require_same([sorted(self.counts), sorted(other.counts)], "the family of events")
        counts = dict(self.counts)
        for outcome, (a, b) in other.counts.items():
            mine, theirs = counts.get(outcome, (0, 0))
            counts[outcome] = (mine + a, theirs + b)
        sizes = (self.sizes[0] + other.sizes[0], self.sizes[1] + other.sizes[1])
        return replace(self, counts=counts, sizes=sizes)

    def times(self, factor: int) -> Self:
        """Counts are multiplied."""
        return replace(
            self,
            counts={outcome: (factor * a, factor * b) for outcome, (a, b) in self.counts.items()},
            sizes=(factor * self.sizes[0], factor * self.sizes[1]),
        )

    def enclosed(self, alpha: float, question: Question) -> Enclosed:
        """The distance of the laws."""
        from explore_theory import statistics

        outcomes = sorted(self.counts)
        first, second = (np.array([self.counts[o][law] for o in outcomes], dtype=float) for law in (0, 1))
        if self.distance == "sup":
            found = statistics.counted_sup_distance(first, second, alpha)
            what = "of distribution functions"
        elif self.distance == "events":
            found = statistics.event_distance(first, self.sizes[0], second, self.sizes[1], alpha)
            what = f"of the probabilities of {len(outcomes)} events"
        else:
            # One cell more that nobody saw: a lone outcome makes no law on two.
            some = self.cells > len(outcomes)
            mine, theirs = (np.append(counts, [0.0] * some) for counts in (first, second))
            found = statistics.total_variation(mine, alpha, other=theirs, cells=self.cells)
            what = f"in total variation on {self.cells} outcomes"
        return Enclosed(
            lo=found.lo,
            hi=found.hi,
            witness={"observed": found.observed, "margin": found.margin, "draws": list(self.sizes)},
            finding=(
                f"distance {what} {found.observed:.4g} observed, margin {found.margin:.4g}, "
                f"{self.sizes[0]:,} and {self.sizes[1]:,} draws"
            ),
        )

    def data(self) -> Any:
        """``[distance, cells, sizes, [[outcome, first, second], ..]]``."""
        return [
            self.distance,
            self.cells,
            list(self.sizes),
            [[o, a, b] for o, (a, b) in sorted(self.counts.items())],
        ]

    @classmethod
    def of_data(cls, data: Any) -> Self:
        """The inverse of `data`."""
        distance, cells, (n, m), counts = data
        if distance not in ("sup", "total variation", "events"):
            raise ValueError(f"distance={distance!r}")
        read = float if distance == "sup" else str
        return cls(
            distance=distance,
            counts={read(o): (int(a), int(b)) for o, a, b in counts},
            sizes=(int(n), int(m)),
            cells=int(cells),
        )


def _paired(first: Counter[Any], second: Counter[Any]) -> dict[Any, tuple[int, int]]:
    return {outcome: (first[outcome], second[outcome]) for outcome in {*first, *second}}


def outcome_key(outcome: Any) -> str:
    """An outcome as text, the same for equal outcomes: 1, 1.0 and NumPy's ones are one outcome."""
    return json.dumps(_plain(outcome), separators=(",", ":"))


def _plain(outcome: Any) -> Any:
    if hasattr(outcome, "tolist"):
        outcome = outcome.tolist()
    if isinstance(outcome, list | tuple):
        return [_plain(part) for part in outcome]
    if isinstance(outcome, bool) or outcome is None or isinstance(outcome, str | int):
        return outcome
    if isinstance(outcome, float):
        return int(outcome) if outcome.is_integer() else outcome
    raise InvalidClaim(f"outcomes must be words, numbers or tuples of them, got {outcome!r}")
