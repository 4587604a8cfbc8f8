"""The largest leverage of a design, enclosed: the side of the Kiefer-Wolfowitz theorem that a design proves.

Letters: `N` vectors, `k` dimension, `s` vectors of positive weight.
"""

import math

import numpy as np
import numpy.typing as npt
from flint import arb, arb_mat

from explore_theory.certify.balls import ends, precision
from explore_theory.foundation.validation import floats

#: Bits to work with, one after the other, until the enclosure is this tight.
_BITS, _TIGHT = (128, 512, 2048), 1e-9


def largest_leverage(vectors: npt.ArrayLike, weights: npt.ArrayLike) -> tuple[float, float]:
    """``(lo, hi)`` around ``max_y phi_y^T V^{-1} phi_y``, ``V = sum_y w_y phi_y phi_y^T / sum_y w_y``.

    `vectors` `[N, k]` and `weights` `[N]` are taken exactly, as the doubles they are. Plus infinity twice
    where ``V`` cannot be told from a singular matrix.
    """
    phi = floats("vectors", vectors, (None, None))
    mass = floats("weights", weights, (len(phi),))
    support = np.flatnonzero(mass > 0)
    for bits in _BITS:
        with precision(bits):
            lo, hi = _enclosed(phi, mass, support)
        if math.isfinite(hi) and hi - lo <= _TIGHT * hi:
            return lo, hi
    return math.inf, math.inf


def _enclosed(
    phi: npt.NDArray[np.float64], mass: npt.NDArray[np.float64], support: npt.NDArray[np.int64]
) -> tuple[float, float]:
    total = sum((arb(w) for w in mass[support].tolist()), arb(0))
    rows = phi[support].tolist()
    weighed = [
        [arb(x) * w / total for x in row]
        for row, w in zip(rows, map(arb, mass[support].tolist()), strict=True)
    ]
    information = arb_mat(weighed).transpose() * arb_mat(rows)
    try:
        image = information.solve(arb_mat(phi.T.tolist()))
    except ZeroDivisionError:
        return -math.inf, math.inf
    lo = hi = -math.inf
    for y, row in enumerate(phi.tolist()):
        low, high = ends(sum((arb(x) * image[i, y] for i, x in enumerate(row)), arb(0)))
        lo, hi = max(lo, low), max(hi, high)
    return lo, hi
