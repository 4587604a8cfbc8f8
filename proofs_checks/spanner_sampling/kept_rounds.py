"""What it costs to mix over `K` rounds drawn before the run in place of all of them.

Gaps of single rounds lie in ``[0, G]`` and have mean `g`; `K` of them, drawn with replacement, have a mean
above ``g + sqrt(2 g G log(1/delta')/K) + G log(1/delta')/(3 K)`` with probability ``delta'`` at most
(Bernstein's inequality; the variance is at most ``g G``). Here ``G = 1``, and gaps are 0 or 1.
"""

from fractions import Fraction

import numpy as np

from explore_theory.harness import Case, Measurement, Trial
from proofs_checks.spanner_sampling import binomial


def tail(trial: Trial, *, stated: bool = True) -> Measurement:
    """``P(mean of K gaps >= g + extra) / delta'``; unless `stated` the extra is what ``.991 eps`` leaves."""
    from explore_theory.certify.balls import ball, ends, precision

    params = trial.case.params
    kept, mean, delta = (Fraction(str(params[name])) for name in ("K", "g", "delta"))
    with precision(binomial.BITS):
        log = ball(1 / delta).log()
        extra = (2 * ball(mean / kept) * log).sqrt() + log / ball(3 * kept)
        if not stated:
            extra = ball(mean * (1 / Fraction(991, 1000) - 1))
        least = int((ball(kept) * (ball(mean) + extra)).ceil().unique_fmpz())
        lo, hi = ends(binomial.from_on(int(kept), mean, least) / ball(delta))
    return Measurement(
        lo=np.array([lo]), hi=np.array([hi]), effort=1, unit="tails", notes={"extra": float(extra)}
    )


CASES = tuple(
    Case(slug=f"mean-{mean}-delta-{delta}".replace(".", ""), params={"K": 64, "g": mean, "delta": delta})
    for mean in (".001", ".0991", ".5")
    for delta in (".01", ".25")
)
