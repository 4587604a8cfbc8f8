"""Several distances of laws taken together."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from explore_theory.errors import InvalidClaim
from explore_theory.harness.measures.equivalence import TwoSamples
from explore_theory.harness.measures.known_law import OneSample
from explore_theory.harness.measures.samples import Enclosed, Question, Sample, require_same

#: Kinds of parts by their name in a store.
_PARTS: dict[str, type[Sample]] = {kind.kind: kind for kind in (TwoSamples, OneSample)}


@dataclass(frozen=True, kw_only=True, eq=False)
class Largest(Sample):
    """The largest of several distances, each at its part of the error level.

    Parameters
    ----------
    parts
        `TwoSamples` or `OneSample`, by name.
    """

    parts: Mapping[str, Sample] = field(repr=False)

    kind = "largest"
    tells = "the largest of several distances of laws"
    planned = True

    def __post_init__(self) -> None:
        if not self.parts or not all(part.planned for part in self.parts.values()):
            raise InvalidClaim(f"parts must be distances of laws, at least one, got {list(self.parts)!r}")

    @property
    def runs(self) -> int:
        """Draws of the first part: the parts look at the same ones."""
        return next(iter(self.parts.values())).runs

    def plus(self, other: Self) -> Self:
        """Part by part."""
        require_same([list(self.parts), list(other.parts)], "the distances taken together")
        joined: dict[str, Sample] = {name: part.plus(other.parts[name]) for name, part in self.parts.items()}
        return replace(self, parts=joined)

    def times(self, factor: int) -> Self:
        """Part by part."""
        return replace(self, parts={name: part.times(factor) for name, part in self.parts.items()})

    def enclosed(self, alpha: float, question: Question) -> Enclosed:
        """The largest lower and the largest upper end."""
        level = alpha / len(self.parts)
        found = {name: part.enclosed(level, question) for name, part in self.parts.items()}
        worst = max(found, key=lambda name: (found[name].lo, found[name].hi))
        return Enclosed(
            lo=max(one.lo for one in found.values()),
            hi=max(one.hi for one in found.values()),
            witness={"by": worst, **found[worst].witness},
            finding=f"largest of {len(found)}, by {worst}: {found[worst].finding}",
        )

    def data(self) -> Any:
        """``[[name, kind, data], ..]``."""
        return [[name, part.kind, part.data()] for name, part in self.parts.items()]

    @classmethod
    def of_data(cls, data: Any) -> Self:
        """The inverse of `data`."""
        kinds: dict[str, type[Sample]] = {**_PARTS, cls.kind: cls}
        return cls(parts={str(name): kinds[kind].of_data(rest) for name, kind, rest in data})
