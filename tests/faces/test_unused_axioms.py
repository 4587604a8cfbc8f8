"""Axioms that a proof declares and does not use are told as a warning, and are no error."""

import json
import re
from dataclasses import replace

import pytest
from click.testing import CliRunner
from made_provers import REALS as PRINTED
from made_provers import SUMMARY, made, on_path
from test_formal_commands import CLAIM, SOURCE

from explore_theory.claims import MACHINE_NUMBERS, REALS, Proof
from explore_theory.cli import main
from explore_theory.harness.formal.checking import unused
from explore_theory.harness.formal.outcome import Proved, decode, encode

PROOF = Proof(file="formal/t.v", theorem="t", says="all x", bridge=lambda rng: [])
USED = ("Coq.Logic.Classical_Prop.classic", "Coq.Numbers.PrimInt63.add")
WARNING = "t declares axioms that it does not use: Module.one, Other.*; leave them out"
MORE = 'axioms={"ClassicalDedekindReals.sig_not_dec", "Module.one", "Other.*",' + (
    ' "FunctionalExtensionality.functional_extensionality_dep"},'
)


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        (REALS, ()),
        (REALS | MACHINE_NUMBERS, ()),
        (REALS | {"Module.one", "Classical_Prop.classic"}, ("Module.one",)),
        ({"Classical_Prop.classic"}, ()),
        ({"classic", "Classical_Prop.classic", "Classical_Prop.*"}, ()),
        ({"Classical_Prop.classic", "Reals.sig_not_dec"}, ("Reals.sig_not_dec",)),
        (MACHINE_NUMBERS | {"PrimInt63.sub"}, ("PrimInt63.sub",)),
        ({"PrimInt63.*", "Uint63.*"}, ("Uint63.*",)),
    ],
)  # fmt: skip
def test_what_nothing_falls_under_is_unused(declared, told):
    assert unused(replace(PROOF, axioms=frozenset(declared)), USED) == told


def test_machine_numbers_that_nothing_uses_are_told_by_their_word():
    proof = replace(PROOF, axioms=REALS | MACHINE_NUMBERS | {"Module.one"})
    assert unused(proof, ["Classical_Prop.classic"]) == ("MACHINE_NUMBERS", "Module.one")


def test_a_record_of_before_they_were_looked_for_is_read():
    told = Proved(version="8.16.1", statement="s", axioms=(), lines=1, bridged=3, unused=("Module.one",))
    assert decode(encode(told)) == told
    data = json.loads(encode(told))
    del data["proved"]["unused"]
    assert decode(json.dumps(data)).unused == ()


@pytest.fixture
def place(tmp_path, monkeypatch):
    folder = tmp_path / "claims"
    (folder / "formal").mkdir(parents=True)
    (folder / "b1_toy.py").write_text(
        CLAIM.replace("PROOFS", "proofs=(PROOF,),").replace("bridge=bridge,", f"bridge=bridge, {MORE}")
    )
    (folder / "formal" / "b1.v").write_text(SOURCE)
    on_path(monkeypatch, made(tmp_path / "prover"), tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def called(*words):
    done = CliRunner().invoke(main, [*words, "--claims", "claims"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


def warnings(text):
    return [line for line in text.splitlines() if "warning" in line]


@pytest.mark.parametrize("more", [[], ["--markdown"], ["--json"]])
def test_formal_check_warns_beside_its_table_and_ends_well(place, more):
    done = called("formal", "check", "--jobs", "0", *more)
    assert warnings(done.stderr) == [f"explore-theory: warning: B1 formal/b1.v: {WARNING}"]
    assert "warning" not in done.stdout


def test_show_warns_below_how_the_proof_stands(place):
    assert "warning" not in called("verify", "--jobs", "0").output
    shown = re.sub(r"\s+", " ", called("show", "B1").stdout)
    assert f"evaluations agree warning: {WARNING}" in shown


def around(*names):
    """What the checker says where axioms of these names are loaded as well."""
    return SUMMARY.replace("* Axioms:\n", "* Axioms:\n" + "".join(f"    {name}\n" for name in names))


def test_what_a_negation_alone_rests_on_is_used(place, monkeypatch):
    negation = (*PRINTED, "Coq.Module.one : True", "Other.law : True")
    # What is not declared has the negation asked for what it rests on.
    there = around("Not.declared", "Coq.Module.one", "Other.law")
    on_path(monkeypatch, made(place / "other", of_negations=negation, summary=there), place)
    assert warnings(called("formal", "check", "--jobs", "0").stderr) == []


def test_of_negations_that_are_not_asked_what_is_loaded_counts_as_used(place, monkeypatch):
    prover = made(place / "other", summary=around("Coq.Module.one", "Other.law"))
    on_path(monkeypatch, prover, place)
    assert warnings(called("formal", "check", "--jobs", "0").stderr) == []
