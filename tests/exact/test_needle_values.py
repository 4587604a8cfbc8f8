"""The worth of a strong call in float64, against its certified enclosure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explore_theory.certify.needle import hit_probability as enclosed
from explore_theory.errors import InvalidProblem
from explore_theory.exact.needle import hit_given_inner, hit_probability

corners = st.tuples(
    st.sampled_from((1, 2, 3, 4, 17, 300, 10**4, 10**6)),
    st.floats(-9, 12).map(lambda k: 1 + 10.0**k),
    st.floats(-3, 1).map(lambda k: 10.0**k),
    st.sampled_from((0.0, 0.4, 1.0, 2.0, 20.0)),
)


@given(corners)
@settings(max_examples=120)
def test_float64_agrees_with_the_enclosure(corner):
    lo, hi = enclosed(*corner)
    value = hit_probability(*corner)
    assert lo * (1 - 1e-9) <= value <= hi * (1 + 1e-9)


def test_a_call_that_leans_towards_the_needle_hits_with_its_tilted_share():
    beta, coverage = 0.5, 7.0
    inner = np.array([-1.0, 0.0, 0.25, 1.0])
    tilted = np.exp(inner / beta) / coverage
    expected = tilted / (tilted + 1 - 1 / coverage)
    assert hit_given_inner(inner, coverage, beta) == pytest.approx(expected, rel=1e-13, abs=0)


def test_extreme_tilts_neither_overflow_nor_lose_the_tail():
    assert hit_given_inner(1.0, 1e12, 1e-3) == 1.0
    assert hit_given_inner(-0.6, 2.0, 1e-3) == pytest.approx(np.exp(-600.0), rel=1e-12, abs=0)


@pytest.mark.parametrize(
    ("corner", "message"),
    [
        ((0, 2.0, 0.1), "dimension must be at least 1, got dimension=0"),
        ((2, 1.0, 0.1), "coverage must be finite and above 1, got coverage=1.0"),
        ((2, 2.0, -0.1), "beta must be positive and finite, got beta=-0.1"),
        ((2, 2.0, 0.1, -1.0), "radius must be"),
    ],
)
def test_bad_calls(corner, message):
    with pytest.raises(InvalidProblem) as caught:
        hit_probability(*corner)
    assert message in str(caught.value)
