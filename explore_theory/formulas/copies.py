"""Disjoint copies of a formula with one term of each conjoined: values multiply, terms are never listed."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.formulas.formula import Formula, Ints, signs_of
from explore_theory.formulas.mixed import require_one_width
from explore_theory.foundation.validation import whole, whole_array


@dataclass(frozen=True)
class Copies:
    """``q`` copies of `formula` on variables of their own: a term for every choice of one term per copy.

    ``n = q n_0`` variables, ``k = q k_0`` literals per term, ``m = m_0^q`` terms. The value of an assignment
    is the product of the values of its parts, so the largest value is the `q`-th power of that of `formula`.

    Parameters
    ----------
    formula
        What is copied.
    copies
        ``q >= 1``, small enough that term numbers fit into 63 bits.
    """

    formula: Formula
    copies: int

    def __post_init__(self) -> None:
        require_one_width(self.formula)
        whole("copies", self.copies, least=1)
        if self.formula.m**self.copies >= 2**63:
            raise InvalidProblem(
                f"copies must leave fewer than 2^63 terms, got copies={self.copies} of m={self.formula.m}"
            )

    @property
    def n(self) -> int:
        """``q n_0``."""
        return self.copies * self.formula.n

    @property
    def k(self) -> int:
        """``q k_0``."""
        return self.copies * self.formula.k

    @property
    def m(self) -> int:
        """``m_0^q``."""
        return int(self.formula.m**self.copies)

    def at(self, term: Ints) -> Ints:
        """The literals of the terms numbered `term` `[...]`, `[..., k]`; digits in base ``m_0`` choose."""
        parts, rest = [], whole_array("term", term, least=0, most=self.m - 1)
        for copy in range(self.copies):
            rest, digit = np.divmod(rest, self.formula.m)
            literals = self.formula.at(digit)
            parts.append(literals + np.sign(literals) * copy * self.formula.n)
        return np.concatenate(parts, axis=-1)

    def listed(self) -> Formula:
        """The formula with its terms written out, if there are at most 2^20."""
        if self.m > 2**20:
            raise InvalidProblem(f"m must be at most 2^20 for a formula to be listed, got m={self.m}")
        return Formula(self.at(np.arange(self.m)), self.n)

    def parts(self, assignment: npt.ArrayLike) -> npt.NDArray[np.int8]:
        """`[q, n_0]`: the assignment `[n]` copy by copy."""
        return signs_of(assignment, self.n).reshape(self.copies, self.formula.n)
