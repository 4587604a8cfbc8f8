"""What learners of the hidden needle share: turning what was found into a policy, and guessing at the end.

Letters: `R` replicates, `d` feature dimension, `s` responses seen, `n` names.
"""

import numpy as np

from explore_theory.oracles.answers import NO_RESPONSE
from explore_theory.oracles.protocol import Oracle
from explore_theory.policies import LawPolicy, Mixture, PointMass, Softmax
from explore_theory.problems.protocol import Bools, Floats, Ints


def settle(oracle: Oracle, found: Bools, direction: Floats, seen: Ints, names: int) -> LawPolicy:
    """The policy of a learner that looked for a response of non-zero feature.

    Where it was `found` `[R]`, ``pi_theta`` at `theta` = its feature `direction` `[R, d]`: optimal for the
    hidden needle, where ``theta* = phi(y*)``. Elsewhere `names` responses that were not `seen` `[R, s]` are
    asked for their rewards, two a round, and the point mass at one with more than half the reward range is
    returned if there is one, else the base policy. With noise the last step may err.
    """
    softmax = Softmax(np.where(found[:, None], direction, 0.0))
    if names == 0:
        return softmax
    guess = unseen(seen, names, oracle.facts.responses)
    best = np.full(oracle.R, NO_RESPONSE)
    with oracle.phase("naming"):
        for k in range(0, guess.shape[1], 2):
            first, second = guess[:, k], guess[:, min(k + 1, guess.shape[1] - 1)]
            # An odd one out is paired with itself.
            pair = np.stack([first, np.where(second >= 0, second, first)], axis=-1)
            rows = ~found & (best == NO_RESPONSE) & oracle.active & (first >= 0)
            if not rows.any():
                break
            reward = oracle.reward(oracle.prompt(rows), pair[:, 0], pair[:, 1], rows)
            # A reward that was not served is NaN, and above nothing.
            for i in (0, 1):
                best = np.where(reward[:, i] > oracle.facts.reward_range / 2, pair[:, i], best)
    lucky = best != NO_RESPONSE
    weights = np.stack([~lucky, lucky], axis=-1).astype(np.float64)
    return Mixture(weights, (softmax, PointMass(np.maximum(best, 0))))


def unseen(seen: Ints, names: int, responses: int | None) -> Ints:
    """`[R, n]`: the first `names` responses that are not in `seen` `[R, s]`; -1 where there are no more."""
    rows, count = seen.shape
    limit = names + count if responses is None else min(responses, names + count)
    # Among the first n + s responses at least n are unseen.
    fresh = np.ones((rows, limit), dtype=bool)
    row, column = np.nonzero((seen >= 0) & (seen < limit))
    fresh[row, seen[row, column]] = False
    order = np.argsort(~fresh, axis=-1, kind="stable")[:, :names]
    return np.where(np.take_along_axis(fresh, order, axis=-1), order, -1)
