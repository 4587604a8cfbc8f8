"""The least gap that one policy can have in both worlds at once, enclosed by a convex program.

With ``z_j = pi(star|x_j)``, the gap of `pi` is ``(beta/m) sum_j kl(z_j || p0)`` in the world ``theta* =
0``, where ``pi* = pi_ref``, and ``(beta/m) sum_j kl(z_j || q_j)`` in the planted one, ``q_j =
pi*(star|x_j)``. The least larger one of the two over `z` is a convex program. CVXPY solves it; its answer
only has to guess well:

*Upper end.* The larger gap of any `z` at all, in ball arithmetic.

*Lower end.* For any ``lambda`` in [0, 1] the larger gap is at least ``1 - lambda`` times the first plus
``lambda`` times the second, which is least at ``z_j ∝ p0^(1-lambda) q_j^lambda``: so no policy is below
``(beta/m) sum_j C_lambda(p0, q_j)``, ``C_lambda(p, q) = -log(p^(1-lambda) q^lambda + (1-p)^(1-lambda)
(1-q)^lambda)``, for *every* ``lambda``; again in ball arithmetic.

Letters: `m` terms, `k` literals per term.
"""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np

from explore_theory.certify.balls import Ball, ball, ends, precision
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import whole

BITS = 256
#: A compiled program holds its parameters, so only one thread may fill and solve it at a time.
_LOCK = Lock()


@dataclass(frozen=True)
class Pair:
    """The two worlds: `k`, ``eta``, and how many literals ``sigma*`` violates in each term.

    `base_star` replaces ``p0`` by another number.

    Raises
    ------
    InvalidProblem
        If ``k < 1``, `eta` or `base_star` is no fraction in (0, 1), or `violated` holds something else than
        counts of `k` literals.
    """

    k: int
    eta: Fraction
    violated: tuple[int, ...]
    base_star: Fraction | None = None

    def __post_init__(self) -> None:
        whole("k", self.k, least=1)
        shares = {"eta": self.eta} | ({} if self.base_star is None else {"base_star": self.base_star})
        for name, share in shares.items():
            if not isinstance(share, Fraction) or not 0 < share < 1:
                raise InvalidProblem(f"{name} must be a fraction in (0, 1), got {name}={share!r}")
        if not self.violated:
            raise InvalidProblem("violated must count the literals of one term at least, got violated=()")
        for j, count in enumerate(self.violated):
            whole(f"violated[{j}]", count, least=0, most=self.k)

    @property
    def satisfied(self) -> Fraction:
        """``c``."""
        return Fraction(self.violated.count(0), len(self.violated))


def beta(pair: Pair) -> Ball:
    """``1/(4k log(1/eta))``."""
    return 1 / (4 * pair.k * (1 / ball(pair.eta)).log())


def base(pair: Pair) -> Ball:
    """``p0 = exp(-(1 - 1/(2k))/beta)``."""
    if pair.base_star is not None:
        return ball(pair.base_star)
    return (-(1 - ball(Fraction(1, 2 * pair.k))) / beta(pair)).exp()


def optimal(pair: Pair, u: int) -> tuple[Ball, Ball]:
    """``pi*(star|x)`` and ``pi*(null|x)`` in the planted world where `u` literals are violated."""
    weight = base(pair) * (ball(Fraction(pair.k - 2 * u, pair.k)) / beta(pair)).exp()
    rest = 1 - base(pair)
    return weight / (weight + rest), rest / (weight + rest)


def chernoff(p: tuple[Ball, Ball], q: tuple[Ball, Ball], share: Any) -> Ball:
    """``C_lambda(p, q)`` for two coins, each with its complement."""
    s = ball(share)
    if not (s >= 0 and s <= 1):
        raise InvalidProblem(f"share must lie in [0, 1], got share={share!r}")
    return -sum((a ** (1 - s) * b**s for a, b in zip(p, q, strict=True)), ball(0)).log()


