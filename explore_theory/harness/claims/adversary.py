"""An adversary for numerical statements: vectorised random-restart hill climbing, and a compass search.

Letters: `K` chains side by side, `D` coordinates each. Every chain is a (1+1) evolution strategy with its own
random stream, so the search is the same however chains are grouped into blocks.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.streams import Streams

Floats = npt.NDArray[np.float64]
_SCALES = (-3.0, 0.5)
#: Standard coordinates that `polish` does not pass.
_FURTHEST = 80.0


def climb(
    score: Callable[[Floats], Floats],
    dimension: int,
    steps: int,
    streams: Streams,
    start: Floats | None = None,
) -> Floats:
    """`[K, D]`: for each chain the point with the largest `score` it met in ``1 + steps`` evaluations.

    `score` maps `[K, D]` standard coordinates (each of order one) to `[K]`. A step moves a random subset of
    the coordinates by Gaussians whose scale is log-uniform on ``[1e-3, 3]``. Chains begin at the rows of
    `start`, by default at standard normal points. A NaN counts as plus infinity:
    an instance that breaks the measurement is kept, and the engine reports it.
    """
    best = streams.normal(dimension) if start is None else start
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


def polish(score: Callable[[Floats], Floats], start: Floats, rounds: int) -> Floats:
    """`[K, D]`: a compass search from each row of `start`, by ``1 + 2 rounds D`` evaluations of `score`.

    A round tries a step forth and back along every coordinate. Each coordinate of a row has a step of its
    own, which begins at one, doubles where it led to something better (an optimum at infinity is approached
    geometrically) and is halved where it did not. Rows do not know of each other.
    """
    best, value = start, _ranked(score(start))
    steps = np.ones(start.shape)
    for _ in range(rounds):
        for j in range(start.shape[1]):
            before = value
            for sign in (1.0, -1.0):
                proposal = best.copy()
                proposal[:, j] = np.clip(best[:, j] + sign * steps[:, j], -_FURTHEST, _FURTHEST)
                found = _ranked(score(proposal))
                better = found > value
                best = np.where(better[:, None], proposal, best)
                value = np.where(better, found, value)
            steps[:, j] *= np.where(value > before, 2.0, 0.5)
    return best


def _ranked(values: Floats) -> Floats:
    return np.where(np.isnan(values), np.inf, values)
