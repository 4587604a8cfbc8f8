"""The oracle of decision processes: what it charges and refuses, and that its draws follow the laws."""

import copy
import doctest
import math
import pickle
import re
from collections import Counter
from dataclasses import FrozenInstanceError, dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explore_theory import oracles
from explore_theory.errors import BudgetExceeded, InvalidProblem, OracleFault, OracleMisuse
from explore_theory.exact import processes
from explore_theory.foundation.streams import Streams
from explore_theory.oracles.ledger import KINDS
from explore_theory.oracles.processes import opening
from explore_theory.oracles.processes.draws import outcomes
from explore_theory.oracles.processes.opening import open_process
from explore_theory.oracles.processes.protocol import Visits
from explore_theory.problems import Gaussian, NoNoise, random_process, tabular_process

ROOT = Path(__file__).parents[2]
DATA = ("reward", "transition", "reset")
A, S, H = 3, 3, 3
MOVES = np.array(
    [
        [[0.5, 0.5, 0.0], [0.0, 0.2, 0.8], [1.0, 0.0, 0.0]],
        [[0.1, 0.2, 0.7], [0.0, 1.0, 0.0], [0.6, 0.0, 0.4]],
        [[0.0, 0.0, 1.0], [0.3, 0.3, 0.4], [0.0, 0.9, 0.1]],
    ]
)


def problem(**changes):
    """Features are the unit vectors of the pairs (state, action), so they tell the state."""
    values = {
        "start": [0.6, 0.4, 0.0],
        "base": [[0.2, 0.5, 0.3], [0.9, 0.1, 0.0], [0.25, 0.25, 0.5]],
        "reward": np.arange(H * S * A).reshape(H, S, A) / 10,
        "moves": MOVES,
        "beta": 0.5,
    }
    return tabular_process(**(values | changes))


PROBLEM = problem()


def opened(**more):
    return open_process(PROBLEM, **more)


def states(oracle, visits):
    """The states of visits, by the features of action 0."""
    return oracle.features(visits, np.zeros(visits.count, dtype=int)).argmax(axis=-1) // A


def counted(oracle, kind, row=0):
    """Per stage."""
    return oracle.ledger.counts[row, KINDS.index(kind)].sum(axis=0).tolist()


def data(oracle, row=0):
    return [int(oracle.ledger.total(kind)[row]) for kind in DATA]


# --- what is counted ----------------------------------------------------------------------------------------


def test_an_episode_costs_its_rewards_and_transitions_and_its_prompt_apart():
    oracle = opened(replicates=2)
    here = oracle.prompts([1, 1])
    for _ in range(H):
        _, here = oracle.act(here, [0, 1])
    assert here is None
    assert data(oracle, 1) == [2 * H, 2 * (H - 1), 0]
    assert counted(oracle, "reward", 1) == [2, 2, 2]
    assert counted(oracle, "transition", 1) == [2, 2, 0]
    assert oracle.ledger.data.tolist() == [0, 2 * H + 2 * (H - 1)]
    assert oracle.ledger.total("prompt").tolist() == [0, 2]
    assert not oracle.ledger.compute.any()


def test_samples_and_features_are_computation_and_no_data():
    oracle = opened()
    here = oracle.prompts([0, 0])
    sample = oracle.draw(here, 5)
    oracle.features(here, [0, 2])
    after = oracle.move(here, sample.actions[:, 0])
    oracle.draw(after)
    assert counted(oracle, "token") == [10, 2, 0]
    assert counted(oracle, "feature") == [2, 0, 0]
    assert oracle.ledger.compute.tolist() == [14]
    assert data(oracle) == [0, 2, 0]


def test_anchors_are_features_of_named_actions():
    oracle = open_process(problem(anchor=[0, 2, 1], base=[[0.2, 0.5, 0.3]] * 3))
    here = oracle.prompts([0, 0])
    after = oracle.move(here, [2, 2])
    for visits, action in ((here, 0), (after, 2)):
        assert np.array_equal(oracle.anchor(visits), oracle.features(visits, [action, action]))
    assert counted(oracle, "feature") == [4, 4, 0]


