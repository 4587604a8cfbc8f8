"""KR1: the greedy policy of an estimated reward loses a squared error, over `beta`: with the best constants.

Statement. ``pi* ∝ pi_0 exp(r/beta)``, ``pi^ ∝ pi_0 exp(r^/beta)``, ``J(pi) = E_pi r - beta KL(pi || pi_0)``,
``D = r^ - r``. Then

1. if ``D >= -B`` everywhere, ``J(pi*) - J(pi^) <= (psi(B/beta)/beta) E_{pi^} D^2``, with ``psi(x) = (e^x - 1
- x)/x^2``, ``psi(0) = 1/2``: for an optimistic estimate, ``B = 0``, the constant is 1/2;
2. ``J(pi*) - J(pi^) <= (max D - min D)^2/(8 beta)``, whatever `pi_0` is: no coverage enters.

The constants are best possible: `psi` for every `B`, in the limit of a rare response; 1/8 in the limit of a
small error that has half of the mass of `pi*` on either side.

Proof. The gap is ``beta KL(pi^ || pi*) = beta (log E_{pi^} e^{-D/beta} + E_{pi^} D/beta)``. (1) ``log x <= x
- 1``, and ``(e^{-d} - 1 + d)/d^2`` falls along `d`. (2) is Hoeffding's lemma: the second derivative of the
logarithm along the tilt is a variance of `D`, at most a quarter of its squared range.

This is the step that makes regret logarithmic in the analyses of Zhao et al. (2024, 2025) and of greedy play
by Wu et al. (2025), where it stands with constants that are not the best.

What is checked. All base policies on a grid on two and three responses, with all true and estimated rewards
among four values (five where optimistic), in balls; rare responses; the constants 1/2 and 1/8 by searches.

What is not. More responses: the proof covers them.

Why trust it. The gap is a difference of two objectives, each from its definition; policies are rational.
"""

import itertools
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.claims import (
    Bound,
    Case,
    Check,
    Claim,
    Constant,
    Evidence,
    FalseVariant,
    Span,
    Trial,
    Value,
    ball,
    best_constant,
    precision,
)
from proofs_checks.kl_regret.softmax import BITS, Estimate, Law, gaps, laws, tilted

Floats = npt.NDArray[np.float64]
WEIGHTS = tuple(map(Fraction, ("1", "3/2", "3", "8")))


def estimates(trial: Trial) -> tuple[Estimate, ...]:
    """All of a size whose estimate is not the truth plus a constant."""
    size, grid = int(trial.case.params["responses"]), int(trial.case.params["grid"])
    rewards = [(Fraction(1), *rest) for rest in itertools.product(WEIGHTS, repeat=size - 1)]
    guesses = list(itertools.product(WEIGHTS[: int(trial.case.params["values"])], repeat=size))
    found = (Estimate(*each) for each in itertools.product(laws(size, grid), rewards, guesses))
    return tuple(
        each for each in found if len({g / t for g, t in zip(each.guess, each.true, strict=True)}) > 1
    )


def optimistic(trial: Trial) -> tuple[Estimate, ...]:
    """Those whose estimate is nowhere below the truth."""
    return tuple(
        each for each in estimates(trial) if all(g >= t for g, t in zip(each.guess, each.true, strict=True))
    )


def rare(trial: Trial) -> tuple[Estimate, ...]:
    """The greedy policy has a mass of 10^-6 on the response whose reward it underestimates."""
    mass = Fraction(1, 10**6)
    found = []
    for weight in map(Fraction, ("101/100", "2", "20")):
        greedy = (1 - mass, mass)
        found.append(Estimate(greedy, (Fraction(1), weight), (Fraction(1), Fraction(1))))
    return tuple(found)


def small(_: Trial) -> tuple[Estimate, ...]:
    """A fair coin under the optimal policy, and a small error on one side."""
    half = Fraction(1, 2)
    error = Fraction(1001, 1000)
    return (Estimate((half, half), (Fraction(1), Fraction(1)), (error, Fraction(1))),)


