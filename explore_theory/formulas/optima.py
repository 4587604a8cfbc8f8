"""The best assignments of many short lists of terms, all lists and all assignments at once.

As `optimum`, with an axis for the lists: term `j` of every list is added in the same few operations on words.

Letters: `R` lists, `N` terms, `n` variables.
"""

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.formulas.formula import Ints
from explore_theory.formulas.optimum import MOST_VARIABLES, Words, add_plane, settled, truth

Signs = npt.NDArray[np.int8]

#: Words of one term's sets that are kept together: few enough for a cache.
_CHUNK = 1 << 13
_ALL = np.uint64(2**64 - 1)


def best_assignments(terms: Signs) -> Signs:
    """`[R, n]`: the signs that satisfy the most of the terms `[R, N, n]` of each list.

    A term names its literals by their signs, and is zero elsewhere; one that is zero throughout is no term.
    Of several best assignments it is the first in the order of `counts`, as in `best_assignment`; of a list
    without terms it is all ones.

    Raises
    ------
    InvalidProblem
        If there are more than `MOST_VARIABLES` variables.
    """
    n = terms.shape[-1]
    if n > MOST_VARIABLES:
        raise InvalidProblem(f"n must be at most {MOST_VARIABLES} for all assignments to be tried, got n={n}")
    true = np.stack([truth(v, n) for v in range(n)])
    # The sets of a variable's literals, and behind them that of no literal, which holds everywhere.
    sets = np.concatenate([true, ~true, np.full((1, true.shape[1]), _ALL)])
    step = max(1, _CHUNK // true.shape[1])
    place = [_first_best(_planes(terms[r : r + step], sets)) for r in range(0, len(terms), step)]
    bits = np.concatenate(place)[:, None] >> np.arange(n) & 1
    none = ~np.asarray(terms.any(axis=(1, 2)))[:, None]
    return np.where(bits.astype(bool) | none, 1, -1).astype(np.int8)


def _planes(terms: Signs, sets: Words) -> list[Words]:
    """Bit planes `[R, words]` of how many terms of its list each assignment satisfies, lowest first.

    A zero term counts everywhere, which changes no comparison of assignments.
    """
    n = terms.shape[-1]
    width = int((terms != 0).sum(axis=-1).max(initial=0))
    # Literals first; what is left of the width of the widest are zeros.
    variable = np.argsort(terms == 0, axis=-1, kind="stable")[..., :width]
    sign = np.take_along_axis(terms, variable, axis=-1)
    place = np.where(sign == 0, 2 * n, variable + n * (sign < 0))
    shape = (len(terms), sets.shape[1])
    levels: list[list[Words]] = [[] for _ in range(64)]
    for j in range(terms.shape[1]):
        holds = np.full(shape, _ALL)
        for literal in place[:, j].T:
            holds &= sets[literal]
        add_plane(levels, 0, holds)
    return settled(levels, shape)


def _first_best(planes: list[Words]) -> Ints:
    """`[R]`: the number of the first assignment with the largest count."""
    among = np.full(planes[0].shape, _ALL)
    for plane in reversed(planes):
        with_bit = among & plane
        among = np.where(with_bit.any(axis=1, keepdims=True), with_bit, among)
    word = np.argmax(among != 0, axis=1)
    first = np.take_along_axis(among, word[:, None], axis=1)
    bit = np.argmax(first >> np.arange(64, dtype=np.uint64) & np.uint64(1), axis=1)
    return np.asarray(64 * word + bit)
