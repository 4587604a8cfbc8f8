"""Intervals: exact coverage by enumeration, exact ends, refusals."""

import numpy as np
import pytest

from explore_theory.errors import InvalidProblem
from explore_theory.statistics import clopper_pearson, quantile_ranks


@pytest.mark.parametrize("trials", [1, 2, 7, 40])
@pytest.mark.parametrize("alpha", [0.2, 0.01, 1e-6])
def test_the_interval_misses_no_probability_more_often_than_alpha(trials, alpha):
    from scipy.stats import binom

    k = np.arange(trials + 1)
    lo, hi = clopper_pearson(k, trials, alpha)
    for p in np.linspace(0, 1, 301):
        mass = binom.pmf(k, trials, p)
        assert mass[lo > p].sum() <= alpha / 2 * (1 + 1e-9)
        assert mass[hi < p].sum() <= alpha / 2 * (1 + 1e-9)


def test_the_ends_are_where_the_tails_weigh_half_of_alpha():
    from scipy.stats import binom

    lo, hi = clopper_pearson([3, 50, 9999], [10, 100, 10_000], 1e-3)
    np.testing.assert_allclose(binom.sf([2, 49, 9998], [10, 100, 10_000], lo), 5e-4, rtol=1e-8)
    np.testing.assert_allclose(binom.cdf([3, 50, 9999], [10, 100, 10_000], hi), 5e-4, rtol=1e-8)


def test_nothing_and_everything():
    lo, hi = clopper_pearson([0, 20], 20, 0.05)
    assert lo[0] == 0
    assert hi[1] == 1
    assert hi[0] == pytest.approx(1 - 0.025 ** (1 / 20), rel=1e-12)
    assert lo[1] == pytest.approx(0.025 ** (1 / 20), rel=1e-12)


@pytest.mark.parametrize("trials", [1, 5, 30, 101])
@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("alpha", [0.3, 1e-2, 1e-6])
def test_ranks_bracket_the_quantile_of_any_law(trials, level, alpha):
    """Enumerated: the number of draws at or below the quantile, and strictly below it, are binomial."""
    from scipy.stats import binom

    low, high = quantile_ranks(trials, level, alpha)
    assert 0 <= low < high <= trials + 1
    # A continuous law is the worst case for both ends.
    assert low == 0 or binom.cdf(low - 1, trials, level) <= alpha / 2
    assert high == trials + 1 or binom.sf(high - 1, trials, level) <= alpha / 2
    # One rank closer and one of the tails would be too heavy.
    assert binom.cdf(low, trials, level) > alpha / 2
    assert binom.sf(high - 2, trials, level) > alpha / 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: clopper_pearson(3, 2, 0.1), "successes must lie in"),
        (lambda: clopper_pearson(-1, 2, 0.1), "successes must lie in"),
        (lambda: clopper_pearson(0, 0, 0.1), "trials must be at least 1"),
        (lambda: clopper_pearson(0.5, 2, 0.1), "successes must be whole numbers"),
        (lambda: clopper_pearson([], 2, 0.1), "successes must not be empty"),
        (lambda: clopper_pearson(1, 2, 0.0), "alpha must lie in"),
        (lambda: clopper_pearson(1, 2, True), "alpha must lie in"),
        (lambda: quantile_ranks(0, 0.5, 0.1), "trials must be at least 1"),
        (lambda: quantile_ranks(5, 1.0, 0.1), "level must lie in"),
    ],
)
def test_bad_calls(call, message):
    with pytest.raises(InvalidProblem, match=message):
        call()
