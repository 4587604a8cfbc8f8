import math
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.certify import balls, symbolic
from explore_theory.errors import InvalidClaim
from explore_theory.harness.measures.measurement import Bound, Resolution
from explore_theory.harness.verdicts.summary import Reading, summarise
from explore_theory.harness.verdicts.verdict import Status, decide

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
    measured = symbolic.largest_ratio((x - y) ** 2, 2 * (x - y) ** 2, excess=[], equal_at={x: y})
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


real = sp.Symbol("delta", real=True)
whole = sp.Symbol("n", integer=True, positive=True)
OUTSIDE = {
    "a symbol that may be negative": real,
    "a symbol that nothing is known of": sp.Symbol("u"),
    "a symbol that is whole": whole,
    "a symbol of the name of another": sp.Symbol("x", real=True),
    "a dummy": sp.Dummy("x", positive=True),
    "a float": sp.Float("0.1") * y,
    "a float inside a logarithm": sp.log(y + 0.5),
    "an infinity": sp.oo,
    "a division by zero": sp.zoo,
    "not a number": sp.nan,
    "an imaginary number": sp.I * y,
    "a logarithm of what may be negative": sp.log(1 + y - sp.Symbol("z", positive=True)),
    "a root of what may be negative": sp.sqrt(1 - y),
    "a relation": sp.Eq(y, 1),
    "a matrix": sp.Matrix([y]),
    "text": "y",
}


@pytest.mark.parametrize("outside", OUTSIDE.values(), ids=OUTSIDE.keys())
def test_nothing_is_said_of_expressions_that_are_not_of_positive_symbols(outside):
    added = outside if isinstance(outside, str | sp.Basic | sp.MatrixBase) else sp.sympify(outside)
    if isinstance(added, sp.Expr):
        added = added + x
    for ask in (
        lambda: symbolic.is_zero(added),
        lambda: symbolic.has_positive_coefficients(added),
        lambda: symbolic.proved_at_most(x, added, []),
        lambda: symbolic.proved_at_most(added, x, []),
        lambda: symbolic.proved_at_most(x, x, [(added, x)]),
        lambda: symbolic.proved_at_most(x, x, [(x, added)]),
        lambda: symbolic.ratio(added, x),
        lambda: symbolic.ratio(x, added),
        lambda: symbolic.largest_ratio(x, added, equal_at={}),
        lambda: symbolic.largest_ratio(x, x + y, equal_at={y: added}),
    ):
        with pytest.raises(InvalidClaim) as caught:
            ask()
        assert "\n" not in str(caught.value)


def test_a_change_that_may_be_negative_is_not_taken_for_a_positive_one():
    b, e = sp.symbols("b e", positive=True)
    with pytest.raises(InvalidClaim, match="must be of symbols declared positive"):
        symbolic.largest_ratio(b * e, b * (e + real), equal_at={real: 0})


def test_a_ratio_of_negative_sides_says_nothing_and_is_refused():
    # -3x <= -2x, and their ratio is 3/2.
    with pytest.raises(InvalidClaim, match="right must be seen not to be negative"):
        symbolic.largest_ratio(-3 * x, -2 * x, equal_at={})
    # -x <= -2x fails, and their ratio is 1/2.
    with pytest.raises(InvalidClaim, match="right must not be negative, got right=-2"):
        symbolic.largest_ratio(-x, -2 * x, equal_at={})


def test_a_left_side_that_is_a_divergence_shows_the_sign_of_the_right_one():
    first, second = symbolic.law("a", 2), symbolic.law("b", 2)
    left = symbolic.kl(first, second)
    terms = symbolic.divergence_terms(first, second)
    with pytest.raises(InvalidClaim, match="give left_excess"):
        symbolic.largest_ratio(left, 2 * left, excess=terms, equal_at={})
    found = symbolic.largest_ratio(left, 2 * left, excess=terms, left_excess=terms, equal_at={})
    assert found.hi[0] == 1
    with pytest.raises(InvalidClaim, match="left_excess must be positive pairs that add up to left"):
        symbolic.largest_ratio(left, 2 * left, excess=terms, left_excess=terms[:1], equal_at={})


def test_sides_meet_only_inside_the_domain_at_symbols_that_are_there_and_at_finite_values():
    for equal_at, message in (
        ({y: -1}, "equal_at must stay where symbols are at least 0, got y=-1"),
        ({y: x - 1}, "equal_at must stay where symbols are at least 0, got y=x - 1"),
        ({sp.Symbol("z", positive=True): 0}, "equal_at must name symbols of the two sides, got z"),
    ):
        with pytest.raises(InvalidClaim) as caught:
            symbolic.largest_ratio(x, x + y, equal_at=equal_at)
        assert message in str(caught.value)
    with pytest.raises(InvalidClaim, match="equal_at must be real and finite"):
        symbolic.largest_ratio(x / y, (x + 1) / y, equal_at={y: 0})


def test_two_sides_that_are_both_zero_are_no_identity():
    with pytest.raises(InvalidClaim, match="right must differ from zero at some point"):
        symbolic.ratio(x - x, sp.Integer(0))
    with pytest.raises(InvalidClaim, match="right must differ from zero at some point"):
        symbolic.ratio(x, sp.log(x * y) - sp.log(x) - sp.log(y))


def test_what_fails_far_from_one_only_is_refuted():
    measured = symbolic.largest_ratio(x, sp.Integer(100), equal_at={})
    assert measured.lo[0] > 1
    separated = symbolic.ratio(x + sp.Rational(1, 2**60), x)
    assert separated.lo[0] > 1


def test_zero_and_constants_have_no_negative_coefficient():
    assert symbolic.has_positive_coefficients(x - x)
    assert symbolic.has_positive_coefficients(sp.sqrt(2) - 1)
    assert not symbolic.has_positive_coefficients(1 - sp.sqrt(2))
    assert symbolic.has_positive_coefficients((sp.sqrt(2) - 1) * x + y)
    assert not symbolic.has_positive_coefficients((1 - sp.sqrt(2)) * x + y)


@pytest.mark.parametrize(("letter", "n"), [("a1", 2), ("", 2), ("a:", 2), ("a", 0), ("a", 1.5)])
def test_symbols_of_two_letters_never_share_a_name(letter, n):
    with pytest.raises(ValueError, match=r"(letter|n) must"):
        symbolic.weights(letter, n)


def test_a_point_must_give_every_symbol_a_value():
    with pytest.raises(ValueError, match="point must give every symbol a value, got none for y"):
        symbolic.evaluate(x + y, {x: Fraction(1)})


@pytest.mark.parametrize("relation", ["<=", "=="])
def test_a_ratio_that_is_not_proved_one_never_holds(relation):
    """x/(x + 1) is below one at every point, and nothing here proves it."""
    found = symbolic.ratio(x, x + 1)
    assert (found.lo[1], found.hi[1]) == (-np.inf, np.inf)
    verdict = decide(summarise(found, Bound.of(1.0), Reading()), relation, Resolution())
    assert verdict.status is (Status.INCONCLUSIVE if relation == "<=" else Status.REFUTED)
