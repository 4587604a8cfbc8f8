"""P2: a softmax policy that is likely to answer `star` has found an assignment that satisfies the term.

Statement. For every ``theta`` in the box ``|theta_v| <= k^(-1/2)`` (so ``theta' = k^(1/2) theta`` in
``[-1, 1]^n``): if ``s_i theta'_v(i) <= 0`` for some literal `i` of term `j`, then

    pi_theta(star|x_j) <= eta^2/(1 - p0 + eta^2) <= eta^2,

an equality on the left where that coordinate is 0 and the other literals are satisfied in full. Hence
``P_x(star) <= v + (1 - v) eta^2``, `v` the fraction of terms that ``sign(theta)`` satisfies.

What is checked. (1) ``vertices``: for every formula with ``n <= 5``, ``k <= 3`` and up to three terms, up
to symmetry, every term and every literal, the largest ``pi_theta(star|x_j)`` over *all* ``theta`` that do
not agree with that literal. It is an increasing function of the linear function ``<theta, phi>``, and the
allowed ``theta'`` are a product of intervals with ends in {-1, 0, 1}; so the linear program is solved by
trying ``{-1, 0, 1}^n``, and in rationals. (2) ``all-eta``: the first inequality for every ``eta`` in (0, 1)
and every ``<theta, phi> <= 1 - 1/k``, by algebra. (3) ``square``: the second for every ``eta`` in (0, 1/4],
by boxes. (4) ``value``: the consequence for every ``theta'`` on the grid of halves, which the first three
imply for all. (5) ``door``: the library's oracles serve every parameter of a grid in the box, and none with a
coordinate that is longer by a millionth.

What is not. ``k > 8`` in (2) and (3), at ``k = 1`` the second inequality is an equality and is in (1).

*Why a box.* In the ball ``|theta|_2 <= sqrt(n/k)``, which holds ``theta*`` as well, the statement fails for
all ``n >= k >= 2``: ``theta' = sqrt(n/(k-1)) (0, s_2, .., s_k)`` has ``k <theta, phi> = sqrt(n (k-1)) > k -
1`` and does not agree with the first literal. It is a false variant below.

Why trust it. Probabilities are those of a softmax policy by definition (`rational`).
"""

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from explore_theory.formulas import Formula
from explore_theory.harness import Bound, Case, Check, Claim, Evidence, FalseVariant, Measurement, Trial
from proofs_checks.proper_policy_hardness import given
from proofs_checks.proper_policy_hardness.formal import proved_plantings
from proofs_checks.proper_policy_hardness.rational import (
    Base,
    Scaled,
    World,
    formulas,
    stated_base,
    value,
)

ETAS = (Fraction(1, 4), Fraction(1, 7), Fraction(1, 100))
FURTHEST = 100.0
Parameters = Callable[[int, int], Iterable[Scaled]]


def corners(n: int, k: int) -> Iterable[Scaled]:
    """``{-1, 0, 1}^n``: the vertices of all parts of the box."""
    return itertools.product((-1, 0, 1), repeat=n)


def halves(n: int, k: int) -> Iterable[Scaled]:
    """The grid of halves in ``[-1, 1]^n``."""
    return itertools.product([Fraction(i, 2) for i in range(-2, 3)], repeat=n)


def in_the_ball(n: int, k: int) -> Iterable[Scaled]:
    """Parameters of length at most ``sqrt(n)`` with one coordinate zero, lengths rounded down to quarters."""
    yield from corners(n, k)
    if k > 1:
        long = Fraction(math.floor(4 * math.sqrt(n / (k - 1))), 4)
        for chosen in itertools.combinations(range(n), k - 1):
            for signs in itertools.product((-1, 1), repeat=k - 1):
                theta = [Fraction(0)] * n
                for v, s in zip(chosen, signs, strict=True):
                    theta[v] = s * long
                yield tuple(theta)


@dataclass(frozen=True)
class Worst:
    """For each comparison the worlds' labels, what was measured, and what it is compared with."""

    labels: tuple[dict[str, Any], ...]
    measured: tuple[Fraction, ...]
    worlds: tuple[tuple[World, Fraction], ...]
    effort: int


