"""From a store to verdicts: every status here is recomputed from stored statistics."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from explore_theory.errors import StoreError
from explore_theory.harness.claims.claim import RANDOM
from explore_theory.harness.claims.on_instance import told
from explore_theory.harness.judging import proofs
from explore_theory.harness.judging.advice import advice
from explore_theory.harness.judging.outcomes import CaseResult, PrintedResult, Result, VariantResult
from explore_theory.harness.judging.settle import UNFIT, Settled, Terms, settle
from explore_theory.harness.measures.measurement import Resolution
from explore_theory.harness.measures.samples import Enclosed
from explore_theory.harness.storage.records import decode_summary, natural
from explore_theory.harness.storage.store import Block, Outcome, Session, Store
from explore_theory.harness.verdicts.summary import Reading, Summary, resolved
from explore_theory.harness.verdicts.verdict import TIGHT_FACTOR, Status, Verdict, combine, moved, slack
from explore_theory.statistics.rivals import rival_of

Key = tuple[str, str, str]
Stored = Sequence[tuple[Block, Outcome]]


def session_results(store: Store, session: Session) -> list[Result]:
    """The results of the claims that `session` selected, in order."""
    return _told_apart([_result(store, session, digest, text) for digest, text in store.selected(session)])


def latest_results(store: Store, namespace: str | None = None, id: str | None = None) -> list[Result]:
    """For each claim and tier, the result of the newest session that selected it, in registry order.

    With a `namespace` or an `id`, those of this claim alone are judged.
    """
    chosen = [
        (session, digest, text)
        for session, digest, text in store.latest()
        if (namespace is None or _told(text, "namespace") == namespace)
        and (id is None or _told(text, "id") == id)
    ]
    found = [_result(store, session, digest, text) for session, digest, text in chosen]
    return sorted(_told_apart(found), key=lambda r: (r.record["theorem"], natural(r.id), r.tier == "full"))


def _told(text: str, name: str) -> Any:
    """What the JSON record of a claim says under `name`; None if it is no record, which `_result` refuses."""
    try:
        return dict(json.loads(text)).get(name)
    except (TypeError, ValueError, RecursionError):
        return None


def _told_apart(results: list[Result]) -> list[Result]:
    """`results`, those whose id stands for claims of several packages marked as `ambiguous`."""
    packages: dict[str, set[str]] = {}
    for result in results:
        packages.setdefault(result.id, set()).add(result.record.get("namespace", ""))
    return [replace(r, ambiguous=len(packages[r.id]) > 1) for r in results]


@dataclass(frozen=True, kw_only=True)
class _Evidence:
    """The stored blocks of one claim in one session's sense, by variant, check and case."""

    tier: str
    alpha: float
    variant_alpha: float
    blocks: "Mapping[Key, Stored] | _OfStore"

    def stored(self, variant: str, check: str) -> Stored:
        """All blocks of a check, whatever their case."""
        return self.blocks.of_check(variant, check) if isinstance(self.blocks, _OfStore) else ()


class _OfStore:
    """The blocks of a claim, read case by case: all of them may not fit into memory."""

    def __init__(self, store: Store, digest: str, session: Session) -> None:
        self._store, self._digest, self._session = store, digest, session

    def get(self, key: Key, default: Stored) -> Stored:
        """Those of a variant, check and case."""
        session = self._session
        return self._store.case_blocks(self._digest, session.tier, session.reseed, *key) or default

    def of_check(self, variant: str, check: str) -> Stored:
        """Those of a variant and check, whatever their case."""
        session = self._session
        return self._store.case_blocks(self._digest, session.tier, session.reseed, variant, check)


