"""The simplest instance that refutes a check."""

from typing import Any

from explore_theory.errors import InvalidClaim
from explore_theory.harness.claims.claim import Check, Trial
from explore_theory.harness.verdicts.summary import summarise
from explore_theory.harness.verdicts.verdict import Status, decide


def simplest(check: Check, relation: str, trial: Trial, k: int) -> Any:
    """Instance `k` of `trial`, which violates `check`, made as simple as its source can make it."""
    search = check.search
    if search is None:
        raise InvalidClaim(f"check {check.slug!r} must have a search to make a violation simpler")

    def fails(instance: Any) -> bool:
        world = (instance,)
        summary = summarise(check.measure(world), check.bound(world), check.reading)
        return decide(summary, relation, check.resolution).status is Status.REFUTED

    return search.smallest(fails, search.draw(trial)[k], trial)
