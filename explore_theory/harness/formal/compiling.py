"""Compiling a proof in a scratch folder: its libraries first, each checked again by the kernel alone."""

import os
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from tempfile import mkdtemp

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.user_cache import forget_unused, note_use, user_cache
from explore_theory.harness.formal.prover import Prover, Said, call
from explore_theory.harness.formal.sentences import LIBRARY
from explore_theory.harness.formal.sources import Source, Sources

#: The logical name of the folder that a proof's own file is compiled in.
OWN = "Proved"

_ERROR = re.compile(r'File "(?P<file>[^"]*)", line (?P<line>\d+)[^\n]*:\s*\nError:(?P<said>.*)', re.DOTALL)
#: The kinds of trust that the checker tells of, each with the names that need it.
_SECTION = re.compile(r"^\* (?P<head>[^\n]*?):(?P<rest>.*?)(?=^\* |\Z)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """A folder in which the sources of one proof are compiled by a prover."""

    prover: Prover
    scratch: Path
    sources: Sources

    def build(self) -> tuple[str, ...]:
        """Compile and check all of them: the axioms of all that they load, whatever they make of it.

        Raises
        ------
        InvalidClaim
            One line that names the file.
        """
        for folder in (LIBRARY, OWN):
            (self.scratch / folder).mkdir()
        for library in self.sources.libraries:
            self._library(library)
        return self._made(self.sources.own, OWN)

    def ask(self, name: str, text: str) -> Said:
        """What the prover says to a generated file."""
        (self.scratch / f"{name}.v").write_text(text, encoding="utf-8")
        return self._compile(f"{name}.v", self.sources.own.path.name)

    def _library(self, source: Source) -> None:
        """A library, from the user's cache where it was compiled and checked before."""
        kept = self._kept(source)
        place = self.scratch / LIBRARY / f"{source.name}.vo"
        if kept is not None and (made := kept / place.name).is_file():
            note_use(kept)
            shutil.copyfile(made, place)
            return
        self._made(source, LIBRARY)
        if kept is not None:
            with suppress(OSError):
                _keep(place, kept)

    def _kept(self, source: Source) -> Path | None:
        """Where a library is kept: by its text, those of all that it requires, and the prover."""
        cache = user_cache()
        if cache is None:
            return None
        parts = (
            self.prover.version,
            str(self.prover.library),
            self.sources.digest(source.name),
            str(os.stat(self.prover.coqc).st_mtime_ns),
            # What was compiled against another release of a package is refused by the prover.
            *map(str, self.prover.installed),
        )
        return cache / "formal" / blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()

    def _made(self, source: Source, root: str) -> tuple[str, ...]:
        """Compile a source, and have the kernel alone check what came of it: the axioms around it."""
        file = f"{root}/{source.name}.v"
        (self.scratch / file).write_text(source.text, encoding="utf-8")
        said = self._compile(file, source.path.name)
        if not said.well:
            raise InvalidClaim(f"{source.path.name} must be proved, got {first_error(said.err)}")
        whole = f"{root}.{source.name}"
        options = ("-silent", "-o", "-bytecode-compiler", "yes")
        checked = call(
            [self.prover.checker, *options, *self._paths(), "-norec", whole], self.scratch, source.path.name
        )
        if not checked.well:
            told = " ".join((checked.err or checked.out).split())[-200:]
            raise InvalidClaim(f"{source.path.name} must be checked by the kernel alone, got {told}")
        # Its summary goes where its errors do, in some versions.
        return require_trusted(source.path.name, checked.out + checked.err)

    def _compile(self, file: str, what: str) -> Said:
        return call([self.prover.coqc, "-q", "-w", "-all", *self._paths(), file], self.scratch, what)

    def _paths(self) -> list[str]:
        return ["-Q", LIBRARY, LIBRARY, "-Q", OWN, OWN]


def require_trusted(name: str, summary: str) -> tuple[str, ...]:
    """Refuse what the checker trusts without a proof, as its `summary` tells, in the file `name`.

    Returned are the axioms that it lists: of other people's libraries, used or not.

    Raises
    ------
    InvalidClaim
        If a kernel check was left out, or one of our own files brings an axiom.
    """
    sections = {found.group("head"): found.group("rest").split() for found in _SECTION.finditer(summary)}
    if "Axioms" not in sections or sections.get("Theory") != ["Set", "is", "predicative"]:
        raise InvalidClaim(f"{name} must be checked by the kernel alone, got no summary of what it trusts")
    for head, names in sections.items():
        if head == "Axioms":
            own = [axiom for axiom in names if axiom.split(".")[0] in (LIBRARY, OWN)]
            if own:
                raise InvalidClaim(f"{name} must assume nothing of its own, got the axiom {_last(own)}")
        elif head != "Theory" and names != ["<none>"]:
            raise InvalidClaim(
                f"{name} must leave out no check of the kernel, got {head}: {' '.join(names)[:120]}"
            )
    return tuple(name for name in sections["Axioms"] if name != "<none>")


def _last(names: Sequence[str]) -> str:
    return ", ".join(name.split(".", 1)[1] for name in names)[:120]


def first_error(err: str) -> str:
    """The first error in what the prover printed, in a line with its place in the file."""
    found = _ERROR.search(err)
    if found is None:
        return " ".join(err.split())[:200] or "no word from the prover"
    said = " ".join(found.group("said").split())
    return f"line {found.group('line')}: {said if len(said) <= 200 else f'{said[:200]}..'}"


def _keep(made: Path, kept: Path) -> None:
    """Put a compiled library where it is found again: whole, or not at all."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    forget_unused(kept.parent)
    folder = Path(mkdtemp(prefix="making-", dir=kept.parent))
    try:
        shutil.copyfile(made, folder / made.name)
        folder.rename(kept)
    except OSError:
        # Another run has put it there meanwhile.
        shutil.rmtree(folder, ignore_errors=True)
