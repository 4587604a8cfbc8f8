"""A second route to averages over the sphere: layer by layer, from the probabilities of caps alone.

The quadrature of `explore_theory.certify` integrates against a density in the angle. Here the half sphere is
cut into layers ``a <= |u_1| <= b``, whose masses are differences of caps (an incomplete beta function), and a
function that increases lies between its values at the ends of each: a proved enclosure, of about one per
cent, that shares neither weight nor normalisation with the first. An average in a wrong dimension shows.

Letters: `d` dimension, `C` coverage, `u` uniform on the unit sphere of R^d.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from explore_theory.harness import Bound, Case, Check, Evidence, FalseVariant, Measurement, Trial, agreement
from proofs_checks.coverage_lower_bound.strong_calls import Point

#: To this share the two routes are shown to agree.
SHARE = 0.02
#: Layers, and how many standard deviations of ``u_1`` they reach before the last one takes the rest.
LAYERS, REACH = 600, 7.0
ONE = Bound.of(1.0)
#: Where a dimension more or less changes the worth of a call by more than `SHARE`.
POINTS = (
    Point(2, 50.0, 0.2),
    Point(3, 10.0, 0.15, 0.7),
    Point(10, 1e6, 0.15),
    Point(6, 1.5, 0.05, 0.4),
    # Here the quadrature encloses what lies far from the transition by its ends alone.
    Point(3, 10.0, 0.005),
)

#: Ends of an average in float64, at a point.
Value = Callable[[Point], tuple[float, float]]
#: Of a ball, increasing on the real line.
Increasing = Callable[[Any], Any]


def average(dimension: int, function: Increasing) -> tuple[float, float]:
    """Ends of ``E_u f(u_1)`` for an increasing `function`, from caps."""
    from explore_theory.certify.balls import ball, ends, precision
    from explore_theory.certify.sphere import cap_probability

    reach = min(1.0, REACH / math.sqrt(dimension))
    heights = [reach * k / LAYERS for k in range(LAYERS + 1)]
    if reach < 1:
        heights.append(1.0)
    with precision(96):
        # Nothing lies beyond the pole; in one dimension everything lies at it.
        caps = [cap_probability(dimension, t) for t in heights[:-1]] + [ball(0)]
        above, below = ([function(ball(sign * t)) for t in heights] for sign in (1, -1))
        low = high = ball(0)
        for k in range(len(heights) - 1):
            mass = caps[k] - caps[k + 1]
            low += mass * (above[k] + below[k + 1])
            high += mass * (above[k + 1] + below[k])
        return ends(low)[0], ends(high)[1]


def hit(point: Point, dimension: int) -> tuple[float, float]:
    """``E_u h(<theta, u>)`` by layers, in any dimension."""
    from explore_theory.certify.balls import ball

    odds, scale = ball(point.coverage) - 1, ball(point.radius) / ball(point.beta)
    return average(dimension, lambda t: 1 / (1 + odds * (-t * scale).exp()))


def tilt(point: Point, dimension: int) -> tuple[float, float]:
    """``E_u e^{u_1/beta}`` by layers, in any dimension."""
    from explore_theory.certify.balls import ball

    scale = 1 / ball(point.beta)
    return average(dimension, lambda t: (t * scale).exp())


def quadrature(point: Point) -> tuple[float, float]:
    """``E_u h(<theta, u>)`` by certified quadrature."""
    from explore_theory.certify.needle import hit_probability

    return hit_probability(point.dimension, point.coverage, point.beta, point.radius)


def over_layers(
    value: Value, route: Callable[[Point, int], tuple[float, float]], *, more: int = 0
) -> Callable[[Sequence[Point]], Measurement]:
    """How far `value` is from what `route` finds in `more` dimensions more: over `SHARE`, one is too far."""

    def ratio(points: Sequence[Point]) -> Measurement:
        first = np.array([value(p) for p in points])
        second = np.array([route(p, p.dimension + more) for p in points])
        return Measurement(
            lo=np.nextafter(first[:, 0] / second[:, 1], 0),
            hi=np.nextafter(first[:, 1] / second[:, 0], np.inf),
            effort=len(points) * LAYERS,
            unit="layers",
            witness=lambda k: points[k].witness(),
        )

    return agreement(ratio, lambda _: ONE, SHARE)


def second_route(
    slug: str,
    value: Value = quadrature,
    *,
    points: Sequence[Point] = POINTS,
    route: Callable[[Point, int], tuple[float, float]] = hit,
) -> tuple[Check, FalseVariant]:
    """A check that `value` agrees with the layers, and the variant in which their dimension is another."""

    def instance(_: Trial) -> Sequence[Point]:
        return points

    check = Check(
        slug=slug,
        evidence=Evidence.CERTIFIED,
        cases=(Case(slug="points"),),
        instance=instance,
        measure=over_layers(value, route),
        bound=lambda _: ONE,
        relation="<=",
    )
    variant = FalseVariant(
        slug=f"{slug}-of-another-dimension",
        why="the layers are those of a sphere of one dimension more",
        check=slug,
        measure=over_layers(value, route, more=1),
    )
    return check, variant
