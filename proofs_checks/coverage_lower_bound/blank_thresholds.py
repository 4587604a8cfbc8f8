"""The constants of the published form, and how many calls are needed; for T21.

Letters: `Y` responses, `C` = 1/e0, `T` calls, `n` names, ``v = (n + 1)/(Y - 1)``, ``x = beta^2 d/2``.
"""

import math
from fractions import Fraction
from typing import Any

import numpy as np

from explore_theory.harness import Measurement, Trial
from proofs_checks.coverage_lower_bound.blank_game import BITS, rate
from proofs_checks.coverage_lower_bound.cut_calls import centred

#: The largest ``rate min{C, e^x}``, a decimal, rounded up.
RATE = Fraction("1.5829")
#: The constant of the published form.
CONSTANT = Fraction("0.694")


def largest_rate(trial: Trial) -> Measurement:
    """The largest ``rate min{C, e^x}`` over one part of the range of ``x``, by its bound there."""
    from explore_theory.certify.balls import ball, precision
    from explore_theory.certify.boxes import largest_ratio

    part = str(trial.case.params["x"])
    if part == "beyond 4":
        # rate <= log(1 + mu/a) <= mu/a, and e^x/a = 1/(1 - e^-x).
        with precision(BITS):
            return Measurement.exact([(ball(1) / 16).exp() / (1 - ball(-4).exp())])

    def log_rate(x: Any) -> Any:
        mu = (1 / (4 * x)).exp()
        a = x.expm1() if part == "from log 2 to 4" else 1
        return x + ((1 + 2 * mu / a + 1 / (a * a)).log() / (2 * _ball(RATE))).log()

    # Between the decimals is log 2; below .13 one call is more than the form asks for.
    ends = {"from log 2 to 4": ("0.693147", "4"), "from .13 to log 2": ("0.13", "0.693148")}[part]
    found = largest_ratio(centred(log_rate), {"x": (Fraction(ends[0]), Fraction(ends[1]))})
    return Measurement(
        lo=np.nextafter(found.lo * float(RATE), 0),
        hi=np.nextafter(found.hi * float(RATE), 9),
        effort=found.effort,
        unit="boxes",
        witness=found.witness,
    )


def _ball(number: Fraction) -> Any:
    from explore_theory.certify.balls import ball

    return ball(number)


def names(trial: Trial, share: int = 8) -> Measurement:
    """The largest ``v`` with fewer than ``Y/share`` reward queries, over ``Y``."""
    sizes = range(int(trial.case.params["least Y"]), 2001)
    return Measurement.exact([max(Fraction(-(-y // share), y - 1) for y in sizes)], effort=len(sizes))


def asked(trial: Trial, more: Fraction = Fraction(1)) -> Measurement:
    """``c RATE`` over ``log((1 - v)/delta)``, and ``c e^.13`` over one call, for `more` than ``c``."""
    from explore_theory.certify.balls import ball, precision

    share, delta, c = (Fraction(str(trial.case.params[name])) for name in ("v", "delta", "c"))
    with precision(BITS):
        ratio = ball(more * c * RATE) / (ball(1 - share) / ball(delta)).log()
        return Measurement.exact([ratio, ball(more * c) * (ball(13) / 100).exp()])


def failure(trial: Trial, fewer: int = 0) -> Measurement:
    """The chance that weak sampling fails, with its reward queries and its guess, in rationals."""
    params = trial.case.params
    coverage, calls = Fraction(str(params["C*"])), int(params["T"]) - fewer
    share = Fraction(int(params["n"]) + 1, int(params["Y"]) - 1)
    missed = (1 - share) * (1 - 1 / coverage) ** calls
    return Measurement.exact([missed], notes={"T/C*": float(calls / coverage)})


def needed(trial: Trial, factor: float = 1.0) -> Measurement:
    """By (1) over what weak sampling needs, at ``delta = 1/4`` and ``v = 0``; notes are for the figure."""
    from explore_theory.certify.balls import ball, precision

    params = trial.case.params
    coverage, dimension, beta = float(params["coverage"]), int(params["dimension"]), float(params["beta"])
    with precision(BITS):
        weak = -(1 - 1 / ball(coverage)).log()
        ratio = ball(factor) * weak / rate(coverage, dimension, beta)
        calls = ball(4).log() / weak
        few = ball(4).log() / rate(coverage, dimension, beta)
    form = min(coverage, math.exp(1 / (2 * beta)), math.exp(min(beta**2 * dimension / 2, 700.0)))
    return Measurement.exact(
        [ratio],
        notes={"weak sampling": float(calls), "needed": float(few), "published form": float(CONSTANT) * form},
    )
