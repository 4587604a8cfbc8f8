"""The result store: one SQLite file of sessions, claims and blocks of sufficient statistics.

Verdicts are not stored: `results` recomputes them. A block is committed in a transaction of its own, so an
interrupted run keeps everything it finished and the next run resumes there.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from explore_theory.errors import StoreError
from explore_theory.harness.records import dumps

#: "EXTH" in ASCII: marks the file as ours, so that a foreign database is refused before it is touched.
APPLICATION_ID = 0x45585448
SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    started TEXT NOT NULL,
    finished TEXT,
    tier TEXT NOT NULL,
    reseed INTEGER NOT NULL,
    package_digest TEXT NOT NULL,
    versions TEXT NOT NULL
) STRICT;
CREATE TABLE claims (
    digest TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    theorem TEXT NOT NULL,
    record TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE selections (
    session INTEGER NOT NULL REFERENCES sessions(id),
    claim TEXT NOT NULL REFERENCES claims(digest),
    position INTEGER NOT NULL,
    PRIMARY KEY (session, claim)
) STRICT, WITHOUT ROWID;
CREATE TABLE blocks (
    claim TEXT NOT NULL REFERENCES claims(digest),
    tier TEXT NOT NULL,
    reseed INTEGER NOT NULL,
    variant TEXT NOT NULL,
    check_slug TEXT NOT NULL,
    case_slug TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL CHECK (last > first AND first >= 0),
    status TEXT NOT NULL CHECK (status IN ('done', 'error')),
    payload TEXT NOT NULL,
    seconds REAL NOT NULL,
    session INTEGER NOT NULL REFERENCES sessions(id),
    PRIMARY KEY (claim, tier, reseed, variant, check_slug, case_slug, first, last)
) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True, kw_only=True, order=True)
class Block:
    """Rows ``first .. last - 1`` of one case of a claim (``variant`` is empty) or of one of its variants."""

    claim: str
    tier: str
    reseed: int
    variant: str
    check: str
    case: str
    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What running a block gave: an encoded summary, or the traceback of what it raised."""

    status: str
    payload: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Session:
    """One run of `verify`: when, at which tier and seeds, with which code."""

    id: int
    started: str
    finished: str | None
    tier: str
    reseed: int
    package_digest: str
    versions: str


