"""The instance of appendix H.2: laws by hand, both scales, rewards in [0, 1], and what is refused."""

import math
from dataclasses import fields

import numpy as np
import pytest

from explore_theory import exact, oracles
from explore_theory.errors import InvalidProblem, OracleMisuse
from explore_theory.formulas import Conjunctions, Formula, MixedFormula, random_formula
from explore_theory.foundation.streams import Streams
from explore_theory.policies import Base, Softmax
from explore_theory.problems import SinglePromptDNF

#: ``x1``, ``!x1 & x2 & x3`` and ``x2 & !x2``.
HAND = Conjunctions.of([[1], [-1, 2, 3, 2], [2, -2]], 3, contradictory=True)
BETA = 1 / math.log(5)
SECRET = [1, -1, 1]


def problem(**changes):
    return SinglePromptDNF(**({"formula": HAND, "beta": BETA, "assignment": SECRET} | changes))


def rows(world):
    return world.atoms(np.zeros((1, 1), dtype=np.int64))


@pytest.mark.parametrize(
    ("changes", "features"),
    [
        ({}, [[0, 0, 0], [1, 0, 0], [-1 / 3, 1 / 3, 1 / 3], [0, 0, 0]]),
        ({"features": "printed"}, [[0, 0, 0], [1 / 3, 0, 0], [-1 / 3, 1 / 3, 1 / 3], [0, 0, 0]]),
        (
            {"shifted": True},
            [[0, 0, 0, 0], [1 / 2, 0, 0, 1 / 2], [-1 / 6, 1 / 6, 1 / 6, 1 / 2], [0, 0, 0, 1 / 2]],
        ),
    ],
)
def test_features_rewards_and_laws_are_those_of_the_construction(changes, features):
    world = problem(**changes)
    features = np.array(features)
    theta = np.array([*SECRET, 1][: world.d], dtype=float)
    atoms = rows(world)
    np.testing.assert_allclose(atoms.features[0, 0], features, atol=1e-15)
    np.testing.assert_allclose(world.reward, features @ theta, atol=1e-15)
    np.testing.assert_allclose(np.exp(world.log_base), [4 / 5, 1 / 15, 1 / 15, 1 / 15])
    for other in (theta, -theta, 0.3 * theta):
        weight = np.array([12, 1, 1, 1]) / 15 * np.exp(features @ other / BETA)
        law = weight / weight.sum()
        np.testing.assert_allclose(np.exp(world.log_law(other)), law, rtol=1e-12)
        np.testing.assert_allclose(np.exp(world.log_clauses(other)), 1 - law[0], rtol=1e-12)
        np.testing.assert_allclose(np.exp(Softmax(other).log_law(atoms, BETA))[0, 0], law, rtol=1e-12)
    assert not problem(assignment=None, **changes).reward.any()


def test_the_optimum_is_the_softmax_policy_of_the_assignment():
    for shifted in (False, True):
        world = problem(shifted=shifted)
        assert exact.gap(world, Softmax(np.array([*SECRET, 1.0][: world.d])))[0] == pytest.approx(
            0, abs=1e-14
        )
        law = np.exp(world.log_base)
        best = BETA * math.log((law * np.exp(world.reward / BETA)).sum())
        assert exact.gap(world, Base())[0] == pytest.approx(best - law @ world.reward)


def test_a_learner_is_told_neither_clauses_nor_the_world():
    assert problem().facts == problem(assignment=None).facts
    facts = problem().facts
    assert (facts.d, facts.prompts, facts.responses, facts.reward_range) == (3, 1, 4, 2.0)
    assert facts.coverage == pytest.approx(5 / (1 - 0.2 + 0.04))
    assert problem(shifted=True).facts.coverage == pytest.approx(5)
    assert problem(shifted=True).facts.reward_range == 1
    assert facts.parameter_radius == pytest.approx(math.sqrt(3))
    # The shifted coordinate counts: the longest theta of the cube has all of them at one.
    assert problem(shifted=True).facts.d == 4
    assert problem(shifted=True).facts.parameter_radius == pytest.approx(2)
    # Its most is attained: one satisfied clause among violated ones of one literal each.
    world = problem(formula=MixedFormula([[1]] + [[-1]] * 99, 1), assignment=[1])
    ratio = np.exp(world.log_law([1.0]) - world.log_base).max()
    assert 0.9 * world.facts.coverage < ratio <= world.facts.coverage


