"""What proper learners know after some rounds: ridge regression of reward differences on relative features.

Letters: `R` replicates, `d` feature dimension.
"""

from typing import Protocol

import numpy as np

from explore_theory.errors import OracleMisuse
from explore_theory.oracles.proper import ProperOracle, Round
from explore_theory.policies import LawPolicy, Softmax
from explore_theory.problems.protocol import Bools, Box, Floats


class ProperLearner(Protocol):
    """A learner for `ProperOracle`: it fixes its parameters before it sees the prompt."""

    @property
    def proper(self) -> bool:
        """True: the oracle leaves it no choice."""

    def run(self, oracle: ProperOracle) -> LawPolicy:
        """Interact, and return a policy with one row per replicate."""


class ProperRegression:
    """Running estimates of ``theta*``, one per replicate; arithmetic is counted with the oracle.

    Parameters
    ----------
    oracle
        Whose rounds are added; its box of parameters limits the estimates.
    ridge
        Added to the covariance, in units of squared features.
    """

    def __init__(self, oracle: ProperOracle, ridge: float) -> None:
        self._oracle, self._d = oracle, oracle.facts.d
        if not isinstance(allowed := oracle.facts.parameters, Box):
            raise OracleMisuse(f"parameters must be a box for a proper learner, got parameters={allowed}")
        self.width = allowed.half_width
        self.covariance = np.broadcast_to(ridge * np.eye(self._d), (oracle.R, self._d, self._d)).copy()
        self._target = np.zeros((oracle.R, self._d))
        #: `[R]`: rounds that showed a relative feature other than zero.
        self.seen = np.zeros(oracle.R)

    def add(self, played: Round) -> None:
        """Add a round; rows that were not served, or showed equal features, add nothing."""
        relative = np.where(played.served[:, None], played.features[:, 0] - played.features[:, 1], 0.0)
        difference = np.where(played.served, played.rewards[:, 0] - played.rewards[:, 1], 0.0)
        self.covariance += relative[:, :, None] * relative[:, None, :]
        self._target += relative * difference[:, None]
        new = (relative != 0).any(axis=-1)
        self.seen += new
        self._oracle.count(np.where(new, float(self._d**2 + self._d), 0.0))

    def estimate(self, rows: Bools | None = None) -> Floats:
        """The ridge estimate clipped to the box, `[R, d]`."""
        self._oracle.count(self.work(rows, self._d**3))
        found = np.linalg.solve(self.covariance, self._target[:, :, None])[:, :, 0]
        return np.clip(found, -self.width, self.width)

    def policy(self) -> LawPolicy:
        """The softmax policy at the estimate, each entry moved to the nearest of minus its width, 0, width.

        Both worlds of the DNF problem have parameters of this form, and a learner may know that.
        """
        return Softmax(self.width * np.round(self.estimate() / self.width))

    def work(self, rows: Bools | None, operations: float) -> Floats:
        """`operations` in `rows`, zero in others, `[R]`."""
        live = np.ones(self._oracle.R, dtype=bool) if rows is None else rows
        return np.where(live, float(operations), 0.0)
