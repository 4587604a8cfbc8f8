"""The tree family: any base policy and any reward on sequences, the prefix itself being the state."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import floats, real_array
from explore_theory.problems.autoregressive.dynamics import MOST_SEQUENCES
from explore_theory.problems.autoregressive.layer import Layer
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem
from explore_theory.problems.noise import NoiseLaw, NoNoise
from explore_theory.problems.rounded import given_base


def tree_problem(
    *,
    base: Sequence[npt.ArrayLike] | None = None,
    reward: npt.ArrayLike,
    beta: float,
    features: Sequence[npt.ArrayLike] | None = None,
    noise: NoiseLaw | None = None,
    log_base: Sequence[npt.ArrayLike] | None = None,
) -> AutoregressiveProblem:
    """``pi_{h,ref}`` as `[A^h, A]` for each ``h`` from zero, rewards of whole responses `[A^H]`.

    `log_base`, in place of `base`, holds logarithms, as in `Layer`. Prefixes are numbered with the first
    token slowest. `features`, `[A^h, A, d]` per layer, are zero (``d = 1``) by default: whatever needs them
    asks for them.

    Raises
    ------
    InvalidProblem
        If shapes differ, or there are more than `MOST_SEQUENCES` responses.
    """
    name, tables = given_base(base, log_base)
    steps = len(tables)
    if steps == 0:
        raise InvalidProblem(f"horizon must be at least 1, got {name}=[]")
    tokens = np.shape(tables[0])[-1] if np.ndim(tables[0]) == 2 else 0
    if tokens < 2:
        raise InvalidProblem(f"vocabulary must be at least 2, got {name}[0].shape={np.shape(tables[0])}")
    if tokens**steps > MOST_SEQUENCES:
        raise InvalidProblem(
            f"vocabulary^horizon must be at most {MOST_SEQUENCES} in a tree, got {tokens}^{steps}"
        )
    if features is not None and len(features) != steps:
        raise InvalidProblem(f"features must have one array per layer ({steps}), got {len(features)}")
    leaves = floats("reward", reward, (tokens**steps,))
    layers = []
    for h, table in enumerate(tables):
        shape = (tokens**h, tokens)
        if real_array(name, table).shape != shape:
            raise InvalidProblem(f"{name} must have shape {shape}, got {name}.shape={np.shape(table)}")
        law: dict[str, Any] = {name: table}
        vectors = np.zeros((*shape, 1)) if features is None else features[h]
        layers.append(
            Layer(
                **law,
                reward=leaves.reshape(shape) if h + 1 == steps else np.zeros(shape),
                features=np.asarray(vectors),
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
