"""P1, P2 and P4 in Coq, held against the package: small formulas, evaluated there and by the library here."""

from fractions import Fraction

import numpy as np

from explore_theory import exact
from explore_theory.claims import MACHINE_NUMBERS, REALS, Bridged, Proof
from explore_theory.formulas import Formula
from explore_theory.policies import Softmax, Tabular
from explore_theory.problems import DNF
from proofs_checks.formal.terms import fraction, listed, masses, real, reals

#: What counter-examples rest on; the theorems themselves rest on `REALS` alone.
AXIOMS = REALS | MACHINE_NUMBERS
#: Variables, literals and terms of the formulas, and eta.
SHAPES = ((2, 1, 2, Fraction(1, 4)), (3, 2, 2, Fraction(2, 9)))


def _formula(rng: np.random.Generator, n: int, k: int, m: int) -> Formula:
    """Terms on distinct variables with signs of their own."""
    rows = [(rng.choice(n, size=k, replace=False) + 1) * rng.choice([1, -1], size=k) for _ in range(m)]
    return Formula(literals=np.array(rows), n=n)


def _term(literals: list[int]) -> str:
    """A term of the formula; variables count from 0 there."""
    return listed(f"({abs(v) - 1}%nat, {str(v > 0).lower()})" for v in literals)


def _table(values: list[Fraction]) -> str:
    return f"(Sums.table {reals(values)})"


def _signs(rng: np.random.Generator, n: int) -> list[Fraction]:
    return [Fraction(int(sign)) for sign in rng.choice([1, -1], size=n)]


def _stars(problem: DNF, theta: list[Fraction]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """``pi_theta(star|x_j)`` of each term by the library's softmax policy."""
    prompts = np.arange(problem.formula.m)[None]
    policy = Softmax(np.array([float(value) for value in theta]) / problem.formula.k**0.5)
    law = policy.log_law(problem.atoms(prompts), problem.beta)[0]
    return np.asarray(np.exp(law[:, 1]))


def _planted(rng: np.random.Generator) -> list[Bridged]:
    """Stars of every term at an assignment, and the largest ratio, which is the coverage."""
    found = []
    for n, k, m, eta in SHAPES:
        formula, sigma = _formula(rng, n, k, m), _signs(rng, n)
        # The first term is satisfied, so that there is a q1.
        for v in formula.literals.tolist()[0]:
            sigma[abs(v) - 1] = Fraction(1 if v > 0 else -1)
        problem = DNF(formula=formula, eta=float(eta), assignment=np.array([int(s) for s in sigma]))
        given = f"{n}%nat {k}%nat {real(eta)} {_table(sigma)}"
        terms = formula.literals.tolist()
        for term, star in zip(terms, _stars(problem, sigma), strict=True):
            found.append(Bridged(term=f"Plantings.star {given} {_term(term)}", value=star, by=_by()))
        coverage = float(exact.coverage(problem)[0])
        found.append(
            Bridged(
                # In units of 1/p0, so that an absolute tolerance says something.
                term=f"ratio {given} {_term(terms[0])} true * Plantings.p0 {k}%nat {real(eta)}",
                value=coverage * float(eta) ** (4 * k - 2),
                by=_by("ratio"),
            )
        )
    return found


def _by(*definitions: str) -> str:
    return f"cbv [{' '.join(('Sums.table', *definitions))}]; Plantings.expand_plantings; interval"


PLANTED = Proof(
    file="formal/p1.v",
    theorem="p1",
    says=(
        "For every n and k >= 1, 0 < eta <= 1/4, assignment and finite list of terms of k literals, as "
        "stated, C_cov being over the terms, all of one mass."
    ),
    bridge=_planted,
    axioms=REALS,
    negations={"four-per-literal": "not_four_per_literal", "third-power": "not_third_power"},
)


def _likely(rng: np.random.Generator) -> list[Bridged]:
    """Stars at parameters in the box, and their mean over the terms."""
    found = []
    for n, k, m, eta in SHAPES:
        formula = _formula(rng, n, k, m)
        theta = [fraction(rng, -4, 4, 4) for _ in range(n)]
        # One coordinate of the first term is zero: it does not agree with it.
        theta[abs(formula.literals.tolist()[0][0]) - 1] = Fraction(0)
        problem = DNF(formula=formula, eta=float(eta))
        given = f"{n}%nat {k}%nat {real(eta)} {_table(theta)}"
        stars, terms = _stars(problem, theta), [_term(term) for term in formula.literals.tolist()]
        for term, star in zip(terms, stars, strict=True):
            found.append(Bridged(term=f"Plantings.star {given} {term}", value=star, by=_by()))
        found.append(
            Bridged(term=f"mean_star {given} {listed(terms)}", value=float(stars.mean()), by=_by("mean_star"))
        )
    return found


LIKELY = Proof(
    file="formal/p2.v",
    theorem="p2",
    says=(
        "For every n and k >= 1, 0 < eta <= 1/4, theta in the box and finite list of terms of k literals, as"
        " stated."
    ),
    bridge=_likely,
    axioms=REALS,
    negations={
        "third-power": "not_third_power",
        "no-hypothesis": "not_without_hypothesis",
        "value-alone": "not_value_alone",
    },
)


def _worlds(rng: np.random.Generator) -> list[Bridged]:
    """Gaps in both worlds of a policy that is another one at every term, by the package's evaluation."""
    found = []
    for n, k, m, eta in SHAPES:
        formula, sigma = _formula(rng, n, k, m), _signs(rng, n)
        terms = [_term(term) for term in formula.literals.tolist()]
        rows = [masses(rng, 2) for _ in range(m)]
        # A policy of terms is written by their place, which the first literal tells.
        firsts = [abs(term[0]) - 1 for term in formula.literals.tolist()]
        by_first = dict(zip(firsts, rows, strict=True))
        rows = [by_first[first] for first in firsts]
        stars = _table([by_first[v][1] if v in by_first else Fraction(1, 2) for v in range(n)])
        star = f"{stars} (fst (hd (0%nat, true) t))"
        policy = f"(fun t y => if y then {star} else 1 - {star})"
        table = Tabular(np.log([[float(mass) for mass in row] for row in rows]))
        for name, planted in (("blank", None), ("planted", np.array([int(s) for s in sigma]))):
            problem = DNF(formula=formula, eta=float(eta), assignment=planted)
            rewards = "blank" if name == "blank" else f"(planted {n}%nat {k}%nat {_table(sigma)})"
            found.append(
                Bridged(
                    term=f"gap {k}%nat {real(eta)} {rewards} {policy} {listed(terms)}",
                    value=float(exact.gap(problem, table)[0]),
                    by=_by("gap", "gap_at", "blank", "planted", "List.hd"),
                )
            )
    return found


TWO_WORLDS = Proof(
    file="formal/p4.v",
    theorem="p4",
    says=(
        "For every n and k >= 1, 0 < eta <= 1/4, assignment, finite list of terms of k literals and policy: "
        "the larger gap is at least c/(8k), and c/(4k) for k >= 2. The Chernoff value between is not in it."
    ),
    bridge=_worlds,
    axioms=AXIOMS,
    negations={
        "one-literal": "not_one_literal",
        "half-of-k": "not_half_of_k",
        "planted-world-alone": "not_planted_world_alone",
    },
    requires=("libcoq-interval",),
)
