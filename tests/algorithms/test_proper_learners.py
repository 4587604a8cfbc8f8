"""Proper learners: what they find, what they are charged, and that rows do not see each other."""

import itertools

import numpy as np
import pytest

from explore_theory import exact, oracles
from explore_theory.algorithms import (
    Annealing,
    ExhaustiveSearch,
    ProperBonus,
    ProperEnsemble,
    ProperGreedy,
    ProperXPO,
    SignSearch,
)
from explore_theory.algorithms.proper.regression import ProperRegression
from explore_theory.errors import InvalidProblem
from explore_theory.formulas import planted_formula
from explore_theory.formulas.optima import best_assignments
from explore_theory.foundation.streams import Streams
from explore_theory.problems import DNF, Gaussian

FORMULA, SECRET = planted_formula("hadamard", m=200, k=3, n=6, streams=Streams(("learners",), [0]))
LEARNERS = (
    SignSearch(rounds=300, stars=40),
    ProperXPO(rounds=150),
    ProperBonus(rounds=120),
    ProperEnsemble(rounds=250),
    Annealing(rounds=20, terms=80, calls=10**4, sweeps=30),
    ExhaustiveSearch(rounds=20, terms=80, calls=10**4),
)


def names(learner):
    return type(learner).__name__


def run(learner, replicates=6, planted=True, law="exact-law"):
    world = DNF(formula=FORMULA, eta=2.0**-10, assignment=SECRET if planted else None, noise=Gaussian(0.07))
    oracle = oracles.open_proper(world, law=law, replicates=replicates)
    policy = learner.run(oracle)
    return policy, exact.gap(world, policy), oracle


@pytest.mark.parametrize("learner", LEARNERS, ids=names)
def test_learners_tell_the_worlds_apart(learner):
    assert learner.proper
    limit = float(FORMULA.value(SECRET)) / 12
    for planted in (True, False):
        _, gap, oracle = run(learner, replicates=12, planted=planted)
        assert (gap <= limit).mean() >= 0.6
        assert (oracle.ledger.data <= learner.rounds).all()
        assert (oracle.operations > 0).all()


def test_the_greedy_learner_never_leaves_the_base_policy():
    policy, gap, oracle = run(ProperGreedy(rounds=40))
    assert not policy.theta.any()
    assert (gap > 1 / 24 * float(FORMULA.value(SECRET))).all()
    assert not any(first.any() for first, _, _ in oracle.transcript)


@pytest.mark.parametrize("learner", [*LEARNERS, ProperGreedy(rounds=5)], ids=names)
def test_a_row_does_not_depend_on_its_peers(learner):
    few, _, short = run(learner, 2)
    many, _, long = run(learner, 5)
    np.testing.assert_array_equal(few.theta, many.theta[:2])
    np.testing.assert_array_equal(short.ledger.counts, long.ledger.counts[:2])
    np.testing.assert_array_equal(short.operations, long.operations[:2])


@pytest.mark.parametrize(
    ("learner", "kind", "most"),
    [
        (SignSearch(rounds=37, stars=1000), "reward", 37),
        (ExhaustiveSearch(rounds=0, terms=1000, calls=53), "strong", 53),
        (Annealing(rounds=0, terms=1000, calls=53, sweeps=1), "strong", 53),
    ],
    ids=["signs", "exhaustive", "annealing"],
)
def test_a_learner_stays_within_the_calls_and_rounds_that_it_is_given(learner, kind, most):
    _, _, oracle = run(learner, replicates=8)
    np.testing.assert_array_equal(oracle.ledger.total(kind), most)


def test_the_regression_is_least_squares_of_differences():
    """Two corners that both show stars: features and rewards of the second count, with a minus."""
    world = DNF(formula=FORMULA, eta=0.25, assignment=SECRET, noise=Gaussian(0.07))
    oracle = oracles.open_proper(world, replicates=3)
    known = ProperRegression(oracle, 0.5)
    width, relative, difference = known.width, [], []
    other = np.where(np.arange(6) == 5, -SECRET, SECRET)
    for _ in range(60):
        played = oracle.round(width * SECRET, width * other)
        known.add(played)
        relative.append(played.features[:, 0] - played.features[:, 1])
        difference.append(played.rewards[:, 0] - played.rewards[:, 1])
    assert any((x != 0).any() for x in relative)
    x, y = np.stack(relative, axis=1), np.stack(difference, axis=1)
    for row in range(3):
        normal = 0.5 * np.eye(6) + x[row].T @ x[row]
        expected = np.clip(np.linalg.solve(normal, x[row].T @ y[row]), -width, width)
        np.testing.assert_allclose(known.estimate()[row], expected, rtol=1e-9, atol=1e-12)


def test_annealing_finds_what_exhaustive_search_finds():
    terms = np.sign(DNF(formula=FORMULA, eta=0.1).atoms(np.arange(60)).features[:, 1]).astype(np.int8)
    best = best_assignments(terms[None])[0]
    values = [int((terms @ np.array(signs) == 3).sum()) for signs in itertools.product((-1, 1), repeat=6)]
    assert int((terms @ best == 3).sum()) == max(values)
    annealer = Annealing(rounds=1, terms=1, calls=1, sweeps=60)
    found = annealer.anneal(terms[None], Streams(("coins",), [0]))[0]
    assert int((terms @ found == 3).sum()) == max(values)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SignSearch(rounds=-1, stars=1), "rounds must be at least 0"),
        (lambda: SignSearch(rounds=1, stars=0), "stars must be at least 1"),
        (lambda: ProperGreedy(rounds=1, ridge=0), "ridge must be positive"),
        (lambda: ProperXPO(rounds=1, probes=0), "probes must be at least 1"),
        (lambda: ProperBonus(rounds=1, bonus=-1), "bonus must be positive"),
        (lambda: ProperEnsemble(rounds=1, members=0), "members must be at least 1"),
        (lambda: Annealing(rounds=1, terms=1, calls=1, hot=1, cold=2), "hot must be finite and above 2"),
        (lambda: ExhaustiveSearch(rounds=1, terms=0, calls=1), "terms must be at least 1"),
    ],
)
def test_bad_settings(call, message):
    with pytest.raises(InvalidProblem) as caught:
        call()
    assert message in str(caught.value)
