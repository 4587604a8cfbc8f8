"""results.json: what is written is what the schema says, and what is damaged is refused for its reason."""

import copy
import json
import math
import re
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from explore_theory.cli import main
from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant, PrintedForm
from explore_theory.harness.discovery.registry import Registered, discover
from explore_theory.harness.judging.results import latest_results
from explore_theory.harness.measures.measurement import Bound, Measurement, Tally
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.reporting.export import schema_text, to_json

SCHEMA = json.loads(schema_text())
CHECK = Draft202012Validator(SCHEMA)


def check(slug, lo, hi, bound, evidence=Evidence.CERTIFIED, **more):
    return Check(
        slug=slug,
        evidence=evidence,
        cases=(Case(slug="one", params={"n": 2, "beta": 0.5, "kind": "odd"}),),
        measure=lambda _: Measurement(
            lo=lo, hi=hi, effort=1, notes={"far": [math.inf]}, witness=lambda k: {"k": k, "p": Fraction(1, 3)}
        ),
        bound=lambda _: Bound.of(bound),
        **more,
    )


def claim(id, *checks, printed=()):
    words = dict.fromkeys(("title", "statement", "formula", "scope", "source"), "words")
    first = checks[0].slug
    return Claim(
        id=id,
        slug=f"claim-{id.lower()}",
        theorem="toys",
        relation="<=",
        checks=checks,
        false_variants=(FalseVariant(slug="lie", why="x", check=first, bound=lambda _: Bound.of([-1.0])),),
        loose="a toy",
        printed=printed,
        **words,
    )


def coin():
    return Check(
        slug="coin",
        evidence=Evidence.STATISTICAL,
        cases=(Case(slug="fair", rows=200, block=100),),
        measure=lambda t: Tally(successes=int((t.streams.uniform(1) < 0.5).sum()), trials=len(t.rows)),
        bound=lambda _: Bound.of(0.9),
    )


def raises():
    def fail(_):
        raise OSError("by design")

    return Check(
        slug="fails",
        evidence=Evidence.CERTIFIED,
        cases=(Case(slug="one"),),
        measure=fail,
        bound=lambda _: Bound.of(1.0),
    )


def form(slug, page, its, **more):
    return PrintedForm(slug=slug, item=f"Lemma {page}", page=page, says="x", check=its, **more)


CLAIMS = (
    claim("A1", check("c", [0.5], [0.5 + 1e-9], [1.0])),
    claim("R1", check("c", [2.0], [2.0], [1.0])),
    claim("E1", raises()),
    claim("X1", check("c", [Fraction(1, 3)], [Fraction(1, 3)], [Fraction(3)])),
    claim("L1", check("c", [Fraction(1, 3**9000)], [Fraction(2, 3**9000)], [Fraction(1, 2**9000)])),
    claim("I1", check("c", [1.0], [math.inf], [2.0])),
    claim("N1", check("c", [math.nan], [math.nan], [2.0])),
    claim("B1", check("c", [-math.inf], [1.0], [math.inf])),
    claim("S1", coin()),
    claim(
        "P1",
        check("c", [0.5], [0.5], [1.0]),
        printed=(
            form("p", 3, check("q", [2.0], [2.0], [1.0]), holds=False, mended="y"),
            form("q", 4, check("q", [0.0], [0.0], [1.0]), holds=True),
        ),
    ),
)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("claims")
    with Store(":memory:") as store:
        run([Registered(claim=one, path=folder, digest=one.id) for one in CLAIMS], store)
        return latest_results(store)


@pytest.fixture(scope="module")
def told(results, tmp_path_factory):
    folder = tmp_path_factory.mktemp("broken") / "x"
    folder.mkdir()
    (folder / "z1_broken.py").write_text("CLAIM = 1 / 0\n")
    return json.loads(to_json(results, discover([str(folder)]).broken))


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["version"]["const"] == 2


def test_everything_that_is_written_validates(told):
    CHECK.validate(told)
    by_id = {one["id"]: one for one in told["claims"]}
    assert {one["status"] for one in told["claims"]} >= {"HOLDS", "REFUTED", "ERROR"}
    assert by_id["R1"]["cases"][0]["row"]["witness"] == {"k": 0, "p": "1/3"}
    assert by_id["X1"]["cases"][0]["row"]["measured"] == ["1/3", "1/3"]
    assert by_id["L1"]["cases"][0]["row"]["measured"][0].startswith("0x1/0x")
    assert by_id["I1"]["cases"][0]["row"]["measured"] == [1.0, "inf"]
    assert by_id["N1"]["cases"][0]["row"]["measured"] == ["nan", "nan"]
    assert by_id["S1"]["cases"][0]["runs"] == 100
    assert [form["status"] for form in by_id["P1"]["printed"]] == ["REFUTED", "HOLDS"]
    assert [one["id"] for one in told["broken"]] != []
    assert "Infinity" not in json.dumps(told)


