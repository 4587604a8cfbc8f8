"""Wide rows: a task a row, with a list of responses and a list of what became of each.

Large Language Monkeys (``samples``, ``is_corrects``), LiveCodeBench's ``*_eval_all.json`` (``output_list`` or
``code_list``, ``graded_list``) and what people write by hand.
"""

from collections.abc import Mapping
from typing import Any

from explore_theory.samples.draws import Draw
from explore_theory.samples.readers import fields as are
from explore_theory.samples.readers.records import BadRecord, Form, Plainly, Record

NAME = "wide rows"
#: Truth values by name; and numbers.
_PASSED = ("is_corrects", "is_correct_list", "corrects", "graded_list", "passes")
_NUMBERS = ("rewards", "scores")
_RESPONSES = ("completions", "responses", "samples", "generations", "output_list", "outputs", "code_list")
_TASKS = (
    "task",
    "task_id",
    "question_id",
    "problem_id",
    "doc_id",
    "id",
    "orig_dset_idx",
    "prompt",
    "question",
    "problem",
)


class Wide(Form):
    """See the module."""

    name = NAME

    def recognises(self, fields: frozenset[str]) -> bool:
        """By a name in the plural for truth values, or for numbers beside responses."""
        return bool(
            fields & set(_TASKS)
            and (fields & set(_PASSED) or (fields & set(_NUMBERS) and fields & set(_RESPONSES)))
        )

    def open(self, first: Record, prefer: Mapping[str, str]) -> "WideReading":
        """With the first of the known names that the first row has."""
        reward = next(name for name in (*_PASSED, *_NUMBERS) if name in first)
        task = prefer.get("task") or next(name for name in _TASKS if name in first)
        return WideReading(task, reward, next((name for name in _RESPONSES if name in first), None))


class WideReading(Plainly):
    """Rows of tasks."""

    def __init__(self, task: str, reward: str, response: str | None) -> None:
        self.rewards = (reward,)
        self.columns = frozenset((task, reward, *([response] if response else [])))
        self.binary = frozenset(self.rewards if reward in _PASSED else ())
        self._task, self._response = task, response

    def draws(self, record: Record, place: str) -> list[Draw]:
        """As many draws as the lists are long."""
        (name,) = self.rewards
        task = are.task(self._task, are.present(record, self._task))
        given = _listed(name, are.present(record, name))
        read = are.passed if self.binary else are.reward
        rewards = [read(name, value) for value in given]
        responses: list[str | None] = [None] * len(rewards)
        if self._response is not None:
            texts = _listed(self._response, are.present(record, self._response))
            if len(texts) != len(rewards):
                raise BadRecord(
                    f"{name!r} and {self._response!r} must be as long, got {len(rewards)} and {len(texts)}"
                )
            responses = [are.spoken(self._response, text) for text in texts]
        return [
            Draw(task, (reward,), response, place=f"{place}[{index}]")
            for index, (reward, response) in enumerate(zip(rewards, responses, strict=True))
        ]


def _listed(name: str, value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    raise BadRecord(f"{name!r} must be a list, got {are.shown(value)}")
