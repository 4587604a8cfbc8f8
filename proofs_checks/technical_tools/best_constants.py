"""The constants of LF1, as mended, and of LD6, with instances that need them.

Two responses, ``pi_ref = (1 - p, p)``, ``f = (R, -R)``, ``u = R/beta``. *The range*: ``pi_ref/pi_f`` at the
second is ``(1 - p) e^{2u} + p``, so that ``2u`` and no less bounds its logarithm. *The ratio*: while nothing
clips, ``max pi^/pi_f = 1 + P (sup pi_ref/pi_f - 1)``, exactly. *The divergence* of the base policy from the
target, which is multiplied with the chance `P` that a call fails: ``log E e^{f/beta} - E f/beta`` is nearly
``2u`` where the base policy is nearly always at the worse response, and nearly ``u^2/2`` for a fair coin and
small `u`. *LD6*: at ``x = a log(1 + b x)`` with ``b x = e^l - 1`` the inequality needs
``l/log(1 + (e^l - 1)/l)``.
"""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.harness import Constant, Span, Value
from proofs_checks.spanner_sampling.rejection import Sampler
from proofs_checks.technical_tools import sampler_distances as on_two
from proofs_checks.technical_tools import sampler_law

Floats = npt.NDArray[np.float64]
Instances = Mapping[str, Floats]
Instance = Mapping[str, Any]

BITS = 256


# --- the range of the log-ratio -----------------------------------------------------------------------------


def certified_range(at: Instance) -> Any:
    """``log(sup pi_ref/pi_f) / (R/beta)``."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        p, u = ball(at["log p"]).exp(), ball(at["R/beta"])
        weights = [(1 - p) * u.exp(), p * (-u).exp()]
        second = weights[1] / sum(weights)
        return (p / second).log() / u


RANGE = Constant(
    slug="range-of-log-ratio",
    name="K",
    says="sup pi_ref/pi_f <= exp(K R/beta)",
    kind="exponent",
    stated=Value("2"),
    best="least",
    coordinates={"log p": Span(-40.0, -0.1), "R/beta": Span(0.1, 100.0, log=True)},
    score=lambda at: (
        np.logaddexp(np.log1p(-np.exp(at["log p"])) + 2 * at["R/beta"], at["log p"]) / at["R/beta"]
    ),
    certified=certified_range,
)


# --- the density ratio --------------------------------------------------------------------------------------

CALLS = {
    "pi_f(1)": Span(0.05, 0.95),
    "C": Span(1.05, 20.0, log=True),
    "M/C": Span(0.1, 40.0, log=True),
    "samples": Span(1, 4, whole=True),
    "candidates": Span(1, 4, whole=True),
}


def needed(target: Any, ratio: Any, share: Any, samples: int, cap: int) -> Any:
    """``(max pi^/pi_f - 1) / (P (sup pi_ref/pi_f - 1))`` in the arithmetic of its arguments."""
    s = Sampler(target=target, ratio=ratio, multiplier=share * ratio, samples=samples, cap=cap)
    first, fails = sampler_law.exact_outcome(s)
    largest = max(first / s.target, (1 - first) / (1 - s.target))
    return (largest - 1) / (fails * (1 / s.other - 1))


def density(at: Instances) -> Floats:
    """The same in doubles, `[K]`."""
    target, ratio, share, samples, cap = (at[name].tolist() for name in CALLS)
    rows = zip(target, ratio, share, samples, cap, strict=True)
    return np.array([float(needed(t, c, m, int(n), int(k))) for t, c, m, n, k in rows])


def certified_density(at: Instance) -> Fraction:
    """The same of one instance, in rationals."""
    target, ratio, share = (Fraction(at[name]) for name in ("pi_f(1)", "C", "M/C"))
    return Fraction(needed(target, ratio, share, at["samples"], at["candidates"]))


DENSITY = Constant(
    slug="ratio-constant",
    name="K",
    says="pi^/pi_f <= 1 + K P (sup pi_ref/pi_f - 1)",
    stated=Value("1"),
    best="least",
    coordinates=CALLS,
    score=density,
    certified=certified_density,
)


# --- the divergence of the base policy ----------------------------------------------------------------------


def divergence(at: Instances) -> Floats:
    """``KL(pi_ref || pi_f)`` `[K]`, ``pi_ref = (q, 1 - q)``, ``f = (R, -R)``."""
    q, u = np.exp(at["log q"]), at["R/beta"]
    return np.asarray(np.logaddexp(at["log q"] + u, np.log1p(-q) - u) - (2 * q - 1) * u)


def certified_divergence(at: Instance) -> tuple[Any, Any]:
    """The same of one instance, and ``R/beta``, balls."""
    from explore_theory.certify.balls import ball

    q, u = ball(at["log q"]).exp(), ball(at["R/beta"])
    base = [q, 1 - q]
    weights = [q * u.exp(), (1 - q) * (-u).exp()]
    target = [weight / sum(weights) for weight in weights]
    return sum(b * (b / f).log() for b, f in zip(base, target, strict=True)), u


def certified_linear(at: Instance) -> Any:
    """``KL(pi_ref || pi_f) / (R/beta)``."""
    from explore_theory.certify.balls import precision

    with precision(BITS):
        value, u = certified_divergence(at)
        return value / u


def certified_quadratic(at: Instance) -> Any:
    """``KL(pi_ref || pi_f) / (R/beta)^2``."""
    from explore_theory.certify.balls import precision

    with precision(BITS):
        value, u = certified_divergence(at)
        return value / u**2


LINEAR = Constant(
    slug="linear-constant",
    name="K",
    says="KL(pi^ || pi_f) <= P KL(pi_ref || pi_f) <= P K R/beta",
    stated=Value("2"),
    best="least",
    coordinates={"log q": Span(-40.0, -0.01), "R/beta": Span(0.1, 1e6, log=True)},
    score=lambda at: divergence(at) / at["R/beta"],
    certified=certified_linear,
)

QUADRATIC = Constant(
    slug="quadratic-constant",
    name="K",
    says="KL(pi^ || pi_f) <= P KL(pi_ref || pi_f) <= P K (R/beta)^2",
    stated=Value("1/2"),
    best="least",
    coordinates={"log q": Span(-10.0, -0.01), "R/beta": Span(1e-2, 10.0, log=True)},
    score=lambda at: divergence(at) / at["R/beta"] ** 2,
    certified=certified_quadratic,
)


# --- a logarithmic inequality -------------------------------------------------------------------------------


def certified_logarithm(at: Instance) -> Any:
    """``x / (a log(1 + ab))`` at ``x = a log(1 + b x)``."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        # In units where a = 1: x = l, and b x = e^l - 1.
        x = ball(at["x/a"])
        return x / (x.expm1() / x).log1p()


