"""BN1 and BN2 by a second route: draws played out, numbers by hand."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Trial
from proofs_checks.best_of_n import bn1_divergence as bn1
from proofs_checks.best_of_n import bn2_win_rate as bn2
from proofs_checks.best_of_n import selection

TENTH = (Fraction(9, 10), Fraction(1, 10))
HALF = (Fraction(1, 2), Fraction(1, 2))


def trial(**params):
    return Trial(case=Case(slug="test", params=params), streams=Streams(("test",), range(1)))


def middle(found):
    return [(float(a) + float(b)) / 2 for a, b in zip(found.lo, found.hi, strict=True)]


def test_the_example_is_not_what_is_quoted():
    """Four draws of a response of mass 1/10: it is selected with chance 1 - .9^4 = .3439."""
    q = 1 - 0.9**4
    by_hand = q * math.log(q / 0.1) + (1 - q) * math.log((1 - q) / 0.9)
    (found,) = middle(bn1.distances(bn1.EXAMPLE))
    assert found == pytest.approx(by_hand, rel=1e-12, abs=0)
    assert round(found, 4) == 0.2174
    (said,) = middle(bn1.stated(bn1.EXAMPLE))
    assert said == pytest.approx(math.log(4) - 3 / 4, rel=1e-12, abs=0)
    assert round(said, 4) == 0.6363
    # A fair coin, as in the paper that corrects it: log 2 - h(2^-n), at most log 2 for every n.
    world = bn1.Selected((selection.best_of(HALF, 5),), (HALF,), (5,))
    entropy = -sum(p * math.log(p) for p in (1 / 32, 31 / 32))
    assert middle(bn1.distances(world))[0] == pytest.approx(math.log(2) - entropy, rel=1e-12, abs=0)


def test_the_other_way_round_is_larger_for_many_draws():
    world = bn1.Selected((selection.best_of(TENTH, 4),), (TENTH,), (4,))
    q = 1 - 0.9**4
    by_hand = 0.1 * math.log(0.1 / q) + 0.9 * math.log(0.9 / (1 - q))
    assert middle(bn1.backwards(world))[0] == pytest.approx(by_hand, rel=1e-12, abs=0)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_the_best_of_some_draws_is_their_maximum(n):
    law = tuple(map(Fraction, ("1/2", "1/6", "1/3")))
    ranked = selection.selected(law, n, lambda drawn: drawn.index(max(drawn)))
    assert ranked == selection.best_of(law, n)
    assert sum(ranked) == 1


def test_all_rules_are_there_and_none_twice():
    # Two draws of two responses: two tuples leave a choice of two.
    found = [tuple(rule(d) for d in itertools.product((0, 1), repeat=2)) for rule in selection.rules(2, 2)]
    assert len(found) == len(set(found)) == 4
    assert sum(1 for _ in selection.rules(2, 3)) == 2**6
    assert sum(1 for _ in selection.rules(3, 2)) == 2**6


def test_all_laws_are_there():
    found = list(selection.laws(3, 6))
    assert len(found) == len(set(found)) == math.comb(5, 2)
    assert all(sum(law) == 1 and min(law) > 0 for law in found)
    world = bn1.orders(trial(grid=4, **{"most responses": 3}))
    assert len(world.found) == (3 + 3) * 4


def test_the_largest_divergence_of_two_responses_is_a_maximum_over_a_fine_grid():
    q = np.exp(-np.linspace(1e-6, 20, 400_001))
    for n, hi, lo in zip(
        bn1.DRAWS, *[getattr(bn1.two_responses(None), e) for e in ("hi", "lo")], strict=True
    ):
        values = (1 - q**n) * np.log((1 - q**n) / (1 - q)) + q**n * (n - 1) * np.log(q)
        # The grid misses the top by half a step of 5e-5: a curvature of ten over 8 10^8.
        assert lo - 2e-8 <= values.max() <= hi + 1e-9
        assert hi - lo < 1e-4
        # Far below what is quoted: the more so the more draws.
        assert hi < math.log(n) - (n - 1) / n


def test_the_constant_needs_what_uniform_laws_show():
    at = {"N": np.array([2.0]), "responses": np.array([2.0])}
    # Best of two of a fair coin: (1/4, 3/4).
    kl = math.log(2) - (math.log(4) - 0.75 * math.log(3))
    assert bn1.needed(at)[0] == pytest.approx((math.log(2) - kl) * 2, rel=1e-12, abs=0)
    ball = bn1.certified({"N": 2, "responses": 2})
    assert float(ball) == pytest.approx((math.log(2) - kl) * 2, rel=1e-12, abs=0)


# --- win rates ----------------------------------------------------------------------------------------------


def test_win_rates_of_a_fair_coin_by_hand():
    """Best of two flips against one: (1/4, 3/4) against (1/2, 1/2)."""
    for found in (bn2.match(HALF, 2), bn2.counted(HALF, 2)):
        assert found.wins == Fraction(3, 8)
        assert found.ties == Fraction(1, 2)
    assert bn2.half(found) == Fraction(5, 8)
    assert bn2.ties_won(found) == Fraction(7, 8)
    assert bn2.loss(found) == Fraction(3, 8)
    assert bn2.stated(found) == Fraction(2, 3)
    # 1/3 + 2/4/12 = 3/8: the lower end is attained.
    assert bn2.most_lost(found) == Fraction(3, 8)


def test_one_value_alone_is_always_a_tie():
    found = bn2.match((Fraction(1),), 3)
    assert (found.wins, found.ties) == (0, 1)
    assert bn2.half(found) == Fraction(1, 2)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_counting_tuples_gives_what_the_distribution_function_does(n):
    law = tuple(map(Fraction, ("1/6", "1/2", "1/3")))
    assert bn2.match(law, n) == bn2.counted(law, n)


def test_the_lower_end_is_attained_by_equal_masses_for_two_and_three_draws():
    for size, n in itertools.product((1, 2, 5), (2, 3)):
        found = bn2.match(selection.uniform(size), n)
        assert bn2.loss(found) == bn2.most_lost(found)
