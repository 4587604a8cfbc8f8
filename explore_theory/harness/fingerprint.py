"""Digests of source code: an edited claim, or an edited engine, never returns its old verdict."""

from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path

import explore_theory

#: Parts of the package that show results but cannot change them.
_FACES = ("reporting", "cli.py", "pytest_plugin.py")

#: Libraries whose version is recorded with every session.
LIBRARIES = ("explore-theory", "numpy", "scipy", "sympy", "cvxpy", "clarabel", "python-flint", "mpmath")


def digest_of(files: Iterable[Path]) -> str:
    """A digest of the names and contents of `files`, in sorted order."""
    state = blake2b(digest_size=16)
    for file in sorted(files):
        content = file.read_bytes()
        state.update(f"{file.name}\x1f{len(content)}\x1f".encode())
        state.update(content)
    return state.hexdigest()


@cache
def package_digest() -> str:
    """The digest of everything in this package that can change a number."""
    root = Path(explore_theory.__file__).parent
    files = [f for f in root.rglob("*.py") if f.relative_to(root).parts[0] not in _FACES]
    return digest_of(files)


def claim_digest(module: Path, shared: Iterable[Path]) -> str:
    """The digest of a claim: its own module, the modules its folder tree shares, and the package."""
    state = blake2b(digest_size=16)
    for part in (package_digest(), digest_of([module]), digest_of(shared)):
        state.update(part.encode())
    return state.hexdigest()


def library_versions() -> dict[str, str]:
    """Installed versions of `LIBRARIES` and of Python, and of what compiles kernels."""
    import platform

    from explore_theory.compiled import kernel_name

    versions = {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}
    kernels = kernel_name()
    return versions | {"kernels": version("numba") if kernels == "numba" else kernels}
