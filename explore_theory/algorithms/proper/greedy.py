"""Online greedy exploration, as in online DPO: always the policy that looks best so far."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from explore_theory.algorithms.proper.regression import ProperRegression
from explore_theory.foundation.validation import positive, whole
from explore_theory.oracles.proper import ProperOracle
from explore_theory.policies import LawPolicy


@dataclass(frozen=True, kw_only=True)
class ProperGreedy:
    """The softmax policy at the ridge estimate against the base policy, re-estimated every round.

    It starts at the base policy and has no reason to leave it until a star is seen.

    Parameters
    ----------
    rounds
        Reward rounds, at least 0.
    ridge
        Of the regression, in units of squared features.
    """

    rounds: int
    ridge: float = 1e-3
    vectorised: ClassVar[bool] = True
    proper: bool = True

    def __post_init__(self) -> None:
        whole("rounds", self.rounds, least=0)
        positive("ridge", self.ridge)

    def run(self, oracle: ProperOracle) -> LawPolicy:
        """Play, add, estimate."""
        known = ProperRegression(oracle, self.ridge)
        base = np.zeros(oracle.facts.d)
        for _ in range(self.rounds):
            if not (rows := oracle.active).any():
                break
            known.add(oracle.round(known.estimate(rows), base, rows))
        return known.policy()
