"""The certified claims of the coverage lower bound: they hold, and their mathematics mutated is refuted."""

import math
from dataclasses import replace

import pytest

from explore_theory.certify import sphere
from explore_theory.certify.balls import ball
from explore_theory.exact.needle import hit_probability
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Trial
from explore_theory.harness.measures.measurement import Bound
from explore_theory.harness.verdicts.summary import summarise
from explore_theory.harness.verdicts.verdict import Status, combine, decide, moved
from proofs_checks.coverage_lower_bound import c1_cap as c1
from proofs_checks.coverage_lower_bound import c3a_strong_game_value as c3a
from proofs_checks.coverage_lower_bound import c3b_call_value as c3b
from proofs_checks.coverage_lower_bound import c3c_stated_bound as c3c
from proofs_checks.coverage_lower_bound import c3d_named_hit as c3d
from proofs_checks.coverage_lower_bound import c3f_series_bound as c3f
from proofs_checks.coverage_lower_bound import c3s_sharper_dominates as c3s
from proofs_checks.coverage_lower_bound.strong_calls import Point, worth

CLAIMS = {module.CLAIM.id: module.CLAIM for module in (c1, c3a, c3b, c3c, c3d, c3f, c3s)}


def trial(case):
    return Trial(case=case, streams=Streams(("test",), range(case.row_count(case.tiers[0]))))


def summaries(check, cases=()):
    for case in check.cases_at("quick"):
        if not cases or case.slug in cases:
            world = check.instance(trial(case))
            yield case, summarise(check.measure(world), check.bound(world), check.reading)


def caught(check, relation, cases=()):
    found = (
        decide(s, relation, check.resolution, share=check.share, beyond=True)
        for _, s in summaries(check, cases)
    )
    return combine(found).status is Status.REFUTED


@pytest.mark.parametrize(
    ("name", "check"), [(claim.id, check.slug) for claim in CLAIMS.values() for check in claim.checks]
)
def test_each_check_holds_with_no_resolution_and_its_tight_cases_break(name, check):
    claim = CLAIMS[name]
    check = claim.check(check)
    assert check.resolution.absolute == check.resolution.relative == 0
    for case, summary in summaries(check):
        assert decide(summary, claim.relation_of(check), check.resolution).status is Status.HOLDS, case.slug
        if case.tight:
            tighter = moved(summary, claim.relation_of(check), check.resolution, 1.05)
            assert tighter.status is Status.REFUTED, case.slug


@pytest.mark.parametrize(
    ("name", "variant"),
    [(claim.id, variant.slug) for claim in CLAIMS.values() for variant in claim.false_variants],
)
def test_every_false_variant_is_refuted(name, variant):
    claim = CLAIMS[name]
    (chosen,) = (v for v in claim.false_variants if v.slug == variant)
    check, relation = claim.variant_check(chosen)
    assert caught(check, relation, chosen.cases)


# --- C1: caps -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("d", range(1, 13))
def test_the_doubled_exponent_holds_from_two_to_eight_dimensions_only(d):
    case = c1.group(d, d)
    summary = summarise(c1.doubled(trial(case)), Bound.of(1.0), c1.CLAIM.checks[0].reading)
    expected = Status.HOLDS if 2 <= d <= 8 else Status.REFUTED
    assert decide(summary, "<=", c1.CLAIM.checks[0].resolution).status is expected


@pytest.mark.parametrize(
    "mutated",
    [
        lambda d, t: c1.log_ratio(d, t, sides=2) + 1e-9,
        lambda d, t: c1.log_ratio(d, t, exponent=0.85, sides=2),
        lambda d, t: sphere.log_cap(d, t * 0.5, sides=2) + 0.5 * d * t * t,
    ],
    ids=["constant off by 1e-9", "exponent .85", "height halved"],
)
def test_a_mutated_cap_is_refuted(mutated):
    measured = c1.largest(trial(c1.group(2, 4)), mutated)
    assert (measured.lo > 1).any()


# --- C3b, C3c, C3f: worth of a call -------------------------------------------------------------------------


def test_the_worth_of_a_call_is_that_of_the_float64_rule():
    points = [
        Point(d, c, b, r) for d in (1, 10, 10**4) for c in (1.5, 1e6) for b in (0.01, 1.0) for r in (0.5, 1)
    ]
    measured = worth(points)
    for lo, hi, p in zip(measured.lo, measured.hi, points, strict=True):
        value = hit_probability(p.dimension, p.coverage, p.beta, p.radius)
        assert lo * (1 - 1e-9) <= value <= hi * (1 + 1e-9)


