"""C5: the optimal policy of the hidden-needle problem misses the needle with exponentially small probability.

Statement. ``1 - q <= (C - 1) e^{-1/beta}``, where ``q = pi*(y*) = e^{1/beta} / (e^{1/beta} + C - 1)``.

What is checked. The supremum of ``(1 - q) e^{1/beta} / (C - 1)`` over boxes, by branch and bound with outward
rounding: ``C - 1`` from 1e-9 to 1e12 and ``1/beta`` from 0.1 to 1000.

What is not. Larger `C` and ``beta`` outside [1e-3, 10].

Why trust it. ``1 - q`` is the optimal policy's mass off the needle from its definition, base masses ``1/C``
and ``1 - 1/C`` tilted by ``e^{1/beta}`` on the needle; that it is largest at a corner is found by the engine
from proved signs of its slopes. Sharper, exactly: ``1 - q = b / (1 + b)`` with ``b`` the stated bound, so the
bound is loose by the factor ``1 + b`` and vacuous from ``b = 1`` on.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    Trial,
    best_constant,
)
from proofs_checks.coverage_lower_bound import best_constants
from proofs_checks.coverage_lower_bound.formal import proved_needle

Logarithm = Callable[[Any, Any], Any]

#: ``e^-1021`` must be told from zero beside one: 1021 / log 2 bits and some to spare.
BITS = 1600


def log_miss(log_odds: Any, tilt: Any) -> Any:
    """``log(1 - q)``: the share of ``C - 1`` in ``e^tilt + (C - 1)``, with ``log_odds = log(C - 1)``."""
    from explore_theory.certify.jets import log_add_exp

    return log_odds - log_add_exp(tilt, log_odds)


def log_hit(log_odds: Any, tilt: Any) -> Any:
    """``log q``."""
    from explore_theory.certify.jets import log_add_exp

    return tilt - log_add_exp(tilt, log_odds)


def stated(log_odds: Any, tilt: Any) -> Any:
    """The logarithm of ``(C - 1) e^{-1/beta}``, with ``tilt = 1/beta``."""
    return log_odds - tilt


def largest(trial: Trial, log_bound: Logarithm = stated, log_mass: Logarithm = log_miss) -> Measurement:
    """The largest ``(1 - q) / bound`` over the box of the case."""
    from explore_theory.certify.boxes import largest_ratio, log_box

    def log_ratio(x: Sequence[Any]) -> Any:
        return log_mass(x[0], x[1]) - log_bound(x[0], x[1])

    coldest, hottest = (float(trial.case.params[name]) for name in ("least beta", "most beta"))
    temperatures = 1 / Fraction(hottest), 1 / Fraction(coldest)
    box = {**log_box({"log(C - 1)": (1e-9, 1e12)}), "1/beta": temperatures}
    return largest_ratio(log_ratio, box, bits=BITS)


def case(slug: str, low: float, high: float) -> Case:
    """A range of temperatures; the corner of least `C` and ``beta`` is nearly an equality in each."""
    return Case(slug=slug, params={"least beta": low, "most beta": high}, tight=True)


CLAIM = Claim(
    id="C5",
    slug="optimal-mass",
    theorem="coverage_lower_bound",
    title="The optimal policy misses the needle with exponentially small probability",
    statement="With q = pi*(y*) the optimal policy's mass on the needle, 1 - q <= (C - 1) exp(-1/beta).",
    formula=r"1 - q = \frac{C - 1}{e^{1/\beta} + C - 1} \le (C - 1)\, e^{-1/\beta}",
    relation="<=",
    scope="All C - 1 in [1e-9, 1e12] and beta in [1e-3, 10].",
    source="Our explicit instantiation of Theorem 2.1 of Foster, Mhammedi and Rohatgi, Is a Good Foundation "
    "Necessary for Efficient Reinforcement Learning? (COLT 2025, arXiv 2503.07453v2).",
    checks=(
        Check(
            slug="boxes",
            evidence=Evidence.CERTIFIED,
            cases=(
                case("all", 1e-3, 10.0),
                case("warm", 1.0, 10.0),
            ),
            measure=largest,
            bound=lambda _: Bound.of(1.0),
        ),
        best_constant(best_constants.MISS),
    ),
    false_variants=(
        FalseVariant(
            slug="odds-forgotten",
            why="e^{-1/beta} in place of (C - 1) e^{-1/beta}",
            check="boxes",
            measure=lambda trial: largest(trial, lambda _, tilt: -tilt),
            cases=("all",),
        ),
        FalseVariant(
            slug="temperature-halved",
            why="the exponent is taken at beta/2",
            check="boxes",
            measure=lambda trial: largest(trial, lambda log_odds, tilt: log_odds - 2 * tilt),
            cases=("warm",),
        ),
        FalseVariant(
            slug="half-the-reward",
            why="the needle pays 1/2 and the bound is kept",
            check="boxes",
            measure=lambda trial: largest(
                trial, log_mass=lambda log_odds, tilt: log_miss(log_odds, 0.5 * tilt)
            ),
            cases=("all",),
        ),
        FalseVariant(
            slug="complement",
            why="the mass on the needle in place of the mass off it",
            check="boxes",
            measure=lambda trial: largest(trial, log_mass=log_hit),
            cases=("all",),
        ),
    ),
    proofs=(proved_needle.OPTIMAL_MASS,),
)
