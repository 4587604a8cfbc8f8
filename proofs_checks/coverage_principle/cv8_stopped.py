"""CV8: a divergence that is stopped at ``log N`` bounds the coverage of token sequences.

Statement. Let ``D_N = E_first min{log N, sum_h KL_h}``, with ``KL_h`` the divergence between the two models'
laws of the next token given what came before. For all ``N > e``
``Cov_N(first || second) <= (1/log N + 1/(log N - 1 + 1/N)) D_N``. It says something where the divergence
itself is infinite.

Proof (of Chen et al. 2026). Stop before the sum passes ``log N``. Up to there the divergence is at most
`D_N`, so CV1 bounds the chance that the ratio of what was said reaches `N`; that it was stopped before the
end has a chance of at most ``D_N/log N``, by Markov's inequality.

As printed (Proposition F.10) it is ``2 D_N/(log N - 1)``, which is weaker and holds. The proof has ``P[ratio
>= log N]`` for ``P[ratio >= N]``, twice: with ``log N`` it is false, for one token of mass 1/100 that the
second model says ten times more rarely and ``N = 20000``.

What is checked. All trees of two tokens from three steps, ``H = 5``, and `N` to ``10^4``; steps which the
second model cannot follow, where `D_N` is ``log N`` times the chance of meeting them.

What is not. Other steps: the proof covers them.

Why trust it. Ratios in rationals, divergences in balls; the minimum is of numbers that are told apart.
"""

from collections.abc import Callable
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
    PrintedForm,
    Trial,
    ball,
    precision,
)
from proofs_checks.coverage_principle import cv1_divergence as cv1
from proofs_checks.coverage_principle.profiles import BITS, ONE, ZERO, Pair, divergence, told
from proofs_checks.coverage_principle.tokens import (
    APART,
    POSITIVE,
    STEPS,
    Response,
    Tree,
    path_divergences,
    trees,
)

LEVELS = tuple(map(Fraction, ("3", "6", "100", "10000")))


@dataclass(frozen=True)
class Question:
    """Responses with the sum of the divergences on their way, and a level."""

    responses: tuple[tuple[Response, Any], ...]
    level: Fraction
    tree: Tree

    def stopped(self) -> Any:
        """``D_N``, a ball."""
        most = ball(self.level).log()
        return sum((ball(each.first) * most.min(total) for each, total in self.responses), ball(0))

    def covered(self) -> Fraction:
        """``Cov_N``."""
        masses = (each.first for each, _ in self.responses if each.first >= self.level * each.second)
        return sum(masses, ZERO)


def questions(found: list[Tree]) -> tuple[Question, ...]:
    """One for each tree and level."""
    with precision(BITS):
        known = [(tree, tuple(path_divergences(tree))) for tree in found]
    return tuple(Question(rows, level, tree) for tree, rows in known for level in LEVELS)


def finite(trial: Trial) -> tuple[Question, ...]:
    """Trees whose divergence is finite."""
    return questions(list(trees(trial, POSITIVE)))


def infinite(trial: Trial) -> tuple[Question, ...]:
    """Trees some of whose tokens the second model never says."""
    length = int(trial.case.params["H"])
    turned = [type(s)(s.second, s.first) for s in STEPS[1:3]]
    apart = Tree(APART, (APART, APART), length)
    return questions([apart, *(Tree(STEPS[0], (s, STEPS[0]), length) for s in turned)])


def coverages(world: tuple[Question, ...]) -> Measurement:
    """``Cov_N``."""

    def witness(k: int) -> dict[str, Any]:
        return {"N": str(world[k].level), **world[k].tree.words()}

    return Measurement.exact([each.covered() for each in world], unit="trees", witness=witness)


def rate(level: Fraction) -> Any:
    """``1/log N + 1/(log N - 1 + 1/N)``."""
    return 1 / ball(level).log() + 1 / cv1.rate(level)


def bounds(factor: Callable[[Fraction], Any]) -> Callable[[tuple[Question, ...]], Bound]:
    """``factor(N) D_N``."""

    def bound(world: tuple[Question, ...]) -> Bound:
        with precision(BITS):
            return Bound.of([factor(each.level) * each.stopped() for each in world])

    return bound


def stopped_at_one(world: tuple[Question, ...]) -> Bound:
    """False: ``min{1, sum_h KL_h}`` in the mean."""
    with precision(BITS):
        return Bound.of(
            [
                rate(each.level)
                * sum((ball(r.first) * ball(1).min(total) for r, total in each.responses), ball(0))
                for each in world
            ]
        )


