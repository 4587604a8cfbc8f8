"""The smallest interval around several balls."""

from flint import arb

from explore_theory.certify.intervals import hull


def test_a_hull_reaches_from_the_least_to_the_largest():
    for balls in ((2, 1, 3), (3, 2, 1), (1, 3, 2), (2,)):
        found = hull(*map(arb, balls), moves=True)
        assert (found.lo, found.hi, found.moves) == (min(balls), max(balls), True)


def test_a_hull_of_something_that_is_no_number_is_the_whole_line():
    for balls in ((arb.nan(), arb(1)), (arb(1), arb.nan()), (arb(1), arb(2), arb.nan())):
        assert hull(*balls).floats() == (float("-inf"), float("inf"))
