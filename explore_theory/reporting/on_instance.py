"""What claims say of one problem that a user brings: a table, what it does not tell apart, and JSON."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from explore_theory.foundation.brief import shown
from explore_theory.harness.discovery.registry import Broken
from explore_theory.harness.judging.outcomes import Result
from explore_theory.harness.running.on_file import Taken
from explore_theory.harness.storage.records import dumps
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.instances import Instance
from explore_theory.reporting import text
from explore_theory.reporting.export import broken_json, result_json
from explore_theory.reporting.table import BADGE, STYLES, kept
from explore_theory.reporting.terminal import say, tabulated, words

FORMAT, VERSION = "explore-theory results on an instance", 1
HEADERS = ("id", "statement, on this instance alone", "verdict", "slack", "told\napart")
_DIM = "dim"


def told_apart(result: Result) -> tuple[int, int]:
    """How many of the false variants the instance tells from the statement, and how many there are."""
    return sum(variant.refuted for variant in result.variants), len(result.variants)


def exit_code(results: Sequence[Result], broken: Sequence[Broken]) -> int:
    """0 if all that applies HOLDS; 1 for any REFUTED or ERROR; 3 for any INCONCLUSIVE or if nothing does."""
    statuses: list[Status] = [
        r.verdict.status for r in results if r.verdict.status is not Status.NOT_APPLICABLE
    ]
    statuses += [Status.ERROR for _ in broken]
    return text.exit_code(statuses) if statuses else 3


def print_on_instance(
    console: Console,
    instance: Instance,
    taken: Taken,
    results: Sequence[Result],
    broken: Sequence[Broken],
    store: str,
) -> None:
    """The table, what stands against HOLDS, what is not told apart, what is not applicable, and a summary."""
    say(console, f"{shown(instance.path)}: {instance.kind}, {instance.form}, sha256 {instance.digest[:12]}")
    rows = [_row(result) for result in results]
    for module in broken:
        said = words(module.where).append("\n").append_text(words(module.reason, STYLES[Status.ERROR]))
        rows.append(
            (words(module.id), said, Text(Status.ERROR, style=STYLES[Status.ERROR]), Text("-"), Text("-"))
        )
    if rows:
        console.print(tabulated(HEADERS, rows, wide=1, width=console.width))
    console.print()
    for result in results:
        for _, case in (pair for pair in result.failures if not pair[0]):
            say(console, f"{result.id} {case.check}: {case.verdict.status}, {case.verdict.reason}")
            if found := text.witness(case):
                say(console, f"    {found}")
    for line in blind(results):
        say(console, line)
    for line in left_out(taken):
        say(console, line)
    say(console, summary(results, broken, len(taken.left_out), store))


def _row(result: Result) -> tuple[Text, ...]:
    status = result.verdict.status
    said = words(result.record["title"]).append("\n").append_text(words(text.kinds(result), _DIM))
    if status is not Status.HOLDS:
        said.append("\n").append_text(words(result.verdict.reason, STYLES[status]))
    apart, number = told_apart(result)
    verdict = Text(status, style=STYLES[status])
    if status is Status.HOLDS and not apart:
        verdict.append("\nBLIND", style=BADGE)
    return words(result.id), said, verdict, Text(text.slack(result)), Text(f"{apart}/{number}")


def blind(results: Sequence[Result]) -> list[str]:
    """A line for each claim that has false variants which the instance does not tell from the statement."""
    lines = []
    for result in results:
        alike = [variant for variant in result.variants if not variant.refuted]
        if not alike or result.verdict.status is not Status.HOLDS:
            continue
        named = "; ".join(f"{variant.slug} ({variant.why})" for variant in alike)
        much = "none" if len(alike) == len(result.variants) else "not all"
        lines.append(
            f"{result.id} HOLDS here, and {much} of what is false is told from it: this instance "
            f"also allows {named}"
        )
    return lines


def left_out(taken: Taken) -> list[str]:
    """A line for each reason why claims say nothing of the problem, with all that it holds for."""
    reasons: dict[str, list[str]] = {}
    for label, _, why in taken.left_out:
        reasons.setdefault(why, []).append(label)
    return [f"NOT APPLICABLE: {', '.join(labels)}: {why}" for why, labels in reasons.items()]


def summary(results: Sequence[Result], broken: Sequence[Broken], left_out: int, store: str) -> str:
    """``9 claims on this instance: 9 HOLDS; 20 of 23 false variants told apart; 98 not applicable; ..``."""
    counts: dict[str, int] = {}
    for status in [*(r.verdict.status for r in results), *(Status.ERROR for _ in broken)]:
        counts[status] = counts.get(status, 0) + 1
    # Those that turned out not to apply are told with those that were left out beforehand.
    late = counts.pop(Status.NOT_APPLICABLE, 0)
    verdicts = ", ".join(f"{n} {status}" for status, n in counts.items()) or "nothing to say"
    pairs = [told_apart(result) for result in results]
    apart, number = sum(a for a, _ in pairs), sum(n for _, n in pairs)
    return (
        f"{text.number(len(results) + len(broken) - late, 'claim')} on this instance: {verdicts}; "
        f"{apart} of {text.number(number, 'false variant')} told apart; {left_out + late} not applicable; "
        f"{kept(store)}"
    )


def to_json(instance: Instance, taken: Taken, results: Sequence[Result], broken: Sequence[Broken]) -> str:
    """The same for programs: claims as in ``results.json``, each about this instance alone."""
    told: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "instance": identity(instance),
        "claims": [
            {
                # A proof is about every instance, and of none alone.
                **{name: value for name, value in result_json(result).items() if name != "proofs"},
                "told_apart": dict(zip(("refuted", "of"), told_apart(result), strict=True)),
            }
            for result in results
        ],
        "not_applicable": [
            {"id": label, "title": title, "reason": why} for label, title, why in taken.left_out
        ],
        "broken": [broken_json(module) for module in broken],
    }
    return json.dumps(json.loads(dumps(told)), indent=2)


def identity(instance: Instance) -> dict[str, Any]:
    """Which file it is."""
    return {
        "path": str(Path(instance.path)),
        "kind": instance.kind,
        "form": instance.form,
        "sha256": instance.digest,
    }
