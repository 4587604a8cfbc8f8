"""The compiled estimate of ``theta``: the ridge one, or least squares constrained to a ball.

Letters: `d` feature dimension.
"""

import math

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.compiled import compiled
from explore_theory.foundation.least_squares import CLOSE, FLOOR, MOST_STEPS

Floats = npt.NDArray[np.float64]


@compiled
def fit(
    within: float, ridge: float, covariance: Floats, inverse: Floats, moment: Floats, theta: Floats
) -> None:
    """Fill `theta` `[d]`: ``inverse moment``, or `constrained` where the radius `within` is finite."""
    if within < math.inf:
        constrained(covariance, ridge, within, moment, theta)
        return
    d = moment.size
    for i in range(d):
        total = 0.0
        for j in range(d):
            total += inverse[i, j] * moment[j]
        theta[i] = total


@compiled
def constrained(covariance: Floats, ridge: float, radius: float, moment: Floats, theta: Floats) -> None:
    """`foundation.least_squares.within_ball` of one replicate, by Cholesky factors; `ridge` is taken off."""
    d = moment.size
    trace = 0.0
    for i in range(d):
        trace += covariance[i, i] - ridge
        theta[i] = 0.0
    floor = FLOOR * trace
    if not floor > 0.0:
        return
    factor = np.empty((d, d))
    shift = floor
    length = 0.0
    for _ in range(MOST_STEPS):
        _factorise(covariance, shift - ridge, floor, factor)
        _forward(factor, moment, theta)
        _backward(factor, theta)
        square = 0.0
        for i in range(d):
            square += theta[i] * theta[i]
        length = math.sqrt(square)
        if length <= radius * (1.0 + CLOSE):
            break
        half = np.empty(d)
        _forward(factor, theta, half)
        slope = 0.0
        for i in range(d):
            slope += half[i] * half[i]
        shift += square / slope * (length / radius - 1.0)
    if length > radius:
        for i in range(d):
            theta[i] *= radius / length


@compiled
def _factorise(matrix: Floats, shift: float, floor: float, factor: Floats) -> None:
    """Fill the lower triangle of `factor`: ``L L^T = matrix + shift I``, pivots at least `floor`."""
    d = matrix.shape[0]
    for i in range(d):
        for j in range(i + 1):
            total = matrix[i, j]
            if i == j:
                total += shift
            for k in range(j):
                total -= factor[i, k] * factor[j, k]
            if i == j:
                factor[i, i] = math.sqrt(max(total, floor))
            else:
                factor[i, j] = total / factor[j, j]


@compiled
def _forward(factor: Floats, right: Floats, solved: Floats) -> None:
    """Fill `solved`: ``L^{-1} right``."""
    for i in range(right.size):
        total = right[i]
        for k in range(i):
            total -= factor[i, k] * solved[k]
        solved[i] = total / factor[i, i]


@compiled
def _backward(factor: Floats, solved: Floats) -> None:
    """``L^{-T} solved``, in place."""
    d = solved.size
    for back in range(d):
        i = d - 1 - back
        total = solved[i]
        for k in range(i + 1, d):
            total -= factor[k, i] * solved[k]
        solved[i] = total / factor[i, i]
