"""Merging stores: everything they hold, or nothing if two of them do not fit together.

The order of sessions decides whose source of a claim is the latest, and so which verdict is shown. Between
stores there is no common clock to trust; what there is are the orders that the stores themselves hold, and
where these leave it open which source is the later one, the merge is refused.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explore_theory.errors import StoreError
from explore_theory.harness.storage.history import History, Key, damaged, field, read_history, row_name
from explore_theory.harness.storage.reading import reading
from explore_theory.harness.storage.schema import (
    COLUMNS,
    KEY,
    NOWHERE,
    checksum,
    connect,
    insertion,
    intact,
    named_errors,
)
from explore_theory.harness.storage.store import Store

#: Blocks added at a time.
_BATCH = 4096

_MARKS = ", ".join("?" * len(COLUMNS["blocks"]))
_KEYED = " AND ".join(f"{name} = ?" for name in KEY)
_STATUS = COLUMNS["blocks"].index("status")


@dataclass(frozen=True, kw_only=True)
class _Source:
    """A store to merge: its name in messages, and what it holds."""

    name: str
    connection: sqlite3.Connection
    history: History


def merge_stores(out: str | Path, shards: Sequence[str | Path]) -> dict[str, int]:
    """Add everything in `shards` to the store `out` (made if missing), all or nothing; returns its counts.

    The sessions of `out` come first, then those of the shards as given, each in its own order. Merging a
    shard twice changes nothing. A block that failed gives way to one that is done.

    Raises
    ------
    StoreError
        If a shard is not an intact store, two stores disagree on a row that both hold, or it cannot be told
        which of two sources of a claim is the latest; the row or the claim is named.
    """
    if str(out) == NOWHERE:
        raise StoreError(f"the store to merge into must be a file, got {str(out)!r}, which keeps nothing")
    for shard in shards:
        if Path(shard).resolve() == Path(out).resolve():
            raise StoreError(f"a shard must differ from the store it is merged into, got {str(out)!r}")
    with ExitStack() as stack:
        sources = [_opened(str(shard), stack.enter_context(reading(shard))) for shard in shards]
        connection = stack.enter_context(closing(connect(str(out))))
        with named_errors(str(out)):
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                ours = _Source(
                    name=str(out), connection=connection, history=read_history(connection, str(out))
                )
                _merge_histories(connection, [ours, *sources])
                for source in sources:
                    _add_blocks(connection, source)
    with Store(out) as store:
        return store.counts()


def _opened(shard: str, connection: sqlite3.Connection) -> _Source:
    with named_errors(shard):
        # One moment of the shard, though it is read in several steps.
        connection.execute("BEGIN")
        return _Source(name=shard, connection=connection, history=read_history(connection, shard))


def _merge_histories(connection: sqlite3.Connection, sources: Sequence[_Source]) -> None:
    """Write the sessions, claims and selections of all `sources` in one order."""
    order: list[str] = []
    for source in sources:
        order = interleaved(order, list(source.history.sessions))
    sessions = _agreed(sources, "sessions")
    claims = _agreed(sources, "claims")
    selections = _agreed(sources, "selections")
    for number, session in enumerate(order, start=1):
        row = sessions[session]
        placed = (session, number, *row[2:-1])
        connection.execute(
            f"INSERT INTO sessions VALUES ({', '.join('?' * len(row))}) ON CONFLICT (id) DO UPDATE SET"
            " sequence = excluded.sequence, finished = excluded.finished, checksum = excluded.checksum",
            (*placed, checksum(*placed)),
        )
    connection.executemany(insertion("claims", otherwise="IGNORE"), [row[:-1] for row in claims.values()])
    for pair in _outdated(sources, order):
        selections.pop(pair)
        connection.execute("DELETE FROM selections WHERE session = ? AND claim = ?", pair)
    kept = [row[:-1] for row in selections.values()]
    connection.executemany(insertion("selections", otherwise="IGNORE"), kept)


def interleaved(ours: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """`ours` in its order; what only `theirs` has goes before the next of theirs that is ours, or last."""
    known = set(ours)
    before: dict[str, list[str]] = {}
    waiting: list[str] = []
    for session in theirs:
        if session in known:
            before[session], waiting = waiting, []
        else:
            waiting.append(session)
    return [s for session in ours for s in (*before.get(session, ()), session)] + waiting


def _agreed(sources: Sequence[_Source], table: str) -> dict[Any, Sequence[Any]]:
    """The rows of `table` in all `sources`; StoreError names one that two of them hold differently."""
    found: dict[Any, Sequence[Any]] = {}
    for source in sources:
        for key, row in getattr(source.history, table).items():
            other = found.setdefault(key, row)
            if _comparable(table, other) != _comparable(table, row):
                raise _another(source, row_name(table, row))
            if table == "sessions" and field(table, other, "finished") is None:
                found[key] = row
    return found


def _comparable(table: str, row: Sequence[Any]) -> Sequence[Any]:
    """What two stores must agree on: not a session's place, nor whether it had ended when it was merged."""
    if table != "sessions":
        return row
    return [
        value
        for name, value in zip(COLUMNS[table][:-1], row[:-1], strict=True)
        if name not in ("sequence", "finished")
    ]


