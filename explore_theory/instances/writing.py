"""Problems and formulas into files, in the form that the name asks for."""

import bz2
import gzip
import json
import lzma
import os
from collections.abc import Callable
from pathlib import Path

from explore_theory.errors import InvalidProblem
from explore_theory.formulas.text import dump
from explore_theory.foundation.files import written_whole
from explore_theory.instances import formula_form, tabular_form, token_form
from explore_theory.instances.reading import AnyInstance, kind_of
from explore_theory.problems.autoregressive import AutoregressiveProblem
from explore_theory.problems.dnf import DNF
from explore_theory.problems.tabular import TabularProblem

#: By the end of a name: how it is packed. The time of writing is left out: the same problem is the same file.
_PACKED: dict[str, Callable[[bytes], bytes]] = {
    ".gz": lambda data: gzip.compress(data, mtime=0),
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
_ARRAYS, _JSON, _TEXT = ".npz", ".json", (".dnf", ".cnf", ".dimacs")


def save(problem: AnyInstance, path: str | os.PathLike[str]) -> None:
    """Write `problem` to `path`, atomically, for `load`; what is read back is the same to the last bit.

    Parameters
    ----------
    problem
        A tabular or autoregressive problem (``.npz`` or ``.json``), a formula (``.dnf``, ``.cnf`` or
        ``.json``) or the problem of its terms (``.json``).
    path
        Its end says which form; ``.gz``, ``.bz2`` or ``.xz`` behind it packs a text.

    Raises
    ------
    InvalidProblem
        If the problem has no such form, or the folder does not exist.
    """
    target = Path(path)
    kind = kind_of(problem)
    pack = _PACKED.get(target.suffix)
    suffix = Path(target.stem).suffix if pack else target.suffix
    forms = _forms(problem, kind)
    if suffix not in forms:
        raise _refused(suffix, forms, problem)
    if suffix == _ARRAYS:
        assert isinstance(problem, TabularProblem | AutoregressiveProblem)
        if pack is not None:
            raise InvalidProblem(f"path must end in {_ARRAYS}, which is packed already, got {target.name!r}")
        problem.save(target)
        return
    data = _text(problem, suffix).encode()
    with written_whole(target) as stream:
        stream.write(pack(data) if pack is not None else data)


def _forms(problem: AnyInstance, kind: str) -> tuple[str, ...]:
    if kind != "formula":
        return (_ARRAYS, _JSON)
    return (_JSON,) if isinstance(problem, DNF) else (*_TEXT, _JSON)


def _refused(suffix: str, forms: tuple[str, ...], problem: AnyInstance) -> InvalidProblem:
    return InvalidProblem(
        f"path must end in {', '.join(forms)} for a {type(problem).__name__} "
        f"(.gz, .bz2 or .xz may follow a text), got {suffix!r}"
    )


def _text(problem: AnyInstance, suffix: str) -> str:
    if suffix != _JSON:
        assert not isinstance(problem, TabularProblem | AutoregressiveProblem | DNF)
        return dump(problem)
    if isinstance(problem, TabularProblem):
        document = tabular_form.written(problem)
    elif isinstance(problem, AutoregressiveProblem):
        document = token_form.written(problem)
    else:
        document = formula_form.written(problem)
    fields = [f"{json.dumps(name)}: {json.dumps(value, allow_nan=False)}" for name, value in document.items()]
    return "{\n" + ",\n".join(fields) + "\n}\n"
