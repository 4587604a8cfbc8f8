"""Importing claims: each folder in a room of its own, where nothing that another left lies around.

A loose folder is one that Python does not find by itself. Its modules are in ``sys.modules`` only while its
claims are imported or run; ``sys.path`` stays as it was. This is the one place where claims are imported.
"""

import importlib
import os
import sys
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from hashlib import blake2b
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import cache_from_source
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from explore_theory.errors import InvalidClaim
from explore_theory.harness.isolation import reads
from explore_theory.harness.isolation.context import standard_context
from explore_theory.harness.isolation.imports import (
    PACKAGE,
    file_of,
    find,
    is_source,
    normal_spec,
    reserved,
    room_spec,
)

#: Source modules that were imported for claims and found on the normal path, and what their files held.
_OUTSIDE: dict[str, Path] = {}
_HELD: dict[Path, bytes] = {}


class Room:
    """Where the modules of one folder of claims live.

    Parameters
    ----------
    folders
        Where to look before the normal path; empty if the folder is on the normal path.
    added
        What claims in it have put on ``sys.path``; theirs alone.
    """

    def __init__(self, folders: Sequence[str] = (), added: Sequence[str] = ()) -> None:
        self.folders = tuple(folders)
        self.added = tuple(added)
        self._modules: dict[str, ModuleType] = {}
        # Their names by the file that they come from, since claims need few of them at a time.
        self._by_file: dict[Path | None, list[str]] = {}
        self._tops: set[str] = set()
        self._listed: tuple[tuple[str, ...], set[str]] = ((), set())

    @contextmanager
    def entered(self, covered: Collection[Path]) -> Iterator[None]:
        """Inside, imports find the modules of this room; source that is not `covered` must be loaded anew.

        So a module that only another claim imports is not there unannounced.
        """
        before = list(sys.path)
        hidden = self._arrive(covered)
        finder = _RoomFinder(self.folders, frozenset(before), self._tops)
        # At the end they are for processes that a claim starts, which look for its modules along this path.
        sys.path[:] = [*self.added, *before, *self.folders]
        sys.meta_path.insert(0, finder)
        try:
            with _no_way_out():
                yield
        finally:
            self.added = finder.added()
            sys.path[:] = before
            sys.meta_path.remove(finder)
            self._leave(hidden)

    @property
    def path(self) -> tuple[str, ...]:
        """Where its modules are looked for first: its folders, and what claims in it added to the path."""
        return (*self.folders, *self.added)

    def load(self, file: Path, covered: Collection[Path]) -> ModuleType:
        """Import `file` under its full name: the packages around it, if any, then its own.

        Raises
        ------
        InvalidClaim
            If its name belongs to others, or a file changed after it was imported.
        """
        name = module_name(file)
        if self.folders:
            _require_free(name, file)
        # What it sets in other libraries as it is imported is not left to the next claim.
        with standard_context(name), self.entered(covered), reads.watched(file):
            module = importlib.import_module(name)
        loaded = Path(module.__file__ or "").resolve()
        if loaded != file:
            raise InvalidClaim(f"{name} must come from {file}, got the one already imported from {loaded}")
        for path in covered:
            if path in _HELD and _HELD[path] != _mark(path.read_bytes()):
                raise InvalidClaim(f"{path.name} must not change while it is imported, got an edit")
        return module

    def _arrive(self, covered: Collection[Path]) -> dict[str, ModuleType]:
        hidden = {}
        if self._listed[0] != self.path:
            self._listed = self.path, _offered(self.path)
        offered = self._listed[1]
        # No other module can be another room's: there are a thousand, and a room is entered for every claim.
        every = self._tops or offered
        for name in list(sys.modules) if every else [name for name in _OUTSIDE if name in sys.modules]:
            # Judged by the module that is there: its name may have been imported from elsewhere since.
            foreign = name in _OUTSIDE and _file_of_module(sys.modules[name]) not in covered
            top = name.partition(".")[0]
            if foreign or top in self._tops or top in offered:
                hidden[name] = sys.modules.pop(name)
        for file in (None, *covered):
            for name in self._by_file.get(file, ()):
                sys.modules[name] = self._modules[name]
        return hidden

    def _leave(self, hidden: dict[str, ModuleType]) -> None:
        for name in list(sys.modules) if self._tops else ():
            if name.partition(".")[0] in self._tops:
                module = sys.modules.pop(name)
                if self._modules.setdefault(name, module) is module:
                    its = self._by_file.setdefault(_file_of_module(module), [])
                    if name not in its:
                        its.append(name)
        for name, module in hidden.items():
            # What was imported here from the normal path stays, in the place of a namesake from elsewhere.
            sys.modules.setdefault(name, module)


