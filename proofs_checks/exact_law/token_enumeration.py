"""What a token oracle does, draw by draw, in rationals: steps, rollouts and searches for pairs that are far
apart.

Nothing here knows a geometric law, a maximum's law or a table: every base token and every coin is a
branch, and branches that can no longer be told apart are added up. Policies are such that ``exp(f/beta)``
is a power of two, so that coins are rational.

Letters: `A` tokens, `d` feature dimension.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from explore_theory.oracles.tokens.sampler import TokenPolicy
from explore_theory.problems.autoregressive import AutoregressiveProblem, Layer
from explore_theory.problems.noise import NoiseLaw, NoNoise

Vector = tuple[Fraction, ...]
Matrix = tuple[Vector, ...]
#: Log-ratios are compared to so many places, off a grid on which they may fall.
PLACES, OFF = 1e6, 0.123


@dataclass(frozen=True)
class State:
    """What a prefix leads to: base law, features and rewards of the next token, and the states after it."""

    base: Vector
    features: tuple[Vector, ...]
    reward: Vector
    next: tuple[int, ...]


@dataclass(frozen=True)
class Tokens:
    """A problem in rationals: prompts of mass `rho` start in the states `start` of the first of `layers`."""

    rho: Vector
    start: tuple[int, ...]
    layers: tuple[tuple[State, ...], ...]

    def problem(self, beta: float, noise: NoiseLaw | None = None) -> AutoregressiveProblem:
        """The same as a problem of the package."""

        def table(states: Sequence[State], name: str) -> Any:
            return np.array([getattr(state, name) for state in states], dtype=np.float64)

        return AutoregressiveProblem(
            prompt_mass=np.array(self.rho, dtype=np.float64),
            start=np.array(self.start),
            layers=tuple(
                Layer(
                    base=table(states, "base"),
                    reward=table(states, "reward"),
                    features=table(states, "features"),
                    next=np.array([state.next for state in states], dtype=np.int64),
                )
                for states in self.layers
            ),
            beta=beta,
            noise=noise or NoNoise(),
        )


@dataclass(frozen=True)
class Policy:
    """A token policy: `slope` `[H, d]` is ``theta/(beta log 2)``, `square` the squared radius."""

    slope: tuple[Vector, ...]
    precision: tuple[Matrix, ...]
    square: Fraction
    draws: int
    cap: int

    def data(self, beta: float) -> TokenPolicy:
        """The same as a policy of the package."""
        return TokenPolicy(
            theta=np.array(self.slope, dtype=np.float64) * (beta * math.log(2.0)),
            precision=np.array(self.precision, dtype=np.float64),
            radius=math.sqrt(self.square),
            draws=self.draws,
            cap=self.cap,
        )

    def power(self, state: State, h: int, token: int, anchor: int) -> int:
        """``log2 exp(f/beta)``, a whole number: zero where the pair is further apart than the radius."""
        relative = minus(state.features[token], state.features[anchor])
        if norm(self.precision[h], relative) > self.square:
            return 0
        power = dot(self.slope[h], relative)
        if power.denominator != 1:
            raise ValueError(f"slope must give whole powers of two, got {power}")
        return int(power)


def dot(first: Vector, second: Vector) -> Fraction:
    """The inner product."""
    return sum((a * b for a, b in zip(first, second, strict=True)), Fraction(0))


def minus(first: Vector, second: Vector) -> Vector:
    """The difference."""
    return tuple(a - b for a, b in zip(first, second, strict=True))


def norm(matrix: Matrix, vector: Vector) -> Fraction:
    """The squared norm of `vector` in that of `matrix`."""
    return dot(vector, tuple(dot(row, vector) for row in matrix))


# --- one step ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """What a step shows: its token, the calls, and how it came about.

    `tries` is the number of the accepted candidate, 0 if none was; `power` is ``log2 alpha`` of it, or 0.
    """

    token: int
    calls: int
    tries: int
    power: int

    @property
    def harmonic(self) -> Fraction:
        """``H_{N-1}``, or 0 if no candidate was accepted: the log-ratio is ``power log 2`` and this."""
        return sum((Fraction(1, n) for n in range(1, self.tries)), Fraction(0))


def placed(power: int, harmonic: Fraction) -> int:
    """The log-ratio ``power log 2 + harmonic`` as a whole number, to be compared."""
    return round((power * math.log(2.0) + float(harmonic)) * PLACES + OFF)


@dataclass(frozen=True)
class Changes:
    """How a false step differs from a step."""

    more_tries: int = 0
    fewer_draws: int = 0
    free: int = 0
    free_fallback: bool = False
    last_returned: bool = False
    anchor_returned: bool = False
    counts_all: bool = False


HONEST = Changes()


@cache
def step(state: State, policy: Policy, h: int, changes: Changes = HONEST) -> Mapping[Step, Fraction]:
    """The law of a step in `state` of layer `h`."""
    law: dict[Step, Fraction] = defaultdict(Fraction)
    tokens = [a for a, p in enumerate(state.base) if p]
    draws, cap = policy.draws - changes.fewer_draws, policy.cap + changes.more_tries
    paid = 1 + policy.draws - changes.free
    for anchor in tokens:
        power = {a: policy.power(state, h, a, anchor) for a in tokens}
        # The ceiling, one base token after another.
        ceilings: dict[int | None, Fraction] = {None: state.base[anchor]}
        for _ in range(draws):
            after: dict[int | None, Fraction] = defaultdict(Fraction)
            for top, mass in ceilings.items():
                for a in tokens:
                    after[power[a] if top is None else max(top, power[a])] += mass * state.base[a]
            ceilings = after
        for top, mass in ceilings.items():
            waiting, last = mass, {a: Fraction(0) for a in tokens}
            for n in range(1, cap + 1):
                rejected = {a: Fraction(0) for a in tokens}
                for a in tokens:
                    accept = min(0, power[a] - (top or 0))
                    coin = Fraction(2) ** accept
                    taken = Step(a, paid + n, n + changes.counts_all, accept)
                    law[taken] += waiting * state.base[a] * coin
                    rejected[a] = waiting * state.base[a] * (1 - coin)
                waiting, last = sum(rejected.values(), Fraction(0)), rejected
            for a in tokens:
                left = last[a] if changes.last_returned else waiting * state.base[a]
                if changes.anchor_returned:
                    left = waiting if a == anchor else Fraction(0)
                law[Step(a, paid + cap + (not changes.free_fallback), 0, 0)] += left
    return {outcome: mass for outcome, mass in law.items() if mass}


# --- rollouts ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Walk:
    """A rollout: states from its start on, reward so far, the log-ratio's two parts, calls of each step.

    The log-ratio is ``power log 2 + harmonic``.
    """

    states: tuple[int, ...]
    reward: Fraction = Fraction(0)
    power: int = 0
    harmonic: Fraction = Fraction(0)
    calls: tuple[int, ...] = ()


def rollouts(
    world: Tokens, policy: Policy, start: int, first: int, last: int, changes: Changes = HONEST
) -> dict[Walk, Fraction]:
    """The law of a rollout from the state `start` of layer `first` that takes the steps of layers below
    `last`.
    """
    law = {Walk((start,)): Fraction(1)}
    for h in range(first, last):
        after: dict[Walk, Fraction] = defaultdict(Fraction)
        for walk, mass in law.items():
            state = world.layers[h][walk.states[-1]]
            for one, chance in step(state, policy, h, changes).items():
                longer = Walk(
                    (*walk.states, state.next[one.token]),
                    walk.reward + state.reward[one.token],
                    walk.power + one.power,
                    walk.harmonic + one.harmonic,
                    (*walk.calls, one.calls),
                )
                after[longer] += mass * chance
        law = dict(after)
    return law


# --- searches ----------------------------------------------------------------------------------------------

Found = tuple[tuple[int, int, int], ...]


def search(
    world: Tokens,
    h: int,
    states: Sequence[int],
    precision: Matrix,
    square: Fraction,
    tries: int,
    most: int | None,
    *,
    price: int = 2,
    frozen: bool = False,
) -> dict[tuple[Found, int], Fraction]:
    """The law of what is found at prefixes in `states` of layer `h`, in turn, and of the calls.

    False variants: another `price` of a pair; a precision that pairs do not join (`frozen`).
    """
    law: dict[tuple[Found, int], Fraction] = defaultdict(Fraction)

    def visit(place: int, precision: Matrix, found: Found, calls: int, mass: Fraction) -> None:
        if place == len(states) or (most is not None and len(found) >= most):
            law[found, calls] += mass
            return
        state = world.layers[h][states[place]]
        waiting = mass
        for n in range(1, tries + 1):
            far = Fraction(0)
            for a, b, chance in _pairs(state):
                relative = minus(state.features[a], state.features[b])
                if norm(precision, relative) > square:
                    far += chance
                    joined = precision if frozen else _joined(precision, relative)
                    paid = calls + price * n
                    visit(place + 1, joined, (*found, (place, a, b)), paid, waiting * chance)
            waiting *= 1 - far
        if waiting:
            visit(place + 1, precision, found, calls + price * tries, waiting)

    visit(0, precision, (), 0, Fraction(1))
    return dict(law)


def _pairs(state: State) -> Iterator[tuple[int, int, Fraction]]:
    for a, p in enumerate(state.base):
        for b, q in enumerate(state.base):
            if p * q:
                yield a, b, p * q


def _joined(precision: Matrix, relative: Vector) -> Matrix:
    """The inverse of the inverse of `precision` plus the square of `relative`, by elimination."""
    inverse = _inverted(precision)
    more = tuple(
        tuple(x + a * b for x, b in zip(row, relative, strict=True))
        for row, a in zip(inverse, relative, strict=True)
    )
    return _inverted(more)


def _inverted(matrix: Matrix) -> Matrix:
    size = len(matrix)
    work = [[*row, *(Fraction(i == j) for j in range(size))] for i, row in enumerate(matrix)]
    for column in range(size):
        pivot = next(i for i in range(column, size) if work[i][column])
        work[column], work[pivot] = work[pivot], work[column]
        work[column] = [x / work[column][column] for x in work[column]]
        for i in range(size):
            if i != column:
                work[i] = [x - work[i][column] * y for x, y in zip(work[i], work[column], strict=True)]
    return tuple(tuple(row[size:]) for row in work)


def marginal(law: Mapping[Any, Fraction], key: Any) -> dict[Any, Fraction]:
    """The law of ``key(outcome)``."""
    found: dict[Any, Fraction] = defaultdict(Fraction)
    for outcome, mass in law.items():
        found[key(outcome)] += mass
    return dict(found)
