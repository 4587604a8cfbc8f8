"""A causal model as an autoregressive problem: the exact law after every prefix of a response.

Letters: `X` prompts, `H` tokens per response, `A` tokens that are chosen between, `S` states of a layer, `d`
feature dimension, `D` hidden width.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation import laws
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import positive, whole, whole_array
from explore_theory.models.causal.model import CausalModel
from explore_theory.models.causal.sampling import Prefix
from explore_theory.problems.autoregressive.dynamics import optimum
from explore_theory.problems.autoregressive.layer import Layer
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem
from explore_theory.problems.noise import NoiseLaw, NoNoise

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
#: A reward of a prompt and a response, as texts.
Reward = Callable[[str, str], float]
#: Prefixes that a model is asked for, whole responses included.
MOST_PREFIXES = 1 << 17


class PrefixTree:
    """Every prefix of a response of at most `H` tokens, with the model's law after it and its features.

    A response ends with one of the model's `ends`, or is cut after `H` tokens. In a problem every response
    has `H` choices: after an end all others are that end again, with probability one, so that laws of whole
    responses are the model's own. Only if `tokens` leaves some out, each law is the model's *given that the
    token is one of these*: constrained decoding, the base policy of another problem, and said so in `law`.

    Parameters
    ----------
    model
        What is asked, once for every prefix.
    prompts
        `X` texts (or chats) that responses answer, each as likely as the others.
    horizon
        `H`.
    dimension
        `d`, of features of a prefix with its next token: `CausalModel.features`, from which their mean over
        the tree is taken off (differences alone matter), divided by the longest.
    tokens
        Those that are chosen between, all by default.
    layer, seed
        Of the features, see `CausalModel.features`.

    Raises
    ------
    InvalidProblem
        If there are more than `MOST_PREFIXES` prefixes, they do not fit into the context, or an argument is
        out of range.
    """

    def __init__(
        self,
        model: CausalModel,
        *,
        prompts: Iterable[str] = ("",),
        horizon: int,
        dimension: int,
        tokens: Sequence[int] | None = None,
        layer: int = -1,
        seed: int = 0,
    ) -> None:
        self.model, self.horizon = model, whole("horizon", horizon, least=1)
        if isinstance(prompts, str):
            # A text is a sequence of characters, and would be as many prompts.
            raise InvalidProblem(f"prompts must be a list of texts, got the text {prompts!r:.60}")
        self.prompts = tuple(prompts)
        if not self.prompts:
            raise InvalidProblem("prompts must hold one at least, got none")
        self.tokens = self._tokens(tokens)
        self.seed = whole("seed", seed, least=0)
        #: `[A]`: whether a token ends a response.
        self._ends = np.isin(self.tokens, model.ends)
        self._require_few()
        self._starts = [model.encoded(prompt) for prompt in self.prompts]
        self._read(self._starts, whole("dimension", dimension, least=1), layer)

    @property
    def law(self) -> str:
        """Which law it is, in words."""
        if len(self.tokens) == self.model.vocabulary:
            return f"the law of {self.model.name}"
        return f"the law of {self.model.name}, given that each token is one of {len(self.tokens)}"

    def verified(
        self,
        reward: Reward,
        *,
        beta: float,
        noise: NoiseLaw | None = None,
        parameter_radius: float | None = None,
    ) -> AutoregressiveProblem:
        """Responses are paid ``reward(prompt, response)`` when they end or are cut.

        No parameter fits ``Q_h`` exactly; `exact.realisation.realisation_errors` says by how much. Learners
        are told `parameter_radius`, by default the largest norm of the least-squares fits of ``Q_h`` to the
        features, state by state (differences alone matter), over all layers.
        """
        paid = [np.zeros(shape.shape) for shape in self._next]
        for h, prefixes in enumerate(self._prefixes):
            for s, (x, prefix) in enumerate(prefixes):
                for a in np.flatnonzero(self._ends) if h + 1 < self.horizon else range(len(self.tokens)):
                    whole_response = self.model.spelled((*prefix, int(self.tokens[a])), self._starts[x])
                    paid[h][s, a] = self._paid(reward, self.prompts[x], whole_response)
        made = self._problem(paid, beta=beta, noise=noise)
        radius = self._fitted_radius(made) if parameter_radius is None else parameter_radius
        return self._problem(paid, beta=beta, noise=noise, parameter_radius=radius)

    def linear(
        self, *, beta: float, tilt: float = 1.0, noise: NoiseLaw | None = None, seed: int | None = None
    ) -> AutoregressiveProblem:
        """Rewards of every prefix that make the optimal policy linear softmax in the features.

        ``theta_h`` is Gaussian of length `tilt` times ``beta`` over the mean length of the features, and
        ``w_h = <theta_h, phi_h> - V_{h+1}``, so that ``Q_h = <theta_h, phi_h>``: the assumption of multi-turn
        exploration holds exactly, on the model's law. `seed` is that of the features unless another is given.
        """
        beta, tilt = positive("beta", beta), positive("tilt", tilt)
        d = self._features[0].shape[2]
        streams = Streams(("causal model", "theta"), range(1), self.seed if seed is None else seed)
        theta = streams.normal(self.horizon * d).reshape(self.horizon, d)
        theta *= tilt * beta / self._mean_length / np.sqrt((theta * theta).sum(axis=-1, keepdims=True))
        rewards: list[Floats] = []
        following = np.zeros(1)
        for h in range(self.horizon - 1, -1, -1):
            q = (self._features[h] * theta[h]).sum(axis=-1)
            rewards.append(q - following[self._next[h]])
            following = laws.soft_value(self._logs[h], q, np.full(len(q), beta))
        radius = float(np.sqrt((theta * theta).sum(axis=-1)).max())
        return self._problem(rewards[::-1], beta=beta, noise=noise, theta=theta, parameter_radius=radius)

    def _problem(
        self,
        rewards: Sequence[Floats],
        *,
        beta: float,
        noise: NoiseLaw | None,
        theta: Floats | None = None,
        parameter_radius: float | None = None,
    ) -> AutoregressiveProblem:
        layers = tuple(
            Layer(log_base=logs, reward=reward, features=phi, next=there)
            for logs, reward, phi, there in zip(self._logs, rewards, self._features, self._next, strict=True)
        )
        X = len(self.prompts)
        return AutoregressiveProblem(
            prompt_mass=np.full(X, 1 / X),
            start=np.arange(X),
            layers=layers,
            beta=positive("beta", beta),
            noise=noise or NoNoise(),
            theta=theta,
            parameter_radius=parameter_radius,
        )

    def _tokens(self, tokens: Sequence[int] | None) -> Ints:
        A = self.model.vocabulary
        if tokens is None:
            return np.arange(A)
        told = whole_array("tokens", list(tokens), least=0, most=A - 1)
        if told.ndim != 1 or len(told) < 2 or len(np.unique(told)) != len(told):
            raise InvalidProblem(f"tokens must be two distinct ones or more, got {list(tokens)!r:.60}")
        return told

    def _require_few(self) -> None:
        on, total, width = int((~self._ends).sum()), 0, len(self.prompts)
        for h in range(self.horizon + 1):
            total += width
            if total > MOST_PREFIXES:
                raise InvalidProblem(
                    f"prefixes must be at most {MOST_PREFIXES}, each read by the model, got more with "
                    f"{len(self.prompts)} prompts, {len(self.tokens)} tokens and horizon={self.horizon} "
                    f"(fewer tokens by `tokens`, or a shorter horizon)"
                )
            width *= on if h + 1 < self.horizon else len(self.tokens)

    def _read(self, starts: Sequence[Prefix], d: int, layer: int) -> None:
        """Ask the model level by level.

        States of a layer: prefixes that have not ended, first by prompt, then with the first token slowest;
        behind them one state for all that have, which only the first layer lacks.
        """
        A, on = len(self.tokens), np.flatnonzero(~self._ends)
        # In the state of ended responses the first end is certain.
        over = np.full(A, -np.inf)
        here: list[tuple[int, tuple[int, ...]]] = [(x, ()) for x in range(len(starts))]
        self._prefixes, self._logs, self._next = [], [], []
        features = []
        for h in range(self.horizon):
            rows = [(*starts[x], *prefix) for x, prefix in here]
            logs = self.model.law(rows)[:, self.tokens]
            logs = np.asarray(logs - laws.log_sum_exp(logs)[:, None])
            children = [(*row, int(token)) for row in rows for token in self.tokens]
            phi = self.model.features(children, d, layer=layer, seed=self.seed).reshape(len(here), A, d)
            moves = np.zeros((len(here), A), dtype=np.int64)
            moves[:, on] = np.arange(len(here) * len(on)).reshape(len(here), len(on))
            moves[:, self._ends] = len(here) * len(on)
            if h and self._ends.any():
                over[np.argmax(self._ends)] = 0.0
                logs, moves = np.vstack([logs, over]), np.vstack([moves, np.full(A, len(here) * len(on))])
            self._prefixes.append(here)
            self._logs.append(logs)
            # Behind the last layer there is one state.
            self._next.append(moves if h + 1 < self.horizon else np.zeros_like(moves))
            features.append(phi)
            here = [(x, (*prefix, int(self.tokens[a]))) for x, prefix in here for a in on]
        self._scaled(features)

    def _scaled(self, features: list[Floats]) -> None:
        flat = np.concatenate([phi.reshape(-1, phi.shape[-1]) for phi in features])
        middle = flat.mean(axis=0)
        lengths = np.sqrt(((flat - middle) ** 2).sum(axis=-1))
        longest = float(lengths.max()) or 1.0
        self._mean_length = float(lengths.mean()) / longest or 1.0
        self._features = []
        for phi, logs in zip(features, self._logs, strict=True):
            scaled = (phi - middle) / longest
            # What has ended has no features: nothing is chosen there.
            self._features.append(np.concatenate([scaled, np.zeros((len(logs) - len(phi), *phi.shape[1:]))]))

    def _paid(self, reward: Reward, prompt: str, response: str) -> float:
        value = float(reward(prompt, response))
        if not np.isfinite(value):
            raise InvalidProblem(f"reward must be finite, got {value!r} for the response {response!r:.60}")
        return value

    def _fitted_radius(self, problem: AutoregressiveProblem) -> float:
        norms = []
        for layer, q in zip(problem.layers, optimum(problem).q, strict=True):
            x = layer.features - layer.features.mean(axis=1, keepdims=True)
            y = q - q.mean(axis=1, keepdims=True)
            fit = np.linalg.lstsq(x.reshape(-1, layer.d), y.reshape(-1), rcond=None)[0]
            norms.append(float(np.sqrt(fit @ fit)))
        return max(*norms, 1e-300) if len(norms) > 1 else max(norms[0], 1e-300)

    @cached_property
    def prefixes(self) -> int:
        """How many prefixes there are, whole responses not counted."""
        return sum(map(len, self._prefixes))
