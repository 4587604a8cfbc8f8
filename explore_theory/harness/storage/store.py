"""The result store: one SQLite file of sessions, claims and blocks of sufficient statistics.

Verdicts are not stored: `results` recomputes them. A block is committed in a transaction of its own, so a run
that ends at any moment keeps everything it finished, and the next run resumes there.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from explore_theory.errors import StoreError
from explore_theory.foundation.brief import brief
from explore_theory.foundation.collection import uncollected
from explore_theory.harness.storage.history import damaged, intact_rows, read_history
from explore_theory.harness.storage.records import dumps
from explore_theory.harness.storage.schema import (
    KEY,
    LONGEST,
    checksum,
    connect,
    fetched,
    insertion,
    intact,
    named_errors,
)


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


@brief
@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What running a block gave: an encoded summary (``done``), or what went wrong (``error``)."""

    status: str
    payload: str
    seconds: float


@brief
@dataclass(frozen=True, kw_only=True)
class Session:
    """One run of `verify`: when, at which tier and seeds, which part of the work, with which code.

    Parameters
    ----------
    sequence
        Its place in the store: a later session has a greater number, whatever the clock says.
    claims
        What it selected as rows of the store, in order, for the process that began it: another one may
        compact the store meanwhile, and a verdict rests on the claim that ran and not on a stored copy.
    """

    id: str
    sequence: int
    started: str
    finished: str | None
    tier: str
    reseed: int
    shard: str
    package_digest: str
    versions: Mapping[str, str]
    alpha: Mapping[str, Any]
    claims: tuple[tuple[str, ...], ...] = field(default=(), repr=False)

    @cached_property
    def places(self) -> dict[str, int]:
        """The position of each claim among `claims`, by its digest."""
        return {claim[0]: position for position, claim in enumerate(self.claims)}


#: Bytes of the longest record of a block or claim: a whole row must stay below what SQLite reads back.
MOST = LONGEST - 2**16

_MATCH = " AND ".join(f"{name} = ?" for name in KEY)


