"""P1, P2 and LH6 on a formula that a user brings, by the problem whose prompts are its terms.

Letters: `m` terms of `k` literals on `n` variables.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.claims import (
    Bound,
    Case,
    Check,
    Evidence,
    FalseVariant,
    Measurement,
    OnInstance,
    Resolution,
    Trial,
)
from explore_theory.formulas import Clauses, Conjunctions, Formula, MixedFormula, repeated
from explore_theory.problems import DNF

Floats = npt.NDArray[np.float64]

ASSIGNMENTS, T = 16, 2
MOST_TERMS, MOST_LITERALS = 2**17, 80
MOST_REPEATED = 1000
RESOLUTION = Resolution(absolute=1e-9, relative=1e-9)


@dataclass(frozen=True, eq=False)
class Planted:
    """Problems of one formula, one for each planted assignment; terms have one width."""

    problems: tuple[DNF, ...]


def formula_of(given: Any) -> Any:
    """The formula of a file, or of the problem in it."""
    return given.formula if isinstance(given, DNF) else given


def eta_of(given: Any, k: int) -> float:
    """That of the problem in the file, else ``2^-(k+2)``, or what `k` literals allow."""
    if isinstance(given, DNF):
        return given.eta
    return float(max(2.0 ** -(k + 2), np.exp(-600.0 / (4 * k - 2))))


def plantable(given: Any) -> str:
    """Why a file does not make a problem whose prompts are terms; empty if it does."""
    formula = formula_of(given)
    if not isinstance(formula, Formula | MixedFormula):
        return (
            "the formula must be terms (p dnf); clauses, of which each is an or, are no prompts of the "
            "problem"
        )
    if formula.m > MOST_TERMS:
        return f"terms must be at most {MOST_TERMS} to be looked at one by one, got {formula.m}"
    if (k := formula.table.shape[1]) > MOST_LITERALS:
        return f"terms must have at most {MOST_LITERALS} literals, got {k}"
    return ""


def planted(trial: Trial) -> Planted:
    """Assignments at random, one that satisfies the first term, and that of the file if it has one."""
    given = trial.given
    formula = formula_of(given).padded()
    signs = np.where(trial.streams.normal(ASSIGNMENTS * formula.n).reshape(ASSIGNMENTS, -1) >= 0, 1, -1)
    first = formula.literals[0]
    signs[0, np.abs(first) - 1] = np.sign(first)
    own = [given.assignment] if isinstance(given, DNF) and given.assignment is not None else []
    eta = eta_of(given, formula.k)
    rows = [*own, *signs]
    return Planted(tuple(DNF(formula=formula, eta=eta, assignment=row) for row in rows))


def violated(problem: DNF) -> npt.NDArray[np.int64]:
    """How many literals of each term the assignment violates, `[m]`."""
    assert problem.assignment is not None
    literals = problem.formula.at(np.arange(problem.formula.m))
    return np.asarray((problem.assignment[np.abs(literals) - 1] * np.sign(literals) < 0).sum(axis=-1))


def log_stars(problem: DNF) -> Floats:
    """``log pi_theta(star|x_j)`` at ``theta*`` `[m]`, by tilting the base law by the reward, term by term."""
    atoms = problem.atoms(np.arange(problem.formula.m)[None])
    tilted = atoms.log_mass[0] + atoms.reward[0] / problem.beta
    return np.asarray(tilted[:, 1] - np.logaddexp(tilted[:, 0], tilted[:, 1]))


# --- P1 --------------------------------------------------------------------------------------------------


def stars(world: Planted) -> Measurement:
    """``-log pi(star)`` over ``log(1/eta)`` of the term of each number of violated literals."""
    found = [np.concatenate([-log_stars(p) / np.log(1 / p.eta)]) for p in world.problems]
    values = np.concatenate(found)
    return Measurement.exact(values, error=1e-11, effort=len(values), unit="terms")


def stated(world: Planted, exponent: float = 8.0) -> Bound:
    """The same by the statement: ``eta^(8u-2)/(eta^(8u-2) + 1 - p0)``, ``q1`` at ``u = 0``."""
    found = []
    for problem in world.problems:
        log_eta, rest = np.log(problem.eta), np.log1p(-np.exp(problem.log_base_star))
        power = (exponent * violated(problem) - 2) * log_eta
        found.append((np.logaddexp(power, rest) - power) / -log_eta)
    return Bound.of(np.concatenate(found), error=1e-11)


STARS = OnInstance(
    kinds=("formula",),
    applies=plantable,
    check=Check(
        slug="given",
        evidence=Evidence.ADVERSARIAL,
        cases=(Case(slug="given"),),
        instance=planted,
        measure=stars,
        bound=stated,
        resolution=RESOLUTION,
        # Of a satisfied term the logarithm is about eta^2, and says nothing beside the resolution.
        share=0.05,
    ),
    variants=(
        FalseVariant(
            slug="given-smaller-power",
            why="eta^(4u-2) in place of eta^(8u-2)",
            check="given",
            bound=lambda w: stated(w, 4.0),
        ),
    ),
)


# --- P2 --------------------------------------------------------------------------------------------------


def likely(world: Planted) -> Measurement:
    """``P_x(star)`` at the corner of each assignment."""
    found = [float(np.exp(log_stars(problem)).mean()) for problem in world.problems]
    return Measurement.exact(found, error=1e-13, effort=len(found), unit="assignments")


def satisfied(world: Planted, eta: bool = True) -> Bound:
    """``v + (1 - v) eta^2``; without what violated terms may add as a false variant."""
    values = np.array([float(p.formula.value(p.assignment)) for p in world.problems])  # type: ignore[attr-defined]
    etas = np.array([p.eta if eta else 0.0 for p in world.problems])
    return Bound.of(values + (1 - values) * etas**2 if eta else 0.5 * values, error=1e-14)


LIKELY = OnInstance(
    kinds=("formula",),
    applies=plantable,
    check=Check(
        slug="given",
        evidence=Evidence.ADVERSARIAL,
        cases=(Case(slug="given"),),
        instance=planted,
        measure=likely,
        bound=satisfied,
        resolution=Resolution(absolute=1e-12, relative=1e-9),
    ),
    variants=(
        FalseVariant(
            slug="given-half-the-value",
            why="half the value of the assignment",
            check="given",
            bound=lambda w: satisfied(w, eta=False),
        ),
    ),
)


# --- LH6 -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Repeated:
    """A formula, all conjunctions of `T` of its terms, and assignments `[A, n]`."""

    formula: Conjunctions
    conjoined: Conjunctions
    assignments: Any


def repeatable(given: Any) -> str:
    """Why the conjunctions of its terms are not listed; empty if they are."""
    formula = formula_of(given)
    if isinstance(formula, Clauses):
        return "the formula must be terms (p dnf): conjunctions of clauses that are ors are no terms"
    if formula.m > MOST_REPEATED:
        return f"terms must be at most {MOST_REPEATED}, so that all pairs can be listed, got {formula.m}"
    if formula.m**2 * 2 * formula.table.shape[1] > 2**24:
        return "terms must be shorter or fewer, so that all pairs can be listed"
    return ""


def conjoined(trial: Trial) -> Repeated:
    """Assignments at random, and one that satisfies the first term."""
    formula = formula_of(trial.given)
    rows = Conjunctions(formula.table, formula.n)
    signs = np.where(trial.streams.normal(ASSIGNMENTS * formula.n).reshape(ASSIGNMENTS, -1) >= 0, 1, -1)
    first = formula.table[0][formula.table[0] != 0]
    signs[0, np.abs(first) - 1] = np.sign(first)
    return Repeated(rows, repeated(rows, T), signs)


def exactly(values: list[Fraction]) -> Any:
    """Fractions as an array."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def values_of_pairs(world: Repeated) -> Measurement:
    """``val'(x)``, counted."""
    found = exactly([world.conjoined.value(x) for x in world.assignments])
    return Measurement.exact(found, effort=len(found), unit="assignments")


def powers(world: Repeated, t: int = T) -> Bound:
    """``val(x)^t``."""
    return Bound.of(exactly([world.formula.value(x) ** t for x in world.assignments]))


PAIRS = OnInstance(
    kinds=("formula",),
    applies=repeatable,
    check=Check(
        slug="given",
        evidence=Evidence.EXHAUSTIVE,
        cases=(Case(slug="given"),),
        instance=conjoined,
        measure=values_of_pairs,
        bound=powers,
        relation="==",
    ),
    variants=(
        FalseVariant(
            slug="given-same-value",
            why="the value stays what it was",
            check="given",
            bound=lambda w: powers(w, 1),
        ),
        FalseVariant(slug="given-cube", why="the third power", check="given", bound=lambda w: powers(w, 3)),
    ),
)
