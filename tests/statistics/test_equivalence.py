"""Distances of laws: margins that hold, distances by a second way, refusals."""

import itertools
import math

import numpy as np
import pytest

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.statistics import (
    clopper_pearson,
    counted_sup_distance,
    dkw_margin,
    dkw_size,
    event_distance,
    sup_distance,
    total_variation,
    total_variation_margin,
)


def draws(name, count):
    return Streams(("tests", "equivalence", name), range(1)).uniform(count)[0]


def test_the_margin_is_massarts_and_its_size_the_least():
    assert dkw_margin(5000, 0.05) == pytest.approx(0.019206, abs=1e-6)
    n = dkw_size(0.01, 1e-3)
    assert dkw_margin(n, 1e-3) <= 0.01 < dkw_margin(n - 1, 1e-3)


@pytest.mark.parametrize("n", [1, 2, 10, 60, 1000])
@pytest.mark.parametrize("alpha", [0.5, 0.05, 1e-6])
def test_a_band_around_a_continuous_law_misses_it_less_than_nominal(n, alpha):
    """By the exact law of the statistic: the bound is so tight that no simulation would tell."""
    from scipy.stats import kstwo

    missed = kstwo.sf(dkw_margin(n, alpha), n)
    assert missed <= alpha
    assert n < 1000 or missed > 0.9 * alpha


def test_a_band_around_a_discrete_law_misses_it_less_than_nominal():
    runs, n, alpha, cells = 10_000, 60, 0.05, 4
    x = np.floor(draws("band", runs * n).reshape(runs, n) * cells)
    missed = sum(sup_distance(row, lambda t: np.clip((np.floor(t) + 1) / 4, 0, 1), alpha).lo > 0 for row in x)
    assert clopper_pearson(missed, runs, 0.01)[1] < alpha


def test_distances_agree_with_scipy():
    from scipy.stats import ks_2samp, kstest, norm

    x, y = norm.ppf(draws("x", 300)), norm.ppf(draws("y", 200)) + 0.3
    assert sup_distance(x, norm.cdf, 0.1).observed == pytest.approx(kstest(x, norm.cdf).statistic, abs=1e-12)
    assert sup_distance(x, y, 0.1).observed == pytest.approx(ks_2samp(x, y).statistic, abs=1e-12)
    ties = np.round(x), np.round(y)
    assert sup_distance(*ties, 0.1).observed == pytest.approx(ks_2samp(*ties).statistic, abs=1e-12)


def test_a_discrete_law_is_compared_at_its_jumps_and_not_below_them():
    """Two of three draws at 0, one at 1, against a fair coin: the functions differ by 1/6 on [0, 1)."""
    found = sup_distance([0, 1, 0], lambda x: np.where(x < 0, 0.0, np.where(x < 1, 0.5, 1.0)), 0.1)
    assert found.observed == pytest.approx(1 / 6)
    assert found.lo == 0
    # An atom of the law at .5 that no draw has hit shows as well.
    unhit = sup_distance([0, 1], lambda x: np.where(x < 0.5, 0.0, 1.0), 0.1)
    assert unhit.observed == 0.5


def test_two_different_laws_are_told_apart_by_an_interval_that_holds_their_distance():
    x = draws("square", 20_000)
    found = sup_distance(x**2, lambda t: np.clip(t, 0, 1), 1e-6)
    # sup sqrt(t) - t = 1/4.
    assert 0.2 < found.lo < 0.25 < found.hi < 0.3
    both = sup_distance(x[:9000] ** 2, x[9000:], 1e-6)
    assert 0.19 < both.lo < 0.25 < both.hi < 0.31
    assert both.margin == dkw_margin(9000, 5e-7) + dkw_margin(11_000, 5e-7)
    assert found.describe().startswith("distance in [0.2")


@pytest.mark.parametrize("law", [(0.5, 0.3, 0.2), (0.9, 0.05, 0.05), (1 / 3, 1 / 3, 1 / 3)])
@pytest.mark.parametrize("alpha", [0.3, 0.01])
def test_the_total_variation_margin_holds_by_enumeration(law, alpha):
    n, missed = 40, 0.0
    for i, j in itertools.product(range(n + 1), repeat=2):
        k = n - i - j
        if k < 0:
            continue
        if total_variation([i, j, k], alpha, law=law).lo > 0:
            ways = math.lgamma(n + 1) - sum(math.lgamma(c + 1) for c in (i, j, k))
            missed += math.exp(ways + sum(c * math.log(p) for c, p in zip((i, j, k), law, strict=True)))
    assert missed <= alpha


@pytest.mark.parametrize("cells", [2, 10, 1000])
def test_the_margin_over_many_cells_holds_in_simulation(cells):
    n, alpha, runs = 200, 0.1, 500
    x = np.floor(draws(f"cells {cells}", runs * n).reshape(runs, n) * cells).astype(int)
    margin = total_variation_margin(n, cells, alpha)
    distances = [np.abs(np.bincount(row, minlength=cells) / n - 1 / cells).sum() / 2 for row in x]
    assert np.mean(np.array(distances) > margin) < alpha


