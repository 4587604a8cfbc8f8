"""The command line as somebody new to it uses it: odd numbers, odd paths, odd spellings, impatience."""

import _thread
import json
import os
import re
import signal
import subprocess
import sys
import threading
import tracemalloc
from dataclasses import fields, replace

import numpy as np
import pytest
from click.testing import CliRunner

from explore_theory import TabularProblem, oracles
from explore_theory.algorithms import BestOfN, Schedule
from explore_theory.algorithms.baselines import best_of_n
from explore_theory.cli import main, mistakes, playing
from explore_theory.foundation import memory
from explore_theory.harness.discovery.selection import matches
from explore_theory.harness.judging.outcomes import CaseResult, Result
from explore_theory.harness.measures.measurement import Bound, Measurement, Resolution
from explore_theory.harness.verdicts.summary import Reading, summarise
from explore_theory.harness.verdicts.verdict import Status, decide, slack
from explore_theory.oracles.softmax_sampler import SoftmaxSampler
from explore_theory.problems import Gaussian, random_markov_problem
from explore_theory.reporting import text
from explore_theory.reporting.instances import Plan, planned
from explore_theory.running import play as play_learner
from explore_theory.running import row_blocks
from explore_theory.running.responses import learner

THETA = np.array([0.5, -0.2])
FEATURES = np.array([[[0.9, 0.1], [-0.5, 0.4], [0.0, 0.0], [0.2, -0.7]]])
PROBLEM = TabularProblem(
    prompt_mass=[1.0],
    base=[[0.05, 0.15, 0.5, 0.3]],
    features=FEATURES,
    reward=FEATURES @ THETA,
    beta=0.4,
    theta_star=THETA,
    parameter_radius=1.0,
    coverage=6.0,
    noise=Gaussian(0.05),
)


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    path = tmp_path_factory.mktemp("first") / "problem.npz"
    PROBLEM.save(path)
    return str(path)


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    path = tmp_path_factory.mktemp("tokens") / "tokens.npz"
    problem = random_markov_problem(horizon=3, vocabulary=3, dimension=2, beta=0.2, noise=Gaussian(0.1))
    replace(problem, conditional_coverage=4.0).save(path)
    return str(path)


