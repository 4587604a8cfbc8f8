"""Formulas as people write them: ``x1 & ~x2 | x3``, and ``(a or not b) and (b or c)``.

An *or* of *ands* is a formula in disjunctive normal form, an *and* of parentheses with *ors* one of clauses.
Signs: ``& && * /\\ and`` and the mathematical one; ``| || + \\/ or``; ``~ ! - not`` before a variable. A
``#`` begins a comment. Variables that are all one word and a number (``x1``, ``x12``) are numbered so; others
in the order in which they occur.
"""

import re
from typing import NamedTuple

from explore_theory.errors import InvalidProblem
from explore_theory.formulas.clauses import Clauses
from explore_theory.formulas.formula import Formula
from explore_theory.formulas.mixed import MixedFormula
from explore_theory.formulas.text import MOST, clauses_of, formula_of

#: The longest text that is read, in characters.
MOST_CHARACTERS = 1 << 24
_SIGNS = {
    "and": r"&&|&|\*|/\\|\u2227|\band\b|\bAND\b",
    "or": r"\|\||\||\+|\\/|\u2228|\bor\b|\bOR\b",
    "not": r"~|!|-|\u00ac|\bnot\b|\bNOT\b",
    "open": r"\(",
    "close": r"\)",
    "name": r"[A-Za-z_][A-Za-z0-9_]*",
    "blank": r"\s+|#[^\n]*",
}
_TOKEN = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _SIGNS.items()))
_NUMBERED = re.compile(r"([A-Za-z_]*[A-Za-z_])([1-9][0-9]{0,7})")

Literal = tuple[str, bool]


class _Group(NamedTuple):
    """Literals joined by one sign (none if there is one literal), in parentheses or alone."""

    joined: str
    literals: list[Literal]


def parse(text: str) -> Formula | MixedFormula | Clauses:
    """The formula that `text` writes out.

    Raises
    ------
    InvalidProblem
        If it is neither an *or* of *ands* nor an *and* of *ors*: one line.
    """
    if len(text) > MOST_CHARACTERS:
        raise InvalidProblem(f"the formula must have at most {MOST_CHARACTERS} characters, got {len(text)}")
    reader = _Reader(text)
    parts, conjunctive = _parts(reader)
    number = _numbers([name for part in parts for name, _ in part])
    rows = []
    for part in parts:
        row = list(dict.fromkeys(number[name] if sign else -number[name] for name, sign in part))
        if not conjunctive and len({abs(x) for x in row}) < len(row):
            raise InvalidProblem(f"a term must not hold a variable and its negation, got {_written(part)}")
        rows.append(row)
    n = max(number.values())
    return clauses_of(rows, n) if conjunctive else formula_of(rows, n)


class _Reader:
    """Tokens of a text one by one, each with its line."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self.line = text, 0, 1
        self.kind, self.word = "", ""
        self.step()

    def step(self) -> None:
        """Go to the next token; its kind is empty at the end."""
        while self._at < len(self._text):
            found = _TOKEN.match(self._text, self._at)
            if found is None:
                self.word = ""
                raise self.refused("a formula must be variables, and, or, not and parentheses")
            self.line += self.word.count("\n")
            self._at, self.word, self.kind = found.end(), found[0], found.lastgroup or ""
            if self.kind != "blank":
                return
        self.kind, self.word = "", ""

    def refused(self, rule: str) -> InvalidProblem:
        """What must be, and what stands here."""
        here = self._text[max(0, self._at - len(self.word)) :][:30] or "the end"
        return InvalidProblem(f"line {self.line}: {rule}, got {here!r}")


def _parts(reader: _Reader) -> tuple[list[list[Literal]], bool]:
    """The terms, or (True) the clauses."""
    # Parts that *or* sets apart, each of groups that *and* joins.
    parts: list[list[_Group]] = [[_group(reader)]]
    while reader.kind:
        if reader.kind not in ("and", "or"):
            raise reader.refused("what follows must begin with and or or")
        if reader.kind == "or":
            parts.append([])
        reader.step()
        parts[-1].append(_group(reader))
    groups = [group for part in parts for group in part]
    if len(parts) == 1 and any(group.joined == "or" for group in groups):
        if any(group.joined == "and" for group in groups):
            raise InvalidProblem("a formula must be an or of ands, or an and of ors, got a mixture")
        return [group.literals for group in groups], True
    terms: list[list[Literal]] = []
    for part in parts:
        alone = len(part) == 1 and part[0].joined == "or"
        if not alone and any(group.joined == "or" for group in part):
            raise InvalidProblem("a formula must be an or of ands, or an and of ors, got a mixture")
        found = (
            [[literal] for literal in part[0].literals] if alone else [[x for g in part for x in g.literals]]
        )
        terms += found
    return terms, False


def _group(reader: _Reader) -> _Group:
    if reader.kind != "open":
        return _Group("", [_literal(reader)])
    reader.step()
    literals, joined = [_literal(reader)], ""
    while reader.kind != "close":
        if reader.kind not in ("and", "or") or joined not in ("", reader.kind):
            raise reader.refused("parentheses must hold literals joined by one sign")
        joined = reader.kind
        reader.step()
        literals.append(_literal(reader))
    reader.step()
    return _Group(joined, literals)


def _literal(reader: _Reader) -> Literal:
    sign = True
    while reader.kind == "not":
        sign = not sign
        reader.step()
    if reader.kind != "name":
        raise reader.refused("a literal must be a variable or its negation")
    name = reader.word
    reader.step()
    return name, sign


def _numbers(names: list[str]) -> dict[str, int]:
    """Which variable each name is, from 1."""
    found = list(dict.fromkeys(names))
    matches = [_NUMBERED.fullmatch(name) for name in found]
    words = {match[1] for match in matches if match is not None}
    if len(words) == 1 and None not in matches:
        numbers = {match[0]: int(match[2]) for match in matches if match is not None}
        if max(numbers.values()) > MOST:
            raise InvalidProblem(f"variables must be numbered from 1 to {MOST}, got {max(numbers.values())}")
        return numbers
    return {name: place for place, name in enumerate(found, start=1)}


def _written(part: list[Literal]) -> str:
    return " & ".join(name if sign else f"~{name}" for name, sign in part)[:80]
