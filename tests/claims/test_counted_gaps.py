"""Gaps that are counted over kinds of terms are those of all terms, one by one."""

import numpy as np
import pytest

from explore_theory import exact
from explore_theory.foundation.streams import Streams
from explore_theory.policies import Softmax
from explore_theory.problems import DNF
from proofs_checks.proper_policy_hardness import counted_gaps, hunts


def world(planting: str, planted: bool, even: bool) -> DNF:
    """A formula of 96 to 640 terms."""
    problem = hunts.problem_of(planting, 5, 3, 2.0**-4, planted=planted and planting != "random")
    return hunts.even(problem) if even else problem


def corners(problem: DNF, count: int) -> np.ndarray:
    """Parameters of signs and zeros, `[count, n]`."""
    signs = np.random.default_rng(3).integers(-1, 2, size=(count, problem.formula.n))
    return np.asarray(signs / problem.k**0.5)


@pytest.mark.parametrize("even", [False, True])
@pytest.mark.parametrize("planted", [False, True])
@pytest.mark.parametrize("planting", ["parity", "random"])
def test_counted_gaps_are_gaps(planting: str, planted: bool, even: bool) -> None:
    problem = world(planting, planted, even)
    theta = corners(problem, 40)
    found = counted_gaps.gaps(problem, theta)
    assert found is not None
    assert found == pytest.approx(exact.gap(problem, Softmax(theta)), rel=1e-12, abs=1e-15)


def test_many_parameters_are_counted_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = world("parity", True, False)
    theta = corners(problem, 23)
    whole = counted_gaps.gaps(problem, theta)
    monkeypatch.setattr(counted_gaps, "_TERMS", 37)
    monkeypatch.setattr(counted_gaps, "_CHUNK", 5 * 37)
    assert counted_gaps.gaps(problem, theta) == pytest.approx(whole, rel=1e-12)


def test_other_parameters_are_not_counted() -> None:
    problem = world("parity", True, False)
    theta = corners(problem, 4)
    theta[2, 1] = 0.5 / problem.k**0.5
    assert counted_gaps.gaps(problem, theta) is None
    assert np.array_equal(hunts.gaps(problem, Softmax(theta)), exact.gap(problem, Softmax(theta)))


def test_prompts_of_many_rounds_are_those_of_the_rounds() -> None:
    problem = world("parity", True, False)
    live = np.array([True, False, True])
    one, all_ = (Streams(("prompts",), range(3)) for _ in range(2))
    single = np.stack([problem.draw_prompts(one, live) for _ in range(9)], axis=1)
    assert np.array_equal(problem.draw_many_prompts(all_, 9, live), single)
    assert np.array_equal(one.position, all_.position)
    # Two words a round, and none where a row idles.
    assert all_.position.tolist() == [18, 0, 18]


def test_the_best_value_is_that_of_every_round_and_side() -> None:
    problem = world("parity", True, False)
    rng = np.random.default_rng(5)
    n, rows = problem.formula.n, 6
    transcript = [
        (
            rng.integers(-1, 2, size=(rows, n)).astype(float),
            rng.integers(-1, 2, size=(rows, n)).astype(float),
            rng.random(rows) < 0.7,
        )
        for _ in range(8)
    ]
    formula, _ = hunts.formula_of("parity", 5, 3)
    expected = [
        max(
            [0.0]
            + [
                formula.count(side[r][None])[0] / formula.m
                for a, b, live in transcript
                if live[r]
                for side in (a, b)
            ]
        )
        for r in range(rows)
    ]
    assert hunts.best_values(formula, transcript).tolist() == expected
