"""Results as rows in Python, without any library of frames: exact, one per case, claims and lies apart."""

import json
import subprocess
import sys
from fractions import Fraction

import pytest
from made_results import case, form, result, variant

import explore_theory
from explore_theory.errors import InvalidProblem, MissingLibrary, StoreError, UnknownSelector
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting import frames
from explore_theory.reporting.export import COLUMNS, to_csv
from explore_theory.reporting.results import Results

HUGE = Fraction(10**400 + 1, 3)


def some():
    refuted = case(status=Status.REFUTED, alpha=1e-6, runs=9)
    return [
        result(
            "A1",
            cases=[case("one"), case("two", ends=None, status=Status.INCONCLUSIVE, slack=None, missing=3)],
            variants=[variant("lie")],
            printed=[form("as-printed"), form("right", holds=True, status=Status.HOLDS)],
        ),
        result("A2", tier="full", cases=[case(ends=(Fraction(1, 3), HUGE, 2.0, HUGE), effort=10**30)]),
        result("B1", status=Status.REFUTED, namespace="bon", cases=[refuted]),
    ]


def test_rows_are_taken_by_their_place():
    columns = {"a": frames.Kind.WHOLE, "b": frames.Kind.TEXT}
    rows = frames.Rows(columns, [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {"a": 3, "b": "z"}])
    assert rows[1] == {"a": 2, "b": "y"}
    assert rows[-1]["a"] == 3
    assert list(rows[1:]) == list(rows)[1:]
    assert rows[:2].columns == rows.columns
    with pytest.raises(IndexError):
        rows[3]


def test_a_row_per_case_and_whose_it_is():
    rows = list(Results(some()))
    assert [(row["id"], row["part"], row["false_variant"], row["printed_form"]) for row in rows] == [
        ("A1", "claim", None, None),
        ("A1", "claim", None, None),
        ("A1", "false variant", "lie", None),
        ("A1", "printed form", None, "as-printed"),
        ("A1", "printed form", None, "right"),
        ("A2", "claim", None, None),
        ("A2", "false variant", "lie", None),
        ("B1", "claim", None, None),
        ("B1", "false variant", "lie", None),
    ]
    assert [row["status"] for row in rows][:5] == ["HOLDS", "INCONCLUSIVE", "REFUTED", "REFUTED", "HOLDS"]
    assert all(type(row["status"]) is str for row in rows)


def test_columns_are_those_of_the_csv_and_two_more():
    found = Results(some())
    assert found.columns == (*COLUMNS, "part", "exact")
    assert len(to_csv(found.found).splitlines()) == len(found) + 1
    assert all(tuple(row) == found.columns for row in found)


def test_python_has_the_numbers_that_were_compared():
    row = list(Results(some()))[5]
    ends = ("measured_lo", "measured_hi", "bound_lo", "bound_hi")
    assert [row[end] for end in ends] == [Fraction(1, 3), HUGE, 2.0, HUGE]
    assert row["effort"] == 10**30
    assert row["exact"] is False


def test_exact_is_said_of_doubles_and_of_fractions_that_are_doubles():
    def exact(*ends):
        return next(iter(Results([result(cases=[case(ends=ends)])])))["exact"]

    assert exact(0.5, float("inf"), Fraction(3, 4), Fraction(2**60)) is True
    assert exact(0.5, 0.5, 0.5, Fraction(2**60 + 1)) is False
    assert exact(0.5, 0.5, Fraction(1, 3), 0.5) is False
    assert exact(float("nan"), 0.5, 0.5, 0.5) is True
    assert list(Results(some()))[1]["exact"] is None


def test_what_is_missing_is_none_and_ours_is_no_gap():
    row = list(Results(some()))[1]
    missing = ("runs", "unit", "measured_lo", "measured_hi", "bound_lo", "bound_hi", "slack")
    assert [row[name] for name in missing] == [None] * len(missing)
    assert (row["namespace"], row["alpha"], row["effort"], row["comparisons"]) == ("", 0.0, 0, 0)


def test_rows_are_copies():
    found = Results(some())
    next(iter(found))["id"] = "changed"
    assert next(iter(found))["id"] == "A1"


