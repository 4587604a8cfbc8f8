"""How far the law of simulated outcomes is from an exact law, or from that of another simulation.

The engine encloses the distance at the session's error level. A check that two laws are equal states as its
resolution how far apart they may still be, and refutes equality if zero is below the interval. Outcomes are
rows of whole numbers `[n, c]`; letters: `n` draws, `c` columns.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.harness import Largest, OneSample, TwoSamples
from explore_theory.statistics.equivalence import Cdf

Outcomes = npt.NDArray[np.int64]
Law = Mapping[Any, Fraction]
#: Why the stated bands of these checks are wider than a probability's.
COARSE = "a band for the distance of two laws, from as many draws as the literal law affords"


def whole(columns: npt.ArrayLike) -> Outcomes:
    """`columns` `[n, c]` as whole numbers, the nearest ones."""
    return np.asarray(np.rint(np.asarray(columns)), dtype=np.int64)


def to_law(outcomes: Outcomes, law: Law) -> OneSample:
    """Total variation distance of the law of `outcomes` `[n, c]` from `law`, keyed by tuples of `c`."""
    return OneSample.finite(map(tuple, outcomes.tolist()), law, unit="draws")


def to_cdf(draws: npt.NDArray[np.int64], cdf: Cdf) -> OneSample:
    """Largest difference of the distribution functions of `draws` `[n]` and of a law on whole numbers."""
    return OneSample.real(draws, cdf, unit="draws")


def of_samples(first: Outcomes, second: Outcomes, names: Sequence[str]) -> Largest:
    """Distance of the laws of two samples `[n, c]`, the largest over columns, called `names`.

    The largest difference of probabilities that an outcome comes no later in the lexicographic order, with
    the named column first and the others behind it in turn. Each of these orders tells any two laws apart.
    """
    both = np.concatenate([first, second])
    parts = {}
    for column, name in enumerate(names):
        turned = np.roll(both, -column, axis=1)
        place = np.unique(turned, axis=0, return_inverse=True)[1].ravel()
        parts[name] = TwoSamples.real(place[: len(first)], place[len(first) :])
    return Largest(parts=parts, unit="draws")
