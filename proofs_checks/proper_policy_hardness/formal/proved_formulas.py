"""LH2 in Coq, held against the embeddings of random formulas."""

from fractions import Fraction

import numpy as np

from explore_theory.claims import Bridged, Proof
from proofs_checks.formal.terms import listed, table
from proofs_checks.proper_policy_hardness.clauses import STEPS, Clause, Embedding, mass, satisfied

#: What is unfolded before the mass of the clauses is a number.
EMBEDDING = (
    "clause_mass",
    "Tilts.mass_on",
    "Laws.mean",
    "Tilts.on",
    "Tilts.tilt",
    "Laws.optimal",
    "Laws.partition",
    "Laws.mean",
    "responses",
    "is_clause",
    "base",
    "q_of",
    "reward",
    "score",
    "agreement",
    "own_length",
    "contradictory",
    "opposite",
    "Sums.table",
)
SHARE = ("share", "satisfied", "satisfies")


def pair(signed: int) -> str:
    """``v`` or ``-v`` as a pair of variable and sign; variables are counted from zero."""
    return f"({abs(signed) - 1}%nat, {'true' if signed > 0 else 'false'})"


def formulas(rng: np.random.Generator) -> list[tuple[Clause, ...]]:
    """Formulas of 2 or 3 clauses of unequal lengths on 3 variables, a contradictory one in the second."""

    def clause(length: int) -> Clause:
        variables = rng.permutation(3)[:length] + 1
        signs = 2 * rng.integers(2, size=length) - 1
        return frozenset(int(literal) for literal in variables * signs)

    return [
        (clause(1), clause(3)),
        (clause(2), frozenset({1, -1}), clause(1)),
        (clause(3), clause(2), clause(2)),
    ]


def formula_masses() -> Proof:
    """LH2."""

    def bridge(rng: np.random.Generator) -> list[Bridged]:
        found = []
        for formula, base, theta in zip(
            formulas(rng), (2, 5, 3), ((1, 0, -1), (-1, 1, 1), (0, -1, 1)), strict=True
        ):
            # ``e^(-1/beta) = (1/base)^STEPS``.
            here = Embedding(formula, Fraction(1, base))
            beta = f"(1 / ({STEPS} * ln {base}))"
            signs = [t >= 0 for t in theta]
            text = listed(listed(map(pair, sorted(clause))) for clause in formula)
            truths = f"(fun v => List.nth v {listed(str(s).lower() for s in signs)} false)"
            found += [
                Bridged(
                    term=f"clause_mass own_length {text} {beta} {table(map(Fraction, theta))}",
                    value=float(mass(here.t, here.steps(theta))),
                    unfold=EMBEDDING,
                ),
                Bridged(
                    term=f"share {truths} {text}",
                    value=float(share(formula, [1 if s else -1 for s in signs])),
                    unfold=SHARE,
                ),
            ]
        return found

    return Proof(
        file="formal/lh2.v",
        theorem="formula_masses",
        says=(
            "Both inequalities for every formula of m >= 1 clauses of 1 to k literals, contradictory ones "
            "among them, every number of variables, beta > 0, assignment, and theta in the cube (where it is "
            "0 its sign may be either). That they are attained is not in it. The first part of Lemma H.2 as "
            "printed is refuted by one clause of one literal at k = 2 (as_printed_is_false)."
        ),
        bridge=bridge,
        negations={
            "longest-length": "longest_length_is_false",
            "violated-at-q": "violated_at_q_is_false",
        },
    )


def share(formula: tuple[Clause, ...], signs: list[int]) -> Fraction:
    """The share of the clauses that an assignment satisfies."""
    return Fraction(sum(satisfied(clause, signs) for clause in formula), len(formula))
