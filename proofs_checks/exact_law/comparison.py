"""How far the law of simulated outcomes is from an exact law, or from that of another simulation.

A distance is measured with its margin, at error level `LEVEL` per comparison. A check that two laws are equal
states as its resolution how far apart they may still be, and refutes equality if zero is below the interval.
Outcomes are rows of whole numbers `[n, c]`; letters: `n` draws, `c` columns.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.harness.measurement import Measurement
from explore_theory.statistics.equivalence import Cdf, Distance, sup_distance, total_variation

#: The error level of all comparisons of one claim together, which are fewer than `COMPARISONS`.
ALPHA = 1e-6
COMPARISONS = 256
LEVEL = ALPHA / COMPARISONS

Outcomes = npt.NDArray[np.int64]
Law = Mapping[Any, Fraction]


def whole(columns: npt.ArrayLike) -> Outcomes:
    """`columns` `[n, c]` as whole numbers, the nearest ones."""
    return np.asarray(np.rint(np.asarray(columns)), dtype=np.int64)


def to_law(outcomes: Outcomes, law: Law) -> Measurement:
    """Total variation distance of the law of `outcomes` `[n, c]` from `law`, keyed by tuples of `c` numbers.

    The cells are the outcomes that `law` gives mass to, and one for all others.
    """
    cells = {outcome: k for k, outcome in enumerate(sorted(o for o, mass in law.items() if mass))}
    values, counts = np.unique(outcomes, axis=0, return_counts=True)
    observed = np.zeros(len(cells) + 1)
    for outcome, count in zip(values.tolist(), counts.tolist(), strict=True):
        observed[cells.get(tuple(outcome), len(cells))] += count
    probabilities = [*(float(law[outcome]) for outcome in cells), 0.0]
    return _measured([total_variation(observed, LEVEL, law=probabilities)], len(outcomes), ["cells"])


def to_cdf(draws: npt.NDArray[np.int64], cdf: Cdf) -> Measurement:
    """Largest difference of the distribution functions of `draws` `[n]` and of a law on whole numbers."""
    return _measured([sup_distance(draws, cdf, LEVEL)], len(draws), ["order"])


def of_samples(first: Outcomes, second: Outcomes, names: Sequence[str]) -> Measurement:
    """Distance of the laws of two samples `[n, c]`, once per column; `names` are those of the columns.

    The largest difference of probabilities that an outcome comes no later in the lexicographic order, with
    the named column first and the others behind it in turn. Each of these orders tells any two laws apart.
    """
    both = np.concatenate([first, second])
    found = []
    for column in range(len(names)):
        turned = np.roll(both, -column, axis=1)
        place = np.unique(turned, axis=0, return_inverse=True)[1].ravel()
        found.append(sup_distance(place[: len(first)], place[len(first) :], LEVEL))
    return _measured(found, len(both), names)


def _measured(found: Sequence[Distance], draws: int, names: Sequence[str]) -> Measurement:
    def witness(k: int) -> dict[str, Any]:
        return {"by": names[k], "observed": found[k].observed, "margin": found[k].margin}

    return Measurement(
        lo=np.array([distance.lo for distance in found]),
        hi=np.array([distance.hi for distance in found]),
        effort=draws,
        unit="draws",
        witness=witness,
        notes={"observed": [d.observed for d in found], "margin": [d.margin for d in found]},
    )
