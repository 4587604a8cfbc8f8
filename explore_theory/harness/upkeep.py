"""Looking after stores: merge shards, check, salvage what a damaged file still holds, compact."""

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from explore_theory.errors import StoreError
from explore_theory.harness.records import decode_summary
from explore_theory.harness.results import latest_results
from explore_theory.harness.schema import KEY, TABLES, checksum, connect, named_errors
from explore_theory.harness.store import Store

#: How many databases SQLite attaches to one connection.
_ATTACHED = 10


@dataclass(frozen=True, kw_only=True)
class Health:
    """What `check` found: rows per table, and one line per problem."""

    counts: dict[str, int]
    problems: tuple[str, ...]


def merge_stores(out: str | Path, shards: Sequence[str | Path]) -> dict[str, int]:
    """Add everything in `shards` to the store `out` (made if missing), all or nothing; returns its counts.

    Merging a shard twice changes nothing. A block that failed gives way to one that is done.

    Raises
    ------
    StoreError
        If a shard is not an intact store, or two stores disagree on the result of one block (which is named).
    """
    for shard in shards:
        if Path(shard).resolve() == Path(out).resolve():
            raise StoreError(f"a shard must differ from the store it is merged into, got {str(out)!r}")
        _require_intact(str(shard))
    with tempfile.TemporaryDirectory() as folder:
        few = _at_most_ten([str(shard) for shard in shards], folder)
        with closing(connect(str(out), uri=True)) as connection, named_errors(str(out)):
            for number, shard in enumerate(few):
                address = f"{Path(shard).resolve().as_uri()}?mode=ro"
                connection.execute(f"ATTACH DATABASE ? AS shard{number}", (address,))
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                for number, shard in enumerate(few):
                    _absorb(connection, f"shard{number}", shard)
    with Store(out) as store:
        return store.counts()


def check(path: str | Path) -> Health:
    """Look for anything wrong in the store at `path`, without changing it.

    The file's structure, each block's checksum and record, and that every claim's verdict can be recomputed.
    """
    problems = []
    with closing(connect(str(path), read_only=True)) as connection, named_errors(str(path)):
        try:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check(10)")]
            problems += [f"file: {line}" for line in found if line != "ok"]
            problems += [
                f"row of {table}: refers to a missing row of {parent}"
                for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check")
            ]
        except sqlite3.DatabaseError as error:
            problems.append(f"file: {error}")
        counts = {}
        for table in TABLES:
            rows = list(_readable(connection, table))
            counts[table] = len(rows)
            if table == "blocks":
                problems += [line for row in rows if (line := _block_problem(row))]
    if not problems:
        with Store(path, must_exist=True) as store:
            try:
                latest_results(store)
            except StoreError as error:
                problems.append(str(error))
    return Health(counts=counts, problems=tuple(problems))


def salvage(path: str | Path, out: str | Path) -> dict[str, int]:
    """Copy every intact row that can still be read from the store at `path` into a new store `out`.

    Raises
    ------
    StoreError
        If `out` exists, or nothing can be read at all.
    """
    if Path(out).exists():
        raise StoreError(f"the store to salvage into must not exist yet, got {str(out)!r}")
    with closing(connect(str(path), read_only=True)) as damaged:
        kept: dict[str, list[tuple[object, ...]]] = {t: list(_readable(damaged, t)) for t in TABLES}
    claims = {row[0] for row in kept["claims"]}
    sessions = {row[0] for row in kept["sessions"]}
    kept["selections"] = [r for r in kept["selections"] if r[0] in sessions and r[1] in claims]
    kept["blocks"] = [
        r for r in kept["blocks"] if r[0] in claims and r[-1] in sessions and not _block_problem(r)
    ]
    with Store(out) as store:
        with store.transaction() as connection:
            for table, rows in kept.items():
                if rows:
                    marks = ", ".join("?" * len(rows[0]))
                    connection.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", rows)
        return store.counts()


