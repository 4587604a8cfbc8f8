"""Exhaustive search over assignments on collected terms: ``2^d`` of them."""

from dataclasses import dataclass
from typing import ClassVar

from explore_theory.algorithms.proper.collected_terms import collect, play_and_test
from explore_theory.formulas.optima import best_assignments
from explore_theory.foundation.validation import whole
from explore_theory.oracles.proper import ProperOracle
from explore_theory.policies import LawPolicy


@dataclass(frozen=True, kw_only=True)
class ExhaustiveSearch:
    """Collect terms, take the assignment that satisfies the most of them, play it and test its rewards.

    Parameters
    ----------
    rounds
        Reward rounds, at least 0.
    terms, calls
        Terms to collect, and the most strong calls for it.
    """

    rounds: int
    terms: int
    calls: int
    vectorised: ClassVar[bool] = True
    proper: bool = True

    def __post_init__(self) -> None:
        whole("rounds", self.rounds, least=0)
        whole("terms", self.terms, least=1)
        whole("calls", self.calls, least=1)

    def run(self, oracle: ProperOracle) -> LawPolicy:
        """Collect, try all, play."""
        terms = collect(oracle, self.terms, self.calls)
        signs = best_assignments(terms)
        # An assignment is held against every literal of every term.
        oracle.count(2.0**oracle.facts.d * (terms != 0).sum(axis=(1, 2)))
        return play_and_test(oracle, signs, self.rounds)