def _outdated(sources: Sequence[_Source], order: Sequence[str]) -> list[tuple[str, str]]:
    """Selections, as session and digest, that stand after the last of a source known to supersede theirs."""
    place = {session: number for number, session in enumerate(order)}
    lines: dict[Key, list[tuple[str, list[tuple[str, str]]]]] = {}
    for source in sources:
        for key, line in source.history.sources().items():
            lines.setdefault(key, []).append((source.name, line))
    outdated = []
    for key, named in lines.items():
        latest = _latest_source(key, named)
        everything = {pair for _, line in named for pair in line}
        last = max(place[session] for session, digest in everything if digest == latest)
        outdated += [pair for pair in everything if place[pair[0]] > last]
    return outdated


def _latest_source(key: Key, named: Sequence[tuple[str, list[tuple[str, str]]]]) -> str:
    """The digest of the latest source of a claim, from its sessions in each store.

    A store whose last session another one holds as well, and goes on from, has nothing to add. Of the others,
    a store that had one source and then another knows that the second supersedes the first.
    """
    lines: list[tuple[str, list[tuple[str, str]]]] = []
    for name, line in named:
        if not any(line[-1] in other for _, other in lines):
            lines = [(n, other) for n, other in lines if other[-1] not in line] + [(name, line)]
    candidates = dict.fromkeys(line[-1][1] for _, line in lines)
    if len(candidates) == 1:
        return next(iter(candidates))
    after = _superseding(line for _, line in lines)
    for digest in candidates:
        rest = [other for other in candidates if other != digest]
        if all(digest in after.get(o, ()) and o not in after.get(digest, ()) for o in rest):
            return digest
    ends = [(name, line[-1][1]) for name, line in lines]
    one, mine = ends[0]
    two, theirs = next(end for end in ends if end[1] != mine)
    raise StoreError(
        f"stores to merge must show which source of claim {key[1]} ({key[2]}) is the latest, got {mine[:8]}"
        f" in {one!r} and {theirs[:8]} in {two!r}; verify {key[1]} as it is now where it is out of date"
    )


def _superseding(lines: Iterable[Sequence[tuple[str, str]]]) -> dict[str, set[str]]:
    """For each digest those that came after it for good in some store, directly or step by step."""
    after: dict[str, set[str]] = {}
    for line in lines:
        final = {digest: number for number, (_, digest) in enumerate(line)}
        for digest, number in final.items():
            after.setdefault(digest, set()).update(d for d, n in final.items() if n > number)
    for middle, beyond in after.items():
        for later in after.values():
            if middle in later:
                later.update(beyond)
    return after


def _add_blocks(connection: sqlite3.Connection, source: _Source) -> None:
    """Add the blocks of `source` inside the open transaction of `connection`."""
    # Text that is no text is refused here like any damage; for a million rows the quicker way counts.
    source.connection.text_factory = str
    cursor = source.connection.execute("SELECT * FROM blocks")
    while True:
        with named_errors(source.name):
            rows = cursor.fetchmany(_BATCH)
        if not rows:
            return
        for row in rows:
            if not intact(row):
                raise damaged(source.name, f"{row_name('blocks', row)}: its checksum does not match")
            if row[0] not in source.history.claims or row[-2] not in source.history.sessions:
                raise damaged(source.name, f"{row_name('blocks', row)}: refers to a missing row")
        added = connection.executemany(
            f"INSERT INTO blocks VALUES ({_MARKS}) ON CONFLICT ({', '.join(KEY)}) DO NOTHING", rows
        ).rowcount
        if added < len(rows):
            for row in _differing(connection, rows):
                _settle_block(connection, source, row)


def _differing(connection: sqlite3.Connection, rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    """Those of `rows` in whose place another block is stored, found by SQLite since most are the same."""
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS incoming AS SELECT * FROM blocks WHERE false")
    connection.executemany(f"INSERT INTO incoming VALUES ({_MARKS})", rows)
    differs = " OR ".join(f"ours.{name} IS NOT theirs.{name}" for name in COLUMNS["blocks"][len(KEY) :])
    found = connection.execute(
        "SELECT theirs.* FROM incoming AS theirs CROSS JOIN main.blocks AS ours"
        f" ON {' AND '.join(f'ours.{name} = theirs.{name}' for name in KEY)} WHERE {differs}"
    ).fetchall()
    connection.execute("DELETE FROM incoming")
    return found


def _settle_block(connection: sqlite3.Connection, source: _Source, row: Sequence[Any]) -> None:
    """Compare a block with the one in its place, and take it where that one failed or is damaged."""
    found = connection.execute(f"SELECT * FROM blocks WHERE {_KEYED}", row[: len(KEY)]).fetchone()
    if not intact(found) or (found[_STATUS], row[_STATUS]) == ("error", "done"):
        connection.execute(insertion("blocks", otherwise="REPLACE"), row[:-1])
    elif found[_STATUS] == row[_STATUS] == "done" and found[_STATUS + 1] != row[_STATUS + 1]:
        raise _another(source, row_name("blocks", row))


def _another(source: _Source, what: str) -> StoreError:
    return StoreError(f"shard {source.name!r} must agree with the merged results, got another {what}")
