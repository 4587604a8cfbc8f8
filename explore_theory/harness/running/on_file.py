"""Claims held against one problem that a user brings: each becomes a claim of its own, keyed by the file."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from explore_theory.harness.claims.held import claim_on, unmet
from explore_theory.harness.discovery.fingerprint import Covered, claim_digest
from explore_theory.harness.discovery.registry import Registered, record_of
from explore_theory.harness.storage.store import on_file


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What claims say of a problem: those that say something of it, and why the others do not.

    `left_out` has the label, the title and the reasons of each.
    """

    claims: tuple[Registered, ...]
    left_out: tuple[tuple[str, str, str], ...]


def take(claims: Sequence[Registered], problem: Any, kind: str, digest: str) -> Taken:
    """Hold `claims` against `problem`, of a `kind` of `on_instance.KINDS`, whose file has `digest`.

    They are run by this process, one after another: a worker would have to be handed the problem.
    """
    found, left_out = [], []
    for registered in claims:
        claim = registered.claim
        with registered.room.entered(registered.covers.files if registered.covers else ()):
            held = claim_on(claim, problem, kind, digest)
            reasons = unmet(claim, problem, kind)
        if held is None:
            left_out.append((registered.label, claim.title, "; ".join(reasons)))
            continue
        namespace = on_file(registered.namespace, digest)
        covers = registered.covers or Covered()
        found.append(
            replace(
                registered,
                claim=held,
                namespace=namespace,
                digest=claim_digest(record_of(held, namespace, registered.path.parent), covers),
            )
        )
    return Taken(claims=tuple(found), left_out=tuple(left_out))
