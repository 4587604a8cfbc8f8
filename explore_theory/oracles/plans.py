"""Whole phases of an algorithm as data: what a learner asks for, and what it gets.

Letters: `R` replicates, `d` feature dimension, `S` policies kept.
"""

import math
from dataclasses import dataclass, fields
from typing import Any, TypeVar, cast

import numpy as np

from explore_theory.errors import InvalidProblem, OracleMisuse
from explore_theory.foundation.brief import brief
from explore_theory.foundation.least_squares import within_ball
from explore_theory.foundation.validation import positive, whole
from explore_theory.oracles.door import plain
from explore_theory.oracles.expressions import Dot, Norm, Relative, Term, Where
from explore_theory.oracles.softmax_sampler import SoftmaxSampler
from explore_theory.problems.protocol import Bools, Floats, Ints


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class Ridge:
    """A ridge regression of reward differences on relative features.

    Parameters
    ----------
    covariance
        ``Sigma = lambda I + sum phi phi^T``, `[R, d, d]`.
    moment
        ``sum phi (r - r')``, `[R, d]`, in units of reward.
    """

    covariance: Floats
    moment: Floats

    @classmethod
    def start(cls, replicates: int, d: int, ridge: float) -> "Ridge":
        """No data: ``Sigma = ridge I``."""
        covariance = np.broadcast_to(positive("ridge", ridge) * np.eye(d), (replicates, d, d))
        return cls(covariance=covariance.copy(), moment=np.zeros((replicates, d)))

    @property
    def theta(self) -> Floats:
        """The estimate ``Sigma^{-1} moment``, `[R, d]`."""
        return np.asarray(np.linalg.solve(self.covariance, self.moment[..., None])[..., 0])

    @property
    def inverse(self) -> Floats:
        """``Sigma^{-1}``, `[R, d, d]`, symmetric."""
        inverse = np.linalg.inv(self.covariance)
        return np.asarray((inverse + np.swapaxes(inverse, -1, -2)) / 2)

    @property
    def log_det(self) -> Floats:
        """``log det Sigma``, `[R]`."""
        return np.asarray(np.linalg.slogdet(self.covariance)[1])

    def with_pairs(self, feature: Floats, difference: Floats, rows: Bools) -> "Ridge":
        """The regression with one more pair in each of `rows`: relative features and reward differences."""
        phi = np.where(rows[:, None], feature, 0.0)
        gain = np.where(rows, difference, 0.0)
        return Ridge(
            covariance=self.covariance + phi[:, :, None] * phi[:, None, :],
            moment=self.moment + gain[:, None] * phi,
        )


@dataclass(frozen=True, kw_only=True)
class Span:
    """A spanner phase: `rounds` rounds, at most `per_round` pairs each, looking for norms above `radius`."""

    radius: float
    rounds: int
    per_round: int

    def __post_init__(self) -> None:
        positive("radius", self.radius)
        whole("rounds", self.rounds, least=0)
        whole("per_round", self.per_round, least=1)


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class Spanned:
    """The regression after a spanner phase; pairs accepted and rounds begun, `[R]` each."""

    ridge: Ridge
    accepted: Floats
    rounds: Floats

    def __post_init__(self) -> None:
        _lock(self, self.ridge)


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class Exploration:
    """Rounds of exploration.

    In every round ``x ~ rho``, ``y' ~ pi_ref``, ``theta`` is the estimate,
    ``f(y) = <theta, phi(x, y, y')> 1{|phi(x, y, y')|_{inverse} <= radius}``, `y` comes from `sampler` at
    ``f/beta``, and the rewards of ``(y, y')`` join the regression.

    Parameters
    ----------
    rounds
        The number of rounds.
    sampler
        See `SoftmaxSampler`.
    radius, inverse
        Of the truncation: ``nu`` (infinite: none), and ``Sigma_span^{-1}`` `[R, d, d]`.
    growth
        None: ``theta`` is the estimate of every round. A factor above one: ``theta`` is kept until
        ``det Sigma`` has grown by more than it, and ``Zhat`` is estimated once per ``theta``, prompt and
        feature of ``y'``.
    keep
        `[R, S]`, sorted along the last axis: the rounds (from 0) whose ``theta`` is returned. With `growth`
        every ``theta`` is returned, and `keep` must be None.
    ridge, within
        With a finite radius `within` the estimate is that of least squares constrained to ``|theta| <=
        within``, after `ridge` times the identity is taken off ``Sigma``, in place of the ridge estimate.
    """

    rounds: int
    sampler: SoftmaxSampler
    radius: float = math.inf
    inverse: Floats | None = None
    growth: float | None = None
    keep: Ints | None = None
    ridge: float = 0.0
    within: float = math.inf

    def __post_init__(self) -> None:
        whole("rounds", self.rounds, least=0)
        if not 0 <= self.ridge < math.inf:
            raise InvalidProblem(f"ridge must be at least 0 and finite, got ridge={self.ridge!r}")
        if not self.within > 0:
            raise InvalidProblem(f"within must be positive, got within={self.within!r}")
        if not self.radius > 0:
            raise InvalidProblem(f"radius must be positive, got radius={self.radius!r}")
        if (self.inverse is None) != math.isinf(self.radius):
            raise InvalidProblem("inverse must be given with a finite radius, and only then")
        if self.growth is not None and not self.growth > 1:
            raise InvalidProblem(f"growth must be above 1, got growth={self.growth!r}")
        if (self.growth is None) == (self.keep is None):
            raise InvalidProblem("keep must be given without growth, and only then")
        if self.keep is not None and np.size(kept := np.asarray(self.keep)):
            # Where there is no round at all, the first one is never reached.
            last = max(0, self.rounds - 1)
            inside = bool(np.all((kept >= 0) & (kept <= last)))
            if not inside or np.any(np.diff(kept, axis=-1) < 0):
                raise InvalidProblem(
                    f"keep must hold rounds from 0 to {last}, in order, got keep={self.keep!r:.80}"
                )

    def estimate(self, data: Ridge) -> Floats:
        """``theta`` of the regression so far, `[R, d]`."""
        if math.isinf(self.within):
            return data.theta
        gram = data.covariance - self.ridge * np.eye(data.moment.shape[-1])
        return within_ball(gram, data.moment, self.within)

    def log_weight(self, theta: Floats, anchor: Floats, beta: float) -> Term:
        """``f/beta`` for ``y'`` with features `anchor` `[R, d]`."""
        return truncated_score(theta / beta, anchor, self.inverse, self.radius)


