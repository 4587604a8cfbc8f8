"""Strong oracle along the coordinate axes, one after the other."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from explore_theory.algorithms.needle.steering import radius_of, search_by_blocks
from explore_theory.foundation.validation import whole
from explore_theory.oracles.protocol import Oracle
from explore_theory.policies import LawPolicy
from explore_theory.problems.protocol import Floats


@dataclass(frozen=True, kw_only=True)
class CoordinateSweep:
    """Blocks of calls at ``e_1, -e_1, e_2, -e_2, ..`` times the radius of ``Theta``, round and round.

    Parameters
    ----------
    calls
        The most strong calls.
    block
        Calls per `theta`.
    names
        Responses named afterwards if the calls were in vain, two a reward round.
    """

    calls: int
    block: int
    names: int = 0
    vectorised: ClassVar[bool] = True
    proper: bool = False

    def __post_init__(self) -> None:
        whole("calls", self.calls, least=0)
        whole("block", self.block, least=1)
        whole("names", self.names, least=0)

    def run(self, oracle: Oracle) -> LawPolicy:
        """Search block by block, then name."""
        steering = _Sweep(oracle.facts.d, radius_of(oracle))
        return search_by_blocks(oracle, steering, self.calls, self.block, self.names)


class _Sweep:
    def __init__(self, d: int, radius: float) -> None:
        self._d, self._radius, self._turn = d, radius, 0

    def next(self) -> Floats:
        theta = np.zeros(self._d)
        theta[self._turn // 2 % self._d] = self._radius if self._turn % 2 == 0 else -self._radius
        self._turn += 1
        return theta

    def missed(self, theta: Floats, calls: float) -> None:
        """Misses are forgotten."""
