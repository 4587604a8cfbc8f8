"""The weak-oracle needle game: three ways to its value, and what the value must satisfy."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.exact import brute_force_value, sampling_first_value, weak_game_value
from explore_theory.exact.games import brute_force_game, distinct_law

COVERAGES = (Fraction(3, 2), 2, 1000)


@pytest.mark.parametrize("coverage", COVERAGES)
def test_three_ways_agree(coverage):
    for responses, calls, names in product(range(2, 6), range(5), range(5)):
        game = responses, coverage, calls, names
        assert weak_game_value(*game) == sampling_first_value(*game)
        if calls + names <= 5:
            assert brute_force_value(*game) == weak_game_value(*game)


@pytest.mark.parametrize(
    ("game", "value"),
    [
        ((5, 10, 0, 0), 0),
        ((5, 10, 1, 0), Fraction(1, 10)),
        ((5, 10, 0, 1), Fraction(1, 5)),
        ((5, 10, 0, 5), 1),
        ((5, 10, 0, 9), 1),
        # The call misses and rules out one of the two: the name cannot miss.
        ((2, 10, 1, 1), 1),
        # Two misses show one or two of three others with probability 1/3 and 2/3.
        (
            (4, 2, 2, 1),
            1 - Fraction(1, 4) * (Fraction(1, 3) * Fraction(2, 3) + Fraction(2, 3) * Fraction(1, 2)),
        ),
        # All others seen or not, a call hits with probability 1/C.
        ((2, 10, 3, 0), 1 - Fraction(9, 10) ** 3),
    ],
)
def test_values_by_hand(game, value):
    assert weak_game_value(*game) == sampling_first_value(*game) == brute_force_value(*game) == value


games = st.tuples(
    st.integers(2, 12),
    st.fractions(Fraction(11, 10), 100, max_denominator=20),
    st.integers(0, 8),
    st.integers(0, 8),
)


@given(games)
def test_the_value_grows_with_calls_and_names_and_falls_with_responses(game):
    responses, coverage, calls, names = game
    value = weak_game_value(*game)
    assert value == sampling_first_value(*game)
    assert 0 <= value <= 1
    assert value <= weak_game_value(responses, coverage, calls + 1, names)
    assert value <= weak_game_value(responses, coverage, calls, names + 1)
    assert value >= weak_game_value(responses + 1, coverage, calls, names)
    assert value >= weak_game_value(responses, coverage + 1, calls, names)


def test_the_value_agrees_with_play():
    """Calls first, then names of what has not been seen, played many times through the oracle."""
    import numpy as np
    from scipy.stats import binomtest

    from explore_theory import oracles
    from explore_theory.problems import HiddenNeedle

    rows, calls, names = 4000, 3, 2
    problem = HiddenNeedle.draw(responses=6, coverage=5, dimension=1, beta=0.5, worlds=rows)
    oracle = oracles.open(problem, replicates=rows)
    seen = np.zeros((rows, 6), dtype=bool)
    np.put_along_axis(seen, oracle.draw(oracle.prompt(), calls).response, True, axis=1)
    unseen = np.argsort(seen, axis=1, kind="stable")[:, :names]
    rewards = oracle.reward(oracle.prompt(), unseen[:, 0], unseen[:, 1])
    met = np.take_along_axis(seen, problem.needles[:, None], axis=1)[:, 0] | (rewards == 1).any(axis=1)
    value = float(weak_game_value(6, 5, calls, names))
    assert binomtest(int(met.sum()), rows, value).pvalue > 1e-6


@pytest.mark.parametrize(("values", "draws"), [(1, 0), (1, 3), (4, 2), (4, 6)])
def test_the_law_of_distinct_values_is_that_of_enumeration(values, draws):
    law = distinct_law(values, draws)
    counted = [0] * len(law)
    for outcome in product(range(values), repeat=draws):
        counted[len(set(outcome))] += 1
    assert law == [Fraction(c, values**draws) for c in counted]


def test_where_a_call_is_worth_less_names_may_come_first():
    # One of two: naming first wins surely, by a name or (half of the time) by the rest.
    assert weak_game_value(2, 10, 0, 1, worth=Fraction(1, 3)) == Fraction(1, 2)
    # A call and a name: name one (1/2), then call the other (1/10, worth 1/3); or call first, and on a miss
    # (9/10) the name is sure.
    value = max(Fraction(1, 2) + Fraction(1, 2) * Fraction(1, 30), Fraction(1, 30) + Fraction(9, 10))
    assert weak_game_value(2, 10, 1, 1, worth=Fraction(1, 3)) == value
    assert brute_force_game(2, 10, worth=Fraction(1, 3))(1, 1) == value


def test_where_calls_are_worth_nothing_a_player_names_first():
    for responses, calls, names in ((3, 1, 1), (4, 2, 2), (3, 3, 1)):
        named = Fraction(names, responses)
        for value in (
            weak_game_value(responses, 2, calls, names, worth=0),
            brute_force_game(responses, 2, worth=0)(calls, names),
        ):
            assert value >= named
    # Calling first, half of the wins are worth nothing.
    assert weak_game_value(4, 2, 1, 1, worth=0) == Fraction(1, 4)


@pytest.mark.parametrize("worth", [-1, 2, 0.5, True])
def test_a_worth_is_a_rational_share(worth):
    for solve in (weak_game_value, lambda *game, worth: brute_force_game(*game[:2], worth=worth)):
        with pytest.raises(InvalidProblem, match="worth must be"):
            solve(3, 2, 1, 1, worth=worth)


@pytest.mark.parametrize(
    ("game", "message"),
    [
        ((1, 2, 0, 0), "responses must be at least 2, got responses=1"),
        ((2, 1, 0, 0), "coverage must be a whole number or Fraction above 1, got coverage=1"),
        ((2, 1.5, 0, 0), "coverage must be a whole number or Fraction above 1, got coverage=1.5"),
        ((2, 2, -1, 0), "calls must be at least 0, got calls=-1"),
        ((2, 2, 0, 0.5), "names must be a whole number, got names=0.5"),
    ],
)
@pytest.mark.parametrize("value", [weak_game_value, sampling_first_value, brute_force_value])
def test_bad_calls(value, game, message):
    with pytest.raises(InvalidProblem) as caught:
        value(*game)
    assert message in str(caught.value)
