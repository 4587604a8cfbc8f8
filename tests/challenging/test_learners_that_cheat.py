"""Learners that cheat: prevented or detected, each by the line that says so."""

import os
import sys
import time
from pathlib import Path

import pytest

from explore_theory.challenging import guard
from explore_theory.challenging.games import FormulaGame, LinearGame, NeedleGame
from explore_theory.challenging.integrity import kept_apart, spots_apart, still_apart
from explore_theory.challenging.judging import against, confirmed
from explore_theory.challenging.player import Player
from explore_theory.challenging.process import Died, Limits
from explore_theory.harness.verdicts.verdict import Status

HERE = Path(__file__).parent / "cheating_learners.py"
SEED = 8675309424242
NEEDLE, LINEAR, FORMULA = NeedleGame(coverage=8.0), LinearGame(scarcity=3.0, seed=SEED), FormulaGame(k=3)


def player(name, seed=SEED, **limits):
    return Player(f"{HERE}:{name}", {}, Limits(**limits), seed)


def played(name, game=NEEDLE, calls=16, rows=4, **limits):
    with player(name, **limits) as one:
        return one.play(game, game.budget(calls), range(rows))


def line_of(name, game=NEEDLE):
    runs = played(name, game)
    assert len(runs.failures) == 4
    assert (runs.gap == float("inf")).all()
    return runs.failures[0].line


def comparison(name, game):
    with player(name) as one:
        return kept_apart(one, game, game.budget(8)).finding


@pytest.mark.parametrize(
    ("name", "game"),
    [("honest", NEEDLE), ("rewarded", LINEAR), ("steered", NeedleGame(coverage=8.0, strong=True))],
)
def test_an_honest_learner_is_the_same_alone_and_in_company(name, game):
    found = comparison(name, game)
    assert found.status is Status.HOLDS, found.reason


@pytest.mark.parametrize("name", ["keeps_in_a_global", "KeepsInItsClass", "keeps_in_the_environment"])
def test_what_a_process_keeps_from_one_replicate_to_another_is_found(name):
    found = comparison(name, LINEAR)
    assert found.status is Status.REFUTED
    assert "keeps something from one replicate to another" in found.reason


@pytest.mark.parametrize("name", ["tosses_its_own_coins", "looks_at_the_clock"])
def test_randomness_of_its_own_is_found(name):
    found = comparison(name, NEEDLE)
    assert found.status is Status.REFUTED
    assert "differ under the same coins" in found.reason


def test_what_is_kept_in_a_file_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("CHEATS_FOLDER", str(tmp_path))
    found = comparison("keeps_in_a_file", LINEAR)
    assert found.status is Status.REFUTED


def test_a_learner_that_begins_to_pool_later_is_found_at_the_end():
    with player("keeps_once_all_is_counted") as one:
        before = kept_apart(one, LINEAR, LINEAR.budget(8))
        assert before.finding.status is Status.HOLDS
        assert still_apart(one, before).status is Status.HOLDS
        one.play(LINEAR, LINEAR.budget(2), range(301))
        after = still_apart(one, before)
    assert after.status is Status.REFUTED
    assert "after all the rest was played" in after.reason


def spots_of(name, game, calls, rows=64):
    with player(name) as one:
        for budget in calls:
            one.play(game, game.budget(budget), range(rows), purpose=f"place {budget}")
        return spots_apart(one)


def test_what_is_kept_at_other_budgets_than_the_one_compared_is_found():
    with player("keeps_where_nobody_compares") as one:
        assert kept_apart(one, LINEAR, LINEAR.budget(8)).finding.status is Status.HOLDS
    found = spots_of("keeps_where_nobody_compares", LINEAR, (2, 3, 4))
    assert found.status is Status.REFUTED
    assert "differ alone in a fresh process" in found.reason


@pytest.mark.parametrize(("name", "game"), [("honest", NEEDLE), ("rewarded", LINEAR), ("Signs", FORMULA)])
def test_an_honest_learner_is_the_same_alone_wherever_it_played(name, game):
    found = spots_of(name, game, (4, 16))
    assert (found.status, found.trials) == (Status.HOLDS, 2), found.reason


def test_a_game_once_more_has_fresh_needles():
    game, rows = NeedleGame(coverage=8.0), range(4)
    one, other, same = (
        game.problem(rows, SEED, what).directions for what in ("bound 8", "again 8", "bound 8")
    )
    assert (one == same).all()
    assert (abs(one - other).max(axis=-1) > 0).all()


def test_a_learner_that_counts_its_runs_finds_the_needles_of_no_other_budget():
    with player("CountsItsRuns") as one:
        runs = [
            one.play(NEEDLE, NEEDLE.budget(calls), range(64), purpose=f"bound {calls}") for calls in (32, 2)
        ]
    met = runs[0].successes(NEEDLE.eps)
    assert met > 48
    # What it remembers is of other needles: of those that it does not draw itself it finds none.
    assert runs[1].successes(NEEDLE.eps) <= 64 - met


def test_a_forged_ledger_buys_nothing():
    for name in ("forgets_what_it_spent", "raises_its_budget"):
        runs = played(name)
        assert runs.out.all(), name
        assert runs.calls.tolist() == [16.0] * 4
    assert played("asks_for_refunds").calls.tolist() == [4.0] * 4


