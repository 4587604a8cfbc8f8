"""The layout of a store file, and opening one without trusting it.

A store may come from another machine: its schema must be exactly ours (so it holds no triggers or views), no
value may be longer than `LONGEST`, and nothing in it is executed.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

from explore_theory.errors import StoreError

#: "EXTH" in ASCII: marks the file as ours, so that a foreign database is refused before it is touched.
APPLICATION_ID = 0x45585448
SCHEMA_VERSION = 1

#: Bytes of the longest string a store may hold; SQLite refuses longer ones before it allocates.
LONGEST = 8 * 2**20

#: The columns that say which rows of which case a block is; with them equal, two blocks are the same work.
KEY = ("claim", "tier", "reseed", "variant", "check_slug", "case_slug", "first", "last")

TABLES = {
    "sessions": """CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    started TEXT NOT NULL,
    finished TEXT,
    tier TEXT NOT NULL,
    reseed INTEGER NOT NULL,
    shard TEXT NOT NULL,
    package_digest TEXT NOT NULL,
    versions TEXT NOT NULL,
    alpha TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
    "claims": """CREATE TABLE claims (
    digest TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    theorem TEXT NOT NULL,
    record TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
    "selections": """CREATE TABLE selections (
    session TEXT NOT NULL REFERENCES sessions(id),
    claim TEXT NOT NULL REFERENCES claims(digest),
    position INTEGER NOT NULL,
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
    checksum TEXT NOT NULL,
    seconds REAL NOT NULL,
    session TEXT NOT NULL REFERENCES sessions(id),
    PRIMARY KEY (claim, tier, reseed, variant, check_slug, case_slug, first, last)
) STRICT, WITHOUT ROWID""",
}


def checksum(status: str, payload: str) -> str:
    """What a block's payload must hash to, so that a flipped bit is found and never believed."""
    return blake2b(f"{status}\x1f{payload}".encode(), digest_size=8).hexdigest()


def connect(
    path: str, *, must_exist: bool = False, read_only: bool = False, uri: bool = False
) -> sqlite3.Connection:
    """An open connection to the store at `path`, whose layout has been checked (and made, in an empty file).

    With `uri`, other stores can be attached to it read-only.

    Raises
    ------
    StoreError
        If the file is not a store of this version, or cannot be opened.
    """
    if path != ":memory:":
        _require_openable(Path(path), must_exist or read_only)
    with named_errors(path):
        uri = uri or read_only
        address = Path(path).resolve().as_uri() + ("?mode=ro" if read_only else "") if uri else path
        connection = sqlite3.connect(address, uri=uri, timeout=30)
        try:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
            connection.create_function("checksum", 2, checksum, deterministic=True)
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA cell_size_check = ON")
            connection.execute("PRAGMA foreign_keys = ON")
            _require_layout(connection, path, make=not read_only)
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def named_errors(path: str) -> Iterator[None]:
    """Turn what SQLite raises into one line that names the store."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        advice = ""
        if "malformed" in str(error) or "not a database" in str(error):
            advice = "; `explore-theory db check --salvage NEW` saves what can be read"
        raise StoreError(f"store {path!r} cannot be used: {error}{advice}") from error


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


def _require_layout(connection: sqlite3.Connection, path: str, *, make: bool) -> None:
    """Check that the database is ours, and lay out the tables in one that is empty."""
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    found = connection.execute("SELECT name, sql FROM sqlite_master").fetchall()
    if owner == 0 and not found and make:
        # Two runs may meet here: the loser of the race finds the tables made and checks them.
        connection.execute("BEGIN IMMEDIATE")
        if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            for statement in TABLES.values():
                connection.execute(statement)
        connection.commit()
        _require_layout(connection, path, make=False)
    elif owner != APPLICATION_ID:
        raise StoreError(
            f"store must be an explore-theory store, got another application's database: {path!r}"
        )
    elif version != SCHEMA_VERSION:
        raise StoreError(
            f"store must have schema version {SCHEMA_VERSION}, got version {version} in {path!r};"
            " use the explore-theory that wrote it, or another --store"
        )
    elif {name: sql for name, sql in found if sql is not None} != TABLES:
        raise StoreError(
            f"store must have exactly the tables of schema {SCHEMA_VERSION}, got others in {path!r}"
        )
