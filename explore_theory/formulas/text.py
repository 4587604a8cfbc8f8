"""Formulas as text, in the manner of DIMACS.

::

    c anything
    p dnf 4 2
    1 -2 3 0
    -1 2 4 0

A header ``p dnf n m``, then `m` terms of equally many literals, each ended by ``0`` (on any number of lines).
"""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.formulas.formula import Formula

#: The longest file that is read.
MOST_BYTES = 1 << 28
_MOST = 10**7


def parse(text: str) -> Formula:
    """The formula that `text` describes.

    Raises
    ------
    InvalidProblem
        If it describes none: one line that starts with the number of the line at fault.
    """
    variables = terms = 0
    found: list[list[int]] = []
    term: list[int] = []
    number = 1
    for number, words in _lines(text):
        if words[0] == "p":
            if variables:
                raise _refused(number, "the header must occur once, got a second one")
            variables, terms = _header(number, words)
            continue
        if not variables:
            raise _refused(number, f"a header 'p dnf n m' must come first, got {' '.join(words)!r}")
        for word in words:
            literal = _whole(number, "a literal", word)
            if literal == 0:
                found.append(_closed(number, term, found, terms))
                term = []
                continue
            if abs(literal) > variables:
                raise _refused(number, f"a literal must be a variable from 1 to {variables}, got {literal}")
            if literal in term or -literal in term:
                raise _refused(
                    number, f"a term must have distinct variables, got variable {abs(literal)} twice"
                )
            term.append(literal)
    if not variables:
        raise _refused(number, "the text must have a header 'p dnf n m', got none")
    if term:
        raise _refused(number, f"a term must end with 0, got {term} at the end")
    if len(found) != terms:
        raise _refused(number, f"there must be {terms} terms as the header says, got {len(found)}")
    return Formula(np.array(found), variables)


def load(path: str | os.PathLike[str]) -> Formula:
    """The formula in the file `path`, at most `MOST_BYTES` long.

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
        with source.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise InvalidProblem(f"{source}: the file must be readable, got {error.strerror}") from None
    if len(data) > MOST_BYTES:
        raise InvalidProblem(f"{source}: the file must be at most {MOST_BYTES} bytes long, got more")
    try:
        return parse(data.decode())
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidProblem(f"{source}: line {line}: the file must hold UTF-8 text") from None
    except InvalidProblem as error:
        raise InvalidProblem(f"{source}: {error}") from None


def dump(formula: Formula) -> str:
    """`formula` as text; ``parse(dump(formula))`` has the same terms in the same order."""
    lines = [f"p dnf {formula.n} {formula.m}"]
    lines += [" ".join(map(str, [*term, 0])) for term in formula.literals.tolist()]
    return "\n".join(lines) + "\n"


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Line numbers from 1 and words, without comments and empty lines."""
    # Not splitlines: an editor counts no lines at form feeds or Unicode separators.
    for number, line in enumerate(text.split("\n"), start=1):
        words = line.split()
        if words and words[0] != "c":
            yield number, words


def _header(number: int, words: list[str]) -> tuple[int, int]:
    if len(words) != 4 or words[1] != "dnf":
        raise _refused(number, f"the header must read 'p dnf n m', got {' '.join(words)!r}")
    variables, terms = (_whole(number, name, word) for name, word in zip(("n", "m"), words[2:], strict=True))
    for name, value in (("n", variables), ("m", terms)):
        if not 1 <= value <= _MOST:
            raise _refused(number, f"{name} must lie in [1, {_MOST}], got {name}={value}")
    return variables, terms


def _closed(number: int, term: list[int], found: list[list[int]], terms: int) -> list[int]:
    if not term:
        raise _refused(number, "a term must hold a literal, got an empty one")
    if found and len(found[0]) != len(term):
        raise _refused(
            number, f"all terms must have as many literals as the first ({len(found[0])}), got {len(term)}"
        )
    if len(found) == terms:
        raise _refused(number, f"there must be {terms} terms as the header says, got more")
    return term


def _whole(number: int, name: str, word: str) -> int:
    # ASCII digits only, and few of them: int() takes underscores, other scripts, and forever.
    digits = word.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
        raise _refused(number, f"{name} must be a whole number of at most 10 digits, got {word[:40]!r}")
    return int(word)


def _refused(number: int, reason: str) -> InvalidProblem:
    return InvalidProblem(f"line {number}: {reason}")
