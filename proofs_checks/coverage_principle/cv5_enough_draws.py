"""CV5: coverage is enough for best-of-N: it loses at most ``Cov_M + (1 - Cov_M)(1 - 1/M)^N``, attained.

Statement. Let `task` and `model` be policies, rewards in [0, 1], and ``Cov_M = P_{x, y ~ task}[task/model >
M]``, over prompts. For all ``M, N >= 1`` best-of-N with draws from `model` earns on average at most

    ``L(M, N) = Cov_M + (1 - Cov_M) (1 - 1/M)^N``

less than `task`. It is attained for all `M`, `N` and `Cov_M`. So ``N >= M log(1/eps)`` draws lose at most
``Cov_M + eps``, whatever `Cov_M` is.

Proof (ours; rejection sampling, as in Lemma F.1 of Huang et al. 2025). On one prompt let ``a = task(A)``, ``A
= {task <= M model}``. Accept a draw `y` in `A` with chance ``task(y)/(M model(y))``: it is accepted with
chance ``a/M`` and then has the law of `task` on `A`. Best-of-N earns at least what the first accepted draw
does, and none is accepted with chance ``f = (1 - a/M)^N``. Of what `task` earns in `A`, at most `a`, it
misses a share of at most ``max{0, 1 - (1 - f)/a}``, and it misses what `task` earns elsewhere: a loss of at
most ``max{1 - a, f}``. `f` is convex along `a`, 1 at ``a = 0``, and ``(1 - 1/M)^N`` at ``a = 1``: so both are
at most ``(1 - a) + a (1 - 1/M)^N``, which is linear in `a`, and its mean over prompts is `L`. Attained where
a share `Cov_M` of prompts has an answer that the model never gives, and the others one of mass ``1/M``.

As printed (Chen et al. 2026, Proposition F.6) it needs ``N >= 2 M log(1/eps)`` and ``Cov_M <= 1/2``: it
holds, with half of the draws and without the condition.

What is checked. All pairs of policies on a grid on three responses with all rewards of three heights, and
the two kinds of prompts that attain it, in rationals. The number of draws, with its logarithm, on the same.

What is not. More responses and other rewards: the proof covers them.

Why trust it. Losses are sums over the heights of the reward, exactly.
"""

import math
from collections.abc import Callable
from dataclasses import replace
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
)
from proofs_checks.coverage_principle import answers
from proofs_checks.coverage_principle.answers import Setting, losses

ACCURACIES = (Fraction(1, 2), Fraction(1, 10), Fraction(1, 100))


def stated(each: Setting) -> Fraction:
    """``Cov_M + (1 - Cov_M)(1 - 1/M)^N``."""
    missed = each.uncovered()
    return missed + (1 - missed) * (1 - 1 / each.level) ** each.draws


def without_prompts(each: Setting) -> Fraction:
    """False where prompts differ: ``max{Cov_M, (1 - (1 - Cov_M)/M)^N}``."""
    missed = each.uncovered()
    return max(missed, (1 - (1 - missed) / each.level) ** each.draws)


def bounds(value: Callable[[Setting], Any]) -> Callable[[tuple[Setting, ...]], Bound]:
    """`value` of every setting."""
    return lambda world: Bound.of([value(each) for each in world])


# --- so many draws for an accuracy --------------------------------------------------------------------------


def draws(level: Fraction, eps: Fraction, factor: Fraction = Fraction(1)) -> int:
    """``factor M log(1/eps)``, rounded up, and one at least."""
    return max(1, math.ceil(float(factor * level) * math.log(1 / eps)))


def accurate(
    trial: Trial, source: Callable[[Trial], tuple[Setting, ...]], factor: Fraction = Fraction(1)
) -> tuple[tuple[Setting, Fraction], ...]:
    """Settings with as many draws as each accuracy asks for."""
    known = {replace(each, draws=1) for each in source(trial)}
    ordered = sorted(known, key=lambda each: (str(each.words()), each.level))
    return tuple(
        (replace(each, draws=draws(each.level, eps, factor)), eps) for each in ordered for eps in ACCURACIES
    )


def accurate_losses(world: tuple[tuple[Setting, Fraction], ...]) -> Measurement:
    """The losses."""
    return losses(tuple(each for each, _ in world))


def accurate_bound(world: tuple[tuple[Setting, Fraction], ...], *, strict: bool = True) -> Bound:
    """``Cov_M + eps``."""
    return Bound.of([each.uncovered(strict=strict) + eps for each, eps in world])


def half_covered(world: tuple[tuple[Setting, Fraction], ...]) -> tuple[tuple[Setting, Fraction], ...]:
    """Those where ``Cov_M <= 1/2``, with ``>=``."""
    return tuple(pair for pair in world if 2 * pair[0].uncovered(strict=False) <= 1)


