import math
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.certify import balls, symbolic

x, y = sp.symbols("x y", positive=True)
TRUE = {
    "logarithm of a product": (sp.log(x * y), sp.log(x) + sp.log(y)),
    "logarithm of a quotient of sums": (sp.log((x + y) / (x * y)), sp.log(1 / x + 1 / y)),
    "partial fractions": (1 / (x * (x + 1)), 1 / x - 1 / (x + 1)),
    "a law sums to one": (sum(symbolic.law("a", 3)), sp.Integer(1)),
}
FALSE = {
    "off by a rational that is no float": (x, x + sp.Rational(1, 3**20)),
    "logarithm of a sum": (sp.log(x + y), sp.log(x) + sp.log(y)),
    "a shifted logarithm": (sp.log(x), sp.log(x + 1)),
    "a square": (x**2 + y**2, (x + y) ** 2),
}


@pytest.mark.parametrize("name", TRUE)
def test_true_identities_are_proved(name):
    left, right = TRUE[name]
    assert symbolic.is_zero(left - right)
    measured = symbolic.ratio(left, right)
    assert measured.lo[0] == measured.hi[0] == 1


@pytest.mark.parametrize("name", FALSE)
def test_false_identities_are_not_proved_and_are_separated_from_one(name):
    left, right = FALSE[name]
    assert not symbolic.is_zero(left - right)
    measured = symbolic.ratio(left, right)
    assert measured.lo[0] > 1 or measured.hi[0] <= 1
    assert measured.unit == "points"


def test_a_difference_below_float64_is_neither_proved_nor_refuted():
    measured = symbolic.ratio(x, x + sp.Rational(1, 3**60))
    assert (measured.lo[0], measured.hi[0]) == (-np.inf, np.inf)


POLYNOMIALS = st.lists(st.integers(-3, 3), min_size=4, max_size=4)


@given(POLYNOMIALS, POLYNOMIALS)
def test_no_two_different_expressions_are_proved_equal(first, second):
    def build(c):
        return c[0] * sp.log(x) + c[1] * sp.log(x + y) * x + c[2] * x * y + sp.Rational(c[3], 3)

    assert symbolic.is_zero(build(first) - build(second)) == (first == second)


@given(st.fractions("1/9", 9, max_denominator=30), st.fractions("1/9", 9, max_denominator=30))
def test_evaluation_encloses_the_value_and_the_ratio(a, b):
    expression = sp.log(x + y) * x**2 / y - sp.Rational(1, 3) + sp.exp(-x)
    lo, hi = balls.ends(symbolic.evaluate(expression, {x: a, y: b}))
    near = math.log(a + b) * float(a) ** 2 / float(b) - 1 / 3 + math.exp(-a)
    assert lo <= hi
    assert lo == pytest.approx(near, rel=1e-12, abs=1e-12)
    exact = symbolic.evaluate((x - sp.Rational(1, 3)) / (y + 1), {x: a, y: b})
    lo, hi = balls.ends(exact)
    assert Fraction(lo) <= (a - Fraction(1, 3)) / (b + 1) <= Fraction(hi)


def test_evaluation_refuses_what_it_does_not_know():
    with pytest.raises(ValueError, match="expression must be built from"):
        symbolic.evaluate(sp.sin(x), {x: Fraction(1)})


def test_gibbs_term_has_its_minimum_zero_at_one():
    g = symbolic.gibbs(x)
    assert g.subs(x, 1) == 0
    assert symbolic.is_zero(sp.diff(g, x) - sp.log(x))


def test_gibbs_inequality_is_proved_and_its_reverse_is_not():
    first, second = symbolic.law("a", 3), symbolic.law("b", 3)
    terms = symbolic.divergence_terms(first, second)
    assert symbolic.proved_at_most(0, symbolic.kl(first, second), terms)
    assert not symbolic.proved_at_most(symbolic.kl(first, second), 0, terms)


def test_a_negative_weight_proves_nothing():
    excess = [(-x, y)]
    assert not symbolic.proved_at_most(0, -x * symbolic.gibbs(y), excess)


def test_a_weight_of_unknown_sign_proves_nothing():
    excess = [(x - y, y)]
    assert not symbolic.proved_at_most(0, (x - y) * symbolic.gibbs(y), excess)


def test_an_unproved_inequality_has_no_upper_end():
    measured = symbolic.largest_ratio(x, x + y, excess=[], equal_at={})
    assert measured.hi[0] == np.inf
    assert 0 < measured.lo[0] < 1


def test_an_inequality_that_fails_somewhere_is_refuted_at_a_point():
    measured = symbolic.largest_ratio(2 * x, x + y, excess=[], equal_at={})
    assert measured.lo[0] > 1
    assert set(measured.witness(0)) == {"x", "y"}


def test_zero_over_zero_is_not_attained():
    measured = symbolic.largest_ratio(x - y, 2 * (x - y), excess=[], equal_at={x: y})
    assert measured.unit == "points"


def test_a_quotient_with_positive_coefficients_is_at_least_zero_and_others_are_not_proved():
    x, y = sp.symbols("x y", positive=True)
    assert symbolic.has_positive_coefficients((x * y + 3 * y) / (x + 1))
    assert symbolic.has_positive_coefficients(1 / (1 + x) - 1 / (1 + x + y))
    assert not symbolic.has_positive_coefficients((x - y) ** 2)  # true, but not by its coefficients
    assert not symbolic.has_positive_coefficients(x - y)
    assert not symbolic.has_positive_coefficients(sp.log(1 + x))


def test_without_terms_of_excess_coefficients_decide():
    x, y = sp.symbols("x y", positive=True)
    proved = symbolic.largest_ratio(x / (x + 1), (x + y) / (x + y + 1), equal_at={y: 0})
    assert (proved.lo[0], proved.hi[0]) == (1.0, 1.0)
    swapped = symbolic.largest_ratio((x + y) / (x + y + 1), x / (x + 1), equal_at={})
    assert swapped.lo[0] > 1
    assert swapped.hi[0] == np.inf
