"""Proper learners where an assignment is planted, ``n = 20``: gaps, and what they pay. Run by P6 and P6s."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from explore_theory import oracles
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Tally, Trial
from explore_theory.problems import DNF
from proofs_checks.proper_policy_hardness import hunts

N = 20
#: Runs whose meters are reported.
PRICED = 16


def eta_of(k: int) -> float:
    """``2^-(k+2)``: ``1/p0`` is ``2^644`` at ``k = 12``."""
    return 2.0 ** -(k + 2)


def problem_of(planting: str, k: int) -> DNF:
    """The planted world, or ``theta* = 0`` where nothing is planted."""
    return hunts.problem_of(planting, N, k, eta_of(k), planted=planting != "random")


@dataclass(frozen=True, kw_only=True)
class Learning:
    """A run, and the gap that counts as success."""

    run: hunts.Run
    success: float
    price: Mapping[str, float]


def learning(trial: Trial, name: str = "") -> Learning:
    """The learner of the case where an assignment is planted; success is a gap below ``c/(4k)``."""
    params = trial.case.params
    k, planting = int(params["k"]), str(params["planting"])
    problem = problem_of(planting, k)
    formula, secret = hunts.formula_of(planting, N, k)
    assert secret is not None
    name = name or str(params["learner"])
    return Learning(
        run=hunts.play(problem, hunts.learner(name, N, k), trial.streams, "exact-law"),
        success=float(formula.value(secret)) / (4 * k),
        price=price(name, planting, k, trial.streams.path, trial.streams.reseed),
    )


@lru_cache(maxsize=32)
def price(name: str, planting: str, k: int, path: tuple[str, ...], reseed: int) -> Mapping[str, float]:
    """What a learner pays, in the median of `PRICED` runs of their own, so that all blocks agree."""
    streams = Streams((*path, "price"), range(PRICED), reseed)
    oracle = oracles.open_proper(problem_of(planting, k), law="exact-law", streams=streams)
    hunts.learner(name, N, k).run(oracle)
    calls, operations = oracle.ledger.compute, oracle.operations
    return {
        "rounds": float(np.median(oracle.ledger.data)),
        "calls": float(np.median(calls)),
        "operations": float(np.median(operations)),
        "calls and operations": float(np.median(calls + operations)),
    }


def failures(world: Learning) -> Tally:
    """How often the gap is not below ``c/(4k)``; what is paid is in the notes."""
    gap = world.run.gap
    return Tally(successes=int((gap >= world.success).sum()), trials=gap.size, notes=world.price)
