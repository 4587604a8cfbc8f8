"""The noise of many rows' rewards: each row's is read from its own stream, whoever else is asked for some.

Letters: `R` rows, `k` pairs of rewards.
"""

import numpy as np

from explore_theory.foundation.streams import Streams
from explore_theory.problems.noise import Bernoulli, Gaussian, NoiseLaw, NoNoise
from explore_theory.problems.protocol import Floats, Ints

#: These read as many words of a row as it has rewards, and none of the others; of any other law one row is
#: asked at a time.
_KNOWN = (Gaussian, Bernoulli, NoNoise)


class RowsNoise:
    """A noise law, and the streams of rows that it is read from.

    Parameters
    ----------
    law
        How rewards are observed.
    streams
        Those of the rows; the noise has streams of its own.
    """

    def __init__(self, law: NoiseLaw, streams: Streams) -> None:
        self._law, path = law, (*streams.path, "noise")
        known = type(law) in _KNOWN
        self._all = Streams(path, streams.rows, streams.reseed) if known else None
        self._each = [] if known else [Streams(path, [row], streams.reseed) for row in streams.rows]

    def of(self, rows: Ints, mean: Floats) -> Floats:
        """Noisy versions of `mean` `[k, 2]`, rewards of `rows` `[k]`; those of a row stand in its order."""
        counts, seen = np.bincount(rows), np.empty_like(mean)
        if self._all is None:
            for row in np.flatnonzero(counts):
                mine = rows == row
                seen[mine] = self._law.observe(mean[mine].reshape(1, -1), self._each[row]).reshape(-1, 2)
            return seen
        order = np.argsort(rows, kind="stable")
        for count in np.unique(counts[counts > 0]).tolist():
            # All rows that have equally many rewards, side by side.
            of_rows = np.zeros(len(self._all.rows), dtype=bool)
            of_rows[: counts.size] = counts == count
            here = order[of_rows[rows[order]]]
            told = np.zeros((of_rows.size, 2 * count))
            told[of_rows] = mean[here].reshape(-1, 2 * count)
            seen[here] = self._law.observe(told, self._all, of_rows)[of_rows].reshape(-1, 2)
        return seen