def test_going_back_to_a_visited_state_is_one_reset_each_time():
    oracle = opened()
    first = oracle.prompts([0])
    _, second = oracle.act(first, [0])
    oracle.act(second, [0])
    assert data(oracle)[2] == 0
    oracle.move(second, [1])
    oracle.act(second, [1])
    oracle.move(first, [0])
    assert data(oracle) == [3, 5, 3]
    assert counted(oracle, "reset") == [1, 2, 0]


@pytest.mark.parametrize(
    "again",
    [
        lambda visits: visits.repeated(4),
        lambda visits: visits.pick([0, 0, 0, 0]),
        lambda visits: Visits.joined([visits] * 4),
        lambda visits: Visits.joined([visits.pick(slice(None)), visits.repeated(3)]),
    ],
)
def test_tickets_cannot_be_multiplied_to_save_resets(again):
    oracle = opened(replicates=3)
    visits = again(oracle.prompts([2]))
    assert visits.count == 4
    oracle.act(visits, [0] * 4)
    assert data(oracle, 2) == [4, 4, 3]
    oracle.move(visits, [1] * 4)
    assert data(oracle, 2) == [4, 8, 7]
    assert data(oracle, 0) == data(oracle, 1) == [0, 0, 0]


def test_last_states_can_be_left_again_too():
    oracle = opened()
    here = oracle.move(oracle.move(oracle.prompts([0]), [0]), [0])
    for _ in range(5):
        assert oracle.act(here, [1]).visits is None
    assert data(oracle) == [5, 2, 4]
    assert counted(oracle, "reset") == [0, 0, 4]


@dataclass
class Literal:
    """A second meter. Tickets have names; who is where, and what it costs, step by step.

    `threads`: a single environment that is in one place at a time, and pays for every jump; ours lets
    episodes wait.
    """

    spent: Counter
    left: set
    single: int = 0
    position: object = None

    def query(self, name, stage, kinds, reached):
        for kind in kinds:
            self.spent[kind, stage] += 1
        if name in self.left:
            self.spent["reset", stage] += 1
        self.left.add(name)
        self.single += len(kinds) + (self.position != name)
        self.position = reached


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 2**31), st.booleans(), st.integers(1, 3)), max_size=25))
def test_the_meter_counts_what_an_independent_one_does(calls):
    """Random episodes of one row: new ones, several at once, forward and back, `act` or `move`."""
    oracle = opened()
    mine = Literal(Counter(), set())
    known, named, prompts = [oracle.prompts([0])], [["start"]], 1
    acts_only, fresh = True, 0
    for word, act, size in calls:
        which = word % (len(known) + 1)
        if which == len(known):
            known.append(oracle.prompts([0] * size))
            named.append([("start", len(known), k) for k in range(size)])
            prompts += size
            continue
        visits, names = known[which], named[which]
        stage = visits.stage
        places = [(word >> k) % visits.count for k in range(size)]
        chosen = [(word >> (2 * k)) % A for k in range(size)]
        act = act or stage == H - 1
        kinds = ["reward"] * act + ["transition"] * (stage < H - 1)
        acts_only &= act and stage < H - 1
        outcome = oracle.act if act else oracle.move
        found = outcome(visits.pick(places), chosen)
        after = [("visit", len(known), fresh, k) for k in range(size)]
        for place, reached in zip(places, after, strict=True):
            mine.query(names[place], stage, kinds, reached)
        fresh += 1
        later = found.visits if act else found
        assert (later is None) == (stage == H - 1)
        if later is not None:
            known.append(later)
            named.append(after)
    for kind in DATA:
        assert counted(oracle, kind) == [mine.spent[kind, h] for h in range(H)]
    total = int(oracle.ledger.data[0])
    assert total == sum(mine.spent.values())
    assert oracle.ledger.total("prompt").tolist() == [prompts]
    # What the module says of an environment that is a single thread.
    assert mine.single <= 2 * total
    assert not acts_only or 2 * mine.single <= 3 * total


