"""CV2: so does a small Hellinger distance, also where the divergence is infinite.

Statement. With ``D_H^2 = (1/2) sum (sqrt(first) - sqrt(second))^2``, for all laws and ``N > 1``,
``P_first[first/second >= N] <= 2N/(sqrt N - 1)^2 D_H^2``. The constant is best possible for every `N`.

Proof. Where ``second <= first/N``, ``(sqrt(first) - sqrt(second))^2 >= first (1 - 1/sqrt N)^2``. For ``first
= (p, 1 - p)`` and ``second = (p/N, 1 - p/N)`` the other response adds ``O(p^2)``.

What is checked. All pairs of laws with masses on grids on two and three responses, zeros among
them; pairs with ``p = 10^-6``; the constant.

What is not. More responses: the proof covers them.

Why trust it. Coverage in rationals, distances in balls.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.claims import (
    Case,
    Check,
    Claim,
    Constant,
    Evidence,
    FalseVariant,
    Span,
    Value,
    ball,
    best_constant,
    precision,
)
from proofs_checks.coverage_principle.profiles import BITS, Pair, covered, each, hellinger, pairs, rare

Floats = npt.NDArray[np.float64]


def stated(pair: Pair, factor: int = 2) -> Any:
    """``factor N/(sqrt N - 1)^2 D_H^2``."""
    level = ball(pair.level)
    return factor * level / (level.sqrt() - 1) ** 2 * hellinger(pair.first, pair.second)


def without_root(pair: Pair) -> Any:
    """False: ``2N/(N - 1)^2 D_H^2``."""
    level = ball(pair.level)
    return 2 * level / (level - 1) ** 2 * hellinger(pair.first, pair.second)


def needed(at: Mapping[str, Floats]) -> Floats:
    """``Cov_N (sqrt N - 1)^2/(2N D_H^2)`` of two responses, in doubles."""
    p, n = np.exp(at["log p"]), at["N"]
    # (sqrt(1-p) - sqrt(1-p/N))^2, for small p.
    other = (p * (1 - 1 / n)) ** 2 / (np.sqrt(1 - p) + np.sqrt(1 - p / n)) ** 2
    single = p * (1 - 1 / np.sqrt(n)) ** 2
    return np.asarray(single / (single + other))


def certified(at: Mapping[str, Any]) -> Any:
    """The same of one instance, a ball."""
    with precision(2 * BITS):
        p, n = ball(at["log p"]).exp(), ball(at["N"])
        distance = 1 - (p * p / n).sqrt() - ((1 - p) * (1 - p / n)).sqrt()
        return p * (n.sqrt() - 1) ** 2 / (2 * n * distance)


CONVERSION = Constant(
    slug="conversion",
    name="K",
    says="Cov_N <= K N/(sqrt N - 1)^2 D_H^2",
    stated=Value("2"),
    best="least",
    coordinates={"log p": Span(-25.0, -0.1), "N": Span(1.5, 1e6, log=True)},
    score=lambda at: 2 * needed(at),
    certified=lambda at: 2 * certified(at),
)


def grid(
    slug: str, responses: int, size: int, levels: str, tiers: tuple[str, ...] = ("quick", "full")
) -> Case:
    """All pairs of a size, zeros among their masses."""
    params: dict[str, int | str] = {"responses": responses, "grid": size, "least": 0, "levels": levels}
    return Case(slug=slug, params=params, tiers=tiers)


CLAIM = Claim(
    id="CV2",
    slug="coverage-of-hellinger",
    theorem="coverage_principle",
    title="A Hellinger distance bounds the coverage profile, with the best constant",
    statement=(
        "For all laws and N > 1, P_first[first/second >= N] <= 2N/(sqrt N - 1)^2 D_H^2(first, second), D_H^2 "
        "half the sum of squared differences of roots; for every N no smaller constant will do."
    ),
    formula=r"\mathrm{Cov}_N \le \frac{2N}{(\sqrt N - 1)^2}\, D_{\mathrm{H}}^2",
    relation="<=",
    scope="All pairs of laws on grids to three responses, zeros included; the constant by search.",
    source=(
        "Chen et al., The coverage principle (arXiv 2510.15020; ICLR 2026), Proposition F.4; best possible: "
        "ours."
    ),
    checks=(
        Check(
            slug="pairs",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                grid("two-responses", 2, 20, "6/5 2 5 10"),
                grid("three-responses", 3, 6, "6/5 2 4"),
                grid("three-finer", 3, 12, "6/5 2 4 8", tiers=("full",)),
            ),
            instance=pairs,
            measure=covered,
            bound=each(stated),
        ),
        Check(
            slug="rare",
            evidence=Evidence.CERTIFIED,
            cases=(
                Case(
                    slug="one-in-a-million", params={"mass": "1/1000000", "levels": "2 20 20000"}, tight=True
                ),
            ),
            instance=rare,
            measure=covered,
            bound=each(stated),
        ),
        best_constant(CONVERSION),
    ),
    false_variants=(
        FalseVariant(
            slug="an-equality",
            why="the profile of every pair is what its distance says",
            check="pairs",
            relation="==",
            cases=("two-responses",),
        ),
        FalseVariant(
            slug="without-the-half",
            why="N/(sqrt N - 1)^2 D_H^2, as for the sum without its half",
            check="rare",
            bound=each(lambda pair: stated(pair, factor=1)),
        ),
        FalseVariant(
            slug="level-without-its-root",
            why="2N/(N - 1)^2 D_H^2",
            check="pairs",
            bound=each(without_root),
            cases=("two-responses",),
        ),
    ),
)
