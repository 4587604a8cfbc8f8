"""Shared by the claims about the value of a strong call: points in (coverage, beta) by dimension."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from explore_theory.harness import Bound, Case, Measurement, Trial

SOURCE = (
    "Our explicit instantiation of Theorem 2.1 of Foster, Mhammedi and Rohatgi, Is a Good Foundation "
    "Necessary for Efficient Reinforcement Learning? (COLT 2025, arXiv 2503.07453v2)."
)

#: Every dimension tried by quadrature; the quick tier takes `FEW`.
DIMENSIONS = (1, 2, 3, 4, 6, 10, 30, 100, 1000, 10**4, 10**5, 10**6)
FEW = (1, 2, 3, 10, 1000, 10**6)


@dataclass(frozen=True)
class Point:
    """One call: dimension, coverage, temperature, and the length of its parameter."""

    dimension: int
    coverage: float
    beta: float
    radius: float = 1.0

    def witness(self) -> dict[str, float]:
        """For the report."""
        return {"d": self.dimension, "C": self.coverage, "beta": self.beta, "|theta|": self.radius}


def grid(trial: Trial, radii: Sequence[float] = (1.0,)) -> list[Point]:
    """The points of the case: excess of coverage over one, and beta, on logarithmic grids."""
    params = trial.case.params
    ends = {name: float(params[name]) for name in ("least C", "most C", "least beta", "most beta")}
    odds = np.geomspace(ends["least C"] - 1, ends["most C"] - 1, int(params["coverages"]))
    coverages = [1 + float(c) for c in odds]
    betas = [float(b) for b in np.geomspace(ends["least beta"], ends["most beta"], int(params["betas"]))]
    return [Point(int(params["d"]), c, b, r) for c, b, r in product(coverages, betas, radii)]


def case(
    dimension: int,
    *,
    coverages: int = 5,
    betas: int = 5,
    least_coverage: float = 1.5,
    most_coverage: float = 1e12,
    least_beta: float = 1e-3,
    most_beta: float = 10.0,
    slug: str = "",
    **more: Any,
) -> Case:
    """One dimension with its grid."""
    return Case(
        slug=slug or f"d-{dimension}",
        params={
            "d": dimension,
            "coverages": coverages,
            "betas": betas,
            "least C": least_coverage,
            "most C": most_coverage,
            "least beta": least_beta,
            "most beta": most_beta,
        },
        **more,
    )


def by_dimension(*, dimensions: Sequence[int] = FEW, **grid_size: Any) -> tuple[Case, ...]:
    """A coarse grid for a few dimensions in both tiers, a fine one for all in the full tier."""
    fine = grid_size | {"coverages": 9, "betas": 9}
    lowest = min(dimensions)
    return tuple(case(d, **grid_size) for d in dimensions) + tuple(
        case(d, slug=f"d-{d}-fine", tiers=("full",), **fine) for d in DIMENSIONS if d >= lowest
    )


def worth(points: Sequence[Point]) -> Measurement:
    """``E_u h(<theta, u>)`` at every point, by certified quadrature."""
    from explore_theory.certify.needle import hit_probability

    found = np.array([hit_probability(p.dimension, p.coverage, p.beta, p.radius) for p in points])
    return Measurement(
        lo=found[:, 0],
        hi=found[:, 1],
        effort=len(points),
        unit="integrals",
        witness=lambda k: points[k].witness(),
    )


def longer(points: Sequence[Point], factor: float) -> Measurement:
    """A wrong world: parameters `factor` times as long as ``Theta`` allows."""
    return worth([replace(point, radius=factor * point.radius) for point in points])


def covered(points: Sequence[Point]) -> Measurement:
    """A wrong world: the base policy gives the needle mass 1/2, while C stays in the bound."""
    return worth([replace(point, coverage=2.0) for point in points])


def bounded_by(formula: Callable[[Point], Any]) -> Callable[[Sequence[Point]], Bound]:
    """The bound that is the ball (or pair of float64 ends) `formula` at every point."""

    def bound(points: Sequence[Point]) -> Bound:
        from explore_theory.certify.balls import ends, precision
        from explore_theory.certify.needle import BITS

        with precision(BITS):
            found = [formula(point) for point in points]
            pairs = np.array([f if isinstance(f, tuple) else ends(f) for f in found])
        return Bound(lo=pairs[:, 0], hi=pairs[:, 1])

    return bound
