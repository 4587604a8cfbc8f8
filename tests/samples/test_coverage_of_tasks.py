"""Normalisers, coverages and profiles of tasks: against exact values, at their level."""

import math

import numpy as np
import pytest

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.samples.coverage import (
    BINARY,
    Range,
    binary_log_coverages,
    log_coverages,
    log_normalisers,
    profile,
)
from explore_theory.statistics import clopper_pearson
from explore_theory.statistics.arguments import Floats
from explore_theory.statistics.tails import log_exponential_mean, tails

LEVELS = np.array([0.0, 0.3, 0.6, 1.0])
MASSES = np.array([0.55, 0.3, 0.1, 0.05])
GRID = np.array([1.0, 1.5, 2.5, 5.0, 9.0])


def drawn(name: str, rows: int, n: int, masses=MASSES, values=LEVELS) -> Floats:
    uniform = Streams(("tests", "coverage", name), range(rows)).uniform(n)
    return values[np.searchsorted(np.cumsum(masses), uniform * (1 - 1e-12))]


def truths(beta, masses=MASSES, values=LEVELS):
    """``log Z``, ``log C`` and the profile, by sums."""
    weights = masses * np.exp(values / beta)
    log_z = math.log(weights.sum())
    log_c = values.max() / beta - log_z
    ratio = values / beta - log_z
    at = [float(weights[ratio >= math.log(M) - 1e-12].sum() / weights.sum()) for M in GRID]
    return log_z, log_c, np.array(at)


@pytest.mark.parametrize("known", [Range(most=1.0), Range(least=0.0, most=1.0), Range(support=tuple(LEVELS))])
def test_two_sided_intervals_hold_together_at_their_level(known):
    """All of them at once, since one band serves all: 1,000 repetitions, with ties."""
    beta, alpha, replicates = 0.4, 0.3, 1000
    log_z, log_c, at = truths(beta)
    missed = 0
    for row in drawn("two-sided", replicates, 60):
        z, c = (f([row], beta, alpha, known) for f in (log_normalisers, log_coverages))
        lo, hi = profile(row, beta, alpha, known, GRID)
        inside = z.lo[0] <= log_z <= z.hi[0] and c.lo[0] <= log_c <= c.hi[0]
        missed += not (inside and np.all((lo <= at + 1e-12) & (at <= hi + 1e-12)))
    assert missed <= alpha * replicates


@pytest.mark.parametrize("rate", [0.0, 0.01, 0.2, 1.0])
def test_passes_and_failures_hold_at_their_level(rate):
    beta, alpha, n = 0.1, 0.2, 30
    truth = 0.0 if rate == 0 else -math.log(rate + (1 - rate) * math.exp(-1 / beta))
    row = drawn(f"binary {rate}", 1000, n, np.array([1 - rate, rate]), np.array([0.0, 1.0]))
    found = binary_log_coverages(row.sum(axis=1), n, beta, alpha)
    missed = ~((found.lo <= truth + 1e-12) & (truth <= found.hi + 1e-12))
    assert missed.mean() <= alpha


def test_a_lower_end_holds_without_knowing_any_range():
    """Also where the largest reward is far beyond what is ever drawn."""
    beta, alpha = 0.4, 0.3
    masses, values = np.array([0.6, 0.4 - 1e-9, 1e-9]), np.array([0.0, 1.0, 9.0])
    _, truth, _ = truths(beta, masses, values)
    found = log_coverages(list(drawn("far", 1000, 40, masses, values)), beta, alpha, Range())
    assert np.all(np.isinf(found.hi))
    assert (found.lo > truth).mean() <= alpha
    _, near, _ = truths(beta, masses[:2] / masses[:2].sum(), values[:2])
    assert (found.lo > near).mean() <= alpha, "nor does it say more than what was seen supports"
    assert np.median(found.lo) > near / 2


def test_by_hand_from_one_pass_in_four():
    beta = 0.5
    lo, hi = clopper_pearson(1, 4, 0.1)
    found = binary_log_coverages([1], [4], beta, 0.1)
    assert found.lo[0] == pytest.approx(-math.log(hi + (1 - hi) * math.exp(-2)))
    assert found.hi[0] == pytest.approx(-math.log(lo + (1 - lo) * math.exp(-2)))
    general = log_coverages([np.array([0.0, 1, 0, 0])], beta, 0.1, BINARY)
    assert general.lo[0] == pytest.approx(found.lo[0])
    assert general.hi[0] == pytest.approx(found.hi[0])


