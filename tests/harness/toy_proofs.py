"""A claim with a proof, for provers that are scripts."""

from fractions import Fraction
from pathlib import Path

from explore_theory.claims import (
    Bound,
    Bridged,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    Proof,
)
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running.executors import Serial
from explore_theory.harness.running.proofs_alone import check_proofs
from explore_theory.harness.running.runner import run

SOURCE = """From Coq Require Import Reals.
Open Scope R_scope.
Definition f (x : R) := x.
Theorem t : forall x : R, x <= exp x.
Proof. Fail exact I. Qed.
Lemma not_zero : ~ (forall x : R, x = 0).
Proof. Fail exact I. Qed.
"""


def written(folder: Path) -> Path:
    """`folder`, with the proof's file where a claim in it looks."""
    (folder / "formal").mkdir()
    (folder / "formal" / "t.v").write_text(SOURCE)
    return folder


def bridge(rng):
    return [Bridged(term=f"f {k}", value=float(k)) for k in range(3)]


PROOF = Proof(file="formal/t.v", theorem="t", says="all x", bridge=bridge, negations={"lie": "not_zero"})


def claim(*proofs, measured=Fraction(1, 2)):
    words = dict.fromkeys(("title", "statement", "formula", "scope", "source"), "words")
    check = Check(
        slug="own",
        evidence=Evidence.EXHAUSTIVE,
        cases=(Case(slug="one", tight=True),),
        measure=lambda _: Measurement.exact([measured], witness=lambda k: {"k": k}),
        bound=lambda _: Bound.of(Fraction(1, 2)),
    )
    lie = FalseVariant(slug="lie", why="x", check="own", bound=lambda _: Bound.of(Fraction(1, 4)))
    return Claim(id="T1", slug="toy", theorem="toys", relation="<=", checks=(check,), false_variants=(lie,),
                 proofs=proofs, **words)  # fmt: skip


def registered(place, *proofs, **more):
    return Registered(claim=claim(*(proofs or (PROOF,)), **more), path=place / "t1_toy.py", digest="d" * 32)


def verified(place, store, *proofs, **more):
    one = registered(place, *proofs)
    (result,) = session_results(store, run([one], store, **more))
    return result


def alone(place, *proofs):
    return [proof for _, proof in check_proofs([registered(place, *proofs)], Serial())]
