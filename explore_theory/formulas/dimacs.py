"""DIMACS texts of any size, read as arrays; what is unusual is left to `text`, which is slow and exact.

`read` takes the same texts as `text.parse_any` and gives the same formulas; a test holds the two together.
"""

import re

import numpy as np
import numpy.typing as npt

from explore_theory.formulas.clauses import Clauses
from explore_theory.formulas.formula import Formula
from explore_theory.formulas.mixed import MOST_LITERALS, MixedFormula
from explore_theory.formulas.text import MOST, parse_any

Ints = npt.NDArray[np.int64]

_HEADER = re.compile(rb"(?m)^[ \t]*p[ \t]+(cnf|dnf)[ \t]+(\d{1,8})[ \t]+(\d{1,8})[ \t\r]*$")
_COMMENT = re.compile(rb"(?m)^[ \t]*c[^\n]*")
_END = re.compile(rb"(?m)^[ \t]*%[ \t\r]*$")
#: What is no list of whole numbers of at most ten digits.
_MALFORMED = re.compile(rb"\d-|-(?!\d)|\d{11}")
_WEIGHTS = re.compile(rb"(?m)^[ \t]*(c[ \t]+p[ \t]+weight|[wh][ \t])")
_PLAIN = b"-0123456789 \t\r\n"


def read(data: bytes) -> Formula | MixedFormula | Clauses:
    """The formula in a text: terms under ``p dnf``, clauses under ``p cnf``.

    Raises
    ------
    InvalidProblem
        If there is none: one line that starts with the number of the line at fault.
    """
    found = _read(data)
    return parse_any(data.decode(errors="surrogateescape")) if found is None else found


def _read(data: bytes) -> Formula | MixedFormula | Clauses | None:
    """The formula, if the text is made of nothing but a header, comments and whole numbers."""
    header = _HEADER.search(data)
    if header is None or _WEIGHTS.search(data) or _COMMENT.sub(b"", data[: header.start()]).strip():
        return None
    kind, n, m = header[1], int(header[2]), int(header[3])
    body = _body(data[header.end() :])
    if body is None or not (1 <= n <= MOST and 1 <= m <= MOST):
        return None
    table = _table(np.fromstring(body, dtype=np.int64, sep=" "), m, least=1 if kind == b"dnf" else 0)
    if table is None or np.abs(table).max() > n:
        return None
    if kind == b"cnf":
        return Clauses(table, n)
    ordered = np.sort(np.abs(table), axis=-1)
    twice = np.any((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] > 0))
    if twice:
        return None
    return Formula(table, n) if table.all() else MixedFormula.of_table(table, n)


def _body(body: bytes) -> bytes | None:
    """What follows the header without comments and what ends the formula; None if it is no whole numbers."""
    if b"c" in body:
        body = _COMMENT.sub(b"", body)
    if (end := _END.search(body)) is not None:
        if body[end.end() :].strip() not in (b"", b"0"):
            return None
        body = body[: end.start()]
    plain = not body.translate(None, _PLAIN) and not _MALFORMED.search(body) and bool(body.strip())
    return body if plain else None


def _table(numbers: Ints, rows: int, *, least: int) -> Ints | None:
    """`numbers`, each row ended by a zero, as `rows` rows filled up with zeros; None if they are not that."""
    ends = np.flatnonzero(numbers == 0)
    if ends.size != rows or ends[-1] != numbers.size - 1:
        return None
    widths = np.diff(ends, prepend=-1) - 1
    widest = max(1, int(widths.max()))
    if widths.min() < least or rows * widest > MOST_LITERALS:
        return None
    if widths.min() == widest:
        return numbers.reshape(rows, widest + 1)[:, :-1]
    table = np.zeros((rows, widest), dtype=np.int64)
    row = np.repeat(np.arange(rows), widths)
    literals = numbers[numbers != 0]
    table[row, np.arange(literals.size) - np.repeat(np.cumsum(widths) - widths, widths)] = literals
    return table
