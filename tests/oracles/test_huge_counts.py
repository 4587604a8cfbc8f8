"""Counts beyond any int64: their laws against Poisson and exponential ones, and the calls that use them."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from explore_theory import oracles
from explore_theory.algorithms import Schedule
from explore_theory.errors import OracleMisuse
from explore_theory.formulas import Formula
from explore_theory.harness.measures.measurement import OneSample
from explore_theory.harness.measures.samples import Question
from explore_theory.oracles import Dot, Norm, Status
from explore_theory.oracles.kernels import counting
from explore_theory.oracles.plans import Span
from explore_theory.oracles.softmax_sampler import SoftmaxSampler
from explore_theory.problems import DNF

#: Tests of law are wrong this rarely.
LEVEL = 1e-6
DRAWS = 40_000


def generator(key: int = 1) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=key))


def distance(draws, cdf) -> tuple[float, float]:
    """The Dvoretzky-Kiefer-Wolfowitz interval for how far the draws' law is from `cdf`."""
    # Rounded, since functions of a library fall by last places somewhere.
    found = OneSample.real(draws, lambda x: np.round(cdf(x), 12), unit="draws").enclosed(
        LEVEL, Question(relation="==", bound=(0.0, 0.0))
    )
    return found.lo, found.hi


@pytest.mark.parametrize(("n", "p"), [(1e200, 1e-198), (1e200, 3e-200), (2.0**70, 2.0**-60), (1e60, 1e-51)])
def test_a_binomial_of_rare_successes_among_very_many_is_a_poisson_count(n, p):
    """The two laws differ by at most `p` in total variation (Barbour and Hall, 1984)."""
    drawn = np.empty(DRAWS)
    counting.binomials(generator(), n, p, drawn)
    lo, hi = distance(drawn, stats.poisson(n * p).cdf)
    assert lo == 0
    assert hi < 0.03


def test_its_mean_told_too_high_by_a_tenth_of_a_deviation_is_seen():
    drawn = np.empty(DRAWS)
    counting.binomials(generator(), 1e200, 1e-198, drawn)
    assert distance(drawn, stats.poisson(101).cdf)[0] > 0


@pytest.mark.parametrize("p", [0.5, 0.3, 1 - 1e-30, 1e-10, 1e-100, 1e-170])
def test_counts_too_large_for_their_spread_are_their_mean(p):
    gen, n = generator(), 1e200
    for _ in range(100):
        assert counting.binomial(gen, n, p) == pytest.approx(n * p, rel=1e-15 + 20 / math.sqrt(n * p))


def test_a_spread_of_many_float64_is_a_gaussian_one():
    """Mean 2^60: float64 are 256 apart there, the standard deviation is 2^29.5."""
    drawn = np.empty(DRAWS)
    counting.binomials(generator(), 2.0**61, 0.5, drawn)
    lo, hi = distance((drawn - 2.0**60) / 2.0**29.5, stats.norm.cdf)
    assert lo == 0
    assert hi < 0.03


@settings(max_examples=200, deadline=None)
@given(st.floats(16, 200), st.floats(0, 15), st.floats(-6, 6))
def test_log_masses_are_right_to_the_last_places_at_any_n(exponent, mean_exponent, z):
    n, mean = float(10**exponent), 10**mean_exponent
    p = mean / n
    k = max(0, round(mean + z * math.sqrt(mean)))
    with mpmath.workdps(450):
        big, chance = mpmath.mpf(n), mpmath.mpf(p)
        choose = mpmath.loggamma(big + 1) - mpmath.loggamma(k + 1) - mpmath.loggamma(big - k + 1)
        truth = choose + k * mpmath.log(chance) + (big - k) * mpmath.log1p(-chance)
        error = abs(mpmath.mpf(counting.log_mass(float(k), n, p)) - truth)
    assert error < 1e-10 + 1e-15 * (abs(float(truth)) + (abs(z) + 1) * math.sqrt(mean) + k / 1e3)


@settings(max_examples=200, deadline=None)
@given(st.floats(33, 250), st.floats(1e-3, 0.5))
def test_at_its_mean_a_count_has_the_mass_of_the_middle(exponent, p):
    # A rounding of n - k is many standard deviations here, and must not count as a distance from the mean.
    n = float(10**exponent)
    expected = -0.5 * (math.log(2 * math.pi * p * (1 - p)) + math.log(n))
    assert counting.log_mass(n * p, n, p) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("p", [1e-10, 1e-100, 1e-194])
def test_waiting_times_are_exponential_where_success_is_rare(p):
    drawn = np.empty(DRAWS)
    counting.capped_totals(generator(), 1.0, p, np.ceil(40 / p), drawn)
    lo, hi = distance(drawn * p, stats.expon.cdf)
    assert lo == 0
    assert hi < 0.03


