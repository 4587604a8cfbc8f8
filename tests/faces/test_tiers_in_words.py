"""What a tier leaves to the other one is said beside every verdict: HOLDS is said of what ran."""

import json
import re

import made_results
import pytest
from click.testing import CliRunner
from installed_claims import installed

from explore_theory.cli import main
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting import text
from explore_theory.reporting.html import headline
from explore_theory.reporting.table import summary_line

PARTLY = '''
"""Q1: a count in both tiers, and another one in the full tier only."""
from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.measures.measurement import Bound, Measurement

def check(slug, *cases):
    return Check(slug=slug, evidence=Evidence.EXHAUSTIVE, measure=lambda _: Measurement.exact([1.0]),
                 bound=lambda _: Bound.of(2.0), cases=cases)

CLAIM = Claim(
    id="Q1", slug="partly", theorem="toys", title="t", statement="s", formula="x", relation="<=", scope="s",
    source="s", loose="a toy",
    checks=(check("small", Case(slug="one"), Case(slug="two", tiers=("full",))),
            check("large", Case(slug="one", tiers=("full",)), Case(slug="two", tiers=("full",)))),
    false_variants=tuple(FalseVariant(slug=name, why="w", check=name, bound=lambda _: Bound.of(0.2))
                         for name in ("small", "large")),
)
'''


@pytest.fixture
def cli(tmp_path, monkeypatch, toys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    toys.write(f"q1_{tmp_path.name.replace('-', '_')}.py", PARTLY)
    toys.add("A1")

    def call(*arguments):
        result = CliRunner().invoke(main, [*map(str, arguments)])
        assert result.exit_code == 0, result.output
        return result.stdout

    return call


def words(text):
    return " ".join(text.split())


def test_the_table_says_what_the_quick_tier_leaves(cli, toys):
    table = words(cli("verify", "Q1", "A1", "--claims", toys.path))
    assert "3 of 4 cases at the full tier only" in table
    assert "PART" in table
    assert "part: the quick tier runs nothing of large" in table
    assert "2 claims at the quick tier: 2 HOLDS (1 in PART);" in table


def test_where_all_cases_run_nothing_is_left(cli, toys):
    table = words(cli("verify", "--claims", toys.path, "--tier", "full"))
    assert "tier only" not in table
    assert "PART" not in table
    assert "2 claims at the full tier: 2 HOLDS;" in table


def test_the_json_names_what_did_not_run(cli, toys):
    both = json.loads(cli("verify", "--claims", toys.path, "--json"))["claims"]
    found = {claim["id"]: claim for claim in both}
    assert found["Q1"]["not_at_this_tier"] == {"small": ["two"], "large": ["one", "two"]}
    assert found["Q1"]["badges"][1] == {"badge": "PART", "why": "the quick tier runs nothing of large"}
    assert found["A1"]["not_at_this_tier"] == {}
    assert [badge["badge"] for badge in found["A1"]["badges"]] == ["LOOSE"]
    full = json.loads(cli("verify", "Q1", "--claims", toys.path, "--tier", "full", "--json"))["claims"]
    assert full[0]["not_at_this_tier"] == {}


def test_the_page_and_the_report_name_what_did_not_run(cli, toys):
    named = "3 of 4 cases at the full tier only: all of large; small/two"
    assert named in words(cli("show", "Q1", "--claims", toys.path))
    assert "tier only" not in words(cli("show", "A1", "--claims", toys.path))
    cli("verify", "--claims", toys.path)
    cli("report")
    page = words(re.sub(r"<[^>]*>", " ", (toys.path.parent / "reports" / "index.html").read_text()))
    assert "HOLDS quick PART" in page
    assert "2 of 2 claims hold (1 of them in part)" in page
    assert named in page


def test_headlines_of_the_full_tier_only_are_no_verdict_of_the_quick_one():
    """Of the shipped claims: whoever leaves a whole check to the other tier wears PART."""
    for registered in installed().claims:
        for tier in ("quick", "full"):
            ran = {check.slug for check in registered.claim.checks if check.cases_at(tier)}
            missing = [check.slug for check in registered.claim.checks if check.slug not in ran]
            part = [why for badge, why in text.worn(registered.record, tier) if badge == "PART"]
            assert len(part) == bool(missing)
            assert all(slug in part[0] for slug in missing)


def test_only_what_holds_holds_in_part():
    check = {"slug": "more", "evidence": "certified", "coarse": "", "assumptions": ()}
    checks = [check | {"cases": [{"slug": "two", "tight": True, "rows": {"full": 1}}]}]
    held, refuted = (
        made_results.result(id, status=status, checks=checks)
        for id, status in (("A1", Status.HOLDS), ("A2", Status.REFUTED))
    )
    assert "1 HOLDS (1 in PART), 1 REFUTED" in summary_line([held, refuted], (), "quick", "s.sqlite", 1e-3)
    assert "1 of 2 claims hold (1 of them in part)" in headline([held, refuted])
