"""Noise laws: how an observed reward depends on its mean.

``sigma`` is always the sub-Gaussian parameter of the *difference* of the two rewards of a round: the two are
independent given the past, so it is ``sqrt(2)`` times that of one of them.
Letters: `R` replicates, `k` rewards.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Bools, Streams
from explore_theory.foundation.validation import positive

Floats = npt.NDArray[np.float64]


class NoiseLaw(Protocol):
    """The law of an observed reward given its mean; data, so that it can be stored with a problem."""

    @property
    def name(self) -> str:
        """How the law is called in files and reports."""

    @property
    def sigma(self) -> float:
        """Sub-Gaussian parameter of the difference of two observed rewards, in units of reward."""

    def admit(self, reward: Floats) -> None:
        """Raise `InvalidProblem` if some mean reward is impossible under this law."""

    def observe(self, reward: Floats, streams: Streams, active: Bools | None = None) -> Floats:
        """Observed rewards `[R, k]` with means `reward` `[R, k]`; rows outside `active` draw nothing."""


def admit(noise: NoiseLaw, reward: Floats) -> None:
    """Raise `InvalidProblem` if `noise` is no noise law, or some mean reward is impossible under it."""
    if isinstance(noise, type) or not all(hasattr(noise, part) for part in ("admit", "observe", "sigma")):
        raise InvalidProblem(f"noise must be a noise law, such as Gaussian(1.0), got noise={noise!r:.60}")
    noise.admit(reward)


@dataclass(frozen=True)
class Gaussian:
    """Independent ``N(0, scale^2)`` added to each reward: ``sigma = scale sqrt(2)``."""

    scale: float
    name: str = "gaussian"

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", positive("scale", self.scale))

    @property
    def sigma(self) -> float:
        """``scale sqrt(2)``: the difference is ``N(., 2 scale^2)``."""
        return self.scale * math.sqrt(2.0)

    def admit(self, reward: Floats) -> None:
        """Every finite reward is possible."""

    def observe(self, reward: Floats, streams: Streams, active: Bools | None = None) -> Floats:
        """``reward + scale * N(0, 1)``, `[R, k]`."""
        return np.asarray(reward + self.scale * streams.normal(reward.shape[-1], active))


@dataclass(frozen=True)
class Bernoulli:
    """A coin with the reward as its bias: observed rewards are 0 or 1, means must lie in [0, 1]."""

    name: str = "bernoulli"

    @property
    def sigma(self) -> float:
        """``1/sqrt(2)``: each reward lies in [0, 1], so is 1/2-sub-Gaussian (Hoeffding's lemma)."""
        return math.sqrt(0.5)

    def admit(self, reward: Floats) -> None:
        """Refuse means outside [0, 1]."""
        if np.any((reward < 0) | (reward > 1)):
            worst = reward.flat[int(np.argmax(np.abs(reward - 0.5)))]
            raise InvalidProblem(
                f"reward must lie in [0, 1] under Bernoulli noise, got a reward={float(worst)!r}"
            )

    def observe(self, reward: Floats, streams: Streams, active: Bools | None = None) -> Floats:
        """Independent coins, `[R, k]`."""
        return np.asarray(streams.uniform(reward.shape[-1], active) < reward, dtype=np.float64)


@dataclass(frozen=True)
class NoNoise:
    """The observed reward is its mean: ``sigma = 0``."""

    name: str = "none"

    @property
    def sigma(self) -> float:
        """Zero."""
        return 0.0

    def admit(self, reward: Floats) -> None:
        """Every finite reward is possible."""

    def observe(self, reward: Floats, streams: Streams, active: Bools | None = None) -> Floats:
        """A copy of `reward`; no randomness is used."""
        return np.array(reward, dtype=np.float64)
