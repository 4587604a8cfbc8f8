"""An autoregressive problem as a bandit over whole responses, for sequence-level learners."""

import math

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.problems.autoregressive import dynamics
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem
from explore_theory.problems.tabular import TabularProblem

#: The most numbers that a table of sequence features may hold.
MOST_FEATURES = 1 << 25


def sequence_view(problem: AutoregressiveProblem, *, coverage: float | None = None) -> TabularProblem:
    """The same prompts, base policy, rewards and noise over ``A^H`` responses, first token slowest.

    Features are ``H^{-1/2}`` times the counts of (layer, state, token) along the response: of norm one, and
    the reward is linear in them, ``theta*`` holding ``sqrt(H)`` times the rewards of the layers. `coverage`
    is an upper bound on ``C_cov`` that learners are told.

    Raises
    ------
    InvalidProblem
        If there are more than 2^14 responses, or their features would take more than `MOST_FEATURES` numbers.
    """
    states = dynamics.sequence_states(problem)
    prompts, tokens, steps = problem.start.size, problem.vocabulary, problem.horizon
    count = tokens**steps
    width = sum(layer.base.size for layer in problem.layers)
    if prompts * count * width > MOST_FEATURES:
        raise InvalidProblem(
            f"sequence features must hold at most {MOST_FEATURES} numbers, got "
            f"{prompts} prompts x {count} responses x {width} (layer, state, token)"
        )
    features = np.zeros((prompts, count, width))
    theta, offset, scale = np.zeros(width), 0, 1 / math.sqrt(steps)
    x, y = np.arange(prompts)[:, None], np.arange(count)[None, :]
    for h, layer in enumerate(problem.layers):
        prefix, token = y // tokens ** (steps - h), y // tokens ** (steps - h - 1) % tokens
        cell = np.take_along_axis(states[h], np.broadcast_to(prefix, (prompts, count)), axis=1)
        features[x, y, offset + cell * tokens + token] = scale
        theta[offset : offset + layer.base.size] = layer.reward.reshape(-1) / scale
        offset += layer.base.size
    log_base = dynamics.sequence_laws(problem, dynamics.base_policy(problem))
    return TabularProblem(
        prompt_mass=problem.prompt_mass,
        log_base=log_base,
        features=features,
        reward=dynamics.sequence_rewards(problem),
        beta=problem.beta,
        theta_star=theta,
        parameter_radius=max(float(np.sqrt((theta * theta).sum())), 1e-300),
        coverage=coverage,
        noise=problem.noise,
    )
