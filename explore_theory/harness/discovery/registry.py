"""Finding claims: walk a package or a folder, import every module, collect each ``CLAIM``.

A module named like a claim (``f1_gap_is_kl.py``) must define one; any other module is shared code. A module
that cannot be imported, or whose claim is malformed, is kept as `Broken`, so the others still run.
"""

import re
import traceback
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

from explore_theory.errors import InvalidClaim, UnknownSelector
from explore_theory.foundation.brief import brief
from explore_theory.harness.claims.chain import PaperProof
from explore_theory.harness.claims.claim import Claim
from explore_theory.harness.claims.numbering import numbered
from explore_theory.harness.claims.printed import PrintedForm
from explore_theory.harness.claims.statements import Paper, PaperItem, Statement
from explore_theory.harness.discovery.budget import PLUGINS, SHARES, Counts, counts_of, shares
from explore_theory.harness.discovery.fingerprint import Covered, claim_digest, covered
from explore_theory.harness.discovery.guesses import Guess, guess, line_of, reason_of
from explore_theory.harness.discovery.ledgers import Ledgers
from explore_theory.harness.discovery.notes import Note, Notes
from explore_theory.harness.discovery.numbers import carrying
from explore_theory.harness.discovery.roots import Root, claim_files, installed, is_shipped, named
from explore_theory.harness.discovery.selection import matches, plain
from explore_theory.harness.formal.sources import proof_records, proof_sources
from explore_theory.harness.isolation import reads
from explore_theory.harness.isolation.imports import Closures
from explore_theory.harness.isolation.rooms import Room, forget_edited, module_name, room_of
from explore_theory.harness.storage.records import claim_record, dumps, natural
from explore_theory.harness.storage.store import MOST

_CLAIM_FILE = re.compile(r"[a-z]+[0-9]+[a-z]?_\w+\.py|[a-z]t[a-z]?_\w+\.py")
#: Modules that are named where none of them was asked for.
_FEW = 3


@brief
@dataclass(frozen=True, kw_only=True)
class Registered:
    """A claim with where it came from and what keys its results.

    Parameters
    ----------
    path, digest
        Its file, and the digest of all that its verdict rests on.
    covers
        The files and distributions that the digest covers; None for a claim made by hand, whose reads nobody
        watches.
    room, home
        Where its modules live while it runs, and the folder that its claims were looked for in.
    namespace, label
        Empty for ours, the name of the entry point or of the folder for others; and the shortest of ``B1``
        and ``bon:B1`` that names one claim.
    shipped
        Whether it is one of ours.
    share, variant_share
        The fraction of the session's alpha that one of its comparisons, or its variants', may use.
    """

    claim: Claim
    path: Path
    digest: str
    covers: Covered | None = None
    room: Room = field(default_factory=Room)
    home: Path = Path("/")
    namespace: str = ""
    label: str = ""
    shipped: bool = False
    share: float = SHARES[PLUGINS]
    variant_share: float = SHARES[PLUGINS]

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", self.label or self.claim.id)

    @property
    def record(self) -> dict[str, Any]:
        """What of it goes into a store."""
        return record_of(self.claim, self.namespace, self.path.parent)


@brief
@dataclass(frozen=True, kw_only=True)
class Broken:
    """A module that should hold a claim and does not.

    Parameters
    ----------
    name, path
        Its name and file; the package that is missing, for an entry point.
    reason, line, trace
        What went wrong: in one line, where (``path:line``), and the whole story.
    namespace, expected
        Where it belongs, and what it seems to hold.
    """

    name: str
    path: Path
    reason: str
    trace: str
    line: str = ""
    namespace: str = ""
    expected: Guess = field(default_factory=Guess)

    @property
    def id(self) -> str:
        """The id of the claim that it seems to hold, or ``-``."""
        return next(iter(self.expected.ids), "-")

    @property
    def where(self) -> str:
        """``b1_name.py:12``: its file and the line that failed, where there is one."""
        return Path(self.line or self.path).name