def test_without_timing_it_is_the_same_twice_and_validates(results):
    first = to_json(results, timing=False)
    assert first == to_json(results, timing=False)
    CHECK.validate(json.loads(first))
    assert '"seconds"' not in first
    assert first.isascii()


def change(path, value):
    def edit(told):
        *way, last = path
        for step in way:
            told = told[step]
        if value is DROP:
            del told[last]
        else:
            told[last] = value

    return edit


DROP = object()
CASE = ("claims", 0, "cases", 0)


@pytest.mark.parametrize(
    ("edit", "where", "reason"),
    [
        (change(["format"], "explore-theory audit"), "format", "const"),
        (change(["version"], 1), "version", "const"),
        (change(["version"], True), "version", "const"),
        (change(["broken"], DROP), "", "required"),
        (change(["claims"], {}), "claims", "type"),
        (change(["claims", 0, "status"], "HOLD"), "claims/0/status", "enum"),
        (change(["claims", 0, "statu"], "HOLDS"), "claims/0", "additionalProperties"),
        (change(["claims", 0, "tier"], "slow"), "claims/0/tier", "enum"),
        (change(["claims", 0, "reseed"], -1), "claims/0/reseed", "minimum"),
        (change(["claims", 0, "id"], "1A"), "claims/0/id", "pattern"),
        (change(["claims", 0, "slack"], "much"), "claims/0/slack", "anyOf"),
        (change([*CASE, "row", "measured"], [0.5]), "claims/0/cases/0/row", "anyOf"),
        (change([*CASE, "row", "bound"], ["1/0", 1]), "claims/0/cases/0/row", "anyOf"),
        (change([*CASE, "alpha"], 1.5), "claims/0/cases/0/alpha", "exclusiveMaximum"),
        (change([*CASE, "comparisons"], 1.5), "claims/0/cases/0/comparisons", "type"),
        (change([*CASE, "params"], {"n": [1]}), "claims/0/cases/0/params/n", "type"),
        (change([*CASE, "resolution", "absolute"], -1.0), "claims/0/cases/0/resolution/absolute", "anyOf"),
        (change([*CASE, "evidence"], "hearsay"), "claims/0/cases/0/evidence", "enum"),
        (change([*CASE, "relation"], "<"), "claims/0/cases/0/relation", "enum"),
        (change([*CASE, "moved"], "MAYBE"), "claims/0/cases/0/moved", "anyOf"),
        (change(["claims", 0, "false_variants", 0, "why"], DROP), "claims/0/false_variants/0", "required"),
        (change(["broken", 0, "status"], "HOLDS"), "broken/0/status", "const"),
    ],
)  # fmt: skip
def test_what_is_damaged_is_refused_for_its_own_reason(told, edit, where, reason):
    damaged = copy.deepcopy(told)
    edit(damaged)
    (error,) = CHECK.iter_errors(damaged)
    assert ("/".join(map(str, error.absolute_path)), error.validator) == (where, reason)


def test_every_object_of_the_schema_says_all_its_fields():
    """What is written and not described would be refused, and nothing is required that is not described."""

    def visit(node):
        if isinstance(node, dict):
            if "properties" in node:
                assert node["additionalProperties"] is False
                assert set(node["required"]) <= set(node["properties"])
            for child in node.values():
                visit(child)
        elif isinstance(node, list):
            for child in node:
                visit(child)

    visit(SCHEMA)
    assert set(SCHEMA["$defs"]["claim"]["properties"]) - set(SCHEMA["$defs"]["claim"]["required"]) == {
        "seconds"
    }


def test_the_guide_shows_what_a_file_begins_with(told):
    guide = (Path(__file__).parents[2] / "docs" / "guide" / "evidence.md").read_text()
    (shown,) = re.findall(r"```json\n(.*?)```", guide, flags=re.DOTALL)
    empty = told | {"claims": [], "broken": []}
    assert list(json.loads(shown).items()) == list(empty.items())
    CHECK.validate(json.loads(shown))


# --- the command line ---------------------------------------------------------------------------------------


