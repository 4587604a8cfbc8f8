"""Definition 4.1 as printed: single queries at a parameter each, what they cost, and a search by its law."""

import math

import numpy as np
import pytest

from explore_theory import oracles
from explore_theory.errors import BudgetExceeded, OracleMisuse
from explore_theory.formulas import Conjunctions, Formula, planted_formula
from explore_theory.foundation.streams import Streams
from explore_theory.oracles import OnePromptOracle
from explore_theory.problems import DNF, SinglePromptDNF, TabularProblem

FORMULA = Conjunctions.of([[1], [-1, 2], [2, -2]], 2, contradictory=True)


def world(**changes):
    settings = {"formula": FORMULA, "beta": 1 / math.log(3), "assignment": [1, 1]}
    return SinglePromptDNF(**(settings | changes))


def opened(law="literal", replicates=8, **options):
    return oracles.open_proper(world(), law=law, replicates=replicates, **options)


@pytest.mark.parametrize("law", ["literal", "exact-law"])
def test_a_query_is_one_prompt_one_response_and_one_reward(law):
    oracle = opened(law)
    assert isinstance(oracle, OnePromptOracle)
    found = oracle.query([1, 1], log_probs=True)
    assert found.served.all()
    for kind in ("prompt", "strong", "reward"):
        assert (oracle.ledger.total(kind) == 1).all()
    np.testing.assert_allclose(found.reward, world().reward[found.response])
    features = np.array([[0, 0], [1, 0], [-0.5, 0.5], [0, 0]])
    np.testing.assert_allclose(found.features, features[found.response])
    np.testing.assert_allclose(found.log_prob, world().log_law([1.0, 1.0])[found.response])
    assert np.isnan(oracle.query([0, 0]).log_prob).all()
    assert not found.reward.flags.writeable


def test_queries_are_counted_as_the_paper_counts_them():
    oracle = opened()
    first = np.arange(8) < 3
    oracle.query([1, 1])
    oracle.query([1, -1], rows=first)
    oracle.round([1, 1], [0, 0])
    assert oracle.queries.tolist() == [4, 4, 4, 3, 3, 3, 3, 3]
    thetas = [(a[0].tolist(), b[0].tolist(), rows.sum()) for a, b, rows in oracle.transcript]
    assert thetas == [([1, 1], [1, 1], 8), ([1, -1], [1, -1], 3), ([1, 1], [0, 0], 8)]


def test_responses_have_the_law_of_the_policy():
    oracle = opened(replicates=20_000)
    theta = np.array([0.5, -1.0])
    share = np.bincount(oracle.query(theta).response, minlength=4) / 20_000
    np.testing.assert_allclose(share, np.exp(world().log_law(theta)), atol=0.015)


@pytest.mark.parametrize("theta", [[1.1, 0], [np.nan, 0], [1, 1, 1]])
def test_parameters_outside_are_refused_before_anything_is_drawn(theta):
    oracle = opened()
    with pytest.raises(OracleMisuse) as caught:
        oracle.query(theta)
    assert "theta" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not oracle.ledger.compute.any()
    assert oracle.transcript == ()


def test_a_budget_ends_a_query():
    oracle = opened(budgets={"reward": 1})
    assert oracle.query([0, 0]).served.all()
    late = oracle.query([0, 0])
    assert not late.served.any()
    assert np.isnan(late.reward).all()
    assert not late.features.any()
    assert (late.response < 0).all()
    assert (oracle.queries == 1).all()
    strict = opened(budgets={"reward": 1}, strict=True)
    strict.query([0, 0])
    with pytest.raises(BudgetExceeded):
        strict.query([0, 0])


def test_only_problems_with_one_prompt_have_queries():
    formula, _ = planted_formula("hadamard", m=6, k=3, n=6, streams=Streams(("one",), [0]))
    oracle = oracles.open_proper(DNF(formula=formula, eta=0.25))
    with pytest.raises((OracleMisuse, AttributeError), match="one prompt"):
        oracle.query(np.zeros(6))


def test_a_formula_of_one_term_is_searched_by_its_law_and_queried_literally():
    one = DNF(formula=Formula([[1, 2, 3]], 3), eta=2.0**-10)
    found = oracles.open_proper(one, law="exact-law", replicates=50).search_signs(10**4)
    assert found.served.all()
    assert oracles.open_proper(one).query(np.zeros(3)).served.all()


@pytest.mark.parametrize("rewarded", [True, False])
def test_a_search_by_its_law_is_that_of_the_tries_one_by_one(rewarded):
    """The number of tries is geometric: the mean over signs of the mass of responses with a feature."""
    thetas = np.array([[a, b] for a in (1, -1) for b in (1, -1)])
    shows = np.exp(world().log_law(thetas))[:, 1:3].sum(-1).mean()
    p = 1 - (1 - shows) ** 2 if rewarded else shows
    for law in ("literal", "exact-law"):
        oracle = opened(law, replicates=2_000)
        found = oracle.search_signs(10**4, rewarded=rewarded)
        assert found.served.all()
        assert found.used.mean() == pytest.approx(1 / p, rel=0.08)
        assert (found.used == 1).mean() == pytest.approx(p, abs=0.04)
        calls = oracle.ledger.total("strong")
        np.testing.assert_array_equal(calls, (2 if rewarded else 1) * found.used)
        if rewarded:
            np.testing.assert_array_equal(oracle.queries, 2 * found.used)
            assert sum(rows.sum() for _, _, rows in oracle.transcript) == found.used.sum()
            np.testing.assert_allclose(found.rewards, world().reward[found.response])


def test_a_search_stops_at_its_budget():
    for law in ("literal", "exact-law"):
        rare = SinglePromptDNF(formula=Conjunctions.of([[1, -1]], 1, contradictory=True), beta=0.05)
        oracle = oracles.open_proper(rare, law=law, replicates=3)
        found = oracle.search_signs([0, 5, 9])
        assert not found.served.any()
        assert found.used.tolist() == [0, 5, 9]
        assert oracle.queries.tolist() == [0, 10, 18]


def test_other_problems_with_one_prompt_have_no_search_by_its_law():
    features = np.eye(3)[None, :, :2]
    plain = TabularProblem(
        prompt_mass=[1.0], base=np.full((1, 3), 1 / 3), features=features, reward=[[0, 1, 0]], beta=1.0
    )
    oracle = oracles.open_proper(plain, law="exact-law")
    with pytest.raises(OracleMisuse, match="problem must be a DNF or a SinglePromptDNF"):
        oracle.search_signs(4)
