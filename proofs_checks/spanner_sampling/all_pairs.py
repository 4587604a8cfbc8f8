"""Truncated softmax policies with every comparison response at once, decoded from unconstrained coordinates.

One prompt; ``phi(y, y') = z_y - z_{y'}`` with the features in coordinates where the matrix of the spanner is
the identity, so that pairs are truncated by their Euclidean length; ``beta = 1``. The parameter of the
estimate is off by at most ``1/nu``, which is ``nu eps_stat <= beta``.

Letters: `K` instances side by side, `N` responses, `d` dimensions.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.foundation import laws
from explore_theory.harness import Trial, climb

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Errors stop this far, relatively, inside what the assumption allows.
INSIDE = 1 - 1e-9


@dataclass(frozen=True, kw_only=True)
class AllPairs:
    """`K` instances: `log_base` `[K, N]`, features `z` `[K, N, d]`, `best` (theta*) and `error` (theta minus
    theta*) `[K, d]`, `nu` `[K]`; rewards in units of beta. `effort` instances were tried.
    """

    log_base: Floats
    z: Floats
    best: Floats
    error: Floats
    nu: Floats
    effort: int

    @property
    def far(self) -> Bools:
        """``|phi(y, y')| > nu``: pair ``[k, y, y']`` is truncated."""
        steps = self.z[:, :, None, :] - self.z[:, None, :, :]
        return np.asarray(np.sqrt((steps * steps).sum(axis=-1)) > self.nu[:, None, None])

    @property
    def reward(self) -> Floats:
        """``<theta*, z_y>`` `[K, N]`."""
        return np.asarray(np.einsum("kd,knd->kn", self.best, self.z))

    @property
    def range(self) -> Floats:
        """`R` `[K]`: the largest difference of two rewards."""
        return np.asarray(np.ptp(self.reward, axis=-1))

    @property
    def log_best(self) -> Floats:
        """``log pi*`` `[K, N]`."""
        return laws.optimal(self.log_base, self.reward, np.ones(len(self.nu)))

    @property
    def misses(self) -> Floats:
        """``<theta - theta*, phi(y, y')>`` on pairs that are kept, 0 on others `[K, N, N]`."""
        score = np.einsum("kd,knd->kn", self.error, self.z)
        return np.where(self.far, 0.0, score[:, :, None] - score[:, None, :])

    @property
    def log_policy(self) -> Floats:
        """``log pi_theta(y | y')`` as ``[k, y, y']``."""
        steps = self.reward[:, :, None] - self.reward[:, None, :]
        return self._tilted(np.where(self.far, 0.0, steps) + self.misses)

    @property
    def log_untruncated(self) -> Floats:
        """The same without truncation, which no statement is about."""
        score = np.einsum("kd,knd->kn", self.best + self.error, self.z)
        return self._tilted(score[:, :, None] - score[:, None, :])

    def _tilted(self, score: Floats) -> Floats:
        log_weights = self.log_base[:, :, None] + score
        return np.asarray(log_weights - laws.log_sum_exp(log_weights.swapaxes(1, 2))[:, None, :])

    def truncated_mass(self, log_law: Floats) -> Floats:
        """Mass of truncated pairs under ``y ~ log_law(. | y')``, ``y' ~ pi_ref`` `[K]`.

        `log_law` is `[K, N]`, or `[K, N, N]` where it depends on ``y'``.
        """
        joint = (log_law[:, :, None] if log_law.ndim == 2 else log_law) + self.log_base[:, None, :]
        return np.asarray(np.where(self.far, np.exp(joint), 0.0).sum(axis=(1, 2)))

    def regret(self, log_law: Floats) -> Floats:
        """``J(pi*) - E_{y' ~ pi_ref} J(pi(. | y'))`` for ``[K, N, N]`` laws, by definition `[K]`."""
        law, base = np.exp(log_law), np.exp(self.log_base)
        penalty = log_law - self.log_base[:, :, None]
        value = (law * (self.reward[:, :, None] - penalty)).sum(axis=1)
        best = np.exp(self.log_best)
        optimum = (best * (self.reward - (self.log_best - self.log_base))).sum(axis=1)
        return np.asarray(optimum - (base * value).sum(axis=1))

    def squares(self, log_law: Floats) -> Floats:
        """``E <theta - theta*, phi>^2`` over kept pairs, ``y ~ pi_theta(. | y')``, ``y' ~ pi_ref`` `[K]`."""
        joint = np.exp(log_law + self.log_base[:, None, :])
        return np.asarray((joint * self.misses**2).sum(axis=(1, 2)))

    def describe(self, k: int) -> dict[str, Any]:
        """Instance `k` in full, for the record."""
        return {
            "log base": self.log_base[k].tolist(),
            "features": self.z[k].tolist(),
            "theta*": self.best[k].tolist(),
            "theta - theta*": self.error[k].tolist(),
            "nu": float(self.nu[k]),
        }

    def rounding(self) -> Floats:
        """`[K]`: what float64 may do to one of the logarithms above."""
        sizes = np.abs(self.log_base).max(axis=-1) + self.range + np.abs(self.misses).max(axis=(1, 2))
        return np.asarray(16 * np.finfo(float).eps * (1 + sizes) * self.z.shape[-1])


def width(n: int, d: int) -> int:
    """Coordinates that `decode` consumes."""
    return n + n * d + 2 * d + 2


def decode(x: Floats, n: int, d: int, *, effort: int) -> AllPairs:
    """Instances from `[K, width]` coordinates of order one.

    Base masses span some ten decades, rewards reach some twenty in units of beta.
    """
    k = len(x)
    logits = 4.0 * x[:, :n]
    z = x[:, n : n + n * d].reshape(k, n, d)
    best, way = x[:, -2 * d - 2 : -d - 2] * 8.0, x[:, -d - 2 : -2]
    nu = np.exp(0.5 * x[:, -2])
    length = np.sqrt((way * way).sum(axis=-1, keepdims=True))
    size = INSIDE / (1 + np.exp(-3 * x[:, -1])) / nu
    return AllPairs(
        log_base=np.asarray(logits - laws.log_sum_exp(logits)[:, None]),
        z=z,
        best=best,
        error=way / np.where(length > 0, length, 1.0) * size[:, None],
        nu=nu,
        effort=effort,
    )


def hunted(trial: Trial, excess: Any) -> AllPairs:
    """The instances where `excess` of an `AllPairs`, `[K]`, is largest."""
    params = trial.case.params
    n, d, steps = int(params["n"]), int(params["d"]), int(params["steps"])

    def score(x: Floats) -> Floats:
        found = decode(x, n, d, effort=len(x))
        # Without a truncated pair there is nothing to compare.
        return np.where(found.far.any(axis=(1, 2)), excess(found), -np.inf)

    chains = climb(score, width(n, d), steps, trial.streams)
    return decode(chains, n, d, effort=len(chains) * (steps + 1))
