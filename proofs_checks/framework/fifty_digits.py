"""Objectives, gaps, divergences and coverages of small problems from their definitions, to fifty digits.

Plain loops over prompts and responses in Python's `decimal`, from the very doubles that a problem and a
policy hold; nothing of the package computes here. A law is a list of `Decimal` masses, one per response.
"""

import itertools
from collections.abc import Callable, Sequence
from decimal import Decimal, localcontext

from explore_theory.problems import TabularProblem
from explore_theory.problems.protocol import Floats

Law = list[Decimal]
#: A policy: its law at a prompt.
Policy = Callable[[int], Law]

DIGITS = 50
INFINITE = Decimal("Infinity")


def decimals(values: Floats) -> Law:
    """The doubles themselves."""
    return [Decimal(float(value)) for value in values]


def normalised(weights: Law) -> Law:
    """A law proportional to `weights`."""
    total = sum(weights, Decimal(0))
    return [weight / total for weight in weights]


def inner(first: Floats, second: Floats) -> Decimal:
    """``<first, second>``."""
    return sum((a * b for a, b in zip(decimals(first), decimals(second), strict=True)), Decimal(0))


class FiftyDigits:
    """What the definitions say of `problem`."""

    def __init__(self, problem: TabularProblem) -> None:
        with localcontext(prec=DIGITS):
            self.problem = problem
            self.rho = normalised(decimals(problem.prompt_mass))
            self.beta = Decimal(problem.beta)
            self.bases = [normalised(decimals(row)) for row in problem.base]
            self.rewards = [decimals(row) for row in problem.reward]
            self.best = [self._tilt(x, self.rewards[x]) for x in range(len(self.rho))]

    def optimal(self, prompt: int) -> Law:
        """``pi*(.|x)``."""
        return self.best[prompt]

    def base(self, prompt: int) -> Law:
        """``pi_ref(.|x)``."""
        return self.bases[prompt]

    def softmax(self, theta: Floats) -> Policy:
        """``pi_theta``."""
        return lambda x: self._tilt(x, [inner(theta, phi) for phi in self.problem.features[x]])

    def best_of(self, theta: Floats, draws: int) -> Policy:
        """All tuples of `draws` responses; those of the highest score share the mass of their tuple alike."""

        def law(x: int) -> Law:
            score = [inner(theta, phi) for phi in self.problem.features[x]]
            found = [Decimal(0)] * len(score)
            for drawn in itertools.product(range(len(score)), repeat=draws):
                mass = Decimal(1)
                for response in drawn:
                    mass *= self.bases[x][response]
                highest = max(score[response] for response in drawn)
                winners = [response for response in drawn if score[response] == highest]
                for response in winners:
                    found[response] += mass / len(winners)
            return found

        return law

    def average(self, value: Callable[[int], Decimal]) -> Decimal:
        """``E_x`` of `value`."""
        return sum((rho * value(x) for x, rho in enumerate(self.rho) if rho), Decimal(0))

    def divergence(self, first: Policy, second: Policy) -> Decimal:
        """``E_x KL(first || second)``."""
        return self.average(lambda x: _kl(first(x), second(x)))

    def objective(self, policy: Policy) -> Decimal:
        """``E_x[E_pi r - beta KL(pi || pi_ref)]``."""

        def value(x: int) -> Decimal:
            law = policy(x)
            mean = sum((p * r for p, r in zip(law, self.rewards[x], strict=True)), Decimal(0))
            return mean - self.beta * _kl(law, self.bases[x])

        return self.average(value)

    def gap(self, policy: Policy) -> Decimal:
        """``J(pi*) - J(pi)``."""
        return self.objective(self.optimal) - self.objective(policy)

    def soft_value(self) -> Decimal:
        """``E_x beta log E_{pi_ref} exp(r/beta)``."""

        def value(x: int) -> Decimal:
            weights = zip(self.bases[x], self.rewards[x], strict=True)
            return self.beta * sum((b * (r / self.beta).exp() for b, r in weights), Decimal(0)).ln()

        return self.average(value)

    def log_coverage(self, policy: Policy) -> Decimal:
        """``log sup pi/pi_ref`` over prompts of positive mass and responses in the support."""
        ratios = []
        for x in (x for x, rho in enumerate(self.rho) if rho):
            for p, b in zip(policy(x), self.bases[x], strict=True):
                if p and not b:
                    return INFINITE
                if b:
                    ratios.append(p / b)
        return max(ratios).ln()

    def _tilt(self, x: int, score: Sequence[Decimal]) -> Law:
        weights = zip(self.bases[x], score, strict=True)
        return normalised([b * (s / self.beta).exp() for b, s in weights])


def mixed(weights: Law, policies: Sequence[Policy]) -> Policy:
    """``sum_t w_t pi_t``."""

    def law(x: int) -> Law:
        parts = [policy(x) for policy in policies]
        return [
            sum((w * part[y] for w, part in zip(weights, parts, strict=True)), Decimal(0))
            for y in range(len(parts[0]))
        ]

    return law


def _kl(first: Law, second: Law) -> Decimal:
    total = Decimal(0)
    for p, q in zip(first, second, strict=True):
        if p and not q:
            return INFINITE
        if p:
            total += p * (p / q).ln()
    return total
