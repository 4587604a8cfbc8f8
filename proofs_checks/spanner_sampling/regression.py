"""Ridge regression of noisy reward differences on pairs that an adversary chooses, round by round.

``Sigma_n = lambda I + sum phi phi^T``, ``theta_n = Sigma_n^{-1} sum phi r``, ``r = <theta*, phi> + eta``, so
the error is ``theta_n - theta* = Sigma_n^{-1} w_n`` with ``w_n = sum eta phi - lambda theta*``.

Letters: `K` runs side by side, `d` dimension, `n` rounds done.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.streams import Streams
from explore_theory.harness import Tally, Trial

Floats = npt.NDArray[np.float64]

#: Norm of a relative feature, at most.
LONGEST = 2.0
#: Noise drawn at a time.
_CHUNK = 250

#: ``(n, log(det Sigma_n/det lambda I), setting)`` to the radius of the ellipsoid, `[K]` or one number.
Radius = Callable[[Any, Floats, "Setting"], Any]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A regression problem and its adversary.

    Parameters
    ----------
    d, rounds
        Dimension, and how many pairs are played.
    reward_range, parameter_radius
        `R` and `B`; the ridge is ``R^2/B^2`` and ``theta* = B e_1``.
    sigma
        Sub-Gaussian parameter that the radius is told.
    noise
        ``"gaussian"``, ``"signs"`` (plus or minus `sigma`), or ``"coins"``: the difference of two rewards in
        ``{0, R}`` whose means differ by ``<theta*, phi>``; needs ``2 B <= R`` and ``sigma = R/sqrt 2``.
    rule
        A name of `RULES`.
    delta
        The radius may fail with probability ``delta/3``.
    volume
        Factor on the noise of the world, unknown to the radius.
    """

    d: int
    rounds: int
    reward_range: float = 1.0
    parameter_radius: float = 1.0
    sigma: float = 1.0
    noise: str = "gaussian"
    rule: str = "balance"
    delta: float = 0.3
    volume: float = 1.0

    @property
    def ridge(self) -> float:
        """``lambda = R^2/B^2``."""
        return (self.reward_range / self.parameter_radius) ** 2


@dataclass(frozen=True, kw_only=True)
class Runs:
    """A setting and the streams of its runs."""

    setting: Setting
    streams: Streams


def runs(trial: Trial, **changes: float | str) -> Runs:
    """The runs that the case describes, with some fields of the setting changed."""
    return Runs(setting=replace(Setting(**dict(trial.case.params)), **changes), streams=trial.streams)  # type: ignore[arg-type]


@dataclass
class State:
    """What the adversary sees: all of it, the truth and the noise of the past included.

    ``inverse`` `[K, d, d]` is ``Sigma^{-1}``; ``pull`` `[K, d]` is `w`; ``error`` `[K, d]` is
    ``theta_n - theta*``; ``log_det`` `[K]`; ``closeness`` and ``before`` `[K]` are ``|error|_Sigma`` over the
    radius, now and a round ago; ``last`` `[K, d]` is the pair played last and ``noise`` `[K]` its noise.
    """

    setting: Setting
    n: int
    inverse: Floats
    pull: Floats
    error: Floats
    log_det: Floats
    closeness: Floats
    before: Floats
    last: Floats
    noise: Floats
    choices: Streams


Rule = Callable[[State], Floats]


def departures(world: Runs, radius: Radius) -> Tally:
    """How many runs had ``|theta_n - theta*|_{Sigma_n}`` above the radius for some ``n <= rounds``."""
    left = largest_closeness(world, radius) > 1
    rounds = left.size * world.setting.rounds
    return Tally(successes=int(left.sum()), trials=left.size, effort=rounds, unit="rounds")


def largest_closeness(world: Runs, radius: Radius) -> Floats:
    """`[K]`: the largest ``|theta_n - theta*|_{Sigma_n}`` over the radius, over ``0 <= n <= rounds``."""
    state = start(world)
    noise = world.streams.child("noise")
    largest = look(state, radius)
    draws = np.empty((len(world.streams.rows), 0, 1))
    for n in range(world.setting.rounds):
        if n % _CHUNK == 0:
            draws = raw_noise(world.setting, noise, min(_CHUNK, world.setting.rounds - n))
        peek(state, draws[:, n % _CHUNK])
        phi = RULES[world.setting.rule](state)
        add(state, phi, observed(world.setting, draws[:, n % _CHUNK], phi))
        largest = np.maximum(largest, look(state, radius))
    return largest


def start(world: Runs) -> State:
    """No pair played: ``theta_0 = 0``."""
    s, count = world.setting, len(world.streams.rows)
    truth = np.zeros((count, s.d))
    truth[:, 0] = s.parameter_radius
    return State(
        setting=s,
        n=0,
        inverse=np.broadcast_to(np.eye(s.d) / s.ridge, (count, s.d, s.d)).copy(),
        pull=-s.ridge * truth,
        error=-truth,
        log_det=np.zeros(count),
        closeness=np.zeros(count),
        before=np.zeros(count),
        last=np.zeros((count, s.d)),
        noise=np.zeros(count),
        choices=world.streams.child("choices"),
    )


