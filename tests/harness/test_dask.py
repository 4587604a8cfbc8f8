"""Blocks on a Dask cluster of two worker processes: the same bytes as one local worker, whatever is lost."""

import importlib.util
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not importlib.util.find_spec("distributed"), reason="dask is not installed here"),
    pytest.mark.skipif(sys.platform == "win32", reason="processes are ended by their signals"),
]

#: A toy whose blocks take a while, and note when they begin.
SLOW = """import os, time
    with open({log!r}, "a") as out: print(os.getpid(), file=out)
    time.sleep({seconds})"""


def environment(*first):
    return os.environ | {"PYTHONPATH": os.pathsep.join([*map(str, first), str(ROOT), *sys.path])}


@contextmanager
def process(*arguments, env=None, **more):
    """A Python process, ended at the end whatever it does."""
    with subprocess.Popen(
        [sys.executable, *arguments], env=env or environment(), start_new_session=True, **more
    ) as started:
        try:
            yield started
        finally:
            # Its whole session: a worker has a nanny.
            with suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)


class Cluster:
    """A scheduler and workers, each a process of its own."""

    def __init__(self, stack, folder):
        self._stack, self._folder = stack, folder
        self._said = stack.enter_context((folder / "cluster.log").open("w"))
        self.file = folder / "scheduler.json"
        self.scheduler = self._start("dask_scheduler", "--port", "0", "--host", "127.0.0.1")
        self.workers = [self.add(), self.add()]
        self.url = "dask://" + json.loads(waited(self.file.read_text))["address"].removeprefix("tcp://")

    def _start(self, program, *arguments, env=None):
        call = (
            "-m",
            f"distributed.cli.{program}",
            *arguments,
            "--scheduler-file",
            str(self.file),
            "--no-dashboard",
        )
        return self._stack.enter_context(
            process(*call, cwd=self._folder, env=env, stdout=self._said, stderr=self._said)
        )

    def add(self, env=None):
        waited(lambda: json.loads(self.file.read_text()))
        return self._start("dask_worker", "--nthreads", "1", env=env)


def waited(look, seconds=60):
    """What `look` gives once it gives something true and raises nothing."""
    end = time.monotonic() + seconds
    while True:
        try:
            if found := look():
                return found
        except (OSError, ValueError):
            pass
        assert time.monotonic() < end, "waited for too long"
        time.sleep(0.05)


@pytest.fixture
def dask_cluster(tmp_path):
    with ExitStack() as stack:
        folder = tmp_path / "cluster"
        folder.mkdir()
        yield Cluster(stack, folder)


def call(toys, store, *more):
    return ("-m", "explore_theory", "verify", "--claims", str(toys.path), "--store", str(store), *more)


