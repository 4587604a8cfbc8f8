"""The law of the simulator's binomials, without chance: the kernel is given its uniforms one by one.

Transformed rejection takes a uniform `u`, which stands for a count, and accepts it if a second one, `v`, is
small enough. So a count has the probability of all `u` that stand for it, each with the largest `v` at which
it is accepted: an integral over an interval, of a smooth function but for the middle, taken by Gauss and
Legendre's rule. By inversion a count has the length of the interval of uniforms that give it.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from explore_theory.harness import Bound, Measurement, Trial

#: Counts further from the mean have less than 1e-11 of the mass.
_REACH = 7.0
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)
#: Mean counts below this are found by inversion.
_FEW = 10.0
#: Quadrature in the tails, where the map from `u` is steep; bisection to 2^-40.
ERROR = 1e-9
ACCURACY = 1e-7
Accepts = Callable[[float, float], float]


@dataclass(frozen=True)
class Binomial:
    """``Binomial(n, p)``, ``p <= 1/2``, and the counts whose masses are asked for."""

    n: int
    p: float

    @property
    def counts(self) -> list[int]:
        """Those within `_REACH` standard deviations."""
        mean, spread = self.n * self.p, math.sqrt(self.n * self.p * (1 - self.p))
        first, last = math.floor(mean - _REACH * spread), math.ceil(mean + _REACH * spread)
        return list(range(max(0, first), min(self.n, last) + 1))


def binomial(trial: Trial) -> Binomial:
    """The binomial of the case."""
    return Binomial(int(trial.case.params["n"]), float(trial.case.params["p"]))


class _Rejected(Exception):
    """The kernel asked for another uniform."""


class _Script:
    """A generator that gives these uniforms and no more."""

    def __init__(self, *levels: float) -> None:
        self._levels = list(levels)

    def random(self) -> float:
        """The next one."""
        if not self._levels:
            raise _Rejected
        return self._levels.pop(0)


def _played(world: Binomial, *levels: float) -> float:
    """What the kernel makes of these uniforms; NaN if it wants more."""
    from explore_theory.oracles.kernels import counting

    called: Any = counting._inverted if world.n * world.p < _FEW else counting._below_half
    # Compiled kernels take NumPy's generators only; this is the function that is compiled.
    kernel = getattr(called, "py_func", called)
    try:
        return float(kernel(_Script(*levels), float(world.n), world.p))
    except _Rejected:
        return math.nan


def masses(world: Binomial, threshold: Callable[[Binomial, float], float] | None = None) -> Measurement:
    """The probability of every count under the kernel; `threshold` is another rule of acceptance."""
    one = _inverted(world) if world.n * world.p < _FEW else _rejected(world, threshold or largest)
    return Measurement.exact(
        one, error=ERROR, unit="counts", witness=lambda k: {"n": world.n, "p": world.p, "k": world.counts[k]}
    )


def law(world: Binomial) -> Bound:
    """``C(n, k) p^k (1 - p)^(n - k)``."""
    p = Fraction(world.p)
    return Bound.of([float(math.comb(world.n, k) * p**k * (1 - p) ** (world.n - k)) for k in world.counts])


def _inverted(world: Binomial) -> Any:
    return np.diff([0.0, *(_beyond(partial(_played, world), k) for k in world.counts)])


def _rejected(world: Binomial, threshold: Callable[[Binomial, float], float]) -> Any:
    counts = world.counts
    starts = [_beyond(partial(_stands_for, world), k) for k in (counts[0] - 1, *counts)]
    found = []
    for start, end in itertools.pairwise(starts):
        pieces = [(start, 0.5), (0.5, end)] if start < 0.5 < end else [(start, end)]
        found.append(sum(_integral(world, threshold, *piece) for piece in pieces))
    return np.array(found) / sum(found)


def _stands_for(world: Binomial, u: float) -> float:
    """The count, which rises with `u`; infinite where it is none."""
    # With the least v there is, every count of some probability is accepted.
    found = _played(world, u, 1 - 2.0**-53)
    return math.copysign(math.inf, u - 0.5) if math.isnan(found) else found


def _integral(
    world: Binomial, threshold: Callable[[Binomial, float], float], start: float, end: float
) -> float:
    places = (start + end) / 2 + (end - start) / 2 * _NODES
    values = (w * threshold(world, u) for w, u in zip(_WEIGHTS.tolist(), places.tolist(), strict=True))
    return (end - start) / 2 * sum(values)


def largest(world: Binomial, u: float) -> float:
    """The largest `v` at which the kernel accepts what `u` stands for."""
    return _first(lambda v: math.isnan(_played(world, u, 1 - v)), 0.0, 1.0)


def squeezed(world: Binomial, u: float) -> float:
    """As `largest`, with a quick acceptance that accepts too much."""
    return max(largest(world, u), 0.9 if abs(u - 0.5) < 0.4 else 0.0)


def _beyond(count: Callable[[float], float], k: int) -> float:
    """The uniform from which on `count` is above `k`."""
    return _first(lambda level: count(level) > k, 0.0, 1.0)


def _first(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Where `holds` becomes true, by bisection."""
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return (low + high) / 2
