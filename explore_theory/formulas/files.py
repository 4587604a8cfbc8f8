"""Formulas in files: text in the manner of DIMACS, plain or gzipped."""

import gzip
import os
import zlib
from pathlib import Path

from explore_theory.errors import InvalidProblem
from explore_theory.formulas.clauses import Clauses
from explore_theory.formulas.formula import Formula
from explore_theory.formulas.mixed import MixedFormula
from explore_theory.formulas.text import dump, parse
from explore_theory.foundation.files import written_whole

#: The longest text that is read.
MOST_BYTES = 1 << 28
_GZIP = b"\x1f\x8b"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_MARK = b"\xef\xbb\xbf"


def load(path: str | os.PathLike[str]) -> Formula | MixedFormula:
    """The formula in the file `path`, a text of at most `MOST_BYTES`; a `MixedFormula` where widths differ.

    The text may be gzipped (told by the content, whatever the name), begin with a byte order mark, and hold
    any bytes in comments.

    Raises
    ------
    InvalidProblem
        One line that names the file, and its line at fault.
    """
    source = Path(path)
    if not source.is_file():
        what = "a folder or device" if source.exists() else "no such file"
        raise InvalidProblem(f"path must be a readable text file, got path={str(source)!r} ({what})")
    try:
        data = _text_of(source)
        if len(data) > MOST_BYTES:
            raise InvalidProblem(f"the file must be at most {MOST_BYTES} bytes long, got more")
        if data.startswith(_UTF16):
            raise InvalidProblem("line 1: the file must hold UTF-8 text, got UTF-16 (save it as UTF-8)")
        return parse(data.removeprefix(_MARK).decode(errors="surrogateescape"))
    except InvalidProblem as error:
        raise InvalidProblem(f"{source}: {error}") from None


def save(formula: Formula | MixedFormula | Clauses, path: str | os.PathLike[str]) -> None:
    """Write `formula` to `path`, atomically; gzipped if the name ends in ``.gz``."""
    target, data = Path(path), dump(formula).encode()
    if target.suffix == ".gz":
        # Without the time of writing: the same formula is the same file.
        data = gzip.compress(data, mtime=0)
    with written_whole(target) as stream:
        stream.write(data)


def _text_of(source: Path) -> bytes:
    """What `source` holds, unpacked; one byte more than is allowed where it is longer."""
    try:
        with source.open("rb") as stream:
            packed = stream.read(len(_GZIP)) == _GZIP
            stream.seek(0)
            if not packed:
                return stream.read(MOST_BYTES + 1)
            with gzip.GzipFile(fileobj=stream) as text:
                return text.read(MOST_BYTES + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InvalidProblem(f"the file must be whole gzip, got {' '.join(str(error).split())}") from None
    except OSError as error:
        raise InvalidProblem(f"the file must be readable, got {error.strerror}") from None
