"""What a learner is."""

from typing import Protocol

from explore_theory.oracles.protocol import Oracle
from explore_theory.policies import LawPolicy


class Learner(Protocol):
    """An algorithm: all it knows about a problem it has from an oracle, or says in its constructor.

    Arrays of a learner have a leading replicate axis `R`; its coins are ``oracle.coins``, so that row `r` of
    its policy does not depend on how many rows there are. ``vectorised = True`` says so of a class; a learner
    that does not say it is run by `explore_theory.running.playing` on one replicate at a time.
    """

    @property
    def proper(self) -> bool:
        """Whether it holds a proper oracle, see `ProperLearner`; False here."""

    def run(self, oracle: Oracle) -> LawPolicy:
        """Interact, and return a policy with one row per replicate."""
