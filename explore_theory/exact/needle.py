"""The value of one strong call on the hidden needle, in float64, for simulators and plots.

`explore_theory.certify.needle` encloses the same number with proof and costs about ten times as much; the two
are tested against each other.
"""

import math
from functools import cache

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import Floats, above, positive, real_array, whole

#: Gauss-Legendre nodes per panel, and the number of panels on either side of a centre, each half the last.
_NODES, _HALVINGS = 24, 40


def hit_given_inner(inner: npt.ArrayLike, coverage: float, beta: float) -> Floats:
    """``h(s) = e^{s/beta} / (e^{s/beta} + C - 1)``: a strong call at ``theta`` hits with ``h(<theta, u>)``.

    Parameters
    ----------
    inner
        ``s``, any shape, in units of reward.
    coverage, beta
        ``C > 1`` and ``beta > 0`` (units of reward).
    """
    coverage, beta = above("coverage", coverage, 1.0), positive("beta", beta)
    return _hit(real_array("inner", inner), coverage, beta)


def _hit(inner: Floats, coverage: float, beta: float) -> Floats:
    return np.exp(-np.logaddexp(0.0, math.log(coverage - 1.0) - inner / beta))


def hit_probability(dimension: int, coverage: float, beta: float, radius: float = 1.0) -> float:
    """``E_u h(radius u_1)``: one strong call at ``|theta| = radius`` hits, ``u`` uniform on the unit sphere.

    Composite Gauss-Legendre quadrature in the angle ``a``, ``u_1 = sin a``, whose density is proportional to
    ``cos(a)^(d-2)``. Panels halve towards the equator, towards the largest value of the integrand and towards
    the angle where ``h`` is one half, so neither ``d = 10^6`` nor ``beta = 10^-3`` needs more of them.
    Relative error below 1e-9 for ``d`` to 10^6, ``C`` to 1e12, ``beta`` from 1e-3.

    Parameters
    ----------
    dimension, coverage, beta
        ``d >= 1``, ``C > 1``, ``beta > 0`` (units of reward).
    radius
        ``|theta| >= 0``; at most one for a learner that keeps the rules.

    Raises
    ------
    InvalidProblem
        If a parameter is out of its range.
    """
    d = whole("dimension", dimension, least=1)
    coverage, beta, radius = above("coverage", coverage, 1.0), positive("beta", beta), _radius(radius)
    if d == 1:
        return float(hit_given_inner([-radius, radius], coverage, beta).mean())
    mode = _mode(d, coverage, beta, radius)
    half = beta * math.log(coverage - 1.0)
    centres = [0.0, math.asin(mode)] + ([math.asin(half / radius)] if abs(half) < radius else [])
    angle, width = _panels(centres)
    with np.errstate(divide="ignore"):
        log_weight = np.log(width) + (d - 2) * np.log(np.cos(angle)) if d > 2 else np.log(width)
    hit = _hit(radius * np.sin(angle), coverage, beta)
    weight = np.exp(log_weight)
    return float((weight * hit).sum() / weight.sum())


def _radius(radius: float) -> float:
    """`radius` as a finite float that is not negative."""
    if (number := above("radius", radius, -1.0)) < 0:
        raise InvalidProblem(f"radius must be finite and at least 0, got radius={radius!r}")
    return number + 0.0


def _mode(d: int, coverage: float, beta: float, radius: float) -> float:
    """Where ``(1-t^2)^((d-3)/2) h(radius t)``, log-concave for ``d >= 3``, is largest on [0, 1]."""
    if d <= 3:
        return 1.0

    def slope(t: float) -> float:
        miss = 1.0 - float(_hit(np.asarray(radius * t), coverage, beta))
        return radius / beta * miss - (d - 3) * t / (1.0 - t * t)

    low, high = 0.0, 1.0
    for _ in range(50):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
    return 0.5 * (low + high)


def _panels(centres: list[float]) -> tuple[Floats, Floats]:
    """Nodes and weights on ``[-pi/2, pi/2]`` with panels that halve towards every centre."""
    steps = math.pi * 0.5 ** np.arange(_HALVINGS)
    cuts = [np.array([-math.pi / 2, math.pi / 2])]
    cuts += [np.concatenate([centre - steps, [centre], centre + steps]) for centre in centres]
    edges = np.unique(np.clip(np.concatenate(cuts), -math.pi / 2, math.pi / 2))
    nodes, weights = _gauss_legendre()
    half = 0.5 * np.diff(edges)[:, None]
    middle = 0.5 * (edges[1:] + edges[:-1])[:, None]
    return (middle + half * nodes).ravel(), (half * weights).ravel()


@cache
def _gauss_legendre() -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return nodes, weights
