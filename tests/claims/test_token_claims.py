"""The token-level claims: their shared code against a second opinion, and whether they notice a broken
engine."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from installed_claims import installed

from explore_theory.exact import soft_dynamics
from explore_theory.foundation import laws
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.problems.autoregressive import ladder_problem, product_problem, tree_problem
from proofs_checks.token_level_improvement import t7_sequence_level, trees
from proofs_checks.token_level_improvement.rational import tree

REGISTRY = installed()


def verdict(selector):
    with Store(":memory:") as store:
        run(REGISTRY.select([selector]), store)
        (result,) = session_results(store, store.sessions()[-1])
        return result.verdict.status


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.sampled_from([(1, 3), (2, 2), (3, 2), (2, 3)]))
def test_rational_trees_agree_with_the_soft_dynamic_programme(seed, shape):
    horizon, tokens = shape
    rng = np.random.default_rng(seed)
    inner = sum(tokens**h for h in range(horizon))
    weights = rng.integers(1, 9, size=(inner, tokens)).tolist()
    exact_laws = [[Fraction(w, sum(row)) for w in row] for row in weights]
    tilts = [Fraction(int(v)) for v in rng.integers(1, 9, size=tokens**horizon)]
    exact = tree(horizon, tokens, exact_laws, tilts)
    bounds = np.cumsum([0, *(tokens**h for h in range(horizon))])
    problem = tree_problem(
        base=[np.array(exact_laws[a:b], dtype=float) for a, b in itertools.pairwise(bounds)],
        reward=[math.log(t) for t in tilts],
        beta=1.0,
    )
    coverage, conditional = (
        soft_dynamics.log_coverage(problem),
        soft_dynamics.log_conditional_coverage(problem),
    )
    assert float(coverage) == pytest.approx(math.log(exact.coverage), abs=1e-12)
    assert float(conditional) == pytest.approx(math.log(exact.conditional_coverage), abs=1e-12)
    assert problem.reward_range == pytest.approx(math.log(exact.reward_range), abs=1e-12)


def test_conditionals_multiply_to_the_law():
    rng = np.random.default_rng(3)
    log_law = laws.log_normalise(3 * rng.normal(size=(4, 27)))
    assert trees.leaves(trees.conditionals(log_law, 3, 3)) == pytest.approx(log_law, abs=1e-12)


@pytest.mark.parametrize("family", ["product", "ladder"])
@pytest.mark.parametrize("horizon", [2, 7, 10])
def test_classes_of_responses_are_those_of_the_family(family, horizon):
    base, best = t7_sequence_level.FAMILIES[family](horizon)
    problem = (
        product_problem(horizon=horizon, weight=0.1 * math.log(4 * horizon), beta=0.1)
        if family == "product"
        else ladder_problem(horizon=horizon, beta=1 / (1.5 * horizon))
    )
    log_base = soft_dynamics.sequence_laws(problem, soft_dynamics.base_policy(problem))[0]
    log_best = laws.optimal(log_base, soft_dynamics.sequence_rewards(problem)[0], problem.beta)
    assert float(laws.coverage(best, base)) == pytest.approx(float(soft_dynamics.log_coverage(problem)))
    assert float(laws.kl(base, best)) == pytest.approx(float(laws.kl(log_base, log_best)))
    for log_draws in (0.1, 1.0):
        found = [
            t7_sequence_level.log_bound(b[None], s[None], np.array([log_draws]))[0]
            for b, s in ((base, best), (log_base, log_best))
        ]
        assert found[0] == pytest.approx(found[1], abs=1e-9)


def forgetful_value(log_base, reward, beta):
    """A soft value at twice the temperature."""
    scale = 2 * np.asarray(beta)
    return scale * laws.log_sum_exp(np.asarray(log_base) + np.asarray(reward) / scale[..., None])


def counting_everything(problem, policy):
    """Divergences at every state alike, wherever the policy goes."""
    best = soft_dynamics.optimum(problem).log_policy
    return np.array(
        [problem.beta * laws.kl(own, star).mean() for own, star in zip(policy, best, strict=True)]
    )


def test_a_broken_soft_value_refutes_the_product_of_tokens(monkeypatch):
    monkeypatch.setattr(soft_dynamics.laws, "soft_value", forgetful_value)
    assert verdict("T1") is Status.REFUTED


def test_broken_occupancies_refute_the_decomposition(monkeypatch):
    monkeypatch.setattr(soft_dynamics, "token_divergences", counting_everything)
    assert verdict("T4") is Status.REFUTED
