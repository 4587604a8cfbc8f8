"""XPO with its objective minimised over the whole of Theta, for two dimensions and one prompt.

The objective depends on the data through sums alone, so it can be looked at everywhere: on a grid of the disc
and, around the best point of it, on ever finer ones.

Letters: `N` responses, `R` replicates, `G` points of a grid.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from explore_theory.oracles.protocol import Oracle
from explore_theory.policies import LawPolicy, Softmax
from explore_theory.problems.protocol import Floats

#: Points from the centre of the disc to its edge; grids around the best of them, each twice as fine.
COARSE, ZOOMS = 12, 5


@dataclass(frozen=True, kw_only=True, eq=False)
class MinimisedXPO:
    """Pairs ``y ~ pi_theta``, ``y' ~ pi_ref``, and the exact objective, looked at over all of ``Theta``.

    The next theta minimises over ``|theta| <= B``, equation (17) of the source::

        optimism * sum_i log pi_theta(y'_i) + sum_i (<theta, phi(y_i, y'_i)> - (r_i - r'_i))^2

    with the normaliser of ``pi_theta`` computed from all features and the base policy. That no oracle tells
    those, and that the sum is not convex, is why this is no efficient learner.

    Source: Foster, Mhammedi, Rohatgi, COLT 2025, appendix B.1, after Xie et al., arXiv 2405.21046.

    Parameters
    ----------
    features, log_base
        ``phi(y)``, `[N, 2]`, and ``log pi_ref(y)``, `[N]`, of the only prompt.
    rounds
        Reward rounds, one pair each.
    optimism
        ``alpha``, in units of squared reward.
    """

    features: Floats
    log_base: Floats
    rounds: int
    optimism: float
    vectorised: ClassVar[bool] = True
    proper: bool = False

    def run(self, oracle: Oracle) -> LawPolicy:
        """``pi_theta`` at the minimiser on all pairs."""
        return Softmax(deque(self.iterates(oracle), maxlen=1).pop())

    def iterates(self, oracle: Oracle) -> Iterator[Floats]:
        """The minimiser after each round, `[R, 2]`; the first pair is drawn at theta = 0."""
        sums = Sums(self, oracle)
        theta = np.zeros((oracle.R, 2))
        rows = np.ones(oracle.R, dtype=bool)
        for _ in range(self.rounds):
            ctx = oracle.prompt(rows)
            mine, base = oracle.draw(ctx, 1, theta=theta, rows=rows), oracle.draw(ctx, 1, rows=rows)
            reward = oracle.reward(ctx, mine.response[:, 0], base.response[:, 0], rows)
            sums.add(
                mine.features[:, 0] - base.features[:, 0],
                reward[:, 0] - reward[:, 1],
                base.response[:, 0],
            )
            theta = sums.least()
            yield theta


class Sums:
    """What the objective depends on: second moments, products with rewards, how often each ``y'`` came."""

    def __init__(self, learner: MinimisedXPO, oracle: Oracle) -> None:
        self._learner, self._beta = learner, oracle.facts.beta
        assert oracle.facts.parameter_radius is not None
        self._radius = oracle.facts.parameter_radius
        axis = np.arange(-COARSE, COARSE + 1) / COARSE * self._radius
        grid = np.stack(np.meshgrid(axis, axis, indexing="ij")).reshape(2, -1)
        self._grid = grid[:, self._allowed(grid)]
        #: What each sum is multiplied by at each point, `[5 + N, G]`.
        self._columns = self._terms(self._grid)
        self._sums = np.zeros((oracle.R, self._columns.shape[0]))

    def add(self, feature: Floats, difference: Floats, other: npt.NDArray[np.int64]) -> None:
        """One more pair in every row."""
        a, b = feature.T
        self._sums[:, :5] += np.stack([a * a, 2 * a * b, b * b, -2 * a * difference, -2 * b * difference], -1)
        self._sums[np.arange(len(other)), 5 + other] += 1

    def least(self) -> Floats:
        """The point with the least objective, `[R, 2]`."""
        best = self._grid[:, np.argmin(self._sums @ self._columns, axis=-1)]
        step = self._radius / COARSE
        offsets = np.stack(np.meshgrid(*[np.arange(-2, 3) / 2] * 2, indexing="ij")).reshape(2, 1, -1)
        for _ in range(ZOOMS):
            near = best[..., None] + step * offsets
            value = sum(w[:, None] * term for w, term in zip(self._sums.T, self._terms(near), strict=True))
            chosen = np.argmin(np.where(self._allowed(near), value, np.inf), axis=-1)
            best = np.take_along_axis(near, chosen[None, :, None], axis=-1)[..., 0]
            step /= 2
        return np.asarray(best.T)

    def _allowed(self, theta: Floats) -> npt.NDArray[np.bool_]:
        """Which of `theta` `[2, ...]` lie in the disc; rounding puts none of its edge outside."""
        return np.asarray(np.hypot(theta[0], theta[1]) <= self._radius * (1 + 1e-12))

    def _terms(self, theta: Floats) -> Floats:
        """``theta_1^2, theta_1 theta_2, theta_2^2, theta, alpha log pi_theta``, `[5 + N, ...]`."""
        a, b = theta
        # Responses first: sums over a short last axis cost several times as much.
        rows = zip(self._learner.features / self._beta, self._learner.log_base, strict=True)
        scores = np.stack([x * a + y * b + base for (x, y), base in rows])
        top = scores.max(axis=0)
        logs = scores - top - np.log(np.exp(scores - top).sum(axis=0))
        return np.concatenate([np.stack([a * a, a * b, b * b, a, b]), self._learner.optimism * logs])
