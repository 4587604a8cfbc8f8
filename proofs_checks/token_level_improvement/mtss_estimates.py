"""The law of what MTSS estimates on two tokens that do not interact, from the law of a step (T8).

Product family, ``A = 2``, ``H = 2``: a tuple is a good token against a bad one, and ``theta_h`` is the mean
of `n` tuples' rounds over ``1 + lambda/n``. A round of the last layer is ``w`` and the noise of two rewards.
A round of the first one is that and the difference of two independent returns of the last step, each ``w 1{a
good} - beta l`` with ``l`` the log-ratio ``log alpha(a) + H_{N-1}``. With ``q = sigmoid(|theta|/beta)`` and
``p = (1 + exp(-|theta|/beta))/2`` its variance is ``q (1 - q) (w - theta)^2 + beta^2 Var H_{N-1}``, `N`
geometric with success probability `p`.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from explore_theory.algorithms.tokens.mtss import MTSS
from explore_theory.harness import Largest, OneSample, Trial
from explore_theory.problems import Gaussian
from explore_theory.problems.autoregressive import product_problem
from proofs_checks.token_level_improvement import learners
from proofs_checks.token_level_improvement.learners import Rows

Floats = npt.NDArray[np.float64]

#: ``beta``, ``w`` and the noise of a reward: returns vary more than rewards do. `EPS` asks for few rounds.
BETA, WEIGHT, NOISE, EPS = 0.5, 1.0, 0.05, 0.01
#: Terms of the sums over `N`, ``p >= 1/2``.
TERMS = 400


@dataclass(frozen=True, kw_only=True, eq=False)
class Estimates:
    """``theta`` and the number of tuples of both layers, `[R, 2]` each; the ridge, and rounds per tuple."""

    theta: Floats
    tuples: npt.NDArray[np.int64]
    ridge: float
    rounds: int


def estimated(trial: Trial) -> Estimates:
    """What the practical schedule estimates, one run per row."""
    return _estimated(Rows.of(trial.streams))


@lru_cache(maxsize=2)
def _estimated(rows: Rows) -> Estimates:
    problem = learners.told(product_problem(horizon=2, weight=WEIGHT, beta=BETA, noise=Gaussian(NOISE)))
    learner = MTSS.practical(problem.facts, EPS)
    found = learners.run(problem, learner, rows.streams())
    return Estimates(
        theta=found.theta[..., 0], tuples=found.tuples, ridge=learner.ridge, rounds=learner.fewest
    )


def standardised(
    world: Estimates, *, noise: float = 1.0, returns: float = 1.0, scale: float = 1.0
) -> Largest:
    """Either layer's estimates, less their mean and over their standard deviation, against the normal law.

    False variants: the variance of the `noise`, that of the `returns` or the mean are multiplied.
    """
    reward = 2 * noise * NOISE**2
    later = 2 * returns * np.array([return_variance(theta) for theta in world.theta[:, 1]])
    parts = {}
    for h, (name, variance) in enumerate(
        (("first layer", reward + later), ("last layer", reward + 0 * later))
    ):
        count = world.tuples[:, h]
        middle = (1 + world.ridge / count) * world.theta[:, h] - scale * WEIGHT
        parts[name] = OneSample.real(middle / np.sqrt(variance / (count * world.rounds)), normal, unit="runs")
    return Largest(parts=parts, unit="runs")


def normal(x: Floats) -> Floats:
    """The normal law's distribution function, on a grid: from one float to the next rounding may lower it."""
    from scipy.special import ndtr

    return np.asarray(ndtr(np.round(x, 9)))


def return_variance(theta: float) -> float:
    """Of ``w 1{a good} - beta l`` in a step with score `theta` of the good token."""
    ratio = math.exp(-abs(theta) / BETA)
    likely, accepted = 1 / (1 + ratio), (1 + ratio) / 2
    n = np.arange(1, TERMS + 1)
    mass = accepted * (1 - accepted) ** (n - 1.0)
    harmonic = np.concatenate([[0.0], np.cumsum(1 / n[:-1])])
    mean = float((mass * harmonic).sum())
    spread = float((mass * (harmonic - mean) ** 2).sum())
    return likely * (1 - likely) * (WEIGHT - theta) ** 2 + BETA**2 * spread
