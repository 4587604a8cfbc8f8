"""Rounds of exploration as whole numbers, to compare the laws of simulations.

Two problems: one with two prompts, where rounds come back to what they estimated, and one with nine. Prompt
masses, base masses and features differ from each other; some responses to a prompt have equal features, so
that their anchors share an estimate; beta, the radius, M and the noise are all different from one.
"""

from dataclasses import dataclass, fields, replace
from functools import cache, cached_property
from typing import Any

import numpy as np

from explore_theory import oracles
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Largest, Trial
from explore_theory.oracles.plans import Exploration, Ridge
from explore_theory.oracles.softmax_sampler import SoftmaxSampler
from explore_theory.problems import TabularProblem
from explore_theory.problems.noise import Bernoulli, Gaussian
from proofs_checks.exact_law import comparison, literal_rounds
from proofs_checks.exact_law.literal_rounds import Plan, World

#: What of an exploration is compared.
EXPLORED = (
    "calls",
    "prompts",
    "rounds",
    "active",
    "clipped",
    "missed",
    "sigma 1",
    "sigma 12",
    "sigma 2",
    "moment 1",
    "moment 2",
    "theta",
    "sigma of theta",
    "weight",
    "next theta",
    "next weight",
    "weight after",
)
KINDS = ("weak", "prompt", "reward")
#: What a run may have to spend, by kind; every run draws one of these. Some are exactly what it can use.
PURSES = ({"weak": 60, "reward": 12}, {"prompt": 9}, {"reward": 8, "weak": 80}, {"weak": 41})
#: Features lie on an eighth, so ``Sigma`` on a 64th; moments are compared to a 32nd, ``theta`` to 1e-3.
_SIGMA, _MOMENT, _THETA, _OFF = 64.0, 32.0, 1e3, 0.123
_RADIUS, _INVERSE = 0.6, np.array([[1.0, 0.25], [0.25, 0.75]])
_TOGETHER = 20_000
#: So many runs by the definition for one of a simulator, which takes several times as long.
_MORE_OFTEN = 4


@dataclass(frozen=True)
class Rounds:
    """Rounds of exploration on a problem with `prompts` prompts, `draws` times.

    `growth` is when ``theta`` is refreshed, None for every round. Each run draws its purse if they are
    `limited`. `simulator` is the law of the oracle; with `blocks` the problem draws its own prompts, too many
    to be listed.
    """

    prompts: int
    noise: str
    growth: float | None
    limited: bool
    simulator: str
    blocks: bool
    rounds: int
    draws: int
    path: tuple[str, ...]
    reseed: int

    def streams(self, *names: str) -> Streams:
        """Streams of one row for a purpose."""
        return Streams((*self.path, *names), range(1), self.reseed)


def rounds(trial: Trial) -> comparison.TwoDrawn:
    """The rounds of the case, by an oracle and as they are defined."""
    asked = rounds_of(trial)
    return comparison.TwoDrawn(
        asked, explored(asked, asked.simulator), by_definition(asked, _MORE_OFTEN * asked.draws), EXPLORED
    )


def rounds_of(trial: Trial) -> Rounds:
    """What the case asks for."""
    params, streams = trial.case.params, trial.streams
    return Rounds(
        prompts=int(params["prompts"]),
        noise=str(params["noise"]),
        growth=None if params["updates"] == "every-round" else float(params["growth"]),
        limited=params["purse"] == "drawn",
        simulator=str(params["law"]),
        blocks=params["prompts drawn"] == "by the problem",
        rounds=int(params["rounds"]),
        draws=int(params["draws"]),
        path=(*streams.path, str(streams.rows[0])),
        reseed=streams.reseed,
    )


# --- problems and plans ------------------------------------------------------------------------------------