def _result(store: Store, session: Session, digest: str, text: str) -> Result:
    blocks = _OfStore(store, digest, session)
    try:
        record = json.loads(text)
        alpha, variant_alpha = map(float, session.alpha["shares"][digest])
        evidence = _Evidence(tier=session.tier, alpha=alpha, variant_alpha=variant_alpha, blocks=blocks)
        return _claim_result(record, digest, session, evidence)
    except (LookupError, ArithmeticError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise StoreError(
            f"a stored claim must be a claim record, got {type(error).__name__}: {error};"
            " the store is damaged"
        ) from None


def _claim_result(record: Mapping[str, Any], digest: str, session: Session, evidence: _Evidence) -> Result:
    cases = [c for check in record["checks"] for c in _cases(check, "", evidence)]
    running = {check["slug"] for check in record["checks"] if _runs(check, evidence.tier)}
    variants = []
    for variant in record["false_variants"]:
        if variant["check"]["slug"] not in running:
            # Of a check that runs in the other tier only: there is nothing here for it to be a variant of.
            continue
        found = _cases(variant["check"], variant["slug"], evidence)
        # No case of the variant at this tier means nothing to catch, which is not the same as caught.
        verdict = combine(case.verdict for case in found)
        variants.append(
            VariantResult(slug=variant["slug"], why=variant["why"], verdict=verdict, cases=tuple(found))
        )
    printed = [_printed(form, evidence) for form in record.get("printed", ())]
    proved = [
        proofs.proof_result(proof, session.versions, evidence.stored("", proofs.key(proof)))
        for proof in record.get("proofs", ())
    ]
    verdict = _overall(record, cases, variants, [form for form in printed if form.cases])
    if verdict.status is not Status.REFUTED:
        verdict = proofs.mistaken(proved) or verdict
    return Result(
        record=record,
        digest=digest,
        tier=session.tier,
        reseed=session.reseed,
        verdict=verdict,
        cases=tuple(cases),
        variants=tuple(variants),
        printed=tuple(form for form in printed if form.cases),
        proofs=tuple(proved),
    )


def printed_results(
    record: Mapping[str, Any], tier: str, blocks: Mapping[Key, Sequence[tuple[Block, Outcome]]]
) -> tuple[PrintedResult, ...]:
    """The printed forms of a claim's `record` that `blocks` decide; chance plays no part in them."""
    evidence = _Evidence(tier=tier, alpha=0.0, variant_alpha=0.0, blocks=blocks)
    found = (_printed(form, evidence) for form in record["printed"])
    return tuple(form for form in found if form.cases)


def check_cases(
    check: Mapping[str, Any], tier: str, blocks: Mapping[Key, Sequence[tuple[Block, Outcome]]]
) -> tuple[CaseResult, ...]:
    """The cases of one `check` of a claim's record that `blocks` decide; chance plays no part in it."""
    evidence = _Evidence(tier=tier, alpha=0.0, variant_alpha=0.0, blocks=blocks)
    return tuple(_cases(check, "", evidence))


def _printed(form: Mapping[str, Any], evidence: _Evidence) -> PrintedResult:
    found = tuple(_cases(form["check"], form["slug"], evidence, lie=not form["holds"]))
    words = {name: str(form[name]) for name in ("slug", "item", "says", "mended")}
    return PrintedResult(
        **words,
        page=form["page"],
        holds=bool(form["holds"]),
        step=bool(form["step"]),
        verdict=combine(case.verdict for case in found),
        cases=found,
    )


def _overall(
    record: Mapping[str, Any],
    cases: Sequence[CaseResult],
    variants: Sequence[VariantResult],
    printed: Sequence[PrintedResult],
) -> Verdict:
    """The verdict on a claim: its cases, then whether all has been run, then its printed forms, its power."""
    verdict = combine(case.verdict for case in cases)
    if told(record) is not None and all(case.verdict.status is Status.NOT_APPLICABLE for case in cases):
        return cases[0].verdict
    if verdict.status is not Status.HOLDS:
        return verdict
    parts: list[VariantResult | PrintedResult] = [*variants, *printed]
    everything = [*cases, *(case for part in parts for case in part.cases)]
    if missing := [case for case in everything if case.missing]:
        return missing[0].verdict
    if told(record) is not None:
        # What one instance does not tell from its false variants is no fault of the claim.
        return replace(verdict, reason=f"{verdict.reason}; on this instance alone")
    return _misread(printed) or _powerless(cases, variants) or _careless(record) or verdict


#: What a claim is whose printed form is not refuted, or says nothing.
_AMISS = {Status.HOLDS: Status.POWERLESS, Status.NOT_APPLICABLE: Status.ERROR}


def _misread(printed: Sequence[PrintedResult]) -> Verdict | None:
    """Why it cannot be believed what the claim says of a printed form: the engine finds something else."""
    for form in printed:
        for case in form.cases:
            if case.verdict.status is form.expected:
                continue
            # A form that is said to hold and does not refutes what the claim says of it.
            status = _AMISS.get(case.verdict.status, case.verdict.status)
            reason = f"{form.item} as printed ({form.slug}) must be {form.expected}, and is"
            return replace(
                case.verdict, status=status, reason=f"{reason} {case.verdict.status}: {case.verdict.reason}"
            )
    return None


def _powerless(cases: Sequence[CaseResult], variants: Sequence[VariantResult]) -> Verdict | None:
    """Why it says nothing that the cases hold: what is false would hold too, or nobody knows."""
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
                f"{case.moved.reason}" + _no_factor(case),
            )
    tried = {case.check for case in cases if case.moved is not None}
    tried |= {case.check for variant in variants for case in variant.cases}
    for check in dict.fromkeys(case.check for case in cases):
        if check not in tried:
            return Verdict(
                status=Status.POWERLESS,
                reason=f"check {check} must have a false variant of its own or a tight case at this tier",
            )
    return None


def _no_factor(case: CaseResult) -> str:
    """Why no factor makes some bounds tighter."""
    row = case.verdict.row
    if row is None or row.bound_lo > 0:
        return ""
    return "; no factor tightens a bound that is not positive: a false variant can take the place of tight"


def _careless(record: Mapping[str, Any]) -> Verdict | None:
    """An author who does not say whether the statement is nearly an equality anywhere has not looked.

    A claim of samples alone need not say: to see a bound moved by 1.05 takes more runs than most afford. It
    wears the badge LOOSE until it does.
    """
    checks = record["checks"]
    if record["loose"] or any(case["tight"] for check in checks for case in check["cases"]):
        return None
    if all(check["evidence"] in RANDOM for check in checks):
        return None
    return Verdict(
        status=Status.ERROR,
        reason="the claim must mark a case as tight, where the statement is nearly an equality, or say in "
        "loose why there is none",
    )