def test_total_variation_by_hand():
    found = total_variation([3, 1, 0], 0.1, law=[0.5, 0.25, 0.25])
    assert found.observed == 0.25
    assert found.margin == pytest.approx(math.sqrt((math.log(6) + math.log(10)) / 8))
    both = total_variation([3, 1, 0], 0.1, other=[0, 0, 5])
    assert (both.observed, both.hi) == (1, 1)
    assert both.margin == total_variation_margin(4, 3, 0.05) + total_variation_margin(5, 3, 0.05)
    assert total_variation_margin(10, 10_000, 0.1) < total_variation_margin(10, 20_000, 0.1) < math.inf


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dkw_margin(0, 0.1), "n must be at least 1"),
        (lambda: dkw_margin(5, 1), "alpha must lie in"),
        (lambda: dkw_size(0, 0.1), "margin must lie in"),
        (lambda: sup_distance([1, math.nan], [1], 0.1), "sample must be finite"),
        (lambda: sup_distance([1], [], 0.1), "other must have shape"),
        (lambda: sup_distance([1], lambda x: x + 5, 0.1), "other must give 2 probabilities"),
        (lambda: sup_distance([1], lambda x: 0.5, 0.1), "other must give 2 probabilities"),
        (lambda: sup_distance([1], [1], math.nan), "alpha must lie in"),
        (lambda: total_variation_margin(5, 1, 0.1), "cells must be at least 2"),
        (lambda: total_variation([1, 2], 0.1), "exactly one of law and other"),
        (lambda: total_variation([1, 2], 0.1, law=[1.0], other=[1, 2]), "exactly one of law and other"),
        (lambda: total_variation([1, 0.5], 0.1, law=[0.5, 0.5]), "observed must hold counts"),
        (lambda: total_variation([0, 0], 0.1, law=[0.5, 0.5]), "two cells and a draw at least"),
        (lambda: total_variation([1, 2], 0.1, law=[0.5, 0.6]), "law must sum to one"),
        (lambda: total_variation([1, 2], 0.1, other=[1, 2, 3]), "other must have shape"),
    ],
)
def test_bad_calls(call, message):
    with pytest.raises(InvalidProblem, match=message):
        call()


def test_counts_of_values_have_the_distance_of_the_draws():
    x, y = np.floor(6 * draws("counts x", 300)), np.floor(6 * draws("counts y", 200) ** 1.3)
    counts = [np.bincount(values.astype(int), minlength=6) for values in (x, y)]
    expected = sup_distance(x, y, 0.01)
    found = counted_sup_distance(*counts, 0.01)
    assert (found.observed, found.margin) == pytest.approx((expected.observed, expected.margin), abs=1e-12)


def test_the_distance_of_events_by_hand():
    found = event_distance([10, 55], 100, [30, 100], 200, 0.05)
    assert found.observed == pytest.approx(0.05)
    # Two events, two samples: a quarter of the level each, and Hoeffding's two sides.
    assert found.margin == pytest.approx(sum(math.sqrt(math.log(2 / 0.0125) / (2 * n)) for n in (100, 200)))


def test_events_of_one_law_are_seldom_told_apart():
    runs, n, alpha = 2000, 50, 0.3
    u = draws("events", 2 * runs * n).reshape(runs, 2, n)
    cuts = (0.2, 0.5, 0.8)
    missed = 0
    for first, second in u:
        counts = [[int((sample < cut).sum()) for cut in cuts] for sample in (first, second)]
        missed += event_distance(counts[0], n, counts[1], n, alpha).lo > 0
    assert clopper_pearson(missed, runs, 0.01)[1] < alpha


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: event_distance([3], 2, [1], 2, 0.1), "first must hold counts of 2 draws"),
        (lambda: event_distance([1], 2, [1, 1], 2, 0.1), "second must have shape"),
        (lambda: event_distance([1], 0, [1], 2, 0.1), "n must be"),
        (lambda: event_distance([], 1, [], 2, 0.1), "first must have shape"),
        (lambda: event_distance([1], 2, [1], 2, 1.0), "alpha must lie in"),
        (lambda: counted_sup_distance([1.5], [1], 0.1), "first must hold counts"),
        (lambda: counted_sup_distance([1], [0], 0.1), "second must count one draw at least"),
        (lambda: counted_sup_distance([1, 2], [1], 0.1), "second must have shape"),
    ],
)
def test_bad_counts_are_one_clear_line(call, message):
    with pytest.raises(InvalidProblem, match=message):
        call()


def test_cells_without_draws_may_be_left_out_of_the_counts_and_not_of_the_margin():
    full = total_variation([3, 4, 0, 0], 0.1, other=[1, 5, 0, 0])
    assert total_variation([3, 4], 0.1, other=[1, 5], cells=4) == full
    assert total_variation([3, 4], 0.1, other=[1, 5]).margin < full.margin
    with pytest.raises(InvalidProblem, match="cells must be"):
        total_variation([3, 4, 5], 0.1, other=[1, 5, 6], cells=2)
