"""Verdicts: every relation, both ends of every interval, infinities, NaN, exact numbers."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.errors import InvalidClaim
from explore_theory.harness.measures.measurement import Bound, Measurement, Resolution
from explore_theory.harness.storage.records import decode_summary, encode_summary
from explore_theory.harness.verdicts.summary import NOT_APPLICABLE, Reading, merge, summarise
from explore_theory.harness.verdicts.verdict import Status, Verdict, combine, decide, moved, slack

NONE = Resolution()
PLAIN = Reading()
INF = math.inf


def verdict(lo, hi, bound_lo, bound_hi, relation, **reading):
    read = Reading(**reading)
    measured = Measurement(lo=np.array([lo]), hi=np.array([hi]), effort=1)
    bound = Bound(lo=np.array([bound_lo]), hi=np.array([bound_hi]))
    return decide(summarise(measured, bound, read), relation, read.resolution).status


@pytest.mark.parametrize(
    ("lo", "hi", "bound_lo", "bound_hi", "relation", "status"),
    [
        (1, 2, 2, 3, "<=", Status.HOLDS),
        (1, 2.1, 2, 3, "<=", Status.INCONCLUSIVE),
        (3.1, 4, 2, 3, "<=", Status.REFUTED),
        (3, 4, 2, 3, "<=", Status.INCONCLUSIVE),
        (3, 4, 2, 3, ">=", Status.HOLDS),
        (2.9, 4, 2, 3, ">=", Status.INCONCLUSIVE),
        (1, 1.9, 2, 3, ">=", Status.REFUTED),
        (2, 2, 2, 2, "==", Status.HOLDS),
        (2, 2.1, 2, 2, "==", Status.INCONCLUSIVE),
        (2.1, 2.2, 2, 2, "==", Status.REFUTED),
        (1.8, 1.9, 2, 2, "==", Status.REFUTED),
        (INF, INF, INF, INF, "==", Status.NOT_APPLICABLE),
        (-INF, -INF, -INF, -INF, "==", Status.NOT_APPLICABLE),
        (INF, INF, 5, 5, "==", Status.REFUTED),
        (5, 5, INF, INF, "==", Status.REFUTED),
        (-INF, INF, 0, 0, "==", Status.INCONCLUSIVE),
        (0, 0, INF, INF, "<=", Status.NOT_APPLICABLE),
        (0, 0, -INF, -INF, ">=", Status.NOT_APPLICABLE),
        (INF, INF, 5, 5, "<=", Status.REFUTED),
        (0, 0, INF, INF, ">=", Status.REFUTED),
        (-INF, -INF, 5, 5, "<=", Status.NOT_APPLICABLE),
        (0, 0, -INF, INF, "<=", Status.INCONCLUSIVE),
        (math.nan, 1, 2, 2, "<=", Status.INCONCLUSIVE),
        (1, 1, math.nan, 2, "<=", Status.INCONCLUSIVE),
        (Fraction(1, 3), Fraction(1, 3), Fraction(1, 3), Fraction(1, 3), "==", Status.HOLDS),
        (Fraction(1, 3), Fraction(1, 3), 1 / 3, 1 / 3, "==", Status.REFUTED),
    ],
)
def test_each_relation_at_each_end(lo, hi, bound_lo, bound_hi, relation, status):
    assert verdict(lo, hi, bound_lo, bound_hi, relation) is status


def test_a_resolution_forgives_rounding_and_no_more():
    fine = Resolution(absolute=1e-9, relative=1e-6)
    assert verdict(1, 1 + 9e-7, 1, 1, "<=", resolution=fine) is Status.HOLDS
    assert verdict(1, 1 + 2e-6, 1, 1, "<=", resolution=fine) is Status.INCONCLUSIVE
    above = verdict(1 + 1e-8, 1 + 1e-8, 1, 1, "<=", resolution=fine)
    assert above is Status.REFUTED, "a resolution never excuses lo"


@pytest.mark.parametrize("bad", [{"relative": 0.05}, {"absolute": -1.0}, {"absolute": math.nan}])
def test_a_resolution_outside_its_range_is_refused(bad):
    with pytest.raises(InvalidClaim, match="resolution"):
        Resolution(**bad)


def test_where_an_assumption_fails_nothing_is_said():
    measured = Measurement(
        lo=np.array([9.0, 1.0]), hi=np.array([9.0, 1.0]), effort=2, applicable=np.array([False, True])
    )
    assert decide(summarise(measured, Bound.of(2.0), PLAIN), "<=", NONE).status is Status.HOLDS
    nowhere = Measurement.exact([9.0], applicable=np.array([False]))
    assert decide(summarise(nowhere, Bound.of(2.0), PLAIN), "<=", NONE).status is Status.NOT_APPLICABLE


def test_conjunction_refuted_then_error_then_inconclusive():
    def v(status):
        return Verdict(status=status, reason="")

    order = [Status.REFUTED, Status.ERROR, Status.INCONCLUSIVE, Status.HOLDS]
    for k, worst in enumerate(order):
        assert combine([v(s) for s in reversed(order[k:])]).status is worst
    assert combine([v(Status.NOT_APPLICABLE), v(Status.HOLDS)]).status is Status.HOLDS
    assert combine([v(Status.NOT_APPLICABLE)]).status is Status.INCONCLUSIVE
    assert combine([]).status is Status.INCONCLUSIVE


@pytest.mark.parametrize(
    ("measured", "bound", "relation", "breaks"),
    [
        (0.96, 1.0, "<=", True),
        (0.95, 1.0, "<=", False),
        (1.04, 1.0, ">=", True),
        (1.06, 1.0, ">=", False),
        (1.0, 1.0, "==", True),
        (-2.0, -2.0, "==", True),
        (0.0, 0.0, "==", False),
        (Fraction(20, 21) + Fraction(1, 10**30), Fraction(1), "<=", True),
        (Fraction(20, 21), Fraction(1), "<=", False),
    ],
)
def test_a_moved_bound_breaks_exactly_where_it_should(measured, bound, relation, breaks):
    summary = summarise(Measurement.exact([measured]), Bound.of([bound]), PLAIN)
    assert decide(summary, relation, NONE).status is Status.HOLDS
    assert (moved(summary, relation, NONE, Fraction(21, 20)).status is Status.REFUTED) == breaks


def test_slack_is_taken_at_the_tightest_comparison():
    summary = summarise(Measurement.exact([1.0, 3.0, 2.0]), Bound.of([4.0, 6.0, 9.0]), PLAIN)
    assert slack(summary, "<=") == 2.0
    assert slack(summarise(Measurement.exact([4.0, 6.0]), Bound.of([1.0, 3.0]), PLAIN), ">=") == 2.0
    assert slack(summarise(Measurement.exact([0.0]), Bound.of([1.0]), PLAIN), "<=") is None


numbers = st.floats(-1e3, 1e3) | st.sampled_from([INF, -INF, math.nan])


@st.composite
def comparisons(draw):
    size = draw(st.integers(1, 150))
    pairs = [sorted(draw(st.tuples(numbers, numbers)), key=lambda x: (math.isnan(x), x)) for _ in range(size)]
    bounds = [draw(numbers) for _ in range(size)]
    lo = np.array([p[0] for p in pairs])
    hi = np.array([p[1] for p in pairs])
    applies = draw(st.lists(st.sampled_from(["yes", "yes", "masked", "fails"]), min_size=size, max_size=size))
    return lo, hi, np.array(bounds), np.array(applies)


@given(
    comparisons(),
    st.sampled_from(["<=", ">=", "=="]),
    st.integers(1, 70),
    st.sampled_from([NONE, Resolution(absolute=0.5, relative=0.01)]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from([0.01, 0.5, 1.0]),
)
def test_blocks_of_any_size_give_one_summary_and_the_naive_verdict(
    data, relation, block, resolution, coarse, equal, beyond, share
):
    lo, hi, bound, applies = data
    reading = Reading(resolution=resolution, coarse=coarse, infinite_means_equal=equal)

    def part(start, stop):
        rows = slice(start, stop)
        measured = Measurement(
            lo=lo[rows], hi=hi[rows], effort=stop - start, applicable=applies[rows] != "masked"
        )
        fails = {"beta > 0": applies[rows] == "fails"}
        return summarise(measured, Bound.of(bound[rows]), reading, first=start, fails=fails)

    whole = part(0, lo.size)
    pieces = merge([part(s, min(s + block, lo.size)) for s in range(0, lo.size, block)], reading)
    assert encode_summary(whole) == encode_summary(pieces)
    assert pieces.count == pieces.applicable + sum(pieces.left_out.values())
    for number, name in (("fails", "beta > 0"), ("masked", NOT_APPLICABLE)):
        assert pieces.left_out.get(name, 0) == np.sum(applies == number)
    expected = naive(lo, hi, bound, applies, relation, reading, beyond=beyond, share=share)
    assert decide(whole, relation, resolution, share=share, beyond=beyond).status is expected
    assert encode_summary(decode_summary(encode_summary(whole))) == encode_summary(whole)


def naive(lo, hi, bound, applies, relation, reading, *, beyond, share):
    """The definition, one comparison at a time."""
    statuses, says = [], 0
    for low, high, b, applied in zip(lo, hi, bound, applies, strict=True):
        if applied != "yes":
            continue
        tolerance = reading.resolution.at(b)
        infinite = math.isinf(b) or (math.isinf(low) and low == high)
        silent = infinite and not (reading.infinite_means_equal and low == high == b)
        if not reading.coarse and tolerance > 0.02 * (1 + 1e-9) * abs(b):
            silent = True
        says += not silent
        if any(map(math.isnan, (low, high, b))):
            statuses.append(Status.INCONCLUSIVE)
            continue
        margin = tolerance if beyond else 0
        above, below = low > b + margin, high < b - margin
        fits_above = high <= b or high <= b + tolerance
        fits_below = low >= b or low >= b - tolerance
        refuted = {"<=": above, ">=": below, "==": above or below}[relation]
        holds = {"<=": fits_above, ">=": fits_below, "==": fits_above and fits_below}[relation]
        statuses.append(Status.REFUTED if refuted else Status.HOLDS if holds else Status.INCONCLUSIVE)
    for status in (Status.REFUTED, Status.INCONCLUSIVE):
        if status in statuses:
            return status
    return Status.HOLDS if says and says >= share * len(lo) else Status.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Measurement(lo=np.array([2.0]), hi=np.array([1.0]), effort=1), "lo must not exceed hi"),
        (lambda: Measurement.exact([[1.0]]), "one-dimensional"),
        (
            lambda: summarise(Measurement.exact([1.0, 2.0]), Bound.of([1.0, 2.0, 3.0]), PLAIN),
            "one entry or 2",
        ),
        (lambda: decide(summarise(Measurement.exact([1.0]), Bound.of(1.0), PLAIN), "<", NONE), "relation"),
        (lambda: moved(summarise(Measurement.exact([1.0]), Bound.of(1.0), PLAIN), "<=", NONE, 0), "factor"),
    ],
)
def test_malformed_comparisons_are_refused(call, message):
    with pytest.raises(InvalidClaim, match=message):
        call()


def test_reasons_show_enough_digits_to_tell_the_numbers_apart():
    summary = summarise(Measurement.exact([1.0 + 1e-10]), Bound.of(1.0), PLAIN)
    reason = decide(summary, "<=", NONE).reason
    assert reason == "measured 1.0000000001 > bound 1"
