"""The same with Coq itself: a toy theorem is proved, and each way of cheating with it is caught.

Skipped where no prover is installed, and said so; CI has a step of its own that installs one.
"""

import math
import shutil
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from toy_proofs import alone as checked_alone

from explore_theory.claims import MACHINE_NUMBERS, Bridged, Proof
from explore_theory.harness.formal.prover import absent, present
from explore_theory.harness.judging.proofs import Standing

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("prover_of_the_system"),
    pytest.mark.skipif(
        bool(absent(present(), ["libcoq-interval"])), reason="Coq with interval is not installed"
    ),
]

SUMS = """From Coq Require Import Reals List.
Import ListNotations.
Open Scope R_scope.
Definition mass (beta : R) (law : list (R * R)) : R :=
  fold_right (fun one rest => fst one * exp (snd one / beta) + rest) 0 law.
"""
SOURCE = """(** The soft value of a law on any finite number of responses. *)
From Coq Require Import Reals Lra List.
From ExploreTheory Require Import Masses.
Import ListNotations.
Open Scope R_scope.

Definition soft_value (beta : R) (law : list (R * R)) : R := beta * ln (mass beta law).

Theorem mass_is_not_negative (beta : R) (law : list (R * R)) :
  (forall p r, In (p, r) law -> 0 <= p) -> 0 <= mass beta law.
Proof.
  induction law as [| [p r] law IH]; simpl; intros H; [lra |].
  assert (0 <= p) by (apply (H p r); now left).
  assert (0 <= mass beta law) by (apply IH; intros p' r' K; apply (H p' r'); now right).
  assert (0 < exp (r / beta)) by apply exp_pos.
  nra.
Qed.

Theorem mass_is_not_zero : ~ (forall beta, 0 < beta -> mass beta [(1, 0)] = 0).
Proof.
  intros H; specialize (H 1 Rlt_0_1); unfold mass in H; simpl in H.
  assert (0 < exp (0 / 1)) by apply exp_pos.
  lra.
Qed.
"""


def soft_value(beta, law):
    return beta * math.log(sum(p * math.exp(r / beta) for p, r in law))


def bridge(rng: np.random.Generator, temperature=1):
    found = []
    for _ in range(3):
        weights = [int(w) for w in rng.integers(1, 9, 3)]
        law = [(Fraction(w, sum(weights)), Fraction(int(rng.integers(0, 9)), 8)) for w in weights]
        text = "".join(f"({p}, {r}) :: " for p, r in law)
        value = soft_value(temperature / 2, [(float(p), float(r)) for p, r in law])
        found.append(
            Bridged(term=f"soft_value (1 / 2) ({text}nil)", value=value, unfold=("soft_value", "mass"))
        )
    return found


PROOF = Proof(
    file="formal/soft.v",
    theorem="mass_is_not_negative",
    says="any finite number of responses",
    bridge=bridge,
    negations={"lie": "mass_is_not_zero"},
)


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A claim's folder; what is compiled of the library is kept for all tests of this file."""
    folder = tmp_path_factory.mktemp("claims") / "toys"
    (folder / "formal").mkdir(parents=True)
    (folder.parent / "formal").mkdir()
    (folder.parent / "formal" / "Masses.v").write_text(SUMS)
    (folder / "formal" / "soft.v").write_text(SOURCE)
    return folder


@pytest.fixture
def place(original, tmp_path, monkeypatch, tmp_path_factory):
    monkeypatch.setenv("XDG_CACHE_HOME", str(original.parent / "cache"))
    return shutil.copytree(original.parent, tmp_path / "claims") / "toys"


def alone(place, source, proof=PROOF):
    (place / "formal" / "soft.v").write_text(source)
    (found,) = checked_alone(place, proof)
    return found


def test_a_theorem_is_proved_from_the_axioms_of_the_reals(place):
    found = alone(place, SOURCE)
    assert found.standing is Standing.HOLDS, found.reason
    assert " ".join(found.proved.statement.split()) == (
        "forall (beta : R) (law : list (R * R)), "
        "(forall p r : R, In (p, r) law -> 0 <= p) -> 0 <= Masses.mass beta law"
    )
    assert set(found.proved.axioms) <= PROOF.axioms
    assert found.proved.axioms
    assert found.proved.libraries == ("Masses",)
    assert "~ (forall beta : R, 0 < beta ->" in " ".join(found.proved.negations["lie"].split())


