"""Parts of the HTML report, each by itself: maps of theorems, falls of a proof, levels, figures."""

import html
import re
from dataclasses import replace
from types import SimpleNamespace

import made_results
import pytest

from explore_theory.harness.claims.claim import Evidence
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.boxes import SHAPES, outline
from explore_theory.reporting.figures import COLOURS, draw
from explore_theory.reporting.page import claim_map
from explore_theory.reporting.page.drawings import MOST_ROWS, Drawing, drawings, themed
from explore_theory.reporting.page.formulas import mathml
from explore_theory.reporting.page.losses import falls, ladder
from explore_theory.reporting.page.spent import spent


def linked(results, **uses):
    """The results with other `uses`, by label."""
    return {r.id: replace(r, record={**r.record, "uses": list(uses.get(r.id, ()))}) for r in results}


# --- maps of theorems --------------------------------------------------------------------------------------


def test_a_map_has_every_claim_of_its_theorem_and_an_edge_for_each_use(results):
    (drawn,) = claim_map.maps(linked(results, A1=["A2", "A3", "nowhere"], A2=["A3"])).values()
    assert {n.label: n.below for n in drawn.nodes} == {"A1": ("A2", "A3"), "A2": ("A3",), "A3": ()}
    assert {n.label: n.above for n in drawn.nodes} == {"A1": (), "A2": ("A1",), "A3": ("A1", "A2")}
    assert drawn.svg.count("<path") == 3
    assert drawn.svg.count("<a href=") == 3
    assert 'href="#A3" class="fails adversarial"' in drawn.svg
    assert 'href="#A1" class="holds adversarial"' in drawn.svg
    assert "A3: Uniform draws stay below 0.9; REFUTED" in drawn.svg
    assert ">✗ REFUTED</text>" in drawn.svg


def test_what_another_theorem_proves_is_thin_and_has_no_map_of_its_own(results):
    shown = linked(results, A1=["A2"])
    shown["A2"] = replace(shown["A2"], record={**shown["A2"].record, "theorem": "others", "uses": ["A3"]})
    shown["A3"] = replace(shown["A3"], record={**shown["A3"].record, "theorem": "others"})
    found = claim_map.maps(shown)
    assert list(found) == ["toys", "others"]
    assert [(n.label, n.outside, n.below) for n in found["toys"].nodes] == [
        ("A1", False, ("A2",)),
        ("A2", True, ()),
    ]
    assert found["toys"].svg.count(" outside") == 1


def test_an_id_means_a_claim_of_the_same_package_before_one_of_ours(results):
    def of(result, namespace, **record):
        return replace(result, record={**result.record, "namespace": namespace, **record})

    first, second, third = results
    shown = {
        "mine:A1": of(first, "mine", uses=["A2", "A3", "A4"]),
        "mine:A2": of(second, "mine", uses=[]),
        "A2": of(second, "", uses=[]),
        "A3": of(third, "", uses=["A1"]),
    }
    assert claim_map.used(shown) == {
        "mine:A1": {"A2": "mine:A2", "A3": "A3"},
        "mine:A2": {},
        "A2": {},
        "A3": {},
    }


def test_uses_in_a_circle_or_none_at_all_make_no_map(results):
    assert claim_map.maps(linked(results)) == {}
    assert claim_map.maps(linked(results, A1=["A2"], A2=["A1"])) == {}


def test_the_shape_is_the_strongest_kind_of_evidence(results):
    assert tuple(claim_map.SHAPES) == tuple(Evidence)
    node = claim_map.Node(label="A1", result=results[0], below=(), above=(), outside=False)
    case = results[0].cases[0]
    for kinds, expected in (
        (["rate", "statistical"], "statistical"),
        (["adversarial", "certified"], "certified"),
        (["statistical", "symbolic"], "symbolic"),
    ):
        cases = tuple(replace(case, evidence=kind) for kind in kinds)
        assert replace(node, result=replace(results[0], cases=cases)).kind == expected
    assert sorted(claim_map.SHAPES.values()) == sorted(SHAPES)
    assert len({outline(shape, 0, 0, 100, 40) for shape in SHAPES}) == len(SHAPES)
    assert len(claim_map.legend()) == len(SHAPES)


def test_every_verdict_has_a_mark():
    assert set(claim_map.MARKS) == set(Status)
    assert {kind for s, (_, kind) in claim_map.MARKS.items() if s is not Status.HOLDS}.isdisjoint({"holds"})


