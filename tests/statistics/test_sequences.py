"""Confidence sequences: miss rates under continuous peeking, exact ends, refusals."""

import math

import numpy as np
import pytest

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.statistics import (
    bernoulli_sequence,
    bounded_mean_sequence,
    clopper_pearson,
    trials_to_decide,
)

RUNS = 10_000


def misses_below_nominal(missed, alpha):
    """Whether the exact interval of the miss rate, at level .01, lies below `alpha`."""
    return clopper_pearson(int(missed.sum()), missed.size, 0.01)[1] < alpha


def table(last, alpha, interval=bernoulli_sequence):
    """``lo[n, k], hi[n, k]`` for all sizes to `last`: the interval depends on nothing else."""
    n, k = np.indices((last + 1, last + 1))
    lo, hi = interval(np.minimum(k, n)[1:], n[1:], alpha)
    return np.vstack([np.zeros(last + 1), lo]), np.vstack([np.ones(last + 1), hi])


def paths(name, p, last):
    """`[RUNS, last]` running numbers of successes."""
    words = Streams(("tests", "sequences", name), range(1)).uniform(RUNS * last)
    return np.cumsum(words.reshape(RUNS, last) < p, axis=1)


@pytest.mark.parametrize("p", [0.02, 0.3, 0.5, 0.97])
def test_a_bernoulli_sequence_watched_at_every_trial_misses_less_than_nominal(p):
    alpha, last = 0.05, 400
    lo, hi = table(last, alpha)
    n, k = np.arange(1, last + 1), paths(f"bernoulli {p}", p, last)
    assert misses_below_nominal(((lo[n, k] > p) | (hi[n, k] < p)).any(axis=1), alpha)


def test_an_interval_of_fixed_size_watched_at_every_trial_does_not():
    """Otherwise the test above would show nothing."""
    alpha, last, p = 0.05, 400, 0.5
    lo, hi = table(last, alpha, clopper_pearson)
    n, k = np.arange(1, last + 1), paths("bernoulli 0.5", p, last)
    missed = ((lo[n, k] > p) | (hi[n, k] < p)).any(axis=1)
    assert clopper_pearson(int(missed.sum()), RUNS, 0.01)[0] > alpha


@pytest.mark.slow
@pytest.mark.parametrize("p", [0.01, 0.5])
def test_a_bernoulli_sequence_watched_for_long_misses_less_than_nominal(p):
    alpha, k, missed = 0.05, np.zeros(RUNS, dtype=int), np.zeros(RUNS, dtype=bool)
    for n in range(1, 5001):
        words = Streams(("tests", "sequences", f"long {p}", str(n)), range(1)).uniform(RUNS)
        k += words[0] < p
        seen, where = np.unique(k, return_inverse=True)
        lo, hi = bernoulli_sequence(seen, n, alpha)
        missed |= ((lo > p) | (hi < p))[where]
    assert missed.any()
    assert misses_below_nominal(missed, alpha)


@pytest.mark.parametrize("p", [0.001, 0.1, 0.5])
@pytest.mark.parametrize("mixture", [(0.5, 0.5), (1, 1), (2, 0.3)])
def test_the_probability_ever_to_miss_is_at_most_alpha_by_enumeration(p, mixture):
    """The law of the running count, step by step, with the mass that has missed taken out: no simulation."""
    alpha, last = 0.2, 300
    lo, hi = table(last, alpha, lambda k, n, level: bernoulli_sequence(k, n, level, mixture=mixture))
    mass = np.zeros(last + 1)
    mass[0], missed = 1.0, 0.0
    for n in range(1, last + 1):
        mass = (1 - p) * mass + p * np.concatenate([[0.0], mass[:-1]])
        outside = (lo[n] > p) | (hi[n] < p)
        missed, mass = missed + mass[outside].sum(), np.where(outside, 0.0, mass)
    assert missed <= alpha


def log_martingale(k, n, p, a, b):
    import mpmath

    with mpmath.workdps(60):
        k, n, p, a, b = map(mpmath.mpf, (k, n, p, a, b))
        gain = mpmath.log(mpmath.beta(a + k, b + n - k) / mpmath.beta(a, b)) if n < 1e4 else None
        if gain is None:
            gamma = mpmath.loggamma
            gain = gamma(a + k) + gamma(b + n - k) - gamma(a + b + n) - mpmath.log(mpmath.beta(a, b))
        return float(gain - k * mpmath.log(p) - (n - k) * mpmath.log1p(-p))


