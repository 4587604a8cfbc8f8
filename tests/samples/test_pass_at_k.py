"""pass@k and best-of-N: unbiased, by all subsets and by all outcomes, and within their intervals."""

import itertools
import math
from fractions import Fraction
from math import comb

import numpy as np
import pytest

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.samples.success import average, best_of, pass_at_k


def test_it_is_the_share_of_subsets_with_one_that_passes():
    for n in range(1, 9):
        for c in range(n + 1):
            for k in range(1, n + 1):
                exact = 1 - Fraction(comb(n - c, k), comb(n, k))
                assert pass_at_k(c, n, k) == pytest.approx(float(exact), rel=1e-13, abs=1e-15)


@pytest.mark.parametrize(
    ("n", "c", "k"), [(10_000, 3, 5_000), (10_000, 9_000, 2), (200, 1, 199), (500, 250, 250)]
)
def test_it_is_exact_for_many_samples(n, c, k):
    exact = 1 - Fraction(comb(n - c, k), comb(n, k))
    assert pass_at_k(c, n, k) == pytest.approx(float(exact), rel=1e-12, abs=1e-300)


def test_too_few_samples_have_no_estimate_whatever_passed():
    assert np.isnan(pass_at_k([0, 1, 3], [2, 2, 3], 4)).all()


def test_it_is_unbiased():
    """Over all counts with their binomial weights, in rationals up to rounding."""
    n, p, k = 7, Fraction(1, 3), 4
    mean = sum(
        comb(n, c) * p**c * (1 - p) ** (n - c) * Fraction(float(pass_at_k(c, n, k))) for c in range(n + 1)
    )
    assert float(mean) == pytest.approx(float(1 - (1 - p) ** k), rel=1e-12)


def test_the_best_of_some_is_the_mean_over_subsets_with_ties():
    rewards = [0.2, 0.2, -1.0, 3.5, 0.2, 3.5]
    for N in range(1, 7):
        truth = np.mean([max(part) for part in itertools.combinations(rewards, N)])
        assert best_of(rewards, N) == pytest.approx(truth, rel=1e-12)
    assert math.isnan(best_of(rewards, 7))


def test_an_average_leaves_out_what_has_too_few_and_says_so():
    found = average(pass_at_k([1, 2, 0], [2, 4, 1], 2), [2, 4, 1], 2, 0.1)
    assert (found.tasks, found.left_out) == (2, 1)
    assert found.value == pytest.approx((1 + 1 - comb(2, 2) / comb(4, 2)) / 2)
    width = math.sqrt(math.log(20) / 2 * (1 + 1 / 2)) / 2
    assert found.lo == pytest.approx(max(0.0, found.value - width))


def test_its_interval_holds_at_its_level():
    """Tasks of different rates and sizes."""
    alpha, k, replicates = 0.3, 2, 400
    rates, sizes = np.array([0.5, 0.1, 0.9, 0.02]), np.array([2, 3, 8, 40])
    truth = np.mean(1 - (1 - rates) ** k)
    draws = Streams(("tests", "average"), range(replicates)).uniform(int(sizes.sum()))
    missed = 0
    for row in draws:
        parts = np.split(row, np.cumsum(sizes)[:-1])
        passed = [int((part < rate).sum()) for part, rate in zip(parts, rates, strict=True)]
        found = average(pass_at_k(passed, sizes, k), sizes, k, alpha)
        missed += not found.lo <= truth <= found.hi
    assert missed <= alpha * replicates


def test_nothing_is_left_if_no_task_has_enough():
    with pytest.raises(InvalidProblem, match="k must be at most the samples of some task"):
        average(pass_at_k([0], [2], 3), [2], 3, 0.1)


@pytest.mark.parametrize(("c", "n", "k"), [(3, 2, 1), (-1, 2, 1), (1, 2, 0), (1.5, 2, 1)])
def test_what_are_no_counts_is_refused(c, n, k):
    with pytest.raises(InvalidProblem):
        pass_at_k(c, n, k)
