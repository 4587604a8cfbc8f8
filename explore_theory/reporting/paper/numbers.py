"""Every number that a paper may quote: of the whole report, of each claim, of each of its cases."""

import math
from collections.abc import Iterable, Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR

from explore_theory.harness.claims.checks import Evidence
from explore_theory.harness.judging.outcomes import CaseResult, Result
from explore_theory.harness.judging.proofs import Standing
from explore_theory.harness.measures.columns import Number as Exact
from explore_theory.harness.measures.columns import digits
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting import constants, text
from explore_theory.reporting.kinds import COVERS
from explore_theory.reporting.paper.contents import kinds
from explore_theory.reporting.paper.material import Material
from explore_theory.reporting.paper.names import WHOLE, Number

#: Where there is nothing to tell.
NONE = "-"


def numbers(material: Material) -> list[Number]:
    """All of them: first those of the whole, then claim by claim in the order of the report.

    Of a claim with results at both tiers its name means the one that the report shows first: one that does
    not hold if there is one, else the fullest. ``C2 quick`` and ``C2 full`` mean each of them.
    """
    found = [Number(claim=WHOLE, field=field, value=value) for field, value in _whole(material)]
    for entry in material.entries:
        told = [(entry.label, entry.worst)]
        if len(entry.results) > 1:
            told += [(f"{entry.label} {result.tier}", result) for result in entry.results]
        for label, result in told:
            found += [Number(claim=label, field=field, value=value) for field, value in _of_claim(result)]
    return found


def _of_claim(result: Result) -> Iterator[tuple[str, str]]:
    yield "verdict", result.verdict.status.value
    yield "tier", result.tier
    yield "slack", text.slack(result)
    yield "evidence", kinds(result) or NONE
    yield "variants", str(len(result.variants))
    yield "variants-refuted", str(sum(variant.refuted for variant in result.variants))
    for found in constants.of_result(result):
        yield f"{found.check}/best", constants.interval(found) or NONE
    for case in result.cases:
        for field, value in _of_case(case):
            yield f"{case.check}/{case.case}/{field}", value


def _of_case(case: CaseResult) -> Iterator[tuple[str, str]]:
    row = case.verdict.row
    yield "verdict", case.verdict.status.value
    yield "slack", text.ratio(text.case_slack(case))
    yield "measured", outward(row.lo, row.hi) if row else NONE
    yield "bound", outward(row.bound_lo, row.bound_hi) if row else NONE


def outward(lo: Exact, hi: Exact) -> str:
    """``[.., ..]`` in six significant digits, no narrower than it is; one number if the ends are one."""
    if lo == hi:
        return digits(lo, constants.DIGITS)
    ends = (_end(lo, ROUND_FLOOR), _end(hi, ROUND_CEILING))
    return ends[0] if ends[0] == ends[1] else f"[{ends[0]}, {ends[1]}]"


def _end(value: Exact, rounding: str) -> str:
    return constants.rounded(value, rounding) if math.isfinite(value) else str(float(value))


def _whole(material: Material) -> Iterator[tuple[str, str]]:
    results = list(material.results)
    sessions = [material.session(result) for result in results]
    yield "alpha", _listed(f"{float(session.alpha['alpha']):g}" for session in sessions)
    for name in dict.fromkeys(name for session in sessions for name in session.versions):
        versions = (session.versions[name] for session in sessions if name in session.versions)
        yield f"versions/{name}", _listed(versions)
    yield "code", _listed(session.package_digest[:12] for session in sessions)
    yield "claims", str(len(material.entries))
    for tier in material.tiers:
        mine = [result for result in results if result.tier == tier]
        yield from ((f"{tier}/{field}", str(value)) for field, value in _of_tier(mine))
    for kind in COVERS:
        cases = [_of_kind(entry.worst, kind) for entry in material.entries]
        yield f"{kind}/claims", str(sum(map(bool, cases)))
        yield f"{kind}/cases", str(sum(cases))
    items = material.items
    yield "items", str(len(items))
    yield "items-carried", str(sum(bool(item.claims) for item in items))
    yield "items-open", str(sum(bool(item.open) for item in items))


def _of_kind(result: Result, kind: Evidence) -> int:
    """The cases of a kind of evidence; of formal evidence, the proofs that were checked."""
    if kind is Evidence.FORMAL:
        return sum(proof.standing is Standing.HOLDS for proof in result.proofs)
    return sum(case.evidence == kind for case in result.cases)


def _of_tier(results: list[Result]) -> Iterator[tuple[str, int]]:
    yield "claims", len(results)
    for status in Status:
        if status is not Status.NOT_APPLICABLE:
            yield status.value.lower(), sum(result.verdict.status is status for result in results)
    held = [result for result in results if result.verdict.status is Status.HOLDS]
    yield "in-part", sum(bool(text.untouched(result.record, result.tier)) for result in held)
    yield "cases", sum(len(result.cases) for result in results)
    variants = [variant for result in results for variant in result.variants]
    yield "variants", len(variants)
    yield "variants-refuted", sum(variant.refuted for variant in variants)
    forms = [form for result in results for form in result.printed]
    yield "forms", len(forms)
    yield "forms-refuted", sum(form.verdict.status is Status.REFUTED for form in forms)
    yield "forms-held", sum(form.verdict.status is Status.HOLDS for form in forms)


def _listed(values: Iterable[str]) -> str:
    """Each of `values` once, in order."""
    return ", ".join(dict.fromkeys(values))
