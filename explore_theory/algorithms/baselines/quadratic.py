"""Least points of quadratics over ``Theta``, and convex losses by way of quadratics above them.

Letters: `R` replicates, `d` feature dimension. Nothing here lets one replicate see another: matrices are
taken apart one by one, sums run over the last contiguous axis, and a row that has settled is not touched
again.
"""

from collections.abc import Callable

import numpy as np

from explore_theory.errors import OracleMisuse
from explore_theory.oracles.protocol import Oracle
from explore_theory.problems.protocol import Ball, Bools, Box, Floats

#: A row has settled when no coordinate moves by more than this share of the largest that ``Theta`` allows.
_SETTLED = 1e-10
#: The least point over a ball meets its radius this closely, as a ratio, before it is scaled onto it.
_ON_SPHERE = 1e-13
#: The most steps of each iteration; the quickest need two, and a row that needs more keeps its last step.
_STEPS, _SWEEPS, _NEWTON = 500, 1000, 100


def parameters_of(oracle: Oracle) -> Ball | Box:
    """``Theta``, which an estimate must not leave if the strong oracle is to take it."""
    if (allowed := oracle.facts.parameters) is None:
        raise OracleMisuse("parameters must be declared for a learner with a strong oracle, got None")
    return allowed


class Quadratic:
    """``theta^T H theta / 2 - g^T theta``: one positive definite `H` `[R, d, d]`, as many `g` as asked."""

    def __init__(self, curvature: Floats, allowed: Ball | Box) -> None:
        self._curvature = curvature
        self._allowed = allowed
        size, axes = np.linalg.eigh(curvature)
        # A ridge below the rounding of the largest eigenvalue is lost in it, and may come out negative.
        rounding = np.finfo(np.float64).eps * size.shape[-1] * size[:, -1:]
        self._size = np.maximum(size, rounding)
        self._axes = np.ascontiguousarray(axes)
        self._rows = np.ascontiguousarray(axes.swapaxes(-1, -2))

    def least(self, slope: Floats) -> Floats:
        """The least point of ``Theta`` for ``g = slope`` `[R, d]`, `[R, d]`.

        It is the projection onto ``Theta``, in the norm of `H`, of the least point of all.
        """
        along = product(self._rows, slope)
        free = product(self._axes, along / self._size)
        outside = ~self._allowed.contains(free)
        if not outside.any():
            return free
        if isinstance(self._allowed, Box):
            return np.where(outside[:, None], self._in_box(free, slope, self._allowed.half_width), free)
        return np.where(outside[:, None], self._in_ball(along, outside, self._allowed.radius), free)

    def _in_ball(self, along: Floats, outside: Bools, radius: float) -> Floats:
        """``(H + mu)^{-1} g`` with `mu` such that its length is `radius`.

        ``1 / |(H + mu)^{-1} g|`` is increasing and concave in `mu`, so Newton's method from below climbs to
        the root without passing it (Moré and Sorensen, *Computing a trust region step*, 1983). It starts
        where the length would be `radius` if all of `H` were as large as its largest eigenvalue.
        """
        pull = np.sqrt((along * along).sum(axis=-1))
        mu = np.maximum(pull / radius - self._size[:, -1], 0.0)
        for _ in range(_NEWTON):
            point = along / (self._size + mu[:, None])
            square = (point * point).sum(axis=-1)
            excess = np.sqrt(square) / radius - 1
            if not np.any(moving := outside & (excess > _ON_SPHERE)):
                break
            fall = (point * point / (self._size + mu[:, None])).sum(axis=-1)
            mu = mu + np.where(moving, excess * square / np.where(moving, fall, 1.0), 0.0)
        found = product(self._axes, along / (self._size + mu[:, None]))
        length = np.sqrt((found * found).sum(axis=-1, keepdims=True))
        return np.asarray(found * np.minimum(1.0, radius / np.where(length > 0, length, radius)))

    def _in_box(self, free: Floats, slope: Floats, half_width: float) -> Floats:
        """Coordinate by coordinate, each to its best value in the box, round and round."""
        point = np.clip(free, -half_width, half_width)
        moving = np.ones(len(point), dtype=bool)
        for _ in range(_SWEEPS):
            before = point.copy()
            for i in range(point.shape[-1]):
                own = self._curvature[:, i, i]
                rest = (self._curvature[:, i] * point).sum(axis=-1) - own * point[:, i]
                best = np.clip((slope[:, i] - rest) / own, -half_width, half_width)
                point[:, i] = np.where(moving, best, point[:, i])
            moving &= np.abs(point - before).max(axis=-1) > _SETTLED * half_width
            if not moving.any():
                break
        return point


def descend(
    quadratic: Quadratic, slope: Callable[[Floats, Bools], Floats], start: Floats, reach: float
) -> Floats:
    """Majorise and minimise: ``theta <- argmin over Theta`` of a quadratic above the objective, `[R, d]`.

    ``slope(theta, rows)`` is ``H theta`` minus the gradient of the objective at `theta`, needed in `rows`
    only. If the objective minus ``theta^T H theta / 2`` is concave then the quadratic touches the objective
    at `theta` and is nowhere below it, so no step increases the objective (Lange, Hunter and Yang,
    *Optimization transfer*, 2000) and a point that does not move is stationary. `reach` is the scale of
    ``Theta``, by which rows are called settled.
    """
    theta, moving = start, np.ones(len(start), dtype=bool)
    for _ in range(_STEPS):
        step = np.where(moving[:, None], quadratic.least(slope(theta, moving)), theta)
        moving = moving & (np.abs(step - theta).max(axis=-1) > _SETTLED * reach)
        theta = step
        if not moving.any():
            break
    return theta


def product(matrix: Floats, vector: Floats) -> Floats:
    """``matrix @ vector`` row by row: `[R, d, d]` times `[R, d]`, without a routine that mixes rows."""
    return np.asarray((matrix * vector[:, None, :]).sum(axis=-1))
