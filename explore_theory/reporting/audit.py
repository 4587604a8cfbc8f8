"""Audits in a terminal, and as data that a later audit can be held against."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from explore_theory.errors import StoreError
from explore_theory.harness.judging.audit import Badge, CheckAudit, ClaimAudit, told
from explore_theory.harness.storage.records import dumps
from explore_theory.reporting import text
from explore_theory.reporting.terminal import say, tabulated, words

FORMAT = 1
KIND = "explore-theory audit"
#: What holds nothing that is indented further, and a line break in it.
_INNERMOST, _BREAK = re.compile(r"\{[^{}\[\]]*\}"), re.compile(r"\n\s*")
#: The largest file that is read as an audit, in bytes.
LARGEST_FILE = 2**26

STYLES = {Badge.TIGHT: "bold green", Badge.LOOSE: "bold yellow", Badge.POWERLESS: "bold red"}


HEADERS = ("id", "why", "badge", "breaks\nat", "slack", "false\nmargin")


def audit_table(audits: Sequence[ClaimAudit], *, width: int = 80) -> Table | Group:
    """One row per claim: what it earns and why, its break point, its slack, its narrowest false variant."""
    rows = [
        (
            words(text.label(found.result)),
            words(found.why),
            Text(found.badge, style=STYLES[found.badge]),
            Text(factor(found.factor)),
            Text(text.slack(found.result)),
            Text(factor(found.margin)),
        )
        for found in audits
    ]
    return tabulated(HEADERS, rows, wide=1, width=width)


def details(found: ClaimAudit) -> Iterator[str]:
    """Every check and false variant of one claim, in lines."""
    title = found.result.record["title"]
    yield f"{text.label(found.result)}. {title} ({found.result.tier} tier): {found.badge}"
    for check in found.checks:
        kind = f"{check.evidence}, measured {check.relation} bound"
        yield f"  check {check.check} ({kind}): {check.badge}, {check.why}"
        yield f"    {text.count(check.effort)} {check.unit}; " + "; ".join(knobs(check))
    for variant in found.variants:
        state = "refuted" if variant.refuted else "NOT REFUTED"
        by = f", and with a bound looser by {factor(variant.margin)}" if variant.margin is not None else ""
        yield f"  false variant {variant.slug} of {variant.check}: {state}{by}"


def knobs(check: CheckAudit) -> Iterator[str]:
    """The break points of a check, knob by knob."""
    yield f"factor {factor(check.factor)}"
    if check.slack is not None:
        yield f"slack {text.ratio(check.slack)}"
    yield f"shift {'never' if check.shift is None else f'{check.shift:.3g}'}"
    for name, (lowered, raised) in check.exponents.items():
        ends = ["never" if end is None else f"{end:.3g}" for end in (lowered, raised)]
        yield f"exponent of {name} lowered by {ends[0]}, raised by {ends[1]}"
    reversed_in = [case.case for case in check.cases if case.breaks.reverse == "REFUTED"]
    if check.relation != "==":
        yield f"reversed: refuted in {len(reversed_in)} of {len(check.cases)} cases"


def factor(value: float | None) -> str:
    """A break point, or ``never``."""
    return "never" if value is None else told(value)


def print_audits(console: Console, audits: Sequence[ClaimAudit], *, full: bool) -> None:
    """The table, or every knob of every check if `full`, and a summary line."""
    if full:
        for found in audits:
            for line in details(found):
                say(console, line)
            console.print()
    else:
        console.print(audit_table(audits, width=console.width))
        console.print()
    say(console, summary_line(audits))


def summary_line(audits: Sequence[ClaimAudit]) -> str:
    """``125 claims: 90 TIGHT, 35 LOOSE; 837 of 837 false variants refuted, the closest by 1.05``."""
    counts = {badge: sum(found.badge is badge for found in audits) for badge in Badge}
    said = ", ".join(f"{number} {badge}" for badge, number in counts.items() if number) or "nothing to audit"
    variants = [variant for found in audits for variant in found.variants]
    refuted = sum(variant.refuted for variant in variants)
    closest = min((v.margin for v in variants if v.margin is not None), default=None)
    tail = f", the closest by {told(closest)}" if closest is not None else ""
    number = len(audits)
    return (
        f"{number} claim{'s' * (number != 1)}: {said}; "
        f"{refuted} of {len(variants)} false variant{'s' * (len(variants) != 1)} refuted{tail}"
    )


def record(audits: Sequence[ClaimAudit]) -> dict[str, Any]:
    """`audits` as plain data, with neither times nor places: equal results give equal data."""
    return {"kind": KIND, "format": FORMAT, "claims": [_claim(found) for found in audits]}


def to_json(audits: Sequence[ClaimAudit], **more: Any) -> str:
    """`record`, and what else was found, as JSON: a line for each case, to be compared."""
    text = json.dumps(json.loads(dumps(record(audits) | more)), indent=1)
    return _INNERMOST.sub(lambda found: _BREAK.sub(" ", found[0]), text)


def _claim(found: ClaimAudit) -> dict[str, Any]:
    return {
        "claim": text.label(found.result),
        "tier": found.result.tier,
        "badge": found.badge,
        "why": found.why,
        "factor": found.factor,
        "slack": found.result.slack,
        "checks": [_check(check) for check in found.checks],
        "false_variants": [
            {"slug": v.slug, "check": v.check, "refuted": v.refuted, "margin": v.margin}
            for v in found.variants
        ],
    }


def _check(check: CheckAudit) -> dict[str, Any]:
    return {
        "check": check.check,
        "evidence": check.evidence,
        "relation": check.relation,
        "badge": check.badge,
        "factor": check.factor,
        "shift": check.shift,
        "slack": check.slack,
        "exponents": {name: list(ends) for name, ends in check.exponents.items()},
        "counted": check.counted,
        "settled": check.settled,
        "unit": check.unit,
        "cases": [
            {
                "case": case.case,
                "status": case.status,
                "factor": case.breaks.factor,
                "shift": case.breaks.shift,
                "reversed": case.breaks.reverse,
                "slack": case.slack,
                "comparisons": case.comparisons,
                "applicable": case.applicable,
                "effort": case.effort,
            }
            for case in check.cases
        ],
    }


def read(path: str | Path) -> Mapping[str, Any]:
    """An audit that `to_json` wrote.

    Raises
    ------
    StoreError
        If the file is none.
    """
    try:
        if (size := Path(path).stat().st_size) > LARGEST_FILE:
            raise ValueError(f"{size:,} bytes")
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(f"against must be a file of `audit --json`, got {str(path)!r}: {error}") from None
    if not isinstance(found, dict) or found.get("kind") != KIND:
        raise StoreError(
            f"against must be a file of `audit --json`, got {str(path)!r}, which says it is none"
        )
    if found.get("format") != FORMAT:
        raise StoreError(
            f"against must be an audit of format {FORMAT}, got format={found.get('format')!r:.20} "
            f"in {str(path)!r}; write it anew with `audit --json`"
        )
    return found
