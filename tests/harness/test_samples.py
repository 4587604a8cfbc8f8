"""Means and distances of laws through the engine: right intervals, right moments, right words."""

import json

import numpy as np
import pytest

from explore_theory import statistics
from explore_theory.errors import InvalidClaim
from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.discovery.budget import ALPHA
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.measures.measurement import (
    Bound,
    Mean,
    Measurement,
    Resolution,
    Tally,
    TwoSamples,
)
from explore_theory.harness.measures.samples import Question
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.records import decode_summary, encode_summary
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.sequential import planned_looks
from explore_theory.harness.verdicts.summary import Reading, merge, summarise
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.export import to_json

ASK = Question(relation="<=", bound=(0.5, 0.5))
TWO = {"rows": 20_000, "block": 256}


def claim(measure, bound, lie, *, resolution=0.0, relation="<=", rows=4096, block=64, coarse=""):
    words = dict.fromkeys(("title", "statement", "scope", "source", "formula"), "words")
    check = Check(
        slug="only",
        evidence=Evidence.STATISTICAL,
        cases=(Case(slug="one", rows=rows, block=block),),
        measure=measure,
        bound=lambda _: Bound.of(bound),
        resolution=Resolution(absolute=resolution),
        coarse=coarse,
    )
    variant = FalseVariant(slug="lie", why="x", check="only", bound=lambda _: Bound.of(lie), relation=">=")
    return Claim(
        id="A1",
        slug="a",
        theorem="toys",
        relation=relation,
        checks=(check,),
        false_variants=(variant,),
        loose="a toy",
        **words,
    )


def verified(given, tmp_path, **options):
    registered = Registered(claim=given, path=tmp_path, digest="d", share=0.5, variant_share=0.5)
    with Store(":memory:") as store:
        (result,) = session_results(store, run([registered], store, **options))
    return result


def squares(trial):
    return Mean(values=trial.streams.uniform(1)[:, 0] ** 2)


# --- means -------------------------------------------------------------------------------------------------


def test_a_mean_holds_at_the_first_checkpoint_that_decides(tmp_path):
    result = verified(claim(squares, 0.45, 0.6), tmp_path)
    (case,) = result.cases
    assert result.verdict.status is Status.HOLDS
    assert case.alpha == ALPHA / 2
    assert case.runs % 64 == 0
    assert f"of {case.runs:,} values in [0, 1]" in result.verdict.reason
    values = case.summary.sample.array
    lo, hi = statistics.bounded_mean_sequence(values, 0, 1, ALPHA / 2)
    assert (case.verdict.row.lo, case.verdict.row.hi) == (lo[-1], hi[-1])
    # One block earlier it was open.
    assert not hi[-65] <= 0.45


def test_a_mean_beyond_its_bound_is_refuted_and_one_at_it_says_what_it_would_take(tmp_path):
    assert verified(claim(squares, 0.2, 0.6), tmp_path).verdict.status is Status.REFUTED
    near = verified(claim(squares, 0.36, 0.6, rows=512), tmp_path)
    assert near.verdict.status is Status.INCONCLUSIVE
    assert "needs about" in near.verdict.reason
    assert "more runs" in near.verdict.reason


@pytest.mark.parametrize("block", [1, 7, 50, 1000])
def test_a_mean_does_not_depend_on_how_rows_are_cut(tmp_path, block):
    given = claim(squares, 0.42, 0.6)
    whole, cut = (verified(given, tmp_path, block=b) for b in (None, block))
    assert to_json([whole], timing=False) == to_json([cut], timing=False)


def test_a_mean_that_drifts_is_not_a_number_and_never_holds():
    drifting = Mean(values=np.repeat([0.0, 1.0], 4000))
    found = drifting.enclosed(1e-3, ASK)
    assert np.isnan(found.lo)
    assert np.isnan(found.hi)


# --- two laws ----------------------------------------------------------------------------------------------


def gaussians(shift):
    def measure(trial):
        draws = trial.streams.normal(2)
        return TwoSamples.real(draws[:, 0], draws[:, 1] + shift)

    return measure


