"""Errors of later layers count, and every prompt is looked at."""

import numpy as np

from explore_theory.exact import soft_dynamics
from explore_theory.problems.autoregressive import AutoregressiveProblem, Layer


def problem(prompt_mass, rewards):
    """Two states that stay what they are; the base policy knows one token of the second."""
    layers = tuple(
        Layer(
            base=np.array([[0.5, 0.5], [1.0, 0.0]]),
            reward=np.full((2, 2), reward),
            features=np.zeros((2, 2, 1)),
            next=np.array([[0, 0], [1, 1]]),
        )
        for reward in rewards
    )
    return AutoregressiveProblem(
        prompt_mass=np.array(prompt_mass), start=np.array([0, 1]), layers=layers, beta=0.3
    )


def test_an_uncovered_prefix_may_be_that_of_a_later_prompt():
    even = [np.log(np.full((2, 2), 0.5))] * 2
    with np.errstate(divide="ignore"):
        late = [np.log(np.array([[0.5, 0.5], [1.0, 0.0]])), even[1]]
    assert soft_dynamics.uncovered_prefix(problem([0.5, 0.5], (0.0, 0.0)), even) == (1, (1,))
    assert soft_dynamics.uncovered_prefix(problem([0.5, 0.5], (0.0, 0.0)), late) == (1, (0, 1))
    assert soft_dynamics.uncovered_prefix(problem([1.0, 0.0], (0.0, 0.0)), even) is None


def test_what_rounding_may_do_in_later_layers_adds_up():
    base = soft_dynamics.base_policy
    alone = problem([1.0, 0.0], (1e6,))
    _, last = soft_dynamics._evaluated(alone, base(alone))
    for rewards in ((0.0, 1e6), (0.0, 0.0, 1e6)):
        longer = problem([1.0, 0.0], rewards)
        _, error = soft_dynamics._evaluated(longer, base(longer))
        _, first = soft_dynamics._evaluated(problem([1.0, 0.0], (1e6,)), base(alone))
        # The value after the first layer is 1e6 again, so each layer may lose what the last one may.
        assert error[..., 0] >= len(rewards) * 0.9 * first[..., 0]
        assert error[..., 0] > last[..., 0]
