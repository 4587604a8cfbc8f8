"""A Dask cluster, without Dask: what is sent, in which order, and what becomes of what comes back."""

import math
import os
import sys
import time
from collections import deque
from dataclasses import replace
from types import SimpleNamespace

import pytest

from explore_theory.errors import ClusterError, InvalidClaim, MissingLibrary
from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.isolation.imports import installed_marks
from explore_theory.harness.running import cluster, footing, place
from explore_theory.harness.running.cluster import OnDask, scheduler_place
from explore_theory.harness.running.executors import Limits, Serial
from explore_theory.harness.running.lengths import Lengths
from explore_theory.harness.running.runner import Options, plan, run
from explore_theory.harness.running.worker import ticket
from explore_theory.harness.storage.store import Store


class KilledWorker(Exception):
    """Stands in for Dask's own."""


class FakeFuture:
    def __init__(self, result, status="finished"):
        self._result, self.status, self.done = result, status, []

    def add_done_callback(self, call):
        self.done.append(call)
        call(self)

    def result(self, timeout):
        found = self._result.pop(0) if isinstance(self._result, list) else self._result
        if isinstance(found, BaseException):
            raise found
        return found


class Pending(FakeFuture):
    def __init__(self):
        super().__init__(None, "pending")

    def add_done_callback(self, call):
        """Never."""


class FakeClient:
    """A cluster in this process: `becomes(batch)` says what comes of each batch, by default what it gives."""

    def __init__(self, *, threads=2, answers=None, becomes=None):
        self.status, self.threads = "running", threads
        self.answers = {"tcp://a": ()} if answers is None else answers
        self.becomes = becomes or reported
        self.sent, self.near, self.cancelled = [], [], []
        self.end = time.monotonic() + 30

    def submit(self, function, batch, *, key, pure, workers=(), allow_other_workers=False):
        assert function is place.run_batch
        assert not pure
        assert key == batch.key
        assert allow_other_workers == bool(workers), "a worker may be gone"
        self.sent.append(batch)
        assert len(self.sent) < 200, "sent again and again"
        self.near.append(list(workers))
        found = self.becomes(batch)
        return found if isinstance(found, FakeFuture) else FakeFuture(found)

    def run(self, function, asked, on_error):
        assert function is footing.differences
        assert on_error == "return"
        return self.answers

    def nthreads(self):
        assert time.monotonic() < self.end, "waited for what never comes"
        return {"tcp://a": self.threads} if self.threads else {}

    def wait_for_workers(self, number, timeout):
        if not self.threads:
            raise TimeoutError

    def cancel(self, futures, force):
        assert force, "what is begun ends too"
        self.cancelled.extend(futures)

    def close(self, timeout):
        self.status = "closed"


def reported(batch, most=None):
    """What a worker makes of a batch, of its first `most` blocks."""
    return place._run(replace(batch, tickets=batch.tickets[:most]), "tcp://a", lambda: True)


@pytest.fixture
def on_dask(monkeypatch):
    """Makes an executor on a fake cluster."""

    def make(client, limits=None):
        config = SimpleNamespace(get=lambda name, default: default)
        monkeypatch.setitem(sys.modules, "dask", SimpleNamespace(config=config))
        fake = SimpleNamespace(Client=lambda *_, **__: client, KilledWorker=KilledWorker)
        monkeypatch.setitem(sys.modules, "distributed", fake)
        return OnDask("dask://there:8786", limits)

    yield make
    for process in place._PLACE.idle:
        process.slot.stop()
    place._PLACE.idle.clear()


def stored(claims, executor, **options):
    """What a run leaves, but for times."""
    with Store(":memory:") as store:
        run(claims, store, executor=executor, **options)
        found = [pair for claim in claims for pair in store.blocks(claim.digest, "quick", 0)]
    return sorted((block, outcome.status, outcome.payload) for block, outcome in found)


@pytest.fixture
def claims(toys):
    toys.add("A1")
    toys.add("A2", bound=2.0)
    return discover([str(toys.path)]).claims


