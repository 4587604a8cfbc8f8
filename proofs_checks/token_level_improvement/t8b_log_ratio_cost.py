"""T8b: what the unbiased log-ratio costs: its variance, and the bias of a cap.

Statement. In the setting of T8, for every acceptance probability `p` in (0, 1] and every `cap`,

    Var(l | a, Zhat) <= pi^2/6,
    |bias of the cap| <= (1-p)^(cap+1)/(p (cap+1)) <= (1-p)^cap/(p cap)   if H_cap is used on giving up,
    -(1-p)^cap H_cap <= bias <= 0                                         if 0 is reported then.

Proof. T8 gives the variance as ``Li_2(1-p) = sum_n (1-p)^n/n^2``, increasing in ``1 - p``, and ``Li_2(1) =
pi^2/6``; and the bias as ``sum_{n > cap} (1-p)^n/n <= sum_{n > cap} (1-p)^n/(cap+1)``. With 0 it is ``P(N
<= cap) (E[H_{N-1} | N <= cap] - E H_{N-1})``, at most 0 since ``H_{N-1}`` grows with `N`; and ``-(1-p)^cap
H_cap`` plus ``(1-p)^cap log(1/p) - sum_{n > cap} (1-p)^n/n``, which is not negative, since the sum is
``(1-p)^cap sum_m (1-p)^m/(m + cap)``.

What is checked. Variance and bias as sums over the law of the number of draws, in ball arithmetic, for `p`
from .99 to 1e-3 and caps from 1 to 4000, against the bounds.

What is not. `p` below 1e-3 (the proof covers it). The theory's notes state the weaker bound of the cap; both
are checked.

Why trust it. What is measured is a sum of probabilities times values; the two bounds are formulas.
"""

from fractions import Fraction
from typing import Any

from explore_theory.harness import Bound, Case, Check, Claim, Evidence, FalseVariant, Trial
from proofs_checks.token_level_improvement.log_ratio_law import (
    bias_of_zero,
    cap_bias,
    cap_of,
    certified,
    enclosed,
    variance,
)


def basel(p: Any, _: Trial) -> Any:
    """``pi^2/6``."""
    return p.pi() ** 2 / 6


def sharper(p: Any, trial: Trial) -> Any:
    """``(1-p)^(cap+1)/(p (cap+1))``."""
    cap = cap_of(trial)
    return (1 - p) ** (cap + 1) / (p * (cap + 1))


def stated(p: Any, trial: Trial) -> Any:
    """``(1-p)^cap/(p cap)``."""
    cap = cap_of(trial)
    return (1 - p) ** cap / (p * cap)


def lowest(p: Any, trial: Trial) -> Any:
    """``(1-p)^cap H_cap``."""
    from explore_theory.certify.balls import ball

    cap = cap_of(trial)
    return (1 - p) ** cap * sum((ball(Fraction(1, n)) for n in range(1, cap + 1)), ball(0))


def _zeros(sharp: str) -> tuple[Case, ...]:
    """Frequent, few and rare acceptances; the bound that is `sharp` for some of them is marked tight."""
    return tuple(
        Case(slug=f"{rate}-cap-{cap}", params={"rates": rate, "cap": cap}, tight=rate == sharp and cap == 1)
        for rate, caps in (("frequent", (1, 5)), ("quick", (1, 5, 40)), ("rare", (1, 5, 40)))
        for cap in caps
    )


def _caps(tight_from: int | None) -> tuple[Case, ...]:
    """Rates of the tiers with caps to 40; and 1/2 with 60, 1/100 with 4000, where bounds become sharp."""
    pairs = [(rate, cap) for cap in (1, 5, 40) for rate in ("quick", "full")]
    pairs.append(("hundredth", 4000))
    return tuple(
        Case(
            slug=f"{rate}-cap-{cap}",
            params={"rates": rate, "cap": cap},
            tight=tight_from is not None and cap >= tight_from,
            tiers=("full",) if rate == "full" else ("quick", "full"),
        )
        for rate, cap in [*pairs, ("half", 60)]
    )


