"""The four tables of a paper: verdicts, errata, constants, and the paper's own numbers."""

from explore_theory.harness.claims.chain import used_by
from explore_theory.harness.judging.outcomes import Result
from explore_theory.reporting import constants, text
from explore_theory.reporting.errata import Entry as Erratum
from explore_theory.reporting.html import errata, stands
from explore_theory.reporting.paper.material import Material
from explore_theory.reporting.paper.tables import Table

#: Between several counter-examples in one cell.
_AND = " | "


def tables(material: Material) -> list[Table]:
    """All of them, in the order of their names above."""
    return [_verdicts(material), _errata(material), _constants(material), _items(material)]


def _verdicts(material: Material) -> Table:
    return Table(
        name="verdicts",
        says="Every claim with its evidence, its verdict, its slack, and its false variants refuted, of all.",
        heads=("id", "statement", "evidence", "verdict", "slack", "false"),
        widths=(0, 0.3, 0.18, 0.2, 0, 0),
        rows=[
            (
                text.label(result),
                result.record["title"],
                kinds(result),
                _verdict(result, tell_tier=len(material.tiers) > 1),
                text.slack(result),
                text.power(result),
            )
            for result in material.results
        ],
        columns=(
            "id", "slug", "theorem", "title", "statement", "tier", "reseed", "verdict", "reason", "badges",
            "evidence", "slack", "false_variants_refuted", "false_variants", "error_level", "command",
        ),
        lines=[
            (
                text.label(result),
                result.record["slug"],
                result.record["theorem"],
                result.record["title"],
                result.record["statement"],
                result.tier,
                result.reseed,
                result.verdict.status.value,
                text.reason(result),
                " ".join(badge for badge, _ in text.worn(result.record, result.tier)),
                text.evidence(result),
                text.slack(result),
                sum(variant.refuted for variant in result.variants),
                len(result.variants),
                text.error_level(result) or 0.0,
                material.command(result),
            )
            for result in material.results
        ],
    )  # fmt: skip


def kinds(result: Result) -> str:
    """``symbolic 2, adversarial 2.1e6``: kinds of evidence with their effort in all."""
    totals: dict[str, float] = {}
    for kind, effort, _ in result.evidence():
        totals[kind] = totals.get(kind, 0) + effort
    return ", ".join(f"{kind} {text.count(effort)}" for kind, effort in totals.items())


def _verdict(result: Result, *, tell_tier: bool) -> str:
    """``HOLDS (PART, quick)``."""
    more = [badge for badge, _ in text.worn(result.record, result.tier)] + [result.tier] * tell_tier
    return f"{result.verdict.status.value} ({', '.join(more)})" if more else result.verdict.status.value


def _errata(material: Material) -> Table:
    found = errata(material.entries)
    return Table(
        name="errata",
        says="Forms as the paper prints them, those that are refuted first.",
        heads=("where", "as printed", "verdict", "counter-example, and what holds in its place"),
        widths=(0.15, 0.27, 0.17, 0.36),
        rows=[(one.place, one.form.says, _of_form(one), _told(one)) for one in found],
        columns=(
            "claim", "form", "item", "page", "step", "says", "verdict", "expected", "counter_examples",
            "mended", "evidence",
        ),
        lines=[
            (
                one.claim,
                one.form.slug,
                one.form.item,
                "" if one.form.page is None else one.form.page,
                one.form.step,
                one.form.says,
                one.form.verdict.status.value,
                one.form.expected.value,
                _AND.join(one.examples),
                one.form.mended,
                one.evidence,
            )
            for one in found
        ],
    )  # fmt: skip


def _of_form(one: Erratum) -> str:
    said = one.form.verdict.status.value
    return said if one.form.as_expected else f"{said}, not {one.form.expected.value} as announced"


def _told(one: Erratum) -> str:
    words = [f"{example}." for example in one.examples] if one.refuted else []
    if one.form.mended:
        words.append(f"In its place: {one.form.mended}" if one.refuted else one.form.mended)
    return " ".join([*words, f"({one.evidence})"])


def _constants(material: Material) -> Table:
    found = [(entry.label, one) for entry in material.entries for one in constants.of_result(entry.worst)]
    return Table(
        name="constants",
        says="Where the best values of named constants lie; the ends are rounded outwards.",
        heads=("claim", "statement", "best value in", "stated"),
        widths=(0, 0.36, 0.22, 0.28),
        rows=[
            (
                label,
                f"{one.says} ({one.best} {one.kind} {one.name})",
                f"{constants.interval(one)}, {constants.width(one)}" if one.ends else constants.best(one),
                constants.told(one),
            )
            for label, one in found
        ],
        columns=(
            "claim", "check", "name", "says", "kind", "best", "stated", "proved", "by", "verdict", "interval",
            "width", "instance", "effort",
        ),
        lines=[
            (
                label,
                one.check,
                one.name,
                one.says,
                one.kind,
                one.best,
                one.stated,
                one.proved,
                one.by or label,
                one.verdict.status.value,
                constants.interval(one),
                "" if one.width is None else float(one.width),
                constants.instance(one),
                one.effort,
            )
            for label, one in found
        ],
    )  # fmt: skip


def _items(material: Material) -> Table:
    found = [(item, stands(item, material.entries, material.owners)) for item in material.items]
    return Table(
        name="paper-items",
        says="The numbers of the paper: what each says, and how it stands as printed.",
        heads=("item", "page", "what it says; what is checked", "as printed", "claims"),
        widths=(0.15, 0, 0.44, 0.15, 0.12),
        rows=[
            (
                item.number,
                "" if item.page is None else str(item.page),
                "; ".join(part for part in (item.says, item.form, item.open) if part),
                said,
                ", ".join(item.claims),
            )
            for item, said in found
        ],
        columns=("item", "page", "says", "as_printed", "form", "claims", "open", "used_by"),
        lines=[
            (
                item.number,
                "" if item.page is None else item.page,
                item.says,
                said,
                item.form,
                " ".join(item.claims),
                item.open,
                ", ".join(used_by(material.proofs, item.number)),
            )
            for item, said in found
        ],
    )