@pytest.mark.parametrize(
    "url",
    [
        "dask://",
        "dask://host",
        "tcp://host:1",
        "dask://host:0",
        "dask://host:65536",
        "dask://a b:1",
        "dask://h:1/x",
    ],
)
def test_a_bad_address_is_named(url):
    with pytest.raises(InvalidClaim, match=r"executor must be dask://host:port, got executor="):
        OnDask(url)


def test_good_addresses():
    assert scheduler_place("dask://host.example:8786") == "host.example:8786"
    assert scheduler_place("dask://[::1]:8786/") == "[::1]:8786"


def test_without_dask_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingLibrary, match=r"explore-theory\[dask\]"):
        OnDask("dask://host:1")


def test_no_scheduler_is_a_line(monkeypatch, on_dask):
    on_dask(FakeClient())

    def nobody(*_, **__):
        raise OSError("Timed out\nand more")

    monkeypatch.setattr(sys.modules["distributed"], "Client", nobody)
    with pytest.raises(ClusterError, match=r"no answer at dask://there:8786 \(OSError: Timed out\)"):
        OnDask("dask://there:8786")


def test_the_same_as_here(claims, on_dask):
    client = FakeClient()
    assert stored(claims, on_dask(client)) == stored(claims, Serial())
    assert client.status == "closed"
    assert not client.cancelled
    assert all(len({t.block.claim for t in batch.tickets}) == 1 for batch in client.sent)
    assert all({str(t.path) for t in b.tickets} <= set(b.footing.files) for b in client.sent)


def test_what_a_worker_has_not_begun_is_sent_again_near_it(claims, on_dask):
    client = FakeClient(threads=1, becomes=lambda batch: reported(batch, 1))
    assert stored(claims, on_dask(client)) == stored(claims, Serial())
    sent = [ticket.block for batch in client.sent for ticket in batch.tickets]
    assert len(sent) > len(set(sent)), "the rest goes again"
    assert any(near == ["tcp://a"] for near in client.near)


def test_few_batches_are_cut_so_that_all_threads_have_work(claims, on_dask):
    client = FakeClient(threads=64)
    assert stored(claims[:1], on_dask(client)) == stored(claims[:1], Serial())
    assert all(len(batch.tickets) == 1 for batch in client.sent)


def test_no_more_is_sent_than_threads_can_take(claims, on_dask):
    client = FakeClient(threads=3, becomes=lambda batch: Pending())
    sending = cluster._Sending(on_dask(client)._client, "dask://there:8786", Limits())
    sending.take(deque(plan(claims[0], Store(":memory:"), Options(block=1))))
    sending.send()
    assert len(client.sent) == 2 * 3
    sending.cancel()
    assert len(client.cancelled) == 2 * 3


def test_a_result_that_is_lost_on_the_way_is_waited_for(claims, on_dask):
    client = FakeClient(becomes=lambda batch: FakeFuture([TimeoutError(), reported(batch)]))
    assert stored(claims, on_dask(client)) == stored(claims, Serial())


def test_a_block_with_which_workers_are_lost_is_an_error_and_no_other(claims, on_dask):
    def becomes(batch):
        return KilledWorker("gone") if any(t.block.case == "two" for t in batch.tickets) else reported(batch)

    client = FakeClient(becomes=becomes)
    found = stored(claims, on_dask(client))
    expected = stored(claims, Serial())
    assert [row for row in found if row[0].case == "one"] == [row for row in expected if row[0].case == "one"]
    lost = [row[1:] for row in found if row[0].case == "two"]
    assert lost
    assert set(lost) == {("error", "WorkerDied: KilledWorker: gone")}
    alone = [
        b.tickets[0].block for b in client.sent if len(b.tickets) == 1 and b.tickets[0].block.case == "two"
    ]
    assert all(alone.count(block) == 2 for block in alone)


def test_a_loss_in_company_counts_against_nobody(claims, on_dask):
    def becomes(batch):
        return KilledWorker("gone") if len(batch.tickets) > 1 else reported(batch)

    assert stored(claims, on_dask(FakeClient(threads=1, becomes=becomes))) == stored(claims, Serial())


@pytest.mark.parametrize("status", ["cancelled", "lost"])
def test_a_lost_scheduler_is_a_line(claims, on_dask, status):
    client = FakeClient(becomes=lambda batch: FakeFuture(None, status))
    with pytest.raises(
        ClusterError, match=r"connection was lost at dask://there:8786; finished blocks are kept"
    ):
        stored(claims, on_dask(client))


