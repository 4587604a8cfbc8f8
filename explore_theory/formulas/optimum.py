"""The largest value of a formula by trying all assignments, 64 to a word.

A block of 2^20 assignments is 2^14 words; variable `v` is true in a fixed set of bits. A term is the
conjunction of its literals' sets. How many terms each assignment satisfies is counted in binary with one bit
plane per digit: three planes of one weight make one of that weight and one of twice it (a full adder), so a
term costs `k` conjunctions and about five more operations on words. Only the best count is ever decoded.

Letters: `m` terms, `k` literals per term, `n` variables.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.formulas.formula import Formula, Ints
from explore_theory.formulas.mixed import MixedFormula

Words = npt.NDArray[np.uint64]

#: All assignments of at most this many variables are tried.
MOST_VARIABLES = 24
_WORD, _BLOCK = 6, 20
_ALL = np.uint64(2**64 - 1)


@dataclass(frozen=True, kw_only=True)
class Optimum:
    """The largest value of a formula, or what is known of it: ``value <= largest <= bound``.

    Parameters
    ----------
    value
        That of `assignment`, the best found.
    bound
        An upper bound; equal to `value` where `solved`.
    assignment
        `[n]` signs.
    method
        How it was found.
    """

    value: Fraction
    bound: Fraction
    assignment: tuple[int, ...]
    method: str

    @property
    def solved(self) -> bool:
        """Whether `value` is the largest."""
        return self.value == self.bound


def exact_optimum(formula: Formula | MixedFormula) -> Optimum:
    """The largest value and an assignment that has it, for at most `MOST_VARIABLES` variables."""
    best, assignment = best_assignment(formula)
    value = Fraction(best, formula.m)
    return Optimum(value=value, bound=value, assignment=assignment, method="all assignments")


def best_assignment(formula: Formula | MixedFormula) -> tuple[int, tuple[int, ...]]:
    """The most terms that one assignment satisfies, and the first such assignment."""
    _require_small(formula)
    best, place = -1, 0
    for block, planes in _blocks(formula):
        count, index = _largest(planes)
        if count > best:
            best, place = count, (block << _block_bits(formula.n)) + index
    return best, tuple(1 if place >> v & 1 else -1 for v in range(formula.n))


def counts(formula: Formula | MixedFormula) -> Ints:
    """`[2^n]`: the terms that each assignment satisfies; bit `v` of its number is variable ``v + 1``."""
    _require_small(formula)
    bits = 1 << _block_bits(formula.n)
    found = np.zeros(1 << formula.n, dtype=np.int64)
    for block, planes in _blocks(formula):
        here = found[block * bits : (block + 1) * bits]
        for weight, plane in enumerate(planes):
            stream = np.unpackbits(plane.astype("<u8").view(np.uint8), bitorder="little")
            here += stream[:bits].astype(np.int64) << weight
    return found


def number_of(signs: npt.ArrayLike) -> Ints:
    """The number of each assignment `[..., n]` in the order of `counts`; zero counts as ``+1``."""
    bits = np.asarray(signs) >= 0
    return np.asarray((bits * (np.int64(1) << np.arange(bits.shape[-1]))).sum(axis=-1))


def _require_small(formula: Formula | MixedFormula) -> None:
    if formula.n > MOST_VARIABLES:
        raise InvalidProblem(
            f"n must be at most {MOST_VARIABLES} for all assignments to be tried, got n={formula.n}"
        )


def _block_bits(n: int) -> int:
    return min(n, _BLOCK)


def _blocks(formula: Formula | MixedFormula) -> Iterator[tuple[int, list[Words]]]:
    """For each setting of the variables beyond the block's, the count of satisfied terms as bit planes."""
    bits = _block_bits(formula.n)
    terms, weights = np.unique(formula.table, axis=0, return_counts=True)
    true = [truth(v, bits) for v in range(bits)]
    # The zeros that fill a narrow term settle nothing, like variables of the block.
    inside = np.abs(terms) <= bits
    for block in range(1 << (formula.n - bits)):
        setting = np.array([1 if block >> v & 1 else -1 for v in range(formula.n - bits)], dtype=np.int64)
        # A literal of the block's own variables is settled by `setting`; a false one empties the term.
        outer = np.where(inside, 1, np.sign(terms))
        if setting.size:
            outer = outer * np.where(inside, 1, setting[np.maximum(np.abs(terms) - 1 - bits, 0)])
        alive = (outer > 0).all(axis=-1)
        yield block, _planes(terms[alive], weights[alive], true, bits)


def _planes(terms: Ints, weights: Ints, true: list[Words], bits: int) -> list[Words]:
    words = 1 << max(bits - _WORD, 0)
    levels: list[list[Words]] = [[] for _ in range(64)]
    for term, weight in zip(terms.tolist(), weights.tolist(), strict=True):
        own = [literal for literal in term if 0 < abs(literal) <= bits]
        holds = np.full(words, _ALL)
        for literal in own:
            holds &= true[literal - 1] if literal > 0 else ~true[-literal - 1]
        for level in range(weight.bit_length()):
            if weight >> level & 1:
                add_plane(levels, level, holds)
    return settled(levels, (words,))


def add_plane(levels: list[list[Words]], level: int, plane: Words) -> None:
    """Add a plane of weight ``2^level``; a level holds at most two."""
    while True:
        levels[level].append(plane)
        if len(levels[level]) < 3:
            return
        a, b, c = levels[level]
        either = a ^ b
        levels[level] = [either ^ c]
        plane = (a & b) | (either & c)
        level += 1


def settled(levels: list[list[Words]], shape: tuple[int, ...]) -> list[Words]:
    """One plane of `shape` per weight, lowest first, without leading empty ones."""
    planes: list[Words] = []
    for level, held in enumerate(levels):
        if len(held) == 2:
            a, b = held
            levels[level] = [a ^ b]
            add_plane(levels, level + 1, a & b)
        planes.append(levels[level][0] if levels[level] else np.zeros(shape, dtype=np.uint64))
    while len(planes) > 1 and not planes[-1].any():
        planes.pop()
    return planes


def _largest(planes: list[Words]) -> tuple[int, int]:
    """The largest count, and the first assignment of the block that has it."""
    best, among = 0, np.full(planes[0].shape, _ALL)
    for weight in reversed(range(len(planes))):
        with_bit = among & planes[weight]
        if with_bit.any():
            best, among = best + (1 << weight), with_bit
    word = int(np.flatnonzero(among)[0])
    value = int(among[word])
    return best, 64 * word + (value & -value).bit_length() - 1


def truth(v: int, bits: int) -> Words:
    """The assignments of a block of `bits` variables in which variable `v` is true."""
    words = np.arange(1 << max(bits - _WORD, 0), dtype=np.uint64)
    if v < _WORD:
        pattern = sum(1 << i for i in range(64) if i >> v & 1)
        return np.full(words.shape, np.uint64(pattern))
    return np.where(words >> np.uint64(v - _WORD) & np.uint64(1), _ALL, np.uint64(0))
