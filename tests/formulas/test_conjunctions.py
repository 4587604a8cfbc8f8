"""Conjunctions of literals: repeated ones count once, contradictory ones count in m and never hold."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.formulas import Conjunctions, exact_optimum

LITERAL = st.integers(1, 4).flatmap(lambda v: st.sampled_from((v, -v)))


@given(st.lists(st.lists(LITERAL, min_size=1, max_size=5), min_size=1, max_size=6))
def test_clauses_hold_as_they_were_written(clauses):
    formula = Conjunctions.of(clauses, 4, contradictory=True)
    for signs in itertools.product((1, -1), repeat=4):
        naive = [all(signs[abs(x) - 1] * x > 0 for x in clause) for clause in clauses]
        assert formula.satisfied(signs).tolist() == naive
        assert formula.value(signs) == Fraction(sum(naive), len(clauses))
    assert formula.never.tolist() == [any(-x in clause for x in clause) for clause in clauses]
    widths = [0 if never else len(set(c)) for c, never in zip(clauses, formula.never, strict=True)]
    assert formula.widths.tolist() == widths
    assert formula.k == max(1, *widths)


def test_clauses_may_be_rows_of_an_array():
    assert Conjunctions.of(np.array([[1, 2], [2, -1]]), 2).table.tolist() == [[1, 2], [-1, 2]]


def test_an_optimum_of_the_possible_clauses_is_one_of_all():
    formula = Conjunctions.of([[1, -1], [1, 2, 1], [-2, 1], [2]], 2, contradictory=True)
    assert repr(formula) == "Conjunctions(n=2, m=4, k=2, contradictory=1)"
    found = exact_optimum(formula.possible())
    assert formula.value(found.assignment) == Fraction(2, 4)
    assert formula.table.tolist() == [[0, 0, 0], [1, 2, 0], [1, -2, 0], [2, 0, 0]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Conjunctions.of([], 2), "clauses must hold at least one clause, got clauses=()"),
        (
            lambda: Conjunctions.of([1, 2], 2),
            "clauses must be a list of lists of literals, got clauses=[1, 2]",
        ),
        (lambda: Conjunctions.of("ab", 2), "clauses must be a list of lists of literals, got clauses='ab'"),
        (lambda: Conjunctions.of(np.array([1, 2]), 2), "clauses must be a list of lists of literals"),
        (lambda: Conjunctions.of([[1], []], 2), "a clause must have a literal, got none in clause 1"),
        (lambda: Conjunctions.of([[1, 0]], 2), "a literal must not be zero, got clauses[0]=[1, 0]"),
        (lambda: Conjunctions.of([[3]], 2), "from 1 to 2 or its negation, got literals[0, 0]=3"),
        (
            lambda: Conjunctions.of([[1], [2, -2]], 2),
            "a clause must not hold a variable and its negation (contradictory=True keeps such clauses: "
            "nothing satisfies them), got clause 1=[2, -2]",
        ),
        (lambda: Conjunctions(np.zeros(3, dtype=int), 2), "whole numbers of shape [m, k], m, k >= 1, got"),
        (lambda: Conjunctions.of([[1]], 0), "n must lie in [1, 2147483647], got n=0"),
        (lambda: Conjunctions.of([[1.5]], 2), "clauses[0][0] must be a whole number"),
        (
            lambda: Conjunctions.of([[1, -1]], 1, contradictory=True).possible(),
            "terms must hold at least one term",
        ),
    ],
)
def test_bad_calls(call, message):
    with pytest.raises(InvalidProblem) as caught:
        call()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
