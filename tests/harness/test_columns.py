"""Numbers of claims are kept exactly or refused, and compared without rounding."""

import math
from decimal import Decimal
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st

from explore_theory.errors import InvalidClaim
from explore_theory.harness.measures import columns

INF = math.inf
HUGE = Fraction(10) ** 400
TENTH = Fraction(0.1)

KEPT = [
    ([0.1, 2], [0.1, 2.0], float),
    ([2**53, -(2**53)], [2.0**53, -(2.0**53)], float),
    ([2**53 + 1, 5], [Fraction(2**53 + 1), Fraction(5)], object),
    ([2**53 + 1, 0.5], [Fraction(2**53 + 1), 0.5], object),
    ([-(2**63)], [Fraction(-(2**63))], object),
    ([10**400], [HUGE], object),
    (np.array([2**63 + 1], dtype=np.uint64), [Fraction(2**63 + 1)], object),
    (np.array([2**53 + 1, 3], dtype=object), [Fraction(2**53 + 1), Fraction(3)], object),
    ([Decimal("0.1")], [Fraction(1, 10)], object),
    ([Decimal("Infinity"), Decimal("NaN"), Decimal("sNaN")], [INF, math.nan, math.nan], float),
    ([Fraction(1, 3), 0.5], [Fraction(1, 3), 0.5], object),
    ([Fraction(1, 3), INF], [Fraction(1, 3), INF], object),
    ([Fraction(2), INF], [2.0, INF], float),
    ([flint.fmpz(3) ** 40], [Fraction(3**40)], object),
    ([flint.fmpq(1, 3)], [Fraction(1, 3)], object),
    ([flint.arb(0.5)], [Fraction(1, 2)], object),
    ([mpmath.mpf("0.1"), mpmath.mpf(0)], [TENTH, Fraction(0)], object),
    ([mpmath.mpf("-inf"), mpmath.mpf("nan")], [-INF, math.nan], float),
    ([sympy.Rational(1, 3), sympy.Integer(2)], [Fraction(1, 3), Fraction(2)], object),
    (np.array([0.1], dtype=np.float32), [float(np.float32(0.1))], float),
    ([np.float32(0.1), 0.5], [float(np.float32(0.1)), 0.5], float),
    (np.array([0.25], dtype=np.longdouble), [0.25], float),
    (np.array([1.5], dtype=">f8"), [1.5], float),
    (range(3), [0.0, 1.0, 2.0], float),
    (7, [7.0], float),
    ([np.array(1.0), np.array(2.0)], [1.0, 2.0], float),
]


@pytest.mark.parametrize(("given", "kept", "kind"), KEPT, ids=lambda v: repr(v)[:40])
def test_a_number_is_kept_with_its_exact_value(given, kept, kind):
    found = columns.column("x", given)
    assert found.dtype == kind
    assert [type(number) for number in found.tolist()] == [type(number) for number in kept]
    assert all(a == b or (a != a and b != b) for a, b in zip(found.tolist(), kept, strict=True))


REFUSED = [
    ([1j], "real numbers"),
    (np.array([1 + 0j, 0.5]), "real numbers"),
    (np.ma.masked_array([1.0, 2.0], mask=[0, 1]), "a masked array"),
    (np.ma.masked_array([1.0], mask=[0]), "a masked array"),
    ([np.ma.masked], "a masked array"),
    ([np.ma.masked, 1.0], "a masked array"),
    (np.array([1], dtype="m8[s]"), "real numbers"),
    (np.array(["2020-01-01"], dtype="M8[D]"), "real numbers"),
    ("1", "real numbers"),
    (["1"], "real numbers"),
    ([1.0, "2"], "real numbers"),
    ([b"1"], "real numbers"),
    ([True], "real numbers"),
    ([True, 2], "the truth value True"),
    ([0.5, np.False_], "the truth value"),
    (np.array([True, 1.0], dtype=object), "the truth value True"),
    (True, "real numbers"),
    ([None], "real numbers"),
    ([sympy.sqrt(2)], "kept exactly"),
    ([sympy.pi], "kept exactly"),
    ([sympy.oo], "kept exactly"),
    ([sympy.nan], "kept exactly"),
    ([sympy.Float(0.5)], "kept exactly"),
    ([sympy.true], "kept exactly"),
    ([mpmath.mp.pi], "kept exactly"),
    ([mpmath.mpc(1)], "kept exactly"),
    ([mpmath.iv.mpf(1)], "kept exactly"),
    ([flint.acb(1)], "kept exactly"),
    ([np.longdouble(1) / 3], "fit into float64"),
    ([0.5, np.longdouble(1) / 3], "fit into float64"),
    (np.array([np.longdouble(1) / 3, 1], dtype=object), "fit into float64"),
    ([[1.0]], "one-dimensional"),
    (np.ones((2, 2)), "one-dimensional"),
    ([[1], [2, 3]], "numbers in a row"),
    ({1.0, 2.0}, "kept exactly"),
    ((x for x in [1.0]), "kept exactly"),
    ({"a": 1.0}, "kept exactly"),
    ([Decimal("1e999999999")], r"at most 2\^100000"),
    ([Decimal("1e-999999999")], r"at most 2\^100000"),
    ([mpmath.mpf(2) ** 200_000], r"at most 2\^100000"),
    ([flint.arb(2) ** 200_000], r"at most 2\^100000"),
    ([flint.arb("0.1")], "balls"),
]


