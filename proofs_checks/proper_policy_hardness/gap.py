"""The arithmetic of a gap: a sparse predicate, its terms conjoined `t` at a time, and what `n` asks of `t`.

A predicate of arity `k0` with ``2^r`` accepted words, hard to tell apart at ``1 - eps`` and ``2^{r - k0} +
eps``, gives terms of which a share ``a = (1 - eps) 2^{-r}`` or at most ``b = 2^{-k0} + eps 2^{-r}`` can be
satisfied, and after `t` repetitions the shares ``a^t`` and ``b^t``.
"""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, kw_only=True)
class Gap:
    """The gap wanted, ``1/n`` against ``n^-c``, and the code and `eps` that are to give it."""

    c: Fraction
    k0: int
    r: int

    @property
    def eps(self) -> Fraction:
        """``2^{r - k0}``."""
        return Fraction(1, 2 ** (self.k0 - self.r))

    @property
    def yes(self) -> Fraction:
        """`a`: the share of terms that can be satisfied where the answer is YES."""
        return (1 - self.eps) / 2**self.r

    @property
    def no(self) -> Fraction:
        """`b`: the share of terms where the answer is NO, at most."""
        return (Fraction(2**self.r, 2**self.k0) + self.eps) / 2**self.r

    @property
    def exponent(self) -> Fraction:
        """``c' = (k0 - 2)/r``, for which ``b <= a^{c'}``."""
        return Fraction(self.k0 - 2, self.r)

    @property
    def least_t(self) -> int:
        """The least `t` with ``t (c' - c) >= c``: from there on the gap is there for every `n`."""
        slack = self.exponent - self.c
        return -(-self.c // slack)

    def first(self, t: int) -> int:
        """The least `n` for which `t` is the number of repetitions: ``ceil(a^-t)``."""
        return ceiling(1 / self.yes**t)

    def last(self, t: int) -> int:
        """The largest such `n`."""
        return self.first(t + 1) - 1

    def repetitions(self, n: int) -> int:
        """``floor(log n / log(1/a))``, by whole numbers."""
        t, power = 0, self.yes
        while power * n >= 1:
            t, power = t + 1, power * self.yes
        return t


def ceiling(x: Fraction) -> int:
    """The least whole number that is not below `x`."""
    return -(-x.numerator // x.denominator)
