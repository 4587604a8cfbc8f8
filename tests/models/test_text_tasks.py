"""Problems on text: exact values against enumeration, and learners that run on them unchanged."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from explore_theory import oracles
from explore_theory.algorithms import MTSS, SpannerSampling
from explore_theory.errors import InvalidProblem
from explore_theory.exact import gap, soft_dynamics
from explore_theory.exact.realisation import realisation_errors
from explore_theory.models import NGram, feature_rewards, pattern_rewards
from explore_theory.problems import Gaussian, sequence_view

TEXT = "the cat that sat on the mat ate the rat " * 3
BETA = 0.2


def kinds(text: str) -> str:
    """Vowels, consonants, spaces."""
    return "".join(" " if c == " " else "v" if c in "aeiou" else "c" for c in text)


def paid(problem, rows, prompt=0):
    """Rewards of responses to a prompt."""
    tokens = np.array(rows)
    return problem.response_reward(np.full(len(tokens), prompt), tokens)


def small(order: int = 3) -> NGram:
    return NGram.fit(kinds(TEXT), order)


def test_a_pattern_is_paid_where_it_occurs_and_nowhere_else():
    model, H = small(), 6
    problem = pattern_rewards(model, "cvc", horizon=H, beta=BETA, prompts=["c"])
    total = best = 0.0
    for tokens in itertools.product(range(model.tokens), repeat=H):
        text = model.spelled(tokens)
        reward = float("cvc" in text)
        assert paid(problem, [tokens])[0] == reward
        weight = math.exp(model.log_probability(text, "c") + reward / BETA)
        total, best = total + weight, max(best, reward / BETA)
    assert soft_dynamics.log_coverage(problem) == pytest.approx(best - math.log(total), rel=1e-10)


@pytest.mark.parametrize("pattern", ["cvc", "cc", "cvcvc", "c", "ccv", "ccvccc"])
def test_overlapping_beginnings_are_followed(pattern):
    """The automaton against searching the text: "cvcvc" comes after "cvcv" by "c", also within "cvcvcvc"."""
    model = small(2)
    problem = pattern_rewards(model, pattern, horizon=7, beta=BETA)
    rows = np.array(list(itertools.product(range(model.tokens), repeat=7)))
    found = np.array([pattern in model.spelled(row) for row in rows])
    np.testing.assert_array_equal(paid(problem, rows) > 0, found)


def test_feature_rewards_are_realised_on_the_law_of_text():
    model = small()
    problem = feature_rewards(
        model, horizon=4, dimension=2, beta=BETA, prompts=["", "th".replace("t", "c").replace("h", "c")]
    )
    assert realisation_errors(problem).max() < 1e-8
    assert problem.prompt_mass.tolist() == [0.5, 0.5]
    total = [
        math.exp(model.log_probability(model.spelled(row), prompt) + paid(problem, [row], x)[0] / BETA)
        for x, prompt in enumerate(["", "cc"])
        for row in itertools.product(range(model.tokens), repeat=4)
    ]
    half = len(total) // 2
    values = [BETA * math.log(sum(total[:half])), BETA * math.log(sum(total[half:]))]
    base = soft_dynamics.objective(problem, soft_dynamics.base_policy(problem))
    shortfall = soft_dynamics.gap(problem, soft_dynamics.base_policy(problem))
    assert base + shortfall == pytest.approx(np.mean(values), rel=1e-10)


def test_features_are_of_the_last_token_and_the_next():
    model = small()
    features = feature_rewards(model, horizon=2, dimension=2, beta=BETA).layers[0].features
    for i, mine in enumerate(model.contexts):
        for j, other in enumerate(model.contexts):
            assert np.array_equal(features[i], features[j]) == (mine[-1:] == other[-1:])


def told(problem):
    """With the coverage that token learners are told."""
    ends = np.exp(soft_dynamics.log_conditional_coverage(problem))
    return replace(problem, conditional_coverage=float(np.max(ends)) * (1 + 1e-9))


@pytest.mark.parametrize("kind", ["features", "pattern"])
def test_a_token_learner_runs_on_text(kind):
    model = small()
    made = (
        feature_rewards(model, horizon=5, dimension=2, beta=BETA, noise=Gaussian(0.1))
        if kind == "features"
        else pattern_rewards(model, "cc", horizon=5, beta=BETA, noise=Gaussian(0.1))
    )
    problem = told(made)
    oracle = oracles.open_tokens(problem, seed=0)
    (policy,) = MTSS.practical(oracle.facts, eps=0.05).run(oracle).policies
    reached = soft_dynamics.gap(problem, oracles.token_tables(problem, policy))
    start = soft_dynamics.gap(problem, soft_dynamics.base_policy(problem))
    assert reached < start / 3


@pytest.mark.slow
def test_a_sequence_learner_runs_on_whole_responses_of_it():
    problem = pattern_rewards(small(1), "cc", horizon=2, beta=BETA, noise=Gaussian(0.1))
    view = sequence_view(problem, coverage=float(np.exp(soft_dynamics.log_coverage(problem))) * (1 + 1e-9))
    oracle = oracles.open(view, law="exact-law", seed=0, replicates=4)
    policy = SpannerSampling(eps=0.1, delta=0.2).run(oracle)
    assert np.median(gap(view, policy)) < 0.1


@pytest.mark.parametrize(
    ("pattern", "more", "says"),
    [
        ("", {}, "at least one token"),
        ("cvcv", {"horizon": 3}, "at most horizon=3, got 4"),
        ("x", {}, "got 'x'"),
        ("c", {"value": -1.0}, "value"),
        ("c", {"beta": 0.0}, "beta"),
        ("c", {"prompts": []}, "prompts must hold one"),
        ("c", {"prompts": "vc"}, "prompts must be a list of texts, got the text 'vc'"),
        ("c", {"prompts": ["?"]}, "got '\\?'"),
    ],
)
def test_bad_tasks_are_refused(pattern, more, says):
    with pytest.raises(InvalidProblem, match=says):
        pattern_rewards(small(), pattern, **({"horizon": 4, "beta": 0.2} | more))
