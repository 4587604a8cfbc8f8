"""JSON of any size, read value by value: no more is held than the value that is asked for."""

import codecs
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from explore_theory.errors import InvalidProblem
from explore_theory.samples.readers.lines import LONGEST, without_mark, wrong
from explore_theory.samples.readers.packed import readable, unpacked

#: Characters read at once, at first; doubled while a value has no end.
_PIECE = 1 << 16
#: Characters after a number that may still turn out to be of it.
_LOOSE = 2
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


class Cursor:
    """A place in a JSON text, which moves forward only.

    After `members` or `elements` has yielded, the value there must be taken (`value`, or these two again)
    before the next one is asked for.

    Parameters
    ----------
    file
        Bytes of UTF-8.
    path
        For messages.
    longest
        Characters of the longest value that is read whole.
    """

    def __init__(self, file: IO[bytes], path: Path, longest: int = LONGEST) -> None:
        self._file, self.path, self._longest = file, path, longest
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text, self._at, self._line = "", 0, 1
        self._ended = self._started = False

    @property
    def line(self) -> int:
        """The number of the line."""
        return self._line + self._text.count("\n", 0, self._at)

    @property
    def place(self) -> str:
        """The file and the line."""
        return f"{self.path}:{self.line}"

    def peek(self) -> str:
        """The next character that is not blank, not taken; "" at the end."""
        while True:
            match = _SPACE.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more(_PIECE):
                return ""

    def value(self) -> Any:
        """The next value, whole.

        Raises
        ------
        InvalidProblem
            If there is none, if it is cut off, or if it is longer than `longest`.
        """
        self.peek()
        size = _PIECE
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                # What looks wrong may be cut in two by the end of what was read so far, and only there. Of a
                # text without an end the beginning is blamed.
                endless = error.msg.startswith("Unterminated string")
                if self._ended:
                    cut = endless or not self._text[error.pos :].strip()
                    self._refuse("it is cut off" if cut else wrong(error), error.pos)
                if not endless and len(self._text) - error.pos > _PIECE:
                    self._refuse(wrong(error), error.pos)
            except (ValueError, RecursionError) as error:
                self._refuse(wrong(error), self._at)
            else:
                # 12 may be the beginning of 123, of 12.5 or of 12e+7.
                if end < len(self._text) - _LOOSE or self._ended:
                    self._at = end
                    return value
            if len(self._text) - self._at > self._longest:
                raise InvalidProblem(f"values must have at most {self._longest} characters, got {self.place}")
            self._more(size)
            size *= 2

    def members(self) -> Iterator[str]:
        """The names of an object's members, each with the cursor before its value."""
        yield from self._inside("{", "}")

    def elements(self) -> Iterator[int]:
        """The numbers of a list's elements, each with the cursor before it."""
        for number, _ in enumerate(self._inside("[", "]")):
            yield number

    def end(self) -> None:
        """Refuse what comes after the value."""
        if self.peek():
            self._refuse("something follows the end of the JSON", self._at)

    def _inside(self, opening: str, closing: str) -> Iterator[str]:
        self._take(opening)
        if self.peek() == closing:
            self._take(closing)
            return
        while True:
            name = ""
            if opening == "{":
                if self.peek() != '"':
                    self._refuse("a name in quotes must be here", self._at)
                name = self.value()
                self._take(":")
            yield name
            if self.peek() == closing:
                self._take(closing)
                return
            self._take(",")

    def _take(self, sign: str) -> None:
        found = self.peek()
        if found != sign:
            self._refuse(f"{sign!r} must be here, got {found!r}" if found else "it is cut off", self._at)
        self._at += 1

    def _more(self, size: int) -> bool:
        """Read on; whether there was anything."""
        if self._ended:
            return False
        piece = self._file.read(size)
        if not self._started:
            self._started = True
            piece = without_mark(piece, self.path)
        self._ended = not piece
        try:
            text = self._decoder.decode(piece, final=self._ended)
        except UnicodeDecodeError as error:
            self._refuse(wrong(error), self._at)
        self._line += self._text.count("\n", 0, self._at)
        self._text, self._at = self._text[self._at :] + text, 0
        return not self._ended

    def _refuse(self, what: str, at: int) -> None:
        self._at = min(at, len(self._text))
        raise InvalidProblem(f"samples must be JSON, got {self.place}: {what}")


@contextmanager
def cursor(path: Path, longest: int = LONGEST) -> Iterator[Cursor]:
    """A cursor at the beginning of the file `path`, unpacked."""
    with readable(path), unpacked(path) as file:
        yield Cursor(file, path, longest)
