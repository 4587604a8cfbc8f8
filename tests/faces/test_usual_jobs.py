"""Without ``--jobs`` there is a worker for each processor that this process may use, up to a few."""

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from explore_theory.cli import main, options
from explore_theory.foundation.processors import processors
from explore_theory.harness.running import executors


@pytest.fixture
def asked(monkeypatch, toys):
    """The numbers of workers that executors are made with."""
    toys.add("B1")
    found = []

    def made(jobs, limits):
        found.append(jobs)
        return executors.Serial()

    monkeypatch.setattr(executors, "executor", made)
    monkeypatch.chdir(toys.path.parent)
    return found


@pytest.mark.parametrize(("there", "usual"), [(1, 1), (3, 3), (64, 4)])
def test_there_are_as_many_workers_as_processors_up_to_a_few(monkeypatch, toys, asked, there, usual):
    monkeypatch.setattr(options, "processors", lambda: there)
    CliRunner().invoke(main, ["verify", "--claims", str(toys.path)])
    assert asked == [usual]


@pytest.mark.parametrize("command", [("verify",), ("audit",), ("formal", "check")], ids=" ".join)
def test_every_command_that_runs_claims_says_so(command):
    told = CliRunner().invoke(main, [*command, "--help"]).output
    assert "one a processor, at most 4" in " ".join(told.split())


@pytest.mark.parametrize("jobs", [0, 1, 7])
def test_what_is_asked_for_is_done(toys, asked, jobs):
    CliRunner().invoke(main, ["verify", "--claims", str(toys.path), "--jobs", str(jobs)])
    assert asked == [jobs]


@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="processes here cannot be kept to processors"
)
def test_a_process_that_is_kept_to_one_processor_has_one():
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))});"
        "from explore_theory.foundation.processors import processors; print(processors())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    assert processors() >= 1
