"""C7 and the minimiser it rests on: the objective by a second route, and what the learner does by hand."""

import itertools

import numpy as np
import pytest

from explore_theory import exact, oracles
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Trial
from explore_theory.policies import Softmax
from proofs_checks.coverage_lower_bound import c7_xpo_without_coverage as c7
from proofs_checks.coverage_lower_bound.xpo_minimiser import MinimisedXPO, Sums


def opened(coverage, rows, name="xpo"):
    world = c7.problem(coverage)
    return world, oracles.open(world, law="exact-law", streams=Streams((name,), range(rows)))


def learner(world, rounds=4, optimism=c7.OPTIMISM):
    return MinimisedXPO(
        features=c7.FEATURES, log_base=np.log(world.base[0]), rounds=rounds, optimism=optimism
    )


def objective(world, optimism, theta, pairs):
    """Equation (17) term by term, for pairs ``(y, y', r - r')``."""
    total = 0.0
    for mine, base, difference in pairs:
        scores = np.log(world.base[0]) + c7.FEATURES @ theta / world.beta
        log_policy = scores - np.log(np.exp(scores - scores.max()).sum()) - scores.max()
        predicted = theta @ (c7.FEATURES[mine] - c7.FEATURES[base])
        total += optimism * log_policy[base] + (predicted - difference) ** 2
    return total


@pytest.mark.parametrize("optimism", [1e-4, 1e-2])
def test_the_minimiser_is_no_worse_than_any_of_many_points(optimism):
    rng = np.random.default_rng(3)
    world, oracle = opened(100.0, 6)
    sums = Sums(learner(world, optimism=optimism), oracle)
    data = []
    for _ in range(5):
        mine, base = rng.integers(4, size=(2, 6))
        difference = c7.FEATURES[mine, 0] - c7.FEATURES[base, 0] + 0.1 * rng.normal(size=6)
        sums.add(c7.FEATURES[mine] - c7.FEATURES[base], difference, base)
        data.append((mine, base, difference))
    found = sums.least()
    assert np.all(np.hypot(*found.T) <= c7.RADIUS * (1 + 1e-9))
    axis = np.linspace(-c7.RADIUS, c7.RADIUS, 61)
    points = [np.array(p) for p in itertools.product(axis, repeat=2) if np.hypot(*p) <= c7.RADIUS]
    for row in range(3):
        pairs = [tuple(column[row] for column in step) for step in data]
        least = min(objective(world, optimism, theta, pairs) for theta in points)
        # Its finest grid is .004 wide: errors of .002 in theta cost their square, times five pairs.
        assert objective(world, optimism, found[row], pairs) <= least + 1e-4


def test_before_any_reward_xpo_tries_what_the_base_policy_hardly_shows():
    world, oracle = opened(1e5, 256)
    *_, last = learner(world, rounds=6).iterates(oracle)
    first = exact.gap(world, Softmax(np.zeros((1, 2))))[0]
    assert first > 0.3
    assert np.mean(exact.gap(world, Softmax(last)) < 0.05) > 0.8
    assert (oracle.ledger.data.max(), oracle.ledger.compute.max()) == (6, 12)


def test_on_policy_pairs_say_nothing_of_rare_responses_until_one_is_drawn():
    world, oracle = opened(1e6, 64)
    for _, theta in c7.on_policy(oracle, 30, 10):
        assert np.abs(theta[:, 0]).max() < 1e-9
        assert exact.gap(world, Softmax(theta)).min() > 0.3


def test_the_learner_returns_its_last_iterate():
    world, oracle = opened(100.0, 8, "same")
    policy = learner(world).run(oracle)
    *_, last = learner(world).iterates(opened(100.0, 8, "same")[1])
    assert np.array_equal(exact.gap(world, policy), exact.gap(world, Softmax(last)))


def test_rare_responses_share_what_coverage_leaves_them():
    world = c7.problem(50.0)
    assert world.base[0].tolist() == [0.01, 0.01, 0.49, 0.49]
    assert world.reward_range == 1.0
    assert float(exact.coverage(world)[0]) == pytest.approx(50.0, rel=1e-3)


def test_a_run_of_the_library_pays_its_draws_in_calls():
    case = Case(slug="test", params={"coverage": 10.0}, rows=32)
    found = c7.failures(c7.runs(Trial(case=case, streams=Streams(("few",), range(32)))))
    assert found.notes["rounds"] == 16
    assert found.notes["calls"] == 16 * (2 + 40)
