"""Looking at a sample again and again, and stopping when it decides.

Replicates are added in blocks. At fixed checkpoints what is asked is enclosed, and the first that decides
settles it. A frequency or a mean is enclosed by a confidence sequence, which holds at all sizes at once, so
looking after every block costs no error level. Intervals that hold at one size only are formed at
`planned_looks`, each at its part of the level. Which checkpoint settles a case depends on the runs in their
order and on nothing else: not on jobs, not on how much further another run has gone.

Letters: `n` checkpoints; leading axes run over anything else, such as simulated sessions.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.validation import whole
from explore_theory.harness.measures.measurement import Resolution
from explore_theory.harness.verdicts.verdict import TIGHT_FACTOR

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

OPEN, HOLDS, REFUTED = 0, 1, -1


def decisions(
    lo: npt.ArrayLike,
    hi: npt.ArrayLike,
    bound: tuple[npt.ArrayLike, npt.ArrayLike],
    relation: str,
    resolution: Resolution,
    *,
    beyond: bool = False,
) -> Ints:
    """`OPEN`, `HOLDS` or `REFUTED` for intervals ``[lo, hi]``: `verdict.decide`, vectorised."""
    lo, hi, b_lo, b_hi = np.broadcast_arrays(*(np.asarray(a, dtype=np.float64) for a in (lo, hi, *bound)))
    slack_lo, slack_hi = (resolution.absolute + resolution.relative * np.abs(b) for b in (b_lo, b_hi))
    refuted, holds = np.zeros(lo.shape, dtype=bool), np.ones(lo.shape, dtype=bool)
    if relation in ("<=", "=="):
        refuted |= lo > b_hi + beyond * slack_hi
        holds &= hi <= b_lo + slack_lo
    if relation in (">=", "=="):
        refuted |= hi < b_lo - beyond * slack_lo
        holds &= lo >= b_hi - slack_hi
    return np.where(refuted, REFUTED, np.where(holds, HOLDS, OPEN))


def planned_looks(rows: int, block: int) -> tuple[int, ...]:
    """``block, 2 block, 4 block, .., rows``: where samples are looked at whose intervals hold at one size.

    Known before the first run, so that the error level can be divided by their number (Bonferroni).
    """
    looks = []
    size = whole("block", block, least=1)
    while size < rows:
        looks.append(size)
        size *= 2
    return (*looks, rows)


def first_decided(
    lo: npt.ArrayLike,
    hi: npt.ArrayLike,
    bound: tuple[float, float],
    relation: str,
    resolution: Resolution,
    *,
    tight: bool = False,
    beyond: bool = False,
    barred: npt.ArrayLike = False,
) -> Ints:
    """The index of the first checkpoint whose interval decides, `[...]`; `n` where none does.

    Parameters
    ----------
    lo, hi
        `[..., n]`: the intervals at each checkpoint.
    tight
        Go on until the verdict under a bound moved by `TIGHT_FACTOR` is decided too.
    beyond
        For a statement that must be caught: go on until it is refuted beyond the resolution.
    barred
        `[..., n]`: where something else than the interval stands against HOLDS.
    """
    decided = decisions(lo, hi, bound, relation, resolution, beyond=beyond)
    open_ = (decided == OPEN) | ((decided == HOLDS) & np.asarray(barred, dtype=bool))
    for moved in _moved(bound, relation) if tight else []:
        open_ |= decisions(lo, hi, moved, relation, resolution, beyond=True) == OPEN
    first = np.where(open_.all(axis=-1), open_.shape[-1], np.argmin(open_, axis=-1))
    return np.asarray(first, dtype=np.int64)


def first_decision(
    successes: npt.ArrayLike,
    trials: npt.ArrayLike,
    bound: tuple[float, float],
    relation: str,
    resolution: Resolution,
    alpha: float,
    *,
    tight: bool = False,
) -> Ints:
    """`first_decided` for frequencies: `[..., n]` successes among `[n]` trials so far at each checkpoint."""
    from explore_theory.statistics.sequences import bernoulli_sequence

    lo, hi = bernoulli_sequence(np.asarray(successes), np.asarray(trials), alpha)
    return first_decided(lo, hi, bound, relation, resolution, tight=tight)


def _moved(bound: tuple[float, float], relation: str) -> Sequence[tuple[float, float]]:
    factor = float(TIGHT_FACTOR)
    scales = {"<=": [1 / factor], ">=": [factor], "==": [1 / factor, factor]}[relation]
    ends = [sorted(b * scale for b in bound) for scale in scales]
    return [(lo, hi) for lo, hi in ends]
