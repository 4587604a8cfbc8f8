"""X6: SpannerSampling has one joint law of output and meters, as defined, literally and by the exact law.

Statement. Run SpannerSampling, draw a prompt and one response from what it returns. The joint law of the
response, the calls, prompts and reward rounds of each phase, the pairs that the spanner phase accepted, the
rounds that were clipped and missed, and the regression does not depend on the law by which the oracle
simulates: every draw (``literal``), or no draw but those that matter (``exact-law``, by X1 to X5).

What is checked. Practical schedules of a few rounds on a tabular problem with four prompts of different
masses, four responses, R = 0.84 and Gaussian rewards; ``theta`` estimated in every round, and rarely; also
with purses that run out in either phase, or while the output is produced. Each law's runs are held against
runs as they are defined (`literal_rounds`), with the numbers of the schedule.

What is not. Long runs: the steps are those of X1 to X5, and their number changes nothing in them. Whether the
numbers of the schedule are those of the theorem: S9.

Why trust it. The definition shares no line with the package. The distance that this leaves open is stated:
`BAND`, and `FINE` at the full tier.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np

from explore_theory import oracles
from explore_theory.algorithms.spanner.schedule import Schedule
from explore_theory.algorithms.spanner.spanner_sampling import SpannerSampling
from explore_theory.foundation.streams import Streams
from explore_theory.harness import (
    Case,
    Check,
    Claim,
    FalseVariant,
    Resolution,
    Sample,
    Trial,
)
from explore_theory.problems import TabularProblem
from explore_theory.problems.noise import Gaussian
from proofs_checks.exact_law import comparison, literal_rounds
from proofs_checks.exact_law.literal_rounds import Explored, Plan, World

#: 12,000 runs of an oracle and four times as many by the definition have margins of .049.
BAND = Resolution(absolute=0.065)
#: 130,000 have margins of .012.
FINE = Resolution(absolute=0.02)
#: Runs by the definition for one of an oracle, and how many move side by side.
_MORE_OFTEN, _TOGETHER = 4, 16_384
#: ``theta`` is compared to so many places, off a grid on which it may fall.
_PLACES, _OFF, _WEIGHT = 1e3, 0.123, 1e6
#: What of a run is compared.
COLUMNS = (
    "response",
    "span calls",
    "explore calls",
    "output calls",
    "span rewards",
    "explore rewards",
    "prompts",
    "accepted",
    "clipped",
    "missed",
    "theta 1",
    "theta 2",
    "weight",
)


@dataclass(frozen=True)
class Runs:
    """Runs of SpannerSampling under `law`, `draws` of them; purses run out in some phase if `limited`."""

    update: str
    limited: bool
    law: str
    draws: int
    path: tuple[str, ...]
    reseed: int

    def streams(self, name: str, rows: range = range(1)) -> Streams:
        """Streams for a purpose."""
        return Streams((*self.path, name), rows, self.reseed)

    @property
    def budgets(self) -> dict[str, float] | None:
        """Calls run out while the output is produced, or sooner; rewards if the spanner takes enough."""
        expected = schedule(self.update)
        calls = 80 if self.update == "every-round" else 225
        return {"weak": calls, "reward": expected.explore_rounds + 3} if self.limited else None


def runs(trial: Trial) -> comparison.TwoDrawn:
    """The runs of the case, of an oracle and as they are defined."""
    asked = runs_of(trial)
    return comparison.TwoDrawn(
        asked, outcomes(asked), by_definition(asked, _MORE_OFTEN * asked.draws), COLUMNS
    )


def runs_of(trial: Trial) -> Runs:
    """What the case asks for."""
    params, streams = trial.case.params, trial.streams
    return Runs(
        update=str(params["update"]),
        limited=params["purse"] == "limited",
        law=str(params["law"]),
        draws=int(params["draws"]),
        path=(*streams.path, str(streams.rows[0])),
        reseed=streams.reseed,
    )


@cache
def world() -> World:
    """Four prompts, four responses, rewards that are linear in the features."""
    features = np.array(
        [
            [[1.0, 0.0], [0.0, 0.5], [0.0, 0.0], [0.0, 0.5]],
            [[0.5, 0.5], [-0.5, 0.5], [0.0, 0.0], [0.25, -0.75]],
            [[-0.25, 0.75], [0.0, -0.5], [0.75, 0.25], [0.0, -0.5]],
            [[0.125, 0.0], [0.0, 0.125], [0.5, -0.5], [-0.75, 0.0]],
        ]
    )
    return World(
        rho=np.array([0.4, 0.3, 0.2, 0.1]),
        base=np.array(
            [
                [0.5, 0.25, 0.125, 0.125],
                [0.25, 0.25, 0.375, 0.125],
                [0.125, 0.25, 0.25, 0.375],
                [0.5, 0.125, 0.125, 0.25],
            ]
        ),
        features=features,
        reward=features @ _THETA_STAR,
        beta=0.25,
        scale=0.2,
    )


_THETA_STAR = np.array([0.56, -0.28])


def problem() -> TabularProblem:
    """The same, as oracles take it."""
    given = world()
    assert given.scale is not None
    return TabularProblem(
        prompt_mass=given.rho,
        base=given.base,
        features=given.features,
        reward=given.reward,
        beta=given.beta,
        theta_star=_THETA_STAR,
        parameter_radius=1.3,
        coverage=4.0,
        noise=Gaussian(given.scale),
    )


def schedule(update: str) -> Schedule:
    """A few rounds of either phase, at a radius that truncates some pairs and a ratio that clips some."""
    return Schedule.of(
        problem().facts,
        eps=40.0,
        delta=0.9,
        update=update,
        growth=1.5,
        span_factor=0.25,
        explore_factor=0.16,
        ratio_factor=0.01,
        radius_factor=10.0,
    )


def outcomes(asked: Runs, plan: Callable[[str], Schedule] = schedule) -> comparison.Outcomes:
    """Outcomes of an oracle, by `COLUMNS`."""
    batches = []
    for first in range(0, asked.draws, _TOGETHER):
        rows = range(first, min(first + _TOGETHER, asked.draws))
        oracle = oracles.open(
            problem(), law=asked.law, budgets=asked.budgets, streams=asked.streams(asked.law, rows)
        )
        policy = SpannerSampling(schedule=plan(asked.update), outputs=1).run(oracle)
        # The output is produced as the algorithm says, whatever the run did.
        sampler = schedule(asked.update).sampler
        answered = replace(policy, sampler=sampler).sample(oracle, oracle.prompt())
        spent = [
            oracle.ledger.total(kind, phase=phase)
            for kind, phase in (
                ("weak", "span"),
                ("weak", "explore"),
                ("weak", "main"),
                ("reward", "span"),
                ("reward", "explore"),
            )
        ]
        prompts = oracle.ledger.total("prompt")
        tally = [policy.accepted, policy.clipped, policy.missed]
        batches.append(_columns(answered.response, spent, prompts, tally, policy.thetas, policy.weights))
    return np.concatenate(batches)


def _columns(
    response: Any, spent: Sequence[Any], prompts: Any, tally: Sequence[Any], thetas: Any, weights: Any
) -> comparison.Outcomes:
    """A row per run; `thetas` `[n, S, d]` are those that are mixed over, by `weights` `[n, S]`."""
    theta = np.rint(thetas * _PLACES + _OFF)
    # A theta may be estimated twice: what counts is the weight of the first one in the mixture.
    weight = np.where((theta == theta[:, :1]).all(axis=-1), weights, 0.0).sum(axis=-1)
    return comparison.whole(
        np.column_stack([response, *spent, prompts, *tally, *theta[:, 0].T, weight * _WEIGHT])
    )


def by_definition(asked: Runs, draws: int) -> comparison.Outcomes:
    """`draws` outcomes of the algorithm as it is defined, with the numbers of the schedule."""
    numbers, generator = schedule(asked.update), asked.streams("definition").generators()[0]
    budgets, batches = asked.budgets or {}, []
    for first in range(0, draws, _TOGETHER):
        count = min(_TOGETHER, draws - first)
        purse = np.tile([budgets.get(kind, np.inf) for kind in ("weak", "prompt", "reward")], (count, 1))
        start = np.tile(numbers.ridge * np.eye(2), (count, 1, 1))
        going = literal_rounds.Runs(world(), generator, start, np.zeros((count, 2)), purse)
        accepted, _ = literal_rounds.span(going, numbers.span_rounds, numbers.per_round, numbers.radius)
        after_span = going.spent.copy()
        plan = Plan(
            rounds=numbers.explore_rounds,
            ratio=numbers.sampler.ratio,
            normaliser=numbers.sampler.normaliser,
            tries=numbers.sampler.tries,
            radius=numbers.radius,
            inverse=np.asarray(np.linalg.inv(going.covariance), dtype=np.float64),
            growth=numbers.growth if numbers.rarely else None,
        )
        done = literal_rounds.explore(going, plan)
        after = going.spent.copy()
        thetas, weights = _mixture(done, generator, numbers.rarely)
        response = _output(going, plan, thetas, weights)
        spent = [
            after_span[:, 0],
            after[:, 0] - after_span[:, 0],
            going.spent[:, 0] - after[:, 0],
            after_span[:, 2],
            after[:, 2] - after_span[:, 2],
        ]
        tally = [accepted, done.clipped, done.missed]
        batches.append(_columns(response, spent, going.spent[:, 1], tally, thetas, weights))
    return np.concatenate(batches)


def _mixture(done: Explored, generator: np.random.Generator, rarely: bool) -> tuple[Any, Any]:
    """Thetas `[n, S, d]` of rounds that were rewarded and their weights: of all, or of one drawn beforehand.

    Without any the policy is the base policy, at theta zero.
    """
    played = (done.segments >= 0).T
    if not rarely:
        kept: Any = generator.integers(len(done.thetas), size=played.shape[0])
        played &= np.arange(len(done.thetas)) == kept[:, None]
    first = np.argsort(~played, axis=1, kind="stable")
    rows = np.arange(played.shape[0])[:, None]
    weights = played[rows, first].astype(float)
    thetas = np.where(weights[..., None] > 0, done.thetas[first, rows], 0.0)
    weights[:, 0] += weights.sum(axis=1) == 0
    return thetas, weights / weights.sum(axis=1, keepdims=True)


def _output(going: literal_rounds.Runs, plan: Plan, thetas: Any, weights: Any) -> Any:
    """A response of the policy to a fresh prompt, `[n]`."""
    count = len(thetas)
    level = going.generator.random((count, 1))
    chosen = np.minimum((np.cumsum(weights, axis=1) <= level).sum(axis=1), weights.shape[1] - 1)
    rows = going.pay(literal_rounds.WEAK, 1, going.pay(literal_rounds.PROMPT, 1, going.going()))
    x = going.prompts(rows.size)
    anchor, estimate, response = going.responses(x), np.full(rows.size, np.nan), np.full(count, -1)
    theta, short = thetas[rows, chosen[rows]], literal_rounds.short_pairs(going.world, plan)
    response[rows] = literal_rounds.answer(going, plan, short, x, anchor, theta, estimate, rows)[0]
    return response


# --- false variants ----------------------------------------------------------------------------------------


def counting_rejections(drawn: comparison.TwoDrawn) -> Sample:
    """Every round of exploration that accepts is charged one call less."""
    found = drawn.found.copy()
    rewarded, missed = found[:, 5], found[:, 9]
    found[:, 2] -= rewarded - missed
    return drawn.apart(found=found)


def planned(drawn: comparison.TwoDrawn, plan: Callable[[str], Schedule]) -> Sample:
    """Distance of runs by another plan from those of the definition, by half of the runs."""
    asked = replace(drawn.asked, draws=drawn.asked.draws // 2)
    return drawn.apart(found=outcomes(asked, plan))


def lazy(update: str) -> Schedule:
    """`schedule` with rarer updates and as many rounds."""
    plan = schedule(update)
    return replace(plan, growth=4.0, explore_factor=plan.explore_factor * plan.growth / 4.0)


def narrow(update: str) -> Schedule:
    """`schedule` with one pair less in every spanner round."""
    return replace(schedule(update), coverage=schedule(update).coverage - 1)


def _runs(update: str, purse: str, law: str, draws: int, *tiers: str) -> Case:
    params: dict[str, Any] = {"update": update, "purse": purse, "law": law, "draws": draws}
    return Case(slug=f"{update}-{purse}-{law}", params=params, tiers=tiers or ("quick", "full"))


def _check(slug: str, resolution: Resolution, *cases: Case) -> Check:
    return comparison.one_law(
        slug=slug,
        cases=cases,
        instance=runs,
        measure=comparison.alike,
        resolution=resolution,
    )


CLAIM = Claim(
    id="X6",
    slug="whole-algorithm",
    theorem="exact_law",
    title="SpannerSampling has one joint law of output and meters under the literal and the exact law",
    statement=(
        "For SpannerSampling at every schedule, the joint law of a response of its policy, of the calls, "
        "prompts and reward rounds of each phase, and of the regression is the same whether the oracle draws "
        "every sample or simulates by the exact law; also where purses run out."
    ),
    formula=(
        r"\mathcal{L}_{\mathrm{literal}}(y, T_{comp}, T_{data}, \theta) = "
        r"\mathcal{L}_{\mathrm{exact}}(y, T_{comp}, T_{data}, \theta)"
    ),
    relation="==",
    scope=(
        "Four prompts, four responses, Gaussian rewards, R = 0.84, a few rounds of either phase; each law "
        "against runs as they are defined, to a distance of .065 (full: .02)."
    ),
    source="Ours.",
    uses=("X1", "X2", "X3", "X4", "X5"),
    loose="The statement is that two laws are equal, so the bound on their distance is zero.",
    checks=(
        _check(
            "runs",
            BAND,
            _runs("rarely-switching", "free", "exact-law", 12_000),
            _runs("rarely-switching", "limited", "literal", 12_000),
            _runs("every-round", "limited", "exact-law", 12_000),
            _runs("every-round", "free", "literal", 12_000, "full"),
        ),
        _check(
            "runs-fine",
            FINE,
            _runs("rarely-switching", "limited", "exact-law", 130_000, "full"),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="shifted",
            why="An oracle counts rejected candidates in place of candidates.",
            check="runs",
            measure=counting_rejections,
            cases=("rarely-switching-free-exact-law",),
        ),
        FalseVariant(
            slug="switches-late",
            why="An oracle's run refreshes theta when the determinant has grown fourfold.",
            check="runs",
            measure=partial(planned, plan=lazy),
            cases=("rarely-switching-free-exact-law",),
        ),
        FalseVariant(
            slug="fewer-pairs",
            why="An oracle's run believes a coverage that is one less.",
            check="runs",
            measure=partial(planned, plan=narrow),
            cases=("rarely-switching-free-exact-law",),
        ),
        FalseVariant(
            slug="fine-shifted",
            why="Rejected candidates are counted, as finely as the full tier tells.",
            check="runs-fine",
            measure=counting_rejections,
            cases=("rarely-switching-limited-exact-law",),
        ),
    ),
)
