"""What a file imports: the transitive closure of its import statements, resolved without running anything.

Every module found is standard library, part of an installed distribution, part of this package, or *source*:
code that its author edits, wherever it lies (beside the claim, an editable install, a folder on the path).
Only source is read further.
"""

import re
import site
import sys
import sysconfig
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, lru_cache
from hashlib import blake2b
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import Distribution, PackageNotFoundError, requires
from pathlib import Path

from explore_theory.foundation.import_statements import imported_names

PACKAGE = "explore_theory"


@dataclass(frozen=True, kw_only=True)
class Imports:
    """Source files by the full name of their module, and what identifies each installed distribution."""

    files: dict[str, Path] = field(default_factory=dict)
    distributions: dict[str, str] = field(default_factory=dict)


class Closures:
    """Closures of many modules of one root, each file looked at once: one object for one look at the sources.

    What is edited meanwhile is refused when it is imported, or read without being covered.
    """

    def __init__(self) -> None:
        self._seen: dict[tuple[tuple[str, ...], str | None], _Sources] = {}

    def of(self, name: str, file: Path, folders: Sequence[str] = ()) -> Imports:
        """All that module `name` in `file` imports, itself included; `folders` come before the normal path.

        What lies in the same top-level package as `file` counts as source even where it is installed: a
        version that its author forgot to raise must not hide an edit.
        """
        # A module in no package makes all of its folder no package either, so only a package can be a home.
        home = name.partition(".")[0] if "." in name else None
        sources = self._seen.setdefault((tuple(folders), home), _Sources(tuple(folders), home))
        found = Imports()
        waiting = [(name, file)]
        for step in range(1, name.count(".") + 1):
            waiting.extend(sources.run_by(name.rsplit(".", step)[0], found.distributions))
        while waiting:
            module, path = waiting.pop()
            if module not in found.files:
                found.files[module] = path
                waiting.extend(sources.imported_by(module, path, found.distributions))
        return found


def find(name: str, folders: Sequence[str] = ()) -> ModuleSpec | None:
    """The spec of `name`, found without running any module; `folders` come before the normal path."""
    return _Finder(tuple(folders)).find(name)


def package_folder(name: str) -> Path | None:
    """The folder of the importable package `name`, or None."""
    if not name.isascii() or not all(part.isidentifier() for part in name.split(".")):
        return None
    spec = find(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))).resolve()


def room_spec(name: str, folders: Sequence[str]) -> ModuleSpec | None:
    """The spec of the top-level `name` in `folders`; a folder without ``__init__.py`` is only a last resort.

    A module there may stand for an installed one of the same name, but not for a `reserved` one.
    """
    spec = PathFinder.find_spec(name, list(folders)) if folders else None
    if spec is None or reserved(name):
        return None
    elsewhere = normal_spec(name, None) if spec.origin is None else None
    return None if elsewhere is not None and elsewhere.origin is not None else spec


