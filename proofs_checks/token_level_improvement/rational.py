"""Small trees in rationals: coverages by enumeration of responses and prefixes.

Responses are tuples of `H` tokens below `A`. Only ``exp(r/beta)`` enters, so rewards are *tilts*, positive
rationals, and nothing is rounded.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

Response = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class RationalTree:
    """``pi_ref`` and ``exp(r/beta)`` of every response; responses of base probability zero are left out."""

    horizon: int
    tokens: int
    base: Mapping[Response, Fraction]
    tilt: Mapping[Response, Fraction]

    @cached_property
    def optimal(self) -> dict[Response, Fraction]:
        """``pi*``, proportional to base times tilt."""
        mass = {y: p * self.tilt[y] for y, p in self.base.items() if p}
        total = sum(mass.values(), Fraction(0))
        return {y: m / total for y, m in mass.items()}

    @cached_property
    def masses(self) -> dict[Response, tuple[Fraction, Fraction]]:
        """Base and optimal probability of every prefix and response in the support of the base policy."""
        found: dict[Response, tuple[Fraction, Fraction]] = {}
        for y, mass in self.optimal.items():
            for length in range(self.horizon + 1):
                base, best = found.get(y[:length], (Fraction(0), Fraction(0)))
                found[y[:length]] = (base + self.base[y], best + mass)
        return found

    @cached_property
    def ratios(self) -> dict[Response, Fraction]:
        """``pi*(prefix)/pi_ref(prefix)`` of every prefix and response in the support."""
        return {prefix: best / base for prefix, (base, best) in self.masses.items()}

    @property
    def coverage(self) -> Fraction:
        """``C_cov``: the largest ratio of a whole response."""
        return max(ratio for y, ratio in self.ratios.items() if len(y) == self.horizon)

    @cached_property
    def conditional_coverage(self) -> Fraction:
        """``C_cond``: the largest ``pi*_h(a|prefix)/pi_{h,ref}(a|prefix)``, token laws being conditionals."""
        found = []
        for prefix, (base, best) in self.masses.items():
            if prefix:
                base_before, best_before = self.masses[prefix[:-1]]
                found.append((best / best_before) / (base / base_before))
        return max(found)

    @property
    def rarest_prefix(self) -> Fraction:
        """``inf pi*(a_{<h})/pi_ref(a_{<h})`` over prefixes shorter than a response."""
        return min(ratio for y, ratio in self.ratios.items() if len(y) < self.horizon)

    @property
    def reward_range(self) -> Fraction:
        """``exp(R/beta)``: the largest tilt over the smallest."""
        tilts = [self.tilt[y] for y in self.optimal]
        return max(tilts) / min(tilts)

    def describe(self) -> dict[str, Any]:
        """The tree in full."""
        return {
            "base": {str(y): str(p) for y, p in self.base.items()},
            "tilt": {str(y): str(e) for y, e in self.tilt.items()},
        }


def tree(horizon: int, tokens: int, laws: list[list[Fraction]], tilts: list[Fraction]) -> RationalTree:
    """A tree from token laws, one per prefix with shorter prefixes first, and tilts of the responses."""
    responses = list(itertools.product(range(tokens), repeat=horizon))
    number = {
        prefix: i
        for i, prefix in enumerate(
            p for length in range(horizon) for p in itertools.product(range(tokens), repeat=length)
        )
    }
    base = {}
    for y in responses:
        p = Fraction(1)
        for h in range(horizon):
            p *= laws[number[y[:h]]][y[h]]
        base[y] = p
    return RationalTree(
        horizon=horizon, tokens=tokens, base=base, tilt=dict(zip(responses, tilts, strict=True))
    )


def all_trees(
    horizon: int, tokens: int, laws: list[list[Fraction]], tilts: list[Fraction]
) -> Iterator[RationalTree]:
    """Every tree whose token laws are among `laws` and whose tilts are among `tilts`."""
    inner = sum(tokens**h for h in range(horizon))
    for chosen in itertools.product(laws, repeat=inner):
        for values in itertools.product(tilts, repeat=tokens**horizon):
            yield tree(horizon, tokens, list(chosen), list(values))
