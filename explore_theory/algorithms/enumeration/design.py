"""D-optimal designs, with their optimality checked outside the solver.

By the equivalence theorem (Kiefer and Wolfowitz, *The equivalence of two extremum problems*, 1960) a design
`w` maximises ``log det V(w)``, ``V(w) = sum_y w_y phi_y phi_y^T``, if and only if it minimises
``max_y phi_y^T V(w)^{-1} phi_y``, whose least value is the rank of the features. So a design proves itself.
Letters: `N` vectors, `d` dimension, `k` rank.
"""

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import floats
from explore_theory.problems.protocol import Floats

#: The largest leverage of a returned design may exceed the rank by this factor, no more.
OPTIMAL = 1e-4
#: Polishing aims at this, and stops after so many steps.
_POLISHED, _STEPS = 1e-7, 2000
#: Weights below this are dropped: a solver's zeros.
_NOISE = 1e-6


def optimal_design(features: npt.ArrayLike) -> Floats:
    """Weights `[N]` of a D-optimal design of `features` `[N, d]`, which may have any rank ``k >= 1``.

    The weights that CVXPY returns are cleaned of small entries, polished by multiplicative updates
    ``w_y <- w_y leverage_y / k`` (Silvey, Titterington and Torsney, 1978), and accepted only if no leverage
    exceeds ``k (1 + OPTIMAL)``.

    Raises
    ------
    InvalidProblem
        If all features are zero, or the solver's answer fails the check.
    """
    import cvxpy as cp

    vectors = floats("features", features, (None, None))
    basis = _range(vectors)
    inside = vectors @ basis
    # Multiples of one another would tie; the solver only needs vectors that are not zero.
    live = np.flatnonzero((inside * inside).sum(axis=-1) > 0)
    weight = cp.Variable(live.size, nonneg=True)
    information = inside[live].T @ cp.diag(weight) @ inside[live]
    problem = cp.Problem(cp.Maximize(cp.log_det(information)), [cp.sum(weight) == 1])
    problem.solve(solver=cp.CLARABEL)
    if weight.value is None:
        raise InvalidProblem(f"features must have an optimal design, got solver status {problem.status!r}")
    weights = np.zeros(len(vectors))
    weights[live] = np.where(weight.value > _NOISE, weight.value, 0.0)
    weights = _polished(inside, weights / weights.sum())
    worst = float(np.max(leverage(vectors, weights)))
    if not worst <= basis.shape[1] * (1 + OPTIMAL):
        raise InvalidProblem(
            f"features must have a design of largest leverage {basis.shape[1]}, the solver reached {worst!r}"
        )
    return weights


def leverage(features: npt.ArrayLike, weights: npt.ArrayLike) -> Floats:
    """``phi_y^T V(w)^+ phi_y``, `[N]`; infinite outside the range of ``V(w)``."""
    vectors = floats("features", features, (None, None))
    mass = floats("weights", weights, (len(vectors),))
    basis = _range(vectors)
    inside = vectors @ basis
    information = (inside * mass[:, None]).T @ inside
    if np.linalg.matrix_rank(information, hermitian=True) < basis.shape[1]:
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


def _range(vectors: Floats) -> Floats:
    """An orthonormal basis `[d, k]` of the span of the rows."""
    _, size, rows = np.linalg.svd(vectors, full_matrices=False)
    rank = int((size > size[0] * max(vectors.shape) * np.finfo(np.float64).eps).sum()) if size[0] > 0 else 0
    if rank == 0:
        raise InvalidProblem("features must not all be zero, got features of rank 0")
    return np.asarray(rows[:rank].T)
