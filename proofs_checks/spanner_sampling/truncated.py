"""Truncated softmax policies and the optimal policy they estimate, decoded from unconstrained coordinates.

Everything is at one prompt and one comparison response ``y'``, which is response 0.
``g(y) = r*(y) - r*(y')`` is the true relative reward, so ``pi* ∝ pi_ref e^{g/beta}``;
``h(y) = <theta_t, phi(x,y,y')>`` is its estimate; `I` is the set where the estimate is used, and
``f = h 1_I`` the truncated score of ``pi_t ∝ pi_ref e^{f/beta}``; ``D = (g - f)/beta``.

Letters: `K` instances side by side, `N` responses, `d` dimensions.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation import laws
from explore_theory.harness import Assumption, Bound, Measurement, Resolution, Trial, climb

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SMALLEST_MASS = 1e-12
BETA = (1e-3, 10.0)
#: Errors and masses stop this far, relatively, inside what the assumptions allow, so that rounding does not
#: carry an instance outside.
INSIDE = 1 - 1e-9
#: Added to what a search divides by, so that it looks where there is something to compare.
FLOOR = 1e-6
#: Four times the rounding of a divergence or its bound, ``4 eps (2000 + 60)(2 + KL)`` at beta = 1e-3.
DIVERGENCE = Resolution(absolute=2e-11, relative=1e-10)


@dataclass(frozen=True, kw_only=True)
class Truncated:
    """`K` instances; `log_base`, `reward` (g), `estimate` (h), `inside` (I) are `[K, N]`, `beta` is `[K]`.

    Rewards, estimates and `beta` are in units of reward; `effort` instances were tried.

    Raises
    ------
    InvalidProblem
        If ``y'`` is outside `I`, or its relative reward or estimate is not zero.
    """

    log_base: Floats
    reward: Floats
    estimate: Floats
    inside: Bools
    beta: Floats
    effort: int

    def __post_init__(self) -> None:
        for name, fine in (
            ("inside", self.inside[:, 0]),
            ("reward", self.reward[:, 0] == 0),
            ("estimate", self.estimate[:, 0] == 0),
        ):
            if not np.all(fine):
                k = int(np.argmin(fine))
                rule = "contain response 0" if name == "inside" else "be 0 at response 0"
                got = getattr(self, name)[k, 0].item()
                raise InvalidProblem(f"{name} must {rule}, got {name}[{k}, 0]={got!r}")

    @property
    def score(self) -> Floats:
        """``f = h 1_I`` `[K, N]`, in units of reward."""
        return np.where(self.inside, self.estimate, 0.0)

    @property
    def log_policy(self) -> Floats:
        """``log pi_t`` `[K, N]`."""
        return laws.tilted(self.log_base, self.score, self.beta)

    @property
    def log_untruncated(self) -> Floats:
        """Log of the softmax of the estimate itself, which no statement is about `[K, N]`."""
        return laws.tilted(self.log_base, self.estimate, self.beta)

    @property
    def log_best(self) -> Floats:
        """``log pi*`` `[K, N]`."""
        return laws.optimal(self.log_base, self.reward, self.beta)

    @property
    def error(self) -> Floats:
        """``D = (g - f)/beta`` `[K, N]`."""
        return (self.reward - self.score) / self.beta[:, None]

    @property
    def log_coverage(self) -> Floats:
        """``log C_cov`` `[K]`, ``C_cov = sup_y pi*(y)/pi_ref(y)``."""
        return laws.coverage(self.log_best, self.log_base)

    @property
    def range(self) -> Floats:
        """``R / beta`` `[K]`, `R` the largest difference of two rewards."""
        return np.asarray(np.ptp(self.reward, axis=-1) / self.beta)

    def describe(self, k: int) -> dict[str, Any]:
        """Instance `k` in full, for the record."""
        return {
            "beta": float(self.beta[k]),
            "log base": self.log_base[k].tolist(),
            "g/beta": (self.reward[k] / self.beta[k]).tolist(),
            "D": self.error[k].tolist(),
            "I": np.flatnonzero(self.inside[k]).tolist(),
        }

    def rounding(self) -> Floats:
        """`[K]`: what float64 may do to a log-probability, or relatively to a probability.

        Log-probabilities have size at most ``R/beta + max |log base| + max |D| + log N``.
        """
        size = self.range + np.max(-self.log_base, axis=-1) + 1 + np.max(np.abs(self.error), axis=-1)
        return np.asarray(4 * np.finfo(float).eps * (size + np.log(self.log_base.shape[-1])))


def log_mass(log_law: Floats, subset: Bools) -> Floats:
    """Log of the mass that each law `[K, N]` gives to its `subset` `[K, N]`; minus infinity for none."""
    return laws.log_sum_exp(np.where(subset, log_law, -np.inf))


def summands(world: Truncated, log_policy: Floats | None = None) -> tuple[Floats, Floats, Floats]:
    """``E_{pi_t}[D^2 1_I]``, ``pi*(I^c)`` and ``pi_t(I^c)``, `[K]` each; or with another policy."""
    law = world.log_policy if log_policy is None else log_policy
    return (
        laws.expectation(law, np.where(world.inside, world.error**2, 0.0)),
        np.exp(log_mass(world.log_best, ~world.inside)),
        np.exp(log_mass(law, ~world.inside)),
    )


def divergence(world: Truncated, log_policy: Floats | None = None) -> tuple[Floats, Floats]:
    """``KL(pi_t || pi*)`` `[K]` from its definition, and its rounding error; or of another policy.

    The divergence averages numbers of mean size at most ``KL + 2/e``, each off by `Truncated.rounding`.
    """
    found = laws.kl(world.log_policy if log_policy is None else log_policy, world.log_best)
    return found, world.rounding() * (2 + found)


def measured(world: Truncated, log_policy: Floats | None = None) -> Measurement:
    """``KL(pi_t || pi*)``, with its rounding error; or of another policy."""
    value, error = divergence(world, log_policy)
    return Measurement.exact(
        value, error=error, effort=world.effort, unit="instances", witness=world.describe
    )


def allowed(world: Truncated, value: Floats) -> Bound:
    """A right-hand side `[K]` with its rounding: masses times numbers of their sizes."""
    return Bound.of(value, error=2 * world.rounding() * (1 + np.abs(value)))


def error_at_most(limit: float, *, sided: bool = False) -> Assumption:
    """``|D| <= limit`` on `I`, or only ``D <= limit``."""

    def holds(world: Truncated) -> Bools:
        size = world.error if sided else np.abs(world.error)
        return np.asarray(np.all((size <= limit) | ~world.inside, axis=-1))

    return Assumption(name=f"{'D' if sided else '|D|'} <= {limit:g} on I", holds=holds)


# --- decoding -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Family:
    """How search coordinates become instances of `n` responses.

    Parameters
    ----------
    n
        Responses, ``y'`` included; there are ``2^(n-1)`` sets `I` that contain it.
    dimension
        Of linear features; 0 where rewards and errors are free on every response (see `_free`).
    least, most
        Range of ``D`` on `I`.
    log_odds
        The largest ``log(pi*(I^c)/pi*(I))``.
    """

    n: int
    dimension: int = 0
    least: float = -1.0
    most: float = 1.0
    log_odds: float = 7.0

    @property
    def width(self) -> int:
        """Coordinates that `decode` consumes."""
        return self.n + 2 + (self.dimension * (self.n + 2) if self.dimension else 2 * self.n)

    def masks(self, rows: Sequence[int], *, proper: bool = False) -> Bools:
        """`[K, N]`: row `r` gets set `r` modulo the number of sets; `proper` leaves out the whole."""
        count = 2 ** (self.n - 1) - proper
        numbers = np.array(rows, dtype=np.int64)[:, None] % count
        bits = (numbers >> np.arange(self.n - 1)) & 1
        return np.concatenate([np.ones((len(rows), 1), dtype=bool), bits.astype(bool)], axis=1)

    def decode(self, z: Floats, inside: Bools, *, effort: int) -> Truncated:
        """Instances from `[K, width]` coordinates of order one, one set `I` `[K, N]` each.

        Base logits spread over twelve decades within `I` and within its complement, rewards fill an interval
        of length one and pile up at its ends, as errors do in theirs, ``log beta`` fills its range. The base
        masses of the complement are then scaled so that ``pi*`` gives it what one coordinate says.
        """
        low, high = np.log(BETA[0]), np.log(BETA[1])
        beta = np.exp(np.clip(0.5 * (low + high) + 0.4 * (high - low) * z[:, self.n], low, high))
        logits = np.clip(8.0 * z[:, : self.n], np.log(SMALLEST_MASS), 0.0)
        odds = np.clip(6.0 * z[:, self.n + 1], -30.0, self.log_odds)
        tail = z[:, self.n + 2 :]
        parts = self._linear if self.dimension else self._free
        reward, estimate = parts(tail, inside, beta)
        tilted = logits + reward / beta[:, None]
        present = log_mass(tilted, ~inside) - log_mass(tilted, inside)
        shift = np.where(np.isfinite(present), odds - present, 0.0)
        return Truncated(
            log_base=laws.log_normalise(logits + np.where(inside, 0.0, shift[:, None])),
            reward=reward,
            estimate=estimate,
            inside=inside,
            beta=beta,
            effort=effort,
        )

    def _free(self, tail: Floats, inside: Bools, beta: Floats) -> tuple[Floats, Floats]:
        """Rewards and estimates that are free on every response.

        They are linear in features of dimension `N` on which the confidence ellipsoid allows every such
        error, up to a factor as near one as one likes (`tests/claims/test_spanner_s4_s6.py` builds them).
        """
        reward = np.clip(0.5 + 0.5 * tail[:, : self.n], 0.0, 1.0)
        reward = reward - reward[:, :1]
        error = np.clip(tail[:, self.n :], -1.0, 1.0)
        # Off I, where it is not used, the estimate may be anything.
        scaled = INSIDE * np.where(error < 0, -self.least, self.most) * error
        estimate = np.where(inside, reward - beta[:, None] * scaled, error)
        estimate[:, 0] = 0.0
        return reward, estimate

    def _linear(self, tail: Floats, inside: Bools, beta: Floats) -> tuple[Floats, Floats]:
        """Rewards and estimates linear in `d` features, on the boundary of the confidence ellipsoid at most.

        Features are whitened by ``Sigma_span = Sigma_t`` and divided by ``nu``, so that `I` is the unit ball;
        an error ``theta_t - theta*`` of norm at most ``gamma`` in ``Sigma_t`` is then a vector `v`,
        ``|v| <= 1``, with ``<theta_t - theta*, phi> = nu gamma <v, w> = beta <v, w>``.
        """
        d = self.dimension
        w = tail[:, : d * self.n].reshape(-1, self.n, d).copy()
        length = np.maximum(np.sqrt(np.sum(w * w, axis=-1)), 1e-12)
        wanted = np.where(inside, INSIDE * np.minimum(length, 1.0), 1.0 + length)
        wanted[:, 0] = 0.0
        w = w * (wanted / length)[:, :, None]
        v, slope = tail[:, d * self.n : d * (self.n + 1)], tail[:, d * (self.n + 1) :]
        v = v / np.maximum(np.sqrt(np.sum(v * v, axis=-1, keepdims=True)), 1.0)
        reward = np.sum(w * slope[:, None, :], axis=-1)
        reward = reward / np.maximum(np.ptp(reward, axis=-1, keepdims=True), 1.0)
        return reward, reward + beta[:, None] * np.sum(w * v[:, None, :], axis=-1)


def hunt(
    trial: Trial, family: Family, score: Callable[[Truncated], Floats], *, proper: bool = False
) -> Truncated:
    """The instances with the largest `score` `[K]` that the chains met; every set `I` has chains of its own.

    ``params["steps"]`` sets the effort.
    """
    steps = int(trial.case.params["steps"])
    inside = family.masks(trial.rows, proper=proper)
    points = climb(lambda z: score(family.decode(z, inside, effort=0)), family.width, steps, trial.streams)
    return family.decode(points, inside, effort=len(trial.rows) * (1 + steps))
