"""Small patches of source: faults, and knobs, which are damage by degrees."""

import ast
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from explore_theory.errors import InvalidClaim

#: What stands for the value of a knob in its patch.
PLACE = "{x}"


@dataclass(frozen=True)
class Edit:
    """A patch of one Python file: `old`, which occurs there exactly once, becomes `new`."""

    file: str
    old: str
    new: str

    def patched(self, root: Path) -> str:
        """The text of the file below `root` with the patch.

        Raises
        ------
        InvalidClaim
            If there is no such file, or the patch does not apply exactly once, changes nothing or is no
            Python.
        """
        path = root / self.file
        if not path.is_file():
            raise InvalidClaim(f"file must be a file of the sources, got file={self.file!r}")
        text = path.read_text(encoding="utf-8")
        if (count := text.count(self.old)) != 1:
            raise InvalidClaim(f"old must occur once in {self.file}, got {count} times {_start(self.old)}")
        changed = text.replace(self.old, self.new)
        try:
            same = ast.dump(ast.parse(changed)) == _meaning(text)
        except SyntaxError as error:
            raise InvalidClaim(
                f"new must leave {self.file} a file of Python, got {_start(self.new)}: {error.msg}"
            ) from None
        if same:
            raise InvalidClaim(
                f"new must change what {self.file} does, got a patch that changes nothing: {_start(self.new)}"
            )
        return changed


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault that somebody could make.

    Parameters
    ----------
    name, why
        Its slug, and the sentence that it makes false.
    edits
        The patch; edits of one file follow each other.
    noticed
        Who must notice it, each alone: checks of claims (``F1:search``) and tests (``tests/..py::name``).
    origin, before
        Where it comes from, and who noticed it before it was listed.
    """

    name: str
    why: str
    edits: tuple[Edit, ...]
    noticed: tuple[str, ...] = ()
    origin: str = "new"
    before: str = "not measured"

    @property
    def files(self) -> tuple[str, ...]:
        """The files that it patches, each once."""
        return tuple(sorted({edit.file for edit in self.edits}))

    def apply(self, root: Path) -> None:
        """Write the fault into the copy at `root`."""
        for edit in self.edits:
            (root / edit.file).write_text(edit.patched(root), encoding="utf-8")


@dataclass(frozen=True, kw_only=True)
class Break:
    """The check ``F1:search`` is REFUTED where the knob stands at `by` (an upper limit, as measured)."""

    check: str
    by: float


@dataclass(frozen=True, kw_only=True)
class Knob:
    """A patch with a number in it: damage by degrees.

    Parameters
    ----------
    name, says, unit
        Its slug; what is done, in words that say what `x` is; and what `x` counts.
    edits
        The patch, with ``{x}`` where the number stands.
    neutral
        The `x` at which the patch changes nothing.
    low, high
        The ends of what is looked at, `neutral` among them.
    log
        Whether `x` is a factor, halved by its logarithm, or an amount.
    breaks
        Checks that must break, and by what `x`.
    """

    name: str
    says: str
    unit: str
    edits: tuple[Edit, ...]
    neutral: float
    low: float
    high: float
    log: bool = True
    breaks: tuple[Break, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """The files that it patches, each once."""
        return tuple(sorted({edit.file for edit in self.edits}))

    def at(self, x: float) -> Fault:
        """The damage at `x`."""
        edits = tuple(replace(edit, new=edit.new.replace(PLACE, f"({x!r})")) for edit in self.edits)
        return Fault(name=f"{self.name}-at-{x:g}", why=f"{self.says}, x = {x:g}", edits=edits)


@lru_cache(maxsize=16)
def _meaning(text: str) -> str:
    """What a source does, whatever its layout; kept, since many patches are of one file."""
    return ast.dump(ast.parse(text))


def _start(text: str) -> str:
    line = next(iter(text.strip().splitlines()), "")
    return repr(line if len(line) <= 60 else f"{line[:57]}...")
