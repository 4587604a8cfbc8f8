"""Counts drawn at once have the laws they stand for, at every scale."""

import math
import subprocess
import sys
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from explore_theory.oracles.kernels import counting

#: Tests of law below are wrong this rarely.
LEVEL = 1e-6


def generator(key: int = 1) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=key))


def fits(observed: np.ndarray, expected: np.ndarray) -> bool:
    """Pearson's test with cells of at least ten expected."""
    big = expected > 10
    cells = np.append(observed[big], observed[~big].sum()), np.append(expected[big], expected[~big].sum())
    keep = cells[1] > 1
    statistic = ((cells[0][keep] - cells[1][keep]) ** 2 / cells[1][keep]).sum()
    return bool(stats.chi2.sf(statistic, keep.sum() - 1) > LEVEL)


@pytest.mark.parametrize(
    ("n", "p"),
    [(1, 0.5), (7, 0.3), (60, 0.1), (100, 0.5), (100, 0.93), (1781, 0.05), (10**6, 0.2), (10**6, 3e-6)],
)
def test_binomials_have_their_masses(n, p):
    gen = generator()
    drawn = np.array([counting.binomial(gen, n, p) for _ in range(40_000)]).astype(int)
    k = np.arange(drawn.min(), drawn.max() + 1)
    assert fits(np.bincount(drawn - k[0]), stats.binom.pmf(k, n, p) * drawn.size)


def test_binomials_of_certain_and_impossible_events():
    gen = generator()
    assert counting.binomial(gen, 10**15, 0.0) == 0
    assert counting.binomial(gen, 10**15, 1.0) == 10**15
    assert counting.binomial(gen, 0, 0.5) == 0
    assert counting.binomial(gen, 10**15, 1e-300) == 0


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 10**15), st.floats(1e-12, 1 - 1e-12), st.floats(-6, 6))
def test_log_masses_are_right_to_the_last_places_however_large_n_is(n, p, z):
    k = min(n, max(0, round(n * p + z * math.sqrt(n * p * (1 - p)))))
    with mpmath.workdps(60):
        choose = mpmath.loggamma(n + 1) - mpmath.loggamma(k + 1) - mpmath.loggamma(n - k + 1)
        truth = choose + k * mpmath.log(mpmath.mpf(p)) + (n - k) * mpmath.log1p(-mpmath.mpf(p))
        error = abs(mpmath.mpf(counting.log_mass(float(k), float(n), p)) - truth)
    # The mean n p is rounded: its error times the slope of the log-mass at |z| standard deviations.
    assert error < 1e-10 + 1e-15 * (abs(float(truth)) + abs(z) * math.sqrt(n * p / (1 - p)) + k / 1e3)


def test_multinomials_count_everything_once_and_lose_no_rare_atom():
    gen = generator()
    mass = np.array([0.3, 1e-12, 0.0, 0.7 - 1e-12])
    counts = np.array([counting.multinomial(gen, 10**13, mass) for _ in range(400)])
    assert (counts.sum(axis=1) == 10**13).all()
    assert not counts[:, 2].any()
    assert abs(counts[:, 1].mean() - 10) < 5 * math.sqrt(10 / 400)


@pytest.mark.parametrize(("n", "p", "cap"), [(1, 0.02, 77), (1, 0.3, 8), (1, 0.9, 5), (1, 1e-6, 13)])
def test_one_capped_waiting_time_has_its_law(n, p, cap):
    gen = generator()
    drawn = np.array([counting.total_capped_waiting(gen, n, p, cap) for _ in range(40_000)]).astype(int)
    k = np.arange(1, cap + 1)
    law = (1 - p) ** (k - 1)
    assert drawn.min() >= 1
    assert drawn.max() <= cap
    assert fits(np.bincount(drawn, minlength=cap + 1)[1:], law / law.sum() * drawn.size)


def test_a_sum_of_capped_waiting_times_has_the_law_of_a_convolution():
    gen, n, p, cap = generator(), 3, 0.15, 11
    drawn = np.array([counting.total_capped_waiting(gen, n, p, cap) for _ in range(40_000)]).astype(int)
    one = np.concatenate([[0.0], (1 - p) ** np.arange(cap)])
    law = np.convolve(np.convolve(one, one), one) / one.sum() ** 3
    assert fits(np.bincount(drawn, minlength=law.size), law * drawn.size)


def test_sums_of_many_waiting_times_have_the_right_mean():
    gen, n, p, cap = generator(), 10**12, 1e-9, 3 * 10**9
    total = counting.total_capped_waiting(gen, n, p, cap)
    log_miss = math.log1p(-p)
    mean = 1 / p - cap * math.exp(cap * log_miss) / -math.expm1(cap * log_miss)
    assert abs(total / n / mean - 1) < 6 / math.sqrt(n)


