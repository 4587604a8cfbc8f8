"""What a learner of a decision process holds and gets: tickets to visited states, and sampled actions.

Letters: `k` visits of one call, `m` draws, `d` feature dimension.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np

from explore_theory.errors import OracleMisuse
from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import whole
from explore_theory.oracles.arguments import picked
from explore_theory.oracles.door import fixed
from explore_theory.problems.protocol import Floats, Ints


class Visits:
    """Tickets to `k` visits of states of one stage, each of some row; they can be kept, picked and joined.

    The states themselves are hidden. Only an oracle issues them, and nothing about them can be changed.
    """

    __slots__ = ("_number", "_owner", "_rows", "_stage", "_state")
    _number: Ints
    _owner: object
    _rows: Ints
    _stage: int
    _state: Ints

    def __init__(self, *args: object, **kwargs: object) -> None:
        raise OracleMisuse("visits must be started or moved to at an oracle, got a call of Visits")

    @classmethod
    def _issued(cls, owner: object, rows: Ints, stage: int, state: Ints, number: Ints) -> "Visits":
        made = object.__new__(Visits)
        values = {"_rows": fixed(rows), "_stage": stage, "_owner": owner, "_state": state, "_number": number}
        for name, value in values.items():
            object.__setattr__(made, name, value)
        return made

    @property
    def rows(self) -> Ints:
        """`[k]`: the replicate each belongs to."""
        return self._rows

    @property
    def stage(self) -> int:
        """The stage, from zero."""
        return self._stage

    @property
    def count(self) -> int:
        """`k`."""
        return int(self._rows.size)

    def pick(self, which: Any) -> "Visits":
        """Those visits, by indices, slice or mask; the same visits still, however often they are picked."""
        places = picked(self.count, which, "visits")
        return self._issued(
            self._owner, self._rows[places], self._stage, self._state[places], self._number[places]
        )

    def repeated(self, times: int) -> "Visits":
        """Every visit `times` times over, in blocks."""
        return self.pick(np.repeat(np.arange(self.count), whole("times", times, least=0)))

    @classmethod
    def joined(cls, parts: Sequence["Visits"]) -> "Visits":
        """All visits of `parts`, which have one stage and one oracle."""
        parts = list(parts)
        if not parts or any(type(part) is not Visits for part in parts):
            raise OracleMisuse("parts must be visits, at least one, got none or something else")
        first = parts[0]
        if any(part._stage != first._stage or part._owner is not first._owner for part in parts):
            raise OracleMisuse(
                f"visits must have one stage to be joined, got stages {[part.stage for part in parts]}"
            )
        rows, state, number = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("_rows", "_state", "_number")
        )
        return cls._issued(first._owner, rows, first._stage, state, number)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"Visits must not be changed, got a new {name}")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self

    def __repr__(self) -> str:
        return f"Visits(count={self.count}, stage={self.stage})"


@brief
@dataclass(frozen=True, eq=False)
class ActionSample:
    """Actions `[k, m]` that were drawn, and their features `[k, m, d]`."""

    actions: Ints
    features: Floats

    def __post_init__(self) -> None:
        self.actions.flags.writeable = False
        self.features.flags.writeable = False


class Outcome(NamedTuple):
    """What an action led to: its noisy reward `[k]`, and visits to the next stage (None after the last)."""

    reward: Floats
    visits: Visits | None
