"""Terms as a reduction writes them: a variable may repeat, and some terms may be satisfied by nobody.

Serial repetition conjoins terms *on the same variables*. Where parts share a variable the conjunction is
shorter than the sum of their widths; where they disagree on it the conjunction is *contradictory*. Neither
may be left out: values are fractions of all terms.

Letters: `m` terms, `w` places for literals, `n` variables, `t` parts of a conjunction.
"""

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.formulas.formula import Bools, Formula, Ints, signs_of
from explore_theory.formulas.mixed import MixedFormula
from explore_theory.formulas.optimum import Optimum, exact_optimum
from explore_theory.foundation.validation import whole, whole_array

#: Conjunctions are listed: so many places for literals in all.
MOST_PLACES = 1 << 24


@dataclass(frozen=True, eq=False)
class Conjunctions:
    """A list of terms that may repeat variables; repeated literals count once.

    Parameters
    ----------
    literals
        `[m, w]`: whole numbers ``+v`` or ``-v``, ``1 <= v <= n``, and zeros where a term has fewer than `w`.
    n
        The number of variables; it may be smaller than `w`.

    Raises
    ------
    InvalidProblem
        One line, if there is no term, a term has no literal, or a number is out of range.
    """

    literals: Ints = field(repr=False)
    n: int
    #: `[m]`: how many different variables each term has.
    widths: Ints = field(init=False, repr=False)
    #: `[m]`: whether some variable of the term occurs with both signs.
    contradictory: Bools = field(init=False, repr=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "n", whole("n", self.n, least=1, most=2**31 - 1))
        array = whole_array("literals", self.literals, least=-self.n, most=self.n)
        if array.ndim != 2 or not array.size:
            raise InvalidProblem(
                f"literals must hold at least one term, of shape [m, w], got literals.shape={array.shape}"
            )
        if np.any(empty := ~array.any(axis=-1)):
            raise InvalidProblem(f"a term must hold a literal, got an empty term {int(np.argmax(empty))}")
        # By variable, the negative literal first: what differs from its left neighbour is new.
        order = np.take_along_axis(array, np.lexsort((array, np.abs(array)), axis=-1), axis=-1)
        first, variable = np.ones(array.shape, dtype=bool), np.abs(order)
        first[:, 1:] = variable[:, 1:] != variable[:, :-1]
        opposite = ~first[:, 1:] & (order[:, 1:] != order[:, :-1])
        array.flags.writeable = False
        put(self, "literals", array)
        put(self, "widths", (first & (order != 0)).sum(axis=-1))
        put(self, "contradictory", np.asarray(opposite.any(axis=-1)))

    @classmethod
    def of(cls, formula: Formula | MixedFormula) -> "Conjunctions":
        """The terms of `formula`."""
        return cls(formula.table.astype(np.int64), formula.n)

    @property
    def m(self) -> int:
        """The number of terms, contradictory ones among them."""
        return int(self.literals.shape[0])

    def satisfied(self, assignment: npt.ArrayLike) -> Bools:
        """Which terms the assignment `[n]` of signs satisfies, `[m]`."""
        agree = signs_of(assignment, self.n)[np.abs(self.literals) - 1] * self.literals
        return np.asarray(((agree > 0) | (self.literals == 0)).all(axis=-1))

    def value(self, assignment: npt.ArrayLike) -> Fraction:
        """The fraction of all terms that the assignment `[n]` satisfies."""
        return Fraction(int(self.satisfied(assignment).sum()), self.m)

    def satisfiable(self) -> MixedFormula | None:
        """The terms that somebody satisfies, every variable once; None if there are none."""
        kept = self.literals[~self.contradictory].tolist()
        terms = [sorted({x for x in term if x}, key=abs) for term in kept]
        return MixedFormula(terms, self.n) if terms else None

    def optimum(self) -> Optimum:
        """The largest value, as a fraction of all terms, by trying all assignments."""
        kept = self.satisfiable()
        if kept is None:
            nothing = Fraction(0)
            return Optimum(value=nothing, bound=nothing, assignment=(1,) * self.n, method="contradictions")
        found = exact_optimum(kept)
        value = found.value * Fraction(kept.m, self.m)
        return Optimum(value=value, bound=value, assignment=found.assignment, method=found.method)

    def repeated(self, t: int) -> "Conjunctions":
        """All ``m^t`` conjunctions of `t` terms, in order and with repetition; values to the power `t`.

        Source: Lemma H.6 of Foster, Mhammedi and Rohatgi (COLT 2025), mended: `widths` are at most
        ``min(t max widths, n)``, and contradictory conjunctions are kept.

        Raises
        ------
        InvalidProblem
            If they have more than `MOST_PLACES` places for literals.
        """
        whole("t", t, least=1)
        width = self.literals.shape[1]
        # With two terms or more, t > 24 is too many: no power need be worked out.
        if t * width > MOST_PLACES or (self.m > 1 and t > 24) or self.m**t * t * width > MOST_PLACES:
            raise InvalidProblem(
                f"m^t terms of t w literals must have at most {MOST_PLACES} places to be listed, "
                f"got m={self.m}, w={width}, t={t}"
            )
        parts = np.indices((self.m,) * t).reshape(t, -1) if self.m > 1 else np.zeros((t, 1), dtype=np.int64)
        return Conjunctions(np.concatenate([self.literals[part] for part in parts], axis=-1), self.n)
