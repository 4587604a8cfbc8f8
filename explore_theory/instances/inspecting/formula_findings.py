"""What there is to know of a formula: terms (DNF), clauses (CNF), or the problem whose prompts are terms.

Letters: `m` terms or clauses of up to `k` literals on `n` variables.
"""

import math
from fractions import Fraction

import numpy as np

from explore_theory.formulas.clauses import Clauses
from explore_theory.formulas.formula import Formula
from explore_theory.formulas.mixed import MixedFormula
from explore_theory.formulas.optimum import MOST_VARIABLES, exact_optimum
from explore_theory.instances.inspecting.records import Assumption, Findings, Number, Statement, said
from explore_theory.problems.dnf import DNF

#: Terms times words of 64 assignments, and literals, up to which all assignments are tried.
_MOST_WORDS, _MOST_LITERALS = 1 << 28, 1 << 22
_TRIES = 64


def found(given: Formula | MixedFormula | Clauses | DNF) -> Findings:
    """Everything that an inspection tells of a formula."""
    formula = given.formula if isinstance(given, DNF) else given
    assert isinstance(formula, Formula | MixedFormula | Clauses)
    table = formula.table
    widths = np.asarray((table != 0).sum(axis=-1))
    used = np.unique(np.abs(table[table != 0]))
    part = "clauses" if isinstance(formula, Clauses) else "terms"
    sizes: dict[str, Number] = {
        "n": formula.n,
        f"m ({part})": formula.m,
        "literals": int(widths.sum()),
        "narrowest": int(widths.min()),
        "widest (k)": int(widths.max()),
        "variables that occur": int(used.size),
        f"distinct {part}": len(np.unique(np.sort(table, axis=-1), axis=0))
        if table.size <= _MOST_LITERALS
        else None,
    }
    if isinstance(formula, Clauses):
        sizes["tautological"] = int(formula.always.sum())
        sizes["empty"] = int(((widths == 0) & ~formula.always).sum())
    mean = _mean(formula, widths)
    best, bound, how = _optimum(formula)
    quantities: dict[str, Number] = {
        "satisfied by a random assignment": mean,
        "largest value found": None if best is None else float(best),
        "largest value at most": None if bound is None else float(bound),
        "found by": how,
    }
    warnings = []
    if used.size < formula.n:
        warnings.append(f"{formula.n - used.size} of {formula.n} variables occur in no literal")
    if isinstance(given, DNF):
        quantities |= {"eta": given.eta, "beta": given.beta, "1/p0": math.exp(-given.log_base_star)}
        if given.assignment is not None:
            quantities["value of the assignment"] = float(formula.value(given.assignment))
    if isinstance(formula, MixedFormula):
        warnings.append("widths differ: `padded()` makes them one, where a problem is made of the formula")
    return Findings(
        sizes=sizes,
        quantities=quantities,
        warnings=warnings,
        statements=_statements(formula, widths, best, bound),
    )


def _mean(
    formula: Formula | MixedFormula | Clauses, widths: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]"
) -> float:
    """The mean over all assignments of the fraction satisfied."""
    chances = np.exp2(-widths.astype(np.float64))
    if isinstance(formula, Clauses):
        chances = np.where(formula.always, 1.0, 1.0 - chances)
    return float(chances.mean())


def _optimum(
    formula: Formula | MixedFormula | Clauses,
) -> tuple[Fraction | None, Fraction | None, str]:
    """The best value found, an upper bound, and how; nothing of formulas that are too large to try."""
    if formula.table.size > _MOST_LITERALS:
        return None, None, "not looked for: too many literals"
    always = int(formula.always.sum()) if isinstance(formula, Clauses) else 0
    terms: Formula | MixedFormula
    if isinstance(formula, Clauses):
        if not formula.widths.any():
            return Fraction(always, formula.m), Fraction(always, formula.m), "nothing to choose"
        terms = formula.terms()
    else:
        terms = formula
    if formula.n <= MOST_VARIABLES and terms.m << max(0, formula.n - 6) <= _MOST_WORDS:
        found = exact_optimum(terms)
        value = (found.value * terms.m + always) / formula.m
        return value, value, "all assignments"
    generator = np.random.Generator(np.random.Philox(key=0))
    signs = generator.integers(0, 2, (_TRIES, formula.n)) * 2 - 1
    best = max(formula.value(row) for row in signs)
    return best, Fraction(1), f"{_TRIES} random assignments; {MOST_VARIABLES} variables can be tried in full"


def _statements(
    formula: Formula | MixedFormula | Clauses,
    widths: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]",
    best: Fraction | None,
    bound: Fraction | None,
) -> list[Statement]:
    k, is_terms = int(widths.max()), not isinstance(formula, Clauses)
    terms = Assumption(
        f"the parts are terms (ands): here {'they are' if is_terms else 'clauses (ors)'}", is_terms
    )
    # Fresh variables that are true fill narrow terms, and keep what there is to find.
    padded = " (`padded()` makes it one)" * bool(widths.min() < k)
    one_width = Assumption(f"terms have one width: here {int(widths.min())} to {k}{padded}", True)
    found = [
        Statement(
            claims=("P1", "P2"),
            title="a softmax policy that is likely to answer star has found an assignment",
            says=(
                "DNF(formula, eta): beta = 1/(4k log(1/eta)), 1/p0 = eta^-(4k-2); at eta = 1/4: "
                f"{4.0 ** (4 * k - 2):.3g}"
            )
            if k <= 80
            else "k is too large for 1/p0 to be a double",
            assumptions=(terms, one_width),
        ),
        Statement(
            claims=("P6", "P6r"),
            title="oblivious proper learners pay data like 2^k",
            says=(
                f"2^k = {said(2.0**k)}, where terms are random; a search over 2^n = {_power(formula.n)} "
                "assignments does without"
            ),
            assumptions=(terms, one_width),
            about="problems like it",
        ),
        Statement(
            claims=("LH6",),
            title="conjoining t terms in all ways raises values to the power t",
            says=f"at t = 2: {formula.m**2:,} terms, and values are squared",
            assumptions=(terms,),
        ),
        Statement(
            claims=("T41", "PT", "PTc"),
            title="no proper learner is quick on all formulas, unless rETH fails",
            says="asymptotic, and about the hardest formulas; of this one it says nothing"
            + (" (all of its assignments were tried)" if best is not None and best == bound else ""),
            assumptions=(terms,),
            about="problems like it",
        ),
    ]
    if not is_terms:
        found.append(
            Statement(
                claims=("LH5",),
                title="a sparse predicate becomes a DNF with a clause for each accepting assignment",
                says=(
                    f"a clause of {k} literals accepts {_power(k)} - 1 assignments; `terms()` has k "
                    "disjoint terms for it"
                ),
            )
        )
    return found


def _power(exponent: int) -> str:
    return said(2.0**exponent) if exponent < 1000 else f"2^{exponent}"
