"""Slopes: the closed form against two linear programs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.statistics import slope_interval


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