@settings(max_examples=100, deadline=None)
@given(st.floats(1e-200, 1.0), st.floats(1e-12, 1 - 1e-12))
def test_a_capped_waiting_time_is_monotone_in_its_uniform_and_at_most_its_cap(p, level):
    drawn = [counting.capped_waiting(u, p, 1e6) for u in (level / 4, level / 2, level)]
    assert all(a <= b for a, b in pairwise(drawn))
    assert 1 <= drawn[0] <= drawn[-1] <= 1e6


PROGRAM = """
import numpy as np
from explore_theory import TabularProblem, oracles
from explore_theory.oracles.plans import Exploration, Ridge, Span
from explore_theory.oracles.softmax_sampler import SoftmaxSampler
from explore_theory.problems import Gaussian

rng = np.random.default_rng(5)
features = rng.normal(size=(2, 5, 3))
features /= np.linalg.norm(features, axis=-1, keepdims=True)
theta = np.array([0.3, -0.2, 0.4])
problem = TabularProblem(
    prompt_mass=[0.4, 0.6], base=rng.dirichlet(np.ones(5), size=2), features=features,
    reward=features @ theta, beta=0.5, theta_star=theta, parameter_radius=1.0, noise=Gaussian(0.2),
)
oracle = oracles.open(problem, law="exact-law", replicates=2)
spanned = oracle.span(Ridge.start(2, 3, 1.0), Span(radius=0.5, rounds=50, per_round=3))
sampler = SoftmaxSampler(ratio=6.0, normaliser=40, tries=30)
for plan in ({"keep": np.array([[3, 7], [0, 9]])}, {"growth": 1.5}):
    explored = oracle.explore(spanned.ridge, Exploration(
        rounds=60, sampler=sampler, radius=0.5, inverse=spanned.ridge.inverse, **plan))
    print(*explored.ridge.moment.ravel(), *explored.thetas.ravel(), *oracle.ledger.compute)

from explore_theory.formulas import planted_formula
from explore_theory.oracles import exact_law
from explore_theory.problems import DNF
from explore_theory.foundation.streams import Streams

exact_law.MOST_TABULATED = 0
formula, secret = planted_formula("parity", m=60, k=5, n=8, streams=Streams(("p",), [0]))
problem = DNF(formula=formula, eta=2.0**-30, assignment=secret, noise=Gaussian(0.05))
oracle = oracles.open(problem, law="exact-law", replicates=2)
spanned = oracle.span(Ridge.start(2, 8, 1.0), Span(radius=0.3, rounds=200, per_round=10**170))
sampler = SoftmaxSampler.accurate(30 * problem.facts.coverage, 1e-3)
for plan in ({"keep": np.array([[3, 7], [0, 9]])}, {"growth": 1.2}):
    explored = oracle.explore(spanned.ridge, Exploration(
        rounds=60, sampler=sampler, radius=0.3, inverse=spanned.ridge.inverse, **plan))
    print(*explored.ridge.moment.ravel(), *explored.thetas.ravel(), *oracle.ledger.compute)
"""


def test_kernels_give_the_same_numbers_uncompiled():
    def numbers(**environment):
        import os

        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=True,
        )
        return [np.array(line.split(), dtype=float) for line in done.stdout.splitlines()]

    for compiled, plain in zip(numbers(), numbers(EXPLORE_THEORY_KERNELS="python"), strict=True):
        np.testing.assert_allclose(compiled, plain, rtol=1e-12, atol=1e-12)


def test_many_rows_have_the_multinomials_that_each_draws_alone():
    """Also a row that draws twice, one that does not draw, and masses of zero."""
    from explore_theory.foundation.streams import Streams
    from explore_theory.oracles.kernels import counting, seats

    streams = Streams(("multinomials",), range(4))
    mass = np.array([[0.5, 0.25, 0.25], [0.125, 0.0, 0.875], [1.0, 0.0, 0.0], [0.25, 0.5, 0.25]])
    alone, together = streams.generators(), streams.row_generators()
    order = np.argsort(mass, axis=-1, kind="stable")
    for rows, n in (([0, 1, 2], 1000.0), ([1, 3], 7.0), ([3], 1e197)):
        counts = np.zeros(mass.shape)
        together.take_turns(
            lambda seat, states, rows, n=n, counts=counts: seats.multinomials_of(
                seat, states, rows, n, mass, order, counts
            ),
            np.array(rows),
        )
        for row in range(4):
            expected = counting.multinomial(alone[row], n, mass[row]) if row in rows else np.zeros(3)
            np.testing.assert_array_equal(counts[row], expected)
