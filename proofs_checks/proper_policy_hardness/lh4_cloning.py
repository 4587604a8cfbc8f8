"""LH4: how far a softmax policy is from the base policy, and the accuracy that behaviour cloning needs.

Statement. If ``|<theta, phi(y)>| <= B`` for all `y`, then
    ``e^{-2B/beta} <= pi_theta(y)/pi_ref(y) <= e^{2B/beta}``,
and neither exponent can be smaller. So ``max pi/pi_theta <= W = e^{2B/beta}/min pi_ref`` for every `pi`, and
the accuracy with which an improper output is cloned into a proper one, ``eps_0 = c eps/(log W)^2``, may be
taken as ``(c/4) eps/(B/beta + log(1/min pi_ref))^2``, within a factor 4 of it.
On the embedding of a formula of `m` clauses (features ``f_i/|S_i|``, LH2; ``beta <= 1/log 2`` or ``m >= 2``)
the ratio does not depend on `B`:
    ``pi_theta(y)/pi_ref(y) >= q/(2 - q - (1 - q^2)/m) > q/2``, ``q = e^{-1/beta}``, attained,
so there ``log W <= log 2 + 1/beta + log(1/min pi_ref)`` although ``B = sqrt(n)``.

Why. ``pi_theta/pi_ref = e^{<theta, phi(y)>/beta} / E_ref e^{<theta, phi>/beta}``, and numerator and
denominator lie in ``[e^{-B/beta}, e^{B/beta}]``; both ends are met as ``pi_ref(y) -> 0``. On a formula, a
clause of score `a` has ratio ``e^{a/beta}/Z`` with ``Z <= 1 - q + (m - 1)/m + q e^{a/beta}/m``, which is
least at ``a = -1``; response 0 has ``1/Z >= 1/(2 - q)``, which is more, as ``(2 - q) m >= 1 + q``.
*Attained* where the others are all satisfied.
Last, ``(2B/beta + L)^2 <= 4 (B/beta + L)^2``.

As printed (proof of Lemma H.4), ``pi_theta >= e^{-2B} pi_ref``: false for ``beta < 1``. And with the `W` that
follows from it, the last step, ``log^2(W) eps_0 <= eps`` at ``eps_0 = c eps/(B L)``,
``L = log(1/min pi_ref)``, fails for every constant `c`: it is ``2 (1 + c)^2`` at ``L = 2B/c``. Both are
mended by ``eps_0`` as above, still a polynomial in the same quantities, so Theorem 4.1 survives.

What is checked. Both ratios and the accuracy by computer algebra (three responses); the ratio on every
formula of up to 3 clauses on 2 and 3 variables, in rationals, at every theta in ``{-1, 0, 1}^n``.

What is not. The guarantee of behaviour cloning itself, which the paper takes from elsewhere.

Why trust it. The exhaustive part is a softmax from its definition.
"""

import itertools
from dataclasses import dataclass
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
from proofs_checks.proper_policy_hardness.clauses import STEPS, Clause, Embedding, all_clauses, all_formulas

T = Fraction(9, 10)
NEVER: Clause = frozenset({1, -1})


# --- any bounded score, by computer algebra -----------------------------------------------------------------


def ratio(trial: Trial, *, exponent: int = 2) -> Measurement:
    """The smaller side over the larger, with ``e^{B/beta} = 1 + w`` and scores anywhere in ``[-B, B]``."""
    import sympy as sp

    from explore_theory.certify import symbolic

    w, x, y, z = sp.symbols("w x y z", positive=True)
    top = 1 + w
    base = symbolic.law("b", 3)
    mass = symbolic.weights("b", 3)[0]
    # The scores of three responses in [1/top, top], each short of one end by its own slack.
    low, high = [(1 + s * top) / (top + s) for s in (x, y, z)], [(top + s) / (1 + s * top) for s in (x, y, z)]
    if trial.case.params["side"] == "below":
        policy = symbolic.tilted(base, [low[0], *high[1:]])
        left, right = top**-exponent, policy[0] / base[0]
    else:
        policy = symbolic.tilted(base, [high[0], *low[1:]])
        left, right = policy[0] / base[0], top**exponent
    met = {mass: 0, x: 0, y: 0, z: 0}
    return symbolic.largest_ratio(left, right, equal_at=met if exponent == 2 else {})


