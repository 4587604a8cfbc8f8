"""What a learner gets back from an oracle: tickets, samples, statuses; and all that a search says.

Letters: `R` replicates side by side, `m` draws per replicate, `d` feature dimension.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Self, TypeVar

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import whole_array
from explore_theory.oracles.door import fixed
from explore_theory.problems.protocol import Bools, Floats, Ints

Array = TypeVar("Array", Ints, Bools, Floats)

#: The response of a replicate that was not served.
NO_RESPONSE = -1
#: As many prompts are shown one by one.
_SHOWN = 16


class Ctx:
    """A prompt that has been drawn, one per replicate: the right to draw responses to it, again and again.

    A ticket: only the oracle that issued it accepts it, and what it stands for is kept on the oracle's side,
    so a forgery is worth nothing. Compared by identity; copying it gives it back.
    """

    __slots__ = ("__weakref__", "_prompts")
    _prompts: Ints

    def __init__(self, prompts: Ints) -> None:
        object.__setattr__(self, "_prompts", fixed(prompts))

    @property
    def prompts(self) -> Ints:
        """`[R]`: the index of each replicate's prompt; `NO_RESPONSE` where none was drawn."""
        return self._prompts

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"Ctx must not be changed, got {name}={value!r}")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self

    def __repr__(self) -> str:
        few = self._prompts.size <= _SHOWN
        return f"Ctx(prompts={self._prompts.tolist() if few else [self._prompts.size]})"


class Sample:
    """Responses that have been drawn and paid for.

    Their features are looked up when first asked for: `[R, m, d]` may be large. Only those of responses that
    are in the sample can be.
    """

    __slots__ = ("_features", "_look_up", "_response", "_served")

    def __init__(self, response: Ints, served: Bools, look_up: Callable[[Ints], Floats]) -> None:
        own = fixed(response)
        self._response, self._served = own, _read_only(served)
        self._look_up: Callable[[Ints | None], Floats] = lambda where: look_up(
            own if where is None else _taken(own, where)
        )
        self._features: Floats | None = None

    @property
    def response(self) -> Ints:
        """`[R, m]`: response indices; `NO_RESPONSE` in rows that were not served."""
        return self._response

    @property
    def served(self) -> Bools:
        """`[R]`: the rows that were charged and answered."""
        return self._served

    @property
    def features(self) -> Floats:
        """``phi(x, y)``, `[R, m, d]`; zero in rows that were not served."""
        if self._features is None:
            self._features = _read_only(self._look_up(None))
        return self._features

    def pick(self, place: npt.ArrayLike) -> tuple[Ints, Floats]:
        """The draws number `place` (`[R]` or one number, below `m`): responses `[R]`, features `[R, d]`."""
        most = self._response.shape[1] - 1
        where = np.broadcast_to(whole_array("place", place, least=0, most=most), self._served.shape)[:, None]
        return _taken(self._response, where)[:, 0], self._look_up(where)[:, 0]

    def __repr__(self) -> str:
        return f"Sample(response=[{' x '.join(map(str, self._response.shape))}])"


class Status(IntEnum):
    """How a search ended."""

    #: It found what it was looking for.
    OK = 0
    #: It made all the tries it was allowed, in vain.
    MISS = 1
    #: It made all the tries its ledger could pay for, fewer than it was allowed, in vain; it idles now.
    EXHAUSTED = 2
    #: It was not served.
    IDLE = 3


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """What a search says, and all it says.

    Parameters
    ----------
    status
        `[R]`, values of `Status`.
    response
        `[R]` (`[R, 2]` for pairs): the response that hit; `NO_RESPONSE` unless the status is OK.
    features
        `[R, d]` (`[R, 2, d]` for pairs): its features; zero unless the status is OK.
    used
        `[R]`: tries made, each charged one call, or two if it was a pair.
    clipped
        `[R]`: where a response was accepted by rejection sampling although its weight exceeds the cap.
    """

    status: Ints
    response: Ints
    features: Floats
    used: Floats
    clipped: Bools

    def __post_init__(self) -> None:
        for array in (self.status, self.response, self.features, self.used, self.clipped):
            array.flags.writeable = False

    @property
    def ok(self) -> Bools:
        """`[R]`: the rows that found something."""
        return np.asarray(self.status == Status.OK)


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class Rounds:
    """What a sequence of rounds of searching says.

    Parameters
    ----------
    found
        The search of the last round; its `used` is that of all rounds together, its status OK, MISS if no
        round found anything, EXHAUSTED if the ledger ran out, IDLE.
    ctx
        The prompt of the last round, in rows that found something.
    rounds
        `[R]`: rounds begun, each charged one prompt.
    """

    found: Found
    ctx: Ctx
    rounds: Floats

    def __post_init__(self) -> None:
        self.rounds.flags.writeable = False


def _taken(response: Ints, where: Ints) -> Ints:
    return np.take_along_axis(response, where, axis=-1)


def _read_only(values: Array) -> Array:
    values.flags.writeable = False
    return values
