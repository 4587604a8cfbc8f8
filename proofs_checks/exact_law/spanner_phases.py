"""Spanner phases as whole numbers, to compare the laws of simulations.

The problems are those of `explorations`: many prompts of different masses, Gaussian noise or coins. The
radius is such that pairs that are long at first are short once others were accepted.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explore_theory import oracles
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Largest, Trial
from explore_theory.oracles.plans import Ridge, Span
from proofs_checks.exact_law import comparison, literal_rounds
from proofs_checks.exact_law.explorations import KINDS, problem
from proofs_checks.exact_law.explorations import world as explored_world
from proofs_checks.exact_law.literal_rounds import Runs, World

#: What of a spanner phase is compared.
SPANNED = (
    "calls",
    "prompts",
    "rewards",
    "active",
    "accepted",
    "rounds",
    "sigma 1",
    "sigma 12",
    "sigma 2",
    "moment 1",
    "moment 2",
)
PLAN = Span(radius=0.85, rounds=8, per_round=3)
#: What a run may have to spend, if it is limited: it draws one of these.
PURSES = ({"weak": 21}, {"prompt": 5, "weak": 40}, {"reward": 2}, {"weak": 34, "prompt": 8, "reward": 3})
#: Runs of one oracle, and of the definition for one of a simulator.
_TOGETHER, _MORE_OFTEN = 20_000, 4
_START = np.array([[0.5, 0.125], [0.125, 0.75]])


@dataclass(frozen=True)
class Phase:
    """A spanner phase, `draws` times; each run draws its purse if they are `limited`."""

    prompts: int
    noise: str
    limited: bool
    law: str
    blocks: bool
    draws: int
    path: tuple[str, ...]
    reseed: int


def phase(trial: Trial) -> comparison.TwoDrawn:
    """The phases of the case, by an oracle and as they are defined."""
    asked = phase_of(trial)
    return comparison.TwoDrawn(
        asked, spanned(asked), by_definition(asked, _MORE_OFTEN * asked.draws), SPANNED
    )


def phase_of(trial: Trial) -> Phase:
    """What the case asks for."""
    params, streams = trial.case.params, trial.streams
    return Phase(
        prompts=int(params["prompts"]),
        noise=str(params["noise"]),
        limited=params["purse"] == "drawn",
        law=str(params["law"]),
        blocks=params["prompts drawn"] == "by the problem",
        draws=int(params["draws"]),
        path=(*streams.path, str(streams.rows[0])),
        reseed=streams.reseed,
    )


def _generator(asked: Phase, name: str) -> np.random.Generator:
    return Streams((*asked.path, name), range(1), asked.reseed).generators()[0]


def _purse(asked: Phase, name: str) -> Any:
    chosen = _generator(asked, f"{name} purse").integers(len(PURSES), size=asked.draws)
    return chosen if asked.limited else np.full(asked.draws, -1)


def _columns(spent: Any, active: Any, accepted: Any, rounds: Any, covariance: Any, moment: Any) -> Any:
    """A row per run, by `SPANNED`; `Sigma` in 64ths, moments to a 32nd."""
    sigma = [64 * covariance[:, i, j] for i, j in ((0, 0), (0, 1), (1, 1))]
    moments = [32 * moment[:, i] + 0.123 for i in (0, 1)]
    return comparison.whole(np.column_stack([*spent, active, accepted, rounds, *sigma, *moments]))


def spanned(asked: Phase, plan: Span = PLAN) -> comparison.Outcomes:
    """Outcomes of an oracle."""
    purses, given, parts = _purse(asked, asked.law), explored_world(asked.prompts, asked.noise), []
    for which in np.unique(purses).tolist():
        rows = np.flatnonzero(purses == which)
        for first in range(0, rows.size, _TOGETHER):
            some = rows[first : first + _TOGETHER].tolist()
            streams = Streams((*asked.path, asked.law), some, asked.reseed)
            budgets = PURSES[which] if asked.limited else None
            oracle = oracles.open(
                problem(given, asked.blocks), law=asked.law, budgets=budgets, streams=streams
            )
            start = Ridge(covariance=np.tile(_START, (oracle.R, 1, 1)), moment=np.zeros((oracle.R, 2)))
            done = oracle.span(start, plan)
            spent = [oracle.ledger.total(kind) for kind in KINDS]
            parts.append(
                _columns(
                    spent, oracle.active, done.accepted, done.rounds, done.ridge.covariance, done.ridge.moment
                )
            )
    return np.concatenate(parts)


def by_definition(asked: Phase, draws: int, given: World | None = None, process: type[Runs] = Runs) -> Any:
    """`draws` outcomes of the phase as it is defined; `given` and `process` are for false variants."""
    asked = replace(asked, draws=draws)
    generator, parts = _generator(asked, "definition"), []
    table = np.array([[purse.get(kind, np.inf) for kind in KINDS] for purse in (*PURSES, {})])
    purses = table[_purse(asked, "definition")]
    for first in range(0, draws, _TOGETHER):
        purse = purses[first : first + _TOGETHER]
        runs = process(
            given or explored_world(asked.prompts, asked.noise),
            generator,
            np.tile(_START, (len(purse), 1, 1)),
            np.zeros((len(purse), 2)),
            purse,
        )
        found = literal_rounds.span(runs, PLAN.rounds, PLAN.per_round, PLAN.radius)
        parts.append(_columns(runs.spent.T, runs.live, *found, runs.covariance, runs.moment))
    return np.concatenate(parts)


# --- false variants ----------------------------------------------------------------------------------------


def planned(world: comparison.TwoDrawn, plan: Span) -> Largest:
    """Distance of phases by another plan from those of the definition, by half of the runs."""
    asked = replace(world.asked, draws=world.asked.draws // 2)
    return world.apart(found=spanned(asked, plan))


class _Frozen(Runs):
    """Pairs are held against the ``Sigma`` that the phase began with."""

    def measured(self, rows: literal_rounds.Ints) -> literal_rounds.Floats:
        """``Sigma_0``, `[m, d, d]`."""
        return np.broadcast_to(_START, (rows.size, *_START.shape))


def frozen(world: comparison.TwoDrawn) -> Largest:
    """Distance from phases whose ``Sigma`` stands still while pairs are chosen, from a third of the runs."""
    return world.apart(defined=by_definition(world.asked, world.asked.draws // 3, process=_Frozen))


def half_of_the_noise(world: comparison.TwoDrawn) -> Largest:
    """Distance from phases whose reward differences have the variance of one reward."""
    given = explored_world(world.asked.prompts, world.asked.noise)
    assert given.scale is not None
    quiet = replace(given, scale=given.scale * 0.5**0.5)
    return world.apart(defined=by_definition(world.asked, world.asked.draws, given=quiet))
