"""LE1: an output that has met nothing of the needle succeeds with probability one over the number of needles.

The instance of the published proof (`problems.BlankNeedle`): responses ``{0} + S``, ``pi_ref(y*) = e0``,
``pi_ref(0) = 1 - e0`` and no mass elsewhere; reward one at ``y*``, ``t = e^{1/beta}``. The needle is uniform
on ``S``; the output, a policy, is independent of it.

Statement. For every ``eps >= 0`` the largest chance of ``gap <= eps`` is exactly ``1/|S|`` if
``e0/(1 - e0) > (e^{eps/beta} - 1) e^{-1/beta}``, and one otherwise. The condition holds for
``e0 = e^{-(1-eps)/beta}``, and at ``e0 >= e^{-1/(2 beta)}`` for every ``eps <= 1/2``; there
``J(pi*) = beta log(1 - e0 + e0 t) > 1 - beta log(1/e0) >= 1/2``.

Why. A policy with mass on two needles, or on one and the wrong one, leaves the support of the base policy:
its gap is infinite. What is left is ``pi(0) = 1``, whose gap is ``beta log(1 + e0 t/(1 - e0))`` in every
world, above `eps` by the condition; and policies that name one needle and give the rest to 0, among them
the optimal one of the world in which the name is right. Chance does not help: it averages over policies.

What is checked. ``share``: every support a policy can have, with up to eight needles, in rationals
(``t = tau^k``, ``eps = 1/k``): in how many worlds a policy of that support has ``gap <= eps``. ``value``:
``J(pi*) >= 1 - beta log(1/e0)``, as a ratio of exponentials, for all `e0` from 1e-6 to 1/2 and all ``beta``
to 1/(2 log 2). ``blank``: that the blank's gap exceeds 1/2 there wherever ``e0 >= e^{-1/(2 beta)}``.

What is not. Outputs that call the oracle themselves: they are not independent of the needle (T21).

Why trust it. Gaps are compared through partition functions, ``gap = beta log(Z/Z_A)`` for the best policy on
a support `A` (Gibbs); no step of the proof enters. The printed bound, 1/2 for eight needles, comes from
Markov's inequality for ``J(pi) <= pi(y*)``, which forgets that wrong names cost infinitely much.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

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

ONE = Bound.of(1.0)


# --- share -------------------------------------------------------------------------------------------------


def world(trial: Trial) -> tuple[int, int, Fraction, Fraction]:
    """``|S|``, ``k = 1/eps``, ``tau = e^{eps/beta}``, ``e0``."""
    params = trial.case.params
    return int(params["needles"]), int(params["k"]), Fraction(params["tau"]), Fraction(str(params["e0"]))


def share(trial: Trial) -> Measurement:
    """The largest part of the worlds in which one policy has ``gap <= eps``, over all supports."""
    needles, k, tau, e0 = world(trial)
    tilt = tau**k
    best = 1 - e0 + e0 * tilt
    most = 0
    for support in range(1, 2 ** (needles + 1)):
        chosen = [y for y in range(needles + 1) if support >> y & 1]
        won = 0
        for needle in range(1, needles + 1):
            base = {0: 1 - e0, needle: e0 * tilt}
            # Mass where the base policy has none: the divergence is infinite. More than one policy has a
            # support with a needle, but all of them have an infinite gap in every other world.
            reached = sum((base[y] for y in chosen), Fraction(0)) if set(chosen) <= set(base) else Fraction(0)
            won += best <= tau * reached
        most = max(most, won)
    return Measurement.exact(
        [Fraction(most, needles)],
        effort=2 ** (needles + 1) - 1,
        unit="supports",
        witness=lambda _: dict(trial.case.params),
    )


def by_condition(trial: Trial, *, more: int = 0, always: bool = False) -> Bound:
    """``1/|S|`` where the blank does not succeed; `more` needles are said to be hidden."""
    needles, k, tau, e0 = world(trial)
    hidden = e0 / (1 - e0) > (tau - 1) / tau**k
    return Bound.of([Fraction(1, needles + more) if hidden or always else Fraction(1)])


def share_case(slug: str, needles: int, k: int, tau: int, e0: str, **more: Any) -> Case:
    """So many needles at accuracy ``1/k``."""
    return Case(slug=slug, params={"needles": needles, "k": k, "tau": tau, "e0": e0}, **more)


# --- value -------------------------------------------------------------------------------------------------


def value(_: Trial, spared: Fraction = Fraction(1)) -> Measurement:
    """The largest ``e0^spared t / (1 - e0 + e0 t)``: ``exp((1 - spared beta log(1/e0) - J(pi*))/beta)``."""
    from explore_theory.certify.boxes import largest_ratio

    def log_ratio(x: Sequence[Any]) -> Any:
        e0, inverse = x
        return e0.log() * (spared - 1) - ((1 - e0) * inverse / e0).log1p()

    return largest_ratio(log_ratio, {"e0": MASSES, "e^{-1/beta}": (0, Fraction(1, 4))})


def blank(_: Trial, more: Fraction = Fraction(0)) -> Measurement:
    """The largest ``exp((1/2 + more - gap)/beta)`` for ``pi(0) = 1``, over `e0` and ``r = t^{-1/2}/e0``.

    ``exp(gap/beta)`` is ``Z/(1 - e0)``, and ``t^{-1/2} = r e0``, so that ``Z = 1 - e0 + 1/(r^2 e0)``.
    """
    from explore_theory.certify.boxes import largest_ratio

    def log_ratio(x: Sequence[Any]) -> Any:
        e0, r = x
        left = (r * (1 - e0)).log() - (r * r * e0 * (1 - e0) + 1).log()
        return left - (e0 * r).log() * (2 * more)

    return largest_ratio(log_ratio, {"e0": MASSES, "t^{-1/2}/e0": (Fraction(1, 1000), 1)})


#: Base masses of the needle.
MASSES = (Fraction(1, 10**6), Fraction(1, 2))

CLAIM = Claim(
    id="LE1",
    slug="blind-output",
    theorem="coverage_lower_bound",
    title="An output that has met nothing succeeds with probability 1/|S|",
    statement=(
        "Base policy e0 on the needle, 1 - e0 on the blank, nothing else; needle uniform on S. The largest "
        "P(gap <= eps) of an output independent of the needle is 1/|S| if e0/(1-e0) > (e^{eps/beta} - 1) "
        "e^{-1/beta}, else 1. If beta log(1/e0) <= 1/2, the condition holds for every eps <= 1/2, and "
        "J(pi*) > 1 - beta log(1/e0) >= 1/2."
    ),
    formula=(
        r"\max_{\hat\pi \perp y^\star} P(\mathrm{gap}(\hat\pi) \le \varepsilon) = \tfrac{1}{|S|} \iff "
        r"\tfrac{e_0}{1-e_0} > (e^{\varepsilon/\beta} - 1) e^{-1/\beta}"
    ),
    relation="==",
    scope=(
        "All supports of a policy with up to 8 needles in rationals, on both sides of the condition; value "
        "and blank over boxes of e0 and beta by branch and bound. Sharper than Lemma E.1 (1/2 for 8 "
        "needles): there 1/8. Outputs that call the oracle are T21's."
    ),
    source="Lemma E.1 of Foster, Mhammedi, Rohatgi (COLT 2025, PMLR 291), page 33; the sharp form is ours.",
    uses=("F1",),
    checks=(
        Check(
            slug="share",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                share_case("printed-base-mass", 4, 4, 2, "1/4", tight=True),
                share_case("eight-needles", 8, 4, 2, "1/4", tight=True),
                share_case("one-needle", 1, 4, 2, "1/4", tight=True),
                share_case("half-accuracy", 3, 2, 2, "1/2", tight=True),
                share_case("exponent-one-minus-eps", 5, 4, 3, "1/27", tight=True),
                share_case("just-hidden", 5, 4, 2, "1/16", tight=True),
                share_case("not-hidden", 5, 4, 2, "1/17", tight=True),
            ),
            measure=share,
            bound=by_condition,
        ),
        Check(
            slug="value",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="all", tight=True),),
            measure=value,
            bound=lambda _: ONE,
            relation="<=",
        ),
        Check(
            slug="blank",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="all", tight=True),),
            measure=blank,
            bound=lambda _: ONE,
            relation="<=",
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="blank-may-be-the-needle",
            why="1/(|S| + 1), as if the blank were a name to be tried",
            check="share",
            bound=lambda trial: by_condition(trial, more=1),
            cases=("printed-base-mass", "eight-needles"),
        ),
        FalseVariant(
            slug="hidden-at-any-base-mass",
            why="1/|S| without the condition: a needle of less mass is not worth finding",
            check="share",
            bound=lambda trial: by_condition(trial, always=True),
            cases=("not-hidden",),
        ),
        FalseVariant(
            slug="value-at-half-the-cost",
            why="J(pi*) >= 1 - (1/2) beta log(1/e0)",
            check="value",
            measure=lambda trial: value(trial, spared=Fraction(1, 2)),
        ),
        FalseVariant(
            slug="blank-worse-than-that",
            why="the blank's gap exceeds 0.53",
            check="blank",
            measure=lambda trial: blank(trial, more=Fraction(3, 100)),
        ),
    ),
    printed=(
        PrintedForm(
            slug="one-half-for-eight-needles",
            item="Lemma E.1",
            page=33,
            says="P(regret <= 1/4) <= 1/2 for an output independent of (theta*, y*), |S| >= 8",
            holds=True,
            check=Check(
                slug="printed-share",
                evidence=Evidence.EXHAUSTIVE,
                cases=(share_case("eight-needles", 8, 4, 2, "1/4"),),
                measure=share,
                bound=lambda _: Bound.of([Fraction(1, 2)]),
                relation="<=",
            ),
            mended="exactly 1/|S|, so 1/8 at |S| = 8, for every accuracy up to 1/2 and every |S| >= 1",
        ),
    ),
)
