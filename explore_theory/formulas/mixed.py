"""Formulas whose terms differ in width, as model counters publish them, and what gives them one width.

Letters: `m` terms, `k` literals in the widest term, `n` variables.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.formulas.formula import _LONGEST, Bools, Formula, Ints, signs_of
from explore_theory.foundation.collection import uncollected
from explore_theory.foundation.validation import whole, whole_array

#: The most literals that terms of one width may hold together.
MOST_LITERALS = 1 << 27


@dataclass(frozen=True, eq=False, repr=False)
class MixedFormula:
    """A list of terms of any widths. Values and optima are defined; what needs one width takes `padded`.

    Parameters
    ----------
    terms
        `m` rows of whole numbers ``+v`` or ``-v``, ``1 <= v <= n``, distinct variables in each row.
    n
        The number of variables.

    Raises
    ------
    InvalidProblem
        If there is no term, or one is not a conjunction of literals on distinct variables of `n`.
    """

    terms: Sequence[Sequence[int]]
    n: int
    #: `[m, k]`: the terms, each followed by zeros.
    table: npt.NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "n", whole("n", self.n, least=1, most=2**31 - 1))
        put(self, "terms", tuple(tuple(self._term(j, term)) for j, term in enumerate(self.terms)))
        if not self.terms:
            raise InvalidProblem("terms must hold at least one term, got terms=()")
        widest = max(map(len, self.terms))
        if self.m * widest > MOST_LITERALS:
            raise InvalidProblem(
                f"terms must hold at most {MOST_LITERALS} literals at the width of the widest, "
                f"got {self.m} terms of up to {widest}"
            )
        table = np.zeros((self.m, widest), dtype=np.int32)
        for row, term in zip(table, self.terms, strict=True):
            row[: len(term)] = term
        table.flags.writeable = False
        put(self, "table", table)

    def __repr__(self) -> str:
        widths = self.widths
        return f"MixedFormula(n={self.n}, m={self.m}, widths {widths.min()} to {widths.max()})"

    @classmethod
    def of_table(cls, table: Ints, n: int) -> "MixedFormula":
        """The formula of a `table` `[m, k]` of literals, each row followed by zeros; quick for many terms.

        Raises
        ------
        InvalidProblem
            As for the class; a row with a zero before a literal is refused as well.
        """
        rows = whole_array("literals", table, least=-_LONGEST, most=_LONGEST)
        if rows.ndim != 2 or not rows.size:
            raise InvalidProblem(f"literals must have shape [m, k], m, k >= 1, got {rows.shape}")
        if rows.size > MOST_LITERALS:
            raise InvalidProblem(
                f"terms must hold at most {MOST_LITERALS} literals at the width of the widest, "
                f"got {rows.shape[0]} terms of up to {rows.shape[1]}"
            )
        variables = np.abs(rows)
        ordered = np.sort(variables, axis=-1)
        twice = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] > 0)
        gap = (rows[:, :-1] == 0) & (rows[:, 1:] != 0)
        bad = (rows[:, 0] == 0) | (variables > n).any(axis=-1) | twice.any(axis=-1) | gap.any(axis=-1)
        if bad.any():
            # Row by row, for the words of the refusal; at least one is refused.
            return cls([rows[int(np.argmax(bad))].tolist()], n)
        made = object.__new__(cls)
        put = object.__setattr__
        widths = (rows != 0).sum(axis=-1).tolist()
        put(made, "n", whole("n", n, least=1, most=2**31 - 1))
        with uncollected():
            put(made, "terms", tuple(tuple(row[:w]) for row, w in zip(rows.tolist(), widths, strict=True)))
        found = rows[:, : max(widths)].astype(np.int32)
        found.flags.writeable = False
        put(made, "table", found)
        return made

    @property
    def m(self) -> int:
        """The number of terms."""
        return len(self.terms)

    @property
    def widths(self) -> Ints:
        """Literals of each term, `[m]`."""
        return np.asarray((self.table != 0).sum(axis=-1))

    def satisfied(self, assignment: npt.ArrayLike) -> Bools:
        """Which terms the assignment `[n]` (each ``+1`` or ``-1``) satisfies, `[m]`."""
        signs = signs_of(assignment, self.n)
        agree = signs[np.abs(self.table) - 1] * self.table
        return np.asarray(((agree > 0) | (self.table == 0)).all(axis=-1))

    def value(self, assignment: npt.ArrayLike) -> Fraction:
        """The fraction of terms that the assignment `[n]` satisfies."""
        return Fraction(int(self.satisfied(assignment).sum()), self.m)

    def padded(self) -> Formula:
        """Every term at the width `k` of the widest, filled up by ``n + 1, n + 2, ..``, fresh variables.

        There are ``k - w`` fresh variables for a narrowest width of `w`; a term of width `v` takes the first
        ``k - v``. Terms stay one to one. With all fresh variables true an assignment satisfies the terms that
        it satisfies here, and fewer with any other setting: the largest value, and what has it, is kept.
        What is *not* kept is how many assignments satisfy a term: a uniform one satisfies each with chance
        ``2^-k``. The other conversion, a term for each setting of the missing literals, keeps that, but it
        takes ``2^(k - v)`` terms for one, so a narrow term weighs more than a wide one among prompts or
        terms, and the largest value shrinks.
        """
        missing = self.table.shape[1] - self.widths
        columns = np.arange(self.table.shape[1])
        # The first zero of a row becomes n + 1, the next n + 2, ..
        fresh = self.n + 1 + columns - self.widths[:, None]
        return Formula(np.where(self.table == 0, fresh, self.table), self.n + int(missing.max()))

    def _term(self, j: int, term: Sequence[int]) -> list[int]:
        literals = [whole(f"terms[{j}][{i}]", x, least=-self.n, most=self.n) for i, x in enumerate(term)]
        if not literals or 0 in literals:
            raise InvalidProblem(
                f"terms must hold variables from 1 to {self.n} or negations, got terms[{j}]={literals!r:.80}"
            )
        if len(set(map(abs, literals))) < len(literals):
            raise InvalidProblem(f"a term must have distinct variables, got terms[{j}]={literals!r:.80}")
        return literals


def require_one_width(formula: object) -> None:
    """Refuse a formula whose terms differ in width.

    Raises
    ------
    InvalidProblem
        One line that names `MixedFormula.padded`.
    """
    if isinstance(formula, MixedFormula):
        raise InvalidProblem(
            f"formula must have terms of one width (formula.padded() fills narrow terms with fresh "
            f"variables), got formula={formula!r}"
        )
