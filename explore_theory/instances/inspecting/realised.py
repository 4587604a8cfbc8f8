"""Whether the optimal policy is in the softmax class: how well features fit differences of rewards.

Letters: `P` differences of responses to one prompt, `d` feature dimension.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.chebyshev import chebyshev_fit

Floats = npt.NDArray[np.float64]

#: Differences and dimensions for which the linear programme is solved.
_MOST_ROWS, _MOST_COLUMNS = 2000, 64
#: Of the largest difference: the accuracy of the programme's solver.
SOLVED = 1e-8
#: Numbers that least squares take together.
_MOST_NUMBERS = 1 << 24


@dataclass(frozen=True, kw_only=True)
class Fit:
    """``theta`` with ``|theta|``, and the largest `error` of a difference, in units of reward.

    No parameter has one below `least`: zero where no linear programme was solved, and up to its accuracy.
    """

    theta: Floats
    error: float
    least: float

    @property
    def length(self) -> float:
        """``|theta|_2``."""
        return float(np.sqrt((self.theta * self.theta).sum()))


def fit(features: Floats, rewards: Floats) -> Fit:
    """The fit of rewards `[X, N]` (NaN outside supports) by features `[X, N, d]`, prompts shifted.

    The error is of all pairs, and so is the programme's where prompts are few: a number for each prompt that
    all its rewards are shifted by leaves half of it on either side. Else differences to one response stand
    for those of all pairs, whose largest is up to twice as large.
    """
    rows, wanted = [], []
    for phi, reward in zip(features, rewards, strict=True):
        there = ~np.isnan(reward)
        rows.append(phi[there][1:] - phi[there][:1])
        wanted.append(reward[there][1:] - reward[there][0])
    x, y = np.concatenate(rows), np.concatenate(wanted)
    prompts, d = len(rows), features.shape[-1]
    if y.size == 0:
        return Fit(theta=np.zeros(d), error=0.0, least=0.0)
    step = -(-x.size // _MOST_NUMBERS)
    candidates, least = [np.linalg.lstsq(x[::step], y[::step], rcond=None)[0]], 0.0
    if y.size + prompts <= _MOST_ROWS and d + prompts <= _MOST_COLUMNS:
        shifts = np.repeat(np.eye(prompts), [len(part) + 1 for part in rows], axis=0)
        shifted = np.concatenate([np.r_[np.zeros((1, d)), part] for part in rows])
        theta, error = chebyshev_fit(
            np.c_[shifted, shifts], np.concatenate([np.r_[0.0, part] for part in wanted])
        )
        candidates.append(theta[:d])
        least = max(0.0, 2 * error - 2 * SOLVED * float(np.abs(y).max()))
    elif y.size <= _MOST_ROWS and d <= _MOST_COLUMNS:
        theta, error = chebyshev_fit(x, y)
        candidates.append(theta)
        least = max(0.0, error - SOLVED * float(np.abs(y).max()))
    errors = [_spread(features, rewards, theta) for theta in candidates]
    best = int(np.argmin(errors))
    return Fit(theta=candidates[best], error=errors[best], least=least)


def _spread(features: Floats, rewards: Floats, theta: Floats) -> float:
    """The largest error of a difference of two responses to one prompt."""
    residual = rewards - (features * theta).sum(axis=-1)
    return float(np.nanmax(np.nanmax(residual, axis=-1) - np.nanmin(residual, axis=-1)))
