"""Caps and averages over the sphere: enclosures against other libraries, other formulas and play."""

import math
from dataclasses import replace
from fractions import Fraction

import mpmath
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.certify.balls import ball, ends, precision
from explore_theory.certify.intervals import WHOLE, Interval, hull
from explore_theory.certify.jets import coordinates
from explore_theory.certify.needle import plane_sequence, repeated_hit, tilt_series
from explore_theory.certify.sphere import angle_mass, cap_probability, log_cap, sphere_average
from explore_theory.certify.two_worlds import Pair, chernoff
from explore_theory.errors import InvalidProblem

DIMENSIONS = (2, 3, 4, 9, 64, 1000, 10**6)


def cap_by_quadrature(d, t):
    """``P(u_1 >= t)`` at 30 digits, by mpmath's own quadrature of the density in the angle."""
    with mpmath.workdps(30):
        width = 1 / mpmath.sqrt(d)
        start = mpmath.asin(t)
        cuts = [start + k * width for k in range(12) if start + k * width < mpmath.pi / 2]
        tail = mpmath.quad(lambda a: mpmath.cos(a) ** (d - 2), [*cuts, mpmath.pi / 2])
        return (
            tail
            * mpmath.gamma(mpmath.mpf(d) / 2)
            / (mpmath.sqrt(mpmath.pi) * mpmath.gamma(mpmath.mpf(d - 1) / 2))
        )


@pytest.mark.parametrize("d", [2, 3, 4, 9, 64, 1000])
@pytest.mark.parametrize("scale", [0.1, 1.0, 2.5])
def test_a_cap_encloses_what_another_library_finds(d, scale):
    t = min(scale / math.sqrt(d), 0.95)
    with precision(128):
        lo, hi = ends(cap_probability(d, t))
    assert lo * (1 - 1e-14) <= cap_by_quadrature(d, mpmath.mpf(t)) <= hi * (1 + 1e-14)
    assert hi / lo < 1 + 1e-9


def test_caps_known_in_closed_form():
    for t in (0.1, 0.5, 0.99):
        circle, ball_of_archimedes = math.acos(t) / math.pi, (1 - t) / 2
        assert ends(cap_probability(2, t))[0] == pytest.approx(circle, rel=1e-12)
        assert ends(cap_probability(3, t))[0] == pytest.approx(ball_of_archimedes, rel=1e-12)
        assert ends(cap_probability(1, t)) == (0.5, 0.5)


@pytest.mark.parametrize("d", DIMENSIONS)
def test_half_of_the_sphere_is_above_the_equator_exactly(d):
    assert ends(cap_probability(d, 0)) == (0.5, 0.5)
    (t,) = coordinates([(0.0, 0.0)])
    assert log_cap(d, t, sides=2).value.floats() == (0.0, 0.0)


@given(st.sampled_from(DIMENSIONS), st.floats(0, 1), st.floats(0, 1))
def test_a_box_of_heights_encloses_its_points(d, first, second):
    low, high = min(first, second), max(first, second)
    with precision(128):
        (box,) = coordinates([(low, high)])
        enclosure = log_cap(d, box).value
        for t in (low, (low + high) / 2, high):
            (point,) = coordinates([(t, t)])
            at = log_cap(d, point).value
            assert enclosure.lo <= at.lo
            assert at.hi <= enclosure.hi


@pytest.mark.parametrize("d", [2, 3, 10, 1000, 10**6])
def test_mills_ratio_and_the_beta_function_agree_where_they_meet(d):
    height = 3.2 / math.sqrt(d)
    if height < 1:
        with precision(128):
            (point,) = coordinates([(height, height)])
            far = log_cap(d, point).value
            exact = cap_probability(d, height).log()
        assert far.lo <= exact.upper()
        assert exact.lower() <= far.hi
        # Where d t^2 is nine or more the two sides of Mills' ratio are apart by an eighth at most.
        assert far.hi - far.lo < 0.125


@pytest.mark.parametrize("d", [2, 3, 10, 1000])
def test_slopes_are_those_of_difference_quotients(d):
    t, step = 0.5 / math.sqrt(d), 1e-6 / math.sqrt(d)
    (box,) = coordinates([(t - step, t + step)])
    low, high = (log_cap(d, coordinates([(x, x)])[0]).value.floats()[0] for x in (t - step, t + step))
    slope = log_cap(d, box).slopes[0].floats()
    assert slope[0] == pytest.approx(slope[1], rel=1e-4)
    assert (high - low) / (2 * step) == pytest.approx(slope[0], rel=1e-4)


@pytest.mark.parametrize("d", DIMENSIONS)
def test_the_mean_square_of_a_coordinate_is_one_over_the_dimension(d):
    """``x^2`` is even and does not increase, but no saturation is asked for."""
    with precision(128):
        mean = sphere_average(d, lambda x: x * x, arb(1), goal=2.0**-60)
    lo, hi = ends(mean)
    assert lo <= 1 / d <= hi
    assert hi - lo < 1e-15


def test_the_mass_of_the_circle_is_its_half_turn():
    assert ends(angle_mass(2) - arb.pi())[0] == pytest.approx(0, abs=1e-12)
    assert angle_mass(3).overlaps(ball(2))


def test_infinite_ends_survive_sums_and_undefined_ones_become_the_whole_line():
    tail = Interval(arb.neg_inf(), arb(1))
    moved = tail + Interval(arb(1), arb(2))
    assert moved.floats() == (-math.inf, 3.0)
    assert (tail - tail).floats() == WHOLE.floats()
    assert hull(arb.nan()).floats() == WHOLE.floats()
    assert (tail * Interval(arb(0), arb(0))).floats() == WHOLE.floats()


HALF = Fraction(1, 2)
PAIR = Pair(k=2, eta=Fraction(1, 8), violated=(0, 1))


@pytest.mark.parametrize(
    "call",
    [
        lambda: cap_probability(3, -0.5),
        lambda: cap_probability(3, 1.5),
        lambda: cap_probability(3, math.nan),
        lambda: angle_mass(1),
        lambda: log_cap(3, coordinates([(-0.5, 0.5)])[0]),
        lambda: log_cap(3, coordinates([(0.0, 0.5)])[0], sides=3),
        lambda: log_cap(0, coordinates([(0.0, 0.5)])[0]),
        lambda: sphere_average(3, lambda x: x, arb(-1), goal=1e-9),
        lambda: sphere_average(3, lambda x: x, arb(1), goal=0.0),
        lambda: sphere_average(0, lambda x: x, arb(1), goal=1e-9),
        lambda: tilt_series(ball(1), ball(-1)),
        lambda: tilt_series(ball(1), ball(math.nan)),
        lambda: tilt_series(ball(1), arb.pos_inf()),
        lambda: tilt_series(ball(0), ball(1)),
        lambda: plane_sequence(2.0, 1.0, [(0.5, math.nan)]),
        lambda: repeated_hit(3, 2.0, 1.0, calls=1, tolerance=0.0),
        lambda: chernoff((ball(HALF), ball(HALF)), (ball(HALF), ball(HALF)), 1.5),
        lambda: replace(PAIR, k=0),
        lambda: replace(PAIR, eta=Fraction(3, 2)),
        lambda: replace(PAIR, eta=0.125),
        lambda: replace(PAIR, base_star=Fraction(1)),
        lambda: replace(PAIR, violated=()),
        lambda: replace(PAIR, violated=(0, 3)),
    ],
)
def test_what_lies_outside_the_formulas_is_refused(call):
    with pytest.raises(InvalidProblem, match=r"^[^\n]* must [^\n]*$"):
        call()