def test_a_sum_of_capped_waiting_times_has_the_mean_of_the_truncated_exponential():
    drawn, n, p = np.empty(4000), 7.0, 1e-194
    counting.capped_totals(generator(), n, p, 2e194, drawn)
    mean = n * (1 - 2 / math.expm1(2.0))
    assert (drawn <= n * 2e194).all()
    assert abs(drawn.mean() * p - mean) < 6 * math.sqrt(n / drawn.size)


def test_multinomials_lose_no_atom_of_mass_1e_194():
    mass = np.array([1e-194, 1.0])
    counts = np.array([counting.multinomial(generator(j), 1e197, mass) for j in range(400)])
    assert (counts[:, 1] == 1e197).all()
    assert abs(counts[:, 0].mean() - 1000) < 6 * math.sqrt(1000 / 400)


# --- calls -------------------------------------------------------------------------------------------------

#: One term of 12 literals: ``p0 = 2^-644``.
PROBLEM = DNF(formula=Formula([list(range(1, 13))], 20), eta=2.0**-14, assignment=np.ones(20, dtype=np.int8))
RARE = math.exp(PROBLEM.log_base_star)
ROWS = 4000


def opened(rows=ROWS, **more):
    return oracles.open(PROBLEM, law="exact-law", replicates=rows, **more)


@pytest.mark.parametrize("budget", [math.ceil(1 / RARE), 1 / RARE])
def test_a_search_finds_a_response_of_probability_1e_194_as_often_as_it_should(budget):
    oracle = opened()
    found = oracle.search(oracle.prompt(), Norm() > 0, budget)
    assert abs(found.ok.mean() - (1 - math.exp(-1))) < 6 / math.sqrt(ROWS)
    lo, _ = distance(found.used[found.ok] * RARE, lambda t: -np.expm1(-np.minimum(t, 1)) / -math.expm1(-1))
    assert lo == 0
    assert (oracle.ledger.compute == found.used).all()


def test_rounds_of_pairs_find_a_star_as_often_as_they_should():
    oracle = opened()
    found = oracle.search_rounds(Norm() > 0, 1, math.ceil(1 / RARE), pair=True)
    assert abs(found.found.ok.mean() - (1 - math.exp(-2))) < 6 / math.sqrt(ROWS)


def test_an_average_of_1e197_draws_counts_the_rare_response():
    oracle, theta, m = opened(), PROBLEM.assignment / math.sqrt(12), 10**197
    gain = math.exp(PROBLEM.log_base_star + 1 / PROBLEM.beta)
    found = oracle.log_mean_exp(oracle.prompt(), Dot(theta / PROBLEM.beta), m)
    # A count of mean 1e197 p0, each star worth gain/p0.
    spread = 1 / math.sqrt(RARE * 1e197)
    assert abs(np.exp(found).mean() / (1 + gain) - 1) < 6 * spread / math.sqrt(ROWS)
    assert np.exp(found).std() / gain == pytest.approx(spread, rel=0.1)
    assert (oracle.ledger.compute == 1e197).all()


def test_a_sampler_of_1e199_calls_shows_the_response_that_the_softmax_does():
    oracle, theta = opened(), PROBLEM.assignment / math.sqrt(12)
    sampler = SoftmaxSampler.accurate(4 * math.e**2 / RARE, 1e-3)
    assert sampler.tries > 10**196
    drawn = sampler.sample(
        oracle, oracle.prompt(), Dot(0.95 * theta / PROBLEM.beta), np.ones(ROWS, dtype=bool)
    )
    star = math.exp(PROBLEM.log_star(0.95 * 12))
    assert abs((drawn.response == 1).mean() - star) < 6 * math.sqrt(star * (1 - star) / ROWS)
    assert not drawn.missed.any()


def test_schedules_know_their_own_size():
    schedule = Schedule.of(PROBLEM.facts, eps=0.1, delta=0.1)
    assert schedule.per_round == math.ceil(PROBLEM.facts.coverage)
    assert 1e197 < schedule.sampler.most_calls < 1e200
    assert math.isfinite(schedule.compute_bound())
    assert Span(radius=1.0, rounds=1, per_round=schedule.per_round).per_round == schedule.per_round


def test_budgets_beyond_every_float64_are_refused_in_one_line():
    oracle = opened(2)
    with pytest.raises(OracleMisuse, match="budget must be a number, or 2 numbers") as error:
        oracle.search(oracle.prompt(), Norm() > 0, 10**400)
    assert "\n" not in str(error.value)
    assert oracle.search(oracle.prompt(), Norm() > 0, 10**200).status[0] in (Status.OK, Status.MISS)
