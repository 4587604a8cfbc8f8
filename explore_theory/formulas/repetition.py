"""Serial repetition: conjunctions of terms *on the same variables*, which raise every value to a power.

Where parts share a variable the conjunction is shorter than the sum of their widths; where they disagree on
it the conjunction is contradictory. Neither may be left out: values are fractions of all terms.

Letters: `m` terms, `k` places for literals, `n` variables, `t` parts of a conjunction.
"""

from fractions import Fraction

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.formulas.conjunctions import Conjunctions
from explore_theory.formulas.optimum import Optimum, exact_optimum
from explore_theory.foundation.validation import whole

#: Conjunctions are listed: so many places for literals in all.
MOST_PLACES = 1 << 24


def repeated(formula: Conjunctions, t: int) -> Conjunctions:
    """All ``m^t`` conjunctions of `t` terms, in order and with repetition; values to the power `t`.

    Source: Lemma H.6 of Foster, Mhammedi and Rohatgi (COLT 2025), mended: widths are at most ``min(t max
    widths, n)``, and contradictory conjunctions are kept.

    Raises
    ------
    InvalidProblem
        If `formula` is of another kind, `t` no whole number of at least 1, or they have more than
        `MOST_PLACES` places for literals.
    """
    _checked(formula)
    whole("t", t, least=1)
    width = max(2, formula.literals.shape[1])
    # With two terms or more, t > 24 is too many: no power need be worked out.
    if t * width > MOST_PLACES or (formula.m > 1 and t > 24) or formula.m**t * t * width > MOST_PLACES:
        raise InvalidProblem(
            f"m^t terms of t k literals must have at most {MOST_PLACES} places to be listed, "
            f"got m={formula.m}, k={formula.literals.shape[1]}, t={t}"
        )
    parts = np.indices((formula.m,) * t).reshape(t, -1) if formula.m > 1 else np.zeros((t, 1), dtype=np.int64)
    rows = np.zeros((formula.m, width), dtype=np.int64)
    rows[:, : formula.literals.shape[1]] = formula.literals
    # A contradictory term has no literals left: two opposite ones stand for it.
    rows[formula.never, :2] = (1, -1)
    return Conjunctions(
        np.concatenate([rows[part] for part in parts], axis=-1), formula.n, contradictory=True
    )


def largest_value(formula: Conjunctions) -> Optimum:
    """The largest value, as a fraction of all terms, by trying all assignments."""
    if _checked(formula).never.all():
        nothing = Fraction(0)
        return Optimum(value=nothing, bound=nothing, assignment=(1,) * formula.n, method="contradictions")
    kept = formula.possible()
    found = exact_optimum(kept)
    value = found.value * Fraction(kept.m, formula.m)
    return Optimum(value=value, bound=value, assignment=found.assignment, method=found.method)


def _checked(formula: Conjunctions) -> Conjunctions:
    if not isinstance(formula, Conjunctions):
        raise InvalidProblem(f"formula must be one of Conjunctions, got formula={formula!r:.80}")
    return formula