def verify(toys, store, *more):
    """Run `verify` to its end: its exit code, and what it says on standard error."""
    done = subprocess.run(
        [sys.executable, *call(toys, store, *more)],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def rows(store):
    """The blocks of a store, but for times and sessions."""
    columns = 'claim, tier, reseed, variant, "check", "case", first, last, status, payload'
    with sqlite3.connect(store) as connection:
        found = connection.execute(f"SELECT {columns} FROM blocks ORDER BY {columns}").fetchall()
    connection.close()
    return found


def begun(log):
    return len(log.read_text().split()) if log.exists() else 0


@pytest.fixture
def slow_toys(toys, tmp_path):
    """Toys whose blocks take a third of a second, and the file in which they note that they began."""
    log = tmp_path / "begun"
    toys.add("A1", extra=SLOW.format(log=str(log), seconds=0.3))
    toys.add("A2", bound=2.0)
    return toys, log


def locally(toys, tmp_path):
    store = tmp_path / "here.sqlite"
    verify(toys, store, "--jobs", "1", "--block", "8")
    return rows(store)


def test_the_same_bytes_as_one_local_worker(dask_cluster, toys, tmp_path):
    toys.add("A1")
    toys.add("A2", bound=2.0)
    toys.add("A3", extra="import os; trial.case.slug == 'one' or os.kill(os.getpid(), 9)")
    code, said = verify(toys, tmp_path / "d.sqlite", "--executor", dask_cluster.url, "--block", "8")
    assert code == 1, said
    assert not said
    found = rows(tmp_path / "d.sqlite")
    assert found == locally(toys, tmp_path)
    assert {row[-2] for row in found} == {"done", "error"}
    assert any("WorkerDied: ended its worker 3 times, last with signal 9" in row[-1] for row in found)
    code, _ = verify(toys, tmp_path / "d.sqlite", "A1", "A2", "--executor", dask_cluster.url)
    assert code == 0, "nothing is left to run"


def test_a_worker_killed_by_its_id(dask_cluster, slow_toys, tmp_path):
    toys, log = slow_toys
    store = tmp_path / "d.sqlite"
    with process(*call(toys, store, "--executor", dask_cluster.url, "--block", "8")) as client:
        waited(lambda: begun(log) > 3)
        os.killpg(dask_cluster.workers[0].pid, signal.SIGKILL)
        assert client.wait(120) == 0
    assert rows(store) == locally(toys, tmp_path)


def test_a_client_that_is_killed_resumes(dask_cluster, slow_toys, tmp_path):
    toys, log = slow_toys
    store = tmp_path / "d.sqlite"
    arguments = ("--executor", dask_cluster.url, "--block", "8")
    with process(*call(toys, store, *arguments)) as client:
        waited(lambda: store.exists() and len(rows(store)) > 1)
        client.kill()
    kept = len(rows(store))
    before = begun(log)
    waited(lambda: not _children(dask_cluster) or None, 60)
    assert begun(log) <= before + 2, "what nobody waits for is not begun"
    code, said = verify(toys, store, *arguments)
    assert code == 0, said
    with sqlite3.connect(store) as connection:
        sessions = connection.execute("SELECT count(*) FROM blocks GROUP BY session").fetchall()
    connection.close()
    assert len(sessions) == 2
    assert kept in {number for (number,) in sessions}, "what was stored is not run again"
    assert rows(store) == locally(toys, tmp_path)


def _children(dask_cluster):
    """The processes in which claims run, of all workers."""
    import psutil

    found = []
    for worker in dask_cluster.workers:
        for child in psutil.Process(worker.pid).children(recursive=True):
            try:
                grandchild = child.parent() is not None and child.parent().pid != worker.pid
                if grandchild and "spawn_main" in " ".join(child.cmdline()):
                    found.append(child.pid)
            except psutil.NoSuchProcess:
                pass
    return found


def test_ctrl_c_ends_what_runs_on_the_cluster(dask_cluster, toys, tmp_path):
    log = tmp_path / "begun"
    toys.add("A1", extra=SLOW.format(log=str(log), seconds=3600))
    arguments = call(toys, tmp_path / "d.sqlite", "--executor", dask_cluster.url)
    with process(*arguments, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as client:
        waited(lambda: begun(log))
        assert _children(dask_cluster)
        client.send_signal(signal.SIGINT)
        _, said = client.communicate(timeout=60)
    assert client.returncode == 130
    assert said == "explore-theory: interrupted; finished blocks are kept, the same call resumes\n"
    waited(lambda: not _children(dask_cluster))


def test_a_scheduler_that_is_lost(dask_cluster, slow_toys, tmp_path):
    toys, log = slow_toys
    store = tmp_path / "d.sqlite"
    arguments = call(toys, store, "--executor", dask_cluster.url, "--block", "8")
    with process(*arguments, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as client:
        waited(lambda: begun(log) > 3)
        dask_cluster.scheduler.kill()
        _, said = client.communicate(timeout=120)
    assert client.returncode == 2
    assert said.count("\n") == 1
    assert said.startswith("explore-theory: the scheduler must stay within reach, got ")
    code, said = verify(toys, store, "--jobs", "1", "--block", "8")
    assert code == 0, said
    assert rows(store) == locally(toys, tmp_path)


def test_a_worker_with_other_code_is_named_and_gets_no_work(dask_cluster, toys, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(
        ROOT / "explore_theory", other / "explore_theory", ignore=shutil.ignore_patterns("__pycache__")
    )
    with (other / "explore_theory" / "errors.py").open("a") as file:
        file.write("# another edition\n")
    toys.add("A1")
    dask_cluster.workers.append(dask_cluster.add(env=environment(other)))
    waited(lambda: (dask_cluster.file.parent / "cluster.log").read_text().count("Register worker") > 2)
    code, said = verify(toys, tmp_path / "d.sqlite", "--executor", dask_cluster.url)
    assert code == 2
    assert said.count("\n") == 1
    assert "workers must have what results rest on as it is here, got at tcp://" in said
    assert said.endswith("another code of explore-theory\n")
    assert not rows(tmp_path / "d.sqlite")


def test_no_scheduler(toys, tmp_path):
    toys.add("A1")
    code, said = verify(toys, tmp_path / "d.sqlite", "--executor", "dask://127.0.0.1:9")
    assert code == 2
    assert said.count("\n") == 1
    assert said.startswith(
        "explore-theory: executor must be the address of a Dask scheduler, got no answer at "
    )
