"""Violations that were run again, in a line each or as data for other programs."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explore_theory.errors import StoreError
from explore_theory.foundation.brief import shown
from explore_theory.harness.claims.claim import Claim
from explore_theory.harness.discovery.registry import Registry
from explore_theory.harness.measures.columns import Number
from explore_theory.harness.running import violations
from explore_theory.harness.running.replaying import Replayed, replay
from explore_theory.harness.running.violation import Violation
from explore_theory.harness.storage.records import dumps, encode_number
from explore_theory.reporting import text


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file and what became of it: a violation that was run again, or why it holds none."""

    path: Path
    violation: Violation | None = None
    replayed: Replayed | None = None
    refused: str = ""


def replay_all(places: Iterable[str], registry: Registry) -> Iterator[Entry]:
    """An entry for every file in `places`, as each is done; what cannot be read keeps no other from it."""
    for place in map(Path, places):
        try:
            found = violations.files(place)
        except (StoreError, OSError) as error:
            yield Entry(path=place, refused=str(error))
            continue
        for path in found:
            try:
                violation = violations.read(path)
            except StoreError as error:
                yield Entry(path=path, refused=str(error))
            else:
                yield Entry(path=path, violation=violation, replayed=replay(violation, registry))


def line(entry: Entry, claims: Iterable[Claim] = ()) -> str:
    """``F1 search/any-n8, false variant no-beta: measured 2 and bound 1: REPRODUCED``, or why it is none."""
    if entry.violation is None or entry.replayed is None:
        return _one_line(entry.refused)
    found, replayed = entry.violation, entry.replayed
    numbers = f"measured {text.interval(*found.measured)}, bound {text.interval(*found.bound)}"
    told = f"{place(found, claims)}: {numbers}: {replayed.replay}"
    return _one_line(f"{told}, {replayed.reason}" if replayed.reason else told)


def place(violation: Violation, claims: Iterable[Claim] = ()) -> str:
    """``F1 search/any-n8, false variant no-beta``: what is violated."""
    where = f"{violation.claim} {violation.check}/{violation.case}"
    if not violation.part:
        return where
    forms = {(claim.id, form.slug) for claim in claims for form in claim.printed}
    kind = "printed form" if (violation.id, violation.part) in forms else "false variant"
    return f"{where}, {kind} {violation.part}"


def complaint(entry: Entry, claims: Iterable[Claim] = ()) -> str:
    """Why a violation that is kept is not as it must be, in a line; empty if it is.

    One of the claim's own statement must be mended: the comparison is there, and the statement holds in it.
    One of a false variant, or of a printed form that is refuted, must be a violation still.
    """
    told, replayed = line(entry, claims), entry.replayed
    if replayed is None:
        return told
    if replayed.as_kept:
        return ""
    if replayed.status is None:
        return f"{told}; a kept violation must be one that can be run, or be deleted"
    must = "be refuted still" if replayed.must_fail else "be mended, and is not"
    return f"{told}; it must {must}"


def to_json(entries: Iterable[Entry]) -> str:
    """An indented JSON object with one entry per file."""
    found = [_entry(entry) for entry in entries]
    return json.dumps(json.loads(dumps({"violations": found})), indent=2)


def exit_code(entries: Iterable[Entry]) -> int:
    """0 if all are violations still; 1 if one is not; 2 if a file holds none."""
    found = list(entries)
    if any(entry.replayed is None for entry in found):
        return 2
    return 0 if all(entry.replayed is not None and entry.replayed.violates for entry in found) else 1


def _entry(entry: Entry) -> dict[str, Any]:
    if entry.violation is None or entry.replayed is None:
        return {"file": str(entry.path), "outcome": None, "reason": _one_line(entry.refused)}
    found, replayed = entry.violation, entry.replayed
    names = ("claim", "part", "check", "case", "tier", "reseed", "index", "params", "relation", "witness")
    return {
        "file": str(entry.path),
        "outcome": replayed.replay,
        "reason": _one_line(replayed.reason),
        "status": replayed.status,
        **{name: getattr(found, name) for name in names},
        "then": {"measured": _ends(found.measured), "bound": _ends(found.bound), "versions": found.versions},
        "now": {"measured": _ends(replayed.measured), "bound": _ends(replayed.bound)},
    }


def _ends(pair: tuple[Number, Number] | None) -> list[float | str] | None:
    return None if pair is None else [encode_number(end) for end in pair]


def _one_line(words: str) -> str:
    """`words` such that they stay one line of a terminal."""
    return shown(" ".join(words.split()))
