"""Running claims block by block, into a store."""

import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from explore_theory.errors import InvalidClaim
from explore_theory.harness.claim import TIERS, Check, Trial
from explore_theory.harness.fingerprint import library_versions, package_digest
from explore_theory.harness.measurement import summarise
from explore_theory.harness.records import claim_record, encode_summary
from explore_theory.harness.registry import Registered
from explore_theory.harness.store import Block, Outcome, Store
from explore_theory.streams import Streams
from explore_theory.validation import whole

#: ``(block, outcome, blocks done, blocks in all)`` after each block.
Progress = Callable[[Block, Outcome, int, int], None]


@dataclass(frozen=True, kw_only=True)
class Job:
    """A block together with the check that runs it."""

    block: Block
    claim_id: str
    check: Check


def cover(blocks: Iterable[Block], rows: int) -> tuple[list[Block], list[tuple[int, int]]]:
    """Disjoint `blocks` that cover as much of ``range(rows)`` as a left-to-right sweep finds, and the gaps.

    Blocks of different sizes may be in a store (another ``--block``); none is counted twice.
    """
    chosen: list[Block] = []
    gaps: list[tuple[int, int]] = []
    reached = 0
    for block in sorted(blocks, key=lambda b: (b.first, -b.last)):
        if block.first < reached or block.last > rows:
            continue
        if block.first > reached:
            gaps.append((reached, block.first))
        chosen.append(block)
        reached = block.last
    if reached < rows:
        gaps.append((reached, rows))
    return chosen, gaps


def plan(
    registered: Registered, store: Store, *, tier: str, reseed: int = 0, block: int | None = None
) -> list[Job]:
    """The jobs of one claim that `store` does not have yet; blocks that ended in an error are run again."""
    claim = registered.claim
    done = [b for b, o in store.blocks(registered.digest, tier, reseed) if o.status == "done"]
    checks = [("", check) for check in claim.checks]
    checks += [(variant.slug, claim.variant_check(variant)[0]) for variant in claim.false_variants]
    jobs = []
    for variant, check in checks:
        for case in check.cases_at(tier):
            key = (variant, check.slug, case.slug)
            stored = [b for b in done if (b.variant, b.check, b.case) == key]
            size = block or case.block
            for start, stop in cover(stored, case.row_count(tier))[1]:
                for first in range(start, stop, size):
                    wanted = Block(
                        claim=registered.digest,
                        tier=tier,
                        reseed=reseed,
                        variant=variant,
                        check=check.slug,
                        case=case.slug,
                        first=first,
                        last=min(first + size, stop),
                    )
                    jobs.append(Job(block=wanted, claim_id=claim.id, check=check))
    return jobs


def run_job(job: Job) -> Outcome:
    """Run one block. What it raises becomes an ERROR outcome with its traceback; Ctrl-C passes through."""
    block = job.block
    case = next(c for c in job.check.cases if c.slug == block.case)
    rows = range(block.first, block.last)
    # The same worlds for a statement and its variants: what differs is what the variant changed.
    streams = Streams((job.claim_id, job.check.slug, case.slug), rows, block.reseed)
    started = time.perf_counter()
    try:
        world = job.check.instance(Trial(case=case, streams=streams))
        summary = summarise(
            job.check.measure(world), job.check.bound(world), job.check.resolution, first=block.first
        )
        status, payload = "done", encode_summary(summary)
    except (Exception, SystemExit):
        status, payload = "error", traceback.format_exc()
    return Outcome(status=status, payload=payload, seconds=time.perf_counter() - started)


def run(
    claims: Sequence[Registered],
    store: Store,
    *,
    tier: str = "quick",
    reseed: int = 0,
    block: int | None = None,
    progress: Progress | None = None,
) -> int:
    """Run every block of `claims` that `store` lacks, committing each; returns the session's id.

    Parameters
    ----------
    tier
        ``"quick"`` or ``"full"``.
    reseed
        Zero for the derived default seeds; any other number for fresh ones.
    block
        Rows run together at most (default: what each case says). Results do not depend on it.
    progress
        Called after every block.
    """
    if tier not in TIERS:
        raise InvalidClaim(f"tier must be one of {', '.join(TIERS)}, got tier={tier!r}")
    whole("reseed", reseed, least=0)
    if block is not None:
        whole("block", block, least=1)
    session = store.begin(
        tier=tier,
        reseed=reseed,
        package_digest=package_digest(),
        versions=library_versions(),
        claims=[(r.digest, claim_record(r.claim)) for r in claims],
    )
    jobs = [job for r in claims for job in plan(r, store, tier=tier, reseed=reseed, block=block)]
    for count, job in enumerate(jobs, start=1):
        outcome = run_job(job)
        store.put(job.block, outcome, session)
        if progress is not None:
            progress(job.block, outcome, count, len(jobs))
    store.finish(session)
    return session