@pytest.mark.parametrize(("given", "why"), REFUSED, ids=lambda v: repr(v).partition(" at 0x")[0][:40])
def test_what_is_no_number_or_would_be_rounded_is_refused_in_one_line(given, why):
    with pytest.raises(InvalidClaim, match=why) as caught:
        columns.column("x", given)
    assert str(caught.value).startswith("x must ")
    assert "\n" not in str(caught.value)


def test_a_ball_gives_both_its_ends_exactly():
    (lo,), (hi,) = columns.ends("x", [flint.arb("0.1")])
    assert isinstance(lo, Fraction)
    assert lo < Fraction(1, 10) < hi < lo + Fraction(1, 2**50)
    mantissa, exponent = flint.arb("0.1").lower().man_exp()
    assert lo == Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


@pytest.mark.parametrize("ball", [flint.arb("nan"), flint.arb("inf"), flint.arb(0, INF)])
def test_a_ball_that_is_not_finite_says_nothing(ball):
    lo, hi = columns.ends("x", [ball, 1.0])
    assert (lo.tolist(), hi.tolist()) == ([-INF, 1.0], [INF, 1.0])


# --- sums ---------------------------------------------------------------------------------------------------

doubles = st.floats(allow_nan=False, allow_infinity=False)
positive = st.floats(min_value=0, allow_nan=False, allow_infinity=False)
fractions = st.builds(lambda p, e: Fraction(p) * Fraction(10) ** e, st.integers(), st.integers(-400, 400))
numbers = doubles | fractions | st.sampled_from([INF, -INF])


@given(st.lists(st.tuples(doubles, positive), min_size=1, max_size=5), st.booleans())
def test_what_is_widened_encloses_the_exact_sum(pairs, as_fractions):
    values, errors = zip(*pairs, strict=True)
    value = columns.column("x", list(map(Fraction, values)) if as_fractions else values)
    error = columns.column("e", errors)
    lo, hi = columns.widened(value, value, error)
    for k, (v, e) in enumerate(pairs):
        assert lo[k] <= Fraction(v) - Fraction(e)
        assert hi[k] >= Fraction(v) + Fraction(e)
        if e == 0:
            assert lo[k] == hi[k] == v
        if as_fractions and object in (value.dtype, error.dtype):
            assert (lo[k], hi[k]) == (Fraction(v) - Fraction(e), Fraction(v) + Fraction(e))


def test_an_end_beyond_the_range_of_doubles_leaves_the_other_end_rounded_outwards():
    value, error = np.array([-1.7e308]), np.array([1.1e308 + 1.1e292])
    (lo,), (hi,) = columns.widened(value, value, error)
    assert lo == -INF
    assert hi > Fraction(value[0]) + Fraction(error[0])


def test_infinities_and_nan_stay_what_they_are_beside_fractions():
    value = columns.column("x", [HUGE, INF, -INF, math.nan])
    lo, hi = columns.widened(value, value, columns.column("e", [Fraction(1, 3)]))
    assert (lo[0], hi[0]) == (HUGE - Fraction(1, 3), HUGE + Fraction(1, 3))
    assert lo.tolist()[1:3] == hi.tolist()[1:3] == [INF, -INF]
    assert math.isnan(lo[3])
    assert math.isnan(hi[3])
    (lo,), (hi,) = columns.widened(value[:1], value[:1], np.array([INF]))
    assert (lo, hi) == (-INF, INF)


