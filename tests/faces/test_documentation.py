"""What the documents show is run as it stands."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from installed_claims import installed

from explore_theory import strategies
from explore_theory.challenging import challenge as challenges
from explore_theory.challenging import judging
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Trial
from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.located import located
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.measures import measurement
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting import constants

ROOT = Path(__file__).parents[2]


def python_blocks(path):
    return re.findall(r"```python\n(.*?)```", (ROOT / path).read_text(), flags=re.DOTALL)


def block_of(path, *words):
    """The one block of Python in a document that has all of these words."""
    (found,) = [block for block in python_blocks(path) if all(word in block for word in words)]
    return found


def test_the_guides_claim_holds_and_refutes_its_variants(tmp_path):
    code = block_of("docs/guide/claims.md", "CLAIM = Claim(")
    (tmp_path / "b1_guide_pinsker.py").write_text(code)
    with Store(":memory:") as store:
        run(discover([str(tmp_path)]).claims, store)
        (result,) = session_results(store, store.sessions()[-1])
    assert result.verdict.status is Status.HOLDS, result.verdict.reason


@pytest.mark.parametrize("form", ["inequality", "frequency", "rate"])
def test_the_guides_short_forms_hold_and_refute_their_variants(tmp_path, form):
    (tmp_path / "short.py").write_text(block_of("docs/guide/claims.md", f"CLAIM = {form}("))
    with Store(":memory:") as store:
        run(discover([str(tmp_path)]).claims, store)
        (result,) = session_results(store, store.sessions()[-1])
    assert result.verdict.status is Status.HOLDS, result.verdict.reason
    assert all(variant.refuted for variant in result.variants)


def test_the_guides_search_holds_and_refutes_its_variant(tmp_path):
    code, test = python_blocks("docs/guide/search.md")
    (tmp_path / "b2_guide_search.py").write_text(code)
    with Store(":memory:") as store:
        run(discover([str(tmp_path)]).claims, store)
        (result,) = session_results(store, store.sessions()[-1])
    assert result.verdict.status is Status.HOLDS, result.verdict.reason
    names = {}
    exec(compile(test, "search.md", "exec"), names)
    names["test_coverage_is_at_least_one"]()


def test_the_guide_to_searches_names_every_strategy():
    table = (ROOT / "docs/guide/search.md").read_text().split("## Strategies")[1].split("```")[0]
    named = set(re.findall(r"`(\w+)`", table))
    assert set(strategies.__all__) - named == {"Search", "decode", "encode", "of_json", "to_json"}


def test_the_guides_constant_is_located(tmp_path):
    claim = block_of("docs/guide/claims.md", "CLAIM = Claim(")
    code = block_of("docs/guide/claims.md", "best_constant(PINSKER)")
    (tmp_path / "b1_guide_pinsker.py").write_text(claim + code)
    with Store(":memory:") as store:
        run(discover([str(tmp_path)]).claims, store)
        (result,) = session_results(store, store.sessions()[-1])
    assert result.verdict.status is Status.HOLDS, result.verdict.reason
    (found,) = located(result.record, result.cases)
    assert found.width < 1e-5
    assert f"best constant in {constants.interval(found)}" in (ROOT / "docs/guide/claims.md").read_text()


def test_the_guides_example_of_drawing_counts_one_run_per_row():
    names = {"Tally": measurement.Tally}
    exec(compile(block_of("docs/guide/claims.md", "def successes(trial)"), "claims.md", "exec"), names)
    streams = Streams(("guide",), range(40))
    found = names["successes"](Trial(case=Case(slug="one", rows=40), streams=streams))
    assert found.trials == 40
    assert 5 < found.successes < 35


def test_the_readmes_example_runs():
    for code in python_blocks("README.md"):
        exec(compile(code, "README.md", "exec"), {})


def test_the_readmes_table_lists_the_shipped_claims():
    table = (ROOT / "README.md").read_text()
    listed = re.findall(r"^\| ([A-Z][A-Za-z0-9]*) \|.*\| (.*?) \|$", table, flags=re.MULTILINE)
    kinds = {
        r.claim.id: {c.evidence.value for c in r.claim.checks} | ({"formal"} if r.claim.proofs else set())
        for r in installed().claims
    }
    assert sorted(id for id, _ in listed) == sorted(kinds)
    said = {id: set(words.replace(", rational", "").split(", ")) for id, words in listed}
    assert {id: words for id, words in said.items() if words != kinds[id]} == {}


@pytest.mark.parametrize(
    "path", sorted(p.relative_to(ROOT) for p in ROOT.rglob("*.md") if ".venv" not in p.parts)
)
def test_links_between_documents_lead_somewhere(path):
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", (ROOT / path).read_text()):
        assert ((ROOT / path).parent / link).exists(), f"{path} links to {link}"


def test_every_measurement_line_of_the_guide_makes_a_sample():
    text = (ROOT / "docs/guide/claims.md").read_text()
    lines = re.findall(r"^- `((?:Tally|Mean|TwoSamples|Rungs)[^`]*)`", text, flags=re.MULTILINE)
    calls, values = np.array([1, 2, 2, 1]), np.outer([1.0, 2.0, 3.0], np.ones(4))
    given = {
        "gap": np.linspace(0, 0.3, 4),
        "eps": 0.1,
        "R": 4.0,
        "budget": 2,
        "calls": calls,
        "other_calls": calls + 1,
        "output": "abca",
        "other_output": "bbca",
        "happened": np.eye(2, dtype=bool),
        "other_happened": np.eye(2, dtype=bool),
        "x": (1.0, 10.0, 100.0),
        "values": values,
        "numbers": values[:, 0],
        "budgets": (4, 8),
        "successes": [[1, 4]] * 3,
        "trials": 5,
    }
    assert len(lines) == 9
    for line in lines:
        assert isinstance(eval(line, vars(measurement) | given), measurement.Sample)


@pytest.mark.slow
def test_the_tutorial_of_challenges_runs_block_by_block(tmp_path, monkeypatch):
    small = replace(
        challenges.TIERS["quick"],
        runs=256,
        needles=(8.0,),
        rungs=(8.0,),
        scarcities=(3.0,),
        search=64,
        laws=256,
        distance=0.5,
    )
    monkeypatch.setitem(challenges.TIERS, "quick", small)
    monkeypatch.setattr(judging, "RESOLUTION", 0.2)
    monkeypatch.chdir(tmp_path)
    first, cheat, last, in_python = python_blocks("docs/tutorials/challenge.md")
    for code, verdict in ((first, "HOLDS"), (cheat, "REFUTED"), (last, "HOLDS")):
        Path("my_learner.py").write_text(code)
        found = challenges.challenge("my_learner.py:run", seed=22)
        assert str(found.status) == verdict, [f.reason for f in found.findings]
        assert ("keeps something from one replicate" in str(found.data())) is (verdict == "REFUTED")
    exec(compile(in_python, "challenge.md", "exec"), {})
    assert Path("challenge/index.html").is_file()
