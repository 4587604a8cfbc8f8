"""Learners of the hidden needle: they find what they should, fail where they must, and pay for every call."""

import contextlib
import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from explore_theory import exact, oracles
from explore_theory.algorithms import (
    CoordinateSweep,
    RandomDirections,
    ReweightedDirections,
    WeakSampling,
)
from explore_theory.algorithms.needle.naming import settle, unseen
from explore_theory.errors import InvalidProblem, OracleMisuse
from explore_theory.problems import HiddenNeedle, TabularProblem
from explore_theory.problems.protocol import Ball

UNLIKELY = 1e-6


def needle(worlds, **changes):
    values = {"responses": 10**18, "coverage": 50.0, "dimension": 3, "beta": 0.1}
    return HiddenNeedle.draw(**(values | changes), worlds=worlds)


def run(problem, learner, law="exact-law", **options):
    oracle = oracles.open(problem, law=law, replicates=problem.worlds, seed=4, **options)
    return exact.gap(problem, learner.run(oracle)), oracle.ledger


STRONG = {
    "random": lambda **more: RandomDirections(block=5, **more),
    "coordinates": lambda **more: CoordinateSweep(block=5, **more),
    "reweighted": lambda **more: ReweightedDirections(block=5, **more),
}
ALL = STRONG | {"weak": WeakSampling}


@pytest.mark.parametrize("name", ALL)
def test_with_plenty_of_calls_they_find_the_optimal_policy(name):
    gap, ledger = run(needle(40), ALL[name](calls=2000))
    assert np.abs(gap).max() < 1e-12
    assert ledger.compute.max() <= 2000
    assert (ledger.total("strong" if name in STRONG else "weak") == ledger.compute).all()
    assert not ledger.data.any()


@pytest.mark.parametrize("name", ALL)
def test_with_few_calls_they_are_left_with_the_base_policy(name):
    problem = needle(40, coverage=1e9, dimension=3000, beta=0.05)
    gap, ledger = run(problem, ALL[name](calls=12))
    assert (ledger.compute == 12).all()
    np.testing.assert_allclose(gap, exact.soft_value(problem) - 1e-9, rtol=1e-9)


def test_weak_sampling_succeeds_as_often_as_its_law_says():
    from scipy.stats import binomtest

    gap, ledger = run(needle(2000), WeakSampling(calls=60))
    success = int((gap < 1e-9).sum())
    assert binomtest(success, 2000, 1 - (1 - 1 / 50) ** 60).pvalue > UNLIKELY
    assert (ledger.compute[gap > 1e-9] == 60).all()


@pytest.mark.parametrize("law", ["literal", "exact-law"])
def test_remembering_attains_the_value_of_the_game(law):
    from scipy.stats import binomtest

    problem = needle(1500, responses=20, coverage=12.0)
    learner = WeakSampling(calls=15, names=7, remember=True)
    gap, ledger = run(problem, learner, law)
    value = float(exact.sampling_first_value(20, 12, 15, 7))
    forgetful = float(1 - (1 - 1 / 12) ** 15 * (1 - 7 / 20))
    success = int((gap < 0.1).sum())
    assert binomtest(success, 1500, value).pvalue > UNLIKELY
    assert binomtest(success, 1500, forgetful).pvalue < UNLIKELY
    assert ledger.data.max() == 4


@pytest.mark.parametrize("name", STRONG)
def test_long_parameters_beat_coverage_in_low_dimension(name):
    """In d = 2 a few directions cover the sphere, so a strong oracle needs far fewer than C calls."""
    problem = needle(60, coverage=1e4, dimension=2, beta=0.05)
    learner = {
        "random": RandomDirections(calls=60, block=2),
        "coordinates": CoordinateSweep(calls=60, block=2),
        "reweighted": ReweightedDirections(calls=60, block=2),
    }[name]
    gap, _ = run(problem, learner)
    assert (gap < 1e-9).mean() > 0.5


def test_misses_turn_the_reweighted_learner_away():
    """One candidate next to the first direction played, the other opposite: after misses the other leads."""
    from explore_theory.algorithms.needle.reweighted import _Posterior
    from explore_theory.foundation.streams import Streams

    posterior = _Posterior(
        coins=Streams(("test",), range(5)), shape=(8, 4), radius=1.0, beta=0.1, log_odds=np.log(99.0)
    )
    first = posterior.next()
    for _ in range(50):
        posterior.missed(first, 20)
    assert ((posterior.next() * first).sum(axis=-1) < 0.5).all()


@pytest.mark.parametrize("name", ALL)
def test_a_replicate_does_not_depend_on_its_peers(name):
    def results(rows):
        problem = needle(rows, dimension=20)
        gap, ledger = run(problem, ALL[name](calls=30, names=3))
        return np.column_stack([gap, ledger.compute, ledger.data])

    everyone = results(64)
    for rows in (1, 7):
        np.testing.assert_array_equal(results(rows), everyone[:rows])


@pytest.mark.parametrize("name", ALL)
def test_budgets_of_the_ledger_end_a_hunt(name):
    kind = "strong" if name in STRONG else "weak"
    gap, ledger = run(needle(30, coverage=1e4, dimension=500), ALL[name](calls=100), budgets={kind: 17})
    assert (ledger.total(kind) == 17).all()
    assert (gap > 0.1).all()


