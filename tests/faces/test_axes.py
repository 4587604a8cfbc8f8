"""Axes of figures: powers as text, and nothing cut off."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from explore_theory.reporting.axes import fit, plain_powers


def drawn(values, *, label="a curve", size=(7.4, 3.8)):
    canvas = Figure(figsize=size)
    axes = canvas.add_axes((0.1, 0.14, 0.65, 0.83))
    axes.plot(range(len(values)), values, label=label)
    axes.set_xlabel("across")
    axes.set_ylabel("up")
    axes.set_yscale("log")
    plain_powers(axes.yaxis)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return canvas, axes


def labels(axes, which):
    return [one.get_text() for one in axes.yaxis.get_ticklabels(which=which) if one.get_text()]


@pytest.mark.parametrize(
    ("values", "which", "some"),
    [
        ([1e-3, 1e12], "major", {"10⁻²", "10⁰", "10¹²"}),
        ([2e3, 6e3], "minor", {"2×10³", "3×10³", "6×10³"}),
        ([2e3, 6e4], "minor", {"2×10³", "6×10⁴"}),
        ([2e-4, 6e-4], "minor", {"2×10⁻⁴", "4×10⁻⁴"}),
    ],
)
def test_powers_are_written_as_text(values, which, some):
    canvas, axes = drawn(values)
    FigureCanvasAgg(canvas).draw()
    found = labels(axes, which)
    assert some <= set(found)
    assert not any("$" in text for text in found)


@pytest.mark.parametrize("label", ["a", "a label that takes up half of the whole width of its figure"])
def test_all_that_hangs_on_the_axes_is_inside_the_canvas(label):
    canvas, axes = drawn([2e-9, 3.0, 5e12], label=label)
    axes.set_title("above")
    fit(canvas, axes)
    whole = axes.get_tightbbox(FigureCanvasAgg(canvas).get_renderer())
    assert whole.x0 >= 0
    assert whole.y0 >= 0
    assert whole.x1 <= canvas.bbox.width
    assert whole.y1 <= canvas.bbox.height
    assert whole.width > 0.9 * canvas.bbox.width
    # Bounds of text move by less than a unit from one place to another.
    assert whole.y0 == pytest.approx(4.0, abs=1.5)
    assert canvas.bbox.height - whole.y1 == pytest.approx(4.0, abs=1.5)


def test_curves_have_room_beside_a_label_without_end():
    canvas, axes = drawn([1.0, 10.0], label="w" * 400)
    fit(canvas, axes)
    assert axes.get_position().width == pytest.approx(0.2)
