"""Figures as SVG: places by hand computation, and what a page cannot show is left out of dense ones only."""

import re

import numpy as np
import pytest

from explore_theory.reporting.plot import DENSE, Axes, Crossing, Series, plotted
from explore_theory.reporting.scales import MARGIN, Axis

PLAIN = Axes(x_label="x", y_label="y", x_log=False, y_log=False)


def line(x, y, style="line", label="c", width=0.0):
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    return Series(
        label=label, style=style, x=x.tolist(), y=y.tolist(), lo=(y - width).tolist(), hi=(y + width).tolist()
    )


def strokes(svg):
    """The corners of every polyline that is a curve."""
    found = re.findall(r'<path d="M([^"Vzhv]*)" fill="none" stroke="[^"]*" stroke-width="1.6"', svg)
    return [np.array([corner.split() for corner in one.split("L")], dtype=float) for one in found]


def test_an_axis_has_its_margins_at_both_ends():
    axis = Axis.over(np.array([0.0, 10.0]), log=False, start=0.0, end=100.0)
    assert axis.at([0.0, 10.0]).tolist() == pytest.approx([100 * MARGIN / (1 + 2 * MARGIN), 100 / 1.1 * 1.05])
    log = Axis.over(np.array([1.0, 100.0, 0.0, -3.0, np.inf, np.nan]), log=True, start=100.0, end=0.0)
    assert log.at([10.0]).tolist() == pytest.approx([50.0])
    assert (log.at([0.0, -1.0]) > 100).all(), "what a logarithm does not show lies below the axis"


def test_numbers_beside_an_axis_stand_at_their_places():
    plain = Axis.over(np.array([0.0, 1.0]), log=False, start=0.0, end=1.1)
    assert [words for _, words in plain.ticks()] == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert [place for place, _ in plain.ticks()] == pytest.approx([0.05, 0.25, 0.45, 0.65, 0.85, 1.05])
    quarters = Axis.over(np.array([0.0, 1.5]), log=False, start=0.0, end=1.0)
    assert [words for _, words in quarters.ticks()][:3] == ["0.00", "0.25", "0.50"]
    log = Axis.over(np.array([0.01, 1000.0]), log=True, start=0.0, end=1.0)
    assert [words for _, words in log.ticks()] == ["10⁻²", "10⁻¹", "10⁰", "10¹", "10²", "10³"]
    far = Axis.over(np.array([1.0, 1e40]), log=True, start=0.0, end=1.0)
    assert [words for _, words in far.ticks()][:2] == ["10⁰", "10⁵"]
    negative = Axis.over(np.array([-2.0, 2.0]), log=False, start=0.0, end=1.0)
    assert negative.ticks()[0][1] == "−2"
    large = Axis.over(np.array([0.0, 1e9]), log=False, start=0.0, end=1.0)
    assert [words for _, words in large.ticks()][:3] == ["0", "2e+08", "4e+08"]


def test_numbers_too_far_apart_are_refused():
    with pytest.raises(ValueError, match="too far apart"), np.errstate(over="ignore"):
        Axis.over(np.array([-1.7e308, 1.7e308]), log=False, start=0.0, end=1.0)


def test_higher_is_higher_and_later_further_right():
    (corners,) = strokes(plotted([line([0, 1, 2], [0, 5, 1])], PLAIN))
    assert (np.diff(corners[:, 0]) > 0).all()
    assert corners[1, 1] < corners[2, 1] < corners[0, 1], "places are counted downwards"


def test_a_curve_is_broken_where_a_number_is_not_finite():
    pieces = strokes(plotted([line([0, 1, 2, 3, 4], [0, 1, np.inf, 1, 2])], PLAIN))
    assert [len(piece) for piece in pieces] == [2, 2]


def test_a_dense_curve_keeps_its_peaks_and_little_else():
    x = np.linspace(0.0, 1.0, 200_000)
    y = np.sin(3 * x)
    y[123_456], y[77_777] = 5.0, -5.0
    svg = plotted([line(x, y, width=0.1)], PLAIN)
    assert len(svg) < 200_000
    (corners,) = strokes(svg)
    few = line(x[[0, 77_777, 123_456, -1]], y[[0, 77_777, 123_456, -1]], width=0.1)
    (ends,) = strokes(plotted([few], PLAIN))
    for end in ends:
        assert np.abs(corners - end).max(axis=1).min() <= 0.51


def test_dense_points_keep_one_for_each_place_with_all_of_their_intervals():
    rng = np.random.default_rng(1)
    x, y = rng.uniform(size=(2, 30_000))
    x[:9000], y[:9000] = 0.5, 0.5
    widths = np.zeros(30_000)
    widths[4321] = 3.0
    one = Series(
        label="",
        style="points",
        x=x.tolist(),
        y=y.tolist(),
        lo=(y - widths).tolist(),
        hi=(y + widths).tolist(),
    )
    svg = plotted([one], PLAIN)
    (bars,) = re.findall(r'<path d="([^"]*)" stroke="[^"]*" fill="none"/><path', svg)
    ends = np.array(re.findall(r"M[\d.]+ ([\d.]+)V([\d.]+)", bars), dtype=float)
    assert DENSE < len(ends) <= 30_000 - 8999
    # All but one interval are points; it spans the margins in of the whole axis.
    assert np.sort(ends[:, 0] - ends[:, 1])[-2:].tolist() == pytest.approx(
        [0, (273.6 - 44) / (1 + 2 * MARGIN)], abs=0.6
    )


def test_points_at_one_place_stand_side_by_side_and_the_legend_names_all():
    series = [line([1], [1], "points", f"learner {k}") for k in range(2)]
    svg = plotted(series, PLAIN, [Crossing(place=1.0, low=0.99, high=1.01, label="a = b at 1")])
    marks = re.findall(r'<path d="M([\d.]+) ([\d.]+)m[^"]*" fill', svg)
    assert float(marks[1][0]) - float(marks[0][0]) == pytest.approx(5.0)
    assert marks[0][1] == marks[1][1]
    assert re.findall(r">([^<>]*)</text></g>", svg) == ["learner 0", "learner 1", "a = b at 1"]


def test_what_is_clipped_has_a_name_of_its_own():
    names = {re.search(r'clipPath id="(\w+)"', plotted([line([0, 1], [0, k])], PLAIN))[1] for k in (1, 2, 2)}
    assert len(names) == 1 + 1