def joint(odd):
    """A pair (output, calls) among six, the first law's coin a little off by `odd`."""

    def measure(trial):
        u = trial.streams.uniform(4)
        first = list(zip(u[:, 0] < 0.5 + odd, np.floor(3 * u[:, 1]).astype(int), strict=True))
        second = list(zip(u[:, 2] < 0.5, np.floor(3 * u[:, 3]).astype(int), strict=True))
        return TwoSamples.finite(first, second, cells=6)

    return measure


def both(odd):
    """Two events of it."""

    def measure(trial):
        u = trial.streams.uniform(4)
        first = np.stack([u[:, 0] < 0.5 + odd, u[:, 1] < 0.3], axis=1)
        second = np.stack([u[:, 2] < 0.5, u[:, 3] < 0.3], axis=1)
        return TwoSamples.events(first, second, ["heads", "early"])

    return measure


KINDS = [(gaussians, 0.8), (joint, 0.3), (both, 0.3)]


@pytest.mark.parametrize(("kind", "odd"), KINDS)
def test_equal_laws_hold_within_the_stated_width_and_others_are_refuted(tmp_path, kind, odd):
    equal = verified(claim(kind(0.0), 0.1, 0.5, **TWO), tmp_path)
    assert equal.verdict.status is Status.HOLDS
    assert "margin" in equal.verdict.reason
    assert equal.verdict.row.hi <= 0.1
    assert equal.cases[0].summary.sample.sizes[0] in planned_looks(20_000, 256)
    other = verified(claim(kind(odd), 0.1, 0.5, **TWO), tmp_path)
    assert other.verdict.status is Status.REFUTED
    # It stops as soon as that is clear.
    assert other.cases[0].runs < equal.cases[0].runs


def test_no_difference_found_is_not_equality(tmp_path):
    result = verified(claim(gaussians(0.0), 0.1, 0.9, rows=256, block=256), tmp_path)
    assert result.verdict.status is Status.INCONCLUSIVE
    assert result.verdict.row.lo == 0
    assert "needs about" in result.verdict.reason


@pytest.mark.parametrize(("kind", "odd"), KINDS)
def test_distances_are_those_of_the_statistics_at_a_part_of_the_level(tmp_path, kind, odd):
    result = verified(claim(kind(odd), 0.5, 0.9, rows=1024, block=1024), tmp_path)
    sample, row = result.cases[0].summary.sample, result.verdict.row
    level = ALPHA / 2 / len(planned_looks(1024, 1024))
    counts = [[pair[law] for pair in sample.counts.values()] for law in (0, 1)]
    if kind is joint:
        found = statistics.total_variation(counts[0], level, other=counts[1])
    elif kind is both:
        found = statistics.event_distance(counts[0], 1024, counts[1], 1024, level)
    else:
        draws = [np.repeat(list(sample.counts), times) for times in counts]
        found = statistics.sup_distance(*draws, level)
    assert (row.lo, row.hi) == pytest.approx((found.lo, found.hi), abs=1e-12)


@pytest.mark.parametrize(("kind", "odd"), KINDS)
def test_distances_do_not_depend_on_how_rows_are_cut(tmp_path, kind, odd):
    given = claim(kind(odd), 0.2, 0.9, rows=1000, block=100)
    whole, cut = (verified(given, tmp_path, block=b) for b in (None, 33))
    assert to_json([whole], timing=False) == to_json([cut], timing=False)


def test_equal_outcomes_are_one_outcome_however_they_are_written():
    sample = TwoSamples.finite([(1, "a"), (np.int64(1), "a")], [(1.0, "a"), [True, "a"]], cells=3)
    assert sample.counts == {'[1,"a"]': (2, 1), '[true,"a"]': (0, 1)}


