"""The printed forms of a claim, run here and now: exact evidence, so nothing needs to be stored."""

from collections.abc import Iterator

from explore_theory.harness.claims.claim import TIERS
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.judging.outcomes import PrintedResult
from explore_theory.harness.judging.results import printed_results
from explore_theory.harness.running.worker import Job, run_job
from explore_theory.harness.storage.store import Block, Outcome


def run_printed(registered: Registered) -> tuple[PrintedResult, ...]:
    """The printed forms of `registered`, each with its verdict, in the claim's order."""
    found: dict[tuple[str, str, str], list[tuple[Block, Outcome]]] = {}
    for block in _blocks(registered):
        outcome = run_job(Job(registered=registered, block=block))
        found.setdefault((block.variant, block.check, block.case), []).append((block, outcome))
    return printed_results(registered.record, TIERS[0], found)


def _blocks(registered: Registered) -> Iterator[Block]:
    tier = TIERS[0]
    for form in registered.claim.printed:
        for case in form.check.cases_at(tier):
            rows = case.row_count(tier)
            for first in range(0, rows, case.block):
                yield Block(
                    claim=registered.digest,
                    tier=tier,
                    reseed=0,
                    variant=form.slug,
                    check=form.check.slug,
                    case=case.slug,
                    first=first,
                    last=min(first + case.block, rows),
                )
