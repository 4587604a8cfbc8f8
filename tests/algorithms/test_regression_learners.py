"""Optimal design and passive sampling: designs prove themselves, estimates converge, refusals help."""

import numpy as np
import pytest

from explore_theory import exact, oracles
from explore_theory.algorithms import OptimalDesign, PassiveSampling
from explore_theory.algorithms.enumeration.design import leverage, optimal_design
from explore_theory.errors import InvalidProblem
from explore_theory.problems import Gaussian, NoNoise, TabularProblem


def features(count=12, d=4, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(count, d))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def problem(vectors, noise, base=None):
    theta = np.linspace(0.5, -0.4, vectors.shape[1])
    return TabularProblem(
        prompt_mass=[1.0],
        base=[np.full(len(vectors), 1 / len(vectors)) if base is None else base],
        features=vectors[None],
        reward=(vectors @ theta)[None] + 3.0,
        beta=0.2,
        theta_star=theta,
        parameter_radius=1.0,
        noise=noise,
    )


@pytest.mark.parametrize(("count", "d", "rank"), [(5, 1, 1), (12, 4, 4), (30, 6, 6), (9, 5, 3)])
def test_the_largest_leverage_of_a_design_is_the_rank(count, d, rank):
    vectors = features(count, d)
    if rank < d:
        vectors = (
            vectors
            @ np.linalg.qr(np.random.default_rng(1).normal(size=(d, d)))[0][:, :rank]
            @ np.eye(d)[:rank]
        )
    weights = optimal_design(vectors)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    assert leverage(vectors, weights).max() == pytest.approx(rank, rel=1e-6)


def test_designs_known_by_hand():
    np.testing.assert_allclose(optimal_design(np.eye(3)), np.full(3, 1 / 3), atol=1e-8)
    # The shorter of two parallel vectors is worth nothing.
    np.testing.assert_allclose(optimal_design([[1.0, 0], [0.5, 0], [0, 1]]), [0.5, 0, 0.5], atol=1e-6)


def test_leverage_outside_the_span_is_infinite():
    assert leverage(np.eye(2), [1.0, 0.0]).tolist() == [np.inf, np.inf]


@pytest.mark.parametrize("anchor", [0, 3])
def test_a_learner_plays_the_design_of_features_relative_to_its_anchor(anchor):
    vectors = features()
    learner = OptimalDesign(features=vectors, rounds=30, anchor=anchor)
    assert leverage(vectors - vectors[anchor], learner.weights).max() == pytest.approx(4, rel=1e-4)
    assert learner.weights[anchor] == 0
    # All rounds are played but for at most one a response.
    support, counts = learner.plan()
    assert 30 - support.size <= counts.sum() <= 30


def test_without_noise_the_design_learner_is_exact():
    vectors = features()
    oracle = oracles.open(world := problem(vectors, NoNoise()), replicates=3)
    policy = OptimalDesign(features=vectors, rounds=30, anchor=2).run(oracle)
    np.testing.assert_allclose(exact.gap(world, policy), 0, atol=1e-12)
    assert oracle.ledger.compute.tolist() == [0, 0, 0]
    assert oracle.ledger.data.max() <= 30


def test_its_error_has_the_variance_of_the_design():
    vectors = features()
    learner = OptimalDesign(features=vectors, rounds=60)
    world = problem(vectors, Gaussian(0.1))
    policy = learner.run(oracles.open(world, replicates=3000))
    error = (policy.theta - world.theta_star) @ (vectors - vectors[0]).T
    support, counts = learner.plan()
    variance = leverage(vectors - vectors[0], np.bincount(support, counts, minlength=len(vectors)))
    np.testing.assert_allclose(error.var(axis=0)[1:], 0.02 * variance[1:], rtol=0.15)
    assert learner.worst_variance() == pytest.approx(variance.max())
    assert variance.max() <= 4 / (60 - support.size) * (1 + 1e-6)


def test_the_design_learner_ignores_the_base_policy():
    vectors = features()
    learner = OptimalDesign(features=vectors, rounds=40)
    rare = np.full(12, 1e-9)
    rare[0] = 1 - 11e-9
    thetas = [
        learner.run(oracles.open(problem(vectors, Gaussian(0.2), base), replicates=4)).theta
        for base in (None, rare)
    ]
    np.testing.assert_array_equal(*thetas)


def test_passive_sampling_learns_what_the_base_policy_shows_and_nothing_else():
    vectors = np.vstack([np.eye(3), -np.eye(3)])
    world = problem(vectors, Gaussian(0.05))
    oracle = oracles.open(world, replicates=20)
    gap = exact.gap(world, PassiveSampling(rounds=300).run(oracle))
    assert gap.max() < 0.01
    assert (oracle.ledger.total("weak") == 600).all()
    assert (oracle.ledger.data == 300).all()
    hidden = problem(vectors, Gaussian(0.05), base=[1e-9, 0.5 - 1e-9, 0.25, 0, 0.25, 0])
    theta = PassiveSampling(rounds=300).run(oracles.open(hidden, replicates=20)).theta
    np.testing.assert_allclose(theta[:, 0], 0, atol=1e-9)


@pytest.mark.parametrize(
    "make", [lambda v: OptimalDesign(features=v, rounds=30), lambda v: PassiveSampling(rounds=9)]
)
def test_a_replicate_does_not_depend_on_its_peers(make):
    vectors = features()
    world = problem(vectors, Gaussian(0.1))
    thetas = {r: make(vectors).run(oracles.open(world, replicates=r)).theta for r in (1, 7, 64)}
    for r in (1, 7):
        np.testing.assert_array_equal(thetas[r], thetas[64][:r])


def test_rows_out_of_budget_keep_what_they_have():
    vectors = features()
    world = problem(vectors, Gaussian(0.1))
    for learner in (OptimalDesign(features=vectors, rounds=30), PassiveSampling(rounds=30)):
        oracle = oracles.open(world, replicates=3, budgets={"reward": 5})
        assert np.isfinite(learner.run(oracle).theta).all()
        assert (oracle.ledger.data == 5).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: optimal_design(np.zeros((3, 2))), "features must not all be zero"),
        (lambda: optimal_design([1.0]), "features must have shape"),
        (lambda: OptimalDesign(features=features(), rounds=3), "rounds must be at least"),
        (lambda: OptimalDesign(features=features(), rounds=30, anchor=12), "anchor must lie in"),
        (lambda: PassiveSampling(rounds=-1), "rounds must be at least 0"),
        (lambda: PassiveSampling(rounds=1, ridge=0.0), "ridge must be positive"),
        (
            lambda: OptimalDesign(features=features(), rounds=30).run(
                oracles.open(problem(features(9), NoNoise()))
            ),
            "features must be those of the 9 responses",
        ),
    ],
)
def test_bad_calls(call, message):
    with pytest.raises(InvalidProblem, match=message):
        call()
