"""Rows in pandas, polars, Arrow and DuckDB: the same values, types that do not depend on them."""

import math
import re
from fractions import Fraction
from pathlib import Path

import pytest
from made_results import case, form, result, variant

from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.frames import Kind, Rows, Words
from explore_theory.reporting.results import CASES, Results

WHY = "needs the extra: pip install 'explore-theory[frames]'"
arrow = pytest.importorskip("pyarrow", reason=WHY)
pytest.importorskip("pyarrow.compute", reason=WHY)
pandas = pytest.importorskip("pandas", reason=WHY)
polars = pytest.importorskip("polars", reason=WHY)

NAN = math.nan
HUGE = Fraction(10**400, 3)
COLUMNS = {
    "text": Kind.TEXT,
    "float": Kind.FLOAT,
    "whole": Kind.WHOLE,
    "truth": Kind.TRUTH,
    "word": Words(known=("strong", "middle", "also"), ordered=True),
}
VALUES = (
    ("a", 0.1, 1, True, "strong"),
    (None, None, None, None, None),
    ("", NAN, 2**63 - 1, False, "also"),
    ("\x00\ud800é", math.inf, -(2**63), True, "middle"),
    ("null", HUGE, 2**63, False, "strange\udc00"),
    ("NaN", -HUGE, 2**53 + 1, None, "strong"),
    ("c", Fraction(1, 3), 0, True, "also"),
)


@pytest.fixture(scope="module")
def rows():
    return Rows(COLUMNS, [dict(zip(COLUMNS, values, strict=True)) for values in VALUES])


def told(values):
    return [None if v is None else "nan" if v != v else v for v in values]


FLOATS = [0.1, None, "nan", math.inf, math.inf, -math.inf, 1 / 3]
WHOLES = [1, None, 2**63 - 1, -(2**63), None, 2**53 + 1, 0]
TEXTS = ["a", None, "", "\x00\\ud800é", "null", "NaN", "c"]
WORDS = ["strong", None, "also", "middle", "strange\\udc00", "strong", "also"]


def test_arrow_has_every_value_and_tells_nan_from_missing(rows):
    table = rows.to_arrow()
    assert told(table["float"].to_pylist()) == FLOATS
    assert table["whole"].to_pylist() == WHOLES
    assert table["text"].to_pylist() == TEXTS
    assert table["word"].to_pylist() == WORDS
    assert table["truth"].to_pylist() == [True, None, False, True, False, None, True]
    assert table["float"].null_count == 1
    assert table["word"].type.ordered
    # A table with a NaN in it does not equal itself.
    assert arrow.table(rows).drop("float").equals(table.drop("float"))


def test_pandas_types_and_gaps(rows):
    frame = rows.to_pandas()
    assert [str(kind) for kind in frame.dtypes] == ["str", "float64", "Int64", "boolean", "category"]
    assert frame["whole"].isna().tolist() == [value is None for value in WHOLES]
    assert frame["whole"].dropna().tolist() == [value for value in WHOLES if value is not None]
    assert frame["text"].isna().tolist() == [False, True, False, False, False, False, False]
    assert frame["text"].dropna().tolist() == [text for text in TEXTS if text is not None]
    # Missing and not a number are one in a float64.
    assert frame["float"].isna().tolist() == [False, True, True, False, False, False, False]
    assert frame["word"].cat.ordered
    assert frame["word"].max() == "strange\\udc00"
    assert frame.sort_values("word")["word"].tolist()[:3] == ["strong", "strong", "middle"]


def test_polars_types_and_order(rows):
    frame = rows.to_polars()
    assert frame.schema["word"] == polars.Enum(["strong", "middle", "also", "strange\\udc00"])
    assert [frame.schema[name] for name in ("text", "float", "whole", "truth")] == [
        polars.String,
        polars.Float64,
        polars.Int64,
        polars.Boolean,
    ]
    assert told(frame["float"].to_list()) == FLOATS
    assert frame["whole"].to_list() == WHOLES
    assert frame["text"].to_list() == TEXTS
    assert frame["word"].sort(nulls_last=True).to_list()[:3] == ["strong", "strong", "middle"]


def test_libraries_read_the_rows_as_they_are(rows):
    assert told(polars.DataFrame(rows)["float"].to_list()) == FLOATS
    assert polars.DataFrame(rows)["word"].to_list() == WORDS
    frame = pandas.DataFrame.from_arrow(rows)
    assert frame["word"].dropna().tolist() == [word for word in WORDS if word is not None]
    # What pandas makes of whole numbers with gaps when it is left alone, and why `to_pandas` is there.
    assert str(frame["whole"].dtype) == "float64"
    assert frame["whole"].tolist()[5] == 2**53


