"""Formulas of constraints that are held against their terms: all small ones, and Hadamard constraints.

What is measured comes from `explore_theory.formulas`; what is stated is evaluated here, without a list of
accepted words: the Hadamard predicate by the parities that its words satisfy.

Letters: `k` arity, `n` variables, `m` constraints, `X` assignments.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.formulas import (
    Conjunctions,
    Predicate,
    PredicateFormula,
    counts,
    hadamard_predicate,
    largest_value,
    repeated,
)
from explore_theory.harness import Bound, Measurement, Trial

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Counted:
    """Terms and constraints that assignments satisfy, `[K]` each, and what comparison `j` is of."""

    terms: Ints
    constraints: Ints
    label: Callable[[int], str]


def everything(n: int) -> Ints:
    """`[2^n, n]`: all assignments; bit `v` of the number of one says that variable ``v + 1`` is true."""
    bits = np.arange(1 << n)[:, None] >> np.arange(n) & 1
    return np.asarray(2 * bits - 1)


def all_predicates(trial: Trial, *, rejected: bool = False) -> Counted:
    """Each predicate of the case's arity but the empty one, each single constraint, each assignment.

    A false variant gives a term to every rejected word.
    """
    n, k = (int(trial.case.params[name]) for name in ("n", "k"))
    words = np.array(list(itertools.product((1, -1), repeat=k)))
    variables, signs = _constraints(n, words)
    points = everything(n)
    # [X, m]: which word the constraint's tuple is, counted as `words` lists them.
    seen = ((signs * points[:, variables - 1] < 0) << np.arange(k)[::-1]).sum(axis=-1)
    terms, constraints = [], []
    for chosen in range(1, 1 << len(words)):
        inside = (chosen >> np.arange(len(words)) & 1).astype(bool)
        if rejected and inside.all():
            continue
        made = PredicateFormula(Predicate(words[~inside if rejected else inside]), variables, signs, n)
        found = np.array([made.conjunctions().satisfied(x) for x in points])
        terms.append(found.reshape(len(points), len(variables), -1).sum(axis=-1).ravel())
        constraints.append(inside[seen].ravel())

    def label(j: int) -> str:
        chosen, rest = divmod(j, len(points) * len(variables))
        x, i = divmod(rest, len(variables))
        accepted = [tuple(w) for b, w in enumerate(words.tolist()) if (chosen + 1) >> b & 1]
        return f"accepting {accepted}, v {variables[i]}, b {signs[i]}, x {points[x]}"

    return Counted(np.concatenate(terms), np.concatenate(constraints).astype(np.int64), label)


def _constraints(n: int, words: Ints) -> tuple[Ints, Ints]:
    """Every tuple of variables with every tuple of signs, `[m, k]` each."""
    tuples = np.array(list(itertools.product(range(1, n + 1), repeat=words.shape[1])))
    return np.repeat(tuples, len(words), axis=0), np.tile(words, (len(tuples), 1))


def hadamard_formula(k: int) -> PredicateFormula:
    """Three Hadamard constraints on `k` variables: all once, all once with signs, and some of them twice."""
    place = np.arange(k)
    variables = np.stack([place + 1, k - place, 1 + place * (place + 1) // 2 % k])
    signs = np.stack([np.ones(k, dtype=np.int64), 1 - 2 * (place % 2), 1 - 2 * (place % 3 == 1)])
    return PredicateFormula(hadamard_predicate(k), variables, signs, k)


def obeys_parities(words: Ints) -> npt.NDArray[np.bool_]:
    """Whether ``y_b`` is the product of ``y_{2^i}`` over the bits `i` of `b`, for all `b` from 1 to `k`."""
    k = words.shape[-1]
    right = np.ones(words.shape[:-1], dtype=bool)
    for b in range(1, k + 1):
        units = [(1 << i) - 1 for i in range(b.bit_length()) if b >> i & 1]
        right &= words[..., b - 1] == words[..., units].prod(axis=-1)
    return right


def met(formula: PredicateFormula, points: Ints) -> Ints:
    """How many Hadamard constraints the assignments `[X, n]` satisfy, by parities, `[X]`."""
    rows = zip(formula.variables, formula.signs, strict=True)
    return np.asarray(np.array([obeys_parities(b * points[:, v - 1]) for v, b in rows]).sum(axis=0))


def hadamard(trial: Trial, *, signed: bool = True, dropped: int = 0) -> Counted:
    """Hadamard constraints at all assignments; false variants leave out the signs, or accepted words."""
    k = int(trial.case.params["k"])
    formula = hadamard_formula(k)
    points = everything(k)
    kept = Predicate(formula.predicate.accepting[dropped:])
    signs = formula.signs if signed else np.abs(formula.signs)
    terms = PredicateFormula(kept, formula.variables, signs, k).conjunctions().possible()
    return Counted(counts(terms), met(formula, points), lambda j: f"x {points[j]}")


def near_words(trial: Trial) -> Counted:
    """One Hadamard constraint at its accepted words, and at all words one sign away from them."""
    predicate = hadamard_predicate(int(trial.case.params["k"]))
    formula = PredicateFormula(
        predicate, np.arange(1, predicate.k + 1)[None], np.ones((1, predicate.k), dtype=np.int64), predicate.k
    )
    points = np.array(list(_neighbours(predicate.accepting.astype(np.int64))))
    terms = formula.conjunctions()
    found = np.array([terms.satisfied(x).sum() for x in points])
    return Counted(found, met(formula, points), lambda j: f"x {points[j]}")


def _neighbours(words: Ints) -> Iterator[Ints]:
    for word in words:
        yield word
        yield from word * (1 - 2 * np.eye(len(word), dtype=np.int64))


def satisfied_terms(world: Counted) -> Measurement:
    """``val_DNF(x)``."""
    return Measurement.exact(
        world.terms.astype(np.float64), unit="counts", witness=lambda j: {"instance": world.label(j)}
    )


def satisfied_constraints(world: Counted) -> Bound:
    """``val_P(x)``."""
    return Bound.of(world.constraints.astype(np.float64))


# --- serial repetition --------------------------------------------------------------------------------------

#: Variables and signs of each constraint, by the arity: apart, sharing, opposed, with a repeated variable.
FAMILIES: dict[str, tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]] = {
    "one": (((1, 2, 3), (1, 1, 1)),),
    "apart": (((1, 2, 3), (1, 1, 1)), ((4, 5, 6), (1, -1, 1))),
    "sharing": (((1, 2, 3), (1, 1, 1)), ((3, 4, 5), (1, -1, 1)), ((5, 1, 2), (-1, 1, 1))),
    "opposed": (((1, 2, 3), (1, 1, 1)), ((1, 2, 3), (-1, 1, 1))),
    "repeated": (((1, 1, 2), (1, 1, -1)), ((1, 2, 3), (1, 1, 1))),
    "seven": ((tuple(range(1, 8)), (1,) * 7), (tuple(range(3, 10)), (1, -1) * 3 + (1,))),
}


def family(name: str) -> PredicateFormula:
    """The Hadamard formula of that name."""
    variables, signs = (np.array(side) for side in zip(*FAMILIES[name], strict=True))
    return PredicateFormula(hadamard_predicate(variables.shape[1]), variables, signs, int(variables.max()))


@dataclass(frozen=True, eq=False)
class Repetition:
    """A formula of constraints, its terms conjoined `t` at a time, and all assignments."""

    formula: PredicateFormula
    t: int
    terms: Conjunctions
    points: Ints

    @classmethod
    def of(cls, trial: Trial) -> "Repetition":
        """The case's formula and `t`."""
        formula, t = family(str(trial.case.params["formula"])), int(trial.case.params["t"])
        return cls(formula, t, repeated(formula.conjunctions(), t), everything(formula.n))

    @property
    def notes(self) -> dict[str, Any]:
        """How many conjunctions have each number of variables, and how many nobody satisfies."""
        kept = np.bincount(self.terms.widths[~self.terms.never])
        found = {f"of {w} variables": int(number) for w, number in enumerate(kept) if number}
        return {**found, "contradictory": int(self.terms.never.sum())}


def repeated_values(world: Repetition) -> Measurement:
    """``val'(x)`` at every assignment, and last the largest one."""
    found = [int(world.terms.satisfied(x).sum()) for x in world.points]
    best = largest_value(world.terms).value * world.terms.m
    return Measurement.exact([*map(Fraction, found), best], unit="counts", notes=world.notes)


def powers(world: Repetition) -> Bound:
    """``val_P(x)^t`` at every assignment, and last the largest one."""
    found = [Fraction(int(v)) ** world.t for v in met(world.formula, world.points)]
    return Bound.of([*found, max(found)])


def volumes(world: Repetition, *, contradictory: bool = False, full: bool = False) -> Measurement:
    """The sum of ``2^{-|S'|}`` over conjunctions that somebody satisfies.

    False variants count contradictory ones as well, or give all of them `k t` variables.
    """
    kept = world.terms.widths if contradictory else world.terms.widths[~world.terms.never]
    longest = world.t * world.formula.predicate.k
    total = sum((Fraction(1, 2 ** (longest if full else int(w))) for w in kept), Fraction(0))
    return Measurement.exact([total], effort=world.terms.m, unit="conjunctions", notes=world.notes)


def mean_power(world: Repetition) -> Bound:
    """The mean of ``val_P(x)^t`` over all assignments."""
    found = met(world.formula, world.points)
    return Bound.of([Fraction(sum(int(v) ** world.t for v in found), len(found))])
