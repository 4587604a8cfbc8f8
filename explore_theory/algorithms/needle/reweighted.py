"""Strong oracle steered by what has been missed so far."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from explore_theory.algorithms.needle.steering import radius_of, search_by_blocks, unit
from explore_theory.errors import OracleMisuse
from explore_theory.foundation.validation import whole
from explore_theory.oracles.coins import Coins
from explore_theory.oracles.protocol import Oracle
from explore_theory.policies import LawPolicy
from explore_theory.problems.protocol import Floats


@dataclass(frozen=True, kw_only=True)
class ReweightedDirections:
    """Candidate directions weighted by the likelihood of the misses; plays along their mean.

    Against the hidden needle a call at `theta` misses with probability ``1 - h(<theta, u>)``, ``h(s) =
    sigmoid(s/beta - log(C - 1))``. After `b` misses at `theta` the weight of a candidate `v` is multiplied by
    ``(1 - h(<theta, v>))^b``: directions that would have been found lose weight, and the mean turns away
    from where it has looked. This is Bayes' rule with the candidates as the prior.

    Parameters
    ----------
    calls
        The most strong calls.
    block
        Calls per `theta`.
    candidates
        Directions per replicate, drawn uniformly on the sphere; memory ``R * candidates * d``.
    names
        Responses named afterwards if the calls were in vain, two a reward round.
    """

    calls: int
    block: int
    candidates: int = 16
    names: int = 0
    vectorised: ClassVar[bool] = True
    proper: bool = False

    def __post_init__(self) -> None:
        whole("calls", self.calls, least=0)
        whole("block", self.block, least=1)
        whole("candidates", self.candidates, least=2)
        whole("names", self.names, least=0)

    def run(self, oracle: Oracle) -> LawPolicy:
        """Search block by block, then name."""
        facts = oracle.facts
        if facts.coverage is None or facts.coverage <= 1:
            raise OracleMisuse(f"coverage must be known and above 1, got coverage={facts.coverage!r}")
        steering = _Posterior(
            coins=oracle.coins.child("candidates"),
            shape=(self.candidates, facts.d),
            radius=radius_of(oracle),
            beta=facts.beta,
            log_odds=math.log(facts.coverage - 1),
        )
        return search_by_blocks(oracle, steering, self.calls, self.block, self.names)


class _Posterior:
    def __init__(
        self, coins: Coins, shape: tuple[int, int], radius: float, beta: float, log_odds: float
    ) -> None:
        self._directions: Floats = unit(coins.normal(shape[0] * shape[1]).reshape(-1, *shape))
        self._log_weight: Floats = np.zeros((len(self._directions), shape[0]))
        self._radius, self._beta, self._log_odds = radius, beta, log_odds

    def next(self) -> Floats:
        weight = np.exp(self._log_weight - self._log_weight.max(axis=-1, keepdims=True))
        # One candidate at a time keeps memory at [R, d], and rows apart.
        mean = sum(
            (weight[:, i, None] * self._directions[:, i] for i in range(weight.shape[1])),
            start=np.zeros_like(self._directions[:, 0]),
        )
        return self._radius * unit(mean)

    def missed(self, theta: Floats, calls: float) -> None:
        for i in range(self._log_weight.shape[1]):
            inner = (self._directions[:, i] * theta).sum(axis=-1)
            # log(1 - sigmoid(x)) = -log(1 + e^x)
            self._log_weight[:, i] -= calls * np.logaddexp(0.0, inner / self._beta - self._log_odds)