def normal_spec(name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    """The spec of `name` as Python itself finds it, were it not loaded yet."""
    for finder in sys.meta_path:
        if getattr(finder, "of_a_room", False) or not hasattr(finder, "find_spec"):
            continue
        # A finder of someone else's that stumbles over a name does not know the module.
        with suppress(ImportError, AttributeError, ValueError, KeyError):
            if spec := finder.find_spec(name, path):
                return spec
    return None


def file_of(spec: ModuleSpec) -> Path | None:
    """The file behind `spec`: None for built-in and frozen modules and folders without ``__init__.py``."""
    if not spec.has_location or spec.origin is None:
        return None
    path = Path(spec.origin)
    # A module inside an archive changes with the archive.
    return next((p.absolute() for p in (path, *path.parents) if p.is_file()), None)


def is_source(name: str, file: Path) -> bool:
    """Whether the module `name` in `file` is neither standard library, nor installed, nor of this package."""
    top = name.partition(".")[0]
    if top == PACKAGE or (file.is_relative_to(_stdlib()) and not _site_of(file)):
        return False
    return not (_site_of(file) and owners(top, _site_of(file)))


@cache
def owners(top: str, folder: Path | None) -> dict[str, str]:
    """The distributions installed in `folder` that hold the top-level module `top`, with a mark of each.

    The mark is its version. What was not installed from an index (but a local folder, a repository) may
    change under one version; there the digests that it lists of its own files are added.
    """
    found: dict[str, str] = {}
    if folder is not None and folder.is_dir():
        for info in _holders(folder, folder.stat().st_mtime_ns).get(top.encode(), ()):
            found.update(_marked(info))
    return found


@lru_cache(maxsize=64)
def _holders(folder: Path, changed: int) -> dict[bytes, list[Path]]:
    """For each top-level name, what tells of the distributions in `folder` that hold it; read once for all.

    A name stands first in a line of what they list, before a ``/``, a ``.`` or the end. `changed` is when
    something was last installed there.
    """
    found: dict[bytes, list[Path]] = {}
    for info in _installed_in(folder):
        for name in dict.fromkeys(
            re.split(rb"[/.]", line, maxsplit=1)[0] for line in _listed(info).splitlines()
        ):
            found.setdefault(name, []).append(info)
    return found


@cache
def installed_marks(names: frozenset[str]) -> dict[str, str]:
    """The marks (see `owners`) of those of the distributions `names` that are installed here."""
    found: dict[str, str] = {}
    for folder in installed_folders() if names else ():
        for info in _installed_in(folder):
            for name, mark in _marked(info).items():
                if name in names:
                    found.setdefault(name, mark)
    return found


def _installed_in(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.dist-info"), *folder.glob("*.egg-info")])


def _listed(info: Path) -> bytes:
    """The lines in which a distribution tells of its files and modules."""
    return b"\n" + b"".join(_content(info / part) for part in ("RECORD", "top_level.txt"))


def _marked(info: Path) -> dict[str, str]:
    """The name and the mark of what is installed."""
    distribution = Distribution.at(info)
    mark = str(distribution.version)
    if (info / "direct_url.json").exists():
        lines = sorted(line for line in _listed(info).splitlines() if b".pyc," not in line)
        mark += f"+{blake2b(b''.join(lines), digest_size=8).hexdigest()}"
    return {str(distribution.name): mark}


@cache
def reserved(top: str) -> bool:
    """Whether `top` is a module of Python, of this package, or of a library that this package needs.

    Modules beside claims cannot stand for these: the engine's own imports would go wrong.
    """
    if top in sys.stdlib_module_names or top == PACKAGE:
        return True
    return any(_plain(name) in _requirements() for f in installed_folders() for name in owners(top, f))


@cache
def _requirements() -> frozenset[str]:
    """Distributions that this package requires, and those that they require."""
    waiting, found = [_plain(PACKAGE)], set[str]()
    while waiting:
        if (name := waiting.pop()) in found:
            continue
        found.add(name)
        with suppress(PackageNotFoundError):
            for line in requires(name) or ():
                needed, _, condition = line.partition(";")
                if "extra" not in condition and (start := re.match(r"[\w.-]+", needed)):
                    waiting.append(_plain(start.group()))
    return frozenset(found - {_plain(PACKAGE)})


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


@cache
def installed_folders() -> tuple[Path, ...]:
    """Where installed distributions lie."""
    folders = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()]
    named = [p for p in sys.path if Path(p).name in ("site-packages", "dist-packages")]
    return tuple(dict.fromkeys(Path(p) for p in (*folders, site.getusersitepackages(), *named)))


@cache
def _stdlib() -> Path:
    return Path(sysconfig.get_path("stdlib"))


def _site_of(file: Path) -> Path | None:
    return next((folder for folder in installed_folders() if file.is_relative_to(folder)), None)


def _content(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


class _Finder:
    """Specs by full name, each looked up once."""

    def __init__(self, folders: tuple[str, ...]) -> None:
        self._folders = folders
        self._known: dict[str, ModuleSpec | None] = {}

    def find(self, name: str) -> ModuleSpec | None:
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def _find(self, name: str) -> ModuleSpec | None:
        parent, dot, _ = name.rpartition(".")
        if not dot:
            return room_spec(name, self._folders) or normal_spec(name, None)
        around = self.find(parent)
        if around is None or around.submodule_search_locations is None:
            return None
        return normal_spec(name, list(around.submodule_search_locations))


#: Source files by the full names of their modules, and distributions with what marks each.
_Found = tuple[tuple[tuple[str, Path], ...], dict[str, str]]


class _Sources:
    """What importing a name runs, and what a file imports, each found once.

    Parameters
    ----------
    folders
        Where to look before the normal path.
    home
        The top-level package that counts as source wherever it lies.
    """

    def __init__(self, folders: tuple[str, ...], home: str | None) -> None:
        self._finder, self._home = _Finder(folders), home
        self._run: dict[str, _Found] = {}
        self._imported: dict[tuple[str, Path], _Found] = {}

    def run_by(self, name: str, distributions: dict[str, str]) -> tuple[tuple[str, Path], ...]:
        """The source files that importing `name` runs; what else it runs is added to `distributions`."""
        if name not in self._run:
            self._run[name] = self._look(name)
        files, installed = self._run[name]
        distributions.update(installed)
        return files

    def imported_by(
        self, module: str, file: Path, distributions: dict[str, str]
    ) -> tuple[tuple[str, Path], ...]:
        """The source files that `module` in `file` may import; what else is added to `distributions`."""
        key = module, file
        if key not in self._imported:
            installed: dict[str, str] = {}
            python = file.suffix == ".py"
            names = imported_names(module, file.name == "__init__.py", file.read_bytes()) if python else ()
            sources = dict.fromkeys(source for name in names for source in self.run_by(name, installed))
            self._imported[key] = tuple(sources), installed
        files, installed = self._imported[key]
        distributions.update(installed)
        return files

    def _look(self, name: str) -> _Found:
        """The files of `name` itself and of the packages around it."""
        top = name.partition(".")[0]
        files: list[tuple[str, Path]] = []
        if top in sys.stdlib_module_names or top == PACKAGE:
            return (), {}
        parts = name.split(".")
        for depth in range(1, len(parts) + 1):
            full = ".".join(parts[:depth])
            spec = self._finder.find(full)
            if spec is None:
                break
            file = file_of(spec)
            if file is None:
                continue
            if top != self._home and not is_source(full, file):
                return tuple(files), owners(top, _site_of(file))
            files.append((full, file.resolve()))
        return tuple(files), {}