def compact(path: str | Path) -> tuple[int, int, int]:
    """Drop blocks of outdated claims (older source of a claim that has been run since) and reclaim the space.

    Returns the number of blocks dropped, and the size of the file in bytes before and after.
    """
    before = Path(path).stat().st_size if Path(path).exists() else 0
    with Store(path, must_exist=True) as store:
        current = {(digest,) for _, digest, _ in store.latest()}
        with store.transaction() as connection:
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


def _require_intact(shard: str) -> None:
    """Refuse a shard whose layout is not ours or with a block that does not match its checksum."""
    with closing(connect(shard, read_only=True)) as source, named_errors(shard):
        bad = source.execute("SELECT * FROM blocks WHERE checksum != checksum(status, payload)").fetchone()
        if bad is not None:
            raise StoreError(f"shard {shard!r} is damaged: {_block_problem(bad)}")


def _at_most_ten(shards: list[str], folder: str) -> list[str]:
    """`shards`, or merged intermediates: SQLite attaches ten databases at a time."""
    while len(shards) > _ATTACHED:
        number = len(list(Path(folder).iterdir()))
        merged = str(Path(folder) / f"merged{number}.sqlite")
        merge_stores(merged, shards[:_ATTACHED])
        shards = [*shards[_ATTACHED:], merged]
    return shards


def _absorb(connection: sqlite3.Connection, schema: str, shard: str) -> None:
    """Add the rows of the attached `schema` inside the open transaction of `connection`."""
    same = " AND ".join(f"theirs.{name} = ours.{name}" for name in KEY)
    conflict = connection.execute(
        f"SELECT theirs.* FROM {schema}.blocks AS theirs JOIN main.blocks AS ours ON {same}"
        " WHERE theirs.status = 'done' AND ours.status = 'done' AND theirs.checksum != ours.checksum LIMIT 1"
    ).fetchone()
    if conflict is not None:
        raise StoreError(f"shard {shard!r} must agree with the merged results, got another {_name(conflict)}")
    for table in ("sessions", "claims", "selections"):
        connection.execute(f"INSERT OR IGNORE INTO main.{table} SELECT * FROM {schema}.{table}")
    connection.execute(
        f"INSERT INTO main.blocks SELECT * FROM {schema}.blocks WHERE true"
        f" ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET status = excluded.status,"
        " payload = excluded.payload, checksum = excluded.checksum, seconds = excluded.seconds,"
        " session = excluded.session WHERE status = 'error' AND excluded.status = 'done'"
    )


def _readable(connection: sqlite3.Connection, table: str) -> Iterator[tuple[object, ...]]:
    """The rows of `table` up to the first page that cannot be read, from the front and then from the back."""
    key = "claim, tier, reseed, variant, check_slug, case_slug, first, last" if table == "blocks" else "1"
    seen = set()
    for order in ("ASC", "DESC"):
        columns = ", ".join(f"{name} {order}" for name in key.split(", "))
        try:
            for row in connection.execute(f"SELECT * FROM {table} ORDER BY {columns}"):
                if row not in seen:
                    seen.add(row)
                    yield row
            return
        except sqlite3.DatabaseError:
            continue


def _block_problem(row: tuple[object, ...]) -> str | None:
    status, payload, stored = str(row[8]), str(row[9]), row[10]
    if stored != checksum(status, payload):
        return f"{_name(row)}: its checksum does not match; verify runs it again"
    if status == "done":
        try:
            decode_summary(payload)
        except StoreError as error:
            return f"{_name(row)}: {error}"
    return None


def _name(row: tuple[object, ...]) -> str:
    claim, tier, reseed, variant, check_slug, case, first, last = row[: len(KEY)]
    of = f", variant {variant}" if variant else ""
    return f"block {check_slug}/{case} rows {first}-{last}{of} (claim {claim}, {tier}, reseed {reseed})"
