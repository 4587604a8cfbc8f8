"""The forced family: two kinds of states of equal value, one of which makes the optimal policy pay KL."""

import math

import numpy as np

from explore_theory.foundation.validation import positive, whole
from explore_theory.problems.autoregressive.layer import Layer
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem
from explore_theory.problems.noise import NoiseLaw, NoNoise


def forced_problem(
    *, horizon: int, beta: float, force: float = 2.0, vocabulary: int = 4, noise: NoiseLaw | None = None
) -> AutoregressiveProblem:
    """Uniform base policy; the parity of the last token is the state, and responses begin in the even one.

    After an even token every token earns ``beta log(1 + (e^force - 1)/A)``; after an odd one token 0 earns
    ``beta force`` and the others nothing. Both states have the same soft value, so no token is better for
    where it leads, but the *reward* after an odd token is larger by what the optimal policy pays in KL there.
    A learner that forgets the KL in its returns is therefore drawn to odd tokens. ``d = 2``,
    ``phi = (1{s odd, a = 0}, 1{a odd})/sqrt 2`` and ``theta_h = (sqrt 2 beta force, 0)``: the second feature
    is there to be mistaken.

    Raises
    ------
    InvalidProblem
        If the horizon is below 1, the vocabulary below 2, or `beta` or `force` is not positive.
    """
    tokens, steps = whole("vocabulary", vocabulary, least=2), whole("horizon", horizon, least=1)
    beta, force = positive("beta", beta), positive("force", force)
    token = np.arange(tokens)
    flat = beta * math.log1p(math.expm1(force) / tokens)
    reward = np.stack([np.full(tokens, flat), np.where(token == 0, beta * force, 0.0)])
    features = np.zeros((2, tokens, 2))
    features[1, 0, 0] = math.sqrt(0.5)
    features[:, token % 2 == 1, 1] = math.sqrt(0.5)
    layer = Layer(
        base=np.full((2, tokens), 1 / tokens),
        reward=reward,
        features=features,
        next=np.broadcast_to(token % 2, (2, tokens)),
    )
    return AutoregressiveProblem(
        prompt_mass=np.ones(1),
        start=np.zeros(1, dtype=np.int64),
        layers=(layer,) * steps,
        beta=beta,
        noise=noise or NoNoise(),
        theta=np.broadcast_to(np.array([math.sqrt(2) * beta * force, 0.0]), (steps, 2)),
        parameter_radius=math.sqrt(2) * beta * force,
    )
