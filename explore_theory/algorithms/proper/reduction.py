"""Lemma H.1 of the paper as a program: a proper learner, told that nothing pays, decides about a formula.

Source: Foster, Mhammedi, Rohatgi (COLT 2025), appendix H.2. From a formula comes the instance
`SinglePromptDNF`. A learner that keeps its promise where an assignment is worth something must, run where all
rewards are 0, either put mass on the clauses while it explores, or in the end; and the signs of a parameter
satisfy clauses about as often as its policy finds them. `decide` runs it there, takes the parameter with the
most mass off response 0, and says YES if its signs satisfy more than a threshold.

*Soundness* is certain: a YES shows an assignment. *Completeness*, re-derived (claim LH1; ``q = e^{-1/beta}``,
``w = e^{-1/(beta k)}``): say that the learner makes at most `T` reward queries and, with ``theta*`` an
assignment that satisfies a share `v`, has regret above `epsilon` with probability at most `zeta`. For a
threshold `tau` let ``c = u/(1 - q + u)``, ``u = tau + (1 - tau) w``. If
``v/(1 - q + v) - (epsilon/(2 beta))^(1/2) > c``, then YES has probability at least ``(1 - c)^T - zeta``.

Printed are ``tau = delta/(16 T)``, and probability 1/4 for ``v >= delta``, ``T <= 2^k``, ``zeta = 1/4``, with
`printed_beta` and `printed_accuracy`. For ``k >= 2`` it is above 2/3 there. `sharp_threshold` keeps 1/2, at a
threshold without delta but for small `T`: near ``1/(4T)``.

Letters: `R` replicates, `d` feature dimension, `m` clauses of at most `k` literals on `n` variables.
"""

import math
import time
from copy import deepcopy
from dataclasses import dataclass
from fractions import Fraction
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory import oracles
from explore_theory.errors import InvalidProblem
from explore_theory.formulas import Conjunctions, Formula, MixedFormula
from explore_theory.foundation.brief import brief
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import positive, whole
from explore_theory.oracles import OnePromptOracle
from explore_theory.policies import Base, LawPolicy, Softmax
from explore_theory.problems import SinglePromptDNF
from explore_theory.problems.protocol import Bools, Floats, Ints
from explore_theory.problems.single_prompt_dnf import LONGEST

#: Parameters times clauses whose mass is computed together.
_CHUNK = 1 << 22
#: The least share: 16 over it is a double.
_LEAST = 1e-307


def printed_beta(k: int, delta: Fraction | float) -> float:
    """``1/(k^2 log(16/delta))``, in units of reward."""
    return 1 / (whole("k", k, least=1) ** 2 * math.log(16 / _share("delta", delta)))


def printed_accuracy(k: int, delta: Fraction | float) -> float:
    """``epsilon = delta^2 beta/16``, in units of reward: what the learner must reach with probability 3/4."""
    return float(_share("delta", delta) ** 2 / 16 * printed_beta(k, delta))


def printed_threshold(delta: Fraction | float, queries: int) -> Fraction:
    """``delta/(16 T)``, a share of the clauses."""
    return Fraction(_share("delta", delta)) / (16 * whole("queries", queries, least=1))