def psi(weight: Fraction) -> Any:
    """``psi(log weight)``, a ball; ``1/2`` at weight 1."""
    if weight == 1:
        return ball(Fraction(1, 2))
    size = ball(weight).log()
    return (ball(weight) - 1 - size) / size**2


def below(each: Estimate) -> Fraction:
    """``e^(B/beta)``: how far the estimate may lie below the truth."""
    return max(Fraction(1), *(t / g for g, t in zip(each.guess, each.true, strict=True)))


def squared_error(each: Estimate, factor: Callable[[Fraction], Any] = psi, law: Law | None = None) -> Any:
    """``factor(B/beta) E D^2/beta^2``, under the greedy policy."""
    return factor(below(each)) * each.squared(each.greedy if law is None else law)


def squared_range(each: Estimate, part: int = 8) -> Any:
    """``(max D - min D)^2/(8 beta^2)``."""
    ratios = [g / t for g, t in zip(each.guess, each.true, strict=True)]
    return ball(max(ratios) / min(ratios)).log() ** 2 / part


def bounds(value: Callable[[Estimate], Any]) -> Callable[[tuple[Estimate, ...]], Bound]:
    """`value` of every estimate."""

    def bound(world: tuple[Estimate, ...]) -> Bound:
        with precision(BITS):
            return Bound.of([value(each) for each in world])

    return bound


# --- the best constants -------------------------------------------------------------------------------------


def divergence(p: Floats, d: Floats) -> Floats:
    """``log E e^{-D} + E D`` for ``D = d`` with chance `p` and 0 otherwise, in doubles.

    As ``p (e^-d - 1 + d) + (log(1 + x) - x)``, ``x = p (e^-d - 1)``, each by its series where it is small.
    """
    above = d * d * (1 / 2 - d / 6 + d**2 / 24 - d**3 / 120 + d**4 / 720)
    x = p * np.expm1(-d)
    below = x * x * (-1 / 2 + x / 3 - x**2 / 4 + x**3 / 5 - x**4 / 6)
    first = np.where(d < 0.01, above, np.expm1(-d) + d)
    second = np.where(np.abs(x) < 0.01, below, np.log1p(x) - x)
    return np.asarray(p * first + second)


