"""The Markov family: the last token is the state, rewards of transitions add up."""

from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.chebyshev import chebyshev_fit
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import floats, frozen, positive, probabilities, whole
from explore_theory.problems.autoregressive.layer import Layer
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem, realising_rewards
from explore_theory.problems.declared import REALISED
from explore_theory.problems.noise import NoiseLaw, NoNoise
from explore_theory.problems.protocol import Floats
from explore_theory.problems.rounded import given_base, log_distribution


def markov_problem(
    *,
    base: npt.ArrayLike | None = None,
    reward: npt.ArrayLike,
    beta: float,
    features: npt.ArrayLike | None = None,
    start: int = 0,
    noise: NoiseLaw | None = None,
    log_base: npt.ArrayLike | None = None,
) -> AutoregressiveProblem:
    """Transitions ``pi_ref(a | last token)`` `[A, A]` and rewards ``w_h(last token, a)`` `[H, A, A]`.

    The transitions are `base`, or in its place `log_base`, their logarithms, as in `Layer`.

    Responses begin after the token `start`. `features` `[A, A, d]` are the same in every layer; by default
    they are the unit vectors of the pairs (last token, token), ``d = A^2``, which realise any ``Q_h``.

    Raises
    ------
    InvalidProblem
        If shapes differ, a row of `base` does not sum to one, or there is no layer or no second token.
    """
    name, law = given_base(base, log_base)
    check = probabilities if name == "base" else log_distribution
    law = check(name, law, (None, None))
    tokens = whole("vocabulary", law.shape[1], least=2)
    policy: dict[str, Any] = {name: check(name, law, (tokens, tokens))}
    rewards = floats("reward", reward, (None, tokens, tokens))
    if features is None:
        features = np.eye(tokens * tokens).reshape(tokens, tokens, -1)
    there = np.broadcast_to(np.arange(tokens), (tokens, tokens))
    layers = tuple(Layer(**policy, reward=w, features=np.asarray(features), next=there) for w in rewards)
    return AutoregressiveProblem(
        prompt_mass=np.ones(1),
        start=np.array([whole("start", start, least=0, most=tokens - 1)]),
        layers=layers,
        beta=beta,
        noise=noise or NoNoise(),
    )


def random_markov_problem(
    *,
    horizon: int,
    vocabulary: int,
    dimension: int,
    beta: float,
    tilt: float = 1.0,
    misfit: float = 0.0,
    seed: int = 0,
    noise: NoiseLaw | None = None,
) -> AutoregressiveProblem:
    """A chain whose optimal policy is linear softmax in random features, `dimension` of them.

    Features are Gaussian, scaled so that the longest has norm one; ``theta_h`` are Gaussian of length `tilt`
    times ``beta``, over the mean length of the features; rewards are what makes ``Q_h`` linear
    (`realising_rewards`). Logits of the base policy have standard deviation 1/2. The same `seed` gives the
    same features and base policy at every horizon.

    With a `misfit` above zero a hidden feature joins ``Q_h``, and no ``theta_h`` fits the differences of
    ``Q_h`` better than to `misfit` times ``beta`` where all states are reachable
    (`exact.realisation.realisation_errors`); the problem then declares no ``theta``.

    Raises
    ------
    InvalidProblem
        If a size is out of range, `beta` or `tilt` is not positive, or `misfit` is negative, or positive
        where the features fit anything.
    """
    tokens = whole("vocabulary", vocabulary, least=2)
    steps = whole("horizon", horizon, least=1)
    d = whole("dimension", dimension, least=1)
    beta, tilt = positive("beta", beta), positive("tilt", tilt)
    streams = Streams(("random Markov problem",), range(1), seed)
    logits = 0.5 * streams.normal(tokens * tokens).reshape(tokens, tokens)
    base = np.exp(logits)
    base /= base.sum(axis=-1, keepdims=True)
    features = streams.normal(tokens * tokens * d).reshape(tokens, tokens, d)
    length = np.sqrt((features * features).sum(axis=-1))
    features /= length.max()
    theta = streams.child("theta").normal(steps * d).reshape(steps, d)
    theta *= tilt * beta * length.max() / length.mean() / np.sqrt((theta * theta).sum(axis=-1, keepdims=True))
    there = np.broadcast_to(np.arange(tokens), (tokens, tokens))
    radius = float(np.sqrt((theta * theta).sum(axis=-1)).max())
    if not 0 <= misfit < np.inf:
        raise InvalidProblem(f"misfit must be at least 0 and finite, got misfit={misfit!r}")
    if misfit:
        hidden = _hidden_feature(features, streams.child("misfit").normal(tokens * tokens))
        full = np.concatenate([features, hidden[..., None]], axis=-1)
        added = np.full((steps, 1), misfit * beta)
        rewards = realising_rewards(base, full, np.asarray(there), np.hstack([theta, added]), beta)
    else:
        rewards = realising_rewards(base, features, np.asarray(there), theta, beta)
    return AutoregressiveProblem(
        prompt_mass=np.ones(1),
        start=np.zeros(1, dtype=np.int64),
        layers=tuple(Layer(base=base, reward=w, features=features, next=there) for w in rewards),
        beta=beta,
        noise=noise or NoNoise(),
        theta=None if misfit else frozen(theta),
        parameter_radius=radius,
    )


def _hidden_feature(features: Floats, draw: Floats) -> Floats:
    """`[A, A]`: what is left of `draw` by its best fit in `features`, with largest difference one."""
    tokens = len(features)
    first, second = np.triu_indices(tokens, k=1)
    relative = (features[:, first] - features[:, second]).reshape(-1, features.shape[-1])
    hidden = draw.reshape(tokens, tokens)
    wanted = (hidden[:, first] - hidden[:, second]).reshape(-1)
    theta, error = chebyshev_fit(relative, wanted)
    if error <= REALISED * np.abs(wanted).max():
        raise InvalidProblem(
            f"dimension must be small enough that features do not fit everything, got dimension="
            f"{features.shape[-1]!r} with vocabulary={tokens!r}"
        )
    return np.asarray((hidden - (features * theta).sum(axis=-1)) / error)
