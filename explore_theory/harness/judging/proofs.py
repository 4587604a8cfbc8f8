"""What is stored of a claim's machine-checked proofs: proved, not run, or an error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from explore_theory.errors import StoreError
from explore_theory.foundation.brief import brief
from explore_theory.harness.formal.outcome import Proved, case_of, decode, key_of
from explore_theory.harness.formal.prover import PROVER, absent
from explore_theory.harness.storage.store import Block, Outcome
from explore_theory.harness.verdicts.verdict import Status, Verdict


class Standing(StrEnum):
    """How a proof stands. What was not run says nothing, and takes nothing away."""

    HOLDS = "HOLDS"
    NOT_RUN = "NOT RUN"
    ERROR = "ERROR"


@brief
@dataclass(frozen=True, kw_only=True)
class ProofResult:
    """One proof of a claim.

    Parameters
    ----------
    file, theorem, says, stated
        What the claim says of it, and the theorem as its author wrote it.
    standing, reason
        Whether it was checked, or why it was not, or what is wrong with it.
    proved
        What the prover found; None unless it HOLDS.
    seconds
        Time that it took.
    """

    file: str
    theorem: str
    says: str
    stated: str
    standing: Standing
    reason: str
    proved: Proved | None = None
    seconds: float = 0.0
    trace: str = ""


def proof_result(
    record: Mapping[str, Any], versions: Mapping[str, str], stored: Sequence[tuple[Block, Outcome]]
) -> ProofResult:
    """How the proof with this `record` stands, by what is `stored` of it.

    The outcome of the prover of the session, whose `versions` these are, decides; where it had none, that of
    any other prover for the very same files.
    """
    words: dict[str, Any] = {name: str(record[name]) for name in ("file", "theorem", "says", "stated")}
    mine = case_of(versions.get(PROVER, ""))
    ordered = sorted(stored, key=lambda pair: (pair[0].case != mine, pair[1].status != "done", pair[0].case))
    if not ordered:
        why = absent(versions, record["needs"]) or "it has not been run yet; verify again to resume"
        return ProofResult(**words, standing=Standing.NOT_RUN, reason=why)
    _, outcome = ordered[0]
    if outcome.status != "done":
        last = outcome.payload.strip().splitlines()[-1:]
        reason = last[0] if last else "an error without a message"
        return ProofResult(
            **words, standing=Standing.ERROR, reason=reason, seconds=outcome.seconds, trace=outcome.payload
        )
    try:
        proved = decode(outcome.payload)
    except StoreError as error:
        return ProofResult(**words, standing=Standing.ERROR, reason=f"StoreError: {error}")
    axioms = ", ".join(proved.axioms) or "no axioms"
    reason = f"proved by Coq {proved.version} from {axioms}; {proved.bridged} evaluations agree"
    return ProofResult(
        **words, standing=Standing.HOLDS, reason=reason, proved=proved, seconds=outcome.seconds
    )


def key(record: Mapping[str, Any]) -> str:
    """The name under which the outcome of the proof with this `record` is stored."""
    return key_of(record["file"], record["theorem"])


def mistaken(proofs: Sequence[ProofResult]) -> Verdict | None:
    """The verdict on a claim one of whose proofs is an ERROR; None where none is."""
    for proof in proofs:
        if proof.standing is Standing.ERROR:
            return Verdict(status=Status.ERROR, reason=f"its proof {proof.theorem}: {proof.reason}")
    return None
