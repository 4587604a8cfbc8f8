"""LG3 and T31: what they measure and allow, a second time, by hand or slowly."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from explore_theory import exact, oracles
from explore_theory.algorithms import PrintedSpannerSampling
from explore_theory.foundation.least_squares import within_ball
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Trial
from proofs_checks.spanner_sampling import (
    constrained_constant,
    constrained_play,
    constrained_search,
    lg3_constrained_least_squares,
    printed_ladders,
    printed_runs,
    t31_printed_theorem,
)
from proofs_checks.spanner_sampling.constrained_play import Setting

LG3, T31 = lg3_constrained_least_squares.CLAIM, t31_printed_theorem.CLAIM


def case_of(claim, check, slug):
    return next(c for one in claim.checks if one.slug == check for c in one.cases if c.slug == slug)


def trial_of(case, rows=8):
    return Trial(case=case, streams=Streams(("test", case.slug), range(rows)))


# --- LG3 ---------------------------------------------------------------------------------------------------


def test_half_of_the_printed_step_is_enough_and_attained_in_one_dimension():
    """``Theta = [-1, 1]``, ``theta* = 1``, noise that carries the least point to -1: equality, exactly."""
    for sigma in (Fraction(1, 3), Fraction(5), Fraction(100)):
        error = Fraction(-2)
        noise = sigma * error
        # |D|^2_{Sigma + 1} = gamma |D|_{Sigma + 1} + 4, with gamma |D|_{Sigma + 1} = <S, D> in one dimension.
        assert error**2 * (sigma + 1) == noise * error + 4
        theta = within_ball(np.array([[[float(sigma)]]]), np.array([[float(sigma + noise)]]), 1.0)
        assert theta[0, 0] == pytest.approx(-1.0)
        gamma = abs(float(noise)) / math.sqrt(float(sigma) + 1)
        reached = 2 * math.sqrt(float(sigma) + 1)
        assert reached == pytest.approx(lg3_constrained_least_squares.from_noise(gamma))


def test_two_points_need_all_of_it():
    """``Theta = {1, -1}``: noise that makes the two sums of squares equal is half as large."""
    sigma = Fraction(100)
    noise = -sigma
    assert sigma * 4 - 2 * noise * -2 == 0
    gamma = float(sigma) / math.sqrt(101)
    assert 2 * math.sqrt(101) > 1.8 * lg3_constrained_least_squares.from_noise(gamma)
    assert 2 * math.sqrt(101) == pytest.approx(gamma + math.sqrt(gamma**2 + 4))


def test_a_searched_regression_is_the_least_of_its_ball():
    """Against a grid of the disc, at the instances where the search ended."""
    trial = trial_of(case_of(LG3, "step", "d2"), rows=4)
    found = constrained_search.searched(trial, lg3_constrained_least_squares.from_noise)
    radius, angle = np.meshgrid(np.linspace(0, 1, 101), np.linspace(0, 2 * np.pi, 361))
    disc = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1).reshape(-1, 2)
    for k in range(4):
        gram, moment = found.gram[k], found.gram[k] @ found.truth[k] + found.noise[k]

        def loss(theta, gram=gram, moment=moment):
            return ((theta @ gram) * theta).sum(axis=-1) - 2 * theta @ moment

        assert loss(found.theta[k]) <= loss(disc).min() + 1e-9 * (1 + abs(loss(disc).min()))
        error = found.theta[k] - found.truth[k]
        full = gram + np.eye(2)
        assert found.distance[k] == pytest.approx(math.sqrt(error @ full @ error))
        assert found.size[k] == pytest.approx(
            math.sqrt(found.noise[k] @ np.linalg.inv(full) @ found.noise[k])
        )
        assert np.linalg.norm(found.truth[k]) <= 1 + 1e-12


def the_square(d, rounds, width, delta):
    """The square of LG3's radius over ``d R^2 log(B T/(R delta))``; `width` is ``B/R``."""
    pairs = rounds - 1
    if not pairs:
        return 4 / (d * math.log(width / delta))
    gamma2 = d * math.log(1 + 4 * pairs * width**2 / d) + 2 * math.log(1 / delta)
    radius = math.sqrt(gamma2) / 2 + math.sqrt(gamma2 / 4 + 4)
    return radius**2 / (d * math.log(width * rounds / delta))


def test_no_dimension_length_width_or_delta_needs_more_than_the_constant():
    grid = product(
        (1, 2, 3, 8, 50),
        (1, 2, 3, 4, 10, 1000, 10**6),
        (1.0, 1.1, 2.0, 30.0, 1e6),
        (0.5, 0.4, 0.1, 1e-3, 1e-100),
    )
    worst = max((the_square(*point), point) for point in grid)
    assert worst[1] == (1, 2, 1.0, 0.5)
    assert 6.68 < worst[0] < constrained_constant.CONSTANT == 6.7


