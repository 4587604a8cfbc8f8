"""Passive sampling: rewards of pairs from the base policy, and nothing else."""

from dataclasses import dataclass

import numpy as np

from explore_theory.oracles.protocol import Oracle
from explore_theory.policies import LawPolicy, Softmax
from explore_theory.validation import positive, whole


@dataclass(frozen=True, kw_only=True)
class PassiveSampling:
    """Ridge regression of reward differences on relative features of pairs ``(y, y') ~ pi_ref x pi_ref``.

    Parameters
    ----------
    rounds
        Reward rounds, one fresh prompt and one pair each.
    ridge
        Added to the covariance, in units of squared features.
    """

    rounds: int
    ridge: float = 1e-6
    proper: bool = True

    def __post_init__(self) -> None:
        whole("rounds", self.rounds, least=0)
        positive("ridge", self.ridge)

    def run(self, oracle: Oracle) -> LawPolicy:
        """Sample, query, regress; return ``pi_theta`` at the estimate."""
        d = oracle.facts.d
        covariance = np.broadcast_to(self.ridge * np.eye(d), (oracle.R, d, d)).copy()
        moment = np.zeros((oracle.R, d))
        for _ in range(self.rounds):
            if not (rows := oracle.active).any():
                break
            ctx = oracle.prompt(rows)
            sample = oracle.draw(ctx, 2, rows=rows & oracle.active)
            feature = sample.features[:, 0] - sample.features[:, 1]
            served = sample.served & oracle.active
            reward = oracle.reward(ctx, sample.response[:, 0], sample.response[:, 1], served)
            # What was not served is NaN, and its features are zero.
            difference = np.nan_to_num(reward[:, 0] - reward[:, 1])
            covariance += feature[:, :, None] * feature[:, None, :]
            moment += difference[:, None] * feature
        return Softmax(np.asarray(np.linalg.solve(covariance, moment[..., None])[..., 0], dtype=np.float64))
