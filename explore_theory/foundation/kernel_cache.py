"""Kernels on disk: compiled once per user, whatever clone, environment or process asks for them first.

Each file with kernels has a folder whose name is a digest of all that its machine code rests on (see
`state`), so nothing in it is ever stale, and nothing depends on where a clone lies or when it was written.
Folders that nobody used for a month go when a new one is made.

Numba keeps an index by file, line, signature and processor in that folder. Two processes may save at once and
a disk may fail, so what comes back is held against a digest of its own and against the signature that was
asked for; what does not fit is compiled again.
"""

import pickle
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import llvmlite
import numba
import numpy as np
from llvmlite import binding
from numba.core import sigutils
from numba.core.caching import CompileResultCacheImpl, FunctionCache, _CacheLocator

from explore_theory.foundation.kernel_sources import is_as_loaded, sources_digest
from explore_theory.foundation.user_cache import forget_unused, note_use, user_cache

#: What our folders of folders are called, in a place that may be shared with others.
_NAME = "kernels-of-explore-theory"

#: Settings of Numba that say where things are kept or shown, not what is compiled.
_NO_MATTER = ("CACHE_DIR", "CACHE_LOCATOR_CLASSES", "COLOR_SCHEME", "NUMBA_NUM_THREADS",
              "NUMBA_DEFAULT_NUM_THREADS")  # fmt: skip


def keep(kernel: Any) -> None:
    """Keep what is compiled of the dispatcher `kernel` on disk, if there is a place where that can be."""
    if folder_of(Path(kernel.py_func.__code__.co_filename)) is not None:
        kernel._cache = _Cache(kernel.py_func)


@cache
def folder_of(file: Path) -> Path | None:
    """Where the kernels of `file` are kept; None if nowhere.

    That is: if it is no file, if it or what it imports was edited since this process began, or if there is no
    place that can be written to.
    """
    if not file.is_file() or getattr(numba.config, "CACHE_LOCATOR_CLASSES", None):
        # Code that was typed in; or places chosen by who does not look at what a kernel calls.
        return None
    if not is_as_loaded(file):
        return None
    for place in _places():
        with suppress(OSError):
            folder = place / _NAME / state(file)
            if not folder.is_dir():
                folder.mkdir(parents=True, exist_ok=True)
                forget_unused(folder.parent)
            note_use(folder)
            TemporaryFile(dir=folder).close()
            return folder
    return None


def state(file: Path) -> str:
    """A digest of all that the machine code of the kernels in `file` rests on.

    That is its source and all that it imports; Python, NumPy, Numba, LLVM; the settings of Numba; and the
    processor, for which code is generated.
    """
    digest = blake2b(digest_size=16)
    for part in (sources_digest(file), *_compiler()):
        digest.update(f"{len(part)}\x1f{part}".encode())
    return digest.hexdigest()


@cache
def _compiler() -> tuple[str, ...]:
    settings = {
        name: str(value)
        for name, value in vars(numba.config).items()
        if name.isupper() and name not in _NO_MATTER and isinstance(value, int | float | str | None)
    }
    return (
        sys.version,
        sys.platform,
        np.__version__,
        numba.__version__,
        llvmlite.__version__,
        ".".join(map(str, binding.llvm_version_info)),
        binding.get_host_cpu_name(),
        binding.get_host_cpu_features().flatten(),
        repr(sorted(settings.items())),
    )


def _places() -> Iterator[Path]:
    """Folders to try: the one that ``NUMBA_CACHE_DIR`` names, the user's for caches, the package's own."""
    if numba.config.CACHE_DIR:
        yield Path(numba.config.CACHE_DIR).absolute()
    if (own := user_cache()) is not None:
        yield own
    yield Path(__file__).parent / "__pycache__"


class _Locator(_CacheLocator):  # type: ignore[misc]
    """Tells Numba where a kernel is kept; what could make it stale is in the name of that folder."""

    def __init__(self, folder: Path, line: int) -> None:
        self._folder, self._line = folder, line

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> "_Locator | None":
        folder = folder_of(Path(py_func.__code__.co_filename))
        return cls(folder, py_func.__code__.co_firstlineno) if folder is not None else None

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_source_stamp(self) -> str:
        return self._folder.name

    def get_disambiguator(self) -> str:
        return str(self._line)


class _Damaged(Exception):
    """A file of the cache does not hold what was put into it."""


class _Sealed(CompileResultCacheImpl):  # type: ignore[misc]
    """What is kept of a kernel, with a digest in front."""

    _locator_classes = (_Locator,)

    def reduce(self, cres: Any) -> tuple[bytes, bytes]:
        kept = pickle.dumps(super().reduce(cres))
        return blake2b(kept).digest(), kept

    def rebuild(self, target_context: Any, payload: tuple[bytes, bytes]) -> Any:
        seal, kept = payload
        if blake2b(kept).digest() != seal:
            raise _Damaged
        return super().rebuild(target_context, pickle.loads(kept))


class _Cache(FunctionCache):  # type: ignore[misc]
    """Numba's cache of one kernel; it never fails, and never returns another signature's code."""

    _impl_class = _Sealed

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            found = super().load_overload(sig, target_context)
        except Exception:
            # Whatever a damaged file makes of itself as it is read: it is written again.
            self._discard()
            return None
        # Of two processes that begin an index at once, one may write the file that the other's index names.
        return found if found is not None and _same(found.signature.args, sig) else None

    def save_overload(self, sig: Any, data: Any) -> None:
        # A full disk, or a folder that was removed meanwhile: what is compiled is there, it is not kept.
        with suppress(OSError):
            super().save_overload(sig, data)

    def _discard(self) -> None:
        with suppress(OSError):
            self.flush()


def _same(arguments: Any, sig: Any) -> bool:
    return tuple(arguments) == tuple(sigutils.normalize_signature(sig)[0])
