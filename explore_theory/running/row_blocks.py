"""Many replicates, some at a time: memory stays bounded, and what is done can be told before all of it is.

A replicate's results do not depend on which others move beside it, so blocks change nothing.

Letters: `R` replicates.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explore_theory.foundation.brief import brief
from explore_theory.oracles import ledger as ledgers
from explore_theory.oracles.ledger import Ledger
from explore_theory.problems.protocol import Bools, Floats

#: Blocks hold at least so many rows: a single one raises where several go on without it.
LEAST = 3


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """What is kept of some replicates.

    Parameters
    ----------
    gap
        `[R]`, in units of reward.
    ledger
        What they spent.
    within_budget
        `[R]`: False where a replicate ran out of budget.
    counts
        What else their learner counts, by name, `[R]` each.
    """

    gap: Floats
    ledger: Ledger
    within_budget: Bools
    counts: Mapping[str, Floats]


def cut(replicates: int, together: int) -> Iterator[range]:
    """Rows ``0 .. replicates - 1`` in blocks of about one size, at most `together` (and at least `LEAST`)."""
    number = -(-replicates // max(together, LEAST))
    for k in range(number):
        yield range(k * replicates // number, (k + 1) * replicates // number)


def joined(parts: Sequence[Part]) -> Part:
    """The replicates of all `parts`, in order."""
    return Part(
        gap=np.concatenate([part.gap for part in parts]),
        ledger=ledgers.joined([part.ledger for part in parts]),
        within_budget=np.concatenate([part.within_budget for part in parts]),
        counts={name: np.concatenate([part.counts[name] for part in parts]) for name in parts[0].counts},
    )
