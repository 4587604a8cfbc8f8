"""The two constants of F2, with instances of three responses that need them.

With the best reward at zero, coverage is ``1 / E_{pi_ref} e^{-D/beta}``. Its logarithm, over ``R/beta``, is
the exponent that an instance needs: it nears one as the better responses lose their base mass. And coverage
itself nears one where the rewards hardly differ, or the best response has nearly all mass.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.harness import Constant, Span, Value

Floats = npt.NDArray[np.float64]

BITS = 256

#: Masses ``e^l, (1 - e^l) s, (1 - e^l)(1 - s)`` and shortfalls ``0, m t, t`` in units of beta.
THREE = {
    "log pi_ref(best)": Span(-700.0, -1e-9),
    "share of the second": Span(0.0, 0.99),
    "its shortfall": Span(0.0, 1.0),
    "R/beta": Span(1e-6, 600.0, log=True),
}


def log_coverage(at: Mapping[str, Floats]) -> Floats:
    """``log C_cov`` `[K]`: minus the logarithm of one less what the shortfalls cost."""
    rest, share, t = -np.expm1(at["log pi_ref(best)"]), at["share of the second"], at["R/beta"]
    lost = rest * (share * np.expm1(-at["its shortfall"] * t) + (1 - share) * np.expm1(-t))
    kept = np.exp(at["log pi_ref(best)"])
    kept += rest * (share * np.exp(-at["its shortfall"] * t) + (1 - share) * np.exp(-t))
    return np.where(lost < -0.5, -np.log(kept), -np.log1p(np.maximum(lost, -0.9)))


def coverage(at: Mapping[str, Any]) -> Any:
    """``C_cov``, a ball: the largest density ratio of the three responses."""
    from explore_theory.certify.balls import ball

    first, share = ball(at["log pi_ref(best)"]).exp(), ball(at["share of the second"])
    t = ball(at["R/beta"])
    base = [first, (1 - first) * share, (1 - first) * (1 - share)]
    tilt = [ball(1), (-ball(at["its shortfall"]) * t).exp(), (-t).exp()]
    normaliser = sum((b * w for b, w in zip(base, tilt, strict=True)), ball(0))
    ratios = [w / normaliser for w in tilt]
    return ratios[0].max(ratios[1]).max(ratios[2])


def certified_exponent(at: Mapping[str, Any]) -> Any:
    """``log C_cov / (R/beta)``."""
    from explore_theory.certify.balls import ball, precision

    with precision(2400):  # e^-700 beside one, and some to spare
        return coverage(at).log() / ball(at["R/beta"])


def certified_coverage(at: Mapping[str, Any]) -> Any:
    """``C_cov``."""
    from explore_theory.certify.balls import precision

    with precision(BITS):
        return coverage(at)


RANGE = Constant(
    slug="range-exponent",
    name="K",
    says="C_cov <= exp(K R/beta)",
    kind="exponent",
    stated=Value("1"),
    best="least",
    coordinates=THREE,
    score=lambda at: log_coverage(at) / at["R/beta"],
    certified=certified_exponent,
)

LEAST = Constant(
    slug="least-coverage",
    name="K",
    says="C_cov >= K",
    stated=Value("1"),
    best="greatest",
    coordinates=THREE,
    score=lambda at: np.exp(log_coverage(at)),
    certified=certified_coverage,
)
