"""Runs of a learner that holds arrays, in this process: what it is told is kept from it by the door alone.

A vectorised learner's questions are records with arrays, and whole phases; they do not travel. So it plays as
`explore_theory.play` would have it, and the page says that nothing else was kept from it.

Letters: `R` replicates.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np

from explore_theory import exact, oracles
from explore_theory.challenging.games import Game
from explore_theory.challenging.loading import find
from explore_theory.challenging.player import Failure, Noted, Runs, joined
from explore_theory.challenging.process import Declared
from explore_theory.challenging.table import Budget
from explore_theory.errors import BudgetExceeded, InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.policies import Base, BestOf, Mixture, PointMass, Softmax
from explore_theory.problems.protocol import Floats

#: Replicates that move side by side.
_TOGETHER = 512


class ArrayPlayer:
    """As `player.Player`, for learners that say ``vectorised``."""

    #: Whether runs are in a process of their own.
    isolated = False

    def __init__(self, learner: str, settings: Mapping[str, Any], declared: Declared, seed: int) -> None:
        self._found, self.declared, self.seed = find(learner, settings), declared, seed
        self.questions = 0
        #: Nothing: there is no process in which a replicate would be alone.
        self.noted: list[Noted] = []

    def renew(self) -> None:
        """There is no other process."""

    def path(self, game: Game, purpose: str, what: str) -> tuple[str, ...]:
        """The path of streams."""
        return ("challenge", game.name, purpose, what)

    def play(
        self,
        game: Game,
        budget: Budget,
        rows: Sequence[int],
        *,
        law: str = "exact-law",
        purpose: str = "",
        watched: bool = False,
        together: int = _TOGETHER,
    ) -> Runs:
        """The runs of replicates `rows`; see `player.Player.play`."""
        size = together if self._found.vectorised else 1
        blocks = [tuple(rows[k : k + size]) for k in range(0, len(rows), size)]
        return joined([self._block(game, budget, block, law, purpose) for block in blocks])

    def _block(self, game: Game, budget: Budget, rows: tuple[int, ...], law: str, purpose: str) -> Runs:
        problem, count = game.problem(rows, self.seed, purpose), len(rows)
        path = self.path(game, purpose, "oracle")
        strong = budget.calls if budget.strong else 0
        limits = {"weak": budget.calls, "strong": strong, "reward": budget.rewards, "prompt": budget.prompts}
        oracle = oracles.open(
            problem, law=law, streams=Streams(path, rows, self.seed), budgets=limits, idles=count > 1
        )
        gap, extra, out, line = np.full(count, np.inf), np.zeros(count), False, ""
        try:
            run = self._found.fresh({"calls": budget.calls, "rewards": budget.rewards})
            policy = run(oracle)
            extra = extra + cost(policy, problem.facts)
            gap = np.array(np.broadcast_to(exact.gap(problem, policy), (count,)))
        except BudgetExceeded:
            out = True
        except Exception as error:
            line = (
                f"run must end without an error, got {type(error).__name__}: {' '.join(str(error).split())}"
            )
        ledger = oracle.ledger
        calls = ledger.compute + extra
        over = (calls > budget.calls) & np.isfinite(gap)
        told = [
            blake2b(one.tobytes() + value.tobytes(), digest_size=16).hexdigest()
            for one, value in zip(ledger.counts.sum(axis=2), gap, strict=True)
        ]
        return Runs(
            rows=rows,
            gap=np.where(over, np.inf, gap),
            calls=calls,
            rewards=np.asarray(ledger.data),
            out=np.full(count, out),
            over=over,
            digests=tuple(told),
            failures=tuple(Failure(row=row, line=line[:400], trace="") for row in rows if line),
            strong=bool(ledger.total("strong").any()),
        )


def cost(policy: Any, facts: Any) -> Floats:
    """The calls that one response of `policy` takes, a number or `[R]`.

    Raises
    ------
    InvalidProblem
        If it is no policy whose calls are known, or has a parameter outside of ``Theta``.
    """
    if isinstance(policy, Mixture):
        return np.max([cost(part, facts) for part in policy.policies], axis=0)  # type: ignore[no-any-return]
    if isinstance(policy, Softmax):
        if facts.parameters is None or not facts.parameters.contains(policy.theta).all():
            raise InvalidProblem(f"theta must lie in {facts.parameters} in an output, got one that does not")
        return np.ones(1)
    if isinstance(policy, Base | BestOf | PointMass):
        return np.full(1, float({Base: 1, PointMass: 0}.get(type(policy), getattr(policy, "draws", 1))))
    raise InvalidProblem(
        f"run must return a Base, Softmax, BestOf, PointMass or Mixture to be challenged, "
        f"got a {type(policy).__name__}"
    )
