"""C3b: what one strong call is worth, and that T calls are worth at most T times as much.

Statement. One call at ``|theta| <= 1`` meets the hidden needle with probability at most ``max(1/C, E_u
h(u_1))``: at ``theta = 0`` the call hits with ``1/C``; for ``C >= 2`` the probability increases with
``|theta|``, so the second is larger, and for ``C <= 2`` it decreases, so the first is. ``T`` calls, at any
parameters, meet it with probability at most ``T max(1/C, E_u h(u_1))``.

Why. Let ``c = C - 1`` and ``y = e^{s/beta}``. With u, also -u, so what counts is
``h(s) + h(-s) = 1 - (c^2 - 1) / (1 + c^2 + c (y + 1/y))``, which increases with ``|s|`` for ``c >= 1`` and
decreases for ``c <= 1``. For `T` calls, the union bound.

What is checked. The identity, and both directions of monotony, by computer algebra for all ``c`` and ``s``.
(In one dimension that is all there is.) ``E_u h(<theta, u>)`` for ``|theta| < 1`` against the bound by
certified quadrature, ``d`` from 2 to 10^6, ``C`` from 1.1 to 1e12, ``beta`` from 1e-3 to 1. ``T`` from 2 to
10^6 calls at one parameter, and sequences of random parameters in the plane. At four points the quadrature
against a second route, layer by layer from the probabilities of caps, to two per cent.

What is not. Sequences of different parameters beyond the plane.

Why trust it. The two halves of the argument are proved for all values; the integrals are enclosed without
them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explore_theory.harness import Bound, Case, Check, Claim, Evidence, FalseVariant, Measurement, Trial
from proofs_checks.coverage_lower_bound.layers import average, second_route
from proofs_checks.coverage_lower_bound.strong_calls import (
    SOURCE,
    Point,
    bounded_by,
    by_dimension,
    case,
    covered,
    grid,
    longer,
    worth,
)

#: Lengths of parameters strictly between zero and one, where the two sides differ.
RADII = (0.3, 0.6, 0.9)
#: Temperatures at which they differ by more than quadrature can miss.
SEPARATED = {"least_coverage": 1.1, "most_beta": 1.0}


def best_call(point: Point) -> tuple[float, float]:
    """Ends of ``max(1/C, E_u h(u_1))``."""
    (lo, hi), base = longest_call(point), base_mass(point.coverage)
    return max(lo, base[0]), max(hi, base[1])


def longest_call(point: Point) -> tuple[float, float]:
    """Ends of ``E_u h(u_1)``."""
    from explore_theory.certify.needle import hit_probability

    return hit_probability(point.dimension, point.coverage, point.beta)


def base_mass(coverage: float) -> tuple[float, float]:
    """Ends of ``1/C``."""
    from explore_theory.certify.balls import ball, ends

    return ends(1 / ball(coverage))


# --- the pair h(s) + h(-s), for all values -----------------------------------------------------------------


def pair(odds: Any, y: Any) -> Any:
    """``h(s) + h(-s)`` with ``y = e^{s/beta}``."""
    return y / (y + odds) + 1 / (1 + odds * y)


def symbols() -> tuple[Any, ...]:
    """``c`` on the far side of one, and ``1 <= y1 <= y2``, by what they exceed one and each other."""
    import sympy as sp

    return tuple(sp.symbols("excess y_excess y_step", positive=True))


def pair_identity(_: Trial, *, sign: int = -1) -> Measurement:
    """``h(s) + h(-s)`` over ``1 - (c^2 + sign)/(1 + c^2 + c (y + 1/y))``; the `sign` is minus."""
    import sympy as sp

    from explore_theory.certify import symbolic

    c, y = sp.symbols("c y", positive=True)
    return symbolic.ratio(pair(c, y), 1 - (c**2 + sign) / (1 + c**2 + c * (y + 1 / y)))


def pair_monotony(trial: Trial, *, swapped: bool = False) -> Measurement:
    """The largest ratio of the smaller claimed pair to the larger one; they meet where ``y1 = y2``."""
    from explore_theory.certify import symbolic

    excess, y_excess, y_step = symbols()
    above_two = (str(trial.case.params["C"]) == "at least 2") != swapped
    odds = 1 + excess if str(trial.case.params["C"]) == "at least 2" else 1 / (1 + excess)
    inner, outer = pair(odds, 1 + y_excess), pair(odds, 1 + y_excess + y_step)
    left, right = (inner, outer) if above_two else (outer, inner)
    return symbolic.largest_ratio(left, right, equal_at={} if swapped else {y_step: 0})


# --- T calls -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Repeated:
    """Points, and the number of calls at one parameter of length one."""

    points: list[Point]
    calls: int


def repeated(trial: Trial) -> Repeated:
    """The grid of the case."""
    return Repeated(grid(trial), int(trial.case.params["T"]))


def repeated_hits(world: Repeated) -> Measurement:
    """``1 - E_u (1 - h(u_1))^T``."""
    from explore_theory.certify.balls import ends, precision
    from explore_theory.certify.needle import BITS, repeated_hit

    with precision(BITS):
        found = np.array(
            [ends(repeated_hit(p.dimension, p.coverage, p.beta, calls=world.calls)) for p in world.points]
        )
    return Measurement(
        lo=found[:, 0],
        hi=found[:, 1],
        effort=len(found),
        unit="integrals",
        witness=lambda k: {**world.points[k].witness(), "T": world.calls},
    )


def seven_calls(point: Point) -> tuple[float, float]:
    """The same for seven calls at one point, at the length that it says."""
    from explore_theory.certify.balls import ends, precision
    from explore_theory.certify.needle import BITS, repeated_hit

    p = point
    with precision(BITS):
        return ends(repeated_hit(p.dimension, p.coverage, p.beta, calls=7, radius=p.radius))


def seven_by_layers(point: Point, dimension: int) -> tuple[float, float]:
    """``1 - E_u (1 - h)^7`` by the second route, in any dimension."""
    from explore_theory.certify.balls import ball

    odds, scale = ball(point.coverage) - 1, ball(point.radius) / ball(point.beta)

    def met(t: Any) -> Any:
        miss = odds / (odds + (t * scale).exp())
        return 1 - miss**7

    return average(dimension, met)


def times(world: Repeated, *, share: float = 1.0) -> Bound:
    """``T max(1/C, E_u h(u_1))``, or a share of it."""
    one = bounded_by(best_call)(world.points)
    # A float64 product of enclosures: stepped outwards once at either end.
    factor = share * world.calls
    return Bound(lo=np.nextafter(factor * one.lo, 0), hi=np.nextafter(factor * one.hi, np.inf))


@dataclass(frozen=True)
class Plane:
    """Sequences of calls in the plane, as (length, angle), with their coverage and temperature."""

    coverage: float
    beta: float
    sequences: list[list[tuple[float, float]]]


def plane(trial: Trial) -> Plane:
    """One random sequence per row: two to five parameters in the unit disc."""
    uniform = trial.streams.uniform(11)
    sequences = []
    for row in uniform:
        calls = 2 + int(4 * row[0])
        sequences.append([(math.sqrt(row[1 + 2 * i]), 2 * math.pi * row[2 + 2 * i]) for i in range(calls)])
    params = trial.case.params
    return Plane(float(params["C"]), float(params["beta"]), sequences)


def plane_hits(world: Plane) -> Measurement:
    """``1 - E_u prod_i (1 - h(<theta_i, u>))``."""
    from explore_theory.certify.balls import ends, precision
    from explore_theory.certify.needle import BITS, plane_sequence

    with precision(BITS):
        found = np.array([ends(plane_sequence(world.coverage, world.beta, s)) for s in world.sequences])
    return Measurement(
        lo=found[:, 0],
        hi=found[:, 1],
        effort=len(found),
        unit="integrals",
        witness=lambda k: {"T": len(world.sequences[k]), "calls": str(world.sequences[k])},
    )


def plane_bound(world: Plane) -> Bound:
    """``T max(1/C, E_u h(u_1))`` at ``d = 2``."""
    one = bounded_by(best_call)([Point(2, world.coverage, world.beta)])
    calls = np.array([len(sequence) for sequence in world.sequences])
    return Bound(lo=np.nextafter(calls * one.lo, 0), hi=np.nextafter(calls * one.hi, np.inf))


# --- false variants ----------------------------------------------------------------------------------------


def told(points: Sequence[Point]) -> Measurement:
    """A player that is told `u` and calls at it: ``h(1)``."""
    from explore_theory.exact.needle import hit_given_inner

    hits = np.array([float(hit_given_inner(1.0, p.coverage, p.beta)) for p in points])
    return Measurement.exact(hits, error=1e-12 * hits, witness=lambda k: points[k].witness())


def repeated_case(calls: int, **more: Any) -> Case:
    """`T` calls at one parameter, over a grid at d = 100."""
    base = case(100, slug=f"t-{calls}", **more)
    return replace(base, params={**base.params, "T": calls})


def plane_case(slug: str, coverage: float, beta: float) -> Case:
    """Random sequences at one coverage and temperature."""
    return Case(
        slug=slug,
        params={"C": coverage, "beta": beta},
        rows={"quick": 8, "full": 256},
    )


def halved(bound: Bound) -> Bound:
    """Half of `bound`."""
    return Bound(lo=bound.lo / 2, hi=bound.hi / 2)


LAYERS, LAYERS_ELSEWHERE = second_route("by-layers")
REPEATED, REPEATED_ELSEWHERE = second_route("repeated-by-layers", seven_calls, route=seven_by_layers)

CLAIM = Claim(
    id="C3b",
    slug="call-value",
    theorem="coverage_lower_bound",
    title="T strong calls are worth at most T times the best single one",
    statement=(
        "Against the hidden needle one call at |theta| <= 1 hits with probability at most "
        "max(1/C, E_u h(u_1)), which is E_u h(u_1) for C >= 2 and 1/C for C <= 2; T calls meet the needle "
        "with probability at most T times that."
    ),
    formula=(
        r"\mathbb{E}_u h(\langle\theta, u\rangle) \le \max\{1/C, \mathbb{E}_u h(u_1)\}, \quad "
        r"1 - \mathbb{E}_u\prod_{i \le T}(1 - h(\langle\theta_i, u\rangle)) \le "
        r"T \max\{1/C, \mathbb{E}_u h(u_1)\}"
    ),
    relation="<=",
    scope=(
        "Monotony in |theta| for all C and s by computer algebra. Certified quadrature for d to 10^6, C to "
        "1e12, beta from 1e-3 to 1, T to 10^6 at one parameter; random sequences in the plane."
    ),
    source=SOURCE,
    uses=("C3a",),
    checks=(
        LAYERS,
        REPEATED,
        Check(
            slug="pair-identity",
            evidence=Evidence.SYMBOLIC,
            cases=(Case(slug="all", tight=True),),
            measure=pair_identity,
            bound=lambda _: Bound.of(1.0),
            # Of an equality both sides count: below one it would be as wrong.
            relation="==",
        ),
        Check(
            slug="pair-monotony",
            evidence=Evidence.SYMBOLIC,
            cases=(
                Case(slug="above-two", params={"C": "at least 2"}, tight=True),
                Case(slug="below-two", params={"C": "at most 2"}, tight=True),
            ),
            measure=pair_monotony,
            bound=lambda _: Bound.of(1.0),
        ),
        Check(
            slug="one-call",
            evidence=Evidence.CERTIFIED,
            cases=(
                *by_dimension(dimensions=(2, 10, 1000), coverages=4, betas=3, **SEPARATED),
                case(
                    1000, slug="tight", least_beta=0.1, least_coverage=3.0, betas=2, tight=True, most_beta=1.0
                ),
            ),
            instance=lambda trial: grid(trial, RADII),
            measure=worth,
            bound=bounded_by(best_call),
        ),
        Check(
            slug="repeated-calls",
            evidence=Evidence.CERTIFIED,
            cases=(
                repeated_case(2, tight=True, betas=3, most_coverage=1e6),
                repeated_case(1000, betas=3),
                repeated_case(10**6, tiers=("full",)),
            ),
            instance=repeated,
            measure=repeated_hits,
            bound=times,
        ),
        Check(
            slug="plane-sequences",
            evidence=Evidence.CERTIFIED,
            cases=(
                plane_case("warm", 1000.0, 0.5),
                plane_case("cold", 10.0, 0.05),
                plane_case("covered", 1.5, 0.2),
            ),
            instance=plane,
            measure=plane_hits,
            bound=plane_bound,
        ),
    ),
    false_variants=(
        LAYERS_ELSEWHERE,
        REPEATED_ELSEWHERE,
        FalseVariant(
            slug="pair-with-a-plus",
            why="c^2 + 1 in place of c^2 - 1 in the sum of a pair",
            check="pair-identity",
            measure=lambda trial: pair_identity(trial, sign=1),
        ),
        FalseVariant(
            slug="half-of-a-sequence",
            why="a sequence is worth at most half of T times a single call",
            check="plane-sequences",
            bound=lambda world: halved(plane_bound(world)),
        ),
        FalseVariant(
            slug="never-the-base",
            why="E_u h(u_1) alone, false for C < 2, where theta = 0 does better",
            check="one-call",
            bound=bounded_by(longest_call),
            cases=("d-10",),
        ),
        FalseVariant(
            slug="monotony-swapped",
            why="the probability is said to fall with |theta| for C > 2 and to rise for C < 2",
            check="pair-monotony",
            measure=lambda trial: pair_monotony(trial, swapped=True),
        ),
        FalseVariant(
            slug="longer-parameter",
            why="the player may use |theta| = 2",
            check="one-call",
            measure=lambda points: longer(points, 2.0),
            cases=("d-10",),
        ),
        FalseVariant(
            slug="told-the-direction",
            why="the player calls at theta = u",
            check="one-call",
            measure=told,
            cases=("d-10",),
        ),
        FalseVariant(
            slug="covered-needle",
            why="the base policy gives the needle mass 1/2 while C stays in the bound",
            check="one-call",
            measure=covered,
            cases=("d-1000",),
        ),
        FalseVariant(
            slug="half-as-many",
            why="T calls are worth T/2 of the best one",
            check="repeated-calls",
            bound=lambda world: times(world, share=0.5),
            cases=("t-2",),
        ),
    ),
)