def test_a_schema_may_be_asked_for(rows):
    fields = rows.to_arrow().schema.remove(4).append(arrow.field("word", arrow.string()))
    wanted = arrow.schema(fields)
    capsule = rows.__arrow_c_stream__(wanted.__arrow_c_schema__())
    assert arrow.RecordBatchReader._import_from_c_capsule(capsule).schema.field("word").type == arrow.string()


def test_no_interchange_protocol_that_loses_what_is_missing(rows):
    # pandas and polars have dropped ``__dataframe__`` for the stream.
    assert not hasattr(rows, "__dataframe__")
    assert not hasattr(polars.DataFrame(rows), "__dataframe__")


def test_words_that_are_one_text_are_one_word():
    """Libraries count what stands twice in a dictionary twice."""
    rows = Rows({"w": Words(known=("x",))}, [{"w": word} for word in ("a\ud800", "a\\ud800", "x")])
    column = rows.to_arrow()["w"]
    assert column.chunk(0).dictionary.to_pylist() == ["x", "a\\ud800"]
    assert arrow.compute.unique(column).to_pylist() == ["a\\ud800", "x"]
    assert rows.to_polars()["w"].n_unique() == 2


def test_duckdb_asks_the_rows_by_their_name(rows):
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    (found,) = duckdb.sql("SELECT count(*), count(whole), count_if(word = 'also') FROM rows").fetchall()
    assert found == (7, 5, 2)


def some():
    huge = case("huge", ends=(Fraction(1, 3), HUGE, 2.0, HUGE), effort=10**400)
    return Results(
        [
            result("A1", cases=[case(), case("unrun", ends=None, slack=None)], printed=[form()]),
            result("A2", tier="full", cases=[huge], variants=[variant("x"), variant("y")]),
            result("B1", status=Status.REFUTED, cases=[case(status=Status.REFUTED, alpha=1e-6, runs=10**30)]),
        ]
    )


def test_types_of_results_do_not_depend_on_what_they_hold():
    full, empty = some(), some().only(verdict="ERROR")
    assert len(empty) == 0
    assert full.to_arrow().schema == empty.to_arrow().schema
    assert full.to_pandas().dtypes.astype(str).tolist() == empty.to_pandas().dtypes.astype(str).tolist()
    assert full.to_polars().schema == empty.to_polars().schema
    assert full.claims().to_polars().schema == empty.claims().to_polars().schema
    assert polars.DataFrame(empty).shape == (0, len(CASES))


@pytest.mark.parametrize("library", ["pandas", "polars", "arrow"])
def test_a_frame_says_what_python_says(library):
    found = some()
    frame = getattr(found, f"to_{library}")()
    for name in ("id", "part", "status", "verdict", "tier", "case", "false_variant", "slack", "bound_lo"):
        column = frame[name].to_pylist() if library == "arrow" else list(frame[name])
        expected = [row[name] for row in found]
        assert [None if pandas.isna(v) else v for v in column] == expected, name
    names = frame.column_names if library == "arrow" else frame.columns
    assert list(map(str, names)) == list(found.columns)


def test_huge_numbers_are_infinite_or_missing_and_said_not_to_be_exact():
    row = some().only("A2").to_polars().row(0, named=True)
    assert (row["measured_lo"], row["measured_hi"], row["effort"]) == (1 / 3, math.inf, math.inf)
    assert row["exact"] is False
    assert some().only("B1").to_polars()["runs"][0] is None


def test_a_rounded_end_never_crosses_the_other():
    """What holds exactly holds of the doubles too, since rounding keeps the order."""
    lo, hi = Fraction(2**60), Fraction(2**60 + 1)
    frame = Results([result(cases=[case(ends=(lo, lo, hi, hi))])]).to_pandas()
    assert frame.measured_hi[0] <= frame.bound_lo[0]


def test_claims_in_frames():
    frame = some().claims().to_pandas()
    assert frame.shape == (3, len(some().claims().columns))
    assert frame.set_index("id").loc["B1", "verdict"] == "REFUTED"
    assert str(frame["false_variants_refuted"].dtype) == "Int64"


def test_the_guide_runs_as_it_stands(toys, tmp_path, monkeypatch, capsys):
    from explore_theory.harness.discovery.registry import discover
    from explore_theory.harness.running.runner import run
    from explore_theory.harness.storage.store import Store

    text = (Path(__file__).parents[2] / "docs/guide/results.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    toys.add("C1", bound=3.0, lie=0.5)
    with Store("explore-theory.sqlite") as store:
        run(discover([str(toys.path)]).claims, store)
    names = {}
    for block in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL):
        exec(compile(block, "results.md", "exec"), names)
    out = capsys.readouterr().out
    assert "Results(1 claim, 4 cases: 1 HOLDS)" in out
    assert "C1 one 3." in out
    assert "adversarial" in out
    assert names["table"].num_rows == 4
