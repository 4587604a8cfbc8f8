"""The largest leverage is over all vectors, also those that a design leaves out."""

import numpy as np
import pytest

from explore_theory.certify.leverage import largest_leverage


def test_a_vector_without_weight_has_a_leverage_too():
    vectors = [[1.0, 0.0], [0.0, 1.0], [2.0, 0.0]]
    lo, hi = largest_leverage(vectors, [2.0, 2.0, 0.0])
    assert lo <= 8 <= hi
    assert hi - lo < 1e-8


@pytest.mark.parametrize("scale", [1.0, 5.0])
def test_it_is_that_of_another_library(scale):
    rng = np.random.default_rng(1)
    vectors, weights = rng.normal(size=(7, 3)), scale * rng.dirichlet(np.ones(7))
    covariance = (vectors.T * weights) @ vectors / weights.sum()
    expected = max(v @ np.linalg.solve(covariance, v) for v in vectors)
    lo, hi = largest_leverage(vectors, weights)
    assert lo - 1e-9 <= expected <= hi + 1e-9
