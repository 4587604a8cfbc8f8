"""Every planted fault is noticed, by each of those who must notice it; every knob breaks what it must break.

All of them, unless ``EXPLORE_THEORY_TURN=I/N`` says that this run has the I-th of N parts; the others are
then skipped by name.
"""

import os

import pytest
from installed_claims import installed

from explore_theory.harness.auditing.copies import Copy
from explore_theory.harness.auditing.entries import shipped_faults, shipped_knobs
from explore_theory.harness.auditing.witnesses import observe

pytestmark = pytest.mark.slow

TURN, TURNS = map(int, os.environ.get("EXPLORE_THEORY_TURN", "1/1").split("/"))
NOT_NOW = pytest.mark.skip(reason=f"EXPLORE_THEORY_TURN={TURN}/{TURNS}: another run has its turn")


@pytest.fixture(scope="session")
def copy(tmp_path_factory):
    return Copy(tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="session")
def claims():
    return installed().claims


def in_turn(entries):
    """Those of this run, and the others to be skipped by name."""
    return [
        pytest.param(entry, id=entry.name, marks=[] if number % TURNS == TURN - 1 else [NOT_NOW])
        for number, entry in enumerate(entries)
    ]


@pytest.mark.parametrize("fault", in_turn(shipped_faults()))
def test_a_planted_fault_is_noticed(fault, copy, claims):
    seen = observe(copy, fault, fault.noticed, claims)
    blind = {
        entry: f"{sight.kind}: {sight.words}" for entry, sight in seen.items() if sight.kind != "noticed"
    }
    assert not blind, f"{fault.why}, and nobody noticed"


@pytest.mark.parametrize("knob", in_turn(shipped_knobs()))
def test_a_knob_breaks_what_it_must_and_nothing_where_it_is_neutral(knob, copy, claims):
    neutral = observe(copy, knob.at(knob.neutral), [limit.check for limit in knob.breaks], claims)
    assert {check: sight.words for check, sight in neutral.items() if sight.kind != "quiet"} == {}
    for limit in knob.breaks:
        (sight,) = observe(copy, knob.at(limit.by), [limit.check], claims).values()
        assert sight.kind == "noticed", f"{limit.check} at x = {limit.by:g} is {sight.kind}: {sight.words}"


def test_without_a_fault_nobody_complains(copy, claims):
    entries = list(dict.fromkeys(fault.noticed[0] for fault in shipped_faults()))[:3]
    assert {sight.kind for sight in observe(copy, None, entries, claims).values()} == {"quiet"}


def test_the_turn_is_one_of_all():
    assert 1 <= TURN <= TURNS
