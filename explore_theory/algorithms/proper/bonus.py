"""Search for the corner of the box whose responses are the most promising: reward plus elliptical bonus.

Letters: `R` replicates, `d` feature dimension.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from explore_theory.algorithms.proper.regression import ProperRegression
from explore_theory.foundation.validation import positive, whole
from explore_theory.oracles.proper import ProperOracle
from explore_theory.policies import LawPolicy
from explore_theory.problems.protocol import Bools, Floats


@dataclass(frozen=True, kw_only=True)
class ProperBonus:
    """In each round the best of some random corners by probes, against the base policy.

    A corner's score is the mean over its probes of ``<theta_t, phi> + bonus min(1, |phi|^2 in Sigma^-1)``.

    Parameters
    ----------
    rounds
        Reward rounds, at least 0.
    candidates, probes
        Corners per round, strong calls for each.
    bonus
        In units of reward.
    ridge
        Of the regression, in units of squared features.
    """

    rounds: int
    candidates: int = 4
    probes: int = 2
    bonus: float = 1.0
    ridge: float = 1e-3
    vectorised: ClassVar[bool] = True
    proper: bool = True

    def __post_init__(self) -> None:
        whole("rounds", self.rounds, least=0)
        whole("candidates", self.candidates, least=1)
        whole("probes", self.probes, least=1)
        positive("bonus", self.bonus)
        positive("ridge", self.ridge)

    def run(self, oracle: ProperOracle) -> LawPolicy:
        """Score, play, add."""
        known = ProperRegression(oracle, self.ridge)
        base = np.zeros(oracle.facts.d)
        for _ in range(self.rounds):
            if not (rows := oracle.active).any():
                break
            known.add(oracle.round(self._next(oracle, known, rows), base, rows))
        return known.policy()

    def _next(self, oracle: ProperOracle, known: ProperRegression, rows: Bools) -> Floats:
        d = oracle.facts.d
        estimate = known.estimate(rows)
        chosen, best = estimate, np.full(oracle.R, -np.inf)
        for _ in range(self.candidates):
            theta = np.where(oracle.coins.uniform(d, rows) < 0.5, -known.width, known.width)
            score = np.zeros(oracle.R)
            for _ in range(self.probes):
                feature = oracle.draw(1, theta, rows).features[:, 0]
                inside = np.linalg.solve(known.covariance, feature[:, :, None])[:, :, 0]
                oracle.count(known.work(rows, d**3 + 2 * d))
                bonus = np.minimum(1.0, (feature * inside).sum(axis=-1))
                score += (estimate * feature).sum(axis=-1) + self.bonus * bonus
            better = rows & (score > best)
            chosen, best = np.where(better[:, None], theta, chosen), np.where(better, score, best)
        return chosen
