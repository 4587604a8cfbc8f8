"""Every result says at which error level it was found, or that it spends none; badges are worn everywhere."""

import csv
import io
import json
import re

import pytest
from click.testing import CliRunner

from explore_theory.cli import main

MIXED = '''
"""M1: a coin and a count."""
from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.measures.measurement import Bound, Measurement, Resolution, Tally

def coin(trial):
    hits = trial.streams.uniform(1) < 0.3
    return Tally(successes=int(hits.sum()), trials=hits.size)

CLAIM = Claim(
    id="M1", slug="mixed", theorem="toys", title="t", statement="s", formula="x", relation="<=", scope="s",
    source="s", loose="nobody needs that much",
    checks=(
        Check(slug="count", evidence=Evidence.EXHAUSTIVE, measure=lambda _: Measurement.exact([1.0]),
              bound=lambda _: Bound.of(2.0), cases=(Case(slug="all"),)),
        Check(slug="coin", evidence=Evidence.STATISTICAL, measure=coin, bound=lambda _: Bound.of(0.45),
              resolution=Resolution(absolute=0.1), coarse="three runs a day",
              cases=(Case(slug="flips", rows=2000, block=100),)),
    ),
    false_variants=(
        FalseVariant(slug="v", why="w", check="count", bound=lambda _: Bound.of(0.2)),
        FalseVariant(slug="w", why="w", check="coin", bound=lambda _: Bound.of(0.1)),
    ),
)
'''
#: The one comparison of the plugins' quarter, at the default alpha and at one per cent.
DEFAULT, PERCENT = "2.5e-04", "2.5e-03"


@pytest.fixture
def cli(tmp_path, monkeypatch, toys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    toys.write(f"m1_{tmp_path.name.replace('-', '_')}.py", MIXED)

    def call(*arguments):
        result = CliRunner().invoke(main, [*map(str, arguments)])
        assert result.exit_code == 0, result.output
        return result.stdout

    return call


def test_the_table_says_the_level_the_badges_and_why(cli, toys):
    words = " ".join(cli("verify", "--claims", toys.path).split())
    assert f"error level {DEFAULT} each" in words
    assert "HOLDS" in words
    assert "LOOSE" in words
    assert "COARSE" in words
    assert "loose: nobody needs that much" in words
    assert "alpha 0.001; results in" in words
    assert f"error level {PERCENT} each" in " ".join(
        cli("verify", "--claims", toys.path, "--alpha", "0.01").split()
    )


def test_proved_evidence_says_that_it_spends_none(cli, toys):
    toys.add("A1")
    words = " ".join(cli("verify", "A1", "--claims", toys.path).split())
    assert "spends no alpha" in words
    assert "error level" not in words


def test_the_page_of_a_claim_says_the_level_of_each_check_and_its_badges(cli, toys):
    page = " ".join(cli("show", "M1", "--claims", toys.path).split())
    assert "count (exhaustive, spends no alpha)" in page
    assert f"coin (statistical, at most {DEFAULT} each of the default alpha, to a resolution of 0.1)" in page
    assert "LOOSE: nobody needs that much" in page
    assert "COARSE: three runs a day" in page


def test_rivals_are_on_the_page(cli):
    assert "must reject x^0.5, x^2, exponential" in cli("show", "CTr")


def test_json_and_csv_say_the_level_of_each_case(cli, toys):
    (claim,) = json.loads(cli("verify", "--claims", toys.path, "--json"))["claims"]
    assert [case["alpha"] for case in claim["cases"]] == [0, float(DEFAULT)]
    assert [badge["badge"] for badge in claim["badges"]] == ["LOOSE", "COARSE"]
    lines = list(csv.DictReader(io.StringIO(cli("verify", "--claims", toys.path, "--csv"))))
    assert [(line["case"], line["false_variant"], float(line["alpha"])) for line in lines] == [
        ("all", "", 0),
        ("flips", "", float(DEFAULT)),
        ("all", "v", 0),
        ("flips", "w", float(DEFAULT)),
    ]
    assert lines[0]["runs"] == ""
    assert int(lines[1]["runs"]) % 100 == 0


def test_json_and_csv_at_once_is_a_usage_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["verify", "--json", "--csv"])
    assert result.exit_code == 2
    assert "--json and --csv must not be given together" in result.stderr


def test_the_report_says_the_level_of_each_case_and_the_badges(cli, toys):
    cli("verify", "--claims", toys.path)
    cli("report")
    page = (toys.path.parent / "reports" / "index.html").read_text()
    words = " ".join(re.sub(r"<[^>]*>", " ", page).split())
    assert f"error level {DEFAULT} each" in words
    assert re.search(r"exhaustive .* none HOLDS", words)
    assert "LOOSE nobody needs that much" in words
    assert "COARSE three runs a day" in words
