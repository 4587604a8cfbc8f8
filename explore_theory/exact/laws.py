"""Finite laws in log space: softmax tilts, expectations, divergences, the regularised objective.

Arrays are `[..., N]`: the last axis runs over responses, leading axes over anything else (prompts,
replicates, instances). ``log_base`` and ``log_policy`` are log-probabilities (minus infinity allowed),
``reward`` and ``beta`` are in units of reward; ``beta`` broadcasts over the leading axes. Reductions run over
the contiguous last axis, so a row's value does not depend on how many rows there are.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.polynomial.polynomial import polyval

Floats = npt.NDArray[np.float64]
_SERIES_RADIUS = 0.25
#: ``t e^t - e^t + 1 = t^2 sum_j t^j (j+1)/(j+2)!``; 14 terms reach 1e-20 at the radius.
_SERIES = tuple((j + 1) / math.factorial(j + 2) for j in range(14))


def _leading(beta: npt.ArrayLike) -> Floats:
    """`beta` with a response axis of length one appended, unless it is a scalar."""
    array = np.asarray(beta, dtype=np.float64)
    return array[..., None] if array.ndim else array


def log_sum_exp(values: npt.ArrayLike) -> Floats:
    """``log sum exp`` over the last axis, `[...]`; minus infinity for a row of minus infinities."""
    array = np.asarray(values, dtype=np.float64)
    top = np.max(array, axis=-1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        total: Floats = np.log(np.sum(np.exp(array - top), axis=-1)) + top[..., 0]
    return total


def log_normalise(log_weights: npt.ArrayLike) -> Floats:
    """Log-probabilities `[..., N]` proportional to ``exp(log_weights)``."""
    array = np.asarray(log_weights, dtype=np.float64)
    top = np.max(array, axis=-1, keepdims=True)
    # The largest weight comes off first: taken off with the sum, it would leave its own rounding behind.
    shifted = array - np.where(np.isfinite(top), top, 0.0)
    return np.asarray(shifted - log_sum_exp(shifted)[..., None])


def tilted(log_base: npt.ArrayLike, score: npt.ArrayLike, beta: npt.ArrayLike) -> Floats:
    """Log of the law proportional to ``base * exp(score / beta)``, `[..., N]`."""
    base, score = np.broadcast_arrays(
        np.asarray(log_base, dtype=np.float64), np.asarray(score, dtype=np.float64)
    )
    scale = _leading(beta)
    # Scores count relative to that of the heaviest response, so that score / beta = 10^3 costs no digits.
    heaviest = np.argmax(base + score / scale, axis=-1, keepdims=True)
    return log_normalise(base + (score - np.take_along_axis(score, heaviest, axis=-1)) / scale)


def optimal(log_base: npt.ArrayLike, reward: npt.ArrayLike, beta: npt.ArrayLike) -> Floats:
    """Log of the optimal policy ``pi*(y) = pi_ref(y) exp(r(y)/beta) / Z``, `[..., N]`."""
    return tilted(log_base, reward, beta)


def soft_value(log_base: npt.ArrayLike, reward: npt.ArrayLike, beta: npt.ArrayLike) -> Floats:
    """``beta log E_{pi_ref} exp(r / beta)``, `[...]`, in units of reward."""
    scale = np.asarray(beta, dtype=np.float64)
    return np.asarray(scale * log_sum_exp(np.asarray(log_base) + np.asarray(reward) / _leading(beta)))


def expectation(log_law: npt.ArrayLike, values: npt.ArrayLike) -> Floats:
    """``sum_y law(y) values(y)`` over the last axis; values outside the support do not count."""
    mass = np.exp(np.asarray(log_law, dtype=np.float64))
    return np.asarray(np.sum(np.where(mass > 0, mass * np.asarray(values), 0.0), axis=-1))


def kl(log_first: npt.ArrayLike, log_second: npt.ArrayLike) -> Floats:
    """``KL(first || second)`` in nats, `[...]`; plus infinity where `first` leaves the support of `second`.

    Summed as ``second(y) g(log first(y)/second(y))`` with ``g(t) = t e^t - e^t + 1``: equal to the definition
    because both laws sum to one, and every term is non-negative, so nothing cancels however close they are.
    """
    first, second = np.broadcast_arrays(
        np.asarray(log_first, dtype=np.float64), np.asarray(log_second, dtype=np.float64)
    )
    with np.errstate(invalid="ignore", over="ignore"):
        ratio = np.where(np.isneginf(first), -np.inf, first - second)
        # Where the ratio is large, e^t overflows although second(y) e^t = first(y) does not.
        direct = np.exp(first) * (ratio - 1.0) + np.exp(second)
        terms = np.where(ratio > 1.0, direct, np.exp(second) * _bregman(np.minimum(ratio, 1.0)))
    terms = np.where(np.isneginf(first) & np.isneginf(second), 0.0, terms)
    terms = np.where(~np.isneginf(first) & np.isneginf(second), np.inf, terms)
    return np.asarray(np.sum(terms, axis=-1))


def bernoulli_kl(p: npt.ArrayLike, q: npt.ArrayLike) -> Floats:
    """``kl(p || q)`` in nats between coins with success probabilities `p` and `q`."""
    p, q = np.broadcast_arrays(np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64))
    with np.errstate(divide="ignore"):
        first = np.stack([np.log(p), np.log1p(-p)], axis=-1)
        second = np.stack([np.log(q), np.log1p(-q)], axis=-1)
    return kl(first, second)


def objective(
    log_policy: npt.ArrayLike, log_base: npt.ArrayLike, reward: npt.ArrayLike, beta: npt.ArrayLike
) -> Floats:
    """``E_pi r - beta KL(pi || pi_ref)``, `[...]`, in units of reward."""
    scale = np.asarray(beta, dtype=np.float64)
    return np.asarray(expectation(log_policy, reward) - scale * kl(log_policy, log_base))


def gap(
    log_policy: npt.ArrayLike, log_base: npt.ArrayLike, reward: npt.ArrayLike, beta: npt.ArrayLike
) -> Floats:
    """``J(pi*) - J(pi)``, `[...]`: the difference of two objectives, as the definition says.

    Good to about ``1e-16 (max|r| + beta KL)`` absolutely; plus infinity where the policy leaves the support
    of the base policy.
    """
    best = objective(optimal(log_base, reward, beta), log_base, reward, beta)
    return np.asarray(best - objective(log_policy, log_base, reward, beta))


def coverage(log_policy: npt.ArrayLike, log_base: npt.ArrayLike) -> Floats:
    """``log sup_y pi(y)/pi_ref(y)``, `[...]`: the sup runs over the support of the base policy.

    In logs because it reaches ``R / beta``. Plus infinity where the policy leaves that support.
    """
    policy, base = np.broadcast_arrays(np.asarray(log_policy), np.asarray(log_base))
    with np.errstate(invalid="ignore"):
        ratio: Any = np.where(np.isneginf(policy), -np.inf, policy - base)
    return np.asarray(np.max(ratio, axis=-1))


def _bregman(t: Floats) -> Floats:
    """``t e^t - e^t + 1`` for ``t <= 1`` to full relative accuracy; 1 at minus infinity."""
    finite = np.where(np.isneginf(t), 0.0, t)
    near = np.abs(finite) < _SERIES_RADIUS
    small = np.where(near, finite, 0.0)
    series = small * small * polyval(small, _SERIES)
    plain = finite * np.exp(finite) - np.expm1(finite)
    return np.asarray(np.where(np.isneginf(t), 1.0, np.where(near, series, plain)))
