"""What the tail bounds of martingales have in common: exponentials as bounds, and games as measurements."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from explore_theory.harness import Bound, Measurement, Trial
from proofs_checks.technical_tools.adaptive_game import Move, worst
from proofs_checks.technical_tools.sampler_law import BITS, enclosures


def exponential(exponent: Fraction, factor: int = 1) -> Bound:
    """``factor e^{-exponent}``."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        lo, hi = enclosures([factor * (-ball(exponent)).exp()])
    return Bound(lo=lo, hi=hi)


def played(trial: Trial, moves: Sequence[Move], units: int, *, both: bool = False) -> Measurement:
    """The largest chance that the state reaches the case's threshold, or minus it, in its rounds.

    The state counts in units of one over `units`.
    """
    params = trial.case.params
    rounds, level = int(params["rounds"]), units * int(params["threshold"])
    # At the threshold it has won already, which is a little more than the bounds speak of.
    value = worst(rounds, moves, level - 1, 1 - level if both else None)
    return Measurement.exact([value], effort=rounds, unit="rounds", witness=lambda _: dict(params))


def ratio_in_log(log_ratio: Callable[[Any], Any], low: float, high: float) -> Measurement:
    """The largest ratio of two sides along the logarithm of one coordinate, enclosed to a few per cent."""
    from explore_theory.certify.boxes import largest_ratio

    return largest_ratio(lambda z: log_ratio(z[0]), {"log x": (low, high)}, accuracy=0.05)
