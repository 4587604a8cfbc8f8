"""Figures for print: the width of a column, letters in the file, everything inside, the same bytes twice."""

import re

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from explore_theory.reporting.figures import Series
from explore_theory.reporting.paper import figures
from explore_theory.reporting.paper.figures import WIDTHS, _composed, _folded, printed

LONG = "calls of the learner that plays a D-optimal design over the relative features of all responses"


def one(label, style="line", points=5):
    x = tuple(float(10**k) for k in range(points))
    y = tuple(value**1.5 for value in x)
    return Series(label=label, style=style, x=x, y=y, lo=tuple(v / 2 for v in y), hi=tuple(2 * v for v in y))


def declared(x_label="x", y_label="y", **more):
    words = {"slug": "f", "title": "Not printed", "x_label": x_label, "y_label": y_label}
    return words | {"x_log": True, "y_log": True, "curves": [{}], **more}


@pytest.fixture
def drawn(monkeypatch):
    """The files of a figure of the given series."""

    def make(*found, **labels):
        monkeypatch.setattr(figures, "series", lambda curve, result: list(found))
        return dict(printed(declared(**labels), None))

    return make


def test_there_is_a_pdf_and_an_svg_at_the_width_of_one_and_of_two_columns(drawn):
    files = drawn(one("a"), one("b", "points"))
    assert set(files) == {f"{name}.{ending}" for name in ("single", "double") for ending in ("pdf", "svg")}
    for name, inches in (("single", 3.25), ("double", 6.75)):
        (box,) = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", files[f"{name}.pdf"])
        assert float(box[0]) == pytest.approx(72 * inches)
        assert f'width="{72 * inches:g}pt"' in files[f"{name}.svg"].decode()


def test_letters_are_in_the_files_and_no_title_and_no_date(drawn):
    files = drawn(one("a label"))
    for name, content in files.items():
        assert b"Not printed" not in content
        assert not re.search(rb"/CreationDate|/Producer|/Creator|<dc:date>|20\d\d-\d\d-\d\d", content), name
        if name.endswith("pdf"):
            assert b"/FontFile2" in content
            assert b"/CIDFontType2" in content
            assert b"/Type3" not in content
        else:
            assert b"<text" not in content
            assert b'id="DejaVuSans-' in content


def test_two_runs_give_the_same_bytes(drawn):
    assert drawn(one("a"), one("b", "points")) == drawn(one("a"), one("b", "points"))


def test_without_points_there_is_no_figure(drawn):
    assert drawn() == {}


@pytest.mark.parametrize("width", WIDTHS.values())
@pytest.mark.parametrize(
    ("labels", "axes"),
    [
        (["a"], {}),
        ([LONG, f"another {LONG}"], {}),
        ([f"law of learner {k}" for k in range(9)], {}),
        ([f"{a}, d = {10**b}" for a in ("needed", "published form", "weak sampling") for b in (4, 5)], {}),
        (["a", "b"], {"x_label": LONG, "y_label": LONG}),
    ],
)
def test_nothing_is_cut_off_nor_lies_on_the_legend(width, labels, axes):
    found = [one(label, style) for label in labels for style in ("line",)]
    with mpl.rc_context(figures._PRINT):
        canvas = _composed(declared(**axes), found, width, 1.9)
        # Finer than what it was made with, so that letters have the widths that a printer gives them.
        canvas.set_dpi(720)
        renderer = FigureCanvasAgg(canvas).get_renderer()
        (axis,), (legend,) = canvas.axes, canvas.legends
        whole, below = axis.get_tightbbox(renderer), legend.get_window_extent(renderer)
        inside = axis.get_window_extent(renderer)
    wide, high = 720 * np.array(canvas.get_size_inches())
    assert wide == pytest.approx(720 * width)
    for box in (whole, below):
        assert min(box.x0, box.y0) > -1
        assert box.x1 < wide + 1
        assert box.y1 < high + 1
    assert below.y1 < whole.y0
    assert inside.height == pytest.approx(1.9 * 720, abs=5)
    assert inside.width > 0.6 * wide
    assert [text.get_text().replace("\n", " ") for text in legend.get_texts()] == labels
    assert axis.get_title() == ""


def test_letters_are_of_a_size_that_can_be_read():
    with mpl.rc_context(figures._PRINT):
        canvas = _composed(declared(), [one("a")], 3.25, 1.9)
        (axis,), (legend,) = canvas.axes, canvas.legends
        ticks = [label for side in (axis.xaxis, axis.yaxis) for label in side.get_ticklabels()]
        sizes = {
            text.get_fontsize() for text in [*legend.get_texts(), *ticks, axis.xaxis.label, axis.yaxis.label]
        }
    assert min(sizes) >= 7


def test_a_line_through_one_point_can_be_seen():
    with mpl.rc_context(figures._PRINT):
        canvas = _composed(declared(), [one("a", points=1), one("b")], 3.25, 1.9)
    markers = {line.get_label(): line.get_marker() for line in canvas.axes[0].lines}
    assert markers == {"a": "_", "b": "None"}


def test_words_are_folded_between_them_and_mathematics_is_not():
    with mpl.rc_context(figures._PRINT):
        canvas = _composed(declared(), [one("a")], 3.25, 1.9)
        renderer = FigureCanvasAgg(canvas).get_renderer()
        assert _folded("one two three", 1.0, canvas, 8.0, renderer) == "one\ntwo\nthree"
        assert _folded("one two three", 500.0, canvas, 8.0, renderer) == "one two three"
        assert _folded("of $a + b$ or c", 1.0, canvas, 8.0, renderer) == "of\n$a + b$\nor\nc"
        assert _folded("", 1.0, canvas, 8.0, renderer) == ""
