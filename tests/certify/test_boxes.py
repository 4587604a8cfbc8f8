import math
from fractions import Fraction

import mpmath
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.certify.balls import ball
from explore_theory.certify.boxes import largest_ratio, log_box, supremum
from explore_theory.certify.intervals import WHOLE, Interval, interval
from explore_theory.certify.jets import Jet, coordinates, jet, log_add_exp
from explore_theory.errors import InvalidClaim, InvalidProblem

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
    "powers": lambda x, y: x**3 - y**2 * x**4 + 1 / (1 + x**2) ** 2,
    "values without slopes": lambda x, y: x - 2 * jet(x.value) * y + log_add_exp(x.value, y),
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


@given(interval_and_member(), st.integers(-4, 6))
def test_a_power_of_an_interval_contains_the_powers_of_its_members(given_, n):
    x, a = given_
    found = x**n
    if n >= 0 or a != 0:
        assert contains(found, a**n)
    if n > 0 and n % 2 == 0:
        assert found.lo >= 0


def test_a_square_over_a_side_around_zero_is_not_negative():
    assert (Interval(ball(-2), ball(3)) ** 2).floats() == (0.0, 9.0)
    assert (Interval(ball(-2), ball(3)) ** 3).floats() == (-8.0, 27.0)
    assert Interval(ball(-2), ball(3)) ** -2 == WHOLE
    found = supremum(lambda x: -(x[0] ** 2), [(-1, 2)], target=0.0, accuracy=0.0)
    assert found.hi == 0.0
    assert found.lo == pytest.approx(0.0, abs=1e-300)


def test_a_value_that_moves_is_no_constant():
    # x - 2x falls, whatever part of it comes without slopes.
    for function in (
        lambda x: x[0] - jet(x[0].value) * 2,
        lambda x: x[0] - (x[0].value + x[0].value),
        lambda x: x[0] - 2 * jet(x[0].value).exp().log(),
        lambda x: x[0] + (-(x[0].value ** 1)) - x[0].value.reciprocal() ** -1,
    ):
        found = supremum(function, [(1, 2)], target=-1.5, budget=2000)
        assert found.hi >= -1.0 - 1e-9
    # A true constant leaves the slopes alone, however wide.
    found = supremum(lambda x: x[0] + Interval(ball(0), ball(1)), [(1, 2)], target=10)
    assert found.boxes == 1


BAD_BOXES = {
    "reversed": [(1.0, 0.0)],
    "reversed by less than a ball sees": [(Fraction(1, 3) + Fraction(1, 10**60), Fraction(1, 3))],
    "reversed balls": [(arb(1), arb(0))],
    "a lower end that is not a number": [(math.nan, 1.0)],
    "an upper end that is not a number": [(0.0, math.nan)],
    "an infinite lower end": [(-math.inf, 0.0)],
    "an infinite upper end": [(0.0, math.inf)],
    "an infinite ball": [(arb(0), arb(1) / arb(0))],
    "text": [("0", "1")],
    "one number": [0.5],
    "three numbers": [(0.0, 0.5, 1.0)],
    "complex": [(0, 1j)],
    "the second side": [(0.0, 1.0), (2.0, 1.0)],
    "no side": [],
}


@pytest.mark.parametrize("box", BAD_BOXES.values(), ids=BAD_BOXES.keys())
def test_a_box_that_is_none_is_refused(box):
    with pytest.raises(InvalidClaim, match=r"^box must [^\n]*$"):
        supremum(lambda x: -x[0], box, target=0.0)


@pytest.mark.parametrize(
    "change",
    [
        {"target": math.nan},
        {"accuracy": math.nan},
        {"accuracy": -1e-3},
        {"budget": 0},
        {"budget": 1.5},
        {"bits": 8},
        {"bits": 100.0},
    ],
)
def test_a_search_without_an_end_is_refused(change):
    with pytest.raises((InvalidClaim, InvalidProblem), match="must"):
        supremum(lambda x: -x[0], [(0, 1)], **{"target": 0.0, **change})


def test_ends_that_are_no_doubles_are_rounded_outwards():
    third, big = Fraction(1, 3), 2**53 + 1
    assert Fraction(supremum(lambda x: x[0], [(0, third)], target=9).point[0]) >= third
    assert Fraction(supremum(lambda x: -x[0], [(third, 1)], target=9).point[0]) <= third
    assert supremum(lambda x: x[0], [(0, big)], target=1e300).point[0] >= big
    assert supremum(lambda x: -x[0], [(-big, 0)], target=1e300).point[0] <= -big
    assert supremum(lambda x: x[0], [(0, arb(third.numerator) / 3)], target=9).point[0] >= third


def test_logarithms_of_sides_are_rounded_outwards():
    ends = {"x": (1e-9, 1e12)}
    low, high = log_box(ends)["x"]
    assert low.exp().contains(1e-9)
    assert high.exp().contains(1e12)
    found = supremum(lambda x: x[0], list(log_box(ends).values()), target=99.0)
    with mpmath.workdps(40):
        assert found.point[0] >= mpmath.log(mpmath.mpf(1e12))
        assert supremum(lambda x: -x[0], list(log_box(ends).values()), target=99.0).point[0] <= mpmath.log(
            mpmath.mpf(1e-9)
        )


def test_a_value_that_is_not_a_number_proves_nothing():
    nothing = arb.nan()
    for value in (nothing, Interval(nothing, nothing), Jet(Interval(arb(0), nothing)), math.nan):
        found = supremum(lambda x, value=value: value, [(0, 1)], target=0.5, budget=10)
        assert found.hi == math.inf
        assert found.lo == -math.inf


def test_a_wrong_number_of_slopes_is_refused():
    with pytest.raises(InvalidClaim, match="function must give a slope per coordinate"):
        supremum(lambda x: Jet(x[0].value, x[0].slopes[:1]), [(0, 1), (0, 1)], target=0.0)


def test_a_logarithm_at_the_edge_of_its_domain_is_enclosed():
    found = supremum(lambda x: x[0].log(), [(0, 1)], target=-1.0, budget=200)
    assert found.lo <= 0.0 <= found.hi