@pytest.mark.parametrize("error", [-1e-9, [0.0, -1.0], Fraction(-1, 3)])
def test_an_error_below_zero_is_refused(error):
    with pytest.raises(InvalidClaim, match="error must be at least 0"):
        columns.widened(np.ones(2), np.ones(2), columns.column("error", error))


@given(numbers, numbers)
def test_a_difference_has_the_right_sign(first, second):
    found = columns.difference(first, second)
    assert (found > 0) == (first > second)
    assert (found < 0) == (first < second)
    assert (found == 0) == (first == second)


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (HUGE, INF, -INF),
        (HUGE, -INF, INF),
        (INF, HUGE, INF),
        (-INF, -HUGE, -INF),
        (INF, INF, 0.0),
        (Fraction(1, 10), 0.1, Fraction(1, 10) - TENTH),
        (2.0**53, Fraction(2**53 + 1), Fraction(-1)),
        (5e-324, 0.0, 5e-324),
        (1 / HUGE, 0.0, 1 / HUGE),
    ],
)
def test_differences_that_rounding_would_lose_are_exact(first, second, found):
    assert columns.difference(first, second) == found


def test_a_difference_from_nan_is_none():
    for pair in ((math.nan, HUGE), (HUGE, math.nan), (math.nan, 1.0), (INF, math.nan)):
        assert math.isnan(columns.difference(*pair))


@given(fractions, doubles)
def test_ratios_with_a_fraction_are_exact(p, q):
    assume(p > 0 and q > 0)
    assert columns.quotient(p, q) == p / Fraction(q)
    assert columns.quotient(q, p) == Fraction(q) / p


def test_the_nearest_double_of_what_is_beyond_them_is_infinite():
    assert [columns.as_float(x) for x in (HUGE, -HUGE, 1 / HUGE, -0.5)] == [INF, -INF, 0.0, -0.5]


@pytest.mark.parametrize(
    ("value", "text"),
    [(HUGE, "1e+400"), (-HUGE, "-1e+400"), (1 / HUGE, "1e-400"), (Fraction(1, 3), "0.3333"), (0.25, "0.25")],
)
def test_digits_are_written_beyond_the_range_of_doubles_too(value, text):
    assert columns.digits(value, 4) == text


# --- other kinds --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("good", [3, np.int64(3), np.uint8(3)])
def test_a_whole_number_is_an_int(good):
    assert type(columns.whole_number("n", good, least=3)) is int


@pytest.mark.parametrize("bad", [2, -7, 3.0, math.nan, "3", True, np.True_, None, Fraction(7, 2)])
def test_what_is_no_whole_number_is_refused(bad):
    with pytest.raises(InvalidClaim, match=r"^n must be a whole number of at least 3, got n="):
        columns.whole_number("n", bad, least=3)


@pytest.mark.parametrize("good", [True, [True, False], np.array([True]), np.True_])
def test_truth_values_are_taken_as_they_are(good):
    assert columns.truth("t", good).tolist() == np.atleast_1d(good).tolist()


@pytest.mark.parametrize(
    "bad", [1, 1.0, [0, 1], [0.0], "yes", ["False"], None, np.ma.masked_array([True], mask=[1])]
)
def test_numbers_and_words_are_no_truth_values(bad):
    with pytest.raises(InvalidClaim, match="t must be truth values"):
        columns.truth("t", bad)


@pytest.mark.parametrize("size", [2, 4])
def test_truth_values_of_another_number_are_refused(size):
    with pytest.raises(InvalidClaim, match=f"one truth value or {size}"):
        columns.truth("t", [True, False, True], size)


def test_doubles_that_chance_gave_are_a_copy_of_any_shape():
    mine = np.ones((2, 3), dtype=np.float32)
    found = columns.real_numbers("v", mine)
    assert found.dtype == np.float64
    assert found.shape == (2, 3)
    found[0, 0] = 5
    assert mine[0, 0] == 1
    assert columns.real_numbers("v", [Fraction(1, 2), 3]).tolist() == [0.5, 3.0]


@pytest.mark.parametrize(
    "bad",
    [
        [True, 0.5],
        [2**53 + 1, 0.5],
        [2**53 + 1],
        [Fraction(1, 3)],
        ["0.5"],
        [0.5, None],
        np.ma.masked_array([0.5], mask=[1]),
        np.array([[True]]),
    ],
)
def test_what_doubles_cannot_hold_is_refused_for_samples(bad):
    with pytest.raises(InvalidClaim, match="v must "):
        columns.real_numbers("v", bad)
