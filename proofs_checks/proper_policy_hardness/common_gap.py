"""The least larger gap of a policy in the two worlds, by routes of its own: P4's programs are held to it.

Nothing here is shared with `certify.two_worlds`: gaps are the library's own, of a policy on a problem, and
the Chernoff value is written in the exponents ``t = log(1/eta)``, in float64.

Letters: `m` terms, `k` literals per term.
"""

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from explore_theory import exact
from explore_theory.formulas import Formula
from explore_theory.policies import Tabular
from explore_theory.problems import DNF

if TYPE_CHECKING:
    from explore_theory.certify.two_worlds import Pair

#: ``t = log(1/eta)`` from 1/4 on: the smallest Chernoff value is near its start, and 40 is far beyond.
_START, _BEYOND = math.log(4), 40.0


def problems(pair: "Pair") -> tuple[DNF, DNF]:
    """The flat and the planted world of a formula whose terms have the violated literals of `pair`.

    All terms hold variables ``1..k``; ``sigma*`` is all ones, so a violated literal is a negated one.
    """
    signs = [[-1] * u + [1] * (pair.k - u) for u in pair.violated]
    formula = Formula(np.arange(1, pair.k + 1) * np.array(signs), pair.k)
    eta, ones = float(pair.eta), np.ones(pair.k, dtype=np.int8)
    return DNF(formula=formula, eta=eta), DNF(formula=formula, eta=eta, assignment=ones)


def least_larger_gap(pair: "Pair") -> float:
    """The gap of the best compromise between the optima of the worlds, in the world that likes it less.

    A policy that minimises ``(1 - l) gap_0 + l gap_1`` is proportional to ``pi_ref^(1-l) pi*^l`` at every
    prompt; where its two gaps are equal no policy has both smaller.
    """
    from scipy.optimize import brentq

    flat, planted = problems(pair)
    base = planted.atoms(np.arange(len(pair.violated))[None]).log_mass[0]
    best = exact.optimal_policy(planted).log_probs

    def gaps(share: float) -> tuple[float, float]:
        mixed = (1 - share) * base + share * best
        policy = Tabular(mixed - np.logaddexp.reduce(mixed, axis=-1, keepdims=True))
        return float(exact.gap(flat, policy)[0]), float(exact.gap(planted, policy)[0])

    share = brentq(lambda s: np.subtract(*gaps(s)), 0.0, 1.0, xtol=1e-15, rtol=1e-15)
    return max(gaps(share))


def chernoff(k: int, t: float, share: float) -> float:
    """``C_share(p0, q1)`` at ``eta = e^-t``."""
    log_p0 = -(4 * k - 2) * t
    log_rest = math.log1p(-math.exp(log_p0))
    # The odds of a star at a satisfied term are 1/((1 - p0) eta^2).
    log_miss = -float(np.logaddexp(0.0, 2 * t - log_rest))
    log_star = -float(np.logaddexp(0.0, log_rest - 2 * t))
    star, null = (1 - share) * log_p0 + share * log_star, (1 - share) * log_rest + share * log_miss
    return -float(np.logaddexp(star, null))


def chernoff_value(k: int, t: float) -> float:
    """``4k beta max_l C_l(p0, q1)`` at ``eta = e^-t``, where ``beta = 1/(4 k t)``."""
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda s: -chernoff(k, t, s), bounds=(0, 1), method="bounded", options={"xatol": 1e-12}
    )
    return float(-found.fun / t)


@lru_cache(maxsize=32)
def smallest(k: int) -> tuple[float, float]:
    """The least `chernoff_value` over all ``eta <= 1/4``, and ``log(1/eta)`` there."""
    from scipy.optimize import minimize_scalar

    grid = np.geomspace(_START, _BEYOND, 100)
    values = [chernoff_value(k, float(t)) for t in grid]
    place = int(np.argmin(values))
    if place == 0:
        return values[0], _START
    ends = float(grid[place - 1]), float(grid[place + 1])
    near = minimize_scalar(lambda t: chernoff_value(k, t), bounds=ends, method="bounded")
    return float(near.fun), float(near.x)
