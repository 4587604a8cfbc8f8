"""CV7: token by token, Hellinger distances on the way of a response bound coverage from below, at level N^2.

Statement. Let two models give tokens ``y_1 .. y_H`` and ``A_h`` be the affinity ``sum sqrt(first second) = 1
- D_H^2`` of their laws of the next token, given what came before. For all ``N >= 1`` and ``0 < delta < 1``

    ``Cov_{N^2}(first || second) >= P_first[prod_h A_h <= delta/N] - delta``.

As ``-log A_h >= D_H^2``, it holds with ``sum_h D_H^2 >= log(N/delta)`` in the brackets.

Proof (of Chen et al. 2026). Along the way of a response of the first model ``sqrt(second/first)/prod A`` is a
martingale of mean at most one, so it exceeds ``1/delta`` with chance at most `delta`. Where it does not, and
the product is at most ``delta/N``, ``sqrt(second/first) <= 1/N``: the ratio is at least ``N^2``.

As printed (Proposition F.11) it bounds ``Cov_N``, with ``sum_h D_H^2 >= log(N/delta)``. That holds; the proof
gives ``Cov_{N^2}``, which is less, and the event with the affinities, which is more likely.

What is checked. All trees of two tokens whose next step depends on the last token, from five steps with
rational affinities, ``H = 4``; products of one step to ``H = 24`` by binomial sums; a step that attains it.

What is not. Other steps: the proof covers them.

Why trust it. Masses, ratios and affinities are rational, and so is every comparison with ``delta/N``.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from explore_theory.claims import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    PrintedForm,
    Trial,
    ball,
    precision,
)
from proofs_checks.coverage_principle.profiles import BITS, ZERO
from proofs_checks.coverage_principle.tokens import STEPS, Response, Step, Tree, responses, step, trees

#: Levels `N` and chances ``delta``.
LEVELS = tuple(map(Fraction, ("1", "5/4", "2", "4")))
CHANCES = tuple(map(Fraction, ("1/20", "1/4", "1/2")))


@dataclass(frozen=True)
class Question:
    """Responses with their masses, a level and a chance."""

    responses: tuple[Response, ...]
    level: Fraction
    delta: Fraction
    words: str

    def covered(self, power: int) -> Fraction:
        """``P_first[first/second >= N^power]``."""
        level = self.level**power
        return sum((each.first for each in self.responses if each.first >= level * each.second), ZERO)

    def far(self, *, spare: Fraction = Fraction(1)) -> Fraction:
        """``P_first[prod A <= delta/N]``, times `spare`."""
        limit = self.delta / self.level * spare
        return sum((each.first for each in self.responses if each.affinity <= limit), ZERO)

    def far_by_distances(self) -> Fraction:
        """``P_first[sum D_H^2 >= log(N/delta)]``."""
        with precision(BITS):
            limit = ball(self.level / self.delta).log()
            return sum((each.first for each in self.responses if ball(each.distance) >= limit), ZERO)


def asked(found: tuple[Response, ...], words: str) -> list[Question]:
    """One question for each level and chance, and the level at which all the way is just far enough."""
    rows = [Question(found, level, delta, words) for level in LEVELS for delta in CHANCES]
    nearest = max(each.affinity for each in found)
    return rows + [Question(found, d / nearest, d, words) for d in CHANCES if d >= nearest]


def all_trees(trial: Trial) -> tuple[Question, ...]:
    """All trees of the case's length."""
    return tuple(
        question
        for tree in trees(trial, STEPS)
        for question in asked(tuple(responses(tree)), "; ".join(f"{k}: {v}" for k, v in tree.words().items()))
    )


def products(trial: Trial) -> tuple[Question, ...]:
    """One step again and again: responses by how often the first token comes."""
    length = int(trial.case.params["H"])
    found = []
    for each in STEPS:
        rows = tuple(
            Response(
                math.comb(length, k) * each.first[0] ** k * each.first[1] ** (length - k),
                math.comb(length, k) * each.second[0] ** k * each.second[1] ** (length - k),
                each.affinity**length,
                length * (1 - each.affinity),
            )
            for k in range(length + 1)
        )
        found += asked(tuple(row for row in rows if row.first > 0), f"{each} {length} times")
    return tuple(found)


