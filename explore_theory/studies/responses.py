"""Whole responses by their rewards: all that a learner of whole responses can tell apart, at any length.

Letters: `X` prompts, `K` distinct rewards, `H` tokens, `A` of them to choose from.
"""

import math

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.exact import soft_dynamics
from explore_theory.foundation import laws
from explore_theory.problems import TabularProblem
from explore_theory.problems.autoregressive import AutoregressiveProblem
from explore_theory.problems.protocol import Floats, Ints, log_of

#: Distinct pairs of a state and a reward so far that are told apart at one length of prefixes.
MOST_SUMS = 1 << 18
#: Rewards that are equal to so many decimals, in units of the range of rewards, are one.
_DECIMALS = 10


def by_reward(problem: AutoregressiveProblem) -> TabularProblem:
    """`problem` as a choice between the rewards that a response can have, base masses being exact.

    The feature of a response is its reward, put onto ``[-1, 1]``: no feature could tell more. Responses of
    one reward are one for ``pi*`` and for whoever sees this feature alone, so coverage, optimal value and
    the gaps of such learners are those on all ``A^H`` responses.

    Raises
    ------
    InvalidProblem
        If all rewards are equal, or more than `MOST_SUMS` sums of rewards had to be told apart.
    """
    span = problem.reward_range
    if span == 0:
        raise InvalidProblem("rewards must differ between responses, got one and the same")
    found = [_law(problem, int(start), span) for start in problem.start]
    rewards = np.unique(np.concatenate([values for values, _ in found]))
    log_base = np.full((len(found), len(rewards)), -np.inf)
    for row, (values, logs) in zip(log_base, found, strict=True):
        row[np.searchsorted(rewards, values)] = logs
    low, high = float(rewards[0]), float(rewards[-1])
    feature = (2 * rewards - low - high) / (high - low)
    half = (high - low) / 2
    shape = log_base.shape
    return TabularProblem(
        prompt_mass=problem.prompt_mass,
        log_base=laws.log_normalise(log_base),
        features=np.broadcast_to(feature[None, :, None], (*shape, 1)),
        reward=np.broadcast_to(rewards, shape),
        beta=problem.beta,
        theta_star=np.array([half]),
        parameter_radius=half,
        # Rounded up, so that it is a bound.
        coverage=float(np.exp(soft_dynamics.log_coverage(problem))) * (1 + 1e-9),
        noise=problem.noise,
    )


def _law(problem: AutoregressiveProblem, start: int, span: float) -> tuple[Floats, Floats]:
    """Rewards of responses from the state `start`, rising, and logarithms of their masses."""
    grain = span * 10.0**-_DECIMALS
    states, sums, logs = np.array([start]), np.zeros(1), np.zeros(1)
    for h, layer in enumerate(problem.layers):
        sums = (sums[:, None] + layer.reward[states]).ravel()
        logs = (logs[:, None] + layer.log_base[states]).ravel()
        last = h + 1 == problem.horizon
        states = np.zeros(len(sums), dtype=np.int64) if last else layer.next[states].ravel()
        kept = logs > -np.inf
        states, sums, logs = _merged(states[kept], sums[kept], logs[kept], grain)
    return sums, logs


def _merged(states: Ints, sums: Floats, logs: Floats, grain: float) -> tuple[Ints, Floats, Floats]:
    """Prefixes in one state with one reward so far, as one; in the order of rewards."""
    keys = np.stack([np.round(sums / grain), states.astype(np.float64)], axis=1)
    _, first, owner = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    if len(first) > MOST_SUMS:
        raise InvalidProblem(
            f"rewards of prefixes must be at most {MOST_SUMS} different ones to be listed, got {len(first)} "
            "(shorter responses)"
        )
    total = np.full(len(first), -np.inf)
    np.logaddexp.at(total, owner.reshape(-1), logs)
    return states[first], sums[first], total


def least_log_draws(problem: TabularProblem, accuracy: float) -> float:
    """``log T`` of the fewest draws from which any rule that returns one of them is within `accuracy`.

    The law of what such a rule returns is at most `T` times the base law, whatever the rule (T7). Of all such
    laws the nearest to ``pi*`` is ``min(T pi_ref, c pi*)``, `c` such that it sums to one: its gap, ``beta``
    times the divergence, falls with `T`, and a bisection finds where it is `accuracy`; to 1e-9 in ``log T``.
    """
    log_base = log_of(problem.base) if problem.log_base is None else problem.log_base
    tilted = log_base + problem.reward / problem.beta
    log_best = laws.log_normalise(tilted)

    def gap(log_draws: float) -> float:
        parts = [_nearest(base, best, log_draws) for base, best in zip(log_base, log_best, strict=True)]
        return problem.beta * float(np.sum(problem.prompt_mass * np.array(parts)))

    low, high = 0.0, max(float(np.max((log_best - log_base)[log_base > -np.inf])), 0.0)
    if gap(low) <= accuracy:
        return 0.0
    while high - low > 1e-9 * max(1.0, high):
        middle = (low + high) / 2
        low, high = (low, middle) if gap(middle) <= accuracy else (middle, high)
    return high


def _nearest(log_base: Floats, log_best: Floats, log_draws: float) -> float:
    """The least divergence to ``pi*`` of a law that is at most `T` times the base law."""
    there = log_base > -np.inf
    base, best = log_base[there], log_best[there]
    order = np.argsort(-(best - base), kind="stable")
    base, best = base[order], best[order]
    # Those of largest ratio are capped; behind the first k of them pi* takes what is left.
    capped = np.concatenate(([0.0], np.cumsum(np.exp(np.minimum(base + log_draws, 0.0)))))
    behind = np.append(np.logaddexp.accumulate(best[::-1])[::-1], -np.inf)
    for k in range(len(base)):
        left = 1.0 - capped[k]
        if left <= 0:
            # By rounding alone: the first k, at their caps, are all of it.
            law = laws.log_normalise(base[:k])
            return float(np.sum(np.exp(law) * (law - best[:k])))
        log_c = math.log(left) - behind[k]
        if log_c + best[k] <= base[k] + log_draws:
            law = np.concatenate((base[:k] + log_draws, best[k:] + log_c))
            return float(np.sum(np.exp(law) * (law - best)))
    law = laws.log_normalise(base)
    return float(np.sum(np.exp(law) * (law - best)))
