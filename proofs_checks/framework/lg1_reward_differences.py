"""LG1: an optimal policy in the class makes reward differences linear in feature differences.

Statement. For ``pi* ∝ pi_ref e^{r/beta}`` and all responses of positive base mass,
    ``beta log(pi*(y)/pi_ref(y)) - beta log(pi*(y')/pi_ref(y')) = r(y) - r(y')``.
So if ``pi* = pi_theta``, that is if the same law is ``∝ pi_ref e^{<theta, phi>/beta}``, then ``r(y) - r(y') =
<theta, phi(y) - phi(y')>``; rewards themselves need not be linear, since a constant per prompt drops out.

Why. The normaliser is the same for `y` and ``y'``.

What is checked. The identity by computer algebra for 2 to 4 responses, with both tilts: the ratio of density
ratios is the ratio of tilts, and two tilts give one law exactly where their ratios agree.

What is not. More responses: the identity names two of them, and the rest enters by one sum.

Why trust it. The laws are built by normalising; the identity is a proof for all positive weights.
"""

from typing import Any

from explore_theory.harness import Bound, Case, Check, Claim, Evidence, FalseVariant, Measurement, Trial
from proofs_checks.framework import given


def differences(trial: Trial, *, base_forgotten: bool = False, alone: bool = False) -> Measurement:
    """``(pi*(y)/pi_ref(y)) / (pi*(y')/pi_ref(y'))`` over ``e^{(r(y) - r(y'))/beta}``.

    False variants drop the base law, or the second response.
    """
    from explore_theory.certify import symbolic

    n = int(trial.case.params["n"])
    base, tilt = symbolic.law("b", n), symbolic.weights("t", n)
    best = symbolic.tilted(base, tilt)
    density = [p if base_forgotten else p / b for p, b in zip(best, base, strict=True)]
    if alone:
        return symbolic.ratio(density[0], tilt[0])
    return symbolic.ratio(density[0] / density[1], tilt[0] / tilt[1])


def same_law(trial: Trial, *, shifts: int = 1) -> Measurement:
    """``pi*`` over ``pi_theta`` where tilts differ by one factor: rewards that differ by a constant.

    The false variant shifts only the first response.
    """
    import sympy as sp

    from explore_theory.certify import symbolic

    n = int(trial.case.params["n"])
    base, tilt = symbolic.law("b", n), symbolic.weights("t", n)
    constant = sp.Symbol("c", positive=True)
    moved: list[Any] = [t * constant if shifts or k == 0 else t for k, t in enumerate(tilt)]
    return symbolic.ratio(symbolic.tilted(base, tilt)[0], symbolic.tilted(base, moved)[0])


SIZES = tuple(Case(slug=f"n{n}", params={"n": n}, tight=True) for n in (2, 3, 4))

CLAIM = Claim(
    id="LG1",
    slug="reward-differences",
    theorem="framework",
    title="Where the optimal policy is in the class, reward differences are linear in feature differences",
    statement=(
        "For pi* ∝ pi_ref e^{r/beta}, beta log(pi*/pi_ref) at y less that at y' is r(y) - r(y'); so pi* = "
        "pi_theta makes r(y) - r(y') = <theta, phi(y) - phi(y')>."
    ),
    formula=r"r(y) - r(y') = \langle \theta^\star, \phi(y) - \phi(y') \rangle",
    relation="==",
    scope="Algebra for 2 to 4 responses; two responses enter by name and the rest by one sum.",
    source="Lemma G.1 and equation (5) (pages 6, 43) of Foster, Mhammedi and Rohatgi (COLT 2025).",
    checks=(
        Check(
            slug="density-ratios",
            evidence=Evidence.SYMBOLIC,
            cases=SIZES,
            measure=differences,
            bound=lambda _: Bound.of(1.0),
        ),
        Check(
            slug="constants",
            evidence=Evidence.SYMBOLIC,
            cases=SIZES,
            measure=same_law,
            bound=lambda _: Bound.of(1.0),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="probabilities",
            why="log pi* in place of log pi*/pi_ref",
            check="density-ratios",
            measure=lambda trial: differences(trial, base_forgotten=True),
        ),
        FalseVariant(
            slug="one-response",
            why="rewards in place of differences: the normaliser does not drop out",
            check="density-ratios",
            measure=lambda trial: differences(trial, alone=True),
        ),
        FalseVariant(
            slug="one-shifted",
            why="a constant added to one response only",
            check="constants",
            measure=lambda trial: same_law(trial, shifts=0),
        ),
    ),
    on=(given.REWARDS,),
)
