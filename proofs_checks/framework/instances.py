"""Hard one-prompt problems for the searches of this folder, decoded from unconstrained coordinates.

Letters: `K` instances side by side, `N` responses, `D` search coordinates.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.foundation import laws
from explore_theory.harness import Trial, climb
from explore_theory.problems import TabularProblem

Floats = npt.NDArray[np.float64]

#: Base masses reach down to about this; rewards lie in [0, 1]; beta in `BETA`.
SMALLEST_MASS = 1e-12
BETA = (1e-3, 10.0)


@dataclass(frozen=True, kw_only=True)
class Bandits:
    """`K` one-prompt problems: `log_base`, `reward` `[K, N]`, `beta` `[K]`; `effort` instances were tried."""

    log_base: Floats
    reward: Floats
    beta: Floats
    effort: int

    def describe(self, k: int) -> dict[str, Any]:
        """Instance `k` in full, for the record."""
        return {
            "beta": float(self.beta[k]),
            "base": np.exp(self.log_base[k]).tolist(),
            "reward": self.reward[k].tolist(),
        }

    def problem(self, k: int) -> TabularProblem:
        """Instance `k` as a problem that learners can be run on; its feature is the reward."""
        return TabularProblem(
            prompt_mass=np.ones(1),
            base=np.exp(self.log_base[k])[None],
            reward=self.reward[k][None],
            features=self.reward[k][None, :, None],
            theta_star=np.ones(1),
            parameter_radius=1.0,
            beta=float(self.beta[k]),
        )

    def rounding(self) -> Floats:
        """`[K]`: what float64 may do to an objective or to beta times a divergence.

        Log-probabilities have size at most ``L = 1/beta + max |log base| + log N``, so they, and relatively
        the probabilities, are off by a few ``eps L``; an objective weighs them with rewards of size 1 and
        with ``beta`` times logs of size ``L``.
        """
        deepest = np.max(np.where(np.isfinite(self.log_base), -self.log_base, 0.0), axis=-1)
        size = 1.0 / self.beta + deepest + np.log(self.log_base.shape[-1])
        return np.asarray(4 * np.finfo(float).eps * size * (1.0 + self.beta * size))


def width(n: int) -> int:
    """Coordinates that `decode` consumes for `n` responses."""
    return 2 * n + 1


def decode(z: Floats, n: int, *, effort: int) -> Bandits:
    """Bandits from `[K, D >= 2 n + 1]` coordinates of order one.

    Base logits spread over twelve decades, rewards fill [0, 1] and pile up at its ends, ``log beta`` fills
    its range.
    """
    logits = np.clip(8.0 * z[:, :n], np.log(SMALLEST_MASS), 0.0)
    low, high = np.log(BETA[0]), np.log(BETA[1])
    return Bandits(
        log_base=laws.log_normalise(logits),
        reward=np.clip(0.5 + 0.5 * z[:, n : 2 * n], 0.0, 1.0),
        beta=np.exp(np.clip(0.5 * (low + high) + 0.4 * (high - low) * z[:, 2 * n], low, high)),
        effort=effort,
    )


def search(trial: Trial, score: Callable[[Floats], Floats], dimension: int) -> tuple[Floats, int]:
    """The best point of each chain and the number of instances tried; ``params["steps"]`` sets the effort."""
    steps = int(trial.case.params["steps"])
    return climb(score, dimension, steps, trial.streams), len(trial.rows) * (1 + steps)
