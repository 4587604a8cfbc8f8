"""What of a claim and of its results goes into the store, as JSON that needs no code to read."""

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from explore_theory.errors import StoreError
from explore_theory.harness.claim import Check, Claim
from explore_theory.harness.measurement import KEPT, Number, Row, Summary


def claim_record(claim: Claim) -> dict[str, Any]:
    """Everything about `claim` that a report shows and that `results` needs to recompute its verdict."""
    names = (
        "id",
        "slug",
        "theorem",
        "title",
        "statement",
        "formula",
        "relation",
        "scope",
        "source",
        "explicit",
    )
    record: dict[str, Any] = {name: getattr(claim, name) for name in names}
    record["uses"] = list(claim.uses)
    record["checks"] = [_check_record(check) for check in claim.checks]
    record["false_variants"] = []
    for variant in claim.false_variants:
        check, relation = claim.variant_check(variant)
        record["false_variants"].append(
            {"slug": variant.slug, "why": variant.why, "relation": relation, "check": _check_record(check)}
        )
    return record


def _check_record(check: Check) -> dict[str, Any]:
    return {
        "slug": check.slug,
        "evidence": check.evidence.value,
        "resolution": {"absolute": check.resolution.absolute, "relative": check.resolution.relative},
        "cases": [
            {
                "slug": case.slug,
                "params": dict(case.params),
                "rows": {tier: case.row_count(tier) for tier in case.tiers},
                "tight": case.tight,
            }
            for case in check.cases
        ],
    }


def encode_summary(summary: Summary) -> str:
    """`summary` as one line of JSON; floats survive exactly, fractions as ``"p/q"``."""
    rows = {
        name: {
            "index": row.index,
            "values": [_encode(v) for v in (row.lo, row.hi, row.bound_lo, row.bound_hi)],
            "witness": row.witness,
        }
        for name, row in summary.rows.items()
    }
    return dumps(
        {
            "count": summary.count,
            "applicable": summary.applicable,
            "effort": summary.effort,
            "unit": summary.unit,
            "rows": rows,
            "notes": summary.notes,
        }
    )


def decode_summary(text: str) -> Summary:
    """The inverse of `encode_summary`.

    Raises
    ------
    StoreError
        If `text` is not such a record: the store was damaged or written by something else.
    """
    try:
        data = json.loads(text)
        rows = {name: _row(data["rows"][name]) for name in KEPT if name in data["rows"]}
        return Summary(
            count=int(data["count"]),
            applicable=int(data["applicable"]),
            effort=int(data["effort"]),
            unit=str(data["unit"]),
            rows=rows,
            notes=dict(data["notes"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"a stored block must be a summary record, got {type(error).__name__}: {error}"
        ) from None


def dumps(value: Any) -> str:
    """Compact JSON of plain data, NumPy scalars and fractions; no NaN or Infinity literals."""
    return json.dumps(_plain(value), separators=(",", ":"), allow_nan=False)


def _row(data: Mapping[str, Any]) -> Row:
    lo, hi, bound_lo, bound_hi = (_decode(v) for v in data["values"])
    return Row(
        index=int(data["index"]),
        lo=lo,
        hi=hi,
        bound_lo=bound_lo,
        bound_hi=bound_hi,
        witness=dict(data["witness"]),
    )


def _encode(value: Number) -> float | str:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    return value if abs(value) < float("inf") else repr(value)


def _decode(value: float | str) -> Number:
    if isinstance(value, str):
        return Fraction(value) if "/" in value else float(value)
    return float(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, float) and not abs(value) < float("inf"):
        return repr(value)
    return value
