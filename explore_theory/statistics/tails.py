"""A law from its draws: bands around ``P(X >= t)`` that hold for every `t` at once.

Letters: `n` draws, of which `k` are at least `t`.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import above, real_array, whole
from explore_theory.statistics.arguments import Floats, error_level
from explore_theory.statistics.intervals import clopper_pearson

#: Counts between two that are judged are at most this share of the standard deviation apart.
_STEP = 0.5
#: Values over `beta` are at most this: logarithms are differences of such numbers, and rounding moves
#: those by 1e-7.
MOST_EXPONENT = 1e9


@dataclass(frozen=True, kw_only=True, eq=False)
class Tails:
    """``P(X >= t)`` in ``[lo[i], hi[i]]`` for every `t` in ``(values[i - 1], values[i]]``, all at once.

    Parameters
    ----------
    values
        `[V]`, rising: the values that were drawn, or all that there are.
    counts
        `[V]`, how many of the draws are at least that.
    lo, hi
        `[V]`.
    beyond
        No larger values have more than this probability together: 0 where all are known.
    n
        How many draws.
    known
        Whether `values` are all that there are.
    """

    values: Floats
    counts: npt.NDArray[np.int64]
    lo: Floats
    hi: Floats
    beyond: float
    n: int
    known: bool


def tail_band(n: int, alpha: float) -> tuple[Floats, Floats]:
    """Ends ``(lo, hi)``, `[n + 1]` each, around ``P(X >= t)`` by how many of `n` draws are at least `t`.

    Except with probability `alpha`, ``lo[N(t)] <= P(X >= t) <= hi[N(t)]`` for every `t` at once, whatever the
    law. Let ``u`` be a probability so large that ``Bin(n, u) <= k`` has chance at most `a`. Were
    ``P(X >= t) > u`` and ``N(t) <= k`` for some `t`, then at the largest such `t`, or just below it, the
    `n` draws would show at most `k` where each shows one with probability `u` or more: chance at most `a`.
    So one count costs one event, whatever `t` is, and only the levels of the counts are shared out: half of
    `alpha` above and half below, of each half one part evenly and one falling like ``1/j^2`` from both ends
    inwards, so that "none of the draws" and "one of them" cost little more than they would alone. Counts
    that are not judged take the end of the next one that is.

    Raises
    ------
    InvalidProblem
        If `n` is not a whole number of at least 1, or `alpha` not in (0, 1).
    """
    lo, hi = _band(whole("n", n, least=1), error_level(alpha))
    return lo.copy(), hi.copy()


@lru_cache(maxsize=256)
def _band(n: int, alpha: float) -> tuple[Floats, Floats]:
    from scipy.special import betainccinv

    judged = _judged(n)
    j = np.arange(len(judged))
    end = np.minimum(j, j[::-1])  # how many are judged further out
    levels = alpha / 2 * (0.25 / ((end + 1.0) * (end + 2.0)) + 0.5 / len(judged))
    ends = betainccinv(judged + 1, n - judged, levels)
    # An end further out is never needed: hi rises with the count.
    ends = np.minimum.accumulate(ends[::-1])[::-1]
    hi = np.append(ends[np.searchsorted(judged, np.arange(n))], 1.0)
    # What is at least t is what is not below t, and `n - k` of the draws are not above: the same in a mirror.
    return 1.0 - hi[::-1], hi


def _judged(n: int) -> npt.NDArray[np.int64]:
    """Counts in ``[0, n - 1]``, dense at both ends, a fraction of a standard deviation apart between."""
    steps, k = [], 0
    while k <= n // 2:
        steps.append(k)
        k += max(1, int(_STEP * np.sqrt(k)))
    half = np.array(steps, dtype=np.int64)
    return np.unique(np.concatenate((half, n - 1 - half)))


def tails(draws: npt.ArrayLike, alpha: float, *, support: npt.ArrayLike | None = None) -> Tails:
    """The tails of the law that `draws` are independent draws of.

    Parameters
    ----------
    draws
        `[n]`, finite.
    alpha
        The chance, at most, that any of the intervals misses.
    support
        All values that a draw can take, where they are known: as few as two cost less than any.

    Raises
    ------
    InvalidProblem
        If there is no draw, one is not finite, or one is not in the support.
    """
    alpha = error_level(alpha)
    array = real_array("draws", draws)
    if array.ndim != 1 or array.size == 0 or not np.all(np.isfinite(array)):
        raise InvalidProblem(f"draws must be finite numbers, one at least, got draws of shape {array.shape}")
    array = np.sort(array)
    n = len(array)
    if support is None:
        values = np.unique(array)
        counts = n - np.searchsorted(array, values)
        lo, hi = _band(n, alpha)
        return Tails(
            values=values, counts=counts, lo=lo[counts], hi=hi[counts], beyond=float(hi[0]), n=n, known=False
        )
    values = np.unique(real_array("support", support))
    missing = ~np.isin(array, values)
    if values.size == 0 or not np.all(np.isfinite(values)) or missing.any():
        wrong = f"{array[np.argmax(missing)]:g} among the draws" if missing.any() else f"support={support!r}"
        raise InvalidProblem(f"support must hold every value that a draw can take, finite, got {wrong}")
    counts = n - np.searchsorted(array, values)
    lo, hi = np.ones(len(values)), np.ones(len(values))
    if len(values) > 1:
        # P(X >= least) is one; each other threshold is a probability of its own.
        lo[1:], hi[1:] = clopper_pearson(counts[1:], n, alpha / (len(values) - 1))
    return Tails(values=values, counts=counts, lo=lo, hi=hi, beyond=0.0, n=n, known=True)


def log_exponential_mean(
    found: Tails, beta: float, *, least: float | None = None, most: float | None = None
) -> tuple[float, float]:
    """``log E e^{X/beta}`` between two ends, on the event that `found` tells the truth.

    The mean is ``int e^{t/beta} P(X >= t) dt / beta``. Below it needs no knowledge, and gains by `least`, a
    number that `X` never falls below. Above it is infinite unless `most`, which `X` never exceeds, is known.

    Parameters
    ----------
    beta
        Positive, finite.

    Raises
    ------
    InvalidProblem
        If `beta` is not, or so small that rounding would decide.
    """
    least, most = _ends(found, least, most)
    beta = temperature(beta, found.values, least, most)
    x = found.values / beta
    first = least / beta
    with np.errstate(divide="ignore"):
        pieces = [first, np.log(found.lo[0]) + _log_rise(first, x[:1])]
        low = _log_sum(np.concatenate((*map(np.atleast_1d, pieces), np.log(found.lo[1:]) + _rises(x))))
        if not np.isfinite(most):
            return low, np.inf
        tail = np.log(found.beyond) + _log_rise(x[-1], np.atleast_1d(most / beta))
        high = _log_sum(np.concatenate((x[:1], np.log(found.hi[1:]) + _rises(x), tail)))
    return low, high


def log_clipped_means(found: Tails, beta: float) -> Floats:
    """Upper ends of ``log E e^{min(X - m, 0)/beta}`` at all `m` of ``found.values`` at once, `[V]`."""
    beta = temperature(beta, found.values)
    x = found.values / beta
    with np.errstate(divide="ignore"):
        terms = np.concatenate((x[:1], np.log(found.hi[1:]) + _rises(x)))
    return np.minimum(np.logaddexp.accumulate(terms) - x, 0.0)


def temperature(beta: float, values: Floats, *ends: float) -> float:
    """`beta`, with which rounding leaves exponents of all values and of the finite `ends` to 1e-7."""
    beta = above("beta", beta, 0.0)
    largest = max(float(np.max(np.abs(values))), *(abs(end) for end in ends if np.isfinite(end)), 0.0)
    if largest > MOST_EXPONENT * beta:
        raise InvalidProblem(
            f"beta must be at least {largest / MOST_EXPONENT:.3g} for values up to {largest:g}, "
            f"got beta={beta!r}"
        )
    return beta


def _ends(found: Tails, least: float | None, most: float | None) -> tuple[float, float]:
    """The range of `X`, as far as it is known."""
    lowest, highest = float(found.values[0]), float(found.values[-1])
    if found.known:
        return lowest, highest
    if least is not None and not least <= lowest:
        raise InvalidProblem(f"least must be at most every draw, got least={least!r}, a draw of {lowest:g}")
    if most is not None and not most >= highest:
        raise InvalidProblem(f"most must be at least every draw, got most={most!r}, a draw of {highest:g}")
    return (-np.inf if least is None else float(least)), (np.inf if most is None else float(most))


def _rises(x: Floats) -> Floats:
    """``log(e^{x[i]} - e^{x[i - 1]})``, `[V - 1]`."""
    return _log_rise(x[:-1], x[1:])


def _log_rise(start: float | Floats, end: Floats) -> Floats:
    """``log(e^end - e^start)``, minus infinity where they are equal."""
    return np.asarray(end + np.log(-np.expm1(start - end)))


def _log_sum(terms: Floats) -> float:
    return float(np.logaddexp.reduce(terms))
