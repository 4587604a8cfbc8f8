"""pass@k and best-of-N from finitely many samples a task: unbiased, and how far from the truth they may be.

Letters: `n` samples of a task, `c` of them pass, `k` are drawn; `T` tasks.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import whole
from explore_theory.statistics.arguments import counts, error_level

Floats = npt.NDArray[np.float64]


def pass_at_k(passed: npt.ArrayLike, draws: npt.ArrayLike, k: int) -> Floats:
    """``1 - C(n - c, k)/C(n, k)``, `[T]`: unbiased for ``1 - (1 - p)^k``, NaN where ``n < k``.

    Of all subsets of `k` of the `n` samples, the share in which one passes (Chen et al. 2021, arXiv
    2107.03374). Nothing unbiased exists for ``n < k``: the mean of anything is a polynomial of degree `n`
    in `p` at most. Computed as a product of ratios, by logarithms of factorials beyond a few hundred.

    Raises
    ------
    InvalidProblem
        If counts are no counts, or `k` is not a whole number of at least 1.
    """
    c, n = counts(passed, draws)
    k = whole("k", k, least=1)
    out = np.full(c.shape, np.nan)
    there = n >= k
    fails = n - c
    sure = there & (fails < k)
    out[sure] = 1.0
    rest = there & ~sure
    if rest.any():
        # prod_{i < k} (1 - c/(n - i)): every factor in (0, 1], so that nothing cancels.
        out[rest] = 0.0 - np.expm1(_log_miss(c[rest], n[rest], k))
    return out


def _log_miss(c: Floats, n: Floats, k: int) -> Floats:
    """``log C(n - c, k)/C(n, k)`` where ``n - c >= k``."""
    # The same number is prod_{i < c} (1 - k/(n - i)): the shorter of the two products is taken.
    steps = np.minimum(c, k)
    other = np.where(c <= k, float(k), c)
    total = np.zeros_like(c)
    for i in range(int(steps.max())):
        live = i < steps
        total[live] += np.log1p(-other[live] / (n[live] - i))
    return total


def best_of(rewards: npt.ArrayLike, N: int) -> float:
    """The mean of the largest of `N` of the `n` rewards, over all subsets: unbiased for that of `N` new ones.

    ``sum_i r_(i) [C(i, N) - C(i - 1, N)]/C(n, N)`` over the rewards in rising order; ties share out by
    themselves. NaN where ``n < N``.
    """
    r = np.sort(np.asarray(rewards, dtype=np.float64))
    N = whole("N", N, least=1)
    n = len(r)
    if n < N:
        return math.nan
    # With i rewards that are not larger, C(i, N)/C(n, N) of the subsets have their largest among those.
    i = np.arange(1, n + 1, dtype=np.float64)
    log_share = np.zeros(n)
    with np.errstate(divide="ignore", invalid="ignore"):
        for j in range(N):
            log_share += np.log(np.maximum(i - j, 0.0)) - math.log(n - j)
    share = np.where(i >= N, np.exp(log_share), 0.0)
    return float(np.sum(r * np.diff(share, prepend=0.0)))


@dataclass(frozen=True, kw_only=True)
class Average:
    """A mean over tasks, with an interval that misses the mean of what they estimate with chance `alpha`.

    `tasks` have samples enough; `left_out` have not, and say nothing here.
    """

    value: float
    lo: float
    hi: float
    tasks: int
    left_out: int
    alpha: float


def average(
    estimates: npt.ArrayLike,
    draws: npt.ArrayLike,
    k: int,
    alpha: float,
    *,
    low: float = 0.0,
    high: float = 1.0,
) -> Average:
    """The mean over tasks of estimates by subsets of `k` samples, NaN where a task has too few.

    Each is an average, over ways of cutting its samples into ``floor(n/k)`` groups, of means of that many
    independent values in ``[low, high]`` (Hoeffding 1963, section 5): its moments of every exponential
    are at most those of one such mean, of which Hoeffding's lemma bounds the logarithm by ``s^2 (high -
    low)^2/(8 floor(n/k))``. Tasks are independent, whatever their own laws, so the mean of `T` is off by
    more than ``(high - low) sqrt(log(2/alpha)/2 sum_i 1/floor(n_i/k))/T`` with probability at most `alpha`.

    Raises
    ------
    InvalidProblem
        If no task has `k` samples, or an estimate is out of range.
    """
    values = np.asarray(estimates, dtype=np.float64)
    n = np.broadcast_to(np.asarray(draws, dtype=np.float64), values.shape)
    alpha = error_level(alpha)
    enough = n >= whole("k", k, least=1)
    if not enough.any():
        raise InvalidProblem(
            f"k must be at most the samples of some task, got k={k}, at most {int(n.max())} samples"
        )
    kept = values[enough]
    if not np.all((kept >= low - 1e-9 * abs(low)) & (kept <= high + 1e-9 * abs(high))):
        raise InvalidProblem(
            f"estimates must lie in [{low:g}, {high:g}], got {kept.min():g} to {kept.max():g}"
        )
    width = (
        (high - low) * math.sqrt(math.log(2 / alpha) / 2 * float(np.sum(1 / (n[enough] // k)))) / len(kept)
    )
    value = float(np.mean(kept))
    return Average(
        value=value,
        lo=max(low, value - width),
        hi=min(high, value + width),
        tasks=len(kept),
        left_out=int((~enough).sum()),
        alpha=alpha,
    )
