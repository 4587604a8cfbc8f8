"""A revision of this repository in a folder of its own, with a virtual environment of its own."""

import json
import os
import subprocess
import venv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gauges import Used, used

ROOT = Path(__file__).parents[1]

#: By the oldest names, which newer revisions still lead somewhere.
_CLAIMS = """
import json, sys
from explore_theory.harness.registry import discover
print(json.dumps({r.claim.id: str(r.path) for r in discover().claims}))
"""


class NoRevision(Exception):
    """What was asked for is no revision of this repository, or cannot be installed."""


def commit(revision: str) -> str:
    """The full name of a commit.

    Raises
    ------
    NoRevision
        If `revision` names none.
    """
    done = _git(ROOT, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if done.returncode:
        raise NoRevision(f"base must be a commit of {ROOT}, got base={revision!r}")
    return done.stdout.strip()


def changes() -> int:
    """How many files of the working tree differ from its commit, untracked ones included."""
    return len(_git(ROOT, "status", "--porcelain").stdout.splitlines())


def clone(revision: str, folder: Path) -> Path:
    """A checkout of `revision` in the new folder `folder`, without bytecode or kernels."""
    for arguments in (
        ("clone", "--quiet", "--shared", "--no-checkout", str(ROOT), str(folder)),
        ("-C", str(folder), "checkout", "--quiet", "--detach", revision),
    ):
        if (done := _git(ROOT, *arguments)).returncode:
            raise NoRevision(f"{revision[:10]} cannot be checked out: {_last(done.stderr)}")
    return folder


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """A revision ready to run: `sources` are its files, `folder` holds them and what its runs leave."""

    name: str
    revision: str
    folder: Path
    sources: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sources", self.folder / "sources")

    @property
    def python(self) -> str:
        """The interpreter of its virtual environment."""
        place = "Scripts/python.exe" if os.name == "nt" else "bin/python"
        return str(self.folder / "venv" / place)

    def make(self, constraints: Path) -> None:
        """Check it out and install it, unless an earlier call did.

        Raises
        ------
        NoRevision
            If it cannot be checked out, or pip cannot install it.
        """
        ready = self.folder / "ready"
        if ready.exists() and ready.read_text() == self.revision:
            return
        self.folder.mkdir(parents=True)
        clone(self.revision, self.sources)
        venv.create(self.folder / "venv", with_pip=True)
        done = subprocess.run(
            [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
             "-c", str(constraints), "-e", f"{self.sources}[test]"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise NoRevision(f"{self.name} cannot be installed: pip: {_last(done.stderr)}")
        ready.write_text(self.revision)

    def run(
        self,
        *arguments: str,
        sources: Path | None = None,
        cache: Path | None = None,
        out: Path | None = None,
        fine: Sequence[int] = (0,),
    ) -> Used:
        """Its Python with `arguments`, in its sources or in another clone of them; see `gauges.used`."""
        place = sources or self.sources
        return used(
            [self.python, *arguments],
            cwd=place,
            environment=self._environment(place, cache or self.folder / "cache"),
            out=out,
            fine=fine,
        )

    def verify(self, *arguments: str, **more: object) -> Used:
        """`verify` with whatever verdicts: exit codes 1 and 3 tell of verdicts, not of a fault of the run."""
        return self.run("-m", "explore_theory", "verify", *arguments, fine=(0, 1, 3), **more)  # type: ignore[arg-type]

    def claims(self) -> dict[str, Path]:
        """Where each of its claims is written, by its id."""
        out = self.folder / "claims.json"
        self.run("-c", _CLAIMS, out=out)
        return {id: Path(path) for id, path in json.loads(out.read_text()).items()}

    def tests(self) -> list[str]:
        """The node ids of its default `pytest`, claims as tests included."""
        out = self.folder / "tests.txt"
        self.run("-m", "pytest", "--collect-only", "-q", "-n", "0", "-p", "no:cacheprovider", out=out)
        return [line for line in out.read_text().splitlines() if "::" in line]

    def _environment(self, sources: Path, cache: Path) -> dict[str, str]:
        """Ours, without what would change how it runs; the caches of the user are the checkout's own."""
        dropped = ("PYTHON", "PYTEST_", "COV_", "NUMBA_", "VIRTUAL_ENV")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        return {**kept, "PYTHONPATH": str(sources), "XDG_CACHE_HOME": str(cache), "LOCALAPPDATA": str(cache)}


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise NoRevision("git must be installed to compare revisions") from None


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["without a word"])[-1]
