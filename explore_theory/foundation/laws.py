"""Finite laws in log space: softmax tilts, expectations, divergences, the regularised objective.

What is called a law must be one: the masses of each row sum to one to `SUM_TOLERANCE`, as no row with a NaN
or an infinite mass does. Divergences, objectives and gaps of anything else are numbers without a meaning.

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

from explore_theory.errors import InvalidProblem, NumericalError
from explore_theory.foundation import last_axis
from explore_theory.foundation.validation import SUM_TOLERANCE, Floats, if_rounded, real_array

_SERIES_RADIUS = 0.25
#: ``t e^t - e^t + 1 = t^2 sum_j t^j (j+1)/(j+2)!``; 14 terms reach 1e-20 at the radius.
_SERIES = tuple((j + 1) / math.factorial(j + 2) for j in range(14))


def masses(name: str, log_law: npt.ArrayLike, *, tolerance: float = SUM_TOLERANCE) -> tuple[Floats, Floats]:
    """Log-masses as float64, and the masses, `[..., N]` each: refused unless every row is a law.

    Raises
    ------
    InvalidProblem
        If a row misses one by more than `tolerance`: the message names the first such row and its sum.
    """
    logs = real_array(name, log_law)
    if logs.ndim == 0 or logs.shape[-1] == 0:
        raise InvalidProblem(f"{name} must have a last axis of masses, got {name}.shape={logs.shape}")
    with np.errstate(over="ignore", invalid="ignore"):
        mass = np.exp(logs)
        # A sum that is not a number is not within anything.
        right = np.abs(last_axis.total(mass) - 1.0) <= tolerance
    if not right.all():
        row = tuple(int(i) for i in np.argwhere(~right)[0])
        place = f" in row {', '.join(map(str, row))}" if row else ""
        with np.errstate(over="ignore"):
            total = float(mass[row].sum())
        raise InvalidProblem(
            f"{name} must hold laws, got masses that sum to {total!r}{place}{if_rounded(total - 1)}"
        )
    return logs, mass


def _positive(name: str, values: npt.ArrayLike) -> Floats:
    array = real_array(name, values)
    if not (array.size and np.all((array > 0) & (array < np.inf))):
        raise InvalidProblem(f"{name} must be positive and finite, got {name}={values!r:.80}")
    return array


def _finite(name: str, values: npt.ArrayLike) -> Floats:
    array = real_array(name, values)
    if not np.isfinite(array).all():
        raise InvalidProblem(f"{name} must be finite, got {name}={values!r:.80}")
    return array


def _leading(beta: Floats) -> Floats:
    """`beta` with a response axis of length one appended, unless it is a scalar."""
    return beta[..., None] if beta.ndim else beta


def log_sum_exp(values: npt.ArrayLike) -> Floats:
    """``log sum exp`` over the last axis, `[...]`; minus infinity for a row of minus infinities."""
    array = np.asarray(values, dtype=np.float64)
    top = last_axis.largest(array)
    top = np.where(np.isfinite(top), top, 0.0)
    return np.asarray(_log_total(array - top[..., None]) + top)


def _log_total(shifted: Floats) -> Floats:
    """``log sum exp``, `[...]`, of rows whose largest entry is zero or infinite."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(last_axis.total(np.exp(shifted))))


def log_normalise(log_weights: npt.ArrayLike) -> Floats:
    """Log-probabilities `[..., N]` proportional to ``exp(log_weights)``."""
    array = np.asarray(log_weights, dtype=np.float64)
    top = last_axis.largest(array)
    # The largest weight comes off first: taken off with the sum, it would leave its own rounding behind.
    shifted = array - np.where(np.isfinite(top), top, 0.0)[..., None]
    return np.asarray(shifted - _log_total(shifted)[..., None])


def tilted(log_base: npt.ArrayLike, score: npt.ArrayLike, beta: npt.ArrayLike) -> Floats:
    """Log of the law proportional to ``base * exp(score / beta)``, `[..., N]`."""
    base, score = np.broadcast_arrays(real_array("log_base", log_base), _finite("score", score))
    scale = _leading(_positive("beta", beta))
    # Scores count relative to that of the heaviest response, so that score / beta = 10^3 costs no digits.
    heaviest = last_axis.at_largest(base + score / scale, score)
    return log_normalise(base + (score - heaviest[..., None]) / scale)


