"""Exploratory preference optimisation with softmax policies: fit plus optimism, by projected gradient.

Source: Xie, Foster, Krishnamurthy, Rosset, Awadallah, Rakhlin, *Exploratory Preference Optimization* (2024,
arXiv 2405.21046): the next policy minimises a fit to the rewards so far plus ``alpha`` times the average
``log pi_theta`` of responses of the base policy. Here rewards are numbers and the fit is least squares. The
gradient of ``-beta log pi_theta(y|x)`` at a response of feature 0 is the mean feature under ``pi_theta``,
which the learner estimates by strong calls, and where ``pi_theta`` shows no star it vanishes: hence
restarts.

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
class ProperXPO:
    """In each round the best of a few projected ascents on fit plus optimism, against the base policy.

    Parameters
    ----------
    rounds
        Reward rounds, at least 0.
    restarts, steps, probes
        Ascents per round (the first from the estimate, the others from random corners), steps of each, strong
        calls per step.
    alpha
        Weight of the optimism, in units of squared reward.
    ridge
        Of the regression, in units of squared features.
    """

    rounds: int
    restarts: int = 4
    steps: int = 1
    probes: int = 2
    alpha: float = 10.0
    ridge: float = 1e-3
    vectorised: ClassVar[bool] = True
    proper: bool = True

    def __post_init__(self) -> None:
        whole("rounds", self.rounds, least=0)
        for name in ("restarts", "steps", "probes"):
            whole(name, getattr(self, name), least=1)
        positive("alpha", self.alpha)
        positive("ridge", self.ridge)

    def run(self, oracle: ProperOracle) -> LawPolicy:
        """Ascend, play, add."""
        known = ProperRegression(oracle, self.ridge)
        base = np.zeros(oracle.facts.d)
        for _ in range(self.rounds):
            if not (rows := oracle.active).any():
                break
            known.add(oracle.round(self._next(oracle, known, rows), base, rows))
        return known.policy()

    def _next(self, oracle: ProperOracle, known: ProperRegression, rows: Bools) -> Floats:
        """The end point with the best score, `[R, d]`."""
        d = oracle.facts.d
        estimate = known.estimate(rows)
        chosen, best = estimate, np.full(oracle.R, -np.inf)
        for restart in range(self.restarts):
            theta = estimate
            if restart:
                theta = np.where(oracle.coins.uniform(d, rows) < 0.5, -known.width, known.width)
            for _ in range(self.steps):
                mean, stars = self._probe(oracle, theta, rows)
                pull = _times(known.covariance, estimate - theta) / np.maximum(known.seen, 1.0)[:, None]
                oracle.count(known.work(rows, d * d + 3 * d))
                moved = np.clip(theta + pull + self.alpha * mean, -known.width, known.width)
                misfit = ((estimate - theta) * _times(known.covariance, estimate - theta)).sum(axis=-1)
                score = self.alpha * stars - misfit / np.maximum(known.seen, 1.0)
                better = rows & (score > best)
                chosen = np.where(better[:, None], moved, chosen)
                best, theta = np.where(better, score, best), moved
        return chosen

    def _probe(self, oracle: ProperOracle, theta: Floats, rows: Bools) -> tuple[Floats, Floats]:
        """The mean feature `[R, d]`, and the share of stars `[R]`, of `probes` strong calls."""
        total, stars = np.zeros(theta.shape), np.zeros(len(theta))
        for _ in range(self.probes):
            feature = oracle.draw(1, theta, rows).features[:, 0]
            total += feature
            stars += (feature != 0).any(axis=-1)
        return total / self.probes, stars / self.probes


def _times(matrix: Floats, vector: Floats) -> Floats:
    """`[R, d]`; a sum over the last axis, so that a row does not see its peers."""
    return np.asarray((matrix * vector[:, None, :]).sum(axis=-1))
