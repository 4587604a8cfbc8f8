"""Families of decision processes with random transitions whose optimal policy is linear softmax.

Letters: `H` stages, `S` states of a stage, `A` actions, `d` feature dimension.
"""

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation import laws
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import floats, positive, probabilities, real_array, whole
from explore_theory.problems.declared import REALISED
from explore_theory.problems.noise import NoiseLaw, NoNoise
from explore_theory.problems.processes import dynamics
from explore_theory.problems.processes.process import DecisionProcess
from explore_theory.problems.processes.stage import Stage
from explore_theory.problems.protocol import Floats, log_of


def random_process(
    *,
    horizon: int,
    states: int,
    actions: int,
    dimension: int,
    beta: float,
    tilt: float = 1.0,
    slip: float = 0.25,
    seed: int = 0,
    anchor: npt.ArrayLike | None = 0,
    noise: NoiseLaw | None = None,
) -> DecisionProcess:
    """A process with linear ``Q*_h`` in `dimension` random features, the same in every stage.

    Action `a` in state `s` moves to one state of its own, drawn at random, and with chance `slip` to a state
    of a random law instead: with ``slip = 0`` moves are certain. Features are Gaussian, scaled so that the
    longest has norm one; ``theta_h`` are Gaussian of length `tilt` times `beta`, over the mean length of the
    features; logits of the base policy have standard deviation 1/2. Rewards are what makes ``Q*_h = <theta_h,
    phi>``: ``r_h(s, a) = <theta_h, phi(s, a)> - E V*_{h+1}(s')``, so every step pays. The same `seed` gives
    the same features, base policy and moves at every horizon. ``C_cond`` is told, exactly.

    Raises
    ------
    InvalidProblem
        If a size is out of range, `beta` or `tilt` is not positive, or `slip` is outside [0, 1].
    """
    steps = whole("horizon", horizon, least=1)
    count, choices = whole("states", states, least=1), whole("actions", actions, least=2)
    d = whole("dimension", dimension, least=1)
    beta, tilt = positive("beta", beta), positive("tilt", tilt)
    chance = real_array("slip", slip)
    if chance.ndim or not 0 <= chance <= 1:
        raise InvalidProblem(f"slip must lie in [0, 1], got slip={slip!r}")
    slip = float(chance)
    streams = Streams(("random decision process",), range(1), seed)
    base = np.exp(0.5 * streams.normal(count * choices).reshape(count, choices))
    base /= base.sum(axis=-1, keepdims=True)
    features = streams.normal(count * choices * d).reshape(count, choices, d)
    length = np.sqrt((features * features).sum(axis=-1))
    features /= length.max()
    own = np.eye(count)[streams.integers(count, count * choices).reshape(count, choices)]
    # Exponential weights: a law that is uniform over all laws.
    weights = -np.log(streams.uniform(count * choices * count).reshape(count, choices, count))
    moves = (1 - slip) * own + slip * weights / weights.sum(axis=-1, keepdims=True)
    theta = streams.child("theta").normal(steps * d).reshape(steps, d)
    theta *= tilt * beta * length.max() / length.mean() / np.sqrt((theta * theta).sum(axis=-1, keepdims=True))
    stages: list[Stage] = []
    value: Floats = np.zeros(count)
    for h in range(steps - 1, -1, -1):
        score = (features * theta[h]).sum(axis=-1)
        last = h + 1 == steps
        reward = score if last else score - laws.mean(moves, value)
        stages.append(Stage(base=base, reward=reward, features=features, moves=None if last else moves))
        value = laws.soft_value(log_of(base), score, np.full(count, beta))
    made = DecisionProcess(
        start=np.full(count, 1 / count),
        stages=tuple(stages[::-1]),
        beta=beta,
        noise=noise or NoNoise(),
        anchor=anchor,  # type: ignore[arg-type]  # anything array-like is checked and converted
        theta=theta,
        parameter_radius=float(np.sqrt((theta * theta).sum(axis=-1)).max()),
    )
    return told_coverage(made)


def tabular_process(
    *,
    start: npt.ArrayLike,
    base: npt.ArrayLike,
    reward: npt.ArrayLike,
    moves: npt.ArrayLike,
    beta: float,
    anchor: npt.ArrayLike = 0,
    noise: NoiseLaw | None = None,
) -> DecisionProcess:
    """Any rewards `[H, S, A]` on one base policy `[S, A]` and one transition law `[S, A, S]`.

    Features are the unit vectors of the pairs (state, action), ``d = S A``, which realise any ``Q*_h``:
    ``theta_h(s, a) = Q*_h(s, a) - Q*_h(s, anchor)``. `parameter_radius` and ``C_cond`` are told, exactly.

    Raises
    ------
    InvalidProblem
        If shapes differ, or a law is none.
    """
    law = probabilities("base", base, (None, None))
    count, choices = law.shape
    rewards = floats("reward", reward, (None, count, choices))
    chain = probabilities("moves", moves, (count, choices, count))
    features = np.eye(count * choices).reshape(count, choices, -1)
    stages = tuple(
        Stage(base=law, reward=each, features=features, moves=chain if h + 1 < len(rewards) else None)
        for h, each in enumerate(rewards)
    )
    made = DecisionProcess(
        start=start,  # type: ignore[arg-type]  # anything array-like is checked and converted
        stages=stages,
        beta=beta,
        noise=noise or NoNoise(),
        anchor=anchor,  # type: ignore[arg-type]  # as above
    )
    if made.anchor is None:
        raise InvalidProblem("anchor must be an action, or one per stage, got anchor=None")
    q_of = dynamics.optimum(made).q
    theta = np.stack([(q - q[:, [a]]).reshape(-1) for q, a in zip(q_of, made.anchor, strict=True)])
    radius = float(np.sqrt((theta * theta).sum(axis=-1)).max())
    # Where nothing is better than anything but by rounding, any positive radius will do.
    if radius <= REALISED * (1 + max(float(np.abs(q).max()) for q in q_of)):
        radius = made.beta
    return told_coverage(replace(made, theta=theta, parameter_radius=radius))


def told_coverage(process: DecisionProcess) -> DecisionProcess:
    """`process` with its ``C_cond`` told to learners."""
    return replace(process, conditional_coverage=math.exp(float(dynamics.log_conditional_coverage(process))))
