"""What is run once for several numbers, or drawn ahead, is what would be run or drawn for each alone."""

from dataclasses import replace

import numpy as np
import pytest

from explore_theory import oracles
from explore_theory.algorithms import PassiveSampling
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Trial
from proofs_checks.coverage_lower_bound import c6_data_without_coverage as c6
from proofs_checks.spanner_sampling import even_play, practical
from proofs_checks.spanner_sampling import s1_confidence_ellipsoid as s1
from proofs_checks.spanner_sampling.rare_best import rare_best


def streams(rows: int, name: str = "shared runs") -> Streams:
    """Streams of their own."""
    return Streams((name,), range(rows))


def test_estimates_of_one_run_are_those_of_shorter_ones() -> None:
    world = c6.problem(30.0)
    found = PassiveSampling(rounds=20).estimates(
        oracles.open(world, law="exact-law", streams=streams(3)), (5, 20)
    )
    for rounds, theta in zip((5, 20), found, strict=True):
        alone = oracles.open(world, law="exact-law", streams=streams(3))
        assert np.array_equal(PassiveSampling(rounds=rounds).estimate(alone), theta)


def problem() -> practical.TabularProblem:
    """A problem whose best response is rare."""
    return rare_best(streams(1), d=3, beta=0.1, sigma=0.1, coverage=30.0, prompts=1, others=4)


def test_the_first_of_several_explorations_is_a_run_of_its_own() -> None:
    world = problem()
    schedules = [practical.schedule_of(world, 200, radius_factor=8.0, ratio=ratio) for ratio in (2.0, 40.0)]
    found = practical.gaps_after_one_spanner_phase(world, schedules, streams(4))
    assert np.array_equal(found[0], practical.run(world, schedules[0], streams(4))[0])
    assert found[1].mean() < found[0].mean()


def test_schedules_of_two_spanner_phases_are_refused() -> None:
    world = problem()
    first = practical.schedule_of(world, 200)
    with pytest.raises(InvalidProblem, match="one spanner phase"):
        practical.gaps_after_one_spanner_phase(
            world, [first, replace(first, radius_factor=2 * first.radius_factor)], streams(2)
        )


def test_noise_drawn_ahead_is_that_of_one_look_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    case = next(case for case in s1.CLAIM.check("even-play").cases if case.slug == "d8-delta-0-99-span-1")

    def played() -> tuple[int, int | None]:
        trial = Trial(case=case, streams=streams(1), tier="quick")
        found = even_play.departures(even_play.lanes(trial), s1.gamma)
        return found.successes, found.effort

    ahead = played()
    monkeypatch.setattr(even_play, "_LOOKS", 1)
    assert played() == ahead
