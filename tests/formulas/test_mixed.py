"""Formulas of mixed width: values and optima as written, and what a conversion to one width keeps."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.formulas import (
    Copies,
    Formula,
    MixedFormula,
    counts,
    dump,
    exact_optimum,
    load,
    majority_vote,
    optimum,
    parse,
    save,
)
from explore_theory.formulas.milp import by_program
from explore_theory.problems import DNF

PUBLISHED = "p dnf 9 3\n1 -2 4 0\n3 -5 0\n-6 7 8 9 0\n"


@st.composite
def mixed(draw):
    n = draw(st.integers(1, 7))
    term = st.permutations(range(1, n + 1)).flatmap(
        lambda order: st.integers(1, n).flatmap(
            lambda k: st.tuples(*(st.sampled_from((v, -v)) for v in order[:k]))
        )
    )
    return MixedFormula(draw(st.lists(term, min_size=1, max_size=7)), n)


def every(n):
    return [np.array(signs) for signs in itertools.product((1, -1), repeat=n)]


def naive(formula, signs):
    """How many terms hold, read off the terms as they were given."""
    return sum(all(signs[abs(x) - 1] * x > 0 for x in term) for term in formula.terms)


@given(mixed())
def test_values_and_optima_are_those_of_the_terms_as_written(formula):
    best = max(naive(formula, signs) for signs in every(formula.n))
    for signs in every(formula.n):
        assert formula.value(signs) == Fraction(naive(formula, signs), formula.m)
    found = exact_optimum(formula)
    assert found.value == Fraction(best, formula.m) == formula.value(found.assignment)
    assert optimum(formula) == found
    numbered = [[1 if a >> v & 1 else -1 for v in range(formula.n)] for a in range(2**formula.n)]
    assert counts(formula).tolist() == [naive(formula, signs) for signs in numbered]


@given(mixed())
def test_padding_keeps_the_terms_one_to_one_and_the_largest_value(formula):
    padded = formula.padded()
    assert (padded.m, padded.k) == (formula.m, formula.widths.max())
    assert padded.n == formula.n + formula.widths.max() - formula.widths.min()
    fresh = padded.n - formula.n
    best = exact_optimum(padded)
    assert best.value == exact_optimum(formula).value == formula.value(best.assignment[: formula.n])
    for signs in every(formula.n):
        held = formula.satisfied(signs)
        np.testing.assert_array_equal(padded.satisfied([*signs, *[1] * fresh]), held)
        for others in every(fresh):
            assert not np.any(padded.satisfied([*signs, *others]) & ~held)


@given(mixed())
def test_the_integer_program_agrees(formula):
    found = by_program(formula, seconds=10.0)
    assert found.solved
    assert found.value == exact_optimum(formula).value == formula.value(found.assignment)


@given(mixed())
def test_what_is_written_is_read_back(formula):
    again = parse(dump(formula))
    assert again.n == formula.n
    assert [tuple(x for x in term if x) for term in again.table.tolist()] == list(formula.terms)
    assert isinstance(again, MixedFormula) == (len(set(formula.widths.tolist())) > 1)


def test_the_published_example_is_read(tmp_path):
    (tmp_path / "mixed.dnf").write_text(PUBLISHED)
    formula = load(tmp_path / "mixed.dnf")
    assert repr(formula) == "MixedFormula(n=9, m=3, widths 2 to 4)"
    assert formula.padded().literals.tolist() == [[1, -2, 4, 10], [3, -5, 10, 11], [-6, 7, 8, 9]]
    save(formula, tmp_path / "again.dnf")
    assert (tmp_path / "again.dnf").read_text() == PUBLISHED


def test_an_optimum_beyond_all_assignments_is_that_of_the_program():
    wide = MixedFormula([[1, 30], [-1], [-30, 2, 3], [-1, -2]], 30)
    found = optimum(wide)
    assert found.solved
    assert found.method == "integer program (HiGHS)"
    assert found.value == Fraction(2, 4)


def test_a_formula_of_one_width_is_its_own_padding():
    formula = Formula([[1, 2]], 2)
    assert formula.padded() is formula
    assert parse("p dnf 2 1\n1 2 0").padded().literals.tolist() == [[1, 2]]


@pytest.mark.parametrize(
    "way",
    [
        lambda formula: DNF(formula=formula, eta=0.25),
        lambda formula: Copies(formula, 2),
        majority_vote,
    ],
)
def test_what_needs_one_width_says_how_to_get_it(way):
    formula = parse(PUBLISHED)
    with pytest.raises(InvalidProblem) as caught:
        way(formula)
    assert str(caught.value) == (
        "formula must have terms of one width (formula.padded() fills narrow terms with fresh variables), "
        "got formula=MixedFormula(n=9, m=3, widths 2 to 4)"
    )
    way(formula.padded())


@pytest.mark.parametrize(
    ("terms", "n", "message"),
    [
        ([], 3, "terms must hold at least one term"),
        ([[1], []], 3, r"terms must hold variables from 1 to 3 or negations, got terms\[1\]=\[\]"),
        ([[1, 0]], 3, r"terms must hold variables from 1 to 3 or negations, got terms\[0\]=\[1, 0\]"),
        ([[1, 4]], 3, r"terms\[0\]\[1\] must lie in \[-3, 3\], got terms\[0\]\[1\]=4"),
        ([[1, -1]], 3, "a term must have distinct variables"),
        ([[1.0]], 3, r"terms\[0\]\[0\] must be a whole number"),
        ([[True]], 3, r"terms\[0\]\[0\] must be a whole number"),
        ([[1]], 0, "n must lie in"),
    ],
)
def test_what_is_no_formula_is_refused(terms, n, message):
    with pytest.raises(InvalidProblem, match=message) as caught:
        MixedFormula(terms, n)
    assert "\n" not in str(caught.value)


def test_a_table_that_no_memory_holds_is_refused(monkeypatch):
    monkeypatch.setattr("explore_theory.formulas.mixed.MOST_LITERALS", 5)
    with pytest.raises(InvalidProblem, match="got 2 terms of up to 3"):
        MixedFormula([[1, 2, 3], [1]], 3)