LOGARITHM = Constant(
    slug="logarithm-constant",
    name="K",
    says="x <= a log(1 + b x) implies x <= K a log(1 + ab)",
    stated=Value("1.509"),
    best="least",
    coordinates={"x/a": Span(0.01, 100.0, log=True)},
    score=lambda at: at["x/a"] / np.log1p(np.expm1(at["x/a"]) / at["x/a"]),
    certified=certified_logarithm,
)


# --- how far the printed ratio reaches ----------------------------------------------------------------------

#: An instance for which the printed bound holds needs no end of its reach below this.
FAR = 1000
#: By how much, relatively, the search keeps clear of the edge of the bound, and of that of ``M >= 4 C``.
ROOM = 1e-6

PRINTED = {
    "log p": Span(-25.0, -3.0),
    "e^(R/beta)": Span(8000.0, 60000.0, log=True),
    "N": Span(23, 26, whole=True),
    "delta": Span(0.5, 0.99999),
}


def multiplier(count: float, delta: float) -> float:
    """The largest `M`, nearly, for which ``4 M log(4/delta)`` is rounded up to `count`."""
    return (1 - 1e-12) * count / (4 * math.log(4 / delta))


def shortest_reach(at: Instances) -> Floats:
    """``R/beta`` where ``max pi^/pi_f > e^{R/beta} N``, `[K]`, and as much more as there is missing."""
    return np.array([_reach(*row) for row in zip(*(at[name].tolist() for name in PRINTED), strict=True)])


def _reach(log_p: float, gain: float, samples: float, delta: float) -> float:
    """The same of one instance, in doubles, the outcome summed over draws of the second response."""
    p, count, m = math.exp(log_p), int(samples), multiplier(samples, delta)
    normaliser = (1 - p) * gain + p / gain
    good, bad = gain / normaliser, 1 / gain / normaliser
    second = 0.0
    for k in range(count + 1):
        chance = math.comb(count, k) * p**k * (1 - p) ** (count - k)
        scale = ((count - k) * good + k * bad) / count * m
        one, other = (1 - p) * min(1.0, good / scale), p * min(1.0, bad / scale)
        none = (1 - one - other) ** count
        second += chance * ((1 - none) * other / (one + other) + none * p)
    missing = math.log(gain * count) - math.log(second / p / bad), math.log(4 * good / m)
    return math.log(gain) + 10 * sum(max(0.0, one + ROOM) for one in missing)


def certified_reach(at: Instance) -> Any:
    """``R/beta`` of an instance that breaks the printed bound, and `FAR` of any other."""
    from explore_theory.certify.balls import ball, precision

    p, gain, delta = Fraction(math.exp(at["log p"])), Fraction(at["e^(R/beta)"]), Fraction(at["delta"])
    m = Fraction(multiplier(at["N"], at["delta"]))
    with precision(sampler_law.BITS):
        s = on_two.tilted(p, gain, m, delta)
        meant = s.multiplier >= 4 * s.ratio
        breaks = on_two.largest_ratio(s, sampler_law.outcome(s)) > ball(gain * s.samples)
        return ball(gain).log() if meant and breaks else ball(FAR)


REACH = Constant(
    slug="reach-of-the-printed-ratio",
    name="u",
    says="pi^/pi_f <= e^{R/beta} N for R/beta <= u",
    stated=Value("9.47"),
    best="greatest",
    coordinates=PRINTED,
    score=shortest_reach,
    certified=certified_reach,
)

ALL = (RANGE, DENSITY, LINEAR, QUADRATIC, REACH)
