"""The worth of strong calls: enclosures against quadrature at 30 digits, series, simulation and shape."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explore_theory.certify.balls import ball, ends, precision
from explore_theory.certify.jets import coordinates
from explore_theory.certify.needle import (
    BITS,
    hit_probability,
    log_tilt_excess,
    plane_sequence,
    repeated_hit,
    tilt_mean,
    tilt_series,
)
from explore_theory.errors import InvalidProblem
from explore_theory.exact.needle import hit_given_inner


def by_mpmath(d, coverage, beta, radius=1.0, calls=1):
    """``1 - E (1 - h)^T`` at 30 digits, cut at the transition of ``h`` and at multiples of ``1/sqrt d``."""
    with mpmath.workdps(30):
        coverage, beta, radius = (mpmath.mpf(x) for x in (coverage, beta, radius))
        end = mpmath.pi / 2
        half = beta * mpmath.log(coverage - 1) / radius
        centres = [0] + ([mpmath.asin(half)] if abs(half) < 1 else [])
        scales = (1 / mpmath.sqrt(d), beta / radius)
        cuts = {c + s * k for c in centres for s in scales for k in (-16, -8, -4, -2, -1, 0, 1, 2, 4, 8, 16)}
        edges = [-end, *sorted(c for c in cuts if -end < c < end), end]

        def hit(a):
            odds = (coverage - 1) * mpmath.exp(-radius * mpmath.sin(a) / beta)
            return 1 - (odds / (1 + odds)) ** calls

        total = mpmath.quad(lambda a: hit(a) * mpmath.cos(a) ** (d - 2), edges)
        return total / mpmath.quad(lambda a: mpmath.cos(a) ** (d - 2), edges)


@pytest.mark.parametrize(
    ("d", "coverage", "beta", "radius"),
    [
        (2, 1000.0, 0.1, 1.0),
        (2, 1.5, 0.02, 0.7),
        (3, 1e12, 0.02, 1.0),
        (10, 1000.0, 0.1, 20.0),
        (100, 1e6, 0.02, 1.0),
        (1000, 1000.0, 0.1, 1.0),
        (1000, 1 + 1e-9, 1.0, 1.0),
    ],
)
def test_quadrature_encloses_what_another_library_finds(d, coverage, beta, radius):
    lo, hi = hit_probability(d, coverage, beta, radius)
    assert lo <= by_mpmath(d, coverage, beta, radius) <= hi
    assert (hi - lo) / lo < 1e-8


def test_many_calls_enclose_what_another_library_finds():
    with precision(BITS):
        lo, hi = ends(repeated_hit(100, 1000.0, 0.1, calls=500))
    assert lo <= by_mpmath(100, 1000.0, 0.1, calls=500) <= hi


def test_the_figures_quoted_for_the_worth_of_a_call():
    lo, hi = hit_probability(1000, 1000.0, 0.1)
    assert round(1 / hi, 1) == round(1 / lo, 1) == 951.4
    for radius, digits in ((1.0, 0.0272), (2.0, 0.1572), (20.0, 0.4599)):
        lo, hi = hit_probability(10, 1000.0, 0.1, radius)
        assert round(lo, 4) == round(hi, 4) == digits


corners = st.tuples(
    st.sampled_from((1, 2, 3, 17, 1000, 10**5, 10**6)),
    st.floats(-9, 12).map(lambda k: 1 + 10.0**k),
    st.floats(-3, 1).map(lambda k: 10.0**k),
    st.floats(0, 20),
)


@given(corners)
@settings(max_examples=60)
def test_every_corner_of_the_range_is_enclosed_narrowly(corner):
    lo, hi = hit_probability(*corner)
    assert 0 < lo <= hi <= 1
    assert (hi - lo) / lo < 1e-6


@given(corners, st.floats(1.01, 3))
@settings(max_examples=40)
def test_a_call_is_worth_less_with_coverage_and_more_with_length_above_two(corner, factor):
    d, coverage, beta, radius = corner
    lo, _ = hit_probability(d, coverage * factor, beta, radius)
    assert lo <= hit_probability(d, coverage, beta, radius)[1]
    shorter, longer = (
        hit_probability(d, coverage, beta, radius),
        hit_probability(d, coverage, beta, radius * factor),
    )
    if coverage >= 2:
        assert shorter[0] <= longer[1]
    else:
        assert longer[0] <= shorter[1]


@pytest.mark.parametrize("coverage", [1 + 1e-9, 2.0, 1e12])
def test_at_no_length_a_call_is_a_weak_call(coverage):
    lo, hi = hit_probability(100, coverage, 0.01, 0.0)
    assert lo == pytest.approx(1 / coverage, rel=1e-9, abs=0)
    assert lo <= hi * (1 + 1e-15)


def test_at_coverage_two_every_length_is_worth_one_half():
    for radius in (0.3, 1.0, 20.0):
        lo, hi = hit_probability(10, 2.0, 0.01, radius)
        assert lo <= 0.5 <= hi


@pytest.mark.parametrize(("d", "coverage", "beta"), [(2, 30.0, 0.1), (10, 1000.0, 0.1), (10**6, 10.0, 1e-3)])
def test_simulated_directions_agree(d, coverage, beta):
    """``(1 + u_1)/2`` is a symmetric beta variable; five standard errors miss once in two million."""
    draws = 2 * np.random.default_rng(3).beta((d - 1) / 2, (d - 1) / 2, size=200_000) - 1
    hits = hit_given_inner(draws, coverage, beta)
    lo, hi = hit_probability(d, coverage, beta)
    error = 5 * hits.std() / math.sqrt(hits.size)
    assert lo - error <= hits.mean() <= hi + error


def test_a_sequence_of_one_parameter_in_the_plane_is_repetition():
    with precision(BITS):
        for calls in (1, 2, 5):
            turned = plane_sequence(50.0, 0.2, [(0.8, 0.7)] * calls)
            straight = repeated_hit(2, 50.0, 0.2, calls=calls, radius=0.8)
            assert turned.overlaps(straight)
            assert ends(turned)[1] - ends(turned)[0] < 1e-9


def test_sequences_in_the_plane_are_averages_over_a_fine_circle():
    """Sums over equal angles converge faster than any power for a periodic function."""
    angle = 2 * np.pi * np.arange(4096) / 4096
    for calls in ([(1.0, 0.3), (0.5, 2.0)], [(0.9, 1.0), (0.9, 4.0), (0.2, 5.5)]):
        miss = np.ones_like(angle)
        for radius, at in calls:
            miss *= 1 - hit_given_inner(radius * np.cos(angle - at), 20.0, 0.2)
        with precision(BITS):
            lo, hi = ends(plane_sequence(20.0, 0.2, calls))
        assert lo - 1e-9 <= 1 - miss.mean() <= hi + 1e-9


def test_opposite_parameters_waste_nothing():
    """Two calls at ``±theta`` beat two at ``theta``: their hits exclude each other."""
    with precision(BITS):
        opposite = plane_sequence(50.0, 0.1, [(1.0, 0.0), (1.0, math.pi)])
        same = plane_sequence(50.0, 0.1, [(1.0, 0.0), (1.0, 0.0)])
        assert opposite > same


@pytest.mark.parametrize("d", [1, 2, 3, 10, 1000, 10**6])
@pytest.mark.parametrize("beta", [1e-3, 0.1, 10.0])
def test_the_series_is_the_mean_of_the_tilt(d, beta):
    with precision(BITS):
        found = tilt_mean(d, beta)
        if d == 1:
            assert found.overlaps(((1 / ball(beta)).exp() + (-1 / ball(beta)).exp()) / 2)
            return
        direct = (1 / (4 * ball(beta) ** 2)).hypgeom_0f1(ball(d) / 2)
        if direct.is_finite():
            assert found.overlaps(direct)
        assert found.rel_accuracy_bits() > 60


def test_the_series_is_the_mean_of_simulated_tilts():
    d, beta = 10, 0.3
    draws = 2 * np.random.default_rng(4).beta((d - 1) / 2, (d - 1) / 2, size=400_000) - 1
    tilts = np.exp(draws / beta)
    with precision(BITS):
        mean = float(tilt_mean(d, beta).mid())
    assert abs(tilts.mean() - mean) < 5 * tilts.std() / math.sqrt(tilts.size)


def test_where_arb_gives_up_the_series_does_not():
    with precision(BITS):
        assert ball(250_000).hypgeom_0f1(ball(500)).rel_accuracy_bits() <= 0
        assert tilt_series(ball(500), ball(250_000)).rel_accuracy_bits() > 60


@given(st.sampled_from((1, 2, 10, 1000, 10**6)), st.floats(0, 2000), st.floats(0, 2000))
@settings(max_examples=40)
def test_a_box_of_the_excess_encloses_its_points_and_slopes_fall(d, first, second):
    low, high = min(first, second), max(first, second)
    with precision(BITS):
        (box,) = coordinates([(low, high)])
        excess = log_tilt_excess(d, box)
        assert excess.slopes[0].hi <= 0
        for z in (low, (low + high) / 2, high):
            exact = tilt_series(ball(d) / 2, ball(z)).log() - 2 * ball(z) / d
            assert excess.value.lo <= exact.upper()
            assert exact.lower() <= excess.value.hi


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hit_probability(0, 2.0, 0.1), "dimension must be at least 1, got dimension=0"),
        (lambda: hit_probability(2, 1.0, 0.1), "coverage must be finite and above 1, got coverage=1.0"),
        (lambda: hit_probability(2, 2.0, 0.0), "beta must be positive and finite, got beta=0.0"),
        (lambda: hit_probability(2, 2.0, 0.1, -1.0), "radius must be positive and finite, got radius=-1.0"),
        (lambda: repeated_hit(2, 2.0, 0.1, calls=0), "calls must be at least 1, got calls=0"),
    ],
)
def test_bad_calls(call, message):
    with pytest.raises(InvalidProblem) as caught:
        call()
    assert message in str(caught.value)
