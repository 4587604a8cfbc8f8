"""`show` beside a store: the verdict that it has, whether the code has changed, and a plot."""

import sqlite3

import pytest

FIGURED = """
from explore_theory.harness import Bound, Case, Check, Claim, Curve, Evidence, FalseVariant, Figure
from explore_theory.harness import Measurement

CASES = tuple(Case(slug=f"x{k}", params={"x": k}, tight=k == 8) for k in (1, 2, 4, 8))

CLAIM = Claim(
    id="P1", slug="plotted", theorem="toys", title="Numbers stay below eight", relation="<=", formula="x",
    statement="x <= 8", scope="\\x1b]0;scope\\x07", source="x",
    checks=(
        Check(slug="line", evidence=Evidence.EXHAUSTIVE, cases=CASES, bound=lambda t: Bound.of([8.0]),
              measure=lambda t: Measurement.exact([float(t.case.params["x"])])),
    ),
    false_variants=(FalseVariant(slug="seven", why="no", check="line", bound=lambda t: Bound.of([7.0])),),
    figures=(
        Figure(slug="grows", title="It grows", x_label="x", y_label="number", x_log=True, curves=(
            Curve(label="measured", check="line", x="x", y="measured"),
            Curve(label="allowed", check="line", x="x", y="bound", style="dashed"))),
    ),
)
"""


@pytest.fixture
def plotted(toys, cli):
    file = toys.write("p1_plotted.py", FIGURED)
    assert cli("verify", "--claims", toys.path).exit_code == 0
    return file


def drawn(out):
    return "a  measured" in out


def test_the_default_store_is_looked_at_where_there_is_one(cli, toys, plotted):
    out = cli("show", "P1", "--claims", toys.path).stdout
    assert "x <= 8" in out
    assert (
        "Found in explore-theory.sqlite:\n  HOLDS at the quick tier; slack 1.000; 1/1 false variants" in out
    )
    assert "It grows (quick tier)" in out
    assert drawn(out)
    assert "changed" not in out
    assert r"\x1b]0;scope\x07" in out
    assert max(map(len, out.splitlines())) <= 80


def test_without_a_store_there_is_only_the_claim(cli, toys):
    toys.write("p1_plotted.py", FIGURED)
    done = cli("show", "P1", "--claims", toys.path)
    assert done.exit_code == 0
    assert "Found in" not in done.stdout
    assert "x <= 8" in done.stdout


def test_no_plot_where_none_is_wanted(cli, toys, plotted):
    out = cli("show", "P1", "--no-plot", "--claims", toys.path).stdout
    assert "HOLDS at the quick tier" in out
    assert not drawn(out)


def test_an_edit_of_the_claim_is_told(cli, toys, plotted):
    plotted.write_text(plotted.read_text().replace("no", "not so"))
    out = " ".join(cli("show", "P1", "--claims", toys.path).stdout.split())
    assert "the code has changed since: explore-theory verify P1 --tier quick --claims" in out
    out = cli("show", "P1", "--claims", "toys", "--store", "explore-theory.sqlite").stdout
    assert "verify P1 --tier quick --claims toys --store explore-theory.sqlite" in " ".join(out.split())


def test_a_claim_of_another_folder_is_not_taken_for_it(cli, toys, plotted, tmp_path, toy_folder):
    (tmp_path / "x").mkdir()
    other = toy_folder(tmp_path / "x" / "others")
    other.write("p1_plotted.py", FIGURED)
    out = cli("show", "P1", "--claims", other.path).stdout
    assert "Not in explore-theory.sqlite" in out
    assert not drawn(out)


def test_another_claim_of_the_folder_is_not_taken_for_it(cli, toys, plotted):
    toys.add("A1", bound=0.5)
    assert cli("verify", "--claims", toys.path).exit_code == 1
    out = cli("show", "P1", "--claims", toys.path).stdout
    assert out.count("at the quick tier;") == 1
    assert "HOLDS at the quick tier" in out


def test_a_store_that_is_named_must_be_there(cli, toys, plotted):
    done = cli("show", "P1", "--store", "none.sqlite", "--claims", toys.path)
    assert done.exit_code == 2
    assert "none.sqlite" in done.stderr


def test_a_default_store_that_is_none_does_not_hide_the_claim(cli, toys, plotted, tmp_path):
    (tmp_path / "explore-theory.sqlite").write_text("no database")
    done = cli("show", "P1", "--claims", toys.path)
    assert done.exit_code == 0
    assert "x <= 8" in done.stdout
    assert "explore-theory.sqlite" in done.stderr
    assert cli("show", "P1", "--store", "explore-theory.sqlite", "--claims", toys.path).exit_code == 2


def test_each_tier_has_its_line_and_the_fullest_is_drawn(cli, toys, plotted):
    assert cli("verify", "--tier", "full", "--claims", toys.path).exit_code == 0
    out = cli("show", "P1", "--claims", toys.path).stdout
    assert "HOLDS at the quick tier" in out
    assert "HOLDS at the full tier" in out
    assert "It grows (full tier)" in out


def test_a_narrow_terminal_has_no_plot_and_all_numbers(cli, toys, plotted, monkeypatch):
    monkeypatch.setenv("COLUMNS", "38")
    out = cli("show", "P1", "--claims", toys.path).stdout
    assert not drawn(out)
    assert "slack 1.000" in " ".join(out.split())
    assert "…" not in out


def test_figures_of_a_damaged_record_cost_the_plot_alone(cli, toys, plotted, tmp_path, forge):
    from explore_theory.harness.storage.schema import connect

    path = tmp_path / "explore-theory.sqlite"
    columns = [row[1] for row in sqlite3.connect(path).execute("PRAGMA table_info(claims)")]
    with connect(str(path), must_exist=True) as connection:
        forge(connection, "claims", f"{columns[4]} = replace({columns[4]}, '\"x_label\"', '\"y_label_2\"')")
    out = cli("show", "P1", "--claims", toys.path).stdout
    assert "HOLDS at the quick tier" in out
    assert "Its figure cannot be drawn" in out
