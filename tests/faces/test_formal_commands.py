"""The faces of proofs: `formal doctor`, `new` and `check`; the table, the page, results.json, pytest."""

import json
import os
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from made_provers import made, on_path

from explore_theory.cli import main
from explore_theory.reporting.export import schema_text

CLAIM = '''"""A toy."""

from fractions import Fraction

from explore_theory.claims import (
    Bound, Bridged, Case, Check, Claim, Evidence, FalseVariant, Measurement, Proof,
)


def bridge(rng):
    return [Bridged(term=f"f {k}", value=float(k)) for k in range(3)]


PROOF = Proof(file="formal/b1.v", theorem="t", says="every x", bridge=bridge, negations={"lie": "not_zero"})
CHECK = Check(
    slug="own",
    evidence=Evidence.EXHAUSTIVE,
    cases=(Case(slug="one", tight=True),),
    measure=lambda _: Measurement.exact([Fraction(1, 2)]),
    bound=lambda _: Bound.of(Fraction(1, 2)),
)
LIE = FalseVariant(slug="lie", why="x", check="own", bound=lambda _: Bound.of(Fraction(1, 4)))
CLAIM = Claim(
    id="B1", slug="toy", theorem="toys", relation="<=", checks=(CHECK,), false_variants=(LIE,), PROOFS
    title="a toy", statement="words", formula="x <= e^x", scope="words", source="words",
)
'''
SOURCE = """Definition f (x : R) := x.
Theorem t : forall x : R,
  x <= exp x.
Proof. auto. Qed.
Lemma not_zero : ~ (forall x : R, x = 0). Proof. auto. Qed.
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    folder = tmp_path / "claims"
    (folder / "formal").mkdir(parents=True)
    (folder / "b1_toy.py").write_text(CLAIM.replace("PROOFS", "proofs=(PROOF,),"))
    (folder / "formal" / "b1.v").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def prover(place, monkeypatch):
    found = made(place / "prover")
    on_path(monkeypatch, found, place)
    return found


@pytest.fixture
def none(place, monkeypatch):
    on_path(monkeypatch, None, place)


def called(*words, code=0):
    result = CliRunner().invoke(main, [*words, "--claims", "claims"], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return re.sub(r"\s+", " ", result.output)


def test_a_checked_proof_is_told_wherever_the_claim_is(place, prover):
    told = called("verify", "--jobs", "0")
    assert "formal 1, exhaustive 1" in told
    assert "1 of 1 proof checked" in told
    shown = called("show", "B1")
    assert (
        "Proved for every size, in formal/b1.v (formal): every x Theorem t : forall x : R, x <= exp x."
        in shown
    )
    assert "the negation of lie: not_zero" in shown
    assert "formal, t: HOLDS, proved by Coq 8.16.1 from ClassicalDedekindReals.sig_not_dec" in shown
    assert "formal/b1.v" in shown.split("sources:")[1]
    listed = called("list")
    assert "formal exhaustive" in listed.replace("B1 a toy toys ", "").replace("toy ", "")
    assert "1 of 1 claim have a machine-checked proof, for every size at once" in listed
    assert len(prover.calls) == 3


def test_results_for_programs_have_the_theorem_and_what_it_rests_on(place, prover):
    result = CliRunner().invoke(main, ["verify", "--jobs", "0", "--claims", "claims", "--json"])
    data = json.loads(result.stdout)
    Draft202012Validator(json.loads(schema_text())).validate(data)
    assert data["version"] == 2
    (proof,) = data["claims"][0]["proofs"]
    assert (proof["status"], proof["prover"], proof["lines"], proof["bridged"]) == (
        "HOLDS",
        "Coq 8.16.1",
        5,
        3,
    )
    assert proof["statement"] == "forall x : R,\nx <= exp x"
    assert proof["axioms"][0] == "ClassicalDedekindReals.sig_not_dec"
    assert proof["negations"] == {"lie": "~ (forall x : R, x = 0)"}


def test_without_a_prover_nothing_fails_and_nothing_is_silent(place, none):
    told = called("verify", "--jobs", "0")
    assert "exhaustive 1" in told
    assert "formal 1" not in told
    assert "formal, t: NOT RUN, no prover is installed: see `explore-theory formal doctor`" in told
    assert "1 claim at the quick tier: 1 HOLDS" in told
    assert "0 of 1 proof checked, 1 not run" in told
    assert "formal, t: NOT RUN" in called("show", "B1")
    data = json.loads(CliRunner().invoke(main, ["verify", "--claims", "claims", "--json"]).stdout)
    Draft202012Validator(json.loads(schema_text())).validate(data)
    (proof,) = data["claims"][0]["proofs"]
    assert (proof["status"], proof["prover"], proof["axioms"]) == ("NOT RUN", None, None)
    assert "exp x" in proof["statement"]
    assert "0 of 1 proof checked, 1 not run" in called("formal", "check", code=3)


@pytest.mark.parametrize("has", [True, False])
def test_the_report_has_the_theorem_beside_the_formula_and_a_table(place, monkeypatch, has):
    on_path(monkeypatch, made(place / "prover") if has else None, place)
    called("verify", "--jobs", "0")
    CliRunner().invoke(main, ["report", "--claims", "claims", "--out", "out"], catch_exceptions=False)
    page = (place / "out" / "index.html").read_text()
    assert '<h2 id="formal">Proved for every size</h2>' in page
    assert "x &lt;= exp x" in page
    standing = (
        '<span class="chip holds">HOLDS</span> formal' if has else '<span class="chip not_run">NOT RUN</span>'
    )
    assert standing in page
    assert ("1 of 1 proof checked" in page) is has
    assert ("sig_not_dec, functional_extensionality_dep" in page) is has


def test_an_error_of_a_proof_fails_verify_with_its_line(place, monkeypatch):
    on_path(monkeypatch, made(place / "prover", code=1), place)
    told = called("verify", "--jobs", "0", code=1)
    assert (
        "B1 toy, proof t in formal/b1.v: ERROR, InvalidClaim: b1.v must be checked by the kernel alone"
        in told
    )
    assert "1 ERROR" in told
    assert "0 of 1 proof checked, 1 wrong" in called("formal", "check", "--jobs", "0", code=1)


def test_proofs_alone_are_checked_in_a_table_of_their_own(place, prover):
    told = called("formal", "check", "B1", "--jobs", "0")
    assert "B1 t (formal/b1.v) Coq 8.16.1 5" in told
    assert "3 agree" in told
    assert not (place / "explore-theory.sqlite").exists()
    marked = called("formal", "check", "--markdown", "--jobs", "0")
    assert "| B1 | `t` | every x | 5 | sig_not_dec, functional_extensionality_dep |" in marked
    (data,) = json.loads(CliRunner().invoke(main, ["formal", "check", "--json", "--claims", "claims"]).stdout)
    assert (data["id"], data["status"]) == ("B1", "HOLDS")


def test_proofs_are_checked_side_by_side_in_workers(place, prover):
    (place / "claims" / "formal" / "b2.v").write_text(SOURCE)
    other = CLAIM.replace("b1.v", "b2.v").replace('"B1"', '"B2"').replace('"toy"', '"other"')
    (place / "claims" / "b2_toy.py").write_text(other.replace("PROOFS", "proofs=(PROOF,),"))
    assert "2 of 2 proofs checked" in called("formal", "check", "--jobs", "2")
    assert sorted(prover.calls) == sorted(["Proved/b1.v", "check Proved.b1", "asked.v",
                                           "Proved/b2.v", "check Proved.b2", "asked.v"])  # fmt: skip


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (None, 1, "coqc: not on the path, so proofs are NOT RUN; it takes Coq 8.16 or newer"),
        (None, 1, "apt-get install coq libcoq-interval with opam"),
        ({}, 0, "libcoq-interval: there (Interval) libcoq-mathcomp-algebra"),
        ({"version": "8.9.1"}, 1, "Coq 8.9.1, too old: it takes 8.16 or newer"),
        ({"lacks": ["libcoq-interval"]}, 1, "apt-get install libcoq-interval with opam"),
        (
            {"lacks": ["libcoq-coquelicot"]},
            0,
            "libcoq-coquelicot: missing (Coquelicot), which no proof of these",
        ),
    ],
)
def test_the_doctor_says_what_is_missing_and_how_to_get_it(place, monkeypatch, options, code, said):
    on_path(monkeypatch, None if options is None else made(place / "prover", **options), place)
    assert said in called("formal", "doctor", code=code)


def test_a_new_proof_is_written_once_and_is_an_error_until_it_is_proved(place, prover):
    (place / "claims" / "formal" / "b1.v").unlink()
    (place / "claims" / "b1_toy.py").write_text(CLAIM.replace("PROOF =", "_OLD =").replace("PROOFS", ""))
    told = called("formal", "new", "B1")
    assert "wrote" in told
    assert "in b1_toy.py: from formal.proved_b1 import PROOF and in the claim there: proofs=(PROOF,)" in told
    assert told.strip().endswith("explore-theory formal check B1 --claims claims")
    source = (place / "claims" / "formal" / "b1.v").read_text()
    assert "Theorem b1" in source
    assert "words" in source
    assert "lie" in source
    again = CliRunner().invoke(main, ["formal", "new", "B1", "--claims", "claims"])
    assert again.exit_code != 0
    assert "must not exist, got a file or folder there; nothing is overwritten" in again.output
    assert (place / "claims" / "formal" / "b1.v").read_text() == source
    scope = {}
    exec((place / "claims" / "formal" / "proved_b1.py").read_text(), scope)
    assert scope["PROOF"].theorem == "b1"


SHORT = """from explore_theory.claims import inequality, laws, variant
from explore_theory import strategies
from formal.proved_s1 import PROOF

