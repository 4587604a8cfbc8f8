"""Losses of a parameter on pairs of responses whose rewards were observed, and the optimism of XPO.

In the linear softmax class the implicit reward of DPO, ``beta log(pi_theta / pi_ref)``, has differences
``<theta, phi(x, y, y')>`` within a prompt: the normaliser cancels and `beta` with it. So the loss of DPO is a
logistic regression on relative features (Rafailov et al., *Direct preference optimization*, 2023, arXiv
2305.18290), and its analogue for observed reward differences is least squares (the regression of relative
rewards of Gao et al., *REBEL*, 2024, arXiv 2404.16767, with the base policy as the one that is improved on).

Each loss is convex and below its quadratics of curvature `H`, see `quadratic.descend`. Letters: `R`
replicates, `d` feature dimension, `n` rounds so far, `m` weak draws per round.
"""

from typing import Protocol

import numpy as np

from explore_theory.algorithms.baselines.quadratic import product
from explore_theory.foundation import laws
from explore_theory.oracles.protocol import Oracle
from explore_theory.problems.protocol import Bools, Floats

#: What the learner is told about a pair, hence its loss.
FEEDBACK = ("differences", "preferences")


class PairLoss(Protocol):
    """A loss on pairs, with a ridge."""

    def add(self, feature: Floats, difference: Floats, served: Bools) -> None:
        """One more pair: ``phi(x, y, y')`` `[R, d]` and observed ``r - r'`` `[R]`, in the rows `served`."""

    @property
    def curvature(self) -> Floats:
        """`H`, `[R, d, d]`: at least the second derivative of the loss anywhere."""

    def pull(self, theta: Floats, rows: Bools) -> Floats:
        """``H theta`` minus the gradient of the loss at `theta`, `[R, d]`; anything outside `rows`."""


def pair_loss(feedback: str, oracle: Oracle, rounds: int, ridge: float) -> PairLoss:
    """The loss for a `feedback` in `FEEDBACK`."""
    if feedback == "differences":
        return SquaredLoss(oracle.R, oracle.facts.d, ridge)
    return LogisticLoss(oracle, rounds, ridge)


class SquaredLoss:
    """``sum_i (<theta, phi_i> - (r_i - r'_i))^2 / 2 + ridge |theta|^2 / 2``, in units of squared reward."""

    def __init__(self, replicates: int, d: int, ridge: float) -> None:
        self._curvature = np.broadcast_to(ridge * np.eye(d), (replicates, d, d)).copy()
        self._moment = np.zeros((replicates, d))

    def add(self, feature: Floats, difference: Floats, served: Bools) -> None:
        """Add the pair to the sums."""
        # A row that paid for its responses and not for their rewards has learnt nothing.
        feature = np.where(served[:, None], feature, 0.0)
        self._curvature += feature[:, :, None] * feature[:, None, :]
        self._moment += np.where(served, difference, 0.0)[:, None] * feature

    @property
    def curvature(self) -> Floats:
        """``sum phi phi^T + ridge I``."""
        return self._curvature

    def pull(self, theta: Floats, rows: Bools) -> Floats:
        """``sum (r - r') phi``, wherever `theta` is."""
        return self._moment

    def solution(self) -> Floats:
        """The ridge estimate, `[R, d]`, in or out of ``Theta``."""
        return np.asarray(np.linalg.solve(self._curvature, self._moment[..., None])[..., 0])


