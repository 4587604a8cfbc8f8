"""The hidden needle with proved errors: what strong calls are worth, and the series of the tilt.

Letters: `d` dimension, `C` coverage, `u` uniform on the unit sphere of R^d (``+1`` or ``-1`` for ``d = 1``),
``h(s) = e^{s/beta} / (e^{s/beta} + C - 1)`` the probability that a strong call with ``<theta, u> = s`` hits.

Sources: the hidden needle instantiates Theorem 2.1 of Foster, Mhammedi and Rohatgi (COLT 2025, arXiv
2503.07453v2); NIST Digital Library of Mathematical Functions, 10.25 and 16.2 (the series 0F1).
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from flint import acb, arb, ctx

from explore_theory.certify.balls import Ball, ball, ends, precision
from explore_theory.certify.intervals import Interval, hull
from explore_theory.certify.jets import Jet
from explore_theory.certify.sphere import integral, sphere_average
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import above, positive, whole

#: Working precision: ``1 - (1-h)^T`` loses up to 40 bits at ``h = 1e-12``, and ``d = 10^6`` another 20.
BITS = 128
#: Goal for the relative width of an average.
TOLERANCE = 2.0**-36


@lru_cache(maxsize=4096, typed=True)
def hit_probability(dimension: int, coverage: float, beta: float, radius: float = 1.0) -> tuple[float, float]:
    """Ends of ``E_u h(radius u_1)``: one strong call at ``|theta| = radius`` hits.

    Parameters
    ----------
    dimension, coverage, beta
        ``d >= 1``, ``C > 1``, ``beta > 0`` (units of reward).
    radius
        ``|theta| >= 0``; at most one for a learner that keeps the rules.

    Returns
    -------
    tuple of float
        ``lo <= E_u h(radius u_1) <= hi``, apart by about 1e-9 relative for ``d`` to 10^6, ``C`` to 1e12 and
        ``beta`` from 1e-3.

    Raises
    ------
    InvalidProblem
        If a parameter is out of its range.
    """
    with precision(BITS):
        return ends(repeated_hit(dimension, coverage, beta, calls=1, radius=radius))


def repeated_hit(
    dimension: int,
    coverage: float,
    beta: float,
    *,
    calls: int,
    radius: float = 1.0,
    tolerance: float = TOLERANCE,
) -> Ball:
    """``1 - E_u (1 - h(radius u_1))^T``: at least one of ``T`` calls at one ``theta`` hits.

    Parameters as for `hit_probability`, ``T = calls >= 1``, and the relative width to aim at.
    """
    d, calls = whole("dimension", dimension, least=1), whole("calls", calls, least=1)
    positive("tolerance", tolerance)
    odds = _odds(coverage)
    tilt = _radius(radius) / ball(positive("beta", beta))

    def response(x: Any) -> Any:
        if calls == 1:
            return 1 / (1 + odds * (-x).exp())
        return 1 - (1 / (1 + x.exp() / odds)) ** calls

    # (1-h)^T is one or zero to all digits only where x is further than log T from the transition.
    centre = abs(math.log(coverage - 1)) + math.log(calls)
    return sphere_average(d, response, tilt, goal=_goal(coverage, tolerance), centre=centre)


def plane_sequence(coverage: float, beta: float, calls: Sequence[tuple[float, float]]) -> Ball:
    """``1 - E_u prod_i (1 - h(<theta_i, u>))`` for any sequence of calls in the plane, ``d = 2``.

    Parameters
    ----------
    coverage, beta
        ``C > 1``, ``beta > 0``.
    calls
        ``(radius, angle)`` of each ``theta_i``.
    """
    odds, scale = _odds(coverage), ball(positive("beta", beta))
    for _, angle in calls:
        above("angle", angle, -math.inf)
    polar = [(_radius(radius) / scale, ball(angle)) for radius, angle in calls]

    def hit(a: Any, _: bool) -> Any:
        miss = acb(1)
        for tilt, angle in polar:
            miss *= 1 - 1 / (1 + odds * (-tilt * (a - angle).cos()).exp())
        return 1 - miss

    turn = 2 * arb.pi()
    return integral(hit, arb(0), turn, goal=_goal(coverage) * turn) / turn


def tilt_mean(dimension: int, beta: float) -> Ball:
    """``m = E_u e^{u_1/beta} = 0F1(; d/2; 1/(4 beta^2))``, ``d >= 1`` (``cosh(1/beta)`` for ``d = 1``)."""
    d, scale = ball(whole("dimension", dimension, least=1)), ball(positive("beta", beta))
    return tilt_series(d / 2, 1 / (4 * scale * scale))


def tilt_series(order: Ball, argument: Ball) -> Ball:
    """``0F1(; b; z) = sum_k z^k / (k! (b)_k)`` for ``b > 0``, ``z >= 0``; DLMF 16.2.1.

    All terms are positive, so nothing cancels. Summed until the rest, bounded by a geometric series, is below
    the working precision. (Arb's own evaluation turns to an asymptotic series for large ``z`` whatever ``b``
    is, and keeps no digit at ``b = 500``, ``z = 250000``.)
    """
    if not (order > 0 and argument >= 0 and argument.is_finite()):
        raise InvalidProblem(
            f"order must be positive and argument at least 0, got order={order!s}, argument={argument!s}"
        )
    total = term = ball(1)
    k = 0
    while True:
        term = term * argument / ((k + 1) * (order + k))
        k += 1
        # Ratios of successive terms fall with k: once below 1/2, this term and all later sum to twice this.
        halving = argument / ((k + 1) * (order + k)) < 0.5
        if halving and 2 * term < total * arb(2) ** -ctx.prec:
            return total + (2 * term).union(ball(0))
        total = total + term


def log_tilt_excess(dimension: int, argument: Jet) -> Jet:
    """``log 0F1(; b; z) - z/b`` over a box of ``z >= 0``, ``b = d/2``: zero at zero, and decreasing.

    Its slope is ``(F_{b+1}/F_b - 1)/b`` with ``F_b' = F_{b+1}/b``. The ratio is at most one, term by term,
    and falls with ``z``, because the ratio ``b/(b+k)`` of the coefficients of ``z^k`` falls with ``k``
    (Biernacki and Krzyz, 1955). So the ends of value and slope over the box are their values at its ends.
    """
    order = ball(whole("dimension", dimension, least=1)) / 2
    sides = argument.value.lo, argument.value.hi
    values = [tilt_series(order, z).log() - z / order for z in sides]
    ratios = [tilt_series(order + 1, z) / tilt_series(order, z) for z in sides]
    slope = hull(*((ratio - 1) / order for ratio in ratios))
    falling = Interval(slope.lo, min(slope.hi, ball(0)))
    return Jet(hull(*values), tuple(falling * s for s in argument.slopes))


def _odds(coverage: float) -> Ball:
    """``C - 1`` from a float ``C > 1``, exactly."""
    return ball(above("coverage", coverage, 1.0)) - 1


def _radius(radius: float) -> Ball:
    """`radius` as a ball, refused unless it is finite and at least zero."""
    return ball(0 if radius == 0 else positive("radius", radius))


def _goal(coverage: float, tolerance: float = TOLERANCE) -> float:
    """Absolute error to aim at: a small share of ``min(1/C, 1/2) <= E h(radius u_1)``.

    ``E h`` is ``1/C`` at radius 0; it grows with the radius for ``C >= 2`` and falls towards 1/2 below.
    """
    return tolerance * min(1 / coverage, 0.5)
