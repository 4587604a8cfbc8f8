"""A few rounds of exploration on a tiny problem, as whole numbers, to compare the laws of two simulations."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from explore_theory import oracles
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Trial
from explore_theory.oracles.plans import Exploration, Ridge
from explore_theory.oracles.softmax_sampler import SoftmaxSampler
from explore_theory.problems import TabularProblem
from explore_theory.problems.noise import Bernoulli
from proofs_checks.exact_law import comparison

#: What of an exploration is compared.
EXPLORED = (
    "calls",
    "rounds",
    "prompts",
    "clipped",
    "missed",
    "sigma 1",
    "sigma 12",
    "sigma 2",
    "moment 1",
    "moment 2",
    "theta",
    "weight",
)
SAMPLER = SoftmaxSampler(ratio=1.25, normaliser=3, tries=3)
ROUNDS = 5
#: ``theta`` is compared to so many places, off a grid on which it may fall.
_PLACES, _OFF = 1e6, 0.123


@dataclass(frozen=True)
class Rounds:
    """Rounds of exploration, `draws` times; purses may run out in some round if it is `limited`."""

    growth: float | None
    limited: bool
    draws: int
    path: tuple[str, ...]
    reseed: int


def rounds(trial: Trial) -> Rounds:
    """The rounds of the case."""
    params, streams = trial.case.params, trial.streams
    growth = None if params["updates"] == "every-round" else 1.5
    path = (*streams.path, str(streams.rows[0]))
    return Rounds(growth, params["purse"] == "limited", int(params["draws"]), path, streams.reseed)


def _problem() -> TabularProblem:
    return TabularProblem(
        prompt_mass=np.array([0.625, 0.375]),
        base=np.array([[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]]),
        features=np.array(
            [[[1.0, 0.0], [0.0, 0.5], [0.0, 0.0]], [[0.5, 0.5], [0.0, 0.0], [0.5, 0.5]]],
        ),
        reward=np.array([[0.75, 0.25, 0.5], [0.5, 0.25, 0.5]]),
        beta=0.25,
        noise=Bernoulli(),
    )


@cache
def explored(
    world: Rounds, law: str, growth: float | None, sampler: SoftmaxSampler = SAMPLER
) -> comparison.Outcomes:
    """Outcomes under `law`, by the columns of `EXPLORED`; the regression in sixteenths."""
    streams = Streams((*world.path, law), range(world.draws), world.reseed)
    budgets = {"weak": 30, "prompt": 4, "reward": 4} if world.limited else None
    oracle = oracles.open(_problem(), law=law, budgets=budgets, yardsticks=True, streams=streams)
    start = Ridge.start(world.draws, 2, 1.0)
    keep = None if growth else np.full((world.draws, 1), ROUNDS - 2, dtype=np.int64)
    found = oracle.explore(
        # Some data to begin with, so that the first theta is not zero.
        Ridge(covariance=start.covariance, moment=start.moment + np.array([0.5, -0.25])),
        Exploration(
            rounds=ROUNDS,
            sampler=sampler,
            radius=1.0,
            inverse=np.broadcast_to(np.eye(2), (world.draws, 2, 2)).copy(),
            growth=growth,
            keep=keep,
        ),
    )
    # The theta that was kept, or that of the second segment; without a round it stands for nothing.
    place = min(1, found.thetas.shape[1] - 1)
    theta = np.where(found.weights[:, place] > 0, found.thetas[:, place, 0], 0.0) * _PLACES + _OFF
    covariance = found.ridge.covariance
    columns = [
        oracle.ledger.total("weak"),
        found.rounds,
        oracle.ledger.total("prompt"),
        found.clipped,
        found.missed,
        *(16 * covariance[:, i, j] for i, j in ((0, 0), (0, 1), (1, 1))),
        *(16 * found.ridge.moment[:, i] for i in (0, 1)),
        theta,
        found.weights[:, 0],
    ]
    return comparison.whole(np.column_stack(columns))
