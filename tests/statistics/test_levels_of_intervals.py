"""At the boundary, and at a level large enough to see it, no interval misses more often than it may.

Each null would miss more often than its level if a division of the level were dropped: by sides, budgets,
cells, events. Where the inequality behind an interval is too generous for that, the level of every part is
read off against the inequality as it is printed.
"""

import math

import numpy as np
import pytest
from nulls import design, uniforms
from scipy.stats import binom

from explore_theory.statistics import (
    bernoulli_sequence,
    bounded_mean_sequence,
    clopper_pearson,
    counted_sup_distance,
    dkw_margin,
    dkw_size,
    event_distance,
    geometric_budgets,
    quantile_ranks,
    smallest_budget,
    sup_distance,
    total_variation,
    total_variation_margin,
)

ALPHA = 0.3


def hoeffding(n, alpha):
    """``P(|X/n - p| > e) <= 2 exp(-2 n e^2)``, and Massart's bound for distribution functions."""
    return math.sqrt(math.log(2 / alpha) / (2 * n))


def by_sets(n, cells, alpha):
    """``P(max over sets of (P_n - P) > e) <= (2^k - 2) exp(-2 n e^2)``."""
    return math.sqrt(math.log((2**cells - 2) / alpha) / (2 * n))


def by_expectation(n, cells, alpha):
    """The mean is at most ``sqrt((k - 1)/n)/2``; ``P(more by e) <= exp(-2 n e^2)``."""
    return math.sqrt((cells - 1) / n) / 2 + math.sqrt(math.log(1 / alpha) / (2 * n))


# --- sequences ---------------------------------------------------------------------------------------------


def test_each_side_of_a_mean_ends_where_a_bet_on_it_has_won_two_over_alpha():
    """Half of the level for each side, by Ville's inequality: the bets are played anew, one by one."""
    x = (uniforms("mean", 1, 600)[0] < 0.5).astype(float) * 0.8 + 0.1
    lo, hi = bounded_mean_sequence(x, 0.0, 1.0, ALPHA)
    n = int(np.argmin(hi - lo)) + 1
    seen, spread = [0.5], [0.25]
    wealth = {1: 0.0, -1: 0.0}
    ends = {}
    for i, value in enumerate(x, start=1):
        before = sum(seen) / len(seen)
        bet = min(0.75, math.sqrt(2 * math.log(2 / ALPHA) / (sum(spread) / len(spread) * i * math.log1p(i))))
        price = -math.log1p(-bet) - bet
        for side, end in ((1, lo[n - 1]), (-1, hi[n - 1])):
            wealth[side] += bet * side * (value - end) - price * (value - before) ** 2
            ends[side] = max(ends.get(side, -math.inf), wealth[side])
        seen.append(value)
        spread.append((value - sum(seen) / len(seen)) ** 2)
        if i == n:
            break
    # Both are the best ends so far: the richest moment of either bet was worth exactly this much.
    assert ends[1] == pytest.approx(math.log(2 / ALPHA), rel=1e-6)
    assert ends[-1] == pytest.approx(math.log(2 / ALPHA), rel=1e-6)


def test_a_mean_watched_at_every_value_misses_at_its_level():
    runs, most = design(ALPHA, 0.45)
    x = (uniforms("means", runs, 512) < 0.5).astype(float)
    lo, hi = bounded_mean_sequence(x, 0.0, 1.0, ALPHA)
    assert 0 < np.sum(~((lo[:, -1] <= 0.5) & (hi[:, -1] >= 0.5))) <= most


def test_a_frequency_watched_at_every_trial_costs_its_mixture():
    """By enumeration of all paths: without it, as at one size alone, .9 of the time."""
    last, p = 400, 0.5
    alive, missed = np.array([1.0]), 0.0
    for n in range(1, last + 1):
        alive = np.convolve(alive, [1 - p, p])
        lo, hi = bernoulli_sequence(np.arange(n + 1), n, ALPHA)
        out = (lo > p) | (hi < p)
        missed += alive[out].sum()
        alive[out] = 0
    assert 0.15 < missed <= ALPHA


# --- one size ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trials", [300, 1000])
@pytest.mark.parametrize("level", [0.3, 0.5])
def test_ranks_miss_the_quantile_on_both_sides_together_at_their_level(trials, level):
    """Exactly, for a continuous law, the worst: each side at the whole level would miss .56 and more."""
    low, high = quantile_ranks(trials, level, ALPHA)
    missed = binom.cdf(low - 1, trials, level) + binom.sf(high - 1, trials, level)
    assert 0.8 * ALPHA < missed <= ALPHA


