"""Files of samples as people have them, each told by its content and never by its name.

`open_samples` opens one; a folder or several files are several sources (`sample_files` lists those of a
folder). What each format looks like, and which versions of its program were looked at, is in
``docs/guide/samples.md``.
"""

import re
from collections.abc import Mapping
from functools import partial
from os import PathLike
from pathlib import Path
from types import MappingProxyType

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import one_of
from explore_theory.samples.draws import Source
from explore_theory.samples.readers import archive, evalplus, inspect_json, inspect_log
from explore_theory.samples.readers.lines import json_lines, without_mark
from explore_theory.samples.readers.packed import readable, the_file, unpacked
from explore_theory.samples.readers.parquet import MAGIC as PARQUET
from explore_theory.samples.readers.parquet import parquet_rows
from explore_theory.samples.readers.records import BadRecord, Numbered, Records
from explore_theory.samples.readers.rows import ROW_FORMATS, Rows, open_rows
from explore_theory.samples.readers.stream import Cursor

__all__ = ["FORMATS", "PREFERENCES", "open_samples", "sample_files"]

#: Names of the formats, as `Source.format` has them.
FORMATS = (*(form.name for form in ROW_FORMATS[::-1]), evalplus.NAME, inspect_json.NAME)
#: What may be preferred: the filter of an lm-evaluation-harness file, what an error in an Inspect log counts
#: as, which field names the task in a plain file, a verl dump or wide rows.
PREFERENCES = ("filter", "errors", "task")
_NOTHING: Mapping[str, str] = MappingProxyType({})
#: Bytes by which a file is told, and characters of the longest first record.
_START, _FIRST = 4096, 1 << 24
_ASCII = 0x80
_NUMBER = re.compile(r"(\d+)")


def open_samples(
    path: str | PathLike[str], *, skip_bad: bool = False, prefer: Mapping[str, str] = _NOTHING
) -> Source:
    """The samples in a file, plain or packed by gzip, bzip2, xz or zstd.

    Parameters
    ----------
    path
        A regular file. It is looked at now, and read when the draws are asked for.
    skip_bad
        Pass over malformed records and count them, rather than refuse the file at the first.
    prefer
        Of `PREFERENCES`; those that a format has no use for are ignored.

    Raises
    ------
    InvalidProblem
        One line that names file and place, here or from the draws: if the file is of no known format or of
        two, holds no rewards of single samples, is damaged, cut off or encrypted, or has a malformed record.
    MissingLibrary
        If a library of the extra ``samples`` is needed and not installed.
    """
    for name in prefer:
        one_of("prefer", name, PREFERENCES)
    file = the_file(Path(path))
    with readable(file), unpacked(file) as stream:
        start = stream.read(_START)
    direct = _direct(file, start)
    if start.startswith(archive.MAGIC):
        _only(direct, file, "a zip file")
        return inspect_log.open_zip(file, skip_bad=skip_bad, prefer=prefer)
    if start.startswith(PARQUET):
        _only(direct, file, "a parquet file")
        rows = Rows(file, partial(parquet_rows, file), uniform=True)
        return open_rows(rows, skip_bad=skip_bad, prefer=prefer, formats=FORMATS)
    return _open_text(file, start, skip_bad=skip_bad, prefer=prefer)


def sample_files(path: str | PathLike[str]) -> tuple[Path, ...]:
    """The file `path`, or the files in that folder, ``2.jsonl`` before ``10.jsonl``, hidden ones left out.

    Raises
    ------
    InvalidProblem
        If the folder has no files.
    """
    folder = Path(path)
    if not folder.is_dir():
        return (folder,)
    files = [file for file in folder.iterdir() if file.is_file() and not file.name.startswith(".")]
    if not files:
        raise InvalidProblem(f"samples must be files, got the folder {str(folder)!r} without any")
    return tuple(sorted(files, key=_natural))


def _natural(file: Path) -> list[tuple[int, str]]:
    """Numbers in names by their size: the parts of odd places are digits."""
    parts = _NUMBER.split(file.name)
    return [(int(part), "") if place % 2 else (0, part) for place, part in enumerate(parts)]


def _direct(file: Path, start: bytes) -> bool:
    """Whether the file begins as what it holds does: it is not packed."""
    with file.open("rb") as raw:
        return raw.read(len(start[:16])) == start[:16]


def _only(direct: bool, file: Path, what: str) -> None:
    if not direct:
        raise InvalidProblem(
            f"samples must be packed once, got {what} packed again in {str(file)!r} (unpack it)"
        )


def _open_text(file: Path, start: bytes, *, skip_bad: bool, prefer: Mapping[str, str]) -> Source:
    """A text: one JSON value, or one a line."""
    kind = _kind(file, start, skip_bad=skip_bad)
    if kind == evalplus.NAME:
        return evalplus.open_evalplus(file, skip_bad=skip_bad, prefer=prefer)
    if kind == inspect_json.NAME:
        return inspect_log.open_json(file, skip_bad=skip_bad, prefer=prefer)
    records = {"lines": json_lines, "list": _listed, "values": _values}[kind]
    return open_rows(Rows(file, lambda _: records(file)), skip_bad=skip_bad, prefer=prefer, formats=FORMATS)


def _kind(file: Path, start: bytes, *, skip_bad: bool) -> str:
    """What sort of text: a whole log by its format's name, a list, values over several lines, or lines."""
    head = without_mark(start, file).lstrip()
    if not head:
        # What is blank for so long is blank, or a text of lines like any other.
        return "lines"
    if head[:1] == b"[":
        return "list"
    if head[:1] != b"{":
        if b"\0" in head or head[0] >= _ASCII:
            raise _unknown(file, "bytes that are no text")
        if not skip_bad:
            raise _unknown(file, f"a text that begins with {_beginning(head)}")
        return "lines"
    with readable(file), unpacked(file) as stream:
        at = Cursor(stream, file, _FIRST)
        try:
            before = at.line
            names = set()
            for name in at.members():
                names.add(name)
                if name == "eval" and at.peek() == "{":
                    return _whole(at)
                at.value()
            return "values" if at.line > before else "lines"
        except InvalidProblem:
            # Its first line is malformed, or too long to say: the reader of lines numbers it.
            return "lines"


def _whole(at: Cursor) -> str:
    """Which log has this under "eval": results by task, or what was evaluated."""
    for _ in at.members():
        if at.peek() == "[":
            return evalplus.NAME
        inner = at.value()
        return evalplus.NAME if isinstance(inner, dict) and "base" in inner else inspect_json.NAME
    return evalplus.NAME


def _listed(file: Path) -> Records:
    """The elements of a JSON list."""
    with readable(file), unpacked(file) as stream:
        at = Cursor(stream, file)
        for index in at.elements():
            yield _numbered(f"{file}[{index}]", at.value())
        at.end()


def _values(file: Path) -> Records:
    """JSON objects one after the other, each over several lines."""
    with readable(file), unpacked(file) as stream:
        at = Cursor(stream, file)
        while at.peek():
            yield _numbered(at.place, at.value())


def _numbered(place: str, value: object) -> Numbered:
    if isinstance(value, dict):
        return Numbered(place, value)
    return Numbered(place, BadRecord(f"a record must be an object {{..}}, got a {type(value).__name__}"))


def _beginning(start: bytes) -> str:
    line = start.decode(errors="replace").splitlines()[0]
    return repr(line[:40])


def _unknown(file: Path, found: str) -> InvalidProblem:
    return InvalidProblem(
        f"samples must be of a known format, got {found} in {str(file)!r}; known: {', '.join(FORMATS)}"
    )