@brief
@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What selectors chose: claims, modules that could not be loaded, and other such modules."""

    claims: tuple[Registered, ...]
    broken: tuple[Broken, ...]
    others: tuple[Broken, ...] = ()


@brief
@dataclass(frozen=True, kw_only=True)
class Registry:
    """Every claim found, in a fixed order (folder, then id), what could not be loaded, and the ledgers.

    `owners` has the namespace of each item of `paper`, whose claims its ids mean.
    """

    claims: tuple[Registered, ...]
    broken: tuple[Broken, ...]
    statements: tuple[Statement, ...] = ()
    paper: tuple[PaperItem, ...] = ()
    papers: tuple[Paper, ...] = ()
    proofs: tuple[PaperProof, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)

    @property
    def printed(self) -> tuple[PrintedForm, ...]:
        """The printed forms of all claims."""
        return tuple(form for registered in self.claims for form in registered.claim.printed)

    def select(self, selectors: Sequence[str]) -> tuple[Registered, ...]:
        """The claims of `choose`."""
        return self.choose(selectors).claims

    def choose(self, selectors: Sequence[str]) -> Chosen:
        """What matches any of `selectors` (everything if there are none), in registry order.

        A selector is an id (``F1``, any case), a slug, a theorem folder (``-`` or ``_``) or a glob, in any
        namespace or in one (``bon:B1``, ``bon:*``); a glob with a capital letter (``C*``) is about ids only.
        The number of an item of a paper (``Lemma G.7``, ``2.1``, ``chen2025: Lemma 3``) stands for the claims
        that carry it.
        A module that could not be loaded is chosen by what it seems to hold, and if it shows nothing, always.

        Raises
        ------
        UnknownSelector
            If one matches nothing; the message names near matches.
        """
        if not selectors:
            return Chosen(claims=self.claims, broken=self.broken)
        known = {registered.claim.id for registered in self.claims}
        selectors = [id for selector in selectors for id in carrying(self.paper, selector, known)]
        broken = [b for b in self.broken if not b.expected or any(_expects(s, b) for s in selectors)]
        for selector in selectors:
            if any(_means(selector, r) for r in self.claims) or any(_expects(selector, b) for b in broken):
                continue
            # Nothing is known by that name; a file that does not load and has it in quotes is what is meant.
            if not (mentions := [b for b in self.broken if _mentions(selector, b)]):
                raise UnknownSelector(self._unknown(selector))
            broken = [b for b in self.broken if b in broken or b in mentions]
        return Chosen(
            claims=tuple(r for r in self.claims if any(_means(s, r) for s in selectors)),
            broken=tuple(broken),
            others=tuple(b for b in self.broken if b not in broken),
        )

    def _unknown(self, selector: str) -> str:
        names = {name for r in self.claims for name in (r.claim.id.lower(), *_others(r.claim))}
        names |= {f"{r.namespace}:*" for r in self.claims if r.namespace}
        names |= {f"'{item.number}'" for item in self.paper}
        near = get_close_matches(plain(selector), sorted(names), n=3, cutoff=0.5)
        advice = f"did you mean {' or '.join(near)}?" if near else "see `explore-theory list`"
        if self.broken:
            failed = ", ".join(f"{module.where} ({module.reason})" for module in self.broken[:_FEW])
            more = f" and {len(self.broken) - _FEW} more" * (len(self.broken) > _FEW)
            advice += f" (could not be loaded: {failed}{more})"
        return f"selector must match a claim id, slug, theorem or glob, got selector={selector!r}; {advice}"


def discover(sources: Sequence[str] = (), wanted: Sequence[str] = ()) -> Registry:
    """Load all claims from `sources`: importable package names or paths of folders or files.

    With none, the packages registered under the entry-point group ``explore_theory.claims``; one that is not
    there is `Broken`. So is the second of two claims of one namespace that share an id or a slug.

    With `wanted`, claims of ours that none of these selectors means may be missing, and the ledgers be empty;
    what is there is the same as among all (see `notes`).

    Raises
    ------
    InvalidClaim
        If one of `sources` does not exist, or the chain of a paper is none of its ledger.
    """
    forget_edited()
    roots, gone = roots_of(sources)
    notes = {root.path: Notes(root.path) for root in roots if root.path.is_dir() and is_shipped(root.path)}
    left_out = _left_out(notes.values(), wanted)
    found = _load(roots, left_out)
    if left_out and not found.stands_without(left_out.values(), wanted):
        left_out = {}
        found = _load(roots, left_out)
    claims, doubles = _distinct(sorted(found.claims, key=_place))
    for double in doubles:
        # It takes no part in the shares, and is to be told of again.
        del found.notes[double.path]
    for folder, kept in notes.items():
        known = {file: note for file, note in (left_out | found.notes).items() if file.is_relative_to(folder)}
        if known != {file: kept.found.get(file) for file in known}:
            kept.keep(known)
    return Registry(
        claims=_with_shares(_labelled(claims), [note.counts for note in left_out.values() if note.counts]),
        broken=(*map(_missing, gone), *found.broken, *doubles),
        statements=found.ledgers.statements,
        paper=found.ledgers.paper,
        papers=found.ledgers.papers,
        proofs=found.ledgers.proofs(),
        owners=found.ledgers.owners,
    )


def roots_of(sources: Sequence[str]) -> tuple[list[Root], list[EntryPoint]]:
    """Where `discover` looks given `sources`, and the installed entry points whose package is not there."""
    roots, gone = installed()
    return ([named(source, roots) for source in sources], []) if sources else (roots, gone)


def _place(registered: Registered) -> tuple[Any, ...]:
    claim = registered.claim
    return claim.theorem, natural(claim.id), registered.namespace


def _left_out(notes: Iterable[Notes], wanted: Sequence[str]) -> dict[Path, Note]:
    """What need not be imported, as far as is known beforehand: nothing if all is asked for, or a number."""
    if not wanted or any(map(numbered, wanted)):
        return {}
    return {file: note for kept in notes for file, note in kept.found.items() if not note.is_meant(wanted)}


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What was imported: claims, what failed, the rows of ledgers, and notes for the next time."""

    claims: list[Registered] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    ledgers: Ledgers = field(default_factory=Ledgers)
    notes: dict[Path, Note] = field(default_factory=dict)

    def stands_without(self, others: Collection[Note], wanted: Sequence[str]) -> bool:
        """Whether this is all that `wanted` asks for, and no other claim would change what it is called.

        Ledgers are read whole or not at all.
        """
        taken = {name.lower() for note in others for name in note.names[:2]}
        mine = {name.lower() for r in self.claims for name in (r.claim.id, r.claim.slug)}
        met = all(any(_means(selector, r) for r in self.claims) for selector in wanted)
        return met and taken.isdisjoint(mine) and not self.ledgers


