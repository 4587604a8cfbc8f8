"""LD5: the sequential union bound, with equality.

Statement. An algorithm makes `n` calls, one after another; given its state before a call, however it came
about, the call fails with probability at most ``delta``. Then some call fails with probability at most ``1 -
(1 - delta)^n <= n delta``, with equality in the first where every call fails with probability ``delta``.

Proof. Let ``p_k`` be the largest chance, over states, that some of the last `k` calls fails. ``p_k <= max_{e
<= delta} e + (1 - e) p_{k-1} = delta + (1 - delta) p_{k-1}``.

What is checked. Every adaptive choice of failure probabilities that are multiples of ``1/L`` up to ``delta``,
by backward induction in whole numbers, against ``1 - (1 - delta)^n``.

What is not. Other probabilities: the recursion is linear in `e`.

Why trust it. Both sides are rationals, and equal.
"""

from fractions import Fraction

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
)
from proofs_checks.technical_tools.adaptive_game import Move, worst


def failing(trial: Trial) -> Measurement:
    """The largest chance that some call fails: the state counts failures."""
    params = trial.case.params
    calls, grid, most = (int(params[name]) for name in ("calls", "grid", "delta in 1/grid"))
    moves: list[Move] = [[(grid - j, 0), (j, 1)] for j in range(most + 1)]
    value = worst(calls, moves, 0)
    return Measurement.exact([value], effort=calls, unit="calls", witness=lambda _: dict(params))


def delta_of(trial: Trial) -> Fraction:
    """The largest failure probability of a call."""
    return Fraction(int(trial.case.params["delta in 1/grid"]), int(trial.case.params["grid"]))


def product(trial: Trial, *, fewer: int = 0) -> Bound:
    """``1 - (1 - delta)^(n - fewer)``."""
    return Bound.of([1 - (1 - delta_of(trial)) ** (int(trial.case.params["calls"]) - fewer)])


def sum_of(trial: Trial, share: Fraction = Fraction(1)) -> Bound:
    """``share n delta``."""
    return Bound.of([share * int(trial.case.params["calls"]) * delta_of(trial)])


def all_fine(trial: Trial) -> Measurement:
    """``P(no failure)``: a fair coin in the state; at heads, every call fails with probability delta."""
    succeeds = 1 - Fraction(str(trial.case.params["delta"]))
    value = Fraction(1, 2) * (1 + succeeds ** int(trial.case.params["calls"]))
    return Measurement.exact([value], unit="algorithms", witness=lambda _: dict(trial.case.params))


def product_of_means(trial: Trial) -> Bound:
    """The product over calls of the mean, over states before the call, of its chance to succeed."""
    mean = Fraction(1, 2) * (1 + 1 - Fraction(str(trial.case.params["delta"])))
    return Bound.of([mean ** int(trial.case.params["calls"])])


CASES = tuple(
    Case(
        slug=f"calls-{calls}-grid-{grid}-delta-{most}",
        params={"calls": calls, "grid": grid, "delta in 1/grid": most},
        tight=True,
    )
    for calls, grid, most in ((2, 2, 1), (6, 10, 1), (40, 100, 3))
)

CLAIM = Claim(
    id="LD5",
    slug="sequential-union",
    theorem="technical_tools",
    title="The sequential union bound: 1 - (1 - delta)^n, attained",
    statement=(
        "If each of n successive calls fails with probability at most delta given the state before it, some "
        "call fails with probability at most 1 - (1 - delta)^n <= n delta."
    ),
    formula=r"\mathbb{P}(\text{some of } n \text{ calls fails}) \le 1 - (1 - \delta)^n \le n\delta",
    relation="<=",
    scope="All adaptive failure probabilities on a grid, to 40 calls, exactly.",
    source="Lemma D.5 of Foster, Mhammedi and Rohatgi (COLT 2025).",
    checks=(Check(slug="game", evidence=Evidence.EXHAUSTIVE, cases=CASES, measure=failing, bound=product),),
    printed=(
        PrintedForm(
            slug="sum-of-deltas",
            item="Lemma D.5",
            page=31,
            says="all of H T calls succeed with probability at least 1 - delta H T",
            holds=True,
            check=Check(
                slug="printed-sum",
                evidence=Evidence.EXHAUSTIVE,
                cases=CASES[:2],
                measure=failing,
                bound=sum_of,
            ),
            mended="Holds with (1 - delta)^{HT}, which is attained.",
        ),
        PrintedForm(
            slug="product-of-means",
            item="Lemma D.5",
            page=31,
            says="P(all calls succeed) = product over calls of E[P(success | state before the call)]",
            step=True,
            holds=False,
            check=Check(
                slug="printed-product",
                evidence=Evidence.EXHAUSTIVE,
                cases=(Case(slug="two-calls", params={"calls": 2, "delta": "1/2"}),),
                measure=all_fine,
                bound=product_of_means,
                relation="==",
            ),
            mended=(
                "The mean of a product is no product of means: 5/8 against 9/16 for two calls whose chances "
                "share a fair coin. Conditioning in turn gives >= (1 - delta)^{HT}, so the lemma stands."
            ),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="one-call-fewer",
            why="1 - (1 - delta)^(n-1)",
            check="game",
            bound=lambda trial: product(trial, fewer=1),
        ),
        FalseVariant(
            slug="half-the-sum",
            why="n delta/2",
            check="game",
            bound=lambda trial: sum_of(trial, Fraction(1, 2)),
        ),
        FalseVariant(
            slug="never-more-than-delta",
            why="delta for any number of calls",
            check="game",
            bound=lambda trial: Bound.of([delta_of(trial)]),
        ),
    ),
)
