"""Figures: the points come from the stored cases, with their intervals."""

import numpy as np
import pytest
from matplotlib.figure import Figure as Canvas

from explore_theory.errors import InvalidClaim, StoreError
from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.claims.figure import Curve, Figure
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.judging.results import latest_results
from explore_theory.harness.measures.measurement import Bound, Measurement, Tally
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.reporting.figures import Series, _crossings, draw, paint, series, unplaced


def measure_line(trial):
    x = float(trial.case.params["x"])
    notes = {"twice": 2 * x, "grid": [x, x + 0.5], "heights": [1.0, 2.0]}
    band = {"cost": [1.0, 2.0], "cost at least": [0.5, 2.5], "cost at most": [1.5, np.inf]}
    return Measurement.exact([x**2], notes=notes | band)


def measure_coin(trial):
    hits = int((trial.streams.uniform(1) < 0.3).sum())
    return Tally(successes=hits, trials=len(trial.rows))


def check(slug, evidence, cases, measure, bound):
    return Check(slug=slug, evidence=evidence, cases=cases, measure=measure, bound=lambda _: Bound.of(bound))


def claim(*figures):
    cases = tuple(Case(slug=f"x{k}", params={"x": k, "kind": "odd" if k % 2 else "even"}) for k in (1, 2, 3))
    coin = (Case(slug="coin", params={"x": 2.0}, rows=500, block=128),)
    words = dict.fromkeys(("title", "statement", "scope", "source"), "words")
    return Claim(
        id="A1", slug="a-one", theorem="toys", formula="x", relation="<=", **words, figures=figures,
        checks=(
            check("line", Evidence.EXHAUSTIVE, cases, measure_line, 10.0),
            check("coin", Evidence.STATISTICAL, coin, measure_coin, 0.5),
        ),
        false_variants=(FalseVariant(slug="lie", why="x", check="line", bound=lambda t: Bound.of([0.5])),
                        FalseVariant(slug="odds", why="x", check="coin", bound=lambda t: Bound.of(0.1))),
        loose="a toy",
    )  # fmt: skip


def figure(*curves, **more):
    return Figure(slug="f", title="t", x_label="x", y_label="y", curves=curves, **more)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    with Store(":memory:") as store:
        run([Registered(claim=claim(), path=tmp_path_factory.getbasetemp(), digest="d")], store)
        return latest_results(store)[0]


def curve(**fields):
    return {"label": "c", "check": "line", "style": "line", "by": None, "only": {}} | fields


def test_points_are_cases_in_order_of_x(result):
    (only,) = series(curve(x="x", y="measured"), result)
    assert (only.x, only.y) == ((1.0, 2.0, 3.0), (1.0, 4.0, 9.0))
    (notes,) = series(curve(x="x", y="twice"), result)
    assert notes.y == (2.0, 4.0, 6.0)
    (bounds,) = series(curve(x="x", y="bound"), result)
    assert bounds.y == (10.0, 10.0, 10.0)


def test_lists_give_a_case_several_points_and_by_splits_curves(result):
    (several,) = series(curve(x="grid", y="heights"), result)
    assert several.x == (1.0, 1.5, 2.0, 2.5, 3.0, 3.5)
    assert [s.label for s in series(curve(x="x", y="measured", by="kind"), result)] == ["c odd", "c even"]
    (odd,) = series(curve(x="x", y="measured", only={"kind": "odd"}), result)
    assert odd.x == (1.0, 3.0)


def test_a_list_has_its_band_where_there_is_one(result):
    (cost,) = series(curve(x="grid", y="cost", only={"x": 1}), result)
    assert (cost.y, cost.lo, cost.hi) == ((1.0, 2.0), (0.5, 2.5), (1.5, 2.0))
    record = {"slug": "f", "x_label": "x", "y_label": "y", "x_log": False, "y_log": False}
    # The second interval misses its middle, and is drawn all the same.
    assert draw(record | {"curves": [curve(x="grid", y="cost", style="points")]}, result).startswith("<svg")


def test_a_frequency_is_drawn_at_its_observed_value_inside_its_interval(result):
    (coin,) = series(curve(check="coin", x="x", y="measured"), result)
    case = next(c for c in result.cases if c.case == "coin")
    counts = case.summary.counts
    assert counts.trials % 128 == 0, "it stopped at a checkpoint"
    assert coin.y == (counts.successes / counts.trials,)
    assert coin.lo[0] < coin.y[0] < coin.hi[0]
    assert np.isclose(case.verdict.row.lo, coin.lo[0])
    (bound,) = series(curve(check="coin", x="x", y="bound"), result)
    assert bound.y == (0.5,)