# --- budgets ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "limit", "call"),
    [
        ("reward", 2, lambda o, v: o.act(v, [0, 0])),
        ("transition", 2, lambda o, v: o.act(v, [0, 0])),
        ("transition", 2, lambda o, v: o.move(v, [0, 0])),
        ("reset", 0, lambda o, v: o.act(v, [0, 0])),
        ("reset", 0, lambda o, v: o.move(v, [0, 0])),
        ("token", 6, lambda o, v: o.draw(v, 3)),
        ("feature", 2, lambda o, v: o.features(v, [0, 0])),
        ("feature", 2, lambda o, v: o.anchor(v)),
        ("prompt", 4, lambda o, v: o.prompts([0, 0])),
    ],
)
def test_a_call_that_cannot_be_paid_charges_nothing(kind, limit, call):
    oracle = opened(budgets={kind: limit})
    here = oracle.prompts([0, 0])
    call(oracle, here)
    before = oracle.ledger.counts.copy()
    with pytest.raises(BudgetExceeded, match=kind):
        call(oracle, here)
    assert np.array_equal(oracle.ledger.counts, before)


def test_what_could_not_be_paid_was_not_a_departure():
    oracle = opened(budgets={"reward": 1})
    here = oracle.prompts([0, 0])
    with pytest.raises(BudgetExceeded):
        oracle.act(here, [0, 0])
    oracle.move(here, [0, 0])
    assert data(oracle) == [0, 2, 0]


# --- draws --------------------------------------------------------------------------------------------------


def deviations(found, law):
    """Of frequencies from a law, in standard deviations; what has no mass must not occur."""
    count = np.bincount(found, minlength=len(law))
    law = np.asarray(law)
    assert count[law == 0].sum() == 0
    spread = np.sqrt(np.maximum(found.size * law * (1 - law), 1e-9))
    return np.abs(count - found.size * law) / spread


@pytest.mark.parametrize("seed", range(3))
def test_starts_actions_and_moves_follow_their_laws(seed):
    oracle = opened(seed=seed)
    n = 20_000
    here = oracle.prompts(np.zeros(n, dtype=int))
    where = states(oracle, here)
    assert deviations(where, PROBLEM.start).max() < 5
    for h in range(H - 1):
        sample = oracle.draw(here, 2)
        for s in range(S):
            if np.any(where == s):
                for k in range(2):
                    assert deviations(sample.actions[where == s, k], PROBLEM.stages[h].base[s]).max() < 5
        actions = np.arange(n) % A
        here = oracle.move(here, actions) if h else oracle.act(here, actions).visits
        after = states(oracle, here)
        for s in range(S):
            for a in range(A):
                of = (where == s) & (actions == a)
                if np.any(of):
                    assert deviations(after[of], MOVES[s, a]).max() < 5
        where = after


def test_a_state_that_is_reset_to_moves_on_by_the_same_law_and_independently():
    oracle = opened()
    here = oracle.prompts([0])
    (s,) = states(oracle, here)
    after = states(oracle, oracle.move(here.repeated(20_000), [0] * 20_000))
    assert deviations(after, MOVES[s, 0]).max() < 5
    pairs = after[::2] * S + after[1::2]
    assert deviations(pairs, np.outer(MOVES[s, 0], MOVES[s, 0]).ravel()).max() < 5


def test_features_are_those_of_states_and_actions():
    oracle = opened()
    here = oracle.prompts([0] * 50)
    where = states(oracle, here)
    sample = oracle.draw(here, 4)
    assert np.array_equal(sample.features.argmax(axis=-1), where[:, None] * A + sample.actions)
    named = oracle.features(here, np.arange(50) % A)
    assert np.array_equal(named.argmax(axis=-1), where * A + np.arange(50) % A)


def test_rewards_are_those_of_the_step_with_independent_noise():
    exact = open_process(PROBLEM)
    here = exact.prompts([0] * 30)
    where, actions = states(exact, here), np.arange(30) % A
    assert np.array_equal(exact.act(here, actions).reward, PROBLEM.stages[0].reward[where, actions])
    noisy = open_process(problem(noise=Gaussian(0.5)))
    one = noisy.prompts([0])
    (s,) = states(noisy, one)
    seen = np.concatenate([noisy.act(one.repeated(500), [2] * 500).reward for _ in range(8)])
    off = (seen - PROBLEM.stages[0].reward[s, 2]) / 0.5
    assert abs(off.mean()) < 5 / math.sqrt(off.size)
    assert abs(off.std() - 1) < 5 / math.sqrt(2 * off.size)
    assert np.unique(seen).size == seen.size
    assert abs(np.corrcoef(off[:-1], off[1:])[0, 1]) < 5 / math.sqrt(off.size)


