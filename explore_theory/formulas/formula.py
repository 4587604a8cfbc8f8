"""Formulas in disjunctive normal form with terms of one width, and the value of an assignment.

A *term* is a conjunction of `k` literals on distinct variables; the *value* of an assignment is the fraction
of terms it satisfies (Max-k-DNF asks for the largest). A literal is written as in DIMACS files: ``v`` for
variable `v`, ``-v`` for its negation, variables counted from 1.

Letters: `m` terms, `k` literals per term, `n` variables.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import real_array, whole, whole_array

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Terms times assignments looked at together, and terms.
_CHUNK, _TERMS = 1 << 22, 255
#: A literal is held against `n` as a 64-bit number, whose absolute value exists, and only then made shorter.
_LONGEST = 2**63 - 1


class Terms(Protocol):
    """Terms by number: what a problem needs of a formula, however large."""

    @property
    def n(self) -> int:
        """The number of variables."""

    @property
    def k(self) -> int:
        """Literals per term."""

    @property
    def m(self) -> int:
        """The number of terms."""

    def at(self, term: Ints) -> Ints:
        """The literals of the terms numbered `term` `[...]`, `[..., k]`."""


@dataclass(frozen=True, eq=False)
class Formula:
    """A list of terms; a term may occur more than once.

    Parameters
    ----------
    literals
        `[m, k]`: whole numbers ``+v`` or ``-v``, ``1 <= v <= n``, distinct variables in each term.
    n
        The number of variables, at least `k`.

    Raises
    ------
    InvalidProblem
        If there is no term, or one is not a conjunction of `k` literals on distinct variables of `n`.
    """

    literals: npt.NDArray[np.int64] = field(repr=False)
    n: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "n", whole("n", self.n, least=1, most=2**31 - 1))
        array = whole_array("literals", self.literals, least=-_LONGEST, most=_LONGEST)
        if array.ndim != 2:
            raise InvalidProblem(
                f"literals must be whole numbers of shape [m, k], got literals.shape={array.shape}"
            )
        if 0 in array.shape:
            raise InvalidProblem(f"literals must hold at least one term, got literals.shape={array.shape}")
        if (k := array.shape[1]) > self.n:
            raise InvalidProblem(f"k must be at most n ({self.n}), got k={k}")
        variable = np.abs(array)
        if np.any(outside := (variable < 1) | (variable > self.n)):
            j, i = (int(x) for x in np.argwhere(outside)[0])
            raise InvalidProblem(
                f"a literal must be a variable from 1 to {self.n} or its negation, "
                f"got literals[{j}, {i}]={int(array[j, i])}"
            )
        ordered = np.sort(variable, axis=-1)
        if np.any(repeated := ordered[:, 1:] == ordered[:, :-1]):
            j, i = (int(x) for x in np.argwhere(repeated)[0])
            raise InvalidProblem(
                f"a term must have distinct variables, got variable {int(ordered[j, i])} twice in term {j}"
            )
        array = array.astype(np.int32)
        array.flags.writeable = False
        object.__setattr__(self, "literals", array)

    @property
    def m(self) -> int:
        """The number of terms."""
        return int(self.literals.shape[0])

    @property
    def k(self) -> int:
        """Literals per term."""
        return int(self.literals.shape[1])

    @property
    def table(self) -> npt.NDArray[np.int64]:
        """`[m, k]`: the literals, under the name that they have where widths differ (`MixedFormula`)."""
        return self.literals

    def padded(self) -> "Formula":
        """Itself: its terms have one width."""
        return self

    def at(self, term: Ints) -> Ints:
        """The literals of the terms numbered `term` `[...]`, `[..., k]`."""
        return self.literals[whole_array("term", term, least=0, most=self.m - 1)].astype(np.int64)

    def satisfied(self, assignment: npt.ArrayLike) -> Bools:
        """Which terms the assignment `[n]` (each ``+1`` or ``-1``) satisfies, `[m]`."""
        signs = signs_of(assignment, self.n)
        return np.asarray((signs[np.abs(self.literals) - 1] * self.literals > 0).all(axis=-1))

    def value(self, assignment: npt.ArrayLike) -> Fraction:
        """The fraction of terms that the assignment `[n]` satisfies."""
        return Fraction(int(self.satisfied(assignment).sum()), self.m)

    def count(self, assignments: npt.ArrayLike) -> Ints:
        """How many terms each of the assignments `[A, n]` satisfies, `[A]`.

        A coordinate that is zero satisfies neither literal of its variable.
        """
        given = real_array("assignments", assignments)
        if np.isnan(given).any():
            raise InvalidProblem("assignments must be numbers, got NaN")
        signs = np.sign(given).astype(np.int8)
        if signs.ndim != 2 or signs.shape[1] != self.n:
            raise InvalidProblem(f"assignments must have shape (any, {self.n}), got {signs.shape}")
        literals = self.literals.astype(np.int64)
        # Where a literal is in the table of true and false variables.
        place = np.abs(literals) - 1 + self.n * (literals < 0)
        total = np.zeros(len(signs), dtype=np.int64)
        step = max(1, _CHUNK // _TERMS)
        for start in range(0, len(signs), step):
            total[start : start + step] = _satisfying(signs[start : start + step], place)
        return total


def _satisfying(signs: npt.NDArray[np.int8], place: Ints) -> Ints:
    """`[A]`: the terms `place` `[m, k]` that each of `signs` `[A, n]` satisfies, eight assignments to a byte.

    `place` names a literal's row among the sets of assignments by true variable and then by false variable.
    """
    holds = np.packbits(np.concatenate([signs.T > 0, signs.T < 0]), axis=-1)
    total = np.zeros(len(signs), dtype=np.int64)
    for first in range(0, len(place), _TERMS):
        literals = place[first : first + _TERMS].T
        agree = holds[literals[0]]
        for literal in literals[1:]:
            agree &= holds[literal]
        # So few terms that their number is a byte.
        total += np.unpackbits(agree, axis=-1, count=len(signs)).sum(axis=0, dtype=np.uint8)
    return total


def signs_of(assignment: npt.ArrayLike, n: int) -> npt.NDArray[np.int8]:
    """`assignment` as `[n]` signs; refused unless each is ``+1`` or ``-1``."""
    signs = real_array("assignment", assignment)
    if signs.shape != (n,) or not np.all(np.abs(signs) == 1):
        raise InvalidProblem(f"assignment must be {n} signs, each +1 or -1, got assignment={assignment!r}")
    return signs.astype(np.int8)
