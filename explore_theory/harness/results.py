"""From a store to verdicts: every status here is recomputed from stored statistics."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explore_theory.errors import StoreError
from explore_theory.harness.measurement import Resolution, Summary, merge
from explore_theory.harness.records import decode_summary
from explore_theory.harness.runner import cover
from explore_theory.harness.store import Block, Outcome, Session, Store
from explore_theory.harness.verdict import TIGHT_FACTOR, Status, Verdict, combine, decide, moved, slack

Stored = Sequence[tuple[Block, Outcome]]


@dataclass(frozen=True, kw_only=True)
class CaseResult:
    """One case: its verdict, the statistics behind it, and whether a tight bound breaks when moved."""

    check: str
    case: str
    evidence: str
    params: Mapping[str, Any]
    verdict: Verdict
    summary: Summary | None
    slack: float | None
    moved: Verdict | None
    seconds: float


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


@dataclass(frozen=True, kw_only=True)
class Result:
    """A claim at one tier: its verdict with everything it rests on."""

    record: Mapping[str, Any]
    digest: str
    tier: str
    reseed: int
    verdict: Verdict
    cases: tuple[CaseResult, ...]
    variants: tuple[VariantResult, ...]

    @property
    def id(self) -> str:
        """The claim's id."""
        return str(self.record["id"])

    @property
    def seconds(self) -> float:
        """Time spent in its blocks, variants included."""
        parts = [*self.cases, *(case for variant in self.variants for case in variant.cases)]
        return sum(case.seconds for case in parts)

    @property
    def slack(self) -> float | None:
        """The smallest slack of its cases."""
        return min((case.slack for case in self.cases if case.slack is not None), default=None)

    def evidence(self) -> list[tuple[str, float, str]]:
        """``(kind, effort, unit)`` for each kind of evidence, strongest first, over applicable cases."""
        totals: dict[tuple[str, str], float] = {}
        for case in self.cases:
            if case.summary is not None:
                key = case.evidence, case.summary.unit
                totals[key] = totals.get(key, 0) + case.summary.effort
        return [(kind, effort, unit) for (kind, unit), effort in totals.items()]


def session_results(store: Store, session: Session) -> list[Result]:
    """The results of the claims that `session` selected, in order."""
    return [
        _claim_result(_record(text), digest, session, store.blocks(digest, session.tier, session.reseed))
        for digest, text in store.selected(session.id)
    ]


def latest_results(store: Store) -> list[Result]:
    """For each claim and tier, the result of the newest session that selected it, in registry order."""
    newest: dict[tuple[str, str], tuple[Session, str, str]] = {}
    for session in store.sessions():
        for digest, text in store.selected(session.id):
            newest[_record(text)["id"], session.tier] = (session, digest, text)
    found = [
        _claim_result(_record(text), digest, session, store.blocks(digest, session.tier, session.reseed))
        for session, digest, text in newest.values()
    ]
    return sorted(found, key=lambda r: (r.record["theorem"], len(r.id), r.id, r.tier == "full"))


def _record(text: str) -> dict[str, Any]:
    try:
        record = json.loads(text)
        return record if isinstance(record["id"], str) else _bad_record()
    except (ValueError, KeyError, TypeError):
        return _bad_record()


def _bad_record() -> dict[str, Any]:
    raise StoreError("a stored claim must be a claim record, got something else; the store is damaged")


def _claim_result(record: Mapping[str, Any], digest: str, session: Session, stored: Stored) -> Result:
    cases = _check_results(record["checks"], record["relation"], "", session.tier, stored)
    variants = []
    for variant in record["false_variants"]:
        found = _check_results([variant["check"]], variant["relation"], variant["slug"], session.tier, stored)
        # No case of the variant at this tier means nothing to catch, which is not the same as caught.
        verdict = combine(case.verdict for case in found)
        variants.append(
            VariantResult(slug=variant["slug"], why=variant["why"], verdict=verdict, cases=tuple(found))
        )
    return Result(
        record=record,
        digest=digest,
        tier=session.tier,
        reseed=session.reseed,
        verdict=_overall(cases, variants),
        cases=tuple(cases),
        variants=tuple(variants),
    )


def _overall(cases: Sequence[CaseResult], variants: Sequence[VariantResult]) -> Verdict:
    """The verdict on a claim: its cases, then its power."""
    verdict = combine(case.verdict for case in cases)
    if verdict.status is not Status.HOLDS:
        return verdict
    for variant in variants:
        if not variant.refuted:
            return Verdict(
                status=Status.POWERLESS,
                reason=f"false variant {variant.slug} is not refuted: "
                f"{variant.verdict.status}, {variant.verdict.reason}",
            )
    for case in cases:
        if case.moved is not None and case.moved.status is not Status.REFUTED:
            return Verdict(
                status=Status.POWERLESS,
                reason=f"tight case {case.case} survives a bound moved by {float(TIGHT_FACTOR):g}: "
                f"{case.moved.reason}",
            )
    return verdict


def _check_results(
    checks: Sequence[Mapping[str, Any]], relation: str, variant: str, tier: str, stored: Stored
) -> list[CaseResult]:
    results = []
    for check in checks:
        resolution = Resolution(**check["resolution"])
        for case in check["cases"]:
            if tier in case["rows"]:
                key = (variant, check["slug"], case["slug"])
                mine = [(b, o) for b, o in stored if (b.variant, b.check, b.case) == key]
                results.append(
                    _case_result(check, case, relation, resolution, case["rows"][tier], mine, variant)
                )
    return results


def _case_result(
    check: Mapping[str, Any],
    case: Mapping[str, Any],
    relation: str,
    resolution: Resolution,
    rows: int,
    stored: Stored,
    variant: str,
) -> CaseResult:
    outcomes = dict(stored)
    done, gaps = cover((b for b, o in stored if o.status == "done"), rows)
    errors = [o for b, o in stored if o.status == "error" and any(s <= b.first < e for s, e in gaps)]
    summary = tight = None
    ratio = None
    if errors:
        last = errors[0].payload.strip().splitlines()[-1]
        verdict = Verdict(status=Status.ERROR, reason=last)
    elif gaps:
        missing = sum(stop - start for start, stop in gaps)
        verdict = Verdict(
            status=Status.INCONCLUSIVE,
            reason=f"{missing} of {rows} rows have not been run; verify again to resume",
        )
    else:
        summary = merge([decode_summary(outcomes[block].payload) for block in done], resolution)
        verdict = decide(summary, relation, resolution)
        ratio = slack(summary, relation)
        if case["tight"] and not variant:
            tight = moved(summary, relation, resolution, TIGHT_FACTOR)
    return CaseResult(
        check=check["slug"],
        case=case["slug"],
        evidence=check["evidence"],
        params=case["params"],
        verdict=verdict,
        summary=summary,
        slack=ratio,
        moved=tight,
        seconds=sum(o.seconds for _, o in stored),
    )
