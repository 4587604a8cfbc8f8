"""What the oracle of decision processes refuses, and what no learner can reach."""

import copy
import math
import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from explore_theory import oracles
from explore_theory.errors import InvalidProblem, OracleFault, OracleMisuse
from explore_theory.oracles.processes.opening import open_process
from explore_theory.oracles.processes.protocol import Visits
from explore_theory.problems import HiddenNeedle, NoNoise, random_process
from tests.oracles.test_process_oracle import DATA, PROBLEM, data, opened, problem

NEEDLE = {"responses": 9, "coverage": 3, "dimension": 1, "beta": 0.5}


def refused(call, message, kind=OracleMisuse):
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value).startswith(message), str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["act", "move", "features"])
@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ([0], "actions must be 2 actions, got int64 of shape (1,)"),
        ([[0, 0]], "actions must be 2 actions, got int64 of shape (1, 2)"),
        ([0.0, 1.0], "actions must be 2 actions, got float64"),
        ([True, False], "actions must be 2 actions, got bool"),
        ([0, 3], "actions must lie in [0, 2], got 3"),
        ([-1, 0], "actions must lie in [0, 2], got -1"),
        (["a", "b"], "actions must be 2 actions, got <U1"),
    ],
)
def test_actions_that_are_none_are_refused_before_anything_is_charged(name, actions, message):
    oracle = opened()
    here = oracle.prompts([0, 0])
    refused(lambda: getattr(oracle, name)(here, actions), message)
    assert not oracle.ledger.data.any()
    assert not oracle.ledger.compute.any()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([2], "rows[0] must lie in [0, 1], got rows[0]=2"),
        ([-1], "rows[0] must lie in [0, 1], got rows[0]=-1"),
        ([[0], [1]], "rows must be a list of replicates, got rows.shape=(2, 1)"),
        (0, "rows must be a list of replicates, got rows.shape=()"),
        ([0.0], "rows must be whole numbers, got rows.dtype='float64'"),
    ],
)
def test_rows_that_are_none_are_refused(rows, message):
    oracle = opened(replicates=2)
    refused(lambda: oracle.prompts(rows), message, InvalidProblem)
    assert not oracle.ledger.total("prompt").any()


def test_states_can_only_be_reset_to_by_tickets_of_this_oracle():
    oracle, other = opened(), opened()
    mine, foreign = oracle.prompts([0]), other.prompts([0])
    for call in (
        lambda visits: oracle.act(visits, [0]),
        lambda visits: oracle.move(visits, [0]),
        lambda visits: oracle.features(visits, [0]),
        oracle.anchor,
        oracle.draw,
    ):
        refused(
            lambda call=call: call(foreign), "visits must come from this oracle, got Visits(count=1, stage=0)"
        )
        refused(lambda call=call: call(0), "visits must come from this oracle, got a int")
        refused(lambda call=call: call(np.eye(3)), "visits must come from this oracle, got a ndarray")
        refused(lambda call=call: call(None), "visits must come from this oracle, got a NoneType")
    refused(lambda: Visits(oracle, [0], 1, [2], [0]), "visits must be started or moved to at an oracle")
    refused(lambda: Visits.joined([mine, foreign]), "visits must have one stage to be joined")
    refused(lambda: Visits.joined([mine, oracle.move(mine, [0])]), "visits must have one stage to be joined")
    refused(lambda: Visits.joined([]), "parts must be visits, at least one")
    refused(lambda: Visits.joined([mine, "start"]), "parts must be visits, at least one")