def test_at_twice_the_temperature_the_bridge_fails_with_both_numbers(place):
    found = alone(place, SOURCE.replace("beta * ln (mass beta law)", "beta * ln (mass (2 * beta) law)"))
    assert found.standing is Standing.ERROR
    assert "the formal definition must be what the package computes, got 0." in found.reason
    assert "from the package for soft_value (1 / 2)" in found.reason
    other = alone(place, SOURCE, replace(PROOF, bridge=lambda rng: bridge(rng, temperature=2)))
    assert "the formal definition must be what the package computes" in other.reason


INDUCTION = SOURCE[SOURCE.index("  induction") : SOURCE.index("Qed.")]
HIDDEN = """Module M. Section T. Context (no : 1 = 2).
Lemma two : 1 = 2. Proof. exact no. Qed.
End T. End M.
"""
CHEATS = {
    "an assumption of a section": (SOURCE.replace("Theorem", f"{HIDDEN}Theorem", 1), ""),
    "a statement about nothing": (
        SOURCE.replace("0 <= p) ->", "0 <= p) -> False ->").replace(
            INDUCTION, "  intros H no; destruct no.\n"
        ),
        "mass_is_not_negative must have premises that can be met",
    ),
    "premises that contradict each other, seen from another one": (
        SOURCE.replace("0 <= p) ->", "0 <= p) -> (0 < beta /\\ beta <= 1) -> beta < 0 ->").replace(
            INDUCTION, "  intros; lra.\n"
        ),
        "mass_is_not_negative must have premises that can be met",
    ),
    "a theorem about something else": (
        SOURCE.replace("Theorem mass_is_not_negative", "Lemma kept")
        + "Theorem mass_is_not_negative : 1 + 1 = 2.\nProof. lra. Qed.\n",
        "must evaluate a definition that mass_is_not_negative is about, got terms with Masses.mass, "
        "soft.soft_value, and a statement with no definition",
    ),
    "a definition that is shadowed": (
        SOURCE.replace(
            "Theorem mass",
            "Module M. Definition mass (_ : R) (law : list (R * R)) := 0.\nEnd M. Import M.\nTheorem mass",
            1,
        )
        .replace(INDUCTION, "  intros; apply Rle_refl.\n")
        .replace("mass beta [(1, 0)] = 0", "Masses.mass beta [(1, 0)] = 0")
        .replace("unfold mass", "unfold Masses.mass"),
        "and a statement with soft.M.mass",
    ),
    "a negation that negates nothing": (
        SOURCE.replace(
            "mass_is_not_zero : ~ (forall beta, 0 < beta -> mass beta [(1, 0)] = 0).",
            "mass_is_not_zero : 0 < exp (0 / 1) -> True.",
        ).replace(
            SOURCE[SOURCE.index("  intros H; specialize") : SOURCE.rindex("Qed.")], "  intros _; exact I.\n"
        ),
        "must negate the false variant lie, as in ~ (forall ..), got 0 < exp (0 / 1) -> True",
    ),
    "a sentence that does not prove it": (SOURCE.replace("  nra.\n", "  lra.\n"), "must be proved, got line"),
    "a goal that is left": (SOURCE.replace("  nra.\n", ""), "Attempt to save an incomplete proof"),
    "a name that is not there": (SOURCE.replace("mass_is_not_zero", "mass_is_zero"), "none of that name"),
    "excluded middle, undeclared": (
        SOURCE.replace("Require Import Reals", "Require Import Classical Reals").replace(
            "  nra.\n", "  destruct (classic (p = 0)); nra.\n"
        ),
        "got Classical_Prop.classic",
    ),
}


@pytest.mark.parametrize("name", CHEATS)
def test_each_way_of_cheating_is_caught_or_shown(name, place):
    source, reason = CHEATS[name]
    strict = replace(PROOF, axioms=PROOF.axioms - {"Classical_Prop.classic"})
    found = alone(place, source, strict)
    if not reason:
        # Sound: nothing of it is in the theorem.
        assert found.standing is Standing.HOLDS, found.reason
    else:
        assert found.standing is Standing.ERROR
        assert reason in found.reason


def test_what_interval_computes_with_is_declared_by_its_modules(place):
    source = SOURCE.replace("List.\n", "List.\nFrom Interval Require Import Tactic.\n", 1)
    source += "Theorem e_is_large : 2 <= mass 1 [(1, 1)].\nProof. unfold mass; simpl; interval. Qed.\n"
    proof = replace(PROOF, theorem="e_is_large", negations={})
    assert "must rest on declared axioms, got" in alone(place, source, proof).reason
    found = alone(place, source, replace(proof, axioms=proof.axioms | MACHINE_NUMBERS))
    assert found.standing is Standing.HOLDS, found.reason
    assert "PrimInt63.*" in found.proved.axioms