def test_a_scheduler_that_is_lost_in_silence_is_noticed(claims, on_dask):
    def becomes(batch):
        client.status = "connecting"
        return Pending()

    client = FakeClient(becomes=becomes)
    with pytest.raises(ClusterError, match=r"the scheduler must stay within reach"):
        stored(claims, on_dask(client))
    assert not client.cancelled, "nobody is there to be told"


def test_a_cluster_without_workers_is_a_line(claims, on_dask, monkeypatch):
    monkeypatch.setattr(cluster, "WORKERS", 0.01)
    with pytest.raises(ClusterError, match=r"must have a worker, got none at dask://there:8786 for 0.01 s"):
        stored(claims, on_dask(FakeClient(threads=0)))


def test_a_cluster_that_loses_all_workers_is_a_line(claims, on_dask, monkeypatch):
    monkeypatch.setattr(cluster, "WORKERS", 0.01)
    monkeypatch.setattr(cluster, "_LOOK", 0.02)

    def becomes(batch):
        client.threads = 0
        return Pending()

    client = FakeClient(becomes=becomes)
    with pytest.raises(ClusterError, match="must have a worker"):
        stored(claims, on_dask(client))
    assert client.cancelled


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (("numpy 1.0, not 2.0",), r"got at tcp://b: numpy 1.0, not 2.0$"),
        (ImportError("No module named 'explore_theory'"), r"got ImportError: No module .* from tcp://b$"),
    ],
)
def test_workers_that_differ_get_no_work(claims, on_dask, answer, said):
    client = FakeClient(answers={"tcp://a": (), "tcp://b": answer})
    with pytest.raises(ClusterError, match=said):
        stored(claims, on_dask(client))
    assert not client.sent


def test_a_worker_that_comes_later_and_differs_is_noticed(claims, on_dask):
    late = place.Report(worker="tcp://late", differs=("no file x",))
    with pytest.raises(ClusterError, match="got at tcp://late: no file x"):
        stored(claims, on_dask(FakeClient(becomes=lambda batch: late)))


def test_what_dask_raises_is_a_line(claims, on_dask):
    error = ModuleNotFoundError("No module named 'explore_theory'\nmore")
    with pytest.raises(
        ClusterError, match=r"workers must be able to run blocks, got ModuleNotFoundError: No module"
    ):
        stored(claims, on_dask(FakeClient(becomes=lambda batch: error)))


def test_ctrl_c_cancels_what_is_under_way(claims, on_dask):
    client = FakeClient(becomes=lambda batch: Pending() if len(client.sent) > 1 else reported(batch))

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stored(claims, on_dask(client), progress=stop)
    assert client.cancelled


def test_what_comes_in_together_is_stored_together_and_in_full(claims, on_dask, monkeypatch):
    together = []
    put_all = Store.put_all
    monkeypatch.setattr(
        Store,
        "put_all",
        lambda self, found, session: together.append(len(found)) or put_all(self, found, session),
    )
    found = stored(claims, on_dask(FakeClient()))
    assert sum(together) == len(found)
    assert max(together) > 1
    assert found == stored(claims, Serial())


def test_what_is_done_is_kept_when_the_scheduler_is_lost(claims, on_dask):
    def becomes(batch):
        if len(client.sent) == 2:
            return FakeFuture(None, "lost")
        return reported(batch)

    client = FakeClient(threads=1, becomes=becomes)
    with Store(":memory:") as store:
        with pytest.raises(ClusterError, match="connection was lost"):
            run(claims, store, executor=on_dask(client))
        kept = {block for claim in claims for block, _ in store.blocks(claim.digest, "quick", 0)}
    assert kept == {ticket.block for ticket in client.sent[0].tickets}


def test_what_came_in_before_ctrl_c_is_kept(claims):
    class Interrupted(Serial):
        more = True

        def run(self, jobs):
            for number, pair in enumerate(super().run(jobs)):
                yield pair
                if number == 2:
                    raise KeyboardInterrupt

    with Store(":memory:") as store:
        with pytest.raises(KeyboardInterrupt):
            run(claims, store, executor=Interrupted())
        assert store.counts()["blocks"] == 3


