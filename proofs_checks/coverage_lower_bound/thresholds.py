"""How many calls are too few, with proofs: the premise and the conclusion of CT.

Letters: `C` coverage, `d` dimension, `N` responses, `T` calls, `n` names, `u` the direction of the needle.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Curve,
    Evidence,
    FalseVariant,
    Measurement,
    Trial,
)

# --- premise -----------------------------------------------------------------------------------------------

#: Shares of what one call is worth at most that the stated form and the sharper form allow, and of ``N``.
STATED, SHARPER, NAMED = Fraction(1, 16), Fraction(1, 8), Fraction(1, 16)


def stated_form(coverage: float, dimension: int, beta: float) -> int:
    """The most calls of the stated form, for large `N`."""
    return math.floor(float(STATED) * min(coverage / math.e, math.exp(min(beta**2 * dimension / 2, 700.0))))


def sharper_form(coverage: float, dimension: int, beta: float) -> int:
    """The most calls of the sharper form, for large `N`."""
    return math.floor(float(SHARPER) * coverage * math.exp(-1 / (2 * dimension * beta**2)))


FORMS = {"stated": stated_form, "sharper": sharper_form}


def names_for_all(trial: Trial, factor: int = 1) -> Measurement:
    """The largest left-hand side that a form allows, for all parameters, given the bounds of C3c and C3f.

    The calls are worth at most ``1/16 + 1/16``, or ``1/8``; `factor` times as many are worth that much more.
    With ``s = T/N`` and ``v = (n + 1)/N`` the names are worth ``log((1 - s)/(1 - s - v))`` at most, since
    ``1/i <= log(i/(i - 1))``.
    """
    from explore_theory.certify.boxes import largest_ratio

    worth = factor * {"stated": 2 * STATED, "sharper": SHARPER}[str(trial.case.params["form"])]

    def log_side(x: Sequence[Any]) -> Any:
        s, v = x
        return ((1 - s).log() - (1 - s - v).log() + worth).log()

    box = {"T/N": (0, NAMED), "(n + 1)/N": (0, NAMED)}
    return largest_ratio(log_side, box)


def bound_at_the_form(trial: Trial, factor: int = 1) -> Measurement:
    """What the calls that a form allows are worth by its bound, ``T (e/C + exp(-beta^2 d/2))`` if stated."""
    from explore_theory.certify.balls import ball, ends, precision

    params = trial.case.params
    coverage, dimension, beta = float(params["coverage"]), int(params["dimension"]), float(params["beta"])
    calls = factor * FORMS[str(params["form"])](coverage, dimension, beta)
    with precision(128):
        x = ball(beta) ** 2 * dimension
        if params["form"] == "stated":
            worth = ball(1).exp() / ball(coverage) + (-x / 2).exp()
        else:
            worth = (1 / (2 * x)).exp() / ball(coverage)
        lo, hi = ends(worth * calls)
    return Measurement(lo=np.array([lo]), hi=np.array([hi]), effort=1)


def at_the_threshold(trial: Trial, more: float = 1.0) -> Measurement:
    """The left-hand side of the premise at the calls that learners are given, times `more`; names exact."""
    from explore_theory.certify import needle
    from explore_theory.certify.balls import ball, ends, precision
    from proofs_checks.coverage_lower_bound.hunts import threshold

    params = trial.case.params
    coverage, dimension, beta = float(params["coverage"]), int(params["dimension"]), float(params["beta"])
    responses, names = int(params["responses"]), int(params["names"])
    calls = math.floor(more * threshold(responses, coverage, dimension, beta, names))
    guesses = sum((Fraction(1, responses - calls - j) for j in range(names + 1)), Fraction(0))
    with precision(128):
        sides = [ball(calls) * ball(worth) + ball(guesses)
                 for worth in needle.hit_probability(dimension, coverage, beta)]  # fmt: skip
        lo, hi = ends(sides[0])[0], ends(sides[1])[1]
    return Measurement(lo=np.array([lo]), hi=np.array([hi]), effort=1)


def premise(trial: Trial, factor: int = 1) -> Measurement:
    """The left-hand side at ``N = 16 T``, ``n + 1 = T`` and `factor` times the calls that a form allows."""
    from explore_theory.certify import needle
    from explore_theory.certify.balls import ball, ends, precision

    params = trial.case.params
    coverage, dimension, beta = float(params["coverage"]), int(params["dimension"]), float(params["beta"])
    form = FORMS[str(params["form"])]
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


def form_case(slug: str, form: str, *, tight: bool = False, **params: float) -> Case:
    """A form, at a point or for all parameters."""
    return Case(slug=slug, params={"form": form, **params}, tight=tight)


PREMISE_CHECKS = (
    Check(
        slug="premise-for-all",
        evidence=Evidence.CERTIFIED,
        cases=(form_case("stated", "stated"), form_case("sharper", "sharper")),
        measure=names_for_all,
        bound=lambda _: Bound.of(0.25),
    ),
    Check(
        slug="forms",
        evidence=Evidence.CERTIFIED,
        # The two terms of the stated bound are nearly equal: beta^2 d/2 = log(C/e); then the cap's is larger.
        cases=(
            form_case("stated", "stated", coverage=math.e**10, dimension=1800, beta=0.1, tight=True),
            form_case("stated-by-the-cap", "stated", coverage=1e9, dimension=1800, beta=0.1),
            form_case("sharper", "sharper", coverage=1e6, dimension=150, beta=0.09, tight=True),
        ),
        measure=bound_at_the_form,
        bound=lambda _: Bound.of(0.125),
    ),
    Check(
        slug="threshold",
        evidence=Evidence.CERTIFIED,
        cases=tuple(
            Case(
                slug=slug,
                params={"coverage": c, "dimension": d, "beta": beta, "responses": size, "names": names},
                tight=True,
            )
            for slug, c, d, beta, size, names in (
                ("calls-alone", 1e4, 10_000, 0.027, 10**18, 0),
                ("calls-and-names", 1e3, 1000, 0.05, 4096, 200),
            )
        ),
        measure=at_the_threshold,
        bound=lambda _: Bound.of(0.25),
    ),
)

PREMISE_VARIANTS = (
    FalseVariant(
        slug="twice-the-calls",
        why="both forms with twice the calls, by the bounds that they come from",
        check="premise-for-all",
        measure=lambda trial: names_for_all(trial, factor=2),
    ),
    FalseVariant(
        slug="twice-the-form",
        why="twice the calls of either form",
        check="forms",
        measure=lambda trial: bound_at_the_form(trial, factor=2),
    ),
    FalseVariant(
        slug="beyond-the-threshold",
        why="learners with 1.4 times the calls of the premise",
        check="threshold",
        measure=lambda trial: at_the_threshold(trial, more=1.4),
    ),
)


# --- conclusion --------------------------------------------------------------------------------------------


#: The premise allows this chance of meeting the needle; the gap stays with the rest.
PREMISE = Fraction(1, 4)
KEPT = 1 - PREMISE


def least_expected_gap(coverage: float, beta: float) -> float:
    """``(3/4)(1 - beta log C) - beta log 2``, what the conclusion says of the expected gap."""
    return float(KEPT) * (1 - beta * math.log(coverage)) - beta * math.log(2)


def log_expected_gap(x: Sequence[Any]) -> Any:
    """``log((1/4 + beta log 2) / ((3/4)(1 - beta log C)))`` in ``(beta, beta log C)``: at most zero."""
    from explore_theory.certify.balls import ball

    beta, share = x
    needed = ball(2).log() * beta + Fraction(1, 4)
    return needed.log() - (KEPT * (1 - share)).log()


def log_markov(x: Sequence[Any]) -> Any:
    """The logarithm of ``(1/4) / p_0``, ``1 - p_0 = (1/8 + beta log 2)/(1 - beta log C)``, over 0.44."""
    from explore_theory.certify.balls import ball

    beta, share = x
    left = 1 - share
    return (left * PREMISE).log() - (left - Fraction(1, 8) - ball(2).log() * beta).log() - _log("0.44")


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
