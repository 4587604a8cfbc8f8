"""Exhaustive search over assignments on collected terms: ``2^d`` of them."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from explore_theory.algorithms.proper.collected_terms import Signs, collect, play_and_test
from explore_theory.formulas import MixedFormula, best_assignment
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
        signs = np.stack([best_of(row) for row in terms])
        # An assignment is held against every literal of every term.
        oracle.count(2.0**oracle.facts.d * (terms != 0).sum(axis=(1, 2)))
        return play_and_test(oracle, signs, self.rounds)


def best_of(terms: Signs) -> Signs:
    """The assignment `[d]` that satisfies the most of the terms `[N, d]`; all ones if there is none."""
    clauses = [(np.flatnonzero(term) + 1) * term[term != 0] for term in terms if term.any()]
    if not clauses:
        return np.ones(terms.shape[1], dtype=np.int8)
    formula = MixedFormula([clause.tolist() for clause in clauses], terms.shape[1])
    return np.array(best_assignment(formula)[1], dtype=np.int8)
