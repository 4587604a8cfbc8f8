"""Provers by the names that people give them: as seen from a folder, or of another program."""

import os

import pytest
from made_provers import made, on_path
from toy_proofs import SOURCE, verified

from explore_theory.harness.formal.prover import SWITCH
from explore_theory.harness.judging.proofs import Standing
from explore_theory.harness.storage.store import Store


@pytest.fixture
def place(tmp_path):
    (tmp_path / "formal").mkdir()
    (tmp_path / "formal" / "t.v").write_text(SOURCE)
    return tmp_path


@pytest.fixture
def store():
    with Store(":memory:") as opened:
        yield opened


def test_a_program_that_is_no_prover_is_told_as_such(place, store, monkeypatch, tmp_path):
    on_path(monkeypatch, made(tmp_path / "prover"), tmp_path)
    monkeypatch.setenv(SWITCH, "/bin/sh")
    (proof,) = verified(place, store).proofs
    assert proof.standing is Standing.NOT_RUN
    assert proof.reason == "EXPLORE_THEORY_PROVER must be a coqc or none, got '/bin/sh', which is no prover"


@pytest.mark.parametrize("chosen", [True, False], ids=["chosen", "on the path"])
def test_a_prover_may_be_named_as_seen_from_here(place, store, monkeypatch, tmp_path, chosen):
    """It is called in a scratch folder, from which the name would mean nothing."""
    prover = made(tmp_path / "prover")
    on_path(monkeypatch, None, tmp_path)
    monkeypatch.chdir(tmp_path)
    if chosen:
        monkeypatch.setenv(SWITCH, os.path.join("prover", "coqc"))
    else:
        monkeypatch.setenv("PATH", os.pathsep.join(["prover", os.environ["PATH"]]))
    (proof,) = verified(place, store).proofs
    assert proof.standing is Standing.HOLDS, proof.reason
    assert any(call.startswith("check ") for call in prover.calls)
