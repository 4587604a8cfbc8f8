"""What there is to verify: the list of claims, and one claim as a page."""

import os
from collections.abc import Sequence
from pathlib import Path

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from explore_theory.harness.claims.chain import PaperProof, used_by
from explore_theory.harness.claims.claim import RANDOM, TIERS, Check
from explore_theory.harness.claims.numbering import on_page
from explore_theory.harness.claims.searched import Searched
from explore_theory.harness.claims.statements import STANDS, PaperItem
from explore_theory.harness.discovery.budget import ALPHA
from explore_theory.harness.discovery.registry import Registered, Registry
from explore_theory.harness.discovery.selection import plain
from explore_theory.harness.running.printed import run_printed
from explore_theory.harness.storage.records import efforts
from explore_theory.harness.verdicts.verdict import LEAST_SHARE
from explore_theory.reporting import constants, proofs, text
from explore_theory.reporting.errata import Entry
from explore_theory.reporting.terminal import words


def listing(claims: Sequence[Registered]) -> Table:
    """Id, title with the slug below, evidence kinds; grouped by theorem."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("id", no_wrap=True)
    table.add_column("title and slug", ratio=1, overflow="fold")
    table.add_column("theorem", overflow="fold")
    table.add_column("evidence", overflow="fold")
    for registered in claims:
        claim = registered.claim
        kinds = dict.fromkeys(["formal"] * bool(claim.proofs) + [c.evidence.value for c in claim.checks])
        title = words(claim.title).append_text(_below(claim.slug))
        table.add_row(words(registered.label), title, words(plain(claim.theorem)), "\n".join(kinds))
    return table


def _below(said: object) -> Text:
    """`said` on a line of its own."""
    return Text("\n").append_text(words(said, style="dim"))


def _prose(said: str) -> Text:
    """`said` as a paragraph: where its author broke lines means nothing."""
    return words(said[: len(said) - len(said.lstrip(" "))] + " ".join(said.split()))


def ledger(registry: Registry) -> Table:
    """Every statement with its kind and how far a claim covers it."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("id", "statement", "kind", "state"):
        table.add_column(name, no_wrap=name in ("id", "kind"), overflow="fold")
    claims = {r.claim.id for r in registry.claims}
    for statement in registry.statements:
        state = statement.state(claims)
        style = "green" if state == "covered" else "yellow" if state.startswith("partial") else "dim"
        table.add_row(
            words(statement.id), words(statement.title), words(statement.kind), words(state, style=style)
        )
    return table