_FEW = (
    (0.625, (0.5, 0.25, 0.1875, 0.0625), ((0.75, 0.25), (0.0, 0.5), (0.75, 0.25), (-0.5, 0.125))),
    (0.375, (0.125, 0.25, 0.375, 0.25), ((0.5, -0.5), (-0.25, 0.75), (-0.25, 0.75), (0.125, 0.0))),
)
_MORE = (
    (0.20, (0.25, 0.25, 0.4375, 0.0625), ((1.0, 0.0), (-0.375, 0.5), (0.0, 0.125), (-0.375, 0.5))),
    (0.17, (0.125, 0.625, 0.125, 0.125), ((0.25, 0.25), (0.5, 0.625), (-0.5, -0.5), (0.0, 0.25))),
    (0.15, (0.3125, 0.1875, 0.25, 0.25), ((0.0, -0.875), (0.625, 0.125), (0.0, -0.875), (0.25, 0.5))),
    (0.13, (0.75, 0.0625, 0.125, 0.0625), ((0.125, 0.0), (0.875, -0.375), (-0.125, 0.75), (0.5, 0.5))),
    (0.11, (0.25, 0.25, 0.25, 0.25), ((0.5, 0.0), (0.0, 0.5), (-0.5, 0.0), (0.0, -0.5))),
    (0.09, (0.375, 0.125, 0.375, 0.125), ((0.625, 0.625), (0.625, 0.625), (-0.25, 0.0), (0.0, 0.375))),
    (0.07, (0.1875, 0.3125, 0.4375, 0.0625), ((-0.75, 0.25), (0.25, 0.0), (0.5, -0.25), (0.75, 0.5))),
    (0.05, (0.5, 0.125, 0.0, 0.375), ((0.25, -0.5), (0.375, 0.5), (1.0, 0.0), (-0.625, 0.0))),
    (0.03, (0.0625, 0.4375, 0.25, 0.25), ((0.0, 1.0), (0.25, 0.125), (-0.25, -0.125), (0.5, -0.75))),
)


@cache
def world(prompts: int, noise: str) -> World:
    """The problem as numbers."""
    rho, base, features = (np.array(part) for part in zip(*(_FEW if prompts == 2 else _MORE), strict=True))
    # In [0.2, 0.8]; R is not one, and rewards are not linear in the features.
    reward = 0.5 + 0.24 * features[..., 0] - 0.06 * features[..., 1] ** 2
    return World(rho, base, features, reward, beta=0.2, scale=0.4 if noise == "gaussian" else None)


class _Drawn(TabularProblem):
    """A problem that draws its own prompts, and says that there are too many to list."""

    @property
    def facts(self) -> Any:
        """Thousands of prompts."""
        return replace(super().facts, prompts=4096)

    def draw_prompts(self, streams: Streams, active: Any = None) -> Any:
        """``x ~ rho``, `[R]`."""
        return np.searchsorted(np.cumsum(self.prompt_mass)[:-1], streams.uniform(1, active)[:, 0], "right")


def problem(given: World, blocks: bool = False) -> TabularProblem:
    """The problem as oracles take it."""
    return (_Drawn if blocks else TabularProblem)(
        prompt_mass=given.rho,
        base=given.base,
        features=given.features,
        reward=given.reward,
        beta=given.beta,
        noise=Bernoulli() if given.scale is None else Gaussian(given.scale),
    )


def plan(asked: Rounds) -> Plan:
    """A sampler that clips some rounds and misses many, and a radius that truncates some pairs."""
    return Plan(
        rounds=asked.rounds,
        ratio=2.5,
        normaliser=3,
        tries=4,
        radius=_RADIUS,
        inverse=_INVERSE,
        growth=asked.growth,
    )


def _start(count: int) -> tuple[Any, Any]:
    """A regression with some data, so that the first ``theta`` is not zero."""
    return np.tile(np.array([[1.5, 0.25], [0.25, 1.0]]), (count, 1, 1)), np.tile([1.0, -0.5], (count, 1))


