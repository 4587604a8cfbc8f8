"""The output of SpannerSampling: truncated softmax policies, sampled at inference time and evaluated exactly.

Letters: `R` replicates, `S` policies in the mixture, `X` prompts, `K` atoms, `d` feature dimension.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation import laws
from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import floats, frozen
from explore_theory.oracles.answers import Ctx
from explore_theory.oracles.plans import truncated_score
from explore_theory.oracles.protocol import Oracle
from explore_theory.oracles.softmax_sampler import Drawn, SoftmaxSampler
from explore_theory.problems.protocol import Atoms, Bools, Floats, Ints

_NOBODY = np.empty((1, 0), dtype=np.int64)
#: Nodes and weights of Gauss-Hermite quadrature for a standard Gaussian.
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(7)
#: An estimate of the normaliser is off by more than so many standard deviations less than once in 1e15 times.
_FAR = 8.0


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class TruncatedSoftmax:
    """Choose ``theta_s`` with weight ``w_s``, draw ``y' ~ pi_ref``, and `y` from SoftmaxSampler at
    ``f/beta``, ``f(y) = <theta_s, phi(x, y, y')> 1{|phi(x, y, y')|_{inverse} <= radius}``.

    Its law is exact up to 1e-12 where no weight comes near the sampler's cap, which is what the theorem
    arranges: accepted responses then follow ``pi_f`` whatever the estimate of the normaliser. Where weights
    are clipped, the law depends on that estimate through one number, which is averaged over by quadrature
    with its exact mean and variance.

    Parameters
    ----------
    thetas
        `[R, S, d]`, in units of reward per feature.
    weights
        `[R, S]`, non-negative, with a positive sum in each row; normalised here.
    inverse
        ``Sigma_span^{-1}``, `[R, d, d]`, or None for no truncation.
    radius
        ``nu``; infinite exactly if `inverse` is None.
    sampler
        None stands for an ideal one that draws from ``pi_f``; it cannot be run.
    """

    thetas: Floats
    weights: Floats
    inverse: Floats | None
    radius: float
    sampler: SoftmaxSampler | None

    def __post_init__(self) -> None:
        put = object.__setattr__
        thetas = floats("thetas", self.thetas, (None, None, None))
        weights = floats("weights", self.weights, thetas.shape[:2])
        if np.any(weights < 0) or np.any(weights.sum(axis=-1) <= 0):
            raise InvalidProblem(
                f"weights must be non-negative with a positive sum in each row, got weights={weights!r:.80}"
            )
        if (self.inverse is None) != (self.radius == math.inf) or not self.radius > 0:
            raise InvalidProblem(
                f"radius must be positive, and infinite exactly if inverse is None, got {self.radius!r}"
            )
        if self.inverse is not None:
            rows, d = len(thetas), thetas.shape[-1]
            put(self, "inverse", floats("inverse", self.inverse, (rows, d, d)))
        put(self, "thetas", thetas)
        put(self, "weights", frozen(weights / weights.sum(axis=-1, keepdims=True)))

    @property
    def named(self) -> Ints:
        """Nothing."""
        return _NOBODY

    def log_law(self, atoms: Atoms, beta: float) -> Floats:
        """`[R, ..., K]`: the mixture over ``theta_s`` and ``y'`` of the sampler's laws."""
        lead = atoms.log_mass.ndim - 2
        mass = np.exp(atoms.log_mass)
        allowed = self._allowed(atoms.features)
        total: Floats = np.zeros(1)
        for s in range(self.thetas.shape[1]):
            weight = self.weights[:, s].reshape(-1, *(1,) * (lead + 1))
            if not weight.any():
                continue
            theta = self.thetas[:, s].reshape(-1, *(1,) * (lead + 1), self.thetas.shape[-1])
            value = (atoms.features * theta).sum(axis=-1) / beta
            # Anchors y' along the axis before the last, responses along the last.
            score = np.where(allowed, value[..., None, :] - value[..., :, None], 0.0)
            log_ratio = _log_ratio(score, atoms.log_mass[..., None, :], self.sampler)
            total = total + weight * (mass[..., :, None] * np.exp(log_ratio)).sum(axis=-2)
        with np.errstate(divide="ignore"):
            return laws.log_normalise(atoms.log_mass + np.log(total))

    def sample(self, oracle: Oracle, ctx: Ctx, rows: Bools | None = None) -> Drawn:
        """One response per row to the prompts of `ctx`, paid for with weak calls."""
        if self.sampler is None:
            raise InvalidProblem("sampler must be given for a policy that is run, got sampler=None")
        asked = oracle.active if rows is None else rows & oracle.active
        level = oracle.coins.uniform(1, asked)
        chosen = (np.cumsum(self.weights, axis=-1) <= level).sum(axis=-1)
        theta = np.take_along_axis(
            self.thetas, np.minimum(chosen, self.thetas.shape[1] - 1)[:, None, None], 1
        )
        first = oracle.draw(ctx, rows=asked)
        slope = theta[:, 0] / oracle.facts.beta
        term = truncated_score(slope, first.features[:, 0], self.inverse, self.radius)
        return self.sampler.sample(oracle, ctx, term, first.served & oracle.active)

    def _allowed(self, features: Floats) -> npt.NDArray[np.bool_]:
        """`[..., K, K]`: pairs ``(y', y)`` that are not truncated."""
        if self.inverse is None:
            return np.ones((1, 1), dtype=bool)
        between = self.inverse.reshape(-1, *(1,) * (features.ndim - 3), *self.inverse.shape[-2:])
        # One small product per row and prompt: none sees how many others there are.
        cross = features @ between.swapaxes(-1, -2) @ features.swapaxes(-1, -2)
        own = np.diagonal(cross, axis1=-2, axis2=-1)
        square = own[..., :, None] + own[..., None, :] - 2 * cross
        return np.asarray(square <= self.radius**2)


def _log_ratio(score: Floats, log_base: Floats, sampler: SoftmaxSampler | None) -> Floats:
    """``log pi(y|x, y')/pi_ref(y|x)`` `[..., K', K]` for scores ``f/beta``."""
    log_z = laws.log_sum_exp(log_base + score)[..., None]
    if sampler is None:
        return np.asarray(score - log_z)
    spread = _spread_of_estimate(score, log_base, log_z, sampler)
    nearest = np.max(np.where(np.isfinite(log_base), score, -np.inf) - log_z)
    if nearest - math.log(sampler.ratio) + _FAR * float(np.max(spread)) < 0:
        log_chance = score - log_z - math.log(sampler.ratio)
        return _answered(log_chance, log_base, sampler)
    parts = [
        _answered(
            np.minimum(score - log_z - spread * node + spread**2 / 2 - math.log(sampler.ratio), 0.0),
            log_base,
            sampler,
        )
        + math.log(weight / _WEIGHTS.sum())
        for node, weight in zip(_NODES, _WEIGHTS, strict=True)
    ]
    return laws.log_sum_exp(np.stack(parts, axis=-1))


def _answered(log_chance: Floats, log_base: Floats, sampler: SoftmaxSampler) -> Floats:
    """The law of the answer over the base law when responses are accepted with chance ``exp(log_chance)``."""
    log_hit = np.minimum(laws.log_sum_exp(log_base + log_chance), 0.0)[..., None]
    with np.errstate(divide="ignore"):
        log_missed = float(sampler.tries) * np.log1p(-np.exp(log_hit))
        log_found = np.log(-np.expm1(log_missed))
    return np.asarray(np.logaddexp(log_found + log_chance - log_hit, log_missed))


def _spread_of_estimate(score: Floats, log_base: Floats, log_z: Floats, sampler: SoftmaxSampler) -> Floats:
    """Standard deviation of ``log Zhat`` for a lognormal of its mean and variance, `[..., K', 1]`."""
    if sampler.normaliser == 0:
        return np.zeros_like(log_z)
    log_second = laws.log_sum_exp(log_base + 2 * score)[..., None] - 2 * log_z
    variance = np.maximum(np.expm1(log_second), 0.0) / float(sampler.normaliser)
    return np.asarray(np.sqrt(np.log1p(variance)))
