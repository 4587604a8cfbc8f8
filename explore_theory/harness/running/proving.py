"""Running the proofs of a claim: which there are to check here, and checking one."""

import time
import traceback
from pathlib import Path

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Claim
from explore_theory.harness.formal.bridge import bridged_of
from explore_theory.harness.formal.checking import prove
from explore_theory.harness.formal.outcome import case_of, encode, name_of
from explore_theory.harness.formal.prover import PROVER, absent, find, present
from explore_theory.harness.isolation import reads
from explore_theory.harness.isolation.context import standard_context
from explore_theory.harness.storage.store import Block, Outcome

#: In whose name the prover reads its own files: they are no part of a claim.
_PROVER = Path("the prover")


def proof_blocks(claim: Claim, digest: str, tier: str, reseed: int) -> list[Block]:
    """A block for each proof of `claim` that the prover here can check; none where there is no prover."""
    if not claim.proofs:
        return []
    here = present()
    return [
        Block(
            claim=digest,
            tier=tier,
            reseed=reseed,
            variant="",
            check=name_of(proof),
            case=case_of(here[PROVER]),
            first=0,
            last=1,
        )
        for proof in claim.proofs
        if not absent(here, proof.needs)
    ]


def run_proof(claim: Claim, folder: Path, block: Block) -> Outcome:
    """Check the proof that `block` names; what is wrong with it becomes an error outcome, but for Ctrl-C."""
    started = time.perf_counter()
    try:
        payload, status = _checked(claim, folder, block), "done"
    except KeyboardInterrupt:
        raise
    except InvalidClaim as error:
        # Everything that is known of a proof to be wrong is said in one line; a traceback would be ours.
        payload, status = f"{type(error).__name__}: {error}", "error"
    except BaseException:
        # A bridge may raise anything; the last line says what.
        payload, status = traceback.format_exc(), "error"
    return Outcome(status=status, payload=payload, seconds=time.perf_counter() - started)


def _checked(claim: Claim, folder: Path, block: Block) -> str:
    """The record of the proof that `block` names, checked now.

    Raises
    ------
    InvalidClaim
        What is wrong with it, in a line.
    """
    proof = next(proof for proof in claim.proofs if name_of(proof) == block.check)
    prover = find()
    if prover is None or case_of(prover.version) != block.case:
        raise InvalidClaim(f"{proof.file}: the prover must stay while it runs, got another one or none")
    (rng,) = Streams((claim.id, block.check), range(1), block.reseed).generators()
    with standard_context(claim.id, block.check, block.reseed):
        bridged = bridged_of(proof, rng)
    with reads.watched(_PROVER):
        return encode(prove(proof, folder, prover, bridged))
