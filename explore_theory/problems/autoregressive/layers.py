"""Autoregressive problems: responses are sequences of tokens, and prefixes move through a finite automaton.

What a prefix does to the future is summarised by a *state*: the base policy, the reward increment and the
features of the next token depend on the prefix through it, and it moves to ``next[s, a]`` when token `a` is
chosen. The last token may be the state (a Markov chain), or the prefix itself (a tree), so any autoregressive
problem has this form, and everything is computed by dynamic programming over states.

Letters: `X` prompts, `H` tokens per response, `A` tokens in the vocabulary, `S` states of a layer, `d`
feature dimension. Rewards and ``beta`` are in units of reward.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation import laws
from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import (
    floats,
    positive,
    probabilities,
    whole,
    whole_array,
)
from explore_theory.problems import declared
from explore_theory.problems.autoregressive import dynamics
from explore_theory.problems.autoregressive.files import load_tokens, save_tokens
from explore_theory.problems.autoregressive.layer import Layer
from explore_theory.problems.display import facts_html
from explore_theory.problems.noise import NoiseLaw, NoNoise, admit
from explore_theory.problems.protocol import Facts, Floats, Ints, log_of


@dataclass(frozen=True, kw_only=True)
class TokenFacts(Facts):
    """What a token-level learner is told for free.

    Parameters
    ----------
    vocabulary
        `A`: a token is an index below it.
    conditional_coverage
        A known upper bound on ``C_cond = max_h sup pi*_h(a|prefix)/pi_{h,ref}(a|prefix)``, or None.
    """

    vocabulary: int
    conditional_coverage: float | None = None


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class AutoregressiveProblem:
    """A problem whose responses are `H` tokens, valid by construction.

    Parameters
    ----------
    prompt_mass
        ``rho``, `[X]`, probabilities.
    start
        `[X]`: the state of the first layer that each prompt starts in.
    layers
        `H` of them; one object may stand in several places.
    beta
        KL regularisation, positive, in units of reward.
    noise
        The law of observed rewards, of whole responses.
    theta
        ``theta_h``, `[H, d]`, or None. If given, differences of ``Q_h`` over supported tokens of one
        reachable state must be ``<theta_h, feature differences>`` (T3: the optimal policy is then linear
        softmax).
    parameter_radius
        ``B >= max_h |theta_h|_2`` that learners are told; needed with `theta`.
    conditional_coverage
        An upper bound on ``C_cond`` that learners are told, or None.

    Raises
    ------
    InvalidProblem
        If any of this fails; the message names the layer.
    """

    prompt_mass: npt.NDArray[np.float64]
    start: npt.NDArray[np.int64]
    layers: tuple[Layer, ...]
    beta: float
    noise: NoiseLaw = field(default_factory=NoNoise)
    theta: npt.NDArray[np.float64] | None = None
    parameter_radius: float | None = None
    conditional_coverage: float | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "prompt_mass", probabilities("prompt_mass", self.prompt_mass, (None,)))
        put(self, "layers", tuple(self.layers))
        whole("horizon", len(self.layers), least=1)
        put(self, "beta", positive("beta", self.beta))
        start = whole_array("start", self.start, least=-(2**63))
        if start.shape != self.prompt_mass.shape:
            raise InvalidProblem(
                f"start must hold one state per prompt ({self.prompt_mass.size}), got start={self.start!r}"
            )
        start.flags.writeable = False
        put(self, "start", start)
        self._check_states()
        admit(self.noise, np.concatenate(self._reward_ends()))
        for name in ("parameter_radius", "conditional_coverage"):
            if (value := getattr(self, name)) is not None:
                put(self, name, positive(name, value))
        if self.theta is not None:
            put(self, "theta", floats("theta", self.theta, (self.horizon, self.layers[0].d)))
            declared.radius_covers(self.parameter_radius, self.theta)
            declared.realised(
                self.theta,
                self.layers,
                dynamics.optimum(self).q,
                dynamics.reachable(self),
                value="Q_h",
                step="layer",
            )
        if self.conditional_coverage is not None:
            declared.covers(self.conditional_coverage, float(dynamics.log_conditional_coverage(self)))

    @property
    def horizon(self) -> int:
        """`H`: tokens per response."""
        return len(self.layers)

    @property
    def vocabulary(self) -> int:
        """`A`."""
        return self.layers[0].vocabulary

    @cached_property
    def reward_range(self) -> float:
        """``R``: the largest difference of two rewards of supported responses to one prompt."""
        low, high = self._reward_ends()
        return float(np.max(high - low))

    def _reward_ends(self) -> tuple[Floats, Floats]:
        """The least and the largest reward of a supported response to each prompt, ``[X]`` each."""
        high = low = np.zeros(1)
        for h in range(self.horizon - 1, -1, -1):
            layer = self.layers[h]
            there = layer.next if h + 1 < self.horizon else np.zeros_like(layer.next)
            supported = layer.supported
            high = np.where(supported, layer.reward + high[there], -np.inf).max(axis=-1)
            low = np.where(supported, layer.reward + low[there], np.inf).min(axis=-1)
        return low[self.start], high[self.start]

    def _repr_html_(self) -> str:
        """For notebooks: what a learner is told."""
        return facts_html(self)

    @cached_property
    def facts(self) -> TokenFacts:
        """What a learner is told for free."""
        return TokenFacts(
            d=self.layers[0].d,
            beta=self.beta,
            reward_range=self.reward_range,
            parameter_radius=self.parameter_radius,
            parameters=None,
            sigma=self.noise.sigma,
            coverage=None,
            prompts=self.prompt_mass.size,
            responses=None,
            horizon=self.horizon,
            vocabulary=self.vocabulary,
            conditional_coverage=self.conditional_coverage,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the problem to `path` (an ``.npz`` archive), atomically; see `files`."""
        save_tokens(path, **{f.name: getattr(self, f.name) for f in fields(self)})

    @staticmethod
    def load(path: str | os.PathLike[str]) -> "AutoregressiveProblem":
        """Read a problem that `save` wrote.

        Raises
        ------
        InvalidProblem
            One line that names the file and what is wrong, whatever the file holds.
        """
        return load_tokens(path, AutoregressiveProblem)

    def state(self, prompt: int, prefix: Sequence[int]) -> int:
        """The state of layer ``len(prefix)`` (from zero) after `prefix`, at most ``H - 1`` tokens.

        Raises
        ------
        InvalidProblem
            If the prompt does not exist, or the prefix is too long or holds something that is no token.
        """
        state = int(self.start[whole("prompt", prompt, least=0, most=self.prompt_mass.size - 1)])
        tokens = list(prefix)
        if len(tokens) >= self.horizon:
            raise InvalidProblem(
                f"prefix must have at most {self.horizon - 1} tokens, got len(prefix)={len(tokens)!r}"
            )
        for h, token in enumerate(tokens):
            here = whole(f"prefix[{h}]", token, least=0, most=self.vocabulary - 1)
            state = int(self.layers[h].next[state, here])
        return state

    def response_reward(self, prompts: Ints, tokens: Ints) -> Floats:
        """Mean rewards `[n]` of the responses `tokens` `[n, H]` to `prompts` `[n]`."""
        if tokens.ndim != 2 or tokens.shape[1] != self.horizon:
            raise InvalidProblem(
                f"tokens must have shape (any, {self.horizon}), got tokens.shape={tokens.shape}"
            )
        state, total = self.start[prompts], np.zeros(len(tokens))
        for layer, token in zip(self.layers, tokens.T, strict=True):
            total = total + layer.reward[state, token]
            state = layer.next[state, token]
        return total

    def _check_states(self) -> None:
        first = self.layers[0]
        if np.any((self.start < 0) | (self.start >= first.states)):
            raise InvalidProblem(
                f"start must hold states of the first layer, below {first.states}, "
                f"got start={self.start.tolist()}"
            )
        for h, layer in enumerate(self.layers):
            for name in ("vocabulary", "d"):
                if (have := getattr(layer, name)) != (want := getattr(first, name)):
                    raise InvalidProblem(
                        f"layers must share one {name}, "
                        f"got layers[{h}].{name}={have}, layers[0].{name}={want}"
                    )
            if h + 1 == self.horizon:
                return
            states = self.layers[h + 1].states
            if np.any(bad := (layer.next < 0) | (layer.next >= states)):
                s, a = (int(i) for i in np.argwhere(bad)[0])
                raise InvalidProblem(
                    f"next must hold states of the next layer, below {states}, "
                    f"got layers[{h}].next[{s}, {a}]={int(layer.next[s, a])}"
                )


def realising_rewards(
    base: Floats, features: Floats, following: Ints, theta: Floats, beta: float
) -> list[Floats]:
    """Rewards `[S, A]` of each layer that make ``Q_h(s, a) = <theta_h, phi(s, a)>`` along the chain.

    For one automaton `following` `[S, A]` and one `base` `[S, A]` and `features` `[S, A, d]` in every layer,
    with `theta` `[H, d]`: ``w_h = <theta_h, phi> - V_{h+1}(following)`` and
    ``V_h = beta log E exp(<theta_h, phi>/beta)``, from the last layer to the first.
    """
    value = np.zeros(len(base))
    rewards: list[Floats] = []
    for parameter in theta[::-1]:
        q = (features * parameter).sum(axis=-1)
        rewards.append(q - value[following])
        value = laws.soft_value(log_of(base), q, np.full(len(base), beta))
    return rewards[::-1]