@pytest.mark.parametrize("trials", [1, 2, 30, 10**6, 10**12])
@pytest.mark.parametrize("alpha", [0.3, 1e-3, 1e-12])
@pytest.mark.parametrize("mixture", [(0.5, 0.5), (1.0, 1.0), (3.0, 0.2)])
def test_the_ends_are_the_roots_to_eleven_digits_outward(trials, alpha, mixture):
    level = -math.log(alpha)
    for k in {0, 1, trials // 3, trials // 2, trials - 1, trials}:
        lo, hi = (float(end) for end in bernoulli_sequence(k, trials, alpha, mixture=mixture))
        assert lo <= k / trials <= hi
        # Near one the promise is about the digits of 1 - p; by symmetry the other end shows them.
        if k > 0 and lo < 0.9:
            assert log_martingale(k, trials, lo, *mixture) >= level
            assert log_martingale(k, trials, lo * (1 + 1e-11), *mixture) < level
        if k < trials and hi < 0.9:
            assert log_martingale(k, trials, hi, *mixture) >= level
            assert log_martingale(k, trials, hi * (1 - 1e-11), *mixture) < level


def test_nothing_everything_and_no_trials():
    lo, hi = bernoulli_sequence([0, 0, 7], [0, 7, 7], 0.05, mixture=(1, 1))
    assert (lo[0], hi[0], lo[1], hi[2]) == (0, 1, 0, 1)
    # No successes: M_n(p) = 1/((n + 1)(1 - p)^n).
    assert hi[1] == pytest.approx(1 - (0.05 / 8) ** (1 / 7), rel=1e-11)
    assert lo[2] == pytest.approx(1 - hi[1], rel=1e-11)


def test_an_end_too_small_for_a_double_is_zero():
    lo, hi = bernoulli_sequence([1, 20], 10**6, 1e-307)
    assert lo[0] == 0
    assert 0 < lo[1] < hi[1] < 1e-2


def test_rows_do_not_depend_on_their_peers():
    k, n = np.arange(65), np.full(65, 64)
    together = bernoulli_sequence(k, n, 1e-6)
    alone = [bernoulli_sequence(i, 64, 1e-6) for i in range(65)]
    np.testing.assert_allclose(together, np.transpose(alone), rtol=3e-12)


@pytest.mark.parametrize(
    ("k", "n", "relation", "bound", "resolution"),
    [
        (40, 100, "<=", 0.5, 0.0),
        (60, 100, "<=", 0.5, 0.0),
        (60, 100, ">=", 0.5, 0.0),
        (50, 100, "==", 0.5, 0.02),
        (50, 100, "<=", 0.5, 0.02),
        (0, 10, "<=", 0.01, 0.0),
        (30, 100, "==", 0.5, 0.0),
    ],
)
def test_the_advised_number_of_trials_decides_and_nine_tenths_of_it_do_not(k, n, relation, bound, resolution):
    def decided(size):
        lo, hi = bernoulli_sequence(round(k / n * size), size, 1e-3)
        holds = (relation == ">=" or hi <= bound + resolution) and (
            relation == "<=" or lo >= bound - resolution
        )
        return holds or (relation != ">=" and lo > bound) or (relation != "<=" and hi < bound)

    total = n + trials_to_decide(k, n, relation, bound, 1e-3, resolution=resolution)
    assert decided(round(1.02 * total))
    assert not decided(round(0.9 * total))


def test_no_number_of_trials_decides_at_the_boundary_and_none_is_needed_once_decided():
    assert trials_to_decide(50, 100, "<=", 0.5, 0.01) == math.inf
    assert trials_to_decide(90, 100, "<=", 0.5, 0.01) == 0
    assert trials_to_decide(0, 100, ">=", 0.0, 0.01) == 0


LAWS = {
    "coin": lambda u: (u < 0.5).astype(float),
    "rare": lambda u: (u < 0.02).astype(float),
    "uniform": lambda u: u,
    "narrow": lambda u: 0.7 + 0.02 * (u - 0.5),
}


@pytest.mark.parametrize("law", LAWS)
def test_a_bounded_mean_watched_at_every_value_misses_less_than_nominal(law):
    mean = {"coin": 0.5, "rare": 0.02, "uniform": 0.5, "narrow": 0.7}[law]
    u = Streams(("tests", "sequences", law), range(1)).uniform(RUNS * 200).reshape(RUNS, 200)
    lo, hi = bounded_mean_sequence(3 * LAWS[law](u) - 1, -1, 2, 0.05)
    missed = ~((lo[:, -1] <= 3 * mean - 1) & (3 * mean - 1 <= hi[:, -1]))
    # The running intersection misses for good once it has missed.
    assert misses_below_nominal(missed, 0.05)


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS)
def test_a_bounded_mean_watched_for_long_misses_less_than_nominal(law):
    mean = {"coin": 0.5, "rare": 0.02, "uniform": 0.5, "narrow": 0.7}[law]
    missed = np.zeros(RUNS, dtype=bool)
    for first in range(0, RUNS, 500):
        streams = Streams(("tests", "sequences", f"long {law}"), range(first, first + 500))
        lo, hi = bounded_mean_sequence(LAWS[law](streams.uniform(5000)), 0, 1, 0.05)
        missed[first : first + 500] = ~((lo[:, -1] <= mean) & (mean <= hi[:, -1]))
    assert misses_below_nominal(missed, 0.05)