def test_tickets_cannot_be_changed_nor_show_their_state():
    oracle = opened(replicates=2)
    here = oracle.prompts([0, 1])
    for name in ("rows", "stage", "count", "state"):
        with pytest.raises(AttributeError):
            setattr(here, name, 1)
    with pytest.raises(ValueError, match="read-only"):
        here.rows[0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        here.rows.flags.writeable = True
    assert {name for name in dir(here) if not name.startswith("_")} == {
        "count", "joined", "pick", "repeated", "rows", "stage",
    }  # fmt: skip
    assert repr(here) == "Visits(count=2, stage=0)"
    assert copy.deepcopy(here) is here
    assert copy.copy(here) is here


@pytest.mark.parametrize("which", [[5], [-3], np.array([True, False, True]), "all", 2.0])
def test_tickets_are_picked_by_places_among_them(which):
    here = opened().prompts([0, 0])
    refused(lambda: here.pick(which), "which must be a slice, a mask or indices of 2 visits")
    refused(lambda: here.pick([[0, 1], [1, 0]]), "which must have one axis, got 2")
    refused(lambda: here.repeated(-1), "times must be at least 0", InvalidProblem)


def test_nothing_leads_on_from_the_last_stage():
    oracle = opened()
    end = oracle.move(oracle.move(oracle.prompts([0]), [0]), [0])
    refused(
        lambda: oracle.move(end, [0]), "visits must be before the last stage to move on, got stage 2 of 3"
    )
    assert data(oracle) == [0, 2, 0]


def test_no_visits_at_all_cost_nothing():
    oracle = opened()
    none = oracle.prompts(np.array([], dtype=int))
    reward, after = oracle.act(none, np.array([], dtype=int))
    assert reward.size == after.count == oracle.draw(after).actions.size == 0
    assert not oracle.ledger.counts.any()


@pytest.mark.parametrize("bad", [0, -1, 1.5, math.nan, "3", None, [1], True])
def test_numbers_of_draws_are_whole_and_positive(bad):
    oracle = opened()
    here = oracle.prompts([0])
    refused(lambda: oracle.draw(here, bad), "m must be", InvalidProblem)
    assert not oracle.ledger.compute.any()


def test_who_needs_an_anchor_must_have_one():
    bare = open_process(random_process(horizon=2, states=2, actions=2, dimension=2, beta=1, anchor=None))
    assert bare.facts.anchor is None
    refused(lambda: bare.anchor(bare.prompts([0])), "anchor must be an action of the process")
    assert not bare.ledger.compute.any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: open_process("tokens"), "problem must be a DecisionProcess, got a str"),
        (lambda: opened(replicates=0), "replicates must be at least 1, got replicates=0"),
        (lambda: opened(budgets={"resets": 3}), "budgets must be one of"),
        (lambda: opened(budgets={"reset": -1}), "budgets must be numbers >= 0, got budgets['reset']=-1"),
        # Each of the other doors says which one is right.
        (
            lambda: oracles.open(PROBLEM),
            "problem must have whole responses, as TabularProblem has (open_tokens and open_process open "
            "others), got a DecisionProcess",
        ),
        (lambda: oracles.open_proper(PROBLEM), "problem must have whole responses"),
        (
            lambda: oracles.open_tokens(PROBLEM),
            "problem must be an AutoregressiveProblem, got a DecisionProcess",
        ),
    ],
)
def test_openings_that_make_no_sense_are_refused(call, message):
    with pytest.raises((InvalidProblem, OracleMisuse)) as caught:
        call()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


# --- the door -----------------------------------------------------------------------------------------------


def test_there_is_no_rehearsal_and_facts_are_a_copy():
    oracle = opened()
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(OracleMisuse, match="oracle must be used as it is"):
            copied(oracle)
    assert oracle.facts is not PROBLEM.facts
    assert oracle.facts == PROBLEM.facts
    with pytest.raises(FrozenInstanceError):
        oracle.facts.beta = 1.0
    for name in ("objective", "reward", "search", "extend", "stages"):
        with pytest.raises(AttributeError):
            getattr(oracle, name)


def test_an_error_inside_closes_the_oracle_and_tells_no_number():
    class Broken(NoNoise):
        def observe(self, reward, streams, active=None):
            raise ArithmeticError(f"the reward is {reward}")

    oracle = open_process(problem(noise=Broken()))
    here = oracle.prompts([0])
    with pytest.raises(OracleFault) as caught:
        oracle.act(here, [0])
    assert "the reward is" not in str(caught.value)
    with pytest.raises(OracleMisuse, match="oracle must be open"):
        oracle.act(here, [0])


def test_phases_are_counted_apart():
    oracle = opened()
    with oracle.phase("looking"):
        here = oracle.prompts([0])
        oracle.move(here, [0])
    oracle.move(here, [0])
    assert int(oracle.ledger.total("transition", phase="looking")[0]) == 1
    assert int(oracle.ledger.total("reset", phase="looking")[0]) == 0
    assert int(oracle.ledger.total(*DATA)[0]) == 3


@pytest.mark.parametrize(
    ("door", "kind"),
    [
        (lambda budgets: open_process(problem(), budgets=budgets), "weak"),
        (lambda budgets: oracles.open(HiddenNeedle.draw(**NEEDLE), budgets=budgets), "token"),
        (lambda budgets: oracles.open(HiddenNeedle.draw(**NEEDLE), budgets=budgets), "reset"),
    ],
)
def test_a_budget_of_a_kind_that_is_never_charged_is_refused(door, kind):
    refused(lambda: door({kind: 3}), "budgets must be one of", InvalidProblem)
