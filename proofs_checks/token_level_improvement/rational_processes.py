"""Small decision processes whose values are exact: rational combinations of one and the logarithms of primes.

Probabilities of actions are fractions of 2, 3, 5 and 7 alone, so ``log`` of a ratio of two of them is a whole
combination of ``log 2``, ``log 3``, ``log 5``, ``log 7``. Those and 1 are linearly independent over the
rationals (for logarithms this is unique factorisation; that 1 joins them is Lindemann's theorem, and is not
needed: equal coefficients are equal numbers). An identity that holds coefficient by coefficient holds.

A *value* is an array `[5]` of fractions: the coefficients of 1, log 2, log 3, log 5, log 7. A law is a tuple
of fractions. A policy is a law per stage and state. Letters: `H` stages, `S` states of every stage, `A`
actions. Stages count from zero.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.harness import Trial

Value = npt.NDArray[Any]
Law = tuple[Fraction, ...]
Policy = Sequence[Sequence[Law]]

PRIMES = (2, 3, 5, 7)
ZERO: Value = np.array([Fraction(0)] * 5, dtype=object)

#: Laws of full support on two and three actions, in any order of the actions.
_PARTS = {
    2: ((1, 1), (1, 2), (1, 4), (2, 5), (3, 7), (1, 9)),
    3: ((1, 1, 1), (1, 2, 3), (2, 2, 1), (1, 5, 4)),
}
#: Laws that leave out an action.
_THIN = {2: ((0, 1),), 3: ((0, 1, 2), (0, 1, 0), (3, 0, 4))}


def law(parts: Sequence[int]) -> Law:
    """The law proportional to whole `parts`."""
    return tuple(Fraction(part, sum(parts)) for part in parts)


def number(value: Fraction | int) -> Value:
    """A rational number as a value."""
    return np.array([Fraction(value), *ZERO[1:]], dtype=object)


@cache
def log(ratio: Fraction) -> Value:
    """The logarithm of a positive fraction of 2, 3, 5 and 7."""
    found = [Fraction(0)]
    top, bottom = ratio.numerator, ratio.denominator
    for prime in PRIMES:
        power = 0
        while top % prime == 0:
            top, power = top // prime, power + 1
        while bottom % prime == 0:
            bottom, power = bottom // prime, power - 1
        found.append(Fraction(power))
    if (top, bottom) != (1, 1):
        raise ValueError(f"ratio must be a fraction of {PRIMES}, got ratio={ratio}")
    value: Value = np.array(found, dtype=object)
    value.flags.writeable = False
    return value


def exponential(value: Value) -> Fraction:
    """``exp`` of a value that is the logarithm of a fraction."""
    if value[0] or any(power.denominator != 1 for power in value[1:]):
        raise ValueError(f"value must be the logarithm of a fraction, got value={value}")
    found = Fraction(1)
    for prime, power in zip(PRIMES, value[1:], strict=True):
        found *= Fraction(prime) ** int(power)
    return found


@dataclass(frozen=True, kw_only=True)
class Process:
    """`start`, a law; `base`, a policy; `reward` `[H][S][A]`, values; `moves` `[H - 1][S][A]`, laws."""

    beta: Fraction
    start: Law
    base: Policy
    reward: Sequence[Sequence[Sequence[Value]]]
    moves: Sequence[Sequence[Sequence[Law]]]

    @property
    def horizon(self) -> int:
        """`H`."""
        return len(self.base)

    @property
    def states(self) -> range:
        """The states of every stage."""
        return range(len(self.start))

    @property
    def actions(self) -> range:
        """The actions."""
        return range(len(self.base[0][0]))

    def places(self) -> Iterator[tuple[int, int]]:
        """Every stage with every state."""
        for h in range(self.horizon):
            for s in self.states:
                yield h, s

    def cost(self, policy: Policy, h: int, s: int, a: int) -> Value:
        """``beta log pi_h(a|s)/pi_{h,ref}(a|s)``, for an action that the policy takes."""
        return np.asarray(self.beta * log(policy[h][s][a] / self.base[h][s][a]))

    def divergence(self, first: Policy, second: Policy, h: int, s: int) -> Value:
        """``beta KL(first_h(.|s) || second_h(.|s))``."""
        return total(p * self.beta * log(p / q) for p, q in zip(first[h][s], second[h][s], strict=True) if p)

    def expected(self, h: int, s: int, a: int, values: Sequence[Value]) -> Value:
        """``E`` of `values` `[S]` of stage `h` + 1, after action `a`; zero after the last stage."""
        if h + 1 == self.horizon:
            return ZERO
        return total(p * value for p, value in zip(self.moves[h][s][a], values, strict=True) if p)


def total(parts: Iterator[Value]) -> Value:
    """The sum."""
    return sum(parts, start=ZERO)


# --- by trajectories: definitions ---------------------------------------------------------------------------


def trajectories(
    process: Process, policy: Policy, h: int, s: int
) -> Iterator[tuple[Fraction, list[tuple[int, int]]]]:
    """Every trajectory from state `s` of stage `h` on, with its probability under `policy`."""
    for a in process.actions:
        if not (p := policy[h][s][a]):
            continue
        if h + 1 == process.horizon:
            yield p, [(s, a)]
            continue
        for after, q in enumerate(process.moves[h][s][a]):
            if q:
                for mass, rest in trajectories(process, policy, h + 1, after):
                    yield p * q * mass, [(s, a), *rest]


def regularised_return(process: Process, policy: Policy, h: int, path: list[tuple[int, int]]) -> Value:
    """``sum_l r_l - beta log pi_l/pi_{l,ref}`` of a path that begins at stage `h`."""
    return total(
        process.reward[h + i][s][a] - process.cost(policy, h + i, s, a) for i, (s, a) in enumerate(path)
    )


def value_by_paths(process: Process, policy: Policy, h: int, s: int) -> Value:
    """``E_pi[sum_{l>=h} r_l - beta sum_{l>=h} log pi_l/pi_{l,ref} | x_h = s]``."""
    return total(
        mass * regularised_return(process, policy, h, path)
        for mass, path in trajectories(process, policy, h, s)
    )


def action_value_by_paths(process: Process, policy: Policy, h: int, s: int, a: int) -> Value:
    """``Q^pi_h(s, a)``, Definition I.1: the log-ratio of stage `h` itself does not count."""
    if h + 1 == process.horizon:
        return process.reward[h][s][a]
    later = [value_by_paths(process, policy, h + 1, after) for after in process.states]
    return process.reward[h][s][a] + process.expected(h, s, a, later)


# --- by stages: what statements are about -------------------------------------------------------------------


def action_values(process: Process, policy: Policy, *, unpaid: int | None = None) -> list[list[list[Value]]]:
    """``Q^pi_h(s, a)`` `[H][S][A]` by backward induction; without the log-ratio of stage `unpaid`."""
    found: list[list[list[Value]]] = []
    after: list[Value] = [ZERO for _ in process.states]
    for h in reversed(range(process.horizon)):
        q = [
            [process.reward[h][s][a] + process.expected(h, s, a, after) for a in process.actions]
            for s in process.states
        ]
        after = [
            total(
                p * (q[s][a] if h == unpaid else q[s][a] - process.cost(policy, h, s, a))
                for a, p in enumerate(policy[h][s])
                if p
            )
            for s in process.states
        ]
        found.insert(0, q)
    return found


def occupancy(process: Process, policy: Policy, h: int, here: Law, *, certain: bool = False) -> list[Law]:
    """Laws of the state of stages ``h .. H - 1`` under `policy`, from the law `here` of stage `h`.

    False if `certain`: every action leads to its likeliest state.
    """
    found = [here]
    for stage in range(h, process.horizon - 1):
        after = [Fraction(0) for _ in process.states]
        for s in process.states:
            for a, p in enumerate(policy[stage][s]):
                moves = process.moves[stage][s][a]
                for to, q in enumerate(likeliest(moves) if certain else moves):
                    after[to] += found[-1][s] * p * q
        found.append(tuple(after))
    return found


def likeliest(moves: Law) -> Law:
    """All mass on the first of the likeliest states."""
    best = moves.index(max(moves))
    return tuple(Fraction(int(to == best)) for to in range(len(moves)))


def point(process: Process, s: int) -> Law:
    """All mass on state `s`."""
    return tuple(Fraction(int(here == s)) for here in process.states)


# --- drawn --------------------------------------------------------------------------------------------------


class Draws:
    """Whole numbers of one row, one after the other."""

    def __init__(self, words: Sequence[int]) -> None:
        self._words = iter(words)

    def below(self, n: int) -> int:
        """A number below `n`."""
        return next(self._words) % n

    def law(self, actions: int, *, thin: bool = False) -> Law:
        """A law on actions; if `thin`, one in two leaves an action out."""
        table = _THIN[actions] if thin and self.below(2) else _PARTS[actions]
        parts, turn = table[self.below(len(table))], self.below(actions)
        return law(parts[turn:] + parts[:turn])

    def moves(self, states: int) -> Law:
        """Any rational law on states; one in four is certain."""
        parts = [self.below(6) for _ in range(states)]
        sure = self.below(states)
        return law([int(s == sure) for s in range(states)] if self.below(4) == 0 or not sum(parts) else parts)

    def policy(self, shape: tuple[int, int, int], *, thin: bool = False) -> list[list[Law]]:
        """A law on actions for every stage and state."""
        horizon, states, actions = shape
        return [[self.law(actions, thin=thin) for _ in range(states)] for _ in range(horizon)]


def draws(trial: Trial, most: int = 2000) -> list[Draws]:
    """One per row of the trial."""
    return [Draws(row) for row in trial.streams.integers(2**32, most).tolist()]


def shape_of(trial: Trial) -> tuple[int, int, int]:
    """``(H, S, A)`` of the case."""
    horizon, states, actions = (int(trial.case.params[name]) for name in ("horizon", "states", "actions"))
    return horizon, states, actions


def drawn_moves(source: Draws, shape: tuple[int, int, int]) -> list[list[list[Law]]]:
    """Transition laws of all stages but the last."""
    horizon, states, actions = shape
    return [
        [[source.moves(states) for _ in range(actions)] for _ in range(states)] for _ in range(horizon - 1)
    ]


def drawn_process(source: Draws, shape: tuple[int, int, int]) -> Process:
    """A process with rewards in [0, 1] at every step, for lemmas that do not ask for an optimum."""
    horizon, states, actions = shape
    return Process(
        beta=Fraction(source.below(8) + 1, 4),
        start=source.moves(states),
        base=source.policy(shape),
        reward=[
            [[number(Fraction(source.below(9), 8)) for _ in range(actions)] for _ in range(states)]
            for _ in range(horizon)
        ],
        moves=drawn_moves(source, shape),
    )


def flat(values: Sequence[Value]) -> Value:
    """All coefficients of all values, `[K]`."""
    return np.concatenate(list(values))


def shown(process: Process, **policies: Policy) -> dict[str, Any]:
    """The process and policies in words, for a witness."""

    def words(part: Any) -> Any:
        if isinstance(part, Fraction):
            return str(part)
        return [words(each) for each in part]

    told = {name: words(getattr(process, name)) for name in ("beta", "start", "base", "reward", "moves")}
    return told | {name: words(policy) for name, policy in policies.items()}
