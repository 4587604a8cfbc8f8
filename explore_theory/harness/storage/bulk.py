"""Many stored blocks of comparisons at once: only those that can decide the verdict become summaries."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np

from explore_theory.foundation.collection import uncollected
from explore_theory.harness.storage.records import decode_row, decode_summary
from explore_theory.harness.verdicts.shortlist import shortlist
from explore_theory.harness.verdicts.summary import KEPT, Reading, Row, Summary, extremes

#: Records taken together: enough for arrays to pay, few enough to be held in memory.
_TOGETHER = 4096

_READ = json.JSONDecoder().raw_decode


def summaries(payloads: Iterable[str], reading: Reading) -> Iterator[Summary]:
    """Summaries whose `merge` is that of all `payloads`, decoded one by one; fewer where they are many.

    Parameters
    ----------
    payloads
        Records of the blocks of one case, in row order.
    reading
        That of the check.

    Raises
    ------
    StoreError
        If one is no record of a summary.
    """
    rest = iter(payloads)
    while chunk := list(islice(rest, _TOGETHER)):
        with uncollected():
            found = _together(chunk, reading)
        if found is None:
            yield from map(decode_summary, chunk)
        else:
            yield found


def _together(chunk: Sequence[str], reading: Reading) -> Summary | None:
    """The summary of all of `chunk`; None where some hold samples, or need to be looked at one by one."""
    if len(chunk) == 1:
        return None
    try:
        records = [_record(payload) for payload in chunk]
        if any(record.get("sample", record.get("counts")) is not None for record in records):
            return None
        stored = [row for record in records for row in _kept(record)]
        notes: dict[str, Any] = {}
        left_out: dict[str, int] = {}
        for record in records:
            for name, value in record["notes"].items():
                notes.setdefault(name, value)
            for name, number in record["left_out"].items():
                left_out[name] = left_out.get(name, 0) + int(number)
        return Summary(
            count=sum(int(record["count"]) for record in records),
            applicable=sum(int(record["applicable"]) for record in records),
            effort=sum(int(record["effort"]) for record in records),
            unit=str(records[0]["unit"]),
            rows=extremes(_possible(stored, reading), reading),
            notes=notes,
            left_out=left_out,
        )
    except (ValueError, LookupError, ArithmeticError, TypeError, AttributeError, RecursionError):
        # Which of them is damaged, and how, is said by reading them one by one.
        return None


def _record(payload: str) -> Mapping[str, Any]:
    record, end = _READ(payload)
    if end != len(payload):
        raise ValueError("a record has something behind it")
    return dict(record)


def _kept(record: Mapping[str, Any]) -> list[Sequence[Any]]:
    """The stored rows of a block that are extreme in a sense that is known, in order of their index."""
    rows, kept = record["rows"], record["kept"]
    if len(rows) == 1 and kept.keys() <= _NAMES and set(kept.values()) == {0}:
        return list(rows)
    unique = {rows[kept[name]][0]: rows[kept[name]] for name in KEPT if name in kept}
    return [unique[index] for index in sorted(unique)]


_NAMES = frozenset(KEPT)


def _possible(stored: list[Sequence[Any]], reading: Reading) -> list[Row]:
    """Those of the rows, in order, among which is the first largest of every score."""
    plain = [k for k, row in enumerate(stored) if all(type(end) is float for end in row[1:5])]
    chosen = set(range(len(stored))) - set(plain)
    if plain:
        lo, hi, bound_lo, bound_hi = np.array([stored[k][1:5] for k in plain], dtype=np.float64).T
        everywhere = np.ones(len(plain), dtype=np.bool_)
        found = shortlist(lo, hi, bound_lo, bound_hi, everywhere, reading.resolution)
        chosen.update(plain[k] for k in found)
    return [decode_row(stored[k]) for k in sorted(chosen)]
