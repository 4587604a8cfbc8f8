"""Problems in which the best response is rare: coverage is what is asked for, and the base policy is far off.

``theta* = B u``, ``u`` a unit vector. The best response has feature ``(R/2B) u``, all others ``-(R/2B) u``
plus a vector across ``u`` of their own, so rewards are ``+R/2`` and ``-R/2``, whatever the rest. With base
mass `p` on the best response ``C_cov = e^{R/beta} / (p e^{R/beta} + 1 - p)``, which is solved for `p`.

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
    streams: Streams,
    *,
    d: int,
    beta: float,
    sigma: float,
    coverage: float,
    prompts: int = 2,
    others: int = 7,
    reward_range: float = 1.0,
    parameter_radius: float = 1.0,
    uneven: bool = False,
) -> TabularProblem:
    """One problem, drawn from the first row of `streams`.

    Parameters
    ----------
    sigma
        Of the noise of a reward *difference*, Gaussian; zero for none.
    coverage
        ``C_cov``, strictly between 1 and ``exp(R/beta)``.
    reward_range, parameter_radius
        `R` and `B`, in units of reward, ``R <= B``.
    uneven
        Prompts have masses proportional to 1, 2, .. in place of equal ones.

    Raises
    ------
    InvalidProblem
        If no base policy has that coverage, or ``R > B``.
    """
    log_c, widest = math.log(coverage), reward_range / beta
    if not 0 < log_c < widest:
        raise InvalidProblem(f"coverage must lie in (1, exp(R/beta)), got coverage={coverage!r}")
    if not reward_range <= parameter_radius:
        raise InvalidProblem(
            f"reward_range must be at most B={parameter_radius:g}, got reward_range={reward_range!r}"
        )
    # p = (e^{R/beta}/C - 1) / (e^{R/beta} - 1), without overflow.
    p = (math.exp(-log_c) - math.exp(-widest)) / -math.expm1(-widest)
    normals = streams.child("features").normal(prompts * others * d + d)[0]
    u = normals[:d] / np.linalg.norm(normals[:d])
    half = u * (reward_range / (2 * parameter_radius))
    across = normals[d:].reshape(prompts, others, d)
    across = across - (across @ u)[..., None] * u
    length = np.linalg.norm(across, axis=-1, keepdims=True)
    radius = np.linspace(0.2, 1.0, others)[:, None] * _ACROSS
    across = np.where(length > 1e-9, across / np.maximum(length, 1e-9), 0.0) * radius
    features = np.concatenate([np.broadcast_to(half, (prompts, 1, d)), across - half], axis=1)
    shares = -np.log(streams.child("base").uniform(prompts * others)[0]).reshape(prompts, others) + 0.1
    base = (1 - p) * shares / shares.sum(axis=-1, keepdims=True)
    mass = np.arange(1.0, prompts + 1) if uneven else np.ones(prompts)
    return TabularProblem(
        prompt_mass=mass / mass.sum(),
        base=np.concatenate([np.full((prompts, 1), p), base], axis=1),
        features=features,
        reward=parameter_radius * (features @ u),
        beta=beta,
        theta_star=parameter_radius * u,
        parameter_radius=parameter_radius,
        # Rounding must not put the bound below the truth.
        coverage=coverage * (1 + 1e-9),
        noise=Gaussian(sigma / math.sqrt(2)) if sigma else NoNoise(),
    )