def test_a_bounded_mean_is_the_printed_formula():
    """Naive, value by value."""
    x, alpha = [0.2, 0.9, 0.4, 0.4, 1.0, 0.0], 0.1
    m, v, stake, won, paid, low, high = 0.5, 0.25, 0.0, 0.0, 0.0, 0.0, 1.0
    found = bounded_mean_sequence(x, 0, 1, alpha)
    for i, value in enumerate(x, start=1):
        bet = min(0.75, math.sqrt(2 * math.log(2 / alpha) / (v * i * math.log(1 + i))))
        stake, won = stake + bet, won + bet * value
        paid += (-math.log(1 - bet) - bet) * (value - m) ** 2
        radius = (math.log(2 / alpha) + paid) / stake
        low, high = max(low, won / stake - radius), min(high, won / stake + radius)
        assert (found[0][i - 1], found[1][i - 1]) == (pytest.approx(low), pytest.approx(high))
        m = (0.5 + sum(x[:i])) / (i + 1)
        done = [(x[j] - (0.5 + sum(x[: j + 1])) / (j + 2)) ** 2 for j in range(i)]
        v = (0.25 + sum(done)) / (i + 1)


def test_small_variance_gives_narrow_intervals_and_a_moving_mean_none():
    u = Streams(("tests", "sequences", "width"), range(1)).uniform(5000)[0]
    wide, narrow = (bounded_mean_sequence(x, 0, 1, 0.01) for x in (u, 0.5 + (u - 0.5) / 100))
    wide, narrow = (float(hi[-1] - lo[-1]) for lo, hi in (wide, narrow))
    assert narrow < wide / 5
    lo, hi = bounded_mean_sequence(np.repeat([0.0, 1.0], 500), 0, 1, 0.01)
    assert np.isnan(lo[-1])
    assert np.isnan(hi[-1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bernoulli_sequence(1, 2, 0), r"alpha must lie in \(0, 1\), got alpha=0"),
        (lambda: bernoulli_sequence(1, 2, 1.0), "alpha must lie in"),
        (lambda: bernoulli_sequence(1, 2, math.nan), "alpha must lie in"),
        (lambda: bernoulli_sequence(1, 2, "0.1"), "alpha must lie in"),
        (lambda: bernoulli_sequence(3, 2, 0.1), "successes must lie in"),
        (lambda: bernoulli_sequence(0, -1, 0.1), "trials must be at least 0"),
        (lambda: bernoulli_sequence(math.nan, 2, 0.1), "successes must be whole numbers"),
        (lambda: bernoulli_sequence(1, 2, 0.1, mixture=(0, 1)), r"mixture\[0\] must be positive"),
        (lambda: trials_to_decide(0, 0, "<=", 0.5, 0.1), "trials must be at least 1"),
        (lambda: trials_to_decide(0, 1, "<", 0.5, 0.1), "relation must be one of"),
        (lambda: trials_to_decide(0, 1, "<=", math.nan, 0.1), "bound must be finite"),
        (lambda: bounded_mean_sequence([0.5], 0, 1, 2), "alpha must lie in"),
        (lambda: bounded_mean_sequence([0.5], 1, 1, 0.1), "lower must be below upper"),
        (lambda: bounded_mean_sequence([1.5], 0, 1, 0.1), r"values must lie in \[0, 1\], got 1.5"),
        (lambda: bounded_mean_sequence([math.nan], 0, 1, 0.1), "values must be finite"),
        (lambda: bounded_mean_sequence([], 0, 1, 0.1), "values must have shape"),
    ],
)
def test_bad_calls(call, message):
    with pytest.raises(InvalidProblem, match=message):
        call()