def accuracy(_: Trial, *, factor: int = 4) -> Measurement:
    """``(log W)^2`` over ``4 (B/beta + L)^2``."""
    import sympy as sp

    from explore_theory.certify import symbolic

    x, L = sp.symbols("x L", positive=True)
    return symbolic.largest_ratio(
        sp.expand((2 * x + L) ** 2),
        sp.expand(factor * (x + L) ** 2),
        equal_at={L: 0} if factor == 4 else {},
    )


# --- every small formula ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Least:
    """For each distinct multiset of weights ``t^a/m`` the least ratio, from the definition."""

    steps: tuple[tuple[int, ...], ...]
    effort: int


def embeddings(trial: Trial) -> Least:
    """All formulas of the case, all theta with entries -1, 0, 1."""
    n, k, m = (int(trial.case.params[name]) for name in ("n", "k", "m"))
    found: dict[tuple[int, ...], None] = {}
    effort = 0
    for formula in all_formulas([*all_clauses(n, k), NEVER], m):
        for theta in itertools.product((1, 0, -1), repeat=n):
            found[Embedding(formula, T).steps(theta)] = None
            effort += 1
    return Least(tuple(found), effort)


def least_ratios(world: Least) -> Measurement:
    """``min_y pi_theta(y)/pi_ref(y)`` over 0 and the clauses."""
    q = T**STEPS

    def least(steps: tuple[int, ...]) -> Fraction:
        base = [1 - q, *[q / len(steps)] * len(steps)]
        weight = [1 - q, *(T**a / len(steps) for a in steps)]
        total = sum(weight)
        return min(w / total / b for w, b in zip(weight, base, strict=True))

    return Measurement.exact([least(steps) for steps in world.steps], effort=world.effort, unit="policies")


def stated_ratio(world: Least, *, own: bool = True, power: int = 1) -> Bound:
    """``q/(2 - q - (1 - q^2)/m)``; false variants forget the clause's own weight, or that it may be `q`."""
    q = T**STEPS
    return Bound.of(
        [q**power / (2 - q - ((1 - q**2) if own else Fraction(1)) / len(steps)) for steps in world.steps]
    )


# --- what is printed ----------------------------------------------------------------------------------------


def two_responses(_: Trial) -> Measurement:
    """``pi_theta/pi_ref`` at the worse of two responses of base mass 1/2, ``beta = 1/2``, ``B = 1``."""
    from explore_theory.certify.balls import ball, precision

    with precision(128):
        low, high = ball(-2).exp(), ball(2).exp()
        found = low / ((low + high) / 2)
    return Measurement.exact(
        [found],
        unit="instances",
        witness=lambda _: {"pi_ref": "1/2, 1/2", "phi": "1, -1", "theta": 1, "B": 1, "beta": "1/2"},
    )


def printed_ratio(_: Any) -> Bound:
    """``e^{-2B}`` at ``B = 1``."""
    from explore_theory.certify.balls import ball, precision

    with precision(128):
        return Bound.of([ball(-2).exp()])


#: What the "sufficiently small" constant may be.
CONSTANTS = tuple(Fraction(1, 10**j) for j in range(7))


def last_step(_: Trial) -> Measurement:
    """``log^2(W) eps_0/eps`` with ``log W = 2B + L``, ``eps_0 = c eps/(B L)``, at ``B = 1``, ``L = 2/c``."""
    found = [c * (2 + 2 / c) ** 2 / (2 / c) for c in CONSTANTS]
    return Measurement.exact(
        found,
        unit="constants",
        witness=lambda j: {
            "c": str(CONSTANTS[j]),
            "B": 1,
            "log(1/min pi_ref)": str(2 / CONSTANTS[j]),
            "log W": str(2 + 2 / CONSTANTS[j]),
        },
    )


ONE = Bound.of(1.0)
SURVIVES = (
    "with it eps_0 is still a polynomial in the same quantities and 1/beta, which Theorem H.1 admits, so "
    "that Lemma H.4 and Theorem 4.1 survive."
)

