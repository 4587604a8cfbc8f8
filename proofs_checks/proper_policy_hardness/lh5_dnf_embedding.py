"""LH5: a predicate of `l` accepting assignments becomes a DNF of `l` clauses per constraint, value for value.

Statement. A constraint of a Max-P formula is a tuple of variables ``v`` and of signs ``b``, which `x`
satisfies if ``P(b_1 x_{v_1}, .., b_k x_{v_k}) = 1``. Give it one clause for each accepting ``y``: ``x_{v_j} =
b_j y_j`` for all `j`. Then ``val_DNF(x) = val_P(x)`` for every `x`, so the values agree. Where a variable
comes twice in ``v`` with signs that cannot both hold, the clause is contradictory and must be kept, satisfied
by nobody.

Why. ``(b_j x_{v_j})_j`` is one tuple, so at most one clause of a constraint is satisfied, and one is if and
only if that tuple is accepting.

As printed (Lemma H.5 with Definitions H.1 and H.2), the result is a formula of clauses that are a set of
variables and one sign for each, although ``v`` may repeat a variable: false for ``P`` accepting ``(1, -1)``
only and ``v = (1, 1)``, ``b = (1, 1)``. No `x` satisfies it, and one clause of Definition H.1 is satisfied by
someone. Kept as contradictory (LH2 gives it the feature 0), nothing else changes.

What is checked. ``values``: every predicate of two arguments and every formula of one or two constraints on
up to two variables, at every assignment. ``arities``: every predicate of one, two and three arguments but the
empty one, every constraint on three variables, with repeated ones among them, every assignment. ``hadamard``:
the Hadamard predicates of arity 3, 7 and 15, with ``l = k + 1``, three constraints on `k` variables, one of
them with variables that repeat, at all ``2^k`` assignments. ``hadamard-31``: at the 32 accepted words and the
992 words one sign away from them.

What is not. More variables: a constraint sees `k` of them.

Why trust it. Both values are counted, clause by clause by `explore_theory.formulas`, and by evaluating the
predicate; the Hadamard ones by their parities, without a list of words.
"""

import itertools
from collections.abc import Iterator, Sequence
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
from proofs_checks.proper_policy_hardness.clauses import Clause, all_clauses, contradictory, count, value
from proofs_checks.proper_policy_hardness.constraints import (
    all_predicates,
    hadamard,
    near_words,
    satisfied_constraints,
    satisfied_terms,
)

Tuple = tuple[int, ...]
#: Variables (from 1) and signs.
Constraint = tuple[Tuple, Tuple]


@dataclass(frozen=True)
class Compared:
    """Values of the DNF and of the predicate's formula, and what each is of."""

    dnf: tuple[int, ...]
    predicate: tuple[int, ...]
    labels: tuple[str, ...]


def embedded(accepting: Sequence[Tuple], constraint: Constraint, *, signed: bool = True) -> list[Clause]:
    """One clause for each accepting assignment; a false variant leaves the constraint's signs out."""
    variables, signs = constraint
    return [
        frozenset(v * (b if signed else 1) * y for v, b, y in zip(variables, signs, accepted, strict=True))
        for accepted in accepting
    ]


def worlds(trial: Trial) -> Iterator[tuple[tuple[Tuple, ...], tuple[Constraint, ...]]]:
    """Every predicate of the case's arity with every formula of its size."""
    n, k, most = (int(trial.case.params[name]) for name in ("n", "k", "m"))
    tuples = list(itertools.product((1, -1), repeat=k))
    constraints = list(itertools.product(itertools.product(range(1, n + 1), repeat=k), tuples))
    for size in range(len(tuples) + 1):
        for accepting in itertools.combinations(tuples, size):
            for m in range(1, most + 1):
                for formula in itertools.combinations_with_replacement(constraints, m):
                    yield accepting, formula


def compared(trial: Trial, *, signed: bool = True, kept: bool = True, all_accept: bool = False) -> Compared:
    """Both values at every assignment; false variants leave out signs, contradictory clauses or a clause."""
    n = int(trial.case.params["n"])
    rows = []
    for accepting, formula in worlds(trial):
        clauses = [c for constraint in formula for c in embedded(accepting, constraint, signed=signed)]
        if not kept:
            # Of two opposite literals the positive one stays, so that somebody satisfies the clause.
            clauses = [c if not contradictory(c) else frozenset(abs(v) for v in c) for c in clauses]
        if all_accept:
            clauses = clauses[1:]
        for x in itertools.product((1, -1), repeat=n):
            met = sum(
                tuple(b * x[v - 1] for v, b in zip(*constraint, strict=True)) in accepting
                for constraint in formula
            )
            rows.append((count(clauses, x), met, f"accepting {accepting}, constraints {formula}, x {x}"))
    return Compared(*map(tuple, zip(*rows, strict=True)))


def measured(world: Compared) -> Measurement:
    """``val_DNF(x)``."""
    return Measurement.exact(
        [Fraction(v) for v in world.dnf], unit="counts", witness=lambda j: {"instance": world.labels[j]}
    )


