"""Inner products of many short vectors."""

import numpy as np

from explore_theory.problems.protocol import Floats

#: Vectors up to this long are multiplied coordinate by coordinate.
_SHORT = 4


def inner(left: Floats, right: Floats) -> Floats:
    """``sum_i left_i right_i`` over the last axis of `[..., d]`, `[...]`.

    NumPy adds up few numbers in their order too, so the bits do not depend on the way; but its inner loop
    would be as short as the vectors are.
    """
    d = left.shape[-1]
    if not 0 < d <= _SHORT:
        return np.asarray((left * right).sum(axis=-1))
    total = left[..., 0] * right[..., 0]
    for i in range(1, d):
        total = total + left[..., i] * right[..., i]
    return np.asarray(total)
