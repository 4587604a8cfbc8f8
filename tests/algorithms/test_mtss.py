"""MTSS: it learns what its claims say, row by row, by either law; and its schedules."""

import math
from dataclasses import replace

import numpy as np
import pytest

from explore_theory.algorithms.tokens.mtss import MTSS, _Row
from explore_theory.errors import InvalidProblem
from explore_theory.exact import soft_dynamics
from explore_theory.foundation.streams import Streams
from explore_theory.oracles.tokens.opening import open_tokens
from explore_theory.oracles.tokens.protocol import Returns
from explore_theory.oracles.tokens.sampler import TokenPolicy, token_tables
from explore_theory.problems import Bernoulli, Gaussian, NoNoise
from explore_theory.problems.autoregressive import ladder_problem, product_problem
from proofs_checks.token_level_improvement import learners

LADDER = learners.told(ladder_problem(horizon=5, beta=0.15))


def gap_of(problem, policy):
    return float(soft_dynamics.gap(problem, token_tables(problem, policy)))


def learned(problem, law, seed=0, replicates=1, **numbers):
    learner = MTSS.practical(problem.facts, learners.accuracy(problem, 0.25))
    oracle = open_tokens(problem, law=law, seed=seed, replicates=replicates)
    return replace(learner, **numbers).run(oracle), oracle, learner.eps


@pytest.mark.parametrize("law", ["literal", "exact-law"])
def test_it_climbs_the_ladder_by_either_law(law):
    few = {"episodes": 8, "excursions": 4, "fewest": 60, "quality": 1e-6}
    found, oracle, eps = learned(LADDER, law, **few)
    assert gap_of(LADDER, found.policies[0]) < eps
    assert np.all(found.tuples >= 1)
    phases = oracle.ledger.phases
    assert {"pilot", "survey", "regress"} <= set(phases)
    assert oracle.ledger.total("token", phase="regress")[0] > 0
    assert oracle.ledger.total("reward", phase="survey")[0] == 0


def test_both_laws_charge_alike():
    few = {"episodes": 8, "excursions": 4, "fewest": 40, "quality": 1e-6}
    problem = learners.told(product_problem(horizon=3, weight=0.6, beta=0.3))
    mean = {}
    for law in ("literal", "exact-law"):
        _, oracle, _ = learned(problem, law, replicates=6, **few)
        mean[law] = np.array([oracle.ledger.compute.mean(), oracle.ledger.data.mean()])
    assert mean["literal"] == pytest.approx(mean["exact-law"], rel=0.1)


def test_a_row_does_not_depend_on_its_peers():
    alone, _, _ = learned(LADDER, "exact-law", seed=3)
    together, _, _ = learned(LADDER, "exact-law", seed=3, replicates=3)
    assert np.array_equal(alone.policies[0].theta, together.policies[0].theta)
    assert alone.epochs[0] == together.epochs[0]


def test_rows_are_in_epochs_of_their_own():
    """With few episodes some rows find a tuple late, and then make an epoch more than the others."""
    few = {"episodes": 1, "excursions": 1, "fewest": 40, "quality": 1e-6, "tries": 2}
    together, oracle, _ = learned(LADDER, "exact-law", seed=1, replicates=6, **few)
    assert len(set(together.epochs.tolist())) > 1
    learner = replace(MTSS.practical(LADDER.facts, learners.accuracy(LADDER, 0.25)), **few)
    for row in range(6):
        alone = open_tokens(LADDER, streams=Streams(("token oracle",), [row], 1))
        found = learner.run(alone)
        assert found.epochs[0] == together.epochs[row]
        assert np.array_equal(found.policies[0].theta, together.policies[row].theta)
        assert alone.ledger.compute[0] == oracle.ledger.compute[row]


def test_rewards_may_be_coins():
    problem = replace(LADDER, noise=Bernoulli())
    found, _, eps = learned(problem, "exact-law")
    assert gap_of(problem, found.policies[0]) < eps


def test_theta_is_learned_without_noise():
    problem = replace(LADDER, noise=NoNoise())
    found, _, _ = learned(problem, "exact-law", fewest=20000, quality=1e-6)
    last = found.policies[0].theta[-1]
    assert last == pytest.approx(problem.theta[-1], rel=0.05)


def test_derived_numbers_dwarf_practical_ones():
    eps = 0.05
    practical, derived = MTSS.practical(LADDER.facts, eps), MTSS.derived(LADDER.facts, eps, 0.1)
    assert derived.ridge <= practical.ridge
    assert derived.fewest > 1000 * practical.fewest
    assert derived.episodes > practical.episodes
    assert derived.tries == math.ceil(4 * math.e**2 * LADDER.facts.conditional_coverage)


