"""The problems, schedules, second routes and losses that ST, STa, STb, STd, STp, STr and S9r rest on."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory import exact, oracles
from explore_theory.algorithms import SpannerSampling
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Trial
from proofs_checks.spanner_sampling import estimates_game, spanner_enumeration, spanner_phase, waterfall
from proofs_checks.spanner_sampling import s9r_rare_switching as s9r
from proofs_checks.spanner_sampling import st_spanner_sampling as end_to_end
from proofs_checks.spanner_sampling.practical import run, schedule_of
from proofs_checks.spanner_sampling.rare_best import rare_best
from proofs_checks.spanner_sampling.stated_schedule import Stated

STREAMS = Streams(("a test",), (0,))


@given(st.integers(1, 12), st.floats(0.03, 0.5), st.floats(0.02, 0.98))
def test_coverage_is_what_is_asked_for_and_rewards_span_one(d, beta, share):
    coverage = math.exp(share / beta)
    problem = rare_best(STREAMS, d=d, beta=beta, sigma=0.1, coverage=coverage)
    assert float(exact.log_coverage(problem)[0]) == pytest.approx(math.log(coverage), abs=1e-7)
    assert problem.reward_range == pytest.approx(1.0)
    assert np.linalg.norm(problem.features, axis=-1).max() <= 1 + 1e-12
    assert problem.noise.sigma == pytest.approx(0.1)


@pytest.mark.parametrize("coverage", [1.0, math.exp(10.1)])
def test_coverage_out_of_reach_is_refused(coverage):
    with pytest.raises(InvalidProblem, match="coverage must lie in"):
        rare_best(STREAMS, d=2, beta=0.1, sigma=0.1, coverage=coverage)


@pytest.mark.parametrize("rounds", [500, 20_000, 10**6])
def test_a_practical_schedule_has_the_rounds_asked_for(rounds):
    problem = rare_best(STREAMS, d=3, beta=0.1, sigma=0.5, coverage=100.0)
    assert schedule_of(problem, rounds).explore_rounds == pytest.approx(rounds, rel=0.02)
    assert schedule_of(problem, rounds, ratio=37.0).sampler.ratio == pytest.approx(37.0)


def naive_moments(problem, policy, row):
    """``E[D^2 1_I]``, the divergence given ``y'`` and the uncovered mass, response by response."""
    square = divergence = left = 0.0
    for x, rho in enumerate(problem.prompt_mass):
        base, phi = problem.base[x], problem.features[x]
        relative = phi[None, :] - phi[:, None]
        norm = np.sqrt(np.einsum("abi,ij,abj->ab", relative, policy.inverse[row], relative))
        inside = norm <= policy.radius
        pairs = base[:, None] * base[None, :]
        left += rho * min(1.0, policy.schedule.coverage * pairs[~inside].sum())
        best = base * np.exp(problem.reward[x] / problem.beta)
        best /= best.sum()
        for weight, theta in zip(policy.weights[row], policy.thetas[row], strict=True):
            for anchor in range(len(base)):
                score = np.where(inside[anchor], relative[anchor] @ theta, 0.0)
                law = base * np.exp(score / problem.beta)
                law /= law.sum()
                error = (problem.reward[x] - problem.reward[x, anchor] - score) / problem.beta
                square += rho * weight * base[anchor] * (law * error**2)[inside[anchor]].sum()
                divergence += rho * weight * base[anchor] * (law * np.log(law / best)).sum()
    return square, divergence, left


@pytest.mark.parametrize("update", ["every-round", "rarely-switching"])
def test_every_step_of_the_proof_is_a_loss_and_the_sums_are_right(update):
    problem = rare_best(STREAMS, d=2, beta=0.5, sigma=0.1, coverage=3.0, prompts=3, others=4, uneven=True)
    oracle = oracles.open(problem, law="exact-law", replicates=3)
    policy = SpannerSampling(eps=0.1, delta=0.25, update=update, outputs=6).run(oracle)
    levels = waterfall.levels(problem, policy)
    assert levels.shape == (3, 9)
    np.testing.assert_array_equal(levels[:, 0], 0.1)
    np.testing.assert_allclose(levels[:, -1], exact.gap(problem, policy))
    assert (np.diff(levels.mean(axis=0)) <= 1e-15).all()
    for row in range(3):
        square, divergence, left = naive_moments(problem, policy, row)
        inside = waterfall._pairs_inside(problem, policy)
        assert waterfall.uncovered(problem, policy, inside)[row] == pytest.approx(left, abs=1e-15)
        assert levels[row, 7] == pytest.approx(problem.beta * divergence, rel=1e-6)
        spare = levels[row, 6] - problem.beta * square
        assert spare == pytest.approx((6 + 2 * math.log(2) + 2 * math.e) * left, abs=1e-12)


def test_what_a_short_spanner_leaves_uncovered_is_weighed_by_prompts():
    problem = rare_best(STREAMS, d=2, beta=0.5, sigma=0.1, coverage=3.0, prompts=3, others=4, uneven=True)
    schedule = schedule_of(problem, 500, span=0.02, radius_factor=1.0)
    policy = SpannerSampling(schedule=schedule, update="rarely-switching").run(
        oracles.open(problem, law="exact-law", replicates=3)
    )
    found = waterfall.uncovered(problem, policy, waterfall._pairs_inside(problem, policy))
    lefts = [naive_moments(problem, policy, row)[2] for row in range(3)]
    assert min(lefts) > 0.1
    np.testing.assert_allclose(found, lefts, rtol=1e-12)


