"""Claim records refuse what would make them meaningless."""

import numpy as np
import pytest

from explore_theory.errors import InvalidClaim
from explore_theory.harness.adversary import climb
from explore_theory.harness.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.measurement import Bound, Measurement
from explore_theory.streams import Streams


def check(**changes):
    fields = {
        "slug": "only",
        "evidence": Evidence.EXHAUSTIVE,
        "cases": (Case(slug="one", tight=True),),
        "measure": lambda _: Measurement.exact([1.0]),
        "bound": lambda _: Bound.of(1.0),
    }
    return Check(**(fields | changes))


def variant(**changes):
    return FalseVariant(
        **({"slug": "lie", "why": "a lie", "check": "only", "bound": lambda _: Bound.of(0.5)} | changes)
    )


def claim(**changes):
    text = dict.fromkeys(("title", "statement", "formula", "scope", "source"), "words")
    fields = {"id": "A1", "slug": "a-one", "theorem": "toys", "relation": "<=", **text}
    return Claim(**(fields | {"checks": (check(),), "false_variants": (variant(),)} | changes))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: claim(id="1A"), "id must be a letter"),
        (lambda: claim(slug="A One"), "slug must be lower-case"),
        (lambda: claim(relation="<"), "relation must be one of"),
        (lambda: claim(statement=" "), "statement must say something"),
        (lambda: claim(checks=()), "distinct slugs"),
        (lambda: claim(false_variants=()), "must carry false variants"),
        (lambda: claim(false_variants=(variant(), variant())), "distinct slugs"),
        (lambda: claim(false_variants=(variant(check="other"),)), "has no check 'other'"),
        (lambda: claim(false_variants=(variant(cases=("three",)),)), "unknown cases"),
        (
            lambda: claim(checks=(check(cases=(Case(slug="one", tiers=("full",), tight=True),)),)),
            "case in the quick tier",
        ),
        (lambda: variant(bound=None), "must change something"),
        (lambda: check(cases=()), "distinct slugs"),
        (lambda: Case(slug="One"), "lower-case"),
        (lambda: Case(slug="one", rows=0), "at least 1"),
        (lambda: Case(slug="one", rows={"quick": 3}), "every tier"),
        (lambda: Case(slug="one", tiers=("huge",)), "tiers must be some of"),
        (lambda: Case(slug="one", block=0), "block must be at least 1"),
    ],
)
def test_bad_records_are_refused(call, message):
    with pytest.raises(InvalidClaim, match=message):
        call()


def test_a_variant_changes_only_what_it_says():
    original = claim(relation="==")
    changed, relation = original.variant_check(variant())
    assert relation == "=="
    assert changed.measure is original.checks[0].measure
    assert changed.bound(None).hi[0] == 0.5
    assert original.variant_check(variant(relation=">="))[1] == ">="


def test_the_adversary_climbs_and_its_chains_are_independent():
    def score(z):
        return -((z - 2.0) ** 2).sum(axis=-1)

    together = climb(score, 3, 400, Streams(("adversary",), range(6)))
    assert np.all(np.abs(together - 2.0) < 0.05)
    alone = climb(score, 3, 400, Streams(("adversary",), [4]))
    assert np.array_equal(alone[0], together[4])


def test_the_adversary_keeps_an_instance_that_breaks_the_measurement():
    def score(z):
        return np.where(z[:, 0] > 0.5, np.nan, z[:, 0])

    found = climb(score, 1, 200, Streams(("adversary",), range(8)))
    assert np.all(found[:, 0] > 0.5)
