"""Provers by the names that people give them: as seen from a folder, or of another program."""

import os

import pytest
from made_provers import made, on_path
from toy_proofs import verified, written

from explore_theory.harness.formal.prover import SWITCH
from explore_theory.harness.judging.proofs import Standing
from explore_theory.harness.storage.store import Store


@pytest.fixture
def place(tmp_path):
    return written(tmp_path)


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


def test_no_prover_is_asked_where_proofs_are_left_out(place, store, monkeypatch, tmp_path):
    prover = made(tmp_path / "prover")
    on_path(monkeypatch, prover, tmp_path)
    monkeypatch.setenv(SWITCH, "none")
    (proof,) = verified(place, store).proofs
    assert proof.standing is Standing.NOT_RUN
    assert proof.reason == "left out by EXPLORE_THEORY_PROVER=none"
    assert prover.calls == []
    monkeypatch.delenv(SWITCH)
    (proof,) = verified(place, store).proofs
    assert proof.standing is Standing.HOLDS


def test_another_prover_than_the_first_on_the_path_can_be_chosen(place, store, monkeypatch, tmp_path):
    first, other = made(tmp_path / "prover"), made(tmp_path / "other", version="8.20.0")
    on_path(monkeypatch, first, tmp_path)
    monkeypatch.setenv(SWITCH, str(other.folder / "coqc"))
    (proof,) = verified(place, store).proofs
    assert proof.proved.version == "8.20.0"
    assert any(call.startswith("check ") for call in other.calls)
    assert first.calls == []


def test_a_chosen_prover_that_is_not_there_is_named(place, store, monkeypatch, tmp_path):
    prover = made(tmp_path / "prover")
    on_path(monkeypatch, prover, tmp_path)
    monkeypatch.setenv(SWITCH, str(tmp_path / "nowhere" / "coqc"))
    (proof,) = verified(place, store).proofs
    assert proof.standing is Standing.NOT_RUN
    assert "EXPLORE_THEORY_PROVER must be a coqc or none, got" in proof.reason
    assert prover.calls == []
