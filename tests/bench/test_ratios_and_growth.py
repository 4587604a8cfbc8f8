"""What timings are made into: ratios of pairs, and power laws with intervals."""

import math

import pytest

from explore_theory.bench.benchmark import Figure, compared, grown
from explore_theory.bench.growth import power_law
from explore_theory.bench.ratios import Ratio
from explore_theory.bench.timing import Effort, in_turn
from explore_theory.errors import InvalidProblem


class Pretended:
    """A clock on which each work takes what it says, and an account of what was done."""

    def __init__(self):
        self.now, self.done = 0.0, []

    def __call__(self):
        return self.now

    def work(self, name, seconds):
        def do():
            self.done.append(name)
            self.now += seconds

        return do


@pytest.fixture
def clock():
    return Pretended()


def test_works_are_done_in_turn_and_every_other_turn_backwards(clock):
    works = {name: clock.work(name, 1.0) for name in "ab"}
    taken = in_turn(works, Effort(repeats=3, least=1.0), clock)
    assert taken == {"a": [1.0] * 3, "b": [1.0] * 3}
    # Once to warm up and once to be told by the clock, each; then in pairs.
    assert "".join(clock.done) == "aabb" + "ab" + "ba" + "ab"


def test_short_work_is_done_several_times_in_a_timing(clock):
    taken = in_turn({"a": clock.work("a", 0.01)}, Effort(repeats=2, least=1.0), clock)
    assert taken["a"] == pytest.approx([0.01, 0.01], rel=1e-9)
    assert 2 * 100 <= len(clock.done) < 1000


def test_the_warming_up_is_not_timed(clock):
    """Nor does it say how often work is done for one timing, which is many times here."""
    done = []

    def work():
        done.append(100.0 if not done else 0.01)
        clock.now += done[-1]

    assert in_turn({"a": work}, Effort(repeats=3, least=1.0), clock)["a"] == pytest.approx([0.01] * 3)
    assert len(done) > 3 * 100


def test_a_figure_is_head_over_base_in_their_units(clock):
    found = compared(
        "head over base",
        head=clock.work("head", 6.0),
        base=clock.work("base", 4.0),
        units=(3.0, 1.0),
        effort=Effort(repeats=2, least=1.0),
        at_most=0.5,
        clock=clock,
    )
    assert found.found == Ratio(median=0.5, least=0.5, most=0.5)
    assert found.reached is True


@pytest.mark.parametrize(("at_most", "reached"), [(None, None), (1.9, False), (2.0, True)])
def test_an_aim_is_held_against_the_median(at_most, reached):
    found = Figure(name="a over b", found=Ratio(median=2.0, least=1.0, most=9.0), at_most=at_most)
    assert found.reached is reached


def test_growth_takes_the_median_of_each_size(clock):
    times = iter([1.0, 1.0, 1.0, 70.0, 1.0])

    def small():
        clock.now += next(times)

    works = {1.0: small, 10.0: clock.work("b", 100.0), 100.0: clock.work("c", 10_000.0)}
    found = grown("work", "n", works, Effort(repeats=3, least=1.0), clock)
    assert found.sizes == (1.0, 10.0, 100.0)
    assert found.seconds == (1.0, 100.0, 10_000.0)
    assert found.law.exponent == pytest.approx(2.0)


def test_a_power_law_is_found_with_no_width():
    found = power_law([1, 2, 4, 8], [3 * n**1.5 for n in (1, 2, 4, 8)])
    assert [found.exponent, found.low, found.high, found.last] == pytest.approx([1.5] * 4)
    assert found.constant == pytest.approx(3.0)


def test_the_interval_is_that_of_students_law():
    """Three points by hand: the slope is 1, the middle one is off by log 2, one degree of freedom."""
    found = power_law([1, 10, 100], [1.0, 20.0, 100.0])
    x = math.log(10)
    rest = math.log(2) ** 2 * (1 / 9 + 4 / 9 + 1 / 9)
    half = 12.706204736432095 * math.sqrt(rest / (2 * x**2))
    assert found.exponent == pytest.approx(1.0)
    assert [found.low, found.high] == pytest.approx([1 - half, 1 + half])


def test_the_last_exponent_is_that_between_the_largest_sizes():
    found = power_law([100, 1, 10], [100.0, 1.0, 1.0])
    assert found.last == pytest.approx(2.0)
    assert found.exponent == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("sizes", "costs", "words"),
    [
        ([1, 1, 2], [1, 2, 3], "sizes must be at least 3 different ones"),
        ([1, 2, 3], [1, 0, 3], "costs must be positive"),
        ([1, -2, 3], [1, 2, 3], "sizes must be positive"),
        ([1, 2, 3], [1, 2], "costs"),
        ([1, 2, math.nan], [1, 2, 3], "sizes"),
    ],
)
def test_what_is_no_growth_is_refused(sizes, costs, words):
    with pytest.raises(InvalidProblem, match=words):
        power_law(sizes, costs)


@pytest.mark.parametrize(("name", "value"), [("repeats", 0), ("least", 0.0), ("least", math.nan)])
def test_an_effort_of_nothing_is_refused(name, value):
    with pytest.raises(InvalidProblem, match=name):
        Effort(**{name: value})
