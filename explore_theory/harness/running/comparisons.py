"""The comparisons of a block: its world, what is measured in it, and what the statement allows there."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Assumption, Check, Claim, Trial
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.isolation.context import standard_context, start_global_streams
from explore_theory.harness.isolation.worlds import Kept
from explore_theory.harness.measures.columns import truth
from explore_theory.harness.measures.measurement import Bound, Measurement
from explore_theory.harness.measures.samples import Sample
from explore_theory.harness.running.sharing import Shared, assumption_key, measure_key, world_key
from explore_theory.harness.storage.store import Block
from explore_theory.harness.verdicts.summary import Summary, summarise

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, eq=False)
class Compared:
    """What the rows of a block show.

    Parameters
    ----------
    check, world
        What was run, and what its `instance` built.
    measured, bound, fails
        Both sides, and where assumptions fail, by their names.
    first
        The global index of its first comparison.
    kept
        The world as it was; nobody may move it.
    """

    check: Check
    world: Any
    measured: Measurement | Sample
    bound: Bound
    fails: Mapping[str, npt.NDArray[np.bool_]]
    first: int
    kept: Kept

    def summary(self) -> Summary:
        """The statistics of all comparisons."""
        found = summarise(self.measured, self.bound, self.check.reading, first=self.first, fails=self.fails)
        self.kept.require_unchanged()
        return found

    def alone(self, k: int) -> Summary | None:
        """The statistics of comparison `k` of the block by itself; None if it has no such comparison."""
        measured, bound = self.measured, self.bound
        assert isinstance(measured, Measurement)
        if not 0 <= k < measured.size:
            return None
        here = slice(k, k + 1)
        witness, applicable = measured.witness, measured.applicable
        one = replace(
            measured,
            lo=measured.lo[here],
            hi=measured.hi[here],
            applicable=None if applicable is None else applicable[here],
            witness=None if witness is None else lambda _: witness(k),
        )
        allowed = bound if bound.size == 1 else Bound(lo=bound.lo[here], hi=bound.hi[here])
        fails = {name: where if where.size == 1 else where[here] for name, where in self.fails.items()}
        found = summarise(one, allowed, self.check.reading, first=self.first + k, fails=fails)
        self.kept.require_unchanged()
        return found


def check_of(claim: Claim, block: Block) -> Check:
    """The check that `block` belongs to: the claim's, a false variant's changed one, or a printed form's."""
    return next(
        run.check for run in claim.runs() if run.part == block.variant and run.check.slug == block.check
    )


def trial_of(claim: Claim, block: Block) -> Trial:
    """The case of `block`, with the streams of its rows at their beginning."""
    check = check_of(claim, block)
    case = next(c for c in check.cases if c.slug == block.case)
    # The same worlds for a statement and its variants: what differs is what the variant changed.
    path, rows = (claim.id, check.slug, case.slug), range(block.first, block.last)
    return Trial(case=case, streams=Streams(path, rows, block.reseed), tier=block.tier)


def compared(
    claim: Claim, block: Block, instances: tuple[Any, ...] | None = None, *, shared: Shared | None = None
) -> Compared:
    """Both sides of the comparisons of `block`, in a world that nobody can move.

    With `instances` (of a check that searches) these are the world, in place of those that its rows draw.
    What the block has in common with the one before is taken from `shared`, and is the same either way: the
    functions of a claim start from the same state each, whatever ran before them.
    """
    check = check_of(claim, block)
    shared = Shared() if shared is None or instances is not None else shared
    shared.turn_to(claim, block)

    def found(stage: str, function: Callable[[Any], T], given: Any) -> T:
        start_global_streams(*state_of(claim, block), stage)
        return function(given)

    def build() -> tuple[Any, Kept]:
        drawn = found("instance", check.instance, trial_of(claim, block)) if instances is None else instances
        return drawn, Kept(drawn)

    world, kept = shared.once(world_key(check), build, lasts=lambda pair: pair[1].stands)
    kept.as_built()
    anew = isinstance(world, Trial)

    def lasts(_: object) -> bool:
        """Whether what is measured there would be the same again."""
        return anew or kept.stands

    def same() -> Any:
        """The world; a trial that is its own world anew, so that all draw the same from its streams."""
        return found("instance", check.instance, trial_of(claim, block)) if anew else world

    def holds(assumption: Assumption) -> npt.NDArray[np.bool_]:
        return truth(f"assumption {assumption.name!r}", found("holds", assumption.holds, same()))

    fails = {
        a.name: ~shared.once(assumption_key(check, a.name), partial(holds, a), lasts=lasts)
        for a in check.assumptions
    }
    measured = shared.once(measure_key(check), lambda: found("measure", check.measure, same()), lasts=lasts)
    bound = found("bound", check.bound, same())
    rows = block.last - block.first if instances is None else len(instances)
    check.require_measured(measured, bound, rows)
    check.require_one_each(measured, world)
    return Compared(
        check=check,
        world=world,
        measured=measured,
        bound=bound,
        fails=fails,
        first=_place(block, measured),
        kept=kept,
    )


@contextmanager
def at_home(registered: Registered, block: Block) -> Iterator[None]:
    """Inside, the modules of the claim are there, and the process is in the state in which `block` runs."""
    covered = registered.covers.files if registered.covers else ()
    with registered.room.entered(covered), standard_context(*state_of(registered.claim, block)):
        yield


def state_of(claim: Claim, block: Block) -> tuple[object, ...]:
    """What global random streams start from: the rows, whichever part of the claim they are run for."""
    return claim.id, *astuple(replace(block, variant=""))[1:]


def _place(block: Block, measured: Measurement | Sample) -> int:
    """The global index of the first comparison of `block`: its first row, times the comparisons of a row.

    Comparisons come row by row. Where rows do not have as many each, only the row is known.
    """
    if isinstance(measured, Sample):
        return block.first
    each, rest = divmod(measured.size, block.last - block.first)
    return block.first * (1 if rest else each)
