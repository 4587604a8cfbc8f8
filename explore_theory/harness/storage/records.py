"""What of a claim and of its results goes into the store, as JSON that needs no code to read."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from explore_theory.errors import StoreError
from explore_theory.harness.claims.claim import Check, Claim
from explore_theory.harness.claims.searched import Searched
from explore_theory.harness.measures.columns import Number
from explore_theory.harness.measures.equivalence import TwoSamples
from explore_theory.harness.measures.known_law import OneSample
from explore_theory.harness.measures.largest import Largest
from explore_theory.harness.measures.rungs import Rungs
from explore_theory.harness.measures.samples import Mean, Sample, Tally
from explore_theory.harness.verdicts.summary import KEPT, Row, Summary

#: Kinds of samples by their name in a store.
SAMPLES: dict[str, type[Sample]] = {
    kind.kind: kind for kind in (Tally, Mean, TwoSamples, OneSample, Largest, Rungs)
}

#: What JSON writes as it stands.
_PLAIN = frozenset((str, int, bool, type(None)))


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
    record["loose"] = claim.loose
    record["figures"] = [asdict(figure) for figure in claim.figures]
    record["checks"] = [_check_record(check, claim.relation_of(check)) for check in claim.checks]
    record["printed"] = [
        {
            "slug": form.slug,
            "item": form.item,
            "page": form.page,
            "says": form.says,
            "holds": form.holds,
            "step": form.step,
            "mended": form.mended,
            "check": _check_record(form.check, claim.relation_of(form.check)),
        }
        for form in claim.printed
    ]
    record["false_variants"] = []
    for variant in claim.false_variants:
        check, relation = claim.variant_check(variant)
        record["false_variants"].append(
            {"slug": variant.slug, "why": variant.why, "check": _check_record(check, relation)}
        )
    if claim.instance is not None:
        record["instance"] = dict(claim.instance)
    return record


def efforts(search: Searched) -> dict[str, int]:
    """Steps by which a search drives each instance towards a violation, per tier; empty if untold."""
    return dict(getattr(search, "effort", {}))


def _check_record(check: Check, relation: str) -> dict[str, Any]:
    return {
        "slug": check.slug,
        "evidence": check.evidence.value,
        "relation": relation,
        "share": check.share,
        "independent": check.independent,
        "infinite_means_equal": check.infinite_means_equal,
        "assumptions": [assumption.name for assumption in check.assumptions],
        "resolution": {"absolute": check.resolution.absolute, "relative": check.resolution.relative},
        "coarse": check.coarse,
        "search": None if check.search is None else efforts(check.search),
        "rivals": [dict(rival.record) for rival in check.rivals],
        "cases": [
            {
                "slug": case.slug,
                "params": dict(case.params),
                "rows": {tier: case.row_count(tier) for tier in case.tiers},
                "tight": case.tight,
                "block": case.block,
            }
            for case in check.cases
        ],
        **({} if check.constant is None else {"constant": check.constant.record}),
    }


#: Bits of a whole number that is still written in decimals.
_LONG = 8192


def encode_summary(summary: Summary) -> str:
    """`summary` as one line of JSON, each row once; floats survive exactly, fractions as ``"p/q"``."""
    unique = {row.index: row for row in summary.rows.values()}
    places = {index: place for place, index in enumerate(unique)}
    rows = [
        [row.index, *(encode_number(v) for v in (row.lo, row.hi, row.bound_lo, row.bound_hi)), row.witness]
        for row in unique.values()
    ]
    return dumps(
        {
            "count": summary.count,
            "applicable": summary.applicable,
            "effort": summary.effort,
            "unit": summary.unit,
            "rows": rows,
            "kept": {name: places[row.index] for name, row in summary.rows.items()},
            "notes": summary.notes,
            "sample": _sample_record(summary),
            "left_out": dict(summary.left_out),
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
        unique = [decode_row(row) for row in data["rows"]]
        rows = {name: unique[data["kept"][name]] for name in KEPT if name in data["kept"]}
        sample, bound = _sample(data)
        return Summary(
            count=int(data["count"]),
            applicable=int(data["applicable"]),
            effort=int(data["effort"]),
            unit=str(data["unit"]),
            rows=rows,
            notes=dict(data["notes"]),
            sample=sample,
            bound=bound,
            left_out={str(name): int(number) for name, number in data["left_out"].items()},
        )
    except (ValueError, LookupError, ArithmeticError, TypeError, AttributeError, RecursionError) as error:
        raise StoreError(
            f"a stored block must be a summary record, got {type(error).__name__}: {error}"
        ) from None


def dumps(value: Any) -> str:
    """Compact JSON of plain data, NumPy scalars and fractions; no NaN or Infinity literals."""
    return json.dumps(_plain(value), separators=(",", ":"), allow_nan=False)


def _sample_record(summary: Summary) -> list[Any] | None:
    if summary.sample is None or summary.bound is None:
        return None
    return [summary.sample.kind, summary.sample.data(), *map(encode_number, summary.bound)]


def _sample(data: Mapping[str, Any]) -> tuple[Sample | None, tuple[Number, Number] | None]:
    found = data.get("sample")
    if found is None and (counts := data.get("counts")) is not None:
        # Before there were other kinds, a frequency was stored as [successes, trials, bound, bound].
        found = ["tally", counts[:2], *counts[2:]]
    if found is None:
        return None, None
    kind, content, lo, hi = found
    return SAMPLES[kind].of_data(content), (decode_number(lo), decode_number(hi))


def natural(text: str) -> tuple[tuple[int, str], ...]:
    """Sort key with numbers by value: C3, C10 and not C10, C3."""
    return tuple(
        (int(part), "") if part.isdigit() else (-1, part.lower()) for part in re.findall(r"\d+|\D+", text)
    )


def decode_row(data: Sequence[Any]) -> Row:
    """A comparison from its place in a record: index, the four ends, witness."""
    index, *numbers, witness = data
    lo, hi, bound_lo, bound_hi = (decode_number(number) for number in numbers)
    return Row(index=int(index), lo=lo, hi=hi, bound_lo=bound_lo, bound_hi=bound_hi, witness=dict(witness))


def encode_number(value: Number) -> float | str:
    """A finite float as it stands, a fraction as ``"p/q"``, an infinity or NaN as a word."""
    if isinstance(value, Fraction):
        if max(value.numerator.bit_length(), value.denominator.bit_length()) > _LONG:
            # Python writes and reads so many digits only in a base that is a power of two.
            return f"{value.numerator:#x}/{value.denominator:#x}"
        return f"{value.numerator}/{value.denominator}"
    return value if abs(value) < float("inf") else repr(value)


def decode_number(value: float | str) -> Number:
    """The inverse of `encode_number`."""
    if isinstance(value, str):
        if "0x" in value:
            top, bottom = value.split("/")
            return Fraction(int(top, 16), int(bottom, 16))
        return Fraction(value) if "/" in value else float(value)
    return float(value)


def _plain(value: Any) -> Any:
    if type(value) in _PLAIN:
        # Most of a record.
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, Fraction) or (isinstance(value, float) and not abs(value) < float("inf")):
        return str(value)
    return value
