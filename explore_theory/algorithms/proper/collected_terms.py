"""Search on paper: collect terms by unrewarded calls, find a good assignment of theirs, play it.

Collecting is allowed to proper learners and costs about ``2^k`` strong calls per term; the search costs
elementary operations, counted apart. Letters: `R` replicates, `N` terms, `d` feature dimension.
"""

import numpy as np
import numpy.typing as npt

from explore_theory.oracles.proper import ProperOracle
from explore_theory.policies import LawPolicy, Softmax
from explore_theory.problems.protocol import Floats

Signs = npt.NDArray[np.int8]


def collect(oracle: ProperOracle, count: int, calls: int) -> Signs:
    """`[R, N, d]`: the signs of the features of `count` stars; zero rows where `calls` calls were too few."""
    terms = np.zeros((oracle.R, count, oracle.facts.d), dtype=np.int8)
    left = np.full(oracle.R, float(calls))
    with oracle.phase("collect"):
        for j in range(count):
            rows = oracle.active & (left > 0)
            if not rows.any():
                break
            found = oracle.search_signs(left, rewarded=False, rows=rows)
            left = left - found.used
            terms[:, j] = np.sign(found.features[:, 0])
    return terms


def play_and_test(oracle: ProperOracle, assignment: Signs, rounds: int) -> LawPolicy:
    """Play the assignments `[R, d]` against the base policy; return theirs where stars are worth 1/2 or more.

    Where no star is seen, or stars are worth less, the base policy is returned, as a softmax policy.
    """
    width = getattr(oracle.facts.parameters, "half_width", 0.0)
    theta, base = width * assignment.astype(np.float64), np.zeros(oracle.facts.d)
    total, stars = np.zeros(oracle.R), np.zeros(oracle.R)
    with oracle.phase("play"):
        for _ in range(rounds):
            if not (rows := oracle.active).any():
                break
            played = oracle.round(theta, base, rows)
            star = played.served & (played.features[:, 0] != 0).any(axis=-1)
            total += np.where(star, played.rewards[:, 0] - played.rewards[:, 1], 0.0)
            stars += star
    good: Floats = np.where((stars > 0) & (total >= 0.5 * stars), 1.0, 0.0)
    return Softmax(good[:, None] * theta)
