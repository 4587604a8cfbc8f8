"""How many calls are too few, with proofs: the premise and the conclusion of CT.

Letters: `C` coverage, `d` dimension, `N` responses, `T` calls, `n` names, `u` the direction of the needle.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from explore_theory.harness import Case, Curve, Measurement, Trial

# --- premise -----------------------------------------------------------------------------------------------


def stated_form(coverage: float, dimension: int, beta: float) -> int:
    """The most calls of the stated form, for large `N`."""
    return math.floor(min(coverage / math.e, math.exp(min(beta**2 * dimension / 2, 700.0))) / 16)


def sharper_form(coverage: float, dimension: int, beta: float) -> int:
    """The most calls of the sharper form, for large `N`."""
    return math.floor(coverage * math.exp(-1 / (2 * dimension * beta**2)) / 8)


def premise(trial: Trial, factor: int = 1) -> Measurement:
    """The left-hand side at ``N = 16 T``, ``n + 1 = T`` and `factor` times the calls that a form allows."""
    from explore_theory.certify import needle
    from explore_theory.certify.balls import ball, ends, precision

    params = trial.case.params
    coverage, dimension, beta = float(params["coverage"]), int(params["dimension"]), float(params["beta"])
    form = {"stated": stated_form, "sharper": sharper_form}[str(params["form"])]
    allowed = form(coverage, dimension, beta)
    calls = factor * max(allowed, 1)
    worth = needle.hit_probability(dimension, coverage, beta)
    rest, names = 16 * calls - calls, calls - 1
    with precision(128):
        # A sum of 1/i over consecutive i, between two integrals.
        lo = ends(ball(calls) * ball(worth[0]) + (ball(rest + 1) / ball(rest - names)).log())[0]
        hi = ends(ball(calls) * ball(worth[1]) + (ball(rest) / ball(rest - names - 1)).log())[1]
    return Measurement(
        lo=np.array([lo]),
        hi=np.array([hi]),
        effort=1,
        applicable=np.array([allowed >= 1]),
        notes={
            "calls worth 1/4": 0.25 / worth[1],
            "stated form": max(allowed if form is stated_form else stated_form(coverage, dimension, beta), 1),
            "sharper form": max(sharper_form(coverage, dimension, beta), 1),
        },
    )


def premises(points: Sequence[tuple[float, int, float]]) -> tuple[Case, ...]:
    """Both forms at each ``(C, d, beta)``."""
    return tuple(
        Case(
            slug=f"{form}-c-1e{round(math.log10(coverage))}-d-{dimension}",
            params={"form": form, "coverage": coverage, "dimension": dimension, "beta": beta},
        )
        for form in ("stated", "sharper")
        for coverage, dimension, beta in points
    )


# --- conclusion --------------------------------------------------------------------------------------------


def log_expected_gap(x: Sequence[Any]) -> Any:
    """``log((1/4 + beta log 2) / ((3/4)(1 - beta log C)))`` in ``(beta, beta log C)``: at most zero."""
    from explore_theory.certify.balls import ball

    beta, share = x
    needed = ball(2).log() * beta + Fraction(1, 4)
    return needed.log() - (Fraction(3, 4) * (1 - share)).log()


def log_markov(x: Sequence[Any]) -> Any:
    """The logarithm of ``(1/4) / p_0``, ``1 - p_0 = (1/8 + beta log 2)/(1 - beta log C)``, over 0.44."""
    from explore_theory.certify.balls import ball

    beta, share = x
    left = 1 - share
    return (left * Fraction(1, 4)).log() - (left - Fraction(1, 8) - ball(2).log() * beta).log() - _log("0.44")


def _log(number: str) -> Any:
    from explore_theory.certify.balls import ball

    return ball(Fraction(number)).log()


CONCLUSIONS = {"expected-gap": log_expected_gap, "markov": log_markov}


def conclusion(trial: Trial, most_share: float = 0.5, claimed: str = "0.44") -> Measurement:
    """The largest ratio of what is needed to what there is, to be compared with one."""
    from explore_theory.certify.boxes import largest_ratio

    form = CONCLUSIONS[str(trial.case.params["form"])]
    shift = claimed if form is log_markov else "0.44"
    # Coverage enters through beta log C alone, from 0 (below beta log 2, to be safe) to 1/2.
    box = {"beta": (0.0, 0.125), "beta log C": (0.0, most_share)}
    return largest_ratio(lambda x: form(x) + (_log("0.44") - _log(shift)), box)


def threshold_curves(check: str, x: str, **only: float) -> tuple[Curve, ...]:
    """The exact threshold, and the calls that each form allows."""
    styles = {"calls worth 1/4": "line", "sharper form": "dashed", "stated form": "dashed"}
    return tuple(
        Curve(label=name, check=check, x=x, y=name, style=style, only={"form": "sharper", **only})
        for name, style in styles.items()
    )
