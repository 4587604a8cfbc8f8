"""Where the proof of ST loses: from `eps` down to the measured gap, one step of the proof at a time.

Each number is what the bound becomes when one more step is replaced by what happened in the run:

    eps        stated
    terms      the three terms of S9 at the schedule's constants
    covered    E_x min(1, C p(x)) as the spanner left it, summed over pairs, in place of its bound (S7)
    sampled    rounds without an accepted candidate, in place of 4 delta_rej (S8)
    potential  log det Sigma as it grew, in place of d log(1 + n L^2/(d lambda)) (S3)
    ellipsoid  |theta_t - theta*|^2 in Sigma_t as it was, in place of gamma^2 (S1)
    expected   beta E[D^2 1_I] under the policies, in place of a martingale's sum over the rounds played (S9)
    exact      beta KL of each policy given y', in place of S5
    gap        of the mixture, in place of the mean over its parts (F4)

Letters: `R` replicates, `S` policies kept, `X` prompts, `K` responses, `d` feature dimension.
"""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from explore_theory import exact
from explore_theory.algorithms import Schedule, SpannerPolicy
from explore_theory.foundation import laws
from explore_theory.problems import TabularProblem

Floats = npt.NDArray[np.float64]

#: The constant in front of ``R A`` in S9.
_UNCOVERED = 6 + 2 * math.log(2) + 2 * math.e
STEPS = (
    "terms of S9",
    "uncovered (S7)",
    "sampler (S8)",
    "potential (S3)",
    "ellipsoid (S1)",
    "martingale (S9)",
    "divergence (S5)",
    "mixture (F4)",
)


def levels(problem: TabularProblem, policy: SpannerPolicy) -> Floats:
    """The nine numbers `[R, 9]`, in units of reward, from `eps` to the gap."""
    s = policy.schedule
    # The proof is that of the explicit form.
    assert isinstance(s, Schedule)
    rounds, scale, count = s.explore_rounds, s.reward_range, len(policy.thetas)
    parts = math.log((4 if s.rarely else 3) / s.delta)
    growth = s.growth if s.rarely else 1.0
    bonus = s.radius**2 * parts

    def explored(radius_squared: Floats | float, log_det: Floats | float) -> Floats | float:
        return 2 * radius_squared / (s.beta * rounds) * (2 * growth * log_det + bonus)

    inside = _pairs_inside(problem, policy)
    left = uncovered(problem, policy, inside)
    stated = math.e / (math.e - 1) * s.kappa
    grown = np.linalg.slogdet(policy.final)[1] - np.linalg.slogdet(_spanned(policy))[1]
    radius = _squared_distance(problem, policy)
    first = explored(s.gamma(s.pairs) ** 2, s.log_growth(s.pairs))
    failed = scale * policy.missed / rounds
    squares, divergences = _moments(problem, policy, inside)
    columns = (
        s.eps,
        first + _UNCOVERED * scale * stated + 4 * scale * s.delta_rej,
        first + _UNCOVERED * scale * left + 4 * scale * s.delta_rej,
        first + _UNCOVERED * scale * left + failed,
        explored(s.gamma(s.pairs) ** 2, grown) + _UNCOVERED * scale * left + failed,
        explored(radius, grown) + _UNCOVERED * scale * left + failed,
        s.beta * squares + _UNCOVERED * scale * left + failed,
        s.beta * divergences + failed,
        exact.gap(problem, policy),
    )
    return np.stack([np.broadcast_to(column, (count,)) for column in columns], axis=-1)


def uncovered(problem: TabularProblem, policy: SpannerPolicy, inside: npt.NDArray[np.bool_]) -> Floats:
    """``E_x min(1, C_cov p(x))``, `[R]`, by summing over pairs."""
    pairs = problem.base[:, :, None] * problem.base[:, None, :]
    p = np.where(inside, 0.0, pairs).sum(axis=(-2, -1))
    return np.asarray((problem.prompt_mass * np.minimum(1.0, policy.schedule.coverage * p)).sum(axis=-1))


def _pairs_inside(problem: TabularProblem, policy: SpannerPolicy) -> npt.NDArray[np.bool_]:
    """`[R, X, K, K]`: pairs ``(y', y)`` of norm at most ``nu``."""
    relative = problem.features[:, None, :, :] - problem.features[:, :, None, :]
    assert policy.inverse is not None
    image = (relative[None, ..., None, :] * policy.inverse[:, None, None, None]).sum(axis=-1)
    return np.asarray((image * relative).sum(axis=-1) <= policy.radius**2)


def _spanned(policy: SpannerPolicy) -> Floats:
    assert policy.inverse is not None
    return np.asarray(np.linalg.inv(policy.inverse))


def _squared_distance(problem: TabularProblem, policy: SpannerPolicy) -> Floats:
    """The mean of ``|theta_t - theta*|^2`` in ``Sigma_t``, `[R]`, over the policies of the mixture."""
    assert problem.theta_star is not None
    error = policy.thetas - problem.theta_star
    square = ((policy.covariances * error[..., None, :]).sum(axis=-1) * error).sum(axis=-1)
    return np.asarray((policy.weights * square).sum(axis=-1))


def _moments(
    problem: TabularProblem, policy: SpannerPolicy, inside: npt.NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """``E[D^2 1_I]`` and the divergence given ``y'``, `[R]` each, over prompts, ``y'`` and the mixture."""
    squares, divergences = np.zeros(len(policy.thetas)), np.zeros(len(policy.thetas))
    log_base = np.log(problem.base)[:, None, :]
    best = laws.optimal(np.log(problem.base), problem.reward, problem.beta)[:, None, :]
    truth = problem.reward[:, None, :] - problem.reward[:, :, None]
    outer = problem.prompt_mass[:, None] * problem.base
    for weight, score in _scores(problem, policy, inside):
        log_law = laws.log_normalise(log_base + score / problem.beta)
        error = np.where(inside, (truth - score) / problem.beta, 0.0)
        square = (np.exp(log_law) * error**2).sum(axis=-1)
        squares += weight * (outer * square).sum(axis=(-2, -1))
        divergences += weight * (outer * laws.kl(log_law, best)).sum(axis=(-2, -1))
    return squares, divergences


def _scores(
    problem: TabularProblem, policy: SpannerPolicy, inside: npt.NDArray[np.bool_]
) -> Iterator[tuple[Floats, Floats]]:
    """The weight `[R]` and the truncated scores `[R, X, K, K]` of each policy of the mixture."""
    for k in range(policy.thetas.shape[1]):
        value = (problem.features * policy.thetas[:, k, None, None]).sum(axis=-1)
        yield policy.weights[:, k], np.where(inside, value[:, :, None, :] - value[..., None], 0.0)
