"""Problems on text: an n-gram model as base policy, with rewards that are linear or that a program verifies.

Letters as in `ngram`; `H` tokens per response, `d` feature dimension.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import positive, whole
from explore_theory.models.ngram import NGram
from explore_theory.problems.autoregressive.layer import Layer
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem, realising_rewards
from explore_theory.problems.noise import NoiseLaw, NoNoise

Ints = npt.NDArray[np.int64]


def feature_rewards(
    model: NGram,
    *,
    horizon: int,
    dimension: int,
    beta: float,
    tilt: float = 1.0,
    prompts: Iterable[str] = ("",),
    seed: int = 0,
    noise: NoiseLaw | None = None,
) -> AutoregressiveProblem:
    """Text whose optimal policy is linear softmax in `dimension` features of the last token and the next.

    Features are Gaussian, scaled so that the longest has norm one, and ``theta_h`` Gaussian of length
    `tilt` times ``beta`` over the mean length of the features; rewards are what makes ``Q_h`` linear
    (`problems.autoregressive.realising_rewards`), so the assumption of multi-turn exploration holds
    exactly, on the law of text. Responses continue one of `prompts`, each as likely as the others.

    Raises
    ------
    InvalidProblem
        If a size is out of range, or a prompt holds a token that the model does not know.
    """
    steps, d = whole("horizon", horizon, least=1), whole("dimension", dimension, least=1)
    beta, tilt = positive("beta", beta), positive("tilt", tilt)
    A = model.tokens
    streams = Streams(("text with features",), range(1), seed)
    pairs = streams.normal((A + 1) * A * d).reshape(A + 1, A, d)
    length = np.sqrt((pairs * pairs).sum(axis=-1))
    pairs /= length.max()
    # The empty context has no last token, and a row of its own.
    last = np.array([context[-1] if context else A for context in model.contexts])
    features = pairs[last]
    theta = streams.child("theta").normal(steps * d).reshape(steps, d)
    theta *= tilt * beta * length.max() / length.mean() / np.sqrt((theta * theta).sum(axis=-1, keepdims=True))
    rewards = realising_rewards(model.law, features, model.next, theta, beta)
    first = starts(model, prompts)
    return AutoregressiveProblem(
        prompt_mass=np.full(len(first), 1 / len(first)),
        start=first,
        layers=tuple(Layer(base=model.law, reward=w, features=features, next=model.next) for w in rewards),
        beta=beta,
        noise=noise or NoNoise(),
        theta=theta,
        parameter_radius=float(np.sqrt((theta * theta).sum(axis=-1)).max()),
    )


def pattern_rewards(
    model: NGram,
    pattern: Iterable[str],
    *,
    horizon: int,
    beta: float,
    value: float = 1.0,
    prompts: Iterable[str] = ("",),
    noise: NoiseLaw | None = None,
) -> AutoregressiveProblem:
    """Text that is paid `value` at its end if `pattern` occurs in it, and else nothing, as a verifier pays.

    A state is a context of the model together with how much of the pattern the response ends in (Knuth,
    Morris and Pratt 1977). Features tell how much of it the next token makes, one of ``len(pattern) + 1``
    unit vectors. ``Q_h`` also depends on the context, so that no ``theta_h`` fits it exactly:
    `exact.realisation.realisation_errors` says by how much, and no ``theta`` is declared.

    Raises
    ------
    InvalidProblem
        If the pattern is empty or longer than a response, holds a token that the model does not know, or a
        number is out of range.
    """
    steps, value = whole("horizon", horizon, least=1), positive("value", value)
    wanted = [int(token) for token in model.numbers(pattern)]
    if not 1 <= len(wanted) <= steps:
        raise InvalidProblem(
            f"pattern must have at least one token and at most horizon={steps}, got {len(wanted)} tokens"
        )
    moves = _progress(wanted, model.tokens)
    width = len(wanted) + 1
    first = starts(model, prompts)
    # Contexts slowest: state `s width + j`. Those that no prefix reaches are there, and cost memory alone.
    context, made = (part.ravel() for part in np.indices((model.states, width)))
    there = moves[made]
    following = model.next[context] * width + there
    base = model.law[context]
    features = np.eye(width)[there]
    paid = np.where(there == len(wanted), value, 0.0)
    layer = Layer(base=base, reward=np.zeros_like(paid), features=features, next=following)
    last = Layer(base=base, reward=paid, features=features, next=following)
    return AutoregressiveProblem(
        prompt_mass=np.full(len(first), 1 / len(first)),
        start=first * width,
        layers=(*(layer,) * (steps - 1), last),
        beta=positive("beta", beta),
        noise=noise or NoNoise(),
        parameter_radius=value * np.sqrt(width),
    )


def starts(model: NGram, prompts: Iterable[str]) -> Ints:
    """`[X]`: the state that each of `prompts`, a list of texts, leads to."""
    if isinstance(prompts, str):
        # A text is a sequence of characters, and would be as many prompts.
        raise InvalidProblem(f"prompts must be a list of texts, got the text {prompts!r}")
    found = [model.state(prompt) for prompt in prompts]
    if not found:
        raise InvalidProblem("prompts must hold one at least, got none")
    return np.array(found, dtype=np.int64)


def _progress(wanted: list[int], A: int) -> Ints:
    """`[m + 1, A]`: how much of the pattern a response ends in after one token more; all of it stays."""
    m = len(wanted)
    moves = np.zeros((m + 1, A), dtype=np.int64)
    moves[0, wanted[0]] = 1
    border = 0
    for j in range(1, m):
        moves[j] = moves[border]
        moves[j, wanted[j]] = j + 1
        border = int(moves[border, wanted[j]])
    moves[m] = m
    return moves
