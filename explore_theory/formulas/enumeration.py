"""All formulas of a tiny size, one of each kind: up to permuting variables and flipping their signs.

Terms are unordered and may repeat, so a formula is a multiset of terms. Two formulas that a signed
permutation of the variables maps to each other have the same values at corresponding assignments.

Letters: `m` terms, `k` literals per term, `n` variables; `G` signed permutations.
"""

import itertools
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from explore_theory.formulas.formula import Formula
from explore_theory.foundation.validation import whole

Table = npt.NDArray[np.int64]


def small_formulas(n: int, k: int, m: int) -> tuple[Formula, ...]:
    """One formula of each class with `m` terms of `k` literals on `n` variables, ``k <= n <= 5``."""
    whole("n", n, least=1, most=5)
    whole("k", k, least=1, most=n)
    whole("m", m, least=1)
    terms = all_terms(n, k)
    return tuple(Formula(np.array([terms[j] for j in chosen]), n) for chosen in _classes(n, k, m))


@lru_cache(maxsize=16)
def all_terms(n: int, k: int) -> tuple[tuple[int, ...], ...]:
    """Every term of `k` literals on `n` variables, variables increasing."""
    return tuple(
        tuple(s * v for s, v in zip(signs, variables, strict=True))
        for variables in itertools.combinations(range(1, n + 1), k)
        for signs in itertools.product((1, -1), repeat=k)
    )


@lru_cache(maxsize=64)
def _classes(n: int, k: int, m: int) -> tuple[tuple[int, ...], ...]:
    """Representatives as sorted term numbers: each formula of a class contains one of a smaller class."""
    if m == 0:
        return ((),)
    images = _images(n, k)
    found: dict[tuple[int, ...], None] = {}
    for smaller in _classes(n, k, m - 1):
        for term in range(images.shape[1]):
            found[_canonical((*smaller, term), images)] = None
    return tuple(sorted(found))


def _canonical(chosen: tuple[int, ...], images: Table) -> tuple[int, ...]:
    """The least sorted image of `chosen` under the group."""
    rows = np.sort(images[:, list(chosen)], axis=-1)
    code = np.zeros(len(rows), dtype=np.int64)
    for column in rows.T:
        code = code * images.shape[1] + column
    return tuple(int(j) for j in rows[int(np.argmin(code))])


@lru_cache(maxsize=16)
def _images(n: int, k: int) -> Table:
    """`[G, terms]`: the number of the image of each term under each signed permutation."""
    terms = all_terms(n, k)
    number = {frozenset(term): j for j, term in enumerate(terms)}
    return np.array([[number[image(g, term)] for term in terms] for g in _group(n)], dtype=np.int64)


def image(g: tuple[int, ...], term: tuple[int, ...]) -> frozenset[int]:
    """The literals of `term` when variable `v` becomes the literal ``g[v - 1]``."""
    return frozenset(g[abs(x) - 1] * (1 if x > 0 else -1) for x in term)


def _group(n: int) -> Iterator[tuple[int, ...]]:
    for order in itertools.permutations(range(1, n + 1)):
        for signs in itertools.product((1, -1), repeat=n):
            yield tuple(s * v for s, v in zip(signs, order, strict=True))
