"""The tree family: any base policy and any reward on sequences, the prefix itself being the state."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import floats
from explore_theory.problems.autoregressive.dynamics import MOST_SEQUENCES
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem, Layer
from explore_theory.problems.noise import NoiseLaw, NoNoise


def tree_problem(
    *,
    base: Sequence[npt.ArrayLike],
    reward: npt.ArrayLike,
    beta: float,
    features: Sequence[npt.ArrayLike] | None = None,
    noise: NoiseLaw | None = None,
) -> AutoregressiveProblem:
    """``pi_{h,ref}`` as `[A^h, A]` for each ``h`` from zero, rewards of whole responses `[A^H]`.

    Prefixes are numbered with the first token slowest. `features`, `[A^h, A, d]` per layer, are zero
    (``d = 1``) by default: whatever needs them asks for them.

    Raises
    ------
    InvalidProblem
        If shapes differ, or there are more than `MOST_SEQUENCES` responses.
    """
    steps = len(base)
    if steps == 0:
        raise InvalidProblem("horizon must be at least 1, got base=[]")
    tokens = np.shape(base[0])[-1] if np.ndim(base[0]) == 2 else 0
    if tokens < 2:
        raise InvalidProblem(f"vocabulary must be at least 2, got base[0].shape={np.shape(base[0])}")
    if tokens**steps > MOST_SEQUENCES:
        raise InvalidProblem(
            f"vocabulary^horizon must be at most {MOST_SEQUENCES} in a tree, got {tokens}^{steps}"
        )
    if features is not None and len(features) != steps:
        raise InvalidProblem(f"features must have one array per layer ({steps}), got {len(features)}")
    leaves = floats("reward", reward, (tokens**steps,))
    layers = []
    for h, table in enumerate(base):
        shape = (tokens**h, tokens)
        vectors = (
            np.zeros((*shape, 1)) if features is None else floats("features", features[h], (*shape, None))
        )
        layers.append(
            Layer(
                base=floats("base", table, shape),
                reward=leaves.reshape(shape) if h + 1 == steps else np.zeros(shape),
                features=vectors,
                next=np.arange(tokens ** (h + 1)).reshape(shape),
            )
        )
    return AutoregressiveProblem(
        prompt_mass=np.ones(1),
        start=np.zeros(1, dtype=np.int64),
        layers=tuple(layers),
        beta=beta,
        noise=noise or NoNoise(),
    )
