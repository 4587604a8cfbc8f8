"""The strong-oracle game: all strategies, fixed sequences and the formula; and its posterior."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.exact.games import weak_game_value
from explore_theory.exact.strong_game import (
    AdaptivePlay,
    StrongGame,
    best_fixed,
    closed_form,
    half_grid,
    largest_named_hit,
    played,
)


def game(responses=3, dimension=1, coverage=5, tilt=2, parameters=None):
    return StrongGame(
        responses=responses,
        dimension=dimension,
        coverage=Fraction(coverage),
        half_tilt=Fraction(tilt),
        parameters=parameters or half_grid(dimension),
    )


@pytest.mark.parametrize(("dimension", "size"), [(1, 5), (2, 13), (3, 33)])
def test_the_grid_is_the_half_integers_of_the_unit_ball(dimension, size):
    grid = half_grid(dimension)
    assert len(grid) == len(set(grid)) == size
    axis = (2,) + (0,) * (dimension - 1)
    assert {axis, tuple(-k for k in axis), (0,) * dimension, (1,) * dimension} <= set(grid)
    assert (2,) * dimension not in grid or dimension == 1


def test_the_hit_probability_is_the_tilted_share():
    world = game(coverage=5, tilt=3, dimension=2)
    assert world.hit((1, 0), 0) == Fraction(3, 3 + 4)
    assert world.hit((1, 0), 1) == Fraction(1, 3) / (Fraction(1, 3) + 4)
    assert world.hit((1, 0), 2) == Fraction(1, 5)
    assert world.hit((0, 2), 2) == Fraction(9, 9 + 4)


@pytest.mark.parametrize("names", [0, 1, 2])
@pytest.mark.parametrize("calls", [0, 1, 2, 3])
def test_with_no_parameter_but_zero_it_is_the_weak_game(calls, names):
    world = game(responses=4, parameters=((0,),))
    expected = weak_game_value(4, Fraction(5), calls, names)
    assert AdaptivePlay(world).value(calls, names) == expected
    assert closed_form(world, ((0,),) * calls, names) == expected


def test_one_call_by_hand():
    world = game(coverage=5, tilt=2)
    # theta = e_1: tilts 4 and 1/4, so the call hits with (4/8 + 1/17)/2.
    assert AdaptivePlay(world).value(1, 0) == (Fraction(1, 2) + Fraction(1, 17)) / 2


def test_two_calls_look_both_ways():
    world = game(coverage=5, tilt=2)
    assert best_fixed(world, 2) == ((-2,), (2,))
    both = 1 - Fraction(1, 2) * Fraction(16, 17)
    assert AdaptivePlay(world).value(2, 0) == both


games = st.tuples(
    st.integers(2, 4),
    st.integers(1, 2),
    st.sampled_from((Fraction(3, 2), Fraction(2), Fraction(7), Fraction(1000))),
    st.sampled_from((Fraction(3, 2), Fraction(2), Fraction(5))),
)


@given(games, st.integers(0, 2), st.integers(0, 2))
@settings(max_examples=25)
def test_all_strategies_are_worth_what_the_best_sequence_is(parameters, calls, names):
    responses, dimension, coverage, tilt = parameters
    world = game(responses, dimension, coverage, tilt)
    best = best_fixed(world, calls)
    value = AdaptivePlay(world).value(calls, names)
    assert value == closed_form(world, best, names) == played(world, best, names)
    assert value <= AdaptivePlay(world).value(calls, names + 1)


def test_every_sequence_in_every_order_is_worth_the_formula():
    world = game(responses=3, coverage=7, tilt=3)
    for sequence in product(world.parameters, repeat=2):
        assert played(world, sequence, 1) == closed_form(world, sequence, 1)


@pytest.mark.parametrize(("calls", "names"), [(0, 1), (1, 1), (2, 1), (1, 2), (0, 3)])
def test_a_name_hits_like_a_blind_guess_among_what_is_left(calls, names):
    largest, positions = largest_named_hit(game(responses=5), calls, names)
    assert largest == Fraction(1, 5 - calls - names + 1)
    assert positions >= 1


def test_where_a_call_is_worth_nothing_a_player_names_first():
    # A call would rule out one of four, at the risk of one half of finding the needle for nothing.
    world = game(responses=4, coverage=2, parameters=((0,),))
    assert AdaptivePlay(world, 0).value(1, 1) == Fraction(1, 4)
    assert AdaptivePlay(world, 1).value(1, 1) == weak_game_value(4, 2, 1, 1)
    with pytest.raises(InvalidProblem, match="worth must be"):
        AdaptivePlay(world, Fraction(3, 2))


def test_misses_that_point_at_the_direction_are_worth_adapting_to():
    class Pointing(StrongGame):
        def miss_law(self, needle, direction):
            others = [y for y in range(self.responses) if y != needle]
            return [Fraction(y == others[direction % len(others)]) for y in range(self.responses)]

    world = Pointing(
        responses=3, dimension=1, coverage=Fraction(20), half_tilt=Fraction(4), parameters=half_grid(1)
    )
    adaptive, fixed = AdaptivePlay(world).value(2, 0), closed_form(world, best_fixed(world, 2), 0)
    assert (round(float(adaptive), 3), round(float(fixed), 3)) == (0.541, 0.459)
    assert fixed == played(world, best_fixed(world, 2), 0)


def test_misses_that_betray_the_needle_are_noticed():
    class Neighbours(StrongGame):
        def miss_law(self, needle, direction):
            law = [Fraction(0)] * self.responses
            law[(needle + 1) % self.responses] = Fraction(1)
            return law

    world = Neighbours(
        responses=5, dimension=1, coverage=Fraction(5), half_tilt=Fraction(2), parameters=half_grid(1)
    )
    assert largest_named_hit(world, 1, 1)[0] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"responses": 1}, "responses must be at least 2, got responses=1"),
        ({"dimension": 0}, "dimension must be at least 1, got dimension=0"),
        ({"coverage": 1}, "coverage must be a Fraction above 1, got coverage=Fraction(1, 1)"),
        ({"tilt": 1}, "half_tilt must be a Fraction above 1, got half_tilt=Fraction(1, 1)"),
        ({"parameters": ((0, 0),)}, "parameters must be vectors of 1 whole numbers of halves, got (0, 0)"),
    ],
)
def test_bad_games(change, message):
    with pytest.raises(InvalidProblem) as caught:
        game(**change)
    assert message in str(caught.value)