def test_forged_tickets_are_refused():
    runs = played("forges_tickets")
    assert runs.failures == ()
    assert runs.calls.tolist() == [1.0] * 4


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rewards_a_prompt_twice", "prompt must be a fresh one in every reward round"),
        ("names_features_never_seen", "response must have been drawn"),
        ("returns_a_long_parameter", "theta must lie in |theta|_2 <= 1, got one of size 20"),
        ("returns_code", "run must return a policy (oracle.softmax(theta)"),
        ("returns_a_report", "response must be a whole number, got response='gap'"),
        ("returns_masses_that_do_not_sum", "probabilities must sum to one, got a sum of 2.0"),
    ],
)
def test_what_is_forged_is_refused_in_a_line(name, said):
    assert said in line_of(name)


def test_a_wider_set_of_parameters_stays_an_opinion():
    game = NeedleGame(coverage=8.0, strong=True)
    assert "theta must lie in |theta|_2 <= 1" in line_of("widens_the_parameters", game)
    # Without the strong oracle there is none.
    assert "strong oracle is not part of the game" in line_of("widens_the_parameters", NEEDLE)


def test_an_output_that_its_budget_cannot_draw_from_does_not_count():
    runs = played("returns_more_than_it_can_draw")
    assert runs.over.all()
    assert (runs.gap == float("inf")).all()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_neither_the_problem_nor_the_seed_is_where_a_learner_can_look():
    assert played("looks_for_the_problem").failures == ()


def test_a_learner_that_knows_the_seed_exceeds_the_bound_and_is_refuted():
    game = NeedleGame(coverage=32.0)
    with player("knows_the_seed", seed=4711) as one:
        runs = one.play(game, game.budget(1), range(64), purpose="known")
    assert runs.failures == ()
    found = against(game, game.budget(1), runs, 1e-4)
    assert found.status is Status.REFUTED
    assert runs.successes(game.eps) == 64
    said = confirmed(found, 64, 64, []).reason
    assert "a cheat or a refutation" in said
    assert "Not excluded: state kept between replicates" in said


def test_a_guessed_default_seed_finds_nothing():
    runs = played("guesses_a_default_seed", rows=64)
    assert runs.failures == ()
    assert runs.successes(NEEDLE.eps) == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("leaves", "got its end (exit code 3)"),
        ("dies_in_a_call", "by signal SIGKILL"),
        ("writes_into_the_pipe", "keep to the protocol"),
        ("says_too_much", "a message must have at most 16,777,216 bytes"),
        ("asks_for_what_there_is_not", "a question must be one of prompt, draw, search, reward"),
        ("asks_forever", "asked 1,000 times for more than its budget"),
    ],
)
def test_a_process_that_breaks_off_is_a_line(name, said):
    with pytest.raises(Died, match="learner") as error:
        played(name)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_learner_that_hangs_is_ended_in_time():
    start = time.perf_counter()
    with pytest.raises(Died, match="must ask or answer within"):
        played("hangs", seconds=0.5)
    assert time.perf_counter() - start < 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_that_talks_along_is_out_of_turn():
    with pytest.raises(Died, match="keep to the protocol"):
        played("forks", rows=1, seconds=3.0)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_children_end_with_the_process(tmp_path, monkeypatch):
    monkeypatch.setenv("CHEATS_FOLDER", str(tmp_path))
    assert played("leaves_a_child", rows=1).failures == ()
    state = Path("/proc") / (tmp_path / "child").read_text() / "stat"
    # Gone, or dead and not yet collected by the system.
    for _ in range(100):
        if not state.exists() or ") Z " in state.read_text():
            return
        time.sleep(0.02)
    raise AssertionError(state.read_text())


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited there")
def test_memory_is_limited():
    runs = played("floods_memory", rows=1, memory=1 << 29)
    assert "MemoryError" in runs.failures[0].line


def test_what_harms_nobody_is_let_be():
    for name in ("prints_a_lot", "asks_in_a_thread"):
        assert played(name).failures == (), name
    assert "run must end without an error, got SystemExit: enough" in line_of("raises_exit")
    assert "prompt must be one that this replicate was given" not in line_of("raises")


def test_deep_nesting_is_one_bad_ticket():
    assert played("nests_deeply").failures[0].line.startswith("run must return a policy")


def test_a_proper_learner_finds_signs():
    with player("Signs") as one:
        runs = one.play(FORMULA, FORMULA.budget(200), range(24))
    assert runs.failures == ()
    assert runs.successes(FORMULA.eps) > 12


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("DrawsAllTheSame", "asked for rounds by a learner that says proper=True, got draw"),
        ("ForgesTheQuery", "ValueError: oracle must be asked for rounds by a learner that says proper=True"),
        ("ReturnsWhatIsNotProper", "must return a softmax policy from a learner that says proper=True"),
    ],
)
def test_improper_queries_and_outputs_of_a_proper_learner_are_refused(name, said):
    assert said in line_of(name, FORMULA)


@pytest.mark.skipif(sys.platform != "linux", reason="a call of Linux's")
def test_this_process_is_closed_to_others_while_it_is_asked_and_not_after():
    before = guard._dumpable()
    with guard.unreadable() as said:
        assert guard._dumpable() == 0
        assert any("memory" in line for line in said)
    assert guard._dumpable() == before
