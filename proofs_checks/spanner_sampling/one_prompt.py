"""One prompt on which a policy is truncated to close pairs, decoded for the searches.

Theory section 2. Responses `y` and comparison responses ``y' ~ pi_ref``; a pair is *close* where its relative
feature has norm at most ``nu`` (a symmetric relation in which every response is close to itself; no more of
the features is used). Rewards lie in [0, 1], so ``R = 1``; the estimated reward is off by at most ``beta`` on
differences over close pairs, as on the event of S1. The truncated policy relative to ``y'`` tilts the base
policy by ``f(y) = (estimated r(y) - r(y')) 1{close}``.

Letters: `K` instances, `N` responses; arrays ``[K, N, N]`` have ``y'`` first.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.foundation import laws

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Base masses reach down to about this, temperatures to this.
SMALLEST_MASS, SMALLEST_BETA = 1e-12, 1e-3


@dataclass(frozen=True, kw_only=True)
class Prompts:
    """`K` prompts: `log_base`, `reward` `[K, N]`, `error` of the estimated reward `[K, N]`, `close`
    `[K, N, N]`, `beta` and `fails` (how often a call of the sampler fails) `[K]`, and `free` `[K, 2]` in
    standard coordinates, for caps.
    """

    log_base: Floats
    reward: Floats
    error: Floats
    close: Bools
    beta: Floats
    fails: Floats
    free: Floats
    effort: int

    @property
    def log_best(self) -> Floats:
        """``log pi*``, `[K, N]`."""
        return laws.optimal(self.log_base, self.reward, self.beta)

    def log_tilt(self) -> Floats:
        """``f(y)/beta`` `[K, N, N]`."""
        estimate = self.reward + self.error
        relative = (estimate[:, None, :] - estimate[:, :, None]) / self.beta[:, None, None]
        return np.where(self.close, relative, 0.0)

    def tilted(self, log_tilt: Floats) -> Floats:
        """Log of the law proportional to ``pi_ref e^tilt``, `[K, N, N]`."""
        return laws.log_normalise(self.log_base[:, None, :] + log_tilt)

    def squared_error(self) -> Floats:
        """``D^2 1{close}``, `[K, N, N]`: `D` is the error of the reward difference over beta."""
        difference = (self.error[:, None, :] - self.error[:, :, None]) / self.beta[:, None, None]
        return np.where(self.close, difference**2, 0.0)

    def average(self, values: Floats) -> Floats:
        """``E_{y' ~ pi_ref}`` of `[K, N]`."""
        return np.asarray(np.sum(np.exp(self.log_base) * values, axis=-1))

    def divergence(self, log_policy: Floats) -> Floats:
        """``beta KL(policy(.|y') || pi*)``, `[K, N]`."""
        return self.beta[:, None] * laws.kl(log_policy, self.log_best[:, None, :])

    def log_coverage(self) -> Floats:
        """``log C_cov``, `[K]`."""
        return laws.coverage(self.log_best, self.log_base)

    def far_pairs(self) -> Floats:
        """``p``: the base probability of a far pair, `[K]`."""
        far = np.sum(np.where(self.close, 0.0, np.exp(self.log_base)[:, None, :]), axis=-1)
        return self.average(far)

    def rounding(self) -> Floats:
        """`[K]`: what float64 may do to beta times a divergence.

        Tilts and log-probabilities have size at most ``L = 2/beta + max |log base| + log N``; a divergence
        sums terms of relative error a few ``eps L`` and of size at most ``L``, and is multiplied by beta.
        """
        size = 2.0 / self.beta - self.log_base.min(axis=-1) + math.log(self.log_base.shape[-1])
        return np.asarray(8 * np.finfo(float).eps * size * (1.0 + self.beta * size))

    def describe(self, k: int) -> dict[str, Any]:
        """Instance `k` in full, for the record."""
        return {
            "beta": float(self.beta[k]),
            "base": np.exp(self.log_base[k]).tolist(),
            "reward": self.reward[k].tolist(),
            "error": self.error[k].tolist(),
            "close": self.close[k].astype(int).tolist(),
            "fails": float(self.fails[k]),
            "caps": self.free[k].tolist(),
        }


def width(n: int) -> int:
    """Coordinates that `decode` consumes for `n` responses."""
    return 3 * n + n * (n - 1) // 2 + 4


def decode(
    z: Floats,
    n: int,
    *,
    effort: int,
    flavour: str = "any",
    largest_beta: float = 1.0,
    stretch: float = 1.0,
) -> Prompts:
    """Prompts from `[K, width(n)]` coordinates of order one.

    The estimated reward is off by at most `stretch` times ``beta`` on close pairs. Flavours: ``all-close``
    (every pair is), ``exact-estimate`` (no error), ``failing`` (calls of the sampler may fail).
    """
    count = len(z)
    base, reward, error, rest = z[:, :n], z[:, n : 2 * n], z[:, 2 * n : 3 * n], z[:, 3 * n :]
    pairs = rest[:, : n * (n - 1) // 2]
    low, high = math.log(SMALLEST_BETA), math.log(largest_beta)
    beta = np.exp(np.clip(0.5 * (low + high) + 0.4 * (high - low) * rest[:, pairs.shape[1]], low, high))
    close = np.broadcast_to(np.eye(n, dtype=bool), (count, n, n)).copy()
    first, second = np.triu_indices(n, 1)
    close[:, first, second] = close[:, second, first] = (pairs > 0) | (flavour == "all-close")
    return Prompts(
        log_base=laws.log_normalise(np.clip(8.0 * base, math.log(SMALLEST_MASS), 0.0)),
        reward=np.clip(0.5 + 0.5 * reward, 0.0, 1.0),
        error=np.zeros_like(error) if flavour == "exact-estimate" else _within(error, close, stretch * beta),
        close=close,
        beta=beta,
        fails=np.clip(0.1 * rest[:, -1], 0.0, 0.5) * (flavour == "failing"),
        free=rest[:, pairs.shape[1] + 1 : -1],
        effort=effort,
    )


def _within(error: Floats, close: Bools, most: Floats) -> Floats:
    """`error` scaled so that differences over close pairs are at most `most`, a hair below it."""
    spread = np.where(close, np.abs(error[:, None, :] - error[:, :, None]), 0.0).max(axis=(1, 2))
    scale = most * (1 - 1e-12) / np.maximum(spread, 1.0)
    return np.asarray(error * scale[:, None])
