"""Inner products have the bits of NumPy's sums, whatever the length of the vectors."""

import numpy as np
import pytest

from explore_theory.oracles.products import inner


@pytest.mark.parametrize("d", [0, 1, 2, 3, 4, 5, 9])
@pytest.mark.parametrize("shapes", [((7, 5), (7, 5)), ((7, 1), (7, 5)), ((3, 1, 4), (3, 6, 1)), ((), ())])
def test_products_are_those_of_numpy(d, shapes):
    chance = np.random.Generator(np.random.Philox(key=6))
    left, right = (chance.normal(size=(*shape, d)) * 10.0 ** chance.integers(-9, 9) for shape in shapes)
    found, known = inner(left, right), (left * right).sum(axis=-1)
    np.testing.assert_array_equal(found, known)
    assert found.shape == known.shape
