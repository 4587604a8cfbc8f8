"""Claim records refuse what would make them meaningless."""

import numpy as np
import pytest

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.adversary import climb
from explore_theory.harness.claims.claim import TIERS, Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.claims.figure import Curve, Figure
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.measures.measurement import Bound, Mean, Measurement, Resolution, Tally
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.summary import Reading
from explore_theory.harness.verdicts.verdict import Status


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
        (lambda: Case(slug="one", block=0), "block must be a whole number of at least 1"),
        (lambda: check(relation="<"), "relation must be one of"),
        (lambda: check(share=0), r"share must lie in \(0, 1\], got share=0"),
        (lambda: check(share=1.01), "share must lie in"),
        (lambda: check(share=float("nan")), "share must lie in"),
        (lambda: claim(loose="why"), "loose must be empty where a case is tight"),
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


@pytest.mark.parametrize("evidence", [Evidence.SYMBOLIC, Evidence.EXHAUSTIVE, Evidence.CERTIFIED])
@pytest.mark.parametrize("resolution", [Resolution(absolute=1e-300), Resolution(relative=1e-9)])
def test_proved_evidence_has_no_resolution(evidence, resolution):
    with pytest.raises(InvalidClaim, match="is proved and must have no resolution, got resolution="):
        check(evidence=evidence, resolution=resolution)
    assert check(evidence=evidence, resolution=Resolution()).reading == Reading()
    assert check(evidence=Evidence.ADVERSARIAL, resolution=resolution).reading.resolution is resolution


def test_a_check_says_how_its_comparisons_are_read():
    fine = Resolution(absolute=0.1)
    read = check(evidence=Evidence.ADVERSARIAL, resolution=fine, coarse="why", infinite_means_equal=True)
    assert read.reading == Reading(resolution=fine, coarse=True, infinite_means_equal=True)


@pytest.mark.parametrize(
    ("second", "variants", "powerless"),
    [
        ({}, (), {"quick", "full"}),
        ({}, ("one",), set()),
        ({"tiers": TIERS, "tight": True}, (), set()),
        ({}, ("two",), {"quick"}),
        ({"tight": True}, (), {"quick"}),
        ({"tight": True, "tiers": ("quick",)}, (), {"full"}),
    ],
)
def test_a_check_that_nothing_shows_can_fail_makes_its_claim_powerless(second, variants, powerless, tmp_path):
    """Its own tight case or false variant, on a case of that tier; those of other checks do not count."""
    cases = (Case(slug="one"), Case(slug="two", **{"tiers": ("full",)} | second))
    lies = tuple(variant(slug=f"lie-{k}", check="more", cases=(case,)) for k, case in enumerate(variants))
    found = claim(checks=(check(), check(slug="more", cases=cases)), false_variants=(variant(), *lies))
    for tier in TIERS:
        verdict = verified(found, tmp_path, tier)
        assert (verdict.status is Status.POWERLESS) == (tier in powerless)
        assert (verdict.status is Status.HOLDS) == (tier not in powerless)
        if tier in powerless and not lies:
            assert verdict.reason == (
                "check more must have a false variant of its own or a tight case at this tier"
            )


def test_a_claim_that_says_nothing_of_tight_cases_is_an_error(tmp_path):
    lax = (check(cases=(Case(slug="one"),)),)
    careless = verified(claim(checks=lax), tmp_path)
    assert careless.status is Status.ERROR
    assert "the claim must mark a case as tight" in careless.reason
    assert verified(claim(checks=lax, loose="why"), tmp_path).status is Status.HOLDS


def verified(claim, tmp_path, tier="quick"):
    registered = Registered(claim=claim, path=tmp_path, digest="d")
    with Store(":memory:") as store:
        (result,) = session_results(store, run([registered], store, tier=tier))
    return result.verdict


