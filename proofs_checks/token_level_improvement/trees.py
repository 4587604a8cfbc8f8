"""Trees for the searches of this folder: any base policy, reward and policy on `A^H` responses.

What is called *by responses* sums over leaves and knows nothing of tokens; what is called *by tokens* is the
soft dynamic programme of `explore_theory.exact.soft_dynamics`, one tree at a time. Letters: `K` trees side by
side, `H` tokens per response, `A` tokens in the vocabulary, ``N = A^H`` leaves (first token slowest).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.foundation import laws
from explore_theory.harness import Case, Measurement, Trial, climb
from explore_theory.problems.autoregressive import AutoregressiveProblem, tree_problem

Floats = npt.NDArray[np.float64]

#: Base probabilities of tokens reach down to about this; rewards lie in [0, 1]; beta in `BETA`.
SMALLEST_MASS = 1e-8
#: How far the logits of near-optimal policies are from those of the optimal ones: so far that most gaps are
#: fifty times what rounding allows, and so near that they are of second order.
NEAR = 0.1
BETA = (1e-2, 10.0)


@dataclass(frozen=True, kw_only=True)
class Trees:
    """`K` trees: `log_base` and `log_policy` `[K, A^h, A]` per layer, `reward` `[K, N]`, `beta` `[K]`."""

    log_base: tuple[Floats, ...]
    log_policy: tuple[Floats, ...]
    reward: Floats
    beta: Floats
    effort: int = 0

    @property
    def horizon(self) -> int:
        """`H`."""
        return len(self.log_base)

    @property
    def tokens(self) -> int:
        """`A`."""
        return int(self.log_base[0].shape[-1])

    def problem(self, k: int) -> AutoregressiveProblem:
        """Tree `k` as a problem."""
        base = [np.exp(table[k]) for table in self.log_base]
        return tree_problem(base=base, reward=self.reward[k], beta=float(self.beta[k]))

    def policy(self, k: int) -> tuple[Floats, ...]:
        """The policy of tree `k`."""
        return tuple(table[k] for table in self.log_policy)

    def describe(self, k: int) -> dict[str, Any]:
        """Tree `k`, in full if it is small."""
        if self.reward.shape[1] > 64:
            return {"beta": float(self.beta[k]), "leaves": self.reward.shape[1]}
        return {
            "beta": float(self.beta[k]),
            "base": [np.exp(table[k]).tolist() for table in self.log_base],
            "policy": [np.exp(table[k]).tolist() for table in self.log_policy],
            "reward": self.reward[k].tolist(),
        }

    def size(self) -> Floats:
        """`[K]`: how large log-probabilities of leaves get, base and optimal."""
        finite = np.where(np.isfinite(leaves(self.log_base)), -leaves(self.log_base), 0.0)
        return np.asarray(1 / self.beta + finite.max(axis=-1) + np.log(self.reward.shape[1]))

    def rounding(self) -> Floats:
        """`[K]`: what float64 may do to an objective, or to beta times a divergence, summed over `H` layers.

        As for one layer (`proofs_checks.framework.instances.Bandits.rounding`), once per layer.
        """
        size = self.size()
        return np.asarray(4 * self.horizon * np.finfo(float).eps * size * (1.0 + self.beta * size))


def leaves(tables: Sequence[Floats]) -> Floats:
    """`[K, N]`: log-probabilities of responses, the sum of those of their tokens."""
    total = np.zeros((len(tables[0]), 1))
    for table in tables:
        total = (total[..., None] + table).reshape(len(table), -1)
    return total


def width(horizon: int, tokens: int) -> int:
    """Coordinates that `decode` consumes: base and policy logits, rewards, beta."""
    return int(2 * sum(tokens ** (h + 1) for h in range(horizon)) + tokens**horizon + 1)


def decode(z: Floats, horizon: int, tokens: int, flavour: str, effort: int = 0) -> Trees:
    """Trees from `[K, width]` coordinates of order one.

    Flavours of the policy: ``any``; ``near-optimal``, logits within `NEAR` of those of the tokens' optimal
    laws; ``off-support``, which keeps a first token that the base policy has lost.
    """
    count, offset = len(z), 0

    def take(shape: tuple[int, ...]) -> Floats:
        nonlocal offset
        size = int(np.prod(shape))
        offset += size
        return z[:, offset - size : offset].reshape(count, *shape)

    shapes = [(tokens**h, tokens) for h in range(horizon)]
    base = [laws.log_normalise(np.clip(5.0 * take(shape), np.log(SMALLEST_MASS), 0.0)) for shape in shapes]
    logits = [take(shape) for shape in shapes]
    reward = np.clip(0.5 + 0.5 * take((tokens**horizon,)), 0.0, 1.0)
    low, high = np.log(BETA[0]), np.log(BETA[1])
    beta = np.exp(np.clip(0.5 * (low + high) + 0.4 * (high - low) * take((1,))[:, 0], low, high))
    if flavour == "off-support":
        base[0][..., 0] = -np.inf
        base[0] = laws.log_normalise(base[0])
    policy = [laws.log_normalise(5.0 * table) for table in logits]
    if flavour == "near-optimal":
        best = conditionals(laws.optimal(leaves(base), reward, beta), horizon, tokens)
        policy = [laws.log_normalise(b + NEAR * t) for b, t in zip(best, logits, strict=True)]
    return Trees(log_base=tuple(base), log_policy=tuple(policy), reward=reward, beta=beta, effort=effort)


def conditionals(log_law: Floats, horizon: int, tokens: int) -> list[Floats]:
    """Token laws `[K, A^h, A]` of a law `[K, N]` on responses, by summing over leaves.

    Uniform after a prefix of probability zero, where there is nothing to say.
    """
    found = []
    for h in range(horizon):
        mass = laws.log_sum_exp(log_law.reshape(len(log_law), tokens**h, tokens, -1))
        mass = np.where(np.isneginf(mass).all(axis=-1, keepdims=True), 0.0, mass)
        found.append(laws.log_normalise(mass))
    return found


def search(trial: Trial, score: Callable[[Trees], Floats]) -> Trees:
    """The trees on which each chain of the search drove `score` highest."""
    params = trial.case.params
    horizon, tokens, steps = (int(params[name]) for name in ("horizon", "tokens", "steps"))
    flavour = str(params.get("policy", "any"))

    def value(z: Floats) -> Floats:
        return score(decode(z, horizon, tokens, flavour))

    points = climb(value, width(horizon, tokens), steps, trial.streams)
    return decode(points, horizon, tokens, flavour, effort=len(points) * (1 + steps))


#: Shapes (H, A): the smallest, a deep and a broad one of 64 leaves, and two of 2^14.
SHAPES = ((2, 2), (6, 2), (2, 8), (14, 2), (7, 4))


def cases(
    flavour: str = "any", *, tight: bool = True, shapes: Sequence[tuple[int, int]] = SHAPES
) -> tuple[Case, ...]:
    """One case per shape; large trees get fewer chains and steps."""
    found = []
    for horizon, tokens in shapes:
        large = tokens**horizon > 4096
        found.append(
            Case(
                slug=f"{flavour}-h{horizon}-a{tokens}",
                params={
                    "horizon": horizon,
                    "tokens": tokens,
                    "policy": flavour,
                    "steps": 4 if large else 30,
                },
                rows={"quick": 2, "full": 16} if large else {"quick": 32, "full": 512},
                tight=tight,
                block=16 if large else 64,
            )
        )
    return tuple(found)


def joined(parts: Sequence[Measurement], unit: str) -> Measurement:
    """Several measurements as one, comparison by comparison."""
    return Measurement(
        lo=np.concatenate([part.lo for part in parts]),
        hi=np.concatenate([part.hi for part in parts]),
        effort=len(parts),
        unit=unit,
    )
