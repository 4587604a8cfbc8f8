"""Sampling by inverse CDF: one uniform in, one index or count out.

A fixed number of words per sample keeps what one replicate draws apart from what others do. Letters: `R`
replicates, `m` draws, `K` atoms, `T` possible tries.
"""

import numpy as np
import numpy.typing as npt

from explore_theory.problems.protocol import Floats, Ints


def inverse_cdf(cdf: Floats, level: Floats) -> Ints:
    """`[R, m]`: the first `k` with ``cdf[k] > level``, for `cdf` `[R, K]` and `level` `[R, m]`, by bisection.

    An atom of mass zero is never the first. Levels lie below the last entry of `cdf`.
    """
    low = np.zeros(level.shape, dtype=np.int64)
    high = np.full(level.shape, cdf.shape[-1] - 1, dtype=np.int64)
    for _ in range((cdf.shape[-1] - 1).bit_length()):
        middle = (low + high) // 2
        above = np.take_along_axis(cdf, middle, axis=-1) <= level
        low, high = np.where(above, middle + 1, low), np.where(above, high, middle)
    return low


def geometric(level: npt.ArrayLike, log_hit: npt.ArrayLike, log_miss: npt.ArrayLike) -> Floats:
    """``Geometric(p)`` from uniforms: the least `k >= 1` with ``(1 - p)^k <= level``, `[...]`.

    ``ceil(log(level) / log(1 - p))`` as float64, exact to 2^53; infinite if `p` is 0. ``log(1 - p)`` comes
    from `log_hit` where ``p <= 1/2``, since a sum over the misses cannot tell ``p = 1e-200`` from zero, and
    from `log_miss` above, since ``1 - p`` cancels there. With `level` on the 2^52 midpoints of (0, 1), every
    probability ``P(count <= k)`` is right to an absolute 2^-51: half a grid cell, and the rounding of the
    logarithms, which moves a boundary ``x = level`` by at most ``4 eps x |log x|``.

    Parameters
    ----------
    level
        Uniforms in (0, 1).
    log_hit, log_miss
        ``log p`` and ``log(1 - p)``, each to full relative accuracy of its exponential.
    """
    log_hit, log_miss = np.asarray(log_hit, dtype=np.float64), np.asarray(log_miss, dtype=np.float64)
    with np.errstate(divide="ignore"):
        exact = np.log1p(-np.exp(np.minimum(log_hit, -np.log(2.0))))
        log_survival = np.where(log_hit <= -np.log(2.0), exact, log_miss)
        ratio = np.abs(np.log(level)) / np.abs(log_survival)
    # p = 0: the ratio is infinite. p = 1: log(1 - p) is infinite, the ratio 0, and one try is enough.
    return np.asarray(np.maximum(np.ceil(np.where(np.isneginf(log_hit), np.inf, ratio)), 1.0))


def capped_geometric(level: npt.ArrayLike, log_hit: npt.ArrayLike, cap: float | Floats) -> Floats:
    """``Geometric(p)`` given that it is at most `cap`, from uniforms, `[...]`.

    ``ceil(log(1 - level (1 - (1 - p)^cap)) / log(1 - p))``; `log_hit` is ``log p``.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        log_miss = np.log1p(-np.exp(np.asarray(log_hit, dtype=np.float64)))
        within = -np.expm1(cap * log_miss)
        count = np.ceil(np.log1p(-np.asarray(level) * within) / log_miss)
    # p = 1: one try; p = 0: nothing happens, and the answer does not count.
    return np.asarray(np.clip(np.where(np.isfinite(count), count, 1.0), 1.0, cap))


def conditional(log_hits: Floats, level: Floats) -> Ints:
    """`[R]`: an index of `log_hits` `[R, T]` with probability proportional to its exponential.

    The largest weight counts as one, so a set of probability 1e-200 is as good as any; 0 for an empty set.
    """
    top = np.max(log_hits, axis=-1, keepdims=True)
    weight = np.exp(log_hits - np.where(np.isfinite(top), top, 0.0))
    cdf = np.cumsum(weight, axis=-1)
    index = inverse_cdf(cdf, (level * cdf[:, -1])[:, None])[:, 0]
    return np.where(cdf[:, -1] > 0, index, 0)
