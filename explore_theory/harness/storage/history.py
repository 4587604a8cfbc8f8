"""What a store says of its past: sessions in the order in which they began, and what each of them selected.

Clocks step back and differ between machines, so no date is asked: a session's place is the number it was
given inside the transaction that recorded it.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explore_theory.errors import StoreError
from explore_theory.harness.storage.schema import COLUMNS, intact

#: Namespace, id and tier of a claim: what it is that has a latest source.
Key = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class History:
    """The rows of three tables, every one intact and every reference met: sessions oldest first.

    Parameters
    ----------
    sessions, claims
        Rows by session id, and by digest.
    selections
        Rows by session id and digest.
    """

    sessions: Mapping[str, Sequence[Any]]
    claims: Mapping[str, Sequence[Any]]
    selections: Mapping[tuple[str, str], Sequence[Any]]

    def sources(self) -> dict[Key, list[tuple[str, str]]]:
        """For each claim and tier, every session that selected it, oldest first, with the digest it had."""
        place = {session: number for number, session in enumerate(self.sessions)}
        found: dict[Key, list[tuple[str, str]]] = {}
        for session, digest in sorted(self.selections, key=lambda pair: (place[pair[0]], pair[1])):
            tier = field("sessions", self.sessions[session], "tier")
            namespace, claim = self.claims[digest][1:3]
            found.setdefault((namespace, claim, tier), []).append((session, digest))
        return found


def read_history(connection: sqlite3.Connection, path: str) -> History:
    """The history of the store that `connection` is open on.

    Raises
    ------
    StoreError
        If a row does not match its checksum or refers to one that is not there: which session was the latest
        could then be anything.
    """
    rows = {table: intact_rows(connection, path, table) for table in ("sessions", "claims", "selections")}
    sessions = {row[0]: row for row in sorted(rows["sessions"], key=lambda row: (row[1], row[0]))}
    claims = {row[0]: row for row in rows["claims"]}
    for row in rows["selections"]:
        if row[0] not in sessions or row[1] not in claims:
            raise damaged(path, f"{row_name('selections', row)}: refers to a missing row")
    return History(sessions=sessions, claims=claims, selections={(r[0], r[1]): r for r in rows["selections"]})


def intact_rows(
    connection: sqlite3.Connection, path: str, table: str, where: str = "true", values: Sequence[Any] = ()
) -> list[Sequence[Any]]:
    """Rows of `table`; StoreError names one that does not match its checksum."""
    found = connection.execute(f"SELECT * FROM {table} WHERE {where}", values).fetchall()
    for row in found:
        if not intact(row):
            raise damaged(path, f"{row_name(table, row)}: its checksum does not match")
    return found


def damaged(path: str, what: str) -> StoreError:
    """The error of a reader that met a damaged row."""
    return StoreError(
        f"store {path!r} is damaged, {what}; `explore-theory db check --salvage NEW` saves what is intact"
    )


def field(table: str, row: Sequence[Any], name: str) -> Any:
    """One column of a row of `table`."""
    return row[COLUMNS[table].index(name)]


def row_name(table: str, row: Sequence[Any]) -> str:
    """How messages name a row."""
    if table == "blocks":
        claim, tier, reseed, variant, check_slug, case, first, last = row[:8]
        of = f", variant {variant}" if variant else ""
        return f"block {check_slug}/{case} rows {first}-{last}{of} (claim {claim}, {tier}, reseed {reseed})"
    names = {"sessions": "session {}", "claims": "claim record {}", "selections": "claim {1} of session {0}"}
    return ascii(names[table].format(*row))[1:-1]
