"""Finding claims: walk a package or a folder, import every module, collect each ``CLAIM``.

A module named like a claim (``f1_gap_is_kl.py``) must define one; any other module is shared code. A module
that cannot be imported, or whose claim is malformed, is kept as `Broken`, so the others still run.
"""

import importlib
import importlib.metadata
import importlib.util
import re
import sys
import traceback
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType

from explore_theory.errors import InvalidClaim, UnknownSelector
from explore_theory.harness.budget import PLUGINS, SHARES, with_shares
from explore_theory.harness.claim import Claim
from explore_theory.harness.fingerprint import claim_digest
from explore_theory.harness.records import natural
from explore_theory.harness.statements import Statement

ENTRY_POINTS = "explore_theory.claims"
_SHIPPED = "proofs_checks"
_CLAIM_FILE = re.compile(r"[a-z]+[0-9]+[a-z]?_\w+\.py|[a-z]t[a-z]?_\w+\.py")


@dataclass(frozen=True, kw_only=True)
class Registered:
    """A claim with where it came from and what keys its results.

    Parameters
    ----------
    path, digest, shared
        Its file, the digest of its source, and the other files that enter the digest.
    shipped
        Whether it is one of ours.
    share, variant_share
        The fraction of the session's alpha that one of its comparisons, or its variants', may use.
    """

    claim: Claim
    path: Path
    digest: str
    shared: tuple[Path, ...] = ()
    shipped: bool = False
    share: float = SHARES[PLUGINS]
    variant_share: float = SHARES[PLUGINS]


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A module that should hold a claim and does not; `reason` is one line, `trace` the whole story."""

    name: str
    path: Path
    reason: str
    trace: str


@dataclass(frozen=True, kw_only=True)
class Registry:
    """Every claim found, in a fixed order (folder, then id), what could not be loaded, and the ledger."""

    claims: tuple[Registered, ...]
    broken: tuple[Broken, ...]
    statements: tuple[Statement, ...] = ()

    def select(self, selectors: Sequence[str]) -> tuple[Registered, ...]:
        """The claims that match any of `selectors` (all claims if there are none), in registry order.

        A selector is an id (``F1``, any case), a slug, a theorem folder (``-`` or ``_``) or a glob; a glob
        with a capital letter (``C*``) is about ids only.

        Raises
        ------
        UnknownSelector
            If one matches nothing; the message names near matches.
        """
        if not selectors:
            return self.claims
        chosen: set[str] = set()
        for selector in selectors:
            found = [r for r in self.claims if _matches(selector, r.claim)]
            if not found:
                raise UnknownSelector(self._unknown(selector))
            chosen.update(r.claim.id for r in found)
        return tuple(r for r in self.claims if r.claim.id in chosen)

    def _unknown(self, selector: str) -> str:
        names = sorted({name for r in self.claims for name in _names(r.claim)})
        near = get_close_matches(_plain(selector), names, n=3, cutoff=0.5)
        advice = f"did you mean {' or '.join(near)}?" if near else "see `explore-theory list`"
        return f"selector must match a claim id, slug, theorem or glob, got selector={selector!r}; {advice}"


def discover(sources: Sequence[str] = ()) -> Registry:
    """Load all claims from `sources`: importable package names or paths of folders or files.

    With none, the packages registered under the entry-point group ``explore_theory.claims``.

    Raises
    ------
    InvalidClaim
        If a source does not exist, or two claims share an id or a slug.
    """
    if sources:
        roots = [_located(source) for source in sources]
    else:
        points = importlib.metadata.entry_points(group=ENTRY_POINTS)
        roots = [_package(name) for name in sorted({point.value for point in points})]
    claims: list[Registered] = []
    broken: list[Broken] = []
    statements: list[Statement] = []
    for root in dict.fromkeys(roots):
        found, failed, listed = _load(root)
        claims.extend(found)
        broken.extend(failed)
        statements.extend(listed)
    claims.sort(key=lambda r: (r.claim.theorem, natural(r.claim.id)))
    _require_distinct(claims)
    return Registry(claims=tuple(with_shares(claims)), broken=tuple(broken), statements=tuple(statements))


def claim_files(root: Path) -> list[Path]:
    """The Python files below `root` (or `root` itself), without private ones."""
    if root.is_file():
        return [root]
    return sorted(f for f in root.rglob("*.py") if not f.name.startswith("_"))


def _located(source: str) -> Path:
    """The folder or file that `source` names: a path if there is one, else an importable package."""
    path = Path(source)
    return path.resolve() if path.exists() else _package(source)


def _package(name: str) -> Path:
    """The folder of an importable package."""
    spec = None
    if re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", name):
        with suppress(ModuleNotFoundError):
            spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise InvalidClaim(f"claims must be a package, folder or file that exists, got claims={name!r}")
    return Path(next(iter(spec.submodule_search_locations))).resolve()


def _load(root: Path) -> tuple[list[Registered], list[Broken], list[Statement]]:
    files = claim_files(root)
    modules: dict[Path, ModuleType] = {}
    broken: list[Broken] = []
    for file in files:
        try:
            module = import_file(file)
            claim = getattr(module, "CLAIM", None)
            if claim is None and _CLAIM_FILE.fullmatch(file.name):
                raise InvalidClaim(f"{file.name} is named like a claim and must define CLAIM")
            if claim is not None and not isinstance(claim, Claim):
                raise InvalidClaim(f"CLAIM must be a Claim, got CLAIM={claim!r}")
            modules[file] = module
        except (Exception, SystemExit) as error:
            broken.append(
                Broken(
                    name=file.stem,
                    path=file,
                    reason=f"{type(error).__name__}: {error}".splitlines()[0],
                    trace=traceback.format_exc(),
                )
            )
    shared = tuple(file for file, module in modules.items() if not hasattr(module, "CLAIM"))
    shipped = root == _package(_SHIPPED) or root.is_relative_to(_package(_SHIPPED))
    claims = [
        Registered(
            claim=module.CLAIM, path=file, digest=claim_digest(file, shared), shared=shared, shipped=shipped
        )
        for file, module in modules.items()
        if hasattr(module, "CLAIM")
    ]
    statements = [s for module in modules.values() for s in getattr(module, "STATEMENTS", ())]
    return claims, broken, statements


def import_file(file: Path) -> ModuleType:
    """Import `file` under its full name: the packages around it, if any, then its own."""
    top = file.parent
    while (top / "__init__.py").exists():
        top = top.parent
    if str(top) not in sys.path:
        sys.path.insert(0, str(top))
    name = ".".join(file.relative_to(top).with_suffix("").parts)
    module = importlib.import_module(name)
    loaded = Path(module.__file__ or "").resolve()
    if loaded != file:
        raise InvalidClaim(f"{name} must come from {file}, got the one already imported from {loaded}")
    return module


def _require_distinct(claims: Iterable[Registered]) -> None:
    seen: dict[str, Registered] = {}
    for registered in claims:
        for name in (registered.claim.id.lower(), registered.claim.slug):
            other = seen.setdefault(name, registered)
            if other is not registered:
                raise InvalidClaim(f"{name!r} must name one claim, got {other.path} and {registered.path}")


def _names(claim: Claim) -> tuple[str, ...]:
    return claim.id.lower(), claim.slug, _plain(claim.theorem)


def _plain(text: str) -> str:
    return text.lower().replace("_", "-")


def _matches(selector: str, claim: Claim) -> bool:
    # `C*` asks for ids; without this it would also find every slug and theorem that begins with c.
    only_ids = any(c in selector for c in "*?[") and selector != selector.lower()
    names = _names(claim)[:1] if only_ids else _names(claim)
    return any(fnmatchcase(name, _plain(selector)) for name in names)
