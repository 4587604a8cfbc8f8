"""The span of features: its rank, and coordinates in which no direction is small.

Leverages do not change under linear maps of the features, and solvers do. Features of order one are taken as
they are, in an orthonormal basis of their span. Others are whitened: columns are scaled by powers of two,
linearly independent ones are chosen by a pivoted QR, and their Q is the coordinates. Letters: `N` vectors,
`d` dimension, `k` rank.
"""

from dataclasses import dataclass

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.problems.protocol import Floats, Ints

#: Singular values in this range are of order one.
_LEAST, _MOST = 1e-1, 1e2
#: A scaled column that is closer to the span of others than this, relative to the largest, is left out.
COLLINEAR = 1e-10


@dataclass(frozen=True, eq=False)
class Span:
    """Coordinates of features in their span.

    Parameters
    ----------
    inside
        `[N, k]`: an invertible linear image of the features, or of their `columns`.
    columns
        `[k]`: linearly independent columns of the features that were whitened; None where all were taken as
        they are.
    """

    inside: Floats
    columns: Ints | None

    @property
    def rank(self) -> int:
        """`k`."""
        return int(self.inside.shape[1])


def span_of(vectors: Floats) -> Span:
    """The span of `vectors` `[N, d]`.

    Raises
    ------
    InvalidProblem
        If all are zero.
    """
    if not vectors.any():
        raise InvalidProblem("features must not all be zero, got features of rank 0")
    _, size, rows = np.linalg.svd(vectors, full_matrices=False)
    rank = int((size > size[0] * max(vectors.shape) * np.finfo(np.float64).eps).sum())
    if size[0] <= _MOST and size[rank - 1] >= _LEAST:
        return Span(vectors @ np.asarray(rows[:rank].T), None)
    return _whitened(vectors)


def exponents(vectors: Floats) -> Ints:
    """`[d]`: the powers of two that bring the largest entry of each column into ``[1/2, 1)``."""
    return np.asarray(-np.frexp(np.abs(vectors).max(axis=0))[1], dtype=np.int64)


def scaled(vectors: Floats) -> Floats:
    """`vectors` with columns scaled by `exponents`: nothing is rounded."""
    return np.ldexp(vectors, exponents(vectors))


def independent_columns(vectors: Floats, rank: int) -> Ints:
    """`[rank]`: the numbers of columns of `vectors` that a pivoted QR finds furthest from dependent."""
    from scipy.linalg import qr

    order = qr(scaled(vectors), mode="r", pivoting=True)[1]
    return np.sort(order[:rank]).astype(np.int64)


def _whitened(vectors: Floats) -> Span:
    from scipy.linalg import qr

    even = scaled(vectors)
    triangle = qr(even, mode="r", pivoting=True)[0]
    size = np.abs(np.diag(triangle))
    columns = independent_columns(vectors, int((size > COLLINEAR * size[0]).sum()))
    orthogonal = qr(even[:, columns], mode="economic")[0]
    return Span(np.sqrt(len(vectors)) * orthogonal, columns)
