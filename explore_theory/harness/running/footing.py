"""What another machine must have in common with this one before a block may run there.

The digest of a claim is made here, from the files and libraries of this machine. A result that is stored
under it must come from the same: so the same are looked for there, and what differs is named.
"""

import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import Path

from explore_theory.foundation.brief import brief
from explore_theory.harness.discovery.fingerprint import library_versions, package_digest
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.isolation.imports import installed_marks

#: Differences that are named; where code differs, it mostly differs in many files.
_FEW = 3


@brief
@dataclass(frozen=True, kw_only=True)
class Footing:
    """What claims rest on, here.

    Parameters
    ----------
    package
        The digest of this package.
    versions
        Of Python, of the libraries that are part of every digest, and of the kind of processor.
    distributions
        The mark of each distribution that the claims import (see `isolation.imports.owners`).
    files
        The digest of each file that the digests of the claims cover.
    """

    package: str
    versions: Mapping[str, str]
    distributions: Mapping[str, str]
    files: Mapping[str, str]


def footing(claims: Iterable[Registered]) -> Footing:
    """What `claims` rest on, here."""
    distributions: dict[str, str] = {}
    files: dict[str, str] = {}
    for registered in claims:
        covers = registered.covers
        if covers is not None:
            distributions.update(covers.distributions)
            files.update((str(file), _digest(str(file), covers.stamps.get(file))) for file in covers.files)
    return Footing(package=package_digest(), versions=_versions(), distributions=distributions, files=files)


def differences(expected: Footing) -> tuple[str, ...]:
    """What is other than `expected` on this machine, in words; nothing if it may run the claims."""
    found = []
    here = _versions()
    for name, version in expected.versions.items():
        if here.get(name) != version:
            found.append(f"{name} {here.get(name, 'is missing')}, not {version}")
    if package_digest() != expected.package:
        found.append("another code of explore-theory")
    marks = installed_marks(frozenset(expected.distributions))
    for name, mark in expected.distributions.items():
        if marks.get(name) != mark:
            found.append(f"{name} {marks.get(name, 'is missing')}, not {mark}")
    for name, digest in expected.files.items():
        try:
            if _digest(name, None) != digest:
                found.append(f"another file {name}")
        except OSError:
            found.append(f"no file {name}")
    more = (f"{len(found) - _FEW} more",) * (len(found) > _FEW)
    return (*found[:_FEW], *more)


@cache
def _versions() -> dict[str, str]:
    # Other processors round other functions otherwise, and compile other kernels.
    return library_versions() | {"processor": platform.machine()}


def _digest(name: str, stamp: tuple[int, int] | None) -> str:
    """The digest of a file; one that has a `stamp` is read once for all claims that share it."""
    return _content(name) if stamp is None else _stamped(name, stamp)


@lru_cache(maxsize=2**17)
def _stamped(name: str, stamp: tuple[int, int]) -> str:
    return _content(name)


def _content(name: str) -> str:
    return blake2b(Path(name).read_bytes(), digest_size=16).hexdigest()
