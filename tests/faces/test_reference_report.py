"""The committed report: it is of the claims that there are, all of them, and README says what it says."""

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from explore_theory.harness.discovery.registry import discover

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "reports" / "reference"


def _script():
    spec = importlib.util.spec_from_file_location("reference_script", ROOT / ".ci" / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reference = _script()


@pytest.fixture(scope="module")
def results():
    return json.loads((FOLDER / reference.RESULTS).read_text())


@pytest.fixture(scope="module")
def made():
    return json.loads((FOLDER / reference.MADE).read_text())


def test_it_covers_every_claim_at_its_tier_and_all_hold_as_at_the_quick_tier(results, made):
    found = {claim["id"]: (claim["tier"], claim["status"]) for claim in results["claims"]}
    # That each claim holds at the quick tier is a test of its own, one for each.
    assert found == {registered.claim.id: (made["tier"], "HOLDS") for registered in discover().claims}


def _cases(claim, tier):
    return {(check.slug, case.slug) for check in claim.checks for case in check.cases if tier in case.rows}


def _has_a_case(claim, variant, tier):
    (check,) = [check for check in claim.checks if check.slug == variant.check]
    return any(
        tier in case.rows and (not variant.cases or case.slug in variant.cases) for case in check.cases
    )


def test_it_is_of_the_cases_false_variants_and_printed_forms_that_there_are(results, made):
    found = {claim["id"]: claim for claim in results["claims"]}
    for registered in discover().claims:
        claim, told = registered.claim, found[registered.claim.id]
        again = f"{claim.id} has changed: run python .ci/reference.py"
        assert {(case["check"], case["case"]) for case in told["cases"]} == _cases(claim, made["tier"]), again
        runs = {variant.slug for variant in claim.false_variants if _has_a_case(claim, variant, made["tier"])}
        assert {one["slug"] for one in told["false_variants"]} == runs, again
        assert {one["slug"] for one in told["printed"]} == {form.slug for form in claim.printed}, again
        assert told["slug"] == claim.slug, again


def test_readme_says_what_is_in_it(results, made):
    readme = (ROOT / "README.md").read_text()
    assert reference.replaced(readme, reference.said(results, made)) == readme


def test_the_page_is_of_the_same_claims(results):
    page = (FOLDER / "index.html").read_text()
    for claim in results["claims"]:
        assert f'id="{claim["id"]}"' in page, claim["id"]


@pytest.mark.parametrize("claim", reference.FIGURES)
def test_its_figures_are_pictures_on_white_paper(claim):
    drawn = (FOLDER / "figures" / f"{claim}.svg").read_text()
    assert drawn.startswith("<?xml")
    assert drawn.index('fill="#ffffff"') < drawn.index("<defs>")
    assert f"reports/reference/figures/{claim}.svg" in (ROOT / "README.md").read_text()


TWO = {
    "claims": [
        {
            "theorem": "framework",
            "status": "HOLDS",
            "badges": [{"badge": "PART"}, {"badge": "LOOSE"}],
            "slack": 1.05,
            "cases": [
                {"evidence": "symbolic", "comparisons": 1200},
                {"evidence": "certified", "comparisons": None},
            ],
            "false_variants": [{"status": "REFUTED"}, {"status": "HOLDS"}],
            "printed": [{"status": "REFUTED", "step": True}, {"status": "REFUTED", "step": False}],
            "proofs": [{"status": "NOT RUN"}, {"status": "HOLDS"}, {"status": "HOLDS"}],
        },
        {
            "theorem": "pass_at_k",
            "status": "POWERLESS",
            "badges": [{"badge": "PART"}],
            "slack": 1.06,
            "cases": [
                {"evidence": "certified", "comparisons": 34},
                {"evidence": "certified", "comparisons": 0},
            ],
            "false_variants": [],
            "printed": [{"status": "HOLDS", "step": True}],
            "proofs": [{"status": "NOT RUN"}],
        },
    ]
}


def test_what_is_said_is_counted():
    said = reference.said(TWO, {"tier": "full", "version": "9.8", "date": "2001-02-03", "core_seconds": 5400})
    for words in (
        "at the full tier with version 9.8 on 2001-02-03: 1 of 2 claims hold (1 of them in part: some of",
        "tier), 1 of this theory and 1 of a second one",
        "by 1,234 comparisons",
        "All evidence: 2 certified, 1 symbolic, 1 formal, for every size at once (",
        "1 of 2 *false variants* are refuted",
        "Of 3 printed forms that were doubted, 2 do not hold as they stand, 1 of them steps",
        "1 of 2 bounds are *tight*: something measured comes within 5 per cent",
        "It took 1.5 core-hours",
    ):
        assert words in said


def test_words_go_between_the_marks_and_nowhere_else():
    begin, end = reference.BEGIN, reference.END
    assert reference.replaced(f"a\n{begin}old\n{end}b\n", "new\n") == f"a\n{begin}new\n{end}b\n"
    for readme in ("a\n", f"{begin}", f"{begin}{begin}{end}", f"{begin}{end}{end}"):
        with pytest.raises(ValueError, match="once each"):
            reference.replaced(readme, "new\n")


def test_a_claim_that_does_not_hold_leaves_everything_as_it_was(monkeypatch, tmp_path):
    monkeypatch.setattr(reference, "FOLDER", tmp_path / "reference")
    monkeypatch.setattr(reference.sys, "argv", ["reference.py"])
    monkeypatch.setattr(reference.subprocess, "run", lambda *a, **k: SimpleNamespace(returncode=3))
    with pytest.raises(SystemExit) as stopped:
        reference.main()
    assert stopped.value.code == 3
    assert list(tmp_path.iterdir()) == []
