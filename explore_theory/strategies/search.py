"""A search for violations: instances from a strategy, driven towards a violation, and made simple again.

An instance is drawn from bytes (Hypothesis calls a test so driven a fuzz target), and the bytes come from
the stream of a row. So it depends on that row alone; the search climbs by changing bytes, whatever the
instance is made of; and what it finds is shrunk by Hypothesis from the very bytes.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import whole
from explore_theory.harness.claims.claim import TIERS, Trial
from explore_theory.strategies import instances

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

#: Bytes tried first; where an instance takes more, there are more.
_BYTES = 1 << 10
_MOST_DOUBLINGS = 6
#: Draws in a row that give no instance, after which there is something wrong with the strategy.
_PATIENCE = 200
#: Instances that are looked at in making one simple.
_SHRINKS = 4000


@brief
@dataclass(frozen=True, kw_only=True)
class Point:
    """An instance, and the bytes it was drawn from."""

    instance: Any
    source: bytes


class _Enough(BaseException):
    """Stops Hypothesis where it stands: what is no `Exception` passes through it."""


class _Fails(Exception):
    """Tells Hypothesis that an instance is one to keep."""


@brief
@dataclass(frozen=True)
class Search:
    """A source of instances, for ``Check(search=...)``.

    Parameters
    ----------
    strategy
        A Hypothesis strategy, or a function of the parameters of a case that gives one.
    each
        Instances per row.
    score
        ``score(instance)`` is larger the nearer an instance is to a violation; every instance then climbs by
        it. NaN counts as plus infinity. Without it instances are as they are drawn.
    effort
        Steps of each climb: a number, or one per tier. Zero, or no `score`, means no climb.

    Raises
    ------
    InvalidClaim
        If one of them is of another kind.
    """

    strategy: "SearchStrategy[Any] | Callable[[Mapping[str, Any]], SearchStrategy[Any]]"
    each: int = field(default=1, kw_only=True)
    score: Callable[[Any], float] | None = field(default=None, kw_only=True)
    effort: Mapping[str, int] = field(default=0, kw_only=True)  # type: ignore[arg-type]  # see `effort`

    def __post_init__(self) -> None:
        if not callable(self.strategy) and not hasattr(self.strategy, "example"):
            raise InvalidClaim(
                f"strategy must be a Hypothesis strategy or a function of params, got {self.strategy!r:.60}"
            )
        if self.score is not None and not callable(self.score):
            raise InvalidClaim(f"score must be a function of an instance, got score={self.score!r:.60}")
        object.__setattr__(self, "each", _count("each", self.each, least=1))
        given: Any = self.effort
        per_tier = given if isinstance(given, Mapping) else dict.fromkeys(TIERS, given)
        if not set(per_tier) <= set(TIERS):
            raise InvalidClaim(f"effort must be a number, or one per tier, got effort={given!r:.60}")
        efforts = {tier: _count("effort", per_tier.get(tier, 0), least=0) for tier in TIERS}
        if any(efforts.values()) != (self.score is not None):
            raise InvalidClaim("effort and score must be given together: a climb needs both, got one of them")
        object.__setattr__(self, "effort", MappingProxyType(efforts))

    def draw(self, trial: Trial) -> tuple[Any, ...]:
        """The instances of the rows of `trial`, `each` per row, each row's from its own stream alone."""
        return tuple(point.instance for point in self._points(trial))

    def smallest(self, fails: Callable[[Any], bool], start: Any, trial: Trial) -> Any:
        """The simplest instance found for which `fails` is true; `start` if none is simpler.

        The same for the same `start` and `trial`. `start` is one of ``draw(trial)``; any other one is not
        made simpler itself, but given up for the first of these for which `fails` is true.
        """
        told = instances.encode(start)
        points = list(self._points(trial))
        mine = [point for point in points if instances.encode(point.instance) == told]
        for point in mine or points:
            if fails(point.instance):
                return _shrunk(self._strategy(trial), fails, point)
        return start

    def encode(self, instance: Any) -> Any:
        """`instance` as what JSON holds, see `strategies.instances`."""
        return instances.encode(instance)

    def decode(self, text: Any) -> Any:
        """The instance that `encode` told.

        Raises
        ------
        InvalidProblem
            If `text` tells none.
        """
        return instances.decode(text)

    def _strategy(self, trial: Trial) -> "SearchStrategy[Any]":
        given: Any = self.strategy
        if not hasattr(given, "example"):
            given = given(trial.case.params)
        if not hasattr(given, "example"):
            raise InvalidClaim(f"strategy must give a Hypothesis strategy, got {given!r:.60}")
        found: SearchStrategy[Any] = given
        return found

    def _points(self, trial: Trial) -> Iterator[Point]:
        source = _Source(self._strategy(trial))
        steps = self.effort[trial.tier]
        for generator in trial.streams.child("search").generators():
            for _ in range(self.each):
                point = source.drawn(generator)
                yield self._climbed(point, source, generator, steps) if steps else point

    def _climbed(self, point: Point, source: "_Source", generator: np.random.Generator, steps: int) -> Point:
        """The best of ``1 + steps`` points, each from the best before it by a change of some bytes."""
        assert self.score is not None
        best, value = point, _ranked(self.score(point.instance))
        for _ in range(steps):
            proposal = source.at(_changed(best.source, generator))
            if proposal is None:
                continue
            found = _ranked(self.score(proposal.instance))
            # An equal one is taken, too: across a plateau the search walks.
            if found >= value:
                best, value = proposal, found
        return best


