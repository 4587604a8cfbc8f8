"""The law of a small spanner phase by enumeration, round by round and pair by pair.

It is typed from the words of theory section 2. A state is which pairs were accepted, in any order: ``Sigma``
depends on nothing else.
"""

import itertools
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
State = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, kw_only=True)
class Small:
    """A problem and a phase of it: `mass` `[X]`, `base` `[X, K]`, `features` `[X, K, d]`."""

    mass: tuple[float, ...]
    base: tuple[tuple[float, ...], ...]
    features: tuple[tuple[tuple[float, ...], ...], ...]
    rounds: int
    pairs: int
    nu: float
    ridge: float


def law(small: Small, coverage: float) -> dict[tuple[int, int], float]:
    """Probabilities of ``(S, A)`` at the end of the phase, in millionths."""
    states: dict[State, float] = {(): 1.0}
    for _ in range(small.rounds):
        after: dict[State, float] = defaultdict(float)
        for state, chance in states.items():
            for x, rho in enumerate(small.mass):
                long = _long(small, state, x)
                p = sum(long.values())
                # The first long pair may be any of the draws, or none of them is.
                found = [(1 - p) ** k for k in range(small.pairs)]
                for pair, mass in long.items():
                    after[tuple(sorted((*state, (x, *pair))))] += chance * rho * sum(found) * mass
                after[state] += chance * rho * (1 - p) ** small.pairs
        states = after
    ends: dict[tuple[int, int], float] = defaultdict(float)
    for state, chance in states.items():
        left = [sum(_long(small, state, x).values()) for x in range(len(small.mass))]
        accepted = sum(rho * (1 - (1 - p) ** small.pairs) for rho, p in zip(small.mass, left, strict=True))
        missed = sum(rho * min(1.0, coverage * p) for rho, p in zip(small.mass, left, strict=True))
        ends[millionths(accepted, missed)] += chance
    total = sum(ends.values())
    return {end: chance / total for end, chance in ends.items()}


def millionths(accepted: float, missed: float) -> tuple[int, int]:
    """``(S, A)`` as whole numbers."""
    return round(1e6 * accepted), round(1e6 * missed)


def _long(small: Small, state: State, x: int) -> dict[tuple[int, int], float]:
    """The pairs ``i < j`` of prompt `x` that are longer than ``nu``, with their mass in either order."""
    features = np.array(small.features)
    sigma = small.ridge * np.eye(features.shape[-1])
    for prompt, i, j in state:
        v = features[prompt, i] - features[prompt, j]
        sigma = sigma + np.outer(v, v)
    found = {}
    for i, j in itertools.combinations(range(features.shape[1]), 2):
        v = features[x, i] - features[x, j]
        if v @ np.linalg.solve(sigma, v) > small.nu**2:
            found[i, j] = 2 * small.base[x][i] * small.base[x][j]
    return found
