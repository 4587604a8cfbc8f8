"""What is measured at the rungs of a rate, and the simultaneous bands around it.

Each kind says, at an error level for all rungs together, between which two numbers the quantity lies at every
rung. Letters: `K` rungs, `R` rows, `G` budgets.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidClaim
from explore_theory.harness.measures.samples import Floats, require_same


@dataclass(frozen=True, kw_only=True, eq=False)
class Bands:
    """``[lo, hi]`` around `estimate`, `[K]` each; `objection` says why they are not to be believed."""

    lo: Floats
    hi: Floats
    estimate: Floats
    objection: str = ""


class Quantity(ABC):
    """What is measured at every rung, and how blocks of it add up."""

    kind: ClassVar[str]
    #: Whether its intervals hold at one size only.
    planned: ClassVar[bool] = False
    #: Whether chance can turn it.
    spends: ClassVar[bool] = True

    @property
    @abstractmethod
    def rungs(self) -> int:
        """`K`."""

    @property
    @abstractmethod
    def runs(self) -> tuple[int, ...]:
        """Runs at each rung."""

    @abstractmethod
    def plus(self, other: Self) -> Self:
        """The rows of `other` after these."""

    @abstractmethod
    def times(self, factor: int) -> Self:
        """All runs `factor` times."""

    @abstractmethod
    def bands(self, alpha: float) -> Bands:
        """Bands that hold at all rungs with probability ``1 - alpha``."""

    @abstractmethod
    def data(self) -> list[Any]:
        """It as JSON data: the arguments of `of_data`."""

    @classmethod
    @abstractmethod
    def of_data(cls, *data: Any) -> Self:
        """The inverse of `data`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Quantiles(Quantity):
    """The `level` quantile of the law at each rung, by order statistics of `values` `[K, R]`.

    Values are positive; infinite ones are runs that did not end. (`statistics.quantile_ranks`: valid for
    every law, at one size.)
    """

    values: Floats
    level: float

    kind = "quantiles"
    planned = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", _table("values", self.values))
        if not np.all(self.values > 0):
            raise InvalidClaim("values must be positive (infinite for a run that did not end), got others")
        if not 0 < self.level < 1:
            raise InvalidClaim(f"level must lie in (0, 1), got level={self.level!r}")

    @property
    def rungs(self) -> int:
        """`K`."""
        return len(self.values)

    @property
    def runs(self) -> tuple[int, ...]:
        """`R` at each."""
        return (self.values.shape[1],) * self.rungs

    def plus(self, other: Self) -> Self:
        """Side by side."""
        require_same([(self.rungs, self.level), (other.rungs, other.level)], "the quantile of a rate")
        return replace(self, values=np.hstack([self.values, other.values]))

    def times(self, factor: int) -> Self:
        """Repeated."""
        return replace(self, values=np.tile(self.values, (1, factor)))

    def bands(self, alpha: float) -> Bands:
        """Order statistics at ``alpha/K`` each."""
        from explore_theory.statistics.intervals import quantile_ranks

        size = self.values.shape[1]
        low, high = quantile_ranks(size, self.level, alpha / self.rungs)
        ordered = np.sort(self.values, axis=1)
        lo = ordered[:, low - 1] if low else np.zeros(self.rungs)
        hi = ordered[:, high - 1] if high <= size else np.full(self.rungs, np.inf)
        # What exceeds every finite value exceeds the largest that was seen.
        finite = ordered[np.isfinite(ordered)]
        lo = np.minimum(lo, finite.max() if finite.size else 1.0)
        return Bands(lo=lo, hi=hi, estimate=ordered[:, math.ceil(self.level * size) - 1])

    def data(self) -> list[Any]:
        """``[level, values]``."""
        return [self.level, [[_number(v) for v in row] for row in self.values.tolist()]]

    @classmethod
    def of_data(cls, *data: Any) -> Self:
        """From ``[level, values]``."""
        level, values = data
        return cls(level=float(level), values=np.array([[float(v) for v in row] for row in values]))


