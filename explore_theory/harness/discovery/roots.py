"""Where claims are looked for: folders, files and packages, each with a namespace for what is found there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from explore_theory.errors import InvalidClaim
from explore_theory.harness.isolation.imports import package_folder

ENTRY_POINTS = "explore_theory.claims"
#: A line that gives a module what claims are found by.
_SETS = re.compile(rb"^[ \t]*(?:(?:CLAIM|STATEMENTS)\b[^=\n]*=|from\b[^\n]*\bCLAIM\b)", re.MULTILINE)
_SHIPPED = "proofs_checks"


@dataclass(frozen=True)
class Root:
    """A folder or file of claims, and the namespace of those in it."""

    path: Path
    namespace: str


def named(source: str, known: Sequence[Root]) -> Root:
    """The root that `source` names: a path if there is one, else an importable package.

    What lies in an installed one of `known` is of its namespace, anything else of its folder's name.

    Raises
    ------
    InvalidClaim
        If it does not exist.
    """
    path = Path(source)
    folder = path.resolve() if path.exists() else package_folder(source)
    if folder is None or (folder.is_file() and folder.suffix != ".py"):
        raise InvalidClaim(
            f"claims must be a package, folder or file that exists (of Python), got claims={source!r}"
        )
    if not path.exists() and not holds_claims(folder):
        # To look for claims in it would import all of it, its tests included.
        raise InvalidClaim(
            f"claims must be a package with a file that defines CLAIM, got none in the package {source}"
        )
    if is_shipped(folder):
        return Root(folder, "")
    around = [root for root in known if folder.is_relative_to(root.path)]
    own = folder.parent.name if folder.is_file() else folder.name
    return Root(folder, max(around, key=lambda root: len(root.path.parts)).namespace if around else own)


def installed() -> tuple[list[Root], list[EntryPoint]]:
    """The installed packages of claims, each once, and the entry points whose package is not there."""
    roots: dict[Path, Root] = {}
    gone: dict[tuple[str, str], EntryPoint] = {}
    for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda p: (p.value, p.name)):
        folder = package_folder(point.value)
        if folder is None:
            gone[point.name, point.value] = point
        else:
            roots.setdefault(folder, Root(folder, "" if is_shipped(folder) else point.name))
    return list(roots.values()), list(gone.values())


def is_shipped(path: Path) -> bool:
    """Whether `path` lies in the package of our own claims."""
    shipped = package_folder(_SHIPPED)
    return shipped is not None and path.is_relative_to(shipped)


def claim_files(root: Path) -> list[Path]:
    """The Python files below `root` (or `root` itself), without private ones and those of environments."""
    if root.is_file():
        return [root]
    files = (f for f in root.rglob("*.py") if not f.name.startswith("_"))
    return sorted(f for f in files if not _set_apart(f.relative_to(root)))


def holds_claims(root: Path) -> bool:
    """Whether some file below `root` sets ``CLAIM`` or ``STATEMENTS``; nothing is imported to find out."""
    return any(_SETS.search(_content(file)) for file in claim_files(root))


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _set_apart(path: Path) -> bool:
    return any(part.startswith(".") or part in ("__pycache__", "site-packages") for part in path.parts[:-1])