@lru_cache(maxsize=512)
def enclose(pair: Pair) -> tuple[float, float, str]:
    """Lower end, upper end, and why there is none where the solver fails."""
    guess = _solve(pair)
    if isinstance(guess, str):
        return -math.inf, math.inf, guess
    masses, share = guess
    with precision(BITS):
        null = base(pair), 1 - base(pair)
        best = [optimal(pair, u) for u in pair.violated]
        scale = beta(pair) / len(best)
        lower = scale * sum((chernoff(null, q, share) for q in best), ball(0))
        gaps = [
            scale * sum((_kl(z, world) for z, world in zip(masses, worlds, strict=True)), ball(0))
            for worlds in ([null] * len(best), best)
        ]
        return ends(lower)[0], max(ends(gap)[1] for gap in gaps), ""


def stated_value(pair: Pair) -> tuple[float, float]:
    """``beta c max_lambda C_lambda(p0, q1)``: its value at a ``lambda`` found by bisection, and above.

    ``lambda -> C_lambda`` is concave, so its tangent at that ``lambda`` bounds it on [0, 1].
    """
    with precision(BITS):
        null, q = (base(pair), 1 - base(pair)), optimal(pair, 0)
        scale = beta(pair) * ball(pair.satisfied)
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if _slope(null, q, middle) > 0 else (low, middle)
        value = chernoff(null, q, low)
        slope = abs(_slope(null, q, low))
        return ends(scale * value)[0], ends(scale * (value + slope))[1]


def _slope(p: tuple[Ball, Ball], q: tuple[Ball, Ball], share: float) -> Ball:
    """``d C_lambda / d lambda``."""
    s = ball(share)
    masses = [a ** (1 - s) * b**s for a, b in zip(p, q, strict=True)]
    logs = [(b / a).log() for a, b in zip(p, q, strict=True)]
    return -sum((w * g for w, g in zip(masses, logs, strict=True)), ball(0)) / sum(masses, ball(0))


def _kl(z: float, q: tuple[Ball, Ball]) -> Ball:
    """``kl(z || q)`` for a double `z` strictly between 0 and 1."""
    p = ball(z), 1 - ball(z)
    return sum((a * (a / b).log() for a, b in zip(p, q, strict=True)), ball(0))


def _solve(pair: Pair) -> tuple[Sequence[float], float] | str:
    """Masses of `star` and the weight ``lambda`` of the planted world, as the solver sees them."""
    import cvxpy as cp

    with precision(BITS):
        null = [float(x.log().mid()) for x in (base(pair), 1 - base(pair))]
        best = [[float(x.log().mid()) for x in optimal(pair, u)] for u in pair.violated]
    with _LOCK:
        problem, z, limits, parameters = _compiled(len(best))
        parameters["null"].value, parameters["best"].value = np.array(null), np.array(best)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an inaccurate solution shows in the width of the enclosure
                # Never warm: the answer must not depend on the pair solved before.
                problem.solve(solver=cp.CLARABEL, warm_start=False)
        except cp.SolverError as error:
            return f"solver failed: {error}"
        if z.value is None or problem.status not in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE):
            return f"solver status: {problem.status}"
        first, second = (max(float(c.dual_value), 0.0) for c in limits)
        masses = np.clip(z.value, 1e-300, 1 - 2.0**-53)
    if not (np.isfinite(masses).all() and 0 < first + second < math.inf):
        return "solver returned no positive multipliers, or a number that is not finite"
    return masses.tolist(), second / (first + second)


@lru_cache(maxsize=64)
def _compiled(m: int) -> tuple[Any, Any, tuple[Any, Any], dict[str, Any]]:
    """The parametrised program for `m` terms: compiled once, since compiling costs more than solving.

    Parameters hold the logarithms of the chances of `star` and of `null`: `null` `[2]` in the world without
    rewards, `best` `[m, 2]` in the planted one.
    """
    import cvxpy as cp

    z, larger = cp.Variable(m), cp.Variable()
    null, best = cp.Parameter(2), cp.Parameter((m, 2))
    negative_entropy = -cp.sum(cp.entr(z)) - cp.sum(cp.entr(1 - z))
    in_null = negative_entropy - null[0] * cp.sum(z) - null[1] * cp.sum(1 - z) <= m * larger
    in_planted = negative_entropy - best[:, 0] @ z - best[:, 1] @ (1 - z) <= m * larger
    problem = cp.Problem(cp.Minimize(larger), [in_null, in_planted])
    return problem, z, (in_null, in_planted), {"null": null, "best": best}
