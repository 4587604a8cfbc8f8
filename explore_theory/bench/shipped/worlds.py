"""The problems that speed is measured on."""

from dataclasses import replace

import numpy as np

from explore_theory.exact import soft_dynamics
from explore_theory.problems import Gaussian, TabularProblem
from explore_theory.problems.autoregressive import AutoregressiveProblem, random_markov_problem

#: Noise of a reward, and ``beta = HEAT/H`` of problems of `H` tokens.
NOISE, HEAT = 0.1, 1 / 1.5


def tabular(responses: int, d: int, *, beta: float = 0.5, coverage: float | None = None) -> TabularProblem:
    """One prompt with `N` random unit features `[N, d]` and rewards in their span.

    With a `coverage` the best response has its reciprocal as base probability.
    """
    rng = np.random.default_rng(responses)
    features = rng.normal(size=(1, responses, d))
    features /= np.linalg.norm(features, axis=-1, keepdims=True)
    theta = features[0, 0] / 2
    base = rng.dirichlet(np.full(responses, 3.0))
    if coverage is not None:
        base = np.concatenate([[1 / coverage], base[1:] / base[1:].sum() * (1 - 1 / coverage)])
    return TabularProblem(
        prompt_mass=np.array([1.0]),
        base=base[None],
        features=features,
        reward=features @ theta,
        beta=beta,
        theta_star=theta,
        parameter_radius=1.0,
        noise=Gaussian(NOISE),
    )


def chain(horizon: int, *, vocabulary: int = 4, dimension: int = 4) -> AutoregressiveProblem:
    """A random chain of `horizon` tokens, which tells learners its ``C_cond``."""
    problem = random_markov_problem(
        horizon=horizon,
        vocabulary=vocabulary,
        dimension=dimension,
        beta=HEAT / horizon,
        noise=Gaussian(NOISE),
    )
    coverage = float(np.exp(soft_dynamics.log_conditional_coverage(problem)))
    return replace(problem, conditional_coverage=coverage * (1 + 1e-9))


def dense_chain(horizon: int, vocabulary: int) -> AutoregressiveProblem:
    """A chain with a reward for every pair of tokens at every step, and no features that matter."""
    from explore_theory.problems.autoregressive import markov_problem

    rng = np.random.default_rng(0)
    return markov_problem(
        base=rng.dirichlet(np.ones(vocabulary), size=vocabulary),
        reward=0.01 * rng.normal(size=(horizon, vocabulary, vocabulary)),
        features=np.zeros((vocabulary, vocabulary, 1)),
        beta=1 / horizon,
    )
