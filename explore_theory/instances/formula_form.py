"""Formulas as documents: terms or clauses as lists of literals, or the name of a file beside it."""

from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.formulas.clauses import Clauses
from explore_theory.formulas.formula import Formula
from explore_theory.formulas.mixed import MixedFormula
from explore_theory.formulas.text import MOST, clauses_of, formula_of
from explore_theory.foundation.validation import whole
from explore_theory.instances import documents
from explore_theory.instances.header import COMMON, Document, head, noise_of, require_fields, said_noise
from explore_theory.problems.dnf import DNF

_PARTS = ("terms", "clauses", "file")
AnyFormula = Any


def read(document: Document, records: Sequence[Any], beside: Callable[[str], AnyFormula]) -> Any:
    """The formula of a document of kind ``formula``; with an ``eta``, the problem of its terms.

    Further lines are terms, each a list of literals. `beside` reads the formula of a file by its name.

    Raises
    ------
    InvalidProblem
        If it is none; the message names the field.
    """
    known = (*COMMON, *_PARTS, "n", "eta", "assignment", "noise")
    require_fields("a formula", document, (), known)
    parts: dict[str, Any] = {name: document[name] for name in _PARTS if name in document}
    if records:
        parts.setdefault("terms", []).extend(records)
    if len(parts) != 1:
        got = ", ".join(parts) or "none"
        raise InvalidProblem(f"a formula must have exactly one of {', '.join(_PARTS)}, got {got}")
    ((part, value),) = parts.items()
    formula = _beside(document, value, beside) if part == "file" else _listed(part, value, document)
    if "eta" not in document:
        for name in ("assignment", "noise"):
            if name in document:
                raise InvalidProblem(f"{name} must be given with eta, got no eta")
        return formula
    if isinstance(formula, Clauses):
        raise InvalidProblem("a problem must have terms for prompts, got clauses")
    if isinstance(formula, MixedFormula):
        formula = formula.padded()
    signs = document.get("assignment")
    if signs is not None:
        signs = documents.whole_numbers("assignment", signs, least=-1, most=1).astype(np.int8)
    return DNF(formula=formula, eta=document["eta"], assignment=signs, noise=noise_of(document))


def _beside(document: Document, name: Any, beside: Callable[[str], AnyFormula]) -> AnyFormula:
    if "n" in document:
        raise InvalidProblem("n must be left to the file of the formula, got both")
    plain = isinstance(name, str) and 0 < len(name) < 256 and "\x00" not in name
    if not plain or PurePath(name).name != name or "\\" in name or name in (".", ".."):
        raise InvalidProblem(f"file must be the name of a file in the same folder, got file={name!r:.60}")
    return beside(name)


def _listed(part: str, value: Any, document: Document) -> AnyFormula:
    if not isinstance(value, list) or not value or not all(isinstance(row, list) for row in value):
        raise InvalidProblem(f"{part} must be a list of lists of literals, got {part}={value!r:.60}")
    if any(type(x) is not int for row in value for x in row):
        raise InvalidProblem(f"{part} must hold whole numbers, got {part}={value!r:.60}")
    largest = max((abs(x) for row in value for x in row), default=1)
    n = whole("n", document.get("n", max(1, largest)), least=1, most=MOST)
    if any(x == 0 or abs(x) > n for row in value for x in row):
        raise InvalidProblem(
            f"{part} must hold variables from 1 to {n} or their negations, got another number"
        )
    return formula_of(value, n) if part == "terms" else clauses_of(value, n)


def written(formula: AnyFormula) -> dict[str, Any]:
    """A formula, or the problem of its terms, as a document."""
    if isinstance(formula, DNF):
        document = written(formula.formula) | {"eta": formula.eta, "noise": said_noise(formula.noise)}
        if formula.assignment is not None:
            document["assignment"] = formula.assignment.tolist()
        return document
    if isinstance(formula, Clauses):
        rows = [[x for x in row if x] for row in formula.table.tolist()]
        tautologies = formula.always.tolist()
        clauses = [[1, -1] if always else row for row, always in zip(rows, tautologies, strict=True)]
        return head("formula") | {"n": formula.n, "clauses": clauses}
    if not isinstance(formula, Formula | MixedFormula):
        raise InvalidProblem(f"formula must be one whose terms are listed, got {type(formula).__name__}")
    terms = [[x for x in row if x] for row in formula.table.tolist()]
    return head("formula") | {"n": formula.n, "terms": terms}
