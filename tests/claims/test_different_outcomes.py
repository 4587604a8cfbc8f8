"""What outcomes there are and how often, by ranks as by NumPy's sort of whole rows."""

import numpy as np
import pytest

from proofs_checks.exact_law import comparison


@pytest.mark.parametrize(("reach", "columns"), [(2, 1), (3, 5), (10**9, 2), (2**61, 3), (300, 9)])
def test_rows_are_told_apart_as_numpy_does(reach, columns):
    chance = np.random.Generator(np.random.Philox(key=7))
    rows = chance.integers(-reach, reach, (200, columns))
    rows[100:] = rows[:100]
    rows[:, 0] %= 2  # Columns of different sizes.
    for outcomes in (rows, rows[:1], rows[:0]):
        found, counts = comparison.different(outcomes)
        known, number = np.unique(outcomes, axis=0, return_counts=True)
        np.testing.assert_array_equal(found, known)
        np.testing.assert_array_equal(counts, number)


def test_two_samples_are_counted_at_the_places_of_the_largest_difference():
    """By a sort of its own: the distance of empirical distribution functions, in the order of one column."""
    chance = np.random.Generator(np.random.Philox(key=8))
    first, second = chance.integers(0, 500, (3000, 1)), chance.integers(3, 510, (1000, 1))
    (part,) = comparison.of_samples(first, second, ("one",)).parts.values()
    mine, theirs = np.array(list(part.counts.values())).T
    assert (mine.sum(), theirs.sum()) == (3000, 1000) == part.sizes
    ahead = np.abs(np.cumsum(mine) / 3000 - np.cumsum(theirs) / 1000).max()
    places = np.arange(511)
    by_place = [np.searchsorted(np.sort(x[:, 0]), places, "right") / len(x) for x in (first, second)]
    assert ahead == np.abs(by_place[0] - by_place[1]).max()
