"""Autoregressive problems: what is refused, what the families promise, and the view as whole responses."""

import math

import numpy as np
import pytest

from explore_theory import exact
from explore_theory.errors import InvalidProblem
from explore_theory.exact import soft_dynamics
from explore_theory.policies import Base
from explore_theory.problems import Gaussian
from explore_theory.problems.autoregressive import (
    AutoregressiveProblem,
    Layer,
    forced_problem,
    ladder_problem,
    markov_problem,
    product_problem,
    random_markov_problem,
    sequence_view,
    tree_problem,
)


def layer(**changes):
    values = {
        "base": [[0.5, 0.5], [1.0, 0.0]],
        "reward": [[0.0, 1.0], [0.5, 0.0]],
        "features": np.zeros((2, 2, 3)),
        "next": np.array([[0, 1], [1, 0]]),
    }
    return Layer(**(values | changes))


def problem(**changes):
    values = {"prompt_mass": [1.0], "start": [0], "layers": (layer(), layer()), "beta": 0.5}
    return AutoregressiveProblem(**(values | changes))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: layer(base=[[1.0], [1.0]]), "vocabulary must be at least 2, got vocabulary=1"),
        (lambda: layer(base=[[0.5, 0.6], [1, 0]]), "base must sum to one along its last axis"),
        (lambda: layer(reward=np.zeros((2, 3))), "reward must have shape (2, 2), got reward.shape=(2, 3)"),
        (
            lambda: layer(features=np.ones((2, 2, 3))),
            "features must have norm at most 1, got |features[0, 0]|",
        ),
        (lambda: layer(next=np.zeros((2, 2))), "next must be whole numbers, got next.dtype='float64'"),
        (lambda: layer(next=[[0, 1]]), "next must hold 2 x 2 states, got next.shape=(1, 2)"),
        (lambda: problem(layers=()), "horizon must be at least 1, got horizon=0"),
        (
            lambda: problem(layers=(layer(), layer(features=np.zeros((2, 2, 4))))),
            "layers must share one d, got layers[1].d=4, layers[0].d=3",
        ),
        (
            lambda: problem(layers=(layer(next=np.array([[0, 2], [0, 0]])), layer())),
            "next must hold states of the next layer, below 2, got layers[0].next[0, 1]=2",
        ),
        (lambda: problem(start=[2]), "start must hold states of the first layer, below 2, got start=[2]"),
        (lambda: problem(start=[0, 0]), "start must hold one state per prompt (1)"),
        (lambda: problem(beta=0), "beta must be positive and finite, got beta=0"),
        (
            lambda: problem(theta=np.zeros((2, 2)), parameter_radius=1.0),
            "theta must have shape (2, 3), got theta.shape=(2, 2)",
        ),
        (lambda: problem(theta=np.zeros((2, 3))), "parameter_radius must be given with theta"),
        (
            lambda: problem(theta=np.zeros((2, 3)), parameter_radius=1.0),
            "theta must make differences of Q_h equal <theta_h, feature differences>, got an error of",
        ),
        (lambda: problem(conditional_coverage=1.0), "conditional_coverage must be at least C_cond=exp("),
        (lambda: product_problem(horizon=0, weight=1, beta=1), "horizon must be at least 1, got horizon=0"),
        (
            lambda: product_problem(horizon=2, weight=1, beta=1, vocabulary=1),
            "vocabulary must be at least 2, got vocabulary=1",
        ),
        (lambda: tree_problem(base=[], reward=[], beta=1), "horizon must be at least 1, got base=[]"),
        (lambda: tree_problem(base=[[[1.0]]], reward=[0], beta=1), "vocabulary must be at least 2"),
        (
            lambda: tree_problem(base=[np.full((2**h, 2), 0.5) for h in range(15)], reward=[0], beta=1),
            "vocabulary^horizon must be at most 16384 in a tree, got 2^15",
        ),
        (
            lambda: tree_problem(base=[[[0.5, 0.5]]], reward=[0, 1], beta=1, features=[]),
            "features must have one array per layer (1), got 0",
        ),
        (
            lambda: sequence_view(product_problem(horizon=15, weight=1, beta=1)),
            "vocabulary^horizon must be at",
        ),
    ],
)
def test_what_is_not_a_problem_is_refused(build, message):
    with pytest.raises(InvalidProblem) as caught:
        build()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("prompt", "prefix", "message"),
    [
        (0, [0, 1], "prefix must have at most 1 tokens, got len(prefix)=2"),
        (0, [2], "prefix[0] must lie in [0, 1], got prefix[0]=2"),
        (1, [], "prompt must lie in [0, 0], got prompt=1"),
    ],
)
def test_prefixes_of_wrong_length_or_tokens_are_refused(prompt, prefix, message):
    with pytest.raises(InvalidProblem) as caught:
        problem().state(prompt, prefix)
    assert message in str(caught.value)


