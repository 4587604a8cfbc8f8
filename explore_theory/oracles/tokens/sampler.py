"""One step of a token policy as a sampler that pays for what it draws, and the exact law of what happens.

A *step* at a prefix, with scores ``f(a) = <theta, phi(a) - phi(a')> 1{|phi(a) - phi(a')| <= radius}`` (the
norm that of the inverse covariance) relative to a base token `a'`:

1. ``a' ~ pi_{h,ref}``: one call.
2. `draws` calls for a ceiling: the largest score `B` among as many base tokens.
3. At most `cap` candidates ``a ~ pi_{h,ref}``, accepted with probability ``alpha(a) = min(1, exp((f(a) -
B)/beta))``;
   one call each. If none is accepted, one more base token is returned.

The log-ratio that the step reports is ``log alpha(a) + H_{N-1}`` if candidate `N` was accepted and 0
otherwise. Given ``(a', B)`` and whether a candidate was accepted it is unbiased, up to the cap, for the
log-ratio of the law that `a` is then drawn from (T8, which also says what the cap does), whether or not
something was clipped. A maximum takes the place of an estimated normaliser: a token that the tilted law
draws with probability `q` has base probability at least ``q/coverage``, so about ``coverage/q`` draws find
it; whatever the ceiling, a candidate is accepted with probability at least ``1/coverage``, since ``E min(1,
e^(f-B)) >= E e^f / e^(max f)``; and the law of a maximum is one uniform away.

The simulator knows the base law, so the number of candidates is drawn at once (theory, X4) and the ceiling by
its distribution function. Letters: `S` states, `A` tokens (`A'` base tokens), `K` ranks of the ceiling, ``K =
A``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import floats, positive, whole
from explore_theory.problems.autoregressive.layer import Layer
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem
from explore_theory.problems.protocol import Floats

#: The most numbers that the tables of one policy may hold.
MOST_NUMBERS = 1 << 25
#: Scores of many policies are worked out in parts of so many numbers.
_TOGETHER = 1 << 20


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class TokenPolicy:
    """A token policy as data: what a learner knows, and all that its steps need.

    Parameters
    ----------
    theta
        `[H, d]`, in units of reward per feature.
    precision
        `[H, d, d]`: inverse covariances, positive semi-definite.
    radius
        Scores count up to this norm.
    draws, cap
        Base tokens for the ceiling, and the most candidates.

    Raises
    ------
    InvalidProblem
        If shapes differ or a number is out of range.
    """

    theta: npt.NDArray[np.float64]
    precision: npt.NDArray[np.float64]
    radius: float
    draws: int
    cap: int

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "theta", floats("theta", self.theta, (None, None)))
        steps, d = self.theta.shape
        put(self, "precision", floats("precision", self.precision, (steps, d, d)))
        put(self, "radius", positive("radius", self.radius))
        put(self, "draws", whole("draws", self.draws, least=1))
        put(self, "cap", whole("cap", self.cap, least=1))

    def scores(self, features: Floats, h: int, beta: float) -> Floats:
        """``f(a)/beta`` relative to `a'`, `[S, A', A]`, for the `features` `[S, A, d]` of layer `h`.

        Raises
        ------
        InvalidProblem
            If the features have another dimension than `theta`.
        """
        if (d := features.shape[-1]) != self.theta.shape[1]:
            raise InvalidProblem(
                f"theta must have the layer's {d} coordinates, got theta.shape={self.theta.shape}"
            )
        return _scores(features, self.theta[h], self.precision[h], self.radius) / beta


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class TokenPolicies:
    """Policies that differ in what was learned only, number `g` of them that of replicate `g`.

    Parameters
    ----------
    theta, precision
        `[G, H, d]` and `[G, H, d, d]`, each as those of a `TokenPolicy`.
    radius, draws, cap
        As there, of all of them.

    Raises
    ------
    InvalidProblem
        If shapes differ or a number is out of range.
    """

    theta: npt.NDArray[np.float64]
    precision: npt.NDArray[np.float64]
    radius: float
    draws: int
    cap: int

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "theta", floats("theta", self.theta, (None, None, None)))
        count, steps, d = self.theta.shape
        put(self, "precision", floats("precision", self.precision, (count, steps, d, d)))
        put(self, "radius", positive("radius", self.radius))
        put(self, "draws", whole("draws", self.draws, least=1))
        put(self, "cap", whole("cap", self.cap, least=1))

    @classmethod
    def joined(cls, policies: Sequence[TokenPolicy]) -> "TokenPolicies":
        """Those of `policies`, which must have one radius and equally many draws."""
        numbers = {(one.radius, one.draws, one.cap) for one in policies}
        if len(numbers) != 1:
            raise InvalidProblem(f"policies must have one radius, draws and cap, got {sorted(numbers)!r:.80}")
        ((radius, draws, cap),) = numbers
        return cls(
            theta=np.stack([one.theta for one in policies]),
            precision=np.stack([one.precision for one in policies]),
            radius=radius,
            draws=draws,
            cap=cap,
        )

    def of(self, g: int) -> TokenPolicy:
        """Policy number `g`."""
        return TokenPolicy(
            theta=self.theta[g],
            precision=self.precision[g],
            radius=self.radius,
            draws=self.draws,
            cap=self.cap,
        )

    def scores(self, features: Floats, h: int, beta: float) -> Floats:
        """``f(a)/beta`` relative to `a'`, ``[G, S, A', A]``: `TokenPolicy.scores` of each."""
        states, tokens, d = features.shape
        together = max(1, _TOGETHER // (states * tokens * tokens * d * d))
        parts = [
            _scores(
                features,
                self.theta[g : g + together, h, None, None, None],
                self.precision[g : g + together, h, None, None, None],
                self.radius,
            )
            for g in range(0, len(self.theta), together)
        ]
        return np.concatenate(parts) / beta


@brief
@dataclass(frozen=True, eq=False)
class StepLaw:
    """The law of one step of one layer.

    Parameters
    ----------
    base_cdf
        `[S, A]`: distribution function of the base token.
    miss
        `[S, A', K]`: probability that the ceiling has at least this rank, 0 being the largest score.
    log_accept
        `[S, A', K, A]`: ``log alpha(a)`` under that ceiling.
    accepted
        `[S, A', K, A]`: law of an accepted token; its distribution function `cdf` is worked out when asked
        for.
    log_reject
        `[S, A', K]`: ``log(1 - p)``, `p` the probability that a candidate is accepted.
    """

    base_cdf: Floats
    miss: Floats
    log_accept: Floats
    accepted: Floats
    log_reject: Floats

    @property
    def cdf(self) -> Floats:
        """`[S, A', K, A]`: distribution function of an accepted token."""
        return _cdf(self.accepted)


def step_law(layer: Layer, policy: TokenPolicy | TokenPolicies, h: int, beta: float) -> StepLaw:
    """The law of a step at every state of `layer`, layer number `h`; of many policies, ``[g, S, ...]``."""
    score = np.where(layer.base[:, None, :] > 0, policy.scores(layer.features, h, beta), -np.inf)
    order = np.argsort(-score, axis=-1, kind="stable")
    ranked = np.take_along_axis(np.broadcast_to(layer.base[:, None, :], score.shape), order, axis=-1)
    # The mass of this rank and worse ones, from the small end; rank 0 is certain.
    tail = np.cumsum(ranked[..., ::-1], axis=-1)[..., ::-1]
    miss = np.minimum(tail / tail[..., :1], 1.0) ** policy.draws
    miss[..., 0] = 1.0
    ceiling = np.take_along_axis(score, order, axis=-1)
    # Ranks outside the support are never reached; any finite ceiling will do for them.
    ceiling = np.where(np.isfinite(ceiling), ceiling, 0.0)
    log_accept = np.minimum(score[..., None, :] - ceiling[..., None], 0.0)
    mass = layer.base[:, None, None, :] * np.exp(log_accept)
    accept = mass.sum(axis=-1)
    with np.errstate(divide="ignore"):
        log_reject = np.log1p(-np.minimum(accept, 1.0))
    return StepLaw(
        base_cdf=_cdf(layer.base),
        miss=miss,
        log_accept=np.where(np.isfinite(log_accept), log_accept, 0.0),
        accepted=mass / np.maximum(accept, 1e-300)[..., None],
        log_reject=log_reject,
    )


def token_law(layer: Layer, policy: TokenPolicy | TokenPolicies, h: int, beta: float) -> Floats:
    """``log pi_h(a | s)``, `[S, A]`: the exact law of a step, averaged over base token, ceiling and
    failure; of many policies, ``[g, S, A]``.
    """
    law = step_law(layer, policy, h, beta)
    failed = np.exp(policy.cap * law.log_reject)[..., None]
    given = (1 - failed) * law.accepted + failed * layer.base[:, None, None, :]
    rank = law.miss - np.concatenate([law.miss[..., 1:], np.zeros_like(law.miss[..., :1])], axis=-1)
    mass = (rank[..., None] * given).sum(axis=-2)
    total = (layer.base[..., None] * mass).sum(axis=-2)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(total / total.sum(axis=-1, keepdims=True)))


def token_tables(problem: AutoregressiveProblem, policy: TokenPolicy | TokenPolicies) -> tuple[Floats, ...]:
    """The exact token laws `[S, A]` of `policy` at every layer, for evaluation."""
    return tuple(token_law(layer, policy, h, problem.beta) for h, layer in enumerate(problem.layers))


def _scores(features: Floats, theta: Floats, precision: Floats, radius: float) -> Floats:
    """`f` `[..., S, A', A]` for `theta` `[..., d]` and `precision` `[..., d, d]`, both to be broadcast."""
    relative = features[:, None, :, :] - features[:, :, None, :]
    norm = (relative[..., None, :] * precision).sum(axis=-1)
    inside = (norm * relative).sum(axis=-1) <= radius * radius
    return np.asarray(np.where(inside, (relative * theta).sum(axis=-1), 0.0))


def _cdf(mass: Floats) -> Floats:
    """Distribution function along the last axis; 1 from the last token of positive mass on."""
    cdf = np.cumsum(mass, axis=-1)
    cdf /= np.maximum(cdf[..., -1:], 1e-300)
    later = np.cumsum(mass[..., ::-1], axis=-1)[..., ::-1] - mass
    return np.where(later <= 0, 1.0, cdf)
