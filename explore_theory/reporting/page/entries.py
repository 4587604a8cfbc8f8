"""What the page shows of a claim: its results at each tier, and where on the page they are."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from explore_theory.harness.claims.checks import Evidence
from explore_theory.harness.judging.audit import ClaimAudit, audit
from explore_theory.harness.judging.outcomes import Result
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting import text
from explore_theory.reporting.page.drawings import Drawing, drawings
from explore_theory.reporting.page.losses import Fall, Step, falls, ladder

#: Names of places on the page that no claim may take, and beginnings of such names.
_TAKEN = frozenset(
    (
        *("main", "verdicts", "verdicts-head", "shown", "since", "theorems", "audit", "errata"),
        *("map", "formal", "paper", "claims", "level", "reading", "made"),
    )
)
_BEGINNINGS = ("item-", "map-", "reading-", "figure-")
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]*")

#: Verdicts as they are sorted: what fails comes first.
_ORDER = (
    Status.REFUTED,
    Status.ERROR,
    Status.POWERLESS,
    Status.INCONCLUSIVE,
    Status.NOT_APPLICABLE,
    Status.HOLDS,
)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A claim in the report: its record and its result at each tier that the store has.

    `place` is the name of its section on the page.
    """

    record: Mapping[str, Any]
    results: tuple[Result, ...]
    place: str = ""

    @cached_property
    def drawings(self) -> list[Drawing]:
        """The declared figures that have points, from the fullest result, or why one cannot be drawn."""
        return drawings(self.results[-1], self.record["figures"], f"figure-{self.place}")

    @property
    def label(self) -> str:
        """Its id, with its package where another one has a claim of that id."""
        return text.label(self.results[-1])

    @cached_property
    def audits(self) -> tuple[ClaimAudit, ...]:
        """What the evidence of each of its results would catch."""
        return tuple(map(audit, self.results))

    @property
    def worst(self) -> Result:
        """The result to show first: the one that stands most against the claim; of such ones the fullest."""
        return min(reversed(self.results), key=lambda result: _ORDER.index(result.verdict.status))

    @property
    def audited(self) -> ClaimAudit:
        """What the evidence of `worst` would catch."""
        return next(a for a, result in zip(self.audits, self.results, strict=True) if result is self.worst)

    def shows(self, result: Result) -> bool:
        """Whether the cases of `result` are spelled out: not where a fuller tier is there and all is well."""
        fuller = result is not self.results[-1]
        return not (fuller and result.verdict.status is Status.HOLDS)

    @property
    def statuses(self) -> list[str]:
        """Its verdicts, each once."""
        return list(dict.fromkeys(str(r.verdict.status) for r in self.results))

    @property
    def rank(self) -> int:
        """Where its verdict stands when claims are sorted by it: what fails first."""
        return _ORDER.index(self.worst.verdict.status)

    @property
    def kinds(self) -> list[str]:
        """Its kinds of evidence."""
        return list(dict.fromkeys(kind for r in self.results for kind, _, _ in r.evidence()))

    @property
    def badges(self) -> list[str]:
        """What it wears at any tier."""
        return list(dict.fromkeys(name for r in self.results for name, _ in text.worn(r.record, r.tier)))

    @property
    def caught(self) -> float:
        """The share of its false variants that are refuted, at the tier where it is least."""
        shares = [sum(v.refuted for v in r.variants) / len(r.variants) for r in self.results if r.variants]
        return min(shares, default=0.0)

    @property
    def assumptions(self) -> list[str]:
        """What its checks assume, each once."""
        return list(
            dict.fromkeys(str(name) for check in self.record["checks"] for name in check["assumptions"])
        )

    @property
    def falls(self) -> list[Fall]:
        """Where its proof loses, if a case takes it apart."""
        return falls(self.results[-1])

    def ladder(self, used: Mapping[str, Result]) -> list[Step]:
        """The slack of its checks, and of the claims that it uses, by their labels."""
        return ladder(self.worst, used)


def entries_of(results: Sequence[Result]) -> list[Entry]:
    """An entry for each claim, in the order of `results`, each with a place of its own."""
    grouped: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        grouped.setdefault((result.record["namespace"], result.id), []).append(result)
    entries: list[Entry] = []
    taken = set(_TAKEN)
    for group in grouped.values():
        label = text.label(group[-1])
        place = label if _SAFE.fullmatch(label) else f"claim-{len(entries) + 1}"
        while place in taken or place.startswith(_BEGINNINGS):
            place = f"claim-{place}"
        taken.add(place)
        entries.append(Entry(record=group[-1].record, results=tuple(group), place=place))
    return entries


def choices(entries: Sequence[Entry]) -> dict[str, list[str]]:
    """What the table of verdicts can be filtered by."""
    return {
        "status": [str(s) for s in _ORDER if any(str(s) in entry.statuses for entry in entries)],
        "kind": [kind.value for kind in Evidence if any(kind in entry.kinds for entry in entries)],
        "theorem": list(dict.fromkeys(str(entry.record["theorem"]) for entry in entries)),
        "badge": sorted({badge for entry in entries for badge in entry.badges}),
    }
