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

#: Terms times parameters looked at together.
_CHUNK = 1 << 21


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
    k, literals = problem.k, formula.literals
    target = np.zeros(formula.n, dtype=np.int8) if problem.assignment is None else problem.assignment
    rewards = _agreements(target[None], literals)[0] + k
    width = 2 * k + 1
    found = np.zeros(len(theta))
    for start in range(0, len(theta), step := max(1, _CHUNK // formula.m)):
        some = slice(start, start + step)
        kind = (_agreements(signs[some], literals) + k) * width + rewards
        row = np.arange(len(kind))[:, None] * width**2
        number = np.bincount((kind + row).reshape(-1), minlength=len(kind) * width**2).reshape(len(kind), -1)
        kinds = np.flatnonzero(number.any(axis=0))
        place = np.empty(width**2, dtype=np.int64)
        place[kind.reshape(-1)] = np.arange(kind.size)
        r, j = np.divmod(place[kinds], formula.m)
        found[some] = (number[:, kinds] * _gap_at(problem, theta[some][r], j)).sum(axis=-1)
    return np.asarray(found / formula.m)


def _agreements(signs: np.ndarray, literals: np.ndarray) -> np.ndarray:
    """How far each of `signs` `[U, n]` agrees with each term of `literals` `[m, k]`: `[U, m]`, in -k..k."""
    variable, sign = np.abs(literals) - 1, np.sign(literals).astype(np.int8)
    total = np.zeros((len(signs), len(literals)), dtype=np.int64)
    for i in range(literals.shape[1]):
        total += signs[:, variable[:, i]] * sign[:, i]
    return total


def _gap_at(problem: DNF, theta: Floats, terms: np.ndarray) -> Floats:
    """The gap of each parameter of `theta` `[K, n]` at the term of `terms` `[K]` beside it, `[K]`."""
    atoms = problem.atoms(terms[:, None])
    law = Softmax(theta).log_law(atoms.without_reward(), problem.beta)
    return laws.gap(law, atoms.log_mass, atoms.reward, problem.beta)[:, 0]