# --- where a bound loses -----------------------------------------------------------------------------------


def taken_apart(result, names, orders):
    case = result.cases[0]
    case = replace(case, summary=replace(case.summary, notes={"name": names, "orders lost": orders}))
    return replace(result, cases=(case, *result.cases[1:]))


def test_each_step_of_a_fall_begins_where_the_one_before_has_ended(results):
    (fall,) = falls(taken_apart(results[0], ["one", "two", "three"], [1.0, 0.0, 3.0]))
    assert fall.case == "draws/one"
    assert fall.total.startswith("4.00 orders")
    assert [(s.name, s.start, s.width) for s in fall.steps] == [
        ("one", 0, 25),
        ("two", 25, 0),
        ("three", 25, 75),
    ]
    assert fall.steps[0].words == "1.00 orders, a factor 10.000"


def test_a_step_that_gains_goes_back(results):
    (fall,) = falls(taken_apart(results[0], ["loses", "gains", "rest"], [3.0, -4.0, 2.0]))
    assert [(step.start, step.width) for step in fall.steps] == [(25.0, 75.0), (0.0, 100.0), (0.0, 50.0)]
    assert fall.total.startswith("1.00 orders")
    assert fall.steps[1].words == "-4.00 orders, a factor 0.0001"


@pytest.mark.parametrize(
    ("names", "orders"),
    [(["one"], [1.0, 2.0]), ([], []), (["one"], [0.0]), (["one"], [float("inf")]), ("one", [1.0])],
)
def test_what_is_no_fall_is_not_drawn(results, names, orders):
    assert falls(taken_apart(results[0], names, orders)) == []


def test_the_bars_of_slack_are_in_orders_of_magnitude(results):
    first = results[0]
    case = first.cases[0]
    mine = replace(
        first,
        cases=tuple(replace(case, check=c, slack=s) for c, s in (("x", 100.0), ("x", 10.0), ("y", 0.1))),
    )
    other = replace(first, cases=(replace(case, slack=1000.0),))
    equal = replace(other, record={**other.record, "relation": "=="})
    steps = ladder(mine, {"A2": other, "A3": equal})
    assert [(s.name, s.href) for s in steps] == [
        ("check x", ""),
        ("check y", ""),
        ("A2, which it uses", "A2"),
    ]
    assert [s.width for s in steps] == pytest.approx([100 / 3, 100 / 3, 100])
    assert [s.words for s in steps] == ["10.000 times", "0.100 times, beyond its bound", "1e+03 times"]
    assert ladder(other, {}) == []
    met = replace(first, cases=tuple(replace(case, check=c, slack=1.0) for c in "xy"))
    assert [(s.words, s.width) for s in ladder(met, {})] == [("1.000 times", 0.0)] * 2


# --- error levels ------------------------------------------------------------------------------------------


def test_levels_are_added_up_by_theorem_and_lies_apart(results):
    first, *_ = results
    case = first.cases[0]
    own = (replace(case, alpha=1e-4), replace(case, alpha=None), replace(case, alpha=2e-4))
    lies = (replace(first.variants[0], cases=(replace(case, alpha=5e-4),)),)
    (row,) = spent([replace(first, cases=own, variants=lies), results[1]])
    assert (row.theorem, row.tier, row.comparisons, row.lies) == ("toys", "quick", 2, 1)
    assert (row.level, row.lies_level) == (pytest.approx(3e-4, rel=1e-12), pytest.approx(5e-4, rel=1e-12))
    assert spent(results) == []
    full = replace(first, tier="full", cases=own[:1])
    rows = spent([replace(first, cases=own), full])
    assert [(row.tier, row.comparisons) for row in rows] == [("quick", 2), ("full", 1)]


# --- figures -----------------------------------------------------------------------------------------------


def test_a_figure_has_the_colours_of_the_page_and_its_numbers_beside_it(results):
    (drawn,) = drawings(results[0], [made_results.FIGURE], "one")
    assert not drawn.amiss
    assert "var(--c1," in drawn.svg
    assert "currentColor" in drawn.svg
    for mark in (
        "#000000",
        "#ffffff",
        "<metadata",
        "xlink",
        "font-family",
        "DejaVu",
        "<script",
        "fill: #fff",
    ):
        assert mark not in drawn.svg, mark
    assert "π_ref" in drawn.svg
    assert "y ≤ 1" in drawn.svg
    assert len(drawn.rows) == drawn.points == 2
    assert drawn.rows[0][:2] == ("by-hand", "2")


