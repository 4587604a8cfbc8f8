"""From a store to verdicts: every status here is recomputed from stored statistics."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from explore_theory.errors import StoreError
from explore_theory.harness.columns import Number, as_float
from explore_theory.harness.measurement import (
    Largest,
    OneSample,
    Resolution,
    Sample,
    Tally,
    TwoSamples,
)
from explore_theory.harness.records import natural
from explore_theory.harness.samples import Enclosed
from explore_theory.harness.sequential import first_decided
from explore_theory.harness.settle import Settled, Terms, settle
from explore_theory.harness.store import Block, Outcome, Session, Store
from explore_theory.harness.summary import Reading, Summary, resolved
from explore_theory.harness.verdict import TIGHT_FACTOR, Status, Verdict, combine, moved, slack
from explore_theory.statistics.rivals import rival_of

Key = tuple[str, str, str]


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
    return [_result(store, session, digest, text) for digest, text in store.selected(session)]


def latest_results(store: Store) -> list[Result]:
    """For each claim and tier, the result of the newest session that selected it, in registry order."""
    found = [_result(store, session, digest, text) for session, digest, text in store.latest()]
    return sorted(found, key=lambda r: (r.record["theorem"], natural(r.id), r.tier == "full"))


@dataclass(frozen=True, kw_only=True)
class _Evidence:
    """The stored blocks of one claim in one session's sense, by variant, check and case."""

    tier: str
    alpha: float
    variant_alpha: float
    blocks: Mapping[Key, Sequence[tuple[Block, Outcome]]]


def _result(store: Store, session: Session, digest: str, text: str) -> Result:
    blocks: dict[Key, list[tuple[Block, Outcome]]] = {}
    for block, outcome in store.blocks(digest, session.tier, session.reseed):
        blocks.setdefault((block.variant, block.check, block.case), []).append((block, outcome))
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
    """The verdict on a claim: its cases, then whether all has been run, then its power."""
    verdict = combine(case.verdict for case in cases)
    if verdict.status is not Status.HOLDS:
        return verdict
    everything = [*cases, *(case for variant in variants for case in variant.cases)]
    if missing := [case for case in everything if case.missing]:
        return missing[0].verdict
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


def _runs(check: Mapping[str, Any], tier: str) -> bool:
    return any(tier in case["rows"] for case in check["cases"])


def _cases(check: Mapping[str, Any], variant: str, evidence: _Evidence) -> list[CaseResult]:
    reading = Reading(
        resolution=Resolution(**check["resolution"]),
        infinite_means_equal=bool(check["infinite_means_equal"]),
        coarse=bool(check["coarse"]),
    )
    results = []
    for case in check["cases"]:
        if evidence.tier not in case["rows"]:
            continue
        stored = evidence.blocks.get((variant, check["slug"], case["slug"]), ())
        terms = Terms(
            rows=case["rows"][evidence.tier],
            block=case["block"],
            relation=check["relation"],
            reading=reading,
            alpha=evidence.variant_alpha if variant else evidence.alpha,
            tight=case["tight"] and not variant,
            rivals=tuple(rival_of(rival) for rival in check["rivals"]),
            share=float(check["share"]),
            caught=bool(variant),
        )
        settled = settle(stored, terms)
        summary = tight = ratio = found = None
        if settled.summary is None:
            verdict = _unsettled(settled, terms)
        else:
            summary, found = settled.summary, terms.enclosed(settled.summary)
            if found is not None:
                summary = resolved(summary, reading, found)
            verdict = terms.decide(summary)
            if found is not None:
                verdict = _explained(verdict, summary, found, terms)
            ratio = slack(summary, terms.relation)
            tight = moved(summary, terms.relation, terms.resolution, TIGHT_FACTOR) if terms.tight else None
        sample = summary.sample if summary is not None else None
        results.append(
            CaseResult(
                check=check["slug"],
                case=case["slug"],
                evidence=check["evidence"],
                relation=terms.relation,
                resolution=terms.resolution,
                params=case["params"],
                verdict=verdict,
                summary=summary,
                slack=ratio,
                moved=tight,
                missing=settled.missing,
                alpha=terms.alpha if sample is not None and sample.spends else None,
                seconds=sum(outcome.seconds for _, outcome in stored),
                runs=sample.runs if sample is not None and sample.spends else None,
                finding=found.finding if found is not None else "",
            )
        )
    return results


def _explained(verdict: Verdict, summary: Summary, found: Enclosed, terms: Terms) -> Verdict:
    """`verdict` on a sample: nothing HOLDS against an objection; with what was found, and what it takes."""
    if verdict.status is Status.NOT_APPLICABLE:
        return verdict
    if verdict.status is Status.HOLDS and found.objection:
        reason = f"{verdict.reason}, but {found.objection}"
        verdict = replace(verdict, status=Status.INCONCLUSIVE, reason=reason)
    parts = [verdict.reason, found.finding]
    if verdict.status is Status.INCONCLUSIVE and summary.sample is not None and summary.sample.spends:
        parts.append(_advice(summary.sample, summary, terms))
    return replace(verdict, reason="; ".join(part for part in parts if part))


#: Advice does not look beyond so many times the runs, or so many numbers.
_MOST_TIMES, _MOST_NUMBERS = 2**20, 2**22


def _advice(sample: Sample, summary: Summary, terms: Terms) -> str:
    """How many more runs would decide, if they came out as those so far."""
    assert summary.bound is not None
    if isinstance(sample, Tally):
        more = _more_trials(sample, summary.bound, terms)
        return f"needs about {more:.2g} more runs" if more < math.inf else "no number of runs would decide"
    question, level = terms.question(summary.bound), terms.level(sample)
    times = 1
    while times < _MOST_TIMES and (
        isinstance(sample, TwoSamples | OneSample | Largest) or 2 * times * sample.runs <= _MOST_NUMBERS
    ):
        times *= 2
        found = sample.times(times).enclosed(level, question)
        decided = first_decided(
            [found.lo],
            [found.hi],
            question.bound,
            terms.relation,
            terms.resolution,
            barred=[bool(found.objection)],
        )
        if int(decided) == 0:
            return f"needs about {(times - 1) * sample.runs:.2g} more runs"
    return f"{times:,} times as many runs would not decide"


def _more_trials(tally: Tally, bound: tuple[Number, Number], terms: Terms) -> float:
    from explore_theory.statistics.sequences import trials_to_decide

    return trials_to_decide(
        tally.successes,
        tally.trials,
        terms.relation,  # type: ignore[arg-type]  # one of RELATIONS, as `decide` has checked
        as_float(bound[0]),
        terms.alpha,
        resolution=float(terms.resolution.at(bound[0])),
    )


def _unsettled(settled: Settled, terms: Terms) -> Verdict:
    if settled.error is not None:
        return Verdict(status=Status.ERROR, reason=settled.error)
    reason = f"{settled.missing} of {terms.rows} rows have not been run; verify again to resume"
    return Verdict(status=Status.INCONCLUSIVE, reason=reason)
