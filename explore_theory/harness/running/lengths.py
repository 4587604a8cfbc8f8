"""How long blocks will take, from how long others of their case have taken."""

import math
from collections import defaultdict
from collections.abc import Sequence

from explore_theory.harness.running.worker import Job
from explore_theory.harness.storage.store import Block


class Lengths:
    """Seconds per row of each part of a claim, as they become known."""

    def __init__(self) -> None:
        self._rows: defaultdict[tuple[str, ...], int] = defaultdict(int)
        self._seconds: defaultdict[tuple[str, ...], float] = defaultdict(float)

    def add(self, namespace: str, id: str, block: Block, seconds: float) -> None:
        """Note that `block`, of the claim `id`, took so many seconds."""
        part = namespace, id, block.variant, block.check, block.case
        self._rows[part] += block.last - block.first
        self._seconds[part] += seconds

    def expected(self, batch: Sequence[Job]) -> float:
        """Seconds that `batch` will take; infinite if nothing is known of one of its parts.

        What is not known goes first: it may be the longest, and tells of what follows it.
        """
        return sum(map(self._of, batch))

    def _of(self, job: Job) -> float:
        registered, block = job.registered, job.block
        part = registered.namespace, registered.claim.id, block.variant, block.check, block.case
        rows = self._rows.get(part, 0)
        return self._seconds[part] / rows * (block.last - block.first) if rows else math.inf