def test_claims_have_a_row_each():
    rows = {row["id"]: row for row in Results(some()).claims()}
    assert [len(rows), len(Results(some()).claims())] == [3, 3]
    a1, b1 = rows["A1"], rows["B1"]
    assert (a1["verdict"], a1["cases"], a1["evidence"], a1["badges"]) == ("HOLDS", 2, "certified", None)
    assert (a1["false_variants"], a1["false_variants_refuted"]) == (1, 1)
    assert (a1["printed_forms"], a1["printed_forms_as_expected"]) == (2, 2)
    assert (a1["slack"], a1["alpha"], a1["title"], a1["tier"]) == (1.5, 0.0, "A title", "quick")
    assert (b1["namespace"], b1["verdict"], b1["alpha"]) == ("bon", "REFUTED", 1e-6)
    # Beside a verdict against it stands the slack of the comparison that refutes it: 2 over .5.
    assert b1["slack"] == 4.0
    bent = result(
        "P1", status=Status.POWERLESS, cases=[case()], variants=[variant("a", Status.HOLDS), variant("b")]
    )
    row = next(iter(Results([bent]).claims()))
    assert (row["verdict"], row["false_variants"], row["false_variants_refuted"]) == ("POWERLESS", 2, 1)
    equal = result(relation="==", cases=[case(relation="==")])
    assert next(iter(Results([equal]).claims()))["slack"] is None


def test_only_some():
    found = Results(some())
    assert [r.id for r in found.only("A*").found] == ["A1", "A2"]
    assert [r.id for r in found.only("claim-a1", "bon:*").found] == ["A1", "B1"]
    assert [r.id for r in found.only(tier="full").found] == ["A2"]
    assert [r.id for r in found.only(verdict="REFUTED").found] == ["B1"]
    assert [r.id for r in found.only("toys", tier="quick", verdict="HOLDS").found] == ["A1"]
    assert len(found.only("A1", verdict="REFUTED")) == 0
    assert len(found.only("A1")) == 5


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"tier": "slow"}, InvalidProblem, "tier must be one of quick, full"),
        ({"verdict": "holds"}, InvalidProblem, "verdict must be one of HOLDS"),
        ({"verdict": "REFUTE"}, InvalidProblem, "did you mean 'REFUTED'"),
    ],
)
def test_a_misspelt_filter_is_no_empty_table(arguments, error, says):
    with pytest.raises(error, match=says):
        Results(some()).only(**arguments)


def test_a_selector_that_matches_nothing_is_refused():
    with pytest.raises(UnknownSelector, match="must match a claim of these results, got 'C9'"):
        Results(some()).only("A1", "C9")


def test_one_claim_at_its_fullest_tier():
    found = Results([result("A1"), result("A1", tier="full"), result("A2")])
    assert found.claim("A1").tier == "full"
    with pytest.raises(UnknownSelector, match="must match one claim, got 'A\\*' for A1, A2"):
        found.claim("A*")


def test_from_a_file_an_open_store_and_results(toys, tmp_path):
    from explore_theory.harness.discovery.registry import discover
    from explore_theory.harness.running.runner import run

    toys.add("A1")
    with Store(tmp_path / "s.sqlite") as store:
        run(discover([str(toys.path)]).claims, store)
        opened = explore_theory.results(store)
        assert list(explore_theory.results(opened.found)) == list(opened)
    for path in (tmp_path / "s.sqlite", str(tmp_path / "s.sqlite")):
        assert list(explore_theory.results(path)) == list(opened)
    assert [row["part"] for row in opened] == ["claim", "claim", "false variant", "false variant"]
    assert json.dumps(list(opened))
    with pytest.raises(StoreError, match=r"none\.sqlite"):
        explore_theory.results(tmp_path / "none.sqlite")
    assert not (tmp_path / "none.sqlite").exists()
    with pytest.raises(StoreError, match="source must be a store, its path or results"):
        explore_theory.results([1])


def test_it_says_in_a_line_what_it_is():
    assert repr(Results(some())) == "Results(3 claims, 9 cases: 2 HOLDS, 1 REFUTED)"
    assert repr(Results([])) == "Results(0 claims, 0 cases: nothing)"


@pytest.mark.parametrize("asked", ["to_arrow", "to_pandas", "to_polars", "__arrow_c_stream__"])
def test_without_a_library_one_line_says_what_to_install(monkeypatch, asked):
    def missing(name):
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(frames, "import_module", missing)
    with pytest.raises(ImportError) as caught:
        getattr(Results(some()), asked)()
    assert isinstance(caught.value, MissingLibrary)
    assert "\n" not in str(caught.value)
    assert "must be installed for" in str(caught.value)
    assert "pip install 'explore-theory[frames]'" in str(caught.value)


def test_rows_load_no_library_of_frames():
    code = "import sys, explore_theory; explore_theory.results; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pandas", "polars", "pyarrow", "matplotlib", "IPython"} & set(done.stdout.split())
