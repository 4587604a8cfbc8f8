import math
from fractions import Fraction

import mpmath
import pytest
from flint import arb
from hypothesis import example, given
from hypothesis import strategies as st

from explore_theory.certify.balls import ball, ends, power, precision
from explore_theory.errors import InvalidProblem

ordinary = st.floats(-1e6, 1e6)
fractions = st.fractions(max_denominator=10**9)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_survives_unchanged(x):
    assert ends(ball(x)) == (x, x)


@given(fractions)
@example(Fraction(2**63 + 1))  # next to a power of two, below which doubles lie twice as close
@example(-Fraction(2**63 + 1))
def test_a_fraction_lies_between_neighbouring_doubles(f):
    with precision(200):
        lo, hi = ends(ball(f))
    assert Fraction(lo) <= f <= Fraction(hi)
    assert hi <= math.nextafter(lo, math.inf)
    with precision(53):
        lo, hi = ends(ball(f))
    assert Fraction(lo) <= f <= Fraction(hi)
    assert hi - lo <= 2 * math.ulp(max(abs(lo), abs(hi)))


@given(fractions, fractions)
def test_sums_and_products_enclose_the_rational_result(f, g):
    for enclosure, exact in ((ball(f) + ball(g), f + g), (ball(f) * ball(g), f * g)):
        lo, hi = ends(enclosure)
        assert Fraction(lo) <= exact <= Fraction(hi)


@given(st.floats(-700, 700))
def test_exp_encloses_what_another_library_finds(x):
    lo, hi = ends(ball(x).exp())
    with mpmath.workdps(60):
        assert lo <= mpmath.exp(mpmath.mpf(x)) <= hi


@given(st.floats(1e-300, 1e300))
def test_log_encloses_what_another_library_finds(x):
    lo, hi = ends(ball(x).log())
    with mpmath.workdps(60):
        assert lo <= mpmath.log(mpmath.mpf(x)) <= hi


@given(ordinary)
def test_more_bits_never_widen_an_enclosure(x):
    coarse = ends(ball(x).exp())
    with precision(300):
        fine = ends(ball(x).exp())
    assert coarse[0] <= fine[0] <= fine[1] <= coarse[1]


@pytest.mark.parametrize(
    ("enclosure", "expected"),
    [
        (lambda: ball(1000).exp(), (math.nextafter(math.inf, 0), math.inf)),
        (lambda: -ball(1000).exp(), (-math.inf, -math.nextafter(math.inf, 0))),
        (lambda: ball(-1000).exp(), (0.0, 5e-324)),
        (lambda: ball(0).log(), (-math.inf, math.inf)),
        (lambda: ball(math.nan), (-math.inf, math.inf)),
    ],
    ids=["overflow", "negative overflow", "underflow", "not finite", "not a number"],
)
def test_the_ends_of_float64_are_rounded_outwards(enclosure, expected):
    assert ends(enclosure()) == expected


@given(st.fractions(-9, 9, max_denominator=64), st.fractions(0, 9, max_denominator=64), st.integers(-6, 6))
def test_a_power_of_a_ball_contains_the_powers_of_its_members(middle, radius, n):
    base = ball(middle - radius).union(ball(middle + radius))
    found = power(base, n)
    if n < 0 and base.contains(0):
        assert not found.is_finite()
        return
    for member in (middle - radius, middle, middle + radius):
        lo, hi = ends(found)
        assert lo <= member**n <= hi


@pytest.mark.parametrize(
    ("n", "lo", "hi"), [(0, 1.0, 1.0), (1, -2.0, 2.0), (2, 0.0, 4.0), (3, -8.0, 8.0), (4, 0.0, 16.0)]
)
def test_a_power_of_a_ball_around_zero_is_finite_and_even_ones_are_not_negative(n, lo, hi):
    found = ends(power(arb(0, 2), n))
    assert found == pytest.approx((lo, hi), abs=1e-6)
    assert found[0] <= lo
    assert found[1] >= hi


def test_powers_are_whole():
    for exponent in (0.5, True, 2**50):
        with pytest.raises(InvalidProblem, match="exponent must"):
            power(ball(2), exponent)


@pytest.mark.parametrize("bits", [0, -5, 64.0])
def test_precision_is_a_number_of_bits(bits):
    with pytest.raises(InvalidProblem, match="bits must"), precision(bits):
        pass
