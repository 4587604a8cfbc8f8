"""Formulas whose clauses may be contradictory, or name a variable twice, as conjunctions of clauses do.

Letters: `m` clauses, `k` literals in the longest row, `n` variables.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Self

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.formulas.formula import _LONGEST, Bools, Ints, signs_of
from explore_theory.formulas.mixed import MixedFormula
from explore_theory.foundation.validation import whole, whole_array


@dataclass(frozen=True, eq=False, repr=False)
class Conjunctions:
    """A list of conjunctions of literals, of any widths; vectorised, so that 10^6 of them are cheap.

    A literal that occurs twice in a clause counts once. A clause with a variable and its negation is
    *contradictory*: no assignment satisfies it, and it has width 0 here. Such clauses count in `m`.

    Parameters
    ----------
    literals
        `[m, k]`: whole numbers ``+v`` or ``-v``, ``1 <= v <= n``; zeros fill short clauses.
    n
        The number of variables.
    contradictory
        Whether contradictory clauses are allowed.

    Attributes
    ----------
    table
        `[m, k]`: the distinct literals of each clause by variable, then zeros; all zeros if contradictory.
    never
        `[m]`: which clauses are contradictory.

    Raises
    ------
    InvalidProblem
        If there is no clause, or one is empty, names no variable of `n`, or is contradictory and may not be.
    """

    literals: npt.NDArray[np.int64]
    n: int
    contradictory: bool = False
    table: npt.NDArray[np.int32] = field(init=False)
    never: Bools = field(init=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "n", whole("n", self.n, least=1, most=2**31 - 1))
        rows = whole_array("literals", self.literals, least=-_LONGEST, most=_LONGEST)
        if rows.ndim != 2 or not rows.size:
            raise InvalidProblem(
                f"literals must be whole numbers of shape [m, k], m, k >= 1, got literals.shape={rows.shape}"
            )
        if np.any(outside := np.abs(rows) > self.n):
            j, i = (int(x) for x in np.argwhere(outside)[0])
            raise InvalidProblem(
                f"a literal must be a variable from 1 to {self.n} or its negation, "
                f"got literals[{j}, {i}]={int(rows[j, i])}"
            )
        if np.any(empty := ~(rows != 0).any(axis=-1)):
            raise InvalidProblem(f"a clause must have a literal, got none in clause {int(np.argmax(empty))}")
        table, never = distinct_literals(rows, self.n)
        if never.any() and not self.contradictory:
            j = int(np.argmax(never))
            raise InvalidProblem(
                f"a clause must not hold a variable and its negation (contradictory=True keeps such clauses: "
                f"nothing satisfies them), got clause {j}={[x for x in rows[j].tolist() if x]!r:.80}"
            )
        for array in (table, never):
            array.flags.writeable = False
        put(self, "literals", table)
        put(self, "table", table)
        put(self, "never", never)

    def __repr__(self) -> str:
        return f"Conjunctions(n={self.n}, m={self.m}, k={self.k}, contradictory={int(self.never.sum())})"

    @classmethod
    def of(cls, clauses: Sequence[Sequence[int]], n: int, *, contradictory: bool = False) -> Self:
        """The formula of `clauses`, each a list of literals.

        Raises
        ------
        InvalidProblem
            If a literal is no whole number other than zero, and as for the class.
        """
        if not _is_list(clauses) or not all(map(_is_list, clauses)):
            raise InvalidProblem(f"clauses must be a list of lists of literals, got clauses={clauses!r:.80}")
        if not len(clauses):
            raise InvalidProblem("clauses must hold at least one clause, got clauses=()")
        table = np.zeros((len(clauses), max(1, *map(len, clauses))), dtype=np.int64)
        for j, (row, clause) in enumerate(zip(table, clauses, strict=True)):
            row[: len(clause)] = [
                whole(f"clauses[{j}][{i}]", x, least=-_LONGEST, most=_LONGEST) for i, x in enumerate(clause)
            ]
            if (row[: len(clause)] == 0).any():
                raise InvalidProblem(f"a literal must not be zero, got clauses[{j}]={list(clause)!r:.80}")
        return cls(table, n, contradictory)

    @property
    def m(self) -> int:
        """The number of clauses."""
        return int(self.table.shape[0])

    @property
    def k(self) -> int:
        """Literals of the widest clause that can be satisfied; 1 if none can."""
        return max(1, int(self.widths.max()))

    @property
    def widths(self) -> Ints:
        """Distinct literals of each clause, `[m]`; 0 where it is contradictory."""
        return np.asarray((self.table != 0).sum(axis=-1))

    def satisfied(self, assignment: npt.ArrayLike) -> Bools:
        """Which clauses the assignment `[n]` (each ``+1`` or ``-1``) satisfies, `[m]`."""
        signs = signs_of(assignment, self.n)
        # Column by column: the table may be long.
        holds = ~self.never
        for column in self.table.T:
            holds &= (signs[np.abs(column) - 1] * column > 0) | (column == 0)
        return holds

    def value(self, assignment: npt.ArrayLike) -> Fraction:
        """The fraction of clauses that the assignment `[n]` satisfies."""
        return Fraction(int(self.satisfied(assignment).sum()), self.m)

    def possible(self) -> MixedFormula:
        """The clauses that are not contradictory, in their order: an optimum of theirs is one of all.

        Raises
        ------
        InvalidProblem
            If there is none.
        """
        return MixedFormula([[x for x in row if x] for row in self.table[~self.never].tolist()], self.n)


def _is_list(value: object) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim > 0
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def distinct_literals(rows: Ints, n: int) -> tuple[npt.NDArray[np.int32], Bools]:
    """Each row's distinct literals by variable, zeros last, and which rows are contradictory."""
    # Zeros sort last as variable n + 1; of equal variables the negations come first.
    order = np.argsort(np.where(rows == 0, 2 * n + 2, 2 * np.abs(rows) + (rows > 0)), axis=-1, kind="stable")
    ordered = np.take_along_axis(rows, order, axis=-1)
    before, after = ordered[:, :-1], ordered[:, 1:]
    never = np.asarray(((before == -after) & (after != 0)).any(axis=-1))
    ordered[:, 1:][before == after] = 0
    ordered[never] = 0
    # What a repetition left is moved behind the rest.
    place = np.argsort(ordered == 0, axis=-1, kind="stable")
    return np.take_along_axis(ordered, place, axis=-1).astype(np.int32), never
