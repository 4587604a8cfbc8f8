"""One coordinate of a uniform point of the unit sphere: caps and averages with proved errors.

Letters: `d` dimension, `u` uniform on the unit sphere of R^d (``+1`` or ``-1`` for ``d = 1``).

Averages are integrals over the angle ``a`` with ``u_1 = sin a``, whose density is proportional to
``cos(a)^(d-2)``: an entire weight for every ``d >= 2``, where the weight ``(1-t^2)^((d-3)/2)`` in ``t = u_1``
has a pole or a branch point at the ends. Arb's integrator notices the poles of a meromorphic function by
itself, since the value on a ball around one is not finite. The tolerances it is given are goals: missing one
widens the enclosure.

Sources: F. Johansson, *Numerical integration in arbitrary-precision ball arithmetic* (ICMS 2018); NIST
Digital Library of Mathematical Functions, 5.12 (beta integral) and 8.17 (incomplete beta function).
"""

from collections.abc import Callable
from typing import Any

from flint import acb, arb

from explore_theory.certify.balls import Ball, ball
from explore_theory.certify.intervals import WHOLE, Interval, hull
from explore_theory.certify.jets import Jet
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import whole

#: Where a cap is so small that Mills' ratio encloses it well and the incomplete beta function gets slow.
_FAR = 9.0
#: Distance past the transition of a response beyond which its values are enclosed by monotonicity alone.
_SATURATED = 40.0
_EVALUATIONS = 10**6

#: Of a complex ball: a meromorphic function that increases on the real line.
Response = Callable[[Any], Any]


def angle_mass(dimension: int) -> Ball:
    """``int cos(a)^(d-2) da`` from -pi/2 to pi/2, ``sqrt(pi) Gamma((d-1)/2) / Gamma(d/2)``, ``d >= 2``."""
    d = ball(whole("dimension", dimension, least=2))
    return arb.pi().sqrt() * (((d - 1) / 2).lgamma() - (d / 2).lgamma()).exp()


def cap_probability(dimension: int, height: Any) -> Ball:
    """``P(u_1 >= t)``, ``0 <= t <= 1``: exactly 1/2 at ``t = 0`` (by symmetry) and everywhere for ``d = 1``.

    Half the regularised incomplete beta function ``I_{1-t^2}((d-1)/2, 1/2)``, from the side on which its
    argument is exact.
    """
    d, t, half = whole("dimension", dimension, least=1), ball(height), ball(1) / 2
    if not (t >= 0 and t <= 1):
        raise InvalidProblem(f"height must lie in [0, 1], got height={t!s}")
    if d == 1 or t.is_zero():
        return half
    order, square = ball(d - 1) / 2, t * t
    if d * square < 1:
        return (1 - square.beta_lower(half, order, regularized=True)) / 2
    return (1 - square).beta_lower(order, half, regularized=True) / 2


def log_cap(dimension: int, height: Jet, *, sides: int = 1) -> Jet:
    """``log P(u_1 >= t)`` over a box of ``t`` in ``[0, 1]``, with its slopes where caps are not tiny.

    With two `sides`, ``log P(|u_1| >= t)``, which is log 2 more and exactly zero at ``t = 0``. `P` decreases,
    so its ends over the box are its values at the ends.
    """
    whole("dimension", dimension, least=1)
    whole("sides", sides, least=1, most=2)
    lo, hi = height.value.lo, height.value.hi
    if not lo >= 0:
        raise InvalidProblem(f"height must be at least 0, got a box from height={lo!s}")
    if dimension == 1:
        return Jet(hull((ball(sides) / 2).log()), tuple(Interval(arb(0), arb(0)) for _ in height.slopes))
    value = Interval(_log_cap(dimension, hi, sides).lo, _log_cap(dimension, lo, sides).hi)
    slope = WHOLE
    if dimension * hi * hi < _FAR and hi < 0.99:
        # d/dt log P = -density / P, and the density is monotone, so its ends are its values at the ends.
        density = _density(dimension, lo).union(_density(dimension, hi))
        tail = cap_probability(dimension, lo).union(cap_probability(dimension, hi))
        slope = hull(-density / tail)
    return Jet(value, tuple(slope * s for s in height.slopes))


def sphere_average(
    dimension: int, response: Response, tilt: Ball, *, goal: float, centre: float = 0.0
) -> Ball:
    """``E_u f(tilt u_1)`` for a meromorphic `response` ``f`` that increases on the real line.

    By symmetry the average of ``f(x)`` and ``f(-x)`` over the half sphere. Where ``x`` exceeds `centre` by
    more than 40 both are enclosed between their values at the ends, and only the mass of the cap is needed.

    Parameters
    ----------
    dimension, response, tilt
        ``d >= 1``, ``f`` and ``tilt >= 0``.
    goal
        Absolute error to aim at.
    centre
        Beyond ``|x| = centre + 40`` the response is constant for all purposes.
    """
    whole("dimension", dimension, least=1)
    if not (tilt >= 0 and goal > 0 and centre >= 0):
        raise InvalidProblem(
            f"tilt and centre must be at least 0 and goal positive, got tilt={tilt!s}, centre={centre!r}, "
            f"goal={goal!r}"
        )
    if dimension == 1:
        return (response(tilt) + response(-tilt)) / 2
    edge = ball(centre + _SATURATED)
    saturates = bool(tilt > edge)
    angle = (edge / tilt).asin() if saturates else arb.pi() / 2

    def weighted(a: Any, _: bool) -> Any:
        x = tilt * a.sin()
        return (response(x) + response(-x)) * a.cos() ** (dimension - 2)

    mass = angle_mass(dimension)
    average = integral(weighted, arb(0), angle, goal=goal * mass) / mass
    if saturates:
        above = response(edge).union(response(tilt))
        below = response(-tilt).union(response(-edge))
        average += (above + below) * cap_probability(dimension, edge / tilt)
    return average


def integral(function: Callable[[Any, bool], Any], start: Ball, end: Ball, *, goal: Ball) -> Ball:
    """The integral of a meromorphic `function`, real on the real line, aimed at the absolute error `goal`."""
    return acb.integral(function, start, end, rel_tol=arb(0), abs_tol=goal, eval_limit=_EVALUATIONS).real


def _density(dimension: int, height: Ball) -> Ball:
    """The density of ``u_1`` at ``0 <= t < 1``, ``d >= 2``."""
    return (1 - height * height) ** (ball(dimension - 3) / 2) / angle_mass(dimension)


def _log_cap(dimension: int, height: Ball, sides: int) -> Interval:
    """``log (sides P(u_1 >= t))`` at one exact ``t``, ``d >= 2``.

    Far out by Mills' ratio. With ``I = int_t^1 (1-s^2)^((d-3)/2) ds`` and
    ``U = (1-t^2)^((d-1)/2) / ((d-1) t)``: ``I <= U`` because ``s/t >= 1`` under the integral, and integrating
    ``s (1-s^2)^((d-3)/2) / s`` by parts gives ``I >= U / (1 + (1-t^2)/((d-1) t^2))``.
    """
    square = height * height
    if not square < 1:
        return Interval(arb.neg_inf(), arb.neg_inf())
    if dimension * square < _FAR:
        return hull((sides * cap_probability(dimension, height)).log())
    order = ball(dimension - 1)
    upper = order / 2 * (1 - square).log() - (order * height * angle_mass(dimension) / sides).log()
    lower = upper - ((1 - square) / (order * square)).log1p()
    return hull(upper, lower)
