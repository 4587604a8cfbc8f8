"""A claim held against one given problem: a claim of its own, about that problem alone."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from explore_theory.harness.claims.cases import Trial
from explore_theory.harness.claims.checks import Check
from explore_theory.harness.claims.claim import Claim, FalseVariant
from explore_theory.harness.claims.on_instance import OnInstance


@dataclass(frozen=True)
class _Given:
    """An `instance` that is handed the problem besides its trial."""

    author: Callable[[Trial], Any]
    problem: Any

    def __call__(self, trial: Trial) -> Any:
        return self.author(replace(trial, given=self.problem))


def unmet(claim: Claim, problem: Any, kind: str) -> list[str]:
    """Why `claim` says nothing of `problem`, for each of its checks on instances or for lack of one."""
    if not claim.on:
        return ["no check of theirs is about one given problem"]
    taken = [one for one in claim.on if kind in one.kinds]
    if not taken:
        kinds = sorted({kind for one in claim.on for kind in one.kinds})
        return [f"about problems of kind {' or '.join(kinds)}"]
    return [reason for one in taken if (reason := one.applies(problem))]


def claim_on(claim: Claim, problem: Any, kind: str, digest: str) -> Claim | None:
    """`claim` held against `problem` alone, the file of which has `digest`; None if it says nothing of it.

    What it says in general, its printed forms, proofs and figures, is left out.
    """
    taken = [one for one in claim.on if kind in one.kinds and not one.applies(problem)]
    if not taken:
        return None
    return replace(
        claim,
        checks=tuple(_on(one.check, problem, digest) for one in taken),
        false_variants=tuple(_variants(taken, problem)),
        figures=(),
        printed=(),
        on=(),
        proofs=(),
        loose="",
        instance={"kind": kind, "digest": digest},
    )


def _on(check: Check, problem: Any, digest: str) -> Check:
    (case,) = check.cases
    # The name of the case is in the names of its random streams: another file, other draws.
    here = replace(
        case, slug=f"{case.slug}-{digest[:12]}", params={**case.params, "file": digest}, tight=False
    )
    return replace(check, instance=_Given(check.instance, problem), cases=(here,))


def _variants(taken: Iterable[OnInstance], problem: Any) -> Iterator[FalseVariant]:
    for one in taken:
        for variant in one.variants:
            own = None if variant.instance is None else _Given(variant.instance, problem)
            yield replace(variant, instance=own, cases=())
