"""The terms of the gap bound at the schedule of ST, and what they add up to.

Theory section 2, S9.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from explore_theory.harness import Measurement, Trial

#: ``kappa R/eps`` and ``delta_rej R/eps`` in the schedule of ST.
COVERAGE_SHARE, SAMPLER_SHARE = Fraction(1, 45), Fraction(1, 100)


def schedule(_: Trial, far: int = 6) -> Measurement:
    """The bound at ST's schedule over what `total` adds up, for all values of the symbols."""
    import sympy as sp

    from explore_theory.certify import symbolic

    # What e and log 2 are does not matter to the substitution.
    beta, reward, eps, gamma, nu, ell, log_delta, e, log_two = sp.symbols(
        "beta R eps gamma nu ell log_delta e log_two", positive=True
    )
    potential = 2 * ell + nu**2 * log_delta
    rounds = 4 * gamma**2 / (beta * eps) * potential
    share = e / (e - 1)
    uncovered = share * eps / (45 * reward)
    bound = (
        2 * gamma**2 / (beta * rounds) * potential
        + (far + 2 * log_two + 2 * e) * reward * uncovered
        + 4 * reward * eps / (100 * reward)
    )
    total = sp.Rational(1, 2) + share * (6 + 2 * log_two + 2 * e) / 45 + sp.Rational(4, 100)
    return symbolic.ratio(bound, total * eps)


def shares(tilt: Any, coverage: Fraction, sampler: Fraction) -> dict[str, Any]:
    """Every term over eps, at ``beta/R = tilt``: numbers, balls or jets."""
    from explore_theory.certify.balls import ball

    e, log_two = ball(1).exp(), ball(2).log()
    uncovered = e / (e - 1) * ball(coverage)
    return {
        "exploration": ball(Fraction(1, 2)),
        # Stated: mass 2, cost R + 2 beta.
        "bad pairs": (1 + 2 * tilt) * (2 * uncovered),
        "far under pi*": tilt * (2 * log_two * uncovered),
        "far under the policy": 2 * e * uncovered,
        "sampler": ball(4 * sampler),
    }


def sharper_shares(tilt: Any, coverage: Fraction, sampler: Fraction) -> dict[str, Any]:
    """The same with ``e - 2`` (S5), ``e/(e-1)`` twice (M), bad pairs at `R`, and ``.26 delta_rej``."""
    from explore_theory.certify.balls import ball

    e = ball(1).exp()
    return shares(tilt, coverage, sampler) | {
        "exploration": (e - 2) * e / (e - 1) / 4,
        "bad pairs": 2 * e / (e - 1) * ball(coverage),
        "sampler": ball(Fraction(26, 100) * sampler),
    }


def total(
    trial: Trial,
    coverage: Fraction = COVERAGE_SHARE,
    sampler: Fraction = SAMPLER_SHARE,
    largest: float = 1.0,
) -> Measurement:
    """The largest sum of the terms over the total of the case, over ``beta/R`` from 1e-6 to `largest`."""
    from explore_theory.certify.balls import ball, ends, precision
    from explore_theory.certify.boxes import largest_ratio

    params = trial.case.params
    terms = sharper_shares if params["constants"] == "sharper" else shares
    claimed = Fraction(str(params["total"]))

    def log_ratio(x: Sequence[Any]) -> Any:
        parts = terms(x[0].exp(), coverage, sampler)
        return (sum(parts.values(), x[0] * 0) * (1 / ball(claimed))).log()

    found = largest_ratio(log_ratio, {"log(beta/R)": (math.log(1e-6), math.log(largest))})
    with precision(128):
        notes = {f"share: {k}": ends(v)[1] for k, v in terms(ball(1), coverage, sampler).items()}
    return Measurement(
        lo=found.lo, hi=found.hi, effort=found.effort, unit=found.unit, witness=found.witness, notes=notes
    )
