"""The simulator's maps from a uniform to a number of tries or a response, and the laws that they should have.

A map's law is found by locating, among the 2^52 uniforms there are, where it changes. Letters: `K` cumulative
masses that are asked for, `T` tries.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.harness import Bound, Measurement, Trial
from explore_theory.oracles.sampling import capped_geometric, conditional, geometric

Floats = npt.NDArray[np.float64]
#: There are this many uniforms, ``(j + 1/2) / GRID``.
GRID = 2**52
#: A cumulative mass is off by half a cell of the grid, by the rounding of logarithms (4 eps; where they are
#: not monotone, it is within that), and by that of ``log p``, the form in which probabilities are kept.
ACCURACY = 2.0**-42


def error(log_p: npt.ArrayLike) -> Floats:
    """The rounding of a mass, see `ACCURACY`."""
    return np.asarray((6 + np.abs(log_p)) * 2.0**-52)


# --- numbers of tries ---------------------------------------------------------------------------------------

Count = Callable[[Floats, Floats, Floats], Floats]


@dataclass(frozen=True)
class Tries:
    """Numbers of tries `k` whose cumulative mass is asked for, under hit probabilities `p`; `[K]` each."""

    p: Floats
    k: Floats


def tries(trial: Trial) -> Tries:
    """Small numbers at ordinary `p`, or ``k p`` of order one at `p` down to 1e-200."""
    if trial.case.params["range"] == "small":
        p = [1.0, 1 - 2.0**-40, 0.999, 0.75, 0.5, 1 / 3, 0.1, 0.01, 1e-3]
        pairs = [(q, float(k)) for q in p for k in range(1, 13)]
    else:
        step = int(trial.case.params["step"])
        pairs = [
            (10.0**-e, math.ceil(x * 10.0**e))
            for e in range(4, 201, step)
            for x in (1e-3, 0.1, 0.5, 1.0, 3.0, 20.0, 30.0)
        ]
    return Tries(*(np.array(column) for column in zip(*pairs, strict=True)))


def cumulative(count: Count) -> Callable[[Tries], Measurement]:
    """``P(number <= k)`` under the map `count`: where it changes, among all uniforms there are."""

    def measure(world: Tries) -> Measurement:
        log_p = np.log(world.p)
        with np.errstate(divide="ignore"):
            log_miss = np.log1p(-world.p)

        def enough(j: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
            return count((j + 0.5) / GRID, log_p, log_miss) <= world.k

        # The number of tries falls as the uniform grows.
        first = _first(enough, world.p.size)
        return Measurement.exact(
            1 - first / GRID,
            error=error(log_p),
            effort=int(54 * world.p.size),
            unit="evaluations",
            witness=lambda i: {"p": float(world.p[i]), "k": float(world.k[i])},
        )

    return measure


def geometric_law(world: Tries) -> Bound:
    """``1 - (1 - p)^k = -expm1(k log(1 - p))``, in ball arithmetic."""
    from explore_theory.certify.balls import ball, ends, precision

    with precision(128):
        # p and k are numbers that float64 holds exactly.
        values = [
            ends(-(ball(k) * (-ball(p)).log1p()).expm1()) if p < 1 else (1.0, 1.0)
            for p, k in zip(world.p.tolist(), world.k.tolist(), strict=True)
        ]
    lo, hi = (np.array(column) for column in zip(*values, strict=True))
    return Bound(lo=lo, hi=hi)


Choice = Callable[[Floats, Floats], npt.NDArray[np.int64]]


@dataclass(frozen=True)
class Responses:
    """Sets of responses `[K, T]` by weight (whole numbers) times a scale ``10^-e`` `[K]`."""

    weights: Floats
    exponent: Floats


def responses(trial: Trial) -> Responses:
    """Weights 1 to 4 on up to four responses, at every scale."""
    step = int(trial.case.params["step"])
    weights = [w for w in itertools.product(range(5), repeat=4) if sum(w) and len(set(w)) > 1]
    scales = range(0, 201, step)
    rows = [(w, e) for e in scales for w in weights]
    return Responses(np.array([w for w, _ in rows], dtype=float), np.array([float(e) for _, e in rows]))


def chosen_by(choice: Choice) -> Callable[[Responses], Measurement]:
    """``P(response <= 1)`` under the map `choice`, counted like numbers of tries."""

    def measure(world: Responses) -> Measurement:
        with np.errstate(divide="ignore"):
            log_weight = np.log(world.weights) - world.exponent[:, None] * math.log(10)
        first = _first(lambda j: choice(log_weight, (j + 0.5) / GRID) > 1, len(log_weight))
        return Measurement.exact(
            first / GRID,
            error=error(world.exponent * math.log(10)),
            effort=54 * len(log_weight),
            unit="evaluations",
            witness=lambda i: {"weights": str(world.weights[i]), "scale": f"1e-{world.exponent[i]:g}"},
        )

    return measure


def conditional_law(world: Responses) -> Bound:
    """The weight of the first two over that of all."""
    return Bound.of(world.weights[:, :2].sum(axis=1) / world.weights.sum(axis=1))


def _first(
    holds: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.bool_]], size: int
) -> npt.NDArray[np.int64]:
    """`[K]`: the first `j` of the grid with ``holds``, which goes from False to True once; else `GRID`."""
    low, high = np.zeros(size, dtype=np.int64), np.full(size, GRID, dtype=np.int64)
    while np.any(low < high):
        middle = (low + high) // 2
        here = holds(np.minimum(middle, GRID - 1))
        open_ = low < high
        high = np.where(open_ & here, middle, high)
        low = np.where(open_ & ~here, middle + 1, low)
    return low


# --- capped numbers ----------------------------------------------------------------------------------------

Capped = Callable[[Floats, Floats, Floats], Floats]


@dataclass(frozen=True)
class CappedTries:
    """Numbers of tries `k` whose cumulative mass is asked for, given that they are at most `cap`; `[K]`."""

    p: Floats
    k: Floats
    cap: Floats


def capped_tries(trial: Trial) -> CappedTries:
    """The numbers of `tries` under caps that are nearly reached, and far."""
    plain = tries(trial)
    rows = [
        (p, float(k), float(cap))
        for p, k in zip(plain.p.tolist(), plain.k.tolist(), strict=True)
        for cap in (k, k + 1, 2 * k, 50 * k)
    ]
    return CappedTries(*np.array(rows).T)


def capped_cumulative(count: Capped) -> Callable[[CappedTries], Measurement]:
    """``P(number <= k)`` under the map `count` from level, ``log p`` and cap, which rises with the level."""

    def measure(world: CappedTries) -> Measurement:
        log_p = np.log(world.p)
        first = _first(lambda j: count((j + 0.5) / GRID, log_p, world.cap) > world.k, world.p.size)
        return Measurement.exact(
            first / GRID,
            error=error(log_p),
            effort=int(54 * world.p.size),
            unit="evaluations",
            witness=lambda i: {
                "p": float(world.p[i]),
                "k": float(world.k[i]),
                "cap": float(world.cap[i]),
            },
        )

    return measure


def capped_law(world: CappedTries) -> Bound:
    """``(1 - (1 - p)^k) / (1 - (1 - p)^cap)``, in ball arithmetic."""
    from explore_theory.certify.balls import ball, ends, precision

    def within(p: float, k: float) -> Any:
        return -(ball(k) * (-ball(p)).log1p()).expm1()

    with precision(128):
        values = [
            ends(within(p, k) / within(p, cap)) if p < 1 and k < cap else (1.0, 1.0)
            for p, k, cap in zip(world.p.tolist(), world.k.tolist(), world.cap.tolist(), strict=True)
        ]
    lo, hi = (np.array(column) for column in zip(*values, strict=True))
    return Bound(lo=lo, hi=np.minimum(hi, 1.0))


# --- the maps of the compiled kernels ----------------------------------------------------------------------


def waiting(level: Floats, log_hit: Floats, log_miss: Floats) -> Floats:
    """The kernels' waiting times; ``p`` and ``1 - p`` come by themselves there."""
    from explore_theory.oracles.kernels import counting

    given = zip(level.tolist(), np.exp(log_hit).tolist(), np.exp(log_miss).tolist(), strict=True)
    return np.array([counting.waiting(*entry) for entry in given])


