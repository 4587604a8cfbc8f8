"""An adversary for numerical statements: vectorised random-restart hill climbing.

Letters: `K` chains side by side, `D` coordinates each. Every chain is a (1+1) evolution strategy with its own
random stream, so the search is the same however chains are grouped into blocks.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.streams import Streams

Floats = npt.NDArray[np.float64]
_SCALES = (-3.0, 0.5)


def climb(score: Callable[[Floats], Floats], dimension: int, steps: int, streams: Streams) -> Floats:
    """`[K, D]`: for each chain the point with the largest `score` it met in ``1 + steps`` evaluations.

    `score` maps `[K, D]` standard coordinates (each of order one) to `[K]`. A step moves a random subset of
    the coordinates by Gaussians whose scale is log-uniform on ``[1e-3, 3]``. A NaN counts as plus infinity:
    an instance that breaks the measurement is kept, and the engine reports it.
    """
    best = streams.normal(dimension)
    value = _ranked(score(best))
    for _ in range(steps):
        uniform = streams.uniform(1 + dimension)
        scale = 10.0 ** (_SCALES[0] + (_SCALES[1] - _SCALES[0]) * uniform[:, :1])
        # On average three coordinates move; all of them when there are at most three.
        moves = uniform[:, 1:] < max(3.0 / dimension, 0.1)
        proposal = best + np.where(moves, scale * streams.normal(dimension), 0.0)
        found = _ranked(score(proposal))
        better = found > value
        best = np.where(better[:, None], proposal, best)
        value = np.where(better, found, value)
    return best


def _ranked(values: Floats) -> Floats:
    return np.where(np.isnan(values), np.inf, values)
