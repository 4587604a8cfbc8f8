"""What a learner may ask about responses it has not seen: questions as data, never as code.

A `Condition` is evaluated by the literal law on the samples that were paid for, and by the exact law on the
problem's atoms, through the same arithmetic, so both give the same answers; the learner never sees the atoms.

The *feature of a draw* is ``phi(x, y)`` where responses are drawn one at a time, and the relative feature
``phi(x, y, y') = phi(x, y) - phi(x, y')`` where they are drawn in pairs. Letters: `R` replicates, `m` draws
(or atoms), `d` feature dimension, `s` responses. Build conditions from terms by comparison and ``&``, ``|``,
``~``::

    Norm() > 0                                     # a response whose features are not zero
    (Norm(inverse) > nu) & ~Seen(ids)              # a long one that is none of ids
    Where(Norm(inverse) <= nu, Dot(theta))         # a score, truncated where features are long

Reductions run over the contiguous last axis, so a replicate's answer does not depend on its peers.

Arithmetic is that of float64 without traps, in both laws: what overflows is infinite, an infinity minus an
infinity is NaN, no comparison with NaN is true (its negation is), and a weight that is NaN is no weight. The
types are closed: a subclass would be code that meets the atoms, and is refused (see `oracles.questions`).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from explore_theory.errors import OracleMisuse
from explore_theory.foundation.brief import brief
from explore_theory.oracles.door import fixed
from explore_theory.oracles.products import inner
from explore_theory.problems.protocol import Bools, Floats, Ints

_NOBODY = np.empty((1, 0), dtype=np.int64)


@brief
@dataclass(frozen=True, eq=False)
class Draws:
    """Draws that a question is put to.

    Parameters
    ----------
    features
        `[R, m, d]`: the feature of each draw.
    response
        `[R, m]`: the responses; -1 for an atom of several. None for pairs.
    """

    features: Floats
    response: Ints | None


class Expr(Protocol):
    """Anything that can be evaluated on draws."""

    @property
    def named(self) -> Ints:
        """`[A, s]`, `A` 1 or `R`: responses that must be atoms of their own (-1: none)."""

    def on(self, draws: Draws) -> npt.NDArray[Any]:
        """`[R, m]`: the value at each draw."""


class _Closed:
    """A question: it has the subclasses of this module and no others."""

    _open = True

    def __init_subclass__(cls) -> None:
        if not _Closed._open:
            raise OracleMisuse(
                f"a question must be made of the terms and conditions there are, got a new {cls.__name__}"
            )


class Term(_Closed, ABC):
    """A number per draw; comparing it with another, or with a number, makes a `Condition`."""

    @abstractmethod
    def on(self, draws: Draws) -> Floats:
        """`[R, m]`."""

    @property
    def named(self) -> Ints:
        """Nothing: terms depend on features only."""
        return _NOBODY

    def __gt__(self, other: "Term | npt.ArrayLike") -> "Condition":
        return Compare(self, ">", _term(other))

    def __ge__(self, other: "Term | npt.ArrayLike") -> "Condition":
        return Compare(self, ">=", _term(other))

    def __lt__(self, other: "Term | npt.ArrayLike") -> "Condition":
        return Compare(self, "<", _term(other))

    def __le__(self, other: "Term | npt.ArrayLike") -> "Condition":
        return Compare(self, "<=", _term(other))


class Condition(_Closed, ABC):
    """Yes or no per draw; conditions combine by ``&``, ``|`` and ``~``."""

    @abstractmethod
    def on(self, draws: Draws) -> Bools:
        """`[R, m]`."""

    @property
    @abstractmethod
    def named(self) -> Ints:
        """`[A, s]`: responses that must be atoms of their own."""

    def __and__(self, other: "Condition") -> "Condition":
        return Both(self, other)

    def __or__(self, other: "Condition") -> "Condition":
        return Either(self, other)

    def __invert__(self) -> "Condition":
        return Not(self)

    def __bool__(self) -> bool:
        raise OracleMisuse(f"a condition must be combined by &, | and ~, got bool({self!r})")


@dataclass(frozen=True, eq=False)
class Feature:
    """The feature of a draw."""

    def on(self, draws: Draws) -> Floats:
        """`[R, m, d]`."""
        return draws.features


@brief
@dataclass(frozen=True, eq=False)
class Relative:
    """The feature of a draw minus an `anchor` `[d]` or `[R, d]`, such as that of a response already seen."""

    anchor: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "anchor", _array("anchor", self.anchor, (1, 2)))

    def on(self, draws: Draws) -> Floats:
        """`[R, m, d]`."""
        return draws.features - _per_row("anchor", self.anchor, draws)[:, None, :]


Vector = Feature | Relative


@brief
@dataclass(frozen=True, eq=False)
class Constant(Term):
    """A number, or one per replicate `[R]`."""

    value: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", _array("value", self.value, (0, 1)))

    def on(self, draws: Draws) -> Floats:
        """`[R, m]`."""
        value = self.value
        if value.ndim and len(value) != len(draws.features):
            raise OracleMisuse(
                f"value must have one entry per replicate ({len(draws.features)}), got {len(value)}"
            )
        return np.broadcast_to(value[..., None], draws.features.shape[:-1])


@brief
@dataclass(frozen=True, eq=False)
class Dot(Term):
    """``<theta, v>``: `theta` `[d]` or `[R, d]`; ``v`` the feature of a draw, or relative to an anchor."""

    theta: npt.NDArray[np.float64]
    vector: Vector = Feature()

    def __post_init__(self) -> None:
        object.__setattr__(self, "theta", _array("theta", self.theta, (1, 2)))

    def on(self, draws: Draws) -> Floats:
        """`[R, m]`."""
        theta = _per_row("theta", self.theta, draws)
        return inner(self.vector.on(draws), theta[:, None, :])


@brief
@dataclass(frozen=True, eq=False)
class Norm(Term):
    """``|v|_S = sqrt(v^T S v)`` with `inverse` = ``S`` `[d, d]` or `[R, d, d]`; Euclidean if it is None.

    The name says what it is for: ``S`` is the inverse of a covariance ``Sigma``.
    """

    inverse: npt.NDArray[np.float64] | None = None
    vector: Vector = Feature()

    def __post_init__(self) -> None:
        if self.inverse is not None:
            object.__setattr__(self, "inverse", _array("inverse", self.inverse, (2, 3)))

    def on(self, draws: Draws) -> Floats:
        """`[R, m]`."""
        vector = self.vector.on(draws)
        if self.inverse is None:
            return np.asarray(np.sqrt(inner(vector, vector)))
        d = vector.shape[-1]
        if self.inverse.shape not in ((d, d), (len(vector), d, d)):
            raise OracleMisuse(
                f"inverse must have shape {(d, d)} or {(len(vector), d, d)}, "
                f"got inverse.shape={self.inverse.shape}"
            )
        rows = self.inverse[:, None] if self.inverse.ndim == 3 else self.inverse
        image = inner(rows, vector[..., None, :])
        # Rounding may leave a tiny negative square.
        return np.asarray(np.sqrt(np.maximum(inner(image, vector), 0.0)))


@dataclass(frozen=True, eq=False)
class Where(Term):
    """`term` where `condition` is true of a draw, `otherwise` where it is not."""

    condition: Condition
    term: Term
    otherwise: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "otherwise", _number("otherwise", self.otherwise))

    @property
    def named(self) -> Ints:
        """What the condition names."""
        return self.condition.named

    def on(self, draws: Draws) -> Floats:
        """`[R, m]`."""
        return np.where(self.condition.on(draws), self.term.on(draws), self.otherwise)


_COMPARE: dict[str, Callable[[Floats, Floats], Any]] = {
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
}


@brief
@dataclass(frozen=True, eq=False)
class Compare(Condition):
    """``left relation right``; never true of a NaN."""

    left: Term
    relation: str
    right: Term

    def __post_init__(self) -> None:
        if self.relation not in _COMPARE:
            raise OracleMisuse(
                f"relation must be one of {', '.join(_COMPARE)}, got relation={self.relation!r}"
            )

    @property
    def named(self) -> Ints:
        """Nothing: numbers depend on features only."""
        return _NOBODY

    def on(self, draws: Draws) -> Bools:
        """`[R, m]`."""
        return np.asarray(_COMPARE[self.relation](self.left.on(draws), self.right.on(draws)))


@brief
@dataclass(frozen=True, eq=False)
class Seen(Condition):
    """The response is one of `ids` `[s]` or `[R, s]` (-1: none). Not for pairs."""

    ids: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        ids = np.array(self.ids)
        if ids.dtype.kind not in "iu" or ids.ndim not in (1, 2):
            raise OracleMisuse(f"ids must be response indices [s] or [R, s], got ids={self.ids!r}")
        object.__setattr__(self, "ids", fixed(np.atleast_2d(ids.astype(np.int64))))

    @property
    def named(self) -> Ints:
        """The ids."""
        return self.ids

    def on(self, draws: Draws) -> Bools:
        """`[R, m]`."""
        if draws.response is None:
            raise OracleMisuse("hit must not ask whether a pair was seen, got Seen(...) with pair=True")
        if len(self.ids) not in (1, len(draws.response)):
            raise OracleMisuse(
                f"ids must have one row per replicate ({len(draws.response)}), got {len(self.ids)} rows"
            )
        here = draws.response[:, :, None] == self.ids[:, None, :]
        return np.asarray(here.any(axis=-1) & (draws.response >= 0))


@dataclass(frozen=True, eq=False)
class Both(Condition):
    """``left & right``."""

    left: Condition
    right: Condition

    @property
    def named(self) -> Ints:
        """What either names."""
        return _joined(self.left.named, self.right.named)

    def on(self, draws: Draws) -> Bools:
        """`[R, m]`."""
        return self.left.on(draws) & self.right.on(draws)


@dataclass(frozen=True, eq=False)
class Either(Condition):
    """``left | right``."""

    left: Condition
    right: Condition

    @property
    def named(self) -> Ints:
        """What either names."""
        return _joined(self.left.named, self.right.named)

    def on(self, draws: Draws) -> Bools:
        """`[R, m]`."""
        return self.left.on(draws) | self.right.on(draws)


@dataclass(frozen=True, eq=False)
class Not(Condition):
    """``~of``."""

    of: Condition

    @property
    def named(self) -> Ints:
        """What it names."""
        return self.of.named

    def on(self, draws: Draws) -> Bools:
        """`[R, m]`."""
        return ~self.of.on(draws)


def _joined(first: Ints, second: Ints) -> Ints:
    if not first.shape[1] or not second.shape[1]:
        return second if second.shape[1] else first
    rows = max(len(first), len(second))
    if bad := [len(part) for part in (first, second) if len(part) not in (1, rows)]:
        raise OracleMisuse(f"ids must have one number of replicates, got {bad[0]} and {rows}")
    return np.concatenate([np.broadcast_to(part, (rows, part.shape[1])) for part in (first, second)], axis=1)


def _term(value: "Term | npt.ArrayLike") -> Term:
    return value if isinstance(value, Term) else Constant(value)  # type: ignore[arg-type]


def _per_row(name: str, values: Floats, draws: Draws) -> Floats:
    """`values` `[d]` or `[R, d]` as `[1, d]` or `[R, d]`, if they fit the draws."""
    rows, _, d = draws.features.shape
    if values.shape not in ((d,), (rows, d)):
        raise OracleMisuse(f"{name} must have shape {(d,)} or {(rows, d)}, got {name}.shape={values.shape}")
    return np.atleast_2d(values)


def _array(name: str, values: npt.ArrayLike, axes: tuple[int, ...]) -> Floats:
    """A read-only copy of `values`, finite, with one of the numbers of `axes`."""
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise OracleMisuse(f"{name} must be an array of real numbers, got {name}={values!r}") from None
    if array.ndim not in axes or not np.all(np.isfinite(array)):
        wanted = " or ".join(map(str, axes))
        raise OracleMisuse(f"{name} must be finite with {wanted} axes, got {name}={values!r}")
    return fixed(array)


def _number(name: str, value: float) -> float:
    """`value` as a float, perhaps infinite."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or np.isnan(value):
        raise OracleMisuse(f"{name} must be a number, got {name}={value!r}")
    return float(value)


_Closed._open = False
