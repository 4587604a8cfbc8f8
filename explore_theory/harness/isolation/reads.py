"""Files that claims read while they are imported or run, as Python's audit events tell.

An import statement shows what code a claim depends on; a data file, a computed module name or a program that
it starts does not. What is read unannounced would leave a stale verdict behind when it changes.
"""

import os
import shlex
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from shutil import which
from typing import Any

from explore_theory._package import FOLDER

#: What each owner (the file of a claim or of a module) has read while it was imported or run.
_READ: dict[str, set[str]] = {}

#: Where the reads of this moment go, innermost last; the hook is armed while there is one.
_OWNERS: list[set[str]] = []

#: Files that this process made: what it reads back is no input.
_MADE: set[str] = set()

#: Files of modules that were imported and are source; see `imports`.
_SOURCE: set[Path] = set()

#: When the run began, in this process or in the one that started this worker.
_STARTED = float(os.environ.setdefault("EXPLORE_THEORY_STARTED", repr(time.time())))

#: What lies in the folder of a project.
_PROJECT = ("pyproject.toml", "setup.py", "setup.cfg", ".git")

_CACHES = ("__pycache__", ".pytest_cache", ".hypothesis")
_COMPILED = (".pyc", ".nbi", ".nbc")
_SYSTEM = ("/proc", "/dev", "/sys", "/etc", "/usr", "/bin", "/sbin", "/lib", "/lib64", "/run", "/System")


@contextmanager
def watched(owner: Path, *, anew: bool = False) -> Iterator[None]:
    """What is read inside is noted as read by `owner`, on top of what it read before unless `anew`."""
    _install()
    if anew:
        _READ.pop(str(owner), None)
    _OWNERS.append(_READ.setdefault(str(owner), set()))
    try:
        yield
    finally:
        _OWNERS.pop()


def note_source(file: Path) -> None:
    """Note that the module of source in `file` was imported: that matters wherever it lies."""
    _SOURCE.add(_real(str(file)))
    for owner in _OWNERS[-1:]:
        owner.add(str(file))


def uncovered(owners: Collection[Path], covered: Collection[Path], home: Path) -> list[Path]:
    """What `owners` read that is not `covered` and could turn a verdict: no caches, no files of the system.

    Below `home`, the folder of the claims, and in the projects of what is `covered`, every file counts. In
    the temporary folder those count that were there before the run.
    """
    opened = {_real(name) for owner in owners for name in _READ.get(str(owner), ())}
    homes = tuple(sorted({str(home), *(_project(path.parent) for path in covered)}))
    # What is gone again, or never was a file, has no time of change to look at.
    there = [path for path in opened - set(covered) if path.is_file()]
    return sorted(path for path in there if path in _SOURCE or _matters(path, homes))


def _install() -> None:
    if not _INSTALLED:
        sys.addaudithook(_hook)
        _INSTALLED.append(True)


# Audit hooks cannot be taken away again, so there is one, and only for a process that runs claims.
_INSTALLED: list[bool] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _OWNERS and (tell := _EVENTS.get(event)) is not None:
        try:
            tell(*arguments)
        except (TypeError, ValueError, OSError):
            # Names that are no paths: the call that raised the event will say so better.
            return


def _opened(path: Any, mode: str | None, flags: int) -> None:
    if isinstance(path, int):
        return
    name = os.path.abspath(os.fsdecode(path))
    made = flags & os.O_CREAT and (flags & (os.O_TRUNC | os.O_EXCL) or not os.path.exists(name))
    only_writes = flags & (os.O_WRONLY | os.O_RDWR) == os.O_WRONLY
    reads = not only_writes if mode is None else "r" in mode or "+" in mode
    _tell(name, made=bool(made), reads=reads)


def _tell(name: str, *, made: bool, reads: bool) -> None:
    if made:
        _MADE.add(name)
    elif reads and name not in _MADE:
        _OWNERS[-1].add(name)


