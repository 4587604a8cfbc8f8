"""D41: "before the prompt" is ours: on many prompts it is needed, on one it says nothing.

Statement. Definition 4.1 lets a proper learner choose theta after it has seen the prompt; ours (P3) must name
theta and theta' first. On `DNF` problems a learner that looks first and plays the literals of the term at
hand, zero elsewhere, meets `star` within `T` rounds with probability at least
    ``1 - (eta^2/(1 + eta^2))^{2T}``,
while the signs that it plays satisfy, of distinct terms, just one: a share of ``1/m``. (i) So of ``P(star) <=
2 sum (v_t + eta^2)`` (P3), of ``2T (2^-k + eta^2)`` (P6) and of P5 nothing is left: its data tell the worlds
apart, and its transcript holds nothing. (ii) ``TV <= P(star)``, the other half of P3, stands. (iii) With
one prompt, as on the paper's own instance (T41), both definitions are the same.

Why. The term at hand is fully agreed with: ``pi_theta(star) = 1/(1 + eta^2 (1 - p0))``. Where `star` is not
returned both worlds show zeros, whatever theta was chosen from. One prompt is known beforehand.

Which claims change: docs/decisions/0019-before-the-prompt.md.

What is checked. (1) ``looks``: the probability, in rationals. (2) ``signs``: for every formula up to a size
and every prompt, the share that is satisfied, against how often the term occurs. (3) ``same-data``: *all*
learners that look, by P3's program: the largest ``TV - P(star)``. (4) ``one-prompt``: on every formula of one
term, the largest ``P(star) - 2 sum (v_t + eta^2)`` of all learners that look, against those that do not.

What is not. That no other hypothesis on our instance would do in place of this one.

Why trust it. The false variants are P3, P5 and P6, held against the learner that looks.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from explore_theory.formulas import Formula, exact_optimum
from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    Trial,
)
from proofs_checks.proper_policy_hardness.proper_games import NO_NOISE, Game
from proofs_checks.proper_policy_hardness.rational import Scaled, World, formulas, value

ETA = Fraction(1, 100)
ZERO, ONE = Fraction(0), Fraction(1)


def all_terms(n: int, k: int) -> Formula:
    """Every term of `k` literals on `n` variables, once."""
    terms = [
        [sign * variable for sign, variable in zip(signs, chosen, strict=True)]
        for chosen in itertools.combinations(range(1, n + 1), k)
        for signs in itertools.product((1, -1), repeat=k)
    ]
    return Formula(np.array(terms), n)


def literals_of(formula: Formula, j: int) -> Scaled:
    """The parameter of a learner that has seen prompt `j`: its literals, zero elsewhere."""
    theta = [0] * formula.n
    for literal in formula.literals[j].tolist():
        theta[abs(literal) - 1] = 1 if literal > 0 else -1
    return tuple(theta)


@dataclass(frozen=True)
class Looking:
    """A formula, its learner that looks, and `T`."""

    formula: Formula
    rounds: int

    @property
    def miss(self) -> Fraction:
        """``P(no star in a round)``: both parameters are the term's."""
        world, m = World(self.formula, ETA), self.formula.m
        return sum(((1 - world.star(literals_of(self.formula, j))[j]) ** 2 for j in range(m)), ZERO) / m

    @property
    def values(self) -> list[Fraction]:
        """The share that is satisfied by what is played, prompt by prompt."""
        return [value(self.formula, literals_of(self.formula, j)) for j in range(self.formula.m)]


def looking(trial: Trial) -> Looking:
    """All terms of a size."""
    params = trial.case.params
    return Looking(all_terms(int(params["n"]), int(params["k"])), int(params["T"]))


def stars(world: Looking) -> Measurement:
    """``P(star within T rounds)``."""

    def witness(_: int) -> dict[str, Any]:
        return {"terms": world.formula.m, "k": world.formula.k, "T": world.rounds, "eta": str(ETA)}

    return Measurement.exact([1 - world.miss**world.rounds], unit="learners", witness=witness)


