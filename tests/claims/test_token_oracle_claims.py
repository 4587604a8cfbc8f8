"""The claims about the token oracle: enumerations by hand, and sessions that only show what is possible."""

import math
from fractions import Fraction
from functools import partial

import numpy as np
import pytest

from explore_theory.oracles.tokens.opening import open_tokens
from explore_theory.oracles.tokens.sampler import step_law
from explore_theory.oracles.tokens.walks import PolicyTables, walk
from proofs_checks.exact_law import rollout_laws, x9_rollouts, x10_surveys
from proofs_checks.exact_law.token_enumeration import (
    Changes,
    Policy,
    State,
    Step,
    Tokens,
    Walk,
    placed,
    rollouts,
    search,
    step,
)
from proofs_checks.exact_law.token_sessions import WORLD, Sessions, in_one_order, to_law

HALF, QUARTER, ONE = Fraction(1, 2), Fraction(1, 4), Fraction(1)
COIN = State(base=(HALF, HALF), features=((Fraction(0),), (QUARTER,)), reward=(Fraction(0), ONE), next=(0, 0))
DOUBLING = Policy(slope=((Fraction(4),),) * 2, precision=(((ONE,),),) * 2, square=ONE, draws=1, cap=1)


def test_a_step_by_hand():
    """Token 1 has twice the weight of token 0; one draw is the ceiling, one candidate is drawn."""
    by_hand = {
        Step(0, 3, 1, 0): Fraction(1, 4),
        Step(1, 3, 1, 0): Fraction(1, 2),
        Step(0, 3, 1, -1): Fraction(1, 8),
        Step(0, 4, 0, 0): Fraction(1, 16),
        Step(1, 4, 0, 0): Fraction(1, 16),
    }
    assert step(COIN, DOUBLING, 0) == by_hand


def test_a_pair_beyond_the_radius_scores_nothing():
    apart = Policy(slope=DOUBLING.slope, precision=DOUBLING.precision, square=QUARTER**3, draws=1, cap=1)
    assert step(COIN, apart, 0) == {Step(0, 3, 1, 0): HALF, Step(1, 3, 1, 0): HALF}


@pytest.mark.parametrize("drawn", ["literal", "exact-law", "rollouts"])
def test_what_is_returned_on_giving_up_is_a_draw_of_its_own(drawn):
    """Base token 1 is far from the others, scores nothing and never gives up: giving up tells of it."""
    state = State(
        base=(Fraction(9, 20), Fraction(1, 10), Fraction(9, 20)),
        features=((Fraction(0), Fraction(0)), (Fraction(3, 4), Fraction(0)), (Fraction(0), Fraction(3, 4))),
        reward=(Fraction(0), Fraction(1), Fraction(2)),
        next=(0, 0, 0),
    )
    far = ((Fraction(4), Fraction(0)), (Fraction(0), QUARTER))
    policy = Policy(slope=((Fraction(0), Fraction(8)),), precision=(far,), square=ONE, draws=3, cap=1)
    law = step(state, policy, 0)
    problem, count = Tokens((ONE,), (0,), ((state,),)).problem(0.5), 20_000
    if drawn == "rollouts":
        tables = PolicyTables(problem, policy.draws, policy.cap)
        tables.put(0, step_law(problem.layers[0], policy.data(0.5), 0, 0.5))
        done = walk(tables, np.zeros(count, dtype=np.int64), 0, 7)
        found = np.column_stack([done.reward, np.rint(done.log_ratio * 1e6)])
    else:
        oracle = open_tokens(problem, law=drawn)
        taken = oracle.step(oracle.prompts(np.zeros(count, dtype=np.int64)), policy.data(0.5))
        found = np.column_stack([taken.token, np.rint(taken.log_ratio * 1e6)])
    expected = {}
    for one, mass in law.items():
        key = (one.token, round(1e6 * one.power * math.log(2)))
        expected[key] = expected.get(key, 0.0) + float(mass)
    for key, mass in expected.items():
        share = float((found == key).all(axis=-1).mean())
        assert abs(share - mass) < 5 * math.sqrt(mass / count)