@pytest.mark.parametrize(
    ("given", "kept"),
    [(3, 3), ("three", "three"), (0.5, 0.5), (np.float32(0.5), 0.5), (np.int64(3), 3), (np.array(2.0), 2.0)],
)
def test_a_parameter_is_a_number_or_a_word(given, kept):
    found = Case(slug="one", params={"n": given}).params["n"]
    assert (found, type(found)) == (kept, type(kept))


@pytest.mark.parametrize(
    "bad", [float("nan"), float("inf"), np.float64("nan"), 1j, None, [1], {1, 2}, np.ones(2), np.sin, b"x"]
)
def test_any_other_parameter_is_refused(bad):
    with pytest.raises(InvalidClaim, match="params of case 'one' must be finite numbers and words by name"):
        Case(slug="one", params={"n": bad})


def test_a_parameter_without_a_name_is_refused():
    with pytest.raises(InvalidClaim, match="by name, got 3=1"):
        Case(slug="one", params={3: 1})


def drawn(**curve):
    fields = {"label": "a", "check": "only", "x": "n", "y": "measured"} | curve
    return Figure(slug="f", title="t", x_label="n", y_label="y", curves=(Curve(**fields),))


def test_a_figure_draws_numbers_only_and_may_pass_over_the_cases_with_words():
    cases = (
        Case(slug="one", params={"n": 1, "kind": "plain"}, tight=True),
        Case(slug="two", params={"n": "two", "kind": "odd"}),
    )
    checks = (check(cases=cases),)
    for fields in ({}, {"y": "n", "x": "kind"}, {"only": {"kind": "odd"}}):
        with pytest.raises(InvalidClaim, match="figure 'f' must draw numbers, got"):
            claim(checks=checks, figures=(drawn(**fields),))
    claim(checks=checks, figures=(drawn(only={"kind": "plain"}),))


def test_a_check_may_have_a_relation_of_its_own_and_so_may_its_variant():
    found = claim(relation="==", checks=(check(relation="<="),))
    assert found.relation_of(found.checks[0]) == "<="
    assert found.variant_check(variant())[1] == "<="
    assert found.variant_check(variant(relation=">="))[1] == ">="


@pytest.mark.parametrize("bound", [1e308, 10**400])
def test_a_resolution_too_coarse_for_a_sample_is_refused_whatever_the_size_of_the_bound(bound):
    """An allowance beyond the range of doubles is coarse, and no overflow."""
    coin = check(evidence=Evidence.STATISTICAL, resolution=Resolution(relative=0.04))
    with pytest.raises(InvalidClaim, match="resolution of a probability must be at most 0"):
        coin.require_measured(Tally(successes=1, trials=2), Bound.of(bound), 2)


@pytest.mark.parametrize(
    ("sample", "furthest"),
    [(Tally(successes=1, trials=2), 0.25), (Mean(values=[1.0, 3.0], low=1.0, high=5.0), 1.0)],
)
def test_no_reason_makes_up_for_a_resolution_beyond_a_quarter(sample, furthest):
    def coin(width):
        return check(evidence=Evidence.STATISTICAL, resolution=Resolution(absolute=width), coarse="why")

    coin(furthest).require_measured(sample, Bound.of(2.0), 2)
    with pytest.raises(InvalidClaim, match=f"must be at most {furthest:g}, got"):
        coin(1.01 * furthest).require_measured(sample, Bound.of(2.0), 2)


@pytest.mark.parametrize("sample", [Tally(successes=1, trials=3), Mean(values=[0.5, 0.5, 0.5])])
def test_a_row_is_one_run_unless_the_check_says_why_its_runs_are_independent(sample):
    coin = check(evidence=Evidence.STATISTICAL)
    coin.require_measured(sample, Bound.of(1.0), 3)
    with pytest.raises(InvalidClaim, match=r"a row must be one run, .* got 3 runs in 2 rows"):
        coin.require_measured(sample, Bound.of(1.0), 2)
    check(evidence=Evidence.STATISTICAL, independent="drawn apart").require_measured(sample, Bound.of(1.0), 2)


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