@pytest.fixture
def listening():
    """Whatever answers Ctrl-C before a test answers it afterwards."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def run(*arguments):
    return CliRunner().invoke(main, ["run", *arguments])


def plan_of(name, path, settings=(), replicates=9, **more):
    how = {"law": "exact-law", "seed": 3, "budgets": {}} | more
    return planned(name, path, settings=dict(settings), replicates=replicates, **how)


def one_line(done, *words):
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("explore-theory: ")
    for word in words:
        assert word in done.stderr


# --- a run: its plan, its blocks, Ctrl-C -------------------------------------------------------------------


def test_ctrl_c_ends_a_run_whose_loops_would_not_notice(instance):
    """At this accuracy the compiled loops take hours; the plan is there before they start."""
    command = [sys.executable, "-m", "explore_theory", "run", "spanner-sampling", "--instance", instance]
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    child = subprocess.Popen(
        [*command, "--set", "eps=1e-6", "--law", "exact-law"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    signal.signal(signal.SIGINT, inherited)
    plan = [child.stdout.readline() for _ in range(3)]
    assert plan[0] == "spanner-sampling, 16 replicates\n"
    assert re.match(r"schedule: .*most calls = .*most rounds = ", plan[2])
    assert child.poll() is None
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert out == ""
    assert err.startswith("explore-theory: interrupted; 0 of 16 replicates done")
    assert err.count("\n") == 1


@pytest.mark.parametrize("as_json", [False, True])
def test_what_is_done_is_told_after_ctrl_c(instance, monkeypatch, capsys, listening, as_json):
    plan = replace(plan_of("passive-sampling", instance, {"rounds": "5"}, replicates=12), together=3)
    stuck, calls, played = threading.Event(), [], Plan.play

    def play(self, seat):
        if self is not plan:
            # The thread of another test, which nobody waited for.
            return played(self, seat)
        if len(calls) == 2:
            _thread.interrupt_main()
            stuck.wait(60)
        calls.append(1)
        return played(self, seat)

    def leave(last):
        last()
        raise SystemExit(130)

    monkeypatch.setattr(playing, "_leave", leave)
    monkeypatch.setattr(Plan, "play", play)
    with pytest.raises(SystemExit):
        playing.play(plan, as_json=as_json)
    stuck.set()
    out, err = capsys.readouterr()
    assert "interrupted; 6 of 12 replicates done; 3 at work" in err
    if as_json:
        said = json.loads(out)
        assert (said["interrupted"], said["replicates"], len(said["each"]["gap"])) == (True, 6, 6)
    else:
        assert "of the 6 replicates done:" in out
        assert "Ledger of 6 replicates" in out


@pytest.mark.parametrize(
    ("name", "settings", "more"),
    [
        ("spanner-sampling", {"eps": "0.3"}, {}),
        ("spanner-sampling", {"eps": "0.3"}, {"budgets": {"weak": 1e6}}),
        ("best-of-n", {"rounds": "20", "draws": "9"}, {"budgets": {"weak": 30}}),
        ("xpo", {"rounds": "20", "optimism": "0.1"}, {}),
    ],
)
def test_blocks_of_replicates_change_nothing(instance, name, settings, more):
    plan = plan_of(name, instance, settings, **more)
    parts = [plan.play(plan.open(rows)) for rows in row_blocks.cut(9, 3)]
    assert len(parts) == 3
    found = row_blocks.joined(parts)
    whole = play_learner(
        learner(name, settings), PROBLEM, law="exact-law", seed=3, replicates=9, budgets=more.get("budgets")
    )
    np.testing.assert_array_equal(found.gap, whole.gap)
    np.testing.assert_array_equal(found.ledger.counts, whole.ledger.counts)
    np.testing.assert_array_equal(found.within_budget, whole.within_budget)
    assert repr(found.ledger) == repr(whole.ledger)


def test_blocks_of_token_learners_change_nothing(tokens):
    plan = plan_of("mtss", tokens, {"eps": "0.1"}, replicates=4)
    found = row_blocks.joined([plan.play(plan.open(rows)) for rows in ([0, 1], [2, 3])])
    whole = plan.play(plan.open(range(4)))
    np.testing.assert_array_equal(found.gap, whole.gap)
    np.testing.assert_array_equal(found.counts["tuples"], whole.counts["tuples"])
    assert repr(found.ledger) == repr(whole.ledger)


@pytest.mark.parametrize("replicates", [1, 2, 3, 4, 5, 7, 16, 1000])
@pytest.mark.parametrize("together", [1, 3, 5, 10**6])
def test_blocks_hold_every_row_once_and_never_one_alone(replicates, together):
    blocks = list(row_blocks.cut(replicates, together))
    assert [row for block in blocks for row in block] == list(range(replicates))
    assert min(map(len, blocks)) > 1 or replicates == 1
    assert max(map(len, blocks)) <= max(together, row_blocks.LEAST)


def test_many_replicates_do_not_start_at_once():
    """Only the blocks that are asked for are made."""
    assert len(next(row_blocks.cut(10**30, 5))) == 5


def test_parameters_and_planned_calls_come_first(instance):
    done = run("best-of-n", "--instance", instance, "--set", "rounds=4", "--set", "draws=9")
    lines = done.stdout.splitlines()
    assert lines[2] == (
        "parameters: rounds = 4, draws = 9, ridge = 1e-06, outputs = 1, most calls = 17, most rounds = 4"
    )
    every = run("xpo", "--instance", instance, "--set", "rounds=4", "--set", "optimism=1", "--set", "draws=3")
    assert "every = none" in every.stdout
    assert "most calls = 20, most rounds = 4" in every.stdout
    assert "T_comp = 20, T_data = 4" in every.stdout


# --- numbers that do not fit -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("spanner-sampling", "--set", "eps=1e-17"), "eps must leave a schedule of at most 4.6e+18 rounds"),
        (("spanner-sampling", "--set", "eps=1e-30"), "got eps=1e-30 and "),
        (("spanner-sampling", "--set", "eps=1e-200"), "got eps=1e-200 and "),
        (("spanner-sampling", "--set", "delta=1e-308"), "delta must be at least 1e-300"),
        (("spanner-sampling", "--set", "coverage=1e308"), "ratio must be positive and finite"),
        (("spanner-sampling", "--set", "outputs=100000000000000"), "outputs must be at most "),
        (("spanner-sampling", "--replicates", str(10**30)), "replicates must be at most "),
        (("spanner-sampling", "--replicates", "9" * 5000), "is too long for a number"),
        (("spanner-sampling", "--seed", "9" * 5000), "is too long for a number"),
        (
            ("best-of-n", "--set", "rounds=10", "--set", "draws=100000000"),
            "draws must be at most 62500000 for the 16 answers",
        ),
        (("optimal-design", "--set", "features=0.1"), "features must be left to the instance"),
    ],
)
def test_a_number_that_does_not_fit_is_one_line(instance, arguments, message):
    done = run(*arguments, "--instance", instance)
    one_line(done, message)
    assert len(done.stderr) < 1000


def test_small_failure_probabilities_that_fit_have_a_schedule():
    known = {"d": 2, "beta": 0.1, "reward_range": 0.5, "parameter_radius": 1.0, "sigma": 0.1, "coverage": 6.0}
    for update in ("every-round", "rarely-switching"):
        schedule = Schedule(**known, eps=0.3, delta=1e-300, update=update)
        assert (
            schedule.explore_rounds > Schedule(**known, eps=0.3, delta=1e-100, update=update).explore_rounds
        )
        assert schedule.sampler.most_calls < 1e8
    # About 4 M log(4/delta), also where 4/delta is no double.
    assert SoftmaxSampler.accurate(10.0, 5e-324).tries == pytest.approx(40 * (np.log(4) + 744.44), abs=1)
    assert SoftmaxSampler.accurate(10.0, 0.01).tries == 240


@pytest.mark.parametrize("budgets", [None, {"weak": 60}, {"weak": 30}])
def test_candidates_are_drawn_some_at_a_time_with_the_same_result(monkeypatch, budgets):
    def outcome():
        oracle = oracles.open(PROBLEM, law="literal", replicates=4, budgets=budgets)
        policy = BestOfN(rounds=6, draws=50, outputs=2).run(oracle)
        return policy.theta, oracle.ledger.counts, oracle.active

    whole = outcome()
    monkeypatch.setattr(best_of_n, "_TOGETHER", 4 * 7)
    for one, other in zip(whole, outcome(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_many_candidates_are_not_held_at_once(monkeypatch):
    """A quarter of a GiB of draws in a process that is lent a tenth of it."""
    monkeypatch.setattr(memory, "free", lambda: 2**26)
    oracle = oracles.open(PROBLEM, law="literal", replicates=2)
    with memory.limited():
        BestOfN(rounds=1, draws=2**23).run(oracle)
    assert oracle.ledger.total("weak", phase="output").tolist() == [2**23] * 2


def test_who_cannot_pay_for_an_answer_allocates_none():
    oracle = oracles.open(PROBLEM, replicates=2, budgets={"weak": 10})
    tracemalloc.start()
    try:
        BestOfN(rounds=1, draws=2**28).run(oracle)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert not oracle.active.any()
    assert most < 2**20


def test_who_can_pay_for_an_answer_gets_it_whoever_else_cannot():
    oracle = oracles.open(PROBLEM, replicates=2, budgets={"weak": 10})
    oracle.draw(oracle.prompt(), 7, rows=np.array([True, False]))
    BestOfN(rounds=1, draws=8).run(oracle)
    assert oracle.ledger.total("weak", phase="output").tolist() == [0, 8]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there a process can be limited")
def test_what_does_not_fit_into_memory_is_refused_and_the_limit_lifted(monkeypatch):
    monkeypatch.setattr(memory, "free", lambda: 2**26)
    with memory.limited(), pytest.raises(MemoryError):
        np.ones(2**27, dtype=np.uint8)
    assert np.ones(2**27, dtype=np.uint8).size == 2**27


def test_a_lack_of_memory_is_one_line_that_says_how_much_there_is(instance, monkeypatch):
    monkeypatch.setattr(memory, "free", lambda: 2**28)
    settings = ("--set", "calls=40000000", "--set", "remember=true")
    done = run("weak-sampling", "--instance", instance, *settings)
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert "memory must hold what is asked for, got: Unable to allocate " in done.stderr
    assert "(256 MiB are free); ask for fewer replicates" in done.stderr


def test_free_memory_is_what_the_narrowest_bound_leaves(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "_GROUP", tmp_path)
    open_ended = memory.free()
    (tmp_path / "memory.current").write_text("1000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.free() == pytest.approx(open_ended, rel=0.5)
    (tmp_path / "memory.max").write_text("5000\n")
    assert memory.free() == 4000
    assert memory.size(3 * 2**40) == "3 TiB"


# --- places ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["a?b", "a#b", "a%41b", "it's", 'a"b', "a\nb", " ", "file:x", "file:y?mode=ro"]
)
def test_a_store_may_have_any_name(cli, toys, tmp_path, name):
    toys.add("A1")
    assert cli("verify", "--claims", toys.path, "--store", name).exit_code == 0
    assert (tmp_path / name).is_file()
    checked = cli("db", "check", "--store", name)
    assert checked.exit_code == 0
    assert checked.stdout.count("\n") == 1
    assert "intact, 1 session, 1 claim, 1 selection, " in checked.stdout
    assert cli("db", "compact", "--store", name).exit_code == 0
    assert cli("report", "--store", name).exit_code == 0


@pytest.mark.parametrize("name", [os.devnull, "folder", "dangling", "n" * 300, ""])
@pytest.mark.parametrize(
    "command",
    [("verify",), ("report",), ("db", "check"), ("db", "compact"), ("merge",), ("merge", "m.sqlite")],
)
def test_a_place_where_no_store_can_be_is_one_line(cli, toys, tmp_path, command, name):
    toys.add("A1")
    (tmp_path / "folder").mkdir()
    (tmp_path / "dangling").symlink_to("/nowhere/at/all")
    more = ("--claims", toys.path) if command == ("verify",) else ()
    where = (name,) if command[0] == "merge" else ("--store", name)
    behind = ("other",) if command == ("merge",) else ()
    one_line(cli(*command, *more, *where, *behind))


@pytest.mark.parametrize(
    "command",
    [
        ("report", "--store"),
        ("db", "check", "--store"),
        ("db", "compact", "--store"),
        ("merge", "m.sqlite"),
        ("db", "check", "--salvage"),
    ],
)
def test_a_store_that_nobody_keeps_can_only_be_verified_into(cli, toys, command):
    toys.add("A1")
    done = cli("verify", "--claims", toys.path, "--store", ":memory:")
    assert done.exit_code == 0
    assert "results not kept" in done.stdout
    cli("verify", "--claims", toys.path)
    done = cli(*command, ":memory:")
    assert done.exit_code == 2
    assert ":memory:" in done.stderr
    assert cli("merge", ":memory:", "explore-theory.sqlite").exit_code == 2


@pytest.mark.parametrize("name", [os.devnull, "file", "dangling", "n" * 300])
def test_a_place_where_no_folder_can_be_is_one_line(cli, toys, tmp_path, name):
    toys.add("A1")
    (tmp_path / "file").write_text("")
    (tmp_path / "dangling").symlink_to("/nowhere/at/all")
    cli("verify", "--claims", toys.path)
    one_line(cli("report", "--out", name), "out must be a folder")
    one_line(cli("verify", "--claims", toys.path, "--witness", name), "witness must be a folder")


def outside(*arguments, **how):
    command = [sys.executable, "-m", "explore_theory", *map(str, arguments)]
    return subprocess.run(command, check=False, stderr=subprocess.PIPE, text=True, **how)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize("arguments", [("--help",), ("verify", "--help"), ("--version",)])
def test_help_into_a_full_disk_is_one_line(arguments):
    with open("/dev/full", "w") as full:
        done = outside(*arguments, stdout=full)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_a_reader_who_leaves_is_no_verdict(toys, tmp_path):
    toys.add("A1")
    reading, writing = os.pipe()
    os.close(reading)
    done = outside("verify", "--json", "--claims", toys.path, cwd=tmp_path, stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


def test_closed_streams_do_not_matter(toys, tmp_path):
    toys.add("A1")
    for stream in ("<&-", ">&-"):
        call = f'"{sys.executable}" -m explore_theory verify --claims "{toys.path}" {stream}'
        done = subprocess.run(
            ["bash", "-c", call], cwd=tmp_path, check=False, stderr=subprocess.PIPE, text=True
        )
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_every_command_prints_what_the_terminal_cannot_show(toys, tmp_path, instance, encoding):
    file = toys.add("A1", bound=0.9)
    file.write_text(file.read_text().replace('title="', 'title="π ≤ '), encoding="utf-8")
    how = {
        "cwd": tmp_path,
        "stdout": subprocess.PIPE,
        "env": {**os.environ, "PYTHONIOENCODING": encoding, "LANG": "C", "LC_ALL": "C"},
    }
    for arguments, code in (
        (("verify", "--claims", toys.path, "--store", "π.sqlite"), 1),
        (("show", "A1", "--claims", toys.path), 0),
        (("show", "*", "--claims", toys.path), 0),
        (("report", "--store", "π.sqlite", "--out", "π"), 0),
        (("db", "check", "--store", "π.sqlite"), 0),
        (("run", "π", "--instance", instance), 2),
        (("verify", "π"), 2),
    ):
        done = outside(*arguments, **how)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr


# --- names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spelled",
    [
        "spanner-sampling",
        "spanner_sampling",
        "Spanner sampling",
        "SpannerSampling",
        "SPANNER SAMPLING",
        "spanner-*",
    ],
)
def test_a_theorem_is_found_however_it_is_spelled(spelled):
    assert matches(spelled, "", ["S1"], ["ridge-confidence", "spanner_sampling"])
    assert not matches(spelled, "", ["C1"], ["spherical-cap", "coverage_lower_bound"])


def test_words_of_nothing_but_signs_name_nothing():
    assert not matches("--", "", ["S1"], ["ridge", ""])
    assert not matches("-", "", ["S1"], ["ridge", ""])


def test_a_theorem_is_shown_in_one_spelling(cli, toys):
    toys.add("A1")
    file = toys.path / next(toys.path.glob("a1*")).name
    file.write_text(file.read_text().replace('theorem="toys"', 'theorem="many_toys"'))
    folder = ("--claims", toys.path)
    assert "many-toys" in cli("list", *folder).stdout
    assert "many-toys/toy-a1" in cli("show", "A1", *folder).stdout
    cli("verify", *folder)
    cli("report")
    with open("reports/index.html", encoding="utf-8") as page:
        assert ">many-toys<" in page.read()
    (claim,) = json.loads(cli("verify", "--json", *folder).stdout)["claims"]
    assert claim["theorem"] == "many_toys"


@pytest.mark.parametrize("name", ["passive_sampling", "PassiveSampling", "Passive sampling"])
def test_a_learner_is_found_however_it_is_spelled(instance, name):
    done = run(name, "--instance", instance, "--set", "rounds=2")
    assert done.exit_code == 0
    assert done.stdout.startswith("passive-sampling, 16 replicates")


def test_several_claims_are_shown_as_a_table(cli, toys):
    for name in ("A1", "A2", "A3"):
        toys.add(name)
    out = cli("show", "A*", "--claims", toys.path).stdout
    assert "3 claims; one in full: explore-theory show A1" in out
    assert len(out.splitlines()) < 20
    assert "False variants" not in out
    assert "False variants" in cli("show", "A1", "--claims", toys.path).stdout


# --- small things ------------------------------------------------------------------------------------------


def test_the_slug_of_a_file_that_does_not_load_says_what_is_broken(cli, toys):
    toys.add("A1")
    toys.write("helper_claims.py", "def claim(*names):\n    1 / 0\n\nCLAIM = claim('A8', 'attack-a8')\n")
    done = cli("verify", "attack-a8", "--claims", toys.path)
    assert done.exit_code == 1
    assert "did you mean" not in done.output
    assert "ZeroDivisionError" in "".join(done.stdout.split())
    done = cli("show", "attack-a8", "--claims", toys.path)
    assert "helper_claims.py:2 could not be loaded: ZeroDivisionError" in done.stderr
    done = cli("verify", "no-such-claim", "--claims", toys.path)
    one_line(done, "selector must match", "(could not be loaded: helper_claims.py:2 (ZeroDivisionError")


def test_one_broken_file_does_not_answer_for_a_claim_that_is_there(cli, toys):
    toys.add("A1")
    toys.write("helper_claims.py", "CLAIM = 1 / 0, 'A8', 'toy-a1'\n")
    assert (
        cli("verify", "toy-a1", "--claims", toys.path).exit_code == 1
    )  # what shows nothing is always chosen
    toys.write(
        "helper_claims.py", "id='A8'; CLAIM = dict(id='A8', slug='attack-a8', uses='toy-a1', x=1 / 0)\n"
    )
    assert cli("verify", "toy-a1", "--claims", toys.path).exit_code == 0


def case_of(measured, bound, *, name="one", relation="<="):
    measurement = Measurement.exact(np.array(measured))
    summary = summarise(measurement, Bound.of(np.array(bound)), Reading())
    verdict = decide(summary, relation, Resolution())
    return CaseResult(
        check="check",
        case=name,
        evidence="adversarial",
        relation=relation,
        resolution=Resolution(),
        params={},
        verdict=verdict,
        summary=summary,
        slack=slack(summary, relation),
        moved=None,
        missing=0,
        alpha=None,
        seconds=0.0,
    )


def result_of(*cases, relation="<="):
    verdict = next((c.verdict for c in cases if c.verdict.status is Status.REFUTED), cases[0].verdict)
    return Result(
        record={"id": "A1", "slug": "a", "relation": relation},
        digest="",
        tier="quick",
        reseed=0,
        verdict=verdict,
        cases=cases,
        variants=(),
    )


def test_a_refuted_row_shows_the_slack_of_the_comparison_that_it_shows():
    # Furthest outside by difference is 30 > 20, by ratio 0.3 > 0.1.
    refuted = case_of([30.0, 0.3], [20.0, 0.1], name="far")
    tighter = case_of([1.0], [1.001], name="near")
    result = result_of(tighter, refuted)
    assert text.slack(result) == "0.667"
    assert text.reason(result) == "check/far: measured 30 > bound 20"
    assert "check/far, slack 0.667: REFUTED, measured 30 > bound 20" in text.failure_line(result, refuted)
    below = case_of([2.0], [3.0], relation=">=")
    assert text.slack(result_of(below, relation=">=")) == "0.667"
    assert text.reason(result_of(below, relation=">=")) == "measured 2 < bound 3"
    assert text.slack(result_of(tighter)) == "1.001"


def test_what_verify_writes_is_no_instance(cli, toys, tmp_path):
    toys.add("A1", bound=0.9)
    done = cli("verify", "--claims", toys.path, "--witness", "found", "--json")
    (tmp_path / "results.json").write_text(done.stdout)
    one_line(cli("run", "xpo", "--instance", "results.json"), "got JSON of results", "--witness DIR")
    (witness,) = tmp_path.glob("found/A1--draws--one.npz")
    one_line(cli("run", "xpo", "--instance", witness), "got a counter-example", "names no problem to run")
    beside = witness.with_name("A1--draws--one.problem.npz")
    PROBLEM.save(beside)
    one_line(cli("run", "xpo", "--instance", witness), f"its problem is in {beside}")
    assert cli("run", "passive-sampling", "--instance", beside, "--set", "rounds=2").exit_code == 0


@pytest.mark.parametrize("package", ["numpy", "scipy", "email"])
def test_a_package_without_claims_is_refused_and_not_imported(cli, package):
    before = set(sys.modules)
    one_line(cli("list", "--claims", package), f"got none in the package {package}")
    assert not [name for name in set(sys.modules) - before if name.startswith(f"{package}.tests")]


def test_pytest_refuses_a_package_without_claims(pytester):
    done = pytester.runpytest_subprocess("-p", "no:xdist", "--claims", "numpy")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(
        ["*claims must be a package with a file that defines CLAIM, got claims='numpy'*"]
    )


def test_mistakes_in_the_call_are_one_line_and_of_bounded_length(cli):
    one_line(cli("verify", "--nope"), "(see `explore-theory verify --help`)")
    one_line(cli("verify", "--jobs", "100000"), "--jobs")
    one_line(cli("verify", "w" * 5000), " .. ")
    assert len(cli("verify", "w" * 5000).stderr) < 1000
    assert cli().exit_code in (0, 2)
    assert "Commands:" in cli().output


def test_what_the_system_refuses_is_one_line():
    @mistakes.one_line_errors
    def command():
        raise PermissionError(13, "Permission denied", "results/store")

    with pytest.raises(SystemExit) as ended:
        command()
    assert ended.value.code == 2


def test_an_interrupted_process_waits_for_nobody(monkeypatch):
    """Whatever cannot be printed any more, and whichever threads still work."""
    codes = []
    monkeypatch.setattr(os, "_exit", codes.append)
    playing._leave(lambda: 1 / 0)
    assert codes == [130]


def test_statements_are_listed_without_a_selector():
    one_line(CliRunner().invoke(main, ["list", "--statements", "F1"]), "must be given no SELECTOR")


def test_progress_says_when_a_replicate_plays_alone(instance):
    plan = plan_of("passive-sampling", instance, {"rounds": "5"}, replicates=12)
    seen, progress = [], playing._Progress(plan)
    case = plan.playing._case

    class Watched(type(case)):
        def run(self, seat, watched):
            seen.append(progress.spent())
            return super().run(seat, watched)

    plan.playing._case = Watched(**{field.name: getattr(case, field.name) for field in fields(case)})
    progress.work()
    assert progress.error is None
    assert seen[0] == "0 of 12 replicates done; one of them plays alone first, to be compared"
    assert all("12 at work, " in line for line in seen[1:])
    assert progress.spent() == "12 of 12 replicates done"


@pytest.mark.parametrize("more", [("--law", "exact"), ("--budget", "weka=3")])
def test_a_door_that_there_is_not_is_refused_before_the_plan(instance, more):
    one_line(run("passive-sampling", "--instance", instance, "--set", "rounds=5", *more), "did you mean")
