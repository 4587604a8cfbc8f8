"""The constants of LN1 and LK1, and the power of beta of LN1, with instances that need them.

Two actions with features 0 and `x`, ``|x| <= nu = 1``, ``Sigma = 1``, ``theta = 0`` and ``theta' = k beta``,
``|k| <= 1``: the second action has mass `m` at theta, and its score differs by ``k x``. The divergence over
``beta^{-2} E|phi|^2 |theta' - theta|^2 = m (k x)^2`` nears ``e - 2`` as `m` goes to zero at ``k x = 1``. With
``beta^{-a}`` in place of ``beta^{-2}``, and the constant ``e - 2`` kept, the same instances need
``a = 2 + log(ratio/(e - 2))/log(1/beta)``, which nears two: the printed power, one, is too small.

*LK1*. That ``(1 - q s)^N <= delta`` with ``s = 1 - (1 - 1/n)^n`` needs ``q = (1 - delta^{1/N})/s``, which
over ``log(1/delta)/N`` nears ``1/(1 - 1/e)`` for many rollouts and base draws.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.harness import Constant, Span, Value

Floats = npt.NDArray[np.float64]

BITS = 256

ACTIONS = {
    "log m": Span(-40.0, -0.7),
    "x": Span(-1.0, 1.0),
    "k": Span(-1.0, 1.0),
    "beta": Span(1e-6, 0.5, log=True),
}


def ratio(at: Mapping[str, Floats]) -> Floats:
    """``KL(pi || pi') / (m (k x)^2)`` `[K]`."""
    m, score = np.exp(at["log m"]), at["k"] * at["x"]
    return np.asarray((np.log1p(m * np.expm1(score)) / m - score) / score**2)


def parts(at: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """``KL(pi || pi')``, ``E_pi|phi|^2 |theta' - theta|^2`` and beta, balls, from both policies."""
    from explore_theory.certify.balls import ball

    feature, beta = Fraction(at["x"]), Fraction(at["beta"])
    step = Fraction(at["k"]) * beta
    m = ball(at["log m"]).exp()
    policy = [1 - m, m]
    weights = [1 - m, m * ball(step * feature / beta).exp()]
    other = [weight / sum(weights) for weight in weights]
    divergence = sum(p * (p / q).log() for p, q in zip(policy, other, strict=True))
    return divergence, m * ball(feature**2 * step**2), ball(beta)


def certified_constant(at: Mapping[str, Any]) -> Any:
    """``KL beta^2 / (E|phi|^2 |theta' - theta|^2)``."""
    from explore_theory.certify.balls import precision

    with precision(BITS):
        divergence, second, beta = parts(at)
        return divergence * beta * beta / second


def certified_power(at: Mapping[str, Any]) -> Any:
    """``log(KL / ((e - 2) E|phi|^2 |theta' - theta|^2)) / log(1/beta)``."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        divergence, second, beta = parts(at)
        return -(divergence / ((ball(1).exp() - 2) * second)).log() / beta.log()


def euler_less_two() -> Any:
    """``e - 2``."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        return ball(1).exp() - 2


SECOND_ORDER = Constant(
    slug="second-order-constant",
    name="K",
    says="KL(pi || pi') <= K beta^-2 E_pi|phi|^2 |theta' - theta|^2",
    stated=Value("e - 2", euler_less_two),
    best="least",
    coordinates=ACTIONS,
    score=ratio,
    certified=certified_constant,
)

POWER = Constant(
    slug="power-of-beta",
    name="a",
    says="KL(pi || pi') <= (e - 2) beta^-a E_pi|phi|^2 |theta' - theta|^2 for beta < 1",
    kind="exponent",
    stated=Value("2"),
    best="least",
    coordinates=ACTIONS,
    score=lambda at: 2 - np.log(ratio(at) / (np.e - 2)) / np.log(at["beta"]),
    certified=certified_power,
)


# --- LK1 ----------------------------------------------------------------------------------------------------


def certified_rate(at: Mapping[str, Any]) -> Any:
    """``(1 - delta^{1/N}) N / (s log(1/delta))``."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        n, rollouts, log_delta = at["n"], at["N"], ball(at["delta"]).log()
        shown = 1 - (1 - ball(Fraction(1, n))) ** n
        return (log_delta / rollouts).expm1() * rollouts / (shown * log_delta)


def rate(at: Mapping[str, Floats]) -> Floats:
    """The same in doubles, `[K]`."""
    log_delta = np.log(at["delta"])
    shown = -np.expm1(at["n"] * np.log1p(-1 / at["n"]))
    return np.asarray(np.expm1(log_delta / at["N"]) * at["N"] / (shown * log_delta))


RATE = Constant(
    slug="rate-constant",
    name="K",
    says="(1 - q s)^N <= delta for q = K log(1/delta)/N and b = 1/n",
    stated=Value("1.582"),
    best="least",
    coordinates={
        "n": Span(2, 10**6, log=True, whole=True),
        "N": Span(1, 10**9, log=True, whole=True),
        "delta": Span(1e-9, 0.999),
    },
    score=rate,
    certified=certified_rate,
)
