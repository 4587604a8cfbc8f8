"""Small decision processes with exact optimal policies, for the lemma on soft Bellman optimality.

A process is drawn with its solution: in every state the optimal law ``pi*_h`` and ``Z_h``, fractions of 2, 3,
5 and 7, so that ``Q*_h = beta log(Z_h pi*_h/pi_{h,ref})`` and ``V*_h = beta log Z_h`` are exact (see
`rational_processes`), and the rewards are what remains, ``r_h = Q*_h - E V*_{h+1}``. Base policies, optimal
laws and moves are free, so this is every process whose numbers are of that kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from explore_theory.harness import Trial
from proofs_checks.token_level_improvement import rational_processes as exact
from proofs_checks.token_level_improvement.rational_processes import Policy, Process, Value

#: What ``Z`` may be.
_SCALES = tuple(Fraction(top, bottom) for top, bottom in ((1, 1), (3, 2), (1, 5), (7, 2), (4, 3), (10, 1)))


@dataclass(frozen=True)
class Solved:
    """A process, its optimal policy, ``Z_h`` `[H][S]`, and any policy."""

    process: Process
    best: Policy
    scale: Sequence[Sequence[Fraction]]
    policy: Policy

    def optimal_value(self, h: int, s: int, a: int) -> Value:
        """``Q*_h(s, a)``, by the solution."""
        value: Value = self.process.beta * exact.log(self.scale[h][s])
        return value + self.process.cost(self.best, h, s, a)

    def describe(self) -> dict[str, Any]:
        """In words."""
        return exact.shown(self.process, best=self.best, policy=self.policy)


def solved(trial: Trial) -> list[Solved]:
    """One per row; the policy may leave actions out unless the case says ``full``."""
    shape = exact.shape_of(trial)
    thin = trial.case.params.get("support") != "full"
    return [_solved(source, shape, thin) for source in exact.draws(trial)]


def _solved(source: exact.Draws, shape: tuple[int, int, int], thin: bool) -> Solved:
    horizon, states, actions = shape
    beta = Fraction(source.below(8) + 1, 4)
    base, best = source.policy(shape), source.policy(shape)
    moves = exact.drawn_moves(source, shape)
    scale = [[_SCALES[source.below(len(_SCALES))] for _ in range(states)] for _ in range(horizon)]
    bare = Process(beta=beta, start=source.moves(states), base=base, reward=(), moves=moves)
    reward = []
    for h in range(horizon):
        later = [] if h + 1 == horizon else [beta * exact.log(z) for z in scale[h + 1]]
        reward.append(
            [
                [
                    beta * exact.log(scale[h][s]) + bare.cost(best, h, s, a) - bare.expected(h, s, a, later)
                    for a in range(actions)
                ]
                for s in range(states)
            ]
        )
    made = Process(beta=beta, start=bare.start, base=base, reward=reward, moves=moves)
    return Solved(made, best, scale, source.policy(shape, thin=thin))


def optimal_values(process: Process) -> list[list[list[Value]]]:
    """``Q*_h(s, a)`` `[H][S][A]` by Definition I.2, from rewards and moves alone."""
    found: list[list[list[Value]]] = []
    after: list[Value] = [exact.ZERO for _ in process.states]
    for h in reversed(range(process.horizon)):
        q = [
            [process.reward[h][s][a] + process.expected(h, s, a, after) for a in process.actions]
            for s in process.states
        ]
        after = [process.beta * exact.log(partition(process, q[s], h, s)) for s in process.states]
        found.insert(0, q)
    return found


def partition(process: Process, q: Sequence[Value], h: int, s: int) -> Fraction:
    """``E_{a~pi_{h,ref}} exp(q(a)/beta)``."""
    return sum(
        (p * exact.exponential(value / process.beta) for p, value in zip(process.base[h][s], q, strict=True)),
        start=Fraction(0),
    )
