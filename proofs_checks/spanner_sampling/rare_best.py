"""Problems in which the best response is rare: coverage is what is asked for, and the base policy is far off.

``theta* = u``, a unit vector. The best response has feature ``u/2``, all others ``-u/2`` plus a vector across
``u`` of their own, so rewards are ``+1/2`` and ``-1/2``: ``R = B = 1``, whatever the rest. With base mass `p`
on the best response ``C_cov = e^{1/beta} / (p e^{1/beta} + 1 - p)``, which is solved for `p`.

Letters: `X` prompts, `N` responses, `d` feature dimension.
"""

import math

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.problems import Gaussian, NoNoise, TabularProblem

#: The largest length across ``u`` that leaves features within the unit ball.
_ACROSS = math.sqrt(3) / 2


def rare_best(
    streams: Streams, *, d: int, beta: float, sigma: float, coverage: float, prompts: int = 2, others: int = 7
) -> TabularProblem:
    """One problem, drawn from the first row of `streams`.

    Parameters
    ----------
    sigma
        Of the noise of a reward *difference*, Gaussian; zero for none.
    coverage
        ``C_cov``, strictly between 1 and ``exp(1/beta)``.

    Raises
    ------
    InvalidProblem
        If no base policy has that coverage.
    """
    log_c = math.log(coverage)
    if not 0 < log_c < 1 / beta:
        raise InvalidProblem(f"coverage must lie in (1, exp(1/beta)), got coverage={coverage!r}")
    # p = (e^{1/beta}/C - 1) / (e^{1/beta} - 1), without overflow.
    p = (math.exp(-log_c) - math.exp(-1 / beta)) / -math.expm1(-1 / beta)
    normals = streams.child("features").normal(prompts * others * d + d)[0]
    u = normals[:d] / np.linalg.norm(normals[:d])
    across = normals[d:].reshape(prompts, others, d)
    across = across - (across @ u)[..., None] * u
    length = np.linalg.norm(across, axis=-1, keepdims=True)
    radius = np.linspace(0.2, 1.0, others)[:, None] * _ACROSS
    across = np.where(length > 1e-9, across / np.maximum(length, 1e-9), 0.0) * radius
    features = np.concatenate([np.broadcast_to(u / 2, (prompts, 1, d)), across - u / 2], axis=1)
    shares = -np.log(streams.child("base").uniform(prompts * others)[0]).reshape(prompts, others) + 0.1
    base = (1 - p) * shares / shares.sum(axis=-1, keepdims=True)
    return TabularProblem(
        prompt_mass=np.full(prompts, 1 / prompts),
        base=np.concatenate([np.full((prompts, 1), p), base], axis=1),
        features=features,
        reward=features @ u,
        beta=beta,
        theta_star=u,
        parameter_radius=1.0,
        # Rounding must not put the bound below the truth.
        coverage=coverage * (1 + 1e-9),
        noise=Gaussian(sigma / math.sqrt(2)) if sigma else NoNoise(),
    )
