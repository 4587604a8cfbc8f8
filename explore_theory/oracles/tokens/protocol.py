"""What a token-level learner holds and gets: tickets to prefixes, samples, steps, returns.

Letters: `k` prefixes of one call, `m` draws, `d` feature dimension.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from explore_theory.errors import OracleMisuse
from explore_theory.problems.protocol import Floats, Ints


class Prefixes:
    """Tickets to `k` prefixes of one length, each of some row; they can be kept, picked from and joined."""

    __slots__ = ("_gain", "_owner", "_prompt", "_state", "length", "rows")

    def __init__(
        self, owner: object, rows: Ints, length: int, prompt: Ints, state: Ints, gain: Floats
    ) -> None:
        #: `[k]`: the replicate each belongs to.
        self.rows = rows
        #: Tokens of each prefix.
        self.length = length
        self._owner, self._prompt, self._state, self._gain = owner, prompt, state, gain

    @property
    def count(self) -> int:
        """`k`."""
        return int(self.rows.size)

    def pick(self, which: Any) -> Self:
        """Those prefixes, by index, slice or mask."""
        return type(self)(
            self._owner,
            self.rows[which],
            self.length,
            self._prompt[which],
            self._state[which],
            self._gain[which],
        )

    def repeated(self, times: int) -> Self:
        """Every prefix `times` times over, in blocks."""
        return self.pick(np.repeat(np.arange(self.count), times))

    @classmethod
    def joined(cls, parts: Sequence["Prefixes"]) -> "Prefixes":
        """All prefixes of `parts`, which have one length and one oracle."""
        first = parts[0]
        if any(part.length != first.length or part._owner is not first._owner for part in parts):
            raise OracleMisuse(
                f"prefixes must have one length to be joined, got lengths {[part.length for part in parts]}"
            )
        columns = [
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("rows", "_prompt", "_state", "_gain")
        ]
        rows, prompt, state, gain = columns
        return cls(first._owner, rows, first.length, prompt, state, gain)


@dataclass(frozen=True, eq=False)
class TokenSample:
    """Tokens `[k, m]` that were drawn, and their features `[k, m, d]`."""

    tokens: Ints
    features: Floats


@dataclass(frozen=True, eq=False)
class Steps:
    """One step of a policy at each prefix: the token `[k]` and its estimated log-ratio `[k]`."""

    token: Ints
    log_ratio: Floats


@dataclass(frozen=True, eq=False)
class FoundPair:
    """A pair that was looked for: at prefix number `place`, two tokens and their features `[2, d]`."""

    place: int
    tokens: tuple[int, int]
    features: Floats


@dataclass(frozen=True, eq=False)
class Returns:
    """Differences between two prefixes, averaged over rounds, `[k]`: of rewards and of summed log-ratios.

    `variance` `[k]` is the sample variance of a round's ``reward - beta log_ratio`` difference (0 for one
    round).
    """

    reward: Floats
    log_ratio: Floats
    variance: Floats
