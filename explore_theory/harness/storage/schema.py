"""The layout of a store file, and opening one without trusting it.

A store may come from another machine or a failing disk: its schema must be exactly ours (so it holds no
triggers or views), no value may be longer than `LONGEST`, nothing in it is executed, and every row ends in a
checksum over all its other columns, so that a flipped bit anywhere in it is found.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

from explore_theory.errors import StoreError

Made = TypeVar("Made")

#: "EXTH" in ASCII: marks the file as ours, so that a foreign database is refused before it is touched.
APPLICATION_ID = 0x45585448
SCHEMA_VERSION = 2

#: Bytes of the longest string a store may hold; SQLite refuses longer ones before it allocates.
LONGEST = 8 * 2**20

#: Seconds to wait for another process that is writing.
WAIT = 30.0

#: The path of a store in memory, which nobody keeps.
NOWHERE = ":memory:"

#: The columns that say which rows of which case a block is; with them equal, two blocks are the same work.
KEY = ("claim", "tier", "reseed", "variant", "check_slug", "case_slug", "first", "last")

TABLES = {
    "sessions": """CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    started TEXT NOT NULL,
    finished TEXT,
    tier TEXT NOT NULL,
    reseed INTEGER NOT NULL,
    shard TEXT NOT NULL,
    package_digest TEXT NOT NULL,
    versions TEXT NOT NULL,
    alpha TEXT NOT NULL,
    checksum TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
    "claims": """CREATE TABLE claims (
    digest TEXT PRIMARY KEY,
    namespace TEXT NOT NULL DEFAULT '',
    id TEXT NOT NULL,
    theorem TEXT NOT NULL,
    record TEXT NOT NULL,
    checksum TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
    "selections": """CREATE TABLE selections (
    session TEXT NOT NULL REFERENCES sessions(id),
    claim TEXT NOT NULL REFERENCES claims(digest),
    position INTEGER NOT NULL,
    checksum TEXT NOT NULL,
    PRIMARY KEY (session, claim)
) STRICT, WITHOUT ROWID""",
    "blocks": """CREATE TABLE blocks (
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
    session TEXT NOT NULL REFERENCES sessions(id),
    checksum TEXT NOT NULL,
    PRIMARY KEY (claim, tier, reseed, variant, check_slug, case_slug, first, last)
) STRICT, WITHOUT ROWID""",
}


#: The columns of each table, in the order of the file; the checksum, over all the others, is the last.
COLUMNS = {
    "sessions": (
        *("id", "sequence", "started", "finished", "tier", "reseed", "shard"),
        *("package_digest", "versions", "alpha", "checksum"),
    ),
    "claims": ("digest", "namespace", "id", "theorem", "record", "checksum"),
    "selections": ("session", "claim", "position", "checksum"),
    "blocks": (*KEY, "status", "payload", "seconds", "session", "checksum"),
}


def checksum(*values: Any) -> str:
    """What the columns of a row must hash to, so that a flipped bit is found and never believed."""
    # Escapes, unlike the characters that `repr` leaves as they are, do not depend on the version of Python.
    return blake2b(ascii(values).encode(), digest_size=8).hexdigest()


def intact(row: Sequence[Any]) -> bool:
    """Whether a whole row of any table is as it was written."""
    return bool(checksum(*row[:-1]) == row[-1])


def insertion(table: str, *, otherwise: str = "ABORT") -> str:
    """The statement that adds a row to `table`, given all its columns but the checksum."""
    marks = ", ".join(f"?{k + 1}" for k in range(len(COLUMNS[table]) - 1))
    # The checksum is taken of the values as SQLite has received them, which is how they will be read.
    return f"INSERT OR {otherwise} INTO {table} VALUES ({marks}, checksum({marks}))"


def connect(path: str, *, must_exist: bool = False, read_only: bool = False) -> sqlite3.Connection:
    """An open connection to the store at `path`, whose layout has been checked (and made, in an empty file).

    Raises
    ------
    StoreError
        If the file is not a store of this version, or cannot be opened.
    """
    if path != NOWHERE:
        try:
            _require_openable(Path(path), must_exist or read_only)
        except OSError as error:
            raise StoreError(
                f"store must be a file that can be opened, got store={path!r:.120}: {error.strerror}"
            ) from None
    elif must_exist or read_only:
        raise StoreError(f"store must be a file, got store={path!r}, which keeps nothing")
    with named_errors(path):
        # Absolute, so that a name such as `file:x` is a name and no address.
        address = path if path == NOWHERE else str(Path(path).absolute())
        if read_only:
            address = Path(path).resolve().as_uri() + "?mode=ro"
        connection = sqlite3.connect(address, uri=read_only, timeout=WAIT)
        try:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
            connection.create_function("checksum", -1, checksum, deterministic=True)
            # A flipped bit can make text that is no text; it is for the checksum to say so, by row.
            connection.text_factory = _as_text
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA cell_size_check = ON")
            connection.execute("PRAGMA foreign_keys = ON")
            _require_layout(connection, path, make=not read_only)
        except BaseException:
            connection.close()
            raise
        return connection


def _as_it_is(row: Sequence[Any]) -> Any:
    return row


def fetched(
    connection: sqlite3.Connection,
    query: str,
    values: Sequence[Any] = (),
    made: Callable[[Sequence[Any]], Made | None] = _as_it_is,
) -> list[Made]:
    """What is `made` of each row that `query` gives, but for None; the rows are never held all at once.

    Text that is no text comes as the connection's `text_factory` has it.
    """
    kept = connection.text_factory
    connection.text_factory = str
    try:
        return _each(connection, query, values, made)
    except sqlite3.OperationalError as error:
        # SQLite's own decoder, ten times as fast, stops at the first flipped bit.
        if "decode" not in str(error).lower():
            raise
    finally:
        connection.text_factory = kept
    return _each(connection, query, values, made)


def _each(
    connection: sqlite3.Connection,
    query: str,
    values: Sequence[Any],
    made: Callable[[Sequence[Any]], Made | None],
) -> list[Made]:
    return [one for row in connection.execute(query, values) if (one := made(row)) is not None]


@contextmanager
def named_errors(path: str) -> Iterator[None]:
    """Turn what SQLite raises into one line that names the store."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        advice = ""
        if "malformed" in str(error) or "not a database" in str(error):
            advice = "; `explore-theory db check --salvage NEW` saves what can be read"
        elif "locked" in str(error):
            advice = "; another process is writing to it, and went on for too long"
        elif "unable to open" in str(error):
            advice = "; its folder must be one that can be written to"
        raise StoreError(f"store {path!r} cannot be used: {error}{advice}") from error


