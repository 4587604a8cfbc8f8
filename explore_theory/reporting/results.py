"""The results of a store as data: a row per case, or per claim, with typed columns."""

from collections.abc import Iterator, Sequence
from os import PathLike
from typing import Any

from explore_theory.errors import StoreError, UnknownSelector
from explore_theory.foundation import markup
from explore_theory.foundation.validation import one_of
from explore_theory.harness.claims.cases import TIERS
from explore_theory.harness.claims.checks import Evidence
from explore_theory.harness.discovery.selection import matches
from explore_theory.harness.judging.outcomes import TONES, Result
from explore_theory.harness.judging.results import latest_results
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import RELATIONS, Status
from explore_theory.reporting import text
from explore_theory.reporting.export import COLUMNS, lines
from explore_theory.reporting.frames import Kind, Rows, Words, exactly

#: Whose case a row is: of the claim itself, or of what the engine must refute or find as announced.
PARTS = ("claim", "false variant", "printed form")
_ENDS = ("measured_lo", "measured_hi", "bound_lo", "bound_hi")
_STATUSES = Words(known=tuple(status.value for status in Status))
_EVIDENCE = Words(known=tuple(kind.value for kind in Evidence), ordered=True)
_TIERS = Words(known=TIERS)
_RELATIONS = Words(known=RELATIONS)
_FLOATS = ("alpha", "effort", *_ENDS, "slack", "resolution_absolute", "resolution_relative")
_KINDS: dict[str, Kind | Words] = {
    **dict.fromkeys(_FLOATS, Kind.FLOAT),
    **dict.fromkeys(("reseed", "runs", "comparisons", "applicable"), Kind.WHOLE),
    **dict.fromkeys(("verdict", "status"), _STATUSES),
    "tier": _TIERS,
    "evidence": _EVIDENCE,
    "relation": _RELATIONS,
}
#: The columns of cases: those of ``verify --csv``, whose part the case is, and whether the four ends are
#: exactly what was compared (None where nothing was).
CASES: dict[str, Kind | Words] = {
    **{name: _KINDS.get(name, Kind.TEXT) for name in COLUMNS},
    "part": Words(known=PARTS),
    "exact": Kind.TRUTH,
}
#: The columns of claims.
CLAIMS: dict[str, Kind | Words] = {
    **dict.fromkeys(("id", "namespace", "slug", "theorem", "title"), Kind.TEXT),
    "tier": _TIERS,
    "reseed": Kind.WHOLE,
    "verdict": _STATUSES,
    "badges": Kind.TEXT,
    "slack": Kind.FLOAT,
    "relation": _RELATIONS,
    "evidence": Kind.TEXT,
    "alpha": Kind.FLOAT,
    "cases": Kind.WHOLE,
    "false_variants": Kind.WHOLE,
    "false_variants_refuted": Kind.WHOLE,
    "printed_forms": Kind.WHOLE,
    "printed_forms_as_expected": Kind.WHOLE,
    "seconds": Kind.FLOAT,
    "reason": Kind.TEXT,
}
#: Claims that a notebook shows.
SHOWN = 60


