"""Running claims block by block, into a store."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import astuple
from hashlib import blake2b
from itertools import pairwise
from typing import Any

from explore_theory.errors import InvalidClaim
from explore_theory.harness.claim import TIERS
from explore_theory.harness.executors import Executor, Serial
from explore_theory.harness.fingerprint import library_versions, package_digest
from explore_theory.harness.records import claim_record
from explore_theory.harness.registry import Registered
from explore_theory.harness.store import Block, Outcome, Session, Store
from explore_theory.harness.verdict import ALPHA
from explore_theory.harness.worker import Job
from explore_theory.validation import whole

#: ``(block, outcome, blocks done, blocks in all)`` after each block.
Progress = Callable[[Block, Outcome, int, int], None]

Shard = tuple[int, int]


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
    registered: Registered,
    store: Store,
    *,
    tier: str,
    reseed: int = 0,
    block: int | None = None,
    shard: Shard = (1, 1),
) -> list[Job]:
    """The jobs of one claim that `store` does not have yet; blocks that ended in an error are run again.

    Of these, shard ``(i, n)`` has those whose key falls to it by a hash, so that n machines share the work.
    """
    claim = registered.claim
    done: dict[tuple[str, str, str], list[Block]] = {}
    for stored, outcome in store.blocks(registered.digest, tier, reseed):
        if outcome.status == "done":
            done.setdefault((stored.variant, stored.check, stored.case), []).append(stored)
    checks = [("", check) for check in claim.checks]
    checks += [(variant.slug, claim.variant_check(variant)[0]) for variant in claim.false_variants]
    jobs = []
    for variant, check in checks:
        for case in check.cases_at(tier):
            key = (variant, check.slug, case.slug)
            size = block or case.block
            for start, stop in cover(done.get(key, []), case.row_count(tier))[1]:
                # Cut at multiples of the size, so that shards and resumed runs cut alike.
                edges = [start, *range(start - start % size + size, stop, size), stop]
                for first, last in pairwise(edges):
                    wanted = Block(
                        claim=registered.digest,
                        tier=tier,
                        reseed=reseed,
                        variant=variant,
                        check=check.slug,
                        case=case.slug,
                        first=first,
                        last=last,
                    )
                    if _share(wanted, shard[1]) == shard[0] - 1:
                        jobs.append(Job(registered=registered, block=wanted))
    return jobs


def run(
    claims: Sequence[Registered],
    store: Store,
    *,
    tier: str = "quick",
    reseed: int = 0,
    block: int | None = None,
    shard: Shard = (1, 1),
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Session:
    """Run every block of `claims` that `store` lacks, committing each as it finishes; returns the session.

    Parameters
    ----------
    tier
        ``"quick"`` or ``"full"``.
    reseed
        Zero for the derived default seeds; any other number for fresh ones.
    block
        Rows run together at most (default: what each case says). Results do not depend on it.
    shard
        ``(i, n)``: only the i-th of n disjoint parts of the work.
    executor
        Where blocks run (default: here, one by one). Results do not depend on it.
    progress
        Called after every block.
    """
    _require_options(tier, reseed, block, shard)
    session = store.begin(
        tier=tier,
        reseed=reseed,
        shard=f"{shard[0]}/{shard[1]}",
        package_digest=package_digest(),
        versions=library_versions(),
        alpha={"frequency": ALPHA},
        claims=[(r.digest, claim_record(r.claim)) for r in claims],
    )
    options: dict[str, Any] = {"tier": tier, "reseed": reseed, "block": block, "shard": shard}
    jobs = [job for r in claims for job in plan(r, store, **options)]
    outcomes = (executor or Serial()).run(jobs)
    with closing(outcomes):
        for count, (job, outcome) in enumerate(outcomes, start=1):
            store.put(job.block, outcome, session)
            if progress is not None:
                progress(job.block, outcome, count, len(jobs))
    store.finish(session)
    return session


def _share(block: Block, shards: int) -> int:
    if shards == 1:
        return 0
    text = "\x1f".join(map(str, astuple(block)))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") % shards


def _require_options(tier: str, reseed: int, block: int | None, shard: Shard) -> None:
    if tier not in TIERS:
        raise InvalidClaim(f"tier must be one of {', '.join(TIERS)}, got tier={tier!r}")
    whole("reseed", reseed, least=0)
    if block is not None:
        whole("block", block, least=1)
    if not 1 <= shard[0] <= shard[1]:
        raise InvalidClaim(f"shard must be i/n with 1 <= i <= n, got shard={shard[0]}/{shard[1]}")
