"""The compiled search of a token oracle for pairs that are far apart: visit by visit, without waiting times.

The pairs of base tokens drawn after a prefix until one is far apart are ``Geometric(p)``, `p` the probability
of such a pair in the prefix's state (theory, X1); a pair that is found joins the precision, so `p` is worked
out anew for the states that are met after it.

Letters: `k` prefixes, `S` states, `A` tokens, `d` feature dimension.
"""

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.compiled import compiled
from explore_theory.oracles.kernels.counting import waiting

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@compiled
def join(precision: Floats, relative: Floats) -> None:
    """One more tuple in `precision`, in place (Sherman and Morrison, 1950)."""
    d = relative.size
    along = np.empty(d)
    norm = 0.0
    for i in range(d):
        total = 0.0
        for j in range(d):
            total += precision[i, j] * relative[j]
        along[i] = total
        norm += total * relative[i]
    for i in range(d):
        for j in range(d):
            precision[i, j] -= along[i] * along[j] / (1.0 + norm)


@compiled
def far_masses(base: Floats, features: Floats, precision: Floats, limit: float, mass: Floats) -> float:
    """Fill `mass` `[A, A]`: of ordered pairs of one state whose squared norm is above `limit`; returns the
    rest of the mass.
    """
    tokens, d = features.shape
    relative = np.empty(d)
    rest = 0.0
    for a in range(tokens):
        for b in range(tokens):
            square = 0.0
            for i in range(d):
                relative[i] = features[a, i] - features[b, i]
            for i in range(d):
                total = 0.0
                for j in range(d):
                    total += precision[i, j] * relative[j]
                square += total * relative[i]
            mass[a, b] = base[a] * base[b] if square > limit else 0.0
            if square <= limit:
                rest += base[a] * base[b]
    return rest


@compiled
def far_pairs(
    states: Ints,
    base: Floats,
    features: Floats,
    precision: Floats,
    limit: float,
    tries: float,
    most: int,
    levels: Floats,
    found: Ints,
) -> tuple[int, float]:
    """Fill rows of `found` `[k, 3]` with place, token and token of each pair; returns their number and the
    pairs drawn in all.

    `states` `[k]` in the order of the visits, `levels` `[k, 2]` uniforms; `precision` is updated in place,
    and the search ends after `most` pairs.
    """
    count, tokens = base.shape
    mass = np.empty((count, tokens, tokens))
    chance, rest = np.empty(count), np.empty(count)
    known = np.full(count, -1)
    hits, drawn = 0, 0.0
    for i in range(states.size):
        s = states[i]
        if known[s] != hits:
            rest[s] = far_masses(base[s], features[s], precision, limit, mass[s])
            chance[s] = mass[s].sum()
            known[s] = hits
        if chance[s] <= 0.0:
            drawn += tries
            continue
        needed = waiting(levels[i, 0], min(chance[s], 1.0), rest[s])
        drawn += min(needed, tries)
        if needed > tries:
            continue
        target, total = levels[i, 1] * chance[s], 0.0
        first, second = -1, -1
        for a in range(tokens):
            for b in range(tokens):
                if mass[s, a, b] > 0.0 and (first < 0 or total <= target):
                    first, second = a, b
                    total += mass[s, a, b]
        found[hits, 0], found[hits, 1], found[hits, 2] = i, first, second
        hits += 1
        join(precision, features[s, first] - features[s, second])
        if hits == most:
            break
    return hits, drawn


@compiled
def far_pairs_of_rows(
    rows: Ints,
    ends: Ints,
    states: Ints,
    base: Floats,
    features: Floats,
    precision: Floats,
    limit: float,
    tries: float,
    levels: Floats,
    found: Ints,
    drawn: Floats,
) -> int:
    """`far_pairs` of each of `rows`, whose prefixes end before ``ends[row]``, with ``precision[row]``; fills
    ``drawn[row]`` and the first rows of `found`, places counted from the first prefix of all, and returns
    their number.
    """
    total = 0
    for row in rows:
        low, end = ends[row - 1] if row else 0, ends[row]
        # Fewer are found than looked for: what is written here lies before what is yet to come.
        mine = found[total : total + end - low]
        hits, drawn[row] = far_pairs(
            states[low:end],
            base,
            features,
            precision[row],
            limit,
            tries,
            end - low,
            levels[low:end],
            mine,
        )
        for i in range(hits):
            mine[i, 0] += low
        total += hits
    return total
