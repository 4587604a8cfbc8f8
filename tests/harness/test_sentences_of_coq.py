"""What must not stand in a proof is found by reading it, and nothing else is."""

import pytest

from explore_theory.errors import InvalidClaim
from explore_theory.harness.formal.sentences import bare, libraries, printed_with, refused, sentences, stated
from explore_theory.harness.formal.sources import sources_of

CLEAN = """(* Admitted, Axiom and admit in a comment (* nested *) are no matter. *)
From Coq Require Import Reals Lra.
From ExploreTheory Require Import Sums Laws.
Open Scope R_scope.
Section Inside.
  Variable x : R.
  Hypothesis above : 0 < x.
  Lemma step : 0 <= x. Proof. - lra. Qed.
End Inside.
Definition admitted_mass := 1. (* a name is no command *)
Theorem f1 (x : R) :
  0 < x ->
  0 <= x.
Proof. intros; apply step; exact H. Qed.
"""


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("Lemma a : 1 = 2. Proof. Admitted.", "Admitted"),
        ("Lemma a : 1 = 2. Proof. try (lra || admit). Qed.", "admit"),
        ("Lemma a : 1 = 2. Proof. give_up. Qed.", "give_up"),
        ("Axiom a : 1 = 2.", "Axiom"),
        ("Axioms a b : 1 = 2.", "Axioms"),
        ("Local Parameter a : R.", "Parameter"),
        ("#[local] Conjecture a : 1 = 2.", "Conjecture"),
        ("Variable y : R.", "Variable"),
        ("Hypothesis y : 1 = 2.", "Hypothesis"),
        ("Context (y : 1 = 2).", "Context"),
        ("Module M.\nHypothesis y : 1 = 2.\nEnd M.", "Hypothesis"),
        ("Load other.", "Load"),
        ('Load "/etc/passwd".', "Load"),
        ('Redirect "out" Print nat.', "Redirect"),
        ('Extraction "out.ml" f.', "Extraction"),
        ("Recursive Extraction f.", "Recursive Extraction"),
        ('Cd "/".', "Cd"),
        ('Add LoadPath "/" as X.', "Add LoadPath"),
        ('Add  Rec\nLoadPath "/" as X.', "Add Rec LoadPath"),
        ('Declare ML Module "x".', "Declare ML Module"),
        ("Unset Guard Checking.", "Unset Guard Checking"),
        ("Unset Universe Checking.", "Unset Universe Checking"),
        ("Unset Positivity Checking.", "Unset Positivity Checking"),
        ("Drop.", "Drop"),
        ("#[bypass_check(guard)] Fixpoint f (n : nat) : nat := f n.", "bypass_check"),
        ("Admit Obligations.", "Admit Obligations"),
        ("From Elsewhere Require Import X.", "Elsewhere"),
        ("Require Import Elsewhere.X.", "Elsewhere.X"),
        ('From Coq Extra Dependency "x".', "extra"),
    ],
)
def test_what_is_no_part_of_a_proof_is_refused_with_its_line(line, word):
    (reason,) = refused(f"{CLEAN}\n{line}\n")
    assert word in reason
    assert reason.startswith(
        f"line {CLEAN.count(chr(10)) + 2 + ('Hypothesis y' in line and chr(10) in line)}:"
    )


def test_comments_strings_names_and_sections_are_innocent():
    assert list(refused(CLEAN)) == []
    assert list(refused('Goal True. idtac "Admitted. Axiom x". exact I. Qed.')) == []
    assert list(refused("Section A. Section B. Variable x : R. End B. Variable y : R. End A.")) == []


def test_a_bare_source_keeps_its_lines():
    assert bare(CLEAN).count("\n") == CLEAN.count("\n")
    assert len(bare(CLEAN)) == len(CLEAN)
    assert bare('"a (* b" (* c "*)" d *) e').split() == ['"', '"', "e"]
    assert [s.line for s in sentences("A.\n\n(* c.\n *) B\n c.\n- D.")] == [1, 4, 6]


def test_what_a_source_requires_and_states():
    assert libraries(CLEAN) == ("Sums", "Laws")
    assert libraries("Require Import ExploreTheory.Sums. Require Import Reals.") == ("Sums",)
    assert stated(CLEAN, "f1") == "Theorem f1 (x : R) :\n  0 < x ->\n  0 <= x."
    assert stated(CLEAN, "f") == ""
    assert stated("(* Theorem f : True. *)", "f") == ""
    assert printed_with(CLEAN) == ("From Coq Require Import Reals Lra", "Open Scope R_scope")


def tree(folder, **texts):
    own = folder / "theorem" / "formal"
    shared = folder / "formal"
    for place in (own, shared):
        place.mkdir(parents=True)
    for name, text in texts.items():
        (shared if name[0].isupper() else own).joinpath(f"{name}.v").write_text(text)
    return own / "f1.v"


def requires(*names):
    return "".join(f"From ExploreTheory Require Import {name}.\n" for name in names)


def test_libraries_come_after_those_that_they_require(tmp_path):
    file = tree(tmp_path, f1=requires("Top"), Top=requires("Left", "Right"), Left=requires("Low"),
                Right=requires("Low"), Low="")  # fmt: skip
    found = sources_of(file)
    assert [library.name for library in found.libraries] == ["Low", "Left", "Right", "Top"]
    assert found.below(["Left"]) == {"Left", "Low"}
    assert found.digest("Left") != found.digest("Right")
    before = found.digest("Left")
    (tmp_path / "formal" / "Right.v").write_text("(* another *)")
    assert sources_of(file).digest("Left") == before
    (tmp_path / "formal" / "Low.v").write_text("(* another *)")
    assert sources_of(file).digest("Left") != before


def test_sources_that_are_not_there_say_where_they_were_looked_for(tmp_path):
    file = tree(tmp_path, f1=requires("Gone"))
    with pytest.raises(
        InvalidClaim, match=r"f1\.v must require libraries .* got Gone: no Gone\.v in .*formal"
    ):
        sources_of(file)
    with pytest.raises(InvalidClaim, match=r"proof file must exist and be read, got .*f2\.v: No such file"):
        sources_of(file.with_name("f2.v"))
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidClaim, match="no text in UTF-8"):
        sources_of(file)


def test_a_circle_of_libraries_is_refused(tmp_path):
    file = tree(tmp_path, f1=requires("A"), A=requires("B"), B=requires("A"))
    with pytest.raises(InvalidClaim, match="must not require itself, got a circle through A"):
        sources_of(file)


def test_an_admitted_lemma_of_a_library_is_told_of_its_file(tmp_path):
    file = tree(tmp_path, f1=requires("A"), A="Lemma a : False.\nAdmitted.\n")
    with pytest.raises(InvalidClaim, match=r"A\.v must be proved whole, by the rules: line 2: Admitted"):
        sources_of(file).require_clean()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a (* b (* c *) d *) e", "a                   e"),
        ("a *) Admitted. (* b *)", "a *) Admitted.        "),
        ("a *) b (* c *) d *) e", "a *) b         d *) e"),
        ('"(* b" c (* "*)" *) d', '"    " c            d'),
        ('a (* "b', "a      "),
        ('a "b (* c', 'a "      '),
        ('a "b""c" d', 'a " "" " d'),
        ("(*) a *) b", "         b"),
        ('a (* b\n"c\nd" *)\ne "f\ng"', 'a     \n  \n     \ne " \n "'),
    ],
)
def test_blanks_stand_for_comments_and_strings_and_all_else_stays_in_its_place(text, left):
    assert bare(text) == left
