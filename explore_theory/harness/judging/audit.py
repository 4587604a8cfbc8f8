"""What a claim's evidence would catch: where each of its checks breaks, and what that makes of the claim.

Everything is computed from stored results; see `breaking` for the knobs that are turned.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from explore_theory.foundation.brief import brief
from explore_theory.harness.claims.claim import PROVED, Evidence
from explore_theory.harness.judging.breaking import Breaks, breaks, exponents, margin
from explore_theory.harness.judging.outcomes import CaseResult, Result, VariantResult
from explore_theory.harness.verdicts.verdict import TIGHT_FACTOR, Status

#: A loose claim must break within so many times its slack.
LOOSE_TIMES = 2.0


class Badge(StrEnum):
    """What the evidence of a claim, or of one of its checks, is worth."""

    TIGHT = "TIGHT"
    LOOSE = "LOOSE"
    POWERLESS = "POWERLESS"


@brief
@dataclass(frozen=True, kw_only=True)
class CaseAudit:
    """A case with its break points; `slack` as in `CaseResult`."""

    case: str
    params: Mapping[str, Any]
    status: Status
    slack: float | None
    breaks: Breaks
    comparisons: int
    applicable: int
    effort: int


@brief
@dataclass(frozen=True, kw_only=True)
class CheckAudit:
    """A check: its cases, its badge and why.

    Parameters
    ----------
    factor, shift
        The least of its cases' break points; None where no case has one.
    exponents
        By parameter, how much its exponent could be lowered and raised before a case breaks.
    refuted
        The false variants of this check that are refuted.
    counted
        Whether how much it examines is fixed, and not as much as chance asked for: less of it is a loss.
    settled
        Whether its break points are the same on every machine: where a search in floating point ends is not.
    own
        Whether it is about what its claim states, and not about a sharper constant that another claim proves.
    """

    check: str
    evidence: str
    relation: str
    unit: str
    cases: tuple[CaseAudit, ...]
    badge: Badge
    why: str
    factor: float | None
    shift: float | None
    slack: float | None
    exponents: Mapping[str, tuple[float | None, float | None]]
    refuted: tuple[str, ...]
    counted: bool
    settled: bool
    own: bool

    @property
    def effort(self) -> int:
        """How much it examines, in its unit."""
        return sum(case.effort for case in self.cases)

    @property
    def applicable(self) -> int:
        """Comparisons that say something."""
        return sum(case.applicable for case in self.cases)


@brief
@dataclass(frozen=True, kw_only=True)
class VariantAudit:
    """A false variant: whether it is refuted, and by how much its bound could be loosened and still be."""

    slug: str
    why: str
    check: str
    refuted: bool
    margin: float | None


@brief
@dataclass(frozen=True, kw_only=True)
class ClaimAudit:
    """A claim at one tier: its checks, its false variants, and the badge they earn together."""

    result: Result
    badge: Badge
    why: str
    checks: tuple[CheckAudit, ...]
    variants: tuple[VariantAudit, ...]

    @property
    def factor(self) -> float | None:
        """The least factor at which a check of the claim's own statement breaks."""
        return min((c.factor for c in self.checks if c.own and c.factor is not None), default=None)

    @property
    def margin(self) -> float | None:
        """The narrowest margin of its false variants."""
        return min((v.margin for v in self.variants if v.margin is not None), default=None)


def audit(result: Result) -> ClaimAudit:
    """The audit of a claim's stored results."""
    variants = tuple(_variant(variant, result) for variant in result.variants)
    grouped: dict[str, list[CaseResult]] = {}
    for case in result.cases:
        grouped.setdefault(case.check, []).append(case)
    others = {c["slug"] for c in result.record["checks"] if c.get("constant", {}).get("by")}
    checks = tuple(_check(cases, variants, own=slug not in others) for slug, cases in grouped.items())
    badge, why = _overall(result, checks)
    return ClaimAudit(result=result, badge=badge, why=why, checks=checks, variants=variants)


