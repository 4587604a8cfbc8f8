"""Formulas: values by hand, refusals, plantings, copies, and every small formula once."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from explore_theory.errors import InvalidProblem
from explore_theory.formulas import (
    Copies,
    Formula,
    code_of,
    majority_vote,
    planted_formula,
    random_formula,
    small_formulas,
)
from explore_theory.formulas.enumeration import _group, all_terms, image
from explore_theory.foundation.streams import Streams

HAND = Formula([[1, 2], [-1, 3], [1, -3]], 3)


def stream(name="test"):
    return Streams((name,), [0])


@pytest.mark.parametrize(
    ("literals", "n", "message"),
    [
        ([[1, 1]], 3, "a term must have distinct variables, got variable 1 twice in term 0"),
        ([[1, 2], [2, -2]], 3, "a term must have distinct variables, got variable 2 twice in term 1"),
        ([[1, 4]], 3, "a literal must be a variable from 1 to 3 or its negation, got literals[0, 1]=4"),
        ([[0, 1]], 3, "got literals[0, 0]=0"),
        (np.zeros((0, 2), dtype=int), 3, "literals must hold at least one term, got literals.shape=(0, 2)"),
        (np.zeros((2, 0), dtype=int), 3, "literals must hold at least one term"),
        ([[1, 2, 3]], 2, "k must be at most n (2), got k=3"),
        ([[1.0, 2.0]], 3, "literals must be whole numbers, got literals.dtype='float64'"),
        (
            np.array([[2**32 + 1, 2]]),
            2,
            "a literal must be a variable from 1 to 2 or its negation",
        ),
        (
            np.array([[2**32 - 1, 2]]),
            2,
            "a literal must be a variable from 1 to 2 or its negation",
        ),
        (np.array([[2**64 - 1, 2]], dtype=np.uint64), 2, "literals[0, 0] must lie in"),
        ([[2**64 + 1, 2]], 2, "literals[0, 0] must lie in"),
        (np.ma.masked_array([[1, 2]], mask=[[0, 1]]), 2, "literals must be a plain array"),
        ([1, 2], 3, "literals must be whole numbers of shape [m, k]"),
        ([[1, 2]], 0, "n must lie in [1, 2147483647], got n=0"),
    ],
)
def test_what_is_no_formula_is_refused(literals, n, message):
    with pytest.raises(InvalidProblem) as caught:
        Formula(literals, n)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_values_by_hand():
    assert HAND.value([1, 1, 1]) == Fraction(1, 3)
    assert HAND.value([1, 1, -1]) == Fraction(2, 3)
    assert HAND.value([-1, 1, -1]) == 0
    assert HAND.count([[1, 1, -1], [-1, -1, 1], [1, 0, -1]]).tolist() == [2, 1, 1]


@pytest.mark.parametrize("assignment", [[1, 1], [1, 1, 0], [1, 1, 2], [1, 1, np.nan]])
def test_what_is_no_assignment_is_refused(assignment):
    with pytest.raises(InvalidProblem, match="assignment must be 3 signs"):
        HAND.value(assignment)


@pytest.mark.parametrize(
    "assignment", ["abc", [True, True, True], [1, 1, 1j], np.ma.masked_array([1, 1, 1], mask=[0, 0, 1])]
)
def test_an_assignment_that_is_not_of_numbers_is_refused(assignment):
    for call in (HAND.value, lambda signs: HAND.count([signs])):
        with pytest.raises(InvalidProblem, match=r"^assignments?(\[.*\])? must"):
            call(assignment)


def test_the_count_of_an_assignment_that_is_not_a_number_is_refused():
    with pytest.raises(InvalidProblem, match="assignments must be numbers, got NaN"):
        HAND.count([[1, 1, np.nan]])


@pytest.mark.parametrize("term", [[1.5], [-1], [3], [2**32]])
def test_a_term_that_is_not_there_is_refused(term):
    for terms in (HAND, Copies(HAND, 1)):
        with pytest.raises(InvalidProblem, match=r"^term[^\n]* must"):
            terms.at(np.array(term))


@pytest.mark.parametrize("share", [np.nan, -0.5, 50])
def test_a_share_beyond_the_whole_is_refused(share):
    with pytest.raises(InvalidProblem, match=r"share must lie in \[0, 1\]"):
        planted_formula("naive", m=3, k=2, n=4, streams=stream(), share=share)
    with pytest.raises(InvalidProblem, match=r"share must lie in \[0, 1\]"):
        code_of("naive", 2, share)


@pytest.mark.parametrize(("planting", "k", "share"), [("hadamard", 7, 1 / 8), ("parity", 4, 1 / 8)])
def test_hidden_plantings_have_their_value_and_no_leaning_literal(planting, k, share):
    m = 40_000
    formula, secret = planted_formula(planting, m=m, k=k, n=15, streams=stream())
    assert abs(float(formula.value(secret)) - share) < 6 * (share / m) ** 0.5
    agree = secret[np.abs(formula.literals) - 1] * np.sign(formula.literals)
    error = 6 / m**0.5
    for i, j in itertools.combinations(range(k), 2):
        assert abs(agree[:, i].mean()) < error
        assert abs((agree[:, i] * agree[:, j]).mean()) < error
    assert (majority_vote(formula) == secret).sum() < 15


def test_parity_hides_every_proper_part_of_a_term():
    formula, secret = planted_formula("parity", m=40_000, k=4, n=15, streams=stream())
    agree = secret[np.abs(formula.literals) - 1] * np.sign(formula.literals)
    assert np.all(agree.prod(axis=-1) == 1)
    for three in itertools.combinations(range(4), 3):
        assert abs(agree[:, three].prod(axis=-1).mean()) < 0.03


def test_a_naive_planting_is_read_off_by_majority():
    formula, secret = planted_formula("naive", m=2000, k=3, n=20, streams=stream())
    np.testing.assert_array_equal(majority_vote(formula), secret)


def test_random_terms_use_every_variable_and_sign_alike():
    formula = random_formula(m=30_000, k=3, n=5, streams=stream())
    for literal in (*range(1, 6), *range(-5, 0)):
        assert abs((formula.literals == literal).sum() / 9000 - 1) < 0.1
    first = random_formula(m=10, k=3, n=5, streams=stream())
    np.testing.assert_array_equal(first.literals, random_formula(m=10, k=3, n=5, streams=stream()).literals)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: random_formula(m=0, k=1, n=1, streams=stream()), "m must be at least 1"),
        (lambda: random_formula(m=1, k=3, n=2, streams=stream()), "k must be at most n (2), got k=3"),
        (lambda: random_formula(m=1, k=1, n=2, streams=Streams(("a",), [0, 1])), "streams must have one row"),
        (lambda: planted_formula("hadamard", m=1, k=4, n=5, streams=stream()), "k must be 2^t - 1"),
        (lambda: planted_formula("hadamar", m=1, k=3, n=5, streams=stream()), "did you mean 'hadamard'?"),
        (lambda: Copies(HAND, 40), "copies must leave fewer than 2^63 terms"),
        (lambda: Copies(HAND, 20).listed(), "m must be at most 2^20"),
        (lambda: small_formulas(6, 2, 1), "n must lie in [1, 5], got n=6"),
    ],
)
def test_bad_calls(call, message):
    with pytest.raises(InvalidProblem) as caught:
        call()
    assert message in str(caught.value)


def test_values_of_copies_multiply_whatever_the_assignment():
    copies = Copies(HAND, 2)
    listed = copies.listed()
    assert (copies.n, copies.k, copies.m) == (6, 4, 9) == (listed.n, listed.k, listed.m)
    for signs in itertools.product((1, -1), repeat=6):
        first, second = (HAND.value(part) for part in copies.parts(signs))
        assert listed.value(signs) == first * second


def test_copies_are_read_by_number_and_never_listed():
    copies = Copies(HAND, 30)
    assert copies.m == 3**30
    literals = copies.at(np.array([0, 3**30 - 1]))
    assert literals.shape == (2, 60)
    assert literals[1].tolist() == [x for copy in range(30) for x in (1 + 3 * copy, -3 - 3 * copy)]


def least_image(n, terms):
    images = (tuple(sorted(tuple(sorted(image(g, term))) for term in terms)) for g in _group(n))
    return min(images)


@pytest.mark.parametrize(("n", "k", "m"), [(2, 1, 2), (2, 2, 3), (3, 2, 2), (3, 3, 2)])
def test_every_small_formula_is_the_image_of_exactly_one(n, k, m):
    """By brute force: orbits of all multisets of terms under all signed permutations."""
    terms = all_terms(n, k)
    everything = itertools.combinations_with_replacement(terms, m)
    orbits = {least_image(n, chosen) for chosen in everything}
    found = {least_image(n, f.literals.tolist()) for f in small_formulas(n, k, m)}
    assert found == orbits
    assert len(small_formulas(n, k, m)) == len(orbits)


@pytest.mark.parametrize(("planting", "k"), [("naive", 3), ("hadamard", 3), ("hadamard", 7), ("parity", 4)])
def test_patterns_are_drawn_by_their_stated_law(planting, k):
    m = 20_000
    formula, secret = planted_formula(planting, m=m, k=k, n=9, streams=stream(planting))
    agree = secret[np.abs(formula.literals) - 1] * np.sign(formula.literals)
    words, masses = code_of(planting, k)
    assert sum(masses) == 1
    seen = [(agree == word).all(axis=-1).sum() for word in words]
    assert sum(seen) == m
    for count, mass in zip(seen, masses, strict=True):
        assert abs(count - m * mass) < 6 * float(m * mass) ** 0.5