def misses(world: Looking) -> Measurement:
    """``P(no star within T rounds)``."""
    return Measurement.exact([world.miss**world.rounds], unit="learners")


def stated(world: Looking, responses: int = 2, power: int = 2) -> Bound:
    """``(eta^2/(1 + eta^2))^{2T}``."""
    return Bound.of([(ETA**power / (1 + ETA**power)) ** (responses * world.rounds)])


def by_value(world: Looking) -> Bound:
    """``2T (v + eta^2)``: P3."""
    return Bound.of([2 * world.rounds * (max(world.values) + ETA**2)])


def by_length(world: Looking) -> Bound:
    """``2T (2^-k + eta^2)``: P6."""
    return Bound.of([2 * world.rounds * (Fraction(1, 2**world.formula.k) + ETA**2)])


def found_in_transcript(world: Looking) -> Measurement:
    """How often a share above ``1/(8T) - eta^2`` is played in the first round; P5 has 1/4."""
    good = [v > Fraction(1, 8 * world.rounds) - ETA**2 for v in world.values]
    return Measurement.exact([Fraction(sum(good), len(good))], unit="learners")


# --- every formula ------------------------------------------------------------------------------------------


def every(trial: Trial) -> list[Formula]:
    """All formulas up to a size."""
    params = trial.case.params
    return list(formulas(int(params["n"]), int(params["k"]), int(params["m"])))


def played(found: list[Formula]) -> Measurement:
    """The share satisfied by the literals of each prompt."""
    return Measurement.exact([v for formula in found for v in Looking(formula, 1).values], unit="prompts")


def occurrences(found: list[Formula], shorter: int = 0) -> Bound:
    """How often the term occurs among all, compared by its literals (without the last, if `shorter`)."""
    shares = []
    for formula in found:
        terms = [frozenset(term[: len(term) - shorter]) for term in formula.literals.tolist()]
        shares += [Fraction(terms.count(term), len(terms)) for term in terms]
    return Bound.of(shares)


def games(trial: Trial, *, peeking: bool = True) -> list[Game]:
    """The two worlds of every formula of the case."""
    return [
        Game(World(formula, ETA), exact_optimum(formula).assignment, NO_NOISE, peeking=peeking)
        for formula in every(trial)
    ]


def excess(
    trial: Trial,
    *,
    variation: int,
    star: Fraction,
    charge: Callable[[Fraction], Fraction] = lambda v: ZERO,
    peeking: bool = True,
) -> list[Fraction]:
    """The largest ``variation TV - star P(star) - charges`` of a learner, for each formula."""
    rounds = int(trial.case.params["T"])
    return [
        game.best(rounds, variation=variation, star=star, charge=charge)
        for game in games(trial, peeking=peeking)
    ]


def most_variation(trial: Trial, star: Fraction = ONE) -> Measurement:
    """The largest ``TV - P(star)`` of a learner that looks."""
    return Measurement.exact(excess(trial, variation=1, star=star), unit="games")


def charged(v: Fraction) -> Fraction:
    """``2 (v + eta^2)``."""
    return 2 * (v + ETA**2)


def most_star(trial: Trial) -> Measurement:
    """The largest ``P(star) - 2 sum (v_t + eta^2)`` of a learner that looks."""
    return Measurement.exact(excess(trial, variation=0, star=-ONE, charge=charged), unit="games")


def not_looking(trial: Trial) -> Bound:
    """The same of a learner that does not."""
    return Bound.of(excess(trial, variation=0, star=-ONE, charge=charged, peeking=False))


def several(trial: Trial) -> Trial:
    """The same for formulas of two terms on two variables."""
    return replace(trial, case=replace(trial.case, params={"n": 2, "k": 2, "m": 2, "T": 1}))


def terms(n: int, k: int, rounds: int) -> Case:
    """All terms of a size."""
    return Case(slug=f"n{n}-k{k}-t{rounds}", params={"n": n, "k": k, "T": rounds}, tight=True)


def size(n: int, k: int, m: int, rounds: int = 1) -> Case:
    """All formulas up to a size."""
    return Case(slug=f"n{n}-k{k}-m{m}-t{rounds}", params={"n": n, "k": k, "m": m, "T": rounds})


