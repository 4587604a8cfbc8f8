"""Where the instances of a short form come from: a search for violations, or a function that draws them.

In the first block of a case both sides are looked at for mistakes that no verdict would show.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explore_theory.claims.bits import same
from explore_theory.claims.runs import require_moved, state
from explore_theory.claims.sides import Sides
from explore_theory.errors import InvalidClaim
from explore_theory.harness.claims.cases import Trial
from explore_theory.strategies.search import Search


@dataclass(frozen=True, kw_only=True)
class Climbed:
    """A search for violations of `sides`, which looks at both sides on the way."""

    search: Search
    plain: Search
    sides: Sides
    must_hold: bool

    @property
    def effort(self) -> Mapping[str, int]:
        """Steps of each climb, per tier."""
        return self.search.effort

    def draw(self, trial: Trial) -> tuple[Any, ...]:
        """See `Searched`; in the first block of a case both sides are looked at where nobody has climbed."""
        if self.must_hold and 0 in trial.rows:
            drawn = self.plain.draw(trial)
            for first, second in zip(drawn, self.plain.draw(trial), strict=True):
                if not same(first, second):
                    raise InvalidClaim(
                        f"{self.sides.who}: search must draw by its strategies alone, got two instances for "
                        f"the same choices of theirs, {first!r:.60} and {second!r:.60}"
                    )
            self.sides.require_sound(drawn)
        return self.search.draw(trial)

    def smallest(self, fails: Callable[[Any], bool], start: Any, trial: Trial) -> Any:
        """See `Searched`."""
        return self.search.smallest(fails, start, trial)

    def encode(self, instance: Any) -> Any:
        """See `Searched`."""
        return self.search.encode(instance)

    def decode(self, text: Any) -> Any:
        """See `Searched`."""
        return self.search.decode(text)


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Instances as a function draws them, each from the generator of its row."""

    who: str
    function: Callable[..., Any]
    sides: Sides
    must_hold: bool

    def draw(self, trial: Trial) -> tuple[Any, ...]:
        """The instances of the rows of `trial`."""
        params = trial.case.params
        world = tuple(self.function(generator, **params) for generator in trial.streams.generators())
        if 0 in trial.rows:
            self._require_derived(trial, world)
            if self.must_hold:
                self.sides.require_sound(world)
        return world

    def _require_derived(self, trial: Trial, world: Sequence[Any]) -> None:
        """Refuse instances that are drawn from elsewhere than their generators."""
        generators = trial.streams.generators()
        before = [state(generator) for generator in generators]
        again = [self.function(generator, **trial.case.params) for generator in generators]
        require_moved(self.who, "draw", before, [state(generator) for generator in generators])
        for first, second in zip(world, again, strict=True):
            if not same(first, second):
                raise InvalidClaim(
                    f"{self.who}: draw must take all randomness from its generator, got two instances for "
                    f"one state of it, {first!r:.60} and {second!r:.60}"
                )
