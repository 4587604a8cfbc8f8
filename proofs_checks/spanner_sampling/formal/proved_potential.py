"""S2 and S3 in Coq, held against the package at rational lists of vectors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from explore_theory.claims import Bridged, Proof
from proofs_checks.formal.terms import fractions, real, table2
from proofs_checks.spanner_sampling.determinants import Pairs
from proofs_checks.spanner_sampling.regression import LONGEST

#: A number of lists of vectors, `[K]`.
Number = Callable[[Pairs], npt.NDArray[np.float64]]

#: What is unfolded before vectors become numbers.
MATRICES = (
    "Matrices.Sigma",
    "Matrices.square",
    "Matrices.det",
    "Matrices.reduced",
    "Matrices.schur",
    "Matrices.identity",
    "Sums.table2",
    "Sums.table",
)
#: Interval arithmetic knows no minimum: each is first shown to be one of its two arguments.
MINIMA = "repeat first [rewrite Rmin_right by interval | rewrite Rmin_left by interval]"


@dataclass(frozen=True)
class Listed:
    """One list of vectors, as the package has it and in pieces of Coq."""

    pairs: Pairs
    ridge: str
    vectors: str

    def vectors_in(self, definition: str) -> str:
        """``definition d lambda phi n``."""
        _, n, d = self.pairs.vectors.shape
        return f"{definition} {d} {self.ridge} {self.vectors} {n}"

    def count_in(self, definition: str) -> str:
        """``definition d lambda n L``."""
        _, n, d = self.pairs.vectors.shape
        return f"{definition} {d} {self.ridge} {n} {LONGEST:.0f}"


def lists(rng: np.random.Generator) -> Sequence[Listed]:
    """Lists of unequal dimensions, numbers of vectors and ridges; norms stay below ``L = 2``.

    In the first, squared norms in the inverse exceed one.
    """
    found = []
    for d, n, ridge in ((1, 2, Fraction(1, 7)), (2, 3, Fraction(7, 4)), (3, 2, Fraction(2, 3))):
        vectors = [fractions(rng, d, 4, 9, 9) for _ in range(n)]
        pairs = Pairs(
            vectors=np.array([[[float(x) for x in vector] for vector in vectors]]),
            ridge=np.array([float(ridge)]),
            effort=1,
        )
        found.append(Listed(pairs, real(ridge), table2(vectors)))
    return found


def acceptances(growth: Number, volume: Number) -> Proof:
    """S2; `growth` and `volume` are the claim's own two sides of the trace bound."""

    def bridge(rng: np.random.Generator) -> list[Bridged]:
        tactic = f"unfold growth, {', '.join(MATRICES)}; simpl; interval"
        return [
            sides
            for one in lists(rng)
            for sides in (
                Bridged(term=one.vectors_in("growth"), value=growth(one.pairs)[0], by=tactic),
                Bridged(term=one.count_in("log_volume"), value=volume(one.pairs)[0], unfold=("log_volume",)),
            )
        ]

    return Proof(
        file="formal/s2.v",
        theorem="acceptances",
        says=(
            "For every d >= 1, lambda > 0, nu, L and every list of n vectors with |phi| <= L that pass the "
            "test: each multiplies det Sigma (the product of pivots) by more than 1 + nu^2, the trace bound "
            "holds, and n is at most the largest n' that the inequality allows."
        ),
        bridge=bridge,
        negations={
            "squared-factor": "squared_factor_is_false",
            "dimension-dropped": "dimension_dropped_is_false",
        },
    )


def elliptical_potential(total: Number, stated: Number) -> Proof:
    """S3; `total` and `stated` are the claim's own two sides."""

    def bridge(rng: np.random.Generator) -> list[Bridged]:
        tactic = f"unfold potential, {', '.join(MATRICES)}; simpl; {MINIMA}; interval"
        return [
            sides
            for one in lists(rng)
            for sides in (
                Bridged(term=one.vectors_in("potential"), value=total(one.pairs)[0], by=tactic),
                Bridged(term=one.count_in("allowed"), value=stated(one.pairs)[0], unfold=("allowed",)),
            )
        ]

    return Proof(
        file="formal/s3.v",
        theorem="elliptical_potential",
        says=(
            "For every d >= 1, T, lambda > 0, L and all vectors with |phi_t| <= L, as stated, with norms in "
            "any inverses of the matrices Sigma_t (which exist)."
        ),
        bridge=bridge,
        negations={
            "constant-one": "constant_one_is_false",
            "constant-below-the-best": "constant_below_the_best_is_false",
            "no-minimum": "no_minimum_is_false",
            "dimension-dropped": "dimension_dropped_is_false",
        },
    )
