"""The HTML report: one self-contained file, written from the store alone."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from explore_theory.errors import StoreError
from explore_theory.foundation.files import written_whole
from explore_theory.harness.auditing.entries import shipped_faults
from explore_theory.harness.auditing.patches import Fault
from explore_theory.harness.auditing.witnesses import is_test
from explore_theory.harness.claims.chain import used_by
from explore_theory.harness.claims.statements import PaperItem, told
from explore_theory.harness.discovery.registry import Registry
from explore_theory.harness.discovery.selection import plain
from explore_theory.harness.judging.audit import ClaimAudit, audit
from explore_theory.harness.judging.outcomes import Result
from explore_theory.harness.judging.results import latest_results
from explore_theory.harness.storage.store import Session, Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting import audit as audits
from explore_theory.reporting import constants, text
from explore_theory.reporting.against import Since
from explore_theory.reporting.errata import Entry as Erratum
from explore_theory.reporting.errata import counted, in_order
from explore_theory.reporting.figures import draw, undrawn
from explore_theory.reporting.proof_map import SIGNS, anchor, maps, marked

REPORT = "index.html"

_MATHML = "{http://www.w3.org/1998/Math/MathML}"
_PLAIN_TAG = re.compile(
    "math|mrow|mi|mo|mn|ms|mtext|mspace|mstyle|mfrac|msqrt|mroot|msub|msup|msubsup|munder|mover|munderover"
    "|mtable|mtr|mtd|mpadded|mphantom|mfenced|menclose"
)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A claim in the report: its record and its result at each tier that the store has."""

    record: Mapping[str, Any]
    results: tuple[Result, ...]

    def figures(self) -> list[tuple[Mapping[str, Any], Markup, str]]:
        """The declared figures that have points, from the fullest result, or why one cannot be drawn.

        With each, what it declares and has no points of.
        """
        drawn = []
        for figure in self.record["figures"]:
            try:
                svg, missing = draw(figure, self.results[-1]), undrawn(figure, self.results[-1])
            except (StoreError, ArithmeticError, ValueError, LookupError, TypeError) as error:
                reason = str(error).strip().splitlines()[-1]
                drawn.append((figure, Markup("<p>This figure cannot be drawn: {}</p>").format(reason), ""))
            else:
                drawn += [(figure, Markup(svg), missing)] if svg is not None else []
        return drawn

    @property
    def label(self) -> str:
        """Its id, with its package where another one has a claim of that id."""
        return text.label(self.results[-1])

    @cached_property
    def audits(self) -> tuple[ClaimAudit, ...]:
        """What the evidence of each of its results would catch."""
        return tuple(map(audit, self.results))

    @property
    def worst(self) -> Result:
        """The result to show first: one that does not hold if there is one, else the fullest."""
        return next((r for r in self.results if r.verdict.status is not Status.HOLDS), self.results[-1])


def write_report(
    store: Store,
    out: Path,
    registry: Registry | None = None,
    *,
    results: Sequence[Result] | None = None,
    since: Since | None = None,
) -> Path:
    """Write ``index.html`` into the folder `out`, whole or not at all; returns its path.

    With a `registry`, the page has its ledger of the paper's items, which no store holds; with `since`, what
    changed. `results` are those of `store`, where they have been read already.

    Raises
    ------
    StoreError
        If the store holds no results yet, or `out` cannot be written.
    """
    results = latest_results(store) if results is None else results
    if not results:
        raise StoreError(
            f"store must hold results, got an empty store={store.path!r}; run `explore-theory verify`"
        )
    page = render(results, store.sessions(), registry, since=since)
    target = out / REPORT
    try:
        out.mkdir(parents=True, exist_ok=True)
        with written_whole(target) as file:
            file.write(page.encode(errors="replace"))
    except OSError as error:
        raise StoreError(f"out must be a folder that can be written, got out={str(out)!r}: {error}") from None
    return target


def render(
    results: Sequence[Result],
    sessions: Sequence[Session],
    registry: Registry | None = None,
    *,
    since: Since | None = None,
) -> str:
    """The report as HTML text."""
    known = registry or Registry(claims=(), broken=())
    environment = Environment(
        loader=PackageLoader("explore_theory.reporting"),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        math=mathml,
        plain=plain,
        count=text.count,
        ratio=text.ratio,
        interval=text.interval,
        params=text.parameters,
        anchor=anchor,
    )
    entries = _entries(results)
    theorems: dict[str, list[Entry]] = {}
    for entry in entries:
        theorems.setdefault(entry.record["theorem"], []).append(entry)
    return environment.get_template("report.html.j2").render(
        theorems=theorems,
        entries=entries,
        headline=headline(results),
        since=since,
        errata=errata(entries),
        counted=counted,
        **_paper(known, entries),
        labels={entry.label for entry in entries},
        sessions=list(reversed(sessions)),
        versions=sessions[-1].versions,
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        text=text,
        audits=audits,
        faults=listed_faults(),
        audited=audits.summary_line([entry.audits[-1] for entry in entries]),
        constants=constants,
    )


