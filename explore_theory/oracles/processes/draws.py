"""Uniforms of many queries at once, each from the running count of its own row.

Word `i` of a row is a hash (SplitMix64: Steele, Lea and Flood 2014) of the row's key and `i`, as in
`oracles.tokens.literal`: what happens to a row does not depend on its peers, nor on how its queries are cut
into calls.

Letters: `R` rows, `k` queries of one call, `m` draws per query, `N` outcomes.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.streams import Streams, derived_key
from explore_theory.oracles.constants import GOLDEN
from explore_theory.oracles.tokens.walks import mixed
from explore_theory.problems.protocol import Floats, Ints

_GOLDEN = np.uint64(GOLDEN)


class RowDraws:
    """A running count per row, and uniforms from it; ``name`` keeps different purposes apart."""

    def __init__(self, streams: Streams, name: str) -> None:
        keys = [derived_key((*streams.path, name), row, streams.reseed) for row in streams.rows]
        self._keys = np.array([key & (2**64 - 1) for key in keys], dtype=np.uint64)
        self.position = np.zeros(len(keys), dtype=np.uint64)

    def uniform(self, rows: Ints, m: int) -> Floats:
        """`[k, m]` uniforms on the midpoints of a grid of 2^52, never 0 and never 1."""
        count = np.bincount(rows, minlength=self.position.size)
        order = np.argsort(rows, kind="stable")
        rank = np.empty(rows.size, dtype=np.int64)
        rank[order] = np.arange(rows.size) - np.repeat(np.cumsum(count) - count, count)
        with np.errstate(over="ignore"):
            first = self.position[rows] + np.uint64(m) * rank.astype(np.uint64)
            place = first[:, None] + np.arange(1, m + 1, dtype=np.uint64)
            words = mixed(mixed(self._keys[rows])[:, None] + place * _GOLDEN)
            self.position += np.uint64(m) * count.astype(np.uint64)
        return ((words >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def outcomes(cdf: Floats, law: Ints, uniform: Floats) -> Ints:
    """`[k, m]`: outcomes of the laws `law` `[k]` by the distribution functions `cdf` `[n, N]`.

    `uniform` `[k, m]`. Never one of mass zero: levels lie strictly between 0 and the whole mass.
    """
    found = np.empty(uniform.shape, dtype=np.int64)
    for which, places in grouped(law, len(cdf)):
        level = uniform[places] * cdf[which, -1]
        found[places] = np.searchsorted(cdf[which], level, side="right")
    return found


def grouped(labels: Ints, count: int) -> Iterator[tuple[int, npt.NDArray[np.intp]]]:
    """Labels below `count` that occur in `labels` `[k]`, each with the places where, in order."""
    order = np.argsort(labels, kind="stable")
    ends = np.cumsum(np.bincount(labels, minlength=count))
    start = 0
    for label, end in enumerate(ends.tolist()):
        if end > start:
            yield label, order[start:end]
        start = end
