"""BN2: best-of-N beats a single draw with chance at most ``N/(N + 1)``, if ties count half; how far below.

Statement. Let `Y` be a draw from `pi_ref` and `Z` the best of `N` others, and let `p` be the largest
probability of one *value* of the reward. Then

1. ``N/(N + 1) - N p^2/12 <= P(Z > Y) + P(Z = Y)/2 <= N/(N + 1)``;
2. ``P(Z > Y) <= N/(N + 1) <= P(Z >= Y)``: where ties count as losses the bound holds, where they count as
   wins it is the other way round.

For rewards with a continuous law all are equalities. On finitely many values (1) has an equality above at
``N = 1`` alone, and below for values of equal probabilities and ``N = 2, 3``.

Proof. With ``F_i`` the distribution function of the reward and `p_i` its masses, ``P(Z < Y) + P(Z = Y)/2 =
sum_i p_i (F_i^N + F_{i-1}^N)/2``, the trapezoid rule for ``int_0^1 u^N du = 1/(N + 1)`` with steps `p_i`. The
function is convex, so the rule is above the integral. Its second derivative is convex too, so the rule with
its end correction is below: on a step of length `h` the rule is larger by ``h^2/12`` times the rise of the
slope, less ``h^5/720`` times a fourth derivative. Slopes rise by `N` in all. (2) The left and the right sums
of an increasing function are on both sides of its integral.

What is checked. All laws of rewards with masses in multiples of 1/10 on one to four values, ``N <= 8``, in
rationals. `draws`: the same from all tuples of draws, on small laws.

What is not. Larger laws: the proof covers them.

Why trust it. Everything is exact; `draws` counts tuples and knows no distribution function.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
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
)
from proofs_checks.best_of_n.selection import Law, best_of, laws, uniform

HALF = Fraction(1, 2)


@dataclass(frozen=True)
class Match:
    """``P(Z > Y)``, ``P(Z = Y)`` and the law of the reward."""

    wins: Fraction
    ties: Fraction
    law: Law
    n: int


def match(law: Law, n: int) -> Match:
    """Best-of-N against one draw, by the law of the best."""
    best = best_of(law, n)
    below = [Fraction(0), *itertools.accumulate(law)][:-1]
    wins = sum((z * lower for z, lower in zip(best, below, strict=True)), Fraction(0))
    return Match(wins, sum((z * y for z, y in zip(best, law, strict=True)), Fraction(0)), law, n)


def counted(law: Law, n: int) -> Match:
    """The same, summed over all tuples of ``n + 1`` draws."""
    wins = ties = Fraction(0)
    for first, *others in itertools.product(range(len(law)), repeat=n + 1):
        chance = math.prod((law[y] for y in (first, *others)), start=Fraction(1))
        wins += chance * (max(others) > first)
        ties += chance * (max(others) == first)
    return Match(wins, ties, law, n)


def matches(trial: Trial) -> tuple[Match, ...]:
    """All laws on a grid."""
    grid, most = int(trial.case.params["grid"]), int(trial.case.params["most values"])
    known: Iterator[Law] = (law for size in range(1, most + 1) for law in laws(size, grid))
    return tuple(match(law, n) for law, n in itertools.product(known, (1, 2, 3, 4, 8)))


def small_matches(trial: Trial) -> tuple[Match, ...]:
    """Laws on two and three values, by tuples of draws."""
    grid = int(trial.case.params["grid"])
    known = (law for size in (2, 3) for law in laws(size, grid))
    return tuple(counted(law, n) for law, n in itertools.product(known, (1, 2, 3)))


def even_matches(trial: Trial) -> tuple[Match, ...]:
    """Values of equal probabilities."""
    size = int(trial.case.params["values"])
    return tuple(match(uniform(size), n) for n in (1, 2, 3, 8))


def measured(value: Callable[[Match], Fraction]) -> Callable[[tuple[Match, ...]], Measurement]:
    """`value` of every match."""

    def measure(world: tuple[Match, ...]) -> Measurement:
        def witness(k: int) -> dict[str, Any]:
            return {"masses, worst first": ", ".join(map(str, world[k].law)), "N": world[k].n}

        return Measurement.exact([value(each) for each in world], unit="laws", witness=witness)

    return measure


def half(match: Match) -> Fraction:
    """The win rate, a tie for half a win."""
    return match.wins + HALF * match.ties


def loss(match: Match) -> Fraction:
    """One minus the win rate."""
    return 1 - half(match)


def wins_alone(match: Match) -> Fraction:
    """The win rate, a tie for a loss."""
    return match.wins


def ties_won(match: Match) -> Fraction:
    """The win rate, a tie for a win."""
    return match.wins + match.ties


def bounded(value: Callable[[Match], Fraction]) -> Callable[[tuple[Match, ...]], Bound]:
    """`value` as what is stated of every match."""
    return lambda world: Bound.of([value(each) for each in world])


def stated(match: Match) -> Fraction:
    """``N/(N + 1)``."""
    return Fraction(match.n, match.n + 1)


def most_lost(match: Match, part: int = 12) -> Fraction:
    """``1/(N + 1) + N p^2/12``."""
    return Fraction(1, match.n + 1) + match.n * max(match.law) ** 2 / part


GRIDS = (
    Case(slug="grid-10", params={"grid": 10, "most values": 4}),
    Case(slug="grid-16", params={"grid": 16, "most values": 5}, tiers=("full",)),
)
EVEN = (Case(slug="even-16", params={"values": 16}, tight=True),)

CLAIM = Claim(
    id="BN2",
    slug="win-rate",
    theorem="best_of_n",
    title="Best-of-N wins against one draw with chance at most N/(N + 1), ties for half",
    statement=(
        "For every law of a reward and all N: the win rate of best-of-N against one draw, a tie for half a "
        "win, is between N/(N+1) - N p^2/12 and N/(N+1), p the likeliest value's probability; P(Z > Y) <= "
        "N/(N+1) <= P(Z >= Y)."
    ),
    formula=(
        r"\tfrac{N}{N+1} - \tfrac{N p^2}{12} \le \mathbb{P}(Z > Y) + \tfrac12 \mathbb{P}(Z = Y) "
        r"\le \tfrac{N}{N+1}"
    ),
    relation="<=",
    scope="All laws of rewards on grids to four values and N = 8, exactly; tuples of draws on small ones.",
    source=(
        "Beirami et al. (arXiv 2401.01879) for N/(N + 1); the lower end and how ties count: ours, by the "
        "trapezoid rule."
    ),
    checks=(
        Check(
            slug="half",
            evidence=Evidence.EXHAUSTIVE,
            cases=GRIDS,
            instance=matches,
            measure=measured(half),
            bound=bounded(stated),
        ),
        Check(
            slug="draws",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="grid-6", params={"grid": 6}),),
            instance=small_matches,
            measure=measured(half),
            bound=bounded(stated),
        ),
        Check(
            slug="even",
            evidence=Evidence.EXHAUSTIVE,
            cases=EVEN,
            instance=even_matches,
            measure=measured(half),
            bound=bounded(stated),
        ),
        Check(
            slug="from-below",
            evidence=Evidence.EXHAUSTIVE,
            cases=GRIDS,
            instance=matches,
            measure=measured(loss),
            bound=bounded(most_lost),
        ),
        Check(
            slug="ties-lost",
            evidence=Evidence.EXHAUSTIVE,
            cases=GRIDS,
            instance=matches,
            measure=measured(wins_alone),
            bound=bounded(stated),
        ),
        Check(
            slug="ties-won",
            evidence=Evidence.EXHAUSTIVE,
            cases=GRIDS,
            instance=matches,
            measure=measured(ties_won),
            bound=bounded(stated),
            relation=">=",
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="ties-count-as-wins",
            why="N/(N + 1) bounds P(Z >= Y) too",
            check="half",
            measure=measured(ties_won),
            cases=("grid-10",),
        ),
        FalseVariant(
            slug="one-of-the-draws",
            why="(N - 1)/N, as if the single draw were among the N",
            check="draws",
            bound=bounded(lambda match: Fraction(match.n - 1, match.n)),
        ),
        FalseVariant(
            slug="a-thirteenth",
            why="N p^2/13 in place of N p^2/12",
            check="from-below",
            bound=bounded(lambda match: most_lost(match, 13)),
            cases=("grid-10",),
        ),
        FalseVariant(
            slug="losses-make-no-difference",
            why="an equality, if ties count as losses",
            check="ties-lost",
            relation="==",
            cases=("grid-10",),
        ),
        FalseVariant(
            slug="bounded-by-wins",
            why="P(Z > Y) >= N/(N + 1)",
            check="ties-won",
            measure=measured(wins_alone),
            cases=("grid-10",),
        ),
    ),
)
