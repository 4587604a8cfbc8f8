"""Running claims block by block, into a store."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass
from functools import partial
from hashlib import blake2b
from itertools import pairwise
from typing import Any

from explore_theory.errors import InvalidClaim, StoreError
from explore_theory.foundation.validation import whole
from explore_theory.harness.claims.claim import RANDOM, TIERS
from explore_theory.harness.discovery.budget import ALPHA, require_alpha
from explore_theory.harness.discovery.fingerprint import library_versions, package_digest
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.formal.prover import present
from explore_theory.harness.judging.covering import cover
from explore_theory.harness.judging.settle import Terms, settle
from explore_theory.harness.running.executors import Executor, Serial
from explore_theory.harness.running.proving import proof_blocks
from explore_theory.harness.running.worker import Job
from explore_theory.harness.storage.store import Block, Outcome, Session, Store, fitted

#: ``(block, outcome, blocks done, blocks in all)`` after each block.
Progress = Callable[[Block, Outcome, int, int], None]

Shard = tuple[int, int]

#: A block that others drop from the store is run again so often in one run.
_TIMES = 8

#: The largest integer a store holds.
_LARGEST = 2**63 - 1


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to run: see `run`."""

    tier: str = "quick"
    reseed: int = 0
    block: int | None = None
    shard: Shard = (1, 1)
    alpha: float = ALPHA
    fresh: bool = False

    def __post_init__(self) -> None:
        if self.tier not in TIERS:
            raise InvalidClaim(f"tier must be one of {', '.join(TIERS)}, got tier={self.tier!r}")
        whole("reseed", self.reseed, least=0, most=_LARGEST)
        if self.block is not None:
            whole("block", self.block, least=1)
        index, number = self.shard
        if not 1 <= index <= number:
            raise InvalidClaim(f"shard must be i/n with 1 <= i <= n, got shard={index}/{number}")
        require_alpha(self.alpha)


def plan(registered: Registered, store: Store, options: Options) -> list[Job]:
    """The jobs of one claim to run next; blocks that ended in an error are run again.

    A sample that is not decided asks for as many rows again as it has, up to the tier's; anything else for
    all its rows. Of these, shard ``(i, n)`` has those whose key falls to it by a hash; it cannot see what the
    others have decided, so it runs all its rows.
    """
    claim = registered.claim
    # Case by case: of a claim with many rows, not all may fit into memory.
    of_claim = (registered.digest, options.tier, options.reseed)
    jobs = []
    for planned in claim.runs():
        check, level = planned.check, registered.variant_share if planned.part else registered.share
        for case in check.cases_at(options.tier):
            terms = Terms(
                rows=case.row_count(options.tier),
                block=case.block,
                relation=planned.relation,
                reading=check.reading,
                alpha=level * options.alpha,
                tight=case.tight and not planned.part,
                rivals=check.rivals,
                share=check.share,
                caught=planned.must_fail,
            )
            sequential = check.evidence in RANDOM and options.shard == (1, 1)
            # Not kept under a name, which would hold it while the next one is read.
            wanted = partial(_wanted, terms=terms, size=options.block, sequential=sequential)
            for first, last in wanted(store.case_blocks(*of_claim, planned.part, check.slug, case.slug)):
                block = Block(
                    claim=registered.digest,
                    tier=options.tier,
                    reseed=options.reseed,
                    variant=planned.part,
                    check=check.slug,
                    case=case.slug,
                    first=first,
                    last=last,
                )
                if _falls_to(block, options.shard):
                    jobs.append(Job(registered=registered, block=block))
    return jobs + [
        Job(registered=registered, block=block)
        for block in proof_blocks(claim, *of_claim)
        if _falls_to(block, options.shard) and not _is_done(block, store)
    ]


def _is_done(block: Block, store: Store) -> bool:
    """Whether the case of `block`, which is its only one, is stored and no error."""
    stored = store.case_blocks(*astuple(block)[:-2])
    return any(outcome.status == "done" for _, outcome in stored)


def _wanted(
    stored: Sequence[tuple[Block, Outcome]], terms: Terms, size: int | None, sequential: bool
) -> Iterator[tuple[int, int]]:
    """The rows to run next, cut at checkpoints and at multiples of the block size."""
    done = [(block.first, block.last) for block, outcome in stored if outcome.status == "done"]
    gaps = cover(done, terms.rows)[1]
    if not gaps:
        # Whatever they say: what is stored is not read, let alone put together.
        return
    settled = settle(stored, terms)
    if settled.summary is not None:
        return
    rows = terms.rows
    if sequential and (settled.sampled or settled.reached == 0):
        rows = min(rows, max(2 * settled.reached, terms.block))
    step = min(size or terms.block, terms.block)
    for start, stop in gaps:
        edges = sorted(
            {start, stop, *range(0, terms.rows, terms.block), *_multiples(start, stop, terms.block, step)}
        )
        for first, last in pairwise(edge for edge in edges if start <= edge <= stop):
            if first < rows:
                yield first, last


