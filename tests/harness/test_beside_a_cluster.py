"""Proofs of a run on a cluster are checked here, whatever prover its workers have; the rest is sent."""

import sys
from collections import deque
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace

import pytest
from test_cluster import FakeClient, on_dask  # noqa: F401

from explore_theory.errors import ClusterError
from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.formal.outcome import is_proof
from explore_theory.harness.running import beside, cluster, footing, place
from explore_theory.harness.running.executors import Limits
from explore_theory.harness.running.runner import Options, plan
from explore_theory.harness.running.worker import Job, ticket
from explore_theory.harness.storage.store import Outcome, Store

CHECKED = Outcome(status="done", payload="checked", seconds=1.0)


class FakeSlot:
    """A process here: what `comes` says, one after another, becomes of what it is given."""

    comes: list  # of outcomes, None where it died

    def __init__(self, limits):
        self.limits, self.given, self._task, self.stopped = limits, [], None, False
        made.append(self)

    @property
    def busy(self):
        return self._task is not None

    def give(self, job, attempt):
        assert not self.busy, "one at a time"
        self._task = job, attempt
        self.given.append((job.block.check, attempt))

    def collect(self):
        (job, attempt), self._task = self._task, None
        return job, attempt, self.comes.pop(0)

    def stop(self):
        self.stopped = True


made: list[FakeSlot] = []


@pytest.fixture
def slots(monkeypatch):
    """The processes that were started here."""
    made.clear()
    monkeypatch.setattr(beside, "Slot", {Job: FakeSlot})
    monkeypatch.setattr(beside, "wait", lambda slots, most: None)
    return made


@pytest.fixture
def jobs(toys):
    """The blocks of a toy, and among them two proofs."""
    toys.add("A1")
    (claim,) = discover([str(toys.path)]).claims
    planned = plan(claim, Store(":memory:"), Options())
    proofs = [
        replace(planned[0], block=replace(planned[0].block, check=f"proof:{name}", first=0, last=1))
        for name in "ab"
    ]
    assert all(is_proof(job.block.check) for job in proofs)
    return deque([proofs[0], *planned, proofs[1]])


def test_proofs_are_checked_here_and_all_else_is_sent(jobs, slots, on_dask, monkeypatch):  # noqa: F811
    monkeypatch.setattr(FakeSlot, "comes", [None, CHECKED, CHECKED], raising=False)
    monkeypatch.setenv("EXPLORE_THEORY_STARTED", "1.0")
    client, limits, wanted = FakeClient(), Limits(seconds=9.0), {job.block for job in jobs}
    found = list(on_dask(client, limits).run(jobs))
    assert {job.block for job, _ in found} == wanted
    assert len(found) == len(wanted)
    assert not any(is_proof(t.block.check) for batch in client.sent for t in batch.tickets)
    assert {job.block.check for job, outcome in found if outcome is CHECKED} == {"proof:a", "proof:b"}
    (slot,) = slots
    assert slot.given == [("proof:a", 1), ("proof:a", 2), ("proof:b", 1)], "whose process died is tried again"
    assert slot.limits is limits
    assert slot.stopped


def test_a_run_that_is_over_ends_what_is_checked_here(jobs, slots, on_dask, monkeypatch):  # noqa: F811
    monkeypatch.setattr(FakeSlot, "comes", [CHECKED, CHECKED], raising=False)
    monkeypatch.setenv("EXPLORE_THEORY_STARTED", "1.0")
    with closing(on_dask(FakeClient()).run(jobs)) as outcomes:
        next(outcomes)
    assert [slot.stopped for slot in slots] == [True]


def test_proofs_alone_need_no_worker(jobs, slots, on_dask, monkeypatch):  # noqa: F811
    monkeypatch.setattr(FakeSlot, "comes", [CHECKED, CHECKED], raising=False)
    proofs = deque(job for job in jobs if is_proof(job.block.check))
    client = FakeClient(threads=0)
    assert len(list(on_dask(client).run(proofs))) == 2
    with pytest.raises(ClusterError, match="must have a worker"):
        list(on_dask(client).run(deque(job for job in jobs if not is_proof(job.block.check))))


def test_a_block_that_ends_its_process_in_a_worker_is_tried_so_many_times(jobs, slots, monkeypatch):
    monkeypatch.setattr(FakeSlot, "comes", [None, None, CHECKED], raising=False)
    monkeypatch.setattr(place, "wait", lambda slots, most: None)
    slot = FakeSlot(Limits())
    assert place._outcome(slot, ticket(jobs[1]), lambda: True) is CHECKED
    assert [attempt for _, attempt in slot.given] == [1, 2, 3], "else it would never be given up"


def test_a_worker_that_serves_two_clients_at_once_tells_each_what_differs(jobs, monkeypatch):
    one = next(job for job in jobs if not is_proof(job.block.check))
    batch = place.Batch(
        run="mine", key="k", tickets=(ticket(one),), footing=footing.footing([one.registered]),
        limits=Limits(), started="1.0", spell=0.0,
    )  # fmt: skip
    here, looked = place._Place(), []

    def differences(asked):
        looked.append(asked)
        if len(looked) == 1:  # meanwhile another client's batch arrives in another thread
            here.differences(replace(batch, run="theirs"))
        return ("python 2.7.1, not 3.11",) if len(looked) == 1 else ()

    monkeypatch.setattr(place, "differences", differences)
    first = here.differences(batch)
    found = [here.differences(replace(batch, run=run)) for run in ("mine", "theirs", "mine")]
    assert found == [first, (), first]
    other = replace(batch, tickets=(replace(ticket(one), path=one.registered.path.with_name("other.py")),))
    for run in ("mine", "theirs", "mine", "theirs"):
        here.differences(replace(other, run=run))
        here.differences(replace(batch, run=run))
    assert len(looked) == 4, "looked at once a run and claim, though they take turns"
    for k in range(place._REMEMBERED):
        here.differences(replace(batch, run=str(k)))
    assert len(here.alike) == place._REMEMBERED


def test_modules_of_the_worker_come_before_those_of_the_client(jobs):
    sent = replace(ticket(jobs[1]), import_path=("/of/the/client", *sys.path))
    assert place._at_home(sent).import_path == (*sys.path, "/of/the/client")


def test_the_minute_without_workers_begins_when_the_last_one_was_seen(monkeypatch):
    clock = iter([0.0, 100.0, 130.0, 159.0, 161.0])
    monkeypatch.setattr(cluster, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    client = FakeClient(threads=1)
    client.end = float("inf")
    sending = cluster._Sending(client, "dask://x:1", Limits())
    sending._look_around()
    client.threads = 0
    sending._look_around()
    sending._look_around()
    with pytest.raises(ClusterError, match="must have a worker"):
        sending._look_around()
