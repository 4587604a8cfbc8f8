"""Exponents: the slopes of all straight lines that pass through simultaneous bands.

Letters: `K` points.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.validation import floats


@dataclass(frozen=True)
class SlopeInterval:
    """The slopes from `lo` to `hi`; NaN both if no line passes through all bands (`straight` is False)."""

    lo: float
    hi: float
    straight: bool


def slope_interval(log_x: npt.ArrayLike, log_lo: npt.ArrayLike, log_hi: npt.ArrayLike) -> SlopeInterval:
    """All slopes ``b`` for which some ``a`` has ``lo_k <= a + b x_k <= hi_k`` at every `k`.

    If the bands hold simultaneously with probability ``1 - alpha`` and the truth is a line, its slope lies in
    the interval with at least that probability. The two linear programs (least and largest ``b``) have a
    closed form: ``a`` can be eliminated, and what remains is ``b (x_k - x_j) <= hi_k - lo_j`` for all pairs.
    That no line fits is a finding too: at that level the relation is curved.

    Parameters
    ----------
    log_x
        `[K]`, `K >= 2`, finite, not all equal.
    log_lo, log_hi
        `[K]`, ``log_lo <= log_hi``; infinite ends are allowed, NaN is not.

    Raises
    ------
    InvalidProblem
        If an argument has the wrong shape or range.
    """
    x = floats("log_x", log_x, (None,))
    lo, hi = (np.asarray(ends, dtype=np.float64) for ends in (log_lo, log_hi))
    if x.size < 2 or np.ptp(x) == 0:
        raise InvalidProblem(f"log_x must hold two different points at least, got log_x={x.tolist()!r}")
    if lo.shape != x.shape or hi.shape != x.shape:
        raise InvalidProblem(
            f"log_lo and log_hi must have shape {x.shape}, got shapes {lo.shape} and {hi.shape}"
        )
    if not np.all(lo <= hi):
        worst = int(np.argmin(lo <= hi))
        raise InvalidProblem(
            f"log_lo must not exceed log_hi, got [{float(lo[worst])!r}, {float(hi[worst])!r}] at {worst}"
        )
    run = x[:, None] - x[None, :]
    rise = hi[:, None] - lo[None, :]
    forward = run > 0
    upper = float(np.min(rise[forward] / run[forward]))
    # The same pairs seen from the other end: b >= (lo_k - hi_j)/(x_k - x_j).
    lower = float(np.max(-(rise.T[forward] / run[forward])))
    if lower > upper or np.any(rise[run == 0] < 0):
        return SlopeInterval(lo=float("nan"), hi=float("nan"), straight=False)
    return SlopeInterval(lo=lower, hi=upper, straight=True)
