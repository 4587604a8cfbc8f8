"""Weighted draws tell of another law than the one drawn from, at their level, with no bound on weights."""

import math

import numpy as np
import pytest

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.samples import reweighting
from explore_theory.samples.coverage import BINARY, Range
from explore_theory.samples.reweighting import Task
from explore_theory.statistics.tails import tail_band

#: The model's law of five responses, and rewards of them: with ties, and some in {0, 1}.
PI = np.array([0.45, 0.3, 0.15, 0.07, 0.03])
GRADED, PASSED = np.array([0.0, 0.0, 0.5, 0.0, 1.0]), np.array([0.0, 0.0, 0.0, 1.0, 1.0])
BETA, ALPHA, TIMES = 0.3, 0.1, 1000
#: A mean of TIMES misses at ALPHA exceeds this with chance 1e-4 (binomial).
MOST = 0.136


def tempered(temperature):
    law = PI ** (1 / temperature)
    return law / law.sum()


def cut(least):
    law = np.where(least <= PI, PI, 0.0)
    return law / law.sum()


def tasks(name, law, rewards, n, *, log_most=None, times=TIMES):
    coins = Streams(("tests", "reweighting", name), range(times)).uniform(n)
    for row in coins:
        drawn = np.minimum(np.searchsorted(np.cumsum(law), row, side="right"), len(law) - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(PI / law)[drawn]
        yield Task(rewards=rewards[drawn], log_weights=logs, log_most=log_most)


LAWS = {
    "colder": tempered(0.6),
    "hotter": tempered(2.0),
    "top-p": cut(0.1),
    "top-k": cut(0.05),
    "rare draws of heavy weight": np.array([0.45, 0.3, 0.15, 0.0999, 0.0001]),
}
CASES = [
    (GRADED, Range(least=0.0, most=1.0)),
    (GRADED, Range(support=(0.0, 0.5, 1.0))),
    (GRADED, Range(most=2.0)),
    (PASSED, BINARY),
]


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("case", range(4))
def test_ends_miss_no_more_often_than_their_level(law, case):
    rewards, known = CASES[case]
    log_z = math.log(float((PI * np.exp(rewards / BETA)).sum()))
    truth = (log_z, rewards.max() / BETA - log_z, float(PI[rewards >= 1].sum()))
    missed = np.zeros(3)
    for task in tasks(f"{law} {case}", LAWS[law], rewards, 60):
        ends = (
            reweighting.log_normaliser(task, BETA, ALPHA, known),
            reweighting.log_coverage(task, BETA, ALPHA, known),
            reweighting.success(task, 1.0, ALPHA),
        )
        missed += [not lo - 1e-12 <= one <= hi + 1e-12 for one, (lo, hi) in zip(truth, ends, strict=True)]
    assert np.all(missed / TIMES <= MOST), missed


@pytest.mark.parametrize("heaviest", [1.0, 1.2])
def test_with_a_bound_on_weights_too(heaviest):
    """The worst law for the bound: nothing heavier than it is seen but once in a thousand draws."""
    law = LAWS["rare draws of heavy weight"]
    most = float(np.log((PI / law).max() * heaviest))
    missed = np.zeros(2)
    for task in tasks(f"bound {heaviest}", law, PASSED, 60, log_most=most):
        lo, hi = reweighting.success(task, 1.0, ALPHA)
        low_c, high_c = reweighting.log_coverage(task, BETA, ALPHA, BINARY)
        truth = 1 / BETA - math.log(float((PI * np.exp(PASSED / BETA)).sum()))
        missed += [not lo <= 0.1 <= hi, not low_c <= truth <= high_c]
    assert np.all(missed / TIMES <= MOST), missed


def test_equal_laws_give_what_counts_give():
    """All weights one: the limits are binomial ones of the band, by hand."""
    task = Task(rewards=np.repeat([1.0, 0.0], [5, 45]), log_weights=np.zeros(50))
    lo, hi = reweighting.success(task, 1.0, 0.1)
    band = tail_band(50, 0.1)
    assert lo == pytest.approx(band[0][5], rel=1e-12)
    assert hi == pytest.approx(1 - band[0][45], rel=1e-12)
    assert (task.effective, task.mean) == pytest.approx((50, 0.1))


def test_a_mean_from_below_by_hand():
    """Draws 0, 1 and 4: ``P(X >= s)`` is counted 2 up to one and 1 from there to four."""
    lo, hi = tail_band(3, 0.2)
    logs = np.log([4.0, 1.0])
    assert math.exp(reweighting.mean_from_below(logs, 3, 0.1)) == pytest.approx(lo[2] + 3 * lo[1])
    above = math.exp(reweighting.mean_from_above(logs, 3, 0.1, math.log(10)))
    assert above == pytest.approx(hi[2] + 3 * hi[1] + 6 * hi[0])
    assert reweighting.mean_from_below(np.array([]), 3, 0.1) == -math.inf
    none = math.exp(reweighting.mean_from_above(np.array([]), 3, 0.1, math.log(10)))
    assert none == pytest.approx(10 * hi[0])


def test_a_bound_on_weights_tells_a_rare_pass_from_a_common_one():
    law = tempered(2.0)
    heaviest = float((PI / law).max())
    (free,) = tasks("gain", law, PASSED, 2000, times=1)
    (bound,) = tasks("gain", law, PASSED, 2000, times=1, log_most=math.log(heaviest) + 1e-12)
    assert reweighting.success(bound, 1.0, 0.1)[1] < 0.9 * reweighting.success(free, 1.0, 0.1)[1]


def test_what_was_never_drawn_may_be_anything():
    """Top-k that leaves the passing response out: it may be as likely as what is missing, and no more."""
    (task,) = tasks("cut", cut(0.05), GRADED, 5000, times=1)
    lo, hi = reweighting.success(task, 1.0, 0.05)
    assert lo == 0.0
    assert 0.03 < hi < 0.05
    assert reweighting.reached(task, 0.05) == pytest.approx(0.96, abs=0.015)
    lo, _ = reweighting.log_coverage(task, BETA, 0.05, Range(least=0.0, most=1.0))
    # As seen from here the largest reward is a half, and coverage is at least that of the half.
    assert 0 < lo < 0.5 / BETA


def test_ends_meet_as_draws_come():
    widths = []
    for n in (200, 20_000):
        (task,) = tasks("many", tempered(0.6), PASSED, n, times=1)
        lo, hi = reweighting.log_coverage(task, BETA, 0.05, BINARY)
        widths.append(hi - lo)
    assert widths[1] < widths[0] / 5


def test_without_a_largest_reward_there_is_a_lower_end_alone():
    (task,) = tasks("open", tempered(0.6), GRADED, 400, times=1)
    lo, hi = reweighting.log_normaliser(task, BETA, 0.05, Range())
    assert (lo > 0, hi) == (True, math.inf)
    lo, hi = reweighting.log_coverage(task, BETA, 0.05, Range())
    assert (lo > 0, hi) == (True, math.inf)


@pytest.mark.parametrize("least", [0.0, -0.5])
def test_the_least_reward_is_paid_whatever_was_drawn(least):
    """``Z >= e^{least/beta}``, so that ``C <= e^{(most - least)/beta}``: weights cannot take that away."""
    known = Range(least=least, most=1.0)
    failed = Task(rewards=np.zeros(8), log_weights=np.linspace(-3, 1, 8))
    assert reweighting.log_normaliser(failed, BETA, 0.05, known)[0] >= least / BETA
    assert reweighting.log_coverage(failed, BETA, 0.05, known)[1] <= (1 - least) / BETA
    # Passes come on top, by hand: e^{1/beta} - e^{least/beta} each, two of eight.
    passed = Task(rewards=np.repeat([1.0, least], [2, 6]), log_weights=np.zeros(8))
    share = tail_band(8, 0.05)[0][2]
    z = math.exp(least / BETA) + share * (math.exp(1 / BETA) - math.exp(least / BETA))
    assert reweighting.log_normaliser(passed, BETA, 0.05, known)[0] == pytest.approx(math.log(z))
    assert reweighting.log_coverage(passed, BETA, 0.05, known)[1] == pytest.approx(1 / BETA - math.log(z))


def test_huge_ratios_stay_finite():
    task = Task(rewards=np.array([0.0, 1.0, 0.5]), log_weights=np.array([-2000.0, 900.0, 0.0]))
    ends = reweighting.log_normaliser(task, 1e-3, 0.05, Range(least=0.0, most=1.0))
    assert np.all(np.isfinite(ends))
    assert task.effective == pytest.approx(1)
    assert reweighting.log_coverage(task, 1e-3, 0.05, Range(least=0.0, most=1.0))[0] >= 0


@pytest.mark.parametrize(
    ("rewards", "logs", "most", "says"),
    [
        ([], [], None, "one at least"),
        ([1.0], [math.inf], None, "finite"),
        ([1.0, 0.0], [0.0], None, "for each of the rewards"),
        ([1.0], [1.0], 0.5, "heaviest must be at least every weight of a draw"),
    ],
)
def test_weights_that_are_none_are_refused(rewards, logs, most, says):
    with pytest.raises(InvalidProblem, match=says):
        Task(rewards=np.array(rewards), log_weights=np.array(logs), log_most=most)


def test_a_reward_that_one_part_chose_is_bounded_by_the_draws_outside():
    """All of the largest rewards stand in the first part: of it the others know nothing."""
    rewards = np.zeros(80)
    rewards[:10] = 1.0
    task = Task(rewards=rewards, log_weights=np.zeros(80))
    lo, _ = reweighting.log_coverage(task, 0.1, 0.05, Range(least=0.0, most=1.0))
    # Seventy draws outside, none of them rewarded: P(r < 1) is at least the band's end for all of them.
    band, _ = tail_band(70, 2 * 0.05 / 2 / 8)
    at_most = 1 - band[70] * (1 - math.exp(-10))
    assert lo == pytest.approx(-math.log(at_most), rel=1e-9)


def test_two_ways_share_the_level():
    """With a bound on weights there are two upper ends, each at half of what is left of the level."""
    rewards = np.repeat([1.0, 0.0], [5, 45])
    task = Task(rewards=rewards, log_weights=np.zeros(50), log_most=0.0)
    _, hi = reweighting.success(task, 1.0, 0.1)
    lo_band, hi_band = tail_band(50, 0.05)
    assert hi == pytest.approx(min(hi_band[5], 1 - lo_band[45]), rel=1e-12)
