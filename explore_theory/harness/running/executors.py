"""Where blocks run: in this process, or in worker processes that may die without harm.

An executor maps jobs to outcomes in any order; what an outcome says does not depend on the executor, on the
number of workers, or on crashes on the way.
"""

import math
import multiprocessing
import multiprocessing.connection
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.memory import private
from explore_theory.harness.formal import scratch
from explore_theory.harness.formal.outcome import is_proof
from explore_theory.harness.running import worker
from explore_theory.harness.running.sharing import Shared
from explore_theory.harness.running.worker import Job, Ticket
from explore_theory.harness.storage.store import Block, Outcome

#: What is run: a job, or the ticket that it travels by.
Work = TypeVar("Work", Job, Ticket)

#: A block that ends its worker this many times is an ERROR.
ATTEMPTS = 3

#: A worker that holds more bytes than this for itself, compiled code and what libraries keep, makes way for a
#: fresh one; not before it has run for so many seconds, beside which those of a start do not count.
_LARGE, _WORTH = 224 * 2**20, 40.0

#: The least GiB of memory that a block can be given: the libraries that claims import, compilers among them,
#: take nearly as much. With less some of them fail to load, in words of their own, and others never end.
LEAST_MEMORY = 0.5

#: Seconds a worker may take to import the claim of a block, before the block's own limit starts.
_LOADING = 60.0


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one block may use: wall-clock `seconds`, and `memory` in GiB of address space beyond the start."""

    seconds: float | None = None
    memory: float | None = None

    def __post_init__(self) -> None:
        for name in ("seconds", "memory"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise InvalidClaim(f"block {name} must be positive and finite, got {name}={value!r}")
        if self.memory is not None and self.memory < LEAST_MEMORY:
            raise InvalidClaim(
                f"block memory must be at least {LEAST_MEMORY:g} GiB (--block-memory {LEAST_MEMORY:g}), "
                f"to load what claims import, got memory={self.memory!r}"
            )


class Executor(Protocol):
    """Runs jobs somewhere.

    While `more`, the next outcome of a run is there already: what is there together may be stored together.
    """

    @property
    def more(self) -> bool:
        """Whether the next outcome comes without a wait."""

    def run(self, jobs: deque[Job]) -> Generator[tuple[Job, Outcome], None, None]:
        """Each job with its outcome, as they finish; closing the iterator stops the rest.

        What is run is taken from `jobs`. More may be put there meanwhile: it has ended when that is empty.
        """

    def close(self) -> None:
        """Let go of what is kept between runs."""


class Serial:
    """One block after another in this process."""

    more = False

    def run(self, jobs: deque[Job]) -> Generator[tuple[Job, Outcome], None, None]:
        """See `Executor`."""
        shared, waiting = Shared(), deque[list[Job]]()
        while waiting or jobs:
            waiting.extend(batches(jobs))
            for job in waiting.popleft():
                yield job, worker.run_job(job, shared)

    def close(self) -> None:
        """See `Executor`."""


class Processes:
    """Worker processes side by side; one that dies is replaced and its block run again.

    A block that exceeds its time is an ERROR at once; one that ends its worker is tried `ATTEMPTS` times.
    Each worker has a pipe of its own and one block at a time, so whichever moment it dies at, the block it
    took along is known and no lock is left held. A worker serves one folder or package of claims: what a
    plugin changes in libraries as it is imported, other claims never meet. Blocks over the same rows go to
    one worker, which builds once what they have in common, until another has nothing left to do.
    """

    def __init__(self, workers: int, limits: Limits | None = None) -> None:
        self._workers = workers
        self._limits = limits or Limits()
        self._slots: list[Slot[Job]] = []
        self.more = False

    def close(self) -> None:
        """End the workers."""
        while self._slots:
            self._slots.pop().stop()

    def run(self, jobs: deque[Job]) -> Generator[tuple[Job, Outcome], None, None]:
        """See `Executor`."""
        slots, waiting, ended = self._slots, Waiting(), list[tuple[Job, Outcome]]()
        for slot in slots:
            slot.batch.clear()
        try:
            while jobs or waiting or ended or any(slot.busy or slot.batch for slot in slots):
                if jobs:
                    waiting.extend(batches(jobs))
                    self._start(waiting.jobs + sum(slot.busy for slot in slots))
                for slot in slots:
                    if not slot.busy and (slot.batch or _more(slot, waiting, slots)):
                        slot.give(*slot.batch.popleft())
                # Workers go on while what they have done is stored; that may ask for more.
                if ended:
                    found = ended.pop()
                    self.more = bool(ended)
                    yield found
                    continue
                wait(slots)
                for slot in slots:
                    if (settled := slot.collect()) is not None:
                        job, attempt, outcome = settled
                        if outcome is None:
                            slot.batch.appendleft((job, attempt + 1))
                        else:
                            ended.append((job, outcome))
        except BaseException:
            self.close()  # what they are running is not wanted any more
            raise

    def _start(self, wanted: int) -> None:
        while len(self._slots) < min(self._workers, wanted):
            self._slots.append(Slot(self._limits))


def batches(jobs: deque[Job]) -> list[list[Job]]:
    """Take all `jobs`, by the rows of a check that they run over; batches and jobs stay in their order."""
    found: dict[tuple[Path, Block], list[Job]] = {}
    while jobs:
        job = jobs.popleft()
        rows = job.registered.path, replace(job.block, variant="")
        found.setdefault(rows, []).append(job)
    return list(found.values())


class Waiting:
    """Batches in the order in which they are begun: one folder after another, each in its own order.

    Adding and taking cost the same however many wait: claims that decide as they go ask again and again.
    """

    def __init__(self) -> None:
        self.jobs = 0
        self._folders: dict[Path, deque[list[Job]]] = {}

    def __bool__(self) -> bool:
        return bool(self._folders)

    def extend(self, found: Sequence[list[Job]]) -> None:
        """Add batches, each behind those of its folder."""
        for batch in found:
            self._folders.setdefault(_folder(batch[0]), deque()).append(batch)
            self.jobs += len(batch)

    def popleft(self) -> list[Job]:
        """Take the next."""
        folder, its = next(iter(self._folders.items()))
        batch = its.popleft()
        if not its:
            del self._folders[folder]
        self.jobs -= len(batch)
        return batch


def _more(slot: "Slot[Job]", waiting: Waiting, slots: Sequence["Slot[Job]"]) -> bool:
    """Fill an empty batch: the next one that waits, or half of what is left of the longest elsewhere."""
    batch = slot.batch
    if waiting:
        slot.refresh()
        batch.extend((job, 1) for job in waiting.popleft())
        return True
    longest = max((slot.batch for slot in slots), key=len)
    for _ in range((len(longest) + 1) // 2):
        batch.appendleft(longest.pop())
    return bool(batch)


class Slot(Generic[Work]):
    """A worker process, replaced when it dies, the block it is running and what is to follow it there.

    Processes are started within `around`.
    """

    def __init__(
        self, limits: Limits, around: Callable[[], AbstractContextManager[object]] = nullcontext
    ) -> None:
        # What is run, and how many times it was given to a worker with this one.
        self.batch: deque[tuple[Work, int]] = deque()
        self._limits = limits
        self._around = around
        self._task: tuple[Work, int] | None = None
        self._serves: Path | None = None
        self.deadline = math.inf
        self._start()

    @property
    def busy(self) -> bool:
        """Whether a block is being run."""
        return self._task is not None

    @property
    def signals(self) -> list[Any]:
        """What becomes ready when there is something to collect."""
        return [self._pipe, self._process.sentinel] if self.busy else []

    def give(self, job: Work, attempt: int) -> None:
        """Start `job`; if the worker is gone, `collect` will say so."""
        given = job if isinstance(job, Ticket) else worker.ticket(job)
        if self._serves not in (None, given.home):
            self._replace()
        self._task, self._serves = (job, attempt), given.home
        if self._limits.seconds is not None:
            self.deadline = time.monotonic() + self._limits.seconds + _LOADING
        with suppress(OSError):
            self._pipe.send(given)

    def collect(self) -> tuple[Work, int, Outcome | None] | None:
        """The job that has ended, its attempt, and its outcome, which is None if it is to be tried again."""
        if self._task is None:
            return None
        job, attempt = self._task
        outcome: Outcome | None = None
        if self._pipe.poll():
            try:
                outcome = self._pipe.recv()
            except (EOFError, OSError):
                outcome = self._death(attempt)
            if outcome == worker.STARTED:
                self.deadline = time.monotonic() + (self._limits.seconds or math.inf)
                return None
        elif not self._process.is_alive():
            outcome = self._death(attempt)
        elif time.monotonic() > self.deadline:
            self._replace()
            seconds = self._limits.seconds or 0.0
            outcome = Outcome(
                status="error",
                payload=f"BlockTimeout: exceeded the limit of {seconds:g} s",
                seconds=seconds,
            )
        else:
            return None
        self._task, self.deadline = None, math.inf
        return job, attempt, outcome

    def refresh(self) -> None:
        """Have a fresh worker in place of one that has grown large, if it has run for long enough."""
        if time.monotonic() - self._born > _WORTH and private(self._process.pid or 0) > _LARGE:
            self._replace()

    def stop(self) -> None:
        """End the worker, whatever it is doing."""
        self._pipe.close()
        self._process.kill()
        self._process.join()
        if self._task is not None and is_proof(self._task[0].block.check):
            scratch.sweep()

    def _death(self, attempt: int) -> Outcome | None:
        self._process.join()
        code = self._process.exitcode
        self._replace()
        if attempt < ATTEMPTS:
            return None
        cause = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        reason = f"WorkerDied: ended its worker {ATTEMPTS} times, last with {cause}"
        return Outcome(status="error", payload=reason, seconds=0.0)

    def _replace(self) -> None:
        self.stop()
        self._start()

    def _start(self) -> None:
        # Fresh interpreters: what a worker computes cannot depend on what this process did before.
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=worker.serve, args=(theirs, self._limits.memory), daemon=True, name="explore-theory-worker"
        )
        with self._around():
            self._process.start()
        self._born = time.monotonic()
        theirs.close()


def _folder(job: Job) -> Path:
    """The folder or package of claims that `job` belongs to."""
    return job.registered.home


def wait(slots: Sequence[Slot[Any]], most: float = math.inf) -> None:
    """Sleep until some slot has something to collect, but `most` seconds at most."""
    signals = [signal for slot in slots for signal in slot.signals]
    rest = min(most, min(slot.deadline for slot in slots) - time.monotonic())
    multiprocessing.connection.wait(signals, timeout=None if math.isinf(rest) else max(rest, 0.0) + 0.01)


def executor(jobs: int, limits: Limits) -> Executor:
    """The executor for ``--jobs N``: so many workers; with none, this process, which a claim can then end.

    Raises
    ------
    InvalidClaim
        If there are no workers to limit.
    """
    if jobs == 0:
        if limits != Limits():
            raise InvalidClaim("limits must go with worker processes, got limits for jobs=0")
        return Serial()
    return Processes(jobs, limits)
