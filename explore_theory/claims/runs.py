"""Runs of chance as authors write them: one at a time from a generator, or a block of them from streams.

What a run gives must be a function of its own stream: the engine runs blocks of other sizes elsewhere, and
counts runs as independent. In the first block of a case this is looked at.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.claims.bits import same
from explore_theory.claims.sides import one_number
from explore_theory.claims.words import Cases, one_of, require_function
from explore_theory.errors import InvalidClaim
from explore_theory.foundation.streams import Bools, Streams, Words

#: Runs that are played twice in the first block.
_AGAIN = 16
HOW = "run=, a function run(generator) of one run, or runs=, a function runs(streams) of a block of runs"


@dataclass(frozen=True, kw_only=True)
class Runs:
    """A function that plays a block of runs.

    Parameters
    ----------
    who, name
        For refusals; the name is ``"run"`` or ``"runs"``.
    function
        ``run(generator, *first, **params)`` or ``runs(streams, *first, **params)``.
    together
        Which of the two.
    """

    who: str
    name: str
    function: Callable[..., Any]
    together: bool

    def outcomes(self, params: Mapping[str, Any], streams: Streams, *first: Any) -> list[Any]:
        """What each row of `streams` gave, `[R]`.

        Raises
        ------
        InvalidClaim
            If a run rests on more than its stream, or outcomes are not one for each row.
        """
        looks = 0 in streams.rows
        play = self._block if self.together else self._singly
        found = play(streams, first, params, looks)
        if looks:
            self._require_derived(found, streams, first, params)
        return found

    def _singly(
        self, streams: Streams, first: Sequence[Any], params: Mapping[str, Any], looks: bool
    ) -> list[Any]:
        generators = streams.generators()
        before = [state(generator) for generator in generators[:_AGAIN]] if looks else []
        found = [self.function(generator, *first, **params) for generator in generators]
        if looks:
            require_moved(self.who, self.name, before, [state(g) for g in generators[:_AGAIN]])
        return found

    def _block(
        self, streams: Streams, first: Sequence[Any], params: Mapping[str, Any], looks: bool
    ) -> list[Any]:
        watched = _Watched(streams.path, streams.rows, streams.reseed)
        found = np.asarray(self.function(watched, *first, **params))
        if found.shape != (len(streams.rows),):
            raise InvalidClaim(
                f"{self.who}: runs must return one outcome for each of its {len(streams.rows)} streams, "
                f"got shape={found.shape}"
            )
        if looks and not watched.used:
            raise InvalidClaim(
                f"{self.who}: runs must draw from the streams that it is given, got outcomes without a draw"
            )
        return list(found)

    def _require_derived(
        self, found: Sequence[Any], streams: Streams, first: Sequence[Any], params: Mapping[str, Any]
    ) -> None:
        """Refuse runs that come out otherwise when others, or fewer, are played beside them."""
        half = len(streams.rows) // 2
        chosen = range(half, len(streams.rows)) if self.together else range(len(streams.rows))[-_AGAIN:]
        some = Streams(streams.path, [streams.rows[k] for k in chosen], streams.reseed)
        play = self._block if self.together else self._singly
        again = play(some, first, params, looks=False)
        for k, second in zip(chosen, again, strict=True):
            if not same(found[k], second):
                where = f"among {len(found)} rows and {_shown(second)} among {len(again)}"
                raise InvalidClaim(
                    f"{self.who}: what {self.name} gives must rest on its own stream alone, got "
                    f"{_shown(found[k])} {where} for row {streams.rows[k]}; take randomness from what it is "
                    f"given, and keep rows apart"
                )


def runs_of(who: str, given: Mapping[str, Any], cases: Cases, *first: str) -> Runs:
    """The runs that ``run=`` or ``runs=`` of `given` plays.

    Raises
    ------
    InvalidClaim
        If neither is there, both are, or one is no function of this kind.
    """
    name, function = one_of(who, {"run": given["run"], "runs": given["runs"]}, HOW)
    together = name == "runs"
    require_function(who, name, function, "streams" if together else "generator", *first, cases=cases)
    return Runs(who=who, name=name, function=function, together=together)


def numbers(who: str, name: str, found: Sequence[Any]) -> npt.NDArray[np.float64]:
    """Outcomes as numbers, `[R]`; what is not a number is refused.

    Raises
    ------
    InvalidClaim
        If an outcome is none.
    """
    values = np.array([float(one_number(f"{who}: {name}", value)) for value in found])
    if count := int(np.isnan(values).sum()):
        raise InvalidClaim(
            f"{who}: what {name} gives must be a number, got NaN in {count} of {values.size} runs"
        )
    return values


def truths(who: str, name: str, found: Sequence[Any]) -> npt.NDArray[np.bool_]:
    """Outcomes as truth values, `[R]`.

    Raises
    ------
    InvalidClaim
        If an outcome is none.
    """
    if odd := [value for value in found if not isinstance(value, bool | np.bool_)]:
        raise InvalidClaim(
            f"{who}: {name} must say True or False, got {odd[0]!r:.60}; for a number say within= or exceeds="
        )
    return np.array(found, dtype=bool)


def state(generator: np.random.Generator) -> str:
    """Where `generator` stands."""
    return repr(generator.bit_generator.state)


def require_moved(who: str, name: str, before: Sequence[str], after: Sequence[str]) -> None:
    """Refuse that no generator was drawn from.

    Raises
    ------
    InvalidClaim
        If all stand where they stood.
    """
    if list(before) == list(after):
        raise InvalidClaim(
            f"{who}: {name} must draw from the generator that it is given, got all its generators untouched; "
            f"a seed or generator of your own gives every row the same draws"
        )


def _shown(outcome: Any) -> str:
    return str(outcome)[:30]


class _Watched(Streams):
    """Streams that know whether anything was drawn from them."""

    used = False

    def words(self, m: int, active: Bools | None = None) -> Words:
        """See `Streams`."""
        self.used = True
        return super().words(m, active)

    def child(self, name: str) -> Streams:
        """See `Streams`."""
        self.used = True
        return super().child(name)

    def _generator_keys(self) -> Words:
        self.used = True
        return super()._generator_keys()
