"""Best-of-N on finitely many responses, in rationals: laws, tie-breaking rules, and what they select.

A law is a tuple of masses, one for each response, *in the order of rewards*, the worst first. Responses with
one reward are told apart by the rule that breaks their tie; a fixed order among them is the case without
ties, so that all laws on a grid in all orders are all fixed rules.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from explore_theory.claims import ball

Law = tuple[Fraction, ...]
#: Which of the draws is returned: a place in the tuple of responses drawn.
Rule = Callable[[tuple[int, ...]], int]


def laws(responses: int, grid: int) -> Iterator[Law]:
    """All laws on `responses` responses whose masses are positive multiples of ``1/grid``."""
    for cuts in itertools.combinations(range(1, grid), responses - 1):
        ends = (0, *cuts, grid)
        yield tuple(Fraction(b - a, grid) for a, b in itertools.pairwise(ends))


def uniform(responses: int) -> Law:
    """The uniform law."""
    return (Fraction(1, responses),) * responses


def best_of(law: Law, n: int) -> Law:
    """The law of the best of `n` draws: ``F_i^n - F_{i-1}^n``, `F` the distribution function."""
    powers = [Fraction(0), *(value**n for value in itertools.accumulate(law))]
    return tuple(b - a for a, b in itertools.pairwise(powers))


def selected(law: Law, n: int, rule: Rule) -> Law:
    """The law of what `rule` returns of `n` draws, summed over all tuples of draws."""
    found = [Fraction(0)] * len(law)
    for drawn in itertools.product(range(len(law)), repeat=n):
        found[drawn[rule(drawn)]] += math.prod((law[y] for y in drawn), start=Fraction(1))
    return tuple(found)


def rules(responses: int, n: int) -> Iterator[Rule]:
    """Every rule that returns one of the responses drawn, whatever it looks at."""
    tuples = list(itertools.product(range(responses), repeat=n))
    for chosen in itertools.product(*(sorted(set(drawn)) for drawn in tuples)):
        table = {drawn: drawn.index(y) for drawn, y in zip(tuples, chosen, strict=True)}
        yield table.__getitem__


def divergence(first: Sequence[Fraction], second: Sequence[Fraction]) -> Any:
    """``KL(first || second)``, a ball at the working precision; `second` is positive."""
    ratios = [(p, p / q) for p, q in zip(first, second, strict=True) if p > 0]
    return sum((ball(p) * ball(ratio).log() for p, ratio in ratios), ball(0))


def quoted(n: int) -> Any:
    """``log n - (n - 1)/n``, a ball at the working precision."""
    return ball(n).log() - ball(Fraction(n - 1, n))
