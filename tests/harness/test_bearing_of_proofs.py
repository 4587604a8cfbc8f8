"""What the kernel accepts may still be about nothing, or about something else than its bridge."""

from dataclasses import replace

import pytest
from made_provers import made, on_path
from toy_proofs import PROOF, SOURCE, alone, registered

from explore_theory.cli import proving
from explore_theory.errors import InvalidClaim
from explore_theory.harness.formal.bearing import ours, require_about, require_negations, require_premises
from explore_theory.harness.formal.sources import sources_of
from explore_theory.harness.judging.proofs import Standing


@pytest.fixture
def place(tmp_path):
    (tmp_path / "formal").mkdir()
    (tmp_path / "formal" / "t.v").write_text("From ExploreTheory Require Import Sums.\n" + SOURCE)
    (tmp_path / "formal" / "Sums.v").write_text("Definition one := 1.\n")
    return tmp_path


def test_constants_of_our_files_are_told_from_those_of_libraries(place):
    lines = [
        "Transparent constants:",
        "Rbasic_fun.Rmin : R -> R -> R",
        "Sums.one : nat",
        "  t.indented : no name",
        "t.M.f : forall A : Type,",
        "ExploreTheory.Sums.two : nat",
        "t.so_long_that_its_type_is_below",
        "across.terms : R",
        "t : R",
    ]
    assert ours(lines, sources_of(place / "formal" / "t.v")) == {
        "Sums.one", "t.M.f", "Sums.two", "t.so_long_that_its_type_is_below",
    }  # fmt: skip


def test_a_bridge_must_share_a_definition_with_the_theorem():
    require_about("t.v", "t", frozenset({"t.f", "t.g"}), frozenset({"t.g"}))
    with pytest.raises(InvalidClaim, match=r"is about, got terms with t\.g, and a statement with t\.f"):
        require_about("t.v", "t", frozenset({"t.f"}), frozenset({"t.g"}))
    with pytest.raises(InvalidClaim, match="got terms with no definition of its own files, and a"):
        require_about("t.v", "t", frozenset(), frozenset())


@pytest.mark.parametrize("said", ["~ (forall x, x = 0)", "forall K,\n~ K = 0", "(1 = 2) -> False", "1 <> 2"])
def test_a_negation_negates(said):
    require_negations(PROOF, "t.v", {"not_zero": said})


def test_what_negates_nothing_is_no_negation():
    with pytest.raises(
        InvalidClaim, match=r"not_zero must negate the false variant lie, .* got forall x : R, x"
    ):
        require_negations(PROOF, "t.v", {"not_zero": "forall x : R,\nx = x"})
    with pytest.raises(InvalidClaim, match="must negate"):
        require_negations(PROOF, "t.v", {"not_zero": "0 < 1 -> not_x"})
    itself = replace(PROOF, negations={"lie": "t"})
    with pytest.raises(InvalidClaim, match="the negation of lie must be a theorem of its own, got t"):
        require_negations(itself, "t.v", {"t": "~ False"})


def test_premises_that_were_refuted_say_nothing():
    require_premises("t.v", "t", ["premises.refuted = false", "     : bool"])
    with pytest.raises(InvalidClaim, match=r"t\.v: t must have premises that can be met"):
        require_premises("t.v", "t", ["premises.refuted = true", "     : bool"])


ANSWERS = """case "$last" in asked.v)
  sed -n 's/.*idtac "\\(.*\\)".*/\\1/p' "$last" | while read -r line; do
    echo "$line"
    case "$line" in
      "=== statement of not_"*) echo "t.not_zero : NEGATION" ;;
      "=== statement"*) echo "t.t : True" ;;
      "=== axioms"*) echo "Closed under the global context" ;;
      "=== premises"*) echo "refuted = PREMISES" ;;
      "=== constants of the"*) echo "t.BRIDGED : R" ;;
      "=== constants"*) echo "t.f : R" ;;
    esac
  done
  exit 0 ;;
esac"""


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({}, ""),
        ({"NEGATION": "True"}, "not_zero must negate the false variant lie"),
        ({"PREMISES": "true"}, "t must have premises that can be met"),
        ({"BRIDGED": "g"}, "the bridge must evaluate a definition that t is about, got terms with t.g"),
    ],
)
def test_each_of_these_makes_a_proof_an_error(place, monkeypatch, tmp_path, wrong, reason):
    answers = ANSWERS
    for word, said in ({"NEGATION": "~ False", "PREMISES": "false", "BRIDGED": "f"} | wrong).items():
        answers = answers.replace(word, said)
    on_path(monkeypatch, made(tmp_path / "prover", before=answers), tmp_path)
    (proof,) = alone(place)
    assert proof.standing is (Standing.ERROR if reason else Standing.HOLDS), proof.reason
    assert reason in proof.reason


def test_a_new_proof_in_a_package_is_imported_from_that_package(tmp_path):
    folder = tmp_path / "mine" / "theorem"
    folder.mkdir(parents=True)
    for package in (folder, folder.parent):
        (package / "__init__.py").write_text("")
    one = registered(folder)
    one = replace(one, claim=replace(one.claim, proofs=()))
    assert "from mine.theorem.formal.proved_t1 import PROOF" in proving.start(one).next
