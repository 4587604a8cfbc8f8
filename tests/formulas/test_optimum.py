"""Exact optima: all assignments 64 to a word, against one by one; integer programs against both."""

import itertools
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem, NumericalError
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


def apart(formula, copies):
    """Disjoint copies side by side, all their terms in one formula: the largest counts add up."""
    shift = formula.n * np.arange(copies)[:, None, None]
    literals = np.sign(formula.literals) * (np.abs(formula.literals) + shift)
    return Formula(literals.reshape(-1, formula.k), copies * formula.n)


def test_beyond_24_variables_values_and_bounds_enclose_an_optimum_that_is_known():
    formula = planted_formula("parity", m=60, k=4, n=13, streams=stream("apart"))[0]
    best = exact_optimum(formula).value
    easy = optimum(apart(formula, 2), seconds=20)
    assert easy.solved
    assert easy.value == best < 1
    for seconds in (0.001, 0.05, 0.5):
        hard = optimum(apart(formula, 4), seconds=seconds)
        assert hard.value <= best <= hard.bound
        assert apart(formula, 4).value(hard.assignment) == hard.value


@pytest.mark.parametrize(
    ("dual", "most"),
    [(-7.3, 7), (-8.0, 8), (-7.9999999, 8), (-7.999, 7), (-99.0, 10), (None, 10), (-np.inf, 10)],
)
def test_the_bound_is_what_the_solver_proves_in_whole_terms(monkeypatch, dual, most):
    formula = apart(Formula([[1, 2]] * 3 + [[-1, 2]] * 2, 2), 2)
    monkeypatch.setattr("scipy.optimize.milp", lambda *_, **__: SimpleNamespace(x=None, mip_dual_bound=dual))
    assert by_program(formula, seconds=1).bound == Fraction(most, 10)


def test_a_bound_below_the_value_of_its_own_assignment_is_an_error(monkeypatch):
    monkeypatch.setattr("scipy.optimize.milp", lambda *_, **__: SimpleNamespace(x=None, mip_dual_bound=-1.0))
    with pytest.raises(NumericalError, match="the solver's bound must be at least the value"):
        optimum(Formula([[1, 2], [1, 30]], 30))


def test_all_assignments_of_too_many_variables_are_refused():
    with pytest.raises(
        InvalidProblem, match="n must be at most 24 for all assignments to be tried, got n=25"
    ):
        best_assignment(Formula([[1, 25]], 25))
