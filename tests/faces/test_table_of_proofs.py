"""The guide's table of proofs is that of the claims, with what Coq finds of them where it is installed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from installed_claims import installed

from explore_theory.harness.formal.prover import absent, present

GUIDE = Path(__file__).parents[2] / "docs/guide/formal.md"


def rows(text):
    _, _, table = text.partition("| claim | theorem |")
    return [re.split(r"(?<!\\) \| ", line[2:-2]) for line in table.splitlines() if line.startswith("| ")]


def test_the_table_names_every_proof_and_what_it_says():
    told = {
        (claim, theorem.strip("`")): said.replace("\\|", "|")
        for claim, theorem, said, *_ in rows(GUIDE.read_text())
    }
    shipped = {(r.label, p.theorem): p.says for r in installed().claims for p in r.claim.proofs}
    assert told == shipped, (
        "docs/guide/formal.md: renew the table by `explore-theory formal check --markdown`"
    )


@pytest.mark.slow
@pytest.mark.usefixtures("prover_of_the_system")
def test_the_table_has_lines_and_axioms_as_coq_finds_them():
    needs = [name for r in installed().claims for proof in r.claim.proofs for name in proof.needs]
    if reason := absent(present(), needs):
        pytest.skip(f"NOT RUN: {reason}")
    if not needs:
        pytest.skip("no claim has a proof")
    command = [sys.executable, "-m", "explore_theory", "formal", "check", "--markdown", "--jobs", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert rows(done.stdout) == rows(GUIDE.read_text())