def optimal(log_base: npt.ArrayLike, reward: npt.ArrayLike, beta: npt.ArrayLike) -> Floats:
    """Log of the optimal policy ``pi*(y) = pi_ref(y) exp(r(y)/beta) / Z``, `[..., N]`."""
    return tilted(log_base, _finite("reward", reward), beta)


def soft_value(log_base: npt.ArrayLike, reward: npt.ArrayLike, beta: npt.ArrayLike) -> Floats:
    """``beta log E_{pi_ref} exp(r / beta)``, `[...]`, in units of reward."""
    scale = _positive("beta", beta)
    exponent = real_array("log_base", log_base) + _finite("reward", reward) / _leading(scale)
    return np.asarray(scale * log_sum_exp(exponent))


def expectation(log_law: npt.ArrayLike, values: npt.ArrayLike) -> Floats:
    """``sum_y law(y) values(y)`` over the last axis; values outside the support do not count."""
    return mean(masses("log_law", log_law)[1], real_array("values", values))


def mean(mass: Floats, values: Floats) -> Floats:
    """`expectation` from the masses of a law that has been checked."""
    with np.errstate(invalid="ignore"):
        return last_axis.total(np.where(mass > 0, mass * values, 0.0))


def kl(log_first: npt.ArrayLike, log_second: npt.ArrayLike) -> Floats:
    """``KL(first || second)`` in nats, `[...]`; plus infinity where `first` leaves the support of `second`.

    Summed as ``second(y) g(log first(y)/second(y))`` with ``g(t) = t e^t - e^t + 1``: equal to the definition
    because both laws sum to one, and every term is non-negative, so nothing cancels however close they are.
    """
    return divergence(*masses("log_first", log_first), *masses("log_second", log_second))


def divergence(first: Floats, first_mass: Floats, second: Floats, second_mass: Floats) -> Floats:
    """`kl` of two laws that have been checked, each by its log-masses and masses."""
    with np.errstate(invalid="ignore", over="ignore"):
        ratio = np.where(np.isneginf(first), -np.inf, first - second)
        # Where the ratio is large, e^t overflows although second(y) e^t = first(y) does not.
        direct = first_mass * (ratio - 1.0) + second_mass
        terms = np.where(ratio > 1.0, direct, second_mass * _bregman(np.minimum(ratio, 1.0)))
    terms = np.where(np.isneginf(first) & np.isneginf(second), 0.0, terms)
    terms = np.where(~np.isneginf(first) & np.isneginf(second), np.inf, terms)
    return last_axis.total(terms)


def bernoulli_kl(p: npt.ArrayLike, q: npt.ArrayLike) -> Floats:
    """``kl(p || q)`` in nats between coins with success probabilities `p` and `q`."""
    p, q = np.broadcast_arrays(_chance("p", p), _chance("q", q))
    with np.errstate(divide="ignore"):
        first = np.stack([np.log(p), np.log1p(-p)], axis=-1)
        second = np.stack([np.log(q), np.log1p(-q)], axis=-1)
    return kl(first, second)


def objective(
    log_policy: npt.ArrayLike, log_base: npt.ArrayLike, reward: npt.ArrayLike, beta: npt.ArrayLike
) -> Floats:
    """``E_pi r - beta KL(pi || pi_ref)``, `[...]`, in units of reward."""
    policy, base = masses("log_policy", log_policy), masses("log_base", log_base)
    return evaluated(policy, base, _finite("reward", reward), _positive("beta", beta))[0]