def test_where_nothing_passed_the_coverage_may_be_one():
    """If nothing can pass the base policy is optimal: a lower end above 1 would be wrong."""
    found = log_coverages([np.zeros(50)], 0.1, 0.05, BINARY)
    assert found.lo[0] == 0.0
    assert found.hi[0] == pytest.approx(10.0)
    assert binary_log_coverages([0], [50], 0.1, 0.05).hi[0] == pytest.approx(10.0)


@pytest.mark.parametrize(
    "known", [Range(most=2.0), Range(least=0.0, most=2.0), Range(support=(0.0, 1.0, 2.0))]
)
def test_the_upper_end_is_by_the_largest_reward_that_there_can_be(known):
    """Rarely something far better than all that was drawn: it may be there, so the coverage may be of it."""
    beta, alpha = 0.4, 0.1
    masses, values = np.array([0.5, 0.499, 0.001]), np.array([0.0, 1.0, 2.0])
    _, truth, _ = truths(beta, masses, values)
    rows = drawn("far above", 200, 40, masses, values)
    found = log_coverages(list(rows), beta, alpha, known)
    assert ((found.lo > truth) | (found.hi < truth)).mean() <= alpha
    z = log_normalisers(list(rows), beta, alpha, known)
    np.testing.assert_allclose(found.hi, 2.0 / beta - z.lo)


def test_a_profile_by_hand_where_the_level_lies_within_a_step():
    """Below the level rewards may lie that are near it: they count as missing it, at the upper band."""
    beta, known, M = 0.5, Range(least=0.0, most=1.0), 1.3
    rewards = np.array([0.0] * 70 + [1.0] * 30)
    found = tails(rewards, 0.1)
    _, high_z = log_exponential_mean(found, beta, least=0.0, most=1.0)
    assert 0 < math.log(M) + high_z < 1.0 / beta
    lo, _ = profile(rewards, beta, 0.1, known, np.array([M]))
    top = math.exp(1 / beta)
    inside = found.lo[1] * top
    outside = 1 - found.lo[1] + (top - 1) * (found.hi[1] - found.lo[1])
    assert lo[0] == pytest.approx(inside / (inside + outside))


def test_a_profile_by_hand_where_the_largest_reward_was_not_drawn():
    """What no draw showed may hold that much of the optimal policy, ``e^{1/beta}`` times as likely."""
    beta, beyond, top = 0.5, tails(np.zeros(50), 0.1).beyond, math.exp(2)
    lo, hi = profile(np.zeros(50), beta, 0.1, Range(least=0.0, most=1.0), np.array([2.0]))
    assert lo[0] == 0.0
    # As much may lie below all draws, whose law the band does not know either.
    assert hi[0] == pytest.approx(beyond * top / (beyond * top + 1 - 2 * beyond))


def test_a_task_without_draws_says_nothing():
    found = log_coverages([np.zeros(0)], 0.1, 0.05, BINARY)
    assert (found.lo[0], found.hi[0]) == (0.0, math.inf)
    assert log_normalisers([np.zeros(0)], 0.1, 0.05, BINARY).lo[0] == -math.inf


def test_a_profile_needs_the_largest_reward():
    with pytest.raises(InvalidProblem, match="needs the largest reward"):
        profile(np.ones(3), 0.1, 0.05, Range(least=0.0), GRID)


def test_a_profile_falls_from_one_to_nothing_beyond_the_coverage():
    row = drawn("fall", 1, 2000)[0]
    lo, hi = profile(row, 0.4, 0.05, BINARY if set(row) <= {0, 1} else Range(support=tuple(LEVELS)), GRID)
    assert np.all(np.diff(lo) <= 1e-12)
    assert np.all(np.diff(hi) <= 1e-12)
    assert hi[-1] == 0.0
    assert lo[1] > 0.2


@pytest.mark.parametrize(
    ("rewards", "known", "says"),
    [
        ([1.5], Range(most=1.0), "at most 1, got 1.5 in task 'a'"),
        ([-0.5], Range(least=0.0), "at least 0, got -0.5 in task 'a'"),
        ([0.5], BINARY, "one of 0, 1, got 0.5 in task 'a'"),
    ],
)
def test_rewards_that_should_not_exist_are_refused(rewards, known, says):
    with pytest.raises(InvalidProblem, match=says):
        known.require(np.array(rewards), "in task 'a'")


@pytest.mark.parametrize(
    "more", [{"least": 2.0, "most": 1.0}, {"most": math.nan}, {"support": ()}, {"support": (0.0, math.inf)}]
)
def test_ranges_that_are_none_are_refused(more):
    with pytest.raises(InvalidProblem):
        Range(**more)
