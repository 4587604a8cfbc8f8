"""Break points: found where hand computation puts them, for every relation and kind of bound."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.harness.judging.breaking import FINE, LARGEST, SMALLEST, breaks, exponents, least, margin
from explore_theory.harness.measures.measurement import EXACT, Bound, Measurement, Resolution, Tally
from explore_theory.harness.verdicts.summary import Reading, summarise
from explore_theory.harness.verdicts.verdict import Status, moved


def summary(measured, bound, resolution=EXACT):
    return summarise(Measurement.exact(measured), Bound.of(bound), Reading(resolution=resolution))


def at(measured, bound, relation="<=", resolution=EXACT):
    return breaks(summary(measured, bound, resolution), relation, resolution)


@pytest.mark.parametrize(
    ("measured", "bound", "relation", "factor"),
    [
        ([1.0, 2.0], [3.0, 3.0], "<=", 1.5),
        ([1.0, 8.0], [1.25, 80.0], "<=", 1.25),
        ([3.0], [2.0], ">=", 1.5),
        ([3.0, 100.0], [1.0, 80.0], ">=", 1.25),
        ([Fraction(1, 3)], [Fraction(1, 2)], "<=", 1.5),
    ],
)
def test_a_bound_breaks_by_its_smallest_ratio(measured, bound, relation, factor):
    found = at(measured, bound, relation).factor
    assert factor <= found * (1 + 1e-9)
    assert found - 1 <= (factor - 1) * FINE * (1 + 1e-9)


def test_what_is_attained_breaks_at_once():
    for relation in ("<=", ">=", "=="):
        assert at([2.0], [2.0], relation).factor == pytest.approx(1 + SMALLEST, abs=1e-15)
        assert at([2.0], [2.0], relation).shift == SMALLEST


def test_a_resolution_delays_the_break():
    found = at([1.0], [1.0], resolution=Resolution(relative=1e-3))
    assert found.factor == pytest.approx(1.001, abs=1e-5)
    found = at([1.0], [1.0], resolution=Resolution(absolute=0.01))
    assert found.factor == pytest.approx(1 / 0.99, abs=1e-4)
    assert found.shift == pytest.approx(0.01, abs=1e-4)


def test_no_factor_tightens_what_is_not_positive_but_a_shift_does():
    for bound in (0.0, -3.0):
        found = at([bound - 0.5], [bound])
        assert found.factor is None
        assert found.shift == pytest.approx(0.5, rel=FINE - 1, abs=0)


def test_an_equality_must_break_on_both_sides():
    # Enclosed in [1, 1.2], moved up it breaks beyond 1.2, moved down at once.
    wide = summarise(
        Measurement(lo=np.array([1.0]), hi=np.array([1.2]), effort=1), Bound.of([1.0]), Reading()
    )
    found = breaks(wide, "==", EXACT)
    assert found.factor == pytest.approx(1.2, abs=0.002)
    assert found.shift == pytest.approx(0.2, abs=0.002)
    assert found.reverse is None


def test_the_reversed_relation_says_whether_the_direction_is_seen():
    assert at([1.0], [2.0]).reverse is Status.REFUTED
    assert at([2.0], [2.0]).reverse is Status.HOLDS
    assert at([2.0], [1.0], ">=").reverse is Status.REFUTED
    forgiving = Resolution(absolute=1.0)
    assert at([1.0], [1.5], resolution=forgiving).reverse is not Status.REFUTED, "within the resolution"


def test_an_infinite_or_missing_measurement_has_no_break_point_for_nothing():
    assert at([0.0], [math.inf]).factor is None
    empty = breaks(summarise(Tally(successes=1, trials=2), Bound.of([0.5]), Reading()), "<=", EXACT)
    assert (empty.factor, empty.shift, empty.reverse) == (None, None, None)


def test_the_margin_of_a_false_variant_is_how_much_looser_it_could_be():
    assert margin(summary([3.0], [2.0]), "<=", EXACT) == pytest.approx(1.5, abs=0.005)
    assert margin(summary([2.0], [3.0]), ">=", EXACT) == pytest.approx(1.5, abs=0.005)
    assert margin(summary([3.0], [2.0]), "==", EXACT) == pytest.approx(1.5, abs=0.005)
    assert margin(summary([2.0], [3.0]), "==", EXACT) == pytest.approx(1.5, abs=0.005)
    both = summary([3.0, 1.0], [2.0, 2.0])
    assert margin(both, "==", EXACT) == pytest.approx(2.0, abs=0.01), "the side that is further off"
    assert margin(summary([1.0], [2.0]), "<=", EXACT) is None
    assert margin(summary([1.0], [0.0]), "<=", EXACT) is None, "no factor loosens a bound of zero"


def test_break_points_are_those_of_verdicts_on_moved_bounds():
    """The search asks for no verdicts; where it ends, they change from one side to the other."""
    rng = np.random.default_rng(5)
    for relation in ("<=", ">=", "=="):
        for resolution in (EXACT, Resolution(absolute=0.01), Resolution(relative=0.02)):
            lo, bound_lo = rng.uniform(0.5, 2.0, (2, 40))
            width, bound_width = rng.uniform(0.0, 0.3, (2, 40))
            measured = Measurement(lo=lo, hi=lo + width, effort=40)
            bound = Bound(lo=bound_lo, hi=bound_lo + bound_width)
            if relation == "<=":
                bound = Bound(lo=bound.lo + 2.5, hi=bound.hi + 2.5)
            if relation == ">=":
                measured = Measurement(lo=measured.lo + 2.5, hi=measured.hi + 2.5, effort=40)
            found = summarise(measured, bound, Reading(resolution=resolution))
            factor = breaks(found, relation, resolution).factor
            assert factor is not None
            at_break = moved(found, relation, resolution, Fraction(factor)).status
            before = moved(found, relation, resolution, Fraction(1 + (factor - 1) / (FINE * 1.001))).status
            assert at_break is Status.REFUTED
            assert factor == 1 + SMALLEST or before is not Status.REFUTED


def test_exponents_are_fitted_at_the_end_they_are_lowered_from():
    points = [({"d": 1, "name": "x"}, 1.5), ({"d": 4, "name": "y"}, 2.0), ({"d": 16, "name": "z"}, 8.0)]
    found = exponents(points)
    assert set(found) == {"d"}
    lowered, raised = found["d"]
    assert lowered == pytest.approx(0.5)  # 4^s = 2
    assert raised == pytest.approx(math.log(1.5) / math.log(16))


def test_the_exponent_of_a_bound_from_below_is_raised_where_one_from_above_is_lowered():
    # A bound ``2 x`` on ``x^1.5`` from below, say, is refuted at x = 4 once it is ``2 x^1.5``.
    points = [({"x": 1}, None), ({"x": 2}, 1.5), ({"x": 4}, 2.0)]
    lowered, raised = exponents(points, "<=")["x"]
    assert (lowered, raised) == pytest.approx((1.0, math.log2(1.5)))
    assert exponents(points, ">=")["x"] == (raised, lowered)
    assert exponents(points, "==")["x"] == (lowered, raised)


def test_exponents_of_one_value_or_of_nothing_say_nothing():
    assert exponents([({"d": 2}, 1.1), ({"d": 2}, 1.2)]) == {}
    assert exponents([({"d": 2}, None), ({"d": 3}, None)]) == {}
    assert exponents([({"d": 0}, 1.1), ({"d": 3}, 1.2)]) == {}


@given(st.floats(-11, 11))
def test_the_least_is_found_to_the_stated_fineness(place):
    edge = 10.0**place
    found = least(lambda x: x >= edge)
    assert edge <= found <= edge * FINE


def test_the_ends_of_the_search():
    assert least(lambda x: True) == SMALLEST
    assert least(lambda x: False) is None
    assert least(lambda x: x >= LARGEST) == LARGEST
