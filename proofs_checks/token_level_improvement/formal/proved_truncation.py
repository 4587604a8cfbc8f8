"""LN1 and LN2 in Coq, held against the package at rational states."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np

from explore_theory.claims import Bound, Bridged, Measurement, Proof
from proofs_checks.formal.terms import fractions, masses, numbers, real, table, table2

S = TypeVar("S")
Vector = tuple[Fraction, ...]
ZERO, ONE = Fraction(0), Fraction(1)

#: Which features are cut is decided by interval arithmetic: one of the two cases contradicts it.
DECIDED = (
    "repeat match goal with |- context [Rle_dec ?x ?y] => destruct (Rle_dec x y) as [near | far]; "
    "[first [exfalso; apply (Rle_not_lt _ _ near); interval | clear near] "
    "| first [exfalso; apply far; interval | clear far]] end"
)
#: What is unfolded last, before a number is left.
POLICIES = (
    "Laws.kl",
    "Tilts.tilt",
    "Laws.optimal",
    "Laws.partition",
    "Laws.mean",
    "Norms.form",
    "Matrices.dot",
    "Matrices.times",
    "Matrices.square",
    "Matrices.reduced",
    "Matrices.schur",
    "Sums.table2",
    "Sums.table",
)
#: What is unfolded first of LN2.
TRUNCATED = (
    "Truncation.truncated_policy",
    "Truncation.optimal_mass",
    "Tilts.mass_on",
    "Tilts.on",
    "Tilts.truncated",
    "exponent",
    "short",
    "score",
    "Matrices.identity",
)


def _tactic(*definitions: str) -> str:
    return f"unfold {', '.join((*definitions, *POLICIES))}; simpl; {DECIDED}; simpl; interval"


# --- LN1 ---------------------------------------------------------------------------------------------------


def states(rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """States of two features, ``Sigma`` diagonal: the fields of the claim's own class.

    Some features are longer than `nu`, some are not; ``beta`` is never one.
    """
    sigma = (Fraction(3, 2), Fraction(4, 5))
    for n, nu, beta in ((3, ONE, Fraction(1, 2)), (3, Fraction(3, 4), Fraction(3))):
        short = [tuple(fractions(rng, 2, 1, 5, 9)) for _ in range(n - 2)]
        theta, step = tuple(fractions(rng, 2, -9, 9, 8)), fractions(rng, 2, 1, 4, 9)
        yield {
            "base": tuple(masses(rng, n)),
            "features": ((ZERO, ZERO), *short, tuple(fractions(rng, 2, 13, 17, 8))),
            "sigma": sigma,
            "nu": nu,
            "beta": beta,
            "theta": theta,
            "other": tuple(a + beta * b for a, b in zip(theta, step, strict=True)),
        }


def second_order(
    state: Callable[..., S], measure: Callable[[list[S]], Measurement], bound: Callable[[list[S]], Bound]
) -> Proof:
    """LN1; the claim's own states and both its sides."""

    def bridge(rng: np.random.Generator) -> list[Bridged]:
        found = []
        for fields in states(rng):
            here = [state(**fields)]
            actions, base = numbers(len(fields["base"])), table(fields["base"])
            (a, b), beta = fields["sigma"], real(fields["beta"])
            matrix = table2(((a, ZERO), (ZERO, b)))
            features = f"{real(fields['nu'])} {table2(fields['features'])}"
            theta, other = table(fields["theta"]), table(fields["other"])
            mean = f"mean_square {actions} {base} 2 {matrix} {features} {theta} {beta}"
            found += [
                Bridged(
                    term=f"divergence {actions} {base} 2 {matrix} {features} {theta} {other} {beta}",
                    value=float(measure(here).lo[0]),
                    by=_tactic("divergence", "policy", "score", "cut"),
                ),
                Bridged(
                    term=f"(exp 1 - 2) / ({beta} * {beta}) * {mean} * distance 2 {matrix} {theta} {other}",
                    value=float(bound(here).lo[0]),
                    by=_tactic("mean_square", "distance", "policy", "score", "cut"),
                ),
            ]
        return found

    return Proof(
        file="formal/ln1.v",
        theorem="truncated_policies",
        says=(
            "The inequality for every finite list of actions, base policy (masses may be zero), dimension, "
            "positive definite Sigma, features, parameters, nu >= 0 and beta > 0, if nu |theta' - theta| <= "
            "beta. That e - 2 cannot be smaller is not in it. Lemma N.1 as printed is refuted by a fair coin "
            "(as_printed_is_false)."
        ),
        bridge=bridge,
        negations={"beta-once": "beta_once_is_false"},
    )


# --- LN2 ---------------------------------------------------------------------------------------------------


def kept_coverage(
    state: Callable[..., S], ratios: Callable[[S], Vector], kept: Callable[[S], Fraction]
) -> Proof:
    """LN2; the claim's own states, with what they say of ``pi/pi_ref`` and of ``pi*(I)``.

    Its states have rational tilts: one whole-numbered feature, ``Sigma`` one, and parameters that are
    multiples of ``beta log(3/2)`` and ``beta log(5/4)``.
    """

    def bridge(rng: np.random.Generator) -> list[Bridged]:
        found = []
        for n, nu, beta in ((3, Fraction(5, 2), Fraction(2, 3)), (4, Fraction(3, 2), Fraction(7, 3))):
            base, phi = masses(rng, n), [ZERO, ONE, *fractions(rng, n - 2, 3, 6, 1)]
            here = state(
                tuple(base),
                tuple(Fraction(3, 2) ** int(x) for x in phi),
                tuple(x <= nu for x in phi),
                tuple(Fraction(5, 4) ** int(x) for x in phi),
            )
            actions, law, features = numbers(n), table(base), table2([[x] for x in phi])
            inside = f"(short 1 Matrices.identity {real(nu)} {features}) {real(beta)}"
            best = f"(fun _ => {real(beta)} * ln (3 / 2))"
            theta = f"(fun _ => {real(beta)} * (ln (3 / 2) + ln (5 / 4)))"
            found += [
                Bridged(
                    term=(
                        f"Truncation.truncated_policy {actions} {law} (score 1 {theta} {features}) {inside} "
                        f"{k}%nat / {law} {k}%nat"
                    ),
                    value=float(ratio),
                    by=_tactic(*TRUNCATED),
                )
                for k, ratio in enumerate(ratios(here))
            ]
            found += [
                Bridged(
                    term=f"Truncation.optimal_mass {actions} {law} (score 1 {best} {features}) {inside}",
                    value=float(kept(here)),
                    by=_tactic(*TRUNCATED),
                ),
                Bridged(
                    term=f"exp (exponent 1 Matrices.identity {real(nu)} {real(beta)} {theta} {best})",
                    value=float(Fraction(5, 4)) ** float(nu),
                    by=_tactic(*TRUNCATED),
                ),
            ]
        return found

    return Proof(
        file="formal/ln2.v",
        theorem="conditional_coverage_kept",
        says=(
            "The three inequalities for every finite list of actions, base policy (masses may be zero, not "
            "the anchor's), dimension, positive definite Sigma, features, parameters, nu >= 0 and beta > 0. "
            "That no exponent can be smaller is not in it. Lemma N.2 as printed is refuted at a truncated "
            "action (as_printed_is_false)."
        ),
        bridge=bridge,
        negations={"one-bound-for-all": "one_bound_for_all_is_false"},
    )
