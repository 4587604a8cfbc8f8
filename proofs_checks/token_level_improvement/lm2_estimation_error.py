"""LM2: Lemma M.2 and (157) with every term: numbers at which errors do not compound and the regret is eps.

Statement. Let ``nu = 1/2``, ``kappa = e - 2``, `T` iterations, ``V = 2 T H``, ``L = 2 log(4 M)``, `W = H R`,
and ``C_2``, ``C_3`` those of Lemma L.4 with `L` for their logarithm. With
    ``rho = min{2 beta eps/(kappa H), beta^2/(4800 kappa^2 H^2 T)}``,  ``lambda = rho/(48 B^2)``,
    ``M = 2 (55296 e H B beta V C/rho)^2``,
    ``delta_rej = min{rho/(12 C_2), eps/(24 H (R + 5HB/4 + beta L))}``,
    ``N_reg = 2 a log(24 a H T/delta) + 2 b``, ``a = 76800 B^2 H^2 d/rho``, ``b = 46080 H^2 B^2 T/rho``,
    ``p = min{rho/(12 V (C_3 + 2304 H B beta + 7680 H R^2)), eps/(6 (B H (L + 5H) + 2 H W))}``,
    ``q = min{(rho/(92160 H R^2 V))^{1/2}/(2 e C), eps/(6 (1 + 2e) H W C), 1/(4 C)}``
for what is missed along the policy (`p`) and under the base policy (`q`; numbers of walks and draws by LK2),
the right side of (129) is at most ``rho``, so that errors do not compound, and that of (157) at most `eps`.
``T_data`` depends on `C` by a logarithm alone; base draws grow with ``C^2`` through `M`.

Why. Six terms get a twelfth of ``rho`` each and the divergences a half (TJ1); of the regret three terms get a
sixth of `eps` each. ``log(4 M log(4/delta_rej)) <= L`` as ``4/delta_rej <= e^{4M}``. ``N >= A log(s N) + B``
if ``N = 2 A log(2 s A) + 2 B``.

Against the pages: (1) in (132) the truncated features are meant, which are at most ``nu`` long in every
state, so the terms ``16 eps_span + 32 delta_rej^2 + 32 P[..]`` are not needed: TJ1's third form with them.
(2) (138) has the smaller of the two probabilities where (134) gives the larger, and squares after the
expectation: ``E B^2 <= (2eCq)^2 + p``. (3) (149) leaves out the far actions of Lemma N.3, which N.3 pays for
(LN3). (4) ``|C_h| <= 2T`` and `H` layers make ``V``: page 104 loses a factor (TJ1). (5) ``M >= 32 e C^2`` is
enough, though not by ``2 e C`` (LM3). None of it changes what is polynomial.

What is checked. Both right sides, and what the lemmas ask of the numbers, in balls on a grid: H to 1000, d to
50, `C` to a million, `T` to ``1e4 d H^2``.

What is not. (129) and (148) themselves (Lemma L.4 and Appendix N; L.3 and (115) have doubts of their own,
LL2, LL3): they are taken as printed, the divergence in (119) as the barred one that (130) bounds.

Why trust it. The terms are typed from pages 98 to 108 and add up; the numbers are typed from the statement.
"""

from collections.abc import Callable
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
from proofs_checks.token_level_improvement.mtss_terms import World, shares, world


def one(found: World) -> Bound:
    """All of each budget."""
    return Bound.of([Fraction(1)] * (3 * len(found)))


# --- what is printed ----------------------------------------------------------------------------------------


def single(value: Any, **witness: Any) -> Callable[[Trial], Measurement]:
    """One number and where it comes from."""
    return lambda _: Measurement.exact([value], unit="settings", witness=lambda _: witness)


def squared_shift() -> Callable[[Trial], Measurement]:
    """``E B^2 = p`` where `B` is one on what (134) leaves out, over ``(1 + 2 e C)^2 q^2`` with 3 for `e`.

    ``H = 2, C = 2``; J.1.4 has ``q = p/(H^2 C)``: base draws are ``H^2 C`` times as many as walks.
    """
    p, coverage = Fraction(1, 1000), 2
    q = p / (4 * coverage)
    return single(p / ((1 + 6 * coverage) * q) ** 2, H=2, C=2, p="1/1000", q="1/8000")


