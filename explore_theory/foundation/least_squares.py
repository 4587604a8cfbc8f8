"""Least squares constrained to a ball, from its normal equations, for replicates side by side.

Letters: `R` replicates, `d` dimension.
"""

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.validation import positive

Floats = npt.NDArray[np.float64]

#: Added to the Gram matrix, relatively to its trace: what makes a singular one definite. The sum of squares
#: exceeds its least value by ``FLOOR trace |theta|^2`` at most, 1e-12 per pair of features of norm one.
FLOOR = 1e-12
#: How close the norm comes to the radius, relatively, and the steps of Newton's method that are too many.
CLOSE, MOST_STEPS = 1e-14, 100


def within_ball(gram: Floats, moment: Floats, radius: float) -> Floats:
    """The minimiser `[R, d]` of ``<theta, G theta> - 2 <theta, m>`` over ``|theta| <= radius``.

    Where there are several it is the shortest, up to 1e-3 of its length: the error of a double over `FLOOR`.
    Either the ball is no constraint, or ``theta = (G + mu I)^{-1} m`` with the ``mu > 0`` at which ``|theta|
    = radius``. That is the secular equation; in the form ``1/|theta| = 1/radius`` its left side is increasing
    and concave in ``mu``, so that Newton's method climbs to the root from below (More and Sorensen, Computing
    a trust region step, 1983).

    Parameters
    ----------
    gram, moment
        ``G = sum phi phi^T`` `[R, d, d]`, symmetric and positive semidefinite, and ``m = sum phi r``
        `[R, d]`, in the range of ``G``.
    radius
        In units of ``theta``.
    """
    positive("radius", radius)
    values, vectors = np.linalg.eigh(gram)
    trace = np.maximum(np.trace(gram, axis1=-2, axis2=-1), 0.0)[:, None]
    # Without data any theta does, and zero is the shortest.
    curve = np.where(trace > 0, np.maximum(values, 0.0) + FLOOR * trace, 1.0)
    along = np.einsum("rij,ri->rj", vectors, np.where(trace > 0, moment, 0.0))
    shift = np.zeros_like(trace)
    for _ in range(MOST_STEPS):
        part = along / (curve + shift)
        length = np.linalg.norm(part, axis=-1, keepdims=True)
        long = length > radius * (1 + CLOSE)
        if not long.any():
            break
        slope = np.where(long, (part**2 / (curve + shift)).sum(axis=-1, keepdims=True), 1.0)
        shift = shift + np.where(long, length**2 / slope * (length / radius - 1), 0.0)
    part = part * np.minimum(1.0, radius / np.maximum(length, radius))
    return np.asarray(np.einsum("rij,rj->ri", vectors, part))
