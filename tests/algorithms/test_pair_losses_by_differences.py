"""Losses on pairs and the bonus of XPO: gradients by central differences of what their docstrings state."""

import math
from types import SimpleNamespace

import numpy as np

from explore_theory.algorithms.baselines.pair_losses import LogisticLoss, Optimism

RIDGE, BETA, WEIGHT = 0.7, 0.3, 1.7
ROWS = np.ones(1, dtype=bool)
PAIRS = np.array([[0.6, -0.2], [0.1, 0.9], [-0.4, 0.3]])
THETA = np.array([0.8, -0.5])


class Coins:
    """Heads, tails, heads."""

    def __init__(self):
        self._levels = [0.01, 0.99, 0.01]

    def child(self, name):
        return self

    def uniform(self, m, rows=None):
        return np.full((1, m), self._levels.pop(0))


def oracle():
    return SimpleNamespace(R=1, coins=Coins(), facts=SimpleNamespace(d=2, beta=BETA))


def slope(function, theta, step=1e-5):
    units = np.eye(len(theta)) * step
    return np.array([(function(theta + u) - function(theta - u)) / (2 * step) for u in units])


def test_the_logistic_loss_has_its_gradient_and_bends_by_a_quarter():
    loss = LogisticLoss(oracle(), 3, RIDGE)
    for phi in PAIRS:
        loss.add(phi[None], np.zeros(1), ROWS)
    preferred = PAIRS * np.array([[1.0], [-1.0], [1.0]])

    def value(theta):
        return sum(math.log1p(math.exp(-phi @ theta)) for phi in preferred) + RIDGE * theta @ theta / 2

    np.testing.assert_allclose(loss.curvature[0], PAIRS.T @ PAIRS / 4 + RIDGE * np.eye(2), rtol=1e-12)
    gradient = loss.curvature[0] @ THETA - loss.pull(THETA[None], ROWS)[0]
    np.testing.assert_allclose(gradient, slope(value, THETA), rtol=1e-7)


def test_the_bonus_has_its_gradient():
    bonus = Optimism(oracle(), rounds=2, draws=3, weight=WEIGHT)
    rounds = np.stack([PAIRS, PAIRS[::-1] - 0.25])
    for relative in rounds:
        bonus.add(relative[None], ROWS)

    def value(theta):
        return -WEIGHT * sum(math.log(np.exp(relative @ theta / BETA).mean()) for relative in rounds)

    np.testing.assert_allclose(bonus.gradient(THETA[None], ROWS)[0], slope(value, THETA), rtol=1e-7)
