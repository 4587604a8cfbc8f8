"""The HTML report: one self-contained file, written from the store alone."""

from base64 import b64encode
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from explore_theory.errors import StoreError
from explore_theory.harness.auditing.entries import shipped_faults
from explore_theory.harness.auditing.patches import Fault
from explore_theory.harness.auditing.witnesses import is_test
from explore_theory.harness.claims.chain import used_by
from explore_theory.harness.claims.statements import PaperItem, told
from explore_theory.harness.discovery.budget import ALPHA
from explore_theory.harness.discovery.registry import Registry
from explore_theory.harness.discovery.selection import plain
from explore_theory.harness.judging.outcomes import Result
from explore_theory.harness.judging.results import latest_results
from explore_theory.harness.storage.store import Session, Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting import audit as audits
from explore_theory.reporting import constants, proofs, text
from explore_theory.reporting.against import Since
from explore_theory.reporting.errata import Entry as Erratum
from explore_theory.reporting.errata import counted, in_order
from explore_theory.reporting.folder import put_page, require_own
from explore_theory.reporting.page import claim_map
from explore_theory.reporting.page.entries import Entry, choices, entries_of
from explore_theory.reporting.page.formulas import mathml
from explore_theory.reporting.page.glossary import GLOSSARY, SYMBOLS
from explore_theory.reporting.page.shell import environment, style
from explore_theory.reporting.page.sources import sourced
from explore_theory.reporting.page.spent import spent
from explore_theory.reporting.proof_map import SIGNS, anchor, maps, marked
from explore_theory.reporting.symbols import plain_signs, prose

REPORT = "index.html"
#: What the claims of this package are about; those of others go by the names of their packages.
SUBJECT = "Exploration with a base language model"
#: Where nobody has said which package lists an item of a paper.
NO_OWNERS: Mapping[str, str] = MappingProxyType({})


def write_report(
    store: Store,
    out: Path,
    registry: Registry | None = None,
    *,
    results: Sequence[Result] | None = None,
    since: Since | None = None,
    gone: Collection[str] = (),
    claims: Sequence[str] = (),
) -> Path:
    """Write ``index.html`` into the folder `out`, whole or not at all; returns its path.

    With a `registry`, the page has its ledger of the paper's items, which no store holds; with `since`, what
    changed. `results` are those of `store`, where they have been read already; those with a label in `gone`
    are marked as claims whose code is not there. `claims` are sources to name in commands.

    Raises
    ------
    StoreError
        If the store holds no results yet, or `out` cannot be written or is somebody else's (`require_own`).
    """
    require_own(out)
    results = latest_results(store) if results is None else results
    if not results:
        raise StoreError(
            f"store must hold results, got an empty store={store.path!r}; run `explore-theory verify`"
        )
    levels = {(digest, s.tier): float(s.alpha["alpha"]) for s, digest, _ in store.latest()}
    page = render(results, store.sessions(), registry, since=since, gone=gone, claims=claims, levels=levels)
    return put_page(out, page)


def render(
    results: Sequence[Result],
    sessions: Sequence[Session],
    registry: Registry | None = None,
    *,
    since: Since | None = None,
    gone: Collection[str] = (),
    claims: Sequence[str] = (),
    levels: Mapping[tuple[str, str], float] = MappingProxyType({}),
) -> str:
    """The report as HTML text; `levels` has error levels of sessions, by digest and tier of their results."""
    known = registry or Registry(claims=(), broken=())
    filled = _environment()
    entries = entries_of(results)
    places = {entry.label: entry.place for entry in entries}
    found = {entry.label: entry.worst for entry in entries}
    used = claim_map.used(found)
    theorems: dict[str, list[Entry]] = {}
    for entry in entries:
        theorems.setdefault(entry.record["theorem"], []).append(entry)
    script = (files("explore_theory.reporting") / "templates" / "page.js").read_text(encoding="utf-8")
    return filled.get_template("report.html.j2").render(
        subject=subject(results),
        style=style(),
        script=Markup(script),
        script_hash=f"sha256-{b64encode(sha256(script.encode()).digest()).decode()}",
        theorems=theorems,
        entries=entries,
        places=places,
        choices=choices(entries),
        headline=headline(results),
        since=since,
        gone=frozenset(gone),
        again=lambda result: text.again(
            result,
            claims=" --claims ".join(claims),
            alpha=levels.get((result.digest, result.tier), ALPHA),
        ),
        errata=errata(entries),
        counted=counted,
        theorem_maps=claim_map.maps(found, places),
        shapes=claim_map.legend(),
        used=used,
        of_used=lambda label: {other: found[other] for other in used[label].values()},
        users={label: [user for user in used if label in used[user].values()] for label in places},
        spent=spent(results),
        glossary=GLOSSARY,
        symbols=SYMBOLS,
        **_paper(known, entries),
        sessions=list(reversed(sessions)),
        versions=sessions[-1].versions,
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        text=text,
        audits=audits,
        faults=listed_faults(),
        audited=audits.summary_line([entry.audited for entry in entries]),
        constants=constants,
        proof_words=proofs,
        proved=[result for result in results if result.proofs],
    )


