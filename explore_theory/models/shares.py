"""Problems on text that are paid by the share of their tokens that are of some kind.

Letters as in `ngram`; `H` tokens per response, `d` feature dimension.
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import positive, whole
from explore_theory.models.ngram import NGram
from explore_theory.models.tasks import starts
from explore_theory.problems.autoregressive.dynamics import log_conditional_coverage, optimum
from explore_theory.problems.autoregressive.layer import Layer
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem
from explore_theory.problems.noise import NoiseLaw, NoNoise


def share_rewards(
    model: NGram,
    wanted: Iterable[str],
    *,
    horizon: int,
    beta: float,
    prompts: Iterable[str] = ("",),
    noise: NoiseLaw | None = None,
) -> AutoregressiveProblem:
    """Text that is paid the share of its tokens that are among `wanted`: between zero and one at any length.

    A program verifies it, and the assumptions of multi-turn exploration hold exactly: features tell context
    and next token, ``d = S A`` unit vectors, of which every ``Q_h`` is linear, ``theta_h`` being ``Q_h`` less
    its mean over the tokens of a context (differences alone matter). Learners are told ``B`` and ``C_cond``.
    Responses continue one of `prompts`, each as likely as the others.

    Raises
    ------
    InvalidProblem
        If no token or every token is wanted, a size is out of range, or a token is not the model's.
    """
    steps, beta = whole("horizon", horizon, least=1), positive("beta", beta)
    hits = sorted(set(model.numbers(wanted)))
    if not 0 < len(hits) < model.tokens:
        raise InvalidProblem(
            f"wanted must be some of the {model.tokens} tokens and not all, got {len(hits)} of them"
        )
    S, A = model.law.shape
    reward = np.zeros((S, A))
    reward[:, hits] = 1 / steps
    features = np.eye(S * A).reshape(S, A, S * A)
    layer = Layer(base=model.law, reward=reward, features=features, next=model.next)
    first = starts(model, prompts)
    bare = AutoregressiveProblem(
        prompt_mass=np.full(len(first), 1 / len(first)),
        start=first,
        layers=(layer,) * steps,
        beta=beta,
        noise=noise or NoNoise(),
    )
    theta = np.stack([(q - q.mean(axis=1, keepdims=True)).ravel() for q in optimum(bare).q])
    return replace(
        bare,
        theta=theta,
        parameter_radius=float(np.sqrt((theta * theta).sum(axis=-1)).max()),
        # Rounded up, so that it is a bound.
        conditional_coverage=float(np.exp(log_conditional_coverage(bare))) * (1 + 1e-9),
    )