def test_longest_first_once_lengths_are_known(claims):
    jobs = plan(claims[0], Store(":memory:"), Options(block=1))
    lengths = Lengths()
    assert lengths.expected(jobs) == math.inf
    seconds = {"one": 0.5, "two": 3.0}
    for job in jobs:
        lengths.add("toys", "A1", job.block, seconds[job.block.case])
    one = next(job for job in jobs if job.block.case == "one")
    two = next(job for job in jobs if job.block.case == "two")
    assert lengths.expected([one]) == 0.5
    assert lengths.expected([one, two, two]) == 6.5
    twice = replace(two, block=replace(two.block, last=two.block.first + 2))
    assert lengths.expected([twice]) == 6.0

    client = FakeClient(threads=1, becomes=lambda batch: Pending())
    sending = cluster._Sending(client, "dask://x:1", Limits())
    sending._lengths = lengths
    sending.take(deque([one, two, replace(two, block=replace(two.block, first=1, last=2))]))
    sending.send()
    assert [batch.tickets[0].block.case for batch in client.sent] == ["two", "two"]


def test_a_batch_ends_with_its_spell_and_when_nobody_wants_it(claims, on_dask, toys):
    on_dask(FakeClient())
    jobs = plan(claims[0], Store(":memory:"), Options())
    batch = place.Batch(
        run="r", key="k", tickets=tuple(map(ticket, jobs)), footing=footing.footing(claims), limits=Limits(),
        started=repr(time.time()), spell=0.0,
    )  # fmt: skip
    assert len(place._run(batch, "here", lambda: True).outcomes) == 1
    assert len(place._run(replace(batch, spell=60.0), "here", lambda: True).outcomes) == len(jobs)
    assert len(place._PLACE.idle) == 1, "one process served both"
    place._run(replace(batch, run="other"), "here", lambda: True)
    assert len(place._PLACE.idle) == 2, "another run has a process of its own"
    toys.add("A3", extra="import time; time.sleep(20)")
    slow = next(c for c in discover([str(toys.path)]).claims if c.claim.id == "A3")
    tickets = tuple(map(ticket, plan(slow, Store(":memory:"), Options())))
    found = place._run(
        replace(batch, tickets=tickets, footing=footing.footing([slow])), "here", lambda: False
    )
    assert found.outcomes == ()
    assert len(place._PLACE.idle) == 1, "its process is gone"


def test_what_was_there_before_the_run_counts_as_read(claims, on_dask):
    on_dask(FakeClient())
    environment = dict(os.environ)
    with place._started("12.5"):
        assert os.environ["EXPLORE_THEORY_STARTED"] == "12.5"
    assert dict(os.environ) == environment


def test_differences_are_named(claims, tmp_path):
    here = footing.footing(claims)
    assert footing.differences(here) == ()
    assert {str(c.path) for c in claims} <= set(here.files)
    assert here.versions.keys() >= {"python", "numpy", "explore-theory", "kernels", "processor"}
    versions = {**here.versions, "python": "2.7.1"}
    (said,) = footing.differences(replace(here, versions=versions))
    assert said == f"python {here.versions['python']}, not 2.7.1"
    assert footing.differences(replace(here, package="x")) == ("another code of explore-theory",)
    marks = {"numpy": here.versions["numpy"] + "+local", "no-such": "1"}
    number, none = footing.differences(replace(here, distributions=marks))
    assert number == f"numpy {here.versions['numpy']}, not {marks['numpy']}"
    assert none == "no-such is missing, not 1"
    assert installed_marks(frozenset({"numpy"})) == {"numpy": here.versions["numpy"]}
    gone = str(tmp_path / "gone.py")
    assert footing.differences(replace(here, files={gone: "x"})) == (f"no file {gone}",)
    claims[0].path.write_text(claims[0].path.read_text() + "\n# edited\n")
    assert footing.differences(here) == (f"another file {claims[0].path}",)
    many = replace(here, files={str(tmp_path / f"{k}.py"): "x" for k in range(9)})
    assert footing.differences(many)[-1] == "6 more"
