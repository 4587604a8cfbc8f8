"""Formulas in conjunctive normal form, as DIMACS calls ``p cnf``: each clause is an *or* of literals.

Letters: `m` clauses, `k` literals in the longest row, `n` variables.
"""

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.formulas.conjunctions import distinct_literals
from explore_theory.formulas.formula import _LONGEST, Bools, Ints, signs_of
from explore_theory.formulas.mixed import MixedFormula
from explore_theory.foundation.validation import whole, whole_array


@dataclass(frozen=True, eq=False, repr=False)
class Clauses:
    """A list of disjunctions of literals; its value is the fraction of them that an assignment satisfies.

    A literal that occurs twice in a clause counts once. A clause with a variable and its negation is
    *tautological*: every assignment satisfies it. One without a literal is satisfied by none. Both count.

    Parameters
    ----------
    literals
        `[m, k]`: whole numbers ``+v`` or ``-v``, ``1 <= v <= n``; zeros fill short clauses.
    n
        The number of variables.

    Attributes
    ----------
    table
        `[m, k]`: the distinct literals of each clause by variable, then zeros; zeros if tautological.
    always
        `[m]`: which clauses are tautological.

    Raises
    ------
    InvalidProblem
        If there is no clause, or a literal is no variable of `n` or its negation.
    """

    literals: npt.NDArray[np.int64]
    n: int
    table: npt.NDArray[np.int32] = field(init=False)
    always: Bools = field(init=False)

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
        table, always = distinct_literals(rows, self.n)
        # What repetitions and tautologies took up is left out: the same clauses are the same table.
        table = np.ascontiguousarray(table[:, : max(1, int((table != 0).sum(axis=-1).max()))])
        for array in (table, always):
            array.flags.writeable = False
        put(self, "literals", table)
        put(self, "table", table)
        put(self, "always", always)

    def __repr__(self) -> str:
        return f"Clauses(n={self.n}, m={self.m}, k={self.k}, tautological={int(self.always.sum())})"

    @property
    def m(self) -> int:
        """The number of clauses."""
        return int(self.table.shape[0])

    @property
    def k(self) -> int:
        """Literals of the widest clause."""
        return int(self.widths.max())

    @property
    def widths(self) -> Ints:
        """Distinct literals of each clause, `[m]`; 0 where it is tautological or empty."""
        return np.asarray((self.table != 0).sum(axis=-1))

    def satisfied(self, assignment: npt.ArrayLike) -> Bools:
        """Which clauses the assignment `[n]` (each ``+1`` or ``-1``) satisfies, `[m]`."""
        signs = signs_of(assignment, self.n)
        holds = self.always.copy()
        for column in self.table.T:
            holds |= signs[np.abs(column) - 1] * column > 0
        return holds

    def value(self, assignment: npt.ArrayLike) -> Fraction:
        """The fraction of clauses that the assignment `[n]` satisfies."""
        return Fraction(int(self.satisfied(assignment).sum()), self.m)

    def terms(self) -> MixedFormula:
        """Terms of which an assignment satisfies exactly one for each clause that it satisfies.

        Of a clause ``l1 or .. or lw``: ``l1``, ``not l1 and l2``, .., ``not l1 and .. and lw``. So the
        clauses satisfied are the terms satisfied and the tautological ones; `m` clauses of width `w` become
        ``m w`` terms of widths 1 to `w`.

        Raises
        ------
        InvalidProblem
            If no clause has a literal, or there are too many of them (`mixed.MOST_LITERALS`).
        """
        widths = self.widths
        if not widths.any():
            raise InvalidProblem(f"clauses must hold a literal that decides something, got {self!r}")
        # One row for every literal of every clause: those before it negated, then itself.
        clause, last = np.nonzero(self.table)
        before = np.arange(self.table.shape[1])[None, :]
        rows = self.table[clause].astype(np.int64)
        rows = np.where(before < last[:, None], -rows, np.where(before == last[:, None], rows, 0))
        return MixedFormula.of_table(rows, self.n)
