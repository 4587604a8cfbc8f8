"""The simplest violation that a search has found."""

from dataclasses import replace
from typing import Any

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import whole
from explore_theory.harness.claims.claim import Check, Trial
from explore_theory.harness.measures.columns import truth
from explore_theory.harness.verdicts.summary import summarise
from explore_theory.harness.verdicts.verdict import Status, decide


def simplest(check: Check, relation: str, trial: Trial, k: int) -> Any:
    """The simplest instance found that is REFUTED as instance `k` of the world of `trial` is.

    Decided by the engine as it decides a case, with this instance for a world: beyond the resolution of the
    check where instance `k` is, else beyond its bound. Instance `k` itself where nothing simpler is REFUTED,
    or it is not. The same whenever and wherever it is called; run it where the claim's modules are, in the
    engine's standard context.

    Raises
    ------
    InvalidClaim
        If the check does not search.
    InvalidProblem
        If there is no instance `k`.
    """
    search = check.search
    if search is None:
        raise InvalidClaim(f"check {check.slug!r} must search for its violations to be made simple, got none")
    world = search.draw(trial)
    start = world[whole("k", k, least=0, most=len(world) - 1)]
    row = trial.rows[k * len(trial.rows) // len(world)]
    alone = replace(trial, streams=Streams(trial.streams.path, [row], trial.streams.reseed))
    beyond = refuted(check, relation, start, beyond=True)
    return search.smallest(lambda instance: refuted(check, relation, instance, beyond=beyond), start, alone)


def refuted(check: Check, relation: str, instance: Any, *, beyond: bool) -> bool:
    """Whether a world of this one `instance` is REFUTED; not where it cannot be measured or bounded."""
    try:
        world = (instance,)
        fails = {a.name: ~truth(f"assumption {a.name!r}", a.holds(world)) for a in check.assumptions}
        summary = summarise(check.measure(world), check.bound(world), check.reading, fails=fails)
        verdict = decide(summary, relation, check.resolution, share=check.share, beyond=beyond)
    except Exception:  # the claim's own functions may raise anything: an instance that breaks them is none
        return False
    return verdict.status is Status.REFUTED
