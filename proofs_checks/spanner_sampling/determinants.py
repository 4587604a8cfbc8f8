"""Determinants of ``lambda I + sum phi phi^T``: the rank-one identity by computer algebra, and searches."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from explore_theory.harness import Trial, climb
from proofs_checks.spanner_sampling.regression import LONGEST, Floats


def symbolic_matrix(d: int) -> Any:
    """Any positive definite ``d x d`` matrix: ``T T^T``, `T` lower triangular with positive entries.

    (Entries below the diagonal may have any sign; an identity of rational functions that holds for positive
    ones holds for all.)
    """
    import sympy as sp

    factor = sp.zeros(d, d)
    for i in range(d):
        for j in range(i + 1):
            factor[i, j] = sp.Symbol(f"t{i + 1}{j + 1}", positive=True)
    return factor * factor.T


def symbolic_vectors(d: int, count: int) -> list[Any]:
    """`count` column vectors of `d` symbols."""
    import sympy as sp

    return [sp.Matrix(sp.symbols(f"f{k + 1}_1:{d + 1}", positive=True)) for k in range(count)]


def symbolic_norm(vector: Any, matrix: Any) -> Any:
    """``|vector|^2`` in the inverse of `matrix`."""
    return (vector.T * matrix.adjugate() * vector)[0, 0] / matrix.det()


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """`K` lists of `n` pairs of norm at most `L`, `vectors` `[K, n, d]`, with a ridge `[K]` for each."""

    vectors: Floats
    ridge: Floats
    effort: int

    def describe(self, k: int) -> dict[str, Any]:
        """List `k` in full, for the record."""
        return {"ridge": float(self.ridge[k]), "pairs": self.vectors[k].tolist()}


def log_growth(pairs: Pairs) -> Floats:
    """``log(det Sigma_n/det lambda I)``, `[K]`, from determinants."""
    vectors = pairs.vectors / np.sqrt(pairs.ridge)[:, None, None]
    d = vectors.shape[-1]
    # One matrix product per list: rows do not mix.
    total = np.array([v.T @ v for v in vectors])
    return np.asarray(np.linalg.slogdet(np.eye(d) + total)[1])


def decode(z: Floats, n: int, d: int, ridges: tuple[float, float], effort: int) -> Pairs:
    """Pairs from `[K, n d + 2]` coordinates: coordinate vectors in turn, disturbed by as much as the search
    likes, and cut to norm `L`; ``log lambda`` fills the range `ridges`.
    """
    size = len(z)
    turn = np.tile(LONGEST * np.eye(d), (n // d + 1, 1))[:n]
    noise = np.exp(3.0 * z[:, -1:] - 2.0)[:, :, None]
    vectors = turn + noise * z[:, : n * d].reshape(size, n, d)
    norm = np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True))
    low, high = np.log(ridges[0]), np.log(ridges[1])
    ridge = np.exp(np.clip(0.5 * (low + high) + 0.3 * (high - low) * z[:, -2], low, high))
    return Pairs(vectors=vectors * np.minimum(1.0, LONGEST / norm), ridge=ridge, effort=effort)


def search(trial: Trial, score: Any, ridges: tuple[float, float]) -> Pairs:
    """The lists of pairs with the largest `score` (of `Pairs`, `[K]`) that each chain found."""
    p = trial.case.params
    n, d, steps = int(p["n"]), int(p["d"]), int(p["steps"])
    best = climb(lambda z: score(decode(z, n, d, ridges, 0)), n * d + 2, steps, trial.streams)
    return decode(best, n, d, ridges, len(trial.rows) * (1 + steps))