def _kept(asked: Rounds) -> list[int]:
    """Rounds whose ``theta`` is kept where every round has its own; one of them twice."""
    return [1, asked.rounds // 2, asked.rounds // 2]


def _purse(asked: Rounds, name: str) -> Any:
    """`[n]`: which of `PURSES` each run has; none if they are not limited."""
    chosen = asked.streams(name, "purse").generators()[0].integers(len(PURSES), size=asked.draws)
    return np.asarray(chosen if asked.limited else np.full(asked.draws, -1))


def _columns(
    spent: Any, active: Any, tally: Any, covariance: Any, moment: Any, policies: Any
) -> comparison.Outcomes:
    """A row per run, by `EXPLORED`; `policies` are thetas, covariances and weights of three rounds."""
    thetas, covariances, weights = policies
    theta = (thetas[..., 0] - 2 * thetas[..., 1]) * _THETA + _OFF
    of_theta = (covariances[..., 0, 0] + 3 * covariances[..., 0, 1]) * _SIGMA
    return comparison.whole(
        np.column_stack(
            [
                *spent,
                active,
                *tally,
                *(_SIGMA * covariance[:, i, j] for i, j in ((0, 0), (0, 1), (1, 1))),
                *(_MOMENT * moment[:, i] + _OFF for i in (0, 1)),
                theta[:, 1],
                of_theta[:, 1],
                weights[:, 0],
                theta[:, 2],
                weights[:, 1],
                weights[:, 2],
            ]
        )
    )


# --- by an oracle ------------------------------------------------------------------------------------------


def explored(asked: Rounds, law: str, changed: SoftmaxSampler | None = None) -> comparison.Outcomes:
    """Outcomes of an oracle under `law`, by the columns of `EXPLORED`; `changed` is another sampler."""
    purses, given = _purse(asked, law), world(asked.prompts, asked.noise)
    parts = []
    for which in np.unique(purses).tolist():
        rows = np.flatnonzero(purses == which)
        for first in range(0, rows.size, _TOGETHER):
            streams = Streams((*asked.path, law), rows[first : first + _TOGETHER].tolist(), asked.reseed)
            budgets = PURSES[which] if asked.limited else None
            oracle = oracles.open(
                problem(given, asked.blocks), law=law, budgets=budgets, yardsticks=True, streams=streams
            )
            parts.append(_explored(oracle, asked, changed))
    return np.asarray(np.concatenate(parts))


def _explored(oracle: Any, asked: Rounds, changed: SoftmaxSampler | None) -> comparison.Outcomes:
    count, wanted = oracle.R, plan(asked)
    covariance, moment = _start(count)
    sampler = SoftmaxSampler(ratio=wanted.ratio, normaliser=wanted.normaliser, tries=wanted.tries)
    found = oracle.explore(
        Ridge(covariance=covariance, moment=moment),
        Exploration(
            rounds=wanted.rounds,
            sampler=changed or sampler,
            radius=wanted.radius,
            inverse=np.tile(wanted.inverse, (count, 1, 1)),
            growth=wanted.growth,
            keep=None if wanted.growth else np.tile(np.array(_kept(asked)), (count, 1)),
        ),
    )
    policies = [found.thetas, found.covariances, found.weights]
    if (short := 3 - found.weights.shape[1]) > 0:
        policies = [np.pad(p, [(0, 0), (0, short)] + [(0, 0)] * (p.ndim - 2)) for p in policies]
    return _columns(
        [oracle.ledger.total(kind) for kind in KINDS],
        oracle.active,
        [found.clipped, found.missed],
        found.ridge.covariance,
        found.ridge.moment,
        [p[:, :3] for p in policies],
    )


# --- as the text says --------------------------------------------------------------------------------------


def by_definition(
    asked: Rounds,
    draws: int,
    law: str = "definition",
    changed: Plan | None = None,
    given: World | None = None,
) -> comparison.Outcomes:
    """`draws` outcomes of rounds as they are defined; `changed` and `given` are another plan and problem."""
    asked = replace(asked, draws=draws)
    generator = asked.streams(law).generators()[0]
    table = np.array([[purse.get(kind, np.inf) for kind in KINDS] for purse in (*PURSES, {})])
    purses = table[_purse(asked, law)]
    parts = []
    for first in range(0, draws, _TOGETHER):
        purse = purses[first : first + _TOGETHER]
        runs = literal_rounds.Runs(
            given or world(asked.prompts, asked.noise), generator, *_start(len(purse)), purse
        )
        done = literal_rounds.explore(runs, changed or plan(asked))
        parts.append(
            _columns(
                runs.spent.T,
                runs.live,
                [done.clipped, done.missed],
                runs.covariance,
                runs.moment,
                _policies(asked, done),
            )
        )
    return np.asarray(np.concatenate(parts))


def _policies(asked: Rounds, done: literal_rounds.Explored) -> list[Any]:
    """The rounds that are kept, or the first three segments."""
    if asked.growth is None:
        kept = _kept(asked)
        reached = (done.segments[kept] >= 0).T
        policies = [np.moveaxis(part[kept], 0, 1) for part in (done.thetas, done.covariances)]
        return _where(reached.astype(float), *policies)
    here = [done.segments == s for s in range(3)]
    weights = np.stack([mask.sum(axis=0) for mask in here], axis=1).astype(float)
    first, rows = [mask.argmax(axis=0) for mask in here], np.arange(weights.shape[0])
    thetas = np.stack([done.thetas[f, rows] for f in first], axis=1)
    return _where(weights, thetas, np.stack([done.covariances[f, rows] for f in first], axis=1))


def _where(weights: Any, thetas: Any, covariances: Any) -> list[Any]:
    """A policy without a rewarded round is none, and zero."""
    used = weights > 0
    return [
        np.where(used[..., None], thetas, 0.0),
        np.where(used[..., None, None], covariances, 0.0),
        weights,
    ]


# --- false variants ----------------------------------------------------------------------------------------


def without_estimate(drawn: comparison.TwoDrawn) -> Largest:
    """The simulator knows the normaliser, and is charged as if it had estimated it; a third of the runs."""
    asked, wanted = replace(drawn.asked, draws=drawn.asked.draws // 3), plan(drawn.asked)
    known = SoftmaxSampler(ratio=wanted.ratio, normaliser=0, tries=wanted.tries)
    paid = explored(asked, asked.simulator, known)
    paid[:, 0] += wanted.rounds * wanted.normaliser
    return drawn.apart(found=paid)


def without_fallback(drawn: comparison.TwoDrawn) -> Largest:
    """The simulator's fresh draw where nothing was accepted costs nothing."""
    paid = drawn.found.copy()
    paid[:, 0] -= paid[:, EXPLORED.index("missed")]
    return drawn.apart(found=paid)


def _otherwise(
    drawn: comparison.TwoDrawn, changed: Plan | None = None, given: World | None = None
) -> Largest:
    """Distance of the simulator's rounds from those of another definition, as many of them."""
    return drawn.apart(defined=by_definition(drawn.asked, drawn.asked.draws, changed=changed, given=given))


def late(drawn: comparison.TwoDrawn) -> Largest:
    """``theta`` is refreshed when the determinant has grown by twice the factor."""
    growth = drawn.asked.growth
    assert growth is not None
    return _otherwise(drawn, changed=replace(plan(drawn.asked), growth=2 * growth))


def half_of_the_noise(drawn: comparison.TwoDrawn) -> Largest:
    """A reward difference has the variance of one reward."""
    given = world(drawn.asked.prompts, drawn.asked.noise)
    assert given.scale is not None
    quiet, asked = replace(given, scale=given.scale * 0.5**0.5), drawn.asked
    # Moments alone tell: it takes as many runs as the statement's own.
    return drawn.apart(defined=by_definition(asked, _MORE_OFTEN * asked.draws, given=quiet))


def unsquared(drawn: comparison.TwoDrawn) -> Largest:
    """Norms are cut off at the root of the radius."""
    return _otherwise(drawn, changed=replace(plan(drawn.asked), radius=_RADIUS**0.5))


@dataclass(frozen=True, eq=False)
class _Apart(World):
    """Anchors of equal features have estimates of their own."""

    @cached_property
    def alike(self) -> Any:
        """`[X, K]`: themselves."""
        return np.broadcast_to(np.arange(self.base.shape[1]), self.base.shape)


def unshared(drawn: comparison.TwoDrawn) -> Largest:
    """Anchors of equal features do not share an estimate."""
    shared = world(drawn.asked.prompts, drawn.asked.noise)
    return _otherwise(drawn, given=_Apart(**{f.name: getattr(shared, f.name) for f in fields(World)}))
