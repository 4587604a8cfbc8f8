"""The arithmetic of a gap: a sparse predicate, its terms conjoined `t` at a time, and what `n` asks of `t`.

A predicate of arity `k0` with ``2^r`` accepted words, hard to tell apart at ``1 - eps`` and ``2^{r - k0} +
eps``, gives terms of which a share ``a = (1 - eps) 2^{-r}`` or at most ``b = 2^{-k0} + eps 2^{-r}`` can be
satisfied, and after `t` repetitions the shares ``a^t`` and ``b^t``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from explore_theory.harness import Measurement, Trial

#: Repetitions looked at, beginning with the least that does.
STEPS = 6


@dataclass(frozen=True, kw_only=True)
class Gap:
    """The gap wanted, ``1/n`` against ``n^-c``, and the code and `eps` that are to give it."""

    c: Fraction
    k0: int
    r: int

    @classmethod
    def of(cls, trial: Trial) -> "Gap":
        """The case's `c` and code."""
        numerator, denominator, k0, r = (int(trial.case.params[name]) for name in ("p", "q", "k0", "r"))
        return cls(c=Fraction(numerator, denominator), k0=k0, r=r)

    @property
    def eps(self) -> Fraction:
        """``2^{r - k0}``."""
        return Fraction(1, 1 << self.k0 - self.r)

    @property
    def words(self) -> Fraction:
        """``2^r``."""
        return Fraction(1 << self.r)

    @property
    def yes(self) -> Fraction:
        """`a`: the share of terms that can be satisfied where the answer is YES."""
        return (1 - self.eps) / self.words

    @property
    def no(self) -> Fraction:
        """`b`: the share of terms where the answer is NO, at most."""
        return (self.words / (1 << self.k0) + self.eps) / self.words

    @property
    def exponent(self) -> Fraction:
        """``c' = (k0 - 2)/r``, for which ``b <= a^{c'}``."""
        return Fraction(self.k0 - 2, self.r)

    def least_t(self, spare: int = 0) -> int:
        """The least `t` with ``t (c' - c) >= c + spare``: at 0 the gap is there for every `n` of such `t`."""
        return ceiling((self.c + spare) / (self.exponent - self.c))

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

    def runs(self, spare: int = 0) -> range:
        """The numbers of repetitions looked at."""
        return range(self.least_t(spare), self.least_t(spare) + STEPS)


def ceiling(x: Fraction) -> int:
    """The least whole number that is not below `x`."""
    return -(-x.numerator // x.denominator)


def floor_log2(n: int, times: Fraction) -> int:
    """``floor(times log2 n)``, by whole numbers: ``floor(x/q) = floor(floor(x)/q)``."""
    return (int(n**times.numerator).bit_length() - 1) // times.denominator


# --- all codes, and all t -----------------------------------------------------------------------------------


def codes(most: int = 12) -> Iterator[Gap]:
    """Every code with ``r + 2 <= k0 <= 2^r - 1``, up to ``k0 = 4 r + 8``."""
    for r in range(2, most + 1):
        for k0 in range(r + 2, min(2**r - 1, 4 * r + 8) + 1):
            yield Gap(c=Fraction(1), k0=k0, r=r)


def powers(_: Trial, spare: int = 2) -> Measurement:
    """``(b / a^{c'})^r`` for every code, at ``c' = (k0 - spare)/r``."""
    every = list(codes())
    found = [gap.no**gap.r / gap.yes ** (gap.k0 - spare) for gap in every]
    return Measurement.exact(
        found, unit="codes", witness=lambda j: {"k0": every[j].k0, "r": every[j].r, "eps": str(every[j].eps)}
    )


def exponent(_: Trial) -> Measurement:
    """The limit of ``log b / log a`` as eps falls to zero, over ``k0/r``."""
    import sympy as sp

    from explore_theory.certify import symbolic

    k0, r, eps = sp.symbols("k0 r eps", positive=True)
    b, a = sp.Integer(2) ** -k0 + eps * sp.Integer(2) ** -r, (1 - eps) * sp.Integer(2) ** -r
    found = sp.limit(sp.log(b) / sp.log(a), eps, 0, "+")
    return symbolic.ratio(sp.simplify(found), k0 / r)


def repetitions(_: Trial, enough: Callable[[Any, Any], Any] = lambda c, w: c / w) -> Measurement:
    """``c (t + 1)`` over ``c' t`` at ``c' = c + w`` and ``t = enough + z``."""
    import sympy as sp

    from explore_theory.certify import symbolic

    c, w, z = sp.symbols("c w z", positive=True)
    t = enough(c, w) + z
    return symbolic.largest_ratio(sp.expand(c * (t + 1)), sp.expand((c + w) * t), equal_at={z: 0})


# --- first and last n ---------------------------------------------------------------------------------------


def shares_of_yes(gap: Gap, more: int = 0) -> Measurement:
    """``n a^t`` at the first `n` for which `t` is taken."""
    places = [gap.first(t) for t in gap.runs()]
    found = [n * gap.yes ** (gap.repetitions(n) + more) for n in places]
    return Measurement.exact(found, unit="numbers of variables", witness=lambda j: {"n": str(places[j])})


def shares_of_no(gap: Gap, earlier: int = 0) -> Measurement:
    """``(n^c b^t)^q`` at the last `n` for which `t` is taken, with ``c = p/q``."""
    places = [gap.last(t - earlier) for t in gap.runs()]
    found = [
        gap.no ** (gap.repetitions(n) * gap.c.denominator) * Fraction(n) ** gap.c.numerator for n in places
    ]
    return Measurement.exact(found, unit="numbers of variables", witness=lambda j: {"n": str(places[j])})


def padded_shares(gap: Gap, width: Fraction | None = None) -> Measurement:
    """``(n^c (b^t + 2^{-w}))^q`` at both ends of each `t`, ``w = floor(K log2 n)``, ``K = k0/r``."""
    longest = width or Fraction(gap.k0, gap.r)
    places = [n for t in gap.runs(1) for n in (gap.first(t), gap.last(t))]
    found = []
    for n in places:
        share = gap.no ** gap.repetitions(n) + Fraction(1, 2 ** floor_log2(n, longest))
        found.append(share**gap.c.denominator * Fraction(n) ** gap.c.numerator)
    return Measurement.exact(found, unit="numbers of variables", witness=lambda j: {"n": str(places[j])})


def factors(gap: Gap, words: Callable[[Gap], int] = lambda gap: 2**gap.r) -> Measurement:
    """``2^{r t}/n``: a factor of the number of clauses over `n`; its power ``k0/r`` is ``2^{k0 t}``."""
    places = [gap.first(t) for t in gap.runs()]
    return Measurement.exact(
        [Fraction(words(gap) ** gap.repetitions(n), n) for n in places], unit="numbers of variables"
    )


# --- time ---------------------------------------------------------------------------------------------------


def order_of_time(_: Trial) -> Measurement:
    """The least whole order of ``log n`` that bounds the logarithm of the number of clauses at ``m = n``."""
    import sympy as sp

    r, lost, L = sp.symbols("r lost L", positive=True)
    clauses = L / (r * sp.log(2) + lost) * (r * sp.log(2) + L)
    order = next(p for p in range(10) if sp.limit(clauses / L**p, L, sp.oo) != sp.oo)
    return Measurement.exact([Fraction(order)], unit="limits")


def chance(trial: Trial) -> Measurement:
    """The chance that one of so many runs says YES, if each does with chance 1/4."""
    return Measurement.exact([1 - Fraction(3, 4) ** int(trial.case.params["runs"])], unit="laws")
