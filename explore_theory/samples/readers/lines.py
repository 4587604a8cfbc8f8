"""JSON lines: one record a line, numbered."""

import codecs
import json
from pathlib import Path

from explore_theory.errors import InvalidProblem
from explore_theory.samples.readers.packed import readable, unpacked
from explore_theory.samples.readers.records import BadRecord, Numbered, Records

#: Bytes of the longest line or value: as much as is held in memory at once. A row of a thousand responses of
#: ten thousand tokens has 40 MB.
LONGEST = 1 << 28
#: Repetition packs well, but a file that grows this much by unpacking holds nothing that was sampled.
_GROWTH, _GROWTH_FROM = 5000, 1 << 30

_WIDE = {
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
    codecs.BOM_UTF32_BE: "UTF-32",
}


def json_lines(path: Path) -> Records:
    """The records of a file of JSON lines; blank lines are passed over, a byte order mark too.

    Raises
    ------
    InvalidProblem
        If the file is cut off or damaged, if a line is longer than `LONGEST`, or if it unpacks without end.
    """
    name, size = str(path), path.stat().st_size
    with readable(path), unpacked(path) as file:
        held = 0
        for number, raw in enumerate(iter(lambda: file.readline(LONGEST), b""), start=1):
            line = raw
            held += len(line)
            if number == 1:
                line = without_mark(line, path)
            if len(line) == LONGEST:
                raise InvalidProblem(f"lines must be shorter than {LONGEST} bytes, got {name}:{number}")
            if held > _GROWTH_FROM and held > _GROWTH * size:
                raise InvalidProblem(f"samples must not grow {_GROWTH}-fold by unpacking, got {name!r}")
            place = f"{name}:{number}"
            try:
                record = json.loads(line.decode())
            except (ValueError, RecursionError) as error:
                if line.isspace():
                    continue
                yield Numbered(place, BadRecord(wrong(error)))
                continue
            yield Numbered(
                place,
                record
                if isinstance(record, dict)
                else BadRecord(f"a line must hold an object {{..}}, got a {type(record).__name__}"),
            )


def without_mark(start: bytes, path: Path) -> bytes:
    """The first bytes of a text, without the mark that some programs put before UTF-8.

    Raises
    ------
    InvalidProblem
        If they are those of another encoding.
    """
    for mark, encoding in _WIDE.items():
        if start.startswith(mark):
            raise InvalidProblem(f"samples must be UTF-8, got {encoding} in {str(path)!r} (save it as UTF-8)")
    return start.removeprefix(codecs.BOM_UTF8)


def wrong(error: BaseException) -> str:
    """What is wrong with a text that should be JSON."""
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 at byte {error.start}"
    if isinstance(error, RecursionError):
        return "not JSON of a sensible depth"
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg} at column {error.colno}"
    return f"not JSON that can be read: {error}"
