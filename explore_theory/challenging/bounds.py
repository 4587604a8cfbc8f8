"""What no algorithm can exceed, whatever it does: success probabilities by budget, and budgets by success.

Hidden needle, published or spread (`BlankNeedle`, `HiddenNeedle`): `T` calls, those of one response from the
output included, `n` responses named in reward rounds. While only misses are known, the needle is uniform on
those that are left and its direction on the sphere, so the responses met are missed with probability at least
``(1 - v) e^{-T rate}``: the best adaptive player is the best fixed sequence (C3a), for which Jensen's
inequality gives the rate (T21 (1)); names, and the output's own guess, hit with ``v`` at most (C3d, LE1). A
gap up to `eps` needs mass `p` on the needle, ``beta kl(p || q) = eps`` (C4), so that

    P(gap <= eps) p <= E pi(y*) = P(a response of the output is the needle) <= 1 - (1 - v) e^{-T rate}.

Formulas (`DNF`, drawn together with the assignment that satisfies all its terms, uniform): what is shown
until `star` is returned does not depend on the signs (P3), a given parameter satisfies a term with
probability at most ``2^-k``, so that each call returns `star` with probability at most ``2^-k + eta^2`` (P2).
An output that knows no signs has a gap up to `eps` only if its mean mass on `star` reaches `p` as above,
which needs that share of terms, but for ``eta^2``: Markov's inequality.
"""

import math

from explore_theory.foundation.validation import above, positive, whole


def call_rate(coverage: float, dimension: int, beta: float, *, strong: bool) -> float:
    """``-log`` of the chance that a call misses, at least: ``(1/2) log(1 + 2 mu/a + 1/a^2)``, ``a = C - 1``.

    ``mu = e^{1/(2 d beta^2)}`` bounds ``E e^{u_1/beta}``; without the strong oracle it is one, and the rate
    ``log(1/(1 - 1/C))``.
    """
    a = above("coverage", coverage, 1.0) - 1.0
    if not strong:
        return math.log1p(1.0 / a)
    mu = math.exp(
        min(1.0 / (2.0 * whole("dimension", dimension, least=1) * positive("beta", beta) ** 2), 700.0)
    )
    return 0.5 * math.log1p(2.0 * mu / a + 1.0 / a**2)


def least_mass(best: float, beta: float, eps: float) -> float:
    """The least mass `p` up to `best` with ``beta kl(p || best) <= eps``, from below."""
    low, high = 0.0, best
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if beta * _kl(middle, best) > eps else (low, middle)
    return low


def _kl(p: float, q: float) -> float:
    parts = ((p, q), (1.0 - p, 1.0 - q))
    return sum(a * math.log(a / b) for a, b in parts if a > 0)


def most_success(calls: int, rate: float, share: float, mass: float) -> float:
    """``(1 - (1 - v) e^{-T rate}) / p``, at most one."""
    met = -math.expm1(math.log1p(-min(share, 1.0 - 1e-16)) - calls * rate)
    return min(1.0, met / mass)


def least_calls(level: float, rate: float, share: float, mass: float) -> float:
    """The fewest calls, not rounded, with which `most_success` reaches `level`."""
    if level * mass <= share:
        return 0.0
    return (math.log1p(-share) - math.log1p(-level * mass)) / rate


def most_proper_success(calls: int, k: int, eta: float, mass: float) -> float:
    """``T (2^-k + eta^2) + 2^-k/(p - eta^2)``, at most one, for `T` calls."""
    return min(1.0, calls * (2.0**-k + eta**2) + 2.0**-k / (mass - eta**2))
