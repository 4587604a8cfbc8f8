"""What a token-level learner holds and gets: tickets to prefixes, samples, steps, returns.

Letters: `k` prefixes of one call, `m` draws, `d` feature dimension.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from explore_theory.errors import OracleMisuse
from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import whole
from explore_theory.oracles.arguments import picked
from explore_theory.oracles.door import fixed
from explore_theory.problems.protocol import Floats, Ints


class Prefixes:
    """Tickets to `k` prefixes of one length, each of some row; they can be kept, picked from and joined.

    Only an oracle issues them, and nothing about them can be changed.
    """

    __slots__ = ("_gain", "_length", "_owner", "_prompt", "_rows", "_state")
    _gain: Floats
    _length: int
    _owner: object
    _prompt: Ints
    _rows: Ints
    _state: Ints

    def __init__(self, *args: object, **kwargs: object) -> None:
        raise OracleMisuse("prefixes must be drawn from an oracle or extended there, got a call of Prefixes")

    @classmethod
    def _issued(
        cls, owner: object, rows: Ints, length: int, prompt: Ints, state: Ints, gain: Floats
    ) -> "Prefixes":
        made = object.__new__(Prefixes)
        values = {"_rows": fixed(rows), "_length": length, "_owner": owner}
        for name, value in (values | {"_prompt": prompt, "_state": state, "_gain": gain}).items():
            object.__setattr__(made, name, value)
        return made

    @property
    def rows(self) -> Ints:
        """`[k]`: the replicate each belongs to."""
        return self._rows

    @property
    def length(self) -> int:
        """Tokens of each prefix."""
        return self._length

    @property
    def count(self) -> int:
        """`k`."""
        return int(self._rows.size)

    def pick(self, which: Any) -> "Prefixes":
        """Those prefixes, by indices, slice or mask."""
        places = picked(self.count, which, "prefixes")
        return self._issued(
            self._owner,
            self._rows[places],
            self._length,
            self._prompt[places],
            self._state[places],
            self._gain[places],
        )

    def repeated(self, times: int) -> "Prefixes":
        """Every prefix `times` times over, in blocks."""
        return self.pick(np.repeat(np.arange(self.count), whole("times", times, least=0)))

    def by_rows(self) -> "Prefixes":
        """The same prefixes, row by row, those of a row in their order."""
        if bool(np.all(self._rows[1:] >= self._rows[:-1])):
            return self
        return self.pick(np.argsort(self._rows, kind="stable"))

    @classmethod
    def joined(cls, parts: Sequence["Prefixes"]) -> "Prefixes":
        """All prefixes of `parts`, which have one length and one oracle."""
        parts = list(parts)
        if not parts or any(type(part) is not Prefixes for part in parts):
            raise OracleMisuse("parts must be prefixes, at least one, got none or something else")
        first = parts[0]
        if any(part._length != first._length or part._owner is not first._owner for part in parts):
            raise OracleMisuse(
                f"prefixes must have one length to be joined, got lengths {[part.length for part in parts]}"
            )
        columns = [
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("_rows", "_prompt", "_state", "_gain")
        ]
        rows, prompt, state, gain = columns
        return cls._issued(first._owner, rows, first._length, prompt, state, gain)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"Prefixes must not be changed, got a new {name}")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self

    def __repr__(self) -> str:
        return f"Prefixes(count={self.count}, length={self._length})"


class _Locked:
    """A record whose arrays are read-only."""

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False


@brief
@dataclass(frozen=True, eq=False)
class TokenSample(_Locked):
    """Tokens `[k, m]` that were drawn, and their features `[k, m, d]`."""

    tokens: Ints
    features: Floats


@brief
@dataclass(frozen=True, eq=False)
class Steps(_Locked):
    """One step of a policy at each prefix: the token `[k]` and its estimated log-ratio `[k]`."""

    token: Ints
    log_ratio: Floats


@brief
@dataclass(frozen=True, eq=False)
class FoundPair(_Locked):
    """A pair that was looked for: at prefix number `place`, two tokens and their features `[2, d]`."""

    place: int
    tokens: tuple[int, int]
    features: Floats


@brief
@dataclass(frozen=True, eq=False)
class FoundPairs(_Locked):
    """Pairs that were looked for, `m` of them: numbers of prefixes `[m]`, tokens `[m, 2]` and their features
    `[m, 2, d]`.
    """

    place: Ints
    tokens: Ints
    features: Floats


@brief
@dataclass(frozen=True, eq=False)
class Returns(_Locked):
    """Differences between two prefixes, averaged over rounds, `[k]`: of rewards and of summed log-ratios.

    `variance` `[k]` is the sample variance of a round's ``reward - beta log_ratio`` difference (0 for one
    round).
    """

    reward: Floats
    log_ratio: Floats
    variance: Floats
