"""The verdict table in a terminal: of 80 columns, of 60, or below each other in fewer."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from explore_theory.foundation.brief import shown
from explore_theory.harness.discovery.registry import Broken
from explore_theory.harness.judging.outcomes import Result
from explore_theory.harness.storage.schema import NOWHERE
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting import proofs, text
from explore_theory.reporting.terminal import say, tabulated, words

STYLES = {
    Status.HOLDS: "bold green",
    Status.REFUTED: "bold red",
    Status.POWERLESS: "bold red",
    Status.ERROR: "bold red",
    Status.INCONCLUSIVE: "bold yellow",
    Status.NOT_APPLICABLE: "dim",
}
BADGE = "bold yellow"


HEADERS = ("id", "statement and evidence", "verdict", "slack", "false\nrefuted")


def verdict_table(
    results: Sequence[Result], broken: Sequence[Broken] = (), *, width: int = 80
) -> Table | Group:
    """One row per claim: id, title with evidence below, verdict and badges, slack, false variants refuted.

    Only words fold; in `width` columns that leave them no room, rows have their cells below each other.
    """
    rows = [_row(result) for result in results]
    for module in broken:
        said = words(module.where).append_text(_below(module.reason, STYLES[Status.ERROR]))
        verdict = Text(Status.ERROR, style=STYLES[Status.ERROR])
        rows.append((words(module.id), said, verdict, Text("-"), Text("-")))
    return tabulated(HEADERS, rows, wide=1, width=width)


def _row(result: Result) -> tuple[Text, ...]:
    status = result.verdict.status
    said = words(result.record["title"]).append_text(_below(text.kinds(result), "dim"))
    if forms := text.printed(result):
        said.append_text(_below(forms, "dim"))
    if status is not Status.HOLDS:
        said.append_text(_below(text.reason(result), STYLES[status]))
    for line in proofs.told(result):
        said.append_text(_below(line, BADGE))
    verdict = Text(status, style=STYLES[status])
    for badge, why in text.worn(result.record, result.tier):
        said.append_text(_below(f"{badge.lower()}: {why}", "dim"))
        verdict.append(f"\n{badge}", style=BADGE)
    return words(text.label(result)), said, verdict, Text(text.slack(result)), Text(text.power(result))


def _below(said: str, style: str) -> Text:
    """`said` on a line of its own."""
    return Text("\n").append_text(words(said, style))


def summary_line(
    results: Sequence[Result], broken: Sequence[Broken], tier: str, store: str, alpha: float
) -> str:
    """``8 claims at the quick tier: 8 HOLDS; 26 of 26 false variants refuted; alpha 0.001; results in F``.

    Of claims that HOLD it says how many do in PART.
    """
    counts: dict[str, int] = {}
    for status in [*(r.verdict.status for r in results), *(Status.ERROR for _ in broken)]:
        counts[status] = counts.get(status, 0) + 1
    held = [r for r in results if r.verdict.status is Status.HOLDS]
    part = sum(bool(text.untouched(r.record, r.tier)) for r in held)
    words = {Status.HOLDS: f" ({part} in PART)"} if part else {}
    verdicts = ", ".join(f"{n} {status}{words.get(Status(status), '')}" for status, n in counts.items())
    verdicts = verdicts or "nothing to run"
    caught = sum(v.refuted for r in results for v in r.variants)
    planted = sum(len(r.variants) for r in results)
    number = len(results) + len(broken)
    return (
        f"{number} claim{'s' * (number != 1)} at the {tier} tier: {verdicts}; "
        f"{caught} of {planted} false variant{'s' * (planted != 1)} refuted; "
        + "".join(
            f"{said}; " for said in [proofs.headline([proof for r in results for proof in r.proofs])] if said
        )
        + f"alpha {alpha:g}; {kept(store)}"
    )


def kept(store: str) -> str:
    """Where results are to be found."""
    return "results not kept" if store == NOWHERE else f"results in {shown(Path(store))}"


def failures(results: Sequence[Result], again: str = "") -> list[str]:
    """A line for each case that stands against HOLDS, with its parameters, and one for its counter-example.

    `again` ends the command that runs a claim again. Cases that were only not run to their end are counted.
    """
    lines: list[str] = []
    unrun = 0
    for result in results:
        lines.extend(proofs.failures(result))
        for variant, case in result.failures:
            if case.missing and case.verdict.status is Status.INCONCLUSIVE:
                unrun += 1
                continue
            lines.append(text.failure_line(result, case, variant=variant) + again)
            if found := text.witness(case):
                lines.append(f"    {found}")
    if unrun:
        lines.append(
            f"{unrun} case{'s' * (unrun != 1)} not run to the end; the same call without --fresh resumes"
        )
    return lines


def tracebacks(results: Sequence[Result], broken: Sequence[Broken]) -> list[str]:
    """What each claim that is an ERROR raised, in full."""
    found = [f"{module.path}:\n{module.trace.strip()}" for module in broken]
    for result in results:
        for variant, case in result.failures:
            if case.trace:
                of = f", {text.part(result, variant)}" if variant else ""
                found.append(f"{text.label(result)}{of}, {case.check}/{case.case}:\n{case.trace}")
    return found


def print_table(
    console: Console,
    results: Sequence[Result],
    broken: Sequence[Broken],
    tier: str,
    store: str,
    alpha: float,
    again: str = "",
) -> None:
    """The table, every failing case below it (see `failures`), and a summary line."""
    console.print(verdict_table(results, broken, width=console.width))
    console.print()
    for line in failures(results, again):
        say(console, line)
    say(console, summary_line(results, broken, tier, store, alpha))