def room_of(file: Path, root: Path) -> tuple[str, ...]:
    """The folders of the room for `file` below `root`: none if the normal path leads to `file`.

    Otherwise the folder that holds the outermost package around it, then those above, up to `root`.
    """
    spec = find(module_name(file))
    found = file_of(spec) if spec is not None else None
    if found is not None and found.resolve() == file:
        return ()
    top = _top(file)
    above = [folder for folder in top.parents if folder.is_relative_to(root)]
    return tuple(map(str, (top, *above)))


def module_name(file: Path) -> str:
    """The full name of the module in `file`: that of the packages around it, then its own."""
    parts = file.relative_to(_top(file)).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def forget_edited() -> None:
    """Let what was imported for claims be imported again if a file has changed since."""
    importlib.invalidate_caches()
    _resolved.cache_clear()
    edited = {path for path, held in _HELD.items() if not path.is_file() or held != _mark(path.read_bytes())}
    if not edited.isdisjoint(_OUTSIDE.values()):
        for name in _OUTSIDE:
            sys.modules.pop(name, None)
        _OUTSIDE.clear()
    for path in edited:
        del _HELD[path]


class _Source(SourceFileLoader):
    """Loads a module of source, noting what its file holds and what it reads on the way."""

    def get_code(self, fullname: str) -> CodeType | None:
        content = self.get_data(self.path)
        _HELD[Path(self.path).resolve()] = _mark(content)
        compiled = Path(cache_from_source(self.path))
        # Python trusts a compiled file by the source's size and whole second, so one of that same second may
        # hold what was there before an edit.
        if compiled.is_file() and int(compiled.stat().st_mtime) <= int(os.stat(self.path).st_mtime):
            return self.source_to_code(content, self.path)
        return super().get_code(fullname)

    def exec_module(self, module: ModuleType) -> None:
        reads.note_source(Path(self.path))
        with reads.watched(Path(self.path).resolve(), anew=True):
            super().exec_module(module)


class _RoomFinder:
    """Finds modules in a room first, and sees which source is imported."""

    of_a_room = True

    def __init__(self, folders: tuple[str, ...], before: frozenset[str], tops: set[str]) -> None:
        self._folders = folders
        self._before = before
        self._tops = tops

    def added(self) -> tuple[str, ...]:
        """What the claims of the room put on ``sys.path``, theirs alone."""
        return tuple(p for p in sys.path if p not in self._before and p not in self._folders)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top == PACKAGE:
            return None
        spec = room_spec(name, (*self._folders, *self.added())) if path is None else None
        if spec is not None:
            self._tops.add(name)
        spec = spec or normal_spec(name, path)
        file = file_of(spec) if spec is not None else None
        if spec is None or file is None or not (top in self._tops or is_source(name, file)):
            return spec
        if type(spec.loader) is SourceFileLoader:
            spec.loader = _Source(name, spec.loader.path)
            if top not in self._tops:
                _OUTSIDE[name] = file.resolve()
        else:
            reads.note_source(file)
        return spec


@contextmanager
def _no_way_out() -> Iterator[None]:
    """A claim that calls ``os._exit`` here must not end the run, with a code of its own choosing."""
    here, leave = (os.getpid(), threading.get_ident()), os._exit

    def refuse(status: int) -> Any:
        # Children that a claim forks, and threads of the engine, may leave this way.
        if (os.getpid(), threading.get_ident()) != here:
            leave(status)
        raise SystemExit(f"a claim must not end its process, got os._exit({status!r})")

    os._exit = refuse
    try:
        yield
    finally:
        os._exit = leave


def _top(file: Path) -> Path:
    top = file.parent
    while (top / "__init__.py").exists():
        top = top.parent
    return top


def _file_of_module(module: ModuleType) -> Path | None:
    file = getattr(module, "__file__", None)
    return _resolved(file) if file is not None else None


@lru_cache(maxsize=2**14)
def _resolved(file: str) -> Path:
    # Asked about every loaded module, for every claim.
    return Path(file).resolve()


def _mark(content: bytes) -> bytes:
    return blake2b(content, digest_size=16).digest()


def _offered(folders: Sequence[str]) -> set[str]:
    """Top-level names of the modules in `folders`."""
    names = set()
    for folder in map(Path, folders):
        names |= {file.stem for file in folder.glob("*.py")}
        names |= {init.parent.name for init in folder.glob("*/__init__.py")}
    return {name for name in names if not name.startswith("__") and not reserved(name)}


def _require_free(name: str, file: Path) -> None:
    top = name.partition(".")[0]
    if reserved(top):
        raise InvalidClaim(
            f"{top} must be a name of its own, got {file}, named like a module of Python or of a library that"
            f" explore-theory needs; rename it"
        )
