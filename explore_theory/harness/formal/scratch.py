"""Scratch folders of proofs: gone with the process that made them, whichever way that ended.

A process holds a lock on its folder for as long as it lives, and the system lets go of the lock when it has
ended, killed or not. So a folder of ours that nobody holds is nobody's, which a process id would not prove:
ids are used again, and those of a container mean nothing outside it.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: Begins the names of folders that are held. Older versions held theirs not, and named them without the last
#: word: whether those are in use, nobody can tell.
_NAME = "explore-theory-formal-held-"

#: A prover that was killed with its worker may still be writing: how often, and how many seconds apart, its
#: folder is removed again.
_TRIES, _APART = 20, 0.05

#: The folders of this process.
_OWN: set[Path] = set()


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder that is removed in the end, by the next who makes one if this process is killed."""
    sweep()
    path, lock = _made()
    _OWN.add(path)
    try:
        yield path
    finally:
        _remove(path)
        _OWN.discard(path)
        if lock is not None:
            os.close(lock)


def sweep() -> None:
    """Remove the folders of this user that no process holds."""
    for path in _there():
        lock = _lock(path, wait=False)
        if lock is None:
            continue
        try:
            if os.fstat(lock).st_uid == os.getuid():
                _remove(path)
        finally:
            os.close(lock)


def forsake() -> None:
    """Remove the folders of this process, which is about to end at once."""
    for path in tuple(_OWN):
        _remove(path)


def _there() -> list[Path]:
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        return [Path(entry.path) for entry in entries if entry.name.startswith(_NAME)]
    return []


def _made() -> tuple[Path, int | None]:
    """A new folder and its lock; None where the system has no such locks, and nothing is ever swept."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=_NAME)).resolve()
        lock = _lock(path, wait=True)
        if path.is_dir():
            return path, lock
        # Somebody swept before it was held.
        if lock is not None:
            os.close(lock)


def _lock(path: Path, *, wait: bool) -> int | None:
    """The lock of a folder, to be closed; None where it cannot be had."""
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def _remove(path: Path) -> None:
    for _ in range(_TRIES):
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            return
        time.sleep(_APART)
