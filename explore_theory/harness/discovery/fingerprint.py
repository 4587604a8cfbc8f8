"""Digests of what a claim rests on: nothing that was edited ever returns its old verdict."""

import glob
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

from explore_theory._package import FOLDER
from explore_theory.errors import InvalidClaim
from explore_theory.foundation.brief import brief
from explore_theory.harness.isolation.imports import Imports
from explore_theory.harness.storage.records import dumps

#: Parts of the package that show results but cannot change them.
_FACES = ("bench", "reporting", "cli", "pytest_plugin.py")

#: Libraries whose version is recorded with every session, and is part of every digest.
LIBRARIES = ("explore-theory", "numpy", "scipy", "sympy", "cvxpy", "clarabel", "python-flint", "mpmath",
             "hypothesis")  # fmt: skip


@brief
@dataclass(frozen=True, kw_only=True)
class Covered:
    """What the digest of a claim covers, besides this package, its libraries and the claim's record.

    Parameters
    ----------
    modules
        Files of source that it imports, however deep, by the full name of their module; its own among them.
    distributions
        Installed distributions that these import, and what tells a version of each apart.
    sources
        Files that it names in ``sources=``, by their path as seen from the claim's folder.
    stamps
        Time of change and size of each file when it was looked at: while these stay, so does the digest.
    """

    modules: Mapping[str, Path] = field(default_factory=dict)
    distributions: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, Path] = field(default_factory=dict)
    stamps: Mapping[Path, tuple[int, int]] = field(default_factory=dict)

    @property
    def files(self) -> frozenset[Path]:
        """Every file covered."""
        return frozenset([*self.modules.values(), *self.sources.values()])


def covered(imports: Imports, named: object, folder: Path, proofs: tuple[str, ...] = ()) -> Covered:
    """What is covered of a claim in `folder`, given what it imports and what it names in ``sources=``.

    The files of its `proofs` are covered beside these.

    Raises
    ------
    InvalidClaim
        If `named` is no tuple of words, or one of them leads to no file.
    """
    if not isinstance(named, tuple | list) or not all(isinstance(name, str) for name in named):
        raise InvalidClaim(f"sources must be a tuple of files, folders or globs, got sources={named!r}")
    sources = {}
    for name in (*named, *proofs):
        found = sorted(_files(folder, name))
        if not found:
            raise InvalidClaim(f"sources must name files that exist below {folder}, got sources={name!r}")
        sources.update({Path(os.path.relpath(path, folder)).as_posix(): path.resolve() for path in found})
    files = [*imports.files.values(), *sources.values()]
    return Covered(
        modules=imports.files,
        distributions=imports.distributions,
        sources=sources,
        stamps={file: _stamp(file) for file in files},
    )


def _files(folder: Path, name: str) -> Iterator[Path]:
    """The files that `name` leads to from `folder`: itself, all in it, or all that match it."""
    literal = folder / name
    matches = (
        [str(literal)]
        if literal.exists()
        else glob.glob(f"{glob.escape(str(folder))}/{name}", recursive=True)
    )
    if os.path.isabs(name) and not literal.exists():
        matches = glob.glob(name, recursive=True)
    for path in map(Path, matches):
        inside = path.rglob("*") if path.is_dir() else [path]
        yield from (file for file in inside if file.is_file() and "__pycache__" not in file.parts)


def digest_of(files: Mapping[str, Path]) -> str:
    """A digest of the names and contents of `files`, in order of their names."""
    state = blake2b(digest_size=16)
    for name in sorted(files):
        content = files[name].read_bytes()
        state.update(f"{name}\x1f{len(content)}\x1f".encode())
        state.update(content)
    return state.hexdigest()


@cache
def package_digest() -> str:
    """The digest of everything in this package that can change a number."""
    files = {f.relative_to(FOLDER).as_posix(): f for f in FOLDER.rglob("*.py")}
    return digest_of({name: file for name, file in files.items() if name.split("/")[0] not in _FACES})


def claim_digest(record: Mapping[str, Any], covers: Covered) -> str:
    """The digest of a claim: its record, all that is covered by name, the package, and its libraries."""
    state = blake2b(digest_size=16)
    parts = (
        package_digest(),
        dumps(_libraries()),
        dumps(record),
        digest_of(covers.modules),
        dumps(dict(sorted(covers.distributions.items()))),
        digest_of(covers.sources),
    )
    for part in parts:
        state.update(f"{len(part)}\x1f{part}".encode())
    return state.hexdigest()


def require_unchanged(record: Mapping[str, Any], covers: Covered, digest: str, *, look: bool = False) -> None:
    """Refuse a claim that is not what it was when found; `look` at contents even if no file was touched.

    Raises
    ------
    InvalidClaim
        If a file that `digest` covers has changed or is gone, or `record` is another here.
    """
    try:
        if not look and all(_stamp(file) == stamp for file, stamp in covers.stamps.items()):
            return
        same = claim_digest(record, covers) == digest
    except OSError:
        same = False
    if not same:
        raise InvalidClaim(
            f"{record['id']} must not change while it runs, got an edit of what it rests on; verify again"
        )


def library_versions() -> dict[str, str]:
    """Installed versions of `LIBRARIES` and of Python, and of what compiles kernels."""
    import platform

    from explore_theory.foundation.compiled import kernel_name

    versions = {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}
    kernels = kernel_name()
    return versions | {"kernels": version("numba") if kernels == "numba" else kernels}


def _stamp(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_mtime_ns, found.st_size


@cache
def _libraries() -> dict[str, str]:
    return library_versions()
