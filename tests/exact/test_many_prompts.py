"""More prompts than are held at a time: every one counts, once, by its mass."""

import numpy as np
import pytest

from explore_theory import exact
from explore_theory.policies import Base
from explore_theory.problems import TabularProblem

PROMPTS = 4096 + 700


@pytest.fixture(scope="module")
def problem():
    rng = np.random.default_rng(7)
    rho = rng.dirichlet(np.ones(PROMPTS))
    reward = rng.uniform(-1, 1, (PROMPTS, 3))
    # The largest coverage stands in the first part, the smallest range in the second.
    reward[0], reward[-300:] = (2.0, -2.0, -2.0), 0.1
    return TabularProblem(
        prompt_mass=rho,
        base=rng.dirichlet(np.full(3, 5.0), PROMPTS),
        reward=reward,
        features=reward[..., None] / 2,
        theta_star=np.array([2.0]),
        parameter_radius=2.0,
        beta=0.7,
    )


def tilted(problem):
    weights = problem.base * np.exp(problem.reward / problem.beta)
    return weights, weights.sum(axis=-1)


def test_averages_count_every_prompt_once(problem):
    value = problem.beta * np.log(tilted(problem)[1])
    expected = problem.prompt_mass @ value
    assert exact.soft_value(problem)[0] == pytest.approx(expected, rel=1e-12, abs=0)
    gap = problem.prompt_mass @ (value - (problem.base * problem.reward).sum(axis=-1))
    assert exact.gap(problem, Base())[0] == pytest.approx(gap, rel=1e-11, abs=0)


def test_coverage_is_the_largest_over_all_parts(problem):
    weights, partition = tilted(problem)
    ratio = (weights / partition[:, None] / problem.base).max()
    assert exact.coverage(problem)[0] == pytest.approx(ratio, rel=1e-12, abs=0)
    assert ratio > (weights / partition[:, None] / problem.base)[4096:].max()
