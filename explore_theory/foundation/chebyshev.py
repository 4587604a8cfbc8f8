"""Chebyshev's linear fit: the least largest error, a linear programme, solved by HiGHS.

Letters: `P` points, `d` dimension.
"""

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import real_array

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
