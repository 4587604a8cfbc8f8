"""Softmax policies on a few responses in rationals, and the regularised objective of each in balls.

A reward is ``beta log w`` with a rational weight `w`, so that ``pi ∝ pi_0 exp(r/beta) = pi_0 w`` is rational.
In units of `beta` rewards are ``log w``, and objectives ``E_pi log w - KL(pi || pi_0)``.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from explore_theory.claims import Measurement, ball, precision

Law = tuple[Fraction, ...]
BITS = 128


def laws(responses: int, grid: int) -> Iterator[Law]:
    """All laws whose masses are positive multiples of ``1/grid``."""
    for cuts in itertools.combinations(range(1, grid), responses - 1):
        yield tuple(Fraction(b - a, grid) for a, b in itertools.pairwise((0, *cuts, grid)))


def tilted(base: Law, weights: Law) -> Law:
    """``pi ∝ pi_0 w``."""
    masses = [b * w for b, w in zip(base, weights, strict=True)]
    return tuple(m / sum(masses) for m in masses)


@dataclass(frozen=True)
class Estimate:
    """A base policy, the true reward and an estimate of it, as weights ``exp(r/beta)``."""

    base: Law
    true: Law
    guess: Law

    @property
    def greedy(self) -> Law:
        """The policy that is optimal for the estimate."""
        return tilted(self.base, self.guess)

    def objective(self, policy: Law) -> Any:
        """``(E_pi r - beta KL(pi || pi_0))/beta``, a ball at the working precision."""
        terms = zip(policy, self.true, self.base, strict=True)
        return sum((ball(m) * (ball(w * b / m)).log() for m, w, b in terms), ball(0))

    def gap(self) -> Any:
        """``(J(pi*) - J(greedy))/beta``."""
        return self.objective(tilted(self.base, self.true)) - self.objective(self.greedy)

    def errors(self) -> list[Any]:
        """``(guess - true)/beta`` for each response, balls; exactly zero where they agree."""
        pairs = zip(self.guess, self.true, strict=True)
        return [ball(0) if g == t else ball(g / t).log() for g, t in pairs]

    def squared(self, law: Law) -> Any:
        """``E_law (guess - true)^2/beta^2``."""
        return sum((ball(m) * e * e for m, e in zip(law, self.errors(), strict=True)), ball(0))

    def words(self) -> dict[str, Any]:
        """The estimate for a reader."""
        named = {"pi_0": self.base, "e^(r/beta)": self.true, "e^(estimate/beta)": self.guess}
        return {name: ", ".join(map(str, law)) for name, law in named.items()}


def gaps(world: tuple[Estimate, ...]) -> Measurement:
    """``(J(pi*) - J(greedy))/beta``, from the definition of the objective."""
    with precision(BITS):
        values = [each.gap() for each in world]
    return Measurement.exact(values, unit="estimates", witness=lambda k: world[k].words())