@dataclass(frozen=True, kw_only=True, eq=False)
class Means(Quantity):
    """The mean at each rung of `values` `[K, R]` in ``[low, high]``, `low` at least 0.

    (`statistics.bounded_mean_sequence`: valid at all sizes at once.)
    """

    values: Floats
    low: float
    high: float

    kind = "means"

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", _table("values", self.values))
        if not 0 <= self.low < self.high < math.inf:
            raise InvalidClaim(
                f"low must be at least 0 and below high, got low={self.low!r}, high={self.high!r}"
            )
        if not np.all((self.values >= self.low) & (self.values <= self.high)):
            raise InvalidClaim(f"values must lie in [{self.low!r}, {self.high!r}], got others")

    @property
    def rungs(self) -> int:
        """`K`."""
        return len(self.values)

    @property
    def runs(self) -> tuple[int, ...]:
        """`R` at each."""
        return (self.values.shape[1],) * self.rungs

    def plus(self, other: Self) -> Self:
        """Side by side."""
        require_same(
            [(self.rungs, self.low, self.high), (other.rungs, other.low, other.high)], "the range of a rate"
        )
        return replace(self, values=np.hstack([self.values, other.values]))

    def times(self, factor: int) -> Self:
        """Repeated."""
        return replace(self, values=np.tile(self.values, (1, factor)))

    def bands(self, alpha: float) -> Bands:
        """A confidence sequence at ``alpha/K`` each."""
        from explore_theory.statistics.sequences import bounded_mean_sequence

        lo, hi = bounded_mean_sequence(self.values, self.low, self.high, alpha / self.rungs)
        broken = bool(np.isnan(lo[:, -1]).any())
        return Bands(
            lo=np.where(np.isnan(lo[:, -1]), self.low, lo[:, -1]),
            hi=np.where(np.isnan(hi[:, -1]), self.high, hi[:, -1]),
            estimate=self.values.mean(axis=1),
            objection="a mean was not constant from run to run" if broken else "",
        )

    def data(self) -> list[Any]:
        """``[low, high, values]``."""
        return [float(self.low), float(self.high), self.values.tolist()]

    @classmethod
    def of_data(cls, *data: Any) -> Self:
        """From ``[low, high, values]``."""
        low, high, values = data
        return cls(low=float(low), high=float(high), values=np.array(values, dtype=np.float64))


@dataclass(frozen=True, kw_only=True, eq=False)
class Thresholds(Quantity):
    """The smallest of the budgets `[K, G]` whose success probability is at least `level`, at each rung.

    `successes` among `trials`, `[K, G]` each; a budget without trials says nothing. That probabilities do not
    fall with the budget is assumed. Each is enclosed by a confidence sequence, which holds whatever decided
    how often, and whether, a budget was tried: by a bisection at whatever level, for example.
    """

    budgets: Floats
    successes: Floats
    trials: Floats
    level: float

    kind = "thresholds"

    def __post_init__(self) -> None:
        for name in ("budgets", "successes", "trials"):
            object.__setattr__(self, name, _table(name, getattr(self, name)))
        if not self.budgets.shape == self.successes.shape == self.trials.shape:
            raise InvalidClaim(
                f"budgets, successes and trials must have one shape, "
                f"got {self.budgets.shape}, {self.successes.shape} and {self.trials.shape}"
            )
        if not (np.all(self.budgets > 0) and np.all(np.diff(self.budgets, axis=1) > 0)):
            raise InvalidClaim("budgets must be positive and increase along each rung, got others")
        if not 0 < self.level < 1:
            raise InvalidClaim(f"level must lie in (0, 1), got level={self.level!r}")
        if not np.all((self.successes >= 0) & (self.successes <= self.trials)):
            raise InvalidClaim("successes must lie in [0, trials] at every budget, got others")

    @property
    def rungs(self) -> int:
        """`K`."""
        return len(self.budgets)

    @property
    def runs(self) -> tuple[int, ...]:
        """Runs at all budgets of each rung."""
        return tuple(int(n) for n in self.trials.sum(axis=1))

    def plus(self, other: Self) -> Self:
        """Counts add up."""
        require_same([(self.budgets.tolist(), self.level), (other.budgets.tolist(), other.level)], "budgets")
        return replace(self, successes=self.successes + other.successes, trials=self.trials + other.trials)

    def times(self, factor: int) -> Self:
        """Counts are multiplied."""
        return replace(self, successes=factor * self.successes, trials=factor * self.trials)

    def bands(self, alpha: float) -> Bands:
        """From the largest budget shown to be short to the least shown to be enough, at ``alpha/(K G)``."""
        from explore_theory.statistics.sequences import bernoulli_sequence

        lo, hi = bernoulli_sequence(self.successes, self.trials, alpha / self.budgets.size)
        short = np.max(np.where(hi < self.level, self.budgets, 0.0), axis=1)
        enough = np.min(np.where(lo >= self.level, self.budgets, np.inf), axis=1)
        crossed = short >= enough
        estimate = np.sqrt(np.maximum(short, self.budgets[:, 0]) * np.minimum(enough, self.budgets[:, -1]))
        return Bands(
            lo=np.where(crossed, 0.0, short),
            hi=np.where(crossed, np.inf, enough),
            estimate=estimate,
            objection="a larger budget succeeds less often than a smaller one" if crossed.any() else "",
        )

    def data(self) -> list[Any]:
        """``[level, budgets, successes, trials]``."""
        return [self.level, self.budgets.tolist(), self.successes.tolist(), self.trials.tolist()]

    @classmethod
    def of_data(cls, *data: Any) -> Self:
        """From ``[level, budgets, successes, trials]``."""
        level, *tables = data
        budgets, successes, trials = (np.array(table, dtype=np.float64) for table in tables)
        return cls(level=float(level), budgets=budgets, successes=successes, trials=trials)


