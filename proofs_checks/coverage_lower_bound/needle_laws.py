"""The needle as the game has it: laws of its secrets and its calls, and players that attain their value.

Bounds on what learners find say nothing of the problem and the oracle under them: a needle that is harder to
find than stated obeys every one. Here laws are held against laws, both ways.

Letters: `N` responses, `d` dimension, `C` coverage, `u` the direction of the needle, `T` calls, `n` names.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from explore_theory import exact, oracles
from explore_theory.algorithms.needle.naming import settle
from explore_theory.exact.needle import hit_given_inner
from explore_theory.exact.strong_game import missed_by_names
from explore_theory.foundation.streams import Streams
from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Evidence,
    FalseVariant,
    Largest,
    OneSample,
    Resolution,
    Tally,
    Trial,
)
from explore_theory.oracles.protocol import Oracle
from explore_theory.policies import LawPolicy
from explore_theory.problems import HiddenNeedle

#: A distance of laws, or a frequency, is told to this.
RESOLUTION = Resolution(absolute=0.02)
SUCCESS = 0.125
ROWS = {"quick": 49152, "full": 65536}
BLOCK = 4096
#: Calls of one row, all with the same secrets.
DRAWS = 128


# --- secrets -----------------------------------------------------------------------------------------------


def secrets(trial: Trial, share: float = 1.0) -> Largest:
    """Needle and side against their law, coordinates of directions against that of the sphere in R^3.

    By Archimedes every coordinate of a point of the sphere in R^3 is uniform (here in 64 cells). `share` is
    the part of the responses that the law says the needle lies in.
    """
    size = 4
    problem = HiddenNeedle.draw(
        responses=size, coverage=4.0, dimension=3, beta=0.3, streams=trial.streams.child("world")
    )
    slanted = problem.directions @ (np.array([2.0, -1.0, 2.0]) / 3)
    numbers = {
        "needle and side": (2 * problem.needles + (problem.directions[:, 0] > 0), 2 * size * share),
        "first coordinate": (np.floor(32 * (1 + problem.directions[:, 0])), 64),
        "slanted": (np.floor(32 * (1 + slanted)), 64),
    }
    parts = {
        name: OneSample.real(drawn, partial(uniform, cells), unit="draws")
        for name, (drawn, cells) in numbers.items()
    }
    return Largest(parts=parts, unit="draws")


def uniform(cells: float, number: Any) -> Any:
    """The distribution function of the uniform law on 0, 1, .. below `cells`."""
    return np.clip((np.floor(number) + 1) / cells, 0, 1)


# --- one call ----------------------------------------------------------------------------------------------


def one_call(trial: Trial, stretch: float = 1.0) -> Largest:
    """What a call at ``theta`` along the direction returns, and one against it, counted on from the needle.

    The secrets are fixed, so that all `DRAWS` of a row are independent; the law is that of a parameter
    `stretch` times as long.
    """
    params = trial.case.params
    size, coverage, beta, length = 4, float(params["C"]), float(params["beta"]), float(params["|theta|"])
    problem = HiddenNeedle(
        responses=size,
        coverage=coverage,
        dimension=2,
        beta=beta,
        needles=np.array([1]),
        directions=np.array([[0.6, -0.8]]),
    )
    parts = {}
    for side, sign in (("along", 1.0), ("against", -1.0)):
        oracle = oracles.open(problem, law=str(params["law"]), streams=trial.streams.child(side))
        theta = None if length == 0 else sign * length * problem.directions[0]
        drawn = oracle.draw(oracle.prompt(), DRAWS, theta).response
        hit = float(hit_given_inner(sign * length * stretch, coverage, beta))
        law = {offset: hit if offset == 0 else (1 - hit) / (size - 1) for offset in range(size)}
        parts[side] = OneSample.finite(((drawn - 1) % size).ravel().tolist(), law, unit="calls")
    return Largest(parts=parts, unit="calls")


def call_case(slug: str, law: str, length: float, coverage: float, beta: float) -> Case:
    """Calls at parameters of one length."""
    return Case(
        slug=slug,
        params={"law": law, "|theta|": length, "C": coverage, "beta": beta},
        rows={"quick": 384, "full": 1024},
        block=384,
    )


# --- fixed sequences ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FixedSequence:
    """One strong call at each of `thetas` (one dimension), then `names` of responses not returned."""

    thetas: tuple[float, ...]
    names: int
    proper: bool = False

    def run(self, oracle: Oracle) -> LawPolicy:
        """All calls, whatever they return."""
        ctx = oracle.prompt()
        seen = np.empty((oracle.R, len(self.thetas)), dtype=np.int64)
        hit = np.zeros(oracle.R, dtype=bool)
        direction = np.zeros((oracle.R, 1))
        for t, theta in enumerate(self.thetas):
            sample = oracle.draw(ctx, 1, np.array([theta]))
            seen[:, t] = sample.response[:, 0]
            here = sample.features[:, 0] != 0
            direction = np.where(here, sample.features[:, 0], direction)
            hit |= here[:, 0]
        return settle(oracle, hit, direction, seen, self.names)


@dataclass(frozen=True)
class Play:
    """Needles, a player, and where its draws come from."""

    problem: HiddenNeedle
    player: FixedSequence
    law: str
    streams: Streams


#: Fixed sequences in one dimension. The best one of two calls looks both ways.
SEQUENCES = {
    "zero": ((0.0, 0.0), 2),
    "both-ways": ((1.0, -1.0), 1),
    "short": ((0.5, 0.5, -0.5), 1),
    "names-alone": ((), 2),
}


def play(trial: Trial) -> Play:
    """The game of the case."""
    params = trial.case.params
    thetas, names = SEQUENCES[str(params["sequence"])]
    problem = HiddenNeedle.draw(
        responses=6,
        coverage=float(params["C"]),
        dimension=1,
        beta=float(params["beta"]),
        streams=trial.streams.child("world"),
    )
    return Play(problem, FixedSequence(thetas, names), str(params["law"]), trial.streams.child("oracle"))


def wins(world: Play) -> Tally:
    """How often what the player returns has a gap of at most 1/8: if it met the needle."""
    oracle = oracles.open(world.problem, law=world.law, streams=world.streams)
    gaps = exact.gap(world.problem, world.player.run(oracle))
    return Tally(successes=int((gaps <= SUCCESS).sum()), trials=gaps.size)


def value(world: Play, calls: int | None = None) -> Bound:
    """``1 - E_u prod_i (1 - h(<theta_i, u>)) E_K[(1 - n/(N - K))_+]``, or of the first `calls` alone."""
    problem, thetas = world.problem, np.array(world.player.thetas[:calls])
    missed = 0.0
    for u in (1.0, -1.0):
        missed += 0.5 * float(np.prod(1 - hit_given_inner(u * thetas, problem.coverage, problem.beta)))
    names = missed_by_names(problem.responses, thetas.size, world.player.names)
    return Bound.of(1 - missed * float(names), error=1e-12)


def sequence_case(sequence: str, law: str, coverage: float, beta: float, **more: Any) -> Case:
    """A fixed sequence under one law of the oracle."""
    return Case(
        slug=f"{sequence}-{law}",
        params={"sequence": sequence, "law": law, "C": coverage, "beta": beta},
        rows={"full": ROWS["full"]} if more else ROWS,
        block=BLOCK,
        **more,
    )


FULL = {"tiers": ("full",)}

CHECKS = (
    Check(
        slug="secrets",
        evidence=Evidence.STATISTICAL,
        cases=(Case(slug="sphere", rows=40960, block=10240),),
        measure=secrets,
        bound=lambda _: Bound.of(0.0),
        resolution=RESOLUTION,
    ),
    Check(
        slug="one-call",
        evidence=Evidence.STATISTICAL,
        independent="the secrets are fixed, and given them calls are independent",
        cases=(
            call_case("weak", "literal", 0.0, 1.5, 0.5),
            call_case("strong", "literal", 1.0, 4.0, 0.5),
            call_case("short", "exact-law", 0.5, 20.0, 0.15),
        ),
        measure=one_call,
        bound=lambda _: Bound.of(0.0),
        resolution=RESOLUTION,
    ),
    Check(
        slug="fixed-sequences",
        evidence=Evidence.STATISTICAL,
        cases=(
            sequence_case("zero", "literal", 2.0, 0.1),
            sequence_case("both-ways", "literal", 20.0, 0.2),
            sequence_case("short", "exact-law", 20.0, 0.15, **FULL),
            sequence_case("names-alone", "literal", 5.0, 0.1, **FULL),
        ),
        instance=play,
        measure=wins,
        bound=value,
        relation="==",
        resolution=RESOLUTION,
    ),
)

VARIANTS = (
    FalseVariant(
        slug="half-of-the-needles",
        why="the needle is said to lie in the first half of the responses",
        check="secrets",
        measure=lambda trial: secrets(trial, share=0.5),
    ),
    FalseVariant(
        slug="twice-the-parameter",
        why="a strong call is said to hit as at twice its parameter",
        check="one-call",
        measure=lambda trial: one_call(trial, stretch=2.0),
        cases=("strong",),
    ),
    FalseVariant(
        slug="one-call-fewer",
        why="the value of the sequence without its last call",
        check="fixed-sequences",
        bound=lambda world: value(world, len(world.player.thetas) - 1),
        cases=("zero-literal",),
    ),
)
