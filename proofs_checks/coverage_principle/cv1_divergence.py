"""CV1: a small divergence covers: ``Cov_N <= KL/(log N - 1 + 1/N)``, and no better.

Statement. For all laws and ``N > 1``, ``P_first[first/second >= N] <= KL(first || second)/(log N - 1 +
1/N)``. The constant is best possible for every `N`: for ``first = (p, 1 - p)`` and ``second = (p/N, 1 -
p/N)`` the two sides have a ratio that tends to 1 as `p` falls.

Proof. ``f(x) = x log x - x + 1`` is at least zero and ``KL = E_second f(first/second)``. As ``f(x)/x = log x
- 1 + 1/x`` grows from ``x = 1`` on, ``first = second x <= second f(x) N/f(N)`` where the ratio ``x >= N``.

As printed (Chen et al. 2026) it is Proposition F.1, and Proposition 3.1 in a weaker form. Their Proposition
F.2, on tightness, has ``log N - 1/2 + 1/(2N)`` for pairs with ``p <= 1/2``; small `p` give the constant of
F.1 itself in the limit. Definition 1.1 and F.2 need ``>=`` in the coverage profile, and (17), in the proof of
F.1, has ``>``: with that the pairs of F.2 have no coverage at all.

What is checked. All pairs of laws with masses on grids on two and three responses; pairs with
``p = 10^-6``; the constant by a search whose instances are certified.

What is not. More responses: the proof covers them.

Why trust it. Coverage is summed in rationals, divergences in balls.
"""

from collections.abc import Mapping
from fractions import Fraction
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
    PrintedForm,
    Span,
    Value,
    ball,
    best_constant,
    precision,
)
from proofs_checks.coverage_principle.profiles import BITS, Pair, covered, divergence, each, pairs, rare

Floats = npt.NDArray[np.float64]


def rate(level: Fraction) -> Any:
    """``log N - 1 + 1/N``."""
    return ball(level).log() - 1 + ball(1 / level)


def stated(pair: Pair) -> Any:
    """``KL/(log N - 1 + 1/N)``."""
    return divergence(pair.first, pair.second) / rate(pair.level)


def needed(at: Mapping[str, Floats]) -> Floats:
    """``Cov_N (log N - 1 + 1/N)/KL`` of two responses, in doubles."""
    p, n = np.exp(at["log p"]), at["N"]
    # log((1-p)/(1-p/N)), for small p.
    rest = np.log1p(-p) - np.log1p(-p / n)
    found = (np.log(n) - 1 + 1 / n) / (np.log(n) + (1 - p) * rest / p)
    return np.asarray(found)


def certified(at: Mapping[str, Any]) -> Any:
    """The same of one instance, a ball; a response of mass p that is said N times more rarely."""
    with precision(2 * BITS):
        p, n = ball(at["log p"]).exp(), ball(at["N"])
        kl = p * n.log() + (1 - p) * ((1 - p) / (1 - p / n)).log()
        return p * (n.log() - 1 + 1 / n) / kl


CONVERSION = Constant(
    slug="conversion",
    name="K",
    says="Cov_N <= K KL/(log N - 1 + 1/N)",
    stated=Value("1"),
    best="least",
    coordinates={"log p": Span(-25.0, -0.1), "N": Span(1.5, 1e6, log=True)},
    score=needed,
    certified=certified,
)


def grid(
    slug: str, responses: int, size: int, levels: str, tiers: tuple[str, ...] = ("quick", "full")
) -> Case:
    """All pairs of a size."""
    params: dict[str, int | str] = {"responses": responses, "grid": size, "least": 1, "levels": levels}
    return Case(slug=slug, params=params, tiers=tiers)


GRIDS = (
    grid("two-responses", 2, 20, "6/5 2 5 10"),
    grid("three-responses", 3, 9, "6/5 2 4"),
    grid("three-finer", 3, 14, "6/5 2 4 8", tiers=("full",)),
)
RARE = Case(slug="one-in-a-million", params={"mass": "1/1000000", "levels": "2 20 20000"}, tight=True)

