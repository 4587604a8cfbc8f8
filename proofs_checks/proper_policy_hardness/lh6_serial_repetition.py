"""LH6: conjoining `t` clauses in all ways raises the value to the power `t`, if clauses may be contradictory.

Statement. Let a formula have `m` clauses of at most `k` literals. The formula of all ``m^t`` conjunctions of
`t` of its clauses, in order and with repetition, satisfies ``val'(x) = val(x)^t`` for every assignment `x`,
so its value is ``val^t``; its clauses have between ``max_j |C_ij|`` and ``min(k t, n)`` different variables,
and those with two opposite literals are satisfied by nobody. They must be kept.

Why. A conjunction is satisfied by `x` if and only if each of its parts is: ``val(x)`` choices in each of `t`
places. *They must be kept*: a formula whose every clause is satisfied by someone has
``sum_x val'(x) = sum_i 2^{n - |S_i|}``, so its value is at least the sum of ``2^{-|S_i|}``, and ``m^t`` such
clauses on one variable have value at least ``m^t/2``.

As printed (Lemma H.6 with Definition H.1, where a clause is a set of variables and one sign for each), the
result is again such a formula: false for ``x1 | !x1`` and ``t = 2``, of value 1: any 4 clauses on one
variable have value at least 2. Also, the clauses are shorter than `k t` wherever parts share variables,
which Lemma H.2 as printed does not admit. With the features of LH2 (by a clause's own length, 0 for a
contradictory one) both are mended, and Theorem H.2 and Theorem 4.1 survive. Or contradictory clauses are
written away, at ``2^w`` times as many clauses and ``2^{-w}`` in the share (TH2).

What is checked. Value for value at every assignment: all formulas of up to 3 clauses on up to 3 variables,
``t <= 3``; the lengths for the same. ``hadamard``: formulas of one to three Hadamard constraints of arity 3
and 7, constraints apart, sharing variables, opposed, and with a variable twice, ``t <= 3`` and up to 1,728
conjunctions; the largest value among them. ``volumes``: the sum of ``2^{-|S'|}`` over conjunctions that
somebody satisfies is the mean of ``val(x)^t``, which would notice a wrong length or a contradiction that is
not one; how many conjunctions have each length, and how many are contradictory (1,572 of the 1,728 for three
constraints that share variables), is stored beside it.

What is not. Larger `t`: the argument is the same.

Why trust it. Values are counted, conjunction by conjunction; those of Hadamard constraints by parities.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
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
from proofs_checks.proper_policy_hardness import given
from proofs_checks.proper_policy_hardness.clauses import (
    Clause,
    all_clauses,
    all_formulas,
    count,
    satisfied,
    text,
    value,
)
from proofs_checks.proper_policy_hardness.constraints import (
    Repetition,
    mean_power,
    powers,
    repeated_values,
    volumes,
)

Formula = tuple[Clause, ...]
Repeated = Callable[[Formula, int], Iterator[Clause]]


def conjunctions(formula: Formula, t: int) -> Iterator[Clause]:
    """All conjunctions of `t` clauses, in order and with repetition."""
    for parts in itertools.product(formula, repeat=t):
        yield frozenset().union(*parts)


def overwritten(formula: Formula, t: int) -> Iterator[Clause]:
    """False: of two opposite literals the later one is kept, so that each clause can be satisfied."""
    for parts in itertools.product(formula, repeat=t):
        signs = {abs(v): v for part in parts for v in part}
        yield frozenset(signs.values())


def distinct(formula: Formula, t: int) -> Iterator[Clause]:
    """False: no clause is taken twice."""
    for parts in itertools.permutations(formula, t):
        yield frozenset().union(*parts)


def consistent(formula: Formula, t: int) -> Iterator[Clause]:
    """False: contradictory conjunctions are left out."""
    return (clause for clause in conjunctions(formula, t) if not any(-v in clause for v in clause))


@dataclass(frozen=True)
class Compared:
    """Numbers, what the statement says of them, and the formula and assignment of each."""

    found: tuple[Fraction, ...]
    stated: tuple[Fraction, ...]
    labels: tuple[str, ...]


def formulas(trial: Trial) -> Iterator[Formula]:
    """All formulas of the case's size."""
    n, k, m = (int(trial.case.params[name]) for name in ("n", "k", "m"))
    return all_formulas(all_clauses(n, k), m)


