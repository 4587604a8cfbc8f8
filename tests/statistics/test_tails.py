"""Bands around the tails of a law: they hold for every threshold at once, at their level, for any law."""

import math

import numpy as np
import pytest
from nulls import design, uniforms

from explore_theory.errors import InvalidProblem
from explore_theory.statistics import clopper_pearson
from explore_theory.statistics.tails import log_clipped_means, log_exponential_mean, tail_band, tails


def test_the_ends_are_binomial_ends_at_levels_that_add_up():
    """Each judged count has an end; what they miss with, by the binomial law, is half of the level."""
    from scipy.stats import binom

    n, alpha = 60, 0.1
    lo, hi = tail_band(n, alpha)
    assert (lo[0], hi[n]) == (0.0, 1.0)
    np.testing.assert_allclose(lo, 1 - hi[::-1], atol=1e-15)
    assert np.all(np.diff(lo) >= 0)
    assert np.all(np.diff(hi) >= 0)
    assert np.all(lo < hi)
    ends = np.unique(hi[:n])
    largest = [int(np.flatnonzero(hi == end).max()) for end in ends]
    missed = sum(binom.cdf(k, n, end) for k, end in zip(largest, ends, strict=True))
    assert missed == pytest.approx(alpha / 2, rel=0.25)
    assert missed <= alpha / 2


@pytest.mark.parametrize("law", ["continuous", "five values", "rare"])
def test_a_band_misses_no_more_often_than_its_level(law):
    alpha = 0.2
    replicates, most = design(alpha, 0.4)
    points = {"continuous": np.linspace(0, 1, 201), "five values": np.arange(5) / 5, "rare": np.array([1.0])}[
        law
    ]
    missed = 0
    for row in uniforms(f"band {law}", replicates, 40):
        draws = {"continuous": row, "five values": np.floor(row * 5) / 5, "rare": (row < 0.03) * 1.0}[law]
        found = tails(draws, alpha)
        truth = 0.03 * np.ones(1) if law == "rare" else 1 - points
        step = np.searchsorted(found.values, points)
        lo = np.append(found.lo, 0.0)[step]
        hi = np.append(found.hi, found.beyond)[step]
        missed += not np.all((lo <= truth + 1e-12) & (truth <= hi + 1e-12))
    assert missed <= most


def test_none_of_the_draws_costs_little_more_than_alone():
    """The rule of three: 1 - alpha^{1/n} alone, and here at a level a dozen times smaller."""
    lo, hi = tail_band(1000, 0.05)
    assert 1 - 0.05 ** (1 / 1000) < hi[0] < 1 - (0.05 / 20) ** (1 / 1000)
    assert lo[1] > 1e-6


def test_a_large_sample_is_known_well():
    lo, hi = tail_band(1_000_000, 0.05)
    k = 250_000
    assert hi[k] - lo[k] < 0.006
    assert lo[k] < 0.25 < hi[k]


def test_known_values_are_binomial_thresholds():
    draws = np.array([0.0, 0.0, 0.5, 1.0, 0.0])
    found = tails(draws, 0.1, support=[0, 0.5, 1])
    np.testing.assert_array_equal(found.counts, [5, 2, 1])
    lo, hi = clopper_pearson([2, 1], 5, 0.05)
    np.testing.assert_allclose(found.lo, [1, *lo])
    np.testing.assert_allclose(found.hi, [1, *hi])
    assert (found.beyond, found.known) == (0.0, True)


def test_an_exponential_mean_lies_between_its_ends():
    """Two values, by hand: Z = 1 - p + p e^{1/beta}."""
    beta, draws = 0.5, np.array([1.0, 0, 0, 0])
    lo, hi = clopper_pearson(1, 4, 0.1)
    low, high = log_exponential_mean(tails(draws, 0.1, support=[0, 1]), beta)
    assert low == pytest.approx(math.log(1 + float(lo) * (math.e**2 - 1)))
    assert high == pytest.approx(math.log(1 + float(hi) * (math.e**2 - 1)))


def test_without_a_largest_value_nothing_bounds_an_exponential_mean():
    found = tails(np.zeros(9), 0.1)
    low, high = log_exponential_mean(found, 1.0)
    assert high == math.inf
    assert low < 0, "a value far below might have been missed"
    low, high = log_exponential_mean(found, 1.0, least=0.0, most=1.0)
    assert low == pytest.approx(0.0, abs=1e-12)
    assert high == pytest.approx(math.log(1 + found.beyond * (math.e - 1)))


def test_clipped_means_are_those_of_the_upper_band():
    """By integrating the band over a fine grid."""
    draws, beta = np.array([0.1, 0.4, 0.4, 0.9]), 0.3
    found = tails(draws, 0.2)
    means = np.exp(log_clipped_means(found, beta))
    for m, mean in zip(found.values, means, strict=True):
        grid = np.linspace(m - 40 * beta, m, 400_001)
        at = np.searchsorted(found.values, grid)
        values = np.exp((grid - m) / beta) / beta * found.hi[at]
        integral = float(np.sum((values[1:] + values[:-1]) / 2 * np.diff(grid)))
        assert mean == pytest.approx(integral, rel=1e-3)


def test_small_temperatures_do_not_underflow():
    found = tails(np.array([0.0, 1.0, 1.0]), 0.1)
    low, high = log_exponential_mean(found, 1e-4, most=3.0)
    assert 9_000 < low < 10_000
    assert 29_990 < high < 30_000


@pytest.mark.parametrize(
    ("draws", "more", "says"),
    [
        ([], {}, "one at least"),
        ([0.0, math.nan], {}, "finite"),
        ([[0.0]], {}, "shape"),
        ([0.5], {"support": [0, 1]}, "0.5 among the draws"),
    ],
)
def test_bad_draws_are_refused(draws, more, says):
    with pytest.raises(InvalidProblem, match=says):
        tails(draws, 0.1, **more)


def test_ends_that_draws_contradict_are_refused():
    found = tails([0.2, 0.8], 0.1)
    with pytest.raises(InvalidProblem, match="most must be at least every draw"):
        log_exponential_mean(found, 1.0, most=0.7)
    with pytest.raises(InvalidProblem, match="least must be at most every draw"):
        log_exponential_mean(found, 1.0, least=0.3)


@pytest.mark.parametrize("beta", [1e-320, 1e-9])
def test_a_temperature_at_which_rounding_decides_is_refused(beta):
    found = tails([0.0, 100.0], 0.05)
    for mean in (
        lambda: log_exponential_mean(found, beta, most=100.0),
        lambda: log_clipped_means(found, beta),
    ):
        with pytest.raises(InvalidProblem, match="beta must be at least 1e-07 for values up to 100"):
            mean()
    with pytest.raises(InvalidProblem, match="for values up to 1e\\+06"):
        log_exponential_mean(found, 1e-4, most=1e6)
