"""Blocks on a Dask cluster that runs already: sent longest first, their outcomes as they come in.

The client is the only one that writes: a worker of the cluster never sees the store. What a worker runs, it
runs as a local worker process does (`place`), so that outcomes do not depend on who ran what. A task that
Dask repeats, since its worker was lost, gives what it would have given, and is taken once. Proofs alone are
checked on this machine (`beside`): a prover is nothing that machines must have in common.
"""

import heapq
import itertools
import os
import queue
import re
import time
from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

from explore_theory.errors import ClusterError, InvalidClaim, MissingLibrary
from explore_theory.harness.running import place, worker
from explore_theory.harness.running.beside import Beside
from explore_theory.harness.running.executors import Limits, batches
from explore_theory.harness.running.footing import Footing, differences, footing
from explore_theory.harness.running.lengths import Lengths
from explore_theory.harness.running.place import Batch, Report
from explore_theory.harness.running.worker import Job
from explore_theory.harness.storage.store import Block, Outcome

#: Seconds to wait for a scheduler to answer, and for a cluster to have a worker (again).
CONNECT, WORKERS = 10.0, 60.0

#: Seconds after which a worker reports on a batch, and sends back what it has not begun.
SPELL = 20.0

#: Tasks for each thread of the cluster: one that runs, and one that waits beside it.
_EACH = 2

#: A block sent alone is an ERROR when Dask has given it up so often, each time after a few lost workers.
_LOSSES = 2

_LOOK = 0.5

#: Batches that are stored together at most, if so many come in at once.
_TOGETHER = 256
_KEPT = "finished blocks are kept, the same call resumes"


def scheduler_place(url: str) -> str:
    """The ``host:port`` of ``dask://host:port``.

    Raises
    ------
    InvalidClaim
        If `url` has another form.
    """
    found = re.fullmatch(r"dask://((?:[\w.-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5}))/?", url, flags=re.ASCII)
    if found is None or not 0 < int(found[2]) < 2**16:
        raise InvalidClaim(f"executor must be dask://host:port, got executor={url!r}")
    return found[1]


