"""Rates: what is measured at rungs over decades, and the exponents of all power laws through the bands.

The engine forms simultaneous bands around the rungs at the case's share of the session's error level, takes
the slopes of all straight lines through them in log-log after the burn-in rule of `statistics.rate`, reports
a bend in place of averaging it away, and asks which of the rival laws that the check declares are left.

Letters: `K` rungs, `R` rows, `G` budgets.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.brief import brief
from explore_theory.harness.measures.bands import QUANTITIES, Known, Means, Quantiles, Quantity, Thresholds
from explore_theory.harness.measures.columns import real_numbers
from explore_theory.harness.measures.samples import Enclosed, Question, Sample, require_same
from explore_theory.statistics.rates import Rate, rate, require_span
from explore_theory.statistics.rivals import Rival, RivalResult, judge_rivals
from explore_theory.statistics.thresholds import Threshold

#: An exponent is told to this, or the check says why it is coarse.
COARSEST_EXPONENT = 0.05
#: Bands are widened by this fraction: numbers that are proportional but for their last digit make a line.
ROUNDING = 1e-12


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class Rungs(Sample):
    """A quantity at each of the points `x`; made by `quantiles`, `means`, `thresholds`, `searches`, `exact`.

    `x` increases, with three points over a decade at least. The bound is on the exponent.
    """

    x: tuple[float, ...]
    quantity: Quantity

    kind = "rungs"
    tells = "an exponent"

    def __post_init__(self) -> None:
        require_span(self.x)
        if any(b <= a for a, b in zip(self.x, self.x[1:], strict=False)):
            raise InvalidClaim(f"x must increase, got x={self.x!r}")
        if self.quantity.rungs != len(self.x):
            raise InvalidClaim(
                f"there must be {len(self.x)} rungs, one for each x, got {self.quantity.rungs}"
            )

    @classmethod
    def quantiles(cls, x: npt.ArrayLike, values: npt.ArrayLike, *, level: float = 0.5, **more: Any) -> Self:
        """The `level` quantile (the median) of the law of `values` `[K, R]`: positive, maybe infinite."""
        found = Quantiles(values=real_numbers("values", values), level=level)
        return cls(x=_points(x), quantity=found, **more)

    @classmethod
    def means(cls, x: npt.ArrayLike, values: npt.ArrayLike, *, low: float, high: float, **more: Any) -> Self:
        """The mean of `values` `[K, R]`, which lie in ``[low, high]``."""
        found = Means(values=real_numbers("values", values), low=low, high=high)
        return cls(x=_points(x), quantity=found, **more)

    @classmethod
    def thresholds(
        cls,
        x: npt.ArrayLike,
        budgets: npt.ArrayLike,
        successes: npt.ArrayLike,
        trials: npt.ArrayLike,
        *,
        level: float = 0.5,
        **more: Any,
    ) -> Self:
        """The smallest of the budgets, `[G]` or `[K, G]`, whose success probability is at least `level`.

        `successes` `[K, G]` among `trials`, broadcast to it. Budgets are fixed beforehand.
        """
        good = real_numbers("successes", successes)
        wide, tried = (
            np.broadcast_to(real_numbers(name, a), good.shape)
            for name, a in (("budgets", budgets), ("trials", trials))
        )
        found = Thresholds(budgets=wide, successes=good, trials=tried, level=level)
        return cls(x=_points(x), quantity=found, **more)

    @classmethod
    def searches(
        cls, x: npt.ArrayLike, budgets: Sequence[Sequence[int]], found: Sequence[Threshold], **more: Any
    ) -> Self:
        """Thresholds from stochastic bisections: `found[k]` searched ``budgets[k]``, fixed beforehand.

        Only the runs of the searches count here: the engine encloses them anew, at its own level. A search
        at a larger level leaves its budgets too soon to be of use, so give it a small one, 1e-9 say. It reads
        its rows in an order of its own, so it belongs into one row of a case.
        """
        level = {search.level for search in found}
        if len(level) != 1:
            raise InvalidClaim(f"all searches must have one level, got {sorted(level)!r}")
        most = max(map(len, budgets), default=0)
        wide, good, tried = (np.zeros((len(budgets), most)) for _ in range(3))
        for k, (grid, search) in enumerate(zip(budgets, found, strict=True)):
            if unknown := {probe.budget for probe in search.probes} - set(grid):
                raise InvalidClaim(f"budgets must hold all that were probed, got others: {sorted(unknown)}")
            # Shorter grids are filled up with budgets that nobody tried, and which say nothing.
            wide[k] = [*grid, *(grid[-1] + 1 + j for j in range(most - len(grid)))]
            for probe in search.probes:
                place = list(grid).index(probe.budget)
                good[k, place], tried[k, place] = probe.successes, probe.trials
        return cls.thresholds(x, wide, good, tried, level=level.pop(), **more)

    @classmethod
    def exact(cls, x: npt.ArrayLike, values: npt.ArrayLike, *, band: float, **more: Any) -> Self:
        """Exact numbers `[K]`: laws within a relative `band` of them count as theirs. Spends no alpha."""
        return cls(x=_points(x), quantity=Known(values=real_numbers("values", values), band=band), **more)

    def require_judged(self, rivals: Sequence[Rival]) -> None:
        """Refuse rivals that are not known at the rungs."""
        judge_rivals(self.x, np.zeros(len(self.x)), np.full(len(self.x), np.inf), rivals)

    @property
    def runs(self) -> int:
        """Runs at all rungs."""
        return sum(self.quantity.runs)

    @property
    def spends(self) -> bool:
        """Not where the numbers are exact."""
        return self.quantity.spends

    @property
    def coarsest(self) -> float:
        """`COARSEST_EXPONENT`."""
        return COARSEST_EXPONENT

    @property
    def planned(self) -> bool:  # type: ignore[override]  # depends on what is measured
        """Order statistics hold at one size, the others at all."""
        return self.quantity.planned

    def plus(self, other: Self) -> Self:
        """The same rungs with more rows."""
        require_same([self.x, other.x], "the rungs of a rate")
        require_same([self.quantity.kind, other.quantity.kind], "the quantity at the rungs")
        return replace(self, quantity=self.quantity.plus(other.quantity))

    def times(self, factor: int) -> Self:
        """All runs `factor` times."""
        return replace(self, quantity=self.quantity.times(factor))

    def enclosed(self, alpha: float, question: Question) -> Enclosed:
        """The exponent, or, where no power law fits, how steep every curve is somewhere on the last rungs."""
        bands = self.quantity.bands(alpha)
        x, low, high = np.array(self.x), bands.lo * (1 - ROUNDING), bands.hi * (1 + ROUNDING)
        found = rate(x, low, high)
        kept = slice(found.dropped, None) if found.slope.straight else slice(None)
        judged = judge_rivals(x[kept], low[kept], high[kept], question.rivals)
        left = [rival for rival in judged if rival.allowed]
        if found.slope.straight:
            lo, hi = found.slope.lo, found.slope.hi
            objection = f"the data leave room for {_listed(left)}" if left else ""
        else:
            tail = slice(found.dropped, None)
            lo, hi = _steepness(rate(x[tail], low[tail], high[tail]), question)
            objection = "no power law fits"
        return Enclosed(
            lo=lo,
            hi=hi,
            witness={"runs at each rung": list(self.quantity.runs)},
            notes={
                "x": list(self.x),
                "estimate": bands.estimate.tolist(),
                "at least": bands.lo.tolist(),
                "at most": bands.hi.tolist(),
            },
            finding=f"{found.describe()}; {self._replicates()}; {_rivals(found, judged)}",
            objection=bands.objection or objection,
        )

    def data(self) -> Any:
        """``[kind, x, ..]`` with the data of the quantity."""
        return [self.quantity.kind, list(self.x), *self.quantity.data()]

    @classmethod
    def of_data(cls, data: Any) -> Self:
        """The inverse of `data`."""
        kind, x, *rest = data
        return cls(x=_points(x), quantity=QUANTITIES[kind].of_data(*rest))

    def _replicates(self) -> str:
        runs = self.quantity.runs
        if not self.spends:
            return "exact numbers"
        each = f"{runs[0]:,}" if len(set(runs)) == 1 else f"{min(runs):,} to {max(runs):,}"
        return f"{each} runs at each of {len(runs)} rungs"


def _steepness(tail: Rate, question: Question) -> tuple[float, float]:
    """What bands that no power law passes through say of the exponent.

    Every curve through them is somewhere at least, and somewhere at most, so steep. For ``<=`` the steepest
    place counts and for ``>=`` the flattest; no single exponent is left for ``==``, as the one end exceeds
    the other, so one of them contradicts any bound.
    """
    steepest, flattest = (tail.somewhere_at_least, math.inf), (-math.inf, tail.somewhere_at_most)
    if question.relation == "==":
        return steepest if tail.somewhere_at_least > question.bound[1] else flattest
    return steepest if question.relation == "<=" else flattest


def _rivals(found: Rate, judged: Sequence[RivalResult]) -> str:
    """Which declared laws are rejected, and which are left."""
    left = [rival for rival in judged if rival.allowed]
    gone = [rival.name for rival in judged if not rival.allowed]
    words = [f"rejects {', '.join(gone)}"] if gone else []
    if found.slope.straight:
        return "; ".join([*words, f"leaves room for {_listed(left)}"] if left else words)
    if not left:
        return "; ".join([*words, "no declared law is left"])
    verb = "is the only declared law left" if len(left) == 1 else "are the declared laws left"
    return "; ".join([*words, f"{_listed(left)} {verb}"])


def _listed(rivals: Sequence[RivalResult]) -> str:
    return ", ".join(rival.law for rival in rivals)


def _points(x: npt.ArrayLike) -> tuple[float, ...]:
    return tuple(float(point) for point in real_numbers("x", x).ravel())
