"""A file of samples that grows by whole lines and can be gone on with."""

import importlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from explore_theory.errors import InvalidProblem
from explore_theory.samples.readers.plain import MARK, REWARD, VERSION

Key = tuple[str, int]
#: What is locked on Windows, where others cannot read a locked byte: the last that old libraries of C can
#: name, behind what is written.
_LOCKED_BYTE = 2**31 - 2


def key_of(prompt: Any, task: Any, number: int) -> Key:
    """What names a draw in a file: its prompt and task, and which draw for them it is."""
    return json.dumps([task, prompt], sort_keys=True), number


class GrowingFile:
    """JSON lines behind a header: each call adds whole lines, and what is broken off is taken away again.

    Parameters
    ----------
    path
        The file; if it is there, it is gone on with.
    law
        What the header says of the law of the draws, as `readers.plain` has it.
    reward
        What it calls the function that scores them; a file that tells none is gone on with all the same.

    Raises
    ------
    InvalidProblem
        If a file that is there is no such file, or of another law, model, seed or reward.
    """

    def __init__(self, path: str | Path, law: Mapping[str, Any], *, reward: str | None = None) -> None:
        self.path = Path(path)
        self.header = {"format": MARK, "version": VERSION, **law}
        if reward is not None:
            self.header[REWARD] = reward
        #: Draws that are there already.
        self.there: set[Key] = set()
        #: Whether the last line was broken off, and has been taken away.
        self.mended = False
        self._whole = 0
        #: Bytes that were there when it was read; None where there was no file.
        self._seen: int | None = None
        if not self.path.resolve().parent.is_dir():
            raise InvalidProblem(f"out must lie in a folder that exists, got out={str(path)!r}")
        if self.path.exists():
            self._look()
        #: Opened by the first records: where nothing is drawn, nothing is written.
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        # Whatever stopped the last write, whole lines stay.
        self._file.truncate(self._whole)
        os.fsync(self._file.fileno())
        _release(self._file)
        self._file.close()

    def add(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Write records, whole."""
        if self._file is None:
            self._file = self._mine()
            self._file.truncate(self._whole)
            self._file.seek(self._whole)
        head = b"" if self._whole else _line(self.header)
        data = head + b"".join(_line(record) for record in records)
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        self._whole += len(data)

    def _mine(self) -> BinaryIO:
        """The file as it was read, for this run alone: two that write would write over each other's lines."""
        another = InvalidProblem(
            f"out must be written by one run at a time, got another that writes {str(self.path)!r}"
        )
        try:
            file = self.path.open("xb" if self._seen is None else "r+b", buffering=0)
        except FileExistsError:
            raise another from None
        if not _locked(file) or os.fstat(file.fileno()).st_size != (self._seen or 0):
            file.close()
            raise another
        return file

    def _look(self) -> None:
        """Which draws are there; where whole lines end."""
        with self.path.open("rb") as file:
            self._seen = os.fstat(file.fileno()).st_size
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    # A run was killed while it wrote: the draw will be drawn again.
                    self.mended = True
                    return
                record = self._read(line, number)
                if number == 1:
                    self._same(record)
                else:
                    self.there.add(self._key(record, number))
                self._whole += len(line)

    def _read(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            raise InvalidProblem(f"out must be a file of samples to go on with, got {self.path}:{number}")
        return record

    def _same(self, record: dict[str, Any]) -> None:
        if record.get("format") != MARK:
            raise InvalidProblem(
                f"out must be a new file, or one that `sample` wrote, got {str(self.path)!r}"
            )
        mine, theirs = self.header.get(REWARD), record.get(REWARD)
        if None not in (mine, theirs) and mine != theirs:
            raise InvalidProblem(
                f"out must be a file of the same reward to go on with, or a new one, got {theirs!r} in "
                f"{str(self.path)!r} and {mine!r} now"
            )
        for name in sorted((self.header.keys() | record.keys()) - {REWARD}):
            if (have := record.get(name)) != (want := self.header.get(name)):
                raise InvalidProblem(
                    f"out must be a file of the same law to go on with, got {name}={have!r} in "
                    f"{str(self.path)!r} and {name}={want!r} now"
                )

    def _key(self, record: dict[str, Any], number: int) -> Key:
        draw = record.get("draw")
        if isinstance(draw, bool) or not isinstance(draw, int) or "prompt" not in record:
            raise InvalidProblem(
                f"out must be a file that `sample` wrote to go on with, got {self.path}:{number} without "
                "a prompt or the number of its draw"
            )
        return key_of(record["prompt"], record.get("task"), draw)


def _locked(file: BinaryIO) -> bool:
    """Whether no other process has it; taken to be so where the system keeps no locks."""
    taken: type[OSError] = BlockingIOError
    try:
        if (windows := _windows()) is not None:
            taken = PermissionError
            _at_the_end(file, windows, windows.LK_NBLCK)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError) as error:
        return not isinstance(error, taken)
    return True


def _release(file: BinaryIO) -> None:
    """Where closing a file may leave its lock for a while, as on Windows, it is given back before."""
    if (windows := _windows()) is not None:
        with suppress(OSError):
            _at_the_end(file, windows, windows.LK_UNLCK)


def _windows() -> Any:
    """The locks of Windows, or None on other systems."""
    try:
        return importlib.import_module("msvcrt")
    except ImportError:
        return None


def _at_the_end(file: BinaryIO, windows: Any, how: int) -> None:
    """Lock or unlock `_LOCKED_BYTE`, by the place where the file stands, which is left as it was."""
    here = file.tell()
    file.seek(_LOCKED_BYTE)
    try:
        windows.locking(file.fileno(), how, 1)
    finally:
        file.seek(here)


def _line(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogatepass") + b"\n"
