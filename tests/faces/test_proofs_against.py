"""`report --against OLD`: proofs that no longer stand are told as verdicts are, and exit with 1."""

import copy
import json

import pytest
from click.testing import CliRunner
from made_provers import made, on_path
from test_formal_commands import CLAIM, SOURCE
from test_report_against import OLD as WITHOUT

from explore_theory.cli import main
from explore_theory.reporting.against import changes

PROOF = {
    "file": "formal/t.v",
    "theorem": "t",
    "says": "every x",
    "status": "HOLDS",
    "reason": "proved",
    "statement": "forall x : R,\nx <= exp x",
    "prover": "Coq 8.16.1",
    "axioms": ["Classical_Prop.classic"],
    "lines": 3,
    "libraries": [],
    "bridged": 3,
    "negations": {"v": "~ (forall x : R, x = 0)"},
}
UNCHECKED = {
    "reason": "why", "prover": None, "axioms": None, "lines": None, "libraries": None, "bridged": None,
    "negations": None,
}  # fmt: skip


def standing(status, **changed):
    told = copy.deepcopy(WITHOUT)
    found = {} if status == "HOLDS" else UNCHECKED
    told["claims"][0]["proofs"] = [PROOF | {"status": status} | found | changed]
    return told


OLD = standing("HOLDS")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("HOLDS", "NOT RUN", "WORSE A1 quick: proof t: NOT RUN, was HOLDS"),
        ("HOLDS", "ERROR", "WORSE A1 quick: proof t: ERROR, was HOLDS"),
        ("NOT RUN", "ERROR", "WORSE A1 quick: proof t: ERROR, was NOT RUN"),
        ("NOT RUN", "HOLDS", "better A1 quick: proof t: HOLDS, was NOT RUN"),
        ("ERROR", "HOLDS", "better A1 quick: proof t: HOLDS, was ERROR"),
        ("ERROR", "NOT RUN", "other A1 quick: proof t: NOT RUN, was ERROR"),
    ],
)
def test_how_a_proof_stands_is_held_against_how_it_stood(old, new, line):
    assert [str(change) for change in changes(standing(new), standing(old))] == [line]
    assert changes(standing(new), standing(new)) == []


def test_a_proof_that_is_gone_is_worse_and_a_new_one_is_told():
    assert [str(change) for change in changes(WITHOUT, OLD)] == ["WORSE A1 quick: proof t: gone"]
    assert [str(change) for change in changes(OLD, WITHOUT)] == ["other A1 quick: proof t: new"]
    assert [str(change) for change in changes({"claims": []}, OLD)] == ["WORSE A1 quick: gone"]


@pytest.mark.parametrize(
    ("changed", "lines"),
    [
        (
            {"axioms": ["Classical_Prop.classic", "M.a"]},
            ["WORSE A1 quick: proof t: rests on M.a too"],
        ),
        (
            {"axioms": ["M.a"]},
            [
                "WORSE A1 quick: proof t: rests on M.a too",
                "better A1 quick: proof t: no longer rests on Classical_Prop.classic",
            ],
        ),
        ({"negations": {}}, ["WORSE A1 quick: proof t: no longer disproves v"]),
        ({"negations": {"v": "~ A", "w": "~ B"}}, ["better A1 quick: proof t: disproves w too"]),
        ({"statement": "x <= exp x"}, ["other A1 quick: proof t: states something else"]),
        ({"statement": "forall x : R, x <= exp x"}, []),
        ({"statement": "forall x, x <= exp x", "prover": "Coq 9.0.0"}, []),
        ({"lines": 9, "libraries": ["Sums"], "bridged": 5, "says": "any x", "reason": "words"}, []),
    ],
)
def test_of_a_proof_that_holds_it_is_told_what_it_rests_on_and_states(changed, lines):
    assert [str(change) for change in changes(standing("HOLDS", **changed), OLD)] == lines


@pytest.fixture
def place(tmp_path, monkeypatch):
    folder = tmp_path / "claims"
    (folder / "formal").mkdir(parents=True)
    (folder / "b1_toy.py").write_text(CLAIM.replace("PROOFS", "proofs=(PROOF,),"))
    (folder / "formal" / "b1.v").write_text(SOURCE)
    on_path(monkeypatch, made(tmp_path / "prover"), tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def called(*words):
    return CliRunner().invoke(main, [*words, "--claims", "claims"])


@pytest.mark.parametrize(
    ("prover", "standing", "lines"),
    [
        (None, "NOT RUN", ["WORSE B1 quick: proof t: NOT RUN, was HOLDS"]),
        ({"code": 1}, "ERROR", ["WORSE B1 quick: ERROR, was HOLDS",
                                "WORSE B1 quick: proof t: ERROR, was HOLDS"]),
    ],
)  # fmt: skip
def test_the_report_ends_with_one_and_the_page_says_it(place, monkeypatch, prover, standing, lines):
    called("verify", "--jobs", "0", "--store", "then.sqlite")
    on_path(monkeypatch, made(place / "other", **prover) if prover else None, place)
    called("verify", "--jobs", "0", "--store", "now.sqlite")
    done = called("report", "--store", "now.sqlite", "--against", "then.sqlite", "--out", "out")
    assert done.exit_code == 1, done.output
    told = done.stdout.splitlines()
    assert [line for line in told if line.startswith("WORSE")] == lines
    assert told[-1] == f"since then.sqlite: {len(lines)} worse, 0 better, 0 other changes"
    page = (place / "out" / "index.html").read_text()
    since = page[page.index('id="since"') :]
    assert f"{standing}, was HOLDS" in since
    assert since.count(">WORSE<") == len(lines)
    back = called("report", "--store", "then.sqlite", "--against", "now.sqlite", "--out", "out")
    assert back.exit_code == 0
    assert f"better B1 quick: proof t: HOLDS, was {standing}" in back.stdout


@pytest.mark.parametrize(
    "damage",
    [
        {"status": "PROVED"},
        {"axioms": None},
        {"axioms": "classic"},
        {"axioms": [1]},
        {"negations": []},
        {"theorem": 3},
        {"statement": None},
        {"prover": None},
    ],
)
def test_a_damaged_proof_is_one_line_and_not_taken_for_worse(place, damage):
    called("verify", "--jobs", "0", "--store", "s.sqlite")
    told = json.loads(called("verify", "--jobs", "0", "--store", "s.sqlite", "--json").stdout)
    told["claims"][0]["proofs"][0] |= damage
    for proofs in (told["claims"][0]["proofs"], told["claims"][0]["proofs"] * 2, 3, [3]):
        told["claims"][0]["proofs"] = proofs
        (place / "old.json").write_text(json.dumps(told))
        done = called("report", "--store", "s.sqlite", "--against", "old.json", "--out", "out")
        assert done.exit_code == 2, done.output
        assert done.stderr.startswith("explore-theory: against must be a store or what `verify --json` prin")
        assert done.stderr.count("\n") == 1
