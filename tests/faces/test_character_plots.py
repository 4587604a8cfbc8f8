"""Figures in characters: every point at its place, in lines that fit."""

import itertools
import math

import pytest
from made_results import case, result

from explore_theory.reporting.plots import ASCII, UNICODE, Axis, plot

CURVE = {"label": "c", "check": "stated", "style": "points", "by": None, "only": {}, "x": "n", "y": "cost"}


def figure(*curves, **more):
    given = {"slug": "f", "title": "t", "x_label": "n", "y_label": "cost", "x_log": False, "y_log": False}
    return {**given, "curves": curves or (CURVE,), **more}


def points(*pairs, bands=()):
    """A result whose cases are the points `pairs`, with the interval of each in `bands`."""
    made = []
    for k, (x, y) in enumerate(pairs):
        notes = {"cost": [y]}
        if bands:
            notes |= {"cost at least": [bands[k][0]], "cost at most": [bands[k][1]]}
        made.append(case(f"case-{k}", params={"n": x}, notes=notes))
    return result(cases=made)


def canvas(lines, signs=UNICODE):
    """The cells alone, top row first."""
    edges = (signs.up, signs.tick)
    rows = [line for line in lines if any(line[:12].find(edge) >= 0 for edge in edges)][:15]
    gutter = min(row.index(edge) for row in rows for edge in edges if edge in row[:12])
    return [row[gutter + 1 :] for row in rows]


def places(lines, letter):
    """``(column, row from the bottom)`` of every cell with `letter`."""
    rows = canvas(lines)
    return sorted(
        (at, len(rows) - 1 - down) for down, row in enumerate(rows) for at, c in enumerate(row) if c == letter
    )


def test_points_stand_at_the_ends_and_in_the_middle():
    lines = plot(figure(), points((0.0, 0.0), (5.0, 5.0), (10.0, 10.0)), width=60)
    (left, low), (middle, half), (right, high) = places(lines, "a")
    assert (left, low, high) == (0, 0, 14)
    assert half == 7
    assert abs(middle - right / 2) <= 0.5
    assert len(lines[1]) <= 60
    assert right == max(map(len, canvas(lines))) - 1


def test_logarithmic_axes_put_powers_at_equal_steps():
    given = points((1.0, 1.0), (100.0, 1e4), (1e4, 1e8))
    lines = plot(figure(x_log=True, y_log=True), given, width=60)
    (first, low), (second, half), (third, high) = places(lines, "a")
    assert (low, half, high) == (0, 7, 14)
    assert abs((second - first) - (third - second)) <= 1
    # Each axis has its own scale.
    (_, low), (_, half), (_, high) = places(plot(figure(y_log=True), given, width=60), "a")
    assert (low, half, high) == (0, 7, 14)
    linear = places(plot(figure(), given, width=60), "a")
    assert linear[1][0] <= 1


def test_ticks_are_where_their_numbers_say():
    lines = plot(figure(x_log=True, y_log=True), points((1.0, 1.0), (1e4, 1e4)), width=70)
    axis, numbers = next(pair for pair in itertools.pairwise(lines) if UNICODE.corner in pair[0])
    for at, sign in enumerate(axis):
        if sign == UNICODE.below:
            assert numbers[at : at + 1].strip(), (axis, numbers)
    assert numbers.split() == ["1", "10", "100", "1000", "1e4"]
    rows = [line for line in lines if UNICODE.tick in line]
    assert [row.split(UNICODE.tick)[0].strip() for row in rows] == ["1e4", "1000", "100", "10", "1"]


def test_intervals_span_their_ends_and_leave_the_point():
    lines = plot(figure(), points((1.0, 5.0), (2.0, 5.0), bands=[(0.0, 10.0), (5.0, 5.0)]), width=50)
    rows = canvas(lines)
    column = [row[0] if row else " " for row in rows]
    assert column.count(UNICODE.interval) == 14
    assert column[7] == "a"
    assert "with intervals" in lines[-1]


