"""The rejection sampler on two responses, with every probability exact or enclosed.

The sampler. `m` weak samples give the average ``Zhat`` of ``e^{f/beta}``; then at most `cap` fresh
candidates, of which `y` is accepted with probability ``min(1, e^{f(y)/beta} / (Zhat M))``; if none is, a
fresh base sample. It does not change when ``e^{f/beta}`` is multiplied by a constant, so ``Z = E_{pi_ref}
e^{f/beta} = 1`` here and the weights are the density ratios ``pi_f / pi_ref``.

Letters: `k` of the `m` weak samples are the first response; ``Zhat`` is a function of `k`.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from proofs_checks.spanner_sampling import binomial
from proofs_checks.spanner_sampling.binomial import BITS


@dataclass(frozen=True, kw_only=True)
class Sampler:
    """Two responses, a sampler, and the failure probability that its budgets are chosen for.

    Parameters
    ----------
    target
        ``pi_f`` of the first response, in (0, 1).
    ratio
        ``pi_f / pi_ref`` there, above 1: the supremum of the density ratio.
    multiplier
        `M` of the sampler.
    samples, cap
        Weak samples for the normaliser, and most candidates.
    """

    target: Fraction
    ratio: Fraction
    multiplier: Fraction
    samples: int
    cap: int

    @property
    def mass(self) -> Fraction:
        """``pi_ref`` of the first response."""
        return self.target / self.ratio

    @cached_property
    def other(self) -> Fraction:
        """``pi_f / pi_ref`` of the second response, below 1."""
        return (1 - self.target) / (1 - self.mass)

    def estimate(self, k: int) -> Fraction:
        """``Zhat / Z`` if the first response came `k` times."""
        return (k * self.ratio + (self.samples - k) * self.other) / self.samples

    def acceptance(self, k: int) -> tuple[Fraction, Fraction]:
        """Probabilities of accepting either response, given `k`."""
        scale = self.estimate(k) * self.multiplier
        return min(Fraction(1), self.ratio / scale), min(Fraction(1), self.other / scale)

    def draw(self, k: int) -> tuple[Fraction, Fraction]:
        """Chances that one candidate is the first response and accepted, the second and accepted."""
        first, second = self.acceptance(k)
        return self.mass * first, (1 - self.mass) * second

    def first_at_least(self, level: Fraction) -> int:
        """The least `k` with ``Zhat >= level Z`` (`Zhat` increases with `k`); possibly above `samples`."""
        return math.ceil((level - self.other) * self.samples / (self.ratio - self.other))

    def first_above(self, level: Fraction) -> int:
        """The least `k` with ``Zhat > level Z``."""
        return math.floor((level - self.other) * self.samples / (self.ratio - self.other)) + 1

    def describe(self) -> dict[str, Any]:
        """The parameters, for the record."""
        return {
            "pi_f": str(self.target),
            "pi_f/pi_ref": str(self.ratio),
            "M": str(self.multiplier),
            "m": self.samples,
            "cap": self.cap,
        }


def budget(multiplier: Fraction, delta: Fraction) -> int:
    """``ceil(4 M log(4/delta))``, as the sampler is stated."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        # log of a rational other than one is irrational, so some precision always settles the ceiling.
        size = (4 * ball(multiplier) * ball(4 / delta).log()).ceil()
        return int(size.unique_fmpz())


def stated(
    target: Fraction, ratio: Fraction, delta: Fraction, *, multiplier: Fraction | None = None
) -> Sampler:
    """The sampler with the stated budgets and ``M = 2 sup pi_f/pi_ref``, or another `multiplier`."""
    size = 2 * ratio if multiplier is None else multiplier
    count = budget(size, delta)
    return Sampler(target=target, ratio=ratio, multiplier=size, samples=count, cap=count)


def low_estimate(s: Sampler) -> Any:
    """The ball around ``P(Zhat < Z/2)``."""
    return binomial.below(s.samples, s.mass, s.first_at_least(Fraction(1, 2)))


def high_estimate(s: Sampler) -> Any:
    """The ball around ``P(Zhat > 2 Z)``."""
    return binomial.from_on(s.samples, s.mass, s.first_above(Fraction(2)))


# --- what one call does ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Call:
    """Balls around what one call does.

    `low`: ``P(Zhat < Z/2)``; `exhausted`: that no candidate is accepted although ``Zhat >= Z/2``; `distance`:
    of the law of the output from ``pi_f``, in total variation.
    """

    low: Any
    exhausted: Any
    distance: Any


def call(s: Sampler) -> Call:
    """Summed over all counts."""
    from flint import arb

    from explore_theory.certify.balls import ball

    enough = s.first_at_least(Fraction(1, 2))
    low, exhausted, output = arb(0), arb(0), arb(0)
    mass = ball(s.mass)
    for k, weight in enumerate(binomial.chances(s.samples, s.mass)):
        first, second = s.draw(k)
        hit = first + second
        none = ball(1 - hit) ** s.cap
        output += weight * ((1 - none) * ball(first / hit) + none * mass)
        if k < enough:
            low += weight
        else:
            exhausted += weight * none
    return Call(low=low, exhausted=exhausted, distance=abs(output - ball(s.target)))


def reused_distance(s: Sampler) -> Any:
    """The distance of the output law from ``pi_f`` if the weak samples serve as candidates, as a ball."""
    from flint import arb

    from explore_theory.certify.balls import ball

    output = arb(0)
    for k, weight in enumerate(binomial.chances(s.samples, s.mass)):
        firsts, others = (_law(n, p) for n, p in zip((k, s.samples - k), s.acceptance(k), strict=True))
        # Each sample is accepted or not on its own, and the first accepted is uniform among the accepted.
        first = firsts[0] * others[0] * ball(s.mass)
        for i, accepted in enumerate(firsts[1:], 1):
            first += accepted * sum((other * i / (i + j) for j, other in enumerate(others)), arb(0))
        output += weight * first
    return abs(output - ball(s.target))


def _law(n: int, p: Fraction) -> list[Any]:
    """The binomial law of `n` trials, also where `p` is 0 or 1."""
    from explore_theory.certify.balls import ball

    hit, miss = ball(p), ball(1 - p)
    return [math.comb(n, i) * hit**i * miss ** (n - i) for i in range(n + 1)]
