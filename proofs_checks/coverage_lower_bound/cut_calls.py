"""What a strong call is worth on the published instance, cut at zero or not: measures and bounds of LE2.

Letters: `d` dimension, `C` = 1/e0, ``a = C - 1``, ``mu = E e^{u_1/beta}``, `u` uniform on the unit sphere of
R^d, ``h(s) = e^{s/beta} / (e^{s/beta} + a)``.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from explore_theory.harness import Case, Measurement, Trial
from proofs_checks.coverage_lower_bound import layers
from proofs_checks.coverage_lower_bound.strong_calls import Point, worth

#: What a call is worth at most, over ``max{e0, e^{-beta^2 d/2}}``; a decimal, rounded up.
CONSTANT = Fraction("1.0816")
#: Jensen loses as little as 1e-20 of the value at the corner of the grid.
BITS, TOLERANCE = 192, 2.0**-90


def jensen(a: Any, mu: Any) -> Any:
    """``(1 + a mu)/(1 + a^2 + 2 a mu)``, for balls and jets."""
    return (1 + a * mu) / (1 + a * a + 2 * a * mu)


def centred(function: Callable[[Any], Any]) -> Callable[[Sequence[Any]], Any]:
    """A `function` of one jet in its mean value form, closer on short boxes, for `largest_ratio`."""
    from explore_theory.certify.intervals import Interval, interval
    from explore_theory.certify.jets import Jet

    def at(x: Sequence[Any]) -> Any:
        found = function(x[0])
        if not found.slopes:
            return found
        box = x[0].value
        middle = ((box.lo + box.hi) / 2).mid()
        value = function(Jet(interval(middle))).value + found.slopes[0] * (box - interval(middle))
        low, high = max(found.value.lo, value.lo), min(found.value.hi, value.hi)
        return Jet(Interval(low, high, found.value.moves), found.slopes)

    return at


def over_jensen(points: Sequence[Point], *, power: int = 1, radius: float = 1.0) -> Measurement:
    """``E h(radius u_1)`` over the first bound of (1); with `power` zero as if ``mu`` were one."""
    from explore_theory.certify.balls import ball, ends, precision
    from explore_theory.certify.needle import repeated_hit, tilt_mean

    def ratio(p: Point) -> tuple[float, float]:
        hit = repeated_hit(p.dimension, p.coverage, p.beta, calls=1, radius=radius, tolerance=TOLERANCE)
        return ends(hit / jensen(ball(p.coverage) - 1, tilt_mean(p.dimension, p.beta) ** power))

    with precision(BITS):
        found = np.array([ratio(point) for point in points])
    return Measurement(
        lo=found[:, 0],
        hi=found[:, 1],
        effort=len(points),
        unit="integrals",
        witness=lambda k: points[k].witness(),
    )


def by_maximum(point: Point, factor: Fraction = CONSTANT) -> Any:
    """The second bound of (1)."""
    from explore_theory.certify.balls import ball

    masses = 1 / ball(point.coverage), (-(ball(point.beta) ** 2) * point.dimension / 2).exp()
    return ball(factor) * (masses[0] if masses[0] > masses[1] else masses[1])


def by_cap(point: Point, *, share: Fraction = Fraction(1, 2), power: int = 1) -> Any:
    """``e^power e0 + share e^{-beta^2 d/2}``, the printed route."""
    from explore_theory.certify.balls import ball

    cap = (-(ball(point.beta) ** 2) * point.dimension / 2).exp()
    return ball(power).exp() / ball(point.coverage) + ball(share) * cap


def by_own_cap(point: Point, share: Fraction = Fraction(1)) -> Any:
    """``g + share P(u_1 > beta)``."""
    from explore_theory.certify.balls import ball
    from explore_theory.certify.sphere import cap_probability

    g = 1 / (1 + (ball(point.coverage) - 1) * ball(-1).exp())
    return g + ball(share) * (cap_probability(point.dimension, point.beta) if point.beta <= 1 else 0)


def cut(points: Sequence[Point]) -> Measurement:
    """``E h(u_1^+)`` at every point, by layers."""
    found = np.array([_cut(point) for point in points])
    return Measurement(
        lo=found[:, 0],
        hi=found[:, 1],
        effort=len(points) * layers.LAYERS,
        unit="layers",
        witness=lambda k: points[k].witness(),
    )


@cache
def _cut(point: Point) -> tuple[float, float]:
    """Ends of ``E h(u_1^+)``."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        odds, scale = ball(point.coverage) - 1, ball(point.radius) / ball(point.beta)

    def hit(t: Any) -> Any:
        return 1 / (1 + odds * (-t * scale).exp()) if t > 0 else 1 / (1 + odds)

    return layers.average(point.dimension, hit)


def cost_of_cut(points: Sequence[Point]) -> Measurement:
    """``E h(u_1^+) / E h(u_1)`` at every point."""
    above, plain = cut(points), worth(points)
    return Measurement(
        lo=np.nextafter(above.lo / plain.hi, 0),
        hi=np.nextafter(above.hi / plain.lo, 9),
        effort=above.effort,
        unit="layers",
        witness=above.witness,
    )


def at(slug: str, *points: tuple[int, float, float], tight: bool = False) -> Case:
    """A case of up to three points ``(d, C, beta)``."""
    params: dict[str, float] = {}
    for k, (d, c, beta) in enumerate(points):
        params |= {f"d{k}": d, f"C{k}": c, f"beta{k}": beta}
    return Case(slug=slug, params=params, tight=tight)


def listed(trial: Trial) -> Sequence[Point]:
    """The points of such a case."""
    params = trial.case.params
    return [
        Point(int(params[f"d{k}"]), float(params[f"C{k}"]), float(params[f"beta{k}"]))
        for k in range(len(params) // 3)
    ]
