"""Strong-oracle searches that hold `theta` for a block of calls, then choose the next one.

Letters: `R` replicates, `d` feature dimension.
"""

from typing import Protocol

import numpy as np

from explore_theory.algorithms.needle.naming import settle
from explore_theory.errors import OracleMisuse
from explore_theory.oracles.expressions import Norm
from explore_theory.oracles.protocol import Oracle
from explore_theory.policies import LawPolicy
from explore_theory.problems.protocol import Ball, Floats


class Steering(Protocol):
    """A way to choose parameters."""

    def next(self) -> Floats:
        """The next `theta`, `[d]` or `[R, d]`."""

    def missed(self, theta: Floats, calls: float) -> None:
        """`calls` calls at `theta` have missed (rows that hit are out of the game)."""


def search_by_blocks(oracle: Oracle, steering: Steering, calls: int, block: int, names: int = 0) -> LawPolicy:
    """Search for a response of non-zero feature in `calls` strong calls, `block` at each `theta`; name."""
    ctx = oracle.prompt()
    hit = np.zeros(oracle.R, dtype=bool)
    direction = np.zeros((oracle.R, oracle.facts.d))
    left = calls
    while left > 0 and np.any(rows := oracle.active & ~hit):
        theta, tries = steering.next(), min(block, left)
        found = oracle.search(ctx, Norm() > 0, tries, theta=theta, rows=rows)
        direction = np.where(found.ok[:, None], found.features, direction)
        hit |= found.ok
        left -= tries
        if left > 0:
            steering.missed(theta, tries)
    return settle(oracle, hit, direction, np.empty((oracle.R, 0), dtype=np.int64), names)


def radius_of(oracle: Oracle) -> float:
    """The radius of ``Theta``: a hit is the likelier the longer `theta`, so learners go to the boundary."""
    if not isinstance(allowed := oracle.facts.parameters, Ball):
        raise OracleMisuse(f"parameters must be a ball for a strong-oracle search, got parameters={allowed}")
    return allowed.radius


def unit(vectors: Floats) -> Floats:
    """`vectors` `[..., d]` scaled to length one."""
    return np.asarray(vectors / np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True)))
