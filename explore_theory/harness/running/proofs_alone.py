"""The proofs of claims, checked without the rest of them and without a store."""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing

from explore_theory.harness.claims.cases import TIERS
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.formal.prover import present
from explore_theory.harness.judging.proofs import ProofResult, key, proof_result
from explore_theory.harness.running.executors import Executor
from explore_theory.harness.running.proving import proof_blocks
from explore_theory.harness.running.worker import Job
from explore_theory.harness.storage.store import Block, Outcome


def check_proofs(
    claims: Sequence[Registered],
    executor: Executor,
    *,
    reseed: int = 0,
    progress: Callable[[Job, Outcome], None] | None = None,
) -> list[tuple[Registered, ProofResult]]:
    """How each proof of `claims` stands, checked now; closing `executor`, whatever happens.

    `progress` is called after each.
    """
    blocks = {r.digest: proof_blocks(r.claim, r.digest, TIERS[0], reseed) for r in claims}
    jobs = deque(Job(registered=r, block=block) for r in claims for block in blocks[r.digest])
    stored: dict[tuple[str, str], list[tuple[Block, Outcome]]] = {}
    with closing(executor) as workers, closing(workers.run(jobs)) as outcomes:
        for job, outcome in outcomes:
            stored[job.block.claim, job.block.check] = [(job.block, outcome)]
            if progress is not None:
                progress(job, outcome)
    versions = present()
    return [
        (r, proof_result(record, versions, stored.get((r.digest, key(record)), ())))
        for r in claims
        for record in r.record["proofs"]
    ]