def test_a_drawn_figure_is_svg_and_the_same_every_time(result):
    both = figure(
        Curve(label="a & b", check="line", x="x", y="measured"),
        Curve(label="coin", check="coin", x="x", y="measured", style="points"),
    )
    record = {"slug": "f", "x_label": "x", "y_label": "<script>", "x_log": False, "y_log": True}
    record["curves"] = [vars(c) for c in both.curves]
    svg = draw(record, result)
    assert svg.startswith("<svg")
    assert "<script>" not in svg
    assert svg == draw(record, result)
    assert draw(record | {"curves": [curve(x="nothing", y="measured")]}, result) is None
    with pytest.raises(StoreError, match="cannot be drawn"):
        draw(record | {"y_label": "$\\frac{1$"}, result)


def test_crossings_are_where_lines_between_points_meet_and_where_intervals_leave_room():
    def line(label, y, width):
        lo, hi = tuple(v / width for v in y), tuple(v * width for v in y)
        return Series(label=label, style="points", x=(1.0, 2.0, 4.0, 8.0), y=y, lo=lo, hi=hi)

    flat, steep = line("flat", (4.0, 4.0, 4.0, 4.0), 1.1), line("steep", (1.0, 2.0, 8.0, 32.0), 1.1)
    log = {"x_log": True, "y_log": True}
    ((place, low, high),) = _crossings(("flat", "steep"), log, [flat, steep])
    assert place == pytest.approx(np.sqrt(8))
    assert (low, high) == (2, 4)
    plain = {"x_log": False, "y_log": False}
    assert _crossings(("steep", "flat"), plain, [flat, steep])[0][0] == pytest.approx(2 + 2 * 2 / 6)
    wide = line("steep", (1.0, 2.0, 8.0, 32.0), 3.0)
    assert _crossings(("flat", "steep"), log, [flat, wide])[0][1:] == (1, 8)
    assert _crossings(("flat", "nothing"), log, [flat, steep]) == []
    assert _crossings(("flat", "flat"), log, [flat]) == []


def test_a_crossing_is_drawn_and_named(result):
    record = {"slug": "f", "x_label": "x", "y_label": "y", "x_log": False, "y_log": False}
    record["curves"] = [curve(label="square", x="x", y="measured"), curve(label="ten", x="x", y="bound")]
    record["curves"].append(curve(label="twice", x="x", y="twice"))
    drawn = draw(record | {"crossings": [["square", "twice"]]}, result)
    assert "square = twice at 2" in drawn
    assert "square = ten" not in draw(record | {"crossings": [["square", "ten"]]}, result)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: figure(crossings=(("a", "b"),)), "crossings must be pairs of the curves"),
        (lambda: Curve(label="c", check="line", x="x", y="y", style="wavy"), "style must be one of"),
        (lambda: claim(figure(Curve(label="c", check="nope", x="x", y="y"))), "has no check 'nope'"),
        (lambda: claim(Figure(slug="Bad Slug", title="t", x_label="", y_label="", curves=())), "figure slug"),
        (lambda: Tally(successes=3, trials=2), "successes must not exceed trials"),
        (lambda: Tally(successes=0, trials=0), "trials must be a whole number of at least 1"),
    ],
)
def test_malformed_figures_and_tallies_are_refused(call, message):
    with pytest.raises(InvalidClaim, match=message):
        call()


def painted(*ys, x=(1.0, 2.0, 3.0, 4.0), **logs):
    """The axes of a figure of lines, and what is said of points without a place."""
    declared = {"x_label": "x", "y_label": "y", "x_log": False, "y_log": False} | logs
    drawn = [Series(label=f"s{k}", style="line", x=x[: len(y)], y=y, lo=y, hi=y) for k, y in enumerate(ys)]
    axes = Canvas().add_subplot()
    paint(axes, declared, drawn)
    return axes, unplaced(declared, drawn)


def test_a_line_is_not_drawn_to_what_a_logarithmic_axis_has_no_place_for():
    axes, said = painted((0.0, 5.0, 7.0, -1.0), y_log=True)
    assert list(np.isfinite(axes.lines[0].get_ydata())) == [False, True, True, False]
    assert axes.lines[0].get_marker() == "None"
    assert said == "2 of 4 points have no place on logarithmic axes."
    assert painted((0.0, 5.0, 7.0, -1.0))[1] == ""
    axes, said = painted((1.0, 2.0), x=(0.0, 1.0), x_log=True)
    assert (said, axes.lines[0].get_markevery()) == ("1 of 2 points has no place on logarithmic axes.", [1])


def test_a_point_that_no_line_leads_to_can_be_seen():
    axes, said = painted((1.0, np.nan, 2.0, 3.0))
    assert (axes.lines[0].get_marker(), axes.lines[0].get_markevery()) == ("_", [0])
    assert said == "1 of 4 points has no place."
    assert painted((4.0,))[0].lines[0].get_markevery() == [0]
    # Two points at one place make no line either.
    assert painted((4.0, 4.0), x=(1.0, 1.0))[0].lines[0].get_markevery() == [0, 1]


def test_a_figure_none_of_whose_points_has_a_place_is_not_drawn():
    with pytest.raises(ValueError, match="none of its points has a place on its axes"):
        painted((-1.0, 0.0), (np.nan,), y_log=True)
    painted((-1.0, 0.0), (2.0,), y_log=True)
