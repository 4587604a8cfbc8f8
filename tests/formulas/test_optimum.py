"""Exact optima: all assignments 64 to a word, against one by one; integer programs against both."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.formulas import (
    Formula,
    best_assignment,
    counts,
    exact_optimum,
    optimum,
    planted_formula,
    random_formula,
)
from explore_theory.formulas.milp import by_program
from explore_theory.formulas.optimum import number_of
from explore_theory.foundation.streams import Streams


def stream(name="test"):
    return Streams((name,), [0])


def one_by_one(formula):
    return [
        sum(all((signs[abs(x) - 1] > 0) == (x > 0) for x in term) for term in formula.literals.tolist())
        for signs in (bits[::-1] for bits in itertools.product((-1, 1), repeat=formula.n))
    ]


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 20), st.integers(0, 10**6))
@settings(max_examples=40)
def test_all_assignments_at_once_are_all_assignments_one_by_one(n, k, m, seed):
    formula = random_formula(m=m, k=min(k, n), n=n, streams=stream(str(seed)))
    expected = one_by_one(formula)
    assert counts(formula).tolist() == expected
    best, signs = best_assignment(formula)
    assert best == max(expected)
    assert number_of(np.array(signs)) == expected.index(best)
    assert formula.value(signs) == Fraction(best, formula.m)


def test_variables_beyond_a_block_are_tried_too():
    """22 variables are four blocks; the only full assignment lies in the last."""
    formula = Formula([[21, 22, 1], [21, -22, 2], [22, 21, -3]], 22)
    best, signs = best_assignment(formula)
    assert best == 2
    assert signs[20] == signs[21] == signs[0] == 1
    assert signs[2] == -1


def test_integer_programs_agree_with_all_assignments():
    for k in (2, 3):
        formula = random_formula(m=25, k=k, n=8, streams=stream(f"k{k}"))
        found = by_program(formula, seconds=20)
        assert found.solved
        assert found.value == exact_optimum(formula).value == formula.value(found.assignment)


def test_beyond_24_variables_a_program_is_solved_or_leaves_a_bound():
    formula = random_formula(m=30, k=3, n=40, streams=stream())
    assert optimum(formula).solved
    hard, _ = planted_formula("parity", m=3000, k=5, n=60, streams=stream())
    found = optimum(hard, seconds=0.2)
    assert not found.solved
    assert found.value <= found.bound <= 1
    with pytest.raises(InvalidProblem, match=r"got n=60, m=3000, and an optimum between \S+ and \S+"):
        optimum(hard, seconds=0.2, require=True)


def test_all_assignments_of_too_many_variables_are_refused():
    with pytest.raises(
        InvalidProblem, match="n must be at most 24 for all assignments to be tried, got n=25"
    ):
        best_assignment(Formula([[1, 25]], 25))
