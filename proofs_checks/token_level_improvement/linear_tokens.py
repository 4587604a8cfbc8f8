"""Token problems with rewards that are linear in features of every prefix, whose best response is rare.

A token is good or one of `d` bad ones; a good one adds ``R/(2H)`` to the reward, a bad one takes as much. The
base policy gives a good token the mass `p` at which ``C_cov = C``, exactly: ``C_cond = C^{1/H}``. Bad tokens
also have features across the parameter, which turn round after a good token.
"""

import math

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.problems import (
    AutoregressiveProblem,
    Gaussian,
    Layer,
    TabularProblem,
    linear_sequence_view,
)

Floats = npt.NDArray[np.float64]

#: Length of a bad token's feature across the parameter: with 1/2 along it, below one.
ACROSS = 0.8


def linear_tokens(
    *, horizon: int, d: int, ratio: float, coverage: float, sigma: float, reward_range: float = 1.0
) -> tuple[AutoregressiveProblem, Floats]:
    """The problem with ``beta = R/ratio``, and its ``theta_h`` `[H, d]`, all equal to ``(R/H) e_1``.

    Noise of a reward difference is Gaussian of standard deviation `sigma`, in units of reward.

    Raises
    ------
    InvalidProblem
        If no base policy has that `coverage`: it must lie in ``(1, exp(R/beta))``.
    """
    if not 0 < math.log(coverage) < ratio:
        raise InvalidProblem(f"coverage must lie in (1, exp(R/beta)), got coverage={coverage!r}")
    tilt, each = math.exp(ratio / horizon), coverage ** (1 / horizon)
    # each = tilt/(1 - p + p tilt).
    good = (tilt / each - 1) / (tilt - 1)
    tokens = d + 1
    features = np.zeros((2, tokens, d))
    features[:, 0, 0], features[:, 1:, 0] = 0.5, -0.5
    for a in range(1, tokens if d > 1 else 1):
        features[:, a, 1 + (a - 1) % (d - 1)] = ACROSS * np.array([1.0, -1.0]) * (1 if a < d else -1)
    theta = np.zeros((horizon, d))
    theta[:, 0] = reward_range / horizon
    layer = Layer(
        base=np.tile([good, *[(1 - good) / d] * d], (2, 1)),
        reward=(features * theta[0]).sum(axis=-1),
        features=features,
        next=np.tile((np.arange(tokens) == 0).astype(np.int64), (2, 1)),
    )
    problem = AutoregressiveProblem(
        prompt_mass=np.ones(1),
        start=np.zeros(1, dtype=np.int64),
        layers=(layer,) * horizon,
        beta=reward_range / ratio,
        noise=Gaussian(sigma / math.sqrt(2)),
    )
    return problem, theta


def whole_responses(problem: AutoregressiveProblem, theta: Floats, coverage: float) -> TabularProblem:
    """The bandit over its responses, with features in ``R^{dH}``."""
    # Rounding must not put the bound below the truth.
    return linear_sequence_view(problem, theta, coverage=coverage * (1 + 1e-9))
