"""What is charged here and not by the learner, and what the comparisons of runs are made of."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from explore_theory.challenging import bounds, integrity, placing
from explore_theory.challenging import challenge as challenges
from explore_theory.challenging.games import LEVEL, LinearGame, NeedleGame
from explore_theory.challenging.player import Player
from explore_theory.challenging.process import Limits
from explore_theory.harness.verdicts.verdict import Status

HERE = Path(__file__).parent / "cheating_learners.py"
NEEDLE, LINEAR = NeedleGame(coverage=8.0), LinearGame(scarcity=3.0, seed=5)


@pytest.mark.parametrize(("name", "out"), [("rewarded", False), ("forgets_its_rounds", True)])
def test_every_reward_round_is_charged_here(name, out):
    with Player(f"{HERE}:{name}", {}, Limits(), 5) as player:
        runs = player.play(LINEAR, LINEAR.budget(5), range(3))
    assert runs.rewards.tolist() == [5.0] * 3
    assert runs.out.tolist() == [out] * 3


@pytest.mark.parametrize(("name", "more"), [("best of 16", 16), ("passive sampling", 1)])
def test_a_response_of_the_output_of_ours_is_charged_too(name, more):
    make = placing.built_in(LINEAR)[name]
    _, calls, data = placing.ours(name, make, LINEAR, 5)(4, range(2))
    _, own, same = placing._once(make(4), LINEAR, range(2), f"built in {name} 4", 5)
    assert (calls - own).tolist() == [more] * 2
    assert data.tolist() == same.tolist()


def test_names_lower_the_calls_that_are_needed():
    game = NeedleGame(coverage=8.0, responses=10**7)
    share = (2 * 10**6 + 1) / (10**7 - 10**6)
    assert game.least_calls() == pytest.approx(bounds.least_calls(LEVEL, game.rate, share, game.mass))
    assert game.least_calls() < 0.85 * NEEDLE.least_calls()


def test_a_replicate_that_differs_alone_is_enough():
    found = integrity._judged(NEEDLE, range(24), [], [], [3], "too")
    assert found.status is Status.REFUTED
    assert "1 of 4 differ alone" in found.reason


def test_one_law_is_held_against_the_other():
    def play(game, budget, rows, *, law, purpose):
        spent = {"literal": 3.0, "exact-law": 4.0}[law]
        return SimpleNamespace(calls=np.full(len(rows), spent), successes=lambda eps: len(rows) // 2)

    found = integrity.laws_agree(
        SimpleNamespace(play=play), NEEDLE, NEEDLE.budget(8), 256, 1e-3, resolution=0.5
    )
    assert found.status is Status.REFUTED


def test_the_level_of_a_comparison_of_laws_is_shared_by_calls_and_success(monkeypatch):
    levels = []

    def noted(real):
        def distance(*arguments):
            levels.append(arguments[-1])
            return real(*arguments)

        return distance

    for name in ("sup_distance", "event_distance"):
        monkeypatch.setattr(integrity, name, noted(getattr(integrity, name)))

    def play(game, budget, rows, *, law, purpose):
        return SimpleNamespace(calls=np.ones(len(rows)), successes=lambda eps: 0)

    integrity.laws_agree(SimpleNamespace(play=play), NEEDLE, NEEDLE.budget(8), 64, 1e-3, resolution=0.5)
    assert sum(levels) == pytest.approx(1e-3, abs=0)
    assert len(levels) == 2


def test_a_bound_that_is_exceeded_is_played_again_with_other_needles():
    played = []

    def play(game, budget, rows, *, purpose):
        played.append(purpose)
        none = np.zeros(len(rows), dtype=bool)
        return SimpleNamespace(failures=(), rows=rows, out=none, over=none, successes=lambda eps: len(rows))

    session = challenges._Session(
        SimpleNamespace(play=play), challenges.TIERS["quick"], 1e-3, lambda line: None
    )
    session._bound(NEEDLE, NEEDLE.budget(4))
    assert played == ["bound 4", "again 4"]
    assert [finding.status for finding, _, _ in session._excesses] == [Status.REFUTED]
    first, again = (NEEDLE.problem([0], 5, purpose).directions for purpose in played)
    assert abs(first - again).max() > 0