SAMPLES = [
    Tally(successes=3, trials=7),
    Mean(values=[0.1, 0.7, 1 / 3], low=-1, high=2),
    TwoSamples.real([1, 2, 2.5], [0.1, 2]),
    TwoSamples.finite(["a", ("b", 1)], ["a", "a"], cells=4),
    TwoSamples.events([[True, False]], [[True, True], [False, True]], ["x", "y"]),
]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: f"{s.kind}-{getattr(s, 'distance', '')}")
def test_a_stored_sample_is_the_sample_that_was_stored(sample):
    summary = summarise(sample, Bound.of(0.5), Reading())
    back = decode_summary(encode_summary(summary))
    assert encode_summary(back) == encode_summary(summary)
    both = merge([back, back], Reading())
    assert both.effort == both.sample.runs == 2 * sample.runs
    assert both.sample.enclosed(0.1, ASK) == sample.times(2).enclosed(0.1, ASK)


def test_a_frequency_stored_by_an_older_version_is_still_read():
    old = json.loads(encode_summary(summarise(Tally(successes=3, trials=7), Bound.of(0.5), Reading())))
    del old["sample"]
    old["counts"] = [3, 7, 0.5, 0.5]
    found = decode_summary(json.dumps(old))
    assert (found.counts.successes, found.counts.trials, found.bound) == (3, 7, (0.5, 0.5))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Mean(values=[]), "values must be one or more numbers"),
        (lambda: Mean(values=[0.5], effort=0), "effort must be a whole number of at least 1, got effort=0"),
        (lambda: Tally(successes=1, trials=2, effort=1.5), "effort must be a whole number of at least 1"),
        (lambda: Tally(successes=True, trials=2), "successes must be a whole number"),
        (lambda: Tally(successes=1, trials=2.0), "trials must be a whole number"),
        (lambda: Tally(successes=-1, trials=2), "successes must be a whole number of at least 0"),
        (lambda: Mean(values=[0.5], low=1, high=1), "low must be below high"),
        (lambda: Mean(values=[1.5]), r"values must lie in \[0.0, 1.0\], got 1.5"),
        (lambda: Mean(values=[float("nan")]), "values must lie in"),
        (lambda: TwoSamples.real([1], []), "drawn from at least once"),
        (lambda: TwoSamples.real([1], [np.inf]), "draws must be finite"),
        (lambda: TwoSamples.finite(["a", "b"], ["c"], cells=2), "cells must be the number of possible"),
        (lambda: TwoSamples.finite([object()], ["c"], cells=2), "outcomes must be words"),
        (lambda: TwoSamples.events([[True]], [[True]], ["a", "b"]), "events must be truth values"),
        (lambda: TwoSamples.events([[1]], [[1]], ["a"]), "events must be truth values, got list"),
        (
            lambda: TwoSamples.events([[True, True]], [[True, True]], ["a", "a"]),
            "names of events must differ",
        ),
        (
            lambda: Mean(values=[0.5]).plus(Mean(values=[0.5], high=2)),
            "the range of a mean must be the same in all blocks",
        ),
    ],
)
def test_bad_samples_are_one_clear_line(call, message):
    with pytest.raises(InvalidClaim, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("measure", "message"),
    [
        (lambda _: Tally(successes=1, trials=1), "resolution of a probability must be at most 0.02"),
        (gaussians(0.0), "resolution of a distance of laws must be at most 0.02"),
        (lambda _: Mean(values=[0.5], low=0, high=1), "resolution of a mean must be at most 0.02"),
        (lambda _: Measurement.exact([0.5]), "statistical evidence must measure a Tally, Mean, TwoSamples"),
    ],
)
def test_a_resolution_beyond_its_range_or_an_interval_of_ones_own_is_refused(tmp_path, measure, message):
    result = verified(claim(measure, 0.5, 0.9, resolution=0.03, rows=1), tmp_path)
    assert result.verdict.status is Status.ERROR
    assert message in result.verdict.reason


def test_a_wide_range_allows_a_wide_resolution_and_so_does_a_reason(tmp_path):
    wide = claim(lambda _: Mean(values=[0.5], low=0, high=2), 0.5, 0.9, resolution=0.03, rows=1)
    coarse = claim(lambda _: Tally(successes=1, trials=1), 0.5, 0.9, resolution=0.1, rows=1, coarse="why")
    for given in (wide, coarse):
        assert verified(given, tmp_path).verdict.status is not Status.ERROR
