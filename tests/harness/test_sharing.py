"""One store and several runs: each caller gets its own results, and nobody's blocks are lost."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from explore_theory.errors import StoreError
from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.results import latest_results, session_results
from explore_theory.harness.judging.upkeep import check, compact
from explore_theory.harness.running.executors import Serial
from explore_theory.harness.running.runner import Options, begin, carry_out, plan, run
from explore_theory.harness.storage import schema
from explore_theory.harness.storage import store as store_module
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.export import to_json
from explore_theory.reporting.verify import run_with_progress


def undisturbed(claims, **options):
    with Store(":memory:") as store:
        return to_json(session_results(store, run(claims, store, **options)), timing=False)


class Meanwhile(Serial):
    """Does `act` once, before the block of number `at`."""

    def __init__(self, act, at):
        self.act, self.left = act, at

    def run(self, jobs):
        for pair in super().run(jobs):
            if self.left == 0:
                self.act()
            self.left -= 1
            yield pair


def test_a_run_gets_its_own_results_though_another_one_begins_meanwhile(toys, tmp_path):
    toys.add("A1")
    toys.add("B1", bound=0.9)
    holds, refuted = discover([str(toys.path)]).claims

    def other():
        with Store(tmp_path / "s") as second:
            run([holds], second)

    with Store(tmp_path / "s") as store:
        done = run_with_progress([refuted], store, executor=Meanwhile(other, at=3))
    assert [(r.id, r.verdict.status) for r in done.results] == [("B1", Status.REFUTED)]


def test_an_interrupted_run_gets_its_own_results_though_another_one_begins_meanwhile(toys, tmp_path):
    toys.add("A1")
    toys.add("B1", bound=0.9)
    holds, refuted = discover([str(toys.path)]).claims

    def other():
        with Store(tmp_path / "s") as second:
            run([holds], second)
        raise KeyboardInterrupt

    with Store(tmp_path / "s") as store:
        done = run_with_progress([refuted], store, executor=Meanwhile(other, at=3))
    assert done.interrupted
    assert [(r.id, r.verdict.status) for r in done.results] == [("B1", Status.INCONCLUSIVE)]


@pytest.fixture
def stepping_clock(monkeypatch):
    """A clock that is an hour further back each time it is asked."""
    now = datetime.now(UTC)

    def ask():
        nonlocal now
        now -= timedelta(hours=1)
        return now.isoformat(timespec="microseconds")

    monkeypatch.setattr(store_module, "_now", ask)


def test_a_clock_that_steps_back_does_not_bring_an_old_verdict_back(toys, stepping_clock):
    file = toys.add("A1")
    with Store(":memory:") as store:
        run(discover([str(toys.path)]).claims, store)
        file.write_text(file.read_text().replace("Bound.of(1.0)", "Bound.of(0.9)"))
        first, second = store.sessions()[0], run(discover([str(toys.path)]).claims, store)
        assert second.started < first.started
        assert [session.sequence for session in store.sessions()] == [1, 2]
        assert [r.verdict.status for r in latest_results(store)] == [Status.REFUTED]


def test_two_claims_of_one_id_in_two_namespaces_are_two_claims(toys):
    toys.add("A1")
    claims = discover([str(toys.path)]).claims
    with Store(":memory:") as store:
        session = run(claims, store)
        (claim,) = session.claims
        record = json.loads(claim[-1])
        for digest, namespace in (("d1", "one"), ("d2", "two"), ("d3", "one")):
            store.begin(
                tier="quick",
                reseed=0,
                shard="1/1",
                package_digest="p",
                versions={},
                alpha={},
                claims=[(digest, record | {"namespace": namespace})],
            )
        assert [digest for _, digest, _ in store.latest()] == ["d3", claim[0], "d2"]


def test_a_new_store_may_be_opened_by_several_processes_at_once(tmp_path):
    code = (
        "import sys\n"
        "from explore_theory.harness.storage.store import Store\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "for k in range(40):\n"
        "    with Store(f'{sys.argv[1]}/{k}') as store:\n"
        "        store.sessions()\n"
    )
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in runs:
        process.stdout.readline()
    for process in runs:
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate(timeout=60)[1] for process in runs] == ["", "", ""]


@pytest.mark.parametrize("moment", ["PRAGMA user_version", "BEGIN IMMEDIATE"])
def test_a_new_store_may_be_laid_out_by_another_process_at_any_moment(tmp_path, monkeypatch, moment):
    """Between any two looks at the empty file; or while nobody else can, and then it is left alone."""
    plain, waiting = sqlite3.connect, [moment]

    class Overtaken(sqlite3.Connection):
        def execute(self, statement, *values):
            if statement in waiting:
                waiting.clear()
                with suppress(StoreError), Store(tmp_path / "s"):
                    pass
            return super().execute(statement, *values)

    def connect(address, **options):
        return plain(address, **options, factory=Overtaken)

    monkeypatch.setattr(schema, "WAIT", 0.01)
    monkeypatch.setattr(sqlite3, "connect", connect)
    with Store(tmp_path / "s") as store:
        assert store.sessions() == []
    assert waiting == []


def edited(toys, file):
    """The claims of before and after an edit of `file`."""
    before = discover([str(toys.path)]).claims
    file.write_text(file.read_text() + "\n# edited\n")
    return before, discover([str(toys.path)]).claims


@pytest.mark.parametrize("at", [0, 3, 9])
def test_compacting_does_not_break_a_run_that_goes_on(toys, tmp_path, at):
    old, new = edited(toys, toys.add("A1"))

    def outdate_and_compact():
        with Store(tmp_path / "s") as second:
            run(new, second)
        compact(tmp_path / "s")

    with Store(tmp_path / "s") as store:
        done = run_with_progress(old, store, executor=Meanwhile(outdate_and_compact, at))
        assert to_json(done.results, timing=False) == undisturbed(old)
        assert [digest for _, digest, _ in store.latest()] == [new[0].digest]
    assert check(tmp_path / "s").problems == ()


def test_compacting_what_was_done_before_a_run_began_does_not_break_it_either(toys, tmp_path):
    file = toys.add("A1")
    toys.add("B1")
    old, new = edited(toys, file)
    assert [r.claim.id for r in old] == ["A1", "B1"]

    def outdate_and_compact():
        with Store(tmp_path / "s") as second:
            run(new[:1], second)
        compact(tmp_path / "s")

    with Store(tmp_path / "s") as store:
        run(old[:1], store)
        done = run_with_progress(old, store, executor=Meanwhile(outdate_and_compact, 4))
        assert to_json(done.results, timing=False) == undisturbed(old)


def test_compacting_does_not_turn_an_error_of_a_run_that_goes_on_into_something_else(toys, tmp_path):
    old, new = edited(
        toys, toys.add("A1", extra="if not trial.rows[0]: raise ZeroDivisionError('by design')")
    )

    def outdate_and_compact():
        with Store(tmp_path / "s") as second:
            run(new, second)
        compact(tmp_path / "s")

    with Store(tmp_path / "s") as store:
        done = run_with_progress(old, store, executor=Meanwhile(outdate_and_compact, 6))
        assert [r.verdict.status for r in done.results] == [Status.ERROR]
        assert to_json(done.results, timing=False) == undisturbed(old)


def test_results_asked_for_after_a_compaction_are_not_believed_to_be_complete(toys, tmp_path):
    old, new = edited(toys, toys.add("A1"))
    with Store(tmp_path / "s") as store:
        session = run(old, store)
        run(new, store)
        compact(tmp_path / "s")
        assert [r.verdict.status for r in session_results(store, session)] == [Status.INCONCLUSIVE]


def counted(toys, tmp_path):
    """A claim that leaves a mark each time a block of it is run."""
    marks = tmp_path / "marks"
    toys.add("A1", extra=f"with open({str(marks)!r}, 'a') as file: file.write('x')")
    return discover([str(toys.path)]).claims, lambda: len(marks.read_text())


def test_a_fresh_run_runs_everything_again_and_only_what_was_asked_for(toys, tmp_path):
    claims, ran = counted(toys, tmp_path)
    with Store(":memory:") as store:
        run(claims, store)
        run(claims, store, reseed=1)
        assert ran() == 10
        run(claims, store)
        assert ran() == 10
        run(claims, store, fresh=True)
        assert ran() == 15
        run(claims, store, reseed=1)
        assert ran() == 15


def test_a_fresh_shard_runs_its_own_part_again(toys, tmp_path):
    claims, ran = counted(toys, tmp_path)
    with Store(":memory:") as store:
        for part in (1, 2):
            run(claims, store, shard=(part, 2))
        mine = ran()
        run(claims, store, shard=(1, 2), fresh=True)
        assert 0 < ran() - mine < 10
        assert plan(claims[0], store, Options()) == []


def test_a_fresh_run_cut_short_is_resumed_by_the_same_call_without_fresh(toys, tmp_path):
    claims, ran = counted(toys, tmp_path)

    def interrupt():
        raise KeyboardInterrupt

    with Store(":memory:") as store:
        run(claims, store)
        cut = run_with_progress(claims, store, executor=Meanwhile(interrupt, 4), fresh=True)
        assert [r.verdict.status for r in cut.results] == [Status.INCONCLUSIVE]
        before = ran()
        done = run_with_progress(claims, store, executor=Serial())
        assert ran() - before == 3, "of five stretches of rows, two were done"
        assert to_json(done.results, timing=False) == undisturbed(claims)


def test_a_fresh_run_does_not_disturb_another_one_in_the_store(toys, tmp_path):
    toys.add("A1")
    claims = discover([str(toys.path)]).claims

    def another():
        with Store(tmp_path / "s") as second:
            run(claims, second, fresh=True)
            begin(claims, second, Options(fresh=True))

    with Store(tmp_path / "s") as store:
        done = run_with_progress(claims, store, executor=Meanwhile(another, 5))
    assert to_json(done.results, timing=False) == undisturbed(claims)


def test_a_store_that_stays_locked_is_one_line(toys, tmp_path, monkeypatch):
    monkeypatch.setattr(schema, "WAIT", 0.05)
    toys.add("A1")
    claims = discover([str(toys.path)]).claims
    with Store(tmp_path / "s") as store, Store(tmp_path / "s") as other:
        session = begin(claims, store, Options())
        with other.transaction(), pytest.raises(StoreError, match="another process") as refusal:
            carry_out(claims, store, session, Options())
        assert "\n" not in str(refusal.value)
        carry_out(claims, store, session, Options())
        assert to_json(session_results(store, session), timing=False) == undisturbed(claims)


def test_a_run_waits_for_a_store_that_another_process_is_writing_to(toys, tmp_path):
    toys.add("A1")
    claims = discover([str(toys.path)]).claims
    with Store(tmp_path / "s"):
        pass
    begun, release = threading.Event(), threading.Event()

    def hold():
        with Store(tmp_path / "s") as other, other.transaction():
            begun.set()
            release.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    begun.wait(10)
    threading.Timer(0.3, release.set).start()
    with Store(tmp_path / "s") as store:
        found = to_json(session_results(store, run(claims, store)), timing=False)
    holder.join()
    assert found == undisturbed(claims)


@pytest.mark.skipif(os.name == "nt", reason="a folder in use cannot be removed on Windows")
@pytest.mark.parametrize("moved", ["folder", "file", "replaced"])
def test_a_store_that_is_taken_away_while_a_run_goes_on_is_one_line(toys, tmp_path, moved):
    toys.add("A1")
    path = tmp_path / "there" / "s"
    path.parent.mkdir()

    def take_away():
        if moved == "folder":
            shutil.rmtree(path.parent)
        else:
            path.rename(tmp_path / "elsewhere")
        if moved == "replaced":
            shutil.copy(tmp_path / "elsewhere", path)

    with Store(path) as store, pytest.raises(StoreError, match="must stay in its place") as refusal:
        run(discover([str(toys.path)]).claims, store, executor=Meanwhile(take_away, 3))
    assert "\n" not in str(refusal.value)


def test_a_store_that_is_moved_keeps_what_was_done(toys, tmp_path):
    toys.add("A1")
    claims = discover([str(toys.path)]).claims

    def move():
        (tmp_path / "s").rename(tmp_path / "elsewhere")

    with Store(tmp_path / "s") as store, pytest.raises(StoreError, match="must stay in its place"):
        run(claims, store, executor=Meanwhile(move, 3))
    with Store(tmp_path / "elsewhere") as store:
        assert store.counts()["blocks"] == 3
        assert to_json(session_results(store, run(claims, store)), timing=False) == undisturbed(claims)


def test_a_claim_that_changes_the_working_folder_does_not_move_the_store(toys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    toys.add("A1", extra=f"import os; os.chdir({str(toys.path)!r})")
    claims = discover([str(toys.path)]).claims
    with Store("s") as store:
        assert [r.verdict.status for r in session_results(store, run(claims, store))] == [Status.HOLDS]
