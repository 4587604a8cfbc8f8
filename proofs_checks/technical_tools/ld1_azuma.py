"""LD1: Azuma's inequality with half of the printed constant.

Statement. ``|X_t| <= R``, adapted. With probability at least ``1 - delta``, for all ``T' <= T``,
    ``|sum_{t <= T'} (X_t - E_{t-1} X_t)| <= R sqrt(2 T log(2/delta))``.

Proof. Given the past ``X_t - E_{t-1} X_t`` has mean zero and lies in an interval of length ``2R``.
Hoeffding's lemma: for a law on an interval of length `l` the second derivative of the logarithm of the
exponential moments is the variance of a tilted law on the same interval, at most ``l^2/4``; so ``log E e^{sX}
<= s^2 l^2/8``. Thus ``exp(s S_t - s^2 R^2 t/2)`` is a supermartingale; Ville's inequality for it and for
``-S``, at ``s = a/(R^2 T)``, bounds the chance of ever reaching ``a`` by ``2 exp(-a^2/(2 R^2 T))``.

What is checked. That the variance of a law on two points is at most a quarter of the square of their
distance, by computer algebra (a law on an interval has at most the variance of the law on its ends with its
mean). The whole against every adaptive choice among laws on ``{-R, R}`` whose means are multiples of ``R/L``,
by backward induction in whole numbers.

What is not. Other laws, which have smaller exponential moments.

Why trust it. The game is exact: no adversary of that kind does better than what is measured.
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
from proofs_checks.technical_tools.adaptive_game import Move
from proofs_checks.technical_tools.tail_bounds import exponential, played


def variance(_: Trial, *, most: Fraction = Fraction(1, 4)) -> Measurement:
    """The largest variance of a law on two points at distance one, over `most`."""
    import sympy as sp

    from explore_theory.certify import symbolic

    less, more = sp.symbols("less more", positive=True)
    # The likelier point has weight less + more; the other one, less.
    product = less * (less + more) / (2 * less + more) ** 2
    limit = sp.Rational(most.numerator, most.denominator)
    return symbolic.largest_ratio(product, limit, equal_at={more: 0})


def game(trial: Trial, *, compensated: bool = True) -> Measurement:
    """Every adaptive choice of a mean ``j/L``; with the means left in, for what is false."""
    grid = int(trial.case.params["grid"])
    moves: list[Move] = [
        [(grid + j, grid - j * compensated), (grid - j, -grid - j * compensated)]
        for j in range(1 - grid, grid)
    ]
    return played(trial, [*moves, [(2 * grid, 0)]], grid, both=True)


def allowed(trial: Trial, over: int = 2) -> Bound:
    """``2 exp(-a^2/(over T))``, ``R = 1``."""
    params = trial.case.params
    return exponential(Fraction(int(params["threshold"]) ** 2, over * int(params["rounds"])), 2)


def games() -> tuple[Case, ...]:
    """Rounds, thresholds and grids."""
    quick = ((20, 10, 2), (40, 16, 2), (40, 20, 3))
    full = ((120, 30, 4), (80, 24, 6))
    return tuple(
        Case(
            slug=f"rounds-{rounds}-threshold-{level}-grid-{grid}",
            params={"rounds": rounds, "threshold": level, "grid": grid},
            tiers=("quick", "full") if (rounds, level, grid) in quick else ("full",),
        )
        for rounds, level, grid in quick + full
    )


ONE_GAME = ("rounds-40-threshold-16-grid-2",)

CLAIM = Claim(
    id="LD1",
    slug="azuma",
    theorem="technical_tools",
    title="Azuma's inequality, for all times at once, with half of the printed constant",
    statement=(
        "If |X_t| <= R, with probability at least 1 - delta, for all T' <= T the sum of X_t - E_{t-1} X_t is "
        "at most R sqrt(2 T log(2/delta)) in absolute value."
    ),
    formula=r"\Big|\sum_{t \le T'} X_t - \mathbb{E}_{t-1} X_t\Big| \le R\sqrt{2T\log(2/\delta)}",
    relation="<=",
    scope="One step by computer algebra; all adaptive laws on two ends, to 120 rounds, exactly.",
    source="Lemma D.1 of Foster, Mhammedi and Rohatgi (COLT 2025); Hoeffding (1963), Azuma (1967), Ville.",
    checks=(
        Check(
            slug="variance",
            evidence=Evidence.SYMBOLIC,
            cases=(Case(slug="two-points", tight=True),),
            measure=variance,
            bound=lambda _: Bound.of(1.0),
        ),
        Check(slug="game", evidence=Evidence.EXHAUSTIVE, cases=games(), measure=game, bound=allowed),
    ),
    printed=(
        PrintedForm(
            slug="square-root-of-eight",
            item="Lemma D.1",
            page=30,
            says="|sum X_t - E_{t-1} X_t| <= R sqrt(8 T log(2/delta)) for all T' <= T",
            holds=True,
            check=Check(
                slug="printed-game",
                evidence=Evidence.EXHAUSTIVE,
                cases=games()[:2],
                measure=game,
                bound=lambda trial: allowed(trial, 8),
            ),
            mended="Holds with sqrt(2) in place of sqrt(8): the increments lie in an interval of length 2R.",
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="variance-of-a-fifth",
            why="a fifth in place of a quarter",
            check="variance",
            measure=lambda trial: variance(trial, most=Fraction(1, 5)),
        ),
        FalseVariant(
            slug="square-root-of-one",
            why="R sqrt(T log(2/delta))",
            check="game",
            bound=lambda trial: allowed(trial, 1),
            cases=ONE_GAME,
        ),
        FalseVariant(
            slug="means-left-in",
            why="the sum of the X_t themselves",
            check="game",
            measure=lambda trial: game(trial, compensated=False),
            cases=ONE_GAME,
        ),
    ),
)
