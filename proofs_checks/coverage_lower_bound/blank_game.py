"""The game of the published instance: its value, the rate at which calls miss, and who attains it; for T21.

Letters: `Y` responses (blank included), `C` = 1/e0, ``a = C - 1``, `d` dimension, `u` the direction, `T`
calls, `n` names in reward queries, ``v = (n + 1)/(Y - 1)``, ``mu = E e^{u_1/beta}``, ``x = beta^2 d/2``,
``rate = (1/2) log(1 + 2 mu/a + 1/a^2)``.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from explore_theory.exact.strong_game import AdaptivePlay, Belief, StrongGame, best_fixed, missed_by_calls
from explore_theory.harness import Bound, Measurement, Trial
from proofs_checks.coverage_lower_bound.c3a_strong_game_value import game_of

BITS = 128


# --- the game, in rationals --------------------------------------------------------------------------------


class BlankGame(StrongGame):
    """Misses return the blank, and the blank is never the needle."""

    def miss_law(self, needle: int, direction: int) -> list[Fraction]:
        """`[N]`: all on response 0."""
        return [Fraction(y == 0) for y in range(self.responses)]

    @property
    def prior(self) -> Belief:
        """Needle uniform on the others, direction uniform, independent."""
        sides = 2 * self.dimension
        return (0,) * sides + (1,) * ((self.responses - 1) * sides)


class AnyNeedle(BlankGame):
    """Another world: the blank may be the needle."""

    @property
    def prior(self) -> Belief:
        """Needle uniform on all."""
        return (1,) * (2 * self.dimension * self.responses)


@dataclass(frozen=True)
class Played:
    """A game and its budgets."""

    game: StrongGame
    calls: int
    names: int


def played(trial: Trial, kind: type[StrongGame] = BlankGame) -> Played:
    """The game of the case."""
    params = trial.case.params
    return Played(game_of(trial, kind=kind), int(params["T"]), int(params["n"]))


def adaptive(world: Played) -> Measurement:
    """The largest chance to succeed: to meet the needle, or to guess it at the end."""
    value = AdaptivePlay(world.game).value(world.calls, world.names + 1)
    return Measurement.exact([value], effort=1, unit="games")


def fixed(world: Played, fewer: int = 0) -> Bound:
    """``1 - min_theta E_u prod_i (1 - h(<theta_i, u>)) (1 - v)_+`` with so many calls `fewer`."""
    game = world.game
    missed = missed_by_calls(game, best_fixed(game, world.calls - fewer))
    share = Fraction(world.names + 1, game.responses - 1)
    return Bound.of([1 - missed * max(Fraction(0), 1 - share)])


# --- the rate ----------------------------------------------------------------------------------------------


def rate(coverage: float, dimension: int, beta: float, power: int = 1) -> Any:
    """``(1/2) log(1 + 2 mu/a + 1/a^2)``; with `power` zero as if ``mu`` were one, the rate of a weak call."""
    from explore_theory.certify.balls import ball
    from explore_theory.certify.needle import tilt_mean

    a = ball(coverage) - 1
    return (1 + 2 * tilt_mean(dimension, beta) ** power / a + 1 / a**2).log() / 2


def point(trial: Trial) -> tuple[float, int, float, int]:
    """``C``, ``d``, ``beta`` and ``T``."""
    params = trial.case.params
    return float(params["coverage"]), int(params["dimension"]), float(params["beta"]), int(params["calls"])


def met(trial: Trial, radius: float = 1.0) -> Measurement:
    """The chance that some of `T` calls hits: all at one parameter, or in the plane one each way."""
    from explore_theory.certify.balls import ends, precision
    from explore_theory.certify.needle import plane_sequence, repeated_hit

    coverage, dimension, beta, calls = point(trial)
    with precision(BITS):
        if trial.case.params["look"] == "around":
            turns = [(radius, 2 * math.pi * k / calls) for k in range(calls)]
            found = plane_sequence(coverage, beta, turns)
        else:
            found = repeated_hit(dimension, coverage, beta, calls=calls, radius=radius)
        lo, hi = ends(found)
    return Measurement(lo=np.array([lo]), hi=np.array([hi]), effort=1, unit="integrals")


def by_rate(trial: Trial, power: int = 1) -> Bound:
    """``1 - e^{-T rate}``."""
    from explore_theory.certify.balls import precision

    coverage, dimension, beta, calls = point(trial)
    with precision(BITS):
        return Bound.of([-(-calls * rate(coverage, dimension, beta, power)).expm1()])


# --- gaps of outputs ---------------------------------------------------------------------------------------


def objective(masses: Sequence[Any], base: Sequence[Any], beta: Any) -> Any:
    """``J`` of a law on needle and blank, in balls: ``pi(y*) - beta KL(pi || pi_ref)``."""
    from explore_theory.certify.balls import ball

    divergence = sum((p * (p / b).log() for p, b in zip(masses, base, strict=True)), ball(0))
    return masses[0] - beta * divergence


def gap_of_mass(mass: Any, base_mass: Any, beta: Any) -> Any:
    """``J(pi*) - J(pi)`` for ``pi(y*) = mass``, ``pi(0) = 1 - mass``; the optimum from its definition."""
    from explore_theory.certify.balls import ball

    base = ball(base_mass), 1 - ball(base_mass)
    weights = base[0] * (1 / beta).exp(), base[1]
    total = weights[0] + weights[1]
    best = objective([w / total for w in weights], base, beta)
    return best - objective([ball(mass), 1 - ball(mass)], base, beta)


def least_mass(base_mass: Fraction, beta: Any, eps: Fraction) -> tuple[Fraction, Fraction]:
    """Two fractions around ``p_eps``: the gap is proved to exceed `eps` at the first, not at the second."""
    from explore_theory.certify.balls import ball

    low, high = base_mass, 1 - Fraction(1, 10**12)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if gap_of_mass(middle, base_mass, beta) > ball(eps) else (low, middle)
    return low, high


def lazy(trial: Trial, mass_counts: bool = True) -> Measurement:
    """What T21 asks of an output that draws `T` times and stops at the needle, over that `T`: at most one.

    `T` is the smallest with a gap of at most ``eps`` in every world, so `delta` is zero. Without
    `mass_counts` the form for outputs that make no calls, at ``delta = 1/4``.
    """
    from explore_theory.certify.balls import ball, ends, precision

    params = trial.case.params
    coverage, dimension = int(params["coverage"]), int(params["dimension"])
    e0, eps = Fraction(1, coverage), Fraction(1, 4)
    beta = Fraction(str(params["beta"]))
    with precision(BITS):
        low, high = least_mass(e0, ball(beta), eps)
        calls = 1
        while 1 - (1 - e0) ** calls < high:
            calls += 1
        own = rate(float(coverage), dimension, float(beta))
        if not mass_counts:
            sides = [ball(4).log() / own] * 2
        else:
            sides = [-(1 - ball(p)).log() / own for p in (low, high)]
        lo, hi = ends(sides[0] / calls)[0], ends(sides[1] / calls)[1]
    return Measurement(lo=np.array([lo]), hi=np.array([hi]), effort=1, unit="outputs", notes={"calls": calls})


def no_query(trial: Trial) -> Measurement:
    """The largest gap, over the worlds, of an output made without a query; its law is that of `T` draws.

    It returns the first draw whose feature is not zero, else the blank; with one draw it is the base policy.
    """
    from explore_theory.certify.balls import ball, precision

    params = trial.case.params
    tilt, coverage, draws = (int(params[name]) for name in ("e^{1/beta}", "C*", "draws"))
    root = math.isqrt(tilt)
    assert root * root == tilt
    e0 = max(Fraction(1, coverage), Fraction(1, root))
    with precision(BITS):
        beta = 1 / ball(tilt).log()
        mass = 1 - (1 - e0) ** draws
        # Alike in all worlds: neither the needle's name nor its direction enters.
        gap = gap_of_mass(mass, e0, beta)
        return Measurement.exact(
            [gap], effort=1, unit="outputs", witness=lambda _: {**params, "e0": str(e0), "pi(y*)": str(mass)}
        )
