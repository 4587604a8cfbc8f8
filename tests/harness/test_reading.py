"""How comparisons are read: which say nothing and why, how many must speak, what is beyond the resolution."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explore_theory.errors import InvalidClaim
from explore_theory.harness.measures.measurement import Bound, Measurement, Resolution
from explore_theory.harness.storage.records import encode_summary
from explore_theory.harness.verdicts.shortlist import shortlist
from explore_theory.harness.verdicts.summary import (
    INFINITE,
    NOT_APPLICABLE,
    UNRESOLVED,
    Reading,
    Row,
    extremes,
    merge,
    summarise,
)
from explore_theory.harness.verdicts.verdict import Status, decide, moved, slack

INF, NAN = math.inf, math.nan
PLAIN, NONE = Reading(), Resolution()
HUGE = Fraction(10) ** 400


def summary(measured, bound, reading=PLAIN, **more):
    fails = more.pop("fails", None)
    return summarise(Measurement.exact(measured, **more), Bound.of(bound), reading, fails=fails)


def status(measured, bound, relation="<=", reading=PLAIN, *, share=0.5, beyond=False, **more):
    found = summary(measured, bound, reading, **more)
    return decide(found, relation, reading.resolution, share=share, beyond=beyond).status


# --- infinite bounds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [INF, -INF])
@pytest.mark.parametrize("relation", ["<=", ">=", "=="])
def test_infinities_on_both_sides_say_nothing_unless_the_statement_makes_them_equal(number, relation):
    assert status([number], [number], relation) is Status.NOT_APPLICABLE
    assert status([number], [number], relation, Reading(infinite_means_equal=True)) is Status.HOLDS


def test_infinities_of_two_signs_are_never_equal():
    equal = Reading(infinite_means_equal=True)
    assert status([-INF], [INF], "==", equal) is Status.REFUTED
    assert status([-INF], [INF], "<=", equal) is Status.NOT_APPLICABLE
    half = summarise(Measurement(lo=[0.0], hi=[INF], effort=1), Bound.of(INF), equal)
    assert half.left_out == {INFINITE: 1}, "an enclosure that reaches infinity is not infinity"


def test_an_infinity_can_still_refute_and_says_nothing_in_favour():
    assert status([1.0], [INF], ">=") is Status.REFUTED
    assert status([INF], [1.0], "<=") is Status.REFUTED
    assert status([-INF], [1.0], "<=") is Status.NOT_APPLICABLE, "as the logarithm of what underflowed"
    open_above = Measurement(lo=[2.0], hi=[INF], effort=1)
    assert summarise(open_above, Bound.of(1.0), Reading()).left_out == {}


def test_a_fraction_beyond_the_range_of_doubles_is_not_infinite():
    assert status([HUGE], [HUGE + 1]) is Status.HOLDS
    assert status([HUGE + 1], [HUGE]) is Status.REFUTED
    assert status([-HUGE], [-HUGE - 1]) is Status.REFUTED
    assert summary([HUGE], [INF]).left_out == {INFINITE: 1}
    assert status([HUGE], [-INF]) is Status.REFUTED
    assert status([INF], [HUGE]) is Status.REFUTED


# --- resolution ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resolution", "bound", "silent"),
    [
        (Resolution(absolute=0.02), 1.0, False),
        (Resolution(absolute=0.021), 1.0, True),
        (Resolution(absolute=0.021), -1.0, True),
        (Resolution(absolute=0.021), 2.0, False),
        (Resolution(absolute=0.021), -2.0, False),
        (Resolution(relative=0.02), 1e-300, False),
        (Resolution(relative=0.021), 1e300, True),
        (Resolution(absolute=1e-300), 0.0, True),
        (Resolution(relative=0.01), 0.0, False),
        (Resolution(absolute=0.02), Fraction(1), False),
        (Resolution(absolute=0.021), Fraction(1), True),
        (Resolution(absolute=0.021), NAN, False),
    ],
)
def test_a_comparison_says_nothing_where_its_allowance_is_over_a_fiftieth_of_its_bound(
    resolution, bound, silent
):
    found = summary([-5.0], [bound], Reading(resolution=resolution))
    assert found.left_out == ({UNRESOLVED: 1} if silent else {})
    assert summary([-5.0], [bound], Reading(resolution=resolution, coarse=True)).left_out == {}


def test_the_smaller_end_of_a_bound_is_what_the_resolution_is_held_against():
    wide = Bound(lo=np.array([0.5]), hi=np.array([2.0]))
    reading = Reading(resolution=Resolution(absolute=0.02))
    assert summarise(Measurement.exact([0.1]), wide, reading).left_out == {UNRESOLVED: 1}


def test_a_comparison_that_is_not_resolved_can_still_refute():
    reading = Reading(resolution=Resolution(absolute=0.5))
    assert status([2.0], [1.0], reading=reading) is Status.REFUTED
    assert status([1.0], [1.0], reading=reading) is Status.NOT_APPLICABLE


@pytest.mark.parametrize("bound", [1.0, Fraction(1)])
@pytest.mark.parametrize(
    ("relation", "sign"), [("<=", 1), (">=", -1), ("==", 1), ("==", -1)], ids=["<=", ">=", "== up", "== down"]
)
def test_what_must_be_caught_is_refuted_beyond_the_resolution_only(bound, relation, sign):
    reading = Reading(resolution=Resolution(absolute=2.0**-7))
    inside, outside = 1 + sign * 2.0**-7, 1 + sign * 2.0**-6
    assert status([inside], [bound], relation, reading) is Status.REFUTED
    assert status([inside], [bound], relation, reading, beyond=True) is Status.HOLDS
    assert status([outside], [bound], relation, reading, beyond=True) is Status.REFUTED


def test_the_row_beyond_the_resolution_is_found_where_another_is_further_outside():
    """Relative allowances differ: the second row is further out, only the first is beyond."""
    reading = Reading(resolution=Resolution(relative=0.01))
    assert status([1.1, 1005.0], [1.0, 1000.0], "<=", reading, beyond=True) is Status.REFUTED
    assert status([0.9, 995.0], [1.0, 1000.0], ">=", reading, beyond=True) is Status.REFUTED


@pytest.mark.parametrize("more", [0, 100], ids=["all rows", "a shortlist"])
@pytest.mark.parametrize(("relation", "side"), [("<=", 1), (">=", -1)])
def test_the_row_beyond_the_resolution_is_found_where_it_is_extreme_in_no_other_sense(more, relation, side):
    """Row 0 is further outside, row 1 is beyond, row 2 reaches furthest; no ratio is positive."""
    reading = Reading(resolution=Resolution(relative=0.01))
    near = np.array([-1000 + 5 * side, -1 + 0.1 * side, -1.0, *[-1.0] * more])
    far = near.copy()
    far[2] += 5 * side
    bound = np.array([-1000.0, -1.0, -1.0, *[-1.0] * more])
    lo, hi = (near, far) if side > 0 else (far, near)
    found = summarise(Measurement(lo=lo, hi=hi, effort=1), Bound.of(bound), reading)
    verdict = decide(found, relation, reading.resolution, beyond=True)
    assert (verdict.status, verdict.row.index) == (Status.REFUTED, 1)


def test_a_moved_bound_counts_beyond_the_resolution_only():
    reading = Reading(resolution=Resolution(absolute=0.02))
    for measured, breaks in ((0.96, False), (0.98, True)):
        found = moved(summary([measured], [1.0], reading), "<=", reading.resolution, Fraction(21, 20))
        assert (found.status is Status.REFUTED) == breaks


def test_resolutions_at_fractions_are_exact_and_at_infinity_absolute():
    fine = Resolution(absolute=0.5, relative=2.0**-10)
    assert fine.at(HUGE) == Fraction(1, 2) + HUGE / 2**10
    assert fine.at(-1.0) == 0.5 + 2.0**-10
    assert fine.at(INF) == 0.5
    assert not Resolution()
    assert Resolution().at(HUGE) == 0
    assert [str(r) for r in (fine, Resolution(absolute=0.5), Resolution())] == [
        "0.5 + 0.000976562 of the bound",
        "0.5",
        "0",
    ]
    reading = Reading(resolution=fine)
    assert status([HUGE + HUGE / 2**10], [HUGE], reading=reading, beyond=True) is Status.HOLDS
    assert status([HUGE + HUGE / 2**10 + 1], [HUGE], reading=reading, beyond=True) is Status.REFUTED


# --- mixed fractions and doubles ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measured", "bound", "relation", "expected"),
    [
        (Fraction(1, 10), 0.1, "<=", Status.HOLDS),
        (0.1, Fraction(1, 10), "<=", Status.REFUTED),
        (2**53 + 1, float(2**53), "<=", Status.REFUTED),
        (float(2**53), 2**53 + 1, ">=", Status.REFUTED),
        (0.5, Fraction(1, 2), "==", Status.HOLDS),
        (1 / HUGE, 0.0, "<=", Status.REFUTED),
        (0.0, 1 / HUGE, "<=", Status.HOLDS),
        (5e-324, 1 / HUGE, "<=", Status.REFUTED),
        (1.7e308, HUGE, "<=", Status.HOLDS),
    ],
)
def test_a_comparison_that_rounding_would_turn_is_exact(measured, bound, relation, expected):
    assert status([measured], [bound], relation) is expected


@pytest.mark.parametrize(
    ("measured", "bound", "relation", "ratio"),
    [
        (1 / HUGE, Fraction(1), "<=", INF),
        (Fraction(1), HUGE, "<=", INF),
        (Fraction(1), 1 / HUGE, ">=", INF),
        (HUGE, 2 * HUGE, "<=", 2.0),
        (3 / HUGE, 1 / HUGE, ">=", 3.0),
        (0.25, Fraction(1, 2), "<=", 2.0),
    ],
)
def test_slack_is_right_beyond_the_range_of_doubles(measured, bound, relation, ratio):
    assert slack(summary([measured], [bound]), relation) == ratio


def test_extremes_among_fractions_are_told_apart_where_doubles_are_not():
    small = Fraction(1, 10**30)
    found = summary([1 + small, 1 + 3 * small, 1 + 2 * small], [2.0])
    assert found.rows["above"].index == 1
    assert found.rows["ratio_above"].index == 1
    assert found.rows["below"].index == 0
    tight = summary([Fraction(20, 21) + small], [Fraction(1)])
    assert moved(tight, "<=", NONE, Fraction(21, 20)).status is Status.REFUTED


some = st.floats(-1e3, 1e3) | st.sampled_from([INF, -INF, NAN, 0.0, 1.0, -1.0, 1e308, -1e308, 5e-324])


def ordered(pair):
    return tuple(sorted(pair)) if not any(map(math.isnan, pair)) else pair


intervals = st.tuples(some, some).map(ordered)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(intervals, intervals), min_size=65, max_size=75),
    st.sampled_from([NONE, Resolution(absolute=0.5, relative=0.01), Resolution(relative=0.04)]),
)
def test_the_shortlist_of_doubles_holds_every_extreme(pairs, resolution):
    lo, hi, bound_lo, bound_hi = np.array([(*m, *b) for m, b in pairs]).T
    reading = Reading(resolution=resolution)
    chosen = shortlist(lo, hi, bound_lo, bound_hi, np.ones(len(pairs), dtype=bool), resolution)
    rows = [Row(index=k, lo=m[0], hi=m[1], bound_lo=b[0], bound_hi=b[1]) for k, (m, b) in enumerate(pairs)]
    everything, short = extremes(rows, reading), extremes([rows[k] for k in chosen], reading)
    assert {name: row.index for name, row in everything.items()} == {
        name: row.index for name, row in short.items()
    }
    assert len(chosen) <= 10


apart = st.sampled_from([Fraction(0), Fraction(1, 10**20), Fraction(-1, 10**25), Fraction(1, 10**400)])
exactly = st.builds(
    lambda size, more: size * (1 + more) if size else more,
    st.sampled_from([Fraction(1), Fraction(1, 3), Fraction(-2, 7), Fraction(0), Fraction(10) ** 400]),
    apart,
)
exact_or_not = exactly | st.sampled_from([INF, -INF, NAN, 0.5])


@given(
    st.lists(st.tuples(exact_or_not, exactly), min_size=9, max_size=40),
    st.sampled_from([NONE, Resolution(absolute=1e-3, relative=0.01)]),
)
def test_the_shortlist_of_exact_numbers_holds_every_extreme(pairs, resolution):
    """Among numbers that no double tells apart, too small or too large for one, or not numbers."""
    lo, bound = (np.array([*side, Fraction(1, 3)], dtype=object) for side in zip(*pairs, strict=True))
    chosen = shortlist(lo, lo, bound, bound, np.ones(len(lo), dtype=bool), resolution)
    rows = [
        Row(index=k, lo=a, hi=a, bound_lo=b, bound_hi=b)
        for k, (a, b) in enumerate(zip(lo, bound, strict=True))
    ]
    reading = Reading(resolution=resolution)
    everything, short = extremes(rows, reading), extremes([rows[k] for k in chosen], reading)
    assert {name: row.index for name, row in everything.items()} == {
        name: row.index for name, row in short.items()
    }


def test_the_shortlist_of_exact_numbers_forgives_what_doubles_err():
    """All exceed by a third, and the one that looks least in doubles by 1e-20 more."""
    lo = np.array([Fraction(k, 997) for k in range(400, 460)], dtype=object)
    bound = lo - Fraction(1, 3)
    seen = lo.astype(float) - bound.astype(float)
    largest = 10 + int(np.argmin(seen[10:50]))
    assert seen[largest] < seen.max()
    bound[largest] -= Fraction(1, 10**20)
    assert largest in shortlist(lo, lo, bound, bound, np.ones(len(lo), dtype=bool), NONE)


def test_of_many_exact_comparisons_few_are_looked_at():
    values = np.array([Fraction(k, 1000) for k in range(1000)], dtype=object)
    one = np.array([Fraction(1)] * 1000, dtype=object)
    assert len(shortlist(values, values, one, one, np.ones(1000, dtype=bool), NONE)) <= 4
    live = np.ones(1000, dtype=bool)
    live[500:] = False
    assert 499 in shortlist(values, values, one, one, live, NONE)


@given(
    st.lists(st.tuples(some, some), min_size=1, max_size=90),
    st.sampled_from(["<=", ">=", "=="]),
    st.booleans(),
)
def test_doubles_and_the_same_numbers_as_fractions_get_one_verdict(pairs, relation, beyond):
    """The one on a shortlist in floating point, the other on all of them in exact arithmetic."""
    found = []
    for kind in (float, lambda x: Fraction(x) if math.isfinite(x) else x):
        # A fraction that is no whole number keeps the column exact.
        measured, bound = ([*map(kind, side), kind(0.5)] for side in zip(*pairs, strict=True))
        one = summary(measured, bound)
        found.append((decide(one, relation, NONE, beyond=beyond).status, one.applicable, one.left_out))
    assert found[0] == found[1]


# --- how many must say something ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("apply", "share", "expected"),
    [
        (5, 0.5, Status.HOLDS),
        (4, 0.5, Status.NOT_APPLICABLE),
        (4, 0.4, Status.HOLDS),
        (3, 0.4, Status.NOT_APPLICABLE),
        (9, 1.0, Status.NOT_APPLICABLE),
        (10, 1.0, Status.HOLDS),
        (0, 1e-9, Status.NOT_APPLICABLE),
        (1, 1e-9, Status.HOLDS),
    ],
)
def test_a_share_of_the_comparisons_must_say_something(apply, share, expected):
    applicable = np.arange(10) < apply
    assert status(np.zeros(10), [1.0], share=share, applicable=applicable) is expected


def test_one_comparison_that_refutes_is_enough_however_few_apply():
    applicable = np.arange(10) == 3
    assert status(np.full(10, 2.0), [1.0], applicable=applicable) is Status.REFUTED


@pytest.mark.parametrize("odd", [NAN, "wide"])
def test_what_is_open_stays_open_however_few_comparisons_apply(odd):
    """Else the other cases of a claim would cover it up."""
    lo, hi = np.zeros(10), np.zeros(10)
    lo[0], hi[0] = (NAN, NAN) if odd != "wide" else (0.0, 2.0)
    applicable = np.arange(10) < 2
    found = summarise(Measurement(lo=lo, hi=hi, effort=1, applicable=applicable), Bound.of(1.0), PLAIN)
    assert decide(found, "<=", NONE).status is Status.INCONCLUSIVE


@pytest.mark.parametrize("side", ["measured", "bound"])
@pytest.mark.parametrize("relation", ["<=", ">=", "=="])
@pytest.mark.parametrize("beyond", [False, True])
def test_a_nan_never_holds_and_never_refutes(side, relation, beyond):
    for number in (0.0, INF, Fraction(1, 3), HUGE):
        pair = ([NAN], [number]) if side == "measured" else ([number], [NAN])
        assert status(*pair, relation, beyond=beyond) is Status.INCONCLUSIVE
    other = ([NAN, 0.0], [0.0]) if side == "measured" else ([0.0, 0.0], [NAN, 0.0])
    assert status(*other, relation, beyond=beyond) is Status.INCONCLUSIVE


def test_each_reason_is_counted_once_and_the_verdict_says_it():
    measured = Measurement.exact(
        np.zeros(8), applicable=np.array([True] * 6 + [False] * 2), effort=8, unit="games"
    )
    fails = {"beta > 0": np.arange(8) == 0, "n > 1": np.arange(8) <= 1}
    bound = Bound.of([1.0, 1.0, INF, 0.1, 1.0, 1.0, INF, 1.0])
    reading = Reading(resolution=Resolution(absolute=0.01))
    found = summarise(measured, bound, reading, fails=fails)
    assert found.left_out == {"beta > 0": 1, "n > 1": 1, NOT_APPLICABLE: 2, INFINITE: 1, UNRESOLVED: 1}
    assert found.applicable == 2
    reason = decide(found, "<=", reading.resolution, share=0.2).reason
    assert reason == (
        "measured 0 <= bound 0.1, to a resolution of 0.01; 2 of 8 comparisons apply "
        "(1 left out: a side is infinite, 1 left out: beta > 0, 1 left out: finer than the resolution, "
        "1 left out: n > 1, 2 left out: not applicable)"
    )
    assert decide(found, "<=", reading.resolution).reason.startswith(
        "only 2 of 8 comparisons apply, and 0.5 of them must ("
    )


def test_an_assumption_of_another_length_is_refused():
    with pytest.raises(InvalidClaim, match="'n > 1' must be one truth value or 3, got 2"):
        summary(np.zeros(3), [1.0], fails={"n > 1": np.array([True, False])})


@given(
    st.lists(st.integers(0, 3), min_size=2, max_size=30),
    st.lists(st.integers(1, 29), max_size=5, unique=True),
)
def test_where_blocks_are_cut_does_not_matter_for_what_is_left_out(kinds, cuts):
    """0 holds, 1 is not applicable, 2 fails an assumption, 3 has an infinite bound."""
    kinds = np.array(kinds)
    bound = np.where(kinds == 3, INF, 1.0)

    def part(start, stop):
        mine = kinds[start:stop]
        measured = Measurement.exact(np.zeros(mine.size), applicable=mine != 1)
        fails = {"n > 1": mine == 2}
        return summarise(measured, Bound.of(bound[start:stop]), PLAIN, first=start, fails=fails)

    edges = [0, *sorted(cut for cut in cuts if cut < kinds.size), kinds.size]
    whole = part(0, kinds.size)
    merged = merge([part(a, b) for a, b in pairwise(edges)], PLAIN)
    assert encode_summary(merged) == encode_summary(whole)
    assert decide(merged, "<=", NONE) == decide(whole, "<=", NONE)
