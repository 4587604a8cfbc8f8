"""CV6: coverage is necessary for best-of-N: some reward makes it lose ``Cov_M - 1 + (1 - Cov_M/M)^N``.

Statement. For all policies `task` and `model` and all ``M, N >= 1`` there is a reward in {0, 1} for which
best-of-N with draws from `model` earns at least ``Cov_M - 1 + (1 - Cov_M/M)^N`` less than `task`, ``Cov_M =
P_{x, y ~ task}[task/model >= M]``; this is at least ``(1 - N/M) Cov_M``. It is attained: for two responses,
``task = (c, 1 - c)`` and ``model = (c/M, 1 - c/M)``, no reward in [0, 1] makes best-of-N lose more.

Proof. Reward the responses of ratio at least `M`. On a prompt where they have task-mass `c`, the model gives
them ``c/M`` at most, and meets one in `N` draws with chance ``1 - (1 - c/M)^N`` at most. The difference is
convex in `c`, so its mean over prompts is at least its value at `Cov_M`. For two responses a reward is a
constant plus a multiple, in [0, 1], of one of two indicators.

As printed (Chen et al. 2026, Proposition F.7) it is ``Cov_{2N}/2``. At ``M = 2N`` the bound here is at least
that, and tends to ``(c + e^{-c/2} - 1)``, .607 for ``c = 1``.

What is checked. The largest loss over all rewards in {0, 1}, for all pairs of policies on a grid on three
responses; the pairs that attain it, with rewards of eleven heights.

What is not. More responses: the proof covers them.

Why trust it. Everything is rational.
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
)
from proofs_checks.coverage_principle.answers import Prompt, lost, rewards
from proofs_checks.coverage_principle.profiles import Law, coverage, laws, text


@dataclass(frozen=True)
class Hunted:
    """Two policies, the number of draws, and the largest loss over some rewards."""

    task: Law
    model: Law
    draws: int
    loss: Fraction


def hunted(task: Law, model: Law, n: int, heights: int = 1) -> Hunted:
    """The largest loss over rewards of so many heights; a constant reward loses nothing."""
    found = (lost(Prompt(task, model, reward), n) for reward in rewards(len(task), heights))
    return Hunted(task, model, n, max(Fraction(0), *found))


def policies(trial: Trial) -> tuple[Hunted, ...]:
    """All pairs on a grid."""
    size, grid = int(trial.case.params["responses"]), int(trial.case.params["grid"])
    known = tuple(laws(size, grid))
    return tuple(hunted(t, p, n) for t in known for p in known for n in (2, 5))


def extremes(trial: Trial) -> tuple[Hunted, ...]:
    """``(c, 1 - c)`` against ``(c/M, 1 - c/M)``, ``M`` a multiple of `N`."""
    multiple = Fraction(str(trial.case.params["M/N"]))
    shares = (Fraction(1, 2), Fraction(9, 10), Fraction(1))
    return tuple(
        hunted((c, 1 - c), (c / (multiple * n), 1 - c / (multiple * n)), n, heights=10)
        for c in shares
        for n in (2, 8)
    )


def largest_losses(world: tuple[Hunted, ...]) -> Measurement:
    """The largest loss of every pair."""

    def witness(k: int) -> dict[str, Any]:
        return {"task": text(world[k].task), "model": text(world[k].model), "N": world[k].draws}

    return Measurement.exact([each.loss for each in world], unit="pairs of policies", witness=witness)


def stated(each: Hunted, multiple: Fraction) -> Fraction:
    """``Cov_M - 1 + (1 - Cov_M/M)^N`` at ``M = multiple N``."""
    level = multiple * each.draws
    c = coverage(each.task, each.model, level)
    return c - 1 + (1 - c / level) ** each.draws


def as_printed(each: Hunted) -> Fraction:
    """``Cov_{2N}/2``."""
    return coverage(each.task, each.model, Fraction(2 * each.draws)) / 2


def bounds(value: Callable[[Hunted], Fraction]) -> Callable[[tuple[Hunted, ...]], Bound]:
    """`value` of every pair."""
    return lambda world: Bound.of([value(each) for each in world])


def best_level(each: Hunted) -> Fraction:
    """The largest of the bounds at ``M = N/2, N, 2N, 4N``."""
    return max(stated(each, Fraction(k, 2)) for k in (1, 2, 4, 8))


POLICIES = (
    Case(slug="grid-4", params={"responses": 3, "grid": 4}),
    Case(slug="grid-9", params={"responses": 3, "grid": 9}, tiers=("full",)),
)
EXTREMES = tuple(
    Case(slug=f"m-{slug}", params={"M/N": multiple}, tight=True)
    for slug, multiple in (("n", "1"), ("twice-n", "2"), ("ten-n", "10"))
)

CLAIM = Claim(
    id="CV6",
    slug="needed-draws",
    theorem="coverage_principle",
    title="What is not covered at level M costs best-of-N at least Cov_M - 1 + (1 - Cov_M/M)^N",
    statement=(
        "For all policies and M, N >= 1 some reward in {0, 1} makes best-of-N lose at least Cov_M - 1 + (1 - "
        "Cov_M/M)^N >= (1 - N/M) Cov_M, Cov_M = P_task[task/model >= M]; attained for all c = Cov_M, M and N."
    ),
    formula=(
        r"\max_r \mathbb{E}[r(\pi_T) - r(\pi_{\mathrm{BoN}})] \ge "
        r"\mathrm{Cov}_M - 1 + \left(1 - \tfrac{\mathrm{Cov}_M}{M}\right)^N"
    ),
    relation=">=",
    scope="All pairs of policies on a grid on three responses, rewards in {0, 1}; pairs that attain it.",
    source=(
        "Chen et al., The coverage principle (arXiv 2510.15020; ICLR 2026), Proposition F.7, with its best "
        "form: ours."
    ),
    checks=(
        Check(
            slug="policies",
            evidence=Evidence.EXHAUSTIVE,
            cases=POLICIES,
            instance=policies,
            measure=largest_losses,
            bound=bounds(best_level),
        ),
        Check(
            slug="extremes",
            evidence=Evidence.EXHAUSTIVE,
            cases=EXTREMES,
            instance=lambda trial: (extremes(trial), Fraction(str(trial.case.params["M/N"]))),
            measure=lambda world: largest_losses(world[0]),
            bound=lambda world: Bound.of([stated(each, world[1]) for each in world[0]]),
            relation="==",
        ),
    ),
    printed=(
        PrintedForm(
            slug="half-of-the-coverage",
            item="chen2025: Proposition F.7",
            page=None,
            says="for N >= 2 some reward in {0, 1} makes best-of-N lose at least Cov_{2N}/2",
            holds=True,
            check=Check(
                slug="policies-as-printed",
                evidence=Evidence.EXHAUSTIVE,
                cases=POLICIES[:1],
                instance=policies,
                measure=largest_losses,
                bound=bounds(as_printed),
            ),
            mended=(
                "Holds with Cov_M - 1 + (1 - Cov_M/M)^N for every M, at M = 2N between 1/2 and .607 for "
                "Cov_2N = 1, and attained; M = N says something too, where the printed form has 0."
            ),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="at-half-of-the-level",
            why="the coverage at level M/2 for that at level M",
            check="policies",
            bound=bounds(
                lambda each: (
                    stated(each, Fraction(2))
                    + coverage(each.task, each.model, Fraction(each.draws))
                    - coverage(each.task, each.model, Fraction(2 * each.draws))
                )
            ),
            cases=("grid-4",),
        ),
        FalseVariant(
            slug="all-that-is-uncovered",
            why="a loss of Cov_N, as if no draw met it",
            check="policies",
            bound=bounds(lambda each: coverage(each.task, each.model, Fraction(each.draws))),
            cases=("grid-4",),
        ),
        FalseVariant(
            slug="one-draw-less",
            why="(1 - Cov_M/M)^(N - 1)",
            check="extremes",
            bound=lambda world: Bound.of(
                [
                    (c := coverage(each.task, each.model, world[1] * each.draws))
                    - 1
                    + (1 - c / (world[1] * each.draws)) ** (each.draws - 1)
                    for each in world[0]
                ]
            ),
        ),
    ),
)
