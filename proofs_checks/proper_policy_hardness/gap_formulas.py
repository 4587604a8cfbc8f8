"""Formulas for the claim on the gap: all small ones, contradictory clauses paid for, and a count by hand.

*Contradictory clauses can be done without* (Definition H.1 has none). Write every other clause ``2^w`` times,
and for a contradictory one the ``2^w`` clauses of all signs of ``x_1, .., x_w``, of which every assignment
satisfies exactly one. So contradictory clauses of share `f` add ``f 2^{-w}`` to the share of each assignment.
"""

import itertools
from fractions import Fraction

import numpy as np

from explore_theory.formulas import (
    Conjunctions,
    MixedFormula,
    PredicateFormula,
    hadamard_predicate,
    largest_value,
)
from explore_theory.harness import Bound, Measurement, Trial
from proofs_checks.proper_policy_hardness.clauses import Clause, all_clauses, all_formulas, text, value
from proofs_checks.proper_policy_hardness.constraints import Repetition, met

# --- nothing to tell apart below c log2 n -------------------------------------------------------------------


def small_formulas(trial: Trial) -> list[tuple[Clause, ...]]:
    """All formulas of the case's size, without contradictory clauses."""
    n, k, m = (int(trial.case.params[name]) for name in ("n", "k", "m"))
    return list(all_formulas(all_clauses(n, k), m))


def largest_shares(trial: Trial) -> Measurement:
    """The largest share of satisfied clauses of each formula."""
    found = small_formulas(trial)
    return Measurement.exact(
        [Fraction(value(formula, int(trial.case.params["n"])), len(formula)) for formula in found],
        unit="formulas",
        witness=lambda j: {"formula": text(found[j])},
    )


def random_shares(trial: Trial, less: int = 0) -> Bound:
    """``2^{-k}``, with the length of the longest clause."""
    return Bound.of([Fraction(1, 2 ** (max(map(len, f)) - less)) for f in small_formulas(trial)])


# --- contradictory clauses paid for -------------------------------------------------------------------------

#: `w`.
WIDTH = 3


def padded(terms: Conjunctions, *, all_signs: bool = True) -> MixedFormula:
    """The formula without contradictory clauses; a false variant writes ``x_1 & .. & x_w`` in their place."""
    places = range(1, WIDTH + 1)
    signs = list(itertools.product((1, -1), repeat=WIDTH)) if all_signs else [(1,) * WIDTH] * 2**WIDTH
    found: list[list[int]] = []
    for row, never in zip(terms.table.tolist(), terms.never, strict=True):
        literals = [x for x in row if x]
        found += (
            [[v * b for v, b in zip(places, chosen, strict=True)] for chosen in signs]
            if never
            else [literals] * 2**WIDTH
        )
    return MixedFormula(found, terms.n)


def padded_values(world: Repetition, *, all_signs: bool = True) -> Measurement:
    """The clauses that each assignment satisfies."""
    formula = padded(world.terms, all_signs=all_signs)
    found = [Fraction(int(formula.satisfied(x).sum())) for x in world.points]
    return Measurement.exact(
        found, unit="assignments", witness=lambda j: {"x": str(world.points[j])}, notes=world.notes
    )


def paid_powers(world: Repetition) -> Bound:
    """``2^w val_P(x)^t`` and one for each contradictory conjunction."""
    never = opposed(world.formula, world.t)
    return Bound.of(
        [Fraction(2**WIDTH * int(v) ** world.t + never) for v in met(world.formula, world.points)]
    )


def opposed(formula: PredicateFormula, t: int) -> int:
    """How many conjunctions of `t` terms ask a variable for both signs, term by term."""
    terms = [
        {int(v * b * y) for v, b, y in zip(variables, signs, word, strict=True)}
        for variables, signs in zip(formula.variables, formula.signs, strict=True)
        for word in formula.predicate.accepting
    ]
    together = (set().union(*chosen) for chosen in itertools.product(terms, repeat=t))
    return sum(any(-x in one for x in one) for one in together)


# --- a step of the printed proof ----------------------------------------------------------------------------


def counted_share(_: Trial) -> Measurement:
    """The best share of the ``4 * 4`` clauses of four Hadamard constraints of which three can hold."""
    signs = np.ones((4, 3), dtype=np.int64)
    signs[3, 0] = -1
    terms = PredicateFormula(hadamard_predicate(3), np.tile([1, 2, 3], (4, 1)), signs, 3).conjunctions()
    best = largest_value(terms).value
    return Measurement.exact(
        [best],
        unit="formulas",
        witness=lambda _: {
            "constraints": "x1x2x3 = 1 thrice, = -1 once",
            "k0": 3,
            "val_P": "3 of 4 = 2 k0/2^k0",
            "clauses": terms.m,
            "2 k0 m": 24,
            "val_DNF": int(best * terms.m),
        },
    )
