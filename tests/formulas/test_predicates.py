"""Predicates, their formulas, conjunctions and serial repetition: against definitions written out again."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.formulas import (
    Conjunctions,
    Formula,
    MixedFormula,
    Predicate,
    PredicateFormula,
    code_of,
    exact_optimum,
    hadamard_predicate,
    largest_value,
    repeated,
)

SIGNS = st.sampled_from((1, -1))


def every(n):
    return [np.array(signs) for signs in itertools.product((1, -1), repeat=n)]


@st.composite
def formulas(draw):
    k, n, m = draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 3))
    words = list(itertools.product((1, -1), repeat=k))
    accepting = draw(st.lists(st.sampled_from(words), min_size=1, max_size=4, unique=True))
    rows = st.lists(st.tuples(*[st.tuples(st.integers(1, n), SIGNS)] * k), min_size=m, max_size=m)
    drawn = draw(rows)
    variables = [[v for v, _ in row] for row in drawn]
    signs = [[b for _, b in row] for row in drawn]
    return PredicateFormula(Predicate(accepting), variables, signs, n)


def met(formula, x):
    """How many constraints hold, by looking their words up."""
    accepted = {tuple(word) for word in formula.predicate.accepting.tolist()}
    rows = zip(formula.variables.tolist(), formula.signs.tolist(), strict=True)
    return sum(tuple(b * x[v - 1] for v, b in zip(*row, strict=True)) in accepted for row in rows)


def written(formula):
    """The literals of each constraint and accepted word, as they stand."""
    rows = zip(formula.variables.tolist(), formula.signs.tolist(), strict=True)
    return [
        [v * b * y for v, b, y in zip(*row, word, strict=True)]
        for row in rows
        for word in formula.predicate.accepting.tolist()
    ]


@given(formulas())
def test_terms_are_satisfied_as_constraints_are(formula):
    terms = formula.conjunctions()
    assert terms.m == formula.predicate.size * formula.m
    for x in every(formula.n):
        assert terms.satisfied(x).sum() == met(formula, x) == formula.satisfied(x).sum()
        assert formula.value(x) == terms.value(x) * formula.predicate.size


@given(formulas(), st.integers(1, 3))
def test_repetition_raises_values_to_a_power_and_keeps_count_of_contradictions(formula, t):
    terms = formula.conjunctions()
    found = repeated(terms, t)
    parts = [set(row) for row in written(formula)]
    joined = [set().union(*chosen) for chosen in itertools.product(parts, repeat=t)]
    assert found.m == len(joined) == terms.m**t
    never = [any(-x in c for x in c) for c in joined]
    assert found.never.tolist() == never
    assert found.widths.tolist() == [
        0 if no else len({abs(x) for x in c if x}) for c, no in zip(joined, never, strict=True)
    ]
    for x in every(formula.n):
        assert found.value(x) == terms.value(x) ** t
    best = largest_value(found)
    assert best.value == largest_value(terms).value ** t == found.value(best.assignment)


def test_terms_collapse_to_those_of_a_formula():
    terms = Conjunctions([[1, 1, -2], [2, -2, 0], [3, 0, 3]], 3, contradictory=True)
    assert terms.widths.tolist() == [2, 0, 1]
    assert terms.never.tolist() == [False, True, False]
    assert terms.possible().terms == ((1, -2), (3,))
    assert largest_value(terms).value == Fraction(2, 3)
    nothing = Conjunctions([[1, -1]], 1, contradictory=True)
    assert (largest_value(nothing).value, repeated(nothing, 2).never.tolist()) == (0, [True])


def test_formulas_are_conjunctions():
    for formula in (Formula([[1, -2], [2, 3]], 3), MixedFormula([[1], [-1, 2]], 2)):
        terms = Conjunctions.of(
            formula.terms if isinstance(formula, MixedFormula) else formula.literals.tolist(), formula.n
        )
        assert not terms.never.any()
        assert largest_value(terms).value == exact_optimum(formula).value
        for x in every(formula.n):
            assert terms.satisfied(x).tolist() == formula.satisfied(x).tolist()


@pytest.mark.parametrize(("k", "size"), [(1, 2), (2, 4), (3, 4), (4, 8), (7, 8), (8, 16), (15, 16), (31, 32)])
def test_the_words_of_a_hadamard_predicate_are_few_and_pairwise_independent(k, size):
    words = hadamard_predicate(k).accepting.astype(int)
    assert len({tuple(word) for word in words.tolist()}) == len(words) == size
    assert np.array_equal(words.T @ words, size * np.eye(k, dtype=int))
    assert not words.sum(axis=0).any()
    products = words[:, None, :] * words[None, :, :]
    assert hadamard_predicate(k).accepts(products).all()


@pytest.mark.parametrize("k", [3, 7, 15])
def test_the_hadamard_predicate_accepts_the_words_of_the_simplex_code(k):
    words, _ = code_of("hadamard", k)
    assert {tuple(w) for w in words.tolist()} == {tuple(w) for w in hadamard_predicate(k).accepting.tolist()}


def test_a_larger_dimension_has_more_words():
    predicate = hadamard_predicate(7, 5)
    words = predicate.accepting.astype(int)
    assert (predicate.size, predicate.share()) == (32, Fraction(32, 128))
    assert len({tuple(word) for word in words.tolist()}) == 32
    assert np.array_equal(words.T @ words, 32 * np.eye(7, dtype=int))


PAIR = Predicate([[1, 1], [-1, -1]])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Predicate([]), "accepting must hold at least one word"),
        (lambda: Predicate([[1, 0]]), r"accepting\[0, 1\]=0"),
        (lambda: Predicate([[1, 2]]), r"accepting\[0, 1\]=2"),
        (lambda: Predicate([[1, 1], [1, 1]]), "distinct words, got word 1 twice"),
        (lambda: Predicate([[1] * 64]), "k must lie in .1, 63., got k=64"),
        (lambda: hadamard_predicate(0), "k must lie in .1, 63., got k=0"),
        (lambda: hadamard_predicate(64), "got k=64"),
        (lambda: hadamard_predicate(7, 2), "dimension must lie in .3, 7., got dimension=2"),
        (lambda: hadamard_predicate(30, 17), "dimension must be at most 16, got dimension=17"),
        (lambda: PAIR.accepts([1, 1, 1]), r"words must be signs of shape \[..., 2\]"),
        (lambda: PAIR.accepts([0, 1]), "with a 0"),
        (lambda: PredicateFormula(PAIR, [[1, 2, 3]], [[1, 1, 1]], 3), "variables must have a row of 2"),
        (lambda: PredicateFormula(PAIR, [[1, 3]], [[1, 1]], 2), r"variables\[0, 1\]=3"),
        (lambda: PredicateFormula(PAIR, [[1, 2]], [[1, 0]], 2), r"signs\[0, 1\]=0"),
        (lambda: PredicateFormula(PAIR, [[1, 2]], [[1, 1], [1, 1]], 2), "one shape"),
        (lambda: PredicateFormula(PAIR, np.zeros((0, 2), int), np.zeros((0, 2), int), 2), "at least one"),
        (
            lambda: PredicateFormula("x", [[1, 2]], [[1, 1]], 2),
            "predicate must be a Predicate, got predicate='x'",
        ),
        (
            lambda: repeated(MixedFormula([[1]], 2), 2),
            "formula must be one of Conjunctions, got formula=Mixed",
        ),
        (lambda: largest_value(MixedFormula([[1]], 2)), "formula must be one of Conjunctions"),
        (lambda: repeated(Conjunctions([[1]], 2), 0), "t must be at least 1, got t=0"),
        (lambda: repeated(Conjunctions([[1]] * 8, 2), 9), "got m=8, k=1, t=9"),
        (lambda: repeated(Conjunctions([[1]], 2), 10**9), "got m=1, k=1, t=1000000000"),
        (lambda: repeated(Conjunctions([[1]] * 2, 2), 10**9), "got m=2, k=1, t=1000000000"),
    ],
)
def test_bad_calls_get_one_clear_line(call, words):
    with pytest.raises(InvalidProblem, match=words) as refused:
        call()
    assert "\n" not in str(refused.value)


def test_more_places_than_variables_are_collapsed_and_not_refused():
    """k above n: after a repetition a term may have more literals than there are variables."""
    formula = PredicateFormula(hadamard_predicate(3), [[1, 1, 1]], [[1, 1, 1]], 1)
    terms = formula.conjunctions()
    assert (terms.widths.tolist(), terms.never.tolist()) == ([1, 0, 0, 0], [False, True, True, True])
    assert largest_value(terms).value == Fraction(1, 4)