def one_token(_: Trial) -> Pair:
    """A token of mass 1/100 that the second model says ten times more rarely, and ``N = 20000``."""
    mass = Fraction(1, 100)
    return Pair((mass, ONE - mass), (mass / 10, ONE - mass / 10), Fraction(20000))


def above_its_logarithm(pair: Pair) -> Measurement:
    """``P[ratio >= log N]``, with ``log N`` a ball."""
    with precision(BITS):
        level = ball(pair.level).log()
        masses = [t for t, p in zip(pair.first, pair.second, strict=True) if ball(t / p) >= level]
    return Measurement.exact([sum(masses, ZERO)], unit="pairs of laws", witness=lambda _: told(pair))


def of_one_token(pair: Pair) -> Bound:
    """``KL/(log N - 1 + 1/N)``."""
    with precision(BITS):
        return Bound.of([divergence(pair.first, pair.second) / cv1.rate(pair.level)])


CLAIM = Claim(
    id="CV8",
    slug="stopped-divergence",
    theorem="coverage_principle",
    title="A divergence stopped at log N bounds the coverage of token sequences",
    statement=(
        "For all models of H tokens and N > e: Cov_N <= (1/log N + 1/(log N - 1 + 1/N)) E_first min{log N, "
        "sum_h KL_h}, with the divergences between the laws of the next token along the response."
    ),
    formula=(
        r"\mathrm{Cov}_N \le \Big(\tfrac{1}{\log N} + \tfrac{1}{\log N - 1 + 1/N}\Big)\, "
        r"\mathbb{E}\min\left\{\log N, \sum_h \mathrm{KL}_h\right\}"
    ),
    relation="<=",
    scope="All trees of two tokens from three steps, and trees of infinite divergence.",
    source="Chen et al., The coverage principle (arXiv 2510.15020; ICLR 2026), Proposition F.10, sharper.",
    uses=("CV1",),
    loose="No response is both stopped early and at the level: the two terms are never both needed.",
    checks=(
        Check(
            slug="finite",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="h5", params={"H": 5}), Case(slug="h8", params={"H": 8}, tiers=("full",))),
            instance=finite,
            measure=coverages,
            bound=bounds(rate),
        ),
        Check(
            slug="infinite",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="h6", params={"H": 6}),),
            instance=infinite,
            measure=coverages,
            bound=bounds(rate),
        ),
    ),
    printed=(
        PrintedForm(
            slug="ratio-against-a-logarithm",
            item="chen2025: Proposition F.10",
            page=None,
            says="by Proposition F.1, P[ratio >= log N] <= KL/(log N - 1 + 1/N)",
            holds=False,
            step=True,
            check=Check(
                slug="one-token",
                evidence=Evidence.EXHAUSTIVE,
                cases=(Case(slug="ten-times-rarer"),),
                instance=one_token,
                measure=above_its_logarithm,
                bound=of_one_token,
            ),
            mended=(
                "A slip of the pen, twice: P[ratio >= N] in both places, as F.1 has it. Proposition F.10 "
                "stands, with 1/log N + 1/(log N - 1 + 1/N) in place of 2/(log N - 1)."
            ),
        ),
        PrintedForm(
            slug="twice-over-log-n",
            item="chen2025: Proposition F.10",
            page=None,
            says="for N > e, Cov_N <= 2/(log N - 1) D_N",
            holds=True,
            check=Check(
                slug="trees-as-printed",
                evidence=Evidence.EXHAUSTIVE,
                cases=(Case(slug="h5", params={"H": 5}),),
                instance=finite,
                measure=coverages,
                bound=bounds(lambda level: 2 / (ball(level).log() - 1)),
            ),
            mended="Holds with 1/log N + 1/(log N - 1 + 1/N), which is smaller.",
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="stopped-at-one",
            why="the divergence stopped at 1 in place of log N, where it is infinite",
            check="infinite",
            bound=stopped_at_one,
        ),
        FalseVariant(
            slug="log-n-squared",
            why="1/(log N)^2 in place of 1/log N, twice",
            check="finite",
            bound=bounds(lambda level: 1 / ball(level).log() ** 2),
            cases=("h5",),
        ),
        FalseVariant(
            slug="less-than-markov",
            why=".9/log N alone, where all that is stopped is uncovered",
            check="infinite",
            bound=bounds(lambda level: ball(Fraction(9, 10)) / ball(level).log()),
        ),
    ),
)
