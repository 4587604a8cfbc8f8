"""Runs of MTSS as printed and of ours on the same problems, by the same meters; and printed MTSS, broken.

A token problem is given to ours as it is, and to the printed algorithm as the decision process that it is
(`DecisionProcess.of_tokens`), with the anchor token 0. There every step is paid for with noise of its own, of
a variance such that a whole response has as much noise as it has for ours.

Letters: `R` runs, `K` horizons.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory import oracles
from explore_theory.algorithms.tokens.mtss import MTSS
from explore_theory.algorithms.tokens.printed import PrintedMTSS
from explore_theory.algorithms.tokens.printed_schedule import practical
from explore_theory.exact import processes
from explore_theory.harness import Trial
from explore_theory.oracles.processes.density import DensityOracle
from explore_theory.oracles.processes.protocol import Visits
from explore_theory.oracles.processes.softmax_density import AnchoredPolicy
from explore_theory.problems import DecisionProcess, Gaussian
from explore_theory.problems.autoregressive import AutoregressiveProblem
from explore_theory.problems.protocol import Ints
from proofs_checks.token_level_improvement import learners
from proofs_checks.token_level_improvement.learners import Rows

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Meters:
    """What runs came to, `[R]` each: gaps in units of ``eps``, token calls, rewards, ``T_comp``, ``T_data``.

    Ours asks for rewards of whole responses, two in a round; as a token problem it has neither transitions
    nor resets to pay for, so its ``T_data`` are its rewards.
    """

    gap: Floats
    tokens: Floats
    rewards: Floats
    compute: Floats
    data: Floats


@dataclass(frozen=True)
class Pair:
    """The printed algorithm and ours, and `[R]` whether the policy of the former was certified."""

    printed: Meters
    ours: Meters
    certified: npt.NDArray[np.bool_]


def process_of(problem: AutoregressiveProblem) -> DecisionProcess:
    """The token problem as a decision process, the noise of a response spread over its steps."""
    noise = Gaussian(learners.SCALE / problem.horizon**0.5)
    return replace(DecisionProcess.of_tokens(problem, anchor=0), noise=noise)


def printed_run(
    problem: AutoregressiveProblem, learner: PrintedMTSS, eps: float, rows: Rows
) -> tuple[Meters, npt.NDArray[np.bool_]]:
    """The printed algorithm: its meters, and whether its policies were certified."""
    process = process_of(problem)
    oracle = oracles.open_density(process, streams=rows.streams("printed"))
    found = learner.run(oracle)
    ledger = oracle.ledger
    gap = processes.gap(process, oracles.density_tables(process, found.policy)) / eps
    spent = Meters(gap, ledger.total("token"), ledger.total("reward"), ledger.compute, ledger.data)
    return spent, found.certified


def own_run(problem: AutoregressiveProblem, eps: float, rows: Rows) -> Meters:
    """Ours, with its practical schedule."""
    found = learners.run(problem, MTSS.practical(problem.facts, eps), rows.streams("ours"))
    return Meters(found.relative_gap, found.calls, 2 * found.rounds, found.calls, 2 * found.rounds)


@lru_cache(maxsize=8)
def shared(family: str, horizon: int, fraction: float, rows: Rows, *, literal: bool = False) -> Pair:
    """Both on one problem; `eps` is `fraction` of the base policy's gap.

    `literal` runs the printed algorithm without economies.
    """
    problem = learners.instance(family, horizon)
    eps = learners.accuracy(problem, fraction)
    learner = practical(process_of(problem).facts, eps, literal=literal)
    spent, certified = printed_run(problem, learner, eps, rows)
    return Pair(spent, own_run(problem, eps, rows), certified)


def both(trial: Trial) -> Pair:
    """The runs of a case."""
    params = trial.case.params
    family, horizon, fraction = str(params["family"]), int(params["horizon"]), float(params["fraction"])
    return shared(family, horizon, fraction, Rows.of(trial.streams), literal="letter" in params)


def broken(kind: type[PrintedMTSS] = PrintedMTSS, **numbers: Any) -> Callable[[Trial], Pair]:
    """The runs of a case with another learner in the place of the printed one."""

    def instance(trial: Trial) -> Pair:
        params, rows = trial.case.params, Rows.of(trial.streams)
        problem = learners.instance(str(params["family"]), int(params["horizon"]))
        eps = learners.accuracy(problem, float(params["fraction"]))
        plan = practical(process_of(problem).facts, eps, literal=False)
        learner = kind(**{**vars(plan), **numbers})
        spent, certified = printed_run(problem, learner, eps, rows)
        return Pair(spent, spent, certified)

    return instance


class WithoutCorrection(PrintedMTSS):
    """Rewards in place of returns: ``beta log rho`` is forgotten."""

    def _gain(self, reward: Floats, log_ratio: Floats, beta: float) -> Floats:
        return reward


class CorrectionAdded(PrintedMTSS):
    """``beta log rho`` is added."""

    def _gain(self, reward: Floats, log_ratio: Floats, beta: float) -> Floats:
        return np.asarray(reward + beta * log_ratio)


class OneStepLookahead(PrintedMTSS):
    """Rollouts of the base policy."""

    def _returns(self, oracle: DensityOracle, here: Visits, actions: Ints, policy: AnchoredPolicy) -> Floats:
        return super()._returns(oracle, here, actions, replace(policy, theta=np.zeros_like(policy.theta)))