def agrees(term: list[int], theta: Scaled, by: Fraction = Fraction(0)) -> bool:
    """Whether every literal agrees with `theta` in sign, by more than `by`; zero agrees with neither."""
    return all((theta[abs(x) - 1] if x > 0 else -theta[abs(x) - 1]) > by for x in term)


def by_more_than_half(term: list[int], theta: Scaled) -> bool:
    """Whether every literal agrees by more than 1/2."""
    return agrees(term, theta, Fraction(1, 2))


def per_term(
    trial: Trial,
    parameters: Parameters = corners,
    base: Base = stated_base,
    found: Callable[[list[int], Scaled], bool] = agrees,
) -> Worst:
    """For each formula the largest ``pi_theta(star|x_j)`` over terms that `theta` has not found."""
    params = trial.case.params
    eta = Fraction(str(params["eta"]))
    labels, measured, worlds, effort = [], [], [], 0
    for formula in formulas(int(params["n"]), int(params["k"]), int(params["m"])):
        world, terms = World(formula, eta, base), formula.literals.tolist()
        best, where = Fraction(-1), None
        for theta in parameters(formula.n, formula.k):
            for term, p in zip(terms, world.star(theta), strict=True):
                if not found(term, theta):
                    effort += 1
                    if p > best:
                        best, where = p, (term, theta)
        labels.append({"terms": str(terms), "worst": str(where)})
        measured.append(best)
        worlds.append((World(formula, eta), Fraction(0)))
    return Worst(tuple(labels), tuple(measured), tuple(worlds), effort)


def averages(trial: Trial, parameters: Parameters = halves, base: Base = stated_base) -> Worst:
    """For each formula, ``eta`` and value of ``sign(theta)`` the largest ``P_x(star)``."""
    params = trial.case.params
    eta = Fraction(str(params["eta"]))
    labels, measured, worlds, effort = [], [], [], 0
    for formula in formulas(int(params["n"]), int(params["k"]), int(params["m"])):
        world = World(formula, eta, base)
        worst: dict[Fraction, tuple[Fraction, Scaled]] = {}
        for theta in parameters(formula.n, formula.k):
            v, p = value(formula, theta), world.mean_star(theta)
            effort += 1
            if v not in worst or p > worst[v][0]:
                worst[v] = p, theta
        for v, (p, theta) in worst.items():
            labels.append({"terms": str(formula.literals.tolist()), "theta'": str(theta)})
            measured.append(p)
            worlds.append((World(formula, eta), v))
    return Worst(tuple(labels), tuple(measured), tuple(worlds), effort)


def measure(world: Worst) -> Measurement:
    """The largest probability of `star`."""
    return Measurement.exact(
        list(world.measured), effort=world.effort, unit="parameters", witness=lambda j: world.labels[j]
    )


def first_bound(world: World, v: Fraction) -> Fraction:
    """``eta^2/(1 - p0 + eta^2)``."""
    return world.eta**2 / (1 - world.p0 + world.eta**2)


def mixture(world: World, v: Fraction) -> Fraction:
    """``v + (1 - v) eta^2``."""
    return v + (1 - v) * world.eta**2


def bounded_by(bound: Callable[[World, Fraction], Fraction]) -> Callable[[Worst], Bound]:
    """`bound` of each comparison."""
    return lambda world: Bound.of([bound(*which) for which in world.worlds])


# --- all eta -----------------------------------------------------------------------------------------------


def all_eta(trial: Trial, slack: int = 1) -> Measurement:
    """The largest ``pi_theta(star)`` over ``eta^2/(1 - p0 + eta^2)`` at ``k <theta, phi> <= k - slack``."""
    import sympy as sp

    from explore_theory.certify import symbolic

    k = int(trial.case.params["k"])
    # eta = 1/(1 + z) and eta^(4b) = 1/(1 + h), where k <theta, phi> = k - slack - b: all z, h >= 0.
    z, h = sp.symbols("z h", positive=True)
    eta = 1 / (1 + z)
    p0 = eta ** (4 * k - 2)
    weight = p0 * eta ** (-4 * (k - slack)) / (1 + h)
    return symbolic.largest_ratio(weight / (weight + 1 - p0), eta**2 / (1 - p0 + eta**2), equal_at={h: 0})


