"""T8: the log-ratio of a sampled token can be estimated without bias from the number of rejected draws.

Statement. A rejection sampler draws ``a ~ pi_ref`` until it accepts, with probability
``alpha(a) = min(1, e^{f(a)/beta}/(Zhat M))``. If it accepts at draw `N`, then given ``Zhat``, with
``H_n = 1 + 1/2 + .. + 1/n``,

    l = log alpha(a) + H_{N-1}    has    E[l | a] = log(law(a)/pi_ref(a)),

`law` being that of the accepted token, and its variance given `a` is ``Li_2(1 - p)``, `p` the probability to
accept. Where nothing clips, ``l = f(a)/beta - log(Zhat M) + H_{N-1}``, the law is ``pi_f`` and ``p = Z/(Zhat
M)``. If the sampler gives up after `cap` draws and ``H_cap`` is used then, the bias is ``-sum_{n > cap}
(1-p)^n/n``.

Proof. `N` is geometric with success probability `p` and independent of `a`; the law of `a` is ``pi_ref
alpha/p``, so ``log(law(a)/pi_ref(a)) = log alpha(a) - log p``. Summing by parts,
``E H_{N-1} = sum_{n >= 1} P(N > n)/n = sum_n (1-p)^n/n = -log p``; with ``min(N, cap + 1)`` for `N` the sum
stops at `cap`. For the second moment, ``H_n^2 - H_{n-1}^2 = 2 H_{n-1}/n + 1/n^2``, and ``2 H_{n-1}/n`` is the
coefficient of ``q^n`` in ``log^2(1-q)``; so ``E H_{N-1}^2 = log^2 p + Li_2(1-p)``.

What is checked. The coefficients of both power series, in rationals (``coefficients``). Mean, variance and
bias of the cap as sums over the law of `N`, with a bound on what is left out, in ball arithmetic, against the
logarithm, the dilogarithm and the tail (``mean``, ``variance``, ``cap``). The whole sampler, drawn token by
token, without and with clipping: the mean of `l` is ``KL(law || pi_ref)`` (``sampler``).

What is not. The variance of ``log Zhat``: the statement is given ``Zhat``, whatever it is.

Why trust it. Mean and variance are sums of probabilities times values, to 1e-25; nothing is summed by parts.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.foundation import laws
from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Mean,
    Measurement,
    Resolution,
    Trial,
    agreement,
)
from proofs_checks.token_level_improvement.log_ratio_law import (
    cap_bias,
    cap_tail,
    certified,
    dilogarithm,
    enclosed,
    mean,
    moments,
    variance,
)

Floats = npt.NDArray[np.float64]

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


# --- the sampler, token by token ---------------------------------------------------------------------------

BASE = np.array([0.55, 0.3, 0.1, 0.05])
SCORE = np.array([-1.0, 0.4, 0.9, 1.3])
#: ``Zhat/Z``; with a ceiling `M` of 6 nothing clips, with .6 two of the four tokens do.
ZHAT = 1.4


def log_ratios(
    trial: Trial, *, correct: Callable[[Floats, Any], Any] | None = None, unclipped: bool = False
) -> Floats:
    """`[R, n]`: the estimates `l` of the first `n` accepted tokens of each row; draws are made one by one.

    False variants: `correct` in place of ``H_{N-1}``; the formula of the `unclipped` case.
    """
    count = int(trial.case.params["tokens"])
    log_accept, log_scale = acceptance(trial)
    accept = np.exp(log_accept)
    rate = float((BASE * accept).sum())
    # Enough draws for `count` acceptances but for a chance below 1e-12 (Chernoff), which raises below.
    draws = math.ceil((count + 12 * math.sqrt(count) + 60) / rate)
    uniform = trial.streams.uniform(2 * draws)
    token = np.searchsorted(np.cumsum(BASE), uniform[:, 0::2] * BASE.sum(), side="right")
    taken = uniform[:, 1::2] < accept[token]
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1.0, draws + 1))])
    found = []
    for row_token, row_taken in zip(token, taken, strict=True):
        place = np.flatnonzero(row_taken)[:count]
        if place.size < count:
            raise RuntimeError(f"draws must give {count} acceptances, got {place.size}")
        tries = np.diff(place, prepend=-1)
        extra = harmonic[tries - 1] if correct is None else correct(harmonic, tries)
        part = SCORE - log_scale if unclipped else log_accept
        found.append(part[row_token[place]] + extra)
    return np.stack(found)


def acceptance(trial: Trial) -> tuple[Floats, float]:
    """``log alpha`` `[A]` and ``log(Zhat M)`` of the case."""
    total = float((BASE * np.exp(SCORE)).sum())
    log_scale = math.log(ZHAT * total * float(trial.case.params["ceiling"]))
    return np.minimum(SCORE - log_scale, 0.0), log_scale


def sampled(trial: Trial, **how: Any) -> Mean:
    """The mean of `l`, one value per accepted token, row by row.

    `l` has no upper bound, so it is cut at `TOP`, where the harmonic number of a thousand draws lies, about.
    """
    values = np.minimum(log_ratios(trial, **how), TOP).ravel()
    return Mean(values=values, low=BOTTOM, high=TOP, effort=values.size, unit="tokens")


#: ``log alpha >= -4.2`` here. ``H_n <= 1 + log n``, so ``P(l > TOP) <= (1-p)^(e^7)``, which is below 1e-59.
BOTTOM, TOP = -5.0, 8.0


def divergence(trial: Trial) -> Bound:
    """``KL(law || pi_ref) = E log(law(a)/pi_ref(a))``, the law proportional to ``pi_ref alpha``."""
    log_base = np.log(BASE)
    law = laws.log_normalise(log_base + acceptance(trial)[0])
    return Bound.of(laws.kl(law, log_base), error=1e-15)


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
        "clipping, l = f(a)/beta - log(Zhat M) + H_{N-1} and the law is pi_f; a cap adds the bias "
        "-sum_{n > cap} (1-p)^n/n."
    ),
    formula=r"\mathbb{E}\, H_{N-1} = -\log p, \quad \mathrm{Var}\, H_{N-1} = \mathrm{Li}_2(1-p), \quad "
    r"\mathbb{E}\, H_{\min(N, c+1)-1} + \log p = -\sum_{n>c} \frac{(1-p)^n}{n}",
    relation="==",
    scope="All p by the coefficients of the power series, the first hundreds in rationals; sums over the "
    "law of N in ball arithmetic for p from .5 to 1e-3, to 1e-13; one sampler drawn token by token.",
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
            slug="sampler",
            evidence=Evidence.STATISTICAL,
            cases=(
                *(
                    Case(
                        slug=slug,
                        params={"tokens": 8192, "ceiling": ceiling},
                        rows={"quick": 8, "full": 32},
                        block=8,
                    )
                    for slug, ceiling in (("four-tokens", 6.0), ("clipped", 0.6))
                ),
            ),
            measure=sampled,
            bound=divergence,
            independent="tokens are drawn one after another, each by fresh uniforms",
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
            slug="no-correction",
            why="f(a)/beta - log(Zhat M), as if every draw were accepted",
            check="sampler",
            measure=lambda trial: sampled(trial, correct=lambda _, tries: 0.0 * tries),
            cases=("four-tokens",),
        ),
        FalseVariant(
            slug="clipped-unawares",
            why="f(a)/beta - log(Zhat M) + H_{N-1} although acceptance was clipped",
            check="sampler",
            measure=lambda trial: sampled(trial, unclipped=True),
            cases=("clipped",),
        ),
        FalseVariant(
            slug="counts-the-accepted",
            why="H_N in the sampler",
            check="sampler",
            measure=lambda trial: sampled(trial, correct=lambda harmonic, tries: harmonic[tries]),
            cases=("four-tokens",),
        ),
    ),
)