def test_a_practical_run_returns_gaps_policy_and_ledger():
    problem = rare_best(STREAMS, d=2, beta=0.1, sigma=0.1, coverage=50.0)
    gap, policy, oracle = run(problem, schedule_of(problem, 3000), Streams(("runs",), range(4)))
    assert gap.shape == (4,)
    assert policy.finished.all()
    assert (oracle.ledger.total("reward", phase="explore") == policy.schedule.explore_rounds).all()


@pytest.mark.parametrize("changes", [{}, {"data": 0.0}, {"compute": 0.0}])
def test_a_run_succeeds_within_what_is_allowed_and_not_beyond(changes):
    trial = Trial(case=end_to_end.CELLS[0], streams=Streams(("a test",), range(2)))
    world = replace(end_to_end.world(trial), **changes)
    assert end_to_end.successes(world).successes == (0 if changes else 2)


def test_what_is_allowed_is_the_statements_and_not_the_codes():
    trial = Trial(case=end_to_end.CELLS[14], streams=Streams(("a test",), range(1)))
    world = end_to_end.world(trial)
    stated = end_to_end.allowed(world.problem, world.learner)
    assert (world.data, world.compute) == (stated.data, stated.compute())
    assert (stated.reward_range, stated.parameter_radius) == (pytest.approx(2.0), 3)


def test_the_statements_schedule_by_hand():
    number = Fraction(1)
    stated = Stated(
        d=3,
        beta=number / 2,
        reward_range=number,
        parameter_radius=number,
        sigma=number,
        coverage=2 * number,
        eps=number / 10,
        delta=number / 10,
    )
    # As in the theory's own example.
    assert stated.fixed_point == (6658, 384_985)
    assert float(stated.radius()) == pytest.approx(0.0641, abs=5e-5)
    assert stated.calls_for_estimate == math.ceil(32 * math.e**2 * math.log(4000))
    each = math.log1p(float(stated.radius()) ** 2)
    allowed = [n for n in range(6500, 6800) if n * each <= 3 * math.log1p(n * 4 / 3)]
    assert max(allowed) == 6658


def test_the_range_of_rewards_and_of_parameters_are_what_is_asked_for():
    problem = rare_best(
        STREAMS,
        d=3,
        beta=0.3,
        sigma=0.2,
        coverage=20.0,
        prompts=3,
        reward_range=1.5,
        parameter_radius=2.5,
        uneven=True,
    )
    assert problem.reward_range == pytest.approx(1.5)
    assert np.linalg.norm(problem.theta_star) == pytest.approx(2.5)
    np.testing.assert_allclose(problem.prompt_mass, [1 / 6, 2 / 6, 3 / 6])
    np.testing.assert_allclose(
        problem.reward - problem.reward[:, :1],
        (problem.features - problem.features[:, :1]) @ problem.theta_star,
        atol=1e-12,
    )
    assert float(exact.coverage(problem)[0]) == pytest.approx(20.0, rel=1e-6)
    with pytest.raises(InvalidProblem, match="reward_range must be at most B=1"):
        rare_best(STREAMS, d=2, beta=0.3, sigma=0.2, coverage=20.0, reward_range=1.5)


def test_the_game_of_estimates_by_hand():
    p = Fraction(1, 10)
    # Two rounds that must both fail, masses 0 or 1: one segment for both, or one bad estimate after another.
    assert estimates_game.worst(2, 1, 1, p, 2) == p
    assert estimates_game.worst(2, 2, 1, p, 2) == p
    # One bad round of two is enough: a second estimate gives a second chance.
    assert estimates_game.worst(2, 2, 1, p, 1) == 1 - (1 - p) ** 2
    assert estimates_game.mean_at_most([Fraction(0), Fraction(1), Fraction(1)], p) == p


def test_the_norm_of_an_older_matrix_by_hand():
    pairs = s9r.Pairs(
        vectors=np.array([[[1.0, 0.0], [2.0, 0.0], [0.0, 2.0]]]), ridge=np.array([1.0]), effort=1
    )
    # Sigma = diag(5, 1), Sigma' = diag(5, 5): the norm stays, the determinant grows by 5.
    assert s9r.stale(pairs)[0] == pytest.approx(1 / 5)


def test_an_enumerated_phase_by_hand():
    small = spanner_enumeration.Small(
        mass=(1.0,),
        base=((0.5, 0.5),),
        features=(((0.0,), (1.0,)),),
        rounds=1,
        pairs=2,
        nu=0.9,
        ridge=1.0,
    )
    # A pair is long with chance 1/2 until one is accepted; then |phi|^2 = 1/2 < .81.
    law = spanner_enumeration.law(small, 1.5)
    assert law == {(750_000, 750_000): pytest.approx(0.25), (0, 0): pytest.approx(0.75)}
    assert sum(spanner_phase.SMALL_MASS) == pytest.approx(1)
