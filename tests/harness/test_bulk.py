"""Many stored blocks taken together give what each of them, decoded and merged, gives."""

import json
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from explore_theory.errors import InvalidClaim, StoreError
from explore_theory.harness.measures.measurement import Bound, Measurement, Resolution
from explore_theory.harness.measures.samples import Tally
from explore_theory.harness.storage import bulk
from explore_theory.harness.storage.bulk import summaries
from explore_theory.harness.storage.records import decode_summary, encode_summary
from explore_theory.harness.verdicts import shortlist
from explore_theory.harness.verdicts.summary import Reading, merge, summarise

INF, NAN = math.inf, math.nan
PLAIN = Reading()

numbers = st.sampled_from([0.0, -0.0, 1.0, -2.5, 1e308, 5e-324, INF, -INF, NAN]) | st.floats(-4, 4)
exact = numbers | st.sampled_from([Fraction(1, 3), Fraction(-7, 2), Fraction(10) ** 400])
readings = st.sampled_from(
    [PLAIN, Reading(resolution=Resolution(absolute=0.25)), Reading(resolution=Resolution(relative=0.01))]
)


@st.composite
def records(draw, ends=numbers):
    """Blocks of one to three comparisons, in row order, as they are stored."""
    found, first = [], 0
    for _ in range(draw(st.integers(2, 12))):
        size = draw(st.integers(1, 3))
        measured, bound = ([draw(ends) for _ in range(size)] for _ in range(2))
        apply = np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)))
        measurement = Measurement.exact(
            measured,
            applicable=apply,
            effort=draw(st.integers(1, 5)),
            notes={draw(st.sampled_from("ab")): first},
            witness=lambda k, first=first: {"row": first + k},
        )
        found.append(encode_summary(summarise(measurement, Bound.of(bound), PLAIN, first=first)))
        first += size
    return found


def told(summary):
    return repr(summary.count), encode_summary(summary)


@settings(deadline=None)
@given(records() | records(exact), readings)
@example([encode_summary(summarise(Measurement.exact([1.0]), Bound.of(1.0), PLAIN, first=3))] * 2, PLAIN)
def test_together_is_as_one_by_one(payloads, reading):
    for size in (2, 5, 4096):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bulk, "_TOGETHER", size)
            patch.setattr(shortlist, "_FEW", 1)
            found = merge(summaries(payloads, reading), reading)
        assert told(found) == told(merge(map(decode_summary, payloads), reading))


def block(first, value=0.5):
    return encode_summary(summarise(Measurement.exact([value]), Bound.of(1.0), PLAIN, first=first))


def test_many_blocks_become_few_summaries_with_few_rows():
    payloads = [block(k, 0.5 + 0.25 * math.sin(k)) for k in range(5000)]
    found = list(summaries(payloads, PLAIN))
    assert [one.count for one in found] == [4096, 904]
    assert all(len({row.index for row in one.rows.values()}) <= 10 for one in found)
    assert told(merge(found, PLAIN)) == told(merge(map(decode_summary, payloads), PLAIN))


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "[]",
        "{}",
        block(1) + "x",
        block(1)[:-1],
        block(1).replace("0.5", '"half"'),
        block(1).replace('"applicable":1', '"applicable":null'),
        block(1).replace("[[1,", "[[1,2.0,"),
        block(1).replace('"below":0', '"below":7'),
    ],
)
def test_a_damaged_record_is_named_as_it_is_alone(damaged):
    with pytest.raises(StoreError, match="a stored block must be a summary record") as alone:
        decode_summary(damaged)
    with pytest.raises(StoreError) as together:
        list(summaries([block(0), damaged, block(2)], PLAIN))
    assert str(together.value) == str(alone.value)


def test_what_an_older_version_kept_under_a_name_of_its_own_is_left_out():
    record = json.loads(block(1, 9.0))
    record["kept"] = {"odd": 0}
    payloads = [block(0), json.dumps(record), block(2)]
    found = merge(summaries(payloads, PLAIN), PLAIN)
    assert told(found) == told(merge(map(decode_summary, payloads), PLAIN))
    assert {row.index for row in found.rows.values()} == {0}


def test_of_equals_the_first_is_kept_whatever_else_it_is_kept_for():
    """The second comparison is furthest above; of two largest bounds the first one's is the one."""
    found = summarise(Measurement.exact([0.5, 0.9]), Bound.of([1.0, 1.0]), PLAIN)
    assert (found.rows["above"].index, found.rows["largest"].index) == (1, 0)
    payloads = [encode_summary(found), block(2, 0.1)]
    assert merge(summaries(payloads, PLAIN), PLAIN).rows["largest"].index == 0


def test_the_unit_is_that_of_the_first_block():
    measured = Measurement.exact([0.5], unit="boxes")
    payloads = [encode_summary(summarise(measured, Bound.of(1.0), PLAIN)), block(1)]
    assert merge(summaries(payloads, PLAIN), PLAIN).unit == "boxes"


def test_frequencies_of_an_older_version_are_no_comparisons():
    record = json.loads(block(0)) | {"rows": [], "kept": {}, "counts": [1, 2, 0.5, 0.5]}
    del record["sample"]
    (found, _) = summaries([json.dumps(record)] * 2, PLAIN)
    assert (found.counts.successes, found.counts.trials) == (1, 2)


def test_samples_are_not_taken_for_comparisons():
    toss = encode_summary(summarise(Tally(successes=1, trials=2), Bound.of(0.5), PLAIN))
    assert [one.counts is not None for one in summaries([toss, toss], PLAIN)] == [True, True]
    with pytest.raises(InvalidClaim, match="one kind"):
        merge(summaries([block(0), toss], PLAIN), PLAIN)
