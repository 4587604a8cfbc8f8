"""A learner's question at the door: taken apart, and put together again from parts that cannot do anything.

Only the types of `oracles.expressions` are let in, by their exact type, and what is evaluated is a copy. So
a question is data: no code of a learner's meets the atoms, and what is done to the original later does not
matter.
"""

from typing import Any, cast

import numpy as np

from explore_theory.errors import OracleMisuse
from explore_theory.oracles.door import is_fixed
from explore_theory.oracles.expressions import (
    Both,
    Compare,
    Condition,
    Constant,
    Dot,
    Either,
    Feature,
    Norm,
    Not,
    Relative,
    Seen,
    Term,
    Where,
)

#: More than anybody needs, and few enough to evaluate by recursion.
_DEEPEST = 200
_VECTORS = (Feature, Relative)
_TERMS = (Constant, Dot, Norm, Where)
_CONDITIONS = (Compare, Seen, Both, Either, Not)


def condition(name: str, asked: Any, *, replicates: int, d: int, pair: bool = False) -> Condition:
    """A copy of the condition `asked`, for draws `[replicates, ., d]`.

    Raises
    ------
    OracleMisuse
        If some part of it is not of the package's own types, or its shape does not fit the draws.
    """
    if type(asked) not in _CONDITIONS:
        raise OracleMisuse(f"{name} must be a condition such as Norm() > 0, got {name}={_named(asked)}")
    return cast(Condition, _Copier(name, replicates, d, pair).copy(asked, _CONDITIONS, 0))


def term(name: str, asked: Any, *, replicates: int, d: int) -> Term:
    """A copy of the term `asked`; see `condition`."""
    if type(asked) not in _TERMS:
        raise OracleMisuse(f"{name} must be a term such as Dot(theta), got {name}={_named(asked)}")
    return cast(Term, _Copier(name, replicates, d, False).copy(asked, _TERMS, 0))


class _Copier:
    """Copies of the parts of one question, one method per type."""

    def __init__(self, name: str, replicates: int, d: int, pair: bool) -> None:
        self.name, self.R, self.d, self.pair = name, replicates, d, pair

    def copy(self, part: Any, allowed: tuple[type, ...], depth: int) -> Any:
        """`part`, at this depth, as one of the types `allowed`."""
        kind = type(part)
        if kind not in allowed:
            raise OracleMisuse(
                f"{self.name} must be made of terms and conditions of explore_theory.oracles only, "
                f"got a part {_named(part)}"
            )
        if depth > _DEEPEST:
            raise OracleMisuse(f"{self.name} must nest at most {_DEEPEST} deep, got a deeper one")
        return getattr(self, f"_{kind.__name__.lower()}")(part, depth + 1)

    def _feature(self, part: Feature, depth: int) -> Feature:
        # Not the one given: an instance can have a method of its own.
        return Feature()

    def _relative(self, part: Relative, depth: int) -> Any:
        return self._array(part, "anchor", ((self.d,), (self.R, self.d)))

    def _constant(self, part: Constant, depth: int) -> Any:
        return self._array(part, "value", ((), (self.R,)))

    def _dot(self, part: Dot, depth: int) -> Any:
        vector = self.copy(part.vector, _VECTORS, depth)
        return self._array(part, "theta", ((self.d,), (self.R, self.d)), vector=vector)

    def _norm(self, part: Norm, depth: int) -> Any:
        vector, d = self.copy(part.vector, _VECTORS, depth), self.d
        if part.inverse is None:
            return Norm(None, vector)
        return self._array(part, "inverse", ((d, d), (self.R, d, d)), vector=vector)

    def _not(self, part: Not, depth: int) -> Not:
        return Not(self.copy(part.of, _CONDITIONS, depth))

    def _both(self, part: Both, depth: int) -> Both:
        return Both(*(self.copy(side, _CONDITIONS, depth) for side in (part.left, part.right)))

    def _either(self, part: Either, depth: int) -> Either:
        return Either(*(self.copy(side, _CONDITIONS, depth) for side in (part.left, part.right)))

    def _array(self, part: Any, field: str, shapes: tuple[tuple[int, ...], ...], **more: Any) -> Any:
        """A copy of `part` whose one array fits the draws; the array itself if nobody can write to it."""
        values = self._plain(field, getattr(part, field))
        if is_fixed(values) and values.dtype.char == "d":
            new = object.__new__(type(part))
            for key, value in {field: values, **more}.items():
                object.__setattr__(new, key, value)
        else:
            new = type(part)(values, *more.values())
        if values.shape not in shapes:
            wanted = " or ".join(map(str, dict.fromkeys(shapes)))
            raise OracleMisuse(
                f"{field} must have shape {wanted}, for {self.R} replicates and d={self.d}, "
                f"got {field}.shape={values.shape}"
            )
        return new

    def _seen(self, part: Seen, depth: int) -> Seen:
        if self.pair:
            raise OracleMisuse(
                f"{self.name} must not ask whether a pair was seen, got Seen(...) with pair=True"
            )
        new = Seen(self._plain("ids", part.ids))
        if len(new.ids) not in (1, self.R):
            raise OracleMisuse(f"ids must have one row per replicate ({self.R}), got {len(new.ids)} rows")
        return new

    def _where(self, part: Where, depth: int) -> Where:
        if type(part.otherwise) is not float:
            raise OracleMisuse(f"otherwise must be a number, got a {type(part.otherwise).__name__}")
        condition = self.copy(part.condition, _CONDITIONS, depth)
        return Where(condition, self.copy(part.term, _TERMS, depth), part.otherwise)

    def _compare(self, part: Compare, depth: int) -> Compare:
        if type(part.relation) is not str:
            raise OracleMisuse(f"relation must be text, got a {type(part.relation).__name__}")
        left, right = (self.copy(side, _TERMS, depth) for side in (part.left, part.right))
        return Compare(left, part.relation, right)

    def _plain(self, field: str, values: Any) -> Any:
        """An array as a constructor left it, or nothing: converting anything else would run its code."""
        if type(values) is not np.ndarray or values.dtype.kind not in "if":
            raise OracleMisuse(f"{field} must be an array of numbers, got a {type(values).__name__}")
        return values


def _named(part: object) -> str:
    """A part by the name of its type: its repr is somebody's code."""
    return f"{part!r}" if type(part) in (int, float, bool, str, type(None)) else f"a {type(part).__name__}"
