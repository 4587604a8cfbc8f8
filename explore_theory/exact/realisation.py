"""How well features realise ``Q_h``: the least maximal error of a linear fit to its differences.

Exact linear softmax needs ``Q_h(s, a) - Q_h(s, a') = <theta_h, phi_h(s, a) - phi_h(s, a')>`` (T3). Where no
``theta_h`` does that, the distance is Chebyshev's: a linear programme, solved by HiGHS.

Letters: `H` layers, `S` states, `A` tokens, `d` feature dimension, `P` pairs of tokens.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.exact import soft_dynamics
from explore_theory.foundation.validation import real_array

if TYPE_CHECKING:
    from explore_theory.problems.autoregressive.layers import AutoregressiveProblem

Floats = npt.NDArray[np.float64]


def chebyshev_fit(x: Floats, y: Floats) -> tuple[Floats, float]:
    """``theta`` `[d]` with the least ``max_i |y_i - <theta, x_i>|``, and that error; `x` `[P, d]`, `y` `[P]`.

    Raises
    ------
    InvalidProblem
        If shapes differ, a number is not finite, or the solver fails.
    """
    from scipy.optimize import linprog

    x, y = real_array("x", x), real_array("y", y)
    if x.ndim != 2 or y.shape != x.shape[:1]:
        raise InvalidProblem(f"x and y must have shapes [P, d] and [P], got {x.shape} and {y.shape}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InvalidProblem("x and y must be finite, got a number that is not")
    count, d = x.shape
    scale = float(np.abs(y).max(initial=0.0))
    if count == 0 or scale == 0.0:
        return np.zeros(d), 0.0
    ones = np.ones((count, 1))
    found = linprog(
        np.r_[np.zeros(d), 1.0],
        A_ub=np.block([[x, -ones], [-x, -ones]]),
        b_ub=np.r_[y, -y] / scale,
        bounds=[(None, None)] * d + [(0, None)],
        method="highs",
    )
    if found.status != 0:
        raise InvalidProblem(f"the linear programme of a fit must be solved, got {found.message!r}")
    theta = scale * found.x[:d]
    # The error of the returned point itself: an upper bound whatever the solver's tolerance.
    return theta, float(np.abs(y - (x * theta).sum(axis=-1)).max())


def realisation_errors(problem: "AutoregressiveProblem") -> Floats:
    """`[H]`: for each layer the least, over ``theta_h``, of the largest error of a difference of ``Q_h``.

    Over supported pairs of tokens of one reachable state; in units of reward; zero up to the solver's 1e-9 of
    the largest difference where features realise ``Q_h``.
    """
    errors = []
    layers = zip(
        problem.layers, soft_dynamics.optimum(problem).q, soft_dynamics.reachable(problem), strict=True
    )
    for layer, q, here in layers:
        first, second = np.triu_indices(layer.vocabulary, k=1)
        kept = (layer.base[:, first] > 0) & (layer.base[:, second] > 0) & here[:, None]
        x = (layer.features[:, first] - layer.features[:, second])[kept]
        errors.append(chebyshev_fit(x, (q[:, first] - q[:, second])[kept])[1])
    return np.array(errors)
