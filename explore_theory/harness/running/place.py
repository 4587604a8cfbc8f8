"""What runs in a worker of a cluster: batches of blocks, each in a process of its own below that worker.

The worker of the cluster runs no claim itself. Its threads share it, it may outlive many runs and editions of
a claim, and a claim may change or end the process that it is in. So each thread that has a batch hands its
blocks, one by one, to a fresh interpreter, as `executors.Processes` does, and the limits, the second tries
and the words of what went wrong are the same.
"""

import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from explore_theory.harness.running.executors import Limits, Slot, wait
from explore_theory.harness.running.footing import Footing, differences
from explore_theory.harness.running.worker import Ticket
from explore_theory.harness.storage.store import Outcome

#: A process that no batch has needed for so many seconds is ended: its run is over, or its client is gone.
IDLE = 30.0
#: How often it is looked whether a batch is still wanted, in seconds.
_LOOK = 0.5
#: Claims of runs of which it is remembered whether they may run here.
_REMEMBERED = 4096
#: When the run began, for what is read from the temporary folder: see `isolation.reads`.
_CLOCK = "EXPLORE_THEORY_STARTED"


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Blocks that go to one worker of a cluster together.

    Parameters
    ----------
    run
        The run that wants them. Processes are never shared between runs: a claim may be edited in between.
    key
        What the cluster calls it.
    footing
        What its claim rests on.
    limits, started
        Of a block, and when the run began.
    spell
        Seconds after which no further block is begun here: what is done is stored, the rest sent again.
    """

    run: str
    key: str
    tickets: tuple[Ticket, ...]
    footing: Footing
    limits: Limits
    started: str
    spell: float


@dataclass(frozen=True, kw_only=True)
class Report:
    """What became of a batch: outcomes of its first blocks, by `worker`, or why it may not run there."""

    worker: str
    outcomes: tuple[Outcome, ...] = ()
    differs: tuple[str, ...] = ()


def run_batch(batch: Batch) -> Report:
    """Run blocks of `batch` in this worker of a cluster, until done, unwanted, or its spell is over."""
    from distributed import get_worker

    worker = get_worker()

    def wanted() -> bool:
        task = worker.state.tasks.get(batch.key)
        return task is not None and task.state != "cancelled"

    return _run(batch, worker.address, wanted)


def _run(batch: Batch, address: str, wanted: Callable[[], bool]) -> Report:
    differs = _PLACE.differences(batch)
    if differs:
        return Report(worker=address, differs=differs)
    end = time.monotonic() + batch.spell
    outcomes: list[Outcome] = []
    with _PLACE.process(batch) as slot:
        for ticket in batch.tickets:
            outcome = _outcome(slot, _at_home(ticket), wanted)
            if outcome is None:
                break
            outcomes.append(outcome)
            if time.monotonic() > end:
                break
    return Report(worker=address, outcomes=tuple(outcomes))


def _outcome(slot: Slot[Ticket], ticket: Ticket, wanted: Callable[[], bool]) -> Outcome | None:
    """What a block gave; None, and its process ended, if nobody wants it any more."""
    attempt = 1
    slot.give(ticket, attempt)
    while True:
        wait([slot], _LOOK)
        settled = slot.collect()
        if settled is not None:
            _, attempt, outcome = settled
            if outcome is not None:
                return outcome
            slot.give(ticket, attempt + 1)
        elif not wanted():
            return None


def _at_home(ticket: Ticket) -> Ticket:
    """`ticket` with the import path of this machine, then what else the path of the client has."""
    others = (folder for folder in ticket.import_path if folder not in sys.path)
    return replace(ticket, import_path=(*sys.path, *others))


@dataclass(eq=False)
class _Process:
    slot: Slot[Ticket]
    run: str
    limits: Limits
    rows: object
    since: float


@dataclass
class _Place:
    """The processes below this worker: those that have nothing to do, and what was found to be alike."""

    idle: list[_Process] = field(default_factory=list)
    alike: dict[tuple[str, str, Path], tuple[str, ...]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    watching: bool = False

    def differences(self, batch: Batch) -> tuple[str, ...]:
        """What this machine has otherwise than the claim of `batch` needs; looked at once a run and claim."""
        key = (batch.run, batch.tickets[0].block.claim, batch.tickets[0].path)
        with self.lock:
            found = self.alike.get(key)
        if found is None:
            found = differences(batch.footing)
            with self.lock:
                # Several runs may go on at once; the least recent are those that are over.
                self.alike[key] = found
                while len(self.alike) > _REMEMBERED:
                    del self.alike[next(iter(self.alike))]
        return found

    @contextmanager
    def process(self, batch: Batch) -> Iterator[Slot[Ticket]]:
        """A process for `batch`: the one that ran over its rows last, another of its run, or a fresh one."""
        first = batch.tickets[0]
        rows = first.path, replace(first.block, variant="")
        with self.lock:
            mine = [p for p in self.idle if (p.run, p.limits) == (batch.run, batch.limits)]
            mine.sort(key=lambda p: p.rows == rows)
            process = mine[-1] if mine else None
            if process is not None:
                self.idle.remove(process)
        if process is None:
            slot = Slot[Ticket](batch.limits, lambda: _started(batch.started))
            process = _Process(slot, batch.run, batch.limits, rows, 0.0)
        elif process.rows != rows:
            process.slot.refresh()
        try:
            yield process.slot
        except BaseException:
            process.slot.stop()
            raise
        if process.slot.busy:
            process.slot.stop()
            return
        process.rows, process.since = rows, time.monotonic()
        with self.lock:
            self.idle.append(process)
            if not self.watching:
                self.watching = True
                threading.Thread(target=self._watch, daemon=True, name="explore-theory-idle").start()

    def _watch(self) -> None:
        """End processes that are idle for long; over when there are none."""
        while True:
            time.sleep(IDLE / 4)
            with self.lock:
                late = time.monotonic() - IDLE
                old = [process for process in self.idle if process.since < late]
                self.idle = [process for process in self.idle if process.since >= late]
                self.watching = bool(self.idle)
                on = self.watching
            for process in old:
                process.slot.stop()
            if not on:
                return


_PLACE = _Place()
_STARTING = threading.Lock()


@contextmanager
def _started(clock: str) -> Iterator[None]:
    """Inside, processes may be started, and learn when their run began.

    A nanny makes its worker a daemon, which Python forbids to have children, lest they be left behind; ours
    end when their parent is gone.
    """
    config = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    with _STARTING:
        before, time_before = config.get("daemon"), os.environ.get(_CLOCK)
        config["daemon"], os.environ[_CLOCK] = False, clock
        try:
            yield
        finally:
            config["daemon"] = before
            if time_before is None:
                del os.environ[_CLOCK]
            else:
                os.environ[_CLOCK] = time_before
