"""Formulas as text, in the manner of DIMACS.

::

    c anything
    p dnf 4 2
    1 -2 3 0
    -1 2 4 0

A header ``p dnf n m``, then `m` terms, each ended by ``0`` (on any number of lines); with ``p cnf n m``, for
`parse_any`, clauses. Lines that start with a ``c`` are comments. A line ``%`` ends the formula, as in the
files of SATLIB. Weights, which counters of satisfying assignments take, say nothing here: the value of an
assignment counts terms.
"""

import re
from collections.abc import Iterator

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.formulas.clauses import Clauses
from explore_theory.formulas.formula import Formula
from explore_theory.formulas.mixed import MOST_LITERALS, MixedFormula

#: Variables, and terms or clauses, at most.
MOST = 10**7
_PART = {"": "term", "dnf": "term", "cnf": "clause"}
_MARK = "\ufeff"
#: What bytes that are no UTF-8 are decoded to.
_NO_TEXT = re.compile("[\ud800-\udfff]")


def parse(text: str) -> Formula | MixedFormula:
    """The formula that `text` describes; a `MixedFormula` where terms differ in width.

    Raises
    ------
    InvalidProblem
        If it describes none: one line that starts with the number of the line at fault.
    """
    _, variables, found = _read(text, clauses=False)
    return formula_of(found, variables)


def parse_any(text: str) -> Formula | MixedFormula | Clauses:
    """Like `parse`, and a text with a header ``p cnf n m`` is read as `Clauses`.

    Clauses may be empty, and name a variable more than once.

    Raises
    ------
    InvalidProblem
        If it describes neither: one line that starts with the number of the line at fault.
    """
    kind, variables, found = _read(text, clauses=True)
    return clauses_of(found, variables) if kind == "cnf" else formula_of(found, variables)


def formula_of(terms: list[list[int]], variables: int) -> Formula | MixedFormula:
    """The formula of some terms: a `Formula` if they have one width."""
    if len(set(map(len, terms))) == 1:
        return Formula(np.array(terms), variables)
    return MixedFormula(terms, variables)


def clauses_of(clauses: list[list[int]], variables: int) -> Clauses:
    """The formula of some clauses, any of which may be empty.

    Raises
    ------
    InvalidProblem
        If they would take more than `MOST_LITERALS` numbers at the width of the widest.
    """
    widest = max(1, *map(len, clauses))
    if len(clauses) * widest > MOST_LITERALS:
        raise InvalidProblem(
            f"clauses must hold at most {MOST_LITERALS} literals at the width of the widest, "
            f"got {len(clauses)} clauses of up to {widest}"
        )
    table = np.zeros((len(clauses), widest), dtype=np.int64)
    for row, clause in zip(table, clauses, strict=True):
        row[: len(clause)] = clause
    return Clauses(table, variables)


def _read(text: str, *, clauses: bool) -> tuple[str, int, list[list[int]]]:
    """Which kind it is, the number of variables, and the terms or clauses."""
    kind, variables, terms = "", 0, 0
    found: list[list[int]] = []
    term: list[int] = []
    number = 1
    for number, words in _lines(text.removeprefix(_MARK)):
        if words[0] == "p":
            if variables:
                raise _refused(number, "the header must occur once, got a second one")
            kind, variables, terms = _header(number, words, clauses=clauses)
        elif not variables:
            raise _refused(number, f"a header 'p dnf n m' must come first, got {' '.join(words)[:80]!r}")
        else:
            for word in words:
                if kind == "cnf":
                    term = _grown_clause(number, term, word, variables, found, terms)
                else:
                    term = _grown(number, term, word, variables, found, terms)
    name = _PART[kind]
    if not variables:
        raise _refused(number, "the text must have a header 'p dnf n m', got none")
    if term:
        raise _refused(number, f"a {name} must end with 0, got {str(term)[:80]} at the end")
    if len(found) != terms:
        raise _refused(number, f"there must be {terms} {name}s as the header says, got {len(found)}")
    return kind, variables, found


