"""Several trees as one problem: the prompt says which, and prompts have unequal masses.

Letters: `G` problems, `X` prompts of each, one tree a prompt; otherwise as in `trees`.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.harness import Case, Trial
from explore_theory.problems.autoregressive import AutoregressiveProblem, Layer
from proofs_checks.token_level_improvement.trees import Trees, decode, width

Floats = npt.NDArray[np.float64]

#: Masses of the prompts; one of them is never drawn.
RHO = np.array([0.125, 0.0, 0.625, 0.25])


@dataclass(frozen=True)
class Forest:
    """`G` problems: trees ``X g .. X g + X - 1`` are those of problem `g`, and have one ``beta``."""

    trees: Trees

    @property
    def count(self) -> int:
        """`G`."""
        return len(self.trees.beta) // RHO.size

    def members(self, g: int) -> slice:
        """The trees of problem `g`, prompt by prompt."""
        return slice(g * RHO.size, (g + 1) * RHO.size)

    def problem(self, g: int) -> AutoregressiveProblem:
        """Problem `g`: states of a layer are the prefixes of all trees, those of the last prompt first."""
        here, tokens, prompts = self.members(g), self.trees.tokens, RHO.size
        layers = []
        for h, table in enumerate(self.trees.log_base):
            states = prompts * tokens**h
            last = h + 1 == self.trees.horizon
            reward = self.trees.reward[here][::-1] if last else np.zeros((states, tokens))
            layers.append(
                Layer(
                    log_base=table[here][::-1].reshape(states, tokens),
                    reward=reward.reshape(states, tokens),
                    features=np.zeros((states, tokens, 1)),
                    next=np.arange(states * tokens).reshape(states, tokens),
                )
            )
        return AutoregressiveProblem(
            prompt_mass=RHO,
            start=np.arange(prompts)[::-1].copy(),
            layers=tuple(layers),
            beta=float(self.trees.beta[here.start]),
        )

    def policy(self, g: int) -> tuple[Floats, ...]:
        """The policy of problem `g`."""
        tokens = self.trees.tokens
        return tuple(table[self.members(g)][::-1].reshape(-1, tokens) for table in self.trees.log_policy)

    def mean(self, values: Floats, *, even: bool = False) -> Floats:
        """`[G]`: the mean over prompts of `values` of trees; false variant: prompts count `even`-ly."""
        weight = np.full(RHO.size, 1 / RHO.size) if even else RHO
        return np.asarray((values.reshape(self.count, RHO.size) * weight).sum(axis=-1))

    def rounding(self) -> Floats:
        """`[G]`: what rounding may do to a mean over prompts."""
        return np.asarray(self.trees.rounding().reshape(self.count, RHO.size).max(axis=-1))

    def describe(self, g: int) -> dict[str, Any]:
        """The trees of problem `g`."""
        return {f"prompt {x}": self.trees.describe(g * RHO.size + x) for x in range(RHO.size)}


def forest(trial: Trial) -> Forest:
    """A problem of random trees for each row."""
    params = trial.case.params
    horizon, tokens = int(params["horizon"]), int(params["tokens"])
    size = width(horizon, tokens)
    z = trial.streams.normal(RHO.size * size).reshape(-1, size)
    # The last coordinate is beta's.
    z[:, -1] = np.repeat(z[:: RHO.size, -1], RHO.size)
    found = decode(z, horizon, tokens, str(params.get("policy", "any")))
    return Forest(replace(found, effort=len(z)))


def forests(*flavours: str, tight: bool = True) -> tuple[Case, ...]:
    """Cases of two shapes."""
    return tuple(
        Case(
            slug=f"{flavour}-h{horizon}-a{tokens}",
            params={"horizon": horizon, "tokens": tokens, "policy": flavour},
            rows={"quick": 24, "full": 256},
            tight=tight,
            block=64,
        )
        for flavour in flavours
        for horizon, tokens in ((2, 2), (4, 3))
    )
