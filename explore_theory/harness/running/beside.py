"""Proofs of a run on a cluster: checked by the machine that sends, one by one, beside the cluster's work.

What is planned is what the prover of this machine can check, and workers may have another one, or none. They
are few and take seconds, so one process is enough for them.
"""

from collections import deque

from explore_theory.harness.formal.outcome import is_proof
from explore_theory.harness.running.executors import Limits, Slot, wait
from explore_theory.harness.running.worker import Job
from explore_theory.harness.storage.store import Outcome


class Beside:
    """Takes the proofs among jobs, and checks one at a time in a process of its own, within `limits`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._waiting: deque[tuple[Job, int]] = deque()
        self._slot: Slot[Job] | None = None

    def __bool__(self) -> bool:
        return bool(self._waiting) or (self._slot is not None and self._slot.busy)

    def take(self, jobs: deque[Job]) -> None:
        """Take the proofs from `jobs`; the others stay, in their order."""
        for _ in range(len(jobs)):
            job = jobs.popleft()
            if is_proof(job.block.check):
                self._waiting.append((job, 1))
            else:
                jobs.append(job)

    def settled(self, most: float) -> list[tuple[Job, Outcome]]:
        """The proof that has been checked since, if one has, after a wait of `most` seconds at most."""
        if not self:
            return []
        if self._slot is None:
            self._slot = Slot[Job](self._limits)
        if not self._slot.busy:
            self._slot.give(*self._waiting.popleft())
        wait([self._slot], most)
        settled = self._slot.collect()
        if settled is None:
            return []
        job, attempt, outcome = settled
        if outcome is None:
            self._waiting.appendleft((job, attempt + 1))
            return []
        return [(job, outcome)]

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        if self._slot is not None:
            self._slot.stop()
            self._slot = None