def evaluated(
    policy: tuple[Floats, Floats], base: tuple[Floats, Floats], reward: Floats, beta: Floats
) -> tuple[Floats, Floats]:
    """`objective` of two laws that `masses` has checked, and a bound on its error, `[...]` each.

    With ``u = 2^-53``: pairwise sums of `N` terms lose at most ``(24 + log2 N) u`` of the sum of their sizes,
    and each term some 10 ``u`` of ``pi |r|`` and of ``beta (pi |log(pi/pi_ref)| + pi + pi_ref)``, the sum of
    which is at most ``beta (KL + 3)``. A policy whose masses miss one by `s` has an objective that is off by
    the factor ``1 + s``.
    """
    mass = policy[1]
    apart = divergence(*policy, *base)
    value = mean(mass, reward) - beta * apart
    largest = last_axis.largest(np.where(np.isneginf(base[0]), 0.0, np.abs(reward)))
    loss = (40 + math.log2(mass.shape[-1])) * 2.0**-53 + np.abs(last_axis.total(mass) - 1.0)
    return np.asarray(value), np.asarray(2 * loss * (largest + beta * (apart + 3.0)))


def shortfall(best: tuple[Floats, Floats], own: tuple[Floats, Floats]) -> Floats:
    """The best objective less another, each with its error: zero where it is below zero by rounding.

    Raises
    ------
    NumericalError
        If the other objective is the larger one by more than both errors: one of them is wrong.
    """
    with np.errstate(invalid="ignore"):
        gap = np.where(np.isneginf(own[0]), np.inf, best[0] - own[0])
        sound = gap >= -(best[1] + own[1])
    if not np.all(sound):
        worst = tuple(int(i) for i in np.argwhere(~np.broadcast_to(sound, gap.shape))[0])
        raise NumericalError(
            f"gap must be at least zero up to its rounding error, got gap={float(gap[worst])!r}"
            + (f" in row {', '.join(map(str, worst))}" if worst else "")
        )
    return np.asarray(np.where(gap > 0, gap, 0.0))


def gap(
    log_policy: npt.ArrayLike, log_base: npt.ArrayLike, reward: npt.ArrayLike, beta: npt.ArrayLike
) -> Floats:
    """``J(pi*) - J(pi)``, `[...]`: the difference of two objectives, as the definition says.

    Never negative and never NaN: what rounding leaves below zero, at most the bound of `evaluated`, about
    ``1e-14 (max|r| + beta (KL + 3))``, is zero. Plus infinity where the policy leaves the support of the base
    policy.
    """
    base, rewards, scale = masses("log_base", log_base), _finite("reward", reward), _positive("beta", beta)
    best = masses("log_optimum", optimal(log_base, rewards, scale))
    own = evaluated(masses("log_policy", log_policy), base, rewards, scale)
    return shortfall(evaluated(best, base, rewards, scale), own)


def coverage(log_policy: npt.ArrayLike, log_base: npt.ArrayLike) -> Floats:
    """``log sup_y pi(y)/pi_ref(y)``, `[...]`: the sup runs over the support of the base policy.

    In logs because it reaches ``R / beta``. Plus infinity where the policy leaves that support.
    """
    return largest_ratio(masses("log_policy", log_policy)[0], masses("log_base", log_base)[0])


def largest_ratio(policy: Floats, base: Floats) -> Floats:
    """`coverage` of two laws that have been checked, by their log-masses."""
    with np.errstate(invalid="ignore"):
        ratio: Any = np.where(np.isneginf(policy), -np.inf, policy - base)
    return last_axis.largest(ratio)


def _chance(name: str, values: npt.ArrayLike) -> Floats:
    array = real_array(name, values)
    if not np.all((array >= 0) & (array <= 1)):
        raise InvalidProblem(f"{name} must lie in [0, 1], got {name}={values!r:.80}")
    return array


def _bregman(t: Floats) -> Floats:
    """``t e^t - e^t + 1`` for ``t <= 1`` to full relative accuracy; 1 at minus infinity."""
    finite = np.where(np.isneginf(t), 0.0, t)
    near = np.abs(finite) < _SERIES_RADIUS
    small = np.where(near, finite, 0.0)
    series = small * small * polyval(small, _SERIES) if near.any() else small
    plain = finite if near.all() else finite * np.exp(finite) - np.expm1(finite)
    return np.asarray(np.where(np.isneginf(t), 1.0, np.where(near, series, plain)))
