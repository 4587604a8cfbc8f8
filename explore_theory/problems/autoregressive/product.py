"""The product family: tokens that do not interact, one of them good."""

import numpy as np

from explore_theory.foundation.validation import positive, whole
from explore_theory.problems.autoregressive.layer import Layer
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem
from explore_theory.problems.noise import NoiseLaw, NoNoise


def product_problem(
    *, horizon: int, weight: float, beta: float, vocabulary: int = 2, noise: NoiseLaw | None = None
) -> AutoregressiveProblem:
    """Uniform base policy; every token 0 adds `weight` to the reward.

    With ``A = 2``: ``C_cond = 2 sigmoid(weight/beta)`` and ``C_cov = C_cond^H`` (T2), so coverage of
    responses is exponential in `horizon` where that of tokens is at most two. ``d = 1``, ``phi = 1{a = 0}``,
    ``theta_h = weight``.

    Raises
    ------
    InvalidProblem
        If the horizon is below 1, the vocabulary below 2, or `weight` or `beta` is not positive.
    """
    weight = positive("weight", weight)
    tokens = whole("vocabulary", vocabulary, least=2)
    good = (np.arange(tokens) == 0).astype(np.float64)[None]
    layer = Layer(
        base=np.full((1, tokens), 1 / tokens),
        reward=weight * good,
        features=good[..., None],
        next=np.zeros((1, tokens), dtype=np.int64),
    )
    steps = whole("horizon", horizon, least=1)
    return AutoregressiveProblem(
        prompt_mass=np.ones(1),
        start=np.zeros(1, dtype=np.int64),
        layers=(layer,) * steps,
        beta=beta,
        noise=noise or NoNoise(),
        theta=np.full((steps, 1), weight),
        parameter_radius=weight,
    )