def sharp_threshold(
    delta: Fraction | float,
    queries: int,
    k: int,
    *,
    beta: float | None = None,
    accuracy: float | None = None,
    shifted: bool = False,
) -> Fraction:
    """The largest threshold at which YES keeps probability 1/2 for ``v >= delta`` and ``zeta = 1/4``.

    ``tau = (u - w)/(1 - w)``, ``u = (1 - q) c/(1 - c)``, for ``c = min(1/(4T), delta/(1 - q + delta) -
    (epsilon/(2 beta))^(1/2))``, less one part in 10^9 for rounding; where rewards are `shifted`, ``w`` is
    ``e^{-1/(2 beta k)}``.

    Raises
    ------
    InvalidProblem
        If an argument is out of range, or there is none: `T` is too large for ``w``, or the accuracy too
        coarse for `delta`.
    """
    k, delta = whole("k", k, least=1), _share("delta", delta)
    beta = printed_beta(k, delta) if beta is None else positive("beta", beta)
    epsilon = printed_accuracy(k, delta) if accuracy is None else positive("accuracy", accuracy)
    queries = whole("queries", queries, least=1)
    q, w = math.exp(-1 / beta), math.exp(-1 / (beta * k * (2 if shifted else 1)))
    c = min(1 / (4 * queries), delta / (1 - q + delta) - math.sqrt(epsilon / (2 * beta)))
    tau = ((1 - q) * c / (1 - c) - w) / (1 - w) * (1 - 1e-9)
    if tau <= 0:
        raise InvalidProblem(
            f"queries must leave a threshold above 0 (fewer, or a smaller beta or accuracy), got tau={tau!r} "
            f"at queries={queries}"
        )
    return Fraction(tau)


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class Decision:
    """What `decide` says, and what it took.

    Parameters
    ----------
    yes
        `[R]`: the answers.
    assignment, satisfied
        `[R, n]`, `[R]`: the signs found, and the clauses that they satisfy: the certificate of a YES.
    mass
        `[R]`: ``sum_i pi_theta(i)`` of the parameter that they come from.
    threshold, needed
        A share of the clauses, and the fewest clauses above it.
    queries, calls, operations
        `[R]`: reward queries made, oracle calls, and elementary operations that the learner has counted.
    parameters
        `[R]`: parameters that were compared, one for each query and the final one; one where a round has
        the same twice.
    seconds, learner_seconds
        Of the whole, and of the learner alone, for all replicates together.
    """

    yes: Bools
    assignment: npt.NDArray[np.int8]
    satisfied: Ints
    mass: Floats
    threshold: Fraction
    needed: int
    queries: Floats
    calls: Floats
    operations: Floats
    parameters: Ints
    seconds: float
    learner_seconds: float


def decide(
    formula: Formula | MixedFormula | Conjunctions,
    learner: Any,
    *,
    delta: Fraction | float,
    queries: int | None = None,
    k: int | None = None,
    beta: float | None = None,
    threshold: Fraction | float | None = None,
    features: str = "mended",
    shifted: bool = False,
    law: str = "exact-law",
    seed: int = 0,
    replicates: int = 1,
    streams: Streams | None = None,
) -> Decision:
    """Answer YES or NO by running `learner` on the instance of `formula` with all rewards 0.

    Parameters
    ----------
    formula, k, features, shifted
        As for `SinglePromptDNF`.
    learner
        A proper one that returns a softmax policy; it should reach `printed_accuracy` with probability 3/4.
    delta
        In (0, 1]: YES is promised where some assignment satisfies a share `delta` of the clauses.
    queries
        ``T >= 1``, the most reward queries it makes; by default two for each of ``learner.rounds``.
    beta, threshold
        `printed_beta` and `printed_threshold` by default. For long clauses the printed beta is too small for
        float64 (``k >= 15`` at ``delta = 1/2``): give one.
    law, seed, replicates, streams
        As for `oracles.open_proper`; replicates are independent runs.

    Raises
    ------
    InvalidProblem
        If an argument is out of range, the learner is not proper, makes more queries than it says, or returns
        something else than a softmax policy in ``Theta``.
    """
    began = time.perf_counter()
    delta = _share("delta", delta)
    if getattr(learner, "proper", False) is not True or isinstance(learner, type):
        raise InvalidProblem(f"learner must be a proper one (proper=True), got learner={learner!r:.80}")
    if queries is None:
        if (rounds := getattr(learner, "rounds", None)) is None:
            raise InvalidProblem(
                f"queries must be given for a learner without rounds, got learner={learner!r:.60}"
            )
        queries = max(1, 2 * whole("learner.rounds", rounds, least=0))
    queries = whole("queries", queries, least=1)
    tau = printed_threshold(delta, queries) if threshold is None else _threshold(threshold)
    probe = SinglePromptDNF(formula=formula, beta=1.0, k=k)
    assert probe.k is not None
    if beta is None:
        beta = printed_beta(probe.k, delta)
        if 1 / beta > LONGEST:
            raise InvalidProblem(
                f"beta must be given where k^2 log(16/delta) is above {LONGEST:g}: the printed one is too "
                f"small for float64, got k={probe.k}, delta={delta!r}"
            )
    problem = SinglePromptDNF(
        formula=formula,
        beta=beta,
        k=k,
        features=features,
        shifted=shifted,
    )
    if streams is None:
        streams = Streams(("reduction",), range(whole("replicates", replicates, least=1)), seed)
    runs = [_run(problem, learner, own, law) for own in _apart(learner, streams)]
    learned = time.perf_counter() - began
    needed = math.floor(tau * problem.m) + 1
    made = np.concatenate([oracle.queries for oracle, _ in runs])
    if np.any(made > queries):
        raise InvalidProblem(
            f"queries must be at least {made.max():g}, which the learner has made, got queries={queries}"
        )
    found = [heaviest(problem, played_by(oracle, policy)) for oracle, policy in runs]
    signs = np.concatenate([signs_of_parameter(theta[:, : formula.n]) for theta, _, _ in found])
    satisfied = np.array([int(formula.satisfied(row).sum()) for row in signs])
    return Decision(
        yes=satisfied >= needed,
        assignment=signs,
        satisfied=satisfied,
        mass=np.concatenate([mass for _, mass, _ in found]),
        threshold=tau,
        needed=needed,
        queries=made,
        calls=np.concatenate([oracle.ledger.compute for oracle, _ in runs]),
        operations=np.concatenate([oracle.operations for oracle, _ in runs]),
        parameters=np.concatenate([count for _, _, count in found]),
        seconds=time.perf_counter() - began,
        learner_seconds=learned,
    )