def test_names_inside_two_figures_never_meet(results):
    first, second = drawings(results[0], [made_results.FIGURE, made_results.FIGURE], "one")
    ids = [re.findall(r' id="([^"]*)"', one.svg) for one in (first, second)]
    assert ids[0]
    assert len({*ids[0], *ids[1]}) == len(ids[0]) + len(ids[1])
    for one, own in ((first, ids[0]), (second, ids[1])):
        used = re.findall(r'url\(#([^)]*)\)|href="#([^"]*)"', one.svg)
        assert {a or b for a, b in used} <= set(own)


def test_what_samples_say_of_a_slope_stands_below_the_figure_they_are_drawn_in(results):
    first, second = results[0].cases
    said = replace(results[0], cases=(replace(first, finding="all"), replace(second, finding="exponent 2")))
    (drawn,) = drawings(said, [made_results.FIGURE], "one")
    assert drawn.findings == ("draws/one: all", "draws/two: exponent 2")
    only = [{**curve, "only": {"n": 2}} for curve in made_results.FIGURE["curves"]]
    (drawn,) = drawings(said, [{**made_results.FIGURE, "curves": only}], "one")
    assert drawn.findings == ("draws/two: exponent 2",)
    elsewhere = [{**made_results.FIGURE["curves"][0], "check": "other"}]
    record = {
        **said.record,
        "checks": [*said.record["checks"], {**said.record["checks"][0], "slug": "other"}],
    }
    assert drawings(replace(said, record=record), [{**made_results.FIGURE, "curves": elsewhere}], "one") == []


def test_letters_and_numbers_of_a_figure_stay_as_they_are(results):
    written = draw(made_results.FIGURE, results[0])
    (drawn,) = drawings(results[0], [made_results.FIGURE], "one")

    def words(svg):
        return [html.unescape(found) for found in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]

    assert words(drawn.svg) == words(written)
    assert any(re.fullmatch(r"\d\.\d{3,}", word) for word in words(drawn.svg)), "a tick of many digits"


def test_every_colour_but_that_of_letters_becomes_one_of_the_page():
    written = "".join(f'<path style="stroke: {c}" d="M 1.23456 2"/>' for c in COLOURS)
    svg = themed(f'<svg width="1pt" viewBox="0 0 1 1" xmlns="x">{written}</svg>', "p")
    assert svg.count("var(--c") == len(COLOURS) - 1
    assert "currentColor" in svg
    assert 'd="M 1.23 2"' in svg
    assert svg.startswith('<svg viewBox="0 0 1 1" aria-hidden="true"')


def test_a_legend_says_names_of_code_in_words(results):
    first, second = results[0].cases
    named = [
        replace(c, params={"n": k, "learner": w})
        for k, (c, w) in enumerate(((first, "weak-sampling"), (second, "d3-b0p5")), 1)
    ]
    curve = {**made_results.FIGURE["curves"][0], "label": "", "by": "learner"}
    (drawn,) = drawings(
        replace(results[0], cases=tuple(named)), [{**made_results.FIGURE, "curves": [curve]}], "one"
    )
    assert [one.label for one in drawn.series] == ["weak sampling", "d3-b0p5"]
    assert "weak sampling</text>" in drawn.svg


def test_a_figure_that_cannot_be_drawn_says_why(results):
    (drawn,) = drawings(
        results[0],
        [{**made_results.FIGURE, "curves": [{**made_results.FIGURE["curves"][0], "check": None, "only": 3}]}],
        "p",
    )
    assert drawn.svg == ""
    assert drawn.amiss


def test_a_table_of_many_points_is_cut_and_says_so():
    many = SimpleNamespace(label="l", x=range(500), y=range(500), lo=range(500), hi=range(500))
    drawing = Drawing(title="t", caption="c", x_label="x", y_label="y", series=(many,))
    assert (len(drawing.rows), drawing.points) == (MOST_ROWS, 500)
    assert drawing.rows[7] == ("l", "7", "7", "")


def test_a_relation_is_one_and_a_logarithm_keeps_its_distance():
    """The converter makes letters of both; nothing else is changed."""
    assert "<mo>∼</mo>" in mathml(r"x \sim \rho")
    assert '<mo lspace="0" rspace=".17em">log</mo><mi>x</mi>' in mathml(r"\log x")
    assert "<mi>log</mi><mo" in mathml(r"\log (x)")
    assert "<mi>x</mi>" in mathml("x")
