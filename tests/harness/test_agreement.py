"""Two certified numbers agree to a stated accuracy, are proved to differ, or are left open."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.errors import InvalidClaim
from explore_theory.harness.measures.measurement import EXACT, Bound, Measurement, agreement
from explore_theory.harness.verdicts.summary import Reading, summarise
from explore_theory.harness.verdicts.verdict import Status, decide

INF, NAN = math.inf, math.nan
ONE = Bound.of(1.0)
HUGE = Fraction(10) ** 400


def agreed(measured, stated, accuracy):
    def interval(kind, ends, **more):
        return kind(lo=[ends[0]], hi=[ends[1]], **more)

    measure = agreement(
        lambda _: interval(Measurement, measured, effort=7, unit="programs"),
        lambda _: interval(Bound, stated),
        accuracy,
    )
    return measure(None)


@pytest.mark.parametrize(
    ("measured", "stated", "accuracy", "status"),
    [
        ((1.0, 1.0), (1.0, 1.0), 1e-9, Status.HOLDS),
        ((1.0, 1.5), (1.25, 1.5), 0.5, Status.HOLDS),
        ((1.0, 1.5), (1.25, 1.75), 0.75, Status.HOLDS),
        ((1.0, 1.5), (1.25, 1.75), 0.7, Status.INCONCLUSIVE),
        ((1.0, 2.0), (1.0, 2.0), 0.99, Status.INCONCLUSIVE),
        ((1.0, 2.0), (1.0, 2.0), 1.0, Status.HOLDS),
        ((1.0, 1.5), (1.5, 2.0), 0.5, Status.INCONCLUSIVE),
        ((1.0, 1.5), (1.6, 2.0), 1e9, Status.REFUTED),
        ((1.6, 2.0), (1.0, 1.5), 1e9, Status.REFUTED),
        ((1.0, 1.0), (1.0 + 2**-52, 1.0 + 2**-52), 1.0, Status.REFUTED),
        ((Fraction(1, 3), Fraction(1, 3)), (1 / 3, 1 / 3), 1.0, Status.REFUTED),
        ((HUGE, HUGE), (HUGE, HUGE), 1e-9, Status.HOLDS),
        ((HUGE, HUGE), (HUGE + 1, HUGE + 1), 1e300, Status.REFUTED),
        ((0.0, INF), (1.0, 1.0), 1.0, Status.INCONCLUSIVE),
        ((INF, INF), (INF, INF), 1.0, Status.INCONCLUSIVE),
        ((NAN, NAN), (1.0, 1.0), 1.0, Status.INCONCLUSIVE),
        ((1.0, 1.0), (NAN, 1.0), 1.0, Status.INCONCLUSIVE),
    ],
)
def test_numbers_agree_to_the_accuracy_or_differ_where_their_enclosures_are_apart(
    measured, stated, accuracy, status
):
    found = agreed(measured, stated, accuracy)
    assert decide(summarise(found, ONE, Reading()), "<=", EXACT).status is status
    assert (found.effort, found.unit) == (7, "programs")


@given(st.lists(st.fractions(-10, 10), min_size=4, max_size=4), st.fractions(Fraction(1, 100), 100))
def test_what_is_measured_encloses_the_distance_over_the_accuracy(ends, accuracy):
    a, b, c, d = (*sorted(ends[:2]), *sorted(ends[2:]))
    found = agreed((a, b), (c, d), accuracy)
    apart = max(c - b, a - d)
    assert (found.lo[0] > 1) == (apart > 0)
    assert found.lo[0] == (1 + apart / accuracy if apart > 0 else 0)
    furthest = max(abs(x - y) for x in (a, b) for y in (c, d))
    assert found.hi[0] >= furthest / accuracy
    if apart <= 0:
        assert found.hi[0] == furthest / accuracy


def test_one_formula_serves_many_comparisons_and_what_does_not_apply_stays_out():
    measure = agreement(
        lambda _: Measurement.exact([1.0, 5.0, 1.25], applicable=[True, False, True]),
        lambda _: Bound.of(1.0),
        0.25,
    )
    summary = summarise(measure(None), ONE, Reading())
    assert summary.left_out == {"not applicable": 1}
    assert decide(summary, "<=", EXACT).status is Status.REFUTED
    assert summary.rows["above"].index == 2


@pytest.mark.parametrize("accuracy", [0, 0.0, -1e-9, NAN, INF])
def test_an_accuracy_that_everything_or_nothing_would_meet_is_refused(accuracy):
    with pytest.raises(InvalidClaim, match="accuracy must be positive and finite, got accuracy="):
        agreement(lambda _: None, lambda _: None, accuracy)


# --- what is measured ---------------------------------------------------------------------------------------


def test_a_ball_is_a_measurement_with_its_radius():
    import flint

    ball = flint.arb("0.1")
    found = Measurement.exact([ball])
    assert found.lo[0] < Fraction(1, 10) < found.hi[0]
    assert Bound.of(ball).lo[0] == found.lo[0]
    more = Measurement.exact([ball], error=Fraction(1, 7))
    assert more.hi[0] - found.hi[0] == found.lo[0] - more.lo[0] == Fraction(1, 7)
    assert found.effort == 1


def test_an_error_is_rounded_outwards():
    found = Measurement.exact([0.1], error=1e-20)
    assert found.lo[0] < 0.1 < found.hi[0]
    stated = Bound.of([0.1], error=[1e-20])
    assert (stated.lo[0], stated.hi[0]) == (found.lo[0], found.hi[0])


@pytest.mark.parametrize("kind", [Measurement.exact, Bound.of])
@pytest.mark.parametrize("number", [1.0, Fraction(1, 3)])
def test_an_error_that_nobody_knows_makes_a_number_that_nobody_knows(kind, number):
    found = kind([number], error=NAN)
    assert math.isnan(found.lo[0])
    assert math.isnan(found.hi[0])
    assert kind([number], error=INF).lo[0] == -INF


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Measurement.exact([1.0], effort=0), "effort must be a whole number of at least 1"),
        (lambda: Measurement.exact([1.0], effort=1.5), "effort must be a whole number"),
        (lambda: Measurement.exact([1.0], effort=True), "effort must be a whole number"),
        (lambda: Measurement.exact([]), "at least one entry"),
        (lambda: Measurement.exact([1.0], applicable=[1]), "applicable must be truth values"),
        (lambda: Measurement.exact([1.0], applicable=[True, False]), r"applicable must have shape \(1,\)"),
        (lambda: Measurement(lo=[1.0], hi=[1.0, 2.0], effort=1), "one shape"),
        (lambda: Measurement(lo=[Fraction(1, 3)], hi=[0.3], effort=1), "lo must not exceed hi"),
        (lambda: Bound.of([[1.0]]), "bound must be one-dimensional"),
        (lambda: Bound.of(1.0, error=-1.0), "error must be at least 0"),
        (lambda: Bound.of("1"), "bound must be real numbers"),
    ],
)
def test_what_cannot_be_compared_is_refused(call, message):
    with pytest.raises(InvalidClaim, match=message):
        call()


def test_the_effort_is_kept_as_an_int():
    assert type(Measurement.exact([1.0], effort=np.int64(5)).effort) is int