def dump(formula: Formula | MixedFormula | Clauses) -> str:
    """`formula` as text; ``parse(dump(formula))`` has the same terms in the same order.

    `Clauses` are written as ``p cnf``, for `parse_any`; a tautological one as ``1 -1``.
    """
    never: list[bool] = [False] * formula.m
    kind = "dnf"
    if isinstance(formula, Clauses):
        kind, never = "cnf", formula.always.tolist()
    lines = [f"p {kind} {formula.n} {formula.m}"]
    lines += [
        "1 -1 0" if tautology else " ".join(map(str, [*(x for x in term if x), 0]))
        for term, tautology in zip(formula.table.tolist(), never, strict=True)
    ]
    return "\n".join(lines) + "\n"


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Line numbers from 1 and words, without comments, empty lines and what ends the formula."""
    ended = False
    # Not splitlines: an editor counts no lines at form feeds or Unicode separators.
    for number, line in enumerate(text.split("\n"), start=1):
        words = line.split()
        if words[:1] in (["w"], ["h"]) or words[:3] == ["c", "p", "weight"]:
            raise _refused(number, _no_weights(words))
        if words and not words[0].startswith("c"):
            # Only comments may hold what is no text: `files.load` marks it so.
            if _NO_TEXT.search(line):
                raise _refused(number, "the file must hold UTF-8 text")
            if ended and words != ["0"]:
                raise _refused(number, f"nothing but a 0 may follow '%', got {' '.join(words)[:40]!r}")
            if words == ["%"]:
                ended = True
            if not ended:
                yield number, words


def _header(number: int, words: list[str], *, clauses: bool) -> tuple[str, int, int]:
    if words[1:2] == ["cnf"] and not clauses:
        raise _refused(
            number,
            f"the header must read 'p dnf n m' (write dnf if the lines are terms; clauses are another "
            f"formula), got {' '.join(words)[:80]!r}",
        )
    if words[1:2] == ["wcnf"] or (words[1:2] in (["cnf"], ["dnf"]) and len(words) > 4):
        raise _refused(number, _no_weights(words))
    if len(words) != 4 or words[1] not in ("dnf", "cnf"):
        wanted = "'p dnf n m' or 'p cnf n m'" if clauses else "'p dnf n m'"
        raise _refused(number, f"the header must read {wanted}, got {' '.join(words)[:80]!r}")
    variables, terms = (_whole(number, name, word) for name, word in zip(("n", "m"), words[2:], strict=True))
    for name, value in (("n", variables), ("m", terms)):
        if not 1 <= value <= MOST:
            raise _refused(number, f"{name} must lie in [1, {MOST}], got {name}={value}")
    return words[1], variables, terms


def _grown_clause(
    number: int, clause: list[int], word: str, variables: int, found: list[list[int]], clauses: int
) -> list[int]:
    """As `_grown`, of a clause: it may be empty, and have a variable twice."""
    literal = _whole(number, "a literal", word)
    if abs(literal) > variables:
        raise _refused(number, f"a literal must be a variable from 1 to {variables}, got {literal}")
    if literal:
        clause.append(literal)
        return clause
    if len(found) == clauses:
        raise _refused(number, f"there must be {clauses} clauses as the header says, got more")
    found.append(clause)
    return []


def _grown(
    number: int, term: list[int], word: str, variables: int, found: list[list[int]], terms: int
) -> list[int]:
    """The open `term` with one more literal, or a new one once a zero has added it to those `found`."""
    literal = _whole(number, "a literal", word)
    if literal == 0:
        if not term:
            raise _refused(number, "a term must hold a literal, got an empty one")
        if len(found) == terms:
            raise _refused(number, f"there must be {terms} terms as the header says, got more")
        found.append(term)
        return []
    if abs(literal) > variables:
        raise _refused(number, f"a literal must be a variable from 1 to {variables}, got {literal}")
    if literal in term or -literal in term:
        raise _refused(number, f"a term must have distinct variables, got variable {abs(literal)} twice")
    term.append(literal)
    return term


def _no_weights(words: list[str]) -> str:
    return (
        f"there must be no weights (remove these lines if all terms count alike), "
        f"got {' '.join(words)[:40]!r}"
    )


def _whole(number: int, name: str, word: str) -> int:
    # ASCII digits only, and few of them: int() takes underscores, other scripts, and forever.
    digits = word.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
        raise _refused(number, f"{name} must be a whole number of at most 10 digits, got {word[:40]!r}")
    return int(word)


def _refused(number: int, reason: str) -> InvalidProblem:
    return InvalidProblem(f"line {number}: {reason}")
