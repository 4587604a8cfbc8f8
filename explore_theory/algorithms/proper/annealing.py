"""Simulated annealing on collected terms. Letters: `R` replicates, `N` terms, `d` feature dimension."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from explore_theory.algorithms.proper.collected_terms import Signs, collect, play_and_test
from explore_theory.foundation.validation import above, whole
from explore_theory.oracles.coins import Coins
from explore_theory.oracles.proper import ProperOracle
from explore_theory.policies import LawPolicy


@dataclass(frozen=True, kw_only=True)
class Annealing:
    """Collect terms, anneal an assignment that satisfies many of them, play it and test its rewards.

    Source: Kirkpatrick, Gelatt, Vecchi, *Optimization by simulated annealing* (Science 220, 1983).

    Parameters
    ----------
    rounds
        Reward rounds, at least 0.
    terms, calls
        Terms to collect, and the most strong calls for it.
    sweeps
        Passes over the variables, at temperatures falling geometrically from `hot` to `cold` (in terms).
    """

    rounds: int
    terms: int
    calls: int
    sweeps: int = 100
    hot: float = 4.0
    cold: float = 0.25
    vectorised: ClassVar[bool] = True
    proper: bool = True

    def __post_init__(self) -> None:
        whole("rounds", self.rounds, least=0)
        for name in ("terms", "calls", "sweeps"):
            whole(name, getattr(self, name), least=1)
        above("cold", self.cold, 0.0)
        above("hot", self.hot, self.cold)

    def run(self, oracle: ProperOracle) -> LawPolicy:
        """Collect, anneal, play."""
        terms = collect(oracle, self.terms, self.calls)
        signs = self.anneal(terms, oracle.coins)
        # Every proposed flip looks at one literal of each term, and at its count.
        oracle.count(2.0 * self.sweeps * terms.shape[1] * terms.shape[2])
        return play_and_test(oracle, signs, self.rounds)

    def anneal(self, terms: Signs, coins: Coins) -> Signs:
        """`[R, d]`: the best assignment met for the terms `[R, N, d]`."""
        _, _, d = terms.shape
        literals = np.abs(terms).sum(axis=-1, dtype=np.int64)
        signs = np.where(coins.uniform(d) < 0.5, -1, 1).astype(np.int8)
        agree = (terms * signs[:, None, :]).sum(axis=-1, dtype=np.int64)
        value = _satisfied(agree, literals)
        best, best_value = signs.copy(), value.copy()
        for temperature in np.geomspace(self.hot, self.cold, self.sweeps):
            levels = np.log(coins.uniform(d))
            for v in range(d):
                moved = agree - 2 * signs[:, v, None] * terms[:, :, v].astype(np.int64)
                after = _satisfied(moved, literals)
                take = levels[:, v] * temperature < after - value
                signs[:, v] = np.where(take, -signs[:, v], signs[:, v])
                agree = np.where(take[:, None], moved, agree)
                value = np.where(take, after, value)
                better = value > best_value
                best = np.where(better[:, None], signs, best)
                best_value = np.maximum(best_value, value)
        return best


def _satisfied(agree: npt.NDArray[np.int64], literals: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """`[R]`: terms all of whose literals agree; one that was not collected has none and does not count."""
    return np.asarray(((agree == literals) & (literals > 0)).sum(axis=-1))
