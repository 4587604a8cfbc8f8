"""What a command takes: processor time of all its processes, wall clock, and peak memory.

Units: seconds, and bytes of PSS (each shared page split among those who share it, so that the sum over
processes counts it once). PSS is read from ``/proc`` and is NaN where there is none.
"""

import ctypes
import math
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

#: Seconds between two looks at the memory; a peak that is shorter is missed.
_PERIOD = 0.2
#: Seconds that processes left behind are given to end by themselves.
_PATIENCE = 5.0
#: `prctl` option by which orphans among one's descendants become one's children.
_SUBREAPER = 36


@dataclass(frozen=True, kw_only=True)
class Used:
    """What one run of a command took."""

    cpu: float
    wall: float
    peak: float
    code: int


class CommandFailed(Exception):
    """A command that had to succeed did not."""


def adopt_orphans() -> None:
    """Let what descendants leave behind be reaped, and so counted, here; on Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def used(
    command: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    out: Path | None = None,
    fine: Sequence[int] = (0,),
) -> Used:
    """Run `command` in a session of its own, with its standard output into `out`.

    Raises
    ------
    CommandFailed
        If it exits with a code that is not among `fine`, with the last line it said.
    """
    said = cwd.parent / "stderr.txt"
    before, start = _reaped(), time.perf_counter()
    peak = 0.0
    with open(out or os.devnull, "wb") as output, open(said, "wb") as errors:
        process = subprocess.Popen(
            command, cwd=cwd, env=dict(environment), stdout=output, stderr=errors, start_new_session=True
        )
        with _ended(process.pid):
            while True:
                try:
                    process.wait(timeout=_PERIOD)
                    break
                except subprocess.TimeoutExpired:
                    peak = max(peak, _memory(process.pid))
            wall = time.perf_counter() - start
    if process.returncode not in fine:
        last = said.read_text(errors="replace").strip().splitlines() or ["without a word"]
        raise CommandFailed(f"{' '.join(command[:6])} ended with {process.returncode}: {last[-1]}")
    return Used(cpu=_reaped() - before, wall=wall, peak=peak if peak else math.nan, code=process.returncode)


@contextmanager
def _ended(group: int) -> Iterator[None]:
    """Whatever `group` leaves behind has ended, and has been reaped."""
    try:
        yield
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGTERM)
        raise
    finally:
        deadline = time.monotonic() + _PATIENCE
        while (left := _reap(group)) and time.monotonic() < deadline:
            time.sleep(0.02)
        if left:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
            while _reap(group):
                time.sleep(0.02)


def _reap(group: int) -> bool:
    """Reap those of `group` that have ended and are children of this process; whether some have not."""
    while True:
        try:
            if os.waitpid(-group, os.WNOHANG)[0] == 0:
                return True
        except ChildProcessError:
            return False


def _reaped() -> float:
    taken = resource.getrusage(resource.RUSAGE_CHILDREN)
    return taken.ru_utime + taken.ru_stime


def _memory(root: int) -> float:
    """Bytes of PSS of `root` and its descendants."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, IndexError, ValueError):
            children.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(
                int(stat.parent.name)
            )
    total, waiting = 0, [root]
    while waiting:
        process = waiting.pop()
        waiting += children.get(process, [])
        with suppress(OSError):
            for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += 1024 * int(line.split()[1])
    return float(total)
