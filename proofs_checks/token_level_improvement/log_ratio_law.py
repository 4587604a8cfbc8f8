"""The law of the correction ``H_{N-1}``, `N` geometric with success probability `p`, in ball arithmetic."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.harness import Bound, Measurement, Trial

Floats = npt.NDArray[np.float64]

#: Acceptance probabilities.
RATES = {
    "quick": (0.5, 0.1, 0.01),
    "full": (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001),
    "half": (0.5,),
    "hundredth": (0.01,),
    "rare": (0.002,),
    "frequent": (0.98, 0.99),
}
#: Sums stop where ``(1-p)^n`` is below ``e^-60``; what is left out is enclosed.
DEPTH = 60
BITS = 160


def moments(
    p: Any, cap: int | None = None, *, value: Callable[[Any, int], Any] | None = None
) -> tuple[Any, Any]:
    """Balls around mean and second moment of ``H_{min(N, cap+1) - 1}``, ``N ~ Geometric(p)``.

    `value` replaces ``H_{N-1}`` by a function of ``H_{N-1}`` and `N`, for false variants.
    """
    from explore_theory.certify.balls import ball

    q = 1 - p
    last = cap if cap is not None else math.ceil(DEPTH / float(p))
    mean = second = harmonic = ball(0)
    weight = ball(1)
    for n in range(last):
        here = harmonic if value is None else value(harmonic, n + 1)
        mean, second = mean + p * weight * here, second + p * weight * here * here
        harmonic, weight = harmonic + ball(Fraction(1, n + 1)), weight * q
    # P(N > last) = weight: capped, the value is H_cap; uncapped, it is between 0 and N, whose tail moments
    # are below weight (last + 1/p)^2 times two.
    if cap is not None:
        return mean + weight * harmonic, second + weight * harmonic * harmonic
    tail = weight * (last + 1 / p) ** 2 * 2
    spread = _between(tail)
    return mean + spread, second + spread


def _between(top: Any) -> Any:
    """The ball ``[0, top]``."""
    from flint import arb

    high = top.upper()
    return arb(high / 2, high / 2)


def rates(trial: Trial) -> list[Fraction]:
    """The acceptance probabilities of the case, as fractions."""
    return [Fraction(str(p)) for p in RATES[str(trial.case.params["rates"])]]


def certified(of: Callable[[Any, Trial], Any]) -> Callable[[Trial], Measurement]:
    """A ball for each rate, as a measurement."""

    def measure(trial: Trial) -> Measurement:
        lo, hi = _ends(of, trial)
        found = rates(trial)
        return Measurement(
            lo=lo, hi=hi, effort=len(found), unit="rates", witness=lambda k: {"p": str(found[k])}
        )

    return measure


def enclosed(of: Callable[[Any, Trial], Any]) -> Callable[[Trial], Bound]:
    """A ball for each rate, as the bound."""

    def bound(trial: Trial) -> Bound:
        lo, hi = _ends(of, trial)
        return Bound(lo=lo, hi=hi)

    return bound


def _ends(of: Callable[[Any, Trial], Any], trial: Trial) -> tuple[Floats, Floats]:
    from explore_theory.certify.balls import ball, ends, precision

    with precision(BITS):
        pairs = [ends(of(ball(p), trial)) for p in rates(trial)]
    lo, hi = zip(*pairs, strict=True)
    return np.array(lo), np.array(hi)


def cap_of(trial: Trial) -> int:
    """The most draws."""
    return int(trial.case.params["cap"])


def mean(p: Any, _: Trial) -> Any:
    """``E H_{N-1}``."""
    return moments(p)[0]


def variance(p: Any, _: Trial) -> Any:
    """``Var H_{N-1}``."""
    first, second = moments(p)
    return second - first * first


def dilogarithm(p: Any, _: Trial) -> Any:
    """``Li_2(1 - p)``."""
    from flint import acb

    return acb(1 - p).polylog(2).real


def cap_bias(p: Any, trial: Trial) -> Any:
    """``E H_{min(N, cap+1)-1} + log p``."""
    return moments(p, cap_of(trial))[0] + p.log()


def cap_tail(p: Any, trial: Trial) -> Any:
    """``-sum_{n > cap} (1-p)^n/n``, summed to the depth; the rest is below its first weight over `p`."""
    from explore_theory.certify.balls import ball

    cap = cap_of(trial)
    last = cap + math.ceil(DEPTH / float(p))
    q = 1 - p
    weight, total = q ** (cap + 1), ball(0)
    for n in range(cap + 1, last + 1):
        total, weight = total + weight / n, weight * q
    return -(total + _between(weight / p))


def bias_of_zero(p: Any, trial: Trial) -> Any:
    """``E[H_{N-1}; N <= cap] + P(N <= cap) log p``: the bias where giving up is reported as 0."""
    from explore_theory.certify.balls import ball

    cap = cap_of(trial)
    total, harmonic, weight = ball(0), ball(0), ball(1)
    for n in range(1, cap + 1):
        total += p * weight * (harmonic + p.log())
        harmonic, weight = harmonic + ball(Fraction(1, n)), weight * (1 - p)
    return total


def tail_of_zero(p: Any, trial: Trial) -> Any:
    """``-sum_{n > cap} (1-p)^n/n - (1-p)^cap (H_cap + log p)``."""
    from explore_theory.certify.balls import ball

    cap = cap_of(trial)
    harmonic = sum((ball(Fraction(1, n)) for n in range(1, cap + 1)), ball(0))
    return cap_tail(p, trial) - (1 - p) ** cap * (harmonic + p.log())
