"""The checks that locate named constants, run here and now with as many chains as asked for."""

from collections.abc import Iterator, Mapping
from typing import Any

from explore_theory.harness.claims.claim import TIERS
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.judging.located import Located, located
from explore_theory.harness.judging.results import check_cases
from explore_theory.harness.running.worker import Job, run_job
from explore_theory.harness.storage.store import Block


def tighten(registered: Registered, *, effort: int | None = None, reseed: int = 0) -> Iterator[Located]:
    """The named constants of a claim, one after another, each located as it is asked for.

    Parameters
    ----------
    effort
        Chains of each search; by default those of the quick tier. The first ones are always the same.
    reseed
        Zero for the streams of `verify`, any other number for fresh ones.
    """
    tier = TIERS[0]
    record = registered.record
    for check in record["checks"]:
        if "constant" in check:
            wanted = _with_rows(check, tier, effort)
            found = {
                ("", check["slug"], case["slug"]): [
                    (block, run_job(Job(registered=registered, block=block)))
                    for block in _blocks(registered.digest, wanted, case, tier, reseed)
                ]
                for case in wanted["cases"]
            }
            yield from located(record, check_cases(wanted, tier, found))


def _with_rows(check: Mapping[str, Any], tier: str, effort: int | None) -> dict[str, Any]:
    """`check` with `effort` rows in its cases at `tier`, which are all of them."""
    rows = [case["rows"].get(tier, 1) if effort is None else effort for case in check["cases"]]
    cases = [{**case, "rows": {tier: n}} for case, n in zip(check["cases"], rows, strict=True)]
    return {**check, "cases": cases}


def _blocks(
    digest: str, check: Mapping[str, Any], case: Mapping[str, Any], tier: str, reseed: int
) -> Iterator[Block]:
    rows, size = case["rows"][tier], case["block"]
    for first in range(0, rows, size):
        yield Block(
            claim=digest,
            tier=tier,
            reseed=reseed,
            variant="",
            check=check["slug"],
            case=case["slug"],
            first=first,
            last=min(first + size, rows),
        )
