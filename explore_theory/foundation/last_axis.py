"""Sums and maxima over a last axis that is short: the atoms of a prompt, the literals of a term.

NumPy reduces one row at a time, which for rows of two or three numbers is nearly all overhead. Where there
are many such rows their columns are combined instead. The numbers are the same to the last bit: below
`_PAIRWISE` terms NumPy adds from left to right too, and a maximum does not depend on any order.

Arrays are `[..., K]`, results `[...]`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from explore_theory.foundation.validation import Floats

#: From here on NumPy adds in several running sums.
_PAIRWISE = 8
#: Rows per column that make up for one call of NumPy per column.
_ROWS = 8


def total(values: Floats) -> Floats:
    """``sum_k values[..., k]``."""
    return _folded(np.add, values) if _is_short(values) else np.asarray(values.sum(axis=-1))


def largest(values: Floats) -> Floats:
    """``max_k values[..., k]``; NaN where a row has one."""
    return _folded(np.maximum, values) if _is_short(values) else np.asarray(values.max(axis=-1))


def at_largest(weights: Floats, values: Floats) -> Floats:
    """The entry of `values` where `weights` (no NaN) is largest, the first such; they broadcast."""
    if not _is_short(weights):
        place = np.argmax(weights, axis=-1, keepdims=True)
        return np.asarray(np.take_along_axis(values, place, axis=-1)[..., 0])
    top, found = weights[..., 0], values[..., 0]
    for k in range(1, weights.shape[-1]):
        better = weights[..., k] > top
        top, found = np.where(better, weights[..., k], top), np.where(better, values[..., k], found)
    return np.asarray(found)


def _is_short(values: Floats) -> bool:
    """Whether there are few columns, and rows enough to combine them."""
    columns = values.shape[-1]
    return bool(1 < columns < _PAIRWISE and values.size >= _ROWS * columns * columns)


def _folded(combine: Callable[[Any, Any], Any], values: Floats) -> Floats:
    found = combine(values[..., 0], values[..., 1])
    for k in range(2, values.shape[-1]):
        found = combine(found, values[..., k])
    return np.asarray(found)
