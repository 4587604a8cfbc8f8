"""Online greedy: play the policy of the estimate, against the base policy."""

from dataclasses import dataclass
from typing import ClassVar

from explore_theory.algorithms.baselines.online import explore
from explore_theory.algorithms.baselines.pair_losses import SquaredLoss
from explore_theory.foundation.validation import positive, whole
from explore_theory.oracles.protocol import Oracle
from explore_theory.policies import LawPolicy


@dataclass(frozen=True, kw_only=True)
class OnlineGreedy:
    """Ridge regression of reward differences on pairs ``y ~ pi_theta``, ``y' ~ pi_ref``, nothing more.

    A round costs one strong and one weak call and one reward round. `theta` is the ridge estimate projected
    onto ``Theta`` in the norm of its data (least squares under the constraint). Exploring by nothing but the
    current estimate is analysed by Wu, Shi, Yang and Shen, *Greedy sampling is provably efficient for RLHF*,
    2025, arXiv 2510.24700.

    Parameters
    ----------
    rounds
        Reward rounds, one fresh prompt and one pair each.
    every
        Refit after every so many rounds; None: after rounds 1, 2, 4, 8, ..; the last fit always has all
        pairs.
    ridge
        Added to the covariance, in units of squared features.
    """

    rounds: int
    every: int | None = None
    ridge: float = 1e-6
    vectorised: ClassVar[bool] = True
    proper: bool = False

    def __post_init__(self) -> None:
        whole("rounds", self.rounds, least=0)
        if self.every is not None:
            whole("every", self.every, least=1)
        positive("ridge", self.ridge)

    def run(self, oracle: Oracle) -> LawPolicy:
        """Sample, query, regress, and sample again; return ``pi_theta`` at the last estimate."""
        loss = SquaredLoss(oracle.R, oracle.facts.d, self.ridge)
        return explore(oracle, loss, rounds=self.rounds, every=self.every)