def signs_of_parameter(theta: Floats) -> npt.NDArray[np.int8]:
    """The assignment of a parameter `[..., n]`, the same shape; 0 counts as ``+1`` (either sign would do)."""
    return np.where(theta >= 0, 1, -1).astype(np.int8)


def played_by(oracle: OnePromptOracle, policy: LawPolicy) -> tuple[Floats, Bools]:
    """All parameters of a run, the final one last: `[P, R, d]`, and in which replicates they count `[P, R]`.

    Raises
    ------
    InvalidProblem
        If the policy is no softmax policy, or its parameter is outside ``Theta``.
    """
    R, d = oracle.R, oracle.facts.d
    if isinstance(policy, Base):
        final: Floats = np.zeros((R, d))
    elif isinstance(policy, Softmax):
        final = np.broadcast_to(policy.theta, (R, d))
    else:
        raise InvalidProblem(f"learner must return a softmax policy, got a {type(policy).__name__}")
    allowed = oracle.facts.parameters
    if allowed is None or not np.all(allowed.contains(final)):
        raise InvalidProblem(f"learner must return a parameter with {allowed}, got theta={final!r:.80}")
    sides = []
    for first, second, rows in oracle.transcript:
        # A single query stands there as a round against itself.
        sides += [(side, rows) for side in ((first,) if np.array_equal(first, second) else (first, second))]
    sides.append((final, np.ones(R, dtype=bool)))
    return np.stack([side for side, _ in sides]), np.stack([rows for _, rows in sides])


def heaviest(problem: SinglePromptDNF, played: tuple[Floats, Bools]) -> tuple[Floats, Floats, Ints]:
    """In each replicate a parameter with the most mass off response 0, `[R, d]`, its mass, their number."""
    theta, counts = played
    distinct, inverse = np.unique(theta.reshape(-1, problem.d), axis=0, return_inverse=True)
    step = max(1, _CHUNK // problem.m)
    log_mass = np.concatenate(
        [problem.log_clauses(distinct[i : i + step]) for i in range(0, len(distinct), step)]
    )[inverse.reshape(counts.shape)]
    log_mass = np.where(counts, log_mass, -np.inf)
    best = log_mass.argmax(axis=0)
    rows = np.arange(counts.shape[1])
    return theta[best, rows], np.exp(log_mass[best, rows]), counts.sum(axis=0)


def _run(
    problem: SinglePromptDNF, learner: Any, streams: Streams, law: str
) -> tuple[OnePromptOracle, LawPolicy]:
    oracle = oracles.open_proper(problem, law=law, streams=streams)
    assert isinstance(oracle, OnePromptOracle)
    return oracle, deepcopy(learner).run(oracle)


def _apart(learner: Any, streams: Streams) -> list[Streams]:
    """All replicates at once for a vectorised learner, else one by one."""
    if getattr(learner, "vectorised", False):
        return [streams]
    return [Streams(streams.path, [row], streams.reseed) for row in streams.rows]


def _share(name: str, value: Fraction | float) -> Fraction | float:
    """`value` in (0, 1]; a fraction, which thresholds are too, stays one."""
    number = value if isinstance(value, Fraction) else positive(name, value)
    if number > 1:
        raise InvalidProblem(f"{name} must be at most 1, got {name}={value!r:.80}")
    if number < _LEAST:
        raise InvalidProblem(f"{name} must be at least {_LEAST:g}, got {name}={value!r:.80}")
    return number


def _threshold(value: Fraction | float) -> Fraction:
    if not isinstance(value, Real) or not 0 <= value < 1:
        raise InvalidProblem(f"threshold must be a number in [0, 1), got threshold={value!r:.80}")
    return Fraction(value)
