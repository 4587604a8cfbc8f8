"""Discovery: every module found is complete, selectors find what they name, refusals help."""

from pathlib import Path

import pytest

import proofs_checks
from explore_theory.errors import InvalidClaim, UnknownSelector
from explore_theory.harness.claims.claim import Evidence
from explore_theory.harness.discovery.registry import _CLAIM_FILE, discover
from explore_theory.harness.discovery.roots import claim_files


@pytest.fixture(scope="module")
def registry():
    return discover()


def test_every_module_of_the_shipped_claims_is_complete(registry):
    root = Path(proofs_checks.__file__).parent
    assert registry.broken == ()
    named = {f for f in claim_files(root) if _CLAIM_FILE.fullmatch(f.name)}
    assert {r.path for r in registry.claims} == named
    for registered in registry.claims:
        claim, path = registered.claim, registered.path
        assert claim.theorem == path.parent.name
        assert path.stem.split("_")[0] == claim.id.lower()
        module = path.read_text().splitlines()[0]
        assert module.startswith(f'"""{claim.id}: '), f"{path} must open with its id and what it says"
        assert len(claim.false_variants) >= 3


def test_step_one_covers_its_eight_statements(registry):
    assert {"F1", "F2", "F3", "F4", "C2", "C3e", "C4", "C5"} <= {r.claim.id for r in registry.claims}


def test_proved_evidence_declares_no_resolution_unless_a_solver_needs_one(registry):
    for registered in registry.claims:
        for check in registered.claim.checks:
            if check.evidence in (Evidence.SYMBOLIC, Evidence.EXHAUSTIVE):
                assert check.resolution.absolute == check.resolution.relative == 0


@pytest.mark.parametrize("tier", ["quick", "full"])
def test_every_check_can_fail_a_false_variant_or_a_moved_bound_shows_it(registry, tier):
    for registered in registry.claims:
        claim = registered.claim
        for check in claim.checks:
            cases = check.cases_at(tier)
            lied = [
                v
                for v in claim.false_variants
                if v.check == check.slug and claim.variant_check(v)[0].cases_at(tier)
            ]
            assert not cases or lied or any(case.tight for case in cases), f"{claim.id} {check.slug}"


def test_every_claim_marks_a_tight_case_in_both_tiers_or_says_why_it_is_loose(registry):
    for registered in registry.claims:
        if registered.claim.loose:
            continue
        for tier in ("quick", "full"):
            assert any(c.tight for k in registered.claim.checks for c in k.cases_at(tier)), (
                registered.claim.id
            )


@pytest.mark.parametrize(
    ("selector", "ids"),
    [
        ("F1", {"F1"}),
        ("f1", {"F1"}),
        ("gap-is-kl", {"F1"}),
        ("F*", {"F1", "F2", "F3", "F4"}),
        ("framework", {"F1", "F2", "F3", "F4"}),
        ("coverage-lower-bound", {"C2", "C3e", "C4", "C5"}),
        ("coverage_lower_bound", {"C2", "C3e", "C4", "C5"}),
        ("C3?", {"C3e"}),
    ],
)
def test_selectors(registry, selector, ids):
    assert ids <= {r.claim.id for r in registry.select([selector])}


def test_selection_keeps_registry_order_and_natural_numbers(registry):
    ids = [r.claim.id for r in registry.select(["framework", "C*"])]
    assert ids == [r.claim.id for r in registry.claims if r.claim.id in ids]


@pytest.mark.parametrize(
    ("selector", "advice"), [("gap-is-lk", "did you mean gap-is-kl"), ("zzz", "explore-theory list")]
)
def test_an_unknown_selector_names_near_matches(registry, selector, advice):
    with pytest.raises(UnknownSelector, match=advice):
        registry.select([selector])


def test_a_broken_module_is_kept_with_its_reason_and_the_rest_load(toys):
    toys.add("A1")
    toys.write("b1_nonsense.py", "import no_such_module_anywhere\n")
    toys.write("c1_forgot.py", "X = 1\n")
    toys.write("d1_wrong.py", "CLAIM = 3\n")
    found = discover([str(toys.path)])
    assert [r.claim.id for r in found.claims] == ["A1"]
    assert {b.name: b.reason.split(":")[0] for b in found.broken} == {
        "b1_nonsense": "ModuleNotFoundError",
        "c1_forgot": "InvalidClaim",
        "d1_wrong": "InvalidClaim",
    }


def test_the_second_of_two_claims_with_one_name_is_broken_and_all_others_load(toys):
    first = toys.add("A1")
    toys.add("B1")
    (toys.path / "other").mkdir()
    copy = toys.path / "other" / "a1_other_copy.py"
    copy.write_text(first.read_text())
    found = discover([str(toys.path)])
    assert [r.claim.id for r in found.claims] == ["A1", "B1"]
    assert found.claims[0].path == first
    (double,) = found.broken
    assert (double.id, double.path) == ("A1", copy)
    assert double.reason == f"InvalidClaim: 'a1' must name one claim, got {first} and {copy}"


@pytest.mark.parametrize("source", ["no/such/folder", "no_such_package", "!?"])
def test_a_source_that_does_not_exist_is_refused(source):
    with pytest.raises(InvalidClaim, match="claims must be a package, folder or file"):
        discover([source])


def test_a_folder_of_the_same_name_here_does_not_stand_in_for_an_installed_package(tmp_path, monkeypatch):
    (tmp_path / "proofs_checks").mkdir()
    monkeypatch.chdir(tmp_path)
    assert {r.path.parent.parent for r in discover().claims} == {Path(proofs_checks.__file__).parent}


@pytest.mark.parametrize("part", ["framework", "framework/f1_gap_is_kl.py"])
def test_part_of_a_package_is_loaded_under_its_full_name(part):
    found = discover([str(Path(proofs_checks.__file__).parent / part)])
    assert found.broken == ()
    assert "F1" in {r.claim.id for r in found.claims}