def test_slopes_that_give_no_powers_of_two_are_refused():
    odd = Policy(slope=((ONE,),), precision=DOUBLING.precision, square=ONE, draws=1, cap=1)
    with pytest.raises(ValueError, match="slope must give whole powers of two, got 1/4"):
        odd.power(COIN, 0, 1, 0)


def test_every_change_of_a_step_changes_its_law():
    honest = step(WORLD.layers[0][0], rollout_laws.POLICY, 0)
    assert sum(honest.values()) == 1
    for name in Changes.__dataclass_fields__:
        assert step(WORLD.layers[0][0], rollout_laws.POLICY, 0, Changes(**{name: 1})) != honest


def test_rollouts_take_steps_one_after_another():
    world = Tokens(rho=(ONE,), start=(0,), layers=((COIN,), (COIN,)))
    law = rollouts(world, DOUBLING, 0, 0, 2)
    assert sum(law.values()) == 1
    both_fail = Walk((0, 0, 0), Fraction(2), 0, Fraction(0), (4, 4))
    assert law[both_fail] == Fraction(1, 16) ** 2
    # Token 1 twice, once accepted and once by giving up, in either order.
    assert law[Walk((0, 0, 0), Fraction(2), 0, Fraction(0), (3, 4))] == Fraction(1, 32)


def test_reports_are_placed_on_a_grid():
    assert placed(-1, Fraction(3, 2)) == round((1.5 - math.log(2)) * 1e6)


def test_a_search_by_hand():
    """Pairs of unlike tokens are far apart until one has joined: 1/16 at precision 16, then 1/2."""
    world = Tokens(rho=(ONE,), start=(0,), layers=((COIN,),))
    law = search(world, 0, [0, 0], ((Fraction(16),),), Fraction(3, 4), 1, None)
    assert law == {
        (((0, 0, 1),), 4): QUARTER,
        (((0, 1, 0),), 4): QUARTER,
        (((1, 0, 1),), 4): QUARTER / 2,
        (((1, 1, 0),), 4): QUARTER / 2,
        ((), 4): QUARTER,
    }
    first = search(world, 0, [0, 0], ((Fraction(16),),), Fraction(3, 4), 1, 1)
    assert first[((0, 0, 1),), 2] == QUARTER
    frozen = search(world, 0, [0, 0], ((Fraction(16),),), Fraction(3, 4), 1, None, frozen=True)
    assert frozen[((0, 0, 1), (1, 0, 1)), 4] == QUARTER**2


def test_distances_in_one_order_and_in_all():
    law = {(0, 1): 0.5, (1, 0): 0.5}
    drawn = np.array([[0, 1], [1, 0], [1, 0], [2, 2]])
    assert in_one_order(drawn, law)._largest_difference() == pytest.approx(0.25)
    found = to_law(drawn, law, ["first", "second"]).parts
    assert found["second"]._largest_difference() == pytest.approx(0.25)


@pytest.mark.parametrize("kind", list(rollout_laws.KINDS_OF_SESSIONS))
@pytest.mark.parametrize("law", ["literal", "exact-law"])
def test_sessions_show_what_is_possible(kind, law):
    shown = rollout_laws.played(Sessions(law, 40, ("test",), 0), kind)
    stated = rollout_laws.KINDS_OF_SESSIONS[kind][2]()
    assert shown.keys() == stated.keys()
    for name, outcomes in shown.items():
        assert sum(stated[name].values()) == pytest.approx(1, abs=1e-12)
        assert {tuple(row) for row in outcomes.tolist()} <= {tuple(map(int, key)) for key in stated[name]}


@pytest.mark.parametrize("law", ["literal", "exact-law"])
def test_surveys_show_what_is_possible(law):
    shown = Sessions(law, 40, ("test",), 0).played(partial(x10_surveys.survey, most=None), few=True)
    assert {tuple(row) for row in shown.tolist()} <= set(x10_surveys.enumerated(None))


def test_a_purse_is_the_bill():
    bills, fewest = x9_rollouts.paid(x9_rollouts.Purses("exact-law", 3, ("test",), 0))
    assert bills == fewest
    assert len(set(bills)) > 1