GRIDS = (
    Case(slug="thirds", params={"responses": 3, "grid": 3, "rewards": 2}),
    Case(slug="fifths", params={"responses": 3, "grid": 5, "rewards": 2}, tiers=("full",)),
)
SMALL = Case(slug="two-heights", params={"responses": 3, "grid": 3, "rewards": 1})
PROMPTS = tuple(
    Case(
        slug=f"uncovered-{slug}",
        params={"uncovered": share, "M": m},
        tight=True,
    )
    for slug, share, m in (("none", "0", 10), ("a-fifth", "1/5", 10), ("most", "3/4", 3))
)
SHARP = (Case(slug="uncovered-none-m-200", params={"uncovered": "0", "M": 200}, tight=True),)

CLAIM = Claim(
    id="CV5",
    slug="enough-draws",
    theorem="coverage_principle",
    title="With coverage Cov_M, best-of-N loses at most Cov_M + (1 - Cov_M)(1 - 1/M)^N",
    statement=(
        "For all policies, prompts, rewards in [0, 1] and M, N >= 1: with Cov_M = P_task[task/model > M], "
        "E[r of task - r of best-of-N from model] <= Cov_M + (1 - Cov_M)(1 - 1/M)^N, attained for all M, N "
        "and Cov_M; so N >= M log(1/eps) draws lose at most Cov_M + eps."
    ),
    formula=(
        r"\mathbb{E}[r(\pi_T) - r(\pi_{\mathrm{BoN}})] \le \mathrm{Cov}_M + "
        r"(1 - \mathrm{Cov}_M)\left(1 - \tfrac1M\right)^N"
    ),
    relation="<=",
    scope="All pairs of policies on a grid on three responses, rewards of three heights; two prompts.",
    source=(
        "Chen et al., The coverage principle (arXiv 2510.15020; ICLR 2026), Proposition F.6, with half of "
        "the draws and without its condition: ours, by the rejection sampling of Huang et al. (2025)."
    ),
    checks=(
        Check(
            slug="policies",
            evidence=Evidence.EXHAUSTIVE,
            cases=GRIDS,
            instance=answers.one_prompt,
            measure=losses,
            bound=bounds(stated),
        ),
        Check(
            slug="prompts",
            evidence=Evidence.EXHAUSTIVE,
            cases=PROMPTS,
            instance=answers.two_prompts,
            measure=losses,
            bound=bounds(stated),
        ),
        Check(
            slug="draws",
            evidence=Evidence.EXHAUSTIVE,
            cases=(SMALL,),
            instance=lambda trial: accurate(trial, answers.one_prompt),
            measure=accurate_losses,
            bound=accurate_bound,
        ),
        Check(
            slug="draws-of-prompts",
            evidence=Evidence.EXHAUSTIVE,
            cases=SHARP,
            instance=lambda trial: accurate(trial, answers.two_prompts),
            measure=accurate_losses,
            bound=accurate_bound,
        ),
    ),
    printed=(
        PrintedForm(
            slug="twice-the-draws",
            item="chen2025: Proposition F.6",
            page=None,
            says="N >= 2M log(1/eps) and Cov_M <= 1/2: best-of-N loses at most Cov_M + eps",
            holds=True,
            check=Check(
                slug="draws-as-printed",
                evidence=Evidence.EXHAUSTIVE,
                cases=(SMALL,),
                instance=lambda trial: half_covered(accurate(trial, answers.one_prompt, Fraction(2))),
                measure=accurate_losses,
                bound=lambda world: accurate_bound(world, strict=False),
            ),
            mended=(
                "Holds for N >= M log(1/eps), without Cov_M <= 1/2, and with the smaller Cov_M of a strict "
                "inequality; the exact price, Cov_M + (1 - Cov_M)(1 - 1/M)^N, is attained."
            ),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="coverage-alone",
            why="Cov_M, as if the draws met whatever is covered",
            check="policies",
            bound=bounds(lambda each: each.uncovered()),
            cases=("thirds",),
        ),
        FalseVariant(
            slug="the-larger-of-the-two",
            why="max{Cov_M, (1 - (1 - Cov_M)/M)^N}, which is right on one prompt, averaged over prompts",
            check="prompts",
            bound=bounds(without_prompts),
            cases=("uncovered-a-fifth",),
        ),
        FalseVariant(
            slug="half-of-the-draws",
            why="N >= M log(1/eps)/2",
            check="draws-of-prompts",
            instance=lambda trial: accurate(trial, answers.two_prompts, Fraction(1, 2)),
        ),
        FalseVariant(
            slug="accuracy-alone",
            why="a loss of at most eps",
            check="draws",
            bound=lambda world: Bound.of([eps for _, eps in world]),
        ),
    ),
)
