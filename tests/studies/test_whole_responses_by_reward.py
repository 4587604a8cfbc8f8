"""Whole responses by their rewards: the same coverage, values and gaps as all responses one by one."""

import math

import numpy as np
import pytest

from explore_theory import exact
from explore_theory.errors import InvalidProblem
from explore_theory.exact import soft_dynamics
from explore_theory.models import NGram, feature_rewards, share_rewards
from explore_theory.policies import Base, BestOf
from explore_theory.problems import Gaussian, random_markov_problem, sequence_view
from explore_theory.studies.responses import by_reward, least_log_draws

TEXT = "the cat sat on the mat and the dog ate the rest of it " * 5
KINDS = ["v" if c in "aeiou" else " " if c == " " else "c" for c in TEXT]


def shares(H=5, order=2, prompts=(" ", "c"), tilt=2.0):
    model = NGram.fit(KINDS, order)
    return share_rewards(
        model, "v", horizon=H, beta=1 / (tilt * H), prompts=list(prompts), noise=Gaussian(0.3)
    )


PROBLEMS = {
    "shares": shares(),
    "one length": shares(H=1),
    "of every prefix": random_markov_problem(horizon=4, vocabulary=3, dimension=2, beta=0.3),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_it_is_the_same_bandit(name):
    problem = PROBLEMS[name]
    view, listed = by_reward(problem), sequence_view(problem)
    assert exact.gap(view, Base()) == pytest.approx(exact.gap(listed, Base()), rel=1e-9)
    assert exact.gap(view, Base())[0] == pytest.approx(
        float(soft_dynamics.gap(problem, soft_dynamics.base_policy(problem))), rel=1e-9
    )
    assert float(exact.log_coverage(view).max()) == pytest.approx(
        float(soft_dynamics.log_coverage(problem)), rel=1e-9
    )
    assert view.facts.reward_range == pytest.approx(problem.reward_range, rel=1e-9)
    assert np.abs(view.features).max() == 1.0
    for N in (1, 3, 1000):
        mine = exact.gap(view, BestOf(np.ones(1), N))
        whole = exact.gap(listed, BestOf(np.asarray(listed.theta_star), N))
        # Sums of equal rewards differ by rounding in the list, so that ties are broken there.
        if name != "shares" or N == 1:
            assert mine == pytest.approx(whole, rel=1e-6)


def test_masses_are_those_of_counts():
    """Every token a vowel with chance 1/4: a binomial law."""
    model = NGram.fit(["v", "c", "c", "c"] * 4, 1)
    p = float(model.law[0, model.vocabulary.index("v")])
    view = by_reward(share_rewards(model, "v", horizon=6, beta=0.1))
    k = np.arange(7)
    law = [math.comb(6, int(i)) * p**i * (1 - p) ** (6 - i) for i in k]
    assert np.exp(view.log_base[0]) == pytest.approx(law)
    assert view.reward[0] == pytest.approx(k / 6)


def test_equal_rewards_are_refused_and_too_many_sums_too(monkeypatch):
    from explore_theory.problems import markov_problem
    from explore_theory.studies import responses

    flat = markov_problem(base=[[0.5, 0.5], [0.5, 0.5]], reward=np.zeros((2, 2, 2)), beta=1.0)
    with pytest.raises(InvalidProblem, match="one and the same"):
        by_reward(flat)
    monkeypatch.setattr(responses, "MOST_SUMS", 8)
    with pytest.raises(InvalidProblem, match="rewards of prefixes must be at most 8"):
        by_reward(random_markov_problem(horizon=4, vocabulary=3, dimension=2, beta=0.3))


def test_shares_keep_the_assumptions():
    problem = shares(H=7, order=3)
    assert problem.reward_range == pytest.approx(1.0)
    best = soft_dynamics.optimum(problem)
    for h, q in enumerate(best.q):
        linear = (problem.layers[h].features * problem.theta[h]).sum(axis=-1)
        off = (q - linear) - (q - linear)[:, :1]
        assert np.abs(off).max() < 1e-12
    told = math.log(problem.conditional_coverage)
    assert 0 <= told - float(soft_dynamics.log_conditional_coverage(problem)) < 1e-8
    assert np.sqrt((problem.theta**2).sum(axis=1)).max() == problem.parameter_radius


@pytest.mark.parametrize(("wanted", "got"), [("", 0), ("vc ", 3)])
def test_some_tokens_are_wanted_and_not_all(wanted, got):
    with pytest.raises(InvalidProblem, match=f"wanted must be some of the 3 tokens and not all, got {got}"):
        share_rewards(NGram.fit(KINDS, 2), wanted, horizon=2, beta=0.1)


def brute_least(base, best, accuracy, beta):
    """By a fine search over T and c."""
    from scipy.optimize import brentq

    def gap(T):
        c = brentq(lambda c: np.minimum(T * base, c * best).sum() - 1, 0, 1e9)
        law = np.minimum(T * base, c * best)
        return beta * float((law * np.log(law / best)).sum())

    return brentq(
        lambda log_t: gap(math.exp(log_t)) - accuracy, 1e-9, float(np.log(best / base).max()) - 1e-9
    )


def test_the_least_number_of_draws_is_that_of_the_nearest_law():
    view = by_reward(shares(H=6, prompts=[" "]))
    base = np.exp(view.log_base[0])
    best = base * np.exp(view.reward[0] / view.beta)
    best /= best.sum()
    for part in (0.5, 0.05, 0.001):
        accuracy = part * float(exact.gap(view, Base())[0])
        expected = brute_least(base, best, accuracy, view.beta)
        assert least_log_draws(view, accuracy) == pytest.approx(expected, rel=1e-6)


def test_the_base_policy_needs_one_draw_and_the_optimum_its_coverage():
    view = by_reward(shares(H=6))
    base = float(exact.gap(view, Base())[0])
    assert least_log_draws(view, base * (1 + 1e-9)) == 0.0
    assert least_log_draws(view, base * 0.999) > 0
    coverage = float(exact.log_coverage(view).max())
    assert 0.9 * coverage < least_log_draws(view, 1e-15) <= coverage


def test_no_rule_beats_the_least_number():
    """Best of N returns one of N draws; at its gap the least number is N at most."""
    view = by_reward(shares(H=6))
    for N in (2, 8, 64):
        gap = float(exact.gap(view, BestOf(np.ones(1), N))[0])
        assert least_log_draws(view, gap) <= math.log(N) * (1 + 1e-9)


def test_feature_rewards_have_as_many_rewards_as_responses():
    text = [c for c in TEXT if c in "etao"]
    problem = feature_rewards(NGram.fit(text, 2), horizon=3, dimension=2, beta=0.2)
    view = by_reward(problem)
    assert view.log_base.shape[1] == problem.vocabulary**3
