"""Gaps of softmax policies whose parameters are signs and zeros, from how many terms are of each kind.

At ``theta = k^(-1/2) s``, `s` in ``{-1, 0, 1}^n``, the law of the policy at a term depends on the term only
through its agreement with `s`, the sum of `k` products of two signs or zeros, and the reward of `star` only
through its agreement with ``sigma*``. So terms of one kind, a pair of agreements, have one gap: it is worked
out by its definition at one of them, and counted. `exact.gap` at all terms, which tests compare, takes as
long as there are terms times `n`.

Letters: `U` parameters, `m` terms of `k` literals on `n` variables.
"""

import numpy as np

from explore_theory.formulas import Formula
from explore_theory.foundation import laws
from explore_theory.policies import Softmax
from explore_theory.problems import DNF
from explore_theory.problems.protocol import Floats

#: Terms looked at together, and terms times parameters.
_TERMS, _CHUNK = 1 << 15, 1 << 20


def signs_of(problem: DNF, theta: Floats) -> np.ndarray | None:
    """`s` with ``theta = k^(-1/2) s``, `[U, n]` of ``-1, 0, 1``; None where there is none."""
    signs = np.sign(theta)
    # Bit by bit: a parameter that is near a corner is not one.
    return signs.astype(np.int8) if np.array_equal(signs * (1 / problem.k**0.5), theta) else None


def gaps(problem: DNF, theta: Floats) -> Floats | None:
    """``J(pi*) - J(pi_theta)``, `[U]`, for each of `theta` `[U, n]`; None where it has other entries."""
    formula = problem.formula
    if not isinstance(formula, Formula) or (signs := signs_of(problem, theta)) is None:
        return None
    k, m, width = problem.k, formula.m, 2 * problem.k + 1
    target = np.zeros(formula.n, dtype=np.int8) if problem.assignment is None else problem.assignment
    number = np.zeros((len(theta), width**2), dtype=np.int64)
    place = np.zeros(width**2, dtype=np.int64)
    for first in range(0, m, _TERMS):
        terms = _signed(formula.literals[first : first + _TERMS], formula.n)
        rewards = _agreements(target[None], terms)[0] + k
        for start in range(0, len(theta), step := max(1, _CHUNK // len(rewards))):
            some = slice(start, start + step)
            kind = (_agreements(signs[some], terms) + k) * width + rewards
            row = np.arange(start, start + len(kind))[:, None]
            counted = np.bincount((kind + (row - start) * width**2).reshape(-1), minlength=number[some].size)
            number[some] += counted.reshape(len(kind), -1)
            place[kind] = row * m + np.arange(first, first + len(rewards))
    kinds = np.flatnonzero(number.any(axis=0))
    r, j = np.divmod(place[kinds], m)
    return np.asarray((number[:, kinds] * _gap_at(problem, theta[r], j)).sum(axis=-1) / m)


def _signed(literals: np.ndarray, n: int) -> np.ndarray:
    """`[n, m]`: the sign of each variable in each term of `literals` `[m, k]`, zero where it is not in it."""
    found = np.zeros((len(literals), n), dtype=np.float32)
    np.put_along_axis(found, np.abs(literals) - 1, np.sign(literals), axis=-1)
    return np.ascontiguousarray(found.T)


def _agreements(signs: np.ndarray, terms: np.ndarray) -> np.ndarray:
    """How far each of `signs` `[U, n]` agrees with each of `terms` `[n, m]`: `[U, m]`, in -k..k.

    A product of matrices of single precision, in which sums of few signs are exact.
    """
    return np.asarray((signs.astype(np.float32) @ terms).astype(np.int64))


def _gap_at(problem: DNF, theta: Floats, terms: np.ndarray) -> Floats:
    """The gap of each parameter of `theta` `[K, n]` at the term of `terms` `[K]` beside it, `[K]`."""
    atoms = problem.atoms(terms[:, None])
    law = Softmax(theta).log_law(atoms.without_reward(), problem.beta)
    return laws.gap(law, atoms.log_mass, atoms.reward, problem.beta)[:, 0]