def capped_waiting(level: Floats, log_hit: Floats, cap: Floats) -> Floats:
    """The kernels' capped waiting times."""
    from explore_theory.oracles.kernels import counting

    given = zip(level.tolist(), np.exp(log_hit).tolist(), cap.tolist(), strict=True)
    return np.array([counting.capped_waiting(*entry) for entry in given])


def chosen(log_hits: Floats, level: Floats) -> npt.NDArray[np.int64]:
    """The kernels' choice from sums of masses."""
    from explore_theory.oracles.kernels import exploration

    sums = np.cumsum(np.exp(log_hits), axis=-1)
    return np.array([exploration.chosen(row, u) for row, u in zip(sums, level.tolist(), strict=True)])


# --- what maps might be ------------------------------------------------------------------------------------


def without_log1p(level: Floats, log_hit: Floats, log_miss: Floats) -> Floats:
    """``log(1 - p)`` computed from ``1 - p``."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.ceil(np.log(level) / np.log(1 - np.exp(log_hit))))


def saturating(level: Floats, log_hit: Floats, log_miss: Floats) -> Floats:
    """Counts kept in 64-bit integers."""
    return np.minimum(geometric(level, log_hit, log_miss), 2.0**63 - 1)


def misses_only(level: Floats, log_hit: Floats, log_miss: Floats) -> Floats:
    """Geometric from zero."""
    return geometric(level, log_hit, log_miss) - 1


def any_of_the_set(log_hits: Floats, level: Floats) -> npt.NDArray[np.int64]:
    """A response uniform on the set, whatever its mass."""
    return conditional(np.where(np.isneginf(log_hits), -np.inf, 0.0), level)


def capped_too_late(level: Floats, log_hit: Floats, cap: Floats) -> Floats:
    """Conditioned on a cap that is one more, and cut off at the cap."""
    return np.minimum(capped_geometric(level, log_hit, cap + 1), cap)


def cut_off(level: Floats, log_hit: Floats, cap: Floats) -> Floats:
    """Not conditioned: cut off at the cap."""
    with np.errstate(divide="ignore"):
        return np.minimum(waiting(1 - level, log_hit, np.log1p(-np.exp(log_hit))), cap)