CLAIM = Claim(
    id="LH4",
    slug="cloning-accuracy",
    theorem="proper_policy_hardness",
    title="A softmax policy is within e^{2B/beta} of the base policy, and what cloning then needs",
    statement=(
        "If |<theta, phi>| <= B then e^{-2B/beta} <= pi_theta/pi_ref <= e^{2B/beta}, neither exponent can be "
        "smaller; so log W = 2B/beta + log(1/min pi_ref) and eps_0 of order eps/(B/beta + log(1/min "
        "pi_ref))^2. On the embedding of m >= 2 clauses, pi_theta/pi_ref >= q/(2-q-(1-q^2)/m), attained."
    ),
    formula=(
        r"e^{-2B/\beta} \le \frac{\pi_\theta(y)}{\pi_{\mathrm{ref}}(y)} \le e^{2B/\beta}, \qquad "
        r"\log^2 W \le 4 \left(\tfrac{B}{\beta} + \log \tfrac{1}{\min \pi_{\mathrm{ref}}}\right)^2"
    ),
    relation="<=",
    scope=(
        "Any bounded scores by computer algebra; every formula of up to 3 clauses on 2 and 3 variables in "
        "rationals. Cloning itself is taken from elsewhere. Reduction verified; hardness conditional on rETH."
    ),
    source="Proof of Lemma H.4 of Foster, Mhammedi, Rohatgi, COLT 2025, mended; on formulas: ours.",
    checks=(
        Check(
            slug="ratio",
            evidence=Evidence.SYMBOLIC,
            cases=tuple(Case(slug=side, params={"side": side}, tight=True) for side in ("below", "above")),
            measure=ratio,
            bound=lambda _: ONE,
        ),
        Check(
            slug="accuracy",
            evidence=Evidence.SYMBOLIC,
            cases=(Case(slug="all", tight=True),),
            measure=accuracy,
            bound=lambda _: ONE,
        ),
        Check(
            slug="formulas",
            evidence=Evidence.EXHAUSTIVE,
            cases=tuple(
                Case(slug=f"n{n}-k{k}", params={"n": n, "k": k, "m": m}, tight=True)
                for n, k, m in ((1, 1, 3), (2, 2, 3), (3, 3, 2))
            ),
            instance=embeddings,
            measure=least_ratios,
            bound=stated_ratio,
            relation=">=",
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="once-b",
            why="e^{-B/beta} and e^{B/beta}",
            check="ratio",
            measure=lambda trial: ratio(trial, exponent=1),
        ),
        FalseVariant(
            slug="three-squares",
            why="(log W)^2 <= 3 (B/beta + L)^2",
            check="accuracy",
            measure=lambda trial: accuracy(trial, factor=3),
        ),
        FalseVariant(
            slug="own-weight-forgotten",
            why="the violated clause itself adds nothing to the normaliser",
            check="formulas",
            bound=lambda world: stated_ratio(world, own=False),
        ),
        FalseVariant(
            slug="never-below-the-base",
            why="1 in place of q",
            check="formulas",
            bound=lambda world: stated_ratio(world, power=0),
        ),
    ),
    printed=(
        PrintedForm(
            slug="no-beta-in-the-exponent",
            item="Lemma H.4",
            page=67,
            says="pi_theta(y) >= e^{-2B} pi_ref(y) for every theta in Theta",
            step=True,
            holds=False,
            check=Check(
                slug="ratio-as-printed",
                evidence=Evidence.CERTIFIED,
                cases=(Case(slug="two-responses"),),
                measure=two_responses,
                bound=printed_ratio,
                relation=">=",
            ),
            mended=f"e^{{-2B/beta}}, and no smaller exponent; {SURVIVES}",
        ),
        PrintedForm(
            slug="accuracy-of-the-output",
            item="Lemma H.4",
            page=68,
            says="log^2(W) eps_0 <= eps, eps_0 = c eps/(B log(1/min pi_ref)), W = e^{2B}/min pi_ref, c small",
            step=True,
            holds=False,
            check=Check(
                slug="accuracy-as-printed",
                evidence=Evidence.CERTIFIED,
                cases=(Case(slug="constants"),),
                measure=last_step,
                bound=lambda _: Bound.of([Fraction(1)] * len(CONSTANTS)),
            ),
            mended=(
                "For every c it is 2 (1 + c)^2 at log(1/min pi_ref) = 2B/c. eps_0 = c eps/(B/beta + "
                "log(1/min"
                f"pi_ref))^2; {SURVIVES}"
            ),
        ),
    ),
)
