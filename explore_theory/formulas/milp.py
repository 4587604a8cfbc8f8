"""The largest value of a formula of any size: all assignments where that is cheap, else integer programming.

The program has a 0/1 variable per variable and a variable in [0, 1] per distinct term, at most each of its
literals: maximise the number of satisfied terms. HiGHS solves it or runs out of time; its word is taken for
the dual bound only (to `SLACK` for each term), the value of the assignment is counted anew.
"""

from fractions import Fraction

import numpy as np

from explore_theory.errors import InvalidProblem, NumericalError
from explore_theory.formulas.formula import Formula
from explore_theory.formulas.mixed import MixedFormula
from explore_theory.formulas.optimum import MOST_VARIABLES, Optimum, exact_optimum
from explore_theory.foundation.validation import positive

#: A dual bound is trusted to this for each term: HiGHS' feasibility tolerance, 1e-6 a row.
SLACK = 1e-6


def optimum(formula: Formula | MixedFormula, *, seconds: float = 10.0, require: bool = False) -> Optimum:
    """The largest value of `formula`, or bounds on it.

    Parameters
    ----------
    formula
        Tried on all assignments up to `MOST_VARIABLES` variables.
    seconds
        The time that the integer program may take beyond.
    require
        Refuse to give bounds only.

    Raises
    ------
    InvalidProblem
        If `require` and the formula is too large: the message gives the bounds found.
    NumericalError
        If the solver's bound is below the value of its own assignment.
    """
    if formula.n <= MOST_VARIABLES:
        return exact_optimum(formula)
    found = by_program(formula, seconds=positive("seconds", seconds))
    if found.bound < found.value:
        raise NumericalError(
            f"the solver's bound must be at least the value of its assignment, got {found.bound} and "
            f"{found.value}"
        )
    if require and not found.solved:
        raise InvalidProblem(
            f"formula must be small enough for its exact optimum in {seconds:g} seconds, got n={formula.n}, "
            f"m={formula.m}, and an optimum between {float(found.value):.6g} and {float(found.bound):.6g}"
        )
    return found


def by_program(formula: Formula | MixedFormula, *, seconds: float) -> Optimum:
    """The integer program alone, for any number of variables; the bound is the solver's own."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    terms, weights = np.unique(formula.table, axis=0, return_counts=True)
    count, n = len(terms), formula.n
    # term <= literal: term - x_v <= 0, or term + x_v <= 1 for a negated one. Zeros fill narrow terms.
    term, place = np.nonzero(terms)
    literal = terms[term, place]
    row, sign = np.arange(literal.size), np.sign(literal)
    matrix = csr_array(
        (
            np.concatenate([np.ones(row.size), -sign.astype(np.float64)]),
            (np.concatenate([row, row]), np.concatenate([n + term, np.abs(literal) - 1])),
        ),
        shape=(row.size, n + count),
    )
    result = milp(
        np.concatenate([np.zeros(n), -weights.astype(np.float64)]),
        constraints=LinearConstraint(matrix, -np.inf, (sign < 0).astype(np.float64)),
        integrality=np.concatenate([np.ones(n), np.zeros(count)]),
        bounds=Bounds(0, 1),
        options={"time_limit": seconds},
    )
    signs = np.ones(n, dtype=np.int8) if result.x is None else np.where(result.x[:n] > 0.5, 1, -1)
    value = formula.value(signs)
    most = formula.m
    if result.mip_dual_bound is not None and np.isfinite(result.mip_dual_bound):
        most = min(most, int(np.floor(-result.mip_dual_bound + SLACK * formula.m)))
    return Optimum(
        value=value,
        bound=Fraction(most, formula.m),
        assignment=tuple(int(s) for s in signs),
        method="integer program (HiGHS)",
    )
