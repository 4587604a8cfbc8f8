"""Results as plain data, for other programs."""

import csv
import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from importlib import resources
from io import StringIO
from typing import Any

from explore_theory.harness.discovery.registry import Broken
from explore_theory.harness.judging.outcomes import CaseResult, PrintedResult, Result, VariantResult
from explore_theory.harness.measures.columns import Number
from explore_theory.harness.storage.records import dumps, encode_number
from explore_theory.harness.verdicts.summary import Row
from explore_theory.harness.verdicts.verdict import Verdict
from explore_theory.reporting import text
from explore_theory.reporting.proofs import as_data

#: What a file of results says that it is; a version for every set of fields, each with its own schema.
FORMAT, VERSION = "explore-theory results", 2
#: The file of results that lies beside a report.
RESULTS = "results.json"

#: The columns of `to_csv`. `alpha` is 0 where none is spent; `runs` is empty where chance plays no part.
COLUMNS = (
    "id",
    "namespace",
    "slug",
    "theorem",
    "tier",
    "reseed",
    "false_variant",
    "printed_form",
    "check",
    "case",
    "evidence",
    "verdict",
    "status",
    "alpha",
    "runs",
    "effort",
    "unit",
    "measured_lo",
    "measured_hi",
    "bound_lo",
    "bound_hi",
    "slack",
    "relation",
    "resolution_absolute",
    "resolution_relative",
    "comparisons",
    "applicable",
    "reason",
)


def to_json(results: Sequence[Result], broken: Sequence[Broken] = (), *, timing: bool = True) -> str:
    """An indented JSON object with one entry per claim, as `schema_text` describes it.

    Without `timing`, equal runs give equal text.
    """
    found: list[dict[str, Any]] = [result_json(r, timing) for r in results]
    failed = [broken_json(b) for b in broken]
    told = {"format": FORMAT, "version": VERSION, "claims": found, "broken": failed}
    return json.dumps(json.loads(dumps(told)), indent=2)


def schema_text() -> str:
    """The JSON Schema (draft 2020-12) of what `to_json` writes."""
    file = resources.files("explore_theory.reporting").joinpath("schemas", f"results-{VERSION}.schema.json")
    return file.read_text(encoding="utf-8")


def to_csv(results: Sequence[Result], broken: Sequence[Broken] = ()) -> str:
    """One line per case, those of false variants included, under `COLUMNS`; one per broken module."""
    out = StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for result in results:
        writer.writerows(lines(result))
    writer.writerows(
        {"id": b.id, "slug": b.path.name, "status": "ERROR", "reason": f"{b.where}: {b.reason}"}
        for b in broken
    )
    return out.getvalue()


def lines(result: Result) -> Iterator[dict[str, Any]]:
    """The value of each of `COLUMNS` for every case of `result`, as it is kept."""
    parts: list[VariantResult | PrintedResult] = [*result.variants, *result.printed]
    groups = [("", result.cases), *((part.slug, part.cases) for part in parts)]
    forms = {form.slug for form in result.printed}
    for part, cases in groups:
        for case in cases:
            row, summary = case.verdict.row, case.summary
            yield {
                "id": result.id,
                "namespace": result.record["namespace"],
                "slug": result.record["slug"],
                "theorem": result.record["theorem"],
                "tier": result.tier,
                "reseed": result.reseed,
                "false_variant": part if part not in forms else "",
                "printed_form": part if part in forms else "",
                "check": case.check,
                "case": case.case,
                "evidence": case.evidence,
                "verdict": result.verdict.status,
                "status": case.verdict.status,
                "alpha": case.alpha or 0.0,
                "runs": case.runs,
                "effort": summary.effort if summary else 0,
                "unit": summary.unit if summary else "",
                "measured_lo": row.lo if row else None,
                "measured_hi": row.hi if row else None,
                "bound_lo": row.bound_lo if row else None,
                "bound_hi": row.bound_hi if row else None,
                "slack": case.slack,
                "relation": case.relation,
                "resolution_absolute": case.resolution.absolute,
                "resolution_relative": case.resolution.relative,
                "comparisons": summary.count if summary else 0,
                "applicable": summary.applicable if summary else 0,
                "reason": case.verdict.reason,
            }


def broken_json(module: Broken) -> dict[str, Any]:
    """A module that could not be loaded, as plain data."""
    return {
        "id": module.id,
        "namespace": module.namespace,
        "module": str(module.path),
        "line": module.line,
        "status": "ERROR",
        "reason": module.reason,
    }


def result_json(result: Result, timing: bool = True) -> dict[str, Any]:
    """One claim as plain data, as `schema_text` describes it."""
    data = {
        "id": result.id,
        "namespace": result.record["namespace"],
        "slug": result.record["slug"],
        "theorem": result.record["theorem"],
        "tier": result.tier,
        "reseed": result.reseed,
        "slack": result.slack,
        "badges": [{"badge": badge, "why": why} for badge, why in text.worn(result.record, result.tier)],
        "not_at_this_tier": text.absent(result.record, result.tier),
        **_verdict(result.verdict),
        "cases": [_case(case) for case in result.cases],
        "false_variants": [
            {"slug": v.slug, "why": v.why, **_verdict(v.verdict), "cases": [_case(c) for c in v.cases]}
            for v in result.variants
        ],
        "printed": [
            {
                "slug": form.slug,
                "item": form.item,
                "page": form.page,
                "says": form.says,
                "step": form.step,
                "expected": form.expected,
                "mended": form.mended,
                **_verdict(form.verdict),
                "cases": [_case(c) for c in form.cases],
            }
            for form in result.printed
        ],
        "proofs": [as_data(proof) for proof in result.proofs],
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
        "relation": case.relation,
        "resolution": {"absolute": case.resolution.absolute, "relative": case.resolution.relative},
        "comparisons": case.summary.count if case.summary else 0,
        "applicable": case.summary.applicable if case.summary else 0,
        "left_out": dict(case.summary.left_out) if case.summary else {},
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
        "measured": [_end(row.lo), _end(row.hi)],
        "bound": [_end(row.bound_lo), _end(row.bound_hi)],
        "witness": row.witness,
    }


#: Bits of a fraction that Python still writes in decimals.
_LONG = 8192


def _end(value: Number) -> Number | str:
    if isinstance(value, Fraction) and max(map(int.bit_length, value.as_integer_ratio())) > _LONG:
        return encode_number(value)
    return value
