"""Predicates of few accepting words, and formulas whose constraints are one predicate of signed variables.

The predicates that are hard to approximate (S. O. Chan, Approximation resistance from pairwise independent
subgroups, Journal of the ACM 63, 2016) accept a *subgroup* of sign words, of which any two coordinates are
independent and fair when a word is drawn uniformly: the words ``((-1)^<a, b_1>, .., (-1)^<a, b_k>)`` for all
`a` in ``F_2^r``, where ``b_1, .., b_k`` are distinct and nonzero. With all ``k = 2^r - 1`` vectors `b` that
is the Hadamard predicate.

Letters: `k` the arity, `l` accepting words, `r` the dimension of the code, `m` constraints, `n` variables.
"""

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.formulas.conjunctions import Conjunctions
from explore_theory.formulas.formula import Bools, Ints, signs_of
from explore_theory.foundation.validation import whole, whole_array

Signs = npt.NDArray[np.int8]

#: A word is looked up as a whole number of so many bits.
MOST_ARITY = 63
#: Accepting words are listed.
MOST_DIMENSION = 16


@dataclass(frozen=True, eq=False)
class Predicate:
    """A set of accepted sign words.

    Parameters
    ----------
    accepting
        `[l, k]`: distinct words of ``+1`` and ``-1``, at least one; ``1 <= k <= MOST_ARITY``.

    Raises
    ------
    InvalidProblem
        One line, if it is none of these.
    """

    accepting: Signs = field(repr=False)

    def __post_init__(self) -> None:
        words = whole_array("accepting", self.accepting, least=-1, most=1)
        if words.ndim != 2 or not words.size:
            raise InvalidProblem(
                f"accepting must hold at least one word, of shape [l, k], got accepting.shape={words.shape}"
            )
        whole("k", words.shape[1], least=1, most=MOST_ARITY)
        if np.any(words == 0):
            j, i = (int(x) for x in np.argwhere(words == 0)[0])
            raise InvalidProblem(f"accepting must hold +1 and -1, got accepting[{j}, {i}]=0")
        numbers, first = np.unique(_number(words), return_index=True)
        if len(numbers) < len(words):
            j = int(np.setdiff1d(np.arange(len(words)), first)[0])
            raise InvalidProblem(f"accepting must hold distinct words, got word {j} twice")
        words = words.astype(np.int8)
        words.flags.writeable = False
        object.__setattr__(self, "accepting", words)

    @property
    def k(self) -> int:
        """The arity."""
        return int(self.accepting.shape[1])

    @property
    def size(self) -> int:
        """`l`: how many words are accepted."""
        return int(self.accepting.shape[0])

    def accepts(self, words: npt.ArrayLike) -> Bools:
        """Whether each of the words `[..., k]` of signs is accepted, `[...]`."""
        given = whole_array("words", words, least=-1, most=1)
        if given.shape[-1:] != (self.k,) or np.any(given == 0):
            raise InvalidProblem(
                f"words must be signs of shape [..., {self.k}], got words.shape={given.shape}"
                + (" with a 0" if np.any(given == 0) else "")
            )
        return np.isin(_number(given), _number(self.accepting))

    def share(self) -> Fraction:
        """``l / 2^k``: the chance that a uniform word is accepted."""
        return Fraction(self.size, 2**self.k)


def hadamard_predicate(k: int, dimension: int | None = None) -> Predicate:
    """The ``2^r`` words of `k` distinct nonzero vectors of ``F_2^r``, the unit vectors among them.

    Parameters
    ----------
    k
        The arity.
    dimension
        `r`, with ``log2(k + 1) <= r <= k``; if left out the least, which gives at most ``2 k`` words, and for
        ``k = 2^r - 1`` the Hadamard predicate with ``k + 1``.

    Raises
    ------
    InvalidProblem
        One line, if `k` or `dimension` is out of range.
    """
    k = whole("k", k, least=1, most=MOST_ARITY)
    least = k.bit_length()
    r = whole("dimension", least if dimension is None else dimension, least=least, most=k)
    if r > MOST_DIMENSION:
        raise InvalidProblem(f"dimension must be at most {MOST_DIMENSION}, got dimension={r}")
    units = 1 << np.arange(r, dtype=np.int64)
    others = np.setdiff1d(np.arange(1, 1 << r, dtype=np.int64), units)[: k - r]
    return Predicate(words_of(np.sort(np.concatenate([units, others])), r))