@dataclass(frozen=True, kw_only=True, eq=False)
class Known(Quantity):
    """Exact numbers `[K]`, taken to follow a law where it stays within a relative `band` of them."""

    values: Floats
    band: float

    kind = "exact"
    spends = False

    def __post_init__(self) -> None:
        values = np.asarray(self.values, dtype=np.float64)
        if values.ndim != 1 or not np.all((values > 0) & np.isfinite(values)):
            raise InvalidClaim(f"values must be positive numbers in a row, got values={values.tolist()!r}")
        if not 0 <= self.band <= 0.05:
            raise InvalidClaim(f"band must lie in [0, .05], got band={self.band!r}")
        object.__setattr__(self, "values", values)

    @property
    def rungs(self) -> int:
        """`K`."""
        return len(self.values)

    @property
    def runs(self) -> tuple[int, ...]:
        """One number at each."""
        return (1,) * self.rungs

    def plus(self, other: Self) -> Self:
        """The same numbers once more."""
        require_same([self.data(), other.data()], "exact numbers")
        return self

    def times(self, factor: int) -> Self:
        """No more is to be known."""
        return self

    def bands(self, alpha: float) -> Bands:
        """From ``(1 - band)`` to ``(1 + band)`` times the numbers, whatever `alpha`."""
        return Bands(lo=self.values * (1 - self.band), hi=self.values * (1 + self.band), estimate=self.values)

    def data(self) -> list[Any]:
        """``[band, values]``."""
        return [self.band, self.values.tolist()]

    @classmethod
    def of_data(cls, *data: Any) -> Self:
        """From ``[band, values]``."""
        band, values = data
        return cls(band=float(band), values=np.array(values, dtype=np.float64))


QUANTITIES: dict[str, type[Quantity]] = {q.kind: q for q in (Quantiles, Means, Thresholds, Known)}


def _table(name: str, values: npt.ArrayLike) -> Floats:
    if isinstance(values, Sequence) and len({len(row) for row in values if isinstance(row, Sequence)}) > 1:
        raise InvalidClaim(f"{name} must have as many entries at every rung")
    table = np.array(values, dtype=np.float64)
    if table.ndim != 2 or table.size == 0 or np.isnan(table).any():
        raise InvalidClaim(f"{name} must be numbers, one row for each rung, got shape={table.shape}")
    return table


def _number(value: float) -> float | str:
    return value if math.isfinite(value) else repr(value)
