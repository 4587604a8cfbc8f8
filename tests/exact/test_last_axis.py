"""Sums and maxima over a short last axis are NumPy's to the last bit, whatever is in them."""

import numpy as np
import numpy.typing as npt
import pytest

from explore_theory.foundation import last_axis

Floats = npt.NDArray[np.float64]


def rows(columns: int, count: int, special: bool) -> Floats:
    """Numbers of very different sizes, `[count, columns]`; some are infinite, NaN or minus zero."""
    rng = np.random.default_rng(columns)
    found = rng.normal(size=(count, columns)) * 10.0 ** rng.integers(-9, 9, size=(count, columns))
    if special:
        for value in (np.inf, -np.inf, np.nan, -0.0):
            found[rng.random(found.shape) < 0.05] = value
    return found


def same(one: Floats, other: Floats) -> bool:
    """Bit for bit, but for the sign of a zero and the payload of a NaN."""
    return bool(np.array_equal(one, other, equal_nan=True))


@pytest.mark.parametrize("special", [False, True])
@pytest.mark.parametrize("columns", [1, 2, 3, 5, 7, 8, 9, 40])
@pytest.mark.parametrize("count", [1, 3, 4000])
def test_sums_and_maxima_are_those_of_numpy(columns: int, count: int, special: bool) -> None:
    given = rows(columns, count, special)
    with np.errstate(invalid="ignore"):
        for values in (given, np.asfortranarray(given), given[None, ::-1]):
            assert same(last_axis.total(values), values.sum(axis=-1))
            assert same(last_axis.largest(values), values.max(axis=-1))


@pytest.mark.parametrize("columns", [1, 2, 5, 8])
@pytest.mark.parametrize("count", [1, 4000])
def test_the_entry_at_the_largest_weight_is_the_first_of_equals(columns: int, count: int) -> None:
    rng = np.random.default_rng(7)
    weights = rng.integers(0, 3, size=(count, columns)).astype(float)
    weights[rng.random(weights.shape) < 0.2] = -np.inf
    values = rng.normal(size=(count, columns))
    place = np.argmax(weights, axis=-1)
    assert np.array_equal(last_axis.at_largest(weights, values), values[np.arange(count), place])


def test_weights_may_have_more_rows_than_values() -> None:
    weights = np.random.default_rng(8).normal(size=(500, 2, 3))
    values = np.array([[3.0, 1.0, 2.0]])
    assert np.array_equal(last_axis.at_largest(weights, values), values[0, np.argmax(weights, axis=-1)])


def test_a_row_does_not_see_how_many_there_are() -> None:
    given = rows(5, 4000, False)
    assert np.array_equal(last_axis.total(given)[:1], last_axis.total(given[:1]))
    assert np.array_equal(last_axis.largest(given)[:1], last_axis.largest(given[:1]))
