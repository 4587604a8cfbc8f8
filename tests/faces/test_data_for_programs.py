"""CSV and JSON for other programs: every number under its own name."""

import csv
import io
import json
from pathlib import Path

import made_results
import pytest

from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.discovery.registry import Broken, Registered
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.measures.measurement import Bound, Measurement
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status, Verdict
from explore_theory.reporting.export import to_csv, to_json

BROKEN = tuple(
    Broken(name=name, path=Path(f"{name}.py"), reason="it raised", trace="") for name in ("b1_x", "b2_y")
)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    words = dict.fromkeys(("title", "statement", "formula", "scope", "source"), "words")
    check = Check(
        slug="only",
        evidence=Evidence.CERTIFIED,
        cases=(Case(slug="one"),),
        measure=lambda _: Measurement(lo=[1.0], hi=[2.0], effort=1),
        bound=lambda _: Bound(lo=[3.0], hi=[4.0]),
    )
    lie = FalseVariant(slug="lie", why="a lie", check="only", relation=">=")
    more = {"checks": (check,), "false_variants": (lie,), "loose": "a toy"}
    claim = Claim(id="A1", slug="a-one", theorem="toys", relation="<=", **words, **more)
    registered = Registered(claim=claim, path=tmp_path_factory.mktemp("claims"), digest="d")
    with Store(":memory:") as store:
        return session_results(store, run([registered], store))


def test_the_ends_of_both_sides_stand_under_their_names(results):
    line = next(csv.DictReader(io.StringIO(to_csv(results))))
    ends = ("measured_lo", "measured_hi", "bound_lo", "bound_hi")
    assert [float(line[end]) for end in ends] == [1.0, 2.0, 3.0, 4.0]
    row = json.loads(to_json(results))["claims"][0]["cases"][0]["row"]
    assert (row["measured"], row["bound"]) == ([1.0, 2.0], [3.0, 4.0])


def test_every_case_of_a_false_variant_and_every_broken_module_has_a_line(results):
    lines = list(csv.DictReader(io.StringIO(to_csv(results, BROKEN))))
    assert [(line["false_variant"], line["status"]) for line in lines] == [
        ("", "HOLDS"),
        ("lie", "REFUTED"),
        ("", "ERROR"),
        ("", "ERROR"),
    ]
    assert [line["slug"] for line in lines[2:]] == ["b1_x.py", "b2_y.py"]


def test_badges_are_in_the_json_with_their_reasons(results):
    (claim,) = json.loads(to_json(results))["claims"]
    assert claim["badges"] == [{"badge": "LOOSE", "why": "a toy"}]


def test_what_says_something_is_not_all_that_was_compared_nor_the_moved_bound_the_stated_one():
    moved = Verdict(status=Status.REFUTED, reason="moved", row=None)
    told = json.loads(to_json([made_results.result(cases=(made_results.case(moved=moved),))]))
    (case,) = told["claims"][0]["cases"]
    assert (case["comparisons"], case["applicable"]) == (3, 2)
    assert (case["status"], case["moved"]) == ("HOLDS", "REFUTED")
