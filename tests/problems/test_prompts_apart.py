"""Tables whose prompts differ, and observed rewards by their law: what one prompt or no noise would hide."""

import math

import numpy as np
import pytest

from explore_theory import TabularProblem
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.problems import Bernoulli, Gaussian

REPLICATES = 40_000
#: A mean of so many draws of variance one is further off than this with probability 6e-7.
FAR = 5 / math.sqrt(REPLICATES)


def two_prompts(**changes):
    """Rewards in one prompt are three times those in the other; every array differs by prompt."""
    given = {
        "prompt_mass": [0.25, 0.75],
        "base": [[0.5, 0.3, 0.2], [0.1, 0.3, 0.6]],
        "features": [[[1.0, 0.0], [0.0, 1.0], [0.6, 0.0]], [[0.0, 0.5], [0.5, 0.5], [0.0, 0.9]]],
        "reward": [[0.3, 0.1, 0.2], [0.9, 0.3, 0.0]],
        "beta": 0.5,
    }
    return TabularProblem(**(given | changes))


def test_each_prompt_has_its_own_features_and_rewards():
    problem = two_prompts()
    prompts, response = np.array([1, 0]), np.array([[0, 2], [2, 1]])
    assert problem.response_features(prompts, response).tolist() == [
        [[0.0, 0.5], [0.0, 0.9]],
        [[0.6, 0], [0, 1]],
    ]
    assert problem.mean_reward(prompts, response).tolist() == [[0.9, 0.0], [0.2, 0.1]]
    atoms = problem.atoms(prompts)
    assert atoms.features.tolist() == problem.features[[1, 0]].tolist()
    assert atoms.reward.tolist() == problem.reward[[1, 0]].tolist()
    np.testing.assert_allclose(np.exp(atoms.log_mass), problem.base[[1, 0]], rtol=1e-14)


def test_a_told_coverage_covers_the_worst_prompt():
    # C_cov at a prompt is the largest e^(r/beta) over the average of all.
    base, reward = np.array(two_prompts().base), np.array(two_prompts().reward)
    tilts = np.exp(reward / 0.5)
    first, second = tilts.max(axis=1) / (base * tilts).sum(axis=1)
    assert first < second
    two_prompts(coverage=float(second) * 1.001)
    with pytest.raises(InvalidProblem, match="coverage must be at least C_cov"):
        two_prompts(coverage=float((first + second) / 2))


def test_each_row_of_logarithms_is_a_law_of_its_own():
    exact = np.log([[0.5, 0.3, 0.2], [0.1, 0.3, 0.6]])
    off = exact + np.array([[4e-10], [-2e-10]])
    problem = two_prompts(base=None, log_base=off)
    np.testing.assert_allclose(problem.log_base, exact, rtol=0, atol=1e-15)
    assert problem.adjusted["log_base"] == pytest.approx(4e-10, rel=1e-4, abs=0)


def moments(noise, reward):
    seen = noise.observe(np.tile(reward, (REPLICATES, 1)), Streams(("observed rewards",), range(REPLICATES)))
    return seen - reward, seen


def test_gaussian_rewards_have_the_scale_as_deviation_and_are_independent():
    errors, _ = moments(Gaussian(0.3), [0.2, 0.7])
    scaled = errors / 0.3
    assert np.abs(scaled.mean(axis=0)).max() < FAR
    # The square of a standard normal has variance two; the product of two independent ones has one.
    assert np.abs((scaled**2).mean(axis=0) - 1).max() < FAR * math.sqrt(2)
    assert abs((scaled[:, 0] * scaled[:, 1]).mean()) < FAR


def test_coins_show_one_as_often_as_their_bias_and_are_independent():
    errors, seen = moments(Bernoulli(), [0.2, 0.7])
    assert set(np.unique(seen)) == {0.0, 1.0}
    assert np.abs(errors.mean(axis=0)).max() < FAR / 2
    assert abs((errors[:, 0] * errors[:, 1]).mean()) < FAR / 4
