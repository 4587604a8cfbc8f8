"""Learners that hold arrays are played as they are, and the page says where they ran."""

from pathlib import Path

import numpy as np
import pytest

from explore_theory.challenging import challenge as challenges
from explore_theory.challenging import judging
from explore_theory.challenging.array_player import ArrayPlayer, cost
from explore_theory.challenging.games import NeedleGame
from explore_theory.challenging.integrity import kept_apart
from explore_theory.challenging.judging import against
from explore_theory.challenging.process import Declared
from explore_theory.errors import InvalidProblem
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.policies import Base, BestOf, Mixture, PointMass, Softmax

HERE = Path(__file__).parent / "array_learners.py"
GAME = NeedleGame(coverage=8.0)


def player(name):
    return ArrayPlayer(f"{HERE}:{name}", {}, Declared(name=name, proper=False, arrays=True), 99)


@pytest.mark.parametrize("name", ["Finds", "OneByOne"])
def test_an_honest_one_obeys_the_bound_and_is_the_same_alone(name):
    one = player(name)
    runs = one.play(GAME, GAME.budget(8), range(300))
    found = against(GAME, GAME.budget(8), runs, 1e-4)
    assert found.status is not Status.REFUTED
    assert 0.5 < runs.successes(GAME.eps) / 300 < 0.75
    # The seventh call finds, or the budget is spent; one more for the output.
    assert runs.calls.max() == 8
    assert not runs.strong
    assert kept_apart(one, GAME, GAME.budget(8)).finding.status is Status.HOLDS


def test_one_that_pools_its_rows_is_found():
    found = kept_apart(player("Pools"), GAME, GAME.budget(8)).finding
    assert found.status is Status.REFUTED
    assert "keeps something from one replicate to another" in found.reason


def test_an_output_beyond_the_budget_does_not_count():
    runs = player("Dear").play(GAME, GAME.budget(8), range(20))
    assert runs.over.all()
    assert np.isinf(runs.gap).all()


def test_one_call_too_many_for_the_output_does_not_count():
    runs = player("OneTooMany").play(GAME, GAME.budget(8), range(64))
    assert runs.over.tolist() == (runs.calls == 9).tolist()
    assert 0 < runs.over.sum() < 64


@pytest.mark.parametrize(
    ("name", "said"), [("TooLong", "theta must lie in"), ("Raises", "got ValueError: no idea")]
)
def test_what_goes_wrong_is_a_line(name, said):
    runs = player(name).play(GAME, GAME.budget(30), range(20))
    assert said in runs.failures[0].line
    assert "\n" not in runs.failures[0].line


def test_a_response_of_an_output_costs_what_it_costs():
    facts = GAME.problem([0], 1).facts
    theta = np.zeros(256)
    costs = [
        (Base(), 1),
        (Softmax(theta), 1),
        (BestOf(theta, 7), 7),
        (PointMass([3]), 0),
        (Mixture([0.5, 0.5], (PointMass([3]), BestOf(theta, 9))), 9),
    ]
    assert [float(np.max(cost(policy, facts))) for policy, _ in costs] == [number for _, number in costs]
    with pytest.raises(InvalidProblem, match="got a int"):
        cost(7, facts)


@pytest.mark.slow
def test_the_record_says_that_it_was_not_kept_apart(monkeypatch):
    monkeypatch.setattr(judging, "RESOLUTION", 0.1)
    found = challenges.challenge("explore_theory.algorithms:WeakSampling", seed=4)
    assert found.status is Status.HOLDS, [f.reason for f in found.findings]
    assert "ran in the oracle's process" in found.isolation[0]
