"""Proper learners on planted formulas, and learners that break the rules: what P5 and P6 run.

Letters: `R` replicates, `T` rounds, `m` terms of `k` literals on `n` variables.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from explore_theory import exact, oracles
from explore_theory.algorithms import (
    Annealing,
    ExhaustiveSearch,
    ProperBonus,
    ProperEnsemble,
    ProperGreedy,
    ProperLearner,
    ProperXPO,
    SignSearch,
)
from explore_theory.algorithms.proper.regression import ProperRegression
from explore_theory.formulas import Formula, planted_formula, random_formula
from explore_theory.foundation.streams import Streams
from explore_theory.policies import LawPolicy, Softmax
from explore_theory.problems import DNF, Gaussian
from explore_theory.problems.protocol import Bools, Floats
from proofs_checks.proper_policy_hardness import counted_gaps

#: Scale of the noise of each reward, so that ``sigma = .1``.
SCALE = 0.1 / 2**0.5

Transcript = Sequence[tuple[Floats, Floats, Bools]]


def terms_of(n: int, k: int) -> int:
    """``m = 16 n 2^k``: one term is worth nothing. At ``k = 15`` 20,000 for ``n = 17``, far above ``8T``."""
    return 340_000 // n if k == 15 else 16 * n * 2**k


@lru_cache(maxsize=8)
def formula_of(planting: str, n: int, k: int) -> tuple[Formula, npt.NDArray[np.int8] | None]:
    """The formula of a planting and its secret (None for ``random``), with `terms_of` terms."""
    streams, m = Streams(("proper formulas", planting, str(n), str(k)), [0]), terms_of(n, k)
    if planting == "random":
        return random_formula(m=m, k=k, n=n, streams=streams), None
    return planted_formula(planting, m=m, k=k, n=n, streams=streams)


def problem_of(planting: str, n: int, k: int, eta: float, *, planted: bool = True) -> DNF:
    """A world: the planted one, or ``theta* = 0`` on the same terms."""
    formula, secret = formula_of(planting, n, k)
    return DNF(formula=formula, eta=eta, assignment=secret if planted else None, noise=Gaussian(SCALE))


def learner(name: str, n: int, k: int) -> ProperLearner:
    """The learner called `name`, with what it needs to succeed at these sizes."""
    half = 2 ** (k - 1)
    makers: dict[str, Callable[[], ProperLearner]] = {
        "signs": lambda: SignSearch(rounds=max(200, 10 * n * half), stars=6 * n),
        "greedy": lambda: ProperGreedy(rounds=100),
        "xpo": lambda: ProperXPO(rounds=75 * half),
        "bonus": lambda: ProperBonus(rounds=64 * half),
        "ensemble": lambda: ProperEnsemble(rounds=128 * half),
        "annealing": lambda: Annealing(
            rounds=16 * (k + 1),
            terms=50 * n,
            calls=10**4 * 2**k,
            sweeps=150,
            hot=3.5 * n,
            cold=0.35 * n,
        ),
        "exhaustive": lambda: ExhaustiveSearch(
            rounds=16 * (k + 1), terms=(8 if k == 15 else 30) * n, calls=10**4 * 2**k
        ),
    }
    return makers[name]()


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a learner did: gaps of its policy, what it played, and its meters, each `[R]`."""

    gap: Floats
    transcript: Transcript = field(repr=False)
    data: Floats
    calls: Floats
    operations: Floats


def play(problem: DNF, who: ProperLearner, streams: Streams, law: str) -> Run:
    """Run `who` in `problem`, one replicate per row of `streams`."""
    oracle = oracles.open_proper(problem, law=law, streams=streams)
    policy = who.run(oracle)
    return Run(
        gap=gaps(problem, policy),
        transcript=oracle.transcript,
        data=oracle.ledger.data,
        calls=oracle.ledger.compute,
        operations=oracle.operations,
    )


def gaps(problem: DNF, policy: LawPolicy) -> Floats:
    """``J(pi*) - J(pi)``, `[R]`; replicates that return one parameter share its sum over all prompts."""
    if not isinstance(policy, Softmax):
        return exact.gap(problem, policy)
    which, inverse = np.unique(policy.theta, axis=0, return_inverse=True)
    found = counted_gaps.gaps(problem, which)
    if found is None:
        found = exact.gap(problem, Softmax(which))
    return np.asarray(found[inverse.reshape(-1)])