#: The plan of a whole phase.
Plan = TypeVar("Plan", Span, Exploration)


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class Explored:
    """What rounds of exploration leave.

    Parameters
    ----------
    ridge
        The regression with their data.
    rounds
        `[R]`: rounds that were rewarded.
    thetas, covariances, weights
        Estimates `[R, S, d]`, ``Sigma`` when they were made `[R, S, d, d]`, and how many rounds each was used
        for (every-round: 1 for each that was reached), `[R, S]`.
    clipped, missed
        `[R]`: rounds whose response was accepted above the cap, and rounds without an accepted candidate.
    """

    ridge: Ridge
    rounds: Floats
    thetas: Floats
    covariances: Floats
    weights: Floats
    clipped: Floats
    missed: Floats

    def __post_init__(self) -> None:
        _lock(self, self.ridge)


def _lock(*records: Any) -> None:
    """Make their arrays read-only: what a phase left is what was paid for."""
    for record in records:
        for field in fields(record):
            if isinstance(values := getattr(record, field.name), np.ndarray):
                values.flags.writeable = False


def checked_ridge(ridge: Any, replicates: int, d: int) -> Ridge:
    """A copy of `ridge` for `replicates` rows, whose arrays nobody else holds.

    Raises
    ------
    OracleMisuse
        If it is something else, or has other shapes or numbers that are not finite.
    """
    if type(ridge) is not Ridge:
        raise OracleMisuse(f"ridge must be a Ridge, got a {type(ridge).__name__}")
    covariance = _copied("covariance", ridge.covariance, (replicates, d, d))
    try:
        np.linalg.inv(covariance)
    except np.linalg.LinAlgError:
        raise OracleMisuse("covariance must be positive definite, got a singular one") from None
    return Ridge(covariance=covariance, moment=_copied("moment", ridge.moment, (replicates, d)))


def checked_plan(plan: Any, kind: type[Plan], replicates: int, d: int) -> Plan:
    """A copy of `plan`, which is a `kind` and is checked once more.

    Raises
    ------
    OracleMisuse
        If it or what it holds is of another type, such as a subclass, or does not fit the replicates.
    """
    if type(plan) is not kind:
        raise OracleMisuse(f"plan must be a {kind.__name__}, got a {type(plan).__name__}")
    told: dict[str, Any] = {f.name: getattr(plan, f.name) for f in fields(plan)}
    if type(plan) is Exploration:
        told["sampler"] = _checked_sampler(told["sampler"])
        if told["inverse"] is not None:
            told["inverse"] = _copied("inverse", told["inverse"], (replicates, d, d))
        if told["keep"] is not None:
            told["keep"] = _copied("keep", told["keep"], (replicates, None), whole=True)
    return cast(Plan, kind(**{name: _inert(name, value) for name, value in told.items()}))


def _checked_sampler(sampler: Any) -> SoftmaxSampler:
    if type(sampler) is not SoftmaxSampler:
        raise OracleMisuse(f"sampler must be a SoftmaxSampler, got a {type(sampler).__name__}")
    return SoftmaxSampler(**{f.name: _inert(f.name, getattr(sampler, f.name)) for f in fields(sampler)})


def _inert(name: str, value: Any) -> Any:
    return value if type(value) is SoftmaxSampler else plain(name, value)


def _copied(name: str, values: Any, shape: tuple[int | None, ...], *, whole: bool = False) -> Any:
    """A copy of an array of finite numbers, as float64, or int64 where they must be `whole`."""
    array = np.array(plain(name, values))
    right = array.ndim == len(shape) and all(
        want in (None, have) for have, want in zip(array.shape, shape, strict=True)
    )
    if array.dtype.kind not in ("iu" if whole else "iuf") or not right or not np.all(np.isfinite(array)):
        wanted = "[" + ", ".join("S" if size is None else str(size) for size in shape) + "]"
        raise OracleMisuse(
            f"{name} must be finite numbers {wanted}{' that are whole' * whole}, "
            f"got {name}.dtype={str(array.dtype)!r}, {name}.shape={array.shape}"
        )
    return array.astype(np.int64 if whole else np.float64)


def truncated_score(slope: Floats, anchor: Floats, inverse: Floats | None, radius: float) -> Term:
    """``<slope, v> 1{|v|_inverse <= radius}`` at ``v = phi(x, y) - anchor``; without the indicator if None.

    `slope` and `anchor` are `[R, d]`, `inverse` is `[R, d, d]`.
    """
    relative = Relative(anchor)
    score = Dot(slope, relative)
    return score if inverse is None else Where(Norm(inverse, relative) <= radius, score)