def test_a_prefix_leads_to_its_state():
    assert [problem().state(0, prefix) for prefix in ([], [0], [1])] == [0, 0, 1]


def test_product_has_the_coverages_of_its_docstring():
    p = product_problem(horizon=9, weight=0.2, beta=0.1)
    expected = math.log(2 / (1 + math.exp(-2)))
    assert soft_dynamics.log_conditional_coverage(p) == pytest.approx(expected)
    assert soft_dynamics.log_coverage(p) == pytest.approx(9 * expected)


def test_forced_states_have_equal_value_and_unequal_divergence():
    p = forced_problem(horizon=5, beta=0.2)
    best = soft_dynamics.optimum(p)
    for value in best.value:
        assert value[0] == pytest.approx(value[1], abs=1e-15)
    kl = (np.exp(best.log_policy[2]) * (best.log_policy[2] - p.layers[2].log_base)).sum(axis=-1)
    assert kl[0] == pytest.approx(0, abs=1e-14)
    assert kl[1] > 0.1


def test_the_top_of_the_ladder_is_rare_for_the_base_policy_and_common_for_the_optimal_one():
    p = ladder_problem(horizon=20, beta=1 / 30)
    best = soft_dynamics.optimum(p).log_policy
    on = [soft_dynamics.occupancies(p, policy)[-1][1] for policy in (soft_dynamics.base_policy(p), best)]
    assert on[0] == pytest.approx(-19 * math.log(2))
    assert on[1] > math.log(0.9)
    assert soft_dynamics.log_conditional_coverage(p) <= math.log(2) + 1e-12


@pytest.mark.parametrize(
    "p",
    [
        product_problem(horizon=4, weight=0.2, beta=0.1, noise=Gaussian(0.3)),
        random_markov_problem(horizon=3, vocabulary=4, dimension=4, beta=0.2),
        markov_problem(
            base=[[0.5, 0.5], [1.0, 0.0]], reward=np.arange(12.0).reshape(3, 2, 2) / 12, beta=0.3, start=1
        ),
        forced_problem(horizon=4, beta=0.2, vocabulary=3),
        ladder_problem(horizon=6, beta=0.1),
        tree_problem(base=[[[0.2, 0.8]], [[0.5, 0.5], [0.1, 0.9]]], reward=[0.3, 0.1, 0.9, 0.5], beta=0.2),
    ],
    ids=["product", "markov", "markov-with-zeros", "forced", "ladder", "tree"],
)
def test_the_view_as_whole_responses_is_the_same_problem(p):
    view = sequence_view(p)
    assert exact.log_coverage(view)[0] == pytest.approx(float(soft_dynamics.log_coverage(p)), abs=1e-12)
    base = soft_dynamics.base_policy(p)
    assert exact.gap(view, Base())[0] == pytest.approx(float(soft_dynamics.gap(p, base)), abs=1e-12)
    assert view.noise == p.noise
    supported = view.reward[view.base > 0]
    assert p.reward_range == pytest.approx(np.ptp(supported))
    count = p.vocabulary**p.horizon
    tokens = np.array(np.unravel_index(np.arange(count), (p.vocabulary,) * p.horizon)).T
    reward = p.response_reward(np.zeros(count, dtype=np.int64), tokens)
    assert reward == pytest.approx(view.reward[0], abs=1e-12)


def test_the_range_is_that_of_the_widest_prompt():
    wide_first = {"prompt_mass": [0.5, 0.5], "layers": (layer(reward=[[0.0, 0.1], [0.0, 3.0]]), layer())}
    p = problem(start=[0, 1], **wide_first)
    ranges = [problem(start=[s], prompt_mass=[1.0], layers=p.layers).reward_range for s in (0, 1)]
    # In state 1 only token 0 is supported, and leads to state 1 of the last layer: nothing to choose.
    assert ranges == pytest.approx([1.0, 0.0])
    assert p.reward_range == pytest.approx(1.0)
    assert problem(start=[1, 0], **wide_first).reward_range == pytest.approx(1.0)


def test_a_chain_starts_where_it_is_told_to():
    base = [[0.5, 0.5], [0.25, 0.75]]
    p = markov_problem(base=base, reward=np.zeros((2, 2, 2)), beta=1.0, start=1)
    first = soft_dynamics.occupancies(p, soft_dynamics.base_policy(p))[1]
    assert np.exp(first) == pytest.approx([0.25, 0.75])


def test_a_tilt_is_the_length_of_theta_over_beta():
    p = random_markov_problem(horizon=3, vocabulary=4, dimension=2, beta=0.2, tilt=1.7)
    lengths = np.sqrt((p.layers[0].features ** 2).sum(axis=-1))
    assert lengths.max() == pytest.approx(1.0)
    expected = 1.7 * 0.2 / lengths.mean()
    assert np.sqrt((p.theta**2).sum(axis=-1)) == pytest.approx(np.full(3, expected))
    assert p.parameter_radius == pytest.approx(expected)
