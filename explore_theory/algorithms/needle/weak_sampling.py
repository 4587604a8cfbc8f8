"""Weak sampling: draw from the base policy until a response has a non-zero feature."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from explore_theory.algorithms.needle.naming import settle
from explore_theory.foundation.validation import whole
from explore_theory.oracles.answers import NO_RESPONSE
from explore_theory.oracles.expressions import Norm
from explore_theory.oracles.protocol import Oracle
from explore_theory.policies import LawPolicy


@dataclass(frozen=True, kw_only=True)
class WeakSampling:
    """Optimal against the hidden needle among learners with the weak oracle, if it remembers.

    Parameters
    ----------
    calls
        The most weak calls, at least 0.
    names
        Responses named afterwards if the calls were in vain, two a reward round.
    remember
        Draw one response at a time, so as to know the misses and not to name them. Otherwise search, which
        the exact law simulates at no cost; that makes no difference when responses outnumber calls by far.
    """

    calls: int
    names: int = 0
    remember: bool = False
    vectorised: ClassVar[bool] = True
    proper: bool = False

    def __post_init__(self) -> None:
        whole("calls", self.calls, least=0)
        whole("names", self.names, least=0)

    def run(self, oracle: Oracle) -> LawPolicy:
        """Search, then name."""
        ctx = oracle.prompt()
        if not self.remember:
            found = oracle.search(ctx, Norm() > 0, self.calls)
            nothing = np.empty((oracle.R, 0), dtype=np.int64)
            return settle(oracle, found.ok, found.features, nothing, self.names)
        hit = np.zeros(oracle.R, dtype=bool)
        direction = np.zeros((oracle.R, oracle.facts.d))
        seen = np.full((oracle.R, self.calls), NO_RESPONSE)
        for t in range(self.calls):
            rows = oracle.active & ~hit
            if not rows.any():
                break
            sample = oracle.draw(ctx, rows=rows)
            feature = sample.features[:, 0]
            seen[:, t] = sample.response[:, 0]
            here = (feature != 0).any(axis=-1)
            direction = np.where(here[:, None], feature, direction)
            hit |= here
        return settle(oracle, hit, direction, seen, self.names)
