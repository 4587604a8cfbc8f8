"""TRL: ``completions_*.parquet``: ``step``, ``prompt``, ``completion``, a column a reward, ``advantage``.

Source: ``GRPOTrainer.log`` of TRL 1.16.0. What a reward function logs besides (``log_extra``) stands between
its rewards and the advantage, and only its names tell it from a reward.
"""

from collections.abc import Mapping
from typing import Any

from explore_theory.samples.draws import Draw, many
from explore_theory.samples.readers import fields as are
from explore_theory.samples.readers.records import BadRecord, Form, Plainly, Record

NAME = "TRL completions"
_OWN = frozenset(("step", "prompt", "completion", "advantage", "advantages", "image", "images"))


class Trl(Form):
    """See the module."""

    name = NAME

    def recognises(self, fields: frozenset[str]) -> bool:
        """By a prompt and completion of a step, or with an advantage."""
        return {"prompt", "completion"} <= fields and bool(fields & {"step", "advantage"})

    def open(self, first: Record, prefer: Mapping[str, str]) -> "TrlReading":
        """With every column of numbers that is not TRL's own as a reward."""
        names = [
            name
            for name, value in first.items()
            if name not in _OWN and not name.startswith("__") and _maybe_number(value)
        ]
        if not names:
            raise BadRecord(f"no column of numbers beside {', '.join(sorted(_OWN & set(first)))}: no reward")
        return TrlReading(tuple(names))


def _maybe_number(value: Any) -> bool:
    """A number, or what stands where a reward function gave none."""
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


class TrlReading(Plainly):
    """Rows of completions."""

    def __init__(self, rewards: tuple[str, ...]) -> None:
        self.rewards = rewards
        self.columns = frozenset((*rewards, "step", "prompt", "completion"))
        self._unscored = 0

    def draws(self, record: Record, place: str) -> tuple[Draw, ...]:
        """One draw a row."""
        rewards = tuple(are.reward(name, are.present(record, name), nan=True) for name in self.rewards)
        self._unscored += rewards[0] != rewards[0]  # NaN
        step = record.get("step")
        return (
            Draw(
                are.spoken("prompt", are.present(record, "prompt")),
                rewards,
                are.spoken("completion", are.present(record, "completion")),
                batch="" if step is None else f"step {step}",
                place=place,
            ),
        )

    def notes(self) -> list[str]:
        """What TRL does to these files."""
        said = [
            "TRL shows the completions of one generation in the file of every step that trains on them, and"
            " with logging_steps > 1 leaves some out: pool files of different generations only",
            "TRL does not say which completions were cut at the limit",
        ]
        if len(self.rewards) > 1:
            said.append(
                f"columns taken as rewards: {', '.join(self.rewards)} (TRL puts logged extras among them)"
            )
        if self._unscored:
            said.append(f"{many(self._unscored, 'reward')} {self.rewards[0]!r} NaN: taken as unscored")
        return said