def _environment() -> Environment:
    made = environment("explore_theory.reporting")
    made.filters.update(
        math=mathml,
        prose=prose,
        signs=plain_signs,
        sourced=sourced,
        plain=plain,
        count=text.count,
        ratio=text.ratio,
        interval=text.interval,
        params=text.parameters,
        anchor=anchor,
    )
    return made


def subject(results: Sequence[Result]) -> str:
    """What the report is about: of claims of others their packages, since we do not know what they say."""
    packages = list(dict.fromkeys(str(r.record["namespace"]) for r in results))
    named = ", ".join(name for name in packages if name)
    if not named:
        return SUBJECT
    if named == "claims":
        # As `new` calls their folder: it says nothing.
        named = "one's own"
    return f"{SUBJECT}, and claims of {named}" if "" in packages else f"Claims of {named}"


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


def carriers(item: PaperItem, entries: Sequence[Entry], owners: Mapping[str, str]) -> dict[str, Entry]:
    """What of `entries` carries an item of the paper, by id.

    An id means a claim of the package that lists the item if it has one, else one of ours; of any package
    only where `owners` does not know the item.
    """
    owner = owners.get(item.number)
    found = [
        entry
        for entry in entries
        if entry.record["id"] in item.ids and (owner is None or entry.record["namespace"] in ("", owner))
    ]
    found.sort(key=lambda entry: entry.record["namespace"] == (owner or ""))
    return {entry.record["id"]: entry for entry in found}


def stands(item: PaperItem, entries: Sequence[Entry], owners: Mapping[str, str] = NO_OWNERS) -> str:
    """How an item of the paper stands as printed, as far as the results of `entries` say so."""
    found = carriers(item, entries, owners).values()
    carried = [entry.results[-1] for entry in found]
    forms = [form for result in carried for form in result.printed if form.item == item.number]
    said = told(item.stands, [(f.step, f.verdict.status is Status.HOLDS) for f in forms])
    if item.stands == "holds":
        if len(carried) < len(item.ids):
            return "not verified here"
        if any(entry.worst.verdict.status is not Status.HOLDS for entry in found):
            return "its claim does not hold"
    return said or "not verified here"


def _paper(known: Registry, entries: Sequence[Entry]) -> dict[str, Any]:
    """What the page has of the paper: its ledger with what uses what, and the maps of its proofs."""
    said = {item.number: stands(item, entries, known.owners) for item in known.paper}
    carried = {item.number: carriers(item, entries, known.owners) for item in known.paper}
    statuses = {
        number: {id: entry.worst.verdict.status for id, entry in found.items()}
        for number, found in carried.items()
    }
    marks = {item.number: marked(item, said[item.number], statuses[item.number]) for item in known.paper}
    proofs = {proof.number: proof for proof in known.proofs}
    return {
        "paper": [
            (item, said[item.number], proofs.get(item.number), used_by(known.proofs, item.number))
            for item in known.paper
        ],
        "maps": maps(known.proofs, known.paper, marks),
        "signs": SIGNS,
        "carried": carried,
        "numbered": {
            entry.label: [number for number, found in carried.items() if entry in found.values()]
            for entry in entries
        },
    }