def square(trial: Trial, power: float = 2.0) -> Measurement:
    """The largest ``(eta^2/(1 - p0 + eta^2)) / eta^power`` over ``eta`` in (0, 1/4]."""
    from explore_theory.certify.balls import ball
    from explore_theory.certify.boxes import largest_ratio

    k = int(trial.case.params["k"])

    def log_ratio(x: Any) -> Any:
        t = x[0]
        # eta^2 - p0 = eta^2 (1 - eta^(4k-4)), which is positive.
        excess = (t * -2).exp() * -((t * -(4 * k - 4)).expm1())
        return t * (power - 2) - excess.log1p()

    return largest_ratio(log_ratio, {"log(1/eta)": (ball(4).log(), FURTHEST)})


# --- the door ----------------------------------------------------------------------------------------------


def door(trial: Trial, allowed: float = 1.0) -> Measurement:
    """Whether each call of a grid is served, as one or zero, less whether its parameter lies in the box."""
    import numpy as np

    from explore_theory import oracles
    from explore_theory.errors import OracleMisuse
    from explore_theory.problems import DNF

    n, k = int(trial.case.params["n"]), int(trial.case.params["k"])
    problem = DNF(formula=Formula(np.arange(1, k + 1)[None], n), eta=0.25)
    base, lengths = np.zeros(n), (0.0, 0.5, 1.0, 1 + 1e-6, 2.0)
    calls: dict[str, Callable[[oracles.ProperOracle, Any], Any]] = {
        "first": lambda oracle, theta: oracle.round(theta, base),
        "second": lambda oracle, theta: oracle.round(base, theta),
        "unrewarded": lambda oracle, theta: oracle.draw(1, theta),
    }
    found, labels = [], []
    for law, (name, call), v, length in itertools.product(
        ("literal", "exact-law"), calls.items(), range(n), (*lengths, *(-x for x in lengths[1:]))
    ):
        oracle = oracles.open_proper(problem, law=law, streams=trial.streams.child(name))
        theta = np.full(n, k**-0.5)
        theta[v] *= length
        try:
            call(oracle, theta)
        except OracleMisuse:
            served = bool(oracle.ledger.counts.any())
        else:
            served = True
        found.append(Fraction(int(served) - int(abs(length) <= allowed)))
        labels.append({"law": law, "call": name, "coordinate": v, "length": length})
    return Measurement.exact(found, unit="calls", witness=lambda j: labels[j])


def small(n: int, k: int, m: int, eta: Fraction, *, tight: bool, tiers: tuple[str, ...]) -> Case:
    """All formulas up to a size at one ``eta``."""
    return Case(
        slug=f"n-{n}-k-{k}-m-{m}-eta-1-{eta.denominator}",
        params={"n": n, "k": k, "m": m, "eta": str(eta)},
        tight=tight,
        tiers=tiers,
    )


BOTH, FULL = ("quick", "full"), ("full",)

