"""The meter of decision processes: rewards, transitions and resets, as an independent one counts them."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explore_theory.errors import BudgetExceeded
from explore_theory.oracles.processes.opening import open_process
from explore_theory.oracles.processes.protocol import Visits
from tests.oracles.test_process_oracle import DATA, A, H, counted, data, opened, problem


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
    for word, asked, size in calls:
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
        act = asked or stage == H - 1
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


def test_who_is_over_budget_gets_no_more_answers_and_others_do():
    oracle = opened(replicates=2, budgets={"reset": 0})
    here = oracle.prompts([0, 1])
    oracle.move(here, [0, 0])
    with pytest.raises(BudgetExceeded):
        oracle.move(here.pick([0]), [0])
    with pytest.raises(BudgetExceeded):
        oracle.prompts([0])
    oracle.act(oracle.prompts([1]), [0])
    assert data(oracle, 0) == [0, 1, 0]
    assert data(oracle, 1) == [1, 2, 0]