class Store:
    """An open store; use it as a context manager.

    Parameters
    ----------
    path
        The file, made if it does not exist; ``":memory:"`` for a store that nobody keeps.
    must_exist
        Refuse a missing file in place of making one (for readers).

    Raises
    ------
    StoreError
        If the file is not a store of ours, has a newer schema, or cannot be opened or written.
    """

    def __init__(self, path: str | Path, *, must_exist: bool = False) -> None:
        self.path = str(path)
        self._connection = _connect(self.path, must_exist)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def begin(
        self,
        *,
        tier: str,
        reseed: int,
        package_digest: str,
        versions: Any,
        claims: Sequence[tuple[str, dict[str, Any]]],
    ) -> int:
        """Record a session over `claims` (digest and record, in order); returns its id."""
        with self._transaction() as connection:
            session = connection.execute(
                "INSERT INTO sessions(started, tier, reseed, package_digest, versions)"
                " VALUES (?, ?, ?, ?, ?)",
                (_now(), tier, reseed, package_digest, dumps(versions)),
            ).lastrowid
            connection.executemany(
                "INSERT OR IGNORE INTO claims(digest, id, theorem, record) VALUES (?, ?, ?, ?)",
                [(digest, record["id"], record["theorem"], dumps(record)) for digest, record in claims],
            )
            connection.executemany(
                "INSERT INTO selections(session, claim, position) VALUES (?, ?, ?)",
                [(session, digest, position) for position, (digest, _) in enumerate(claims)],
            )
        assert session is not None
        return session

    def finish(self, session: int) -> None:
        """Record that `session` ran everything it selected."""
        with self._transaction() as connection:
            connection.execute("UPDATE sessions SET finished = ? WHERE id = ?", (_now(), session))

    def put(self, block: Block, outcome: Outcome, session: int) -> None:
        """Commit one block; a block that failed before is replaced."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    block.claim,
                    block.tier,
                    block.reseed,
                    block.variant,
                    block.check,
                    block.case,
                    block.first,
                    block.last,
                    outcome.status,
                    outcome.payload,
                    outcome.seconds,
                    session,
                ),
            )

    def blocks(self, claim: str, tier: str, reseed: int) -> list[tuple[Block, Outcome]]:
        """Every stored block of a claim (by digest) at `tier` and `reseed`."""
        found = self._read(
            "SELECT variant, check_slug, case_slug, first, last, status, payload, seconds FROM blocks"
            " WHERE claim = ? AND tier = ? AND reseed = ?",
            (claim, tier, reseed),
        )
        return [
            (
                Block(
                    claim=claim,
                    tier=tier,
                    reseed=reseed,
                    variant=variant,
                    check=check,
                    case=case,
                    first=first,
                    last=last,
                ),
                Outcome(status=status, payload=payload, seconds=seconds),
            )
            for variant, check, case, first, last, status, payload, seconds in found
        ]

    def sessions(self) -> list[Session]:
        """All sessions, oldest first."""
        rows = self._read(
            "SELECT id, started, finished, tier, reseed, package_digest, versions FROM sessions ORDER BY id"
        )
        names = ("id", "started", "finished", "tier", "reseed", "package_digest", "versions")
        return [Session(**dict(zip(names, row, strict=True))) for row in rows]

    def selected(self, session: int) -> list[tuple[str, str]]:
        """Digest and JSON record of each claim that `session` selected, in order."""
        return self._read(
            "SELECT claims.digest, claims.record FROM selections"
            " JOIN claims ON claims.digest = selections.claim WHERE selections.session = ?"
            " ORDER BY selections.position",
            (session,),
        )

    def _read(self, query: str, values: Iterable[Any] = ()) -> list[Any]:
        with _named_errors(self.path):
            return self._connection.execute(query, tuple(values)).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _named_errors(self.path), self._connection:
            yield self._connection


def _connect(path: str, must_exist: bool) -> sqlite3.Connection:
    if path != ":memory:":
        _require_openable(Path(path), must_exist)
    with _named_errors(path):
        connection = sqlite3.connect(path, timeout=30)
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


def _require_openable(path: Path, must_exist: bool) -> None:
    if path.is_dir():
        raise StoreError(f"store must be a file, got the folder store={str(path)!r}")
    if must_exist and not path.exists():
        raise StoreError(
            f"store must exist, got store={str(path)!r}; run `explore-theory verify` to make one"
        )
    if not path.parent.is_dir():
        raise StoreError(f"store must lie in a folder that exists, got store={str(path)!r}")
    if path.exists() and path.stat().st_size > 0:
        with path.open("rb") as file:
            if file.read(16) != b"SQLite format 3\x00":
                raise StoreError(
                    f"store must be an explore-theory store, got another kind of file: {str(path)!r}"
                )


def _prepare(connection: sqlite3.Connection, path: str) -> None:
    """Check that the database is ours, and lay out the schema in one that is empty."""
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if owner == 0 and tables == 0:
        with connection, closing(connection.cursor()) as cursor:
            cursor.executescript(
                f"BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION_ID};"
                f" PRAGMA user_version = {SCHEMA_VERSION}; {_SCHEMA} COMMIT;"
            )
    elif owner != APPLICATION_ID:
        raise StoreError(
            f"store must be an explore-theory store, got another application's database: {path!r}"
        )
    elif schema != SCHEMA_VERSION:
        raise StoreError(
            f"store must have schema version {SCHEMA_VERSION}, got version {schema} in {path!r};"
            " use the explore-theory that wrote it, or another --store"
        )


@contextmanager
def _named_errors(path: str) -> Iterator[None]:
    """Turn what SQLite raises into one line that names the store."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"store {path!r} cannot be used: {error}") from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