class Results(Rows):
    """One row per case of some results; `claims` has one per claim and tier, `found` the results themselves.

    A row whose ``part`` is not ``claim`` is of a false variant, which must be REFUTED, or of a printed form:
    leave them out before you count what is refuted.
    """

    def __init__(self, found: Sequence[Result]) -> None:
        self.found = tuple(found)
        super().__init__(CASES, (row for result in self.found for row in _cases(result)))

    def claims(self) -> Rows:
        """One row per claim and tier."""
        return Rows(CLAIMS, map(_claim, self.found))

    def only(self, *selectors: str, tier: str | None = None, verdict: str | None = None) -> "Results":
        """Those of some claims: by id, slug, theorem or glob as ``verify`` takes them, tier, and verdict.

        Raises
        ------
        UnknownSelector
            If a selector matches no claim here.
        InvalidProblem
            If `tier` or `verdict` is no such word.
        """
        if tier is not None:
            one_of("tier", tier, TIERS)
        if verdict is not None:
            one_of("verdict", verdict, _STATUSES.known)
        for selector in selectors:
            if not any(_chosen(selector, result) for result in self.found):
                raise UnknownSelector(f"selector must match a claim of these results, got {selector!r}")
        return Results(
            [
                result
                for result in self.found
                if (not selectors or any(_chosen(selector, result) for selector in selectors))
                and tier in (None, result.tier)
                and verdict in (None, result.verdict.status)
            ]
        )

    def claim(self, selector: str) -> Result:
        """The one claim that `selector` means, at the fullest tier that there is.

        Raises
        ------
        UnknownSelector
            If it means none, or several.
        """
        found = self.only(selector).found
        if names := {text.label(result) for result in found[1:]} - {text.label(found[0])}:
            several = ", ".join(sorted({*names, text.label(found[0])}))
            raise UnknownSelector(f"selector must match one claim, got {selector!r} for {several}")
        return found[-1]

    def __repr__(self) -> str:
        counts = ", ".join(f"{number} {status}" for status, number in self._counts().items())
        return f"Results({self._size()}: {counts or 'nothing'})"

    def _repr_html_(self) -> str:
        """For notebooks: a line per claim."""
        counts = [markup.chip(f"{number} {s}", TONES[Status(s)]) for s, number in self._counts().items()]
        rows = [
            (
                text.label(result),
                result.record["title"],
                markup.chip(result.verdict.status, TONES[result.verdict.status]),
                text.slack(result),
                text.power(result),
                result.tier,
            )
            for result in self.found[:SHOWN]
        ]
        more = len(self.found) - SHOWN
        last = [markup.paragraph(f"and {more} more claims", faint=True)] if more > 0 else []
        head = markup.heading(self._size(), *counts)
        names = ("id", "statement", "verdict", "slack", "false refuted", "tier")
        return markup.block(head, markup.table(rows, names), *last)

    def _size(self) -> str:
        claims, cases = len(self.found), len(self)
        return f"{claims} claim{'s' * (claims != 1)}, {cases} case{'s' * (cases != 1)}"

    def _counts(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for result in self.found:
            counts[result.verdict.status] = counts.get(result.verdict.status, 0) + 1
        return counts


def results(source: str | PathLike[str] | Store | Sequence[Result]) -> Results:
    """The newest results of every claim in a store: a file, one that is open, or results that were read.

    Raises
    ------
    StoreError
        If the file is no store of ours, or is damaged.
    """
    if isinstance(source, Store):
        return Results(latest_results(source))
    if isinstance(source, str | PathLike):
        with Store(str(source), must_exist=True) as opened:
            return Results(latest_results(opened))
    found = list(source)
    if not all(isinstance(result, Result) for result in found):
        raise StoreError(f"source must be a store, its path or results, got {source!r:.80}")
    return Results(found)


def _chosen(selector: str, result: Result) -> bool:
    record = result.record
    return matches(selector, record["namespace"], [result.id], [record["slug"], record["theorem"]])


def _cases(result: Result) -> Iterator[dict[str, Any]]:
    for line in lines(result):
        part = PARTS[1] if line["false_variant"] else PARTS[2] if line["printed_form"] else PARTS[0]
        row = {name: None if value == "" else value for name, value in line.items()}
        ends = [row[end] for end in _ENDS]
        exact = None if None in ends else all(map(exactly, ends))
        # A namespace that is empty is ours, and not missing.
        yield row | {"namespace": line["namespace"], "part": part, "exact": exact}


def _claim(result: Result) -> dict[str, Any]:
    record = result.record
    return {
        **{name: record[name] for name in ("namespace", "slug", "theorem", "title", "relation")},
        "id": result.id,
        "tier": result.tier,
        "reseed": result.reseed,
        "verdict": result.verdict.status,
        "badges": ", ".join(badge for badge, _ in text.worn(record, result.tier)) or None,
        "slack": text.slack_shown(result),
        "evidence": ", ".join(dict.fromkeys(case.evidence for case in result.cases)),
        "alpha": text.error_level(result) or 0.0,
        "cases": len(result.cases),
        "false_variants": len(result.variants),
        "false_variants_refuted": sum(variant.refuted for variant in result.variants),
        "printed_forms": len(result.printed),
        "printed_forms_as_expected": sum(form.as_expected for form in result.printed),
        "seconds": result.seconds,
        "reason": result.verdict.reason,
    }