def attained(trial: Trial) -> tuple[Question, ...]:
    """A token that the second model says 100 times more rarely, and one that it never says."""
    mass = Fraction(str(trial.case.params["mass"]))
    sharp: Step = step((str(mass), str(1 - mass), "0"), (str(mass / 100), "0", str(1 - mass / 100)))
    level = Fraction(10001, 1000)
    # The smallest delta at which the event is there: the affinity is mass/10.
    question = Question(tuple(responses(Tree(sharp, (), 1))), level, level * sharp.affinity, "one token")
    return (question,)


def coverages(world: tuple[Question, ...], power: int = 2) -> Measurement:
    """``Cov_{N^2}``."""
    values = [each.covered(power) for each in world]
    return Measurement.exact(
        values,
        unit="questions",
        witness=lambda k: {"N": str(world[k].level), "delta": str(world[k].delta), "model": world[k].words},
    )


def bounds(value: Callable[[Question], Fraction]) -> Callable[[tuple[Question, ...]], Bound]:
    """`value` of every question."""
    return lambda world: Bound.of([value(each) for each in world])


def stated(each: Question) -> Fraction:
    """``P[prod A <= delta/N] - delta``."""
    return each.far() - each.delta


TREES = (
    Case(slug="h4", params={"H": 4}),
    Case(slug="h6", params={"H": 6}, tiers=("full",)),
)
PRODUCTS = (Case(slug="h24", params={"H": 24}),)

CLAIM = Claim(
    id="CV7",
    slug="coverage-of-tokens",
    theorem="coverage_principle",
    title="Hellinger distances token by token bound coverage at level N^2 from below",
    statement=(
        "For all models of H tokens, N >= 1 and delta < 1: Cov_{N^2} >= P_first[prod_h (1 - D_H^2(h)) <= "
        "delta/N] - delta, the distances between the laws of the next token along the response; it is "
        "attained in a limit."
    ),
    formula=(
        r"\mathrm{Cov}_{N^2} \ge \mathbb{P}\Big[\prod_h \big(1 - D_{\mathrm{H},h}^2\big) \le "
        r"\tfrac{\delta}{N}\Big] - \delta"
    ),
    relation=">=",
    scope="All trees of two tokens from five steps to H = 4, products to H = 24, a pair that attains it.",
    source=(
        "Chen et al., The coverage principle (arXiv 2510.15020; ICLR 2026), the proof of Proposition F.11, "
        "which gives more than is stated."
    ),
    checks=(
        Check(
            slug="trees",
            evidence=Evidence.EXHAUSTIVE,
            cases=TREES,
            instance=all_trees,
            measure=coverages,
            bound=bounds(stated),
        ),
        Check(
            slug="products",
            evidence=Evidence.EXHAUSTIVE,
            cases=PRODUCTS,
            instance=products,
            measure=coverages,
            bound=bounds(stated),
        ),
        Check(
            slug="attained",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="one-token", params={"mass": "1/2"}, tight=True),),
            instance=attained,
            measure=coverages,
            bound=bounds(stated),
        ),
    ),
    printed=(
        PrintedForm(
            slug="coverage-at-level-n",
            item="chen2025: Proposition F.11",
            page=None,
            says="Cov_N >= P[sum_h D_H^2 >= log(N/delta)] - delta",
            holds=True,
            check=Check(
                slug="trees-as-printed",
                evidence=Evidence.EXHAUSTIVE,
                cases=TREES[:1],
                instance=all_trees,
                measure=lambda world: coverages(world, 1),
                bound=bounds(lambda each: each.far_by_distances() - each.delta),
            ),
            mended=(
                "Its proof gives Cov_{N^2}, which is smaller, in place of Cov_N, and -log(1 - D_H^2), which "
                "is larger, in place of D_H^2; then it is attained in a limit."
            ),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="level-to-the-fourth",
            why="Cov_{N^4}",
            check="products",
            measure=lambda world: coverages(world, 4),
        ),
        FalseVariant(
            slug="no-delta-paid",
            why="P[prod A <= delta/N], without taking off delta",
            check="attained",
            bound=bounds(lambda each: each.far()),
        ),
        FalseVariant(
            slug="twice-as-near",
            why="an affinity of 4 delta/N is enough",
            check="trees",
            bound=bounds(lambda each: each.far(spare=Fraction(4)) - each.delta),
            cases=("h4",),
        ),
    ),
)
