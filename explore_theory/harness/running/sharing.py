"""What the blocks of a check and of its false variants have in common, built once.

A variant runs over the rows and streams of its check. Where it takes its instance from there too, it sees
the same world; where it takes the measurement as well, the same numbers. Both are functions of the trial
alone, so that whoever needs them next may have those of the block before.
"""

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import replace
from types import MethodType
from typing import Any, TypeVar

from explore_theory.harness.claims.claim import Check, Claim
from explore_theory.harness.storage.store import Block

T = TypeVar("T")


class Shared:
    """Worlds and measurements of the last rows that ran, for other parts of their claim.

    Only what several parts need is kept, and only until other rows run. Whoever runs a block that fails must
    `forget`: it may have left a world half changed.
    """

    def __init__(self) -> None:
        self._rows: object = None
        self._uses: Counter[Hashable] = Counter()
        self._kept: dict[Hashable, Any] = {}

    def turn_to(self, claim: Claim, block: Block) -> None:
        """Let go of everything that belongs to other rows than those of `block`."""
        rows = (claim, replace(block, variant=""))
        before = self._rows
        if isinstance(before, tuple) and before[0] is claim and before[1] == rows[1]:
            return
        self.forget()
        self._rows = rows
        for run in claim.runs():
            if run.check.slug == block.check:
                self._uses.update(_needs(run.check))

    def once(self, key: Hashable, build: Callable[[], T], *, lasts: Callable[[T], bool]) -> T:
        """What `build` gives: as it was, if it was built for these rows before, and `lasts` until now."""
        if key in self._kept:
            found: T = self._kept[key]
            if lasts(found):
                return found
            # The world was used up by the last part; what was found in it goes as well.
            self._kept.clear()
        built = build()
        if self._uses[key] > 1 and lasts(built):
            self._kept[key] = built
        return built

    def forget(self) -> None:
        """Keep nothing."""
        self._rows = None
        self._uses.clear()
        self._kept.clear()


def world_key(check: Check) -> Hashable:
    """What decides which world a check sees, rows and streams aside."""
    return "world", _identity(check.instance)


def measure_key(check: Check) -> Hashable:
    """What decides what it measures."""
    return "measure", _identity(check.instance), _identity(check.measure)


def assumption_key(check: Check, name: str) -> Hashable:
    """What decides where its assumption `name` fails; a variant has those of its check."""
    return "assumption", _identity(check.instance), name


def _identity(function: Callable[..., Any]) -> Hashable:
    """Which function it is; equal ones that were written twice are two."""
    if isinstance(function, MethodType):  # made anew whenever it is looked up
        return id(function.__self__), id(function.__func__)
    return id(function)


def _needs(check: Check) -> list[Hashable]:
    names = [assumption.name for assumption in check.assumptions]
    return [world_key(check), measure_key(check), *(assumption_key(check, name) for name in names)]