def call(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def reported(toys, tmp_path):
    """A store of two claims, and the folder of its report."""
    toys.add("A1")
    toys.add("A2", bound=0.9)
    store, out = tmp_path / "s.sqlite", tmp_path / "out"
    call("verify", "--jobs", "0", "--store", store, "--claims", toys.path)
    assert call("report", "--store", store, "--out", out, "--claims", toys.path).exit_code == 0
    return store, out


def test_report_writes_what_verify_prints_without_the_time(reported, toys):
    store, out = reported
    printed = json.loads(
        call("verify", "--json", "--jobs", "0", "--store", store, "--claims", toys.path).stdout
    )
    for one in printed["claims"]:
        del one["seconds"]
    text = (out / "results.json").read_text()
    assert json.loads(text) == printed
    CHECK.validate(printed)
    assert call("report", "--store", store, "--out", out, "--claims", toys.path).exit_code == 0
    assert (out / "results.json").read_text() == text


def test_the_schema_is_printed_and_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = call("report", "--schema")
    assert (done.exit_code, done.stdout) == (0, schema_text())
    assert list(tmp_path.iterdir()) == []


def test_against_reads_it(reported, toys):
    store, out = reported
    done = call(
        "report", "--store", store, "--out", out, "--against", out / "results.json", "--claims", toys.path
    )
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1].endswith("results.json: nothing changed")


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (change(["version"], 3), "its version is 3, and this explore-theory reads up to 2"),
        (change(["version"], "1"), "its version is '1'"),
        (change(["format"], "tables of somebody"), "its format is 'tables of somebody'"),
        (change(["format"], None), "its format is None"),
        (change(["claims"], DROP), "claims"),
        (change(["claims", 0, "status"], "HOLD"), "'HOLD'"),
        (change([*CASE, "status"], "holds"), "'holds'"),
        (change([*CASE, "check"], DROP), "check"),
        (change([*CASE, "slack"], "1.0"), "draws/one has a slack of '1.0'"),
        (change([*CASE, "slack"], True), "draws/one has a slack of True"),
        (change([*CASE, "row", "measured"], [1]), "draws/one: measured is no interval, [1]"),
        (change([*CASE, "row", "bound"], ["x", "1"]), "draws/one: bound is no interval"),
        (change([*CASE, "row", "bound"], ["1/0", "1"]), "draws/one: bound is no interval"),
        (change([*CASE, "row", "measured"], [2, 1]), "draws/one: measured ends before it begins"),
        (change(["claims", 0, "cases"], {}), "cases of A1 are no list"),
        (change(["claims", 0, "false_variants", 0, "cases"], {}), "cases of A1 are no list"),
        (change(["claims", 0, "tier"], "slow"), "A1 is of the tier 'slow'"),
        (lambda told: told["claims"].append(told["claims"][0]), "it tells of A1 more than once"),
    ],
)
def test_a_damaged_one_is_one_line(reported, toys, edit, reason):
    store, out = reported
    told = json.loads((out / "results.json").read_text())
    edit(told)
    file = out.parent / "old.json"
    file.write_text(json.dumps(told))
    before = (out / "index.html").read_bytes()
    done = call("report", "--store", store, "--out", out, "--against", file, "--claims", toys.path)
    assert done.exit_code == 2, done.output
    assert done.stderr.startswith("explore-theory: against must be a store or what `verify --json` printed")
    assert done.stderr.count("\n") == 1
    assert reason in done.stderr
    assert (out / "index.html").read_bytes() == before


def test_a_half_of_it_is_one_line(reported, toys):
    store, out = reported
    text = (out / "results.json").read_text()
    (out.parent / "half.json").write_text(text[: len(text) // 2])
    done = call(
        "report", "--store", store, "--out", out, "--against", out.parent / "half.json", "--claims", toys.path
    )
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)


def test_a_folder_of_somebody_else_is_refused_before_anything_is_read(tmp_path):
    out = tmp_path / "thesis"
    out.mkdir()
    (out / "index.html").write_text("<title>Ten years of work</title>")
    done = call("report", "--store", tmp_path / "none.sqlite", "--out", out)
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "out must be a new or empty folder" in done.stderr
    assert [file.name for file in out.iterdir()] == ["index.html"]


def test_a_paper_of_somebody_else_in_our_folder_is_refused_before_anything_is_written(reported, toys):
    store, out = reported
    (out / "paper").mkdir()
    (out / "paper" / "appendix.tex").write_text("my own")
    before = (out / "results.json").stat().st_mtime_ns
    done = call("report", "--paper", "--store", store, "--out", out, "--claims", toys.path)
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "appendix.tex" in done.stderr
    assert (out / "paper" / "appendix.tex").read_text() == "my own"
    assert (out / "results.json").stat().st_mtime_ns == before


def test_the_paper_says_how_all_of_it_is_found_again(reported, toys, monkeypatch):
    store, out = reported
    monkeypatch.setenv("PATH", "")
    done = call("report", "--paper", "--store", store, "--out", out, "--claims", toys.path)
    assert done.exit_code == 0, done.output
    assert "no appendix.pdf: neither pdflatex nor lualatex is on the PATH" in done.stderr
    text = (out / "paper" / "bounds.tex").read_text()
    assert f"explore-theory verify --tier quick --claims {toys.path}\n" in text
    assert f"% A1: explore-theory verify A1 --tier quick --claims {toys.path}\n" in text
