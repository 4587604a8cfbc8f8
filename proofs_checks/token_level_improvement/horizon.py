"""Runs at growing horizons: MTSS, and SpannerSampling on whole responses of the product family.

Letters: `K` horizons, `R` runs at each.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from explore_theory import exact, oracles
from explore_theory.algorithms import SpannerSampling
from explore_theory.algorithms.tokens.mtss import MTSS
from explore_theory.exact import soft_dynamics
from explore_theory.foundation import laws
from explore_theory.policies import Base
from explore_theory.problems import Gaussian, TabularProblem, sequence_view
from proofs_checks.token_level_improvement import learners
from proofs_checks.token_level_improvement.learners import Rows
from proofs_checks.token_level_improvement.t7_sequence_level import least_draws

Floats = npt.NDArray[np.float64]

#: Weight of a good token of the product family, over ``beta``.
TILT = 2.0
#: Failure probability that SpannerSampling's schedule is made for.
DELTA = 0.25


@dataclass(frozen=True, kw_only=True, eq=False)
class Runs:
    """Meters and gaps at each horizon: `calls`, `rounds` `[K, R]`, and `gap` `[K, R]` in units of ``eps``.

    `scale` `[K]` is what calls are divided by before an exponent is read off them, `log_coverage` `[K]` is
    ``log C_cov``.
    """

    horizons: tuple[int, ...]
    calls: Floats
    rounds: Floats
    gap: Floats
    scale: Floats
    log_coverage: Floats

    def slopes(self, first: int) -> tuple[Floats, Floats]:
        """`[R]` each: slopes of ``calls/scale`` and of rounds in `H`, in log-log, from horizon `first` on.

        Run `r` at one horizon goes with run `r` at the others.
        """
        kept = np.array(self.horizons) >= first
        weight = weights(np.array(self.horizons)[kept])
        calls = np.log(self.calls[kept] / self.scale[kept, None])
        # A sum over the horizons, the same for a run whatever runs are beside it.
        return (
            np.asarray(sum(w * each for w, each in zip(weight, calls, strict=True))),
            np.asarray(sum(w * np.log(each) for w, each in zip(weight, self.rounds[kept], strict=True))),
        )


def weights(x: npt.ArrayLike) -> Floats:
    """The slope of the least-squares line in log-log is the sum of these times the log ordinates."""
    weight = np.log(x) - np.mean(np.log(x))
    return np.asarray(weight / (weight * weight).sum())


def fitted(x: npt.ArrayLike, y: Floats) -> Floats:
    """The least-squares line through ``(x, y)``, at `x`."""
    across = np.asarray(x, dtype=np.float64)
    return np.asarray(np.polynomial.Polynomial.fit(across, y, 1)(across))


def misfit(x: npt.ArrayLike, y: Floats) -> float:
    """Root mean square of what the least-squares line through ``(x, y)`` leaves of `y`."""
    return float(np.sqrt(np.mean((y - fitted(x, y)) ** 2)))


@lru_cache(maxsize=4)
def token_runs(family: str, horizons: tuple[int, ...], fraction: float, streams: Rows) -> Runs:
    """MTSS with its practical schedule; `eps` is `fraction` of the base policy's gap."""
    found: list[tuple[Floats, Floats, Floats, float, float]] = []
    for horizon in horizons:
        problem = learners.instance(family, horizon)
        learner = MTSS.practical(problem.facts, learners.accuracy(problem, fraction))
        done = learners.run(problem, learner, streams.streams(f"H = {horizon}"))
        scale = float(problem.conditional_coverage or 1.0) * float(np.log(4 * horizon))
        coverage = float(soft_dynamics.log_coverage(problem))
        found.append((done.calls, done.rounds, done.relative_gap, scale, coverage))
    return _runs(horizons, found)


@lru_cache(maxsize=4)
def sequence_runs(horizons: tuple[int, ...], fraction: float, streams: Rows, *, listed: bool) -> Runs:
    """SpannerSampling with the schedule of its theorem, rarely switching.

    On all responses with sequence features if they are `listed`, else on their `classes`.
    """
    found: list[tuple[Floats, Floats, Floats, float, float]] = []
    for horizon in horizons:
        problem = every_response(horizon) if listed else classes(horizon)
        eps = fraction * float(exact.gap(problem, Base())[0])
        oracle = oracles.open(problem, law="exact-law", streams=streams.streams(f"H = {horizon}"))
        policy = SpannerSampling(eps=eps, delta=DELTA, update="rarely-switching").run(oracle)
        gap = np.broadcast_to(exact.gap(problem, policy), (oracle.R,)) / eps
        coverage = float(exact.log_coverage(problem)[0])
        found.append((oracle.ledger.compute, oracle.ledger.data, gap, 1.0, coverage))
    return _runs(horizons, found)


def _runs(horizons: tuple[int, ...], found: list[tuple[Floats, Floats, Floats, float, float]]) -> Runs:
    calls, rounds, gap, scale, coverage = (np.array(part) for part in zip(*found, strict=True))
    return Runs(horizons=horizons, calls=calls, rounds=rounds, gap=gap, scale=scale, log_coverage=coverage)


# --- whole responses of the product family -----------------------------------------------------------------


def product_classes(horizon: int) -> tuple[Floats, Floats]:
    """Log base and log optimal mass `[H + 1]` by the number of good tokens, ``exp(w/beta) = e^2``."""
    from scipy.special import gammaln

    good = np.arange(horizon + 1.0)
    log_base = gammaln(horizon + 1) - gammaln(good + 1) - gammaln(horizon - good + 1) - horizon * np.log(2)
    return laws.log_normalise(log_base), laws.log_normalise(log_base + TILT * good)


def classes(horizon: int) -> TabularProblem:
    """The product family as a bandit over the numbers of good tokens.

    Responses with as many good tokens have equal base probability and reward, and with the one feature
    ``phi(y) = good(y)/H`` they are equal to a learner that sees features only. So this has the law of that
    learner on all ``2^H`` responses, whose reward is linear in the feature, ``theta* = H w``: a
    sequence-level learner that is told what matters.
    """
    beta = learners.HEAT / horizon
    log_base, log_best = product_classes(horizon)
    good, weight = np.arange(horizon + 1.0), TILT * beta
    base = np.exp(log_base)
    return TabularProblem(
        prompt_mass=np.ones(1),
        base=(base / base.sum())[None],
        features=(good / horizon)[None, :, None],
        reward=(weight * good)[None],
        beta=beta,
        theta_star=np.array([horizon * weight]),
        parameter_radius=horizon * weight,
        coverage=float(np.exp(laws.coverage(log_best, log_base))) * (1 + 1e-9),
        noise=Gaussian(learners.SCALE),
    )


def every_response(horizon: int) -> TabularProblem:
    """The product family as a bandit over all ``2^H`` responses, with features of dimension ``2H``."""
    log_base, log_best = product_classes(horizon)
    coverage = float(np.exp(laws.coverage(log_best, log_base))) * (1 + 1e-9)
    return sequence_view(learners.instance("product", horizon), coverage=coverage)


def least_log_draws(horizon: int, fraction: float) -> tuple[float, float]:
    """``log T`` and ``log C_cov``: the fewest draws that T7 allows for `fraction` of the base gap."""
    log_base, log_best = product_classes(horizon)
    accuracy = fraction * float(laws.kl(log_base, log_best))
    return least_draws(log_base, log_best, accuracy), float(laws.coverage(log_best, log_base))
