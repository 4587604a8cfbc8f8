"""Real learners on the published instance, with as many calls as T21 says are too few.

Letters: `C` = 1/e0, `d` dimension, `Y` responses, `T` calls, `n` names in reward queries.
"""

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

from explore_theory.harness import Case, Tally, Trial
from explore_theory.problems import BlankNeedle
from proofs_checks.coverage_lower_bound.blank_game import BITS, rate
from proofs_checks.coverage_lower_bound.hunts import HUGE, Hunt, PeekingAtDirection, learner

#: A gap up to this is a success, and so often may a learner fail.
EPS, DELTA = 0.25, Fraction(1, 4)


def too_few(responses: int, coverage: float, dimension: int, beta: float, names: int) -> int:
    """The largest `T` below ``log((1 - v)/delta)/rate``, ``v = (n + 1)/(Y - 1)``."""
    from explore_theory.certify.balls import ball, ends, precision

    share = Fraction(names + 1, responses - 1)
    with precision(BITS):
        return math.floor(ends((ball(1 - share) / ball(DELTA)).log() / rate(coverage, dimension, beta))[0])


def hunt(trial: Trial, times: int = 1) -> Hunt:
    """The world of a case, with so many `times` the calls that are too few.

    A last name takes the place of the guess, which succeeds as often.
    """
    params = trial.case.params
    responses, names = int(params["responses"]), int(params["names"])
    coverage, dimension, beta = float(params["coverage"]), int(params["dimension"]), float(params["beta"])
    calls = times * too_few(responses, coverage, dimension, beta, names)
    problem = BlankNeedle.draw(
        responses=responses,
        coverage=coverage,
        dimension=dimension,
        beta=beta,
        streams=trial.streams.child("world"),
    )
    guesses = names + 1 if responses < HUGE else 0
    return Hunt(
        problem=problem,
        learner=learner(str(params["learner"]), calls, guesses, 4),
        calls=calls,
        names=names,
        streams=trial.streams.child("oracle"),
    )


def peeking(trial: Trial) -> Hunt:
    """The same hunt by a learner that knows where ``u`` points."""
    world = hunt(trial)
    return replace(world, learner=PeekingAtDirection(world.problem, world.calls))


def spread(trial: Trial) -> Hunt:
    """The same hunt where the base policy returns the needle every other time."""
    world = hunt(trial)
    return replace(world, problem=replace(world.problem, coverage=2.0))


def successes(world: Hunt) -> Tally:
    """How often ``gap <= 1/4``."""
    gaps = world.gaps()
    return Tally(successes=int((gaps <= EPS).sum()), trials=gaps.size, notes={"calls": world.calls})


def needle(slug: str, name: str, *, quick: int = 0, full: int, **params: Any) -> Case:
    """A learner on `quick` and `full` needles; the quick tier leaves it out if it has none."""
    rows = {tier: count for tier, count in (("quick", quick), ("full", full)) if count}
    return Case(
        slug=slug,
        params={"learner": name, "responses": HUGE, "names": 0, **params},
        rows=rows,
        tiers=tuple(rows),
        block=1024,
    )


def hunters() -> tuple[Case, ...]:
    """Every learner; weak sampling attains the value of the game, but for ``mu``."""
    cold: dict[str, Any] = {"dimension": 1000, "beta": 0.15}
    warm: dict[str, Any] = {"dimension": 600, "beta": 0.1}
    rows: dict[str, int] = {"quick": 16384, "full": 16384}
    return (
        needle("weak", "weak", coverage=50.0, **cold, **rows),
        needle("weak-at-the-exponent", "weak", full=16384, coverage=math.exp(5), **cold),
        needle("random", "random", coverage=300.0, **warm, **rows),
        needle("coordinates", "coordinates", coverage=1000.0, **warm, **rows),
        needle("steered", "reweighted", full=16384, coverage=100.0, **warm),
        # T_data = 8 of Y = 65 is less than Y/8.
        needle("names", "remembering", coverage=20.0, responses=65, names=8, **cold, **rows),
        needle("nine-responses", "remembering", full=16384, coverage=50.0, responses=9, names=1, **cold),
    )
