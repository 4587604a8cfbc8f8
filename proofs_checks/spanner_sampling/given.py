"""S3 and S4 on a problem that a user brings: its features as a sequence, and scores linear in them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.claims import Bound, Measurement, Trial, laws
from proofs_checks.framework.given import has_features
from proofs_checks.framework.given_tables import Table, on_table

Floats = npt.NDArray[np.float64]

LENGTH = 512
MOST_DIMENSION = 256


# --- S3 --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Sequence:
    """Features `[T, d]` of responses; all responses have features of length `longest` at most."""

    features: Floats
    longest: float


def small(problem: Any) -> str:
    """Why its features are not played as a sequence; empty if they are."""
    d = problem.features.shape[-1]
    if d > MOST_DIMENSION:
        return f"features must have dimension at most {MOST_DIMENSION}, got {d}"
    return "features must not all be zero" * (not problem.features.any())


def sequence(trial: Trial) -> Sequence:
    """Features of responses at prompts of ``rho``: drawn from the base policy, and evenly, in turn."""
    problem = trial.given
    uniform = trial.streams.uniform(2 * LENGTH).reshape(2, LENGTH)
    prompts = np.minimum(np.searchsorted(np.cumsum(problem.prompt_mass), uniform[0]), len(problem.base) - 1)
    count = problem.base.shape[1]
    responses = [
        min(int(np.searchsorted(np.cumsum(problem.base[x]), u)) if t % 2 else int(u * count), count - 1)
        for t, (x, u) in enumerate(zip(prompts, uniform[1], strict=True))
    ]
    longest = float(np.sqrt((problem.features**2).sum(axis=-1)).max())
    return Sequence(problem.features[prompts, responses], longest)


def potential(world: Sequence) -> Measurement:
    """``sum_t min(1, |phi_t|^2)`` in the norm of the inverse covariance, at ``lambda = L^2``."""
    d, total = world.features.shape[1], 0.0
    covariance = world.longest**2 * np.eye(d)
    for phi in world.features:
        total += min(1.0, float(phi @ np.linalg.solve(covariance, phi)))
        covariance += np.outer(phi, phi)
    # Condition numbers are at most 1 + T; T terms.
    error = 64 * np.finfo(float).eps * LENGTH * (LENGTH + d)
    return Measurement.exact([total], error=error, effort=LENGTH, unit="vectors")


def allowed(world: Sequence, constant: float = 2.0, dimension: bool = True) -> Bound:
    """``2 d log(1 + T L^2/(d lambda))`` at ``lambda = L^2``."""
    length, d = world.features.shape
    return Bound.of([constant * (d if dimension else 1) * np.log1p(length / d)], error=1e-12 * d)


POTENTIAL = on_table(
    "given",
    kinds=("tabular",),
    applies=small,
    world=sequence,
    measure=potential,
    bound=allowed,
    variants=(
        ("given-half", "half of it", {"bound": lambda w: allowed(w, 1.0)}),
        ("given-a-tenth", "a tenth of it", {"bound": lambda w: allowed(w, 0.2)}),
        ("given-no-dimension", "without the dimension", {"bound": lambda w: allowed(w, dimension=False)}),
    ),
)


# --- S4 --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Tilts:
    """The problem, and pairs of scores `[X, N]` over ``beta``: of ``theta`` and of another parameter."""

    table: Table
    pairs: tuple[tuple[Floats, Floats], ...]

    def rounding(self) -> float:
        """What float64 may do to either side: logarithms of size `L`, averaged."""
        size = self.table.size() + max(
            float(np.ptp(score, axis=-1).max()) for pair in self.pairs for score in pair
        )
        return float(16 * np.finfo(float).eps * size * (1 + size))


def tilts(trial: Trial) -> Tilts:
    """Pairs of linear scores whose ranges are about 1 and about 3 in units of beta."""
    problem = trial.given
    d = problem.features.shape[-1]
    directions = trial.streams.normal(8 * d).reshape(4, 2, d)
    pairs = []
    for spread, pair in zip((1.0, 1.0, 3.0, 3.0), directions, strict=True):
        scores = [(problem.features * direction).sum(axis=-1) for direction in pair]
        ranges = [float(np.ptp(score, axis=-1).max()) for score in scores]
        pairs.append(tuple(spread * s / r if r > 0 else s for s, r in zip(scores, ranges, strict=True)))
    return Tilts(Table(problem, ()), tuple((first, second) for first, second in pairs))


def divergence(world: Tilts) -> Measurement:
    """``KL(pi_f || pi_g)`` at every prompt, of every pair."""
    found = []
    for f, g in world.pairs:
        first, second = (laws.log_normalise(world.table.log_base + score) for score in (f, g))
        found.append(laws.kl(first, second))
    values = np.concatenate(found)
    return Measurement.exact(values, error=world.rounding(), effort=len(values), unit="pairs of policies")


def cumulant(world: Tilts, *, sign: float = 1.0, second_order: bool = False) -> Bound:
    """``log E_f e^D - E_f D``, ``D = (g - f)/beta``; wrong as a false variant says."""
    found = []
    for f, g in world.pairs:
        law = laws.log_normalise(world.table.log_base + f)
        exponent = sign * (g - f)
        mean = laws.expectation(law, exponent)
        if second_order:
            found.append(0.5 * laws.expectation(law, (exponent - mean[:, None]) ** 2))
        else:
            found.append(laws.log_sum_exp(law + exponent) - mean)
    return Bound.of(np.concatenate(found), error=world.rounding())


DIVERGENCE = on_table(
    "given",
    kinds=("tabular",),
    applies=has_features,
    world=tilts,
    measure=divergence,
    bound=cumulant,
    variants=(
        ("given-other-sign", "D = (f - g)/beta", {"bound": lambda w: cumulant(w, sign=-1.0)}),
        (
            "given-second-order",
            "half the variance of D, the divergence to second order only",
            {"bound": lambda w: cumulant(w, second_order=True)},
        ),
    ),
)
