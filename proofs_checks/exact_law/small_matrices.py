"""Symmetric matrices `[n, d, d]` with ``d <= 2``, by Cramer's rule; LAPACK takes a call for each."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def determinant(matrices: Floats) -> Floats:
    """``det``, `[n]`."""
    if _size(matrices) == 1:
        return matrices[:, 0, 0]
    return np.asarray(matrices[:, 0, 0] * matrices[:, 1, 1] - matrices[:, 0, 1] * matrices[:, 1, 0])


def inverse(matrices: Floats) -> Floats:
    """``A^{-1}``, `[n, d, d]`."""
    if _size(matrices) == 1:
        return np.asarray(1 / matrices)
    adjugate = np.empty_like(matrices)
    adjugate[:, 0, 0], adjugate[:, 1, 1] = matrices[:, 1, 1], matrices[:, 0, 0]
    adjugate[:, 0, 1], adjugate[:, 1, 0] = -matrices[:, 0, 1], -matrices[:, 1, 0]
    return np.asarray(adjugate / determinant(matrices)[:, None, None])


def squared_norms(inverses: Floats, vectors: Floats) -> Floats:
    """``v^T A v``, `[...]`, of `inverses` `[..., d, d]` and `vectors` `[..., d]`."""
    if _size(inverses) == 1:
        return np.asarray(inverses[..., 0, 0] * vectors[..., 0] ** 2)
    first, second = vectors[..., 0], vectors[..., 1]
    mixed = inverses[..., 0, 1] + inverses[..., 1, 0]
    return np.asarray(
        inverses[..., 0, 0] * first**2 + inverses[..., 1, 1] * second**2 + mixed * first * second
    )


def _size(matrices: Floats) -> int:
    d = int(matrices.shape[-1])
    if d not in (1, 2):
        raise ValueError(f"d must be 1 or 2, got d={d}")
    return d