def add(state: State, phi: Floats, noise: Floats) -> None:
    """Play the pairs `phi` `[K, d]` (Sherman and Morrison, 1950, for the inverse)."""
    spread = _apply(state.inverse, phi)
    gain = 1 + (phi * spread).sum(axis=-1)
    state.inverse -= spread[:, :, None] * (spread / gain[:, None])[:, None, :]
    state.log_det += np.log(gain)
    state.pull = state.pull + noise[:, None] * phi
    state.error = _apply(state.inverse, state.pull)
    state.last, state.noise = phi, noise
    state.n += 1


def look(state: State, radius: Radius) -> Floats:
    """``|theta_n - theta*|_{Sigma_n}`` over the radius; kept in `state` for the adversary."""
    size = np.sqrt(np.maximum((state.pull * state.error).sum(axis=-1), 0.0))
    state.before = state.closeness
    state.closeness = size / radius(state.n, state.log_det, state.setting)
    return state.closeness


def _apply(matrix: Floats, vector: Floats) -> Floats:
    """``matrix @ vector`` row by row, reduced over the last axis so that rows do not mix."""
    return np.asarray((matrix * vector[:, None, :]).sum(axis=-1))


# --- noise -------------------------------------------------------------------------------------------------


def raw_noise(setting: Setting, streams: Streams, rounds: int) -> Floats:
    """`[K, rounds, 1 or 2]`: what a round's noise is made of, drawn ahead; adversaries must not see it."""
    if setting.noise == "gaussian":
        return streams.normal(rounds)[:, :, None]
    uniform = streams.uniform(2 * rounds).reshape(-1, rounds, 2)
    return uniform if setting.noise == "coins" else np.where(uniform[:, :, :1] < 0.5, -1.0, 1.0)


def observed(setting: Setting, raw: Floats, phi: Floats) -> Floats:
    """`[K]`: the noise of a round in which `phi` `[K, d]` is played."""
    if setting.noise != "coins":
        return np.asarray(setting.volume * setting.sigma * raw[:, 0])
    difference = setting.parameter_radius * phi[:, 0] / setting.reward_range
    first, second = 0.5 + 0.5 * difference, 0.5 - 0.5 * difference
    coins = (raw[:, 0] < first).astype(np.float64) - (raw[:, 1] < second)
    return np.asarray(setting.volume * setting.reward_range * (coins - difference))


def peek(state: State, raw: Floats) -> None:
    """The forbidden rule reads the noise to come; the others see that of the past."""
    if state.setting.rule == "foresight":
        state.noise = observed(state.setting, raw, np.zeros_like(state.last))


# --- adversaries -------------------------------------------------------------------------------------------


def balance(state: State) -> Floats:
    """The coordinates in turn: the determinant is as large as `n` pairs can make it."""
    phi = np.zeros_like(state.last)
    phi[:, state.n % state.setting.d] = LONGEST
    return phi


def greedy(state: State) -> Floats:
    """Of four random directions the one along which a round's noise moves ``|error|_Sigma`` most.

    To first order that is ``<phi, error>^2 / (1 + |phi|^2_{Sigma^-1})``.
    """
    best, most = np.zeros_like(state.last), np.full(len(state.last), -1.0)
    draws = state.choices.normal(4 * state.setting.d)
    for direction in np.split(draws, 4, axis=-1):
        phi = _longest(direction)
        gain = (phi * state.error).sum(axis=-1) ** 2 / (1 + (phi * _apply(state.inverse, phi)).sum(axis=-1))
        best, most = np.where((gain > most)[:, None], phi, best), np.maximum(gain, most)
    return best


def ratchet(state: State) -> Floats:
    """Stay on a coordinate while its noise pushes outwards; after an inward push, on to another."""
    outwards = state.noise * (state.last * state.error).sum(axis=-1) > 0
    return np.where(outwards[:, None], state.last, balance(state))


def revisit(state: State) -> Floats:
    """While the error grows, the same pair again; otherwise a fresh random direction."""
    fresh = _longest(state.choices.normal(state.setting.d))
    grew = (state.closeness > state.before) & (state.n > 0)
    return np.where(grew[:, None], state.last, fresh)


def shrink(state: State) -> Floats:
    """The coordinates in turn, in ever smaller steps as the error nears the radius, so as not to overshoot.

    The norm in ``Sigma^{-1}`` is a third of the distance to the radius in units of `sigma`, at most 1.
    """
    coordinate = state.n % state.setting.d
    variance = state.inverse[:, coordinate, coordinate]
    ell = np.sqrt(2 * np.log(3 / state.setting.delta) + state.log_det)
    step = np.minimum((np.maximum(1 - state.closeness, 0.003) * ell / 3), 1.0)
    phi = np.zeros_like(state.last)
    phi[:, coordinate] = np.minimum(step / np.sqrt(variance), LONGEST)
    return phi


def foresight(state: State) -> Floats:
    """Not allowed: the sign of the pair is chosen when its noise is known, so that all noise adds up."""
    phi = balance(state)
    along = (phi * state.pull).sum(axis=-1) * state.noise
    return np.where((along < 0)[:, None], -phi, phi)


RULES: dict[str, Rule] = {
    "balance": balance,
    "greedy": greedy,
    "ratchet": ratchet,
    "revisit": revisit,
    "shrink": shrink,
    "foresight": foresight,
}


def _longest(direction: Floats) -> Floats:
    """`direction` `[K, d]` at the largest norm; zero stays zero."""
    size = np.sqrt((direction * direction).sum(axis=-1, keepdims=True))
    return np.asarray(LONGEST * direction / np.where(size > 0, size, 1.0))
