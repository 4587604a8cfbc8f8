"""How often each row occurs among many rows of small whole numbers."""

from collections.abc import Mapping

import numpy as np

from explore_theory.problems.protocol import Ints


def counted(rows: Ints) -> Mapping[tuple[int, ...], int]:
    """The rows that occur among `rows` `[N, columns]`, in order, and how often each does.

    A row goes by one number, its place in the box that holds all rows, which is sorted faster than rows are.
    """
    least = rows.min(axis=0)
    box = tuple(int(size) for size in np.ptp(rows, axis=0) + 1)
    place, counts = np.unique(np.ravel_multi_index(tuple((rows - least).T), box), return_counts=True)
    found = np.stack(np.unravel_index(place, box), axis=-1) + least
    return dict(zip(map(tuple, found.tolist()), counts.tolist(), strict=True))
