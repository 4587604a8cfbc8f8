"""The ladder family: the reward is at the top, and the base policy hardly ever climbs."""

import math

import numpy as np

from explore_theory.foundation import laws
from explore_theory.foundation.validation import positive, whole
from explore_theory.problems.autoregressive.layer import Layer
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem
from explore_theory.problems.noise import NoiseLaw, NoNoise


def ladder_problem(
    *, horizon: int, beta: float, prize: float = 1.0, vocabulary: int = 2, noise: NoiseLaw | None = None
) -> AutoregressiveProblem:
    """Uniform base policy; `prize` for token 0 at every position, nothing for any other response.

    States: off the ladder (0), or on it (1). Responses of positive reward have base probability ``A^-H``, so
    no episode of the base policy shows them, while ``C_cond <= A``. On the ladder ``Q_h`` of token 0 exceeds
    that of the others by ``theta_h``: ``d = 1``, ``phi = 1{on the ladder, a = 0}``. Off it nothing matters.

    Raises
    ------
    InvalidProblem
        If the horizon is below 1, the vocabulary below 2, or `beta` or `prize` is not positive.
    """
    tokens, steps = whole("vocabulary", vocabulary, least=2), whole("horizon", horizon, least=1)
    beta, prize = positive("beta", beta), positive("prize", prize)
    climbs = np.zeros((2, tokens))
    climbs[1, 0] = 1.0
    base = np.full((2, tokens), 1 / tokens)
    there = climbs.astype(np.int64)
    layers, theta, value = [], np.zeros((steps, 1)), prize
    for h in range(steps - 1, -1, -1):
        theta[h] = value
        # The soft value of the rung: the prize is paid with the last token, so Q off the ladder is zero.
        value = float(laws.soft_value(np.full(tokens, -math.log(tokens)), value * climbs[1], beta))
        layers.append(
            Layer(
                base=base,
                reward=prize * climbs if h == steps - 1 else np.zeros((2, tokens)),
                features=climbs[..., None],
                next=there,
            )
        )
    return AutoregressiveProblem(
        prompt_mass=np.ones(1),
        start=np.ones(1, dtype=np.int64),
        layers=tuple(layers[::-1]),
        beta=beta,
        noise=noise or NoNoise(),
        theta=theta,
        parameter_radius=prize,
    )
