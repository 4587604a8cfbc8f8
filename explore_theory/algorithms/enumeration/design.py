"""D-optimal designs, with their optimality checked outside the solver.

By the equivalence theorem (Kiefer and Wolfowitz, *The equivalence of two extremum problems*, 1960) a design
`w` maximises ``log det V(w)``, ``V(w) = sum_y w_y phi_y phi_y^T``, if and only if it minimises
``max_y phi_y^T V(w)^{-1} phi_y``, whose least value is the rank of the features. So a design proves itself.
Letters: `N` vectors, `d` dimension, `k` rank.
"""

import warnings
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from explore_theory.algorithms.enumeration.span import exponents, independent_columns, scaled, span_of
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import floats
from explore_theory.problems.protocol import Floats, Ints

#: The largest leverage of a returned design may exceed the rank by this factor, no more.
OPTIMAL = 1e-4
#: Polishing aims at this, and stops after so many steps.
_POLISHED, _STEPS = 1e-7, 2000
#: Weights below this are dropped: a solver's zeros.
_NOISE = 1e-6


@dataclass(frozen=True, eq=False)
class Design:
    """A D-optimal design with its proof.

    Parameters
    ----------
    weights
        `[N]`, non-negative, of sum one up to rounding.
    rank
        `k`, of the features; what is within `span.COLLINEAR` of collinear counts as collinear.
    largest
        A proved upper bound on the largest leverage in these `columns`, at most ``k (1 + OPTIMAL)``. The
        other columns are combinations of them and change no leverage, up to `span.COLLINEAR`.
    columns
        `[k]`: linearly independent columns of the features.
    """

    weights: Floats
    rank: int
    largest: float
    columns: Ints


def optimal_design(features: npt.ArrayLike) -> Floats:
    """The weights `[N]` of `design_of`."""
    return design_of(features).weights


def design_of(features: npt.ArrayLike) -> Design:
    """A D-optimal design of `features` `[N, d]`, which may have any rank ``k >= 1`` and any scale.

    Features that are not of order one are whitened first (`span`): the design is the same. The weights that
    CVXPY returns are cleaned of small entries, polished by multiplicative updates
    ``w_y <- w_y leverage_y / k`` (Silvey, Titterington and Torsney, 1978), and accepted only if no leverage
    exceeds ``k (1 + OPTIMAL)``, in ball arithmetic.

    Raises
    ------
    InvalidProblem
        If all features are zero, or the solver's answer fails the check.
    """
    import cvxpy as cp

    from explore_theory.certify.leverage import largest_leverage

    vectors = floats("features", features, (None, None))
    span = span_of(vectors)
    inside, rank = span.inside, span.rank
    # Multiples of one another would tie; the solver only needs vectors that are not zero.
    live = np.flatnonzero((inside * inside).sum(axis=-1) > 0)
    weight = cp.Variable(live.size, nonneg=True)
    information = inside[live].T @ cp.diag(weight) @ inside[live]
    problem = cp.Problem(cp.Maximize(cp.log_det(information)), [cp.sum(weight) == 1])
    try:
        with warnings.catch_warnings():
            # Whether an answer is accurate is checked below, and not left to the solver to say.
            warnings.simplefilter("ignore", UserWarning)
            problem.solve(solver=cp.CLARABEL)
    except cp.SolverError:
        raise InvalidProblem("features must have a design that the solver finds, got a failure") from None
    if weight.value is None:
        raise InvalidProblem(f"features must have an optimal design, got solver status {problem.status!r}")
    weights = np.zeros(len(vectors))
    weights[live] = np.where(weight.value > _NOISE, weight.value, 0.0)
    weights = _polished(inside, weights / weights.sum())
    columns = independent_columns(vectors, rank) if span.columns is None else span.columns
    largest = largest_leverage(vectors[:, columns], weights)[1]
    if not largest <= rank * (1 + OPTIMAL):
        raise InvalidProblem(
            f"features must have a design of largest leverage {rank}, the solver reached {largest!r}"
        )
    return Design(weights=weights, rank=rank, largest=largest, columns=columns)


def design_again(features: Floats) -> Design:
    """`design_of`, solved once for the last features `[N, d]`: learners differ in rounds, not in designs.

    Raises
    ------
    InvalidProblem
        As `design_of`.
    """
    return _solved_once(features.shape, np.ascontiguousarray(features).tobytes())


@lru_cache(maxsize=32)
def _solved_once(shape: tuple[int, ...], features: bytes) -> Design:
    design = design_of(np.frombuffer(features).reshape(shape))
    # It is handed out again.
    design.weights.flags.writeable = design.columns.flags.writeable = False
    return design


def leverage(features: npt.ArrayLike, weights: npt.ArrayLike) -> Floats:
    """``phi_y^T V(w)^+ phi_y``, `[N]`; infinite outside the range of ``V(w)``."""
    vectors = floats("features", features, (None, None))
    mass = floats("weights", weights, (len(vectors),))
    return _leverage(span_of(vectors).inside, mass)


def least_squares(vectors: Floats, counts: Ints) -> Floats:
    """`[d, s]`: what sums of rewards `[s]` of ``counts`` `[s]` queries of `vectors` `[s, d]` multiply by.

    The product is a least squares estimate of ``theta``; zero, or of least norm, where `vectors` say nothing.
    """
    columns = span_of(vectors).columns
    if columns is None:
        covariance = (counts[:, None, None] * vectors[:, :, None] * vectors[:, None, :]).sum(axis=0)
        return np.asarray(np.linalg.pinv(covariance, hermitian=True) @ vectors.T)
    # The covariance would square the condition.
    kept, root = vectors[:, columns], np.sqrt(counts)
    dual = np.zeros(vectors.T.shape)
    dual[columns] = np.linalg.pinv(root[:, None] * scaled(kept)) * root / counts
    dual[columns] = np.ldexp(dual[columns], exponents(kept)[:, None])
    return dual


def _leverage(inside: Floats, mass: Floats) -> Floats:
    information = (inside * mass[:, None]).T @ inside
    if np.linalg.matrix_rank(information, hermitian=True) < inside.shape[1]:
        return np.where((inside * inside).sum(axis=-1) > 0, np.inf, 0.0)
    return np.asarray((inside * np.linalg.solve(information, inside.T).T).sum(axis=-1))


def _polished(inside: Floats, weights: Floats) -> Floats:
    rank = inside.shape[1]
    for _ in range(_STEPS):
        ratio = leverage(inside, weights) / rank
        if ratio.max() <= 1 + _POLISHED:
            break
        weights = weights * ratio
        weights = weights / weights.sum()
    return weights
