"""T8: the log-ratio of a sampled token can be estimated without bias from the number of rejected draws.

Statement. A rejection sampler draws ``a ~ pi_ref`` until it accepts, with probability
``alpha(a) = min(1, e^{f(a)/beta}/(Zhat M))``. If it accepts at draw `N`, then given ``Zhat``, with
``H_n = 1 + 1/2 + .. + 1/n``,

    l = log alpha(a) + H_{N-1}    has    E[l | a] = log(law(a)/pi_ref(a)),

`law` being that of the accepted token, and its variance given `a` is ``Li_2(1 - p)``, `p` the probability
to accept. Where nothing clips, ``l = f(a)/beta - log(Zhat M) + H_{N-1}``, the law is ``pi_f`` and ``p =
Z/(Zhat M)``. If it gives up after `cap` draws, the bias is ``-sum_{n > cap} (1-p)^n/n`` where ``H_cap``
stands for the correction then. The token oracle's sampler reports 0 then, and returns a fresh token of
``pi_ref``, whose log-ratio *is* 0; the mean of what it reports is ``(1 - (1-p)^cap) KL(law || pi_ref)``,
which is that of the log-ratio given whether it gave up, plus

    -sum_{n > cap} (1-p)^n/n  -  (1-p)^cap (H_cap + log p).

Proof. `N` is geometric with success probability `p` and independent of `a`; the law of `a` is ``pi_ref
alpha/p``, so ``log(law(a)/pi_ref(a)) = log alpha(a) - log p``. Summing by parts, ``E H_{N-1} = sum_{n >= 1}
P(N > n)/n = sum_n (1-p)^n/n = -log p``; with ``min(N, cap + 1)`` for `N` the sum stops at `cap`. Without
the ``H_cap`` of giving up the sum is less by ``(1-p)^cap H_cap``, and what it is to be unbiased for is
``-(1 - (1-p)^cap) log p``. For the second moment, ``H_n^2 - H_{n-1}^2 = 2 H_{n-1}/n + 1/n^2``, and ``2
H_{n-1}/n`` is the coefficient of ``q^n`` in ``log^2(1-q)``; so ``E H_{N-1}^2 = log^2 p + Li_2(1-p)``.

What is checked. The coefficients of both power series, in rationals (``coefficients``). Mean, variance and
bias of the cap as sums over the law of `N`, with a bound on what is left out, in ball arithmetic, against
the logarithm, the dilogarithm and the tail (``mean``, ``variance``, ``cap``, ``gives-up``). The token
oracle's own sampler under either law, with ceilings that clip often and seldom, and with a cap of three:
the mean of its reports, over base tokens and ceilings (``sampler``).

What is not. The variance of the ceiling: the statement is given it, whatever it is. An estimated normaliser
in the place of a maximum, which no sampler of the package has.

Why trust it. Mean and variance are sums of probabilities times values, to 1e-25; nothing is summed by parts.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    Resolution,
    Trial,
    agreement,
)
from proofs_checks.token_level_improvement.log_ratio_law import (
    bias_of_zero,
    cap_bias,
    cap_tail,
    certified,
    dilogarithm,
    enclosed,
    mean,
    moments,
    tail_of_zero,
    variance,
)
from proofs_checks.token_level_improvement.log_ratio_sampler import sampled, stated, steps

# --- coefficients, in rationals ----------------------------------------------------------------------------


def coefficients(trial: Trial, *, shift: int = 0) -> Measurement:
    """``H_n^k - H_{n-1}^k``, the coefficients of ``E H_{N-1}^k`` in powers of ``q = 1 - p``.

    ``E H_{N-1}^k = sum_n (1 - q) q^n H_n^k``. With `shift`, of ``H_{N-1+shift}``.
    """
    moment, terms = int(trial.case.params["moment"]), int(trial.case.params["terms"])
    harmonic = [Fraction(0)]
    for n in range(1, terms + 1 + shift):
        harmonic.append(harmonic[-1] + Fraction(1, n))
    found = [harmonic[n + shift] ** moment - harmonic[n + shift - 1] ** moment for n in range(1, terms + 1)]
    return Measurement.exact(_exactly(found), effort=terms, unit="coefficients")


def stated_coefficients(trial: Trial) -> Bound:
    """Those of ``-log(1-q)``, and of ``log^2(1-q) + Li_2(q)`` by the product of series."""
    moment, terms = int(trial.case.params["moment"]), int(trial.case.params["terms"])
    if moment == 1:
        return Bound.of(_exactly([Fraction(1, n) for n in range(1, terms + 1)]))
    return Bound.of(
        _exactly(
            [
                sum((Fraction(1, j * (n - j)) for j in range(1, n)), Fraction(1, n * n))
                for n in range(1, terms + 1)
            ]
        )
    )


def _exactly(values: list[Fraction]) -> Any:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


# --- the law of N, in ball arithmetic ----------------------------------------------------------------------


def with_value(value: Callable[[Any, int], Any]) -> Callable[[Trial], Measurement]:
    """The mean of another correction, held against ``-log p``."""
    return held(lambda p, _: moments(p, value=value)[0], lambda p, _: -p.log())


def _log_of_tries(_: Any, n: int) -> Any:
    from explore_theory.certify.balls import ball

    return ball(n).log()


#: To this the sums and the formulas are shown to agree: 1e-20 from what is left out, 1e-15 from rounding to
#: float64.
ACCURACY = 1e-13


def held(
    value: Callable[[Any, Trial], Any], formula: Callable[[Any, Trial], Any]
) -> Callable[[Trial], Measurement]:
    """Balls around `value` held against balls around `formula`."""
    return agreement(certified(value), enclosed(formula), ACCURACY)


CLAIM = Claim(
    id="T8",
    slug="log-ratio",
    theorem="token_level_improvement",
    title="An unbiased log-ratio from the number of rejected draws",
    statement=(
        "If a rejection sampler with acceptance probability alpha(a) accepts a at draw N, then l = log "
        "alpha(a) + "
        "H_{N-1} is unbiased for log(law(a)/pi_ref(a)) given a, with variance Li_2(1-p), p = E alpha; "
        "without "
        "clipping, l = f(a)/beta - log(Zhat M) + H_{N-1} and the law is pi_f. Giving up after cap draws adds "
        "the bias -sum_{n > cap} (1-p)^n/n if H_cap stands for the correction then; with the token oracle's "
        "report of 0 it is that minus (1-p)^cap (H_cap + log p), for the log-ratio given whether it gave up."
    ),
    formula=r"\mathbb{E}\, H_{N-1} = -\log p, \quad \mathrm{Var}\, H_{N-1} = \mathrm{Li}_2(1-p), \quad "
    r"\mathbb{E}\, H_{\min(N, c+1)-1} + \log p = -\sum_{n>c} \frac{(1-p)^n}{n}",
    relation="==",
    scope="All p by the coefficients of the power series, the first hundreds in rationals; sums over the "
    "law of N in ball arithmetic for p from .5 to 1e-3, to 1e-13; the token oracle's sampler, both laws.",
    source="Ours. E H_{N-1} = -log p is the generating function of the harmonic numbers.",
    checks=(
        Check(
            slug="coefficients",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                Case(slug="mean", params={"moment": 1, "terms": 400}, tight=True),
                Case(slug="second-moment", params={"moment": 2, "terms": 100}, tight=True),
                Case(
                    slug="second-moment-400", params={"moment": 2, "terms": 400}, tight=True, tiers=("full",)
                ),
            ),
            measure=coefficients,
            bound=stated_coefficients,
        ),
        Check(
            slug="mean",
            evidence=Evidence.CERTIFIED,
            cases=(
                Case(slug="few", params={"rates": "quick"}),
                Case(slug="all", params={"rates": "full"}, tiers=("full",)),
            ),
            measure=held(mean, lambda p, _: -p.log()),
            bound=lambda _: Bound.of(1.0),
            relation="<=",
        ),
        Check(
            slug="variance",
            evidence=Evidence.CERTIFIED,
            cases=(
                Case(slug="few", params={"rates": "quick"}),
                Case(slug="all", params={"rates": "full"}, tiers=("full",)),
            ),
            measure=held(variance, dilogarithm),
            bound=lambda _: Bound.of(1.0),
            relation="<=",
        ),
        Check(
            slug="cap",
            evidence=Evidence.CERTIFIED,
            cases=tuple(
                Case(
                    slug=f"{rate}-cap-{cap}",
                    params={"rates": rate, "cap": cap},
                    tiers=("quick", "full") if rate == "quick" else ("full",),
                )
                for rate in ("quick", "full")
                for cap in (1, 5, 40)
            ),
            measure=held(cap_bias, cap_tail),
            bound=lambda _: Bound.of(1.0),
            relation="<=",
        ),
        Check(
            slug="gives-up",
            evidence=Evidence.CERTIFIED,
            cases=tuple(
                Case(
                    slug=f"{rate}-cap-{cap}",
                    params={"rates": rate, "cap": cap},
                    tiers=("quick", "full") if rate == "quick" else ("full",),
                )
                for rate in ("quick", "full")
                for cap in (1, 5, 40)
            ),
            measure=held(bias_of_zero, tail_of_zero),
            bound=lambda _: Bound.of(1.0),
            relation="<=",
        ),
        Check(
            slug="sampler",
            evidence=Evidence.STATISTICAL,
            cases=tuple(
                Case(
                    slug=f"{law}-{slug}",
                    params={"steps": 8192, "law": law, "draws": draws, "cap": cap},
                    rows={"quick": quick, "full": 32} if quick else {"full": 32},
                    block=8,
                    tiers=("quick", "full") if quick else ("full",),
                )
                for law, slug, draws, cap, quick in (
                    ("literal", "clipped", 2, 400, 4),
                    ("exact-law", "clipped", 2, 400, 4),
                    ("literal", "cap-3", 2, 3, 4),
                    ("exact-law", "cap-3", 2, 3, 4),
                    ("literal", "seldom-clipped", 40, 400, 0),
                    ("exact-law", "seldom-clipped", 40, 400, 8),
                )
            ),
            instance=steps,
            measure=sampled,
            bound=stated,
            independent="steps are those of rows of their own, each with draws of its own",
            # The wrong corrections are .1 and more away.
            resolution=Resolution(absolute=0.05),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="one-draw-more",
            why="H_N in place of H_{N-1}",
            check="coefficients",
            measure=lambda trial: coefficients(trial, shift=1),
            cases=("mean",),
        ),
        FalseVariant(
            slug="log-of-the-number",
            why="log N in place of H_{N-1}",
            check="mean",
            measure=with_value(_log_of_tries),
            cases=("few",),
        ),
        FalseVariant(
            slug="largest-variance",
            why="the variance is pi^2/6 whatever p",
            check="variance",
            measure=held(variance, lambda p, _: p.pi() ** 2 / 6),
            cases=("few",),
        ),
        FalseVariant(
            slug="cap-is-free",
            why="the cap adds no bias",
            check="cap",
            measure=held(cap_bias, lambda p, _: 0 * p),
            cases=("quick-cap-5",),
        ),
        FalseVariant(
            slug="giving-up-is-free",
            why="a report of 0 on giving up adds no more bias than one of H_cap",
            check="gives-up",
            measure=held(bias_of_zero, cap_tail),
            cases=("quick-cap-5",),
        ),
        FalseVariant(
            slug="no-correction",
            why="log alpha, as if every draw were accepted",
            check="sampler",
            measure=partial(sampled, bare=True),
            cases=("exact-law-clipped",),
        ),
        FalseVariant(
            slug="clipped-unawares",
            why="the law is that of the softmax although acceptance is clipped",
            check="sampler",
            bound=partial(stated, unclipped=True),
            cases=("exact-law-clipped",),
        ),
        FalseVariant(
            slug="counts-the-accepted",
            why="H_N in the sampler",
            check="sampler",
            measure=partial(sampled, more=1),
            cases=("exact-law-clipped",),
        ),
        FalseVariant(
            slug="h-cap-on-giving-up",
            why="the sampler reports H_cap where no candidate was accepted",
            check="sampler",
            measure=partial(sampled, at_cap=True),
            cases=("exact-law-cap-3",),
        ),
        FalseVariant(
            slug="no-bias-of-the-cap",
            why="the reports of a sampler that gives up after three draws are unbiased",
            check="sampler",
            bound=partial(stated, unbiased=True),
            cases=("exact-law-cap-3",),
        ),
    ),
)
