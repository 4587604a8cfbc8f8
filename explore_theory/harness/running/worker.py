"""Running one block, in this process or in a worker."""

import functools
import os
import re
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from explore_theory._package import FOLDER
from explore_theory.errors import InvalidClaim
from explore_theory.harness.claims.claim import Claim
from explore_theory.harness.discovery.fingerprint import Covered, require_unchanged
from explore_theory.harness.discovery.registry import Registered, require_covered
from explore_theory.harness.formal import scratch
from explore_theory.harness.formal.outcome import is_proof
from explore_theory.harness.isolation import reads
from explore_theory.harness.isolation.context import standard_context
from explore_theory.harness.isolation.rooms import Room
from explore_theory.harness.running.comparisons import check_of, compared, state_of
from explore_theory.harness.running.proving import run_proof
from explore_theory.harness.running.sharing import Shared
from explore_theory.harness.storage.records import encode_summary
from explore_theory.harness.storage.store import Block, Outcome

#: What a worker sends when a claim is loaded and its block begins: its time limit starts here.
STARTED = Outcome(status="started", payload="", seconds=0.0)


@dataclass(frozen=True, kw_only=True)
class Job:
    """A block of a registered claim."""

    registered: Registered
    block: Block


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """A job as it travels to a worker: files in place of functions, and what its digest must still cover."""

    path: Path
    home: Path
    namespace: str
    covers: Covered
    folders: tuple[str, ...]
    added: tuple[str, ...]
    import_path: tuple[str, ...]
    block: Block


def ticket(job: Job) -> Ticket:
    """What a worker needs to run `job`."""
    registered = job.registered
    return Ticket(
        path=registered.path,
        home=registered.home,
        namespace=registered.namespace,
        covers=registered.covers or Covered(),
        folders=registered.room.folders,
        added=registered.room.added,
        import_path=tuple(sys.path),
        block=job.block,
    )


def run_job(job: Job, shared: Shared | None = None) -> Outcome:
    """Run one block here; what it raises becomes an error outcome with its traceback, but for Ctrl-C.

    What it has in common with the block before is in `shared`.
    """
    return _watched(job.registered, job.block, shared or Shared())


def serve(pipe: Connection, memory: float | None) -> None:
    """The life of a worker: take tickets from `pipe`, send back `STARTED` and outcomes, until it is closed.

    Deaf to Ctrl-C, gone when its parent is, and limited to `memory` more GiB than it starts with.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, args=(os.getppid(),), daemon=True).start()
    if memory is not None:
        _limit_memory(memory)
    shared = Shared()
    while True:
        try:
            given = pipe.recv()
        except (EOFError, OSError):
            return
        sys.path[:] = given.import_path
        try:
            registered = _loaded(given)
        except (Exception, SystemExit):
            outcome = Outcome(status="error", payload=traceback.format_exc(), seconds=0.0)
        else:
            pipe.send(STARTED)
            outcome = _watched(registered, given.block, shared)
        pipe.send(outcome if memory is None else _said_of_memory(outcome, memory))


#: What is said where there is no memory left: by Python, and by the system of a library that is to be loaded.
_NO_MEMORY = re.compile(r"MemoryError|failed to map segment|cannot allocate memory", re.IGNORECASE)


def _said_of_memory(outcome: Outcome, gib: float) -> Outcome:
    """An error for want of memory, with the limit of it and how to move it in its last line."""
    told = outcome.payload.rstrip()
    if outcome.status != "error" or not _NO_MEMORY.search(told[told.rfind("\n") + 1 :]):
        return outcome
    more = f"a block may use {gib:g} GiB here: give it more by --block-memory"
    return replace(outcome, payload=f"{told}; {more}")


def _run(registered: Registered, block: Block, shared: Shared) -> Outcome:
    claim = registered.claim
    if is_proof(block.check):
        return run_proof(claim, registered.path.parent, block)
    started = time.perf_counter()
    try:
        with standard_context(*state_of(claim, block)):
            status, payload = "done", encode_summary(compared(claim, block, shared=shared).summary())
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a claim raises, SystemExit included, is its own error
        status, payload = "error", _told(error, claim, block)
    return Outcome(status=status, payload=payload, seconds=time.perf_counter() - started)


def _told(error: BaseException, claim: Claim, block: Block) -> str:
    """A traceback; its last line says what went wrong, and where in the claim."""
    message = next(iter(str(error).strip().splitlines()), "no message")
    if isinstance(error, ValueError) and "read-only" in message:
        message += "; measure and bound must leave their world as it is: change a copy"
    if isinstance(error, AssertionError) and "daemonic processes" in message:
        message = "a claim must not start processes of Python: nobody would see what they read"
    frames = reversed(traceback.extract_tb(error.__traceback__))
    place = next(((f.filename, f.lineno) for f in frames if not _is_ours(f.filename)), None)
    file, line = place or _written(check_of(claim, block).measure)
    return f"{traceback.format_exc()}{type(error).__name__}: {message[:500]} ({Path(file).name}:{line})"


def _written(function: Any) -> tuple[str, int]:
    """File and line of a function, of what a partial one calls, or of what its `author` wrote."""
    while isinstance(function, functools.partial):
        function = function.func
    function = getattr(getattr(function, "__self__", None), "author", function)
    code = getattr(function, "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code is not None else (type(function).__name__, 0)


def _is_ours(filename: str) -> bool:
    """Whether a file is the engine's or an installed library's, and not the claim's."""
    path = Path(filename)
    return path.is_relative_to(FOLDER) or "site-packages" in path.parts or not path.is_absolute()


def _watched(registered: Registered, block: Block, shared: Shared) -> Outcome:
    """Run a block where the claim's modules are, and believe nothing that rests on what no digest covers."""
    outcome = _believed(registered, block, shared)
    if outcome.status != "done":
        shared.forget()
    return outcome


def _believed(registered: Registered, block: Block, shared: Shared) -> Outcome:
    covers = registered.covers
    if covers is None:
        return _run(registered, block, shared)
    with registered.room.entered(covers.files), reads.watched(registered.path):
        outcome = _run(registered, block, shared)
    if outcome.status != "done":
        return outcome
    try:
        require_unchanged(registered.record, covers, registered.digest)
        require_covered(registered.claim.id, registered.path, covers, registered.home)
    except InvalidClaim as error:
        return replace(outcome, status="error", payload=f"InvalidClaim: {error}")
    return outcome


#: What this worker has loaded, and where: a room's modules are shared by its claims.
_LOADED: dict[tuple[str, Path], Registered] = {}
_ROOMS: dict[tuple[tuple[str, ...], tuple[str, ...]], Room] = {}


def _loaded(given: Ticket) -> Registered:
    key = given.block.claim, given.path
    if key not in _LOADED:
        room = _ROOMS.setdefault((given.folders, given.added), Room(given.folders, given.added))
        loaded = Registered(
            claim=room.load(given.path, given.covers.files).CLAIM,
            path=given.path,
            digest=given.block.claim,
            covers=given.covers,
            room=room,
            home=given.home,
            namespace=given.namespace,
        )
        require_unchanged(loaded.record, given.covers, loaded.digest, look=True)
        _LOADED[key] = loaded
    return _LOADED[key]


def _follow_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    scratch.forsake()
    os._exit(1)


def _limit_memory(gib: float) -> None:
    if sys.platform == "win32":
        raise InvalidClaim("a memory limit must be left out on Windows, which has no address-space limit")
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    limit = pages * resource.getpagesize() + int(gib * 2**30)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard < 0 else min(limit, hard), hard))
