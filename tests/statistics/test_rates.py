"""Slopes: the closed form against two linear programs; curvature, burn-in, what a rate needs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.statistics import curvature, quantile_ranks, rate, slope_interval


def by_linear_programs(x, lo, hi):
    from scipy.optimize import linprog

    rows = np.column_stack([x, np.ones(len(x))])
    constraints = np.vstack([rows, -rows]), np.concatenate([hi, -np.asarray(lo)])
    found = [linprog([sign, 0.0], *constraints, bounds=[(None, None)] * 2) for sign in (1.0, -1.0)]
    return [None if f.status else sign * f.fun for f, sign in zip(found, (1.0, -1.0), strict=True)]


@given(
    st.lists(
        st.tuples(st.integers(-9, 9), st.integers(-9, 9), st.integers(1, 9)),
        min_size=2,
        max_size=6,
    ).filter(lambda points: len({p[0] for p in points}) > 1)
)
def test_the_closed_form_solves_both_programs(points):
    x, lo, width = (np.array(column, dtype=float) for column in zip(*points, strict=True))
    hi = lo + width
    found = slope_interval(x, lo, hi)
    least, most = by_linear_programs(x, lo, hi)
    if found.straight:
        assert found.lo == pytest.approx(least, abs=1e-7)
        assert found.hi == pytest.approx(most, abs=1e-7)
    else:
        assert least is None
        assert np.isnan(found.lo)


def test_a_line_a_curve_and_open_ends():
    x = np.arange(5.0)
    found = slope_interval(x, 2 * x - 0.1, 2 * x + 0.1)
    assert (found.lo, found.hi, found.straight) == (pytest.approx(1.95), pytest.approx(2.05), True)
    assert not slope_interval(x, x**2, x**2 + 0.5).straight
    assert not slope_interval([0, 0, 1], [0, 2, 0], [1, 3, 5]).straight
    open_ended = slope_interval([0, 1], [0, 3], [1, np.inf])
    assert (open_ended.lo, open_ended.hi) == (2, np.inf)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1], [0], [1]), "log_x must hold two different points"),
        (([1, 1], [0, 0], [1, 1]), "log_x must hold two different points"),
        (([1, 2], [0], [1, 1]), "log_lo and log_hi must have shape"),
        (([1, 2], [0, 2], [1, 1]), "log_lo must not exceed log_hi"),
        (([1, 2], [0, np.nan], [1, 1]), "log_lo must not exceed log_hi"),
        (([1, np.inf], [0, 0], [1, 1]), "log_x must be finite"),
    ],
)
def test_bad_calls(arguments, message):
    with pytest.raises(InvalidProblem, match=message):
        slope_interval(*arguments)


BANDS = st.lists(
    st.tuples(st.integers(-9, 9), st.integers(-9, 9), st.integers(1, 9)),
    min_size=3,
    max_size=6,
    unique_by=lambda point: point[0],
)


@given(BANDS)
def test_zero_curvature_is_excluded_exactly_where_no_line_fits(points):
    x, lo, width = (np.array(column, dtype=float) for column in zip(*points, strict=True))
    bend = curvature(x, lo, lo + width)
    # Touching bands are decided by rounding: not compared.
    if min(abs(bend.at_least), abs(bend.at_most)) > 1e-9:
        assert bend.excluded_from_zero is not slope_interval(x, lo, lo + width).straight


def test_the_curvature_of_a_parabola_is_bracketed():
    x = np.array([4.0, 0.0, 1.0, 2.0, 7.0])
    bend = curvature(x, 1.5 * x**2 - 0.1, 1.5 * x**2 + 0.1)
    assert 2.9 < bend.at_least < 3 < bend.at_most < 3.1
    assert (bend.convex, bend.concave) == (True, False)
    both = curvature(np.arange(5), [0, 1, 0, 1, 0], [0.1, 1.1, 0.1, 1.1, 0.1])
    assert (both.convex, both.concave) == (True, True)


def medians(name, law, alpha=1e-3, runs=4000):
    """Bands for the medians of geometric waiting times whose median is about `law` at 10, .., 10^4."""
    x = 10.0 ** np.arange(1, 5)
    low, high = quantile_ranks(runs, 0.5, alpha / x.size)
    u = Streams(("tests", "rates", name), range(x.size)).uniform(runs)
    times = np.sort(np.ceil(np.log(u) / np.log1p(-1 / law(x))[:, None]), axis=1)
    return x, times[:, low - 1], times[:, high - 1]


def test_a_planted_slope_of_1_2_is_not_at_most_1_and_a_true_one_is():
    found = rate(*medians("planted", lambda x: x**1.2))
    assert (found.points, found.decades, found.dropped) == (4, 3, 0)
    assert 1 < found.slope.lo <= 1.2 <= found.slope.hi
    found = rate(*medians("true", lambda x: x))
    assert found.slope.lo <= 1 <= found.slope.hi <= 1.05
    assert found.describe().endswith("(4 points over 3 decades)")


def test_a_burn_in_is_dropped_up_to_the_first_point_from_which_a_line_fits():
    x = np.array([1, 10, 100, 1000, 10_000.0])
    y = x + 50
    found = rate(x, y / 1.01, y * 1.01)
    assert found.dropped == 2
    assert not slope_interval(np.log(x[1:]), np.log(y[1:] / 1.01), np.log(y[1:] * 1.01)).straight
    assert (found.points, found.decades) == (3, 2)
    assert found.curvature.convex
    assert found.somewhere_at_least > found.somewhere_at_most
    assert "2 leading dropped as burn-in" in found.describe()
    assert "curvature excluded from zero (convex in log-log)" in found.describe()


def test_a_bend_that_goes_on_leaves_no_exponent():
    x = np.geomspace(1, 1e4, 9)
    y = np.exp(np.log(x) ** 2 / 2)
    found = rate(x, y / 1.01, y * 1.01)
    assert not found.slope.straight
    assert np.isnan(found.slope.lo)
    # Half a decade apart, three points are the fewest that span one.
    assert (found.points, found.decades) == (3, 1)
    assert found.somewhere_at_least == pytest.approx(np.log(10) * 3.75, rel=0.02)
    assert found.describe().startswith("no exponent: no power law passes through the last 3 points")


def test_bands_may_be_open_and_points_in_any_order():
    x, lo, hi = [100, 1, 10], [90, 0, 9], [110, 1.1, np.inf]
    found = rate(x, lo, hi)
    assert found.slope.lo == pytest.approx(np.log10(90 / 1.1) / 2)
    assert found.slope.hi == pytest.approx(np.log10(110 / 9))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 100], [1, 1], [2, 2]), "x must hold at least 3 different points"),
        (([1, 100, 100], [1, 1, 1], [2, 2, 2]), "x must hold at least 3 different points"),
        (([1, 2, 9], [1, 1, 1], [2, 2, 2]), "x must span at least one decade, got x from 1 to 9"),
        (([1, 2, np.nan], [1, 1, 1], [2, 2, 2]), "x must be finite"),
        (([0, 2, 30], [1, 1, 1], [2, 2, 2]), "x must be positive"),
        (([1, 2, 30], [1, 1, np.nan], [2, 2, 2]), "lo must be finite"),
        (([1, 2, 30], [1, 1, 1], [2, 2, np.nan]), "lo and hi must satisfy"),
        (([1, 2, 30], [-1, 1, 1], [2, 2, 2]), "lo and hi must satisfy"),
        (([1, 2, 30], [3, 1, 1], [2, 2, 2]), "lo and hi must satisfy 0 <= lo <= hi and hi > 0"),
        (([1, 2, 30], [1, 1], [2, 2, 2]), "lo and hi must have shape"),
    ],
)
def test_what_a_rate_refuses(arguments, message):
    with pytest.raises(InvalidProblem, match=message):
        rate(*arguments)


def test_what_curvature_refuses():
    with pytest.raises(InvalidProblem, match="log_x must hold at least 3 different points"):
        curvature([0, 1, 1], [0, 0, 0], [1, 1, 1])
    with pytest.raises(InvalidProblem, match="log_lo must be below infinity"):
        curvature([0, 1, 2], [0, np.inf, 0], [1, np.inf, 1])
