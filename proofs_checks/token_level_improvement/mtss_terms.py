"""The displays that Theorem J.1 rests on, term by term in balls: the end of Lemma M.2, and (157).

Letters as in the paper, with `T` for ``T_prompt``, `M`, `N` and ``delta_rej`` for the numbers of the sampler
and of FitValue, `p` for the probability of what UncertainStateAction misses along the policy, `q` for that
under the base policy, ``rho`` for ``eps_reg^2``. ``nu = 1/2``.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from explore_theory.harness import Measurement, Trial

Ball = Any
#: Bits that all numbers are computed with.
BITS = 160
#: Parts of ``rho`` and of ``eps`` that each term with a number of samples in it gets.
SHARE = Fraction(1, 12)


@dataclass(frozen=True)
class Setting:
    """What MTSS is told, and ``T``; `R` bounds the reward of a layer."""

    H: int
    d: int
    beta: Fraction
    eps: Fraction
    B: int
    C: int
    T: int
    R: int = 1
    delta: Fraction = Fraction(1, 20)


@dataclass(frozen=True)
class Numbers:
    """The numbers that MTSS runs with, as balls."""

    rho: Ball
    ridge: Ball
    M: Ball
    rejection: Ball
    N: Ball
    p: Ball
    q: Ball

    @property
    def log(self) -> Ball:
        """``log(4 M log(4/delta_rej))``."""
        return (4 * self.M * (4 / self.rejection).log()).log()


World = list[tuple[Setting, Numbers]]


def settings() -> list[Setting]:
    """A grid: horizons to 1000, ``eps`` at its largest and well below, coverage to a million."""
    numbers = itertools.product(
        (1, 2, 5, 32, 1000), (1, 50), ("1/10", "1/2", "9/10"), (1, 10**3), (1, 20), (1, 10**6), (1, 10**4)
    )
    return [
        Setting(h, d, Fraction(b), Fraction(b) ** 2 / 4 / less, size, c, times * d * h * h)
        for h, d, b, less, size, c, times in numbers
    ]


def kappa() -> Ball:
    """``e - 2``."""
    from explore_theory.certify.balls import ball

    return ball(1).exp() - 2


def constants(s: Setting, n: Numbers) -> tuple[Ball, Ball, Ball]:
    """``C_1``, ``C_2`` and ``C_3`` of Lemma L.4 (page 98), ``delta' = delta/(4 H T)``."""
    from explore_theory.certify.balls import ball

    H, B, R, T, log = s.H, s.B, s.R, s.T, n.log
    beta, part = ball(s.beta), ball(s.delta) / (4 * H * T)
    first = 6400 * B**2 * H**2 * s.d * (3 * n.N / part).log() + 3840 * H**2 * B**2 * T
    second = 19200 * T * (12 * R**2 + 48 * beta**2 * log**2 + 85 * H**2 * B**2) + 3072 * T * H**2 * B * (
        beta * log
    )
    third = 16 * H * (8 * R**2 * log**2 + 200 * H**2 * B**2) + 3072 * H * B**2
    return first, second, third


def estimate(s: Setting, n: Numbers) -> Ball:
    """The right side of (129), from what M.1, M.3, N.1 and K.2 give, with ``2 T`` pairs and `H` layers.

    ``KL <= kappa nu^2 rho/beta^2`` in every state, since truncated features are at most ``nu`` long; ``E B^2
    <= (2 e C q)^2 + p``, since `B` is at most one where (134) fails.
    """
    from explore_theory.certify.balls import ball

    first, second, third = constants(s, n)
    beta, e, visits = ball(s.beta), ball(1).exp(), 2 * s.T * s.H
    return (
        4 * n.ridge * s.B**2
        + first / n.N
        + second * n.rejection
        + third * visits * n.p
        + 2304 * s.H * s.B * beta * visits * (2 * e * s.C * (2 / n.M).sqrt() + n.p)
        + 19200 * s.H * beta**2 * visits * (kappa() * n.rho / (4 * beta**2)) ** 2
        + 7680 * s.H * s.R**2 * visits * ((2 * e * s.C * n.q) ** 2 + n.p)
    )


