"""Strong oracle at random parameters."""

from dataclasses import dataclass
from typing import ClassVar

from explore_theory.algorithms.needle.steering import radius_of, search_by_blocks, unit
from explore_theory.foundation.validation import whole
from explore_theory.oracles.coins import Coins
from explore_theory.oracles.protocol import Oracle
from explore_theory.policies import LawPolicy
from explore_theory.problems.protocol import Floats


@dataclass(frozen=True, kw_only=True)
class RandomDirections:
    """Each block of calls at a `theta` uniform on the sphere that bounds ``Theta``.

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
        steering = _Random(oracle.coins.child("directions"), oracle.facts.d, radius_of(oracle))
        return search_by_blocks(oracle, steering, self.calls, self.block, self.names)


class _Random:
    def __init__(self, coins: Coins, d: int, radius: float) -> None:
        self._coins, self._d, self._radius = coins, d, radius

    def next(self) -> Floats:
        return self._radius * unit(self._coins.normal(self._d))

    def missed(self, theta: Floats, calls: float) -> None:
        """Misses are forgotten."""
