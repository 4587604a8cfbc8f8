"""A causal model as a problem: exact values against enumeration, and learners that run on it unchanged."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from made_causal import MISSING, needs_lm

from explore_theory import oracles
from explore_theory.algorithms import MTSS, SpannerSampling
from explore_theory.errors import InvalidProblem
from explore_theory.exact import gap, soft_dynamics
from explore_theory.exact.realisation import realisation_errors
from explore_theory.problems import Gaussian, sequence_view

pytestmark = needs_lm
if not MISSING:
    from explore_theory.models.causal import PrefixTree

BETA = 0.2


def paid(prompt, response):
    return float("vv" in response) + 0.25 * (prompt == "c") * len(response) / 4


def whole_responses(model, horizon, tokens):
    """Every response: ended by an end, or cut after `horizon` tokens."""
    ends = set(model.ends)
    others = [token for token in tokens if token not in ends]
    for length in range(1, horizon + 1):
        last = tokens if length == horizon else [token for token in tokens if token in ends]
        yield from (((*first, a)) for first in itertools.product(others, repeat=length - 1) for a in last)


def test_coverage_and_values_are_those_of_all_responses(kinds_model):
    H, prompts = 4, ["c", "vc "]
    tree = PrefixTree(kinds_model, prompts=prompts, horizon=H, dimension=3)
    problem = tree.verified(paid, beta=BETA)
    worst, values, means = -math.inf, [], []
    responses = list(whole_responses(kinds_model, H, range(kinds_model.vocabulary)))
    for prompt in prompts:
        prefix = kinds_model.encoded(prompt)
        logs = [log.sum() for log in kinds_model.log_probabilities([prefix] * len(responses), responses)]
        rewards = np.array([paid(prompt, kinds_model.spelled(response)) for response in responses])
        mass = np.exp(logs)
        assert mass.sum() == pytest.approx(1, abs=1e-6)
        log_z = math.log((mass * np.exp(rewards / BETA)).sum())
        worst = max(worst, rewards.max() / BETA - log_z)
        values.append(BETA * log_z)
        means.append((mass * rewards).sum())
    assert soft_dynamics.log_coverage(problem) == pytest.approx(worst, rel=1e-5)
    base = soft_dynamics.base_policy(problem)
    assert soft_dynamics.objective(problem, base) == pytest.approx(np.mean(means), rel=1e-5)
    assert soft_dynamics.gap(problem, base) == pytest.approx(np.mean(values) - np.mean(means), rel=1e-4)
    assert problem.reward_range == pytest.approx(1.25, abs=1e-12)


def test_what_has_ended_stays_so_and_is_paid_once(kinds_model):
    H = 3
    problem = PrefixTree(kinds_model, prompts=["c"], horizon=H, dimension=2).verified(
        lambda _, response: 1.0 + len(response), beta=BETA
    )
    end, letter = kinds_model.ends[0], 1
    rows = np.array([[end, end, end], [letter, end, end], [letter, letter, end], [letter, letter, letter]])
    np.testing.assert_allclose(problem.response_reward(np.zeros(4, dtype=int), rows), [1.0, 2.0, 3.0, 4.0])
    over = problem.layers[1].log_base[-1]
    assert over[end] == 0
    assert np.all(np.delete(over, end) == -np.inf)
    assert not problem.layers[1].features[-1].any()


def test_a_tree_of_some_tokens_is_the_law_given_them(kinds_model):
    some = [1, 2, 3]
    tree = PrefixTree(kinds_model, prompts=["c"], horizon=3, dimension=2, tokens=some)
    assert "given that each token is one of 3" in tree.law
    problem = tree.verified(paid, beta=BETA)
    prefix = kinds_model.encoded("c")
    law = np.exp(kinds_model.law([(*prefix, 2)])[0][some])
    np.testing.assert_allclose(problem.layers[1].base[1], law / law.sum(), rtol=1e-6)
    assert [layer.states for layer in problem.layers] == [1, 3, 9]
    assert tree.prefixes == 13


def test_linear_rewards_are_realised_on_the_law_of_the_model(kinds_model):
    tree = PrefixTree(kinds_model, prompts=["c", "vc"], horizon=4, dimension=3)
    problem = tree.linear(beta=BETA)
    assert problem.theta is not None
    assert realisation_errors(problem).max() < 1e-8
    lengths = [np.sqrt((layer.features**2).sum(axis=-1)).max() for layer in problem.layers]
    assert max(lengths) == pytest.approx(1, abs=1e-12)
    other = tree.linear(beta=BETA, seed=1)
    assert np.abs(other.theta - problem.theta).max() > 1e-3


def test_features_are_those_of_the_prefix_with_the_token(kinds_model):
    tree = PrefixTree(kinds_model, prompts=["c"], horizon=2, dimension=3)
    mine = tree.linear(beta=BETA).layers[1].features
    prefix = kinds_model.encoded("c")
    plain = kinds_model.features([(*prefix, 2, a) for a in range(kinds_model.vocabulary)], 3)
    # States of the second layer are the tokens that do not end, the second is token 2. One scale for all.
    seen, wanted = mine[1][1:] - mine[1][0], plain[1:] - plain[0]
    scale = (seen * wanted).sum() / (wanted * wanted).sum()
    assert scale > 0.1
    np.testing.assert_allclose(seen, scale * wanted, atol=1e-4 * scale)


def told(problem):
    """With the coverage that token learners are told."""
    most = float(np.exp(soft_dynamics.log_conditional_coverage(problem)))
    return replace(problem, conditional_coverage=most * (1 + 1e-9))


def test_a_token_learner_reaches_a_small_exact_gap_on_a_gpt(kinds_model):
    tree = PrefixTree(kinds_model, prompts=["c", "vc"], horizon=5, dimension=2)
    problem = told(tree.linear(beta=BETA, noise=Gaussian(0.1)))
    oracle = oracles.open_tokens(problem, seed=0)
    (policy,) = MTSS.practical(oracle.facts, eps=0.02).run(oracle).policies
    reached = soft_dynamics.gap(problem, oracles.token_tables(problem, policy))
    assert reached < 0.02
    assert reached < soft_dynamics.gap(problem, soft_dynamics.base_policy(problem)) / 10
    assert oracle.ledger.compute[0] > 0


@pytest.mark.slow
def test_a_sequence_learner_runs_on_whole_responses_of_a_gpt(kinds_model):
    tree = PrefixTree(kinds_model, prompts=["c"], horizon=2, dimension=2, tokens=[2, 3])
    problem = tree.verified(lambda _, response: float(response == "vv"), beta=BETA, noise=Gaussian(0.1))
    view = sequence_view(problem, coverage=float(np.exp(soft_dynamics.log_coverage(problem))) * (1 + 1e-9))
    oracle = oracles.open(view, law="exact-law", seed=0, replicates=4)
    policy = SpannerSampling(eps=0.1, delta=0.2).run(oracle)
    assert np.median(gap(view, policy)) < 0.1


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"prompts": "cv"}, "prompts must be a list of texts, got the text 'cv'"),
        ({"prompts": []}, "prompts must hold one"),
        ({"horizon": 0}, "horizon"),
        ({"dimension": 0}, "dimension"),
        ({"horizon": 12}, "prefixes must be at most 131072, .* 1 prompts, 4 tokens and horizon=12"),
        ({"tokens": [1]}, "tokens must be two distinct"),
        ({"tokens": [1, 1]}, "tokens must be two distinct"),
        ({"tokens": [1, 9]}, "tokens"),
        ({"prompts": ["c" * 22]}, "context of 24 tokens"),
    ],
)
def test_bad_trees_are_refused(kinds_model, given, says):
    with pytest.raises(InvalidProblem, match=says):
        PrefixTree(kinds_model, **({"prompts": ["c"], "horizon": 3, "dimension": 2} | given))


def test_a_reward_that_is_no_number_is_refused(kinds_model):
    tree = PrefixTree(kinds_model, prompts=["c"], horizon=1, dimension=2)
    with pytest.raises(InvalidProblem, match="reward must be finite, got nan"):
        tree.verified(lambda *_: math.nan, beta=BETA)
