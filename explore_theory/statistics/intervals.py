"""Confidence intervals with exact coverage for probabilities and quantiles.

Both come from the binomial law alone: no approximation, no assumption on what is counted beyond independence.
"""

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.validation import whole
from explore_theory.statistics.arguments import Floats, counts, error_level, share


def clopper_pearson(successes: npt.ArrayLike, trials: npt.ArrayLike, alpha: float) -> tuple[Floats, Floats]:
    """Two-sided interval ``[lo, hi]`` for a success probability that misses it with probability <= `alpha`.

    ``lo`` is the ``alpha/2`` quantile of ``Beta(k, n - k + 1)`` and ``hi`` the ``1 - alpha/2`` quantile of
    ``Beta(k + 1, n - k)``: the probabilities at which `k` successes or more, or `k` or fewer, have chance
    ``alpha/2`` (Clopper and Pearson, 1934). ``lo`` is 0 at ``k = 0`` and ``hi`` is 1 at ``k = n``, exactly.

    Parameters
    ----------
    successes, trials
        `[...]`, broadcast together: ``0 <= successes <= trials``, ``trials >= 1``, whole numbers.
    alpha
        Error level in (0, 1).

    Raises
    ------
    InvalidProblem
        If an argument is out of range.
    """
    from scipy.special import betainccinv, betaincinv

    alpha = error_level(alpha)
    k, n = counts(successes, trials)
    # At the ends one of the two beta laws does not exist; the placeholders keep the others quiet.
    lo = np.where(k == 0, 0.0, betaincinv(np.maximum(k, 1), n - k + 1, alpha / 2))
    hi = np.where(k == n, 1.0, betainccinv(k + 1, np.maximum(n - k, 1), alpha / 2))
    return np.asarray(lo, dtype=np.float64), np.asarray(hi, dtype=np.float64)


def quantile_ranks(trials: int, level: float, alpha: float) -> tuple[int, int]:
    """Ranks ``(i, j)``, from 1: the `level` quantile lies in ``[X_(i), X_(j)]`` except with chance `alpha`.

    ``X_(1) <= .. <= X_(n)`` are `trials` independent draws of any law, discrete or not. If fewer than `i`
    draws may lie strictly below the quantile, at most ``alpha/2`` of the time, ``X_(i)`` does not exceed it;
    both ranks are binomial quantiles (David and Nagaraja, *Order Statistics*, 2003, section 7.1). Rank 0
    stands for minus infinity and ``trials + 1`` for plus infinity.

    Parameters
    ----------
    trials
        `n`, at least 1.
    level
        Which quantile, in (0, 1): the smallest `x` with ``P(X <= x) >= level``.
    alpha
        Error level in (0, 1), split evenly.
    """
    from scipy.stats import binom

    n = whole("trials", trials, least=1)
    alpha = error_level(alpha)
    level = share("level", level)
    # P(X_(i) > q) = P(at most i - 1 draws are <= q) <= P(Bin(n, level) <= i - 1), as P(X <= q) >= level.
    low = int(binom.ppf(alpha / 2, n, level))
    while low > 0 and binom.cdf(low - 1, n, level) > alpha / 2:
        low -= 1
    # P(X_(j) < q) = P(at least j draws are < q) <= P(Bin(n, level) >= j), as P(X < q) < level.
    high = int(binom.ppf(1 - alpha / 2, n, level)) + 1
    while high <= n and binom.sf(high - 1, n, level) > alpha / 2:
        high += 1
    return low, min(high, n + 1)
