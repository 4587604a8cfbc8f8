"""What there is to say about one claim at one tier: cases, false variants, printed forms, and the whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from explore_theory.foundation import markup
from explore_theory.foundation.brief import brief
from explore_theory.foundation.numerals import ratio
from explore_theory.harness.judging.proofs import ProofResult, Standing
from explore_theory.harness.measures.measurement import Resolution
from explore_theory.harness.storage.store import Block
from explore_theory.harness.verdicts.summary import Summary
from explore_theory.harness.verdicts.verdict import Status, Verdict

#: How a verdict on a claim looks where there are colours.
TONES = {
    Status.HOLDS: "good",
    Status.REFUTED: "bad",
    Status.POWERLESS: "bad",
    Status.ERROR: "bad",
    Status.INCONCLUSIVE: "open",
    Status.NOT_APPLICABLE: "plain",
}


@brief
@dataclass(frozen=True, kw_only=True)
class CaseResult:
    """One case: its verdict, and what it rests on.

    Parameters
    ----------
    relation, resolution
        How it is compared, and how far a measurement may pass its bound and still HOLD.
    summary, slack
        The stored statistics; None while rows are missing.
    moved
        The verdict with the bound moved, for tight cases.
    missing
        Rows that have not been run.
    alpha
        The error level of a sample's intervals, all looks and rungs together; None where chance plays no
        part and none is spent.
    runs
        Independent runs of a sample.
    finding
        What else a sample says: for a rate, what the exponent rests on, how it bends, which rivals are left.
    trace
        The traceback of a case that is an ERROR.
    block
        The rows that hold the counter-example of a case that is REFUTED.
    """

    check: str
    case: str
    evidence: str
    relation: str
    resolution: Resolution
    params: Mapping[str, Any]
    verdict: Verdict
    summary: Summary | None
    slack: float | None
    moved: Verdict | None
    missing: int
    alpha: float | None
    seconds: float
    runs: int | None = None
    finding: str = ""
    trace: str = ""
    block: Block | None = None


@brief
@dataclass(frozen=True, kw_only=True)
class VariantResult:
    """A false variant: refuted, as it must be, or a survivor."""

    slug: str
    why: str
    verdict: Verdict
    cases: tuple[CaseResult, ...]

    @property
    def refuted(self) -> bool:
        """Whether the engine caught it."""
        return self.verdict.status is Status.REFUTED


@brief
@dataclass(frozen=True, kw_only=True)
class PrintedResult:
    """A form in which a paper prints the statement: what it says, the verdict it must get and the one it got.

    `item` and `page` are the paper's, `step` marks a step of its proof, `mended` is what holds in its place.
    """

    slug: str
    item: str
    page: int | None
    says: str
    holds: bool
    step: bool
    mended: str
    verdict: Verdict
    cases: tuple[CaseResult, ...]

    @property
    def expected(self) -> Status:
        """HOLDS or REFUTED."""
        return Status.HOLDS if self.holds else Status.REFUTED

    @property
    def as_expected(self) -> bool:
        """Whether every case has the verdict that the claim announces."""
        return bool(self.cases) and all(case.verdict.status is self.expected for case in self.cases)


@brief
@dataclass(frozen=True, kw_only=True)
class Result:
    """A claim at one tier: its verdict with everything it rests on; `ambiguous` if others share its id."""

    record: Mapping[str, Any]
    digest: str
    tier: str
    reseed: int
    verdict: Verdict
    cases: tuple[CaseResult, ...]
    variants: tuple[VariantResult, ...]
    printed: tuple[PrintedResult, ...] = ()
    proofs: tuple[ProofResult, ...] = ()
    ambiguous: bool = False

    @property
    def id(self) -> str:
        """The claim's id."""
        return str(self.record["id"])

    @property
    def seconds(self) -> float:
        """Time spent in its blocks, false variants, printed forms and proofs included."""
        others: list[VariantResult | PrintedResult] = [*self.variants, *self.printed]
        cases = sum(case.seconds for case in [*self.cases, *(c for other in others for c in other.cases)])
        return cases + sum(proof.seconds for proof in self.proofs)

    @property
    def slack(self) -> float | None:
        """The smallest slack of its cases.

        Those of a constant that another claim proves are about its value, and not about this statement.
        """
        others = {
            check["slug"]
            for check in self.record.get("checks", ())
            if check.get("constant", {}).get("by", "")
        }
        slacks = [case.slack for case in self.cases if case.check not in others]
        return min((slack for slack in slacks if slack is not None), default=None)

    @property
    def failures(self) -> list[tuple[str, "CaseResult"]]:
        """``(part, case)`` for everything that stands against HOLDS, in order.

        `part` is the false variant or printed form, or empty.
        """
        fine = (Status.HOLDS, Status.NOT_APPLICABLE)
        found = [("", case) for case in self.cases if case.verdict.status not in fine]
        for variant in self.variants:
            if not variant.refuted:
                found += [(variant.slug, case) for case in variant.cases]
        for form in self.printed:
            found += [(form.slug, case) for case in form.cases if case.verdict.status is not form.expected]
        return found

    def _repr_html_(self) -> str:
        """For notebooks: verdict, statement, evidence; the slack where it holds, or else why not."""
        status = self.verdict.status
        word = markup.chip(status, TONES[status])
        title = markup.heading(self.id, self.record["title"], word, f"{self.tier} tier")
        parts = [title, markup.paragraph(self.record["statement"])]
        if status is not Status.HOLDS:
            parts.append(markup.paragraph(self.verdict.reason))
        refuted = sum(variant.refuted for variant in self.variants)
        rows = [
            *((f"{kind} evidence", f"{effort:,} {unit}") for kind, effort, unit in self.evidence()),
            *([("slack", ratio(self.slack))] if status is Status.HOLDS and self.slack is not None else []),
            ("false variants refuted", f"{refuted} of {len(self.variants)}"),
        ]
        return markup.block(*parts, markup.table(rows))

    def evidence(self) -> list[tuple[str, float, str]]:
        """``(kind, effort, unit)`` for each kind of evidence, strongest first, over applicable cases."""
        totals: dict[tuple[str, str], float] = {}
        for proof in self.proofs:
            if proof.standing is Standing.HOLDS:
                totals["formal", "theorems"] = totals.get(("formal", "theorems"), 0) + 1
        for case in self.cases:
            if case.summary is not None:
                key = case.evidence, case.summary.unit
                totals[key] = totals.get(key, 0) + case.summary.effort
        return [(kind, effort, unit) for (kind, unit), effort in totals.items()]