def paper_ledger(registry: Registry, items: Sequence[PaperItem]) -> Group:
    """Numbered items of the paper: page, what each says, how it stands as printed, and what carries it."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("item and page", overflow="fold")
    table.add_column("what it says; what is checked", ratio=1, overflow="fold")
    table.add_column("as printed", overflow="fold")
    table.add_column("claims", overflow="fold")
    shown: set[str] = set()
    for item in items:
        said = _prose(item.says)
        for more in (item.form, item.open):
            said.append_text(_below(more) if more else Text())
        stands = _standing(item, registry)
        shown.add(item.stands)
        style = {"REFUTED": "red", "HOLDS": "green"}.get(stands.split(";")[0].split()[0], "dim")
        table.add_row(
            words(item.number).append_text(_below(f"p. {item.page}") if item.page else Text()),
            said,
            words(stands, style=style),
            words("\n".join(item.claims), lines=True),
        )
    legend = [words(f"{name}: {means}", style="dim") for name, means in STANDS.items() if name in shown]
    return Group(table, Text(""), *legend)


def _standing(item: PaperItem, registry: Registry) -> str:
    """How an item stands as printed, or that it names a claim which there is none of."""
    missing = set(item.ids) - {registered.claim.id for registered in registry.claims}
    return f"no claim {', '.join(sorted(missing))}" if missing else item.as_printed(registry.printed)


def item_page(item: PaperItem, registry: Registry) -> Group:
    """One item of the paper, whole."""
    parts = [
        words(f"{item.number}{on_page(item.page)}", style="bold"),
        _prose(item.says),
        words(f"As printed: {_standing(item, registry)} ({STANDS[item.stands]})"),
    ]
    if item.form:
        parts.append(_prose(f"Checked: {item.form}"))
    if item.claims:
        parts.append(words(f"Claims: {', '.join(item.claims)}"))
    if item.open:
        parts.append(_prose(f"Not done: {item.open}"))
    parts.extend(words(line) for line in _chain(item.number, registry.proofs))
    return Group(*parts, Text(""))


def _chain(number: str, proofs: Sequence[PaperProof]) -> list[str]:
    """What the proof of an item uses, and which proofs use it."""
    lines = []
    ends = ""
    for proof in proofs:
        if proof.number == number:
            ends = proof.ends
            lines.append(f"Its proof, page {proof.page}, uses: {', '.join(proof.uses) or 'no numbered item'}")
            lines += [f"and without naming it: {', '.join(proof.unnamed)}"] if proof.unnamed else []
    if users := used_by(proofs, number):
        lines.append(f"Used by: {', '.join(users)}")
    return [*lines, f"Used by no proof: {ends}"] if ends else lines


def _printed(registered: Registered) -> list[Text | Padding | Table]:
    """The printed forms of a claim, run here, with what refutes them."""
    found = run_printed(registered)
    parts: list[Text | Padding | Table] = [Text("\nAs printed:")] if found else []
    for form in found:
        entry = Entry(claim=registered.label, form=form)
        amiss = "" if form.as_expected else f", which must be {form.expected}"
        lines = [f"{entry.place}: {form.says}: {form.verdict.status}{amiss} ({entry.evidence})"]
        lines += [f"counter-example: {example}" for example in entry.examples]
        lines += [f"in its place: {form.mended}" if entry.refuted else form.mended] if form.mended else []
        parts.append(Padding(_prose(lines[0]), (0, 2)))
        parts.extend(Padding(_prose(line), (0, 2, 0, 6)) for line in lines[1:])
    return parts


def page(registered: Registered) -> Group:
    """Everything a claim says about itself, as text."""
    claim = registered.claim
    parts: list[Text | Padding | Table] = [
        words(f"{registered.label}  {claim.title}", style="bold"),
        words(
            f"{plain(claim.theorem)}/{claim.slug}, {'explicit' if claim.explicit else 'rate as published'}",
            style="dim",
        ),
        Text(""),
        words(claim.statement, lines=True),
        Padding(words(claim.formula, style="italic", lines=True), (1, 4)),
        _prose(f"Scope: {claim.scope}"),
        _prose(f"Source: {claim.source}"),
    ]
    if claim.uses:
        parts.append(words(f"Uses: {', '.join(claim.uses)}"))
    if claim.loose:
        parts.append(_prose(f"LOOSE: {claim.loose}"))
    parts.append(Text(""))
    for check in claim.checks:
        parts.append(_check_table(check, registered.share * ALPHA))
        parts.extend(words(f"  assumes {assumption.name}") for assumption in check.assumptions)
        if check.relation and check.relation != claim.relation:
            parts.append(words(f"  compares by {check.relation}"))
        if check.independent:
            parts.append(words(f"  several runs a row: {check.independent}"))
        if check.search is not None:
            parts.append(words(f"  searches: {_effort(check.search)}"))
        if check.share != LEAST_SHARE:
            parts.append(words(f"  {check.share:.3g} of the comparisons must apply"))
        if check.rivals:
            parts.append(words(f"  must reject {', '.join(rival.name for rival in check.rivals)}"))
        if check.coarse:
            parts.append(_prose(f"  COARSE: {check.coarse}"))
        if check.constant is not None:
            known = constants.known(check.constant.record)
            parts.append(words(f"  locates {check.constant.name} in {check.constant.says}: {known}"))
    record = registered.record
    parts.extend(words(left) for tier in TIERS if (left := text.left_in_full(record, tier)))
    parts.extend(_printed(registered))
    parts.extend(proofs.page(registered))
    parts.append(Text("\nFalse variants, each of which must be REFUTED:"))
    parts.extend(Padding(_prose(f"{v.slug}: {v.why}"), (0, 2)) for v in claim.false_variants)
    parts.extend(_on_instances(registered))
    parts.append(_below(registered.path))
    parts.extend(words(line, style="dim") for line in _covered(registered))
    return Group(*parts)


def _on_instances(registered: Registered) -> list[Text]:
    """Which problems of a user it can be held against, and what a problem may tell from it."""
    lines = []
    for one in registered.claim.on:
        lies = "; ".join(f"{variant.slug}: {variant.why}" for variant in one.variants)
        said = f"{one.check.slug}, {one.check.evidence.value}, on {' or '.join(one.kinds)} problems; {lies}"
        lines.append(_prose(f"  {said}"))
    head = "\nOn an instance of yours (`verify --instance FILE`), with what it may tell from the statement:"
    return [Text(head), *lines] if lines else []


def _covered(registered: Registered) -> list[str]:
    """What the digest covers: an edit of any of it runs the claim again."""
    covers = registered.covers
    if covers is None:
        return []
    folder = registered.path.parent
    code = sorted(Path(os.path.relpath(file, folder)).as_posix() for file in covers.modules.values())
    libraries = [f"{name} {mark}" for name, mark in sorted(covers.distributions.items())]
    lines = [
        f"digest {registered.digest} covers what is shown here, explore-theory, and",
        f"  code: {', '.join(code)}",
        f"  libraries: {', '.join(libraries) or 'those of explore-theory'}",
    ]
    return [*lines, f"  sources: {', '.join(sorted(covers.sources))}"] if covers.sources else lines


def _effort(search: Searched) -> str:
    """``each instance climbs 30 steps (quick), 300 steps (full)``, or that it is as it is drawn."""
    steps = {tier: number for tier, number in efforts(search).items() if number}
    climbs = ", ".join(f"{number:,} steps ({tier})" for tier, number in steps.items())
    return f"each instance climbs {climbs}" if climbs else "each instance is as it is drawn"


def _check_table(check: Check, alpha: float) -> Table:
    # At most: exact numbers at the rungs of a rate spend none.
    spent = f"at most {alpha:.1e} each of the default alpha" if check.evidence in RANDOM else text.level(None)
    told = f", to a resolution of {check.resolution}" if check.resolution else ""
    title = f"{check.slug} ({check.evidence}, {spent}{told})"
    table = Table(box=None, pad_edge=False, title_justify="left", title=words(title))
    table.add_column("case", overflow="fold")
    table.add_column("parameters", overflow="fold")
    table.add_column("rows", overflow="fold")
    table.add_column("tight", overflow="fold")
    for case in check.cases:
        rows = ", ".join(f"{tier} {case.row_count(tier):,}" for tier in case.tiers)
        params = " ".join(f"{name}={value}" for name, value in case.params.items())
        table.add_row(words(case.slug), words(params), rows, "yes" if case.tight else "")
    return table
