"""An ensemble of perturbed regressions: each round plays one member at random.

Source: randomised value functions (Osband, Van Roy, Russo, Wen, *Deep exploration via randomized value
functions*, JMLR 20, 2019), with softmax policies. Letters: `R` replicates, `d` feature dimension.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from explore_theory.algorithms.proper.regression import ProperRegression
from explore_theory.foundation.validation import positive, whole
from explore_theory.oracles.proper import ProperOracle
from explore_theory.policies import LawPolicy


@dataclass(frozen=True, kw_only=True)
class ProperEnsemble:
    """Ridge regressions towards random corners, on rewards perturbed by noise of their own.

    Parameters
    ----------
    rounds
        Reward rounds, at least 0.
    members
        Regressions in the ensemble.
    noise
        Scale of the perturbation of each reward difference, in units of reward.
    ridge
        Of every regression, in units of squared features.
    """

    rounds: int
    members: int = 16
    noise: float = 0.1
    ridge: float = 1e-3
    vectorised: ClassVar[bool] = True
    proper: bool = True

    def __post_init__(self) -> None:
        whole("rounds", self.rounds, least=0)
        whole("members", self.members, least=1)
        positive("noise", self.noise)
        positive("ridge", self.ridge)

    def run(self, oracle: ProperOracle) -> LawPolicy:
        """Draw the members, then play one a round."""
        known, d = ProperRegression(oracle, self.ridge), oracle.facts.d
        corners = oracle.coins.uniform(self.members * d).reshape(oracle.R, self.members, d) < 0.5
        target = self.ridge * np.where(corners, -known.width, known.width)
        for _ in range(self.rounds):
            if not (rows := oracle.active).any():
                break
            member = oracle.coins.integers(self.members, 1, rows)
            own = np.take_along_axis(target, member[:, :, None], axis=1)[:, 0]
            theta = np.linalg.solve(known.covariance, own[:, :, None])[:, :, 0]
            played = oracle.round(np.clip(theta, -known.width, known.width), np.zeros(d), rows)
            known.add(played)
            relative = np.where(played.served[:, None], played.features[:, 0] - played.features[:, 1], 0.0)
            difference = np.where(played.served, played.rewards[:, 0] - played.rewards[:, 1], 0.0)
            perturbed = difference[:, None] + self.noise * oracle.coins.normal(self.members, rows)
            target += perturbed[:, :, None] * relative[:, None, :]
            oracle.count(known.work(rows, d**3 + 2 * self.members * d))
        return known.policy()
