"""SpannerSampling on planted formulas by a practical schedule: what P6s runs, and exact gaps of many runs.

The theorem's schedule asks for a radius ``nu = beta/gamma`` and for ``T_exp`` of order ``1/eps``, and where
a parity is planted ``1/eps`` is exponential in `k`. A practical schedule proves nothing. This one is
*heuristic* in three numbers:

- ``nu = 2/k``. A term that is satisfied shows `star` where its estimated reward is above ``kap``, ``1/(2k)``
  below the truth. The noise of an estimate along a feature shorter than ``nu`` is at most ``sigma nu``, a
  fifth of ``1/k`` at ``sigma = .1``, so that there is room for two and a half standard deviations. About ``N
  = n k^2/4`` pairs whose features lie in all directions alike make all features that short.
- ``T_span = 4 N``: prompts are free of data, and one in a few shows a long pair to the end.
- ``T_exp = N``: exploration as long as the spanner phase.

All else is the theorem's: ``C_cov``, the pairs per round, the sampler and its estimate, at
``eps = c/(4k)``, ``delta = 1/4``, with rare updates.

Letters: `R` replicates, `S` estimates, `m` terms of `k` literals on `n` variables.
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from explore_theory import oracles
from explore_theory.algorithms import Schedule, SignSearch, SpannerPolicy, SpannerSampling
from explore_theory.formulas import Formula
from explore_theory.foundation import laws
from explore_theory.foundation.streams import Streams
from explore_theory.policies import LawPolicy, Softmax
from explore_theory.problems import DNF, Gaussian
from explore_theory.problems.protocol import Floats
from proofs_checks.proper_policy_hardness import hunts
from proofs_checks.proper_policy_hardness.priced import PRICED, eta_of

_RARELY = "rarely-switching"
#: Terms whose features are multiplied out together.
_CHUNK = 1 << 16
#: Where a parameter is this far, in units of beta, below showing a star, the base policy is as good as its
#: policy: the chance of a star is below ``e^-40``.
_COLD = 40.0


def pairs(n: int, k: int) -> int:
    """``N = n k^2/4``, rounded up."""
    return math.ceil(n * k * k / 4)


def schedule_of(
    problem: DNF,
    eps: float,
    *,
    radius: float | None = None,
    span: int | None = None,
    explore: int | None = None,
    coverage: float | None = None,
) -> Schedule:
    """The practical schedule; what is given replaces ``nu``, the rounds of a phase, or the known coverage."""
    n, k = problem.formula.n, problem.k
    found = Schedule.of(problem.facts, eps=eps, delta=0.25, coverage=coverage, update=_RARELY)
    radius = 2 / k if radius is None else radius
    span = 4 * pairs(n, k) if span is None else span
    explore = pairs(n, k) if explore is None else explore
    # Rounds enter the radius and their own number by logarithms, so a few corrections settle them.
    for _ in range(8):
        found = replace(
            found,
            radius_factor=found.radius_factor * radius / found.radius,
            explore_factor=found.explore_factor * explore / found.explore_rounds,
        )
    return replace(found, span_factor=span / found.span_rounds)


@dataclass(frozen=True, kw_only=True)
class Spanner:
    """A run: its policy, and reward rounds and oracle calls `[R]` each."""

    policy: SpannerPolicy
    data: Floats
    calls: Floats


def play(problem: DNF, schedule: Schedule, streams: Streams) -> Spanner:
    """Run SpannerSampling by the exact law, one replicate per row of `streams`."""
    oracle = oracles.open(problem, law="exact-law", streams=streams)
    policy = SpannerSampling(schedule=schedule, update=_RARELY).run(oracle)
    return Spanner(policy=policy, data=oracle.ledger.data, calls=oracle.ledger.compute)


def gaps(problem: DNF, policy: SpannerPolicy | Softmax) -> Floats:
    """``J(pi*) - J(pi)``, `[R]`, of runs that share nothing, over all `m` terms.

    Terms whose reward, and whose estimate in every run, leave the chance of a star below ``e^-40`` count as
    zero: they are off by ``beta e^-40`` at most, below the rounding of the rest.
    """
    thetas = policy.thetas if isinstance(policy, SpannerPolicy) else policy.theta[:, None]
    hot = _hot(problem, thetas.reshape(-1, thetas.shape[-1]))
    total = np.zeros(len(thetas))
    for start in range(0, len(hot), step := max(1, _CHUNK // len(thetas))):
        total += _gaps_at(problem, policy, hot[start : start + step])
    return np.asarray(total / problem.formula.m)


def _hot(problem: DNF, thetas: Floats) -> np.ndarray:
    """The terms at which `star` is likely enough to count under some of `thetas` `[T, n]`, or pays."""
    level = 1 - 1 / (2 * problem.k) - _COLD * problem.beta
    found = []
    for start in range(0, problem.formula.m, _CHUNK):
        terms = np.arange(start, min(start + _CHUNK, problem.formula.m))
        star = np.ones((len(terms), 1), dtype=np.int64)
        features = problem.response_features(terms, star)[:, 0]
        likely = ((features @ thetas.T) > level).any(axis=-1)
        found.append(terms[likely | (problem.mean_reward(terms, star)[:, 0] > level)])
    return np.concatenate(found)


def _gaps_at(problem: DNF, policy: LawPolicy, terms: np.ndarray) -> Floats:
    """The sum of the gaps at `terms`, `[R]`."""
    atoms = problem.atoms(terms[None])
    law = policy.log_law(atoms.without_reward(), problem.beta)
    each = laws.gap(law, atoms.log_mass, atoms.reward, problem.beta)
    return np.asarray(each.sum(axis=-1))


# --- on a planted parity -----------------------------------------------------------------------------------


def accuracy(n: int, k: int) -> float:
    """``c/(4k)`` where a parity is planted, ``c = 2^(1-k)``; what a schedule is told."""
    return 2.0 ** (1 - k) / (4 * k)


@lru_cache(maxsize=64)
def guarantee(n: int, k: int) -> float:
    """``n_acc + T_exp``: the same for every formula, so one of one term will do."""
    term = Formula(np.arange(1, k + 1)[None], n)
    problem = DNF(formula=term, eta=eta_of(k), noise=Gaussian(hunts.SCALE))
    return schedule_of(problem, accuracy(n, k)).data_bound


def spanner(problem: DNF, streams: Streams, **changes: float) -> Spanner:
    """A run by the practical schedule, or by one with `changes`."""
    eps = accuracy(problem.formula.n, problem.k)
    return play(problem, schedule_of(problem, eps, **changes), streams)  # type: ignore[arg-type]


@lru_cache(maxsize=64)
def price(
    planting: str, n: int, k: int, planted: bool, path: tuple[str, ...], reseed: int
) -> dict[str, float]:
    """What SpannerSampling pays, in the median of `PRICED` runs of their own, so that all blocks agree."""
    problem = hunts.problem_of(planting, n, k, eta_of(k), planted=planted)
    found = spanner(problem, Streams((*path, "price"), range(PRICED), reseed))
    calls = float(np.median(found.calls))
    return {
        "rounds": float(np.median(found.data)),
        "calls": calls,
        "operations": 0.0,
        "calls and operations": calls,
    }


def signs(streams: Streams, n: int, k: int, rounds: int) -> Floats:
    """The gaps of random signs that played so many rounds, in units of ``c/(4k)``: below one is success."""
    formula, secret = hunts.formula_of("parity", n, k)
    assert secret is not None
    problem = hunts.problem_of("parity", n, k, eta_of(k))
    oracle = oracles.open_proper(problem, law="exact-law", streams=streams)
    policy = SignSearch(rounds=rounds, stars=rounds).run(oracle)
    assert isinstance(policy, Softmax)
    return np.asarray(hunts.gaps(problem, policy) / (float(formula.value(secret)) / (4 * k)))
