"""Passive sampling: rewards of pairs from the base policy, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from explore_theory.algorithms.baselines.pair_losses import SquaredLoss
from explore_theory.foundation.validation import positive, whole
from explore_theory.oracles.protocol import Oracle
from explore_theory.policies import LawPolicy, Softmax
from explore_theory.problems.protocol import Floats


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
    vectorised: ClassVar[bool] = True
    proper: bool = False

    def __post_init__(self) -> None:
        whole("rounds", self.rounds, least=0)
        positive("ridge", self.ridge)

    def run(self, oracle: Oracle) -> LawPolicy:
        """Sample, query, regress; return ``pi_theta`` at the estimate."""
        return Softmax(self.estimate(oracle))

    def estimate(self, oracle: Oracle) -> Floats:
        """Sample, query, regress; return `theta`, `[R, d]`, which need not be in ``Theta``."""
        return self.estimates(oracle, (self.rounds,))[0]

    def estimates(self, oracle: Oracle, after: Sequence[int]) -> list[Floats]:
        """The estimate after each of so many rounds of one run, in ascending order, `[R, d]` each.

        Each has the law of a run of that length: a round does not depend on how many are to follow.
        """
        loss = SquaredLoss(oracle.R, oracle.facts.d, self.ridge)
        found = []
        for stop, begun in zip(after, (0, *after), strict=False):
            self._sample(oracle, loss, stop - begun)
            found.append(loss.solution())
        return found

    @staticmethod
    def _sample(oracle: Oracle, loss: SquaredLoss, rounds: int) -> None:
        """Add `rounds` more rounds to `loss`."""
        for _ in range(rounds):
            if not (rows := oracle.active).any():
                break
            ctx = oracle.prompt(rows)
            sample = oracle.draw(ctx, 2, rows=rows & oracle.active)
            served = sample.served & oracle.active
            reward = oracle.reward(ctx, sample.response[:, 0], sample.response[:, 1], served)
            loss.add(
                sample.features[:, 0] - sample.features[:, 1],
                reward[:, 0] - reward[:, 1],
                ~np.isnan(reward[:, 0]),
            )