@pytest.mark.parametrize("p", [0.2, 0.5])
def test_an_exact_interval_misses_on_both_sides_together_at_its_level(p):
    k = np.arange(1001)
    lo, hi = clopper_pearson(k, 1000, ALPHA)
    missed = binom.pmf(k, 1000, p)[(lo > p) | (hi < p)].sum()
    assert 0.8 * ALPHA < missed <= ALPHA


# --- laws --------------------------------------------------------------------------------------------------


def test_a_law_on_the_line_is_held_from_both_sides_at_its_level():
    """Without the two of ``2 exp(-2 n e^2)`` a continuous law is missed more than .5 of the time."""
    runs, most = design(ALPHA, 0.5)
    draws = uniforms("line", runs, 1000)
    missed = sum(sup_distance(row, lambda x: np.clip(x, 0, 1), ALPHA).lo > 0 for row in draws)
    assert 0.15 * runs < missed <= most


def test_two_laws_are_held_at_half_the_level_each():
    n, m = 400, 700
    draws = uniforms("two laws", n + m, 1)[:, 0]
    margin = hoeffding(n, ALPHA / 2) + hoeffding(m, ALPHA / 2)
    assert sup_distance(draws[:n], draws[n:], ALPHA).margin == pytest.approx(margin, rel=1e-12)
    assert counted_sup_distance([n, 0], [0, m], ALPHA).margin == pytest.approx(margin, rel=1e-12)
    assert dkw_margin(n, ALPHA) == pytest.approx(hoeffding(n, ALPHA), rel=1e-12)
    assert hoeffding(dkw_size(0.01, ALPHA), ALPHA) <= 0.01 < hoeffding(dkw_size(0.01, ALPHA) - 1, ALPHA)


def test_many_events_share_the_level_of_both_samples():
    """3,000 fair coins: at the level of one, some pair of frequencies is too far apart nearly always."""
    n, events = 200, 3000
    runs, most = design(ALPHA, 0.8)
    level = uniforms("events", 2 * runs, events)
    first, second = binom.ppf(level, n, 0.5).reshape(2, runs, events)
    missed = sum(event_distance(a, n, b, n, ALPHA).lo > 0 for a, b in zip(first, second, strict=True))
    assert missed <= most
    margin = hoeffding(n, ALPHA / (2 * events)) + hoeffding(3 * n, ALPHA / (2 * events))
    found = event_distance(first[0], n, second[0], 3 * n, ALPHA)
    assert found.margin == pytest.approx(margin, rel=1e-12)


def test_cells_cost_the_number_of_their_sets_or_the_mean_of_their_distance():
    """Draws of a law of 40 equal cells: the distance exceeds the margin of a single set always."""
    cells, n = 40, 400
    runs, most = design(ALPHA, 0.8)
    places = np.floor(cells * uniforms("cells", runs, n)).astype(int)
    law = np.full(cells, 1 / cells)
    found = [total_variation(np.bincount(row, minlength=cells), ALPHA, law=law) for row in places]
    assert sum(one.lo > 0 for one in found) <= most


@pytest.mark.parametrize(
    ("cells", "n", "which"), [(2, 90, by_sets), (5, 70, by_sets), (400, 50, by_expectation)]
)
def test_the_margin_of_cells_is_the_lesser_of_two_that_are_printed(cells, n, which):
    printed = min(by_sets(n, cells, ALPHA), by_expectation(n, cells, ALPHA))
    assert printed == which(n, cells, ALPHA)
    assert total_variation_margin(n, cells, ALPHA) == pytest.approx(printed, rel=1e-12)


def test_two_laws_on_cells_are_held_at_half_the_level_each():
    found = total_variation([30, 60], ALPHA, other=[40, 20])
    assert found.margin == pytest.approx(by_sets(90, 2, ALPHA / 2) + by_sets(60, 2, ALPHA / 2), rel=1e-12)
    unseen = total_variation([30, 60], ALPHA, other=[40, 20], cells=5)
    assert unseen.margin == pytest.approx(by_sets(90, 5, ALPHA / 2) + by_sets(60, 5, ALPHA / 2), rel=1e-12)


# --- thresholds --------------------------------------------------------------------------------------------


def test_the_budgets_of_a_search_share_its_level():
    """All budgets just suffice: at the level of one, four failures in a row call a budget short, wrongly."""
    budgets = geometric_budgets(1, 32, 1.1)
    runs, most = design(ALPHA, 0.7)
    coins = uniforms("search", runs * len(budgets), 4).reshape(runs, len(budgets), 4) < 0.5

    def short(row):
        def successes(budget, first, rows):
            return int(row[budgets.index(budget), first : first + rows].sum())

        found = smallest_budget(
            successes, level=0.5, alpha=ALPHA, first=1, last=32, ratio=1.1, most_rows=4, block=4
        )
        return found.lo > 0

    assert len(budgets) > 16
    assert sum(map(short, coins)) <= most
