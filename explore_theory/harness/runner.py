"""Running claims block by block, into a store."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass
from hashlib import blake2b
from itertools import pairwise
from typing import Any

from explore_theory.errors import InvalidClaim
from explore_theory.harness.budget import ALPHA, require_alpha
from explore_theory.harness.claim import RANDOM, TIERS
from explore_theory.harness.executors import Executor, Serial
from explore_theory.harness.fingerprint import library_versions, package_digest
from explore_theory.harness.registry import Registered
from explore_theory.harness.settle import Terms, cover, settle
from explore_theory.harness.store import Block, Outcome, Session, Store
from explore_theory.harness.worker import Job
from explore_theory.validation import whole

#: ``(block, outcome, blocks done, blocks in all)`` after each block.
Progress = Callable[[Block, Outcome, int, int], None]

Shard = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to run: see `run`."""

    tier: str = "quick"
    reseed: int = 0
    block: int | None = None
    shard: Shard = (1, 1)
    alpha: float = ALPHA

    def __post_init__(self) -> None:
        if self.tier not in TIERS:
            raise InvalidClaim(f"tier must be one of {', '.join(TIERS)}, got tier={self.tier!r}")
        whole("reseed", self.reseed, least=0)
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
    stored: dict[tuple[str, str, str], list[tuple[Block, Outcome]]] = {}
    for block, outcome in store.blocks(registered.digest, options.tier, options.reseed):
        stored.setdefault((block.variant, block.check, block.case), []).append((block, outcome))
    checks = [("", check, claim.relation, registered.share) for check in claim.checks]
    for variant in claim.false_variants:
        changed, relation = claim.variant_check(variant)
        checks.append((variant.slug, changed, relation, registered.variant_share))
    jobs = []
    for variant_slug, check, relation, share in checks:
        for case in check.cases_at(options.tier):
            terms = Terms(
                rows=case.row_count(options.tier),
                block=case.block,
                relation=relation,
                resolution=check.resolution,
                alpha=share * options.alpha,
                tight=case.tight and not variant_slug,
                rivals=check.rivals,
            )
            mine = stored.get((variant_slug, check.slug, case.slug), [])
            sequential = check.evidence in RANDOM and options.shard == (1, 1)
            for first, last in _wanted(mine, terms, options.block, sequential):
                block = Block(
                    claim=registered.digest,
                    tier=options.tier,
                    reseed=options.reseed,
                    variant=variant_slug,
                    check=check.slug,
                    case=case.slug,
                    first=first,
                    last=last,
                )
                if _share(block, options.shard[1]) == options.shard[0] - 1:
                    jobs.append(Job(registered=registered, block=block))
    return jobs


def _wanted(
    stored: Sequence[tuple[Block, Outcome]], terms: Terms, size: int | None, sequential: bool
) -> Iterator[tuple[int, int]]:
    """The rows to run next, cut at checkpoints and at multiples of the block size."""
    settled = settle(stored, terms)
    if settled.summary is not None:
        return
    rows = terms.rows
    if sequential and (settled.sampled or settled.reached == 0):
        rows = min(rows, max(2 * settled.reached, terms.block))
    done = [block for block, outcome in stored if outcome.status == "done"]
    step = min(size or terms.block, terms.block)
    for start, stop in cover(done, terms.rows)[1]:
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
    """
    chosen = Options(**options)
    session = store.begin(
        tier=chosen.tier,
        reseed=chosen.reseed,
        shard=f"{chosen.shard[0]}/{chosen.shard[1]}",
        package_digest=package_digest(),
        versions=library_versions(),
        alpha={
            "alpha": chosen.alpha,
            "shares": {r.digest: [r.share * chosen.alpha, r.variant_share * chosen.alpha] for r in claims},
        },
        claims=[(r.digest, r.record) for r in claims],
    )
    with closing(executor or Serial()) as workers:
        _rounds(claims, store, session, chosen, workers, progress)
    store.finish(session)
    return session


def _rounds(
    claims: Sequence[Registered],
    store: Store,
    session: Session,
    options: Options,
    workers: Executor,
    progress: Progress | None,
) -> None:
    """Plan, run, and plan again what is not decided, until nothing is left to run."""
    count, failed = 0, set[Block]()
    undecided = list(claims)
    while True:
        plans = [(r, [j for j in plan(r, store, options) if j.block not in failed]) for r in undecided]
        undecided = [r for r, jobs in plans if jobs]
        jobs = [job for _, jobs in plans for job in jobs]
        if not jobs:
            return
        total = count + len(jobs)
        with closing(workers.run(jobs)) as outcomes:
            for job, outcome in outcomes:
                count += 1
                if outcome.status == "error":
                    failed.add(job.block)
                store.put(job.block, outcome, session)
                if progress is not None:
                    progress(job.block, outcome, count, total)


def _share(block: Block, shards: int) -> int:
    if shards == 1:
        return 0
    text = "\x1f".join(map(str, astuple(block)))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") % shards
