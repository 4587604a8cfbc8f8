"""Below a figure stands what it declares and has no points of: no caption speaks of what is not drawn."""

import pytest

from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.claims.figure import Curve, Figure
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.judging.results import latest_results
from explore_theory.harness.measures.measurement import Bound, Measurement
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.reporting.figures import undrawn
from explore_theory.reporting.html import write_report


def square(trial):
    return Measurement.exact([float(trial.case.params["x"]) ** 2])


def claim():
    kinds = {
        "one": ("odd", "quick"),
        "two": ("even", "quick"),
        "five": ("odd", "full"),
        "zero": ("none", "full"),
    }
    cases = tuple(
        Case(slug=slug, params={"x": x, "kind": kinds[slug][0]}, tiers=(kinds[slug][1],))
        for slug, x in (("one", 1), ("two", 2), ("five", 5), ("zero", 0))
    )
    axes = {"x_label": "x", "y_label": "y", "title": "Squares", "caption": "All kinds."}
    words = dict.fromkeys(("title", "statement", "scope", "source"), "words")
    by_kind = Curve(label="squares", check="line", x="x", y="measured", by="kind")
    bound = Curve(label="bound", check="line", x="x", y="bound", only={"kind": "even"})
    return Claim(
        id="A1", slug="a-one", theorem="toys", formula="x", relation="<=", loose="a toy", **words,
        figures=(
            Figure(slug="all", curves=(by_kind, bound), **axes),
            Figure(slug="even", curves=(bound,), **axes),
        ),
        checks=(Check(slug="line", evidence=Evidence.EXHAUSTIVE, cases=cases, measure=square,
                      bound=lambda _: Bound.of(30.0)),),
        false_variants=(FalseVariant(slug="lie", why="x", check="line", bound=lambda _: Bound.of(0.5)),),
    )  # fmt: skip


@pytest.fixture
def store(tmp_path):
    with Store(":memory:") as found:
        run([Registered(claim=claim(), path=tmp_path, digest="d")], found)
        yield found


WORDS = "At the quick tier there are no points of the curve squares none nor of the case five."


def test_curves_and_cases_without_points_are_named(store):
    (result,) = latest_results(store)
    everything, even = result.record["figures"]
    assert undrawn(everything, result) == WORDS
    assert undrawn(even, result) == ""


def test_the_report_says_so_below_the_figure(store, tmp_path):
    page = write_report(store, tmp_path / "out").read_text()
    assert page.count("<b>Squares.</b> All kinds.") == 2
    assert page.count(WORDS) == 1


def test_what_only_the_quick_tier_runs_is_not_missed_at_the_full_one(tmp_path):
    with Store(":memory:") as found:
        run([Registered(claim=claim(), path=tmp_path, digest="d")], found, tier="full")
        (result,) = latest_results(found)
    assert undrawn(result.record["figures"][0], result) == ""
