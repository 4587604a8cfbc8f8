"""The workers of tests are those of the package in all that a claim can see; only their start is warm."""

import json
import os

import pytest

from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running.executors import Limits, Processes
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status

#: What a toy tells of the process that it runs in.
TELL = """import json, os, random, sys, threading, warnings
    told = dict(modules=sorted(sys.modules), folder=os.getcwd(), environment=os.environ.get("TOY_WORD"),
                path=sys.path, filters=len(warnings.filters), process=os.getpid(), drawn=random.random())
    with open({file!r}, "w") as out: json.dump(told, out)"""


def told_by_a_worker(toys, name, monkeypatch):
    """What a toy tells, run by a worker as the test has it."""
    file = toys.path / f"{name}.json"
    toys.add(name, extra=TELL.format(file=str(file)))
    monkeypatch.setenv("TOY_WORD", name)
    registered = [r for r in discover([str(toys.path)]).claims if r.claim.id == name]
    with Store(":memory:") as store:
        (result,) = session_results(store, run(registered, store, executor=Processes(1, Limits())))
    assert result.verdict.status is Status.HOLDS, result.verdict.reason
    return json.loads(file.read_text())


@pytest.fixture
def warm(toys, monkeypatch):
    return told_by_a_worker(toys, "W1", monkeypatch)


def test_a_warm_worker_is_another_process_where_the_caller_is(warm):
    assert warm["process"] != os.getpid()
    assert (warm["folder"], warm["environment"]) == (os.getcwd(), "W1")


def test_a_second_one_has_the_environment_of_its_own_start(warm, toys, monkeypatch):
    again = told_by_a_worker(toys, "W2", monkeypatch)
    assert again["environment"] == "W2"
    assert again["process"] != warm["process"]


def test_nothing_is_imported_that_a_fresh_interpreter_has_not(warm, toys, monkeypatch, request):
    """Else a claim that forgets an import would hold here and fail elsewhere."""
    from explore_theory.harness.running import executors

    monkeypatch.undo()
    assert executors.multiprocessing.__name__ == "multiprocessing"
    cold = told_by_a_worker(toys, "C1", monkeypatch)
    ours = {"warm_workers", "multiprocessing.forkserver", "multiprocessing.popen_forkserver"}
    own = {name for name in warm["modules"] if name.split(".")[0] not in ("multiprocessing", "encodings")}
    assert own - ours <= set(cold["modules"]) | {name for name in own if "w1_" in name}
    assert warm["filters"] == cold["filters"]
    assert set(warm["path"]) == set(cold["path"])


@pytest.mark.cold_workers
def test_tests_of_processes_have_fresh_interpreters(toys, monkeypatch):
    assert "warm_workers" not in told_by_a_worker(toys, "C1", monkeypatch)["modules"]
