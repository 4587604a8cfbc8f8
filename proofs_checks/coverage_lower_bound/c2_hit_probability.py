"""C2: a strong call whose parameter is nearly orthogonal to the secret direction hits with odds of coverage.

Statement. In the hidden-needle problem a strong call at ``theta`` returns the needle with probability
``h(<theta, u>)``, ``h(s) = sigmoid(s/beta - log(C - 1))``, and ``h(s) <= e/C`` for every ``s <= beta``.

What is checked. The supremum of ``h(s) C / e`` over boxes, by branch and bound with outward rounding:
``C - 1`` from 1e-9 to 1e12 and ``v = s/beta`` from -1000 (``s = -1`` at ``beta = 1e-3``) to 1.

What is not. Larger `C` and smaller ``beta``; the claim that ``h`` is the hit probability is the definition of
``pi_theta``: mass ``(1/C) e^v`` on the needle against ``1 - 1/C`` on the rest.

Why trust it. The function on the boxes is that definition, term by term; that it is largest at a corner is
found by the engine from proved signs of its slopes. Sharper, by the same computation: the maximum is
``h(beta) = e / (e + C - 1)``.
"""

from collections.abc import Callable, Sequence
from typing import Any

from explore_theory.claims import (
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

#: Deepest parameter of a call: ``s = -1`` at ``beta = 1e-3``.
LOWEST = -1000.0


def log_hit(log_odds: Any, v: Any) -> Any:
    """``log h(v beta)``: the needle's share of ``e^v + (C - 1)``, with ``log_odds = log(C - 1)``."""
    from explore_theory.certify.jets import log_add_exp

    return v - log_add_exp(v, log_odds)


def log_coverage(log_odds: Any) -> Any:
    """``log C`` from ``log(C - 1)``."""
    from explore_theory.certify.jets import log_add_exp

    return log_add_exp(0, log_odds)


def largest(
    trial: Trial,
    log_bound: Callable[[Any], Any],
    *,
    highest: float = 1.0,
    log_mass: Callable[[Any, Any], Any] = log_hit,
) -> Measurement:
    """The largest ``h(s) / bound`` over the box of the case, with ``s <= highest beta``."""
    from explore_theory.claims import largest_ratio, log_box

    def log_ratio(x: Sequence[Any]) -> Any:
        return log_mass(x[0], x[1]) - log_bound(x[0])

    low, high = float(trial.case.params["least C - 1"]), float(trial.case.params["most C - 1"])
    box = {**log_box({"log(C - 1)": (low, high)}), "s/beta": (LOWEST, highest)}
    return largest_ratio(log_ratio, box)


def stated(log_odds: Any) -> Any:
    """The logarithm of ``e / C``."""
    return 1 - log_coverage(log_odds)


def too_sharp(log_odds: Any) -> Any:
    """The logarithm of ``e / (C + e)``, just below the exact maximum ``e / (C + e - 1)``."""
    return stated(log_odds) - stated(log_odds).exp().log1p()


def case(slug: str, low: float, high: float, *, tight: bool = False) -> Case:
    """A range of coverage, by its excess over one."""
    return Case(slug=slug, params={"least C - 1": low, "most C - 1": high}, tight=tight)


CLAIM = Claim(
    id="C2",
    slug="hit-probability",
    theorem="coverage_lower_bound",
    title="A strong call off the secret direction hits with probability at most e/C",
    statement="h(s) = sigmoid(s/beta - log(C - 1)) <= e/C for every s <= beta.",
    formula=r"h(s) = \frac{e^{s/\beta}}{e^{s/\beta} + C - 1} \le \frac{e}{C} \quad (s \le \beta)",
    relation="<=",
    scope="All C - 1 in [1e-9, 1e12] and s/beta in [-1000, 1], so beta down to 1e-3 with s >= -1.",
    source="Our explicit instantiation of Theorem 2.1 of Foster, Mhammedi and Rohatgi, Is a Good Foundation "
    "Necessary for Efficient Reinforcement Learning? (COLT 2025, arXiv 2503.07453v2).",
    checks=(
        Check(
            slug="boxes",
            evidence=Evidence.CERTIFIED,
            cases=(
                case("all", 1e-9, 1e12, tight=True),
                case("coverage-to-2", 1e-9, 1.0),
                case("coverage-2-to-10", 1.0, 9.0),
            ),
            measure=lambda trial: largest(trial, stated),
            bound=lambda _: Bound.of(1.0),
        ),
        best_constant(best_constants.HIT),
        best_constant(best_constants.HIT_POWER),
    ),
    false_variants=(
        FalseVariant(
            slug="constant-forgotten",
            why="1/C in place of e/C",
            check="boxes",
            measure=lambda trial: largest(trial, lambda log_odds: -log_coverage(log_odds)),
            cases=("all",),
        ),
        FalseVariant(
            slug="wider-range",
            why="the bound is claimed for s <= 2 beta",
            check="boxes",
            measure=lambda trial: largest(trial, stated, highest=2.0),
            cases=("all",),
        ),
        FalseVariant(
            slug="covered-needle",
            why="the base policy gives the needle mass 1/2 while C stays in the bound",
            check="boxes",
            measure=lambda trial: largest(trial, stated, log_mass=lambda _, v: log_hit(0, v)),
            cases=("all",),
        ),
        FalseVariant(
            slug="one-too-sharp",
            why="e/(C + e) in place of the exact maximum e/(C + e - 1)",
            check="boxes",
            measure=lambda trial: largest(trial, too_sharp),
            cases=("all",),
        ),
    ),
    proofs=(proved_needle.HIT,),
)