def _load(roots: Sequence[Root], left_out: Collection[Path]) -> Loaded:
    """All that `roots` hold, each file once, without what is `left_out`."""
    loaded = Loaded()
    seen: set[Path] = set(left_out)
    for root in roots:
        files = [file for file in claim_files(root.path) if file not in seen]
        seen.update(files)
        load_from(root, files, loaded)
    return loaded


def record_of(claim: Claim, namespace: str, folder: Path) -> dict[str, Any]:
    """What of `claim`, found in `namespace`, goes into a store; its proofs lie below `folder`."""
    proofs = {"proofs": proof_records(claim, folder)} if claim.proofs else {}
    return {**claim_record(claim), **proofs, "namespace": namespace}


def load_from(root: Root, files: Sequence[Path], loaded: Loaded | None = None) -> Loaded:
    """The claims in `files`, and what failed; added to `loaded`."""
    loaded = loaded or Loaded()
    rooms: dict[tuple[str, ...], Room] = {}
    closures = Closures()
    for file in files:
        folders = room_of(file, root.path)
        room = rooms.setdefault(folders, Room(folders))
        try:
            module, rests, claim = _import(root, file, room, closures)
            if claim is not None:
                loaded.claims.append(claim)
            loaded.ledgers.add(module, root.namespace)
            loaded.notes[file] = _note(rests, claim)
        except BaseException as error:
            # A module may end in any way, `SystemExit` and the skips of pytest included.
            if isinstance(error, KeyboardInterrupt):
                raise
            loaded.broken.append(_broken(root, file, error))
    return loaded


def _note(rests: Collection[Path], registered: Registered | None) -> Note:
    files = tuple(sorted(map(str, rests)))
    if registered is None:
        return Note(names=(), counts=None, rests=files)
    claim = registered.claim
    counts = counts_of(claim, shipped=registered.shipped)
    return Note(names=(claim.id, claim.slug, claim.theorem), counts=counts, rests=files)


