"""The oracle's side of runs of proper learners: rounds, and nothing else.

See `table`, whose checks these are. All replicates meet one formula, each through signs of its own that
nobody is told: a parameter is multiplied by them on its way in, features on their way out. So what a
replicate meets is a formula whose satisfying signs are uniform, and independent of those of its peers.

Letters: `R` replicates, `d` feature dimension.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from explore_theory.challenging.table import MOST_REFUSED, Budget, Refused, Violation, parameter, sparse
from explore_theory.oracles import ProperOracle
from explore_theory.problems.protocol import Floats


class ProperTable:
    """`R` replicates at one oracle, seen through `signs` `[R, d]`."""

    def __init__(self, oracle: ProperOracle, budget: Budget, signs: Floats) -> None:
        self._oracle, self._budget, self._signs = oracle, budget, signs
        self.calls, self.rewards = [0] * oracle.R, [0] * oracle.R
        self._refused = [0] * oracle.R

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
        answers: dict[int, list[Any]] = {}
        thetas = np.zeros((2, self._oracle.R, self._oracle.facts.d))
        rows: list[int] = []
        for row, question in asked.items():
            try:
                thetas[:, row] = self._read(row, question)
                rows.append(row)
            except Refused as error:
                answers[row] = self._no(row, error)
        if rows:
            self._play(rows, thetas, answers)
        return answers

    def _read(self, row: int, question: Sequence[Any]) -> list[Floats]:
        match question:
            case ["round", first, second]:
                pass
            case ["prompt" | "draw" | "search" | "reward", *_]:
                raise Refused(
                    f"oracle must be asked for rounds by a learner that says proper=True, got {question[0]}"
                )
            case _:
                raise Violation(f"a question must be round, got {question!r:.60}")
        given = [parameter(theta, self._oracle.facts) for theta in (first, second)]
        if self.calls[row] + 2 > self._budget.calls or self.rewards[row] >= self._budget.rewards:
            raise Refused(
                f"calls must stay at most {self._budget.calls}, got {self.calls[row] + 2}", budget=True
            )
        return given

    def _no(self, row: int, error: Refused) -> list[Any]:
        self._refused[row] += error.budget
        if self._refused[row] > MOST_REFUSED:
            raise Violation(f"a replicate asked {MOST_REFUSED:,} times for more than its budget")
        return ["budget" if error.budget else "no", str(error)]

    def _play(self, rows: list[int], thetas: Floats, answers: dict[int, list[Any]]) -> None:
        mask = np.zeros(self._oracle.R, dtype=bool)
        mask[rows] = True
        shown = self._oracle.round(thetas[0] * self._signs, thetas[1] * self._signs, mask)
        for row in rows:
            self.calls[row] += 2
            self.rewards[row] += 1
            seen = [sparse(side[None]) for side in shown.features[row] * self._signs[row]]
            features = [side and side[0] for side in seen]
            told = [
                int(shown.prompts[row]),
                shown.response[row].tolist(),
                features,
                shown.rewards[row].tolist(),
            ]
            answers[row] = ["ok", told]
