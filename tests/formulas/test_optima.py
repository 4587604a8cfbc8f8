"""The best assignments of many lists of terms at once, against one list at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.formulas import MixedFormula, best_assignment, optima
from explore_theory.formulas.optima import best_assignments


def alone(terms):
    """Of one list by `best_assignment`."""
    clauses = [((np.flatnonzero(term) + 1) * term[term != 0]).tolist() for term in terms if term.any()]
    if not clauses:
        return [1] * terms.shape[1]
    return list(best_assignment(MixedFormula(clauses, terms.shape[1]))[1])


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 7), st.integers(0, 10**6))
@settings(max_examples=60)
def test_lists_together_are_lists_alone(n, many, lists, seed):
    """With empty terms, repeated ones and terms of several widths among them; the first of several best."""
    terms = np.random.default_rng(seed).integers(-1, 2, (lists, many, n)).astype(np.int8)
    assert best_assignments(terms).tolist() == [alone(row) for row in terms]


def test_lists_in_chunks_are_lists_together(monkeypatch):
    terms = np.random.default_rng(0).integers(-1, 2, (9, 40, 8)).astype(np.int8)
    together = best_assignments(terms).tolist()
    for words in (1, 8, 20):
        monkeypatch.setattr(optima, "_CHUNK", words)
        assert best_assignments(terms).tolist() == together


def test_several_words_of_assignments_are_looked_through():
    """The first ten of eleven variables are settled by a term each, for and against, and so is the last."""
    terms = np.zeros((2, 11, 11), dtype=np.int8)
    terms[0] = np.eye(11)
    terms[1] = -np.eye(11)
    terms[1, 10] *= -1
    assert best_assignments(terms).tolist() == [[1] * 11, [-1] * 10 + [1]]


def test_a_list_without_terms_is_all_ones():
    assert best_assignments(np.zeros((2, 4, 6), dtype=np.int8)).tolist() == [[1] * 6] * 2


def test_too_many_variables_are_refused():
    with pytest.raises(InvalidProblem, match="at most 24 for all assignments to be tried, got n=25"):
        best_assignments(np.ones((1, 1, 25), dtype=np.int8))