def regret(s: Setting, n: Numbers) -> Ball:
    """The right side of (157), with the far actions that Lemma N.3 pays for and (149) leaves out.

    ``H R`` bounds the range of ``Q*`` (LN3); far actions have probability ``C q`` under the optimum, ``2 e C
    q`` under the policy, and one in states of probability `p`.
    """
    from explore_theory.certify.balls import ball

    beta, e, log = ball(s.beta), ball(1).exp(), n.log
    return (
        s.H * kappa() * n.rho / (4 * beta)
        + 4 * s.H * (s.R + ball(Fraction(5, 4)) * s.H * s.B + beta * log) * n.rejection
        + s.B * (log + 5 * s.H) * s.H * n.p
        + s.H * (s.H * s.R) * ((1 + 2 * e) * s.C * n.q + 2 * n.p)
    )


def needed(s: Setting, n: Numbers) -> Ball:
    """The largest of what must be at most one: ``eps_reg <= beta/(4 nu)``, ``4 C q``, ``16 (2 e C)^2/M``."""
    from explore_theory.certify.balls import ball

    e = ball(1).exp()
    return (4 * n.rho / ball(s.beta) ** 2).max(4 * s.C * n.q).max(64 * e**2 * s.C**2 / n.M)


# --- the schedule of the statement --------------------------------------------------------------------------


def scheduled(s: Setting, *, rho: str = "mended", pairs: int = 2, coverage: int = 2) -> Numbers:
    """The numbers of LM2.

    False variants: ``rho = eps``, or what the regret alone asks for; pairs counted once; coverage to another
    power.
    """
    from explore_theory.certify.balls import ball

    share, H, B, R, T = ball(SHARE), s.H, s.B, s.R, s.T
    beta, eps, e, visits = ball(s.beta), ball(s.eps), ball(1).exp(), pairs * s.T * s.H
    by_regret = 2 * beta * eps / (kappa() * H)
    by_estimates = beta**2 / (2400 * pairs * kappa() ** 2 * H**2 * T)
    rates = {"printed": eps, "regret": by_regret, "mended": by_regret.min(by_estimates)}
    rate = rates[rho]
    part = share * rate
    ratio = 2 * (2304 * H * B * beta * visits * 2 * e / part) ** 2 * ball(s.C) ** coverage
    # The draws of J.1.4 have a logarithm of delta_rej: 4/delta_rej is below e^(4 M), with room.
    log = 2 * (4 * ratio).log()
    second = 19200 * T * (12 * R**2 + 48 * beta**2 * log**2 + 85 * H**2 * B**2) + 3072 * T * H**2 * B * (
        beta * log
    )
    third = 16 * H * (8 * R**2 * log**2 + 200 * H**2 * B**2) + 3072 * H * B**2
    each = 2 * share * eps
    rejection = (part / second).min(each / (4 * H * (R + ball(Fraction(5, 4)) * H * B + beta * log)))
    missed = visits * (third + 2304 * H * B * beta + 7680 * H * R**2)
    p = (part / missed).min(each / (B * (log + 5 * H) * H + 2 * H**2 * R))
    q = (part / (7680 * H * R**2 * visits)).sqrt() / (2 * e * s.C)
    q = q.min(each / (H**2 * R * (1 + 2 * e) * s.C)).min(ball(Fraction(1, 4 * s.C)))
    a, b = 6400 * B**2 * H**2 * s.d / part, 3840 * H**2 * B**2 * T / part
    draws = 2 * a * (2 * a * 12 * H * T / ball(s.delta)).log() + 2 * b
    return Numbers(rate, part / (4 * B**2), ratio, rejection, draws, p, q)


def world(**change: Any) -> Callable[[Trial], World]:
    """The grid with its numbers."""

    def made(_: Trial) -> World:
        from explore_theory.certify.balls import precision

        with precision(BITS):
            return [(s, scheduled(s, **change)) for s in settings()]

    return made


NAMES = ("error of an estimate over eps_reg^2", "regret over eps", "what lemmas need")


def shares(found: World) -> Measurement:
    """`NAMES`, of each setting."""
    from explore_theory.certify.balls import ball, precision

    values = []
    with precision(BITS):
        for s, n in found:
            values += [estimate(s, n) / n.rho, regret(s, n) / ball(s.eps), needed(s, n)]

    def witness(k: int) -> dict[str, Any]:
        told = {name: str(value) for name, value in vars(found[k // 3][0]).items()}
        return {"what": NAMES[k % 3], **told}

    return Measurement.exact(values, effort=len(found), unit="settings", witness=witness)
