"""A sample of an Inspect log as a draw: what is the same in its two files, ``.eval`` and ``.json``.

Source: ``inspect_ai`` 0.3.285, ``log/_log.py``, ``scorer/_metric.py`` and logs that it wrote. Every epoch of
a sample is a draw; reduced scores are none. Values are numbers as its own `value_to_float` makes them, except
that a text which it cannot convert is a refusal here, and zero with a warning there.
"""

import math
from typing import Any

from explore_theory.samples.draws import Draw, Law, many
from explore_theory.samples.readers import fields as are
from explore_theory.samples.readers.records import BadRecord, Record

NAME = "Inspect log"
_LETTERS = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
_WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
_ENDED = {"stop": True, "max_tokens": False, "model_length": False}


def law(header: Record) -> Law:
    """The settings of a log: those of its plan over those of its model; raises `BadRecord`."""
    told, plan = are.part("eval", header.get("eval")), are.part("plan", header.get("plan"))
    settings: dict[str, Any] = {}
    for name, given in (
        ("model_generate_config", told.get("model_generate_config")),
        ("config", plan.get("config")),
    ):
        settings |= {key: setting for key, setting in are.part(name, given).items() if setting is not None}
    names = ("temperature", "top_p", "top_k", "max_tokens", "seed")
    for name in names:
        if settings.get(name) is not None and are.finite(settings[name]) is None:
            raise BadRecord(f"{name} must be a number, got {are.shown(settings[name])}")
    model = told.get("model")
    return Law(
        model=model if isinstance(model, str) else None, **{name: settings.get(name) for name in names}
    )


def value(name: str, given: Any) -> float:
    """A score as a number, NaN where there is none."""
    if isinstance(given, str):
        if given in _LETTERS:
            return _LETTERS[given]
        if given.lower() in _WORDS:
            return _WORDS[given.lower()]
    return are.reward(name, given, nan=True, quoted=True)


def scores(sample: Record) -> dict[str, Any]:
    """The values of a sample by scorer, or scorer and key where one gives several; raises `BadRecord`."""
    found: dict[str, Any] = {}
    for scorer, score in are.part("scores", sample.get("scores")).items():
        given = score.get("value") if isinstance(score, dict) else score
        if isinstance(given, dict):
            found |= {f"{scorer}/{key}": part for key, part in given.items()}
        else:
            found[scorer] = given
    return found


def is_number(name: str, given: Any) -> bool:
    """Whether a value is that of a reward, and no text or list."""
    try:
        value(name, given)
    except BadRecord:
        return False
    return True


class Samples:
    """Samples of one log as draws, and what there is to say of them.

    Parameters
    ----------
    rewards
        The scores that are taken.
    header
        What the log says of itself.
    errors
        ``"failed"``: a sample that ended in an error has reward 0; ``"unscored"``: it has none.
    """

    def __init__(self, rewards: tuple[str, ...], header: Record, errors: str) -> None:
        self.rewards, self._errors = rewards, errors
        self._task = str(are.part("eval", header.get("eval")).get("task", ""))
        self._status = header.get("status")
        self._failed = self._unscored = self._turns = self._invalid = 0
        self._others: set[str] = set()

    def draw(self, sample: Any, place: str) -> Draw:
        """A sample as a draw; raises `BadRecord`."""
        if not isinstance(sample, dict):
            raise BadRecord(f"a sample must be an object, got {are.shown(sample)}")
        number = are.task("id", are.present(sample, "id"))
        epoch = are.count("epoch", are.present(sample, "epoch"))
        rewards = self._rewards(sample)
        self._invalid += sample.get("invalidation") is not None
        output = are.part("output", sample.get("output"))
        choice = _choice(output)
        response = _response(output, choice)
        ended = choice.get("stop_reason")
        return Draw(
            f"{self._task}/{number}",
            rewards,
            response,
            self._logprob(sample, choice, response),
            are.count("output_tokens", are.part("usage", output.get("usage")).get("output_tokens")),
            False if sample.get("limit") else _ENDED.get(ended) if isinstance(ended, str) else None,
            f"epoch {epoch}",
            place,
        )

    def notes(self) -> list[str]:
        """What the user must know of the log."""
        said = []
        if self._status not in (None, "success"):
            said.append(
                f"the run did not end well (status {self._status!r}): these are the samples that it wrote"
            )
        if self._failed:
            how = "failed, reward 0" if self._errors == "failed" else "unscored"
            said.append(f"{many(self._failed, 'sample')} ended in an error: taken as {how}")
        if self._unscored:
            said.append(f"{many(self._unscored, 'sample')} without a score {self.rewards[0]!r}")
        if self._invalid:
            said.append(
                f"{many(self._invalid, 'sample')} marked invalid by whoever looked at it, and counted"
            )
        if self._turns:
            what = "the response is the last, without log-probability"
            said.append(f"{many(self._turns, 'sample')} of several turns: {what}")
        if self._others:
            said.append(f"scores that are left out: {', '.join(sorted(self._others))}")
        return said

    def _rewards(self, sample: Record) -> tuple[float, ...]:
        found = scores(sample)
        self._others |= found.keys() - set(self.rewards)
        if sample.get("error") is not None and not found:
            self._failed += 1
            return tuple((0.0 if self._errors == "failed" else math.nan) for _ in self.rewards)
        rewards = tuple(value(name, found.get(name)) for name in self.rewards)
        self._unscored += math.isnan(rewards[0])
        return rewards

    def _logprob(self, sample: Record, choice: Record, response: str | None) -> float | None:
        """Of the drawn tokens, if they spell the response and it is all that was drawn."""
        messages = sample.get("messages")
        messages = messages if isinstance(messages, list) else []
        turns = sum(isinstance(one, dict) and one.get("role") == "assistant" for one in messages)
        self._turns += turns > 1
        content = are.part("logprobs", choice.get("logprobs")).get("content")
        if response is None or turns > 1 or not content:
            return None
        if not isinstance(content, list) or not all(isinstance(one, dict) for one in content):
            raise BadRecord(f"log-probabilities must be a list of objects, got {are.shown(content)}")
        return are.spelled(
            response, [one.get("token") for one in content], [one.get("logprob") for one in content]
        )


def _choice(output: Record) -> Record:
    """The first of what the model answered, empty where there is none."""
    choices = output.get("choices")
    if choices is None or choices == []:
        return {}
    if not isinstance(choices, list):
        raise BadRecord(f"field 'choices' must be a list, got {are.shown(choices)}")
    return are.part("choices[0]", choices[0])


def _response(output: Record, choice: Record) -> str | None:
    """The text of the answer."""
    content = are.part("message", choice.get("message")).get("content", output.get("completion"))
    if isinstance(content, list):
        parts = [are.part("content", one) for one in content]
        return "".join(str(one.get("text") or one.get("reasoning") or "") for one in parts)
    return None if content is None else are.text("content", content)
