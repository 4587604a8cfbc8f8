"""Responses token by token: all paths of a small tree with their masses under two models, in rationals.

A step is two laws of the next token that have a rational affinity ``sum sqrt(first second)``: masses are
squares of rationals, or products of the two are. Which step comes next may depend on the last token.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any

from explore_theory.claims import Trial, ball
from proofs_checks.coverage_principle.profiles import ONE, Law, divergence, text


def root(value: Fraction) -> Fraction:
    """The root of a square of rationals."""
    found = Fraction(isqrt(value.numerator), isqrt(value.denominator))
    if found * found != value:
        raise ValueError(f"value must be a square of rationals, got value={value}")
    return found


@dataclass(frozen=True)
class Step:
    """Two laws of the next token."""

    first: Law
    second: Law

    @property
    def affinity(self) -> Fraction:
        """``sum sqrt(first second) = 1 - D_H^2``."""
        return sum((root(t * p) for t, p in zip(self.first, self.second, strict=True)), Fraction(0))


def step(first: Sequence[str], second: Sequence[str]) -> Step:
    """A step from masses as words."""
    return Step(tuple(map(Fraction, first)), tuple(map(Fraction, second)))


#: Affinities 24/25, 4/5, 3/5, 120/169 and 1.
STEPS = (
    step(("9/25", "16/25"), ("16/25", "9/25")),
    step(("1", "0"), ("16/25", "9/25")),
    step(("0", "1"), ("16/25", "9/25")),
    step(("144/169", "25/169"), ("25/169", "144/169")),
    step(("1/2", "1/2"), ("1/2", "1/2")),
)
#: Those under which the first model's divergence from the second is finite and not zero, and positive both.
POSITIVE = (STEPS[0], STEPS[3], STEPS[4])
#: The second model never says what the first does.
APART = step(("1", "0"), ("0", "1"))


@dataclass(frozen=True)
class Tree:
    """The first step, and the step after each token."""

    start: Step
    after: tuple[Step, ...]
    length: int

    def paths(self) -> Iterator[tuple["Path", ...]]:
        """Every response that the first model may give, as its steps."""
        for tokens in itertools.product(range(len(self.start.first)), repeat=self.length):
            steps = (self.start, *(self.after[token] for token in tokens[:-1]))
            path = tuple(Path(s, token) for s, token in zip(steps, tokens, strict=True))
            if all(each.step.first[each.token] > 0 for each in path):
                yield path

    def words(self) -> dict[str, Any]:
        """The tree for a reader."""
        named = {"first step": self.start, **{f"after {k}": each for k, each in enumerate(self.after)}}
        return {name: f"{text(each.first)} / {text(each.second)}" for name, each in named.items()} | {
            "H": self.length
        }


@dataclass(frozen=True)
class Path:
    """A step, and the token that it gave."""

    step: Step
    token: int


@dataclass(frozen=True)
class Response:
    """A response: its mass under both models; the product of affinities `A`, the sum of ``1 - A``."""

    first: Fraction
    second: Fraction
    affinity: Fraction
    distance: Fraction


def responses(tree: Tree) -> list[Response]:
    """All responses of the first model."""
    found = []
    for path in tree.paths():
        first = second = affinity = ONE
        distance = len(path) - sum((each.step.affinity for each in path), Fraction(0))
        for each in path:
            first *= each.step.first[each.token]
            second *= each.step.second[each.token]
            affinity *= each.step.affinity
        found.append(Response(first, second, affinity, distance))
    return found


def path_divergences(tree: Tree) -> list[tuple[Response, Any]]:
    """All responses, each with ``sum_h KL(first(. | prefix) || second(. | prefix))`` on its way, a ball."""
    known = {each: divergence(each.first, each.second) for each in {tree.start, *tree.after}}
    sums = [sum((known[each.step] for each in path), ball(0)) for path in tree.paths()]
    return list(zip(responses(tree), sums, strict=True))


def trees(trial: Trial, steps: Sequence[Step]) -> Iterator[Tree]:
    """All trees of some steps."""
    for start, *after in itertools.product(steps, repeat=3):
        yield Tree(start, tuple(after), int(trial.case.params["H"]))
