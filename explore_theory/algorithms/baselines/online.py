"""What online learners share: rounds of pairs drawn with a parameter that is refitted on a schedule.

Letters: `R` replicates, `d` feature dimension, `m` weak draws per round.
"""

import numpy as np

from explore_theory.algorithms.baselines.pair_losses import Optimism, PairLoss
from explore_theory.algorithms.baselines.quadratic import Quadratic, descend, parameters_of
from explore_theory.oracles.protocol import Oracle
from explore_theory.policies import LawPolicy, Softmax
from explore_theory.problems.protocol import Ball, Bools, Floats


def explore(
    oracle: Oracle,
    loss: PairLoss,
    *,
    rounds: int,
    every: int | None,
    on_policy: bool = False,
    bonus: Optimism | None = None,
) -> LawPolicy:
    """Ask for the rewards of `rounds` pairs, refitting as the schedule says; return the last fit.

    Round `t`: a fresh prompt; ``y`` from ``pi_theta`` (strong); ``y'`` from ``pi_theta`` too (strong) if
    `on_policy`, else from ``pi_ref`` (weak), and with it the weak draws of the `bonus`, if there is one; the
    rewards of ``y`` and ``y'``. Then `theta` becomes the least point over ``Theta`` of `loss` plus `bonus` on
    all pairs so far if `t` is a multiple of `every`, or a power of two where `every` is None. It starts at
    zero, ``pi_ref``.
    """
    parameters_of(oracle)
    theta = np.zeros((oracle.R, oracle.facts.d))
    stale = np.zeros(oracle.R, dtype=bool)
    for t in range(1, rounds + 1):
        if not (rows := oracle.active).any():
            break
        ctx = oracle.prompt(rows)
        strong = oracle.draw(ctx, 2 if on_policy else 1, theta=theta, rows=rows & oracle.active)
        response, feature = strong.response, strong.features
        if not on_policy:
            extra = 0 if bonus is None else bonus.draws
            weak = oracle.draw(ctx, 1 + extra, rows=rows & oracle.active)
            response = np.concatenate([response, weak.response], axis=1)
            feature = np.concatenate([feature, weak.features], axis=1)
        reward = oracle.reward(ctx, response[:, 0], response[:, 1], rows & oracle.active)
        served = ~np.isnan(reward[:, 0])
        loss.add(feature[:, 0] - feature[:, 1], reward[:, 0] - reward[:, 1], served)
        if bonus is not None:
            bonus.add(feature[:, 2:] - feature[:, 1, None], served)
        stale |= served
        if (t & (t - 1) == 0) if every is None else (t % every == 0):
            theta = np.where(stale[:, None], fit(oracle, loss, bonus, theta), theta)
            stale[:] = False
    # Rows without new pairs keep theta to the bit: how often others are refitted is no concern of theirs.
    return Softmax(np.where(stale[:, None], fit(oracle, loss, bonus, theta), theta) if stale.any() else theta)


def fit(oracle: Oracle, loss: PairLoss, bonus: Optimism | None, start: Floats) -> Floats:
    """The least point over ``Theta`` of `loss`, or a stationary point of `loss` plus `bonus`, `[R, d]`."""
    allowed = parameters_of(oracle)
    reach = allowed.radius if isinstance(allowed, Ball) else allowed.half_width

    def slope(theta: Floats, rows: Bools) -> Floats:
        pull = loss.pull(theta, rows)
        return pull if bonus is None else pull - bonus.gradient(theta, rows)

    return descend(Quadratic(loss.curvature, allowed), slope, start, reach)