def _runs(check: Mapping[str, Any], tier: str) -> bool:
    return any(tier in case["rows"] for case in check["cases"])


def _cases(
    check: Mapping[str, Any], variant: str, evidence: _Evidence, *, lie: bool = True
) -> list[CaseResult]:
    """The cases of a check of the claim, or of a false variant or printed form of it; a `lie` must fail."""
    reading = Reading(
        resolution=Resolution(**check["resolution"]),
        infinite_means_equal=bool(check["infinite_means_equal"]),
        coarse=bool(check["coarse"]),
    )
    results = []
    for case in check["cases"]:
        if evidence.tier not in case["rows"]:
            continue
        terms = Terms(
            rows=case["rows"][evidence.tier],
            block=case["block"],
            relation=check["relation"],
            reading=reading,
            alpha=evidence.variant_alpha if variant else evidence.alpha,
            tight=case["tight"] and not variant,
            rivals=tuple(rival_of(rival) for rival in check["rivals"]),
            share=float(check["share"]),
            caught=bool(variant) and lie,
        )
        key = (variant, check["slug"], case["slug"])
        # Not kept under a name, which would hold it while that of the next case is read.
        results.append(_case(check, case, terms, evidence.blocks.get(key, ())))
    return results


def _case(
    check: Mapping[str, Any],
    case: Mapping[str, Any],
    terms: Terms,
    stored: Sequence[tuple[Block, Outcome]],
) -> CaseResult:
    """One case; what its statistics cannot make sense of is its own error."""
    settled = settle(stored, terms)
    try:
        read = _read(settled, terms)
    except UNFIT as error:
        reason = f"{type(error).__name__}: {error}"
        read = _Read(verdict=Verdict(status=Status.ERROR, reason=reason))
    sample = read.summary.sample if read.summary is not None else None
    spends = sample is not None and sample.spends
    return CaseResult(
        check=check["slug"],
        case=case["slug"],
        evidence=check["evidence"],
        relation=terms.relation,
        resolution=terms.resolution,
        params=case["params"],
        verdict=read.verdict,
        summary=read.summary,
        slack=read.slack,
        moved=read.moved,
        missing=settled.missing,
        alpha=terms.alpha if spends else None,
        seconds=sum(outcome.seconds for _, outcome in stored),
        runs=sample.runs if sample is not None and spends else None,
        finding=read.finding,
        trace=settled.trace,
        block=_block_of(read.verdict, stored),
    )


@dataclass(frozen=True, kw_only=True)
class _Read:
    """What the statistics of a case say."""

    verdict: Verdict
    summary: Summary | None = None
    slack: float | None = None
    moved: Verdict | None = None
    finding: str = ""


def _read(settled: Settled, terms: Terms) -> _Read:
    if settled.summary is None:
        return _Read(verdict=_unsettled(settled, terms))
    summary, found = settled.summary, terms.enclosed(settled.summary)
    if found is not None:
        summary = resolved(summary, terms.reading, found)
    verdict = terms.decide(summary)
    if found is not None:
        verdict = _explained(verdict, summary, found, terms)
    return _Read(
        verdict=verdict,
        summary=summary,
        slack=slack(summary, terms.relation),
        moved=moved(summary, terms.relation, terms.resolution, TIGHT_FACTOR) if terms.tight else None,
        finding=found.finding if found is not None else "",
    )


def _block_of(verdict: Verdict, stored: Sequence[tuple[Block, Outcome]]) -> Block | None:
    """The block whose comparison refutes a case; the first one of a sample, which all its blocks refute."""
    if verdict.status is not Status.REFUTED or verdict.row is None:
        return None
    done = sorted((pair for pair in stored if pair[1].status == "done"), key=lambda pair: pair[0].first)
    for block, outcome in done:
        summary = decode_summary(outcome.payload)
        if summary.sample or verdict.row in summary.rows.values():
            return block
    return None


def _explained(verdict: Verdict, summary: Summary, found: Enclosed, terms: Terms) -> Verdict:
    """`verdict` on a sample: nothing HOLDS against an objection; with what was found, and what it takes."""
    if verdict.status is Status.NOT_APPLICABLE:
        return verdict
    if verdict.status is Status.HOLDS and found.objection:
        reason = f"{verdict.reason}, but {found.objection}"
        verdict = replace(verdict, status=Status.INCONCLUSIVE, reason=reason)
    parts = [verdict.reason, found.finding]
    sample = summary.sample
    if verdict.status is Status.INCONCLUSIVE and sample is not None and sample.spends and summary.bound:
        parts.append(advice(sample, summary.bound, terms))
    return replace(verdict, reason="; ".join(part for part in parts if part))


def _unsettled(settled: Settled, terms: Terms) -> Verdict:
    if settled.error is not None:
        return Verdict(status=Status.ERROR, reason=settled.error)
    reason = f"{settled.missing} of {terms.rows} rows have not been run; verify again to resume"
    return Verdict(status=Status.INCONCLUSIVE, reason=reason)
