"""One door for what users bring: a problem or a formula in a file, of any of the forms that are read."""

import os
import re
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from explore_theory.errors import InvalidProblem
from explore_theory.formulas import dimacs, expressions
from explore_theory.formulas.clauses import Clauses
from explore_theory.formulas.formula import Formula
from explore_theory.formulas.mixed import MixedFormula
from explore_theory.foundation.brief import brief
from explore_theory.instances import archives, documents, formula_form, header, tabular_form, token_form
from explore_theory.instances.unpacking import ZIP, content
from explore_theory.problems.autoregressive import AutoregressiveProblem
from explore_theory.problems.dnf import DNF
from explore_theory.problems.storage import arrays_in
from explore_theory.problems.tabular import TabularProblem

AnyInstance = TabularProblem | AutoregressiveProblem | Formula | MixedFormula | Clauses | DNF

_MARK = b"\xef\xbb\xbf"
#: A line of DIMACS: a header, a comment, or a literal that is a plain number.
_DIMACS = re.compile(rb"(?m)^[ \t]*(p[ \t]|c[^\n=]*$|-?[0-9]|%|[wh][ \t])")
_KINDS = {
    TabularProblem: "tabular",
    AutoregressiveProblem: "tokens",
    Formula: "formula",
    MixedFormula: "formula",
    Clauses: "formula",
    DNF: "formula",
}


@brief
@dataclass(frozen=True, kw_only=True)
class Instance:
    """What a file holds.

    Parameters
    ----------
    problem, kind
        The problem or formula, and ``"tabular"``, ``"tokens"`` or ``"formula"``.
    form
        How it is written: ``"npz"``, ``"json"``, ``"dimacs"`` or ``"expression"``.
    digest
        SHA-256 of the file as it is unpacked, and of the file that it names, if it does.
    path
        Where it was found.
    """

    problem: AnyInstance
    kind: str
    form: str
    digest: str
    path: Path


def load(path: str | os.PathLike[str]) -> AnyInstance:
    """The problem or formula in the file at `path`, told by its content and not by its name.

    Reads ``.npz`` (ours, or plain arrays of anyone's), JSON and JSON lines, DIMACS (``p dnf``, ``p cnf``) and
    written-out formulas (``x1 & ~x2 | x3``), each plain or packed by gzip, bzip2 or xz; every version that
    was ever written. See ``docs/guide/instances.md``.

    Returns
    -------
    TabularProblem, AutoregressiveProblem, DNF, Formula, MixedFormula or Clauses

    Raises
    ------
    InvalidProblem
        One line that names the file and what is wrong, whatever the file holds.
    """
    return read(path).problem


def read(path: str | os.PathLike[str]) -> Instance:
    """Like `load`, with what is to be known of the file."""
    source = Path(path)
    try:
        data = content(source)
        form, problem, named = _read(data, source)
    except InvalidProblem as error:
        said = str(error)
        raise InvalidProblem(said if said.startswith("path must") else f"{source}: {said}") from None
    except MemoryError:
        raise InvalidProblem(f"{source}: the file must hold what fits into memory, got more") from None
    except RecursionError:
        raise InvalidProblem(f"{source}: the file must be nested less deeply, got too many levels") from None
    digest = sha256(data)
    digest.update(named)
    return Instance(problem=problem, kind=kind_of(problem), form=form, digest=digest.hexdigest(), path=source)


def kind_of(problem: object) -> str:
    """``"tabular"``, ``"tokens"`` or ``"formula"``.

    Raises
    ------
    InvalidProblem
        If it is something else.
    """
    found = next((kind for cls, kind in _KINDS.items() if isinstance(problem, cls)), None)
    if found is None:
        names = ", ".join(cls.__name__ for cls in _KINDS)
        raise InvalidProblem(f"problem must be one of {names}, got a {type(problem).__name__}")
    return found


def _read(data: bytes, source: Path) -> tuple[str, AnyInstance, bytes]:
    """The form, the problem, and the content of the file beside it that it names."""
    if data.startswith(ZIP):
        _require_no_counterexample(data, source)
        return "npz", archives.read(arrays_in(BytesIO(data))), b""
    text = data.removeprefix(_MARK)
    start = text[:4096].lstrip()
    if start.startswith((b"{", b"[")):
        document, records = documents.parsed(text)
        kind = header.kind_of(document)
        if kind == "tabular":
            return "json", tabular_form.read(document, records), b""
        if kind == "tokens":
            return "json", token_form.read(document, records), b""
        named: list[bytes] = []

        def beside(name: str) -> AnyInstance:
            named.append(content(source.parent / name).removeprefix(_MARK))
            return _formula(named[0])[1]

        return "json", formula_form.read(document, records, beside), b"".join(named)
    if not text.strip():
        raise InvalidProblem("the file must hold a problem or a formula, got nothing")
    if b"\x00" in text[:4096]:
        raise InvalidProblem("the file must hold .npz, JSON, DIMACS or a formula, got other binary data")
    return *_formula(text), b""


def _require_no_counterexample(data: bytes, source: Path) -> None:
    """Refuse what `verify --witness` writes of a world, and say where the problem is."""
    try:
        names = zipfile.ZipFile(BytesIO(data)).namelist()
    except Exception:
        # For the reader of arrays to say what is wrong.
        return
    if "about.npy" in names:
        beside = source.with_name(f"{source.stem}.problem.npz")
        where = f"its problem is in {beside}" if beside.exists() else "its claim names no problem to run"
        raise InvalidProblem(
            f"the file must hold a problem, got a counter-example of `verify --witness`; {where}"
        )


def _formula(text: bytes) -> tuple[str, Formula | MixedFormula | Clauses]:
    """The formula of a text, in DIMACS or written out."""
    # What comes first tells: names of variables do not begin a line of DIMACS, and numbers no other line.
    if _DIMACS.match(text.lstrip()) is not None and not _written_out(text):
        return "dimacs", dimacs.read(text)
    try:
        return "expression", expressions.parse(text.decode("utf-8"))
    except UnicodeDecodeError:
        raise InvalidProblem("the file must hold UTF-8 text") from None


def _written_out(text: bytes) -> bool:
    """Whether a text that may begin like DIMACS has no header and joins its variables by signs."""
    return re.search(rb"(?m)^[ \t]*p[ \t]", text) is None and re.search(rb"[&|+*()]", text) is not None