class LogisticLoss:
    """``-sum_i log sigmoid(<theta, phi(x_i, y+_i, y-_i)>) + ridge |theta|^2 / 2``, without units.

    ``y+`` is the response that is preferred. The label is a coin of bias ``sigmoid(r - r')``, the
    Bradley-Terry model at the *observed* rewards (in other words the sign of ``r - r'`` plus standard
    logistic noise). With noiseless rewards the model is exact, and `theta` estimates ``theta*``. Noise
    flattens the probabilities, ``E sigmoid(r - r')`` being nearer 1/2 than ``sigmoid(r* - r*')``, and the
    estimate is then too short however many pairs there are. (The bare sign of Gaussian rewards would be a
    probit, whose logistic fit is a multiple of ``theta*`` that depends on the noise.)
    """

    def __init__(self, oracle: Oracle, rounds: int, ridge: float) -> None:
        self._labels = oracle.coins.child("preferences")
        d = oracle.facts.d
        self._ridge = ridge
        #: ``phi(x, y+, y-)``, `[R, d, rounds]`: rounds last, so that sums over them run along memory.
        self._signed = np.zeros((oracle.R, d, rounds))
        self._curvature = np.broadcast_to(ridge * np.eye(d), (oracle.R, d, d)).copy()
        self._count = 0

    def add(self, feature: Floats, difference: Floats, served: Bools) -> None:
        """Toss the coin of each row that was served, and store the pair by it."""
        gain = np.where(served, difference, 0.0)
        wins = self._labels.uniform(1, served)[:, 0] < _sigmoid(gain)
        signed = np.where(wins[:, None], feature, -feature)
        # A row that was not served stores zeros, which pull in no direction.
        self._signed[:, :, self._count] = np.where(served[:, None], signed, 0.0)
        self._curvature += (signed[:, :, None] * signed[:, None, :]) * np.where(served, 0.25, 0.0)[
            :, None, None
        ]
        self._count += 1

    @property
    def curvature(self) -> Floats:
        """``sum phi phi^T / 4 + ridge I``: the loss bends by 1/4 at most (Böhning and Lindsay, 1988)."""
        return self._curvature

    def pull(self, theta: Floats, rows: Bools) -> Floats:
        """``H theta + sum_i sigmoid(-<theta, phi_i>) phi_i - ridge theta``."""
        signed = _of(rows, self._signed[:, :, : self._count])
        push = np.zeros(theta.shape)
        push[rows] = (_sigmoid(-_inner(theta[rows], signed))[:, None, :] * signed).sum(axis=-1)
        return np.asarray(product(self._curvature, theta) + push - self._ridge * theta)


class Optimism:
    """XPO's bonus ``weight * sum_i log(pi_theta / pi_ref)(y'_i | x_i)``, added to a loss that is minimised.

    The responses ``y'_i ~ pi_ref`` become less likely, others more. The normaliser does not cancel here and
    cannot be observed, so it is estimated from `m` further weak draws ``y_ij`` for the same prompt::

        log(pi_theta / pi_ref)(y'|x)  ~  -log (1/m) sum_j exp(<theta, phi(x, y_ij) - phi(x, y')> / beta)

    The mean inside is unbiased, and its logarithm too small on average (Jensen): what `m` draws do not show,
    the bonus does not know. As a function of `theta` it is concave, so it lies below its tangents, and a loss
    plus the bonus satisfies what `quadratic.descend` asks for; the sum need not be convex.
    """

    def __init__(self, oracle: Oracle, rounds: int, draws: int, weight: float) -> None:
        #: `m`.
        self.draws = draws
        self._beta, self._weight = oracle.facts.beta, weight
        #: ``phi(x_i, y_ij, y'_i)``, `[R, d, rounds * m]`.
        self._relative = np.zeros((oracle.R, oracle.facts.d, rounds * draws))
        self._count = 0

    def add(self, relative: Floats, served: Bools) -> None:
        """One more round: ``phi(x, y_j, y')``, `[R, m, d]`."""
        place = slice(self._count, self._count + self.draws)
        self._relative[:, :, place] = np.where(served[:, None, None], relative, 0.0).swapaxes(-1, -2)
        self._count += self.draws

    def gradient(self, theta: Floats, rows: Bools) -> Floats:
        """The gradient at `theta`, `[R, d]`; zero outside `rows`."""
        relative = _of(rows, self._relative[:, :, : self._count])
        score = (_inner(theta[rows], relative) / self._beta).reshape(len(relative), -1, self.draws)
        weight = np.exp(laws.log_normalise(score)).reshape(len(relative), 1, -1)
        gradient = np.zeros(theta.shape)
        gradient[rows] = -self._weight / self._beta * (weight * relative).sum(axis=-1)
        return gradient


def _of(rows: Bools, features: Floats) -> Floats:
    """The `rows` of `features`: all of them are a view, since a copy costs as much as a sum."""
    return features if rows.all() else features[rows]


def _inner(theta: Floats, features: Floats) -> Floats:
    """``<theta, phi_i>``, `[R, n]`, for features `[R, d, n]`."""
    parts = (theta[:, i, None] * features[:, i] for i in range(theta.shape[1]))
    return np.asarray(sum(parts, start=np.zeros((len(theta), features.shape[-1]))))


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(np.exp(-np.logaddexp(0.0, -x)))
