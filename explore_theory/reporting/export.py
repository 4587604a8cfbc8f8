"""Results as plain data, for other programs."""

import json
from collections.abc import Sequence
from typing import Any

from explore_theory.harness.records import dumps
from explore_theory.harness.registry import Broken
from explore_theory.harness.results import CaseResult, Result
from explore_theory.harness.summary import Row
from explore_theory.harness.verdict import Verdict


def to_json(results: Sequence[Result], broken: Sequence[Broken] = (), *, timing: bool = True) -> str:
    """An indented JSON object with one entry per claim; without `timing`, equal runs give equal text."""
    found: list[dict[str, Any]] = [_result(r, timing) for r in results]
    failed = [{"module": str(b.path), "status": "ERROR", "reason": b.reason} for b in broken]
    return json.dumps(json.loads(dumps({"claims": found, "broken": failed})), indent=2)


def _result(result: Result, timing: bool) -> dict[str, Any]:
    data = {
        "id": result.id,
        "slug": result.record["slug"],
        "theorem": result.record["theorem"],
        "tier": result.tier,
        "reseed": result.reseed,
        "slack": result.slack,
        **_verdict(result.verdict),
        "cases": [_case(case) for case in result.cases],
        "false_variants": [
            {"slug": v.slug, "why": v.why, **_verdict(v.verdict), "cases": [_case(c) for c in v.cases]}
            for v in result.variants
        ],
    }
    return data | ({"seconds": result.seconds} if timing else {})


def _case(case: CaseResult) -> dict[str, Any]:
    return {
        "check": case.check,
        "case": case.case,
        "evidence": case.evidence,
        "params": dict(case.params),
        **_verdict(case.verdict),
        "slack": case.slack,
        "alpha": case.alpha or 0.0,
        "runs": case.runs,
        "finding": case.finding,
        "effort": case.summary.effort if case.summary else 0,
        "unit": case.summary.unit if case.summary else "",
        "comparisons": case.summary.count if case.summary else 0,
        "moved": case.moved.status if case.moved else None,
        "notes": dict(case.summary.notes) if case.summary else {},
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {"status": verdict.status, "reason": verdict.reason, "row": _row(verdict.row)}


def _row(row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "index": row.index,
        "measured": [row.lo, row.hi],
        "bound": [row.bound_lo, row.bound_hi],
        "witness": row.witness,
    }
