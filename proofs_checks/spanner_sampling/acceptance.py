"""How many pairs can pass the spanner's test: attacks that try to pass it as often as they can.

A pair passes if ``|phi|_{Sigma^{-1}} > nu``; then ``Sigma += phi phi^T``. Once no eigenvalue of `Sigma` is
below ``L^2/nu^2``, nothing passes any more.

Letters: `K` attacks side by side, `d` dimension.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explore_theory.foundation.streams import Streams
from explore_theory.harness import Trial
from proofs_checks.spanner_sampling.regression import LONGEST, Floats

#: By this much, relatively, a pair's norm passes the threshold: far more than the rounding of a solve.
MARGIN = 1e-8


@dataclass(frozen=True, kw_only=True)
class Spanner:
    """The test's dimension, threshold `nu` and ridge, and the attack on it (a name of `ATTACKS`)."""

    d: int
    threshold: float
    ridge: float
    attack: str
    streams: Streams

    @property
    def ceiling(self) -> float:
        """``L^2/nu^2``: a direction whose eigenvalue has reached it is closed."""
        return (LONGEST / self.threshold) ** 2


def spanner(trial: Trial) -> Spanner:
    """The test and the attack of a case."""
    p = trial.case.params
    return Spanner(
        d=int(p["d"]),
        threshold=float(p["nu"]),
        ridge=float(p["ridge"]),
        attack=str(p["attack"]),
        streams=trial.streams,
    )


#: ``(spanner, eigenvalues [K, d] ascending, eigenvectors [K, d, d] in columns, n, choices)`` to `[K, d]`
#: vectors, to be scaled to the threshold.
Attack = Callable[[Spanner, Floats, Floats, int, Streams], Floats]


def passes(world: Spanner, threshold: float | None = None) -> Floats:
    """`[K]`: how many pairs of the attack passed, one after another, until one did not.

    Every pair is scaled until its norm in ``Sigma^{-1}``, by a linear solve, is just above `threshold` (that
    of `world`); it passes if it is then no longer than `L`.
    """
    nu = world.threshold if threshold is None else threshold
    size, d = len(world.streams.rows), world.d
    sigma = np.broadcast_to(world.ridge * np.eye(d), (size, d, d)).copy()
    count, open_, n = np.zeros(size), np.ones(size, dtype=bool), 0
    while open_.any():
        values, vectors = np.linalg.eigh(sigma)
        phi = ATTACKS[world.attack](world, values, vectors, n, world.streams)
        norm = np.sqrt((phi * np.linalg.solve(sigma, phi[:, :, None])[:, :, 0]).sum(axis=-1))
        phi = phi * ((1 + MARGIN) * nu / norm)[:, None]
        open_ &= (phi * phi).sum(axis=-1) <= LONGEST**2
        phi[~open_] = 0.0
        sigma += phi[:, :, None] * phi[:, None, :]
        count += open_
        n += 1
    return count


def axes(world: Spanner, values: Floats, vectors: Floats, n: int, _: Streams) -> Floats:
    """The direction known least, each time."""
    return vectors[:, :, 0]


def scattered(world: Spanner, values: Floats, vectors: Floats, n: int, choices: Streams) -> Floats:
    """A random direction, if the pair is not too long there, and otherwise the one known least."""
    direction = choices.normal(world.d)
    direction = direction / np.sqrt((direction * direction).sum(axis=-1, keepdims=True))
    inside = (direction[:, None, :] * vectors.transpose(0, 2, 1)).sum(axis=-1)
    norm = (inside * inside / values).sum(axis=-1)
    fits = norm * LONGEST**2 > world.threshold**2 * (1 + 4 * MARGIN)
    return np.where(fits[:, None], direction, vectors[:, :, 0])


def padded(world: Spanner, values: Floats, vectors: Floats, n: int, _: Streams) -> Floats:
    """One open direction after another; what is left of the length ``L`` goes into a closed one.

    That makes the trace, and with it the largest possible determinant, grow as fast as the bound assumes,
    while each pair still has the least norm that passes. Each time the closed direction known least is used,
    and the open one known best; signs alternate so that the two stay apart.
    """
    rows = np.arange(len(values))
    closed = values >= world.ceiling
    number = (~closed).sum(axis=-1)
    target = np.maximum(number - 1, 0)
    pad = np.minimum(number, world.d - 1)
    open_value, pad_value = values[rows, target], values[rows, pad]
    budget = world.threshold**2
    spare = np.maximum(LONGEST**2 * (1 - 4 * MARGIN) - budget * open_value, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        most = np.where(pad_value > open_value, spare / (1 - open_value / pad_value), 0.0)
    padding = np.where(closed.any(axis=-1), np.minimum(most, budget * pad_value), 0.0)
    along = np.sqrt(np.maximum(budget - padding / pad_value, 0.0) * open_value)
    aside = np.sqrt(padding) if n % 2 else -np.sqrt(padding)
    phi = along[:, None] * vectors[rows, :, target] + aside[:, None] * vectors[rows, :, pad]
    return np.asarray(phi)


ATTACKS: dict[str, Attack] = {"axes": axes, "scattered": scattered, "padded": padded}
