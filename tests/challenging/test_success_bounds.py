"""What no algorithm can exceed, held against exact values of the games and against learners that attain
them."""

import math
from fractions import Fraction

import numpy as np
import pytest

from explore_theory import exact
from explore_theory.challenging import bounds
from explore_theory.challenging.games import FormulaGame, LinearGame, NeedleGame
from explore_theory.exact.needle import hit_probability
from explore_theory.policies import Base, PointMass, Softmax


@pytest.mark.parametrize("coverage", [2.0, 8.0, 54.0])
def test_the_rate_of_a_weak_call_is_that_of_a_coin(coverage):
    rate = bounds.call_rate(coverage, 256, 0.125, strong=False)
    assert math.exp(-rate) == pytest.approx(1 - 1 / coverage, abs=1e-12)


@pytest.mark.parametrize(("coverage", "dimension"), [(8.0, 256), (32.0, 256), (54.0, 1000), (3.0, 64)])
def test_no_strong_call_is_worth_more_than_its_rate(coverage, dimension):
    rate = bounds.call_rate(coverage, dimension, 0.125, strong=True)
    worth = hit_probability(dimension, coverage, 0.125)
    weak = bounds.call_rate(coverage, dimension, 0.125, strong=False)
    # Jensen's inequality: -log E(1 - h) <= -E log(1 - h) <= rate, and mu >= 1.
    assert worth <= 1 - math.exp(-rate) + 1e-12
    assert weak < rate < 2 * weak


@pytest.mark.parametrize(("calls", "names"), [(0, 0), (1, 0), (3, 1), (5, 2)])
def test_the_bound_is_above_the_exact_value_of_the_weak_game(calls, names):
    """With one name more for the output's own guess, and any mass: the game's value is a success of mass
    one."""
    value = exact.brute_force_value(8, Fraction(4), min(calls, 5), names + 1 if names < 2 else names)
    rate = bounds.call_rate(4.0, 256, 0.125, strong=False)
    share = (names + 1) / (8 - calls) if calls < 8 else 1.0
    assert float(value) <= bounds.most_success(calls, rate, min(share, 1.0), 1.0) + 1e-12


def test_without_names_the_bound_is_the_value_of_the_game():
    rate = bounds.call_rate(32.0, 256, 0.125, strong=False)
    assert bounds.most_success(20, rate, 0.0, 1.0) == pytest.approx(1 - (31 / 32) ** 20, abs=1e-12)


@pytest.mark.parametrize("blank", [False, True])
def test_the_least_mass_is_that_of_the_gap(blank):
    game = NeedleGame(coverage=8.0, blank=blank, responses=65, rewards=0)
    problem = game.problem([3], 11)
    # On the line from the base policy along the needle's direction masses rise and gaps fall.
    gaps, masses = [], []
    for length in np.linspace(0.2, 0.9, 200):
        policy = Softmax(length * problem.directions)
        gaps.append(float(exact.gap(problem, policy)[0]))
        weight = math.exp(length / game.beta)
        masses.append(weight / (weight + 7))
    least = np.interp(-game.eps, -np.array(gaps), masses)
    assert game.mass == pytest.approx(least, abs=2e-3)
    assert exact.gap(problem, PointMass(problem.needles))[0] < game.eps < exact.gap(problem, Base())[0]


@pytest.mark.parametrize("strong", [False, True])
def test_fewest_calls_and_largest_success_are_inverse(strong):
    game = NeedleGame(coverage=16.0, strong=strong)
    needed = game.least_calls()
    below, above = math.floor(needed), math.ceil(needed)
    assert game.most_success(game.budget(below)) < 0.75 <= game.most_success(game.budget(above)) + 1e-12


def test_names_count_and_so_does_the_outputs_own_guess():
    few = NeedleGame(coverage=20.0, blank=True, responses=65, rewards=4)
    assert few.most_success(few.budget(0)) == pytest.approx(9 / 64 / few.mass, abs=1e-12)
    none = NeedleGame(coverage=20.0, blank=True, responses=65, rewards=0)
    assert none.most_success(none.budget(0)) == pytest.approx(1 / 64 / none.mass, abs=1e-12)


@pytest.mark.parametrize("k", [3, 4])
def test_signs_that_satisfy_nothing_meet_no_star(k):
    """What the bound of the formulas rests on, on a formula of the game's own."""
    game = FormulaGame(k=k)
    problem = game.problem([1], 9)
    literals, radius = problem.formula.literals, 1 / math.sqrt(k)
    atoms = problem.atoms(np.arange(game.m)[None])
    for seed in range(50):
        signs = np.random.default_rng(seed).choice([-1, 1], size=game.n)
        law = np.exp(Softmax(radius * signs).log_law(atoms, problem.facts.beta))[0, :, 1]
        satisfied = (np.sign(literals) == signs[np.abs(literals) - 1]).all(axis=1)
        assert (law[~satisfied] <= game.eta**2).all()
    assert exact.gap(problem, Softmax(radius * problem.assignment))[0] < 1e-9
    # One term that is not satisfied in full costs more than the game allows.
    other = problem.assignment.copy()
    other[abs(literals[0, 0]) - 1] *= -1
    assert exact.gap(problem, Softmax(radius * other))[0] > 0


def test_the_bound_of_formulas_counts_calls_and_the_guess():
    game = FormulaGame(k=5)
    share = 2.0**-5
    guess = share / (game.mass - game.eta**2)
    assert game.most_success(game.budget(4)) == pytest.approx(4 * (share + game.eta**2) + guess, abs=1e-12)
    assert game.most_success(game.budget(game.least_calls())) == pytest.approx(0.75, abs=1e-9)


def test_linear_games_are_drawn_from_the_seed_and_rarer_is_harder():
    one, same, other = (LinearGame(scarcity=10.0, seed=seed) for seed in (1, 1, 2))
    assert one.coverage == same.coverage != other.coverage
    assert LinearGame(scarcity=100.0, seed=1).problem((), 1).base.shape == (1, 64)
    assert one.most_success(one.budget(4)) is None
    assert one.least_calls() is None
