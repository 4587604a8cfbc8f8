"""Which responses are far from which, in rationals: the mass of the comparison responses that are bad.

Theory section 2, S9. A relation *far* on `N` responses is symmetric and no response is far from itself.
``y'`` is bad if ``pi*`` puts more than 1/2 on the responses far from it.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from explore_theory.harness import Bound, Measurement, Trial

Law = tuple[Fraction, ...]


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A base law, an optimal law, and which pairs are far."""

    base: Law
    best: Law
    far: frozenset[tuple[int, int]]

    def mass_far_from(self, law: Law, response: int) -> Fraction:
        """Mass under `law` of what is far from `response`."""
        return sum((p for y, p in enumerate(law) if (y, response) in self.far), Fraction(0))

    @property
    def coverage(self) -> Fraction:
        """``C_cov``."""
        return max(p / q for p, q in zip(self.best, self.base, strict=True))

    @property
    def far_pair(self) -> Fraction:
        """``p``: the base probability of a far pair."""
        return sum((q * self.mass_far_from(self.base, y) for y, q in enumerate(self.base)), Fraction(0))


def relations(trial: Trial) -> Sequence[Relation]:
    """Every relation, and every pair of laws with masses in fifths (say), and three that nearly tie."""
    n, parts = int(trial.case.params["n"]), int(trial.case.params["parts"])
    pairs = list(itertools.combinations(range(n), 2))
    families = [
        frozenset(both for pair in chosen for both in (pair, pair[::-1]))
        for size in range(len(pairs) + 1)
        for chosen in itertools.combinations(pairs, size)
    ]
    shapes = [(base, best) for base in _laws(n, parts, least=1) for best in _laws(n, parts, least=0)]
    if n >= 4:
        # All of pi* on three responses, far from each other, none of which has more than half.
        best = (Fraction(499, 1000), Fraction(499, 1000), Fraction(2, 1000), Fraction(0))
        thin = tuple(p / 10 for p in best[:3])
        shapes.append(((*thin, 1 - sum(thin, Fraction(0))), best))
    return [Relation(base=base, best=best, far=far) for far in families for base, best in shapes]


def bad_mass(world: Sequence[Relation]) -> Measurement:
    """``pi_ref(y' : pi*(far from y') > 1/2)``."""
    found = [
        sum((q for y, q in enumerate(r.base) if r.mass_far_from(r.best, y) > Fraction(1, 2)), Fraction(0))
        for r in world
    ]

    def witness(k: int) -> dict[str, Any]:
        r = world[k]
        return {
            "base": [str(p) for p in r.base],
            "best": [str(p) for p in r.best],
            "far": [str(pair) for pair in sorted(r.far)],
        }

    return Measurement.exact(found, unit="relations", witness=witness)


def markov(world: Sequence[Relation], *, factor: int = 2, coverage: bool = True) -> Bound:
    """``2 min(1, C_cov p)``."""
    return Bound.of([factor * min(Fraction(1), (r.coverage if coverage else 1) * r.far_pair) for r in world])


def _laws(n: int, parts: int, least: int) -> Iterator[Law]:
    """Laws on `n` responses with masses that are multiples of ``1/parts``, at least `least` of them each."""
    for weights in itertools.product(range(least, parts + 1), repeat=n):
        if sum(weights) == parts:
            yield tuple(Fraction(w, parts) for w in weights)