def values(
    trial: Trial, repeated: Repeated = conjunctions, *, share: bool = False, more: int = 0
) -> Compared:
    """``val'(x)`` at every assignment, and ``val(x)^t``; as shares of clauses where `share`."""
    n, t = int(trial.case.params["n"]), int(trial.case.params["t"])
    rows: list[tuple[Fraction, Fraction, str]] = []
    for formula in formulas(trial):
        clauses = list(repeated(formula, t))
        total = (len(clauses) or 1, len(formula) ** t) if share else (1, 1)
        for signs in itertools.product((1, -1), repeat=n):
            single = count(formula, signs)
            found = Fraction(sum(satisfied(clause, signs) for clause in clauses), total[0])
            rows.append((found, Fraction(single ** (t + more), total[1]), f"{text(formula)} at {signs}"))
    return Compared(*map(tuple, zip(*rows, strict=True)))


def lengths(trial: Trial, *, longest: bool = True) -> Compared:
    """The largest number of variables of a conjunction, and ``min(k t, n)``."""
    n, k, t = (int(trial.case.params[name]) for name in ("n", "k", "t"))
    most = Fraction(min(k * t, n) if longest else k)
    rows = [
        (Fraction(max(len({abs(v) for v in c}) for c in conjunctions(formula, t))), most, text(formula))
        for formula in formulas(trial)
    ]
    return Compared(*map(tuple, zip(*rows, strict=True)))


def measured(world: Compared) -> Measurement:
    """What was counted."""
    return Measurement.exact(list(world.found), unit="counts", witness=lambda j: {"formula": world.labels[j]})


def stated(world: Compared) -> Bound:
    """What the statement says."""
    return Bound.of(list(world.stated))


# --- what is printed ----------------------------------------------------------------------------------------


def least_value(_: Trial) -> Measurement:
    """The least value of 4 clauses on one variable, over all 81 formulas that Definition H.1 admits."""
    clauses = all_clauses(1, 2, least=0)
    found: Sequence[tuple[int, Formula]] = [
        (value(formula, 1), formula) for formula in itertools.product(clauses, repeat=4)
    ]
    least, formula = min(found, key=lambda pair: pair[0])

    def witness(_: int) -> dict[str, Any]:
        return {"formula": "x1 | !x1", "t": 2, "val^t": 1, "clauses": 4, "best of 81": text(formula)}

    return Measurement.exact([Fraction(least)], effort=len(found), unit="formulas", witness=witness)


def sizes(slug: str, *, n: int, k: int, m: int, t: int, tight: bool = True) -> Case:
    """All formulas of a size."""
    return Case(slug=slug, params={"n": n, "k": k, "m": m, "t": t}, tight=tight)


def hadamard(*pairs: tuple[str, int]) -> tuple[Case, ...]:
    """Formulas of Hadamard constraints, by name, and `t`."""
    return tuple(Case(slug=f"{name}-t{t}", params={"formula": name, "t": t}, tight=True) for name, t in pairs)


