"""The terms of the gap bound at the schedule of ST, and what they add up to.

Theory section 2, S9.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from explore_theory.harness import Measurement, Trial
from proofs_checks.spanner_sampling import schedule_cases

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


def at_the_schedule(trial: Trial, reward_range: float | None = None) -> Measurement:
    """The bound at the numbers that `Schedule` has over ``.991 eps``; then what other steps ask of them.

    Those are ``C_cov <= N_span`` (S7), ``4 e^2 C_cov <= M`` (S6, S8) and ``nu gamma(n) <= beta`` (S5), as
    ratios. What the sampler may fail with comes from its calls: ``m = 4 M log(4/delta')``. With a
    `reward_range` the code is told that in place of the truth.
    """
    from explore_theory.certify.balls import ball, ends, precision

    stated, code = schedule_cases.both(trial)
    if reward_range is not None:
        code = replace(code, reward_range=reward_range, beta=min(code.beta, reward_range))
    r, beta, eps = ball(stated.reward_range), ball(stated.beta), ball(stated.eps)
    with precision(256):
        log_delta = ball(stated.events / stated.delta).log()
        growth = ball(1 if stated.growth is None else stated.growth)
        n = code.most_accepted + code.explore_rounds
        gamma, nu = stated.gamma(n), ball(code.radius)
        size = stated.d * (1 + ball(4 * n / (stated.d * stated.ridge))).log()
        exploration = 2 * gamma**2 / (beta * code.explore_rounds) * (2 * growth * size + nu**2 * log_delta)
        e = ball(1).exp()
        share = e / (e - 1)
        kappa = share * (code.most_accepted + log_delta) / code.span_rounds
        fails = 4 * (-ball(code.sampler.normaliser) / (4 * ball(code.sampler.ratio))).exp()
        if stated.growth is not None:
            fails = fails * ball(4 * stated.segments / stated.delta)
        bound = exploration + (6 + 2 * ball(2).log() + 2 * e) * r * share * kappa + 4 * r * fails
        # The code's numbers are doubles: nu and M may be off by their last digits.
        slack = 1 - Fraction(1, 10**13)
        ratios = [
            bound / (ball(Fraction(991, 1000)) * eps) * ball(slack),
            ball(stated.coverage) / code.per_round,
            4 * ball(2).exp() * ball(stated.coverage) / ball(code.sampler.ratio) * ball(slack),
            nu * gamma / beta * ball(slack),
        ]
        found = [ends(ratio) for ratio in ratios]
    return Measurement(
        lo=np.array([lo for lo, _ in found]),
        hi=np.array([hi for _, hi in found]),
        effort=len(found),
        unit="inequalities",
        witness=lambda k: {"inequality": ("gap <= .991 eps", "N_span", "M", "nu")[k]},
    )


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
