"""Mean and variance of a pair's rounds, and what Gaussian noise of rewards does to them.

A round has a reward difference `r`, a log-ratio difference `l` and ``x = r - beta l``; a learner is told
their means over `n` rounds and the sample variance `V` of `x`. With independent noise ``e_i ~ N(0, s^2)`` in
every round and ``Q = sum (x_i - mean x)^2`` (the normal sample's mean, its part along ``x - mean x`` and the
rest are independent, the rest's square being chi-squared),

    mean r + s Z_0/sqrt(n),    (n - 1) V = (sqrt(Q) + s Z_1)^2 + s^2 chi^2_{n-2},

`Z_0`, `Z_1` standard normal, all three independent. So three numbers are drawn for `n` rounds, whatever `n`,
and their joint law is that of `n` noisy rounds (exactly; where ``Q = 0`` any direction will do).

Letters: `k` pairs, ``n`` `[k]` rounds of each, ``N`` their sum.
"""

import numpy as np

from explore_theory.oracles.tokens.protocol import Returns
from explore_theory.problems.protocol import Floats, Ints


def moments(reward: Floats, log_ratio: Floats, beta: float, rounds: Ints) -> Returns:
    """Means `[k]` of differences `[N]`, pair by pair, and the sample variance of ``reward - beta log_ratio``
    (0 for one round).

    Sums of a pair are those of its own stretch, so they do not depend on the pairs beside it.
    """
    starts = np.cumsum(rounds) - rounds
    each = reward - beta * log_ratio
    middle = np.add.reduceat(each, starts) / rounds
    square = np.add.reduceat((each - np.repeat(middle, rounds)) ** 2, starts)
    return Returns(
        np.add.reduceat(reward, starts) / rounds,
        np.add.reduceat(log_ratio, starts) / rounds,
        np.where(rounds > 1, square / np.maximum(rounds - 1, 1), 0.0),
    )


def noisy_moments(found: Returns, sigma: float, rounds: Ints, levels: Floats) -> Returns:
    """`found` with Gaussian noise of standard deviation `sigma` (units of reward) in every round's reward
    difference, from uniforms `levels` `[k, 3]`.
    """
    from scipy.special import gammaincinv, ndtri

    normal = ndtri(levels[:, :2])
    # Half of a chi-squared number with n - 2 degrees of freedom is Gamma(n/2 - 1); none are zero.
    half = np.where(rounds > 2, gammaincinv(np.maximum(rounds, 3) / 2 - 1, levels[:, 2]), 0.0)
    along = np.sqrt(found.variance * (rounds - 1)) + sigma * normal[:, 1]
    square = along * along + 2 * sigma * sigma * half
    return Returns(
        found.reward + sigma * normal[:, 0] / np.sqrt(rounds),
        found.log_ratio,
        np.where(rounds > 1, square / np.maximum(rounds - 1, 1), 0.0),
    )