def test_the_certified_constant_is_what_the_square_comes_to():
    found = constrained_constant.largest_constant(None)
    assert found.hi[0] <= 1
    assert found.lo[0] * 6.7 == pytest.approx(the_square(1, 2, 1.0, 0.5), rel=1e-5)
    assert constrained_constant.largest_constant(None, least=Fraction(3, 2)).lo[0] > 1


def test_without_data_no_constant_serves_every_delta():
    for constant in (1.0, 10.0, 1e6):
        delta = math.exp(-1 / constant)
        assert 3 * constant * math.log(1 / delta) < 4
    # With the logarithm of e B T/(R delta) the constant 6.7 is more than enough.
    for delta, rounds in product((1 - 1e-9, 0.9, 0.5), (1, 2, 5, 1000)):
        log = math.log(rounds / delta)
        assert the_square(1, rounds, 1.0, delta) * log / (log + 1) < 4.5


def test_a_play_by_hand():
    """One dimension, two rounds, from the definition."""
    setting = Setting(d=1, rounds=2, rule="turns", edge=False, delta=0.3)
    uniform = Streams(("hand",), range(5)).child("noise").uniform(2)
    closest = constrained_play.largest_closeness(
        setting, Streams(("hand",), range(5)), lg3_constrained_least_squares.radius, 1.0
    )
    for row in range(5):
        noise = np.where(uniform[row] < 0.5, 1.0, -1.0)
        largest = 0.0
        for n in (1, 2):
            theta = np.clip(noise[:n].sum() * 2 / (4 * n), -1, 1)
            gamma = math.sqrt(math.log(1 + 4 * n) + 2 * math.log(1 / 0.3))
            reached = abs(theta) * math.sqrt(4 * n + 1)
            largest = max(largest, reached / (gamma / 2 + math.sqrt(gamma**2 / 4 + 4)))
        assert closest[row] == pytest.approx(largest)


def test_rewards_in_their_range_have_the_mean_they_should():
    """At the edge the difference is plus or minus `R` with mean ``<theta*, phi>``."""
    setting = Setting(d=2, rounds=1, rule="turns", edge=True, delta=0.3, parameter_radius=4.0)
    assert setting.lengths.tolist() == [0.25, 2.0]
    assert setting.truth @ np.array([0.25, 0.0]) == 1.0
    assert setting.ridge == 1 / 16


# --- T31 ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", ["d2", "d3-rare", "d2-ranges"])
def test_what_is_allowed_is_what_the_schedule_says(slug):
    """Two codes: the learner's schedule, and the statement typed from the paper."""
    w = printed_runs.world(trial_of(case_of(T31, "runs", slug), rows=1))
    schedule = w.learner.plan(w.oracle)
    assert w.allowed.calls == schedule.compute_bound()
    assert w.allowed.prompts == schedule.prompts
    assert w.allowed.response == 1 + schedule.sampler.most_calls
    assert schedule.data_bound <= w.allowed.data < schedule.data_bound + 1


def test_the_average_is_over_policies_one_by_one():
    w = printed_runs.world(trial_of(case_of(T31, "mixture", "short-d2"), rows=3))
    policy = PrintedSpannerSampling(eps=0.1, delta=0.25, constant=0.01, outputs=3).run(w.oracle)
    gaps = printed_runs.each_gap(w.problem, policy)
    for s in range(3):
        alone = np.zeros_like(policy.weights)
        alone[:, s] = 1.0
        one = type(policy)(**{**vars(policy), "weights": alone})
        assert gaps[:, s] == pytest.approx(exact.gap(w.problem, one), rel=1e-9, abs=1e-12)
    assert (exact.gap(w.problem, policy) <= gaps.mean(axis=1) + 1e-12).all()


def test_the_ladders_are_those_of_the_two_schedules():
    printed, own = printed_ladders.schedules(1e-6, 0.5)
    t = printed.explore_rounds
    assert printed.compute_bound() == pytest.approx(2 * 4 * 10 * t**2, rel=1e-3)
    assert own.compute_bound() < 1e-5 * printed.compute_bound()
    steep = printed_ladders.schedules(1e-8, 0.5)
    slope = math.log(steep[0].compute_bound() / printed.compute_bound()) / math.log(
        steep[0].data_bound / printed.data_bound
    )
    assert slope == pytest.approx(2, abs=1e-3)


def test_a_response_costs_what_it_may():
    w = printed_runs.world(trial_of(case_of(T31, "runs", "d2"), rows=4))
    found = printed_runs.ran(w)
    assert (found.response <= w.allowed.response).all()
    assert (found.response > w.allowed.response / 2).all()
    oracle = oracles.open(w.problem, law="exact-law", replicates=2)
    assert w.learner.plan(oracle) == w.learner.plan(w.oracle)
