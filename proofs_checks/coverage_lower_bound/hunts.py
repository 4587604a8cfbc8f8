"""Learners that hunt the needle, honest and not: what claims CT and CTr run.

Letters: `C` coverage, `d` dimension, `N` responses, `T` calls, `n` names.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from explore_theory import exact, oracles
from explore_theory.algorithms import (
    CoordinateSweep,
    Learner,
    RandomDirections,
    ReweightedDirections,
    WeakSampling,
)
from explore_theory.exact.needle import hit_probability
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Case, Trial
from explore_theory.oracles.protocol import Oracle
from explore_theory.policies import LawPolicy, PointMass, Softmax
from explore_theory.problems import Ball, HiddenNeedle
from explore_theory.problems.protocol import Facts, Floats

#: Responses that no learner can name.
HUGE = 10**18
#: The parameters that learners may not use, in the world where they may.
LONG = 20.0


@dataclass(frozen=True, kw_only=True)
class Hunt:
    """A needle per row, and the learner that is let loose on it."""

    problem: HiddenNeedle
    learner: Learner
    calls: int
    names: int
    streams: Streams

    def policy(self) -> LawPolicy:
        """What the learner returns, by the exact law."""
        oracle = oracles.open(self.problem, law="exact-law", streams=self.streams)
        return self.learner.run(oracle)

    def gaps(self) -> Floats:
        """``J(pi*) - J(pi)`` of what it returns, `[R]`."""
        return exact.gap(self.problem, self.policy())


def threshold(responses: int, coverage: float, dimension: int, beta: float, names: int) -> int:
    """The largest `T` with ``T E_u h(u_1) + sum_{j=0}^n 1/(N - T - j) <= 1/4``; zero if there is none."""
    worth = hit_probability(dimension, coverage, beta)

    def allowed(calls: int) -> bool:
        rest = responses - calls
        return rest > names and calls * worth + sum(1 / (rest - j) for j in range(names + 1)) <= 0.25

    low, high = 0, math.ceil(0.25 / worth) + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if allowed(middle) else (low, middle)
    return low


def learner(name: str, calls: int, names: int, blocks: int) -> Learner:
    """The learner called `name`, its strong calls in `blocks` blocks of one `theta` each."""
    block = max(1, -(-calls // blocks))
    makers: dict[str, Callable[[], Learner]] = {
        "weak": lambda: WeakSampling(calls=calls, names=names),
        "remembering": lambda: WeakSampling(calls=calls, names=names, remember=True),
        "random": lambda: RandomDirections(calls=calls, block=block, names=names),
        "coordinates": lambda: CoordinateSweep(calls=calls, block=block, names=names),
        "reweighted": lambda: ReweightedDirections(calls=calls, block=block, candidates=4, names=names),
    }
    return makers[name]()


def hunt(trial: Trial) -> Hunt:
    """The world of a case; ``calls`` is the budget, one of which is kept for producing the answer."""
    params = trial.case.params
    coverage, names = float(params["coverage"]), int(params.get("names", 0))
    responses, dimension, beta = int(params["responses"]), int(params["dimension"]), float(params["beta"])
    if "calls" in params:
        calls = int(params["calls"])
    else:
        # One of the T calls is the output policy's: it is a softmax policy, which the strong oracle samples.
        calls = threshold(responses, coverage, dimension, beta, names) - 1
    return Hunt(
        problem=HiddenNeedle.draw(
            responses=responses,
            coverage=coverage,
            dimension=dimension,
            beta=beta,
            streams=trial.streams.child("world"),
        ),
        learner=learner(str(params["learner"]), calls, names, int(params.get("blocks", 4))),
        calls=calls,
        names=names,
        streams=trial.streams.child("oracle"),
    )


# --- cases -------------------------------------------------------------------------------------------------


def needle(slug: str, learner: str, *, quick: int = 0, full: int, tight: bool = False, **params: Any) -> Case:
    """A learner on `quick` and `full` needles; the quick tier leaves it out if it has none."""
    rows = {tier: count for tier, count in (("quick", quick), ("full", full)) if count}
    return Case(
        slug=slug,
        params={"learner": learner, "responses": HUGE, **params},
        rows=rows,
        tiers=tuple(rows),
        block=256,
        tight=tight,
    )


def hunters() -> tuple[Case, ...]:
    """Every learner over six decades; the quick tier runs each once."""
    once = {("random", 4), ("coordinates", 8), ("weak", 6)}
    decades = [
        needle(
            f"{name}-c-1e{e}",
            name,
            quick=512 if (name, e) in once else 0,
            full=1024,
            coverage=10.0**e,
            dimension=10_000,
            beta=0.027,
        )
        for name in ("weak", "coordinates", "random", "reweighted")
        for e in range(2, 9)
    ]
    warmer = needle(
        "reweighted-warmer", "reweighted", quick=512, full=1024, coverage=100.0, dimension=1000, beta=0.1
    )
    naming = needle(
        "remembering-names",
        "remembering",
        quick=512,
        full=1024,
        coverage=50.0,
        dimension=1000,
        beta=0.125,
        responses=4096,
        names=200,
    )
    return (*decades, warmer, naming)


def budgets() -> tuple[Case, ...]:
    """Weak sampling: nearly certain success at every decade, the whole curve at one, and names."""
    cold = {"dimension": 2, "beta": 0.027}

    def at(slug: str, coverage: float, budget: float, quick: int, full: int) -> Case:
        calls = round(budget * coverage)
        share = {"coverage": coverage, "calls": calls, "calls over C": budget}
        return needle(slug, "weak", quick=quick, full=full, tight=budget > 2, **cold, **share)

    sure = [at(f"c-1e{e}", 10.0**e, 4.6, 4096 if e in (2, 8) else 0, 4096) for e in range(2, 9)]
    curve = [
        # As many rows as it may take to tell a frequency from its value to .02; the engine stops earlier.
        at(f"budget-{x:g}".replace(".", "-"), 1e4, x, 8192 if x > 3 else 0, 1024 * rows)
        for x, rows in ((0.05, 16), (0.2, 48), (0.5, 64), (1.0, 64), (2.5, 24), (3.5, 16))
    ]
    naming = needle(
        "names",
        "remembering",
        full=8192,
        tight=True,
        coverage=10.0,
        dimension=2,
        beta=0.2,
        responses=64,
        calls=30,
        names=40,
    )
    return (*sure, *curve, naming)


# --- what must be refuted ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class PeekingAtDirection:
    """Knows ``u``: one strong call at ``theta = u`` would do."""

    problem: HiddenNeedle
    calls: int
    proper: bool = False

    def run(self, oracle: Oracle) -> LawPolicy:
        """Spend the calls, and return the optimal policy."""
        oracle.search(oracle.prompt(), oracles.Norm() > 0, self.calls, theta=self.problem.directions)
        return Softmax(self.problem.directions)


@dataclass(frozen=True)
class PeekingAtNeedle:
    """Knows ``y*``."""

    problem: HiddenNeedle
    proper: bool = False

    def run(self, oracle: Oracle) -> LawPolicy:
        """Return the needle."""
        return PointMass(self.problem.needles)


class LooseNeedle(HiddenNeedle):
    """A needle that takes parameters of length up to `LONG`."""

    @property
    def facts(self) -> Facts:
        """With a wider ``Theta``."""
        return replace(super().facts, parameters=Ball(LONG))


def peeking_at_direction(trial: Trial) -> Hunt:
    """The same hunt by a learner that knows where ``u`` points."""
    world = hunt(trial)
    return replace(world, learner=PeekingAtDirection(world.problem, world.calls))


def peeking_at_needle(trial: Trial) -> Hunt:
    """The same hunt by a learner that knows ``y*``."""
    world = hunt(trial)
    return replace(world, learner=PeekingAtNeedle(world.problem))


def among(problem: Callable[[HiddenNeedle], HiddenNeedle]) -> Callable[[Trial], Hunt]:
    """The same hunt in another world; the learner and its budget are those of the original."""

    def instance(trial: Trial) -> Hunt:
        world = hunt(trial)
        return replace(world, problem=problem(world.problem))

    return instance


def loose(problem: HiddenNeedle) -> HiddenNeedle:
    """The same secrets in a world that takes long parameters."""
    return LooseNeedle(
        responses=problem.responses,
        coverage=problem.coverage,
        dimension=problem.dimension,
        beta=problem.beta,
        needles=problem.needles,
        directions=problem.directions,
    )


def covered(problem: HiddenNeedle) -> HiddenNeedle:
    """The same secrets under a base policy that returns the needle every other time."""
    return replace(problem, coverage=2.0)
