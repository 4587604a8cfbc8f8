"""Our own format: a prompt, a response and its reward a record, after an optional header with the law.

Fields: ``prompt`` or ``task`` (or both), ``response`` (or ``completion``), ``reward`` (a number, true, false,
or null where it was not scored), and optionally ``logprob``, ``sampling_logprob``, ``tokens``, ``finished``.
"""

from collections.abc import Mapping
from typing import Any

from explore_theory.errors import InvalidProblem
from explore_theory.samples.draws import Draw, Law
from explore_theory.samples.readers import fields as are
from explore_theory.samples.readers.records import BadRecord, Form, Plainly, Record

NAME = "plain"
MARK = "explore-theory samples"
VERSION = 1
#: What a header calls the function that scored the responses.
REWARD = "reward"
_OWN = (
    "task",
    "prompt",
    "response",
    "completion",
    "reward",
    "logprob",
    "sampling_logprob",
    "tokens",
    "finished",
)
_LAW: dict[str, type | tuple[type, ...]] = {
    "temperature": (int, float),
    "top_p": (int, float),
    "top_k": int,
    "min_p": (int, float),
    "max_tokens": int,
    "model": str,
    "seed": int,
}


def is_header(record: Record) -> bool:
    """Whether a record says of what format those after it are."""
    return record.get("format") == MARK


def header(record: Record, place: str) -> Law:
    """The law that a header tells.

    Raises
    ------
    InvalidProblem
        If its version is another, or if it has a setting that is unknown or of the wrong kind.
    """
    if record.get("version") != VERSION:
        got = are.shown(record.get("version"))
        raise InvalidProblem(f"version must be {VERSION}, got version={got} at {place}")
    told: dict[str, Any] = {}
    for name, value in record.items():
        if name in ("format", "version"):
            continue
        if name == REWARD:
            if value is not None and not isinstance(value, str):
                raise InvalidProblem(
                    f"reward must be a name in a header, got reward={are.shown(value)} at {place}"
                )
            told["judge"] = value
            continue
        if name not in _LAW:
            raise InvalidProblem(
                f"a header must have settings of {', '.join((*_LAW, REWARD))}, got {name!r} at {place}"
            )
        kind = isinstance(value, _LAW[name]) and (_LAW[name] is str or are.finite(value) is not None)
        if value is not None and not kind:
            raise InvalidProblem(
                f"{name} must be a setting of its kind, got {name}={are.shown(value)} at {place}"
            )
        told[name] = value
    return Law(**told)


class Plain(Form):
    """See the module."""

    name = NAME

    def recognises(self, fields: frozenset[str]) -> bool:
        """By a prompt or task together with a response or reward."""
        told = fields & {"prompt", "task"}
        return bool(told and fields & {"reward", "response"})

    def open(self, first: Record, prefer: Mapping[str, str]) -> "PlainReading":
        """With the task named by ``prefer["task"]`` where that is given."""
        return PlainReading(prefer.get("task"), "completion" if "response" not in first else "response")


class PlainReading(Plainly):
    """Rows of the plain format."""

    rewards = ("reward",)

    def __init__(self, task: str | None, response: str) -> None:
        self.columns = frozenset(_OWN) | ({task} if task else set())
        self._task, self._response = task, response
        self._unchecked = False

    def draws(self, record: Record, place: str) -> tuple[Draw, ...]:
        """One draw a record."""
        get = record.get
        reward = are.reward("reward", are.present(record, "reward"))
        response = get(self._response)
        if response is not None:
            response = are.spoken(self._response, response)
        return (
            Draw(
                self._named(record),
                (reward,),
                response,
                self._logprob("logprob", record, response),
                self._tokens(get("tokens")),
                are.flag("finished", get("finished")),
                "",
                place,
                self._logprob("sampling_logprob", record, response),
            ),
        )

    def notes(self) -> list[str]:
        """What was believed unseen."""
        if not self._unchecked:
            return []
        return ["log-probabilities are taken as given: without tokens it cannot be seen whose they are"]

    def _named(self, record: Record) -> str:
        if self._task:
            return are.task(self._task, are.present(record, self._task))
        for name in ("task", "prompt"):
            if record.get(name) is not None:
                return are.task(name, record[name])
        raise BadRecord("fields 'task' and 'prompt' are both missing")

    def _logprob(self, name: str, record: Record, response: str | None) -> float | None:
        given, tokens = record.get(name), record.get("tokens")
        if given is None:
            return None
        if isinstance(tokens, list):
            if response is None or not isinstance(given, list):
                raise BadRecord(
                    "tokens as texts need a response and a list of log-probabilities, one for each"
                )
            return are.spelled(response, tokens, given)
        if isinstance(given, list):
            raise BadRecord("a list of log-probabilities needs the texts of its tokens in 'tokens'")
        self._unchecked = True
        return are.log_probability(name, given)

    @staticmethod
    def _tokens(value: Any) -> int | None:
        return len(value) if isinstance(value, list) else are.count("tokens", value)
