"""Alias tables: one of many outcomes from one uniform and one look, whatever their number.

Walker, *An efficient method for generating discrete random variables with general distributions* (1977), with
the construction of Vose, *A linear algorithm for generating random numbers with a given distribution* (1991).
Cell `c` of `C` keeps its own outcome with probability ``keep[c]`` and gives ``other[c]`` else; a uniform `u`
chooses cell ``floor(u C)`` and decides by the fraction that is left. An outcome without mass is never given.

Letters: `T` tables, `C` outcomes of each.
"""

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.compiled import compiled

Floats = npt.NDArray[np.float64]
Cells = npt.NDArray[np.int32]


@compiled
def fill_tables(mass: Floats, keep: Floats, other: Cells) -> None:
    """Fill `keep` and `other` `[T, C]` for masses `[T, C]`, non-negative and not all zero in a row."""
    tables, count = mass.shape
    short, long = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    left = np.empty(count)
    for t in range(tables):
        total, heaviest = 0.0, 0
        for c in range(count):
            total += mass[t, c]
            if mass[t, c] > mass[t, heaviest]:
                heaviest = c
        shorts, longs = 0, 0
        for c in range(count):
            left[c] = mass[t, c] * count / total
            if left[c] < 1.0:
                short[shorts] = c
                shorts += 1
            else:
                long[longs] = c
                longs += 1
        while shorts > 0 and longs > 0:
            shorts -= 1
            small, large = short[shorts], long[longs - 1]
            keep[t, small], other[t, small] = left[small], large
            left[large] -= 1.0 - left[small]
            if left[large] < 1.0:
                longs -= 1
                short[shorts] = large
                shorts += 1
        # What remains is one up to rounding; a cell without mass may remain too, and gives the heaviest one.
        while longs > 0:
            longs -= 1
            keep[t, long[longs]], other[t, long[longs]] = 1.0, long[longs]
        while shorts > 0:
            shorts -= 1
            small = short[shorts]
            keep[t, small], other[t, small] = (1.0 if mass[t, small] > 0.0 else 0.0), heaviest


def chosen(keep: Floats, other: Cells, rows: npt.NDArray[np.int64], level: Floats) -> npt.NDArray[np.int64]:
    """`[n]`: an outcome of table ``rows[i]`` for each uniform ``level[i]``."""
    place = level * keep.shape[-1]
    cell = place.astype(np.int64)
    found = np.where(place - cell < keep[rows, cell], cell, other[rows, cell])
    return np.asarray(found, dtype=np.int64)