def test_unseen_responses_are_the_first_that_were_not_seen():
    seen = np.array([[0, 1, 2], [5, -1, 0], [9, 9, 9]])
    assert unseen(seen, 2, 10**18).tolist() == [[3, 4], [1, 2], [0, 1]]
    assert unseen(seen, 4, 5).tolist() == [[3, 4, -1, -1], [1, 2, 3, 4], [0, 1, 2, 3]]
    assert unseen(np.empty((2, 0), dtype=np.int64), 2, 7).tolist() == [[0, 1], [0, 1]]


@pytest.mark.parametrize("names", [1, 2, 5, 6, 9])
def test_naming_everything_finds_the_needle(names):
    problem = needle(40, responses=6, coverage=1e3)
    gap, ledger = run(problem, WeakSampling(calls=0, names=names))
    assert (gap < 0.1).tolist() == (problem.needles < names).tolist()
    np.testing.assert_array_equal(ledger.data, np.minimum(problem.needles // 2 + 1, -(-min(names, 6) // 2)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: WeakSampling(calls=-1), "calls must be at least 0"),
        (lambda: WeakSampling(calls=1, names=-1), "names must be at least 0"),
        (lambda: RandomDirections(calls=1, block=0), "block must be at least 1"),
        (lambda: CoordinateSweep(calls=1.5, block=1), "calls must be a whole number"),
        (lambda: ReweightedDirections(calls=1, block=1, candidates=1), "candidates must be at least 2"),
    ],
)
def test_bad_calls(call, message):
    with pytest.raises(InvalidProblem, match=message):
        call()


def test_problems_without_parameters_or_coverage_are_refused():
    problem = TabularProblem(
        prompt_mass=[1], base=[[0.5, 0.5]], features=np.zeros((1, 2, 1)), reward=[[0, 1]], beta=1.0
    )
    with pytest.raises(OracleMisuse, match="parameters must be a ball"):
        RandomDirections(calls=1, block=1).run(oracles.open(problem))
    with pytest.raises(OracleMisuse, match="coverage must be known and above 1"):
        ReweightedDirections(calls=1, block=1).run(oracles.open(problem))


class Fruitless:
    """An oracle whose searches find nothing, and which keeps what was played."""

    def __init__(self, rows, *, radius):
        opened = oracles.open(needle(rows, coverage=5.0, beta=0.3), replicates=rows, seed=6)
        self.facts = dataclasses.replace(opened.facts, parameters=Ball(radius), reward_range=4.0)
        self.R, self.coins, self.active = rows, opened.coins, np.ones(rows, dtype=bool)
        self.played, self.tries = [], []

    def prompt(self, rows=None):
        return None

    def phase(self, name):
        return contextlib.nullcontext()

    def search(self, ctx, event, tries, *, theta, rows):
        self.played.append(np.broadcast_to(theta, (self.R, self.facts.d)).copy())
        self.tries.append(tries)
        return SimpleNamespace(ok=np.zeros(self.R, dtype=bool), features=np.zeros((self.R, self.facts.d)))


@pytest.mark.parametrize("name", STRONG)
def test_strong_learners_play_at_the_boundary_and_no_more_than_their_calls(name):
    oracle = Fruitless(3, radius=2.5)
    STRONG[name](calls=13).run(oracle)
    assert oracle.tries == [5, 5, 3]
    np.testing.assert_allclose(np.linalg.norm(oracle.played, axis=-1), 2.5)


def test_a_sweep_plays_both_signs_of_every_axis_in_turn():
    oracle = Fruitless(2, radius=2.0)
    CoordinateSweep(calls=8, block=1).run(oracle)
    axes = 2 * np.repeat(np.eye(3), 2, axis=0) * np.tile([1, -1], 3)[:, None]
    for row in (0, 1):
        np.testing.assert_array_equal(np.array(oracle.played)[:, row], np.concatenate([axes, axes[:2]]))


def test_reweighting_is_the_rule_of_bayes():
    """By products of the chances of a miss, with the candidates as the prior."""
    oracle = Fruitless(6, radius=2.0)
    ReweightedDirections(calls=11, block=4, candidates=5).run(oracle)
    drawn = oracle.coins.child("candidates").normal(15).reshape(6, 5, 3)
    candidates = drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)
    weights = np.ones((6, 5))
    for theta, calls in zip(oracle.played, oracle.tries, strict=True):
        mean = np.einsum("rv,rvd->rd", weights, candidates)
        np.testing.assert_allclose(theta, 2 * mean / np.linalg.norm(mean, axis=-1, keepdims=True), rtol=1e-9)
        tilt = np.exp(np.einsum("rvd,rd->rv", candidates, theta) / 0.3)
        weights *= (4 / (tilt + 4)) ** calls


def test_a_named_response_is_kept_for_more_than_half_of_the_range():
    oracle, paid = Fruitless(4, radius=1.0), []

    def reward(ctx, first, second, rows):
        paid.append(rows)
        return np.array([[1.9, 0.0], [2.1, 0.0], [0.0, 2.1], [3.0, 3.0]])

    oracle.reward = reward
    found = np.array([False, False, False, True])
    policy = settle(oracle, found, np.ones((4, 3)), np.empty((4, 0), dtype=np.int64), 2)
    # Who has found the response names none.
    assert np.array(paid).tolist() == [[True, True, True, False]]
    assert policy.weights[:3].tolist() == [[1, 0], [0, 1], [0, 1]]
    assert policy.policies[1].response[1:3].tolist() == [0, 1]
