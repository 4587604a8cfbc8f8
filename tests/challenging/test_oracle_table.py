"""The oracle's side of the pipe: whatever is asked, nothing is answered that was not charged."""

import io
import json
import math
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory import oracles
from explore_theory.challenging import wire
from explore_theory.challenging.games import NeedleGame
from explore_theory.challenging.judged import BadOutput, gaps, judged
from explore_theory.challenging.table import Budget, Table, Violation
from explore_theory.foundation.streams import Streams
from explore_theory.policies import BestOf, PointMass, Softmax

GAME = NeedleGame(coverage=8.0, strong=True)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def opened(budget, rows=3, law="exact-law"):
    problem = GAME.problem(range(rows), 3)
    oracle = oracles.open(problem, law=law, streams=Streams(("table",), range(rows), 3))
    return Table(oracle, budget), oracle, problem


TICKETS, COUNTS = st.sampled_from([0, 1, 2, -1, True]), st.integers(-1, 4)
PARAMETERS = st.none() | st.sampled_from([[0.5] + [0.0] * 255, [2.0] * 256, [0.0], "x"])
#: What a client asks, and what looks like it.
NEARLY = st.one_of(
    st.just(["prompt"]),
    st.tuples(st.just("draw"), TICKETS, COUNTS, PARAMETERS).map(list),
    st.tuples(st.just("search"), TICKETS, COUNTS, PARAMETERS, PARAMETERS, st.floats(-1, 1)).map(list),
    st.tuples(st.just("reward"), TICKETS, COUNTS, COUNTS).map(list),
)
ANYTHING = st.tuples(
    st.sampled_from(["prompt", "draw", "search", "reward"]), st.lists(PLAIN | st.integers(0, 3), max_size=5)
).map(lambda pair: [pair[0], *pair[1]])


@given(st.lists(NEARLY | ANYTHING, max_size=16))
def test_any_questions_leave_the_budget_as_it_is_charged(questions):
    budget = Budget(calls=5, rewards=2)
    table, oracle, _ = opened(budget)
    for question in questions:
        before = list(table.calls), list(table.rewards)
        try:
            answers = table.answer({0: question, 2: ["prompt"]})
        except Violation:
            break
        assert set(answers) == {0, 2}
        json.dumps(answers, allow_nan=False)
        assert all(now >= then for now, then in zip(table.calls, before[0], strict=True))
    assert max(table.calls) <= 5
    assert max(table.rewards) <= 2
    assert oracle.ledger.compute.tolist() == table.calls
    assert oracle.ledger.data.tolist() == table.rewards


@given(
    PLAIN
    | st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["softmax", "base", "best-of", "table", "x"]),
            "theta": st.lists(PLAIN, max_size=3),
            "draws": PLAIN,
            "mass": st.lists(PLAIN, max_size=3),
        }
    )
)
def test_any_output_is_a_policy_or_a_line(said):
    with suppress(BadOutput):
        found = judged(said, GAME.problem([0], 1).facts, proper=False)
        assert found.kind in ("base", "softmax", "best-of", "table")


@given(st.binary(max_size=40))
def test_any_bytes_are_a_message_or_a_reason(data):
    with suppress(wire.Garbage, wire.Ended):
        wire.receive(io.BytesIO(data), 100)


@pytest.mark.parametrize("text", [b"[NaN]", b"[1e400", b"\xff\xfe", b"Infinity", b"[" * 100_000, b"1" * 5000])
def test_what_json_has_no_word_for_is_refused(text):
    data = len(text).to_bytes(4, "little") + text
    with pytest.raises(wire.Garbage, match="a message must be JSON"):
        wire.receive(io.BytesIO(data), 1 << 20)