def test_an_interval_without_an_end_goes_to_the_edge():
    given = points((1.0, 5.0), (2.0, 3.0), bands=[(0.0, 6.0), (2.0, 10.0)])
    lines = plot(figure(y_log=True), given, width=50)
    assert canvas(lines)[-1].startswith(UNICODE.interval)


def test_lines_join_their_points_and_points_do_not():
    given = points((0.0, 0.0), (10.0, 10.0))
    assert UNICODE.line not in "".join(canvas(plot(figure(), given, width=50)))
    joined = canvas(plot(figure({**CURVE, "style": "line"}), given, width=50))
    assert all(set(row) & {UNICODE.line, "a"} for row in joined)


def test_series_have_letters_and_what_they_share_has_another_sign():
    other = {**CURVE, "label": "other", "y": "n"}
    lines = plot(figure(CURVE, other), points((1.0, 1.0), (2.0, 3.0)), width=50)
    assert len(places(lines, "#")) == 1
    assert len(places(lines, "a")) == len(places(lines, "b")) == 1
    assert lines[-3:] == ["a  c", "b  other", "#  several of these"]


def test_what_has_no_place_is_counted():
    given = points((1.0, 1.0), (-1.0, 2.0), (0.0, 3.0), (10.0, 4.0), (20.0, math.inf), (3.0, math.nan))
    lines = plot(figure(x_log=True), given, width=50)
    assert lines[-1] == "not shown: 4 points without a place on these axes"
    assert len(places(lines, "a")) == 2


@pytest.mark.parametrize("value", [0.0, 3.0, -7.0, 1e308, 5e-324])
def test_a_single_point_has_room_around_it(value):
    assert len(places(plot(figure(), points((value, value)), width=50), "a")) == 1


@pytest.mark.parametrize("pair", [((-1.7e308, 0.0), (1.7e308, 1.0)), ((1e-300, 1.0), (1e300, 2.0))])
def test_ranges_beyond_doubles_are_drawn(pair):
    lines = plot(figure(x_log=pair[0][0] > 0), points(*pair), width=60)
    assert next(column for column, _ in places(lines, "a")) == 0


def test_adjacent_doubles_are_no_division_by_zero():
    assert plot(figure(x_log=True), points((1.0, 1.0), (math.nextafter(1.0, 2.0), 1.0)), width=50)


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_it_fits(width):
    given = points(*((10.0**k, 3.0**k) for k in range(30)))
    for log in (False, True):
        lines = plot(figure({**CURVE, "style": "line"}, x_log=log, y_log=log), given, width=width)
        assert max(map(len, lines)) == min(width, 80)


def test_nothing_to_draw_and_no_room_are_no_plot():
    assert plot(figure(), points((1.0, 1.0)), width=39) is None
    assert plot(figure(x_log=True), points((0.0, 1.0)), width=80) is None
    assert plot(figure({**CURVE, "check": "another"}), points((1.0, 1.0))) is None


def test_ascii_is_the_same_drawing():
    given = points((1.0, 1.0), (2.0, 3.0), bands=[(0.5, 1.5), (2.0, 4.0)])
    plain = plot(figure({**CURVE, "style": "line"}), given, width=50, signs=ASCII)
    rich = plot(figure({**CURVE, "style": "line"}), given, width=50)
    assert all(line.isascii() for line in plain)
    table = {ord(a): b for a, b in zip(vars(UNICODE).values(), vars(ASCII).values(), strict=True)}
    assert [line.translate(table) for line in rich] == plain


@pytest.mark.parametrize(
    ("low", "high", "log"),
    [
        (1, 1e9, True),
        (0.2, 0.9, True),
        (1e-300, 1e300, True),
        (0.0, 1.0, False),
        (-3, 1e6, False),
        (-1.7e308, 1.7e308, False),
    ],
)
def test_ticks_lie_between_the_ends_in_order(low, high, log):
    axis = Axis(low=low, high=high, cells=50, log=log)
    ticks = axis.ticks(5)
    assert ticks == sorted(ticks)
    assert len(ticks) >= 2
    assert all(low <= tick <= high and 0 <= axis.cell(tick) < 50 for tick in ticks)
