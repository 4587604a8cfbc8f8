"""LD6: ``x <= a log(1 + b x)`` implies ``x <= 1.509 a log(1 + ab)``, whatever `a` and `b` are.

Statement. Let ``x >= 0``, ``a, b > 0`` and ``x <= a log(1 + b x)``. Then ``x <= 1.509 a log(1 + ab)``; the
constant cannot be below 1.5089. Nothing need be assumed of `x`, `a` or `b` otherwise.

Proof. With ``y = b x`` and ``c = ab``, the hypothesis is ``c >= y/log(1 + y)`` and the conclusion ``y <= K c
log(1 + c)``, which is weakest where `c` is least. There it says ``log(1 + y) <= K log(1 + y/log(1 + y))``.
For ``y <= 1`` it holds with ``K = 1``, as ``c >= 1``. For ``log(1 + y) = l >= 60`` the ratio of the two
logarithms is at most ``l/(l - log l) <= 1.08``. Between, by branch and bound; the largest ratio is at ``y =
29``, nearly, where ``c = 8.5``.

What is checked. The ratio of the two logarithms for ``1 <= y <= e^60``. The whole at roots of ``y = c log(1 +
y)`` for some `c`, enclosed between fractions.

What is not. ``y > e^60``, which the proof covers.

Why trust it. Ball arithmetic.
"""

from collections.abc import Sequence
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
    PrintedForm,
    Trial,
    best_constant,
)
from proofs_checks.technical_tools import best_constants
from proofs_checks.technical_tools.sampler_law import BITS, enclosures

#: The constant of the statement.
FACTOR = Fraction(1509, 1000)
#: Products ``ab`` whose roots are enclosed.
PRODUCTS = tuple(map(Fraction, ("11/10", "3/2", "3", "17/2", "9", "100", "1000000")))


def logarithms(_: Trial, factor: Fraction = FACTOR) -> Measurement:
    """The largest ``log(1 + y) / (factor log(1 + y/log(1 + y)))`` for ``1 <= y <= e^60``."""
    from explore_theory.certify.balls import ball
    from explore_theory.certify.boxes import largest_ratio

    def log_ratio(z: Sequence[Any]) -> Any:
        y = z[0].exp()
        size = y.log1p()
        return size.log() - (y / size).log1p().log() - ball(factor).log()

    return largest_ratio(log_ratio, {"log y": (0.0, 60.0)}, accuracy=1e-3)


def root(c: Fraction) -> tuple[Fraction, Fraction]:
    """Fractions around the positive root of ``y = c log(1 + y)``, ``c > 1``, from both sides."""
    from explore_theory.certify.balls import ball

    # Below the root y < c log(1 + y); far above, y is larger.
    low, high = (c - 1) / 2, 4 * c * c
    for _ in range(80):
        middle = (low + high) / 2
        below = ball(middle) < ball(c) * ball(middle).log1p()
        low, high = (middle, high) if below else (low, middle)
    return low, high


def roots(products: tuple[Fraction, ...] = PRODUCTS) -> Measurement:
    """The largest ``y`` that the hypothesis allows, for each product."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        lo, hi = enclosures([ball(low).union(ball(high)) for low, high in map(root, products)])
    return Measurement(
        lo=lo, hi=hi, effort=len(products), unit="roots", witness=lambda k: {"ab": str(products[k])}
    )


def allowed(products: tuple[Fraction, ...] = PRODUCTS, factor: Fraction = FACTOR, plus: int = 1) -> Bound:
    """``factor c log(plus + c)``."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        lo, hi = enclosures([ball(factor * c) * ball(plus + c).log() for c in products])
    return Bound(lo=lo, hi=hi)


CLAIM = Claim(
    id="LD6",
    slug="logarithmic-inequality",
    theorem="technical_tools",
    title="x <= a log(1 + b x) implies x <= 1.509 a log(1 + ab)",
    statement=(
        "For all x >= 0 and a, b > 0: x <= a log(1 + b x) implies x <= 1.509 a log(1 + ab); the constant "
        "cannot be below 1.5089."
    ),
    formula=r"x \le a\log(1 + bx) \;\Rightarrow\; x \le 1.509\,a\log(1 + ab)",
    relation="<=",
    scope="All x, a and b; bx above e^60 by the proof alone.",
    source="Lemma D.6 of Foster, Mhammedi and Rohatgi (COLT 2025), sharper and without its conditions.",
    checks=(
        Check(
            slug="logarithms",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="all", tight=True),),
            measure=logarithms,
            bound=lambda _: Bound.of(1.0),
        ),
        Check(
            slug="roots",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="products", tight=True),),
            measure=lambda _: roots(),
            bound=lambda _: allowed(),
        ),
        best_constant(best_constants.LOGARITHM),
    ),
    printed=(
        PrintedForm(
            slug="factor-two",
            item="Lemma D.6",
            page=31,
            says="x >= 1, a, b >= 3: x <= a log(1 + b x) implies x <= 2 a log(1 + ab)",
            holds=True,
            check=Check(
                slug="printed-logarithms",
                evidence=Evidence.CERTIFIED,
                cases=(Case(slug="all"),),
                measure=lambda trial: logarithms(trial, Fraction(2)),
                bound=lambda _: Bound.of(1.0),
            ),
            mended=(
                "Holds with 1.509 in place of 2, and without x >= 1 and a, b >= 3: Lemma G.8 uses it with "
                "b = 4/(d lambda), which may be below 3."
            ),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="three-halves",
            why="3/2 in place of 1.509",
            check="logarithms",
            measure=lambda trial: logarithms(trial, Fraction(3, 2)),
        ),
        FalseVariant(
            slug="three-halves-at-a-root",
            why="3/2, at the root for ab = 8.5",
            check="roots",
            bound=lambda _: allowed(factor=Fraction(3, 2)),
        ),
        FalseVariant(
            slug="logarithm-of-the-product",
            why="log(ab) in place of log(1 + ab)",
            check="roots",
            bound=lambda _: allowed(plus=0),
        ),
    ),
)
