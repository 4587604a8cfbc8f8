"""Sums of ``min(v, |phi_t|^2)``, norms in ``Sigma_t^{-1}`` with ``Sigma_t`` before pair `t` is added.

Letters: `K` sequences side by side, `d` dimension, `T` pairs, `v` the cap.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explore_theory.foundation.streams import Streams
from explore_theory.harness import Measurement, Trial
from proofs_checks.spanner_sampling.determinants import (
    Pairs,
    symbolic_matrix,
    symbolic_norm,
    symbolic_vectors,
)
from proofs_checks.spanner_sampling.regression import LONGEST, Floats

#: Relative error of a sum: each term is off by at most as much, after at most 10^5 rank-one updates.
ROUNDING = 1e-10


@dataclass(frozen=True, kw_only=True)
class Sequence:
    """A sequence of `pairs` pairs in `d` dimensions by a rule of `RULES`; ``Sigma_0 = ridge I``."""

    d: int
    pairs: int
    ridge: float
    cap: float
    rule: str
    streams: Streams


def sequence(trial: Trial, rule: str | None = None) -> Sequence:
    """The sequence of a case; its `ridge` is in units of ``L^2``, its cap one unless given."""
    p = trial.case.params
    return Sequence(
        d=int(p["d"]),
        pairs=int(p["T"]),
        ridge=float(p["ridge"]) * LONGEST**2,
        cap=float(p.get("v", 1.0)),
        rule=rule or str(p["rule"]),
        streams=trial.streams,
    )


#: ``(sequence, Sigma^{-1} [K, d, d], t, choices)`` to pairs `[K, d]`.
Rule = Callable[[Sequence, Floats, int, Streams], Floats]


def total(world: Sequence, *, cap: bool = True) -> Floats:
    """``sum_t min(v, |phi_t|^2_{Sigma_t^{-1}})``, `[K]`; the inverse by Sherman and Morrison's updates."""
    size = len(world.streams.rows)
    inverse = np.broadcast_to(np.eye(world.d) / world.ridge, (size, world.d, world.d)).copy()
    found = np.zeros(size)
    for t in range(world.pairs):
        phi = RULES[world.rule](world, inverse, t, world.streams)
        spread = (inverse * phi[:, None, :]).sum(axis=-1)
        square = (phi * spread).sum(axis=-1)
        found += np.minimum(world.cap, square) if cap else square
        inverse -= spread[:, :, None] * (spread / (1 + square)[:, None])[:, None, :]
    return found


def capped(world: Sequence, inverse: Floats, t: int, _: Streams) -> Floats:
    """The coordinates in turn, each pair of squared norm `v` in ``Sigma^{-1}`` while `L` allows it."""
    axis = t % world.d
    phi = np.zeros(inverse.shape[:2])
    phi[:, axis] = np.minimum(np.sqrt(world.cap / inverse[:, axis, axis]), LONGEST)
    return phi


def scattered(world: Sequence, inverse: Floats, t: int, choices: Streams) -> Floats:
    """Random directions, each pair of squared norm `v` in ``Sigma^{-1}`` while `L` allows it."""
    direction = choices.normal(world.d)
    square = (direction * (inverse * direction[:, None, :]).sum(axis=-1)).sum(axis=-1)
    length = np.sqrt((direction * direction).sum(axis=-1))
    scale = np.minimum(np.sqrt(world.cap / square), LONGEST / length)
    return np.asarray(direction * scale[:, None])


def longest(world: Sequence, inverse: Floats, t: int, _: Streams) -> Floats:
    """The coordinates in turn, each pair of norm `L`."""
    phi = np.zeros(inverse.shape[:2])
    phi[:, t % world.d] = LONGEST
    return phi


RULES: dict[str, Rule] = {"capped": capped, "scattered": scattered, "longest": longest}


def total_of(pairs: Pairs, cap: float) -> Floats:
    """``sum_t min(cap, |phi_t|^2_{Sigma_t^{-1}})`` of lists of pairs, `[K]`, by linear solves."""
    size, n, d = pairs.vectors.shape
    sigma = pairs.ridge[:, None, None] * np.eye(d)
    found = np.zeros(size)
    for t in range(n):
        phi = pairs.vectors[:, t]
        found += np.minimum(cap, (phi * np.linalg.solve(sigma, phi[:, :, None])[:, :, 0]).sum(axis=-1))
        sigma = sigma + phi[:, :, None] * phi[:, None, :]
    return found


def along(world: Sequence, *, cap: bool = True) -> Measurement:
    """The sums along a sequence, without the cap if so told."""
    found = total(world, cap=cap)
    return Measurement.exact(found, error=ROUNDING * found, effort=world.pairs * found.size, unit="pairs")


def along_lists(pairs: Pairs) -> Measurement:
    """The sums along lists of pairs, with cap one."""
    found = total_of(pairs, 1.0)
    return Measurement.exact(
        found, error=ROUNDING * found, effort=pairs.effort, unit="lists", witness=pairs.describe
    )


def telescope(trial: Trial, *, power: int = 1) -> Measurement:
    """``prod_t (1 + |phi_t|^2)``, to some `power`, over ``det Sigma_{T+1}/det Sigma_1``.

    By computer algebra, for every positive definite ``Sigma_1``.
    """
    import sympy as sp

    from explore_theory.certify import symbolic

    d, count = int(trial.case.params["d"]), int(trial.case.params["T"])
    start = sigma = symbolic_matrix(d)
    product = sp.Integer(1)
    for phi in symbolic_vectors(d, count):
        product *= (1 + symbolic_norm(phi, sigma)) ** power
        sigma = sigma + phi * phi.T
    return symbolic.ratio(product, sigma.det() / start.det())