def _renamed(source: Any, target: Any, *_: Any) -> None:
    if os.path.abspath(os.fsdecode(source)) in _MADE:
        _MADE.add(os.path.abspath(os.fsdecode(target)))


def _connected(database: Any) -> None:
    name = os.fsdecode(database)
    if name and name != ":memory:" and not name.startswith("file:"):
        _tell(os.path.abspath(name), made=not os.path.exists(name), reads=True)


def _linked(name: Any) -> None:
    if name is not None and os.path.exists(os.fsdecode(name)):
        _OWNERS[-1].add(os.path.abspath(os.fsdecode(name)))


def _started(executable: Any, arguments: Any, *_: Any) -> None:
    """A program: its file, and the files that its arguments name."""
    words = [arguments] if isinstance(arguments, str | bytes | os.PathLike) else list(arguments)
    program = which(os.fsdecode(executable)) if executable is not None else None
    for word in ([program] if program else []) + [os.fsdecode(word) for word in words]:
        # A shell gets its whole line as one word.
        for part in (word, *_words(word)):
            if os.path.isfile(part):
                _tell(os.path.abspath(part), made=False, reads=True)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def _line(command: Any) -> None:
    _started(None, command)


_EVENTS: dict[str, Callable[..., None]] = {
    "open": _opened,
    "os.rename": _renamed,
    "sqlite3.connect": _connected,
    "ctypes.dlopen": _linked,
    "subprocess.Popen": _started,
    "os.system": _line,
    "os.posix_spawn": _started,
    "os.exec": _started,
}


@lru_cache(maxsize=65536)
def _real(name: str) -> Path:
    return Path(os.path.realpath(name))


@lru_cache(maxsize=4096)
def _project(folder: Path) -> str:
    """The innermost folder at or above `folder` that holds a project; `folder` itself if there is none."""
    shared = Path(os.path.realpath(tempfile.gettempdir()))
    for above in (folder, *folder.parents):
        if above in (shared, above.parent):
            break
        if any((above / name).exists() for name in _PROJECT):
            return str(above)
    return str(folder)


@lru_cache(maxsize=65536)
def _matters(path: Path, homes: tuple[str, ...]) -> bool:
    if path.suffix in _COMPILED or any(part in _CACHES for part in path.parts):
        return False
    # The innermost of these folders that holds the file decides: an environment inside a project is not
    # part of it, a project inside a temporary folder is.
    inside = [folder for folder in (*homes, *_elsewhere()) if path.is_relative_to(folder)]
    innermost = max(inside, key=len, default="")
    if not inside or innermost in homes:
        return True
    # What was in the temporary folder before the run is an input; what the run makes there is none.
    return innermost == os.path.realpath(tempfile.gettempdir()) and path.stat().st_ctime < _STARTED


def _elsewhere() -> tuple[str, ...]:
    """Folders of Python, of what is installed, of this package, of the system, of what is kept a while."""
    from explore_theory.harness.isolation.imports import installed_folders

    return _resolved((tempfile.gettempdir(), *map(str, installed_folders()), *_plotting()))


@lru_cache(maxsize=64)
def _resolved(changing: tuple[str, ...]) -> tuple[str, ...]:
    """The folders of `_elsewhere`, links followed: those that may change in a process, and the others."""
    folders = [*_SYSTEM, *changing, str(FOLDER), sysconfig.get_path("stdlib")]
    for prefix in {sys.prefix, sys.base_prefix}:
        folders += [os.path.join(prefix, part) for part in ("bin", "lib", "lib64", "share", "etc", "Lib")]
    return tuple(os.path.realpath(folder) for folder in folders)


def _plotting() -> list[str]:
    """Where Matplotlib keeps its settings and its list of fonts."""
    library = sys.modules.get("matplotlib")
    return [library.get_cachedir(), library.get_configdir()] if library is not None else []
