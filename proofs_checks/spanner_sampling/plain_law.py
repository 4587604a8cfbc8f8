"""The law of a truncated softmax policy and its gap, response by response, from the algorithm's own words.

Theory section 2, *Output*: `t` with its weight, ``y' ~ pi_ref``, ``y ~ SoftmaxSampler(f_t)``; the sampler's
estimate of the normaliser is taken to be exact.
"""

import math

import numpy as np

from explore_theory.algorithms.spanner.truncated import TruncatedSoftmax
from explore_theory.foundation.streams import Streams
from explore_theory.oracles import SoftmaxSampler
from explore_theory.problems import TabularProblem

#: Of the two estimates of a policy; the library is given ten times as much, which is no law.
WEIGHTS = (0.3, 0.7)


def problem(streams: Streams, *, prompts: int = 3, responses: int = 4, d: int = 2) -> TabularProblem:
    """One problem from the first row of `streams`: no two of its numbers are alike."""
    features = streams.child("features").normal(prompts * responses * d)[0].reshape(prompts, responses, d)
    features /= np.maximum(1.0, np.linalg.norm(features, axis=-1, keepdims=True))
    theta = streams.child("theta").normal(d)[0]
    theta *= 1.7 / np.linalg.norm(theta)
    base = 0.05 + streams.child("base").uniform(prompts * responses)[0].reshape(prompts, responses)
    mass = 0.1 + streams.child("mass").uniform(prompts)[0]
    return TabularProblem(
        prompt_mass=mass / mass.sum(),
        base=base / base.sum(axis=-1, keepdims=True),
        features=features,
        reward=features @ theta + 0.3,
        beta=0.4,
        theta_star=theta,
        parameter_radius=2.6,
        coverage=50.0,
    )


def policy(streams: Streams, sampler: SoftmaxSampler, *, truncate: bool, d: int = 2) -> TruncatedSoftmax:
    """Two estimates with unequal weights, truncated at ``nu = .7`` in the norm of a matrix unlike ``I``."""
    drawn = streams.child("policy").normal(2 * d + d * d)[0]
    root = drawn[2 * d :].reshape(d, d) / 2
    return TruncatedSoftmax(
        thetas=drawn[: 2 * d].reshape(1, 2, d),
        weights=10 * np.array([WEIGHTS]),
        inverse=(np.eye(d) + root @ root.T)[None] if truncate else None,
        radius=0.7 if truncate else math.inf,
        sampler=sampler,
    )


def law(p: TabularProblem, q: TruncatedSoftmax, x: int, *, uniform: bool = False) -> list[float]:
    """The law of the response to prompt `x`; `uniform` draws ``y'`` uniformly."""
    assert q.sampler is not None
    count = p.base.shape[1]
    found = [0.0] * count
    for theta, weight in zip(q.thetas[0], WEIGHTS, strict=True):
        for other in range(count):
            tilt = [math.exp(_score(p, q, theta, x, y, other) / p.beta) for y in range(count)]
            total = sum(p.base[x, y] * tilt[y] for y in range(count))
            accepted = [p.base[x, y] * min(1.0, tilt[y] / (total * q.sampler.ratio)) for y in range(count)]
            none = (1 - sum(accepted)) ** q.sampler.tries
            outer = weight * (1 / count if uniform else p.base[x, other])
            for y in range(count):
                found[y] += outer * ((1 - none) * accepted[y] / sum(accepted) + none * p.base[x, y])
    return found


def gap(p: TabularProblem, q: TruncatedSoftmax, *, uniform: bool = False) -> float:
    """``sum_x rho(x) beta KL(pi(.|x) || pi*(.|x))``."""
    total = 0.0
    for x, mass in enumerate(p.prompt_mass):
        tilted = [b * math.exp(r / p.beta) for b, r in zip(p.base[x], p.reward[x], strict=True)]
        best = [t / sum(tilted) for t in tilted]
        chances = zip(law(p, q, x, uniform=uniform), best, strict=True)
        total += mass * p.beta * sum(a * math.log(a / b) for a, b in chances)
    return total


def _score(p: TabularProblem, q: TruncatedSoftmax, theta: np.ndarray, x: int, y: int, other: int) -> float:
    """``<theta, phi(x, y, y')> 1{|phi(x, y, y')| <= nu}``."""
    relative = p.features[x, y] - p.features[x, other]
    if q.inverse is not None and math.sqrt(relative @ q.inverse[0] @ relative) > q.radius:
        return 0.0
    return float(theta @ relative)