def _overall(result: Result, checks: Sequence[CheckAudit]) -> tuple[Badge, str]:
    """A claim is as tight as its tightest check, and powerless if one of its checks is."""
    if result.verdict.status is not Status.HOLDS:
        return Badge.POWERLESS, f"it is {result.verdict.status}: {result.verdict.reason}"
    for check in checks:
        if check.badge is Badge.POWERLESS:
            return Badge.POWERLESS, f"check {check.check}: {check.why}"
    found = [check for check in checks if check.own] or checks
    tight = [check for check in found if check.badge is Badge.TIGHT]
    said = f"{len(tight)} of {len(found)} checks tight"
    loose = [check for check in found if check.badge is Badge.LOOSE]
    if tight and result.record["loose"]:
        said += ", though it says of itself that it is loose"
    if loose:
        loosest = max(loose, key=lambda check: math.inf if check.factor is None else check.factor)
        said += f"; loosest, {loosest.check}: {loosest.why}"
    return (Badge.TIGHT if tight else Badge.LOOSE), said


def _check(cases: list[CaseResult], variants: Iterable[VariantAudit], *, own: bool) -> CheckAudit:
    audited = tuple(_case(case) for case in cases)
    held = [case for case in audited if case.status is Status.HOLDS]
    factor = min((c.breaks.factor for c in held if c.breaks.factor is not None), default=None)
    shift = min((c.breaks.shift for c in held if c.breaks.shift is not None), default=None)
    slack = min((c.slack for c in held if c.slack is not None), default=None)
    refuted = tuple(v.slug for v in variants if v.check == cases[0].check and v.refuted)
    badge, why = _judged(factor, shift, slack, refuted)
    if amiss := [case for case in audited if case.status not in (Status.HOLDS, Status.NOT_APPLICABLE)]:
        # What breaks where it is moved says nothing for a bound that does not hold where it stands.
        badge, why = Badge.POWERLESS, f"its case {amiss[0].case} is {amiss[0].status}"
    return CheckAudit(
        check=cases[0].check,
        evidence=cases[0].evidence,
        relation=cases[0].relation,
        unit=next((case.summary.unit for case in cases if case.summary), ""),
        cases=audited,
        badge=badge,
        why=why,
        factor=factor,
        shift=shift,
        slack=slack,
        exponents=exponents(((case.params, case.breaks.factor) for case in held), cases[0].relation),
        refuted=refuted,
        counted=Evidence(cases[0].evidence) in PROVED | {Evidence.ADVERSARIAL},
        settled=Evidence(cases[0].evidence) in PROVED,
        own=own,
    )


def _judged(
    factor: float | None, shift: float | None, slack: float | None, refuted: tuple[str, ...]
) -> tuple[Badge, str]:
    """The badge of a check by its break points and the false variants that it refutes."""
    caught = f"{len(refuted)} false variant{'s' * (len(refuted) != 1)} refuted"
    if factor is not None and factor <= TIGHT_FACTOR:
        return Badge.TIGHT, f"its bound breaks when moved by {told(factor)}"
    if factor is not None and slack is not None and factor > LOOSE_TIMES * slack:
        return Badge.POWERLESS, f"its bound breaks only by {told(factor)}, with a slack of {slack:.4g}"
    if factor is not None:
        return Badge.LOOSE, f"its bound breaks when moved by {told(factor)}"
    if refuted:
        moved = f"its bound breaks when shifted by {shift:.3g}" if shift is not None else "no move breaks it"
        return Badge.LOOSE, f"{moved}; {caught}"
    return Badge.POWERLESS, "no factor breaks its bound, and no false variant of it is refuted"


def told(factor: float) -> str:
    """A factor in words: ``1.05``, or ``1 + 3e-10`` next to one."""
    return f"1 + {factor - 1:.1g}" if factor < 1.001 else f"{factor:.4g}"


def _case(case: CaseResult) -> CaseAudit:
    summary = case.summary
    found = (
        Breaks(factor=None, shift=None, reverse=None)
        if summary is None
        else breaks(summary, case.relation, case.resolution)
    )
    return CaseAudit(
        case=case.case,
        params=case.params,
        status=case.verdict.status,
        slack=case.slack if case.slack is None or math.isfinite(case.slack) else None,
        breaks=found,
        comparisons=summary.count if summary else 0,
        applicable=summary.applicable if summary else 0,
        effort=summary.effort if summary else 0,
    )


def _variant(variant: VariantResult, result: Result) -> VariantAudit:
    found = [
        m
        for case in variant.cases
        if case.summary is not None
        and (m := margin(case.summary, case.relation, case.resolution)) is not None
    ]
    named = next(v for v in result.record["false_variants"] if v["slug"] == variant.slug)
    return VariantAudit(
        slug=variant.slug,
        why=variant.why,
        check=named["check"]["slug"],
        refuted=variant.refuted,
        margin=max(found, default=None),
    )
