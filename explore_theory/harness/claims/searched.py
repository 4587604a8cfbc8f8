"""What a check that searches for violations is given: a source of instances that can make them simple.

The world of such a check is a tuple of instances, and comparison `k` is about instance `k`. The sources are
in `explore_theory.strategies`; the harness knows them by what they do.
"""

from collections.abc import Callable
from typing import Any, Protocol

from explore_theory.harness.claims.cases import Trial


class Searched(Protocol):
    """A source of instances, for ``Check(search=...)``."""

    def draw(self, trial: Trial) -> tuple[Any, ...]:
        """The instances of the rows of `trial`, row by row, each row's from its own stream alone."""
        ...

    def smallest(self, fails: Callable[[Any], bool], start: Any, trial: Trial) -> Any:
        """The simplest instance found for which `fails` is true; `start` if none is simpler.

        The same for the same `start` and `trial`, whenever and wherever it is called.
        """
        ...

    def encode(self, instance: Any) -> Any:
        """`instance` as what JSON holds, without loss: `decode` gives it back bit for bit."""
        ...

    def decode(self, text: Any) -> Any:
        """The instance that `encode` told.

        Raises
        ------
        ExploreTheoryError
            If `text` tells none.
        """
        ...