CLAIM = Claim(
    id="CV1",
    slug="coverage-of-divergence",
    theorem="coverage_principle",
    title="A divergence bounds the coverage profile, with the best constant",
    statement=(
        "For all laws and N > 1, P_first[first/second >= N] <= KL(first || second)/(log N - 1 + 1/N); for "
        "every N no smaller constant will do."
    ),
    formula=r"\mathrm{Cov}_N \le \frac{\mathrm{KL}}{\log N - 1 + 1/N}",
    relation="<=",
    scope="All pairs of laws on grids to three responses; rare responses; the constant by search.",
    source=(
        "Chen, Huang, Golowich, Malladi, Block, Ash, Krishnamurthy and Foster, The coverage principle (arXiv "
        "2510.15020; ICLR 2026), Proposition F.1, after Block and Polyanskiy (2023); best possible: ours."
    ),
    checks=(
        Check(
            slug="pairs",
            evidence=Evidence.EXHAUSTIVE,
            cases=GRIDS,
            instance=pairs,
            measure=covered,
            bound=each(stated),
        ),
        Check(
            slug="rare",
            evidence=Evidence.CERTIFIED,
            cases=(RARE,),
            instance=rare,
            measure=covered,
            bound=each(stated),
        ),
        best_constant(CONVERSION),
    ),
    printed=(
        PrintedForm(
            slug="by-log-n-over-e",
            item="chen2025: Proposition 3.1",
            page=None,
            says="for N >= e, Cov_N <= KL/log(N/e)",
            holds=True,
            check=Check(
                slug="weaker-rate",
                evidence=Evidence.EXHAUSTIVE,
                cases=(grid("three-responses", 3, 9, "3 4 8"),),
                instance=pairs,
                measure=covered,
                bound=each(lambda pair: divergence(pair.first, pair.second) / (ball(pair.level).log() - 1)),
            ),
            mended="Holds with log N - 1 + 1/N, which says something from N = 1 on and is best possible.",
        ),
        PrintedForm(
            slug="nearly-tight",
            item="chen2025: Proposition F.2",
            page=None,
            says="for N >= 2 some pair of models has Cov_N >= KL/(log N - 1/2 + 1/(2N))",
            holds=True,
            check=Check(
                slug="rare-pairs",
                evidence=Evidence.CERTIFIED,
                cases=(
                    Case(slug="a-half", params={"mass": "1/2", "levels": "2 20 20000"}),
                    Case(slug="a-hundredth", params={"mass": "1/100", "levels": "2 20 20000"}),
                ),
                instance=rare,
                measure=covered,
                bound=each(
                    lambda pair: (
                        divergence(pair.first, pair.second)
                        / (ball(pair.level).log() - ball(Fraction(1, 2)) + ball(1 / (2 * pair.level)))
                    )
                ),
                relation=">=",
            ),
            mended=(
                "As p falls the pairs of its proof attain log N - 1 + 1/N in the limit. They need Cov_N with "
                ">=, as in Definition 1.1: with >, as in (17), they have none."
            ),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="log-n-alone",
            why="KL/log N",
            check="rare",
            bound=each(lambda pair: divergence(pair.first, pair.second) / ball(pair.level).log()),
        ),
        FalseVariant(
            slug="the-other-way-round",
            why="KL(second || first)",
            check="rare",
            bound=each(lambda pair: divergence(pair.second, pair.first) / rate(pair.level)),
        ),
        FalseVariant(
            slug="of-the-level-squared",
            why="the rate of N^2 at the level N",
            check="pairs",
            bound=each(lambda pair: divergence(pair.first, pair.second) / rate(pair.level**2)),
            cases=("two-responses",),
        ),
    ),
)
