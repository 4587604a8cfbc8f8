"""What chance gave: the kinds of measurement that the engine turns into intervals, at its own error level.

A check whose evidence is a frequency, a mean or a distance of two laws returns what its runs showed, and the
engine encloses what is asked at the case's share of the session's error level, at checkpoints that it chose
beforehand. Neither the interval nor the moment is the claim's to choose.

A `Sample` is also what a store holds: blocks of rows add up, in the order of their rows.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.brief import brief
from explore_theory.harness.measures.columns import real_numbers, whole_number
from explore_theory.statistics.rivals import Rival

Floats = npt.NDArray[np.float64]

#: A probability is told to this, or the check says why it is coarse.
COARSEST_PROBABILITY = 0.02
#: No reason makes up for a resolution beyond this: of a probability, a distance of laws, or an exponent; of a
#: mean, in units of its range.
FURTHEST = 0.25


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of a sample: how it compares with a bound, and which rival laws are left."""

    relation: str
    bound: tuple[float, float]
    rivals: tuple[Rival, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Enclosed:
    """What a sample says at an error level.

    Parameters
    ----------
    lo, hi
        Of the quantity that is compared with the bound.
    witness
        What it was counted from.
    notes
        Lists for figures.
    finding
        What else there is to say, as a clause.
    objection
        Why this does not settle the statement in its favour, whatever the interval; empty if nothing does.
    """

    lo: float
    hi: float
    witness: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)
    finding: str = ""
    objection: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample(ABC):
    """What was measured where chance plays a part; see the kinds below.

    Parameters
    ----------
    effort, unit
        How much was examined (default: the number of runs), printed with the verdict.
    notes
        Further numbers or lists worth storing and plotting, by name; the same in every block of a case.
    """

    effort: int | None = None
    unit: str = "runs"
    notes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.effort is not None:
            object.__setattr__(self, "effort", whole_number("effort", self.effort, least=1))

    #: Its name in a store.
    kind: ClassVar[str]
    #: What is told, for messages.
    tells: ClassVar[str]
    #: Whether its intervals hold at one size only, so that looking at several divides the error level.
    planned: ClassVar[bool] = False

    @property
    @abstractmethod
    def runs(self) -> int:
        """Independent runs so far."""

    @property
    def spends(self) -> bool:
        """Whether chance can turn it, so that it uses its share of the error level."""
        return True

    @property
    def coarsest(self) -> float:
        """The largest resolution that a check may have without saying why."""
        return COARSEST_PROBABILITY

    @property
    def furthest(self) -> float:
        """The largest resolution that a reason excuses."""
        return FURTHEST

    @abstractmethod
    def plus(self, other: Self) -> Self:
        """Followed by the rows of `other`."""

    @abstractmethod
    def times(self, factor: int) -> Self:
        """The sample that `factor` repetitions of all its runs would give: for advice."""

    @abstractmethod
    def enclosed(self, alpha: float, question: Question) -> Enclosed:
        """What it says at error level `alpha`."""

    @abstractmethod
    def data(self) -> Any:
        """It as JSON data, for a store."""

    @classmethod
    @abstractmethod
    def of_data(cls, data: Any) -> Self:
        """The inverse of `data`; a `ValueError`, `LookupError` or `TypeError` for anything else."""

    @classmethod
    def at_looks(cls, looks: Sequence[Self], alpha: float, question: Question) -> list[Enclosed]:
        """What each of the growing samples `looks` says at `alpha`."""
        return [look.enclosed(alpha, question) for look in looks]


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class Tally(Sample):
    """A frequency: `successes` among `trials` independent runs.

    The success probability is enclosed by `statistics.bernoulli_sequence`, valid at all sizes at once.
    """

    successes: int
    trials: int

    kind = "tally"
    tells = "a probability"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, least in (("successes", 0), ("trials", 1)):
            object.__setattr__(self, name, whole_number(name, getattr(self, name), least=least))
        if self.successes > self.trials:
            raise InvalidClaim(
                f"successes must not exceed trials, got successes={self.successes}, trials={self.trials}"
            )

    @property
    def runs(self) -> int:
        """The trials."""
        return self.trials

    def plus(self, other: Self) -> Self:
        """Counts add up."""
        return replace(self, successes=self.successes + other.successes, trials=self.trials + other.trials)

    def times(self, factor: int) -> Self:
        """Counts are multiplied."""
        return replace(self, successes=factor * self.successes, trials=factor * self.trials)

    def enclosed(self, alpha: float, question: Question) -> Enclosed:
        """The success probability."""
        return self.at_looks([self], alpha, question)[0]

    @classmethod
    def at_looks(cls, looks: Sequence[Self], alpha: float, question: Question) -> list[Enclosed]:
        """All looks at once."""
        from explore_theory.statistics.sequences import bernoulli_sequence

        ends = bernoulli_sequence([look.successes for look in looks], [look.trials for look in looks], alpha)
        return [
            Enclosed(lo=float(lo), hi=float(hi), witness={"successes": look.successes, "trials": look.trials})
            for look, lo, hi in zip(looks, *ends, strict=True)
        ]

    def data(self) -> Any:
        """``[successes, trials]``."""
        return [self.successes, self.trials]

    @classmethod
    def of_data(cls, data: Any) -> Self:
        """From ``[successes, trials]``."""
        successes, trials = data
        return cls(successes=int(successes), trials=int(trials))


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class Mean(Sample):
    """The mean of a bounded quantity: one value per run, in ``[low, high]``, in the order of the rows.

    It is enclosed by `statistics.bounded_mean_sequence`, valid at all sizes at once.
    """

    values: npt.ArrayLike
    low: float = 0.0
    high: float = 1.0

    kind = "mean"
    tells = "a mean"

    def __post_init__(self) -> None:
        super().__post_init__()
        values = real_numbers("values", self.values)
        if values.ndim != 1 or values.size < 1:
            raise InvalidClaim(f"values must be one or more numbers in a row, got shape={values.shape}")
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise InvalidClaim(
                f"low must be below high, both finite, got low={self.low!r}, high={self.high!r}"
            )
        inside = (values >= self.low) & (values <= self.high)
        if not inside.all():
            worst = float(values[int(np.argmin(inside))])
            raise InvalidClaim(f"values must lie in [{self.low!r}, {self.high!r}], got {worst!r}")
        values.setflags(write=False)
        object.__setattr__(self, "values", values)

    @property
    def array(self) -> Floats:
        """The values, `[n]`, read-only."""
        return np.asarray(self.values)

    @property
    def runs(self) -> int:
        """How many values."""
        return int(self.array.size)

    @property
    def coarsest(self) -> float:
        """A fiftieth of the range."""
        return COARSEST_PROBABILITY * (self.high - self.low)

    @property
    def furthest(self) -> float:
        """A quarter of the range."""
        return FURTHEST * (self.high - self.low)

    def plus(self, other: Self) -> Self:
        """Values of `other` come after these."""
        require_same([(self.low, self.high), (other.low, other.high)], "the range of a mean")
        return replace(self, values=np.concatenate([self.array, other.array]))

    def times(self, factor: int) -> Self:
        """The values again and again."""
        return replace(self, values=np.tile(self.array, factor))

    def enclosed(self, alpha: float, question: Question) -> Enclosed:
        """The mean."""
        return self.at_looks([self], alpha, question)[0]

    @classmethod
    def at_looks(cls, looks: Sequence[Self], alpha: float, question: Question) -> list[Enclosed]:
        """All looks in one pass over the values of the last."""
        from explore_theory.statistics.sequences import bounded_mean_sequence

        last = looks[-1]
        lo, hi = bounded_mean_sequence(last.array, last.low, last.high, alpha)
        found = []
        for n in (look.runs for look in looks):
            mean = float(last.array[:n].mean())
            found.append(
                Enclosed(
                    lo=float(lo[n - 1]),
                    hi=float(hi[n - 1]),
                    witness={"mean": mean, "values": n},
                    finding=f"mean {mean:.4g} of {n:,} values in [{last.low:g}, {last.high:g}]",
                )
            )
        return found

    def data(self) -> Any:
        """``[low, high, values]``."""
        return [float(self.low), float(self.high), self.array.tolist()]

    @classmethod
    def of_data(cls, data: Any) -> Self:
        """From ``[low, high, values]``."""
        low, high, values = data
        return cls(values=values, low=float(low), high=float(high))


def require_same(values: Iterable[Any], what: str) -> None:
    """Refuse blocks of one case that disagree on `what`."""
    first, *others = values
    if any(other != first for other in others):
        raise InvalidClaim(f"{what} must be the same in all blocks of a case, got {[first, *others]!r:.120}")
