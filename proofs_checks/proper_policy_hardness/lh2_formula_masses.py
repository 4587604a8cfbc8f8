"""LH2: a policy of the embedded formula finds clauses as often as its signs satisfy them, and no more.

Statement. A formula has `m` clauses of 1 to `k` literals, possibly contradictory (never satisfied).
Responses are 0 and the clauses; ``q = e^{-1/beta}``, ``pi_ref(0) = 1 - q``, ``pi_ref(i) = q/m``; features are
``phi(0) = 0`` and ``phi(i) = f_i / |S_i|`` on the variables of clause `i`, 0 for a contradictory one;
``r* = <theta*, phi>`` for an assignment ``theta*`` that satisfies a share `v` of the clauses. For every
``beta > 0``
    ``sum_i pi_theta*(i) >= l/(1 - q + l)``, ``l = v + (1 - v) q^2``,
and for every theta in ``[-1, 1]^n`` whose signs satisfy a share `v`
    ``sum_i pi_theta(i) <= u/(1 - q + u)``, ``u = v + (1 - v) e^{-1/(beta k)}``.
Both are attained. With rewards in [0, 1] (features halved, one more coordinate that is 1/2 at every clause,
where theta* is 1) they hold with `q` for ``q^2`` and ``e^{-1/(2 beta k)}`` for ``e^{-1/(beta k)}``.

Why. Clause `i` has weight ``(q/m) e^{<theta, phi(i)>/beta}``: at theta* it is ``1/m`` if satisfied and at
least ``q^2/m`` otherwise. At any theta it is at most ``1/m``; if the signs violate a literal, that literal
adds nothing to the sum, so ``<theta, phi(i)> <= 1 - 1/|S_i| <= 1 - 1/k``; and a contradictory clause has
``q/m <= e^{-1/(beta k)}/m``. The rest is that ``s/(1 - q + s)`` increases. *Attained*: the first if all
literals of violated clauses are violated; the second if the violated clauses have `k` literals, one of them
on a variable where theta is 0 and counts as the other sign.

As printed (Lemma H.2), features are divided by `k` whatever the length. Then a satisfied clause shorter than
`k` is worth less than one, and ``sum_i pi_theta*(i) >= v/2`` is false; the second part,
``2 (v + e^{-1/(beta k)})`` for ``beta <= 1/log 2``, is true, and ours is below it. Contradictory clauses are
needed since conjunctions of clauses are (LH6).

What is checked. Both parts, in rationals, for every formula of up to 3 clauses on up to 3 variables (2
clauses on 3 at the quick tier), clauses of 1 to ``k <= 3`` literals and a contradictory one among them: the
first at every assignment, the second at the vertices of every orthant of the cube. That is all of the cube,
since the sum of weights is convex; and one orthant does for all, since flipping a variable permutes formulas.
For any number of clauses, any beta and ``k <= 6`` by computer algebra, given the bounds on single weights.

What is not. That theta* is a best assignment: it is not used.

Why trust it. The exhaustive part computes a softmax from its definition, and bounds no weight.
"""

import itertools
from collections.abc import Callable
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
from proofs_checks.proper_policy_hardness.clauses import (
    STEPS,
    Clause,
    Embedding,
    all_clauses,
    all_formulas,
    mass,
    satisfied,
    text,
)
from proofs_checks.proper_policy_hardness.formal import proved_formulas

#: ``e^{-1/(12 beta)}``: beta is .12, .79 and 8.3.
SIZES = (Fraction(1, 2), Fraction(9, 10), Fraction(99, 100))
#: Those with ``beta <= 1/log 2``, as the paper asks.
SMALL = SIZES[:2]

NEVER: Clause = frozenset({1, -1})