class OnDask:
    """Runs blocks on the cluster whose scheduler is at `url`.

    Parameters
    ----------
    url
        ``dask://host:port``.
    limits
        Of a block.

    Raises
    ------
    InvalidClaim, MissingLibrary, ClusterError
        If `url` has another form, Dask is not installed here, or no scheduler answers.
    """

    def __init__(self, url: str, limits: Limits | None = None) -> None:
        where = scheduler_place(url)
        try:
            import dask
            import distributed
        except ImportError:
            raise MissingLibrary(
                "dask must be installed to run on a cluster, got none; pip install 'explore-theory[dask]'"
            ) from None
        self.url = url
        self.more = False
        self._limits = limits or Limits()
        # What else a secure connection needs, certificates and all, Dask has in its own settings.
        secure = dask.config.get("distributed.comm.require-encryption", None)
        address = f"{'tls' if secure else 'tcp'}://{where}"
        try:
            self._client = distributed.Client(address, timeout=CONNECT, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise ClusterError(
                f"executor must be the address of a Dask scheduler, got no answer at {url} ({_first(error)})"
            ) from None

    def close(self) -> None:
        """Let go of the cluster; it runs on."""
        with suppress(Exception):
            self._client.close(timeout=_LOOK)

    def run(self, jobs: deque[Job]) -> Generator[tuple[Job, Outcome], None, None]:
        """See `executors.Executor`."""
        sending, beside = _Sending(self._client, self.url, self._limits), Beside(self._limits)
        try:
            while jobs or sending.busy or beside:
                beside.take(jobs)
                if jobs:
                    sending.take(jobs)
                found = beside.settled(most=0.0 if sending.busy else _LOOK)
                if sending.busy:
                    sending.send()
                    found += sending.settled()
                for left, pair in enumerate(found, 1 - len(found)):
                    self.more = left < 0
                    yield pair
                if sending.failed is not None:
                    raise sending.failed
        finally:
            sending.cancel()
            beside.stop()


class _Sending:
    """The batches of one run: those that wait, longest first, and those that are with the cluster."""

    def __init__(self, client: Any, url: str, limits: Limits) -> None:
        self._client = client
        self._url = url
        self._limits = limits
        self._run = uuid4().hex
        self._waiting: list[tuple[float, int, tuple[Job, ...], str]] = []
        self._count = itertools.count()
        self._flight: dict[Any, tuple[Job, ...]] = {}
        self._arrived: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._lengths = Lengths()
        self._footings: dict[str, Footing] = {}
        self._losses = Counter[Block]()
        self._seen = -float("inf")
        self._threads = 0
        self._staffed = time.monotonic()
        self.failed: ClusterError | None = None

    @property
    def busy(self) -> bool:
        """Whether something waits or runs."""
        return bool(self._waiting or self._flight)

    def take(self, jobs: deque[Job]) -> None:
        """Take all `jobs`; claims that are new are looked for on every worker first."""
        found = batches(jobs)
        fresh = {
            batch[0].registered.digest: batch[0].registered
            for batch in found
            if batch[0].registered.digest not in self._footings
        }
        if fresh:
            self._staff()
            asked = footing(fresh.values())
            answers = self._asked(lambda: self._client.run(differences, asked, on_error="return"))
            for address, answer in answers.items():
                self._require_alike(address, answer)
            self._footings.update((digest, footing([claim])) for digest, claim in fresh.items())
        for batch in found:
            self._wait(batch)

    def send(self) -> None:
        """Give the cluster what it has room for; few batches are cut, so that all have work."""
        self._look_around()
        room = _EACH * self._threads - len(self._flight)
        while room > 0 and self._waiting:
            _, _, batch, where = heapq.heappop(self._waiting)
            idle = self._threads - len(self._flight)
            if len(batch) > 1 and len(self._waiting) + 1 < idle:
                half = (len(batch) + 1) // 2
                self._wait(batch[half:])
                batch = batch[:half]
            self._submit(batch, where)
            room -= 1

    def settled(self) -> list[tuple[Job, Outcome]]:
        """What has come in, after a wait of `_LOOK` seconds at most; `failed` says why no more will."""
        found: list[tuple[Job, Outcome]] = []
        try:
            future = self._arrived.get(timeout=_LOOK)
            for _ in range(_TOGETHER):
                found.extend(self._settle(future))
                future = self._arrived.get_nowait()
        except queue.Empty:
            if self._client.status != "running":
                self.failed = ClusterError(self._gone("the connection was lost"))
        except ClusterError as error:
            self.failed = error
        return found

    def cancel(self) -> None:
        """Tell the cluster that nothing is wanted any more; workers end what they are running."""
        flight, self._flight = list(self._flight), {}
        if flight and self._client.status == "running":
            with suppress(Exception):
                self._client.cancel(flight, force=True)

    def _wait(self, batch: Sequence[Job], where: str = "") -> None:
        entry = (-self._lengths.expected(batch), next(self._count), tuple(batch), where)
        heapq.heappush(self._waiting, entry)

    def _submit(self, batch: tuple[Job, ...], where: str) -> None:
        key = f"explore-theory-{self._run}-{next(self._count)}"
        sent = Batch(
            run=self._run,
            key=key,
            tickets=tuple(map(worker.ticket, batch)),
            footing=self._footings[batch[0].registered.digest],
            limits=self._limits,
            started=os.environ["EXPLORE_THEORY_STARTED"],
            spell=SPELL,
        )
        # Where the rest of a batch begins, the world of its rows is still there.
        near = {"workers": [where], "allow_other_workers": True} if where else {}
        future = self._client.submit(place.run_batch, sent, key=key, pure=False, **near)
        self._flight[future] = batch
        future.add_done_callback(self._arrived.put)

    def _settle(self, future: Any) -> Iterator[tuple[Job, Outcome]]:
        from distributed import KilledWorker

        batch = self._flight.get(future)
        if batch is None:
            return
        if future.status in ("cancelled", "lost"):
            self._lost()
        try:
            report: Report = future.result(timeout=CONNECT)
        except TimeoutError:
            # Its worker was lost before it could hand over the result: Dask makes it again.
            future.add_done_callback(self._arrived.put)
            return
        except KilledWorker as error:
            del self._flight[future]
            yield from self._killed(batch, error)
            return
        except Exception as error:
            self._require_scheduler()
            raise ClusterError(
                f"workers must be able to run blocks, got {_first(error)} from {self._url}; {_KEPT}"
            ) from error
        del self._flight[future]
        self._require_alike(report.worker, report.differs)
        done = list(zip(batch, report.outcomes, strict=False))
        for job, outcome in done:
            registered = job.registered
            self._lengths.add(registered.namespace, registered.claim.id, job.block, outcome.seconds)
        if rest := batch[len(done) :]:
            self._wait(rest, report.worker)
        yield from done

    def _killed(self, batch: tuple[Job, ...], error: Exception) -> Iterator[tuple[Job, Outcome]]:
        """Workers were lost with `batch`: each block is tried alone, and is an error if that goes on.

        Dask counts a loss against all that its worker had been given, begun or not.
        """
        for job in batch:
            self._losses[job.block] += len(batch) == 1
            if self._losses[job.block] < _LOSSES:
                self._wait([job])
            else:
                yield job, Outcome(status="error", payload=f"WorkerDied: {_first(error)}", seconds=0.0)

    def _require_alike(self, address: str, answer: object) -> None:
        if isinstance(answer, BaseException):
            raise ClusterError(
                f"workers must have the explore-theory that is here, got {_first(answer)} from {address}"
            )
        if isinstance(answer, tuple) and answer:
            raise ClusterError(
                f"workers must have what results rest on as it is here, got at {address}: {', '.join(answer)}"
            )

    def _staff(self) -> None:
        """Wait for a worker."""
        try:
            self._asked(lambda: self._client.wait_for_workers(1, timeout=WORKERS))
        except TimeoutError:
            self._unstaffed()

    def _look_around(self) -> None:
        """Look how many threads there are, now and then."""
        now = time.monotonic()
        if now - self._seen < _LOOK:
            return
        self._seen = now
        self._threads = sum(self._asked(self._client.nthreads).values())
        if self._threads:
            self._staffed = now
        elif now - self._staffed > WORKERS:
            self._unstaffed()

    def _asked(self, ask: Any) -> Any:
        """What the cluster answers; an error of one line if it is gone."""
        try:
            return ask()
        except TimeoutError:
            self._require_scheduler()
            raise
        except (OSError, RuntimeError, ValueError) as error:
            raise ClusterError(self._gone(_first(error))) from None

    def _unstaffed(self) -> None:
        raise ClusterError(
            f"the cluster must have a worker, got none at {self._url} for {WORKERS:g} s; {_KEPT}"
        )

    def _require_scheduler(self) -> None:
        if self._client.status != "running":
            self._lost()

    def _lost(self) -> None:
        raise ClusterError(self._gone("the connection was lost"))

    def _gone(self, cause: str) -> str:
        return f"the scheduler must stay within reach, got {cause} at {self._url}; {_KEPT}"


def _first(error: BaseException) -> str:
    """The kind of an error and the first line of what it says."""
    said: Iterable[str] = str(error).strip().splitlines()
    return f"{type(error).__name__}: {next(iter(said), 'no message')[:200]}"
