"""verl: rollout and validation dumps, ``STEP.jsonl``: ``input``, ``output``, ``score``, ``step``.

What NumPy's numbers become is text in dumps of its older trainer, ``"1.0"`` and ``"True"``, which falls back
on `str`. Those of the newer one (verl 0.9.1, ``trainer/ppo/v1``) have a ``uid`` of the form
``PROMPT_ROLLOUT_OUTPUT``, which differs in every row; a rollout of several outputs, one after the other, is
one draw, and the last of them is scored.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from explore_theory.samples.draws import Draw, many
from explore_theory.samples.readers import fields as are
from explore_theory.samples.readers.records import BadRecord, Form, Plainly, Record

NAME = "verl dump"
_OWN = frozenset(("input", "output", "score", "step", "gts", "uid", "request_id", "num_turns", "index"))
_KEY = re.compile(r"(?P<rollout>.+_\d+)_(?P<output>\d+)")
#: Texts are numbers under such names only: `pred` holds answers, which look like numbers as well.
_REWARDING = re.compile(r"acc|score|reward|correct|pass")


class Verl(Form):
    """See the module."""

    name = NAME

    def recognises(self, fields: frozenset[str]) -> bool:
        """By its three columns."""
        return {"input", "output", "score"} <= fields

    def open(self, first: Record, prefer: Mapping[str, str]) -> "VerlReading":
        """With the score first, and then what else is a reward by name or kind."""
        others = [name for name, value in first.items() if name not in _OWN and _rewarding(name, value)]
        return VerlReading(("score", *others), prefer.get("task", "input"))


def _rewarding(name: str, value: Any) -> bool:
    if isinstance(value, bool | int | float):
        return True
    if not isinstance(value, str) or not _REWARDING.search(name):
        return False
    try:
        are.reward(name, value, nan=True, quoted=True)
    except BadRecord:
        return False
    return True


class VerlReading(Plainly):
    """Rows of a dump; of a rollout with several outputs the last one is the draw."""

    def __init__(self, rewards: tuple[str, ...], task: str) -> None:
        self.rewards = rewards
        self.columns = frozenset((*rewards, "input", "output", "step", "uid", task))
        self._task = task
        self._rollout: str | None = None
        self._waiting: Draw | None = None
        self._earlier = self._unscored = self._texts = 0

    def draws(self, record: Record, place: str) -> tuple[Draw, ...]:
        """The draw that this record shows to be complete."""
        draw = self._draw(record, place)
        uid = record.get("uid")
        key = _KEY.fullmatch(uid) if isinstance(uid, str) else None
        rollout = None if key is None else f"{draw.batch} {key['rollout']}"
        done, self._waiting = self._waiting, draw
        if done is not None and rollout is not None and rollout == self._rollout:
            # The prompt of the rollout is that of its first output.
            self._earlier += 1
            self._waiting = draw._replace(task=done.task)
            return ()
        self._rollout = rollout
        return () if done is None else (done,)

    def rest(self) -> Sequence[Draw]:
        """The last one."""
        return () if self._waiting is None else (self._waiting,)

    def notes(self) -> list[str]:
        """What was merged, and what has no score."""
        said = []
        if self._earlier:
            said.append(
                f"{many(self._earlier, 'output')} before the last of a rollout: no draws of their own"
            )
        if self._unscored:
            said.append(f"{many(self._unscored, 'score')} NaN: taken as unscored")
        if self._texts:
            said.append(f"{many(self._texts, 'reward')} written as text: read as what it spells")
        return said

    def _draw(self, record: Record, place: str) -> Draw:
        rewards = []
        for name in self.rewards:
            value = are.present(record, name)
            self._texts += isinstance(value, str)
            rewards.append(are.reward(name, value, nan=True, quoted=True))
        self._unscored += rewards[0] != rewards[0]  # NaN
        step = record.get("step")
        return Draw(
            are.task(self._task, are.present(record, self._task)),
            tuple(rewards),
            are.text("output", are.present(record, "output")),
            batch="" if step is None else f"step {step}",
            place=place,
        )
