"""Two audits side by side: every kind of loss is told, and nothing else."""

import copy

import pytest

from explore_theory.errors import StoreError
from explore_theory.harness.judging.weaker import weaker


def audit(**changes):
    case = {"case": "all", "effort": 100, "comparisons": 50, "applicable": 50, "factor": 1.2, "shift": 0.1}
    check = {
        "check": "k",
        "unit": "worlds",
        "evidence": "exhaustive",
        "counted": True,
        "settled": True,
        "cases": [case | changes.pop("case", {})],
    }
    variant = {"slug": "lie", "refuted": True} | changes.pop("variant", {})
    claim = {"claim": "A1", "tier": "quick", "badge": "TIGHT"}
    claim |= {"checks": [check | changes.pop("check", {})], "false_variants": [variant]}
    return {"claims": [claim | changes]}


def test_equal_audits_have_lost_nothing():
    assert weaker(audit(), audit()) == []


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"badge": "LOOSE"}, "A1: LOOSE, and was TIGHT"),
        ({"badge": "POWERLESS"}, "A1: POWERLESS, and was TIGHT"),
        ({"check": {"check": "other"}}, "A1:k: the check is gone"),
        ({"case": {"case": "some"}}, "A1:k/all: the case is gone"),
        ({"case": {"effort": 99}}, "A1:k/all: 99 worlds, and there were 100"),
        ({"case": {"comparisons": 49}}, "A1:k/all: 49 comparisons, and there were 50"),
        ({"case": {"applicable": 49}}, "A1:k/all: 49 comparisons that apply, and there were 50"),
        ({"case": {"factor": 1.22}}, "A1:k/all: breaks at a factor of 1.22, and broke at 1.2"),
        ({"case": {"factor": None}}, "A1:k/all: breaks at a factor of never, and broke at 1.2"),
        ({"case": {"shift": 0.11}}, "A1:k/all: breaks at a shift of 0.11, and broke at 0.1"),
        ({"variant": {"refuted": False}}, "A1: false variant lie is no longer refuted"),
        ({"variant": {"slug": "other"}}, "A1: false variant lie is no longer refuted"),
        ({"claim": "B1"}, "A1: it is gone"),
    ],
)
def test_each_loss_is_one_line(change, line):
    assert weaker(audit(), audit(**copy.deepcopy(change))) == [line]


@pytest.mark.parametrize(
    "change",
    [
        {"case": {"effort": 101, "comparisons": 51, "applicable": 51}},
        {"case": {"factor": 1.21, "shift": 0.104}},
        {"case": {"factor": 1.0, "shift": 0.0}},
    ],
)
def test_what_is_stronger_or_rounded_otherwise_is_no_loss(change):
    assert weaker(audit(), audit(**change)) == []


def test_a_better_badge_is_no_loss():
    assert weaker(audit(badge="LOOSE"), audit()) == []
    assert weaker(audit(badge="POWERLESS"), audit(badge="LOOSE")) == []


def test_what_was_never_broken_has_nothing_to_lose():
    never = {"case": {"factor": None, "shift": None}}
    assert weaker(audit(**copy.deepcopy(never)), audit(**copy.deepcopy(never))) == []
    assert weaker(audit(**never), audit()) == []


def test_rounding_of_what_is_attained_is_no_loss():
    assert weaker(audit(case={"factor": 1 + 1e-12}), audit(case={"factor": 1 + 5e-7})) == []
    assert weaker(audit(case={"factor": 1 + 1e-12}), audit(case={"factor": 1 + 5e-6}))


def test_what_chance_decides_the_length_of_is_compared_by_its_badge_alone():
    sampled = {"check": {"counted": False}}
    new = audit(case={"effort": 1, "factor": 9.0}, **copy.deepcopy(sampled))
    assert weaker(audit(**copy.deepcopy(sampled)), new) == []


def test_where_a_search_ends_depends_on_the_machine_and_how_much_it_tries_does_not():
    searched = {"check": {"settled": False}}
    old = audit(**copy.deepcopy(searched))
    assert weaker(old, audit(case={"factor": 9.0, "shift": None}, **copy.deepcopy(searched))) == []
    assert weaker(old, audit(case={"effort": 99}, **copy.deepcopy(searched))) != []
    some = audit(case={"applicable": 40}, **copy.deepcopy(searched))
    assert weaker(some, audit(case={"applicable": 39}, **copy.deepcopy(searched))) == []


def test_how_a_box_is_halved_depends_on_the_machine_within_reason():
    certified = {"check": {"evidence": "certified"}}
    old = audit(**copy.deepcopy(certified))
    assert weaker(old, audit(case={"effort": 90}, **copy.deepcopy(certified))) == []
    (line,) = weaker(old, audit(case={"effort": 89}, **copy.deepcopy(certified)))
    assert line == "A1:k/all: 89 worlds, and there were 100"
    assert weaker(old, audit(case={"comparisons": 49}, **copy.deepcopy(certified))) != []


def test_other_tiers_and_claims_not_chosen_are_left_alone():
    assert weaker(audit(tier="full"), audit(case={"effort": 1})) == []
    assert weaker(audit(claim="B1"), audit(), chosen=["A1"]) == []
    assert weaker(audit(claim="B1"), audit(), chosen=["B1"]) == ["B1: it is gone"]


def test_an_unknown_badge_is_refused():
    with pytest.raises(StoreError, match="must have the parts of an audit"):
        weaker(audit(badge="SHINY"), audit())