def _require_openable(path: Path, must_exist: bool) -> None:
    if path.is_dir():
        raise StoreError(f"store must be a file, got the folder store={str(path)!r}")
    if path.is_symlink() and not path.resolve().parent.is_dir():
        raise StoreError(f"store must be a file, got a link to where no folder is, store={str(path)!r}")
    if path.exists() and not path.is_file():
        raise StoreError(f"store must be a file, got a device or pipe, store={str(path)!r}")
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


def _as_text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _require_layout(connection: sqlite3.Connection, path: str, *, make: bool) -> None:
    """Check that the database is ours, and lay out the tables in one that is empty."""
    owner, version, found = _layout(connection)
    if owner == 0 and not found and make:
        # Several runs may meet here: the losers of the race find the tables made.
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                for statement in TABLES.values():
                    connection.execute(statement)
        owner, version, found = _layout(connection)
    if owner == 0 and not found:
        raise StoreError(f"store must hold results, got an empty file: {path!r}")
    if owner != APPLICATION_ID:
        raise StoreError(
            f"store must be an explore-theory store, got another application's database: {path!r}"
        )
    if version != SCHEMA_VERSION:
        raise StoreError(
            f"store must have schema version {SCHEMA_VERSION}, got version {version} in {path!r}; name a new"
            " file with --store and verify again (or use the explore-theory that wrote this one)"
        )
    if found != TABLES:
        raise StoreError(
            f"store must have exactly the tables of schema {SCHEMA_VERSION}, got others in {path!r}"
        )


def _layout(connection: sqlite3.Connection) -> tuple[int, int, dict[str, str]]:
    """Owner, version and statements of a database at one moment.

    Read one by one they could be of two: an owner of before another process laid out its tables, say.
    """
    connection.execute("BEGIN")
    with connection:
        (owner,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return owner, version, dict(found)
