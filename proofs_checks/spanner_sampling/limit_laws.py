"""The limit laws of gaps: what least squares on `T` rounds leaves, to second order, whatever the learner.

If the errors of ``theta`` are Gaussian with covariance ``sigma^2 c V^{-1}``, `V` the information of a round,
then ``gap = beta KL(pi_theta || pi*)`` is to second order ``<error, S error> / (2 beta)``, with `S` the
covariance of features under ``pi*``, averaged over prompts. So the law of a gap is that of a quadratic form,
which is drawn here; no learner, oracle or exact evaluation takes part.

Letters: `X` prompts, `N` responses, `d` feature dimension, `m` draws.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explore_theory.foundation.streams import Streams
from explore_theory.problems import TabularProblem
from explore_theory.problems.protocol import Floats

#: Draws of a quadratic form: its distribution function is then told to .007 (Dvoretzky, Kiefer, Wolfowitz
#: and Massart, at 1e-8).
DRAWS = 200_000


@dataclass(frozen=True, kw_only=True)
class LimitLaw:
    """What decides the law of a gap.

    Parameters
    ----------
    information
        `V` times the rounds, `[d, d]`: the covariance of the error is ``sigma^2 scale V^{-1}``.
    spread
        `S`, `[d, d]`.
    sigma, beta
        Noise of a reward difference, and the regularisation.
    shift
        Mean of the error, `[d]`.
    scale
        ``c``: one, or one number per draw.
    """

    information: Floats
    spread: Floats
    sigma: float
    beta: float
    shift: Floats | float = 0.0
    scale: Floats | float = 1.0

    def draws(self) -> Floats:
        """Gaps, `[m]`, in increasing order."""
        d = len(self.spread)
        standard = Streams(("limit law",), (0,)).normal(DRAWS * d)[0].reshape(DRAWS, d)
        root = np.linalg.cholesky(np.linalg.inv(self.information))
        size = self.sigma * np.sqrt(np.resize(self.scale, DRAWS))
        error = size[:, None] * (standard @ root.T) + self.shift
        return np.sort(np.einsum("mi,ij,mj->m", error, self.spread, error) / (2 * self.beta))

    def cdf(self) -> Callable[[Floats], Floats]:
        """Its distribution function."""
        drawn = self.draws()
        return lambda points: np.searchsorted(drawn, points, side="right") / DRAWS


def best_law(problem: TabularProblem) -> Floats:
    """``pi*``, `[X, N]`."""
    weight = problem.base * np.exp(
        (problem.reward - problem.reward.max(axis=1, keepdims=True)) / problem.beta
    )
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))


def information(problem: TabularProblem, first: Floats, second: Floats) -> Floats:
    """``E (phi(y) - phi(y'))(phi(y) - phi(y'))^T``, ``y ~ first``, ``y' ~ second``, of one round."""
    relative = problem.features[:, :, None] - problem.features[:, None]
    mass = problem.prompt_mass[:, None, None] * first[:, :, None] * second[:, None]
    return np.asarray(np.einsum("xab,xabi,xabj->ij", mass, relative, relative))


def spread(problem: TabularProblem) -> Floats:
    """Half of what two draws of ``pi*`` inform: the covariance of features under ``pi*``."""
    best = best_law(problem)
    return information(problem, best, best) / 2


def at_once(rounds: int, outputs: int) -> Floats:
    """`c` of a mixture over `outputs` estimates, made at uniform rounds, of all data before each, `[m]`.

    Errors at rounds ``s <= t`` are sums of the same data divided by their numbers, so their covariance is
    ``sigma^2 V^{-1} / t``, and a mixture of policies errs by the mean of the errors of its parts. In units of
    one over the rounds; ``1 / (t + 1)`` where `t` rounds went before.
    """
    uniform = Streams(("limit law", "rounds"), (0,)).uniform(outputs * _SCALES)[0]
    later = np.sort(uniform.reshape(_SCALES, outputs) * rounds, axis=1) + 1
    # The j-th smallest round is the later one of 2 j - 1 ordered pairs of parts.
    pairs = 2 * np.arange(1, outputs + 1) - 1
    return np.asarray(rounds * (pairs / later).sum(axis=1) / outputs**2)


def rarely(dimension: int, growth: float) -> Floats:
    """`c` of a mixture over all rounds of estimates that are made whenever ``det V T`` has grown by `growth`.

    Between two of them rounds grow by ``growth^(1/d)``; where the last one falls is uniform in logarithms.
    """
    phase = Streams(("limit law", "phase"), (0,)).uniform(_SCALES)[0]
    made = growth ** (-(phase[:, None] + np.arange(_SEGMENTS)) / dimension)
    until = np.concatenate([np.ones((_SCALES, 1)), made[:, :-1]], axis=1)
    weight = until - made
    earlier = made  # all rounds before: the weight of earlier estimates together
    return np.asarray((weight * (weight + 2 * earlier) / made).sum(axis=1))


#: Mixtures are drawn so often, and hold so many segments: the rest of the rounds weighs nothing.
_SCALES, _SEGMENTS = 4_000, 200
