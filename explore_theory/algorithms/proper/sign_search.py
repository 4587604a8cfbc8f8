"""Random signs: play random corners of the box until enough good responses have been seen, then regress."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from explore_theory.algorithms.proper.regression import ProperRegression
from explore_theory.foundation.validation import positive, whole
from explore_theory.oracles.proper import ProperOracle
from explore_theory.policies import LawPolicy


@dataclass(frozen=True, kw_only=True)
class SignSearch:
    """Oblivious: its parameters never depend on what it has seen. It needs about ``2^k`` rounds per star.

    Parameters
    ----------
    rounds
        The most reward rounds, at least 0.
    stars
        Rounds with a star after which it stops.
    ridge
        Of the regression, in units of squared features.
    """

    rounds: int
    stars: int
    ridge: float = 1e-3
    vectorised: ClassVar[bool] = True
    proper: bool = True

    def __post_init__(self) -> None:
        whole("rounds", self.rounds, least=0)
        whole("stars", self.stars, least=1)
        positive("ridge", self.ridge)

    def run(self, oracle: ProperOracle) -> LawPolicy:
        """Search `stars` times, regress."""
        known = ProperRegression(oracle, self.ridge)
        left = np.full(oracle.R, float(self.rounds))
        for _ in range(self.stars):
            rows = oracle.active & (left > 0)
            if not rows.any():
                break
            found = oracle.search_signs(left, rows=rows)
            left = left - found.used
            known.add(found)
        return known.policy()