def test_schedules_need_what_is_known_of_the_problem():
    with pytest.raises(InvalidProblem, match="facts must declare conditional_coverage and parameter_radius"):
        MTSS.practical(ladder_problem(horizon=3, beta=0.2).facts, 0.1)
    with pytest.raises(InvalidProblem, match="delta must lie in"):
        MTSS.derived(LADDER.facts, 0.1, 2.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"eps": 0}, "eps must be positive"),
        ({"draws": 0}, "draws must be at least 1, got draws=0"),
        ({"excursions": -1}, "excursions must be at least 0, got excursions=-1"),
    ],
)
def test_numbers_out_of_range_are_refused(change, message):
    with pytest.raises(InvalidProblem, match=message):
        replace(MTSS.practical(LADDER.facts, 0.1), **change)


def test_a_policy_of_another_dimension_is_refused():
    policy = TokenPolicy(theta=np.zeros((5, 2)), precision=np.zeros((5, 2, 2)), radius=1.0, draws=1, cap=1)
    with pytest.raises(
        InvalidProblem, match=r"theta must have the layer's 1 coordinates, got theta.shape=\(5, 2\)"
    ):
        token_tables(LADDER, policy)


def test_the_regression_is_ridge_regression_on_relative_features():
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(6, 3)), rng.normal(size=6)
    state = _Row(d=3, horizon=2, ridge=0.7)
    # Tuples come in batches; prefixes do not matter here.
    state.add(1, None, None, x[:4])
    state.add(1, None, None, x[4:])
    state.regress(1, y)
    sigma = 0.7 * np.eye(3) + sum(np.outer(one, one) for one in x)
    assert state.theta[1] == pytest.approx(np.linalg.inv(sigma) @ (x.T @ y))
    assert state.precision[1] == pytest.approx(np.linalg.inv(sigma))
    assert np.all(state.theta[0] == 0)
    assert state.precision[0] == pytest.approx(np.eye(3) / 0.7)


def test_rounds_are_as_many_as_the_variance_asks_for():
    # At a small beta completions are certain, so a round has the variance of two rewards.
    problem = product_problem(horizon=3, weight=1.0, beta=0.01, noise=Gaussian(0.5))
    learner = MTSS(
        eps=5e-4, ridge=1e-4, draws=40, cap=400, tries=20, episodes=8, excursions=1, quality=0.3, fewest=1000
    )
    oracle = open_tokens(problem, seed=2)
    found = learner.run(oracle)
    each = 0.3 * (2 * 0.5**2) * learner.radius**2 * 3 / (0.01 * 5e-4)
    # Features have length one, so four tuples bring |x|^2 in the inverse below radius^2.
    assert np.all(found.tuples == 4)
    assert oracle.ledger.total("reward", phase="regress")[0] == pytest.approx(12 * each, rel=0.05)
    # The first epoch finds the tuples, the second knows no variance yet, the third is the last.
    assert found.epochs[0] == 3
    assert oracle.ledger.total("reward", phase="pilot")[0] == 12 * 1000


def test_pilots_take_a_sixteenth_of_the_rounds():
    learner = MTSS.practical(LADDER.facts, 1e-6)
    asked = {final: learner._rounds(0.5, LADDER.facts, final) for final in (True, False)}
    assert asked[True] == math.ceil(0.25 * 0.5 * 0.25 * 5 / (0.15 * 1e-6))
    assert asked[False] == pytest.approx(asked[True] / 16, abs=1)
    assert learner._rounds(0.0, LADDER.facts, True) == 50


def test_the_derived_schedule_reaches_its_accuracy():
    problem = learners.told(product_problem(horizon=2, weight=1.0, beta=0.5, noise=Gaussian(0.3)))
    learner = MTSS.derived(problem.facts, learners.accuracy(problem, 0.5), 0.25)
    policy = learner.run(open_tokens(problem, seed=4)).policies[0]
    assert gap_of(problem, policy) < learner.eps
    # Regressions are off by less than the error of the schedule, of which the ridge is a third.
    error = 1.5 * math.sqrt(learner.ridge) * problem.facts.parameter_radius
    assert np.abs(policy.theta - problem.theta).max() < error


def test_excursions_start_from_either_token_of_a_tuple():
    oracle = open_tokens(LADDER, seed=1)
    here = oracle.prompts([0])
    first, second = oracle.extend(here, [0]), oracle.extend(here, [1])
    state = _Row(d=1, horizon=5, ridge=1.0)
    state.add(0, first, second, np.ones((1, 1)))
    learner = replace(MTSS.practical(LADDER.facts, 0.1), episodes=2, excursions=3)
    visits = learner._visits(oracle, [state], [0])
    assert [sum(part.count for part in parts) for parts in visits] == [2, 8, 8, 8, 8]
    starts = sorted(visits[1][-1]._state.tolist())
    assert starts == sorted([*first._state.tolist() * 3, *second._state.tolist() * 3])


def test_targets_are_rewards_less_what_later_steps_cost():
    found = Returns(np.array([1.0, 0.5]), np.array([2.0, -1.0]), np.zeros(2))
    assert MTSS.practical(LADDER.facts, 0.1)._target(found, 0.25).tolist() == [0.5, 0.75]