CLAIM = Claim(
    id="D41",
    slug="before-the-prompt",
    theorem="proper_policy_hardness",
    title="Our instance needs theta to be named before the prompt; one prompt does not",
    statement=(
        "On DNF problems a learner that sees the prompt and plays its literals misses star in T rounds with "
        "probability at most (eta^2/(1+eta^2))^{2T}, and plays signs that satisfy just that term: P3's "
        "second part, P5 and P6's first fail for it; TV <= P(star) stands; with one prompt nothing changes."
    ),
    formula=(
        r"P(\text{no star in } T \mid \theta_t \text{ chosen after } x_t) \le "
        r"\Bigl(\frac{\eta^2}{1+\eta^2}\Bigr)^{2T}"
    ),
    relation="<=",
    scope=(
        "The learner in rationals on all 32 terms of n = 4, k = 3 and all 80 of n = 5, k = 4; all learners "
        "on formulas with n <= 2, k <= 2, m <= 3. Reduction verified; hardness conditional on rETH."
    ),
    source="Definition 4.1 of Foster, Mhammedi, Rohatgi, COLT 2025, beside our instance; the learner: ours.",
    uses=("P1", "P3"),
    checks=(
        Check(
            slug="looks",
            evidence=Evidence.EXHAUSTIVE,
            cases=(terms(4, 3, 1), terms(4, 3, 2), terms(5, 4, 1)),
            instance=looking,
            measure=misses,
            bound=stated,
        ),
        Check(
            slug="signs",
            evidence=Evidence.EXHAUSTIVE,
            cases=(size(3, 3, 2), size(3, 2, 3)),
            instance=every,
            measure=played,
            bound=occurrences,
            relation="==",
        ),
        Check(
            slug="same-data",
            evidence=Evidence.EXHAUSTIVE,
            cases=(size(2, 2, 3, 3),),
            measure=most_variation,
            bound=lambda _: Bound.of([ZERO]),
        ),
        Check(
            slug="one-prompt",
            evidence=Evidence.EXHAUSTIVE,
            cases=(size(3, 3, 1, 3),),
            measure=most_star,
            bound=not_looking,
            relation="==",
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="p3-for-those-who-look",
            why="P(star) <= 2T (v + eta^2)",
            check="looks",
            measure=stars,
            bound=by_value,
        ),
        FalseVariant(
            slug="p6-for-those-who-look",
            why="P(star) <= 2T (2^-k + eta^2)",
            check="looks",
            measure=stars,
            bound=by_length,
            cases=("n4-k3-t1", "n5-k4-t1"),
        ),
        FalseVariant(
            slug="p5-for-those-who-look",
            why="with probability 1/4 a share above 1/(8T) - eta^2 is played",
            check="looks",
            measure=found_in_transcript,
            bound=lambda _: Bound.of([Fraction(1, 4)]),
            relation=">=",
        ),
        FalseVariant(
            slug="misses-with-a-fourth-power",
            why="(eta^4/(1 + eta^4))^{2T}",
            check="looks",
            bound=lambda world: stated(world, power=4),
        ),
        FalseVariant(
            slug="more-responses",
            why="three responses a round",
            check="looks",
            bound=lambda world: stated(world, responses=3),
        ),
        FalseVariant(
            slug="terms-by-their-first-literals",
            why="terms that differ in their last literal are the same",
            check="signs",
            bound=lambda found: occurrences(found, shorter=1),
        ),
        FalseVariant(
            slug="half-of-star",
            why="TV <= P(star)/2 for those who look",
            check="same-data",
            measure=lambda trial: most_variation(trial, Fraction(1, 2)),
        ),
        FalseVariant(
            slug="many-prompts",
            why="with more than one prompt too, looking gains nothing",
            check="one-prompt",
            cases=("n3-k3-m1-t3",),
            measure=lambda trial: most_star(several(trial)),
            bound=lambda trial: not_looking(several(trial)),
        ),
    ),
)
