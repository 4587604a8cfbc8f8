"""Whatever is wrong with a proof makes its claim an ERROR that says so in one line."""

import re
from dataclasses import replace

import pytest
from made_provers import REALS, SUMMARY, made, on_path
from toy_proofs import PROOF, SOURCE, alone, verified, written

from explore_theory.claims import MACHINE_NUMBERS
from explore_theory.errors import InvalidClaim
from explore_theory.harness.formal.compiling import require_trusted
from explore_theory.harness.judging.proofs import Standing
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status


@pytest.fixture
def place(tmp_path):
    return written(tmp_path)


@pytest.fixture
def store():
    with Store(":memory:") as opened:
        yield opened


WRONG = """case "$last" in
  Proved/*)
    printf 'File "./Proved/t.v", line 5, characters 0-3:\\nError:\\nNo such\\n  lemma.\\n' >&2
    exit 1 ;;
esac"""

ERRORS = {
    "a sentence that is wrong": (
        {"before": WRONG},
        r"t\.v must be proved, got line 5: No such lemma\."),
    "an axiom that is not declared": (
        {"axioms": [*REALS, "Toys.choice : forall x, x"]},
        r"t\.v: t must rest on declared axioms, got Toys\.choice; declared are Classical"),
    "an axiom of another module's name": (
        {"axioms": [*REALS, "Mine.functional_extensionality_dep : False"]},
        r"got Mine\.functional_extensionality_dep; declared"),
    "a guard that was not checked": (
        {"axioms": [*REALS, "f is assumed to be guarded."]}, "must rest on axioms alone, got 'f is assumed"),
    "an answer that is cut": ({"axioms": ["Ax"]}, "must rest on axioms alone, got 'Ax'"),
    "an axiom of its own in the checker's eyes": (
        {"summary": SUMMARY.replace("    Coq.Reals", "    Proved.t.mine\n    Coq.Reals")},
        "must assume nothing of its own, got the axiom t.mine"),
    "type in type": (
        {"summary": SUMMARY.replace("type-in-type: <none>", "type-in-type:\n    Proved.t.f")},
        "must leave out no check of the kernel, got .* relying on type-in-type: Proved.t.f"),
    "an unsafe fixpoint": (
        {"summary": SUMMARY.replace("(co)fixpoints: <none>", "(co)fixpoints:\n    Coq.X.loop")},
        r"relying on unsafe \(co\)fixpoints: Coq\.X\.loop"),
    "positivity assumed": (
        {"summary": SUMMARY.replace("assumed: <none>", "assumed:\n    Proved.t.I")}, "positivity is assumed"),
    "an impredicative set": (
        {"summary": SUMMARY.replace("Set is predicative", "Set is impredicative")}, "got no summary"),
    "no summary": ({"summary": "Modules were successfully checked\n"}, "got no summary of what it trusts"),
    "a kernel that refuses": ({"code": 1}, r"t\.v must be checked by the kernel alone, got .*<none>"),
    "a prover that crashes": (
        {"before": "kill -9 $$"},
        r"t\.v must be checked to its end, got coqc killed by signal 9 \(SIGKILL\)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_whatever_is_wrong_with_a_proof_makes_the_claim_an_error_in_one_line(
    name, place, store, monkeypatch, tmp_path
):
    options, reason = ERRORS[name]
    on_path(monkeypatch, made(tmp_path / "prover", **options), tmp_path)
    result = verified(place, store)
    (proof,) = result.proofs
    assert proof.standing is Standing.ERROR
    assert re.search(reason, proof.reason), proof.reason
    assert "\n" not in proof.reason
    assert result.verdict.status is Status.ERROR
    assert result.verdict.reason == f"its proof t: {proof.reason}"
    assert [kind for kind, _, _ in result.evidence()] == ["exhaustive"]


def around(*names):
    """What the checker says where axioms of these names are loaded as well."""
    return SUMMARY.replace("* Axioms:\n", "* Axioms:\n" + "".join(f"    {name}\n" for name in names))


def test_a_negation_rests_on_declared_axioms_too(place, monkeypatch, tmp_path):
    more = [*REALS, "Toys.choice : forall x, x"]
    on_path(
        monkeypatch, made(tmp_path / "prover", of_negations=more, summary=around("Toys.choice")), tmp_path
    )
    (proof,) = alone(place)
    assert "t.v: not_zero must rest on declared axioms, got Toys.choice; declared are" in proof.reason
    on_path(monkeypatch, made(tmp_path / "other"), tmp_path)
    (proof,) = alone(place, replace(PROOF, axioms=frozenset()))
    assert "t must rest on declared axioms" in proof.reason
    assert "declared are none" in proof.reason


SEALED = "Coq.Reals.Rdefinitions.RbaseSymbolsImpl.Rplus"


@pytest.mark.parametrize(
    ("names", "walked"),
    [
        ((), False),
        ((SEALED, "mathcomp.ssreflect.fintype.CardDef.cardEdef"), False),
        (("Coq.Numbers.Cyclic.Int63.PrimInt63.add", "Coq.Floats.FloatAxioms.Leibniz.eqb_spec"), False),
        (("Coq.Logic.ClassicalEpsilon.constructive_indefinite_description",), True),
        ((f"Other.{SEALED}",), True),
        (("Coq.Reals.RdefinitionsX.RbaseSymbolsImpl.Rplus",), True),
        (("Coq.Floats.NotFloatAxioms.Leibniz.eqb_spec",), True),
    ],
)
def test_axioms_of_negations_are_asked_for_unless_all_there_are_is_declared(
    place, monkeypatch, tmp_path, names, walked
):
    more = [*REALS, "Toys.choice : forall x, x"]
    prover = made(tmp_path / "prover", of_negations=more, summary=around(*names))
    on_path(monkeypatch, prover, tmp_path)
    (proof,) = alone(place, replace(PROOF, axioms=PROOF.axioms | MACHINE_NUMBERS))
    assert ("not_zero must rest on declared axioms" in proof.reason) is walked


def test_axioms_of_negations_are_asked_for_where_the_checker_lists_none(place, monkeypatch, tmp_path):
    more = [*REALS, "Toys.choice : forall x, x"]
    silent = SUMMARY.replace(
        "* Axioms:\n    Coq.Reals.ClassicalDedekindReals.sig_not_dec", "* Axioms: <none>"
    )
    assert silent != SUMMARY
    on_path(monkeypatch, made(tmp_path / "prover", of_negations=more, summary=silent), tmp_path)
    assert "not_zero must rest on declared axioms" in alone(place)[0].reason


def test_a_whole_module_of_axioms_is_declared_by_its_name(place, monkeypatch, tmp_path):
    lines = [*REALS, "PrimInt63.add : int -> int -> int", "NotPrimInt63.add : int"]
    on_path(monkeypatch, made(tmp_path / "prover", axioms=lines[:-1]), tmp_path)
    wide = replace(PROOF, axioms=PROOF.axioms | {"PrimInt63.*"})
    assert "PrimInt63.*" in alone(place, wide)[0].proved.axioms
    on_path(monkeypatch, made(tmp_path / "other", axioms=lines), tmp_path)
    assert "got NotPrimInt63.add" in alone(place, wide)[0].reason


def test_a_theorem_that_is_not_there_is_named_with_the_nearest(place, monkeypatch, tmp_path):
    prover = made(tmp_path / "prover")
    on_path(monkeypatch, prover, tmp_path)
    (proof,) = alone(place, replace(PROOF, negations={"lie": "not_zeros"}))
    assert proof.reason == (
        "InvalidClaim: t.v must state the theorem not_zeros, got none of that name; did you mean not_zero?"
    )
    assert prover.calls == []


def test_an_admitted_lemma_is_caught_before_any_prover_is_asked(place, monkeypatch, tmp_path):
    prover = made(tmp_path / "prover")
    on_path(monkeypatch, prover, tmp_path)
    (place / "formal" / "t.v").write_text(SOURCE + "Lemma more : 1 = 2. Proof.\nAdmitted.\n")
    assert "line 9: Admitted leaves a goal unproved" in alone(place)[0].reason
    assert prover.calls == []


BROKEN = """case "$last" in
 asked.v) n=$(sed -n '/bridged_1/=' "$last" | sed -n 1p)
  sed -n 's/.*idtac "\\(.*\\)".*/\\1/p' "$last" | while read -r line; do echo "$line"
   case "$line" in "=== statement"*) echo "t : ~ False" ;; esac
   case "$line" in "=== axioms"*) echo "Closed under the global context" ;; esac
  done
  printf 'File "./asked.v", line %s, characters 0-9:\\nError: Tactic failure.\\n' $((n+1)) >&2; exit 1 ;;
 enclosing.v) echo "=== value (VALUE <= f 1 <= VALUE)"; exit 0 ;;
esac"""


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (
            "5 / 4",
            "the formal definition must be what the package computes, got 1.25 from the prover and 1.0",
        ),
        (
            "1",
            "the bridge must be proved to 1e-09, got an enclosure [1.0, 1.0] that is too wide, or a tactic",
        ),
        ("x", "the bridge must be crossed by its tactic, got line"),
    ],
)
def test_a_bridge_that_is_not_crossed_tells_both_numbers(place, monkeypatch, tmp_path, value, said):
    on_path(monkeypatch, made(tmp_path / "prover", before=BROKEN.replace("VALUE", value)), tmp_path)
    (proof,) = alone(place)
    assert proof.standing is Standing.ERROR
    assert said in proof.reason
    assert "for f 1" in proof.reason


def test_a_summary_without_axioms_of_its_own_is_trusted():
    require_trusted("t.v", SUMMARY)
    with pytest.raises(InvalidClaim, match=r"got the axiom Sums\.a"):
        require_trusted("Sums.v", SUMMARY.replace("    Coq.Reals", "    ExploreTheory.Sums.a\n    Coq.Reals"))
