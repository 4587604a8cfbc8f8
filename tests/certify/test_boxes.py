import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.certify.balls import ball
from explore_theory.certify.boxes import largest_ratio, supremum
from explore_theory.certify.intervals import WHOLE, Interval, interval
from explore_theory.certify.jets import Jet, coordinates, jet, log_add_exp

numbers = st.fractions(-50, 50, max_denominator=1000)


@st.composite
def interval_and_member(draw):
    a, b, c = sorted(draw(st.tuples(numbers, numbers, numbers)))
    return Interval(interval(a).lo, interval(c).hi), b


def contains(enclosure, value):
    return enclosure.lo <= ball(value) <= enclosure.hi


@given(interval_and_member(), interval_and_member())
def test_interval_arithmetic_contains_every_pair_of_members(first, second):
    (x, a), (y, b) = first, second
    assert contains(x + y, a + b)
    assert contains(x - y, a - b)
    assert contains(x * y, a * b)
    if b != 0:
        assert contains(y.reciprocal(), 1 / b)


def test_an_interval_keeps_a_tiny_end_beside_a_large_one():
    tiny = ball(-1000).exp()
    joined = Interval(tiny.lower(), ball(1))
    assert (joined * joined).lo > 0


def test_the_reciprocal_of_an_interval_around_zero_is_the_whole_line():
    assert Interval(ball(-1), ball(1)).reciprocal() == WHOLE


FORMULAS = {
    "softmax": lambda x, y: log_add_exp(x, 2 * y) - x,
    "rational": lambda x, y: (x * y - 3) / (x * x + 1 + y * y),
    "exponentials": lambda x, y: x.exp() * (-y).expm1() + (x * x).log1p(),
    "logarithm": lambda x, y: (x * x + 1).log() * y,
    "reflected": lambda x, y: 1 - (2 / (y * y + 1)) * x,
}


@pytest.mark.parametrize("name", FORMULAS)
@given(st.tuples(*[st.floats(-3, 3)] * 2), st.floats(-3, 3))
def test_slopes_over_a_side_contain_its_difference_quotient(name, start, end):
    """By the mean value theorem some slope inside the side equals the quotient."""
    (x0, y), x1 = start, end
    if x0 == x1:
        return
    lo, hi = min(x0, x1), max(x0, x1)
    over_box = FORMULAS[name](*coordinates(((lo, hi), (y, y))))
    at_ends = [FORMULAS[name](Jet(interval(x)), Jet(interval(y))).value for x in (lo, hi)]
    rise = at_ends[1] - at_ends[0]
    run = interval(Fraction(hi) - Fraction(lo))
    for value in at_ends:
        assert over_box.value.lo <= value.hi
        assert value.lo <= over_box.value.hi
    product = over_box.slopes[0] * run
    assert product.lo <= rise.hi
    assert rise.lo <= product.hi


def parabola(x):
    """Largest, 1/9, at 1/3, which no cut hits."""
    return x[0] * (Fraction(2, 3) - x[0])


PEAK = Fraction(1, 9)


def test_an_interior_maximum_is_enclosed():
    found = supremum(parabola, [(0, 1)], target=0.2, accuracy=1e-6)
    assert found.lo <= PEAK <= found.hi <= found.lo + 1e-6
    assert found.point == pytest.approx((1 / 3,), abs=1e-2)


def test_a_maximum_in_two_dimensions_is_enclosed():
    def hill(x):
        return 2 - (x[0] - 0.3) * (x[0] - 0.3) - (x[1] + 0.2) * (x[1] + 0.2)

    found = supremum(hill, [(-1, 1), (-1, 1)], target=2.1, accuracy=1e-2)
    assert found.lo <= 2 <= found.hi <= found.lo + 1e-2


def test_a_target_that_is_exceeded_is_disproved_at_a_point():
    found = supremum(parabola, [(0, 1)], target=0.1)
    assert found.lo > 0.1
    assert parabola([Fraction(found.point[0])]) >= Fraction(found.lo)


def test_a_spent_budget_still_gives_a_valid_enclosure():
    found = supremum(parabola, [(0, 1)], target=0.2, accuracy=1e-12, budget=20)
    assert found.boxes <= 21
    assert found.lo <= PEAK <= found.hi
    assert found.hi - found.lo > 1e-12


def test_a_target_that_is_attained_cannot_be_proved_by_cutting():
    found = supremum(parabola, [(0, 1)], target=float(PEAK), budget=200)
    assert found.lo <= float(PEAK) < found.hi


def test_a_monotone_function_is_settled_at_a_corner():
    found = supremum(lambda x: x[0].exp() - x[1], [(-1000, 3), (2, 5)], target=100, accuracy=1e-12)
    assert found.boxes == 1
    assert found.point == (3.0, 2.0)
    assert found.lo <= math.exp(3) - 2 <= found.hi


def test_a_function_without_slopes_is_cut_only():
    def values(x):
        return x[0].value * (interval(1) - x[0].value)

    found = supremum(values, [(0, 1)], target=0.3, accuracy=1e-3)
    assert found.lo <= 0.25 <= found.hi <= found.lo + 1e-3


def test_a_pole_inside_the_box_is_not_a_number_by_accident():
    found = supremum(lambda x: -1 / (x[0] * x[0]), [(-1, 1)], target=-0.5, budget=50)
    assert found.hi == math.inf


def test_a_point_box_is_never_cut():
    found = supremum(lambda x: x[0] - x[0] / 3 * 3, [(1, 1)], target=0.0)
    assert found.boxes == 1


def test_a_ratio_that_only_tends_to_one_is_at_most_one():
    found = largest_ratio(lambda x: -(x[0].exp()), {"x": (-700, 0)})
    assert found.hi[0] == 1
    assert found.lo[0] == 1 - 2**-53
    assert found.witness(0) == {"x": -700.0}


def test_a_ratio_above_one_by_very_little_is_seen():
    found = largest_ratio(lambda x: x[0].exp(), {"x": (-700, -690)})
    assert found.lo[0] >= 1
    assert found.hi[0] > 1


def test_constants_become_jets_without_slopes():
    assert jet(Fraction(1, 3)).slopes == ()
