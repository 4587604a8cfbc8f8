"""Copies of sources in which faults come and go, each run by processes of its own."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from explore_theory._package import FOLDER
from explore_theory.errors import InvalidClaim
from explore_theory.harness.auditing.patches import Fault
from explore_theory.harness.isolation.imports import file_of, find, installed_folders, package_folder

_SHIPPED = "proofs_checks"
#: What else of the repository is copied where there is one: tests, and what they read.
_BESIDE = ("tests", "docs", "pyproject.toml", "README.md", "CHANGELOG.md")


def has_repository() -> bool:
    """Whether the package lies in its repository, with its tests."""
    return (FOLDER.parent / "tests").is_dir() and (FOLDER.parent / "pyproject.toml").is_file()


def sources_of(files: Iterable[str], homes: Iterable[Path] = ()) -> dict[str, Path]:
    """What a copy holds so that `files` can be patched in it: top-level names, and where they lie.

    The package, our claims where they are installed, and the tests where there is a repository; then each
    further package that `files` begin with, or folder of claims among `homes` that is called so.

    Raises
    ------
    InvalidClaim
        If nothing is called what one of `files` begins with.
    """
    found = {FOLDER.name: FOLDER}
    if (shipped := package_folder(_SHIPPED)) is not None:
        found[_SHIPPED] = shipped
    if has_repository():
        found |= {name: FOLDER.parent / name for name in _BESIDE if (FOLDER.parent / name).exists()}
    folders = {home.name: home for home in homes}
    for file in files:
        top = file.partition("/")[0]
        if top in found:
            continue
        place = (_module(top) if top == file else package_folder(top)) or folders.get(top)
        if place is None:
            raise InvalidClaim(
                f"file must begin with an importable package or the folder of the claims, got file={file!r}"
            )
        found[top] = place
    return found


def _module(file: str) -> Path | None:
    """The file of a module in no package."""
    name = file.removesuffix(".py")
    spec = find(name) if name.isidentifier() else None
    return file_of(spec) if spec is not None else None


class Copy:
    """A copy of `sources` in the new folder `folder`."""

    def __init__(self, folder: Path, sources: Mapping[str, Path] | None = None) -> None:
        self.root = folder.resolve() / "sources"
        self._sources = dict(sources_of(()) if sources is None else sources)
        self._seconds = int(time.time())
        self.root.mkdir(parents=True)
        for name, source in self._sources.items():
            if source.is_dir():
                # With their bytecode, which knows sources by their second and size: these are copied, too.
                shutil.copytree(source, self.root / name, ignore=shutil.ignore_patterns(".*"))
            else:
                shutil.copy(source, self.root / name)

    @contextmanager
    def holding(self, fault: Fault | None) -> Iterator[None]:
        """`fault` is in the copy.

        Raises
        ------
        InvalidClaim
            If its patch does not apply.
        """
        files = fault.files if fault is not None else ()
        try:
            if fault is not None:
                fault.apply(self.root)
                self._date(files)
            yield
        finally:
            for file in files:
                if (source := self._source(file)).is_file():
                    shutil.copy(source, self.root / file)
            self._date(files)

    def _source(self, file: str) -> Path:
        top, _, rest = file.partition("/")
        return self._sources[top] / rest if rest else self._sources[top]

    def moved(self, path: Path) -> Path:
        """Where the copy has `path`, which is `path` itself if it has not."""
        for name, source in self._sources.items():
            if path.is_relative_to(source):
                return self.root / name / path.relative_to(source)
        return path

    def _date(self, files: Iterable[str]) -> None:
        # Python keeps bytecode by the second and the size of the source: two faults in one second look alike.
        self._seconds += 2
        for file in files:
            if (path := self.root / file).is_file():
                os.utime(path, (self._seconds, self._seconds))

    def run(
        self, *arguments: str, limit: float, path: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Python in the copy, with the copy's packages before those along `path`, for `limit` seconds."""
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_"))},
            "PYTHONPATH": os.pathsep.join([str(self.root), *path]),
            "NUMBA_CACHE_DIR": str(self.root.parent / "kernels"),
            "OMP_NUM_THREADS": "1",
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )


def search_path() -> list[str]:
    """The part of this process's path that another does not have by itself."""
    own = [os.path.abspath(entry) for entry in sys.path]
    library = [str(folder) for folder in installed_folders()] + [sys.prefix, sys.base_prefix]
    return [entry for entry in own if os.path.isdir(entry) and not entry.startswith(tuple(library))]
