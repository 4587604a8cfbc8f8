"""The DNF problem from its definition, in rationals: no formula of the theory is used.

With ``1/beta = 4k log(1/eta)``, ``exp(<theta, phi>/beta) = eta^(-4k <theta, phi>)``, a power with a whole
exponent where ``theta = k^(-1/2) theta'`` and ``theta'`` has entries that are multiples of 1/4. Parameters
are therefore written as ``theta'``, in ``[-1, 1]^n``.

Letters: `m` terms, `k` literals per term, `n` variables.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from explore_theory.formulas import Formula, small_formulas

Scaled = tuple[Fraction | int, ...]
Base = Callable[[int, Fraction], Fraction]


def stated_base(k: int, eta: Fraction) -> Fraction:
    """``p0 = eta^(4k-2)``."""
    return eta ** (4 * k - 2)


@dataclass(frozen=True)
class World:
    """A formula, ``eta`` and the base probability ``p0`` of `star`."""

    formula: Formula
    eta: Fraction
    base: Base = stated_base

    @property
    def p0(self) -> Fraction:
        """``pi_ref(star|x)``."""
        return self.base(self.formula.k, self.eta)

    def star(self, theta: Scaled) -> list[Fraction]:
        """``pi_theta(star|x_j)`` for each term, proportional to ``pi_ref exp(<theta, phi>/beta)``."""
        return [
            star_at(self.formula.k, self.eta, Fraction(inner(term, theta)), self.base)
            for term in self.formula.literals.tolist()
        ]

    def mean_star(self, theta: Scaled) -> Fraction:
        """``P_x(star)``: the average over terms."""
        return sum(self.star(theta), Fraction(0)) / self.formula.m


@lru_cache(maxsize=1 << 14)
def star_at(k: int, eta: Fraction, agreement: Fraction, base: Base = stated_base) -> Fraction:
    """``pi_theta(star|x)`` where ``k <theta, phi(x, star)>`` is `agreement`, a multiple of 1/4."""
    exponent = 4 * agreement
    if exponent.denominator != 1:
        raise ValueError(f"theta' must consist of multiples of 1/4, got an agreement of {agreement}")
    p0 = base(k, eta)
    weight = p0 * eta ** -int(exponent)
    return weight / (weight + 1 - p0)


def inner(term: list[int], theta: Scaled) -> Fraction | int:
    """``k <theta, phi(x, star)> = sum_i s_i theta'_v(i)``."""
    return sum((theta[abs(x) - 1] if x > 0 else -theta[abs(x) - 1] for x in term), Fraction(0))


def violated(term: list[int], signs: Scaled) -> int:
    """How many literals of the term `signs` does not agree with."""
    return sum((signs[abs(x) - 1] > 0) != (x > 0) for x in term)


def value(formula: Formula, theta: Scaled) -> Fraction:
    """The fraction of terms all of whose literals agree in sign with `theta`; zero agrees with neither."""
    terms = formula.literals.tolist()
    good = sum(all((theta[abs(x) - 1] if x > 0 else -theta[abs(x) - 1]) > 0 for x in t) for t in terms)
    return Fraction(good, len(terms))


def formulas(most_n: int, most_k: int, most_m: int) -> Iterator[Formula]:
    """All formulas up to these sizes, one of each kind up to signed permutations of the variables."""
    for n in range(1, most_n + 1):
        for k in range(1, min(n, most_k) + 1):
            for m in range(1, most_m + 1):
                yield from small_formulas(n, k, m)