def _import(
    root: Root, file: Path, room: Room, closures: Closures
) -> tuple[ModuleType, Collection[Path], Registered | None]:
    """The module in `file`, the files that it rests on, and its claim if it has one."""
    path = room.path
    imports = closures.of(module_name(file), file, path)
    module = room.load(file, frozenset(imports.files.values()))
    if room.path != path:
        imports = closures.of(module_name(file), file, room.path)
    claim = getattr(module, "CLAIM", None)
    if claim is None and _CLAIM_FILE.fullmatch(file.name):
        raise InvalidClaim(f"{file.name} is named like a claim and must define CLAIM")
    if claim is None:
        return module, imports.files.values(), None
    if not isinstance(claim, Claim):
        raise InvalidClaim(f"CLAIM must be a Claim, got CLAIM={claim!r}")
    if not isinstance(claim.theorem, str):
        raise InvalidClaim(f"theorem must be the name of a folder, got theorem={claim.theorem!r}")
    covers = covered(imports, claim.sources, file.parent, proof_sources(claim, file.parent))
    record = record_of(claim, root.namespace, file.parent)
    if (size := len(dumps(record))) > MOST:
        raise InvalidClaim(f"the record of {claim.id} must be at most {MOST:,} bytes, got {size:,}")
    home = root.path if root.path.is_dir() else root.path.parent
    require_covered(claim.id, file, covers, home)
    registered = Registered(
        claim=claim,
        path=file,
        digest=_digest(record, covers),
        covers=covers,
        room=room,
        home=home,
        namespace=root.namespace,
        shipped=is_shipped(file),
    )
    return module, covers.files, registered


def _digest(record: dict[str, Any], covers: Covered) -> str:
    try:
        return claim_digest(record, covers)
    except (TypeError, ValueError) as error:
        raise InvalidClaim(
            f"{record['id']} must be a record of numbers and words, params included, got {error}"
        ) from None


def require_covered(id: str, path: Path, covers: Covered, home: Path) -> None:
    """Refuse that the claim in `path`, or a module it imports, has read what its digest does not cover.

    Raises
    ------
    InvalidClaim
        Naming the first such file.
    """
    missing = reads.uncovered([path, *covers.modules.values()], covers.files, home)
    if missing:
        raise InvalidClaim(
            f"the digest of {id} does not cover {missing[0]}, which it read: name it in sources="
            + f" (and {len(missing) - 1} more)" * (len(missing) > 1)
        )


def _broken(root: Root, file: Path, error: BaseException) -> Broken:
    return Broken(
        name=file.stem,
        path=file,
        reason=reason_of(error),
        trace="".join(traceback.format_exception(error)),
        line=line_of(error, file),
        namespace=root.namespace,
        expected=guess(file),
    )


def _missing(point: EntryPoint) -> Broken:
    reason = f"InvalidClaim: entry point {point.name} must name a package of claims, got {point.value!r}"
    return Broken(name=point.name, path=Path(point.value), reason=reason, trace=reason, namespace=point.name)


def _distinct(claims: Sequence[Registered]) -> tuple[list[Registered], list[Broken]]:
    """The claims whose id and slug no earlier one of their namespace has, and the others as broken."""
    first: dict[tuple[str, str], Registered] = {}
    kept, broken = [], []
    for registered in claims:
        claim, space = registered.claim, registered.namespace
        names = [(space, claim.id.lower()), (space, claim.slug)]
        taken = next((name for name in names if name in first), None)
        if taken is None:
            kept.append(registered)
            first.update(dict.fromkeys(names, registered))
            continue
        said = f"{taken[1]!r} must name one claim, got {first[taken].path} and {registered.path}"
        expected = Guess(ids=(claim.id,), slugs=(claim.slug,), theorems=(claim.theorem,))
        broken.append(
            Broken(
                name=registered.path.stem,
                path=registered.path,
                reason=f"InvalidClaim: {said}",
                trace=f"InvalidClaim: {said}",
                line=str(registered.path),
                namespace=space,
                expected=expected,
            )
        )
    return kept, broken


def _labelled(claims: Sequence[Registered]) -> list[Registered]:
    times = Counter(r.claim.id.lower() for r in claims)
    return [
        replace(
            r, label=f"{r.namespace}:{r.claim.id}" if r.namespace and times[r.claim.id.lower()] > 1 else ""
        )
        for r in claims
    ]


def _with_shares(claims: Sequence[Registered], others: Sequence[Counts]) -> tuple[Registered, ...]:
    found = shares([(r.claim, r.shipped) for r in claims], others)
    return tuple(
        replace(r, share=one, variant_share=other) for r, (one, other) in zip(claims, found, strict=True)
    )


def _others(claim: Claim) -> tuple[str, str]:
    return claim.slug, plain(claim.theorem)


def _means(selector: str, registered: Registered) -> bool:
    claim = registered.claim
    return matches(selector, registered.namespace, [claim.id], _others(claim))


def _mentions(selector: str, broken: Broken) -> bool:
    """Whether the file of `broken` has the name `selector` in quotes."""
    return matches(selector, broken.namespace, (), broken.expected.words)


def _expects(selector: str, broken: Broken) -> bool:
    expected = broken.expected
    others = (*expected.slugs, *expected.theorems, broken.name)
    return matches(selector, broken.namespace, expected.ids, others)
