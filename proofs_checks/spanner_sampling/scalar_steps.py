"""The scalar inequalities of S7, proved over boxes.

Theory section 2. `N` pairs a round, chance `p` a pair, `S` a round.
"""

from collections.abc import Sequence
from typing import Any

from explore_theory.harness import Measurement, Trial


def decay(x: Any) -> Any:
    """``g(x) = (1 - e^{-x})/x`` of a jet ``x >= 0``: it falls, and its slope, from -1/2, rises."""
    from explore_theory.certify.intervals import hull, increasing
    from explore_theory.certify.jets import Jet

    def value(b: Any) -> Any:
        return -(-b).expm1() / b if b != 0 else b + 1

    def slope(b: Any) -> Any:
        return ((-b).exp() * (1 + b) - 1) / (b * b) if b != 0 else b - 0.5

    derivative = increasing(slope, x.value)
    return Jet(hull(value(x.value.hi), value(x.value.lo)), tuple(derivative * s for s in x.slopes))


def scalar(_: Trial, factor: float | None = None) -> Measurement:
    """The largest ``(1-1/e) min(1, N p) / (1 - (1-p)^N)``; `factor` in place of ``1 - 1/e``.

    With ``p = 1 - e^{-x}`` and ``N p = u <= 1`` (beyond, the denominator only grows) it is
    ``(1-1/e) g(x) / g(u / g(x))``: ``x = 0`` is the limit of many pairs.
    """
    from explore_theory.certify.balls import ball, precision
    from explore_theory.certify.boxes import largest_ratio

    with precision(128):
        log_constant = (ball(factor) if factor else 1 - (-ball(1)).exp()).log()

    def log_ratio(x: Sequence[Any]) -> Any:
        small = decay(x[1])
        return small.log() - decay(x[0] / small).log() + log_constant

    return largest_ratio(log_ratio, {"N p": (0.0, 1.0), "-log(1 - p)": (1e-12, 40.0)})


def exponential(_: Trial, factor: float | None = None) -> Measurement:
    """The largest ``E e^{-a} / exp(-(1-1/e) S)`` over ``S`` in [0, 1]; `factor` for the one in the exponent.

    In the coordinate ``x = -log E e^{-a}``, so that ``(1-1/e) S = 1 - e^{-x}``.
    """
    from explore_theory.certify.balls import ball, precision
    from explore_theory.certify.boxes import largest_ratio

    with precision(128):
        share = ball(factor) / (1 - (-ball(1)).exp()) if factor else ball(1)

    return largest_ratio(lambda x: -x[0] - (-x[0]).expm1() * share, {"-log E exp(-a)": (0.0, 1.0)})
