"""The problems, schedules and step-by-step losses that ST, STb, STd and STr rest on."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory import exact, oracles
from explore_theory.algorithms import SpannerSampling
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from proofs_checks.spanner_sampling import waterfall
from proofs_checks.spanner_sampling.practical import run, schedule_of
from proofs_checks.spanner_sampling.rare_best import rare_best

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
    problem = rare_best(STREAMS, d=2, beta=0.5, sigma=0.1, coverage=3.0, others=4)
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


def test_a_practical_run_returns_gaps_policy_and_ledger():
    problem = rare_best(STREAMS, d=2, beta=0.1, sigma=0.1, coverage=50.0)
    gap, policy, oracle = run(problem, schedule_of(problem, 3000), Streams(("runs",), range(4)))
    assert gap.shape == (4,)
    assert policy.finished.all()
    assert (oracle.ledger.total("reward", phase="explore") == policy.schedule.explore_rounds).all()
