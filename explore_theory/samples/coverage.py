"""How well a base model covers good responses, from rewards of its samples: one task at a time.

Letters: for one prompt `x`, draws ``y ~ pi_ref(.|x)`` with rewards ``r``; ``Z = E e^{r/beta}``; the optimal
policy is ``pi* = pi_ref e^{r/beta}/Z`` and ``C = sup pi*/pi_ref = e^{max r/beta}/Z``, the coverage.

The base policy's law of rewards is all that these depend on, so one band around its tails, which holds for
every reward at once (`statistics.tails`), encloses them all together, at every `beta`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import above
from explore_theory.statistics import clopper_pearson
from explore_theory.statistics.tails import (
    MOST_EXPONENT,
    Tails,
    log_clipped_means,
    log_exponential_mean,
    tails,
)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Range:
    """What is known of rewards beforehand: their least and largest value, or all of them.

    Nothing here is read off the data: that no draw had more is no reason why none could.
    """

    least: float | None = None
    most: float | None = None
    support: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        for name in ("least", "most"):
            value = getattr(self, name)
            if value is not None and not np.isfinite(value):
                raise InvalidProblem(f"{name} must be finite, got {name}={value!r}")
        if self.support is not None:
            if not self.support or not np.all(np.isfinite(self.support)):
                raise InvalidProblem(f"support must hold finite values, got support={self.support!r}")
            object.__setattr__(self, "support", tuple(sorted(set(map(float, self.support)))))
            object.__setattr__(self, "least", self.support[0])
            object.__setattr__(self, "most", self.support[-1])
        if self.least is not None and self.most is not None and not self.least <= self.most:
            raise InvalidProblem(
                f"least must be at most the largest reward, got least={self.least!r}, most={self.most!r}"
            )

    def require(self, rewards: Floats, where: str) -> None:
        """Refuse a reward that should not exist."""
        if self.support is not None and not np.all(known := np.isin(rewards, self.support)):
            said = ", ".join(f"{value:g}" for value in self.support)
            raise InvalidProblem(f"rewards must be one of {said}, got {rewards[~known][0]:g} {where}")
        if self.most is not None and rewards.size and rewards.max() > self.most:
            raise InvalidProblem(f"rewards must be at most {self.most:g}, got {rewards.max():g} {where}")
        if self.least is not None and rewards.size and rewards.min() < self.least:
            raise InvalidProblem(f"rewards must be at least {self.least:g}, got {rewards.min():g} {where}")


#: Passed or failed.
BINARY = Range(support=(0.0, 1.0))


@dataclass(frozen=True, kw_only=True, eq=False)
class Enclosed:
    """Quantities of tasks, `[T]` each, that lie in ``[lo, hi]`` except with chance `alpha` for each task.

    `hi` is infinite where no number of these samples could give an upper end: nothing says how large a
    reward may be.
    """

    lo: Floats
    hi: Floats
    alpha: float


def log_normalisers(rewards: list[Floats], beta: float, alpha: float, known: Range) -> Enclosed:
    """``log Z`` of each task."""
    return _each(rewards, beta, alpha, known, _log_normaliser)


def log_coverages(rewards: list[Floats], beta: float, alpha: float, known: Range) -> Enclosed:
    """``log C`` of each task, natural logarithm.

    From above, ``1/C = E e^{(r - max r)/beta}`` is at least ``Z e^{-most/beta}``, which needs
    `Range.most`. From below it needs nothing: for any `m` up to the largest reward, ``1/C <= E e^{min(r -
    m, 0)/beta}``, since both a larger `max r` and a reward above `m` only lower the left. The best `m`
    among the draws is taken, which the band allows, as it holds for all at once.
    """
    return _each(rewards, beta, alpha, known, _log_coverage)


def _log_normaliser(found: Tails, beta: float, known: Range) -> tuple[float, float]:
    return log_exponential_mean(found, beta, least=known.least, most=known.most)


def _log_coverage(found: Tails, beta: float, known: Range) -> tuple[float, float]:
    drawn = found.counts > 0
    low = float(np.max(-log_clipped_means(found, beta)[drawn]))
    if known.most is None:
        return low, np.inf
    log_z, _ = log_exponential_mean(found, beta, least=known.least, most=known.most)
    # A normaliser of one point is that point: rounding alone would leave less than nothing.
    return low, max(known.most / beta - log_z, low)


def _each(rewards, beta, alpha, known, one) -> Enclosed:  # type: ignore[no-untyped-def]
    beta = above("beta", beta, 0.0)
    lo, hi = np.zeros(len(rewards)), np.zeros(len(rewards))
    seen: dict[bytes, tuple[float, float]] = {}
    for i, values in enumerate(rewards):
        if len(values) == 0:
            lo[i], hi[i] = -np.inf if one is _log_normaliser else 0.0, np.inf
            continue
        # Tasks with the same rewards, of which logs of passes and failures are full, are worked out once.
        key = np.sort(values).tobytes()
        if key not in seen:
            seen[key] = one(tails(values, alpha, support=known.support), beta, known)
        lo[i], hi[i] = seen[key]
    return Enclosed(lo=lo, hi=hi, alpha=alpha)


def profile(rewards: Floats, beta: float, alpha: float, known: Range, at: Floats) -> tuple[Floats, Floats]:
    """The coverage profile ``P_{y ~ pi*}[pi*(y)/pi_ref(y) >= M]`` of one task, at all `M` of `at`, `[K]`.

    Chen et al. 2025 (arXiv 2510.15020) write it `Cov_M`. The event is ``r >= t``, ``t = beta log(M Z)``,
    and its probability ``G/(G + L)`` with the mean of ``e^{r/beta}`` over the event, `G`, and off it, `L`:
    each is a sum over tails, so its ends are those of the band, at the ends of `t` that the ends of `Z`
    allow.

    Raises
    ------
    InvalidProblem
        If `Range.most` is not known: any unseen reward could then hold all of the optimal policy.
    """
    beta = above("beta", beta, 0.0)
    if known.most is None:
        raise InvalidProblem("the coverage profile needs the largest reward that there can be, got none")
    found = tails(rewards, alpha, support=known.support)
    low_z, high_z = log_exponential_mean(found, beta, least=known.least, most=known.most)
    edges, lo, hi = _steps(found, known)
    weights = np.diff(np.exp((edges - known.most) / beta), prepend=0.0)
    ends = []
    for log_z, mine, other, sign in ((low_z, hi, lo, 1), (high_z, lo, hi, -1)):
        row = []
        for log_m in np.log(np.asarray(at, dtype=np.float64)):
            threshold = (log_m + log_z) * beta
            # Rounding may only move an end outwards.
            threshold -= sign * 1e-12 * max(1.0, abs(threshold))
            start = int(np.searchsorted(edges, threshold))
            if start == len(edges):
                row.append(0.0)
                continue
            inside, outside = _split(weights, mine, other, start, known=found.known)
            row.append(inside / (inside + outside) if inside + outside > 0 else float(sign > 0))
        ends.append(np.array(row))
    return np.minimum(ends[1], ends[0]), ends[0]


def _steps(found: Tails, known: Range) -> tuple[Floats, Floats, Floats]:
    """Edges of the steps of the band up to the largest reward, and its ends on each step."""
    edges, lo, hi = found.values, found.lo, found.hi
    assert known.most is not None
    if not found.known and known.most > edges[-1]:
        edges, lo, hi = np.append(edges, known.most), np.append(lo, 0.0), np.append(hi, found.beyond)
    return edges, lo, hi


def _split(weights: Floats, mine: Floats, other: Floats, start: int, *, known: bool) -> tuple[float, float]:
    """The means of ``e^{(r - most)/beta}`` on ``r >= t`` at one end of the band, and off it at the other.

    `t` lies in step `start`. Where not all values are known some may lie below it in that step too.
    """
    reach = mine[start]
    inside = float(np.sum(weights[:start]) * reach + np.sum(weights[start:] * mine[start:]))
    stop = start if known else start + 1
    return inside, float(np.sum(weights[:stop] * np.maximum(other[:stop] - reach, 0.0)))


def binary_log_coverages(passed: npt.ArrayLike, draws: npt.ArrayLike, beta: float, alpha: float) -> Enclosed:
    """`log_coverages` of rewards 0 and 1 by counts, `[T]`: ``C = 1/(p + (1 - p) e^{-1/beta})``, 1 at p = 0.

    The lower end is 1 where nothing passed, since nothing may be all that passes.
    """
    beta = above("beta", beta, 1.0 / (2.0 * MOST_EXPONENT))
    k = np.asarray(passed, dtype=np.float64)
    lo, hi = clopper_pearson(k, draws, alpha)
    with np.errstate(under="ignore"):
        floor = np.exp(-1.0 / beta)
    least = -np.log(hi + (1.0 - hi) * floor)
    with np.errstate(divide="ignore"):
        most = np.where(lo > 0, -np.log(lo + (1.0 - lo) * floor), 1.0 / beta)
    return Enclosed(lo=np.where(k > 0, least, 0.0), hi=most, alpha=alpha)
