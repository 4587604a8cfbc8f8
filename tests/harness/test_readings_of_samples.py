"""What a sample says where an assumption fails, a bound is infinite, or a variant must be caught."""

import math

import numpy as np
import pytest

from explore_theory.errors import InvalidClaim
from explore_theory.harness.judging.settle import Terms, settle
from explore_theory.harness.measures.measurement import Bound, Mean, Resolution, Tally
from explore_theory.harness.measures.samples import Enclosed
from explore_theory.harness.storage.records import encode_summary
from explore_theory.harness.storage.store import Block, Outcome
from explore_theory.harness.verdicts.summary import INFINITE, Reading, resolved, summarise
from explore_theory.harness.verdicts.verdict import Status, decide

INF = math.inf
PLAIN, NONE = Reading(), Resolution()
TALLY = Tally(successes=10, trials=100)


def test_a_sample_below_an_infinite_bound_says_nothing_and_above_one_is_refuted():
    for sample in (TALLY, Mean(values=[0.5])):
        found = summarise(sample, Bound.of(INF), PLAIN)
        assert (found.applicable, found.left_out) == (0, {INFINITE: 1})
        shown = resolved(found, PLAIN, Enclosed(lo=0.1, hi=0.2))
        assert decide(shown, "<=", NONE).status is Status.NOT_APPLICABLE
        assert decide(shown, ">=", NONE).status is Status.REFUTED


@pytest.mark.parametrize("bound", [0.5, 0.01])
def test_where_an_assumption_fails_a_sample_says_nothing_for_or_against(bound):
    found = summarise(TALLY, Bound.of(bound), PLAIN, fails={"n > 1": np.array([True])})
    assert (found.applicable, found.left_out) == (0, {"n > 1": 1})
    shown = resolved(found, PLAIN, Enclosed(lo=0.05, hi=0.2))
    assert decide(shown, "<=", NONE).status is Status.NOT_APPLICABLE


@pytest.mark.parametrize("where", [[True, False], [False, True, True]])
def test_an_assumption_that_fails_in_a_part_of_a_sample_is_refused(where):
    with pytest.raises(InvalidClaim, match=f"'n > 1', which fails in {sum(where)} of {len(where)} runs"):
        summarise(TALLY, Bound.of(0.5), PLAIN, fails={"n > 1": np.array(where)})


def block(first, last, text):
    where = Block(claim="d", tier="quick", reseed=0, variant="", check="c", case="s", first=first, last=last)
    return where, Outcome(status="done", payload=text, seconds=0.0)


def terms(**changes):
    fields = {"rows": 4, "block": 2, "relation": "<=", "reading": PLAIN, "alpha": 0.01, "tight": False}
    return Terms(**(fields | changes))


def test_an_assumption_that_fails_in_a_block_of_a_sample_is_this_cases_error():
    even = Tally(successes=50, trials=100)
    holds, fails = (
        encode_summary(summarise(even, Bound.of(0.5), PLAIN, fails={"n > 1": np.array([failing])}))
        for failing in (False, True)
    )
    found = settle([block(0, 2, holds), block(2, 4, fails)], terms(relation="=="))
    assert "must hold or fail in the whole case" in found.error
    both = settle([block(0, 2, fails), block(2, 4, fails)], terms(relation="=="))
    assert both.summary.left_out == {"n > 1": 1}, "a sample is one comparison, however many its blocks"


def test_a_variant_of_a_sample_goes_on_until_it_is_refuted_beyond_the_resolution():
    """400 of 800 heads against a bound of .45: refuted there, and not beyond .45 + .02."""
    some = encode_summary(summarise(Tally(successes=4000, trials=8000), Bound.of(0.47), PLAIN))
    more = encode_summary(summarise(Tally(successes=40_000, trials=80_000), Bound.of(0.47), PLAIN))
    reading = Reading(resolution=Resolution(absolute=0.02))
    stored = [block(0, 2, some), block(2, 4, more)]
    first = settle(stored, terms(reading=reading))
    caught = settle(stored, terms(reading=reading, caught=True))
    assert (first.reached, caught.reached) == (2, 4)
