"""Exponents: the slopes of all straight lines that pass through simultaneous bands, and how far they bend.

Nothing here is a fit. Bands that hold simultaneously with probability ``1 - alpha`` contain the truth at
every point; whatever is said is said of all curves through the bands, so each statement, and all of them
together, are right with that probability.

Letters: `K` points.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import floats, real_array
from explore_theory.statistics.arguments import Floats

#: A rate is not told from fewer points, or over fewer decades, than these.
FEWEST_POINTS = 3
FEWEST_DECADES = 1.0


@dataclass(frozen=True)
class SlopeInterval:
    """The slopes from `lo` to `hi`; NaN both if no line passes through all bands (`straight` is False)."""

    lo: float
    hi: float
    straight: bool


@dataclass(frozen=True, kw_only=True)
class Curvature:
    """Bounds on the second derivative of ``log y`` in ``log x``, of every smooth curve through the bands.

    Somewhere between the points it is at least `at_least`, and somewhere at most `at_most`. If it is constant
    it lies in ``[at_least, at_most]``; where that is empty, no parabola passes through the bands either.
    """

    at_least: float
    at_most: float

    @property
    def convex(self) -> bool:
        """Whether every curve through the bands bends upward somewhere."""
        return self.at_least > 0

    @property
    def concave(self) -> bool:
        """Whether every curve through the bands bends downward somewhere."""
        return self.at_most < 0

    @property
    def excluded_from_zero(self) -> bool:
        """Whether no straight line passes through the bands."""
        return self.convex or self.concave


@dataclass(frozen=True, kw_only=True)
class Rate:
    """What simultaneous bands say of an exponent.

    `slope` and `decades` are those of the `points` kept after `dropped` leading ones; `curvature`, and the
    local exponent that is somewhere at least `somewhere_at_least` and somewhere at most `somewhere_at_most`,
    are those of all points.
    """

    slope: SlopeInterval
    curvature: Curvature
    somewhere_at_least: float
    somewhere_at_most: float
    points: int
    decades: float
    dropped: int

    def describe(self) -> str:
        """One line: the exponent, what it rests on, what was dropped, how it bends."""
        kept = f"{self.points} points over {self.decades:.3g} decades"
        if self.dropped:
            kept += f", {self.dropped} leading dropped as burn-in"
        if self.slope.straight:
            found = f"exponent in [{self.slope.lo:.4g}, {self.slope.hi:.4g}] ({kept})"
        else:
            found = (
                f"no exponent: no power law passes through the last {kept}; the local exponent is at least "
                f"{self.somewhere_at_least:.4g} somewhere, at most {self.somewhere_at_most:.4g} somewhere"
            )
        if not self.curvature.excluded_from_zero:
            return found
        ways = [name for name in ("convex", "concave") if getattr(self.curvature, name)]
        return f"{found}; curvature excluded from zero ({' and '.join(ways)} in log-log)"


def rate(x: npt.ArrayLike, lo: npt.ArrayLike, hi: npt.ArrayLike) -> Rate:
    """The exponent of a positive quantity in `x`, with its curvature, after a burn-in by a stated rule.

    The rule: the leading point (least `x`) is dropped as long as no straight line passes through all bands
    that are kept in log-log, and at least `FEWEST_POINTS` over `FEWEST_DECADES` would remain. The bands hold
    simultaneously, so choosing the points by looking at them costs nothing; `dropped` is part of the answer.
    If the rule runs out of points the slope is NaN: a bend is reported, never averaged away.

    Parameters
    ----------
    x
        `[K]`, positive and finite: at least three different values over at least one decade, in any order.
    lo, hi
        `[K]`, simultaneous bands in the units of the quantity: ``0 <= lo <= hi``, ``lo`` finite, ``hi > 0``.

    Raises
    ------
    InvalidProblem
        If an argument has the wrong shape or range, or the points are too few or too close.
    """
    log_x, log_lo, log_hi = log_bands(x, lo, hi)
    require_span(x)
    lower, upper = _slope_ends(log_x, log_lo, log_hi)
    dropped, slope = 0, slope_interval(log_x, log_lo, log_hi)
    while not slope.straight and _enough(log_x[dropped + 1 :]):
        dropped += 1
        slope = slope_interval(log_x[dropped:], log_lo[dropped:], log_hi[dropped:])
    return Rate(
        slope=slope,
        curvature=curvature(log_x, log_lo, log_hi),
        somewhere_at_least=lower,
        somewhere_at_most=upper,
        points=log_x.size - dropped,
        decades=_decades(log_x[dropped:]),
        dropped=dropped,
    )


def require_span(x: npt.ArrayLike) -> None:
    """Refuse points of which no rate is told: too few of them, or over less than a decade.

    Parameters
    ----------
    x
        `[K]`, in any order.

    Raises
    ------
    InvalidProblem
        If they are not positive and finite, or fewer than three differ, or they span less than a decade.
    """
    points = np.unique(floats("x", x, (None,)))
    if points.size and points[0] <= 0:
        raise InvalidProblem(f"x must be positive, got x={points.tolist()!r}")
    if points.size < FEWEST_POINTS:
        raise InvalidProblem(
            f"x must hold at least {FEWEST_POINTS} different points, got x={points.tolist()!r}"
        )
    if _decades(np.log(points)) < FEWEST_DECADES:
        raise InvalidProblem(
            f"x must span at least one decade, got x from {points[0]:.6g} to {points[-1]:.6g}"
        )


def curvature(log_x: npt.ArrayLike, log_lo: npt.ArrayLike, log_hi: npt.ArrayLike) -> Curvature:
    """Bounds on the second derivative of every smooth curve through the bands.

    For ``x_i < x_j < x_k`` some point between has a second derivative of twice the divided difference
    (Isaacson and Keller, *Analysis of Numerical Methods*, 1966, section 6.1)

        y_i / ((x_i - x_j)(x_i - x_k)) + y_j / ((x_j - x_i)(x_j - x_k)) + y_k / ((x_k - x_i)(x_k - x_j)),

    whose weights have signs +, -, +: its interval over the bands has a closed form. `at_least` is the largest
    lower end over all triples, `at_most` the least upper end. A line passes through all bands exactly if one
    passes through every three of them (Helly's theorem in the plane of slope and intercept), so zero is
    excluded exactly where `slope_interval` finds no line, for different `x`.

    Parameters
    ----------
    log_x
        `[K]`, finite, at least three different values.
    log_lo, log_hi
        `[K]`, ``log_lo <= log_hi``, ``log_lo < inf`` and ``log_hi > -inf``.

    Raises
    ------
    InvalidProblem
        If an argument has the wrong shape or range.
    """
    x, lo, hi = _bands(log_x, log_lo, log_hi)
    if np.unique(x).size < FEWEST_POINTS:
        raise InvalidProblem(
            f"log_x must hold at least {FEWEST_POINTS} different points, got log_x={x.tolist()!r}"
        )
    if np.any(np.isposinf(lo)) or np.any(np.isneginf(hi)):
        raise InvalidProblem("log_lo must be below infinity and log_hi above minus infinity")
    order = np.argsort(x, kind="stable")
    x, lo, hi = x[order], lo[order], hi[order]
    i, j, k = np.nonzero((x[:, None, None] < x[None, :, None]) & (x[None, :, None] < x[None, None, :]))
    first, last = (x[j] - x[i]) * (x[k] - x[i]), (x[k] - x[i]) * (x[k] - x[j])
    middle = (x[j] - x[i]) * (x[k] - x[j])
    least = lo[i] / first - hi[j] / middle + lo[k] / last
    most = hi[i] / first - lo[j] / middle + hi[k] / last
    return Curvature(at_least=2 * float(np.max(least)), at_most=2 * float(np.min(most)))


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
    x, lo, hi = _bands(log_x, log_lo, log_hi)
    if x.size < 2 or np.ptp(x) == 0:
        raise InvalidProblem(f"log_x must hold two different points at least, got log_x={x.tolist()!r}")
    lower, upper = _slope_ends(x, lo, hi)
    crossed = (x[:, None] == x[None, :]) & (hi[:, None] < lo[None, :])
    if lower > upper or np.any(crossed):
        return SlopeInterval(lo=float("nan"), hi=float("nan"), straight=False)
    return SlopeInterval(lo=lower, hi=upper, straight=True)


def log_bands(x: npt.ArrayLike, lo: npt.ArrayLike, hi: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Logarithms of `x` `[K]` and of positive bands around it, sorted by `x`.

    Raises
    ------
    InvalidProblem
        If an argument has the wrong shape or range.
    """
    points, lows, highs = floats("x", x, (None,)), floats("lo", lo, (None,)), real_array("hi", hi)
    if np.any(points <= 0):
        raise InvalidProblem(f"x must be positive, got x={points.tolist()!r}")
    if lows.shape != points.shape or highs.shape != points.shape:
        raise InvalidProblem(
            f"lo and hi must have shape {points.shape}, got shapes {lows.shape} and {highs.shape}"
        )
    right = (lows >= 0) & (lows <= highs) & (highs > 0)
    if not np.all(right):
        worst = int(np.argmin(right))
        raise InvalidProblem(
            f"lo and hi must satisfy 0 <= lo <= hi and hi > 0, "
            f"got [{float(lows[worst])!r}, {float(highs[worst])!r}] at {worst}"
        )
    order = np.argsort(points, kind="stable")
    log_lo = np.log(lows, out=np.full_like(lows, -np.inf), where=lows > 0)
    return np.log(points)[order], log_lo[order], np.log(highs)[order]


def _bands(
    log_x: npt.ArrayLike, log_lo: npt.ArrayLike, log_hi: npt.ArrayLike
) -> tuple[Floats, Floats, Floats]:
    x = floats("log_x", log_x, (None,))
    lo, hi = real_array("log_lo", log_lo), real_array("log_hi", log_hi)
    if lo.shape != x.shape or hi.shape != x.shape:
        raise InvalidProblem(
            f"log_lo and log_hi must have shape {x.shape}, got shapes {lo.shape} and {hi.shape}"
        )
    if not np.all(lo <= hi):
        worst = int(np.argmin(lo <= hi))
        raise InvalidProblem(
            f"log_lo must not exceed log_hi, got [{float(lo[worst])!r}, {float(hi[worst])!r}] at {worst}"
        )
    return x, lo, hi


def _slope_ends(x: Floats, lo: Floats, hi: Floats) -> tuple[float, float]:
    """Largest lower and least upper bound of the slope between two points, over all pairs.

    By the mean value theorem every smooth curve through the bands is somewhere at least, and somewhere at
    most, that steep, whether they cross or not.
    """
    run = x[:, None] - x[None, :]
    rise = hi[:, None] - lo[None, :]
    forward = run > 0
    upper = float(np.min(rise[forward] / run[forward]))
    # The same pairs seen from the other end: b >= (lo_k - hi_j)/(x_k - x_j).
    lower = float(np.max(-(rise.T[forward] / run[forward])))
    # Minus zero is zero, and reads like it.
    return lower + 0.0, upper + 0.0


def _decades(log_x: Floats) -> float:
    # A decade up to rounding is a decade.
    return round(float(np.ptp(log_x)) / math.log(10), 12)


def _enough(log_x: Floats) -> bool:
    return np.unique(log_x).size >= FEWEST_POINTS and _decades(log_x) >= FEWEST_DECADES
