"""Records of a file and what may be wrong with one: what every reader shares."""

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from explore_theory.errors import InvalidProblem
from explore_theory.samples.draws import Draw, Law, many

Record = dict[str, Any]

#: Of how many malformed records the places are said.
_SAID = 3


class BadRecord(Exception):
    """One record is malformed; the message says what, and whoever knows the place adds it."""


class Numbered(NamedTuple):
    """A record, or what is wrong with it, and its place."""

    place: str
    record: Record | BadRecord


#: Records as a reader yields them; closed, its file is closed as well.
Records = Generator[Numbered, None, None]


class Bad:
    """What becomes of malformed records: a refusal that names the place, or a count.

    Parameters
    ----------
    path
        The file.
    skip
        Whether they are passed over.
    """

    def __init__(self, path: Path, *, skip: bool) -> None:
        self.path, self.skip, self.count = path, skip, 0
        self._first: list[str] = []

    def met(self, place: str, error: BadRecord) -> None:
        """Count one, or refuse the file because of it."""
        if not self.skip:
            raise InvalidProblem(
                f"samples must be well formed, got {place}: {error} (--skip-bad passes over)"
            )
        self.count += 1
        if len(self._first) < _SAID:
            self._first.append(f"{place}: {error}")

    def notes(self) -> list[str]:
        """One line, where some were passed over."""
        if not self.count:
            return []
        more = "; ..." if self.count > len(self._first) else ""
        return [f"{many(self.count, 'malformed record')} passed over: {'; '.join(self._first)}{more}"]


class Reading(Protocol):
    """How the rows of one file are read, as its first one tells."""

    @property
    def rewards(self) -> tuple[str, ...]:
        """See `Source`."""

    @property
    def binary(self) -> frozenset[str]:
        """See `Source`."""

    @property
    def law(self) -> Law:
        """See `Source`."""

    @property
    def columns(self) -> frozenset[str]:
        """The fields that are looked at; a file of columns can leave the others unread."""

    def draws(self, record: Record, place: str) -> Sequence[Draw]:
        """The draws that a record completes; raises `BadRecord`."""

    def rest(self) -> Sequence[Draw]:
        """Draws that waited for a further record, at the end of the file."""

    def notes(self) -> list[str]:
        """What the user must know, at the end of the file."""


class RowFormat(Protocol):
    """A format of which every record can be read by itself."""

    @property
    def name(self) -> str:
        """As `Source.format` has it."""

    def recognises(self, fields: frozenset[str]) -> bool:
        """Whether a record with these fields is of this format."""

    def suits(self, record: Record, prefer: Mapping[str, str]) -> bool:
        """Whether a record is of those that are preferred, and so tells how to read them."""

    def open(self, first: Record, prefer: Mapping[str, str]) -> Reading:
        """How to read a file whose first such record is `first`; raises `BadRecord` or `InvalidProblem`."""


class Form:
    """A format of which every record tells how to read the others: what most formats start from."""

    def suits(self, record: Record, prefer: Mapping[str, str]) -> bool:
        """Any does."""
        return True


class Plainly:
    """A reading with nothing to tell and nothing that waits: what most formats start from."""

    binary: frozenset[str] = frozenset()
    law: Law = Law()

    def rest(self) -> Sequence[Draw]:
        """Nothing waited."""
        return ()

    def notes(self) -> list[str]:
        """Nothing to say."""
        return []
