"""A sample held against a law that is known.

Letters: `k` outcomes, `R` draws.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.brief import brief
from explore_theory.harness.measures.columns import real_numbers
from explore_theory.harness.measures.equivalence import outcome_key
from explore_theory.harness.measures.samples import Enclosed, Question, Sample, require_same

Cdf = Callable[[npt.NDArray[np.float64]], npt.ArrayLike]
#: Masses of a law that should sum to one may miss it by this.
_SUM = 1e-9


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class OneSample(Sample):
    """Draws, and a law they should have, made by `finite` or `real`; the engine encloses the distance.

    Parameters
    ----------
    distance
        Which.
    counts
        By outcome, how often it was drawn. The empty text counts outcomes that the law does not have.
    law
        By outcome: its mass, or the distribution function just below it and at it.
    """

    distance: Literal["total variation", "sup"]
    counts: dict[Any, int] = field(repr=False)
    law: dict[Any, tuple[float, ...]] = field(repr=False)

    kind = "one sample"
    tells = "a distance of laws"
    planned = True

    def __post_init__(self) -> None:
        if self.runs < 1:
            raise InvalidClaim("a law must be drawn from at least once, got no draws")

    @classmethod
    def finite(cls, draws: Iterable[Any], law: Mapping[Any, Any], **more: Any) -> Self:
        """Draws among the outcomes of `law`, masses by outcome: the total variation distance from it.

        Outcomes are words, numbers, or tuples of them. What the law does not have is one more cell.
        """
        return cls._of_keys(Counter(map(outcome_key, draws)), law, more)

    @classmethod
    def tallied(cls, draws: Mapping[Any, int], law: Mapping[Any, Any], **more: Any) -> Self:
        """As `finite`, of draws that are counted already: how often each outcome occurred."""
        counts: Counter[str] = Counter()
        for outcome, number in draws.items():
            counts[outcome_key(outcome)] += number
        return cls._of_keys(counts, law, more)

    @classmethod
    def _of_keys(cls, draws: Counter[str], law: Mapping[Any, Any], more: Mapping[str, Any]) -> Self:
        masses: dict[Any, tuple[float, ...]] = {
            outcome_key(outcome): (float(mass),) for outcome, mass in law.items() if mass
        }
        total = sum(mass for mass, *_ in masses.values())
        if abs(total - 1) > _SUM or min(mass for mass, *_ in masses.values()) < 0:
            raise InvalidClaim(f"law must be probabilities that sum to one, got a sum of {total!r}")
        counts: Counter[str] = Counter()
        for outcome, number in draws.items():
            counts[outcome if outcome in masses else ""] += number
        return cls(distance="total variation", counts=dict(counts), law=masses, **more)

    @classmethod
    def real(cls, draws: npt.ArrayLike, cdf: Cdf, **more: Any) -> Self:
        """Draws of real numbers and the distribution function of a law: their largest difference."""
        values, numbers = np.unique(real_numbers("draws", draws), return_counts=True)
        if not np.isfinite(values).all():
            raise InvalidClaim("draws must be finite real numbers")
        below, at = (real_numbers("cdf", cdf(points)) for points in (np.nextafter(values, -np.inf), values))
        if not np.all((below >= 0) & (below <= at) & (at <= 1)):
            raise InvalidClaim("cdf must be a distribution function, with values that rise from 0 to 1")
        return cls(
            distance="sup",
            counts=dict(zip(values.tolist(), numbers.tolist(), strict=True)),
            law=dict(zip(values.tolist(), zip(below.tolist(), at.tolist(), strict=True), strict=True)),
            **more,
        )

    @property
    def runs(self) -> int:
        """Draws."""
        return sum(self.counts.values())

    def plus(self, other: Self) -> Self:
        """Counts add up."""
        require_same([self.distance, other.distance], "the distance from a law")
        shared = self.law.keys() & other.law.keys()
        if any(self.law[o] != other.law[o] for o in shared) or (
            self.distance == "total variation" and self.law.keys() != other.law.keys()
        ):
            raise InvalidClaim("law must be the same in all blocks of a case")
        counts = dict(self.counts)
        for outcome, number in other.counts.items():
            counts[outcome] = counts.get(outcome, 0) + number
        return replace(self, counts=counts, law={**self.law, **other.law})

    def times(self, factor: int) -> Self:
        """Counts are multiplied."""
        return replace(self, counts={outcome: factor * n for outcome, n in self.counts.items()})

    def enclosed(self, alpha: float, question: Question) -> Enclosed:
        """The distance from the law."""
        from explore_theory import statistics

        if self.distance == "sup":
            observed = self._largest_difference()
            margin = statistics.dkw_margin(self.runs, alpha)
            lo, hi = max(0.0, observed - margin), min(1.0, observed + margin)
            what = "of distribution functions"
        else:
            outcomes = sorted(self.law)
            counted = np.array([self.counts.get(o, 0) for o in [*outcomes, ""]], dtype=float)
            masses = np.array([*(self.law[o][0] for o in outcomes), 0.0])
            found = statistics.total_variation(counted, alpha, law=masses / masses.sum())
            observed, margin, lo, hi = found.observed, found.margin, found.lo, found.hi
            what = f"in total variation on {len(counted)} outcomes"
        return Enclosed(
            lo=lo,
            hi=hi,
            witness={"observed": observed, "margin": margin, "draws": self.runs},
            finding=(f"distance {what} {observed:.4g} observed, margin {margin:.4g}, {self.runs:,} draws"),
        )

    def _largest_difference(self) -> float:
        values = sorted(self.counts)
        reached = np.cumsum([self.counts[v] for v in values]) / self.runs
        below, at = (np.array([self.law[v][side] for v in values]) for side in (0, 1))
        before = np.concatenate([[0.0], reached[:-1]])
        return float(max(np.abs(reached - at).max(), np.abs(before - below).max()))

    def data(self) -> Any:
        """``[distance, [[outcome, count, law..], ..]]``."""
        known = self.law.keys() | self.counts.keys()
        ordered = sorted(known, key=lambda o: (isinstance(o, str), o))
        return [self.distance, [[o, self.counts.get(o, 0), *self.law.get(o, ())] for o in ordered]]

    @classmethod
    def of_data(cls, data: Any) -> Self:
        """The inverse of `data`."""
        distance, rows = data
        if distance not in ("total variation", "sup"):
            raise ValueError(f"distance={distance!r}")
        read = float if distance == "sup" else str
        counts = {read(o): int(n) for o, n, *_ in rows if int(n)}
        law = {read(o): tuple(map(float, rest)) for o, _, *rest in rows if rest}
        return cls(distance=distance, counts=counts, law=law)
