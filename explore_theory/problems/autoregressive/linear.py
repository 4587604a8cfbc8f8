"""Rewards that are linear in features of every prefix, equation (12): whole responses as a linear bandit.

``r(x, a_{1:H}) = sum_h <theta_h, phi_h(x, a_{1:h})>``, so the optimal policy is linear softmax over whole
responses with features ``(phi_1, .., phi_H)`` in ``R^{dH}``; token by token it is in general not (PI1).

Letters: `X` prompts, `N` responses, `H` tokens per response, `d` dimension of the features of a token.
"""

import math

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import floats
from explore_theory.problems.autoregressive import dynamics
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem
from explore_theory.problems.autoregressive.sequence import MOST_FEATURES
from explore_theory.problems.declared import REALISED
from explore_theory.problems.tabular import TabularProblem


def linear_sequence_view(
    problem: AutoregressiveProblem, theta: npt.ArrayLike, *, coverage: float | None = None
) -> TabularProblem:
    """The bandit over all ``N = A^H`` responses, first token slowest, with features of dimension ``d H``.

    Features are ``H^{-1/2} (phi_1, .., phi_H)``, of norm at most one as those of tokens are, and ``theta*``
    is ``H^{1/2} (theta_1, .., theta_H)``: of norm at most ``H B`` if ``|theta_h| <= B``.

    Parameters
    ----------
    theta
        ``theta_h``, `[H, d]`, in units of reward: every reward of layer `h` is ``<theta_h, phi_h>``.
    coverage
        An upper bound on ``C_cov`` that learners are told.

    Raises
    ------
    InvalidProblem
        If rewards are not linear in that way, if there are more than 2^14 responses, or if their features
        would take more than `MOST_FEATURES` numbers.
    """
    steps, d = problem.horizon, problem.layers[0].d
    parameters = floats("theta", theta, (steps, d))
    _require_linear(problem, parameters)
    states = dynamics.sequence_states(problem)
    prompts, tokens, count = problem.start.size, problem.vocabulary, problem.vocabulary**steps
    if prompts * count * steps * d > MOST_FEATURES:
        raise InvalidProblem(
            f"sequence features must hold at most {MOST_FEATURES} numbers, got "
            f"{prompts} prompts x {count} responses x {steps} tokens x {d}"
        )
    features = np.empty((prompts, count, steps, d))
    for h, layer in enumerate(problem.layers):
        # [X, A^h, A, d]: the features of the token after every prefix, alike for all that may follow.
        here = layer.features[states[h]]
        features[:, :, h] = np.repeat(here.reshape(prompts, -1, d), tokens ** (steps - h - 1), axis=1)
    scale = math.sqrt(steps)
    return TabularProblem(
        prompt_mass=problem.prompt_mass,
        log_base=dynamics.sequence_laws(problem, dynamics.base_policy(problem)),
        features=features.reshape(prompts, count, steps * d) / scale,
        reward=dynamics.sequence_rewards(problem),
        beta=problem.beta,
        theta_star=parameters.reshape(-1) * scale,
        parameter_radius=max(float(np.sqrt((parameters * parameters).sum())) * scale, 1e-300),
        coverage=coverage,
        noise=problem.noise,
    )


def _require_linear(problem: AutoregressiveProblem, theta: npt.NDArray[np.float64]) -> None:
    for h, layer in enumerate(problem.layers):
        missed = np.abs(layer.reward - (layer.features * theta[h]).sum(axis=-1))
        if np.any(missed > REALISED * (1.0 + np.abs(layer.reward).max())):
            s, a = (int(i) for i in np.argwhere(missed == missed.max())[0])
            raise InvalidProblem(
                f"theta must make every reward of a layer <theta_h, phi_h>, "
                f"got an error of {float(missed[s, a])!r} at layer {h}, state {s}, token {a}"
            )
