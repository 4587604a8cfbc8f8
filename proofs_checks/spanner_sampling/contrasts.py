"""Two families on which learners part: one that any learner covers, one whose best response hardly any sees.

Nothing is drawn: `R`, `B`, ``beta``, the noise and the masses of prompts differ from one and from each other.
Letters: `X` prompts, `N` responses, `d` feature dimension.
"""

import math
from typing import Any

import numpy as np

from explore_theory import exact
from explore_theory.problems import Gaussian, TabularProblem
from explore_theory.problems.protocol import Floats

#: Of the hidden family: the range of rewards, and the reward noise of one response.
RANGE, SCALE = 0.8, 0.05
#: How much likelier the best response is at each prompt than at the first.
SHARES = np.array([1.0, 3.0])


def uneven(prompts: int = 3) -> TabularProblem:
    """Three prompts (or the first of them alone) whose responses the base policy all shows often.

    ``d = 2``, ``beta = .35``, ``|theta*| = 1.7`` and ``B = 2``, reward noise ``.4``.
    """
    features = np.array(
        [
            [[0.9, 0.1], [-0.2, 0.8], [0.0, -0.5]],
            [[0.3, 0.6], [0.5, -0.7], [-0.8, 0.1]],
            [[-0.1, -0.9], [0.7, 0.2], [0.2, 0.4]],
        ]
    )
    base = np.array([[0.2, 0.3, 0.5], [0.45, 0.25, 0.3], [0.35, 0.15, 0.5]])
    rho = np.array([0.55, 0.3, 0.15])
    theta = np.array([1.5, -0.8])
    kept = slice(prompts)
    return _told(
        prompt_mass=rho[kept] / rho[kept].sum(),
        base=base[kept],
        features=features[kept],
        reward=features[kept] @ theta + np.array([0.3, -0.2, 0.7])[kept, None],
        beta=0.35,
        theta_star=theta,
        parameter_radius=2.0,
        noise=Gaussian(0.4),
    )


def hidden(rarity: float, prompts: int = 2) -> TabularProblem:
    """The best response has a feature of its own, and all others have none.

    At the first of two prompts (of mass .7 and .3) the base policy shows it with probability ``1/rarity``, at
    the second three times as often. Until it is seen nothing can be learnt; once its reward is known so is
    ``theta*``, at both prompts.
    """
    direction = np.array([0.6, 0.8])
    mass = SHARES[:prompts] / rarity
    features = np.zeros((prompts, 4, 2))
    features[np.arange(prompts), np.arange(prompts)] = direction / 2
    base = np.empty((prompts, 4))
    base[:] = ((1 - mass) / 3)[:, None]
    base[np.arange(prompts), np.arange(prompts)] = mass
    rho = np.array([0.7, 0.3])[:prompts]
    theta = 2 * RANGE * direction
    return _told(
        prompt_mass=rho / rho.sum(),
        base=base,
        features=features,
        reward=features @ theta + np.array([0.4, -0.1])[:prompts, None],
        beta=0.04,
        theta_star=theta,
        parameter_radius=2.0,
        noise=Gaussian(SCALE),
    )


def hidden_mass(problem: TabularProblem) -> Floats:
    """`[X]`: how likely the base policy shows the best response."""
    return np.asarray(problem.base[np.arange(len(problem.base)), np.argmax(problem.reward, axis=-1)])


def _told(**problem: Any) -> TabularProblem:
    """The problem, with its own ``C_cov`` as what learners are told."""
    found = float(exact.log_coverage(TabularProblem(**problem))[0])
    # Rounding must not put the bound below the truth.
    return TabularProblem(**problem, coverage=math.exp(found) * (1 + 1e-9))
