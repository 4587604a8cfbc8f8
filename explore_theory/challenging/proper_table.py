"""The oracle's side of runs of proper learners: rounds, and nothing else; an oracle of its own for each.

See `table`, whose checks these are.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from explore_theory.challenging.table import MOST_REFUSED, Budget, Refused, Violation, parameter, sparse
from explore_theory.oracles import ProperOracle


class ProperTable:
    """One replicate for each of `oracles_`."""

    def __init__(self, opened: Sequence[ProperOracle], budget: Budget) -> None:
        self._oracles, self._budget = list(opened), budget
        self.calls, self.rewards = [0] * len(self._oracles), [0] * len(self._oracles)
        self._refused = [0] * len(self._oracles)

    @property
    def strong_calls(self) -> int:
        """All of them are."""
        return sum(self.calls)

    def answer(self, asked: Mapping[int, Sequence[Any]]) -> dict[int, list[Any]]:
        """The answers to `asked`, a round for each of some replicates.

        Raises
        ------
        Violation
            If a question is none that the client asks.
        """
        return {row: self._answered(row, question) for row, question in asked.items()}

    def _answered(self, row: int, question: Sequence[Any]) -> list[Any]:
        match question:
            case ["round", first, second]:
                pass
            case ["prompt" | "draw" | "search" | "reward", *_]:
                return ["no", f"oracle must be asked for rounds by a learner that says proper=True, got {question[0]}"]
            case _:
                raise Violation(f"a question must be round, got {question!r:.60}")
        oracle, budget = self._oracles[row], self._budget
        try:
            thetas = [parameter(theta, oracle.facts) for theta in (first, second)]
        except Refused as error:
            return ["no", str(error)]
        if self.calls[row] + 2 > budget.calls or self.rewards[row] >= budget.rewards:
            self._refused[row] += 1
            if self._refused[row] > MOST_REFUSED:
                raise Violation(f"a replicate asked {MOST_REFUSED:,} times for more than its budget")
            return ["budget", f"calls must stay at most {budget.calls}, got {self.calls[row] + 2}"]
        self.calls[row] += 2
        self.rewards[row] += 1
        shown = oracle.round(thetas[0], thetas[1])
        features = [None if found is None else found[0] for found in (sparse(side[None]) for side in shown.features[0])]
        return ["ok", [int(shown.prompts[0]), shown.response[0].tolist(), features, np.asarray(shown.rewards[0]).tolist()]]