class _Source:
    """Instances of a strategy by bytes."""

    def __init__(self, strategy: "SearchStrategy[Any]") -> None:
        self._found: list[Any] = []
        self._run = _target(strategy, self._found.append).hypothesis.fuzz_one_input

    def at(self, source: bytes) -> Point | None:
        """The instance that `source` tells; None if it is too short, or is filtered out."""
        self._found.clear()
        used = self._run(source)
        return None if used is None else Point(instance=self._found[-1], source=used)

    def drawn(self, generator: np.random.Generator) -> Point:
        """The instance of the first random bytes that tell one."""
        for attempt in range(_PATIENCE):
            point = self.at(generator.bytes(_BYTES << min(attempt, _MOST_DOUBLINGS)))
            if point is not None:
                return point
        raise InvalidClaim(
            f"strategy must give an instance, got none in {_PATIENCE} draws: it filters out too much"
        )


def _target(strategy: "SearchStrategy[Any]", body: Callable[[Any], None], **how: Any) -> Any:
    """A test that hands instances of `strategy` to `body`, with nothing kept on disk and nothing printed."""
    from hypothesis import HealthCheck, Verbosity, given, seed, settings

    @settings(
        **{"database": None, **how},
        deadline=None,
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @seed(0)
    @given(strategy)
    def instance_of(instance: Any) -> None:
        body(instance)

    return instance_of


def _shrunk(strategy: "SearchStrategy[Any]", fails: Callable[[Any], bool], point: Point) -> Any:
    """The simplest instance that Hypothesis comes to from `point`, for which `fails` is true."""
    from hypothesis import Phase
    from hypothesis.database import InMemoryExampleDatabase
    from hypothesis.errors import Flaky

    database, best, left = InMemoryExampleDatabase(), [point.instance], [_SHRINKS]

    def body(instance: Any) -> None:
        if not left[0]:
            raise _Enough
        left[0] -= 1
        if fails(instance):
            best.append(instance)
            raise _Fails

    # The first run writes the point into the database, the others go on from what they find there. Without
    # Phase.explain, which would take most of the time. The last run meets the simplest, however the second
    # has ended.
    start = _target(strategy, body, database=database).hypothesis.fuzz_one_input
    shrink = _target(strategy, body, database=database, phases=(Phase.reuse, Phase.shrink))
    last = _target(strategy, body, database=database, phases=(Phase.reuse,))
    for run, given in ((start, (point.source,)), (shrink, ()), (last, ())):
        left[0] = _SHRINKS
        with suppress(_Fails, _Enough, Flaky):
            run(*given)
    return best[-1]


def _changed(source: bytes, generator: np.random.Generator) -> bytes:
    """`source` with a few bytes moved, replaced, put in or taken out, and random ones behind it."""
    changed = bytearray(source)
    kind = float(generator.random())
    for _ in range(int(generator.integers(1, 4))):
        if not changed:
            break
        place = int(generator.integers(len(changed)))
        if kind < 0.6:
            step = int(generator.integers(1, 5)) * (1 if generator.random() < 0.5 else -1)
            changed[place] = (changed[place] + step) % 256
        elif kind < 0.85:
            changed[place] = int(generator.integers(256))
        elif kind < 0.95:
            changed[place:place] = generator.bytes(int(generator.integers(1, 9)))
        else:
            del changed[place : place + int(generator.integers(1, 9))]
    return bytes(changed) + generator.bytes(_BYTES)


def _ranked(value: Any) -> float:
    number = float(value)
    return math.inf if math.isnan(number) else number


def _count(name: str, value: Any, *, least: int) -> int:
    try:
        return whole(name, value, least=least)
    except ValueError as error:
        raise InvalidClaim(str(error)) from None
