"""Inputs of schedules that tell every factor apart: no two of them alike, none of them one.

Each gives `Stated`, typed from the statement, and `Schedule`, the code that runs, for the same problem.
"""

from fractions import Fraction

import numpy as np

from explore_theory.algorithms import Schedule
from explore_theory.harness import Case, Trial
from explore_theory.problems import Gaussian, TabularProblem
from proofs_checks.spanner_sampling.stated_schedule import Stated

#: Name to d, beta, R, B, noise of one reward, C_cov, eps, delta and growth.
SETTINGS: dict[str, tuple[int, float, float, float, float, float, float, float, float]] = {
    "all-differ": (3, 0.4, 2.0, 3.0, 0.25, 7.3, 0.7, 0.2, 2.5),
    "short": (1, 0.9, 1.5, 1.25, 0.1, 2.3, 1.2, 0.6, 3.0),
    "small-range": (5, 0.05, 0.2, 0.7, 0.02, 37.2, 0.03, 0.1, 2.0),
    "many-segments": (8, 0.6, 4.0, 9.0, 1.5, 3.9, 0.3, 0.15, 1.25),
    "rare": (2, 0.027, 0.8, 1.3, 0.07, 1e8, 0.1, 0.25, 2.0),
}


def cases(*updates: str, tight: bool = False) -> tuple[Case, ...]:
    """Every setting with each of `updates`, ``every`` or ``rarely``."""
    return tuple(
        Case(slug=f"{name}-{update}", params={"setting": name, "update": update}, tight=tight)
        for update in updates
        for name in SETTINGS
    )


def both(trial: Trial) -> tuple[Stated, Schedule]:
    """The two schedules of a case."""
    params = trial.case.params
    d, beta, reward_range, radius, noise, coverage, eps, delta, growth = SETTINGS[str(params["setting"])]
    rarely = params["update"] == "rarely"
    problem = _problem(d, beta, reward_range, radius, noise, coverage)
    stated = Stated(
        d=d,
        beta=Fraction(beta),
        reward_range=Fraction(reward_range),
        parameter_radius=Fraction(radius),
        # The noise of a difference has the root of twice the variance.
        sigma=Fraction(noise) * _ROOT_TWO,
        coverage=Fraction(coverage),
        eps=Fraction(eps),
        delta=Fraction(delta),
        growth=Fraction(growth) if rarely else None,
    )
    schedule = Schedule.of(
        problem.facts,
        eps=eps,
        delta=delta,
        update="rarely-switching" if rarely else "every-round",
        growth=growth,
    )
    return stated, schedule


#: To 1e-30.
_ROOT_TWO = Fraction(1414213562373095048801688724209698079, 10**36)


def _problem(
    d: int, beta: float, reward_range: float, radius: float, noise: float, coverage: float
) -> TabularProblem:
    """Two responses to each of two prompts, with rewards `reward_range` apart at one, closer at the other."""
    theta = np.zeros(d)
    theta[0] = radius
    high = reward_range / (2 * radius)
    features = np.zeros((2, 2, d))
    features[:, 0, 0], features[:, 1, 0] = [high, high / 2], [-high, -high / 2]
    reward = np.array([[reward_range / 2, -reward_range / 2], [reward_range / 4, -reward_range / 4]])
    # The best response so rare that the declared bound on coverage is one.
    share = min(0.5, 1 / coverage)
    return TabularProblem(
        prompt_mass=np.array([0.3, 0.7]),
        base=np.array([[share, 1 - share], [share, 1 - share]]),
        features=features,
        reward=reward,
        beta=beta,
        theta_star=theta,
        parameter_radius=radius,
        coverage=coverage,
        noise=Gaussian(noise),
    )
