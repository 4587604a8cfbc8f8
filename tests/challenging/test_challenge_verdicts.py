"""A challenge from beginning to end: verdicts, exit codes, JSON, the page, and the same seed once more."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cheating_learners import honest
from click.testing import CliRunner

import explore_theory
from explore_theory.challenging import challenge as challenges
from explore_theory.challenging import integrity, judging, placing
from explore_theory.challenging.findings import Placement, worst
from explore_theory.challenging.games import NeedleGame
from explore_theory.challenging.judging import against, threshold
from explore_theory.challenging.player import Runs
from explore_theory.cli import main
from explore_theory.harness.verdicts.verdict import Status

HERE = Path(__file__).parent / "cheating_learners.py"
TINY = replace(
    challenges.TIERS["quick"],
    runs=256,
    needles=(8.0,),
    rungs=(8.0, 16.0),
    scarcities=(3.0,),
    widths=(3,),
    search=64,
    laws=256,
    distance=0.5,
)


def small(patch):
    patch.setitem(challenges.TIERS, "quick", TINY)
    patch.setattr(judging, "RESOLUTION", 0.2)
    patch.setattr(integrity, "ALONE", 1)


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    small(monkeypatch)


@pytest.fixture(scope="module")
def found():
    with pytest.MonkeyPatch.context() as patch:
        small(patch)
        return explore_theory.challenge(f"{HERE}:honest", seed=17)


def test_an_honest_learner_holds(found):
    assert found.status is Status.HOLDS, [f.reason for f in found.findings]
    kinds = [finding.kind for finding in found.findings]
    assert [kinds.count(kind) for kind in ("integrity", "bound", "laws", "threshold")] == [3, 5, 1, 2]
    assert found.headline == "honest: HOLDS (11 HOLDS of 11 checks)"


def test_the_level_is_shared_by_all_that_chance_can_turn(found):
    # Five bounds, three placements of its own, seven of ours, one comparison of laws.
    assert found.tests == 5 + 3 + (1 + 1 + 5) + 1
    assert sum(place.own for place in found.placements) == 3


def test_weak_sampling_written_as_a_loop_stands_where_ours_does(found):
    for rung in (8.0, 16.0):
        mine, ours = (
            [p for p in found.placements if p.coverage == rung and p.own is own] for own in (True, False)
        )
        assert mine[0].lo < ours[0].hi
        assert ours[0].lo < mine[0].hi
        assert mine[0].calls < mine[0].hi


@pytest.mark.slow
def test_the_same_seed_gives_the_same_numbers(found):
    again = explore_theory.challenge(honest, seed=17)
    first, second = found.data(), again.data()
    for told in (first, second):
        del told["seconds"], told["again"], told["learner"]
    assert first == second
    assert json.loads(json.dumps(first, allow_nan=False)) == json.loads(json.dumps(second, allow_nan=False))


def test_without_a_seed_nobody_knows_it(monkeypatch):
    drawn = [challenges.os.urandom(7) for _ in range(2)]
    assert drawn[0] != drawn[1]
    asked = []
    monkeypatch.setattr(challenges.os, "urandom", lambda n: asked.append(n) or b"\x07" * n)
    found = explore_theory.challenge(f"{HERE}:raises")
    assert asked == [7]
    assert found.seed == int.from_bytes(b"\x07" * 7, "little")
    assert not found.known
    assert f"--seed {found.seed}" in found.again


def test_an_error_is_a_verdict_with_its_traceback():
    found = explore_theory.challenge(f"{HERE}:raises", seed=1)
    assert found.status is Status.ERROR
    assert {finding.kind for finding in found.findings} == {"error"}
    first = found.findings[0]
    assert "ValueError: no idea what to do with two lines" in first.reason
    assert "(in 8 of 8 runs)" in first.reason
    assert "raise ValueError" in first.trace


def test_a_process_that_breaks_off_is_a_verdict():
    found = explore_theory.challenge(f"{HERE}:leaves", seed=1)
    assert found.status is Status.ERROR
    (only,) = found.findings
    assert "exit code 3" in only.reason


@pytest.mark.slow
def test_a_proper_learner_meets_formulas_and_nothing_else():
    found = explore_theory.challenge(f"{HERE}:Signs", seed=3)
    assert found.proper
    # That each play is the same alone is said of all of them together.
    assert {f.about for f in found.findings if "formulas" not in f.about} <= {"all that was played"}
    assert {place.family for place in found.placements} == {"formulas, proper"}
    assert found.status in (Status.HOLDS, Status.INCONCLUSIVE), [f.reason for f in found.findings]


def runs_of(good, trials, out=0):
    gap = np.where(np.arange(trials) < good, 0.0, 1.0)
    nothing = np.zeros(trials, dtype=bool)
    return Runs(
        rows=tuple(range(trials)), gap=gap, calls=gap, rewards=gap, out=np.arange(trials) >= trials - out,
        over=nothing, digests=("",) * trials, failures=(), strong=False,
    )  # fmt: skip


def test_a_gap_of_just_eps_is_a_success():
    gaps = np.array([0.0, 0.25, np.nextafter(0.25, 1), 0.4])
    assert replace(runs_of(0, 4), gap=gaps).successes(0.25) == 2


def test_a_placement_tells_the_mean_of_what_was_spent():
    """Calls 1, 2, 3, .. of the rows of a block: their mean, which neither the largest nor the last is."""
    game = NeedleGame(coverage=8.0)

    def run(budget, rows):
        gap = np.full(len(rows), 0.0 if budget >= 4 else 1.0)
        return gap, np.arange(1.0, len(rows) + 1), np.full(len(rows), 2.0)

    search = placing.Search(first=1, last=16, ratio=2.0, alpha=1e-3, rows=64)
    found = placing.place("toy", game, search, run, own=True)
    assert (found.lo, found.hi, found.data) == (2, 4, 2.0)
    assert found.calls == found.calls_short == 32.5


@pytest.mark.parametrize(
    ("good", "status"),
    [(600, Status.HOLDS), (760, Status.INCONCLUSIVE), (840, Status.REFUTED), (0, Status.HOLDS)],
)
def test_an_interval_is_held_against_the_bound(monkeypatch, good, status):
    monkeypatch.setattr(judging, "RESOLUTION", 0.03)
    game = NeedleGame(coverage=8.0)
    found = against(game, game.budget(8), runs_of(good, 1000), 1e-4)
    assert found.status is status, found
    assert found.bound == pytest.approx(0.7538, abs=1e-4)
    assert f"{good} of 1,000 runs" in found.reason


def test_runs_that_ended_with_their_budget_are_said():
    game = NeedleGame(coverage=8.0)
    assert (
        "30 runs ended with BudgetExceeded"
        in against(game, game.budget(8), runs_of(500, 1000, 30), 1e-4).reason
    )


def test_a_budget_below_what_anyone_needs_refutes():
    game = NeedleGame(coverage=8.0)
    place = Placement(
        learner="x",
        own=True,
        family=game.family,
        coverage=8.0,
        lo=2.0,
        hi=7.0,
        calls=1,
        calls_short=1,
        data=0,
        trials=9,
    )
    assert threshold(game, place, game.least_calls()).status is Status.REFUTED
    assert threshold(game, replace(place, hi=8.0), game.least_calls()).status is Status.HOLDS
    unknown = threshold(game, replace(place, hi=math.inf), game.least_calls())
    assert unknown.status is Status.HOLDS
    assert "no budget was shown to be enough" in unknown.reason


def test_the_worst_verdict_is_the_whole_s():
    assert worst([Status.HOLDS, Status.INCONCLUSIVE]) is Status.INCONCLUSIVE
    assert worst([Status.REFUTED, Status.ERROR, Status.HOLDS]) is Status.ERROR
    assert worst([]) is Status.INCONCLUSIVE


# --- the command -------------------------------------------------------------------------------------------


def called(*arguments):
    return CliRunner().invoke(main, ["challenge", *map(str, arguments)])


@pytest.mark.slow
def test_the_command_prints_verdicts_and_writes_a_page(tmp_path):
    out = tmp_path / "page"
    result = called(f"{HERE}:honest", "--seed", 17, "--out", out)
    assert result.exit_code == 0, result.output
    assert result.output.count("HOLDS ") >= 10
    assert "seed 17, which was given; again: explore-theory challenge" in result.output
    text = (out / "index.html").read_text()
    assert "honest, challenged" in text
    assert text.count("<svg") == 4
    assert "no algorithm below" in text
    assert "nan" not in text.casefold().replace("dominan", "")
    for word in ("C3a", "T21", "could have known it"):
        assert word in text


def test_a_foreign_folder_is_refused_before_anything_is_played(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    result = called(f"{HERE}:honest", "--out", tmp_path)
    assert result.exit_code == 2
    assert "out must be a new or empty folder" in result.output


def test_json_is_all_there_is_and_no_page_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = called(f"{HERE}:raises", "--json", "--seed", 1)
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["status"] == "ERROR"
    assert told["findings"][0]["kind"] == "error"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_traceback_is_printed_when_it_is_asked_for(tmp_path):
    plain = called(f"{HERE}:raises", "--seed", 1, "--out", tmp_path / "a")
    assert "Traceback" not in plain.output
    full = called(f"{HERE}:raises", "--seed", 1, "--out", tmp_path / "b", "--traceback")
    assert "Traceback" in full.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "learner must be module:Name"),
        ([f"{HERE}:honest", "--set", "x"], "set must be NAME=VALUE"),
        ([f"{HERE}:honest", "--memory", "0.1"], "memory must lie in"),
        ([f"{HERE}:honest", "--tier", "slow"], "Invalid value for '--tier'"),
    ],
)
def test_a_mistake_in_the_call_is_a_line(tmp_path, arguments, said):
    result = called(*arguments, "--out", tmp_path / "page")
    assert result.exit_code == 2
    assert said in result.output
    assert len(result.output.strip().splitlines()) == 1


@pytest.mark.slow
def test_inconclusive_has_a_code_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setitem(challenges.TIERS, "quick", replace(TINY, runs=16, laws=16))
    result = called(f"{HERE}:honest", "--seed", 17, "--out", tmp_path / "page")
    assert result.exit_code == 3, result.output
