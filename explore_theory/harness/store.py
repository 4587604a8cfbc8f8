"""The result store: one SQLite file of sessions, claims and blocks of sufficient statistics.

Verdicts are not stored: `results` recomputes them. A block is committed in a transaction of its own, so a run
that ends at any moment keeps everything it finished, and the next run resumes there.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from explore_theory.harness.records import dumps
from explore_theory.harness.schema import KEY, checksum, connect, named_errors


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
    """What running a block gave: an encoded summary (``done``), or what went wrong (``error``)."""

    status: str
    payload: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Session:
    """One run of `verify`: when, at which tier and seeds, which part of the work, with which code."""

    id: str
    started: str
    finished: str | None
    tier: str
    reseed: int
    shard: str
    package_digest: str
    versions: Mapping[str, str]
    alpha: Mapping[str, Any]


_SESSION = "id, started, finished, tier, reseed, shard, package_digest, versions, alpha"


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
        If the file is not a store of ours, has another schema, or cannot be opened or written.
    """

    def __init__(self, path: str | Path, *, must_exist: bool = False) -> None:
        self.path = str(path)
        self._connection = connect(self.path, must_exist=must_exist)

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
        shard: str,
        package_digest: str,
        versions: Mapping[str, str],
        alpha: Mapping[str, Any],
        claims: Sequence[tuple[str, dict[str, Any]]],
    ) -> Session:
        """Record a session over `claims` (digest and record, in order)."""
        session = Session(
            id=uuid4().hex,
            started=_now(),
            finished=None,
            tier=tier,
            reseed=reseed,
            shard=shard,
            package_digest=package_digest,
            versions=versions,
            alpha=alpha,
        )
        row = (session.id, session.started, None, tier, reseed, shard, package_digest)
        with self.transaction() as connection:
            connection.execute(
                f"INSERT INTO sessions({_SESSION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, dumps(versions), dumps(alpha)),
            )
            connection.executemany(
                "INSERT OR IGNORE INTO claims(digest, id, theorem, record) VALUES (?, ?, ?, ?)",
                [(digest, record["id"], record["theorem"], dumps(record)) for digest, record in claims],
            )
            connection.executemany(
                "INSERT INTO selections(session, claim, position) VALUES (?, ?, ?)",
                [(session.id, digest, position) for position, (digest, _) in enumerate(claims)],
            )
        return session

    def finish(self, session: Session) -> None:
        """Record that `session` ran everything it selected."""
        with self.transaction() as connection:
            connection.execute("UPDATE sessions SET finished = ? WHERE id = ?", (_now(), session.id))

    def put(self, block: Block, outcome: Outcome, session: Session) -> None:
        """Commit one block. It replaces a block that failed or is damaged, never one that is done."""
        with self.transaction() as connection:
            connection.execute(
                f"INSERT INTO blocks({', '.join(KEY)}, status, payload, checksum, seconds, session)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                f" ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET status = excluded.status,"
                " payload = excluded.payload, checksum = excluded.checksum, seconds = excluded.seconds,"
                " session = excluded.session"
                " WHERE status = 'error' OR checksum != checksum(status, payload)",
                (
                    *astuple(block),
                    outcome.status,
                    outcome.payload,
                    checksum(outcome.status, outcome.payload),
                    outcome.seconds,
                    session.id,
                ),
            )

    def blocks(self, claim: str, tier: str, reseed: int) -> list[tuple[Block, Outcome]]:
        """Every intact block of a claim (by digest) at `tier` and `reseed`; damaged ones count as missing."""
        rows = self._read(
            f"SELECT {', '.join(KEY[3:])}, status, payload, checksum, seconds FROM blocks"
            " WHERE claim = ? AND tier = ? AND reseed = ?",
            (claim, tier, reseed),
        )
        found = []
        for variant, check, case, first, last, status, payload, stored, seconds in rows:
            if stored == checksum(status, payload):
                block = Block(
                    claim=claim,
                    tier=tier,
                    reseed=reseed,
                    variant=variant,
                    check=check,
                    case=case,
                    first=first,
                    last=last,
                )
                found.append((block, Outcome(status=status, payload=payload, seconds=seconds)))
        return found

    def sessions(self) -> list[Session]:
        """All sessions, oldest first."""
        return [_session(row) for row in self._read(f"SELECT {_SESSION} FROM sessions ORDER BY started, id")]

    def selected(self, session: Session) -> list[tuple[str, str]]:
        """Digest and JSON record of each claim that `session` selected, in order."""
        return self._read(
            "SELECT claims.digest, claims.record FROM selections"
            " JOIN claims ON claims.digest = selections.claim WHERE selections.session = ?"
            " ORDER BY selections.position",
            (session.id,),
        )

    def latest(self) -> list[tuple[Session, str, str]]:
        """For each claim id and tier: the newest session that selected it, with digest and record."""
        rows = self._read(
            "SELECT claims.id, sessions.tier, max(sessions.started || sessions.id), sessions.id,"
            " claims.digest, claims.record FROM selections JOIN claims ON claims.digest = selections.claim"
            " JOIN sessions ON sessions.id = selections.session GROUP BY claims.id, sessions.tier"
        )
        sessions = {session.id: session for session in self.sessions()}
        return [(sessions[session], digest, record) for _, _, _, session, digest, record in rows]

    def counts(self) -> dict[str, int]:
        """How many rows each table holds."""
        tables = ("sessions", "claims", "blocks")
        return {table: self._read(f"SELECT count(*) FROM {table}")[0][0] for table in tables}

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of what is executed inside is committed, or none of it."""
        with named_errors(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:
                yield self._connection

    def _read(self, query: str, values: Iterable[Any] = ()) -> list[Any]:
        with named_errors(self.path):
            return self._connection.execute(query, tuple(values)).fetchall()


def _session(row: Sequence[Any]) -> Session:
    *plain, versions, alpha = row
    names = _SESSION.split(", ")[:-2]
    return Session(**dict(zip(names, plain, strict=True)), versions=_mapping(versions), alpha=_mapping(alpha))


def _mapping(text: str) -> dict[str, Any]:
    from explore_theory.errors import StoreError

    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise StoreError("a stored session must hold JSON objects, got something else; the store is damaged")
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