CLAIM = inequality(
    id="S1", statement="For all x, x <= 1.", source="words", search=strategies.laws(3), tight=True,
    left=lambda law: law.max(), right=lambda law: 1.0, proofs=(PROOF,),
    false_variants=[variant("less", "less", right=lambda law: 0.5)],
)
"""


def test_the_import_that_a_new_proof_names_works_in_a_claim_by_a_short_form(place, prover):
    (place / "claims" / "formal" / "b1.v").unlink()
    (place / "claims" / "b1_toy.py").unlink()
    claim = place / "claims" / "s1_short.py"
    claim.write_text(SHORT.replace("from formal.proved_s1 import PROOF", "").replace("proofs=(PROOF,),", ""))
    told = called("formal", "new", "S1")
    assert "from formal.proved_s1 import PROOF" in told
    claim.write_text(SHORT)
    assert "S1 s1 (formal/s1.v)" in called("formal", "check", "S1", code=1)


def test_a_claim_that_has_a_proof_gets_no_other(place, prover):
    result = CliRunner().invoke(main, ["formal", "new", "B1", "--claims", "claims"])
    assert "B1 must have no proof yet, got formal/b1.v" in result.output


def test_a_proof_whose_file_is_gone_breaks_its_claim_alone(place, prover):
    (place / "claims" / "formal" / "b1.v").unlink()
    told = called("verify", "--jobs", "0", code=1)
    assert "proof file must exist and be read" in told
    assert "No such file" in told


@pytest.mark.parametrize("has", [True, False])
def test_a_proof_is_a_test_of_its_own_skipped_where_no_prover_is(place, monkeypatch, has):
    on_path(monkeypatch, made(place / "prover") if has else None, place)
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "--claims", "claims"]
    command += ["-n", "0", "--claims-jobs", "0", "-c", os.devnull, "--rootdir", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=place)
    assert ("4 passed, 1 skipped" in done.stdout) is not has, done.stdout + done.stderr
    assert ("5 passed" in done.stdout) is has
    assert ("NOT RUN: no prover is installed" in done.stdout) is not has