CLAIM = Claim(
    id="LH6",
    slug="serial-repetition",
    theorem="proper_policy_hardness",
    title="Conjoining t clauses in all ways raises the value to the power t",
    statement=(
        "The m^t conjunctions of t clauses, contradictory ones kept as never satisfied, have val'(x) = "
        "val(x)^t for every assignment x, so value val^t; each has at most min(k t, n) variables."
    ),
    formula=r"\mathrm{val}(\varphi'; x) = \mathrm{val}(\varphi; x)^t, \qquad |S'| \le \min(kt, n)",
    relation="==",
    scope=(
        "Every formula of up to 3 clauses on up to 3 variables and t <= 3, at every assignment, counted. "
        "Reduction verified; hardness conditional on rETH."
    ),
    source="Lemma H.6 of Foster, Mhammedi, Rohatgi, COLT 2025, with contradictory clauses admitted.",
    checks=(
        Check(
            slug="values",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                sizes("n1-t2", n=1, k=1, m=3, t=2),
                sizes("n2-t2", n=2, k=2, m=3, t=2),
                sizes("n2-t3", n=2, k=2, m=2, t=3),
                sizes("n3-t2", n=3, k=3, m=2, t=2),
            ),
            instance=values,
            measure=measured,
            bound=stated,
        ),
        Check(
            slug="lengths",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                sizes("n2-t2", n=2, k=1, m=3, t=2),
                sizes("n3-t2", n=3, k=2, m=2, t=2),
                sizes("n3-t3", n=3, k=1, m=3, t=3),
            ),
            instance=lengths,
            measure=measured,
            bound=stated,
            relation="<=",
        ),
        Check(
            slug="hadamard",
            evidence=Evidence.EXHAUSTIVE,
            cases=hadamard(
                ("one", 3), ("apart", 3), ("sharing", 3), ("opposed", 3), ("repeated", 3), ("seven", 2)
            ),
            instance=Repetition.of,
            measure=repeated_values,
            bound=powers,
        ),
        Check(
            slug="volumes",
            evidence=Evidence.EXHAUSTIVE,
            cases=hadamard(
                ("one", 2),
                ("one", 3),
                ("apart", 2),
                ("sharing", 3),
                ("opposed", 2),
                ("repeated", 2),
                ("seven", 2),
            ),
            instance=Repetition.of,
            measure=volumes,
            bound=mean_power,
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="later-sign-wins",
            why="of two opposite literals the later one is kept",
            check="values",
            instance=lambda trial: values(trial, overwritten),
            cases=("n1-t2", "n2-t2"),
        ),
        FalseVariant(
            slug="no-clause-twice",
            why="conjunctions of distinct clauses only",
            check="values",
            instance=lambda trial: values(trial, distinct),
            cases=("n2-t2",),
        ),
        FalseVariant(
            slug="contradictions-left-out",
            why="the share of satisfied clauses, with contradictory ones left out",
            check="values",
            instance=lambda trial: values(trial, consistent, share=True),
            cases=("n1-t2", "n2-t2"),
        ),
        FalseVariant(
            slug="one-power-more",
            why="val^(t + 1)",
            check="values",
            instance=lambda trial: values(trial, more=1),
            cases=("n2-t2",),
        ),
        FalseVariant(
            slug="no-longer-than-k",
            why="conjunctions of clauses of k literals have k variables",
            check="lengths",
            instance=lambda trial: lengths(trial, longest=False),
            cases=("n3-t2",),
        ),
        FalseVariant(
            slug="hadamard-value-less-one-power",
            why="val^(t - 1), at Hadamard constraints",
            check="hadamard",
            bound=lambda world: powers(replace(world, t=world.t - 1)),
            cases=("sharing-t3", "seven-t2"),
        ),
        FalseVariant(
            slug="nothing-is-contradictory",
            why="contradictory conjunctions count as if somebody satisfied them",
            check="volumes",
            measure=lambda world: volumes(world, contradictory=True),
            cases=("one-t2", "apart-t2"),
        ),
        FalseVariant(
            slug="always-k-t-variables",
            why="conjunctions that somebody satisfies have k t variables",
            check="volumes",
            measure=lambda world: volumes(world, full=True),
            cases=("one-t2", "apart-t2"),
        ),
    ),
    printed=(
        PrintedForm(
            slug="clauses-never-contradictory",
            item="Lemma H.6",
            page=70,
            says="some formula of Definition H.1 on the same n variables has m^t clauses and value val^t",
            holds=False,
            check=Check(
                slug="value-as-printed",
                evidence=Evidence.EXHAUSTIVE,
                cases=(Case(slug="one-variable"),),
                measure=least_value,
                bound=lambda _: Bound.of([Fraction(1)]),
                relation="<=",
            ),
            mended=(
                "Admit contradictory clauses, satisfied by nobody, and give them the feature 0 in Lemma H.2, "
                "where both parts then hold (LH2): the value is val^t. Theorem H.2 and Theorem 4.1 survive."
            ),
        ),
    ),
    on=(given.PAIRS,),
)
