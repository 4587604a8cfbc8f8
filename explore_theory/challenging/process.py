"""The learner's process as the oracle's side sees it: started, spoken to, waited for, ended.

Nothing it does can do more than end it: every way in which it can fail is one line (`Died`).
"""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, cast

from explore_theory.challenging import wire
from explore_theory.errors import ExploreTheoryError, InvalidProblem

#: Bytes of what a learner prints that are kept.
_KEPT = 1 << 14
#: Seconds for a process to start and to find the learner.
_START = 60.0


class Died(ExploreTheoryError, RuntimeError):
    """The learner's process broke off, or had to be: one line that says how, and what it said (`trace`)."""

    def __init__(self, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.trace = trace


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a learner's process may use: seconds of its own between two messages, and bytes of memory."""

    seconds: float = 20.0
    memory: int = 4 << 30


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What a learner says of itself."""

    name: str
    proper: bool
    arrays: bool


class Process:
    """One process of the learner; a context manager that ends it, and all that it started and did not hide.

    Raises
    ------
    InvalidProblem
        If there is no such learner; `Died` if it cannot be found for another reason.
    """

    def __init__(self, learner: str, settings: Mapping[str, Any], limits: Limits) -> None:
        self._limits = limits
        self._process = subprocess.Popen(
            [sys.executable, "-m", "explore_theory.challenging.client"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,
        )
        assert self._process.stdin
        assert self._process.stdout
        assert self._process.stderr
        self._heard: queue.Queue[Any] = queue.Queue(maxsize=2)
        self._said: queue.Queue[bytes | None] = queue.Queue()
        self._printed = bytearray()
        self._over = False
        for work in (self._listen, self._speak, self._drain):
            threading.Thread(target=work, daemon=True).start()
        try:
            self.declared = self._begun(learner, settings)
        except BaseException:
            self.end()
            raise

    def _begun(self, learner: str, settings: Mapping[str, Any]) -> Declared:
        path = [str(Path(part).resolve()) for part in sys.path if part] + [os.getcwd()]
        self.say(
            {"learner": learner, "settings": dict(settings), "memory": self._limits.memory, "path": path}
        )
        match self.hear(_START):
            case ["ready", int(version), {"name": str(name), "proper": bool(proper), "arrays": bool(arrays)}]:
                if version == wire.VERSION:
                    return Declared(name=name[:80], proper=proper, arrays=arrays)
                raise Died(f"learner's process must speak version {wire.VERSION}, got {version}")
            case ["refused", str(kind), str(line), str(trace)]:
                if kind == "refusal":
                    raise InvalidProblem(line)
                raise Died(f"learner must be found without an error, got {line}", trace)
            case other:
                raise self.broken(f"its first message must say what it is, got {other!r:.60}")

    def say(self, message: Any) -> None:
        """Send `message`; it never waits."""
        self._said.put(wire.frame(message))

    def hear(self, seconds: float | None = None) -> Any:
        """The next message, waited for as long as the limits say.

        Raises
        ------
        Died
            If none comes, or none that can be read.
        """
        most = self._limits.seconds if seconds is None else seconds
        try:
            found = self._heard.get(timeout=most)
        except queue.Empty:
            self.end()
            raise Died(
                f"learner must ask or answer within {most:g} seconds, got nothing (an infinite loop? "
                "more time: --time SECONDS)",
                self.printed,
            ) from None
        if isinstance(found, wire.Garbage):
            raise self.broken(str(found))
        if isinstance(found, wire.Ended):
            raise self._ended()
        return found

    def broken(self, why: str) -> Died:
        """End it because of what it said."""
        self.end()
        return Died(f"learner's process must keep to the protocol, got something else: {why}", self.printed)

    def _ended(self) -> Died:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=2)
        code = self._process.poll()
        self.end()
        how = "while others of its own hold on to the pipe" if code is None else f"exit code {code}"
        if code is not None and code < 0:
            how = f"by signal {signal.Signals(-code).name}"
        said = self.printed.strip().splitlines()
        last = f": {' '.join(said[-1].split())[:160]}" if said else ""
        return Died(f"learner's process must stay until it is done, got its end ({how}){last}", self.printed)

    @property
    def printed(self) -> str:
        """The first of what it printed."""
        return self._printed.decode(errors="replace")

    def end(self) -> None:
        """End it and its group."""
        if self._over:
            return
        self._over = True
        self._said.put(None)
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        with suppress(OSError):
            self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    # Each in a thread of its own: a process that neither reads nor writes can then be waited for, and left.

    def _listen(self) -> None:
        assert self._process.stdout
        with self._process.stdout as stream:
            while not self._over:
                try:
                    self._heard.put(wire.receive(cast(BinaryIO, stream), wire.MOST_HEARD))
                except (wire.Garbage, wire.Ended) as error:
                    self._heard.put(error)
                    return
                except (OSError, ValueError):
                    self._heard.put(wire.Ended())
                    return

    def _speak(self) -> None:
        assert self._process.stdin
        with suppress(OSError), self._process.stdin as stream:
            while (data := self._said.get()) is not None:
                stream.write(data)
                stream.flush()

    def _drain(self) -> None:
        assert self._process.stderr
        with self._process.stderr as stream:
            while part := stream.read1(1 << 16):  # type: ignore[attr-defined]
                if (room := _KEPT - len(self._printed)) > 0:
                    self._printed += part[:room]


def _environment() -> dict[str, str]:
    """Ours, where sets have one order in all processes and numerical libraries one thread."""
    package = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")]))
    fixed = {"PYTHONHASHSEED": "0", "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **threads, **fixed}