def test_episodes_earn_what_the_exact_objective_says():
    """Base policy: its divergence is zero, so its objective is its mean summed reward."""
    made = random_process(horizon=4, states=5, actions=3, dimension=2, beta=0.5, tilt=2.0)
    oracle = open_process(made)
    here, earned = oracle.prompts([0] * 20_000), np.zeros(20_000)
    while here is not None:
        reward, here = oracle.act(here, oracle.draw(here).actions[:, 0])
        earned += reward
    value = float(processes.objective(made, processes.base_policy(made)))
    assert abs(earned.mean() - value) < 5 * earned.std() / math.sqrt(earned.size)


def test_outcomes_of_no_mass_do_not_occur_at_either_end_of_the_uniforms():
    cdf = np.cumsum([[0.0, 0.3, 0.0, 0.7, 0.0]], axis=-1)
    ends = np.array([[2.0**-53, 0.3, 1 - 2.0**-53]])
    assert outcomes(cdf, np.zeros(1, dtype=int), ends).tolist() == [[1, 3, 3]]


def played(oracle, rows, chunks):
    """A walk of `rows`, asked for in `chunks`; what each saw."""
    here = oracle.prompts(rows)
    seen = []
    while here is not None:
        parts = [here.pick(part) for part in np.array_split(np.arange(here.count), chunks)]
        sample = [oracle.draw(part, 2) for part in parts]
        outcome = [oracle.act(v, s.actions[:, 0]) for v, s in zip(parts, sample, strict=True)]
        seen.append(np.concatenate([s.actions for s in sample]).T)
        seen.append(np.concatenate([o.reward for o in outcome])[None])
        later = [o.visits for o in outcome]
        here = None if later[0] is None else Visits.joined(later)
    return np.concatenate(seen)


def test_what_a_row_sees_depends_on_no_other_and_on_no_cut_of_its_calls():
    made = problem(noise=Gaussian(0.2))
    rows = [0, 1, 0, 2, 1, 0]
    together = played(open_process(made, replicates=3, seed=4), rows, 1)
    assert np.array_equal(together, played(open_process(made, replicates=3, seed=4), rows, 4))
    for row in range(3):
        alone = open_process(made, streams=Streams(("process oracle",), range(row, row + 1), 4))
        mine = np.flatnonzero(np.array(rows) == row)
        assert np.array_equal(together[:, mine], played(alone, [0] * mine.size, 1))
    assert not np.array_equal(together, played(open_process(made, replicates=3, seed=5), rows, 1))


# --- what is refused ----------------------------------------------------------------------------------------


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
        ([0.0], "rows[0] must be a whole number, got rows[0]=0.0"),
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
        (lambda: opened(budgets={"resets": 3}), "budgets must be of"),
        (lambda: opened(budgets={"reset": -1}), "budgets"),
    ],
)
def test_openings_that_make_no_sense_are_refused(call, message):
    with pytest.raises((InvalidProblem, OracleMisuse)) as caught:
        call()
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


# --- what is shown ------------------------------------------------------------------------------------------


def test_the_example_of_the_opening_runs():
    found = doctest.testmod(opening)
    assert found.attempted > 5
    assert found.failed == 0


def test_the_guides_example_says_what_it_costs():
    text = (ROOT / "docs/guide/learners.md").read_text(encoding="utf-8")
    (code,) = [c for c in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL) if "open_process" in c]
    names = {}
    exec(compile(code, "learners.md", "exec"), names)
    told = re.search(r"(\d+) rewards, (\d+) transitions, (\d+) resets", code)
    assert [int(number) for number in told.groups()] == data(names["oracle"])
    assert names["earned"] == pytest.approx(
        float(processes.objective(names["problem"], names["base"])), abs=0.2
    )


def test_processes_are_public():
    from explore_theory import problems

    for name in ("DecisionProcess", "ProcessFacts", "Stage", "random_process", "tabular_process"):
        assert name in problems.__all__
    for name in ("ProcessOracle", "Visits", "open_process"):
        assert name in oracles.__all__
    assert isinstance(oracles.open_process(PROBLEM), oracles.ProcessOracle)
