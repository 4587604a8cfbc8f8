"""One least-squares estimate constrained to a ball: the data, truth and noise that throw it furthest.

Letters: `K` regressions side by side, `d` dimension.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.least_squares import within_ball
from explore_theory.harness import Measurement, Trial
from explore_theory.harness.claims.adversary import climb

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Estimates:
    """Regressions in units with ``R = B = 1``, so that ``lambda = 1`` and features have any length.

    Gram matrices `[K, d, d]`, truths, noise ``S`` and estimates `[K, d]`.
    """

    gram: Floats
    truth: Floats
    noise: Floats
    theta: Floats
    effort: int

    @property
    def distance(self) -> Floats:
        """``|theta - theta*|_{Sigma + lambda I}``, `[K]`."""
        error = self.theta - self.truth
        return np.asarray(np.sqrt(np.einsum("ki,kij,kj->k", error, self._full, error)))

    @property
    def size(self) -> Floats:
        """``|S|`` in the inverse of ``Sigma + lambda I``, `[K]`."""
        solved = np.linalg.solve(self._full, self.noise[..., None])[..., 0]
        return np.asarray(np.sqrt(np.maximum((self.noise * solved).sum(axis=-1), 0.0)))

    @property
    def _full(self) -> Floats:
        return np.asarray(self.gram + np.eye(self.gram.shape[-1]))

    def describe(self, k: int) -> dict[str, Any]:
        """Instance `k`."""
        return {name: getattr(self, name)[k].tolist() for name in ("gram", "truth", "noise", "theta")}


def decoded(z: Floats, d: int, *, two_points: bool, outside: float, effort: int) -> Estimates:
    """Regressions from standard coordinates `[K, d^2 + 4 d]`; noise lies in the span of the pairs."""
    pairs = z[:, : d * d].reshape(-1, d, d)
    lengths, eta, loudness, direction = np.split(z[:, d * d :], 4, axis=-1)
    # As many pairs as dimensions give every Gram matrix.
    phi = pairs * np.exp(6 * np.tanh(lengths / 2))[..., None]
    gram = np.einsum("kij,kil->kjl", phi, phi)
    noise = np.einsum("kij,ki->kj", phi, eta * np.exp(6 * np.tanh(loudness / 2)))
    size = np.linalg.norm(direction, axis=-1, keepdims=True)
    truth = direction / np.maximum(size, 1.0) * outside
    moment = np.einsum("kij,kj->ki", gram, truth) + noise
    theta = within_ball(gram, moment, 1.0)
    if two_points:
        # The sum of squares at -theta* over that at theta*.
        beyond = 4 * np.einsum("ki,kij,kj->k", truth, gram, truth) + 4 * (truth * noise).sum(axis=-1)
        theta = np.where((beyond <= 0)[:, None], -truth, truth)
    return Estimates(gram=gram, truth=truth, noise=noise, theta=theta, effort=effort)


def searched(
    trial: Trial,
    allowed: Callable[[Floats], Floats],
    *,
    two_points: bool = False,
    outside: float = 1.0,
) -> Estimates:
    """The regressions on which the estimate came closest to `allowed`, or furthest beyond it.

    False variants minimise over the two points ``theta*`` and ``-theta*``, or put ``theta*`` `outside`.
    """
    d, steps = int(trial.case.params["d"]), int(trial.case.params["steps"])

    def found(z: Floats) -> Estimates:
        effort = len(trial.rows) * (1 + steps)
        return decoded(z, d, two_points=two_points, outside=outside, effort=effort)

    def excess(z: Floats) -> Floats:
        here = found(z)
        return np.asarray(np.log(here.distance + 1e-300) - np.log(allowed(here.size)))

    return found(climb(excess, d * d + 4 * d, steps, trial.streams))


def reached(found: Estimates) -> Measurement:
    """``|theta - theta*|``, in units of `R`."""
    return Measurement.exact(
        found.distance,
        error=1e-9 * found.distance,
        effort=found.effort,
        unit="regressions",
        witness=found.describe,
    )