def listed_faults() -> dict[str, list[tuple[str, Fault]]]:
    """For each shipped claim, the checks of it that a planted fault lists, with the fault."""
    found: dict[str, list[tuple[str, Fault]]] = {}
    for fault in shipped_faults():
        for entry in fault.noticed:
            label, _, check = entry.rpartition(":")
            if not is_test(entry):
                found.setdefault(label, []).append((check, fault))
    return found


def headline(results: Sequence[Result]) -> str:
    """One computed sentence on everything in the report."""
    tiers = dict.fromkeys(r.tier for r in results)
    parts = []
    for tier in tiers:
        mine = [r for r in results if r.tier == tier]
        held = sum(r.verdict.status is Status.HOLDS for r in mine)
        caught = sum(v.refuted for r in mine for v in r.variants)
        planted = sum(len(r.variants) for r in mine)
        part = sum(r.verdict.status is Status.HOLDS and bool(text.untouched(r.record, tier)) for r in mine)
        parts.append(
            f"at the {tier} tier {held} of {len(mine)} claims hold "
            + f"({part} of them in part) " * bool(part)
            + f"and {caught} of {planted} false variants are refuted"
        )
    sentence = "; ".join(parts)
    return sentence[0].upper() + sentence[1:] + "."


def errata(entries: Sequence[Entry]) -> list[Erratum]:
    """The printed forms of the fullest result of each claim, what is refuted first, in the paper's order."""
    found = [Erratum(claim=e.label, form=form) for e in entries for form in e.results[-1].printed]
    return sorted(in_order(found), key=lambda entry: not entry.refuted)


def stands(item: PaperItem, entries: Sequence[Entry]) -> str:
    """How an item of the paper stands as printed, as far as the results of `entries` say so."""
    found = {entry.record["id"]: entry.results[-1] for entry in entries}
    carried = [found[id] for id in item.ids if id in found]
    forms = [form for result in carried for form in result.printed if form.item == item.number]
    said = told(item.stands, [(f.step, f.verdict.status is Status.HOLDS) for f in forms])
    if item.stands == "holds":
        if len(carried) < len(item.ids):
            return "not verified here"
        if any(result.verdict.status is not Status.HOLDS for result in carried):
            return "its claim does not hold"
    return said or "not verified here"


def _paper(known: Registry, entries: Sequence[Entry]) -> dict[str, Any]:
    """What the page has of the paper: its ledger with what uses what, and the maps of its proofs."""
    said = {item.number: stands(item, entries) for item in known.paper}
    statuses = {entry.record["id"]: entry.worst.verdict.status for entry in entries}
    marks = {item.number: marked(item, said[item.number], statuses) for item in known.paper}
    proofs = {proof.number: proof for proof in known.proofs}
    return {
        "paper": [
            (item, said[item.number], proofs.get(item.number), used_by(known.proofs, item.number))
            for item in known.paper
        ],
        "maps": maps(known.proofs, known.paper, marks),
        "signs": SIGNS,
        "marks": marks,
    }


def mathml(latex: str) -> Markup:
    r"""`latex` as MathML, or as escaped code if it does not translate to plain MathML.

    The converter leaves commands that it does not know, such as ``\Big\Vert``, in the text: no formula then.

    The formula may come from somebody else's store, so only presentation tags without links or handlers pass.
    """
    from latex2mathml.converter import convert

    try:
        markup = convert(latex, display="block")
        root = ElementTree.fromstring(markup)
        tags = {element.tag.removeprefix(_MATHML) for element in root.iter()}
        names = {name for element in root.iter() for name in element.attrib}
        plain = all(_PLAIN_TAG.fullmatch(tag) for tag in tags) and "\\" not in "".join(root.itertext())
        if plain and not any(n.startswith("on") or "href" in n or n == "src" for n in names):
            return Markup(markup)
    except Exception:  # whatever does not translate is shown as it was written
        pass
    return Markup("<code>{}</code>").format(latex)


def _entries(results: Sequence[Result]) -> list[Entry]:
    grouped: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        grouped.setdefault((result.record["namespace"], result.id), []).append(result)
    return [Entry(record=group[-1].record, results=tuple(group)) for group in grouped.values()]