CLAIM = Claim(
    id="T8b",
    slug="log-ratio-cost",
    theorem="token_level_improvement",
    title="The unbiased log-ratio adds variance at most pi^2/6 per token",
    statement=(
        "The variance of the log-ratio of T8 is at most pi^2/6 whatever p; giving up after cap draws biases "
        "it by at most (1-p)^(cap+1)/(p (cap+1)) <= (1-p)^cap/(p cap) where H_cap is used then, and between "
        "-(1-p)^cap H_cap and 0 where 0 is."
    ),
    formula=r"\mathrm{Var}\, H_{N-1} \le \frac{\pi^2}{6}, \qquad \Big|\sum_{n>c} \frac{(1-p)^n}{n}\Big| \le "
    r"\frac{(1-p)^{c+1}}{p (c+1)} \le \frac{(1-p)^c}{p c}",
    relation="<=",
    scope="Balls around sums over the law of the number of draws, p from .99 to 1e-3, caps from 1 to 4000.",
    source="Ours; corollary of T8.",
    uses=("T8",),
    checks=(
        Check(
            slug="variance",
            evidence=Evidence.CERTIFIED,
            cases=(
                Case(slug="few", params={"rates": "quick"}),
                Case(slug="rare", params={"rates": "rare"}, tight=True),
                Case(slug="all", params={"rates": "full"}, tight=True, tiers=("full",)),
            ),
            measure=certified(variance),
            bound=enclosed(basel),
        ),
        Check(
            slug="cap",
            evidence=Evidence.CERTIFIED,
            cases=_caps(60),
            measure=certified(lambda p, trial: -cap_bias(p, trial)),
            bound=enclosed(sharper),
        ),
        Check(
            slug="cap-as-stated",
            evidence=Evidence.CERTIFIED,
            cases=_caps(4000),
            measure=certified(lambda p, trial: -cap_bias(p, trial)),
            bound=enclosed(stated),
        ),
        Check(
            slug="zero-below",
            evidence=Evidence.CERTIFIED,
            cases=_zeros("frequent"),
            measure=certified(lambda p, trial: -bias_of_zero(p, trial)),
            bound=enclosed(lowest),
        ),
        Check(
            slug="zero-above",
            evidence=Evidence.CERTIFIED,
            cases=_zeros("none"),
            measure=certified(bias_of_zero),
            bound=lambda _: Bound.of(0.0),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="half-the-variance",
            why="variance at most pi^2/12",
            check="variance",
            bound=enclosed(lambda p, _: p.pi() ** 2 / 12),
            cases=("few",),
        ),
        FalseVariant(
            slug="without-the-waiting",
            why="(1-p)^(cap+1)/(cap+1): the 1/p is lost",
            check="cap",
            bound=enclosed(lambda p, trial: sharper(p, trial) * p),
            cases=("quick-cap-5",),
        ),
        FalseVariant(
            slug="one-draw-longer",
            why="the bound of cap + 1 as that of cap",
            check="cap",
            bound=enclosed(lambda p, trial: (1 - p) ** (cap_of(trial) + 2) / (p * (cap_of(trial) + 2))),
            cases=("quick-cap-40",),
        ),
        FalseVariant(
            slug="half-as-stated",
            why="half of (1-p)^cap/(p cap)",
            check="cap-as-stated",
            bound=enclosed(lambda p, trial: stated(p, trial) / 2),
            cases=("hundredth-cap-4000",),
        ),
        FalseVariant(
            slug="half-of-the-cap",
            why="half of (1-p)^(cap+1)/(p (cap+1))",
            check="cap",
            bound=enclosed(lambda p, trial: sharper(p, trial) / 2),
            cases=("half-cap-60", "hundredth-cap-4000"),
        ),
        FalseVariant(
            slug="zero-is-h-cap",
            why="a report of 0 is biased no more than one of H_cap",
            check="zero-below",
            bound=enclosed(sharper),
            cases=("frequent-cap-1",),
        ),
        FalseVariant(
            slug="zero-is-half-of-h-cap",
            why="the bias of a report of 0 is at most half of -(1-p)^cap H_cap",
            check="zero-above",
            bound=enclosed(lambda p, trial: -lowest(p, trial) / 2),
            cases=("rare-cap-5",),
        ),
    ),
)