def test_a_million_clauses_are_never_listed():
    # Half of them are satisfied: two atoms are enough.
    table = np.where(np.arange(10**6) % 2 == 0, 1, -1)[:, None] * np.array([1, 2])
    world = problem(formula=Conjunctions(table, 40), assignment=np.ones(40))
    assert not world.listed
    q, half = 1 / 5, math.exp(-2 / BETA)
    weight = (1 + half) / 2
    assert math.exp(world.log_clauses(np.ones(40))) == pytest.approx(weight / (1 - q + weight))
    assert world.reward[:3].tolist() == [0, 1, -1]
    features = world.response_features(np.zeros(1, dtype=np.int64), np.array([[0, 1, 2]]))
    np.testing.assert_array_equal(features[0, :, :2], [[0, 0], [0.5, 0.5], [-0.5, -0.5]])


def test_a_policy_is_handed_scores_that_know_nothing_of_rewards():
    scores = rows(problem()).scores
    assert {field.name for field in fields(scores)} == {"variables", "signs", "scale", "d", "shifted"}
    np.testing.assert_array_equal(scores(np.ones(3)), problem().scores(np.ones(3)))


def test_clauses_of_one_width_are_the_same_by_every_class():
    formula = random_formula(m=12, k=3, n=6, streams=Streams(("same",), [0]))
    other = Conjunctions(formula.literals, 6)
    theta = np.linspace(-1, 1, 6)
    for features in ("mended", "printed"):
        one, two = (problem(formula=f, assignment=None, features=features) for f in (formula, other))
        np.testing.assert_allclose(one.log_law(theta), two.log_law(theta), rtol=1e-13)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: problem(formula=[[1]]), "formula must be a Formula, MixedFormula or Conjunctions, got"),
        (lambda: problem(beta=0), "beta must be positive"),
        (
            lambda: problem(beta=1e-3),
            "beta must be at least 1/690, so that e^(1/beta) is a double, got beta=",
        ),
        (lambda: problem(k=2), "k must lie in [3, 3], got k=2"),
        (lambda: problem(k=4), "k must lie in [3, 3], got k=4"),
        (lambda: problem(features="mine"), "features must be"),
        (lambda: problem(shifted=1), "shifted must be True or False, got shifted=1"),
        (lambda: problem(assignment=[1, 1]), "assignment must be 3 signs"),
        (lambda: problem(assignment=[1, 0, 1]), "assignment must be 3 signs"),
        (lambda: problem().scores([1.0, 1.0]), "theta must have shape (.., 3), got theta.shape=(2,)"),
        (lambda: problem().scores([1.0, np.nan, 1.0]), "theta must be finite, got theta[1]=nan"),
        (lambda: problem().log_law([[0] * 3, [0, 0, -np.inf]]), "theta must be finite, got theta[1, 2]=-inf"),
        (lambda: problem().log_clauses([np.nan] * 3), "theta must be finite, got theta[0]=nan"),
        (lambda: rows(problem()).scores([np.nan] * 3), "theta must be finite, got theta[0]=nan"),
        (lambda: Formula([[1, 1]], 2), "got variable 1 twice in term 0"),
        (lambda: Formula([[1, 2, 3]], 2), "k must be at most n (2), got k=3"),
        (
            lambda: MixedFormula([[1], []], 2),
            "terms must hold variables from 1 to 2 or negations, got terms[1]=[]",
        ),
    ],
)
def test_bad_calls(call, message):
    with pytest.raises(InvalidProblem) as caught:
        call()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_rewards_are_queried_only_at_responses_that_were_seen_or_exist():
    oracle = oracles.open(problem(), seed=1)
    ctx = oracle.prompt()
    for response in (4, -2):
        with pytest.raises(OracleMisuse, match="response") as caught:
            oracle.reward(ctx, np.array([response]), np.array([0]))
        assert "\n" not in str(caught.value)