def stated(world: Compared) -> Bound:
    """``val_P(x)``."""
    return Bound.of([Fraction(v) for v in world.predicate])


# --- what is printed ----------------------------------------------------------------------------------------


def least_value(_: Trial) -> Measurement:
    """The least value of one clause on one variable, over the three that Definition H.1 admits."""
    clauses = all_clauses(1, 2, least=0)
    least = min(value([clause], 1) for clause in clauses)

    def witness(_: int) -> dict[str, Any]:
        return {"P accepts": "(1, -1)", "v": "(1, 1)", "b": "(1, 1)", "n": 1, "l": 1, "m": 1, "val_P": 0}

    return Measurement.exact([Fraction(least)], effort=len(clauses), unit="formulas", witness=witness)


def size(slug: str, *, n: int, k: int, m: int) -> Case:
    """All predicates of `k` arguments, and all formulas of up to `m` constraints on `n` variables."""
    return Case(slug=slug, params={"n": n, "k": k, "m": m}, tight=True)


CLAIM = Claim(
    id="LH5",
    slug="dnf-embedding",
    theorem="proper_policy_hardness",
    title="A sparse predicate becomes a DNF with one clause for each accepting assignment",
    statement=(
        "Replacing each constraint of a Max-P formula by one clause for each accepting assignment of P, "
        "contradictory ones kept as never satisfied, gives val_DNF(x) = val_P(x) for every x."
    ),
    formula=r"\mathrm{val}_{\mathrm{DNF}}(\varphi'; x) = \mathrm{val}_P(\varphi; x)",
    relation="==",
    scope=(
        "Every predicate of 1 to 3 arguments with every constraint on three variables, and the Hadamard "
        "predicates of arity 3, 7 and 15, at every assignment."
    ),
    source="Lemma H.5 (page 70) of Foster, Mhammedi and Rohatgi (COLT 2025), mended.",
    checks=(
        Check(
            slug="values",
            evidence=Evidence.EXHAUSTIVE,
            cases=(size("n1-k2", n=1, k=2, m=2), size("n2-k2", n=2, k=2, m=2)),
            instance=compared,
            measure=measured,
            bound=stated,
        ),
        Check(
            slug="arities",
            evidence=Evidence.EXHAUSTIVE,
            cases=tuple(size(f"n3-k{k}", n=3, k=k, m=1) for k in (1, 2, 3)),
            instance=all_predicates,
            measure=satisfied_terms,
            bound=satisfied_constraints,
        ),
        Check(
            slug="hadamard",
            evidence=Evidence.EXHAUSTIVE,
            cases=tuple(size(f"k{k}", n=k, k=k, m=3) for k in (3, 7, 15)),
            instance=hadamard,
            measure=satisfied_terms,
            bound=satisfied_constraints,
        ),
        Check(
            slug="hadamard-31",
            evidence=Evidence.CERTIFIED,
            cases=(size("words", n=31, k=31, m=1),),
            instance=near_words,
            measure=satisfied_terms,
            bound=satisfied_constraints,
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="signs-forgotten",
            why="x_{v_j} = y_j: the constraint's own signs left out",
            check="values",
            instance=lambda trial: compared(trial, signed=False),
            cases=("n1-k2",),
        ),
        FalseVariant(
            slug="never-contradictory",
            why="a contradictory clause made one that somebody satisfies",
            check="values",
            instance=lambda trial: compared(trial, kept=False),
            cases=("n1-k2", "n2-k2"),
        ),
        FalseVariant(
            slug="one-clause-less",
            why="l m - 1 clauses",
            check="values",
            instance=lambda trial: compared(trial, all_accept=True),
            cases=("n1-k2",),
        ),
        FalseVariant(
            slug="a-clause-for-each-rejected-word",
            why="clauses for the words that are not accepted",
            check="arities",
            instance=lambda trial: all_predicates(trial, rejected=True),
            cases=("n3-k2",),
        ),
        FalseVariant(
            slug="hadamard-without-signs",
            why="the constraint's own signs left out, at the Hadamard predicates",
            check="hadamard",
            instance=lambda trial: hadamard(trial, signed=False),
            cases=("k3", "k7"),
        ),
        FalseVariant(
            slug="k-clauses-for-k-plus-one",
            why="one accepted word of the Hadamard predicate left out",
            check="hadamard",
            instance=lambda trial: hadamard(trial, dropped=1),
            cases=("k7",),
        ),
    ),
    printed=(
        PrintedForm(
            slug="one-sign-for-each-variable",
            item="Lemma H.5",
            page=70,
            says="some formula of Definition H.1 on the same variables has l m clauses and value val_P",
            holds=False,
            check=Check(
                slug="value-as-printed",
                evidence=Evidence.EXHAUSTIVE,
                cases=(Case(slug="one-variable"),),
                measure=least_value,
                bound=lambda _: Bound.of([Fraction(0)]),
                relation="<=",
            ),
            mended=(
                "Admit contradictory clauses, as for Lemma H.6: with the feature 0 Lemma H.2 holds for them "
                "(LH2), and Theorem H.2 and Theorem 4.1 survive. Or let the variables of a constraint differ."
            ),
        ),
    ),
)
