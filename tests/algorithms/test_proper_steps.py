"""Single steps of proper learners, against the formulas written out, on an oracle that follows a script."""

from types import SimpleNamespace

import numpy as np

from explore_theory.algorithms import Annealing, ProperBonus, ProperEnsemble, ProperXPO
from explore_theory.algorithms.proper.regression import ProperRegression
from explore_theory.problems.protocol import Box

WIDTH = 1.0
ROWS = np.ones(1, dtype=bool)


class Coins:
    """What was written down, in order."""

    def __init__(self, **kinds):
        self._kinds = {name: [np.array(part, dtype=float)[None] for part in parts]
                       for name, parts in kinds.items()}  # fmt: skip

    def uniform(self, m, rows=None):
        found = self._kinds["uniform"].pop(0)
        assert found.shape == (1, m)
        return found

    def normal(self, m, rows=None):
        found = self._kinds["normal"].pop(0)
        assert found.shape == (1, m)
        return found

    def integers(self, below, m, rows=None):
        return self._kinds["integers"].pop(0).astype(np.int64)


class Oracle:
    """One replicate in two dimensions: `shown` gives the feature of a draw or round at a parameter."""

    R = 1
    active = ROWS

    def __init__(self, coins, shown, reward=0.0):
        self.facts = SimpleNamespace(d=2, parameters=Box(WIDTH))
        self.coins, self._shown, self._reward, self.played = coins, shown, reward, []

    def count(self, operations):
        pass

    def draw(self, m, theta, rows=None):
        return SimpleNamespace(features=np.array(self._shown(theta[0]), dtype=float)[None, None])

    def round(self, theta, other, rows=None):
        self.played.append(theta[0].copy())
        feature = np.array(self._shown(theta[0]), dtype=float)
        return SimpleNamespace(
            served=ROWS,
            features=np.stack([feature, np.zeros(2)])[None],
            rewards=np.array([[self._reward, 0.0]]),
        )


def known_of(oracle, covariance, target):
    known = ProperRegression(oracle, 1.0)
    known.covariance[0], known._target[0] = covariance, target
    known.seen[:] = 2.0
    return known


def test_the_bonus_is_the_squared_norm_in_the_inverse_covariance():
    # Corner (1, 1) shows (.9, 0): 0 + .81. Corner (-1, -1) shows (0, .7): .25 + .49. Roots fall the other
    # way.
    def shown(theta):
        return [0.9, 0.0] if theta[0] > 0 else [0.0, 0.7]

    oracle = Oracle(Coins(uniform=[[0.9, 0.9], [0.1, 0.1]]), shown)
    known = known_of(oracle, np.eye(2), [0.0, 0.25 / 0.7])
    chosen = ProperBonus(rounds=1, candidates=2, probes=1)._next(oracle, known, ROWS)
    assert chosen.tolist() == [[1.0, 1.0]]


def test_an_ascent_moves_to_the_estimate_and_along_the_mean_feature_of_stars():
    corner, feature, covariance = np.array([1.0, -1.0]), np.array([0.1, 0.0]), np.diag([0.5, 0.25])
    estimate = np.array([0.2, 0.1])

    def shown(theta):
        return feature if theta[0] == 1 else [0.0, 0.0]

    oracle = Oracle(Coins(uniform=[[0.9, 0.1]]), shown)
    known = known_of(oracle, covariance, covariance @ estimate)
    chosen = ProperXPO(rounds=1, restarts=2, probes=1, alpha=2.0)._next(oracle, known, ROWS)
    # A star is any feature that is not zero; two rounds have shown one.
    wanted = corner + covariance @ (estimate - corner) / 2 + 2.0 * feature
    np.testing.assert_allclose(chosen[0], wanted, rtol=1e-12)


def test_members_of_an_ensemble_start_at_their_corners_and_have_noise_of_their_own():
    phi, reward, ridge, noise = np.array([0.6, -0.3]), 0.5, 0.2, 0.1
    own = [[0.1, 0.9], [0.9, 0.1]]
    normal = [0.7, -1.3]
    coins = Coins(uniform=[np.ravel(own)], integers=[[0], [1]], normal=[normal, [0.0, 0.0]])
    oracle = Oracle(coins, lambda theta: phi, reward)
    ProperEnsemble(rounds=2, members=2, noise=noise, ridge=ridge).run(oracle)
    corners = np.where(np.array(own) < 0.5, -WIDTH, WIDTH)
    np.testing.assert_allclose(oracle.played[0], corners[0], rtol=1e-12)
    covariance = ridge * np.eye(2) + np.outer(phi, phi)
    wanted = np.linalg.solve(covariance, ridge * corners[1] + phi * (reward + noise * normal[1]))
    np.testing.assert_allclose(oracle.played[1], np.clip(wanted, -WIDTH, WIDTH), rtol=1e-12)


def test_annealing_returns_the_best_assignment_that_it_met_not_the_last():
    # One term, x1 and x2. The start satisfies it; level e^-9 at temperature 1 accepts the loss of it.
    terms = np.array([[[1, 1]]], dtype=np.int8)
    coins = Coins(uniform=[[0.9, 0.9], [np.exp(-9.0), 0.5]])
    found = Annealing(rounds=1, terms=1, calls=1, sweeps=1, hot=1.0 + 1e-9, cold=1.0).anneal(terms, coins)
    assert found.tolist() == [[1, 1]]