class Store:
    """An open store; use it as a context manager.

    Parameters
    ----------
    path
        The file, made if it does not exist; ``":memory:"`` for a store that nobody keeps.
    must_exist
        Refuse a missing file in place of making one (for readers).
    connection
        What `schema.connect` has opened already, used in place of opening `path`; closed with the store.

    Raises
    ------
    StoreError
        If the file is not a store of ours, has another schema, or cannot be opened or written.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        must_exist: bool = False,
        connection: sqlite3.Connection | None = None,
    ) -> None:
        self.path = str(path)
        self._connection = connection or connect(self.path, must_exist=must_exist)
        # Absolute, since a claim may change the working folder.
        self._file = Path(self.path).absolute()
        self._place = _place(self._file)

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
        without: Iterable[Block] = (),
    ) -> Session:
        """Record a session over `claims` (digest and record, in order), dropping the blocks `without`.

        Raises
        ------
        StoreError
            If the store holds another record under the digest of one of them. A damaged one is replaced.
        """
        rows = tuple(
            (digest, record.get("namespace", ""), record["id"], record["theorem"], dumps(record))
            for digest, record in claims
        )
        for _, _, claim, _, text in rows:
            if len(text) > MOST:
                raise StoreError(
                    f"the record of claim {claim} must be at most {MOST:,} bytes, got {len(text):,}"
                )
        with self.transaction() as connection:
            (sequence,) = connection.execute("SELECT coalesce(max(sequence), 0) + 1 FROM sessions").fetchone()
            session = Session(
                id=uuid4().hex,
                sequence=sequence,
                started=_now(),
                finished=None,
                tier=tier,
                reseed=reseed,
                shard=shard,
                package_digest=package_digest,
                versions=versions,
                alpha=alpha,
                claims=rows,
            )
            connection.execute(insertion("sessions"), _session_row(session))
            for row in rows:
                self._require_same(connection, row)
            self._restore(connection, session)
            connection.executemany(f"DELETE FROM blocks WHERE {_MATCH}", map(astuple, without))
        return session

    def _require_same(self, connection: sqlite3.Connection, claim: tuple[str, ...]) -> None:
        """Refuse a stored record that differs from the live one; one that is damaged gives way to it."""
        found = connection.execute("SELECT * FROM claims WHERE digest = ?", claim[:1]).fetchone()
        if found is None or (found[:-1] == claim and intact(found)):
            return
        if intact(found):
            raise StoreError(
                f"the stored record of claim {claim[2]} must be the live one, got another under its digest"
                f" {claim[0]} in {self.path!r}; name another --store"
            )
        names = "namespace = ?2, id = ?3, theorem = ?4, record = ?5, checksum = checksum(?1, ?2, ?3, ?4, ?5)"
        connection.execute(f"UPDATE claims SET {names} WHERE digest = ?1", claim)

    def _restore(self, connection: sqlite3.Connection, session: Session, *digests: str) -> None:
        """Put back what `compact` may have dropped since `session` began: its claims and their selection."""
        places = session.places
        known = [places[digest] for digest in digests if digest in places]
        for position in known if digests else range(len(session.claims)):
            claim = session.claims[position]
            mine = "SELECT 1 FROM selections WHERE session = ? AND claim = ?"
            if connection.execute(mine, (session.id, claim[0])).fetchone() is None:
                connection.execute(insertion("claims", otherwise="IGNORE"), claim)
                selection = (session.id, claim[0], position)
                connection.execute(insertion("selections", otherwise="IGNORE"), selection)

    def finish(self, session: Session, failed: Iterable[tuple[Block, Outcome]] = ()) -> None:
        """Record that `session` ran everything it selected, and what `failed` if that is no longer stored."""
        with self.transaction() as connection:
            self._restore(connection, session)
            for block, outcome in failed:
                self._put(connection, block, outcome, session)
            found = intact_rows(connection, self.path, "sessions", "id = ?", (session.id,))
            if not found:
                raise damaged(self.path, f"session {session.id} is missing")
            changed = (*found[0][:3], _now(), *found[0][4:-1])
            connection.execute(
                "UPDATE sessions SET finished = ?, checksum = ? WHERE id = ?",
                (changed[3], checksum(*changed), session.id),
            )

    def put(self, block: Block, outcome: Outcome, session: Session) -> None:
        """Commit one block. It replaces a block that failed or is damaged, never one that is done."""
        self.put_all([(block, outcome)], session)

    def put_all(self, found: Sequence[tuple[Block, Outcome]], session: Session) -> None:
        """`put` what came in together, in one transaction: a disk takes as long for many as for one."""
        if not found:
            return
        with self.transaction() as connection:
            self._restore(connection, session, *{block.claim: None for block, _ in found})
            for block, outcome in found:
                self._put(connection, block, outcome, session)

    def _put(self, connection: sqlite3.Connection, block: Block, outcome: Outcome, session: Session) -> None:
        key = astuple(block)
        found = connection.execute(f"SELECT * FROM blocks WHERE {_MATCH}", key).fetchone()
        if found is None or found[len(KEY)] == "error" or not intact(found):
            row = (*key, outcome.status, outcome.payload, float(outcome.seconds), session.id)
            connection.execute(insertion("blocks", otherwise="REPLACE"), row)

    def blocks(self, claim: str, tier: str, reseed: int) -> list[tuple[Block, Outcome]]:
        """Every intact block of a claim (by digest) at `tier` and `reseed`; damaged ones count as missing."""
        return self.case_blocks(claim, tier, reseed)

    def case_blocks(self, *of_case: str | int) -> list[tuple[Block, Outcome]]:
        """`blocks` of one case: its claim (by digest), tier, reseed, variant, check and case.

        Of all cases of a check, if that is where the list ends.
        """
        match = " AND ".join(f"{name} = ?" for name in KEY[: len(of_case)])
        query = f"SELECT * FROM blocks WHERE {match}"
        with uncollected(), named_errors(self.path):
            return fetched(self._connection, query, of_case, made=_Shared().block)

    def sessions(self) -> list[Session]:
        """All sessions, oldest first."""
        with named_errors(self.path):
            rows = intact_rows(self._connection, self.path, "sessions", "true ORDER BY sequence, id")
        return [_session(row) for row in rows]

    def selected(self, session: Session) -> list[tuple[str, str]]:
        """Digest and JSON record of each claim that `session` selected, in order."""
        if session.claims:
            return [(claim[0], claim[-1]) for claim in session.claims]
        with named_errors(self.path):
            history = read_history(self._connection, self.path)
        mine = sorted((row[2], row[1]) for row in history.selections.values() if row[0] == session.id)
        return [(digest, history.claims[digest][4]) for _, digest in mine]

    def latest(self, *, instances: bool = False) -> list[tuple[Session, str, str]]:
        """For each claim (namespace and id) and tier: the newest session, its digest and record, in order.

        What claims say of one given problem (`on_file`) is left out, but for `instances`.
        """
        with named_errors(self.path):
            history = read_history(self._connection, self.path)
        sources = history.sources().items()
        newest = sorted((key, line[-1]) for key, line in sources if instances or _AT not in key[0])
        return [
            (_session(history.sessions[session]), digest, history.claims[digest][4])
            for _, (session, digest) in newest
        ]

    def counts(self) -> dict[str, int]:
        """How many rows each table holds."""
        queries = {table: f"SELECT count(*) FROM {table}" for table in ("sessions", "claims", "blocks")}
        with named_errors(self.path):
            return {table: fetched(self._connection, query)[0][0] for table, query in queries.items()}

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of what is executed inside is committed, or none of it."""
        if _place(self._file) != self._place:
            # What is written to a file that has lost its name is lost, and nobody would say so.
            raise StoreError(f"store must stay in its place while it is open, got a change at {self.path!r}")
        with named_errors(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:
                yield self._connection


class _Shared:
    """Rows as blocks; a word that many have is held once: of a million, a third of a gigabyte less."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}

    def block(self, row: Sequence[Any]) -> tuple[Block, Outcome] | None:
        """A block and its outcome; None if the row is damaged."""
        if not intact(row):
            return None
        claim, tier, reseed, variant, check, case, first, last, status, payload, seconds, _, _ = row
        one = self._words.setdefault
        block = Block(
            claim=one(claim, claim),
            tier=one(tier, tier),
            reseed=reseed,
            variant=one(variant, variant),
            check=one(check, check),
            case=one(case, case),
            first=first,
            last=last,
        )
        return block, Outcome(status=one(status, status), payload=payload, seconds=seconds)


#: Between a namespace and the digest of a problem.
_AT = "@"


def on_file(namespace: str, digest: str) -> str:
    """The namespace of claims that are held against the one problem of a file: results of their own."""
    return f"{namespace}{_AT}{digest[:12]}"


def fitted(outcome: Outcome) -> Outcome:
    """`outcome` as a store can hold it, so that one block never stops a run: an oversize record is an error.

    What was raised may be of any length and hold what is no text; the last line, which says what, is kept.
    """
    payload = outcome.payload.encode("utf-8", "backslashreplace")
    if len(payload) <= MOST:
        return replace(outcome, payload=payload.decode())
    if outcome.status == "done":
        text = (
            f"StoreError: a block's record must be at most {MOST:,} bytes, got {len(payload):,};"
            " run fewer rows together, or keep less of each"
        )
    else:
        text = payload.decode()
        text = f"{text[:_KEPT]}\n{text.strip().splitlines()[-1][:_KEPT]}"
    return replace(outcome, status="error", payload=text)


#: Characters kept of the two ends of an oversize error.
_KEPT = 2**12


def _session_row(session: Session) -> tuple[Any, ...]:
    """The columns of `session`, but for the checksum."""
    *plain, versions, alpha, _ = (getattr(session, name) for name in Session.__dataclass_fields__)
    return (*plain, dumps(versions), dumps(alpha))


def _session(row: Sequence[Any]) -> Session:
    *plain, versions, alpha, _ = row
    names = tuple(Session.__dataclass_fields__)[: len(plain)]
    return Session(**dict(zip(names, plain, strict=True)), versions=_mapping(versions), alpha=_mapping(alpha))


def _mapping(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise StoreError("a stored session must hold JSON objects, got something else; the store is damaged")
    return found


def _place(path: Path) -> tuple[int, int] | None:
    """Which file it is that has this name."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