def words_of(vectors: Ints, r: int) -> Signs:
    """`[2^r, k]`: ``(-1)^<a, b>`` for every `a` in ``F_2^r`` and each of the `vectors`, as whole numbers."""
    overlap = np.arange(1 << r, dtype=np.int64)[:, None] & vectors
    return np.where(np.bitwise_count(overlap) % 2 == 0, 1, -1).astype(np.int8)


@dataclass(frozen=True, eq=False)
class PredicateFormula:
    """A Max-P formula: constraint `i` holds if `predicate` accepts ``(b_i1 x_{v_i1}, .., b_ik x_{v_ik})``.

    A variable may occur several times in a constraint, with equal or opposite signs.

    Parameters
    ----------
    predicate
        Of arity `k`.
    variables
        `[m, k]`: whole numbers from 1 to `n`.
    signs
        `[m, k]`: ``+1`` or ``-1``.
    n
        The number of variables; it may be smaller than `k`.

    Raises
    ------
    InvalidProblem
        One line, if there is no constraint or a number is out of range.
    """

    predicate: Predicate
    variables: Ints = field(repr=False)
    signs: Ints = field(repr=False)
    n: int

    def __post_init__(self) -> None:
        put = object.__setattr__
        if not isinstance(self.predicate, Predicate):
            raise InvalidProblem(f"predicate must be a Predicate, got predicate={self.predicate!r:.80}")
        put(self, "n", whole("n", self.n, least=1, most=2**31 - 1))
        for name, least, most in (("variables", 1, self.n), ("signs", -1, 1)):
            array = whole_array(name, getattr(self, name), least=least, most=most)
            if array.ndim != 2 or not array.size or array.shape[1] != self.predicate.k:
                raise InvalidProblem(
                    f"{name} must have a row of {self.predicate.k} for each constraint, of which there is "
                    f"at least one, got {name}.shape={array.shape}"
                )
            array.flags.writeable = False
            put(self, name, array)
        if self.variables.shape != self.signs.shape:
            raise InvalidProblem(
                f"variables and signs must have one shape, got {self.variables.shape} and {self.signs.shape}"
            )
        if np.any(self.signs == 0):
            j, i = (int(x) for x in np.argwhere(self.signs == 0)[0])
            raise InvalidProblem(f"signs must be +1 or -1, got signs[{j}, {i}]=0")

    @property
    def m(self) -> int:
        """The number of constraints."""
        return int(self.variables.shape[0])

    def satisfied(self, assignment: npt.ArrayLike) -> Bools:
        """Which constraints the assignment `[n]` of signs satisfies, `[m]`."""
        x = signs_of(assignment, self.n)
        return self.predicate.accepts(self.signs * x[self.variables - 1])

    def value(self, assignment: npt.ArrayLike) -> Fraction:
        """The fraction of constraints that the assignment `[n]` satisfies."""
        return Fraction(int(self.satisfied(assignment).sum()), self.m)

    def conjunctions(self) -> Conjunctions:
        """One term for each constraint and accepting word: ``x_{v_j} = b_j y_j`` for all `j`; ``l m`` terms.

        Every assignment satisfies as many terms as constraints, so the *fraction* is `l` times smaller. Where
        a constraint repeats a variable, equal literals become one, and opposite ones make a term that nothing
        satisfies; it is kept, since ``l m`` is what values are compared with.
        Source: Lemma H.5 of Foster, Mhammedi and Rohatgi (COLT 2025), mended.
        """
        literals = (self.variables * self.signs)[:, None, :] * self.predicate.accepting
        return Conjunctions(literals.reshape(-1, self.predicate.k), self.n, contradictory=True)


def _number(words: npt.NDArray[np.integer]) -> Ints:
    """Words `[..., k]` of signs as whole numbers: bit `i` is set where coordinate `i` is ``-1``."""
    bits = (np.asarray(words) < 0).astype(np.int64)
    return np.asarray((bits << np.arange(bits.shape[-1], dtype=np.int64)).sum(axis=-1))