@dataclass(frozen=True)
class Kind:
    """What a comparison depends on: beta through `t`, `k`, the share `v`, and the weights."""

    t: Fraction
    k: int
    share: Fraction
    shifted: bool
    steps: tuple[int, ...]

    @property
    def floor(self) -> Fraction:
        """``e^{-1/(beta k)}``, or its root where rewards are shifted."""
        return self.t ** (STEPS // (self.k * (2 if self.shifted else 1)))


@dataclass(frozen=True)
class Found:
    """The distinct comparisons, an instance of each, and how many were looked at."""

    kinds: dict[Kind, str]
    effort: int


def instances(
    trial: Trial,
    *,
    sizes: tuple[Fraction, ...] = SIZES,
    printed_scale: bool = False,
) -> Found:
    """All formulas of the case at the assignment of all ones, or at every vertex of its orthant."""
    params = trial.case.params
    n, k, at_best = int(params["n"]), int(params["k"]), params["part"] == "first"
    shifted = params.get("rewards") == "0 to 1"
    ones = (1,) * n
    thetas = [ones] if at_best else list(itertools.product((1, 0), repeat=n))
    kinds: dict[Kind, str] = {}
    effort = 0
    for formula in all_formulas([*all_clauses(n, k), NEVER], int(params["m"])):
        share = Fraction(sum(satisfied(clause, ones) for clause in formula), len(formula))
        for theta in thetas:
            world = Embedding(formula, sizes[0], k if printed_scale else None, shifted)
            steps = world.steps(theta)
            effort += len(sizes)
            for t in sizes:
                kinds.setdefault(Kind(t, k, share, shifted, steps), f"{text(formula)} at {theta}")
    return Found(kinds, effort)


def masses(found: Found) -> Measurement:
    """``sum_i pi_theta(i)``."""
    kinds = list(found.kinds.items())

    def witness(j: int) -> dict[str, Any]:
        kind, label = kinds[j]
        return {"formula": label, "k": kind.k, "e^(-1/(12 beta))": str(kind.t)}

    return Measurement.exact(
        [mass(kind.t, kind.steps) for kind, _ in kinds],
        effort=found.effort,
        unit="comparisons",
        witness=witness,
    )


def lower(kind: Kind) -> Fraction:
    """``v + (1 - v) q^2``, or `q` in place of its square."""
    return kind.share + (1 - kind.share) * kind.t ** (STEPS * (1 if kind.shifted else 2))


def upper(kind: Kind) -> Fraction:
    """``v + (1 - v) e^{-1/(beta k)}``."""
    return kind.share + (1 - kind.share) * kind.floor


def bounded_by(weight: Callable[[Kind], Fraction]) -> Callable[[Found], Bound]:
    """``s/(1 - q + s)`` at the weight `s` of every comparison."""

    def bound(found: Found) -> Bound:
        weights = [(weight(kind), kind.t**STEPS) for kind in found.kinds]
        return Bound.of([s / (1 - q + s) for s, q in weights])

    return bound


def printed_upper(found: Found) -> Bound:
    """``2 (v + e^{-1/(beta k)})``."""
    return Bound.of([2 * (kind.share + kind.floor) for kind in found.kinds])


# --- any number of clauses ----------------------------------------------------------------------------------


def algebra(trial: Trial, *, power: int = 2, floor: bool = True) -> Measurement:
    """The smaller side over the larger, for any weights within their bounds and ``e^{1/(beta k)} = 1 + w``.

    Satisfied clauses, `a` of them, weigh ``1/(1 + x)`` on average where that is allowed; the `b` others
    ``q^2 (1 + y)`` at least, ``(1 + w)^{-1}/(1 + y)`` at most. False variants have another `power` of `q`, or
    no `floor`.
    """
    import sympy as sp

    from explore_theory.certify import symbolic

    k = int(trial.case.params["k"])
    a, b, w, x, y = sp.symbols("a b w x y", positive=True)
    v = a / (a + b)
    q = (1 + w) ** -k
    if trial.case.params["part"] == "first":
        real, stated = v + (1 - v) * q**2 * (1 + y), v + (1 - v) * q**power
        left, right = stated / (1 - q + stated), real / (1 - q + real)
        return symbolic.largest_ratio(left, right, equal_at={y: 0} if power == 2 else {})
    real = v / (1 + x) + (1 - v) / (1 + w) / (1 + y)
    stated = v + (1 - v) / (1 + w) * int(floor)
    left, right = real / (1 - q + real), stated / (1 - q + stated)
    return symbolic.largest_ratio(left, right, equal_at={x: 0, y: 0} if floor else {})


# --- what is printed ----------------------------------------------------------------------------------------


def one_short_clause(_: Trial) -> Measurement:
    """``sum_i pi_theta*(i)`` of the formula ``x1`` at ``k = 2``, features over `k`, ``e^{1/beta} = 100``."""
    base, tilt = Fraction(1, 100), Fraction(10)
    found = base * tilt / (1 - base + base * tilt)
    return Measurement.exact(
        [found],
        unit="instances",
        witness=lambda _: {
            "formula": "x1",
            "k": 2,
            "pi_ref": "99/100, 1/100",
            "phi": "0, 1/2",
            "theta*": 1,
            "e^(1/beta)": 100,
            "mass": str(found),
        },
    )


def part(name: str, n: int, k: int, m: int = 2, *, full: bool = False, **more: str) -> Case:
    """One part of the statement for all formulas of a size."""
    slug = f"n{n}-k{k}" + ("-full" if full else "-shifted" if more else "")
    return Case(
        slug=slug,
        params={"part": name, "n": n, "k": k, "m": m, **more},
        tight=True,
        tiers=("full",) if full else ("quick", "full"),
    )


def parts(name: str) -> tuple[Case, ...]:
    """The sizes that are looked at in full."""
    return (
        *(part(name, n, k, 3) for n, k in ((1, 1), (2, 1), (2, 2))),
        *(part(name, 3, k) for k in (2, 3)),
        part(name, 3, 3, 3, full=True),
        part(name, 2, 2, 3, rewards="0 to 1"),
    )


ONE = Bound.of(1.0)

CLAIM = Claim(
    id="LH2",
    slug="formula-masses",
    theorem="proper_policy_hardness",
    title="A policy of the embedded formula finds clauses as its signs satisfy them",
    statement=(
        "With features f_i/|S_i|, 0 for contradictory clauses, pi_ref(i) = q/m, q = e^{-1/beta}: an "
        "assignment theta* that satisfies a share v of the clauses has sum_i pi_theta*(i) >= l/(1-q+l), "
        "l = v + (1-v) q^2, and any theta in the cube whose signs do has sum_i pi_theta(i) <= u/(1-q+u), "
        "u = v + (1-v) e^{-1/(beta k)}; both are attained."
    ),
    formula=(
        r"\frac{v + (1-v) q^2}{1 - q + v + (1-v) q^2} \le \sum_i \pi_{\theta^\star}(i), \qquad "
        r"\sum_i \pi_\theta(i) \le \frac{u}{1 - q + u}, \quad u = v + (1-v) e^{-1/(\beta k)}"
    ),
    relation="<=",
    scope=(
        "Every formula of up to 3 clauses on up to 3 variables, in rationals, at every point of the cube by "
        "convexity; any number of clauses, any beta and k <= 6 by computer algebra. Reduction verified; "
        "hardness conditional on rETH."
    ),
    source="Lemma H.2 of Foster, Mhammedi, Rohatgi, COLT 2025, with other features; the sharp forms: ours.",
    checks=(
        Check(
            slug="first",
            evidence=Evidence.EXHAUSTIVE,
            cases=parts("first"),
            instance=instances,
            measure=masses,
            bound=bounded_by(lower),
            relation=">=",
        ),
        Check(
            slug="second",
            evidence=Evidence.EXHAUSTIVE,
            cases=parts("second"),
            instance=instances,
            measure=masses,
            bound=bounded_by(upper),
        ),
        Check(
            slug="algebra",
            evidence=Evidence.SYMBOLIC,
            cases=tuple(
                Case(slug=f"{name}-k{k}", params={"part": name, "k": k}, tight=True)
                for name in ("first", "second")
                for k in range(1, 7)
            ),
            measure=algebra,
            bound=lambda _: ONE,
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="longest-length",
            why="features over k also where a clause is shorter",
            check="first",
            instance=lambda trial: instances(trial, printed_scale=True),
            cases=("n2-k2", "n3-k3"),
        ),
        FalseVariant(
            slug="violated-at-q",
            why="a violated clause weighs q/m at theta*: it may weigh q^2/m",
            check="first",
            bound=bounded_by(lambda kind: kind.share + (1 - kind.share) * kind.t**STEPS),
            cases=("n2-k2",),
        ),
        FalseVariant(
            slug="square-of-the-floor",
            why="e^{-2/(beta k)} in place of e^{-1/(beta k)}",
            check="second",
            bound=bounded_by(lambda kind: kind.share + (1 - kind.share) * kind.floor**2),
            cases=("n2-k2", "n3-k3"),
        ),
        FalseVariant(
            slug="unshifted-floor",
            why="e^{-1/(beta k)} although rewards lie in [0, 1]",
            check="second",
            bound=bounded_by(lambda kind: kind.share + (1 - kind.share) * kind.floor**2),
            cases=("n2-k2-shifted",),
        ),
        FalseVariant(
            slug="floor-of-one-literal-less",
            why="e^{-1/(beta (k-1))}: the floor for clauses one literal shorter",
            check="second",
            bound=bounded_by(lambda kind: kind.share + (1 - kind.share) * kind.t ** (STEPS // (kind.k - 1))),
            cases=("n3-k2", "n3-k3"),
        ),
        FalseVariant(
            slug="no-floor",
            why="violated clauses weigh nothing",
            check="algebra",
            measure=lambda trial: algebra(trial, floor=False),
            cases=("second-k2",),
        ),
        FalseVariant(
            slug="one-power-less",
            why="violated clauses weigh q at least, for any number of clauses",
            check="algebra",
            measure=lambda trial: algebra(trial, power=1),
            cases=("first-k2",),
        ),
    ),
    printed=(
        PrintedForm(
            slug="at-least-half-the-value",
            item="Lemma H.2",
            page=62,
            says="sum_i pi_theta*(i) >= val/(2m) with features f_i/k, whatever the lengths |S_i| <= k",
            holds=False,
            check=Check(
                slug="first-as-printed",
                evidence=Evidence.CERTIFIED,
                cases=(Case(slug="one-short-clause"),),
                measure=one_short_clause,
                bound=lambda _: Bound.of([Fraction(1, 2)]),
                relation=">=",
            ),
            mended=(
                "Divide the features of a clause by its own length |S_i| >= 1: then sum_i pi_theta*(i) >= "
                "l/(1-q+l) >= v/2, for every beta, and the second part stands. Lemma H.1 and Theorem 4.1 "
                "survive."
            ),
        ),
        PrintedForm(
            slug="twice-value-and-floor",
            item="Lemma H.2",
            page=62,
            says="sum_i pi_theta(i) <= 2 (val(sgn theta)/m + e^{-1/(beta k)}), features f_i/k, beta <= 1.44",
            holds=True,
            check=Check(
                slug="second-as-printed",
                evidence=Evidence.EXHAUSTIVE,
                cases=(
                    Case(slug="n2-k2", params={"part": "second", "n": 2, "k": 2, "m": 3}),
                    Case(slug="n3-k3", params={"part": "second", "n": 3, "k": 3, "m": 2}),
                ),
                instance=lambda trial: instances(trial, sizes=SMALL, printed_scale=True),
                measure=masses,
                bound=printed_upper,
            ),
            mended="u/(1-q+u), u = v + (1-v) e^{-1/(beta k)}, for every beta: smaller, and attained.",
        ),
    ),
    proofs=(proved_formulas.formula_masses(),),
)