def far_actions(_: Trial) -> Measurement:
    """The regret of the truncated optimum: ``H = 1``, one action of base mass 1/100 and ``Q* = 1``, cut off.

    The estimate is exact, the sampler too, so that (149) allows nothing.
    """
    from explore_theory.certify.balls import ball, precision

    with precision(100):
        beta, mass = ball(Fraction(1, 2)), ball(Fraction(1, 100))
        value = beta * (1 + mass * ((1 / beta).exp() - 1)).log() - mass
    told = {"H": 1, "beta": "1/2", "base mass": "1/100", "Q*": "1 and 0", "truncated": "the first"}
    return Measurement.exact([value], unit="settings", witness=lambda _: told)


def form(
    slug: str, page: int, says: str, mended: str, measure: Callable[[Trial], Measurement], **more: Any
) -> PrintedForm:
    """A step of a proof that is refuted."""
    check = Check(
        slug=f"{slug}-as-printed",
        evidence=more.pop("evidence", Evidence.EXHAUSTIVE),
        cases=(Case(slug="setting"),),
        measure=measure,
        bound=lambda _: Bound.of([Fraction(more.get("bound", 1))]),
    )
    return PrintedForm(
        slug=slug, item=more["item"], page=page, says=says, holds=False, step=True, check=check, mended=mended
    )


CLAIM = Claim(
    id="LM2",
    slug="estimation-error",
    theorem="token_level_improvement",
    title="Lemma M.2 and (157) with every term: numbers at which errors do not compound",
    statement=(
        "With nu = 1/2, V = 2TH, L = 2 log(4M), rho = min{2 beta eps/((e-2) H), beta^2/(4800 (e-2)^2 H^2 T)},"
        " lambda = rho/(48 B^2), M = 2 (55296 e H B beta V C/rho)^2, delta_rej = min{rho/(12 C_2), eps/(24 H "
        "(R + 5HB/4 + beta L))}, N_reg = 2a log(24 a H T/delta) + 2b, p = min{rho/(12 V (C_3 + 2304 H B beta "
        "+ 7680 H R^2)), eps/(6 (B H (L + 5H) + 2 H^2 R))} and q = min{(rho/(92160 H R^2 V))^(1/2)/(2eC), "
        "eps/(6 (1+2e) H^2 R C), 1/(4C)}, the right side of (129) is at most rho and that of (157), with the "
        "far actions of Lemma N.3, at most eps."
    ),
    formula=(
        r"\varepsilon_{\mathrm{reg}}^2 = \min\left\{\frac{2\beta\varepsilon}{\kappa H},\; "
        r"\frac{\beta^2}{4800\,\kappa^2 H^2 T}\right\}, \qquad M = 2\left(\frac{55296\, e H B \beta V C}"
        r"{\varepsilon_{\mathrm{reg}}^2}\right)^2"
    ),
    relation="<=",
    scope=(
        "The sums at the end of two proofs, on a grid in balls: H to 1000, d to 50, B to 20, C to 1e6, T to "
        "1e4 d H^2, eps to beta^2/4000; Lemma L.4 and (148) are taken as printed."
    ),
    source="(119), (129) to (141) and (148) to (157) of Foster, Mhammedi, Rohatgi, COLT 2025, mended.",
    uses=("TJ1", "LN1", "LN3"),
    checks=(
        Check(
            slug="sums",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="grid", tight=True),),
            instance=world(),
            measure=shares,
            bound=one,
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="accuracy-asked-for",
            why="eps_reg^2 = eps, as printed.",
            check="sums",
            instance=world(rho="printed"),
        ),
        FalseVariant(
            slug="regret-alone",
            why="eps_reg^2 = 2 beta eps/(kappa H): later layers cost nothing.",
            check="sums",
            instance=world(rho="regret"),
        ),
        FalseVariant(
            slug="pairs-once",
            why="A core set has T pairs: the anchors are not counted.",
            check="sums",
            instance=world(pairs=1),
        ),
        FalseVariant(
            slug="linear-in-coverage",
            why="M_rej like C.",
            check="sums",
            instance=world(coverage=1),
        ),
    ),
    printed=(
        form(
            "shift-squared",
            104,
            "E B^2 <= (1 + 2 e C)^2 q^2, from (138)",
            "E B^2 <= (2 e C q)^2 + p: B is bounded by one where (134) fails. LM2 has p for it.",
            squared_shift(),
            item="Lemma M.2",
        ),
        form(
            "far-actions",
            106,
            "by Lemma N.3 the regret is at most (149), in which far actions cost nothing",
            "It may exceed it, by H R ((1 + 2e) C q + 2 p) a layer at most (LN3): p and q are chosen for it.",
            far_actions,
            item="Theorem J.1",
            evidence=Evidence.CERTIFIED,
            bound=0,
        ),
    ),
)