def _multiples(start: int, stop: int, block: int, step: int) -> Iterator[int]:
    """Within each stretch of `block` rows, every `step`-th row from its start."""
    for origin in range(start - start % block, stop, block):
        yield from range(origin, min(origin + block, stop), step)


def run(
    claims: Sequence[Registered],
    store: Store,
    *,
    executor: Executor | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Session:
    """Run what `claims` need and `store` lacks, committing each block as it finishes; returns the session.

    Parameters
    ----------
    executor
        Where blocks run (default: here, one by one). Results do not depend on it.
    progress
        Called after every block.
    tier
        ``"quick"`` or ``"full"``.
    reseed
        Zero for the derived default seeds; any other number for fresh ones.
    block
        Rows run together at most (default: what each case says). Results do not depend on it.
    shard
        ``(i, n)``: only the i-th of n disjoint parts of the work.
    alpha
        The session's error level, shared as `budget` says.
    fresh
        Run everything again, whatever is stored for these claims at this tier and reseed.
    """
    chosen = Options(**options)
    session = begin(claims, store, chosen)
    carry_out(claims, store, session, chosen, executor=executor, progress=progress)
    return session


def begin(claims: Sequence[Registered], store: Store, options: Options) -> Session:
    """Record a session over `claims`: the one to ask for results, whatever else runs in `store`.

    A fresh one drops what is stored of its share of the work as it begins, so that the run that resumes it
    finds what it has done and nothing older.
    """
    stored = [
        block
        for r in claims
        if options.fresh
        for block, _ in store.blocks(r.digest, options.tier, options.reseed)
    ]
    return store.begin(
        tier=options.tier,
        reseed=options.reseed,
        shard=f"{options.shard[0]}/{options.shard[1]}",
        package_digest=package_digest(),
        versions=library_versions() | (present() if any(r.claim.proofs for r in claims) else {}),
        alpha={
            "alpha": options.alpha,
            "shares": {r.digest: [r.share * options.alpha, r.variant_share * options.alpha] for r in claims},
        },
        claims=[(r.digest, r.record) for r in claims],
        without=[block for block in stored if _falls_to(block, options.shard)],
    )


def carry_out(
    claims: Sequence[Registered],
    store: Store,
    session: Session,
    options: Options,
    *,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> None:
    """Run what `session` needs and `store` lacks: see `run`."""
    with closing(executor or Serial()) as workers:
        failed = _rounds(claims, store, session, options, workers, progress)
    store.finish(session, failed.items())


def _rounds(
    claims: Sequence[Registered],
    store: Store,
    session: Session,
    options: Options,
    workers: Executor,
    progress: Progress | None,
) -> dict[Block, Outcome]:
    """Plan, run, and plan again what is not decided, until nothing is left to run but what has failed.

    A claim is planned again as soon as its blocks are done, so that no worker waits for the other claims.
    """
    count, total, failed = 0, 0, dict[Block, Outcome]()
    times, left = Counter[Block](), Counter[str]()
    jobs = deque[Job]()

    def ask(registered: Registered) -> bool:
        """Add what `registered` needs next; whether that is anything."""
        nonlocal total
        more = [job for job in plan(registered, store, options) if job.block not in failed]
        times.update(job.block for job in more)
        if more and max(times[job.block] for job in more) > _TIMES:
            raise StoreError(
                f"store must keep what is put into it, got a block that was gone {_TIMES} times from "
                f"{store.path!r}"
            )
        left[registered.digest] = len(more)
        total += len(more)
        jobs.extend(more)
        return bool(more)

    # At the end, every claim again: another process may have dropped blocks that were there before.
    while sum(map(ask, claims)):
        together: list[tuple[Job, Outcome]] = []
        with closing(workers.run(jobs)) as outcomes:
            try:
                for pair in outcomes:
                    together.append((pair[0], fitted(pair[1])))
                    if workers.more:
                        continue
                    for job, outcome in _stored(together, store, session):
                        count += 1
                        if outcome.status == "error":
                            failed[job.block] = outcome
                        left[job.registered.digest] -= 1
                        if left[job.registered.digest] == 0:
                            ask(job.registered)
                        if progress is not None:
                            progress(job.block, outcome, count, total)
            finally:
                # Whatever ends the run: what is done is kept.
                _stored(together, store, session)
    return failed


def _stored(together: list[tuple[Job, Outcome]], store: Store, session: Session) -> list[tuple[Job, Outcome]]:
    """What `together` held, stored; it is empty now, so that what a store refuses is not tried again."""
    taken, together[:] = list(together), []
    store.put_all([(job.block, outcome) for job, outcome in taken], session)
    return taken


def _falls_to(block: Block, shard: Shard) -> bool:
    index, number = shard
    if number == 1:
        return True
    text = "\x1f".join(map(str, astuple(block)))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") % number == index - 1
