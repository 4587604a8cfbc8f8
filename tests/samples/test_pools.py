"""Draws become arrays; all that is measured of them, whole."""

import math

import numpy as np
import pytest
from toys import Draw, draw, pool, pooled, source

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.samples.coverage import BINARY, Range, log_normalisers, profile
from explore_theory.samples.summary import measured


def test_draws_stay_with_their_tasks_in_the_order_read():
    made = pool([draw("b", 1.0), draw("a", 2.0), draw("b", 3.0), draw("a", 4.0)])
    assert made.tasks == ("b", "a")
    assert [values.tolist() for values in made.by_task()] == [[1.0, 3.0], [2.0, 4.0]]


def test_files_with_the_same_tasks_are_pooled():
    made = pooled([source([draw("a", 1.0)]), source([draw("a", 0.0), draw("c", 1.0)], name="b")])
    assert made.tasks == ("a", "c")
    assert made.origin.tolist() == [0, 1, 1]
    assert [origin.draws for origin in made.origins] == [1, 2]


def test_rewards_are_chosen_by_name_and_never_silently():
    two = [Draw(task="a", rewards=(1.0, 0.0)), Draw(task="a", rewards=(1.0, math.nan))]
    made = pool(two, rewards=("base", "plus"), binary=frozenset({"base", "plus"}))
    assert (made.reward, made.others, made.binary) == ("base", ("plus",), True)
    plus = pooled([source(two, rewards=("base", "plus"))], reward="plus")
    assert plus.rewards.tolist() == [0.0]
    assert plus.unscored.tolist() == [1]
    with pytest.raises(InvalidProblem, match=r"among those of a.jsonl: base, plus; got reward='speed'"):
        pooled([source(two, rewards=("base", "plus"))], reward="speed")
    with pytest.raises(InvalidProblem, match=r"need one named, got 'base' in a.jsonl and 'plus' in b"):
        pooled([source(two, rewards=("base", "plus")), source(two, name="b", rewards=("plus", "base"))])


@pytest.mark.parametrize(
    ("draws", "says"),
    [([], "got 0 of which there is none"), ([draw("a", math.nan)], "got 1 of which none has a reward")],
)
def test_nothing_to_measure_is_refused(draws, says):
    with pytest.raises(InvalidProblem, match=says):
        pool(draws)


def test_infinite_rewards_are_refused():
    with pytest.raises(InvalidProblem, match="finite, got inf"):
        pool([draw("a", math.inf)])


def test_pieces_make_one_pool():
    """More draws than wait in lists at a time."""
    n = 40_000
    made = pool([draw(f"t{i % 7}", i, f"r{i}") for i in range(n)])
    assert len(made) == n
    assert made.rewards.tolist() == list(range(n))
    assert len(np.unique(made.text, axis=0)) == n


def fives(passed, n=20):
    return [draw(f"t{i}", j < c, f"{i} {j}", tokens=9) for i, c in enumerate(passed) for j in range(n)]


def test_the_worst_task_is_at_the_level_of_all_tasks_at_once():
    found = measured(pool(fives([1, 10])), beta=0.1, alpha=0.05, known=BINARY)
    alone = measured(pool(fives([1])), beta=0.1, alpha=0.025, known=BINARY)
    assert found.worst == (alone.log_c.lo[0], alone.log_c.hi[0])
    assert found.log_c.lo[0] > found.worst[0], "a task by itself has its own level"
    assert found.pass_at.keys() == {1, 2, 4, 8, 16}
    assert found.pass_at[1].value == pytest.approx(11 / 40)


def test_the_profile_and_token_coverage_are_at_the_level_of_all_tasks_at_once():
    made, beta, alpha = pool(fives([1, 10])), 0.5, 0.05
    found = measured(made, beta=beta, alpha=alpha, known=BINARY)
    ends = [profile(one, beta, alpha / 2, BINARY, found.profile.at) for one in made.by_task()]
    np.testing.assert_allclose(found.profile.lo, np.mean([lo for lo, _ in ends], axis=0))
    np.testing.assert_allclose(found.profile.hi, np.mean([hi for _, hi in ends], axis=0))
    log_z = log_normalisers(made.by_task(), beta, alpha / 2, BINARY)
    assert found.log_token == pytest.approx((1 / beta - log_z.hi.min()) / 10)


def test_token_coverage_is_the_root_of_the_largest_ratio():
    """Ten factors, nine tokens and the end, whose product is e^{1/beta}/Z."""
    found = measured(pool(fives([1])), beta=0.5, alpha=0.05, known=BINARY)
    assert found.log_token == pytest.approx((2 - found.log_z.hi[0]) / 10)


def test_more_samples_are_asked_for_until_ends_are_a_factor_of_two_apart():
    few = measured(pool(fives([3])), beta=0.1, known=BINARY)
    assert 20 < few.more < 1000
    many = measured(pool(fives([int(0.15 * few.more)], n=int(few.more))), beta=0.1, known=BINARY)
    assert many.log_c.hi[0] - many.log_c.lo[0] < math.log(2.4)
    assert measured(pool(fives([0])), beta=0.1, known=BINARY).more == math.inf
    assert measured(pool(fives([900], n=1000)), beta=0.1, known=BINARY).more == 0


@pytest.mark.parametrize("n", [50, 150, 250])
def test_more_samples_of_any_law_are_more_than_there_are_and_about_enough(n):
    """A band around a whole law asks for more than the normal law would."""
    known = Range(least=0.0, most=1.0)

    def rewards(size):
        coins = Streams(("tests", "more"), range(1)).uniform(size)[0]
        return pool([draw("t", 1.0 if coin < 0.1 else coin, f"{coin}") for coin in coins])

    few = measured(rewards(n), beta=0.1, known=known)
    assert n < few.more < 3000
    enough = measured(rewards(int(few.more)), beta=0.1, known=known)
    assert enough.log_c.hi[0] - enough.log_c.lo[0] < math.log(2.4)


def test_without_a_range_only_lower_ends_are_told():
    found = measured(pool(fives([3])), beta=0.1)
    assert found.worst[1] == math.inf
    assert (found.profile, found.pass_at, found.best_of) == (None, {}, {})
    assert measured(pool(fives([3])), beta=0.1, passes=1.0).pass_at[1].value == pytest.approx(0.15)


def test_sizes_by_name_may_leave_tasks_out_and_by_default_none():
    made = pool([*fives([1]), draw("short", 1.0, "s")])
    assert measured(made, beta=0.1, known=BINARY).pass_at.keys() == {1}
    found = measured(made, beta=0.1, known=BINARY, sizes=[1, 20])
    assert found.pass_at[20].left_out == 1
    with pytest.raises(InvalidProblem, match="got k=21, where the task with the most samples has 20"):
        measured(made, beta=0.1, known=BINARY, sizes=[21])


def test_a_reward_beyond_its_range_names_its_task():
    with pytest.raises(InvalidProblem, match=r"at most 0.5, got 1 in task 't0'"):
        measured(pool(fives([1])), beta=0.1, known=Range(most=0.5))