CLAIM = Claim(
    id="P2",
    slug="likely-star",
    theorem="proper_policy_hardness",
    title="A softmax policy that is likely to answer star satisfies the term",
    statement=(
        "For theta in the box, if some literal of term j has s theta'_v <= 0 then pi_theta(star|x_j) <= "
        "eta^2/(1 - p0 + eta^2) <= eta^2, an equality on the left at one coordinate 0 and the others "
        "satisfied; so P_x(star) <= v + (1-v) eta^2, v the value of sign(theta)."
    ),
    formula=(
        r"\min_i s_{ji}\theta_{v_{ji}} \le 0 \Rightarrow \pi_\theta(\mathrm{star}\mid x_j) \le "
        r"\frac{\eta^2}{1-p_0+\eta^2} \le \eta^2, \qquad P_x(\mathrm{star}) \le v + (1-v)\eta^2"
    ),
    relation="<=",
    scope=(
        "All formulas with n <= 5, k <= 3, m <= 3 up to symmetry, all theta by solving the linear program in "
        "rationals; all eta by algebra and boxes for k <= 8. Reduction verified; hardness conditional on "
        "rETH."
    ),
    source=(
        "Explicit instantiation of the construction behind Theorem 4.1 of Foster, Mhammedi, Rohatgi, COLT "
        "2025, arXiv 2503.07453v2."
    ),
    checks=(
        Check(
            slug="vertices",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                *(small(3, 3, 2, eta, tight=True, tiers=BOTH) for eta in ETAS),
                *(small(5, 3, 3, eta, tight=True, tiers=FULL) for eta in ETAS),
            ),
            instance=per_term,
            measure=measure,
            bound=bounded_by(first_bound),
        ),
        Check(
            slug="all-eta",
            evidence=Evidence.SYMBOLIC,
            cases=tuple(
                Case(slug=f"k-{k}", params={"k": k}, tight=True, tiers=BOTH if k <= 4 else FULL)
                for k in range(1, 9)
            ),
            measure=all_eta,
            bound=lambda _: Bound.of(1.0),
        ),
        Check(
            slug="square",
            evidence=Evidence.CERTIFIED,
            cases=tuple(Case(slug=f"k-{k}", params={"k": k}, tight=True) for k in (2, 3, 8)),
            measure=square,
            bound=lambda _: Bound.of(1.0),
        ),
        Check(
            slug="value",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                small(2, 2, 3, Fraction(1, 4), tight=False, tiers=BOTH),
                small(3, 2, 2, Fraction(1, 100), tight=True, tiers=BOTH),
                small(4, 3, 2, Fraction(1, 4), tight=False, tiers=FULL),
                small(4, 3, 2, Fraction(1, 100), tight=True, tiers=FULL),
            ),
            instance=averages,
            measure=measure,
            bound=bounded_by(mixture),
        ),
        Check(
            slug="door",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="n-3-k-2", params={"n": 3, "k": 2}),),
            measure=door,
            bound=lambda _: Bound.of([Fraction(0)]),
            relation="==",
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="wider-door",
            why="Coordinates of twice the width are served too.",
            check="door",
            measure=lambda trial: door(trial, allowed=2.0),
        ),
        FalseVariant(
            slug="ball",
            why="theta in the l2 ball of radius sqrt(n/k): one coordinate 0, the others sqrt(n/(k-1)).",
            check="vertices",
            instance=lambda trial: per_term(trial, in_the_ball),
        ),
        FalseVariant(
            slug="even-base-policy",
            why="pi_ref(star) = 1/2.",
            check="vertices",
            instance=lambda trial: per_term(trial, base=lambda k, eta: Fraction(1, 2)),
        ),
        FalseVariant(
            slug="exponent-off-by-one",
            why="p0 = eta^(4k-3) in the problem.",
            check="vertices",
            instance=lambda trial: per_term(trial, base=lambda k, eta: eta ** (4 * k - 3)),
        ),
        FalseVariant(
            slug="half-agreement",
            why="The bound is claimed wherever some literal agrees by at most half.",
            check="value",
            instance=lambda trial: per_term(trial, halves, found=by_more_than_half),
        ),
        FalseVariant(
            slug="no-hypothesis",
            why="The bound is claimed for every theta, whether or not it agrees with the term.",
            check="all-eta",
            measure=lambda trial: all_eta(trial, slack=0),
        ),
        FalseVariant(
            slug="third-power",
            why="eta^3 in place of eta^2.",
            check="square",
            measure=lambda trial: square(trial, power=3.0),
        ),
        FalseVariant(
            slug="value-alone",
            why="P_x(star) <= v.",
            check="value",
            bound=bounded_by(lambda world, v: v),
        ),
    ),
    on=(given.LIKELY,),
    proofs=(proved_plantings.LIKELY,),
)
