"""Processes with two policies, for the performance difference lemmas: exact ones, and long ones in float64.

Letters: `H` stages, `S` states, `A` actions; see `rational_processes` for values and laws.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.foundation import laws
from explore_theory.harness import Case, Resolution, Trial
from explore_theory.problems.processes import DecisionProcess, Stage
from proofs_checks.token_level_improvement import rational_processes as exact
from proofs_checks.token_level_improvement.rational_processes import Law, Policy, Process, Value

Floats = npt.NDArray[np.float64]


# --- exact --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """A process, a policy ``pi`` and another one, ``pi'``."""

    process: Process
    policy: Policy
    other: Policy

    def describe(self) -> dict[str, Any]:
        """In words."""
        return exact.shown(self.process, policy=self.policy, other=self.other)


def pairs(trial: Trial) -> list[Pair]:
    """One pair per row. Either policy may leave actions out, of the other's and of the base policy's."""
    shape = exact.shape_of(trial)
    return [
        Pair(
            exact.drawn_process(source, shape),
            source.policy(shape, thin=True),
            source.policy(shape, thin=True),
        )
        for source in exact.draws(trial)
    ]


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """What is wrong in a false variant of the right-hand side.

    `swapped`: states are visited as by ``pi``. `certain`: as if every action led to its likeliest state.
    `unpaid`: the log-ratio of the last stage is left out of ``Q^pi``. `own`: ``Q^pi`` pays the log-ratio of
    its own stage too.
    """

    swapped: bool = False
    certain: bool = False
    unpaid: bool = False
    own: bool = False


RIGHT = Wrong()


def difference(pair: Pair, h: int, here: Law, wrong: Wrong = RIGHT) -> Value:
    """The right-hand side of Lemmas N.5 and N.6, from the law `here` of the state of stage `h` on.

    ``sum_l E_{pi'}[ sum_a pi_l(a) (Q^pi_l - beta log pi_l/ref) - sum_a pi'_l(a) (Q^pi_l - beta log
    pi'_l/ref) ]``.
    """
    process, policy, other = pair.process, pair.policy, pair.other
    q_of = exact.action_values(process, policy, unpaid=process.horizon - 1 if wrong.unpaid else None)
    visited = exact.occupancy(process, policy if wrong.swapped else other, h, here, certain=wrong.certain)
    found = exact.ZERO
    for stage, weights in enumerate(visited, start=h):
        for s, weight in enumerate(weights):
            for law, sign in ((policy, 1), (other, -1)):
                for a, p in enumerate(law[stage][s]):
                    if not p:
                        continue
                    q = q_of[stage][s][a]
                    if wrong.own and policy[stage][s][a]:
                        q = q - process.cost(policy, stage, s, a)
                    found = found + sign * weight * p * (q - process.cost(law, stage, s, a))
    return found


def exact_cases(*shapes: tuple[int, int, int]) -> tuple[Case, ...]:
    """Cases by ``(H, S, A)``."""
    return tuple(
        Case(
            slug=f"h{h}-s{s}-a{a}",
            params={"horizon": h, "states": s, "actions": a},
            rows={"quick": 4 if h < 4 else 1, "full": 32 if h < 4 else 8},
            tight=True,
        )
        for h, s, a in shapes
    )


# --- long, in float64 ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LongPair:
    """A process of the package and two policies, tables of log-probabilities `[S, A]` per stage."""

    process: DecisionProcess
    policy: Sequence[Floats]
    other: Sequence[Floats]

    def rounding(self) -> float:
        """What float64 may do to a value, or to a sum over stages that is one.

        Values are at most ``H (1 + beta L)``, `L` the largest log-ratio; each stage loses at most 50 units of
        ``2^-52`` of that, see `laws.evaluated`.
        """
        ratio = [
            np.abs(table - stage.log_base).max()
            for tables in (self.policy, self.other)
            for table, stage in zip(tables, self.process.stages, strict=True)
        ]
        horizon, beta = self.process.horizon, self.process.beta
        return float(50 * np.finfo(float).eps * horizon * horizon * (1 + beta * max(ratio)))

    def describe(self) -> dict[str, Any]:
        """In words."""
        first = self.process.stages[0]
        return {
            "horizon": self.process.horizon,
            "states": first.states,
            "actions": first.actions,
            "beta": self.process.beta,
        }


def long_pairs(trial: Trial) -> list[LongPair]:
    """One per row: rewards in [0, 1] at every step, moves of which some are certain, `beta` in [.05, 1]."""
    horizon, states, actions = exact.shape_of(trial)
    table = states * actions
    size = 4 * table + table * states + table
    words = trial.streams.normal(horizon * size + states + 1)
    return [_long_pair(row, horizon, states, actions) for row in words]


def _long_pair(row: Floats, horizon: int, states: int, actions: int) -> LongPair:
    given = iter(row)

    def take(*shape: int) -> Floats:
        return np.array([next(given) for _ in range(int(np.prod(shape)))]).reshape(shape)

    start = laws.log_normalise(2 * take(states))
    beta = float(np.exp(np.clip(-1.5 + take(1)[0], np.log(0.05), 0.0)))
    stages, policy, other = [], [], []
    for h in range(horizon):
        moves = np.exp(laws.log_normalise(3 * take(states, actions, states)))
        # Every other action leads to one state for certain.
        moves[:, ::2] = np.eye(states)[moves[:, ::2].argmax(axis=-1)]
        reward = 1 / (1 + np.exp(-2 * take(states, actions)))
        stages.append(
            Stage(
                log_base=laws.log_normalise(2 * take(states, actions)),
                reward=reward,
                features=np.zeros((states, actions, 1)),
                moves=moves if h + 1 < horizon else None,
            )
        )
        policy.append(laws.log_normalise(2 * take(states, actions)))
        other.append(laws.log_normalise(2 * take(states, actions)))
    process = DecisionProcess(start=np.exp(start), stages=tuple(stages), beta=beta)
    return LongPair(process, policy, other)


#: Twice the rounding of one side at its largest: 2 x 50 eps x 32^2 (1 + 20) = 5e-10.
RESOLUTION = Resolution(absolute=1e-9)


def roundings(found: Sequence[LongPair], each: int = 1) -> Floats:
    """`rounding` of every pair, `each` times over."""
    return np.repeat([pair.rounding() for pair in found], each)


def long_cases() -> tuple[Case, ...]:
    """A short, a long and a broad one."""
    return tuple(
        Case(
            slug=f"long-h{h}-s{s}-a{a}",
            params={"horizon": h, "states": s, "actions": a},
            rows={"quick": 2, "full": 32},
            tight=True,
        )
        for h, s, a in ((2, 3, 2), (32, 5, 3), (6, 12, 6))
    )