def best_values(formula: Formula, transcript: Transcript) -> Floats:
    """`[R]`: the largest value of ``sign(theta_t)`` and ``sign(theta'_t)`` over the rounds of each replicate.

    The program of the reduction: from a transcript to an assignment. A coordinate 0 agrees with no literal.
    """
    rows = len(transcript[0][2])
    signs = np.concatenate([np.sign(side) for first, second, _ in transcript for side in (first, second)])
    # Rows as words of bytes: compared at once, and counted once each.
    words = np.ascontiguousarray(signs.astype(np.int8)).view(f"V{formula.n}")[:, 0]
    _, first, inverse = np.unique(words, return_index=True, return_inverse=True)
    values = (formula.count(signs[first]) / formula.m)[inverse.reshape(-1)].reshape(-1, 2, rows)
    played = np.stack([served for _, _, served in transcript])
    return np.asarray(np.max(np.where(played, values.max(axis=1), 0.0), axis=0))


# --- against the rules -------------------------------------------------------------------------------------


def improper(problem: DNF, streams: Streams, *, rounds: int, peek: bool) -> Run:
    """A learner with an unrestricted oracle: it chooses ``theta`` after the prompt, or redraws until `star`.

    With `peek` it knows the terms, and plays the literals of the prompt's term and random signs elsewhere;
    otherwise it plays the base policy, and draws until `star`. Its estimate is least squares on what it has
    seen.
    """
    oracle = oracles.open(problem, law="exact-law", streams=streams)
    d, width = problem.formula.n, 1 / problem.k**0.5
    covariance = np.broadcast_to(1e-3 * np.eye(d), (oracle.R, d, d)).copy()
    target, played = np.zeros((oracle.R, d)), []
    for _ in range(rounds):
        ctx, theta = oracle.prompt(), np.zeros((oracle.R, d))
        if peek:
            theta = problem.response_features(ctx.prompts, np.ones((oracle.R, 1), dtype=np.int64))[:, 0]
            fill = np.where(oracle.coins.uniform(d) < 0.5, -1.0, 1.0)
            theta = np.where(theta == 0, fill, np.sign(theta))
            response = oracle.draw(ctx, theta=width * theta).response[:, 0]
        else:
            response = oracle.search(ctx, oracles.Norm() > 0, 1e60).response
        rewards = oracle.reward(ctx, response, 0)
        feature = problem.response_features(ctx.prompts, response[:, None])[:, 0]
        covariance += feature[:, :, None] * feature[:, None, :]
        target += feature * (rewards[:, :1] - rewards[:, 1:])
        played.append((width * np.sign(theta), np.zeros_like(theta), np.ones(oracle.R, dtype=bool)))
    estimate = np.asarray(np.linalg.solve(covariance, target[:, :, None])[:, :, 0], dtype=np.float64)
    policy = rounded(estimate, width)
    return Run(
        gap=gaps(problem, policy),
        transcript=played,
        data=oracle.ledger.data,
        calls=oracle.ledger.compute,
        operations=np.zeros(oracle.R),
    )


def rounded(estimate: Floats, width: float) -> LawPolicy:
    """The softmax policy at the nearest point of ``{-width, 0, width}^d``."""
    return Softmax(width * np.clip(np.round(estimate / width), -1, 1))


@dataclass(frozen=True, kw_only=True)
class BaseOnly:
    """Plays the base policy against itself: all that need be played where it answers `star` often."""

    rounds: int
    proper: bool = True

    def run(self, oracle: oracles.ProperOracle) -> LawPolicy:
        """Play, add, estimate."""
        known, base = ProperRegression(oracle, 1e-3), np.zeros(oracle.facts.d)
        for _ in range(self.rounds):
            known.add(oracle.round(base, base))
        return known.policy()


class EvenDNF(DNF):
    """The same terms under a base policy that answers `star` every other time."""

    @property
    def log_base_star(self) -> float:
        """``log(1/2)``."""
        return float(np.log(0.5))


def even(problem: DNF) -> DNF:
    """`problem` with ``pi_ref(star) = 1/2``."""
    return EvenDNF(
        formula=problem.formula, eta=problem.eta, assignment=problem.assignment, noise=problem.noise
    )