@pytest.mark.parametrize("coverage", [1.2, 1.9, 2.0, 2.1, 50.0])
def test_the_best_length_of_a_parameter_is_zero_or_one(coverage):
    worths = [hit_probability(10, coverage, 0.2, r) for r in (0, 0.25, 0.5, 0.75, 1)]
    order = sorted(worths) if coverage >= 2 else sorted(worths, reverse=True)
    assert worths == pytest.approx(order, rel=1e-12)
    best = c3b.best_call(Point(10, coverage, 0.2))
    assert best[0] * (1 - 1e-9) <= max(worths) <= best[1] * (1 + 1e-9)


def test_a_box_of_coverages_and_temperatures_encloses_its_points():
    from explore_theory.certify.jets import coordinates

    box = coordinates([(math.log(5.0), math.log(50.0)), (math.log(0.05), math.log(0.3))])
    lo, hi = c3c.log_worth(30, *box).floats()
    for coverage in (5.0, 20.0, 50.0):
        for beta in (0.05, 0.1, 0.3):
            assert lo - 1e-9 <= math.log(hit_probability(30, coverage, beta)) <= hi + 1e-9


@pytest.mark.parametrize("excess", [1.000001, 1.01])
def test_jensen_is_refuted_by_a_part_in_a_million_of_the_odds(excess):
    points = [Point(1000, 1000.0, 1.0)]
    assert c3f.over_series(points).hi[0] <= 1
    # m/(m + C - 1.000001) is larger, so the ratio falls; the other way it must pass one.
    assert c3f.over_series(points, excess=excess).hi[0] < 1
    assert c3f.over_series(points, excess=2 - excess).lo[0] > 1 - 1e-6


def test_the_series_bound_with_a_percent_less_in_the_exponent_is_refuted():
    case = Case(slug="large-d", params={"d": 10**6, "least beta": 1e-3})
    assert c3f.series_over_exponential(trial(case), exponent=0.99).lo[0] > 1


def test_the_curves_of_the_figure_are_the_figures_quoted():
    (check,) = (c for c in c3f.CLAIM.checks if c.slug == "along-coverage")
    notes = check.measure(check.instance(trial(check.cases[0]))).notes
    at = notes["coverage"].index(1000.0)
    assert [round(notes[name][at], 1) for name in ("exact", "stated", "sharper")] == [951.4, 105.8, 951.2]
    for figure in c3f.CLAIM.figures:
        for curve in figure.curves:
            assert {curve.x, curve.y} <= set(notes)


# --- C3a, C3d: games ----------------------------------------------------------------------------------------


def test_a_game_value_off_by_one_part_in_a_million_is_refuted():
    check = c3a.CLAIM.check("all-strategies")
    off = replace(
        check, bound=c3a.bounded_by(lambda g, t, n: c3a.stated(g, t, n) * (1 - c3a.Fraction(1, 10**6)))
    )
    assert caught(off, "==", ("n-3-d-2-c-3-2-t-2-names-1",))


def test_the_sharper_form_for_names_is_attained_for_every_budget():
    check = c3d.CLAIM.check("sharper")
    for case in check.cases_at("quick"):
        world = check.instance(trial(case))
        assert (check.measure(world).lo == check.bound(world).lo).all()


# --- C3s: dominance -----------------------------------------------------------------------------------------


def test_dominance_on_a_grid_is_what_the_border_says():
    for x in (0.02, 0.1, 0.3, 0.49, 0.5, 0.7, 3.0, 40.0):
        border = math.exp(x / 2) * (math.exp(1 / (2 * x)) - math.e) if x < 0.5 else 1.0
        for coverage in (1.0, border * 0.99, border * 1.01, border * 1e3):
            if coverage >= 1:
                sharper = math.exp(1 / (2 * x)) / coverage
                stated = math.e / coverage + math.exp(-x / 2)
                assert (sharper <= stated) == (coverage >= border)


def test_the_constants_of_the_budgets_are_the_least():
    xs = [2 * math.log(4) + 0.001 * k for k in range(1, 60_000)]
    constant = max(math.exp(1 / (2 * x) - 1) * (1 - 4 * math.exp(-x / 2)) for x in xs)
    assert c3s.one_call(trial(Case(slug="all"))).lo[0] == pytest.approx(constant, rel=1e-5)
    assert 0.38 < constant < 0.3801
    budgets = c3s.stated_budget(trial(Case(slug="all"))).hi[0]
    assert budgets == pytest.approx(0.5 * math.exp(1 / (4 * math.log(16)) - 1), rel=1e-9)


def test_quoted_values_of_the_first_form():
    (case,) = (c for c in c3s.CLAIM.check("first-form").cases if c.slug == "quoted")
    series = float((1 / (1 + 999 * ball(-0.05).exp())).mid())
    stated = math.e / 1000 + math.exp(-5)
    assert c3s.first_form(trial(case)).lo[0] == pytest.approx(series / stated, rel=1e-3)
