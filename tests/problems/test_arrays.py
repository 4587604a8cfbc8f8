"""What counts as an array of numbers: what float64 or int64 holds exactly, nothing that loses a meaning."""

import datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import floats, positive, real_array, whole, whole_array

BIG = 2**53 + 1


class Metres(np.ndarray):
    """An array with a unit, as several packages have it."""


LOSES_ITS_MEANING = {
    "a mask": np.ma.masked_array([0.0, 99.0], mask=[False, True]),
    "a mask that hides nothing": np.ma.masked_array([0.0, 1.0]),
    "a mask inside a list": [np.ma.masked_array([0.0, 99.0], mask=[False, True])],
    "a masked number in a list": [0.0, np.ma.masked],
    "an imaginary part": np.array([0.5 + 3j]),
    "an imaginary part in a list": [1.0, 0.5 + 0j],
    "a span of time": np.array([5], dtype="timedelta64[s]"),
    "a span of nanoseconds in a list": [np.array([5], dtype="timedelta64[ns]")],
    "a span of time in a list": [np.timedelta64(5, "ns"), np.timedelta64(6, "ns")],
    "a span of time among objects": np.array([np.timedelta64(5, "s"), 1.0], dtype=object),
    "a date": np.array(["2020-01-01"], dtype="datetime64[D]"),
    "a date among objects": np.array([datetime.date(2020, 1, 1)], dtype=object),
    "a unit": np.array([1.0, 2.0]).view(Metres),
    "text": ["0", "0.5"],
    "text among numbers": [0.5, "1"],
    "text as objects": np.array(["0.5"], dtype=object),
    "bytes": np.array([b"1"]),
    "truth values": np.array([True, False]),
    "a truth value among numbers": [True, 0.5],
    "a truth value among integers": [True, 2],
    "an array of truth values in a list": [np.array([True, False])],
    "a missing value": [0.5, None],
    "named columns": np.zeros(2, dtype=[("a", "f8")]),
    "a set": {0.5},
    "rows of different lengths": [[0.5], [0.5, 0.5]],
    "a long integer": [BIG],
    "a long negative integer": [0, -BIG],
    "an integer beyond int64": [0, 2**63 + 1],
    "integers in rows of different lengths": [[1], [1, 2]],
    "a long integer among floats": [0.5, BIG],
    "a long int64": np.array([0, -BIG]),
    "a long uint64": np.array([2**64 - 1], dtype=np.uint64),
    "an integer beyond float64": [10**400],
    "a third": [Fraction(1, 3)],
    "a decimal": [Decimal("0.1")],
    "an extended float": np.array([1], dtype=np.longdouble) / 3,
}


@pytest.mark.parametrize("values", LOSES_ITS_MEANING.values(), ids=LOSES_ITS_MEANING.keys())
def test_an_array_that_would_lose_its_meaning_is_refused_in_one_line(values: object) -> None:
    with pytest.raises(InvalidProblem, match=r"^reward(\[\d+(, \d+)*\])? must [^\n]*$"):
        real_array("reward", values)
    with pytest.raises(InvalidProblem, match=r"^reward(\[\d+(, \d+)*\])? must [^\n]*$"):
        floats("reward", values, (None,))


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([0, 1, 2.5], [0.0, 1.0, 2.5]),
        ([[1, 2], [3, 4]], [[1.0, 2.0], [3.0, 4.0]]),
        ([np.array([0.5, 1.0]), np.array([2, 3])], [[0.5, 1.0], [2.0, 3.0]]),
        (
            [Fraction(1, 4), Decimal("0.5"), 2**60, np.float32(0.1)],
            [0.25, 0.5, 2.0**60, float(np.float32(0.1))],
        ),
        (np.array([2**53, -(2**60)]), [2.0**53, -(2.0**60)]),
        (np.array([2**63], dtype=np.uint64), [2.0**63]),
        (np.array([0.1], dtype=">f8"), [0.1]),
        (np.array([0.1], dtype=np.float16), [float(np.float16(0.1))]),
        (np.array([1.5], dtype=np.longdouble), [1.5]),
        (range(3), [0.0, 1.0, 2.0]),
        (np.array([np.inf, 1.0], dtype=object), [np.inf, 1.0]),
        (0.5, 0.5),
        ([], []),
    ],
)
def test_numbers_that_float64_holds_stay_what_they_are(values: object, wanted: object) -> None:
    found = real_array("reward", values)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, np.array(wanted))


def test_not_a_number_is_left_to_the_caller() -> None:
    for values in ([np.nan], np.array([np.nan], dtype=object), np.array([np.nan], dtype=np.longdouble)):
        assert np.isnan(real_array("reward", values)).all()


def test_float64_is_not_copied_and_the_checked_array_is_read_only() -> None:
    given = np.array([0.5])
    assert real_array("reward", given) is given
    checked = floats("reward", given, (None,))
    given[0] = 7.0
    assert checked[0] == 0.5
    assert not checked.flags.writeable


@pytest.mark.parametrize(
    "values",
    [
        [1.0],
        np.array([1.0]),
        [True],
        ["1"],
        [np.timedelta64(1, "s")],
        np.ma.masked_array([1, 2], mask=[0, 1]),
        np.array([2**32 + 1]),
        [2**64],
        np.array([2**64 - 1], dtype=np.uint64),
        [-1],
        np.array([-1]),
        np.array([Fraction(1)], dtype=object),
    ],
)
def test_an_index_is_an_integer_in_range_before_it_is_cast(values: object) -> None:
    with pytest.raises(InvalidProblem, match=r"^start[^\n]* must [^\n]*$"):
        whole_array("start", values, least=0, most=2**31)


def test_integers_of_every_width_become_int64() -> None:
    for values in ([3, 2**62], np.array([3, 2**62], dtype=np.uint64), np.array([3, 2**62], dtype=object)):
        found = whole_array("start", values, least=0)
        assert found.dtype == np.int64
        assert found.tolist() == [3, 2**62]
    assert whole_array("start", np.array([200], dtype=np.uint8), least=-1).tolist() == [200]
    assert whole_array("start", [], least=0).shape == (0,)


@pytest.mark.parametrize("value", [np.timedelta64(5, "s"), BIG, 10**400, "1", True, 1j, np.longdouble(1) / 3])
def test_a_scalar_is_no_more_forgiving_than_an_array(value: object) -> None:
    with pytest.raises(InvalidProblem, match=r"^beta must [^\n]*$"):
        positive("beta", value)  # type: ignore[arg-type]


def test_a_span_of_time_is_not_a_whole_number() -> None:
    with pytest.raises(InvalidProblem, match="draws must be a whole number"):
        whole("draws", np.timedelta64(5, "s"), least=1)  # type: ignore[arg-type]
