"""A worker that has grown large makes way for a fresh one."""

import json
import os
import subprocess
import sys

import pytest

from explore_theory.foundation.memory import private
from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.running import executors
from explore_theory.harness.running.executors import Limits, Processes
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store

#: A toy notes the process of each of its blocks, and builds its world from streams.
TELL = """import os
    with open({file!r}, "a") as out: out.write(str(os.getpid()) + " ")"""


def processes(toys, monkeypatch, *, large, worth):
    """The processes of the blocks of two claims, by claim in the order of their blocks."""
    monkeypatch.setattr(executors, "_LARGE", large)
    monkeypatch.setattr(executors, "_WORTH", worth)
    found = {}
    for id in ("A1", "A2"):
        file = toys.path / f"{id}.pids"
        file.unlink(missing_ok=True)
        toys.add(id, extra=TELL.format(file=str(file)))
        found[id] = file
    claims = discover([str(toys.path)]).claims
    with Store(":memory:") as store:
        run(claims, store, executor=Processes(1, Limits()))
        payloads = [
            sorted((b.variant, b.first, o.payload) for b, o in store.blocks(c.digest, "quick", 0))
            for c in claims
        ]
    return [file.read_text().split() for file in found.values()], json.dumps(payloads)


@pytest.mark.skipif(
    not private(1) and sys.platform != "linux", reason="the size of a process is not known here"
)
def test_large_workers_are_replaced_between_batches(toys, monkeypatch):
    assert 2**26 < executors._LARGE < 2**30, "a worker of any use, and of less than a small machine"
    kept, plain = processes(toys, monkeypatch, large=0, worth=3600.0)
    assert len({pid for pids in kept for pid in pids}) == 1
    fresh, same = processes(toys, monkeypatch, large=0, worth=0.0)
    assert all(len(set(pids)) == len(pids) for pids in fresh), "a process for each of the rows"
    assert same == plain
    asked = []
    monkeypatch.setattr(executors, "private", lambda process: asked.append(process) or 2**40)
    processes(toys, monkeypatch, large=2**39, worth=0.0)
    assert asked
    assert os.getpid() not in asked
    monkeypatch.setattr(executors, "private", private)
    small, _ = processes(toys, monkeypatch, large=2**60, worth=0.0)
    assert len({pid for pids in small for pid in pids}) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="the size of a process is not known here")
def test_what_a_process_holds_for_itself_is_seen():
    hold = "import sys; kept = bytearray(2**26); print(flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=-1, stdout=-1) as process:
        process.stdout.readline()
        with open(f"/proc/{process.pid}/status") as status:
            (resident,) = (int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))
        assert 2**26 < private(process.pid) < resident
        process.stdin.close()
    assert private(2**22 + 1) == 0
