"""Reading a store without changing it, also one whose writer was killed in the middle of a transaction.

SQLite undoes such a transaction from the journal that lies beside the file, which takes writing to it; here
the undoing happens in a copy, so that a damaged file stays as it was found while somebody looks into it.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from explore_theory.errors import StoreError
from explore_theory.harness.storage.schema import connect

#: How SQLite says that a file opened for reading has a journal to undo.
_HOT = ("SQLITE_READONLY_ROLLBACK", "SQLITE_READONLY_RECOVERY")


@contextmanager
def reading(path: str | Path) -> Iterator[sqlite3.Connection]:
    """A connection to what the store at `path` holds, through which the file cannot be changed.

    Raises
    ------
    StoreError
        As `connect` does, or if the store must be copied and cannot be.
    """
    path = str(path)
    with tempfile.TemporaryDirectory(prefix="explore-theory-") as folder:
        try:
            connection = connect(path, read_only=True)
        except StoreError as error:
            if getattr(error.__cause__, "sqlite_errorname", "") not in _HOT:
                raise
            connection = connect(_copied(path, folder))
            connection.execute("PRAGMA query_only = ON")
        with closing(connection):
            yield connection


def _copied(path: str, folder: str) -> str:
    """A copy of the store and its journal in `folder`; both of one moment."""
    store = Path(path).resolve()
    files = [store, store.with_name(f"{store.name}-journal")]
    try:
        before = [_state(file) for file in files]
        for file in files:
            shutil.copyfile(file, Path(folder) / file.name)
        after = [_state(file) for file in files]
    except OSError as error:
        raise StoreError(
            f"store {path!r} has an unfinished transaction and cannot be copied: {error}"
        ) from None
    if before != after:
        raise StoreError(
            f"store must not change while it is copied, got a writer at work in {path!r}; try again"
        )
    return str(Path(folder) / store.name)


def _state(file: Path) -> tuple[int, int, int]:
    found = file.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns
