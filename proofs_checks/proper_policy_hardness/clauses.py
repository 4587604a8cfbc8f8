"""Formulas whose clauses have up to `k` literals, and the alignment problem that one of them embeds into.

A clause is a set of literals, ``v`` for variable `v` and ``-v`` for its negation. Two opposite literals make
it *contradictory*: no assignment satisfies it.

Letters: `m` clauses, `n` variables, `k` the longest length allowed.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

Clause = frozenset[int]
Signs = Sequence[int]
Theta = tuple[Fraction | int, ...]

#: ``1/(beta log(1/t))``: lengths 1, 2, 3 and halves all divide it.
STEPS = 12


def contradictory(clause: Clause) -> bool:
    """Whether some variable occurs with both signs."""
    return any(-literal in clause for literal in clause)


def satisfied(clause: Clause, signs: Signs) -> bool:
    """Whether every literal agrees with the assignment."""
    return all(signs[abs(literal) - 1] * literal > 0 for literal in clause)


def count(formula: Sequence[Clause], signs: Signs) -> int:
    """How many clauses the assignment satisfies."""
    return sum(satisfied(clause, signs) for clause in formula)


def value(formula: Sequence[Clause], n: int) -> int:
    """The most clauses that one assignment satisfies."""
    return max(count(formula, signs) for signs in itertools.product((1, -1), repeat=n))


def all_clauses(n: int, most: int, least: int = 1) -> list[Clause]:
    """All conjunctions of `least` to `most` literals on distinct variables of `n`."""
    return [
        frozenset(sign * variable for sign, variable in zip(signs, chosen, strict=True))
        for length in range(least, min(most, n) + 1)
        for chosen in itertools.combinations(range(1, n + 1), length)
        for signs in itertools.product((1, -1), repeat=length)
    ]


def all_formulas(clauses: Sequence[Clause], most: int) -> Iterator[tuple[Clause, ...]]:
    """All multisets of 1 to `most` of the clauses."""
    for m in range(1, most + 1):
        yield from itertools.combinations_with_replacement(clauses, m)


def text(formula: Sequence[Clause]) -> str:
    """The formula for a reader: ``x1 & !x2 | x1``."""
    parts = (
        " & ".join(f"{'' if v > 0 else '!'}x{abs(v)}" for v in sorted(clause, key=abs)) for clause in formula
    )
    return " | ".join(part or "true" for part in parts)


@dataclass(frozen=True)
class Embedding:
    """``pi_ref(0) = 1 - q``, ``pi_ref(i) = q/m``, ``phi(0) = 0`` and features ``f_i(j)/scale`` on clause `i`.

    ``q = e^{-1/beta} = t^STEPS``. The scale is the clause's own length, or `scale` for all clauses; a
    contradictory clause has the feature 0. With `shifted`, features are halved and one more coordinate is
    1/2, where every parameter considered is 1.
    """

    formula: tuple[Clause, ...]
    t: Fraction
    scale: int | None = None
    shifted: bool = False

    @property
    def q(self) -> Fraction:
        """``e^{-1/beta}``."""
        return self.t**STEPS

    def steps(self, theta: Theta) -> tuple[int, ...]:
        """Whole numbers `a_i`, in order of size: ``pi_ref(i) e^{<theta, phi(i)>/beta} = t^{a_i}/m``."""
        return tuple(sorted(clause_steps(clause, theta, self.scale, self.shifted) for clause in self.formula))


@lru_cache(maxsize=1 << 12)
def clause_steps(clause: Clause, theta: Theta, scale: int | None, shifted: bool) -> int:
    """``STEPS (1 - <theta, phi(i)>)`` of one clause."""
    agreement = Fraction(0)
    if not contradictory(clause):
        signed = sum(theta[abs(v) - 1] * (1 if v > 0 else -1) for v in clause)
        agreement = Fraction(signed) / (scale or max(len(clause), 1))
    found = STEPS * (1 - ((1 + agreement) / 2 if shifted else agreement))
    if found.denominator != 1:
        raise ValueError(f"theta must make whole numbers of steps, got theta={theta}")
    return int(found)


def mass(t: Fraction, steps: Sequence[int]) -> Fraction:
    """``sum_i pi_theta(i)`` over the responses other than 0, from the definition of a softmax."""
    weight = sum((t**a for a in steps), Fraction(0)) / len(steps)
    return weight / (1 - t**STEPS + weight)
