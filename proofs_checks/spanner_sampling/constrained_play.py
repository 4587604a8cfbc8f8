"""Least squares constrained to a ball, on pairs that an adversary chooses round by round.

``Sigma_n = sum phi phi^T`` without a ridge, ``theta_n`` a minimiser over ``|theta| <= B`` of the sum of
squares, reward differences plus or minus `R` of mean ``<theta*, phi>``: two rewards in ``{0, R}`` of which
exactly one is `R`, the loudest noise that rewards in ``[0, R]`` allow.

Letters: `K` runs side by side, `d` dimension, `n` rounds done.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.least_squares import within_ball
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Tally, Trial

Floats = npt.NDArray[np.float64]

#: Norm of a relative feature, at most.
LONGEST = 2.0

#: ``(log det(I + Sigma_n/lambda), setting)`` to the radius of the ellipsoid, `[K]`.
Radius = Callable[[Floats, "Setting"], Floats]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A regression and its adversary.

    Parameters
    ----------
    d, rounds
        Dimension, and how many pairs are played.
    reward_range, parameter_radius, delta
        `R`, `B` and the failure probability; ``lambda = R^2/B^2``.
    rule
        ``"turns"``: the coordinates in turn. ``"ratchet"``: stay on a coordinate while its noise pushes the
        estimate further off, then take the next one.
    edge
        Whether ``theta* = B e_1``, where the ball is a constraint; otherwise ``theta* = 0``.
    """

    d: int
    rounds: int
    rule: str
    edge: bool
    delta: float
    reward_range: float = 1.0
    parameter_radius: float = 1.0

    @property
    def ridge(self) -> float:
        """``lambda = (R/B)^2``."""
        return (self.reward_range / self.parameter_radius) ** 2

    @property
    def truth(self) -> Floats:
        """``theta*``, `[d]`."""
        return np.asarray(np.eye(self.d)[0] * (self.parameter_radius if self.edge else 0.0))

    @property
    def lengths(self) -> Floats:
        """The longest feature along each coordinate, `[d]`, with ``|<theta*, phi>| <= R``."""
        longest = np.full(self.d, LONGEST)
        if self.edge:
            longest[0] = min(LONGEST, self.reward_range / self.parameter_radius)
        return longest


def setting_of(trial: Trial) -> Setting:
    """The setting that the case describes."""
    return Setting(**dict(trial.case.params))  # type: ignore[arg-type]


def departures(trial: Trial, radius: Radius, *, volume: float = 1.0) -> Tally:
    """Runs with ``|theta_n - theta*|_{Sigma_n + lambda I}`` above the radius for some ``n <= rounds``.

    The false variant multiplies the noise by `volume`.
    """
    setting = setting_of(trial)
    left = largest_closeness(setting, trial.streams, radius, volume) > 1
    return Tally(
        successes=int(left.sum()), trials=left.size, effort=left.size * setting.rounds, unit="rounds"
    )


def largest_closeness(setting: Setting, streams: Streams, radius: Radius, volume: float) -> Floats:
    """`[K]`: the largest ``|theta_n - theta*|_{Sigma_n + lambda I}`` over the radius, from ``n = 0`` on."""
    uniform = streams.child("noise").uniform(setting.rounds)
    count, d = len(uniform), setting.d
    gram, moment = np.zeros((count, d, d)), np.zeros((count, d))
    at, rows = np.zeros(count, dtype=np.int64), np.arange(count)
    error, closeness = measured(gram, moment, setting, radius)
    for n in range(setting.rounds):
        phi = np.zeros((count, d))
        phi[rows, at] = setting.lengths[at]
        mean = phi @ setting.truth
        one = uniform[:, n] < (1 + mean / setting.reward_range) / 2
        noise = volume * (np.where(one, setting.reward_range, -setting.reward_range) - mean)
        gram += phi[:, :, None] * phi[:, None, :]
        moment += (mean + noise)[:, None] * phi
        error, close = measured(gram, moment, setting, radius)
        closeness = np.maximum(closeness, close)
        outwards = (noise * (phi * error).sum(axis=-1) > 0) & (setting.rule == "ratchet")
        at = np.where(outwards, at, (at + 1) % d)
    return closeness


def measured(gram: Floats, moment: Floats, setting: Setting, radius: Radius) -> tuple[Floats, Floats]:
    """The errors `[K, d]`, and their norms over the radius `[K]`."""
    error = within_ball(gram, moment, setting.parameter_radius) - setting.truth
    full = gram + setting.ridge * np.eye(setting.d)
    size = np.sqrt(np.einsum("ki,kij,kj->k", error, full, error))
    growth = np.linalg.slogdet(full)[1] - setting.d * np.log(setting.ridge)
    return error, np.asarray(size / radius(growth, setting))


def case_params(**params: Any) -> dict[str, Any]:
    """The parameters of a case, with what most of them share."""
    return {"d": 2, "rounds": 200, "rule": "turns", "edge": False, "delta": 0.3, **params}