def test_a_frame_comes_back_and_nan_does_not_go_out():
    message = ["ok", [1, 2.5, None, "x", {"a": []}]]
    assert wire.receive(io.BytesIO(wire.frame(message)), 100) == message
    with pytest.raises(ValueError, match="JSON"):
        wire.frame([math.nan])
    with pytest.raises(wire.Garbage, match="at most 4 bytes, got one of 32"):
        wire.receive(io.BytesIO(wire.frame(message)), 4)


def test_questions_in_groups_are_what_they_are_alone():
    """Rows that ask different things at one time get what each would get by itself."""
    steps = [
        {0: ["prompt"], 1: ["prompt"], 2: ["prompt"]},
        {0: ["draw", 0, 2, None], 1: ["prompt"], 2: ["search", 0, 9, None, None, 0.0]},
        {0: ["reward", 0, 3, 4], 1: ["draw", 0, 2, None], 2: ["draw", 0, 1, [0.5] + [0.0] * 255]},
        {0: ["draw", 0, 1, None], 1: ["draw", 1, 2, None], 2: ["reward", 0, 1, 1]},
    ]
    budget = Budget(calls=50, rewards=5)
    together, _, _ = opened(budget)
    mixed = [together.answer(step) for step in steps]
    apart, _, _ = opened(budget)
    for row in range(3):
        assert [apart.answer({row: step[row]})[row] for step in steps] == [answer[row] for answer in mixed]
    assert apart.calls == together.calls


def test_the_last_prompt_that_is_allowed_is_given_and_one_more_is_not():
    budget = Budget(calls=2, rewards=1)
    table, _, _ = opened(budget, rows=1)
    said = [table.answer({0: ["prompt"]})[0][0] for _ in range(budget.prompts + 1)]
    assert said[:-1] == ["ok"] * budget.prompts
    assert said[-1] != "ok"


def test_calls_of_both_oracles_count_together_and_a_search_takes_what_is_left():
    table, oracle, problem = opened(Budget(calls=6, rewards=1), rows=1)
    table.answer({0: ["prompt"]})
    table.answer({0: ["draw", 0, 2, None]})
    table.answer({0: ["draw", 0, 1, [0.0] * 256]})
    assert (table.calls[0], table.strong_calls) == (3, 1)
    # Along a direction that no response has: in vain, and all that is left is spent.
    away = (-problem.directions[0]).tolist()
    answer = table.answer({0: ["search", 0, 100, None, away, 0.5]})[0]
    assert answer == ["ok", [None, None, 3]]
    assert table.answer({0: ["draw", 0, 1, None]})[0][0] == "budget"
    assert oracle.ledger.compute.tolist() == [6.0]


def test_outputs_are_evaluated_as_the_policies_that_they_are():
    problem = GAME.problem(range(5), 3)
    facts, u = problem.facts, problem.directions
    needle = problem.needles
    said = {
        0: {"kind": "softmax", "theta": u[0].tolist(), "draws": 0, "mass": []},
        1: {"kind": "best-of", "theta": u[1].tolist(), "draws": 5, "mass": []},
        2: {"kind": "table", "theta": [], "draws": 0, "mass": [[int(needle[2]), 1.0]]},
        3: {"kind": "table", "theta": [], "draws": 0, "mass": [[int(needle[3]), 0.75], [7, 0.25]]},
    }
    out = {row: judged(one, facts, proper=False) for row, one in said.items()}
    assert [out[row].calls for row in range(4)] == [1, 5, 0, 0]
    from explore_theory import exact
    from explore_theory.policies import Mixture

    found = gaps(problem, out, np.ones((5, facts.d)))
    wanted = [
        exact.gap(problem.world(0), Softmax(u[0]))[0],
        exact.gap(problem.world(1), BestOf(u[1], 5))[0],
        exact.gap(problem.world(2), PointMass(needle[2:3]))[0],
        exact.gap(problem.world(3), Mixture([0.75, 0.25], (PointMass(needle[3:4]), PointMass([7]))))[0],
        np.inf,
    ]
    assert found.tolist() == pytest.approx(wanted, abs=1e-12)
