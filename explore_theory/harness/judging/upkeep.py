"""Looking after stores: check, salvage what a damaged file still holds, compact."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explore_theory.errors import StoreError
from explore_theory.harness.formal.outcome import decode, is_proof
from explore_theory.harness.judging.results import latest_results
from explore_theory.harness.storage.history import row_name
from explore_theory.harness.storage.reading import reading
from explore_theory.harness.storage.records import decode_summary
from explore_theory.harness.storage.schema import (
    COLUMNS,
    KEY,
    NOWHERE,
    TABLES,
    connect,
    insertion,
    intact,
    named_errors,
)
from explore_theory.harness.storage.store import Store


@dataclass(frozen=True, kw_only=True)
class Health:
    """What `check` found: rows per table, and one line per problem."""

    counts: dict[str, int]
    problems: tuple[str, ...]


def check(path: str | Path) -> Health:
    """Look for anything wrong in the store at `path`, without changing it.

    The file's structure, the checksum of each row, each block's record, and that every claim's verdict can be
    recomputed.
    """
    try:
        return _looked_through(path)
    except StoreError as error:
        if not isinstance(error.__cause__, sqlite3.DatabaseError):
            raise
        return Health(counts=dict.fromkeys(TABLES, 0), problems=(f"file: {error.__cause__}",))


def _looked_through(path: str | Path) -> Health:
    problems = []
    counts = {}
    with reading(path) as connection, named_errors(str(path)):
        problems += _structure(connection)
        for table in TABLES:
            rows = _Rows(connection, table)
            problems += [problem for row in rows if (problem := _row_problem(table, row))]
            counts[table] = rows.count
            if not rows.complete:
                problems.append(f"table {table}: some of its rows cannot be read")
        if not problems:
            try:
                latest_results(Store(path, connection=connection))
            except StoreError as error:
                problems.append(str(error))
    return Health(counts=counts, problems=tuple(problems))


def salvage(path: str | Path, out: str | Path) -> dict[str, int]:
    """Copy every intact row that can still be read from the store at `path` into a new store `out`.

    Where anything of its history is lost, none of it can say which source of a claim is the latest, so no
    selections are kept: nothing is reported until claims are verified again, which finds the blocks.

    Raises
    ------
    StoreError
        If `out` exists, or nothing can be read at all.
    """
    if str(out) == NOWHERE:
        raise StoreError(f"the store to salvage into must be a file, got {str(out)!r}, which keeps nothing")
    if Path(out).exists():
        raise StoreError(f"the store to salvage into must not exist yet, got {str(out)!r}")
    kept: dict[str, list[Sequence[Any]]] = {}
    try:
        with reading(path) as damaged, named_errors(str(path)):
            whole = not _structure(damaged)
            for table in TABLES:
                rows = _Rows(damaged, table)
                kept[table] = [row for row in rows if not _row_problem(table, row)]
                if table != "blocks":
                    whole = whole and rows.complete and len(kept[table]) == rows.count
    except StoreError as error:
        if not isinstance(error.__cause__, sqlite3.DatabaseError):
            raise
        raise StoreError(f"nothing can be read from store {str(path)!r}: {error.__cause__}") from None
    claims = {row[0] for row in kept["claims"]}
    sessions = {row[0] for row in kept["sessions"]}
    if not whole:
        kept["selections"] = []
    kept["blocks"] = [row for row in kept["blocks"] if row[0] in claims and row[-2] in sessions]
    with Store(out) as store:
        with store.transaction() as connection:
            for table, saved in kept.items():
                statement = insertion(table, otherwise="IGNORE")
                connection.executemany(statement, [row[:-1] for row in saved])
        return store.counts()


def compact(path: str | Path) -> tuple[int, int, int]:
    """Drop blocks of outdated claims (older source of a claim that has been run since) and reclaim the space.

    Returns the number of blocks dropped, and the size of the file in bytes before and after.
    """
    before = Path(path).stat().st_size if Path(path).exists() else 0
    with Store(path, must_exist=True) as store, store.transaction() as connection:
        current = {(digest,) for _, digest, _ in store.latest(instances=True)}
        connection.execute("CREATE TEMP TABLE current_claims(digest TEXT PRIMARY KEY)")
        connection.executemany("INSERT INTO current_claims VALUES (?)", sorted(current))
        outdated = "NOT IN (SELECT digest FROM current_claims)"
        dropped = connection.execute(f"DELETE FROM blocks WHERE claim {outdated}").rowcount
        connection.execute(f"DELETE FROM selections WHERE claim {outdated}")
        connection.execute(f"DELETE FROM claims WHERE digest {outdated}")
        connection.execute("DROP TABLE current_claims")
    with closing(connect(str(path))) as connection, named_errors(str(path)):
        connection.execute("VACUUM")
    return dropped, before, Path(path).stat().st_size


def _structure(connection: sqlite3.Connection) -> list[str]:
    """What is wrong with the file as a database."""
    try:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check(10)")]
        problems = [f"file: {line}" for line in found if line != "ok"]
        return problems + [
            f"row of {table}: refers to a missing row of {parent}"
            for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check")
        ]
    except sqlite3.DatabaseError as error:
        return [f"file: {error}"]


class _Rows:
    """The rows of a table up to the first page that cannot be read, from the front and then from the back."""

    def __init__(self, connection: sqlite3.Connection, table: str) -> None:
        self._connection = connection
        self._table = table
        #: Rows seen so far, and whether no page was in the way.
        self.count = 0
        self.complete = True

    def __iter__(self) -> Iterator[Sequence[Any]]:
        try:
            for row in self._ordered("ASC"):
                self.count += 1
                yield row
            return
        except sqlite3.DatabaseError:
            self.complete = False
        # The front once more, for what of it is met from the back as well; of a whole file it is never held.
        seen = set()
        with suppress(sqlite3.DatabaseError):
            for row in self._ordered("ASC"):
                seen.add(row)
        with suppress(sqlite3.DatabaseError):
            for row in self._ordered("DESC"):
                if row not in seen:
                    self.count += 1
                    yield row

    def _ordered(self, order: str) -> Iterator[Sequence[Any]]:
        key = KEY if self._table == "blocks" else COLUMNS[self._table][:1]
        columns = ", ".join(f"{name} {order}" for name in key)
        return self._connection.execute(f"SELECT * FROM {self._table} ORDER BY {columns}")


def _row_problem(table: str, row: Sequence[Any]) -> str | None:
    if not intact(row):
        again = "; verify runs it again" if table == "blocks" else ""
        return f"{row_name(table, row)}: its checksum does not match{again}"
    if table == "blocks" and row[len(KEY)] == "done":
        try:
            decode_block = decode if is_proof(row[KEY.index("check_slug")]) else decode_summary
            decode_block(row[len(KEY) + 1])
        except StoreError as error:
            return f"{row_name(table, row)}: {error}"
    return None