def certified(at: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """The same of one instance, with `p` and `d`, balls."""
    p, d = ball(at["p"]), ball(at["D/beta"])
    return (1 - p + p * (-d).exp()).log() + p * d, p, d


def certified_half(at: Mapping[str, Any]) -> Any:
    """The gap over ``E D^2/beta``."""
    with precision(2 * BITS):
        gap, p, d = certified(at)
        return gap / (p * d**2)


def certified_eighth(at: Mapping[str, Any]) -> Any:
    """The gap over ``(max D - min D)^2/beta``."""
    with precision(2 * BITS):
        gap, _, d = certified(at)
        return gap / d**2


HALF = Constant(
    slug="optimistic-constant",
    name="K",
    says="r^ >= r: J(pi*) - J(pi^) <= (K/beta) E_{pi^} (r^ - r)^2",
    stated=Value("1/2"),
    best="least",
    coordinates={"p": Span(1e-6, 0.999, log=True), "D/beta": Span(1e-5, 5.0, log=True)},
    score=lambda at: divergence(at["p"], at["D/beta"]) / (at["p"] * at["D/beta"] ** 2),
    certified=certified_half,
)
EIGHTH = Constant(
    slug="range-constant",
    name="K",
    says="J(pi*) - J(pi^) <= (K/beta) (max (r^ - r) - min (r^ - r))^2",
    stated=Value("1/8"),
    best="least",
    coordinates={"p": Span(0.01, 0.99), "D/beta": Span(1e-2, 5.0, log=True)},
    score=lambda at: divergence(at["p"], at["D/beta"]) / at["D/beta"] ** 2,
    certified=certified_eighth,
)


def sized(
    slug: str, responses: int, grid: int, values: int, tiers: tuple[str, ...] = ("quick", "full")
) -> Case:
    """All estimates of a size."""
    return Case(slug=slug, params={"responses": responses, "grid": grid, "values": values}, tiers=tiers)


SIZES = (sized("two", 2, 8, 4), sized("three", 3, 4, 3), sized("three-finer", 3, 8, 4, tiers=("full",)))

CLAIM = Claim(
    id="KR1",
    slug="squared-error",
    theorem="kl_regret",
    title="A greedy policy loses the squared error of its estimate over beta, with best constants",
    statement=(
        "If r^ >= r - B, J(pi*) - J(pi^) <= (psi(B/beta)/beta) E_{pi^} (r^ - r)^2, psi(x) = (e^x - 1 - "
        "x)/x^2, 1/2 at B = 0; and it is at most (max (r^ - r) - min (r^ - r))^2/(8 beta), whatever the base "
        "policy. Both are best possible."
    ),
    formula=(
        r"J(\pi^\star) - J(\hat\pi) \le \tfrac{\psi(B/\beta)}{\beta}\, \mathbb{E}_{\hat\pi} (\hat r - r)^2, "
        r"\qquad J(\pi^\star) - J(\hat\pi) \le \tfrac{1}{8\beta}\, \mathrm{range}(\hat r - r)^2"
    ),
    relation="<=",
    scope="All estimates on grids to three responses; rare responses and small errors; constants by search.",
    source=(
        "The step of Zhao, Ye, Gu and Zhang (arXiv 2411.04625), Zhao et al. (arXiv 2502.07460) and Wu, Shi, "
        "Yang and Shen (arXiv 2510.24700), derived here with its best constants; Hoeffding's lemma (1963)."
    ),
    checks=(
        Check(
            slug="estimates",
            evidence=Evidence.EXHAUSTIVE,
            cases=SIZES,
            instance=estimates,
            measure=gaps,
            bound=bounds(squared_error),
        ),
        Check(
            slug="optimistic",
            evidence=Evidence.EXHAUSTIVE,
            cases=SIZES,
            instance=optimistic,
            measure=gaps,
            bound=bounds(squared_error),
        ),
        Check(
            slug="rare",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="one-in-a-million", tight=True),),
            instance=rare,
            measure=gaps,
            bound=bounds(squared_error),
        ),
        Check(
            slug="range",
            evidence=Evidence.EXHAUSTIVE,
            cases=SIZES,
            instance=estimates,
            measure=gaps,
            bound=bounds(squared_range),
        ),
        Check(
            slug="small",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="fair-coin", tight=True),),
            instance=small,
            measure=gaps,
            bound=bounds(squared_range),
        ),
        best_constant(HALF),
        best_constant(EIGHTH),
    ),
    false_variants=(
        FalseVariant(
            slug="half-for-everybody",
            why="1/2 for estimates that are not optimistic",
            check="estimates",
            bound=bounds(lambda each: squared_error(each, lambda _: ball(Fraction(1, 2)))),
            cases=("two",),
        ),
        FalseVariant(
            slug="under-the-optimal-policy",
            why="E_{pi*} D^2/2 for an optimistic estimate",
            check="optimistic",
            bound=bounds(lambda each: squared_error(each, law=tilted(each.base, each.true))),
            cases=("two",),
        ),
        FalseVariant(
            slug="a-variance-of-an-eighth",
            why="range^2/16",
            check="range",
            bound=bounds(lambda each: squared_range(each, 16)),
            cases=("two",),
        ),
        FalseVariant(
            slug="psi-of-half-the-error",
            why="psi(B/(2 beta)) where the estimate may be B too low",
            check="rare",
            bound=bounds(lambda each: squared_error(each, lambda w: psi(1 + (w - 1) / 2))),
        ),
    ),
)
